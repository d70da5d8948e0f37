// What is known of a pump's days, cut into periods, summed and laid beside each other. A period is a span of places in the
// list of days; it may reach beyond both ends of it, where nothing is known.

import type { Answered } from "./api";

/** What the server tells of a pump. */
export type Course = Answered["readCourse"];
export type Day = Course["days"][number];
export type Relief = NonNullable<Day["relief"]>;
export type Alarm = Course["alarms"][number];
export type Refill = Course["refills"][number];
export type Said = Course["diary"][number];

/** From a place in the list of days to the one behind its last. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;

/** In the middle of a day: whatever zone shows it, it is the same date. */
export const noonOf = (day: Day): number => day.from_ms + dayMs / 2;

/** "2031-05-09" */
export function dayName(day: Day): string {
  const noon = new Date(noonOf(day));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${noon.getFullYear()}-${two(noon.getMonth() + 1)}-${two(noon.getDate())}`;
}

/** Where the day of that name stands; null: nowhere. */
export function placeNamed(days: readonly Day[], name: string): number | null {
  const place = days.findIndex((day) => dayName(day) === name);
  return place < 0 ? null : place;
}

const endOf = (days: readonly Day[], place: number): number => days[place + 1]?.from_ms ?? (days[place]?.from_ms ?? 0) + dayMs;

/** 3.5: the middle of the fourth day, however long that day is. Null: in none of them. */
export function placeAt(days: readonly Day[], at_ms: number): number | null {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle]?.from_ms ?? Infinity) <= at_ms) low = middle + 1;
    else high = middle;
  }
  const day = days[low - 1];
  if (!day) return null;
  const end = endOf(days, low - 1);
  return at_ms < end ? low - 1 + (at_ms - day.from_ms) / (end - day.from_ms) : null;
}

export const lengthOf = ({ from, to }: Period): number => to - from;

/** The newest days, so many as there are; no length: all of them. */
export function newest(days: readonly Day[], length: number | null): Period {
  return { from: length === null ? 0 : Math.max(0, days.length - length), to: days.length };
}
/** By its own length, and no further than there are days. */
export function moved(days: readonly Day[], period: Period, way: "earlier" | "later"): Period {
  const length = lengthOf(period);
  const from = way === "earlier" ? Math.max(0, period.from - length) : Math.min(days.length - length, period.to);
  return { from, to: from + length };
}
/** Of another length, ending where it ends if there are days enough. */
export function ofLength(days: readonly Day[], period: Period, length: number | null): Period {
  if (length === null) return newest(days, null);
  const from = Math.max(0, Math.min(period.to, days.length) - length);
  return { from, to: Math.min(days.length, from + length) };
}
export const theOneBefore = (period: Period): Period => ({ from: period.from - lengthOf(period), to: period.from });
export const beginningAt = (place: number, like: Period): Period => ({ from: place, to: place + lengthOf(like) });

/** As long as the period; null where there is no such day. */
export function daysOf(days: readonly Day[], { from, to }: Period): readonly (Day | null)[] {
  return Array.from({ length: to - from }, (_, i) => days[from + i] ?? null);
}

/** The first and the last day of it that there are; null: none. */
export function endsOf(days: readonly Day[], period: Period): readonly [Day, Day] | null {
  const first = days[Math.max(0, period.from)];
  const last = days[Math.min(days.length, period.to) - 1];
  return first && last && first.from_ms <= last.from_ms ? [first, last] : null;
}

/** What falls into the period, with the days since its beginning. */
export function inPeriod<T>(days: readonly Day[], { from, to }: Period, all: readonly T[], at: (one: T) => number): readonly { readonly it: T; readonly since: number }[] {
  return all.flatMap((it) => {
    const place = placeAt(days, at(it));
    return place !== null && place >= from && place < to ? [{ it, since: place - from }] : [];
  });
}

export interface Span {
  readonly it: Alarm;
  /** Days since the period's beginning, cut at both its ends. */
  readonly from: number;
  readonly to: number;
  /** Those that stand at the same time have different rows. */
  readonly row: number;
}
/** The alarms that stood in the period, raised in it or before. */
export function spansIn(days: readonly Day[], period: Period, alarms: readonly Alarm[], now_ms: number): readonly Span[] {
  const ends = endsOf(days, period);
  if (!ends) return [];
  const first = Math.max(0, period.from);
  const last = Math.min(days.length, period.to);
  const begin_ms = ends[0].from_ms;
  const end_ms = endOf(days, last - 1);
  const free: number[] = []; // until when each row is taken
  const spans: Span[] = [];
  for (const it of alarms.toSorted((a, b) => a.raised_ms - b.raised_ms)) {
    const cleared = it.cleared_ms ?? Math.max(now_ms, it.raised_ms);
    if (it.raised_ms >= end_ms || cleared < begin_ms) continue;
    const from = (placeAt(days, Math.max(it.raised_ms, begin_ms)) ?? first) - period.from;
    const to = (placeAt(days, Math.min(cleared, end_ms - 1)) ?? last) - period.from;
    const found = free.findIndex((until) => until < it.raised_ms);
    const row = found < 0 ? free.length : found;
    free[row] = cleared;
    spans.push({ it, from, to, row });
  }
  return spans;
}

/** Days behind each other of which something is known: where they begin, and what is known. */
export function runs<T>(of: readonly (T | null | undefined)[]): readonly { readonly from: number; readonly values: readonly T[] }[] {
  const found: { from: number; values: T[] }[] = [];
  let open: { from: number; values: T[] } | null = null;
  of.forEach((value, i) => {
    if (value === null || value === undefined) {
      open = null;
      return;
    }
    if (open === null) found.push((open = { from: i, values: [] }));
    open.values.push(value);
  });
  return found;
}

/** Of a day of 23 or 25 hours: those. */
function minutesOf(days: readonly Day[], place: number): number {
  return Math.max(1, (endOf(days, place) - (days[place]?.from_ms ?? 0)) / minuteMs);
}
/** Of a day that is known wholly: all of its minutes, more than 1440 among them. */
export function knownMinutes(days: readonly Day[], place: number): number {
  const covered = days[place]?.covered_min ?? 0;
  const all = minutesOf(days, place);
  return covered >= Math.min(1440, all) ? all : covered;
}
export const isKnown = (day: Day | null): day is Day => day !== null && day.covered_min > 0;
export const partlyKnown = (days: readonly Day[], place: number): boolean => {
  const known = knownMinutes(days, place);
  return known > 0 && known < minutesOf(days, place);
};

/** What adds up: the sums of two periods side by side are those of both together. */
export interface Sums {
  /** Days of the period that there are. */
  readonly days: number;
  /** Of those: of which the journal knows something. */
  readonly known: number;
  /** Minutes that the journal knows. */
  readonly minutes: number;
  readonly given_ng: number;
  readonly given_min: number;
  /** What was given on the days of which the patient's part is told, and that part. */
  readonly shared_ng: number;
  readonly bolus_ng: number;
  /** Ordered for the minutes that are known. */
  readonly prescribed_ng: number;
  readonly prescribed_min: number;
  readonly granted: number;
  readonly refused: number;
  readonly pain: number;
  readonly pains: number;
  readonly entries: number;
  readonly relief: number;
  readonly reliefs: number;
  /** Raised in it. */
  readonly alarms: number;
}

export function sumsOf(course: Course, period: Period): Sums {
  const { days } = course;
  const sums = {
    days: 0,
    known: 0,
    minutes: 0,
    given_ng: 0,
    given_min: 0,
    shared_ng: 0,
    bolus_ng: 0,
    prescribed_ng: 0,
    prescribed_min: 0,
    granted: 0,
    refused: 0,
    pain: 0,
    pains: 0,
    entries: 0,
    relief: 0,
    reliefs: 0,
    alarms: inPeriod(days, period, course.alarms, (one) => one.raised_ms).length,
  };
  daysOf(days, period).forEach((day, i) => {
    if (day === null) return;
    sums.days += 1;
    if (day.relief !== undefined) {
      sums.relief += day.relief.median;
      sums.reliefs += 1;
    }
    // A day that nothing is known of is no day without a dose.
    if (!isKnown(day)) return;
    const minutes = knownMinutes(days, period.from + i);
    sums.known += 1;
    sums.minutes += minutes;
    sums.granted += day.granted;
    sums.refused += day.refused;
    if (day.given_ng !== undefined) {
      sums.given_ng += day.given_ng;
      sums.given_min += minutes;
      if (day.bolus_ng !== undefined) {
        sums.shared_ng += day.given_ng;
        sums.bolus_ng += day.bolus_ng;
      }
    }
    if (day.prescribed_ng !== undefined) {
      sums.prescribed_ng += (day.prescribed_ng * minutes) / minutesOf(days, period.from + i);
      sums.prescribed_min += minutes;
    }
  });
  for (const { it } of inPeriod(days, period, course.diary, (one) => one.at_ms)) {
    sums.entries += 1;
    if (it.pain === undefined) continue;
    sums.pain += it.pain;
    sums.pains += 1;
  }
  return sums;
}

/** Null: not known. */
export interface Means {
  readonly given_ng: number | null;
  readonly prescribed_ng: number | null;
  /** 0 to 1. */
  readonly share: number | null;
  readonly granted: number | null;
  readonly refused: number | null;
  readonly pain: number | null;
  readonly entries: number | null;
  /** Per mille. */
  readonly relief: number | null;
  readonly alarms: number | null;
}
const over = (sum: number, count: number): number | null => (count > 0 ? sum / count : null);

/** Of 24 hours that are known. */
export function meansOf(sums: Sums): Means {
  return {
    given_ng: over(sums.given_ng, sums.given_min / 1440),
    prescribed_ng: over(sums.prescribed_ng, sums.prescribed_min / 1440),
    share: over(sums.bolus_ng, sums.shared_ng),
    granted: over(sums.granted, sums.minutes / 1440),
    refused: over(sums.refused, sums.minutes / 1440),
    pain: over(sums.pain, sums.pains),
    entries: sums.days > 0 ? sums.entries : null,
    relief: over(sums.relief, sums.reliefs),
    alarms: sums.known > 0 ? sums.alarms : null,
  };
}

/** The next round number: where an axis ends. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) if (step * power >= value * (1 - 1e-9)) return step * power;
  return 10 * power;
}

/** Whether the sums of a refill say that the pump gives another volume than it counts. */
export function drift(refill: Refill, limit_milli: number): "more" | "less" | "both" | "no" | "not known" {
  if (refill.high_milli === undefined || refill.low_milli === undefined) return "not known";
  const more = refill.high_milli > limit_milli;
  const less = refill.low_milli > limit_milli;
  if (more && less) return "both";
  return more ? "more" : less ? "less" : "no";
}

export interface DiaryFile {
  readonly implant: string;
  readonly entries: readonly DiaryEntry[];
}
export interface DiaryEntry {
  readonly id: number;
  readonly at_ms: number;
  readonly pain?: number;
  readonly effects: readonly string[];
  readonly note: string;
}
export type FileFault = "not readable" | "no diary" | "another version";

/** What the patient's programmer has written; what else stands in it is left out. */
export function diaryOf(text: string): DiaryFile | FileFault {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return "not readable";
  }
  if (typeof read !== "object" || read === null) return "no diary";
  const { is, version, implant, entries } = read as Readonly<Record<string, unknown>>;
  if (is !== "Theca diary") return "no diary";
  if (version !== 1) return "another version";
  if (typeof implant !== "string" || !/^[0-9a-f]{1,32}$/i.test(implant) || !Array.isArray(entries)) return "no diary";
  const found = entries.map(entryOf);
  return found.every((one) => one !== null) ? { implant, entries: found } : "no diary";
}

function entryOf(read: unknown): DiaryEntry | null {
  if (typeof read !== "object" || read === null) return null;
  const { id, at_ms, pain, effects, note } = read as Readonly<Record<string, unknown>>;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value);
  if (!whole(id) || !whole(at_ms) || typeof note !== "string") return null;
  if (!Array.isArray(effects) || !effects.every((one): one is string => typeof one === "string")) return null;
  const painless = pain === undefined || pain === null;
  if (!painless && !(whole(pain) && pain >= 0 && pain <= 10)) return null;
  return { id, at_ms, ...(painless ? {} : { pain }), effects, note };
}

/** So many at once as the server takes. */
export function batches<T>(all: readonly T[], most = 100): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most));
}
