// Periods of a pump's days: cut, summed and laid beside each other, with days among them that nobody knows.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  batches,
  beginningAt,
  type Course,
  type Day,
  dayName,
  daysOf,
  diaryOf,
  drift,
  endsOf,
  inPeriod,
  knownMinutes,
  lengthOf,
  meansOf,
  moved,
  newest,
  ofLength,
  partlyKnown,
  placeAt,
  placeNamed,
  roundUp,
  runs,
  spansIn,
  type Sums,
  sumsOf,
  theOneBefore,
} from "./follow_periods";

const hourMs = 3_600_000;
const begin = new Date(2031, 4, 1); // local, so that names of days are the same in every zone
const beginOf = (place: number) => new Date(begin.getFullYear(), begin.getMonth(), begin.getDate() + place).getTime();

/** Numbers as if by chance, the same each time. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const knownDay = (place: number, more: Partial<Day> = {}): Day => ({
  from_ms: beginOf(place),
  covered_min: 1440,
  given_ng: 6_000_000,
  bolus_ng: 0,
  prescribed_ng: 6_000_000,
  granted: 0,
  refused: 0,
  ...more,
});
const unknownDay = (place: number): Day => ({ from_ms: beginOf(place), covered_min: 0, granted: 0, refused: 0 });

const courseOf = (days: readonly Day[], more: Partial<Course> = {}): Course => ({
  now_ms: beginOf(days.length),
  patient: 1,
  name: "Zoe Quist",
  whole: true,
  days,
  prescriptions: [],
  alarms: [],
  marks: [],
  refills: [],
  cusum: { allowance_milli: 500, limit_milli: 4000 },
  diary: [],
  twin: { is: "not played" },
  ...more,
});

/** Days of every kind, and a diary and alarms over them and beyond them. */
function anyCourse(seed: number): Course {
  const next = chance(seed);
  const upTo = (most: number) => Math.floor(next() * (most + 1));
  const days = Array.from({ length: 1 + upTo(60) }, (_, place): Day => {
    if (next() < 0.25) return unknownDay(place);
    const { given_ng, bolus_ng, prescribed_ng, ...rest } = knownDay(place, {
      covered_min: next() < 0.5 ? 1440 : 1 + upTo(1438),
      granted: upTo(4),
      refused: upTo(3),
      given_ng: 4_000_000 + upTo(1000) * 1000,
      bolus_ng: upTo(1000) * 1000,
      prescribed_ng: 1440 * upTo(5000),
    });
    return {
      ...rest,
      ...(next() < 0.9 && given_ng !== undefined ? { given_ng } : {}),
      ...(next() < 0.9 && bolus_ng !== undefined ? { bolus_ng } : {}),
      ...(next() < 0.9 && prescribed_ng !== undefined ? { prescribed_ng } : {}),
      ...(next() < 0.7 ? { relief: { p5: upTo(300), median: 300 + upTo(300), p95: 600 + upTo(300) } } : {}),
    };
  });
  const anyTime = () => beginOf(-3) + Math.floor(next() * (days.length + 6) * 24) * hourMs;
  return courseOf(days, {
    diary: Array.from({ length: upTo(80) }, () => ({ at_ms: anyTime(), effects: [], note: "", ...(next() < 0.8 ? { pain: upTo(10) } : {}) })),
    alarms: Array.from({ length: upTo(12) }, () => {
      const raised_ms = anyTime();
      return { name: "low reservoir", raised_ms, ...(next() < 0.7 ? { cleared_ms: raised_ms + upTo(90) * hourMs } : {}) };
    }),
  });
}

const close = (one: number, other: number, what: string) => assert(Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one), Math.abs(other)), `${what}: ${one}, ${other}`);

test("the sums of two periods beside each other are those of both together, wherever they are parted", () => {
  for (let seed = 1; seed <= 300; ++seed) {
    const course = anyCourse(seed);
    const next = chance(seed + 1_000_000);
    const [from, middle, to] = [0, 0, 0].map(() => Math.floor(next() * (course.days.length + 10)) - 5).sort((a, b) => a - b) as [number, number, number];
    const [first, second, both] = [sumsOf(course, { from, to: middle }), sumsOf(course, { from: middle, to }), sumsOf(course, { from, to })];
    for (const name of Object.keys(both) as (keyof Sums)[]) close(first[name] + second[name], both[name], `${name}, seed ${seed}, ${from} ${middle} ${to}`);
  }
});

test("a day that nobody knows changes no mean of what was given, granted or refused", () => {
  for (let seed = 1; seed <= 300; ++seed) {
    const course = anyCourse(seed);
    const all = meansOf(sumsOf(course, newest(course.days, null)));
    const only = course.days.filter((day) => day.covered_min > 0);
    const places = new Map(course.days.map((day, place) => [day.from_ms, place]));
    // By itself each known day has the sums that it has among the others.
    const sums = only.map((day) => {
      const place = places.get(day.from_ms) ?? 0;
      return sumsOf(course, { from: place, to: place + 1 });
    });
    const minutes = sums.reduce((sum, one) => sum + one.given_min, 0);
    const given = sums.reduce((sum, one) => sum + one.given_ng, 0);
    if (minutes === 0) assert.equal(all.given_ng, null);
    else close(all.given_ng ?? NaN, (given / minutes) * 1440, `seed ${seed}`);
    for (const [mean, of] of [[all.granted, "granted"], [all.refused, "refused"]] as const)
      if (only.length === 0) assert.equal(mean, null);
      else close(mean ?? NaN, sums.reduce((sum, one) => sum + one[of], 0) / (sums.reduce((sum, one) => sum + one.minutes, 0) / 1440), of);
  }
  const half = courseOf([knownDay(0), unknownDay(1), knownDay(2), unknownDay(3)]);
  assert.equal(meansOf(sumsOf(half, { from: 0, to: 4 })).given_ng, 6_000_000);
  assert.equal(meansOf(sumsOf(half, { from: 1, to: 2 })).given_ng, null);
  assert.equal(meansOf(sumsOf(half, { from: 1, to: 2 })).granted, null);
  assert.equal(meansOf(sumsOf(half, { from: 1, to: 2 })).alarms, null);
  assert.equal(meansOf(sumsOf(half, { from: 1, to: 2 })).entries, 0);
  for (const value of Object.values(meansOf(sumsOf(half, { from: -4, to: 0 })))) assert.equal(value, null);
});

test("a day without a dose that is known counts as zero", () => {
  const course = courseOf([knownDay(0), knownDay(1, { given_ng: 0 })]);
  assert.equal(meansOf(sumsOf(course, { from: 0, to: 2 })).given_ng, 3_000_000);
});

test("half a day that is known is half a day in the means, of what was ordered as well", () => {
  const course = courseOf([knownDay(0), knownDay(1, { covered_min: 720, given_ng: 3_000_000, granted: 1 })]);
  const means = meansOf(sumsOf(course, { from: 0, to: 2 }));
  close(means.given_ng ?? NaN, 6_000_000, "given");
  close(means.prescribed_ng ?? NaN, 6_000_000, "ordered");
  close(means.granted ?? NaN, 1 / 1.5, "granted");
});

test("the patient's share is of the days on which it is told", () => {
  const { bolus_ng: _, ...untold } = knownDay(1, { given_ng: 9_000_000 });
  const course = courseOf([knownDay(0, { bolus_ng: 1_500_000 }), untold]);
  assert.equal(meansOf(sumsOf(course, { from: 0, to: 2 })).share, 0.25);
  assert.equal(meansOf(sumsOf(course, { from: 1, to: 2 })).share, null);
});

test("a mean of pain is of the entries that have one", () => {
  const at_ms = beginOf(0) + hourMs;
  const course = courseOf([knownDay(0)], {
    diary: [
      { at_ms, pain: 4, effects: [], note: "" },
      { at_ms, pain: 0, effects: [], note: "" },
      { at_ms, effects: ["itching"], note: "" },
      { at_ms: beginOf(1), pain: 10, effects: [], note: "" },
    ],
  });
  const means = meansOf(sumsOf(course, { from: 0, to: 1 }));
  assert.equal(means.pain, 2);
  assert.equal(means.entries, 3);
});

test("days of 23 and 25 hours are whole days", () => {
  const from = [0, 24, 47, 72, 97].map((hours) => begin.getTime() + hours * hourMs); // of 24, 23, 25, 25 hours
  const covered = [1440, 1380, 1440, 1440, 700];
  const days = from.map((from_ms, place) => knownDay(place, { from_ms, covered_min: covered[place] ?? 0 }));
  assert.deepEqual([0, 1, 2, 3, 4].map((place) => knownMinutes(days, place)), [1440, 1380, 1500, 1500, 700]);
  assert.deepEqual([0, 1, 2, 3, 4].map((place) => partlyKnown(days, place)), [false, false, false, false, true]);
  assert.equal(placeAt(days, begin.getTime() + 35.5 * hourMs), 1.5);
  assert.equal(placeAt(days, begin.getTime() + 59.5 * hourMs), 2.5);
});

test("a moment stands in its day, and in none before the first and after the last", () => {
  const days = [0, 1, 2].map((place) => knownDay(place));
  assert.equal(placeAt(days, beginOf(0) - 1), null);
  assert.equal(placeAt(days, beginOf(0)), 0);
  assert.equal(placeAt(days, beginOf(1)), 1);
  assert.equal(placeAt(days, beginOf(2) + 6 * hourMs), 2.25);
  assert.equal(placeAt(days, beginOf(2) + 24 * hourMs), null);
  assert.equal(placeAt([], beginOf(0)), null);
});

test("days have the names that a calendar has for them", () => {
  const days = Array.from({ length: 40 }, (_, place) => knownDay(place));
  assert.equal(days.map(dayName)[0], "2031-05-01");
  assert.equal(days.map(dayName)[31], "2031-06-01");
  assert.equal(placeNamed(days, "2031-05-09"), 8);
  assert.equal(placeNamed(days, "2031-04-30"), null);
  assert.equal(placeNamed(days, ""), null);
});

test("periods are moved, lengthened and laid beside each other inside of what there is", () => {
  const days = Array.from({ length: 40 }, (_, place) => knownDay(place));
  const last = newest(days, 28);
  assert.deepEqual(last, { from: 12, to: 40 });
  assert.deepEqual(newest(days, null), { from: 0, to: 40 });
  assert.deepEqual(newest(days, 90), { from: 0, to: 40 });
  assert.deepEqual(newest([], 28), { from: 0, to: 0 });
  assert.deepEqual(moved(days, last, "earlier"), { from: 0, to: 28 });
  assert.deepEqual(moved(days, { from: 0, to: 28 }, "later"), { from: 12, to: 40 });
  assert.deepEqual(moved(days, last, "later"), last);
  assert.deepEqual(theOneBefore(last), { from: -16, to: 12 });
  assert.deepEqual(beginningAt(30, last), { from: 30, to: 58 });
  assert.deepEqual(ofLength(days, { from: 10, to: 20 }, 7), { from: 13, to: 20 });
  assert.deepEqual(ofLength(days, { from: 0, to: 7 }, 28), { from: 0, to: 28 });
  assert.deepEqual(ofLength(days, { from: 0, to: 7 }, null), { from: 0, to: 40 });
  for (let seed = 1; seed <= 100; ++seed) {
    const next = chance(seed);
    let period = newest(days, 7);
    for (let i = 0; i < 30; ++i) {
      const length = [7, 28, 90, null][Math.floor(next() * 4)] ?? null;
      period = next() < 0.3 ? ofLength(days, period, length) : moved(days, period, next() < 0.5 ? "earlier" : "later");
      assert(period.from >= 0 && period.to <= days.length && lengthOf(period) > 0, JSON.stringify(period));
      assert.equal(theOneBefore(period).to, period.from);
      assert.equal(lengthOf(theOneBefore(period)), lengthOf(period));
    }
  }
});

test("a period has a place for each of its days, beyond the ends as well", () => {
  const days = [0, 1, 2].map((place) => knownDay(place));
  assert.deepEqual(daysOf(days, { from: -2, to: 2 }).map((day) => day && dayName(day)), [null, null, "2031-05-01", "2031-05-02"]);
  assert.deepEqual(endsOf(days, { from: -2, to: 2 })?.map(dayName), ["2031-05-01", "2031-05-02"]);
  assert.equal(endsOf(days, { from: -3, to: 0 }), null);
  assert.equal(endsOf(days, { from: 3, to: 6 }), null);
});

test("what is laid over each other is counted in days since each period's beginning", () => {
  const days = Array.from({ length: 14 }, (_, place) => knownDay(place));
  const twice = [2, 9].map((place) => beginOf(place) + 12 * hourMs);
  const [one, other] = [{ from: 0, to: 7 }, { from: 7, to: 14 }].map((period) => inPeriod(days, period, twice, (at) => at));
  assert.deepEqual(one?.map(({ since }) => since), [2.5]);
  assert.deepEqual(other?.map(({ since }) => since), [2.5]);
});

test("alarms stand in every period that they stood in, cut at its ends, and not over each other", () => {
  const days = Array.from({ length: 10 }, (_, place) => knownDay(place));
  const noon = (place: number) => beginOf(place) + 12 * hourMs;
  const alarms = [
    { name: "before", raised_ms: noon(0), cleared_ms: noon(1) },
    { name: "into", raised_ms: noon(1), cleared_ms: noon(4) },
    { name: "still", raised_ms: noon(3) },
    { name: "behind", raised_ms: noon(8) },
    { name: "again", raised_ms: noon(5), cleared_ms: noon(5) },
  ];
  const spans = spansIn(days, { from: 2, to: 7 }, alarms, beginOf(10));
  assert.deepEqual(spans.map(({ it }) => it.name), ["into", "still", "again"]);
  assert.deepEqual([spans[0]?.from, spans[0]?.to], [0, 2.5]);
  assert.equal(spans[1]?.from, 1.5);
  assert(Math.abs((spans[1]?.to ?? 0) - 5) < 1e-6);
  assert.deepEqual(spans.map(({ row }) => row), [0, 1, 0]);
  assert.deepEqual(spansIn(days, { from: 10, to: 12 }, alarms, beginOf(10)), []);
  for (let seed = 1; seed <= 200; ++seed) {
    const course = anyCourse(seed);
    const found = spansIn(course.days, newest(course.days, 28), course.alarms, course.now_ms);
    for (const { from, to } of found) assert(from >= 0 && from <= to && to <= 28);
    for (const [i, a] of found.entries())
      for (const b of found.slice(i + 1)) assert(a.row !== b.row || a.to <= b.from || b.to <= a.from, `seed ${seed}`);
  }
});

test("what is known is drawn in runs, and nothing across a day that is not", () => {
  assert.deepEqual(runs([1, 2, null, 3, undefined, undefined, 0]), [
    { from: 0, values: [1, 2] },
    { from: 3, values: [3] },
    { from: 6, values: [0] },
  ]);
  assert.deepEqual(runs([null, null]), []);
});

test("an axis ends at a round number that everything is below", () => {
  for (const [value, top] of [[0, 1], [-1, 1], [1, 1], [1.2, 1.5], [6.1, 8], [9, 10], [120, 150], [0.034, 0.04]] as const) close(roundUp(value), top, String(value));
  for (let seed = 1; seed <= 500; ++seed) {
    const value = 10 ** (chance(seed)() * 12 - 6);
    assert(roundUp(value) >= value * (1 - 1e-9) && roundUp(value) <= value * 2, String(value));
  }
});

test("sums over the limit are told by their side", () => {
  const refill = { at_ms: 0, filled_nl: 0 };
  assert.equal(drift(refill, 4000), "not known");
  assert.equal(drift({ ...refill, high_milli: 4000, low_milli: 0 }, 4000), "no");
  assert.equal(drift({ ...refill, high_milli: 4001, low_milli: 0 }, 4000), "more");
  assert.equal(drift({ ...refill, high_milli: 0, low_milli: 5000 }, 4000), "less");
  assert.equal(drift({ ...refill, high_milli: 5000, low_milli: 5000 }, 4000), "both");
});

test("a diary's file is taken as it is, and another file is told", () => {
  const entry = { id: 7, at_ms: 1_900_000_000_000, pain: 4, effects: ["itching"], note: "" };
  const file = { is: "Theca diary", version: 1, implant: "00c0ffee00000001", entries: [entry] };
  assert.deepEqual(diaryOf(JSON.stringify(file)), { implant: file.implant, entries: [entry] });
  const { pain: _, ...without } = entry;
  assert.deepEqual(diaryOf(JSON.stringify({ ...file, entries: [{ ...entry, pain: null, request: 3 }] })), { implant: file.implant, entries: [without] });
  assert.deepEqual(diaryOf(JSON.stringify({ ...file, entries: [] })), { implant: file.implant, entries: [] });
  assert.equal(diaryOf("{"), "not readable");
  assert.equal(diaryOf(""), "not readable");
  assert.equal(diaryOf("null"), "no diary");
  assert.equal(diaryOf("[]"), "no diary");
  assert.equal(diaryOf(JSON.stringify({ ...file, is: "Theca card" })), "no diary");
  assert.equal(diaryOf(JSON.stringify({ ...file, version: 2 })), "another version");
  assert.equal(diaryOf(JSON.stringify({ ...file, implant: "pump" })), "no diary");
  for (const wrong of [null, { ...entry, pain: 11 }, { ...entry, pain: 1.5 }, { ...entry, at_ms: "1" }, { ...entry, effects: [1] }, { ...entry, note: 1 }, { ...entry, id: 0.5 }])
    assert.equal(diaryOf(JSON.stringify({ ...file, entries: [entry, wrong] })), "no diary", JSON.stringify(wrong));
});

test("a long diary goes in parts, and nothing of it is lost", () => {
  for (const count of [0, 1, 499, 500, 501, 1250]) {
    const all = Array.from({ length: count }, (_, i) => i);
    const parts = batches(all);
    assert.deepEqual(parts.flat(), all);
    assert(parts.every((part) => part.length > 0 && part.length <= 500));
  }
});
