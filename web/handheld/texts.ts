// Every word of the patient's pages stands in texts.json. data/sources.toml has the sources that it names.
import texts from "./texts.json";

export { texts };

/** With the words in place of their names in braces. */
export function filledIn(sentence: string, words: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(words[name] ?? whole));
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** "15:40". */
export function clockOf(ms: number): string {
  return new Date(ms).toLocaleTimeString(texts.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
/** "15:40", or with its day where that is not today's. */
export function timeText(ms: number, now: number): string {
  const at = new Date(ms);
  const time = clockOf(ms);
  if (at.toDateString() === new Date(now).toDateString()) return time;
  return `${at.toLocaleDateString(texts.language, { weekday: "short", day: "numeric", month: "short" })}, ${time}`;
}
export function dateText(ms: number): string {
  return new Date(ms).toLocaleDateString(texts.language, { day: "numeric", month: "long", year: "numeric" });
}
/** "14 seconds", "6 minutes": rounded down, so that nothing looks older than it is by much, and never newer by a unit. */
export function ageText(ms: number): string {
  const { age } = texts;
  if (ms < minuteMs) return filledIn(age.seconds, { n: Math.max(0, Math.floor(ms / 1000)) });
  if (ms < 2 * minuteMs) return age.minute;
  if (ms < hourMs) return filledIn(age.minutes, { n: Math.floor(ms / minuteMs) });
  if (ms < 2 * hourMs) return age.hour;
  if (ms < dayMs) return filledIn(age.hours, { n: Math.floor(ms / hourMs) });
  return ms < 2 * dayMs ? age.day : filledIn(age.days, { n: Math.floor(ms / dayMs) });
}
/** "08:30" of a minute of the day. */
export function clockText(minute: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
