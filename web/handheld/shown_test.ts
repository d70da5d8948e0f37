// What is shown for what is known: nothing is live that is not, nothing has failed that may have been given.
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Ask, Pump, Seen } from "./pump";
import { liveMs, type Own, shown } from "./shown";
import { ageText, clockOf, filledIn, texts } from "./texts";

const now = 1_800_000_000_000;
const seen: Seen = {
  at_ms: now - 2_000,
  age_ms: 2_000,
  state: "delivering",
  mode: "simple continuous",
  alarms: [],
  drugs: [{ name: "morphine", per_day: "6 mg/day", class: "opioid" }],
  dose: { words: "500 mcg morphine", lasts_ms: 300_000, left: 3, allotted: 4, window_ms: 86_400_000, lockout_ms: 10_800_000, next_ms: 0, from_minute: 0, to_minute: 0 },
  giving: null,
  last_request: 1,
  last_dose: null,
  tip: null,
  refill: { before_ms: now + 9e9 },
  may_pause: false,
  own_pause: false,
  transfer: null,
};
const own: Own = { answers: true, answeredAt: now, sending: null, lost: null, voided: null, closed: null, sent: null };
const pump = (its: Partial<Seen> = {}, ask: Partial<Ask> | null = null, more: Partial<Pump> = {}): Pump => ({
  now_ms: now,
  demo: true,
  looking: false,
  reach: "in reach",
  seen: { ...seen, ...its },
  ask: ask && { intent: "a", state: "granted", at_ms: now - 60_000, request: 1, refusal: "", next_ms: 0, ...ask },
  deed: null,
  ...more,
});
const giving = (ends: number) => ({ patients: true, ends_ms: ends, given_nl: 10_000, of_nl: 25_000 });

test("a reading is live while it is young, the pump is in reach and the programmer answers", () => {
  assert.equal(shown(pump(), own, now).live, true);
  assert.equal(shown(pump(), own, now).old, null);
  for (const [why, state] of Object.entries({
    age: shown(pump({ age_ms: liveMs + 1 }), own, now),
    later: shown(pump(), own, now + liveMs),
    reach: shown(pump({}, null, { reach: "not in reach" }), own, now),
    busy: shown(pump({}, null, { reach: "busy" }), own, now),
    over: shown(pump({}, null, { reach: "over" }), own, now),
    process: shown(pump(), { ...own, answers: false }, now),
  })) {
    assert.equal(state.live, false, why);
    assert.notEqual(state.old, null, why);
  }
  assert.match(shown(pump({ age_ms: 360_000 }, null, { reach: "not in reach" }), own, now).old ?? "", /6 minutes ago/);
  assert.equal(shown(null, { ...own, answers: false }, now).old, texts.away.processNever);
});

test("what is not known is never said to have failed, and blocks the button", () => {
  for (const [pumpNow, ownNow] of [
    [pump({}, { state: "not known yet" }), own],
    [pump(), { ...own, lost: "b" }],
    [null, { ...own, lost: "b", answers: false }],
  ] as const) {
    const { result, button } = shown(pumpNow, ownNow, now);
    assert.equal(result?.state, "not known yet");
    assert.equal(result?.closes, false);
    assert.deepEqual([button.can, button.why], [false, texts.dose.blocked.unknown]);
  }
  // What the programmer says of an older wish does not answer for a newer one.
  assert.equal(shown(pump({}, { state: "refused", refusal: "lockout" }), { ...own, lost: "b" }, now).result?.state, "not known yet");
});

test("a dose goes from asking to accepted, given or stopped, by what the pump says", () => {
  const state = (its: Partial<Seen>, ask: Partial<Ask>) => shown(pump(its, ask), own, now).result?.state;
  assert.equal(shown(pump(), { ...own, sending: "b" }, now).result?.state, "sending");
  assert.equal(state({}, { state: "asking" }), "asking");
  assert.equal(state({ last_request: 0 }, {}), "accepted", "nothing was read since");
  assert.equal(state({ giving: giving(now + 9_000) }, {}), undefined, "shown as what is being given");
  assert.equal(shown(pump({ giving: giving(now + 9_000) }, {}), own, now).giving?.part, 0.4);
  assert.equal(state({ last_dose: { given_nl: 25_000, of_nl: 25_000 } }, { at_ms: now - 310_000 }), "given");
  assert.equal(state({ last_dose: { given_nl: 3_000, of_nl: 25_000 } }, {}), "stopped");
  assert.match(shown(pump({ last_dose: { given_nl: 3_000, of_nl: 25_000 } }, {}), own, now).result?.text ?? "", /12 % of 500 mcg morphine/);
  assert.equal(state({}, { state: "not given" }), "not given");
  assert.equal(state({}, { state: "not known" }), "not known");
});

test("INV-7 an older dose's result is not told of a newer wish", () => {
  const last_dose = { given_nl: 25_000, of_nl: 25_000 };
  const state = (its: Partial<Seen>, ask: Partial<Ask>) => shown(pump(its, ask), own, now).result?.state;
  // The programmer reads the pump before it asks as well: such a reading knows the last dose, and not this one.
  assert.equal(state({ last_request: 1, last_dose }, { request: 2 }), "accepted");
  assert.equal(state({ last_request: 1, last_dose, giving: giving(now - 1) }, { request: 2 }), "accepted");
  assert.equal(state({ last_request: 2, last_dose }, { request: 2 }), "given");
  assert.equal(state({ last_request: 3, last_dose: { given_nl: 1, of_nl: 25_000 } }, { request: 2 }), "stopped", "one that was refused behind it");
});

test("a wish that came to nothing does not hide another that is open", () => {
  const voided = { ...own, voided: "mine" };
  assert.equal(shown(pump(), voided, now).result?.state, "not arrived");
  for (const state of ["asking", "not known yet"] as const) {
    const { result, button } = shown(pump({}, { state }), voided, now);
    assert.equal(result?.state, state);
    assert.equal(button.can, false);
  }
});

test("what a silent programmer was asked is not known, and nothing more is asked of it", () => {
  const silent = { ...own, answers: false };
  assert.equal(shown(pump({}, { state: "asking" }), silent, now).result?.state, "not known yet");
  assert.deepEqual(shown(pump(), silent, now).button, { there: true, can: false, why: texts.dose.blocked.process });
  assert.equal(shown(pump(), { ...own, answers: null }, now).old?.includes("does not answer"), false, "it was not asked yet");
});

test("a result is told with its time, and not for ever", () => {
  const refused = pump({}, { state: "refused", refusal: "lockout" });
  assert.equal(shown(refused, own, now).result?.asked, filledIn(texts.became.asked, { time: clockOf(now - 60_000) }));
  const later = now + 25 * 3_600_000;
  assert.equal(shown(refused, own, later).result, null);
  assert.equal(shown(pump({}, { state: "not known yet" }), own, later).result?.state, "not known yet");
});

test("what became of STOP is told beside its own dose, and not for ever", () => {
  const deed = { what: "end dose", state: "not done", at_ms: now - 5_000, refusal: "" } as const;
  const told = (at: number, asked: number | null, when = now) =>
    shown(pump({}, asked === null ? null : { at_ms: asked }, { deed: { ...deed, at_ms: at } }), own, when).deed?.state;
  assert.equal(told(now - 5_000, now - 60_000), "not done");
  assert.equal(told(now - 5_000, now - 1_000), undefined, "it was another dose's");
  assert.equal(told(now - 5_000, null, now + 3_600_000), undefined);
  assert.equal(shown(pump({}, null, { deed: { ...deed, state: "not known yet" } }), own, now + 3_600_000).deed?.state, "not known yet");
  const sent = { what: "end dose", state: "not answered", at: now } as const;
  assert.equal(shown(pump({}, null, { deed }), { ...own, sent }, now).deed?.state, "not answered");
});

test("a dose that was being given when the pump was last heard of is not told as given", () => {
  const away = { ...own, answers: false };
  const during = shown(pump({ giving: giving(now + 9_000), age_ms: 100_000 }, {}), away, now);
  assert.equal(during.giving?.title, texts.became.givingStale.title);
  const after = shown(pump({ giving: giving(now - 1), age_ms: 100_000 }, {}), away, now);
  assert.equal(after.giving, null);
  assert.equal(after.result?.state, "givenStale");
});

test("a refusal says when it is possible again, where the pump has said so", () => {
  const text = (ask: Partial<Ask>) => shown(pump({}, { state: "refused", ...ask }), own, now).result?.text ?? "";
  assert.match(text({ refusal: "lockout", next_ms: now + 60_000 }), /possible at \S/);
  assert.match(text({ refusal: "lockout" }), /possible later\./);
  assert.equal(text({ refusal: "something new" }), texts.refusals.other);
});

test("a button that is off says why", () => {
  const why = (its: Partial<Seen>, more: Partial<Pump> = {}) => {
    const { can, why } = shown(pump(its, null, more), own, now).button;
    assert.equal(can, false);
    return why;
  };
  assert.match(why({ dose: seen.dose && { ...seen.dose, next_ms: now + 60_000 } }), /possible at/);
  assert.equal(why({ giving: giving(now + 1) }), texts.dose.blocked.giving);
  assert.equal(why({ state: "stopped" }), texts.dose.blocked.stopped);
  assert.equal(why({ dose: null }), texts.dose.none);
  assert.equal(why({}, { reach: "over" }), texts.away.over);
  assert.equal(shown(pump({ dose: null }), own, now).button.there, false);
  assert.deepEqual(shown(pump(), own, now).button, { there: true, can: true, why: "" });
});

test("a dose is possible now only where one is left, at an hour that allows it", () => {
  const when = (dose: Partial<NonNullable<Seen["dose"]>>) => shown(pump({ dose: seen.dose && { ...seen.dose, ...dose } }), own, now).dose?.when ?? "";
  assert.equal(when({}), texts.dose.now);
  assert.equal(when({ left: 0 }), "None of 4 left");
  const at = new Date(now);
  const minute = at.getHours() * 60 + at.getMinutes();
  const day = (n: number) => (n + 1440) % 1440;
  assert.match(when({ from_minute: day(minute - 60), to_minute: day(minute + 60) }), new RegExp(`^${texts.dose.now} · `));
  assert.doesNotMatch(when({ from_minute: day(minute + 60), to_minute: day(minute + 120) }), new RegExp(texts.dose.now));
});

test("what was said of a pump that is out of reach is told as of then, and of nobody's medicine that it runs", () => {
  const away = shown(pump({}, null, { reach: "not in reach" }), own, now);
  assert.equal(away.headline.text, texts.fineThen);
  assert.notEqual(away.headline.mood, "good");
  assert.doesNotMatch(away.spoken, /\d/, "what is read aloud does not tick");
  for (const text of [texts.became["not given"].text, texts.became["not arrived"].text, texts.away.over]) assert.doesNotMatch(text, /medicine runs/);
});

test("midnight is 00, not 24", () => assert.equal(clockOf(new Date(2027, 0, 1, 0, 5).getTime()), "00:05"));

test("the most urgent alarm stands first, and a pump that is not giving is not fine", () => {
  assert.equal(shown(pump(), own, now).headline.text, texts.fine);
  assert.equal(shown(pump({}, null, { reach: "not in reach" }), own, now).headline.text, texts.fineThen);
  const alarms = [{ name: "motor stall", critical: true }, { name: "low reservoir", critical: false }];
  assert.equal(shown(pump({ alarms }), own, now).headline.text, texts.alarms["motor stall"].text);
  assert.equal(shown(pump({ state: "stopped" }), own, now).headline.mood, "bad");
});

test("SLIP-58 an alarm stays as long as the pump reports it, whatever was closed", () => {
  const alarms = [{ name: "low reservoir", critical: false }];
  for (const closed of [null, "a"])
    assert.equal(shown(pump({ alarms }, { state: "refused", refusal: "lockout" }), { ...own, closed }, now).headline.text, texts.alarms["low reservoir"].text);
});

test("a result that was closed does not come back, and the next one does", () => {
  const refused = pump({}, { state: "refused", refusal: "lockout" });
  assert.equal(shown(refused, { ...own, closed: "a" }, now).result, null);
  assert.equal(shown(refused, { ...own, closed: "other" }, now).result?.state, "refused");
});

test("ages are told in one unit", () => {
  assert.deepEqual([0, 59_999, 60_000, 120_000, 3_600_000, 7_200_000, 86_400_000, 172_800_000].map(ageText), [
    "0 seconds", "59 seconds", "1 minute", "2 minutes", "1 hour", "2 hours", "1 day", "2 days",
  ]);
});
