// What the patient is shown: of what the programmer knows, how old that is, and what this page has sent itself. Nothing
// here asks, waits or draws.
import type { Ask, Deed, Pump, Seen } from "./pump";
import { ageText, clockText, filledIn, texts, timeText } from "./texts";

/** A reading that is older is told with its age, and nothing of it moves. */
export const liveMs = 90_000;
/** What is over and done with is told for so long. */
const resultMs = 24 * 3_600_000;
const deedMs = 60_000;

/** What this page knows by itself. */
export interface Own {
  /** The programmer has answered the newest question; null: none has been asked yet. */
  readonly answers: boolean | null;
  /** When its newest answer came; by this page's clock. */
  readonly answeredAt: number;
  /** The wish that was sent and not answered yet. */
  readonly sending: string | null;
  /** A wish whose answer was lost: what became of it the programmer is being asked. */
  readonly lost: string | null;
  /** A wish that never arrived. */
  readonly voided: string | null;
  /** The wish whose result was closed. */
  readonly closed: string | null;
  /** The newest of the other wishes, as long as the programmer has not told of it. */
  readonly sent: { readonly what: Deed["what"]; readonly state: "doing" | "not answered" | "busy"; readonly at: number } | null;
}

export type Mood = "good" | "calm" | "wait" | "bad";
export type ResultState =
  | "sending"
  | "asking"
  | "accepted"
  | "given"
  | "givenStale"
  | "stopped"
  | "refused"
  | "not given"
  | "not arrived"
  | "not known yet"
  | "not known";
export interface Result {
  readonly state: ResultState;
  readonly intent: string;
  readonly mood: Mood;
  readonly title: string;
  readonly text: string;
  /** When it was asked for; empty: just now. */
  readonly asked: string;
  /** It stays until somebody has closed it. */
  readonly closes: boolean;
}
export interface Giving {
  readonly title: string;
  readonly text: string;
  /** 0 to 1; null: not known, or not a dose that the patient asked for. */
  readonly part: number | null;
}
export interface Shown {
  readonly live: boolean;
  /** Why what is seen may be old; null: it is live. */
  readonly old: string | null;
  /** The same without what ticks, for whoever listens. */
  readonly spoken: string;
  readonly headline: { readonly mood: Mood; readonly text: string };
  readonly giving: Giving | null;
  readonly result: Result | null;
  /** null: the prescription has no doses. */
  readonly dose: { readonly when: string; readonly left: string; readonly what: string } | null;
  /** Of STOP, pause, resumption and the refusal of a transfer. */
  readonly deed: { readonly what: Deed["what"]; readonly state: Deed["state"] | "not answered" | "busy" } | null;
  readonly button: { readonly there: boolean; readonly can: boolean; readonly why: string };
}

const percent = (part: number): string => `${Math.floor(part * 100)} %`;

function ageOf(pump: Pump, own: Own, now: number): number {
  return pump.seen ? pump.seen.age_ms + Math.max(0, now - own.answeredAt) : 0;
}

const notOld = { old: null, spoken: "" };
function oldOf(pump: Pump | null, own: Own, now: number): Pick<Shown, "old" | "spoken"> {
  const { away } = texts;
  const plain = (old: string) => ({ old, spoken: old });
  const silent = own.answers === false;
  if (!pump) return silent ? plain(away.processNever) : notOld;
  if (pump.reach === "over") return plain(away.over);
  const { seen } = pump;
  if (!seen) return silent ? plain(away.processNever) : pump.reach === "not in reach" ? plain(away.pumpNever) : notOld;
  const age = ageOf(pump, own, now);
  const aged = (why: keyof typeof away.spoken) => ({
    old: filledIn(away[why], { time: timeText(seen.at_ms, now), age: ageText(age) }),
    spoken: away.spoken[why],
  });
  if (silent) return aged("process");
  if (pump.reach === "not in reach") return aged("pump");
  if (pump.reach === "busy") return aged("busy");
  return age > liveMs || pump.reach !== "in reach" || !own.answers ? aged("old") : notOld;
}

/** The most urgent alarm, or what the pump does. */
function headlineOf(seen: Seen | null, live: boolean): Shown["headline"] {
  if (!seen) return { mood: "calm", text: texts.loading };
  const [first] = seen.alarms;
  if (first) {
    const known = (texts.alarms as Record<string, { urgency: string; text: string }>)[first.name];
    return { mood: known?.urgency === "visit" ? "wait" : "bad", text: known?.text ?? first.name };
  }
  if (seen.state === "delivering") return live ? { mood: "good", text: texts.fine } : { mood: "calm", text: texts.fineThen };
  return { mood: "bad", text: (texts.states as Record<string, string>)[seen.state] ?? seen.state };
}

const doseName = (seen: Seen): string => (seen.dose && seen.mode !== "bridge" ? seen.dose.words : texts.dose.yours);

function givingOf(seen: Seen, live: boolean, now: number): Giving | null {
  const { giving } = seen;
  if (!giving || (!live && now >= giving.ends_ms)) return null;
  const time = timeText(giving.ends_ms, now);
  if (!giving.patients || giving.given_nl === undefined || !giving.of_nl)
    return { title: texts.became.givingOther.title, text: filledIn(texts.became.givingOther.text, { time }), part: null };
  const part = Math.min(1, giving.given_nl / giving.of_nl);
  const words = live ? texts.became.giving : texts.became.givingStale;
  return { title: words.title, text: filledIn(words.text, { given: percent(part), of: doseName(seen), time }), part };
}

function refusalText(refusal: string, next: number, now: number): string {
  const known = (texts.refusals as Record<string, string>)[refusal] ?? texts.refusals.other;
  const { at, now: already, later } = texts.dose.when;
  const when = next > now ? filledIn(at, { time: timeText(next, now) }) : next > 0 ? already : later;
  return filledIn(known, { when });
}

function resultOf(pump: Pump | null, own: Own, live: boolean, now: number): Result | null {
  const { became } = texts;
  const plain = (state: "sending" | "asking" | "accepted" | "not given" | "not arrived" | "not known yet" | "not known", intent: string, mood: Mood, closes: boolean): Result =>
    ({ state, intent, mood, title: became[state].title, text: became[state].text, asked: "", closes });
  if (own.sending) return plain("sending", own.sending, "wait", false);
  if (own.lost) return plain("not known yet", own.lost, "wait", false);
  const ask = pump?.ask;
  // Another page's wish that is open still counts for more than one of this page that came to nothing.
  if (own.voided && own.voided !== own.closed && !isOpen(ask)) return plain("not arrived", own.voided, "calm", true);
  if (!pump || !ask || ask.intent === own.closed) return null;
  const asked = filledIn(became.asked, { time: timeText(ask.at_ms, now) });
  if (!isOpen(ask) && ask.state !== "not known" && now - ask.at_ms > resultMs) return null;
  switch (ask.state) {
    case "asking":
      // Of a programmer that is silent since, nobody knows what it has done.
      return plain(own.answers === false ? "not known yet" : "asking", ask.intent, "wait", false);
    case "not given":
      return { ...plain("not given", ask.intent, "bad", true), asked };
    case "not known yet":
      return { ...plain("not known yet", ask.intent, "wait", false), asked };
    case "not known":
      return { ...plain("not known", ask.intent, "bad", true), asked };
    case "refused":
      return {
        state: "refused",
        intent: ask.intent,
        mood: "bad",
        title: became.refused.title,
        text: refusalText(ask.refusal, ask.next_ms, now),
        asked,
        closes: true,
      };
    case "granted":
      break;
  }
  const seen = pump.seen;
  if (!seen || seen.last_request < ask.request) return plain("accepted", ask.intent, "good", false);
  const words = { of: doseName(seen), given: "", time: "" };
  if (seen.giving?.patients) {
    if (live || now < seen.giving.ends_ms) return null; // shown as what is being given
    words.time = timeText(seen.giving.ends_ms, now);
    return { state: "givenStale", intent: ask.intent, mood: "wait", title: became.givenStale.title, text: filledIn(became.givenStale.text, words), asked, closes: false };
  }
  const last = seen.last_dose;
  const whole = last !== null && last.given_nl >= last.of_nl;
  if (!last) return plain("accepted", ask.intent, "good", false);
  words.given = percent(last.given_nl / last.of_nl);
  const said = whole ? became.given : became.stopped;
  return { state: whole ? "given" : "stopped", intent: ask.intent, mood: whole ? "good" : "calm", title: said.title, text: filledIn(said.text, words), asked, closes: true };
}

/** Of the others: what was asked for, and what became of it; null: nothing that anybody waits for. */
function deedOf(pump: Pump | null, own: Own, now: number): Shown["deed"] {
  if (own.sent && (own.sent.state === "doing" || now - own.sent.at <= deedMs)) return own.sent;
  const deed = pump?.deed;
  if (!deed) return null;
  if (deed.state === "doing" || deed.state === "not known yet") return deed;
  const ofAnotherDose = deed.what === "end dose" && pump.ask !== null && deed.at_ms < pump.ask.at_ms;
  return ofAnotherDose || now - deed.at_ms > deedMs ? null : deed;
}

const isOpen = (ask: Ask | null | undefined): boolean => ask?.state === "asking" || ask?.state === "not known yet";

/** By this phone's clock; the pump goes by its own, and says no where they differ. */
function isWithin(from: number, to: number, now: number): boolean {
  const at = new Date(now);
  const minute = at.getHours() * 60 + at.getMinutes();
  return from === to || (from < to ? minute >= from && minute < to : minute >= from || minute < to);
}

function doseOf(seen: Seen, live: boolean, now: number): Shown["dose"] {
  const { dose } = seen;
  if (!dose) return null;
  const left = filledIn(dose.left > 0 ? texts.dose.left : texts.dose.noneLeft, { left: dose.left, allotted: dose.allotted });
  const hours = filledIn(texts.dose.hours, { from: clockText(dose.from_minute), to: clockText(dose.to_minute) });
  let when: string = live ? texts.dose.now : texts.dose.nowStale;
  if (dose.next_ms > now) when = filledIn(texts.dose.at, { time: timeText(dose.next_ms, now) });
  else if (dose.left === 0) when = left;
  else if (!isWithin(dose.from_minute, dose.to_minute, now)) when = hours;
  if (when !== hours && dose.from_minute !== dose.to_minute) when += ` · ${hours}`;
  return {
    when,
    left: when.startsWith(left) ? "" : left,
    what: filledIn(texts.dose.what, { words: dose.words, minutes: Math.ceil(dose.lasts_ms / 60_000) }),
  };
}

function buttonOf(pump: Pump | null, own: Own, now: number): Shown["button"] {
  const { blocked } = texts.dose;
  const cannot = (why: string) => ({ there: true, can: false, why });
  if (own.lost || pump?.ask?.state === "not known yet") return cannot(blocked.unknown);
  if (own.sending || pump?.ask?.state === "asking") return cannot(blocked.asking);
  const seen = pump?.seen;
  if (seen && !seen.dose) return { there: false, can: false, why: texts.dose.none };
  if (own.answers === false) return cannot(pump ? blocked.process : texts.away.processNever);
  if (!pump || pump.reach === "over") return cannot(pump ? texts.away.over : texts.loading);
  if (!seen?.dose) return cannot(pump.reach === "not in reach" ? texts.away.pumpNever : texts.loading);
  if (seen.state !== "delivering") return cannot(blocked.stopped);
  if (seen.giving && now < seen.giving.ends_ms) return cannot(blocked.giving);
  if (seen.dose.next_ms > now) return cannot(filledIn(blocked.later, { time: timeText(seen.dose.next_ms, now) }));
  return { there: true, can: true, why: "" };
}

export function shown(pump: Pump | null, own: Own, now: number): Shown {
  const live = own.answers === true && pump?.reach === "in reach" && pump.seen !== null && ageOf(pump, own, now) <= liveMs;
  const seen = pump?.seen ?? null;
  return {
    live,
    ...oldOf(pump, own, now),
    headline: headlineOf(seen, live),
    giving: seen && givingOf(seen, live, now),
    result: resultOf(pump, own, live, now),
    dose: seen && doseOf(seen, live, now),
    button: buttonOf(pump, own, now),
    deed: deedOf(pump, own, now),
  };
}
