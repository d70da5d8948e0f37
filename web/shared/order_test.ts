// What the pages read out of an order, held against the vectors that the implant's own code has made, and against the
// drug library.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import vectors from "../../data/vectors/link.json";
import { drugs, NoOrder, orderSentence, readOrder, sameBytes } from "./order";

const root = process.env["THECA_ROOT"] ?? ".";
const bytes = () => new Uint8Array(Buffer.from(vectors.order.bytes, "hex"));

test("INV-11 the vector's order is read as it was written", () => {
  const order = readOrder(bytes());
  const prescription = Buffer.from(vectors.order.prescription, "hex");
  assert.equal(order.implant, vectors.order.bytes.slice(4, 20));
  assert.equal(order.number, prescription.readUInt32LE(1));
  assert.equal(order.drugs.length, 1);
  assert.equal(order.drugs[0]?.code, 1);
  assert.equal(order.drugs[0]?.nanogramsPerMl, 20_000_000);
  assert.equal(order.mode, "simple continuous");
  assert.match(orderSentence(order), /^Order \d+: [\d.]+ mg\/day of morphine, [\d.]+ mL\/day; /);
});

test("INV-11 a byte that differs is seen, wherever it is, and what is no order is told", () => {
  const signed = bytes();
  for (let i = 0; i < signed.length; ++i) {
    const other = bytes();
    other[i] = (other[i] ?? 0) ^ 1;
    assert(!sameBytes(signed, other), `byte ${i}`);
  }
  assert(sameBytes(signed, bytes()));
  assert(!sameBytes(signed, signed.slice(1)));
  assert.throws(() => readOrder(signed.slice(1)), NoOrder);
  const later = bytes();
  later[0] = 9;
  assert.throws(() => readOrder(later), NoOrder);
  const two = bytes();
  two[10] = (two[10] ?? 0) ^ 1;
  assert.throws(() => readOrder(two), /two numbers/);
});

test("drugs have the library's codes and names", () => {
  const found: Record<string, string> = {};
  for (const file of readdirSync(join(root, "data/drugs"))) {
    if (!file.endsWith(".toml")) continue;
    const text = readFileSync(join(root, "data/drugs", file), "utf8");
    const code = /^code = (\d+)$/m.exec(text)?.[1];
    const name = /^name = "(.+)"$/m.exec(text)?.[1];
    assert(code && name, file);
    found[code] = name;
  }
  assert.deepEqual(Object.fromEntries(Object.entries(drugs).map(([code, { name }]) => [code, name])), found);
});
