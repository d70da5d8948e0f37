// Every word of the patient's pages: all that the pump can say has its words, short and plain.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { texts } from "./texts";

const root = process.env["THECA_ROOT"] ?? ".";
const source = (file: string) => readFileSync(join(root, file), "utf8");
const wordsIn = (text: string) => text.split(/\s+/).filter((word) => /[A-Za-z0-9]/.test(word)).length;

/** The names of a table of the catalogue, in its order. */
function namesOf(file: string, row: RegExp): string[] {
  return [...source(file).matchAll(row)].map(([, name]) => name ?? "");
}
const alarms = namesOf("src/catalogue/alarm.hpp", /\{Alarm::k\w+, AlarmClass::k\w+,\s+AlarmClears::k\w+,\s+"([^"]+)"/g);
const refusals = namesOf("src/catalogue/refusal.hpp", /\{Refusal::k\w+, "([^"]+)"/g);
const patientRefusals = refusals.slice(1, refusals.indexOf("not implanted"));

/** Every sentence with the path to it. */
function* sentences(at: unknown, path: readonly string[] = []): Generator<readonly [string, string]> {
  if (typeof at === "string") yield [path.join("."), at];
  else for (const [name, one] of Object.entries(at as object)) yield* sentences(one, [...path, name]);
}

test("every alarm of the table has its words, and no other", () => {
  assert.equal(alarms.length, 26);
  assert.deepEqual(Object.keys(texts.alarms).sort(), [...alarms].sort());
  for (const [name, { urgency }] of Object.entries(texts.alarms)) assert(urgency in texts.alarm.urgency, name);
});

test("an alarm that the pump counts as critical is never put off to the next visit", () => {
  const critical = [...source("src/catalogue/alarm.hpp").matchAll(/AlarmClass::kCritical,\s+AlarmClears::k\w+,\s+"([^"]+)"/g)].map(([, name]) => name ?? "");
  assert(critical.length > 10);
  for (const name of critical) assert.notEqual((texts.alarms as Record<string, { urgency: string }>)[name]?.urgency, "visit", name);
});

test("every refusal of a patient's request has its words, and one for whatever else the pump says", () => {
  assert.equal(patientRefusals.length, 14);
  assert.deepEqual(Object.keys(texts.refusals).sort(), [...patientRefusals, "other"].sort());
});

test("every state and mode of delivery has its words", () => {
  const states = [...(/kDeviceStateNames\{([^}]+)\}/.exec(source("src/catalogue/role.hpp"))?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? "");
  assert.deepEqual(Object.keys(texts.states).sort(), [...states].sort());
  const modes = namesOf("src/therapy/modes.hpp", /\{Mode::k\w+, "([^"]+)", BasalIn/g);
  assert.equal(modes.length, 11);
  assert.deepEqual(Object.keys(texts.modes).sort(), [...modes].sort());
});

test("sentences are short, plain and without codes", () => {
  for (const [path, sentence] of sentences(texts)) {
    assert.notEqual(sentence.trim(), "", path);
    if (!/\.sources\./.test(path)) assert(wordsIn(sentence) <= 30, `${path}: ${wordsIn(sentence)} words`);
    assert.doesNotMatch(sentence, /please|error|TH-\d|  /i, path);
  }
});

test("what is in braces is known to whoever fills it in", () => {
  const known = new Set(["time", "age", "n", "from", "to", "left", "allotted", "words", "minutes", "given", "of", "when", "clinic", "phone", "date", "what"]);
  for (const [path, sentence] of sentences(texts))
    for (const [, name] of sentence.matchAll(/\{(\w+)\}/g)) assert(known.has(name ?? ""), `${path}: {${name}}`);
});

test("the sources that the emergency card names stand in the register", () => {
  const registered = new Set([...source("data/sources.toml").matchAll(/^id = "([^"]+)"/gm)].map(([, id]) => id));
  for (const { sources } of Object.values(texts.card.classes)) {
    assert(sources.length > 0);
    for (const id of sources) assert(registered.has(id), id);
  }
});
