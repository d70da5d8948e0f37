// A dose, rate, volume or concentration as a person types it into a field whose unit is fixed: digits, or digits, one
// mark (point or comma, in every language) and digits. Any other text is refused with what was read and what to write;
// nothing is rounded, and nothing is moved to a limit. Written for itself beside src/clinic/number_entry.hpp; both are
// held against data/entry/cases.json, and their sentences stand in data/entry/texts.json. The clinic's program reads
// the text again: what is shown here is help, not a decision.

import texts from "../../data/entry/texts.json";

export type TrailingZeros = "allowed" | "refused";
export type Unit = keyof typeof texts.units;
/** A fault has one sentence, but for leading zeros, which have two. */
export type Fault = Exclude<keyof typeof texts.faults, "leading_zeros_or_mark">;

/** mantissa / 10^decimals. */
export interface DecimalNumber {
  readonly mantissa: bigint;
  readonly decimals: number;
  /** Digit by digit as typed, its mark a point: the value that is kept. */
  readonly text: string;
}

export interface Refusal {
  readonly fault: Fault;
  /** What was read, which rule or limit it broke, what to write. */
  readonly message: string;
}

export type Read<T> = { readonly ok: true; readonly it: T } | { readonly ok: false; readonly refusal: Refusal };

/** Longest number, in characters. */
export const longestNumber = 16;
const mostOfStep = 1_000_000_000_000;
const mostStepDecimals = 12;
const mostSteps = 1_000_000_000_000_000n;

/** Two equal digits closer together than this are taken for one key that bounced. A proposal: no source gives the time,
 * and nobody has tried it on the clinic's own keyboards. */
export const bounceMs = 60;

export function filled(sentence: string, words: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole);
}

function refused(fault: Fault, words: Readonly<Record<string, string>>, sentence: string = texts.faults[fault]) {
  return { ok: false, refusal: { fault, message: filled(sentence, words) } } as const;
}

// Controls, direction marks, joiners, variation selectors: what a pasted text carries along.
const unseen =
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/u;
const everyUnseen = new RegExp(unseen, "gu");

/** The first that fits names what is wrong with a character; `before` is the text that leads up to it. */
const strangers: readonly { fault: Fault; fits: (character: string, before: string) => boolean }[] = [
  { fault: "unseen", fits: (character) => unseen.test(character) },
  { fault: "space", fits: (character) => /\s/u.test(character) },
  { fault: "sign", fits: (character) => /[+\-±\u2010-\u2014\u2212\uff0b\uff0d]/u.test(character) },
  { fault: "exponent", fits: (character, before) => /e/i.test(character) && /\d/.test(before) },
  { fault: "other_digits", fits: (character) => /\p{Nd}/u.test(character) },
  { fault: "character", fits: () => true },
];

function codePoint(character: string): string {
  return "U+" + (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** The number alone, whatever its unit. */
export function readNumber(typed: string, zeros: TrailingZeros): Read<DecimalNumber> {
  if (typed === "") return refused("empty", {});
  const count = [...typed].length;
  if (count > longestNumber) return refused("too_long", { count: String(count), most: String(longestNumber) });

  const strange = /[^0-9.,]/u.exec(typed);
  if (strange) {
    const [character] = strange;
    const before = typed.slice(0, strange.index);
    const fault = strangers.find(({ fits }) => fits(character, before))?.fault ?? "character";
    return refused(fault, {
      typed: typed.replace(everyUnseen, "\ufffd"),
      character: fault === "unseen" ? codePoint(character) : character,
    });
  }

  const [whole = "", fraction, ...more] = typed.split(/[.,]/);
  const marks = typed.length - typed.replace(/[.,]/g, "").length;
  if (more.length > 0) return refused("marks", { typed, count: String(marks) });
  const mark = typed.charAt(whole.length);
  const withoutZeros = (digits: string) => (zeros === "refused" ? digits.replace(/0+$/, "") : digits);
  const decimals = withoutZeros(fraction ?? "");
  const write = (whole.replace(/^0+(?=\d)/, "") || "0") + (decimals && mark + decimals);

  if (!whole && !fraction) return refused("no_digits", { typed });
  if (!whole) return refused("no_leading_zero", { typed, write });
  if (/^0\d/.test(whole)) {
    if (mark || write === "0") return refused("leading_zeros", { typed, write });
    const other = "0." + withoutZeros(whole.slice(1));
    return refused("leading_zeros", { typed, write, other }, texts.faults.leading_zeros_or_mark);
  }
  if (fraction === "") return refused("no_decimals", { typed, write });
  if (zeros === "refused" && fraction?.endsWith("0")) return refused("trailing_zeros", { typed, write });
  return {
    ok: true,
    it: {
      mantissa: BigInt(whole + (fraction ?? "")),
      decimals: fraction?.length ?? 0,
      text: fraction === undefined ? whole : `${whole}.${fraction}`,
    },
  };
}

/** What may be written into one field: made by `numberField`. */
export interface NumberField {
  readonly unit: Unit;
  readonly least: DecimalNumber;
  readonly most: DecimalNumber;
  readonly zeros: TrailingZeros;
  /** Exact: numerator / denominator units. */
  readonly step: { readonly numerator: bigint; readonly denominator: bigint };
  /** The smallest multiple of the step that is a decimal. */
  readonly writable: DecimalNumber;
}

export interface FieldDescription {
  readonly unit: string;
  /** [numerator, denominator], in units. */
  readonly step: readonly [number, number];
  readonly least: string;
  readonly most: string;
  readonly zeros?: TrailingZeros;
}

const tenTo = (exponent: number) => 10n ** BigInt(exponent);

/** Sign of a - b. */
function compared(a: DecimalNumber, b: DecimalNumber): number {
  const difference = a.mantissa * tenTo(b.decimals) - b.mantissa * tenTo(a.decimals);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** So many steps, when it is a whole number of them. */
function stepsOf(number: DecimalNumber, step: NumberField["step"]): bigint | undefined {
  const over = number.mantissa * step.denominator;
  const under = step.numerator * tenTo(number.decimals);
  return over % under === 0n ? over / under : undefined;
}

/** Without zeros at its end. */
function decimal(mantissa: bigint, decimals: number): DecimalNumber {
  const digits = mantissa.toString().padStart(decimals + 1, "0");
  const text = (digits.slice(0, digits.length - decimals) + "." + digits.slice(digits.length - decimals)).replace(
    /\.?0*$/,
    "",
  );
  const places = text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
  return { mantissa: BigInt(text.replace(".", "")), decimals: places, text };
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

/** The smallest multiple of a step in lowest terms that is a decimal of few enough places. */
function smallestDecimal({ numerator, denominator }: NumberField["step"]): DecimalNumber | undefined {
  let rest = denominator;
  for (const prime of [2n, 5n]) while (rest % prime === 0n) rest /= prime;
  for (let decimals = 0; decimals <= mostStepDecimals; ++decimals) {
    const over = numerator * rest * tenTo(decimals);
    if (over % denominator === 0n) return decimal(over / denominator, decimals);
  }
  return undefined;
}

/** A field by its description; throws a sentence for whoever wrote that. */
export function numberField({ unit, step, least, most, zeros = "refused" }: FieldDescription): NumberField {
  const fail = (why: string): never => {
    throw new RangeError(`a field in ${unit}: ${why}`);
  };
  if (!Object.hasOwn(texts.units, unit)) fail("the unit is not in data/entry/texts.json; add it, with its words");
  if (!step.every((part) => Number.isInteger(part) && part >= 1 && part <= mostOfStep))
    fail(`a step of ${step.join("/")}; both have to be whole numbers from 1 to ${mostOfStep}`);
  const limit = (text: string): DecimalNumber => {
    const read = readNumber(text, zeros);
    return read.ok ? read.it : fail(`a limit. ${read.refusal.message}`);
  };
  const [lowest, highest] = [limit(least), limit(most)];
  const common = gcd(BigInt(step[0]), BigInt(step[1]));
  const exact = { numerator: BigInt(step[0]) / common, denominator: BigInt(step[1]) / common };
  const writable =
    smallestDecimal(exact) ?? fail(`a step of ${step.join("/")} needs more than ${mostStepDecimals} decimals`);
  if (compared(lowest, highest) > 0) fail(`the least, ${least}, is above the most, ${most}`);
  const steps = stepsOf(highest, exact);
  if (steps === undefined || stepsOf(lowest, exact) === undefined)
    return fail(`${least} and ${most} are not both whole steps of ${step.join("/")}`);
  if (steps === 0n) fail("the most is 0; nothing could be written");
  if (steps > mostSteps) fail(`${most} are more than ${mostSteps} steps`);
  const places = writable.decimals > 0 ? writable.decimals + 1 : 0;
  if (highest.text.replace(/\..*/, "").length + places > longestNumber)
    fail(`numbers up to ${most} with ${writable.decimals} decimals are longer than ${longestNumber} characters`);
  return { unit: unit as Unit, least: lowest, most: highest, zeros, step: exact, writable };
}

export interface Entered extends DecimalNumber {
  /** Of the field's step, exactly. */
  readonly steps: bigint;
  /** "one point five milligrams per day" */
  readonly words: string;
}

/** A number in the field's unit, within its limits, a whole number of its steps. */
export function readEntry(typed: string, field: NumberField): Read<Entered> {
  const number = readNumber(typed, field.zeros);
  if (!number.ok) return number;
  const { unit, least, most, step, writable } = field;
  const asTyped = ({ text }: DecimalNumber) => (typed.includes(",") ? text.replace(".", ",") : text);
  if (compared(number.it, least) < 0) return refused("below_least", { typed, unit, least: asTyped(least) });
  if (compared(number.it, most) > 0) return refused("above_most", { typed, unit, most: asTyped(most) });
  const steps = stepsOf(number.it, step);
  if (steps === undefined) {
    const times =
      (number.it.mantissa * tenTo(writable.decimals)) / (writable.mantissa * tenTo(number.it.decimals));
    const multiple = (n: bigint) => asTyped(decimal(writable.mantissa * n, writable.decimals));
    return refused("between_steps", {
      typed,
      unit,
      step: asTyped(writable),
      below: multiple(times),
      above: multiple(times + 1n),
    });
  }
  return { ok: true, it: { ...number.it, steps, words: inWords(number.it, unit) } };
}

/** 0 to 999; nothing for 0. */
function groupInWords(group: number): string[] {
  const { digits, tens, hundred } = texts.words;
  const word = (list: readonly string[], at: number) => list[at] ?? "";
  const rest = group % 100;
  const out: string[] = [];
  if (group >= 100) out.push(word(digits, Math.floor(group / 100)), hundred);
  if (rest >= 20) {
    const ten = word(tens, Math.floor(rest / 10));
    out.push(rest % 10 > 0 ? `${ten}-${word(digits, rest % 10)}` : ten);
  } else if (rest > 0) {
    out.push(word(digits, rest));
  }
  return out;
}

/** "one point five milligrams per day"; without a unit the number alone. */
export function inWords(number: DecimalNumber, unit?: Unit): string {
  const { digits, groups, point } = texts.words;
  const [whole = "0", fraction] = number.text.split(".");
  const out: string[] = [];
  const threes = whole.replace(/\B(?=(\d{3})+$)/g, " ").split(" ");
  threes.forEach((three, at) => {
    if (Number(three) === 0) return;
    const name = groups[threes.length - 1 - at] ?? "";
    out.push(...groupInWords(Number(three)), ...(name ? [name] : []));
  });
  if (out.length === 0) out.push(digits[0] ?? "");
  if (fraction !== undefined) out.push(point, ...[...fraction].map((digit) => digits[Number(digit)] ?? ""));
  if (unit !== undefined) out.push(texts.units[unit][number.text === "1" ? "one" : "many"]);
  return out.join(" ");
}

export interface Keystroke {
  readonly key: string;
  /** Of any clock that does not go back; null: not typed by a key. */
  readonly ms: number | null;
}

/** The second of the first two neighbours that are one digit within `bounceMs`; -1: there are none. */
export function bounced(keys: readonly Keystroke[]): number {
  return keys.findIndex((key, at) => {
    const last = keys[at - 1];
    if (!last || last.ms === null || key.ms === null) return false;
    return key.key === last.key && /[0-9]/.test(key.key) && key.ms - last.ms <= bounceMs;
  });
}

/** What an edit replaces in a text: from this character up to, not including, that one. */
export interface Replaced {
  readonly from: number;
  readonly to: number;
}

/** The keystrokes of `after`, when `before` stood in the field and what is new came at `ms`. What stayed keeps its time;
 * what came several at once was no key and has none. By default what was replaced is found by comparing. */
export function afterEdit(
  before: readonly Keystroke[],
  after: string,
  ms: number | null,
  replaced: Replaced = { from: before.length, to: 0 },
): Keystroke[] {
  const characters = [...after];
  const mostHead = Math.min(characters.length, replaced.from);
  let head = 0;
  while (head < mostHead && characters[head] === before[head]?.key) ++head;
  const mostTail = Math.min(characters.length - head, before.length - Math.max(head, replaced.to));
  let tail = 0;
  while (tail < mostTail && characters.at(-1 - tail) === before.at(-1 - tail)?.key) ++tail;
  const added = characters.slice(head, characters.length - tail);
  const time = added.length === 1 ? ms : null;
  return [
    ...before.slice(0, head),
    ...added.map((key) => ({ key, ms: time })),
    ...before.slice(before.length - tail),
  ];
}
