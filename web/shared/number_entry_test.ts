// The pages' reader against the table that the clinic's program is held against too. A broken twin stands at the end.
import assert from "node:assert/strict";
import { test } from "node:test";

import cases from "../../data/entry/cases.json";
import texts from "../../data/entry/texts.json";
import {
  afterEdit,
  bounced,
  bounceMs,
  type FieldDescription,
  inWords,
  type Keystroke,
  numberField,
  type NumberField,
  readEntry,
  type Unit,
} from "./number_entry";

interface Row {
  readonly field: string;
  readonly text: string;
  readonly fault?: string;
  readonly says?: string;
  readonly value?: string;
  readonly mantissa?: number;
  readonly decimals?: number;
  readonly steps?: number;
  readonly words?: string;
  readonly measured?: boolean;
}
const rows = cases.cases as readonly Row[];
const fields = new Map<string, NumberField>(
  Object.entries(cases.fields).map(([name, description]) => [name, numberField(description as unknown as FieldDescription)]),
);

function field(name: string): NumberField {
  const found = fields.get(name);
  assert.ok(found, name);
  return found;
}

type Reader = (typed: string, of: NumberField) => unknown;

function plain(typed: string, of: NumberField): unknown {
  const read = readEntry(typed, of);
  if (!read.ok) return { fault: read.refusal.fault, says: read.refusal.message };
  const { text: value, mantissa, decimals, steps, words } = read.it;
  return { value, mantissa: Number(mantissa), decimals, steps: Number(steps), words };
}

function wanted({ fault, says, value, mantissa, decimals, steps, words }: Row): unknown {
  return fault === undefined ? { value, mantissa, decimals, steps, words } : { fault, says };
}

/** The texts whose rows the reader gets wrong. */
function wrong(reader: Reader): Set<string> {
  const differs = (row: Row) => {
    try {
      assert.deepEqual(reader(row.text, field(row.field)), wanted(row));
      return false;
    } catch {
      return true;
    }
  };
  return new Set(rows.filter(differs).map((row) => row.text));
}

test("reads every row of the table", () => {
  for (const row of rows) assert.deepEqual(plain(row.text, field(row.field)), wanted(row), JSON.stringify(row.text));
  assert.ok(rows.length >= 80);
  assert.equal(rows.filter((row) => row.measured).length, 6);
});

test("every fault has a row", () => {
  const faults = new Set(rows.map((row) => row.fault));
  for (const fault of Object.keys(texts.faults))
    assert.ok(fault === "leading_zeros_or_mark" || faults.has(fault), fault);
});

test("a field that is described badly is not made", () => {
  for (const row of cases.bad_fields)
    assert.throws(() => numberField(row as unknown as FieldDescription), RangeError, row.why);
});

test("every unit has its words", () => {
  for (const [unit, words] of Object.entries(texts.units)) {
    assert.equal(inWords({ mantissa: 1n, decimals: 0, text: "1" }, unit as Unit), `one ${words.one}`);
    assert.equal(inWords({ mantissa: 10n, decimals: 1, text: "1.0" }, unit as Unit), `one point zero ${words.many}`);
  }
});

test("two equal digits of one bounce are found", () => {
  for (const { keys, at } of cases.bounces) {
    const strokes = keys.map(([key, ms]) => ({ key: String(key), ms: Number(ms) }));
    assert.equal(bounced(strokes), at ?? -1, JSON.stringify(keys));
  }
});

test("times stay with their digits when the text is edited", () => {
  const at = (keys: readonly Keystroke[]) => keys.map(({ key, ms }) => `${key}@${ms}`).join(" ");
  let keys = afterEdit([], "4", 0);
  keys = afterEdit(keys, "44", 20);
  keys = afterEdit(keys, "44.", 300);
  keys = afterEdit(keys, "44.8", 500);
  assert.equal(at(keys), "4@0 4@20 .@300 8@500");
  assert.equal(bounced(keys), 1);
  assert.equal(bounced(afterEdit(keys, "4.8", 900)), -1, "one of the two is gone");
  assert.equal(bounced(afterEdit(keys, "44.", 900)), 1, "both are still there");
  assert.equal(at(afterEdit(keys, "1", 900)), "1@900");
  assert.equal(at(afterEdit(keys, "", 900)), "");
  assert.equal(at(afterEdit(afterEdit([], "4.4", null), "4", 900, { from: 0, to: 3 })), "4@900", "not one of the old");
  const pasted = afterEdit([], "55", null);
  assert.equal(at(afterEdit([], "55", 0)), "5@null 5@null", "several at once are no keys");
  assert.equal(bounced(afterEdit(pasted, "555", bounceMs)), -1, "a digit without a time bounces with none");
});

// Broken twins: what number fields do, put before the reader.

test("the table sees a reader that groups", () => {
  const seen = wrong((typed, of) => plain(typed.replaceAll(",", ""), of));
  assert.ok(seen.has("1,5") && seen.has("1,234,567"));
});

test("the table sees a reader that moves a number to the limit", () => {
  const seen = wrong((typed, of) => {
    const read = readEntry(typed, of);
    if (!read.ok && read.refusal.fault === "above_most") return plain(of.most.text, of);
    return plain(typed, of);
  });
  assert.ok(seen.has("30"));
});

test("the table sees a reader that goes by JavaScript's own numbers", () => {
  const seen = wrong((typed, of) => (Number.isNaN(Number(typed)) ? plain(typed, of) : plain(String(Number(typed)), of)));
  for (const text of [".5", "5.", "007", "1e3", " 1.5", "0x10"]) assert.ok(seen.has(text), text);
});

test("the table sees no fault in the reader itself", () => {
  assert.deepEqual(wrong(plain), new Set());
});
