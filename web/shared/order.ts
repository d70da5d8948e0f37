// An order as an implant keeps it, read from its bytes: written for itself beside the C++ reader (src/link/order.hpp,
// src/therapy/canonical.cpp) from docs/messages.md and docs/prescription.md. What a page says that a pump runs, it says
// of these bytes.

export const orderBytes = 1428;
const prescriptionAt = 186;

/** Codes of data/drugs; a test holds them against the files. */
export const drugNames: Readonly<Record<number, string>> = {
  1: "morphine",
  2: "hydromorphone",
  3: "fentanyl",
  4: "sufentanil",
  5: "bupivacaine",
  6: "clonidine",
  7: "baclofen",
  8: "ziconotide",
};

export const basalModes = ["stopped", "minimum rate", "simple continuous", "flex"] as const;

export interface Drug {
  readonly code: number;
  readonly nanogramsPerMl: number;
}

export interface ReadOrder {
  /** 16 hexadecimal digits. */
  readonly implant: string;
  readonly number: number;
  readonly issuedUtcS: number;
  readonly drugs: readonly Drug[];
  readonly mode: (typeof basalModes)[number];
  /** Simple continuous. */
  readonly flowNlPerDay: number;
  readonly patientBolus: {
    readonly volumeNl: number;
    readonly flowNlPerDay: number;
    readonly lockoutS: number;
    readonly windowS: number;
    readonly allotted: number;
  } | null;
}

/** Why these bytes are no order: a sentence. */
export class NoOrder extends Error {}

export function bytesOf(base64url: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(base64url)) throw new NoOrder("The order is not written in base64url.");
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function readOrder(bytes: Uint8Array): ReadOrder {
  if (bytes.length !== orderBytes) throw new NoOrder(`An order has ${orderBytes} bytes; these are ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number) => prescriptionAt + offset;
  const u8 = (offset: number) => view.getUint8(offset);
  const u32 = (offset: number) => view.getUint32(offset, true);
  if (u8(0) !== 1 || u8(at(0)) !== 2) throw new NoOrder("The order is of another version than this page reads.");
  const number = u32(10);
  if (number !== u32(at(1))) throw new NoOrder("The order and its prescription have two numbers.");
  const mode = basalModes[u8(at(86))];
  const count = u8(at(9));
  if (mode === undefined || count > 6) throw new NoOrder("The order holds a value that no order has.");
  const bolus = {
    volumeNl: u32(at(1180)),
    flowNlPerDay: u32(at(1184)),
    lockoutS: u32(at(1188)),
    windowS: u32(at(1192)),
    allotted: u8(at(1196)),
  };
  return {
    implant: [...bytes.slice(2, 10)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    number,
    issuedUtcS: Number(view.getBigInt64(50, true)),
    drugs: Array.from({ length: count }, (_, i) => ({
      code: view.getUint16(at(10 + 7 * i), true),
      nanogramsPerMl: u32(at(13 + 7 * i)),
    })),
    mode,
    flowNlPerDay: u32(at(87)),
    patientBolus: bolus.volumeNl > 0 ? bolus : null,
  };
}

/** Byte by byte. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A mass of a drug, in femtograms (nL x ng/mL), with its unit. */
export function massWords(femtograms: number, perDay = false): string {
  const [value, unit] = femtograms >= 1e12 ? [femtograms / 1e12, "mg"] : [femtograms / 1e9, "mcg"];
  return `${Number(value.toPrecision(4))} ${unit}${perDay ? "/day" : ""}`;
}

function spanWords(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.round((seconds - hours * 3600) / 60);
  if (hours === 0) return `${minutes} min`;
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
}

/** What a pump that runs this order gives, in one sentence. Doses are of its first drug. */
export function orderSentence(order: ReadOrder): string {
  const [first] = order.drugs;
  if (!first) return `Order ${order.number}: no drug, ${order.mode}.`;
  const name = drugNames[first.code] ?? `drug ${first.code}`;
  const dose =
    order.mode === "simple continuous"
      ? `${massWords(order.flowNlPerDay * first.nanogramsPerMl, true)} of ${name}, ${Number((order.flowNlPerDay / 1e6).toPrecision(4))} mL/day`
      : `${name} in the mode ${order.mode}`;
  const bolus = order.patientBolus;
  const asked = bolus
    ? `; the patient may ask for ${massWords(bolus.volumeNl * first.nanogramsPerMl)}, ${bolus.allotted} in ${spanWords(bolus.windowS)}, ${spanWords(bolus.lockoutS)} apart`
    : "; no patient's bolus";
  return `Order ${order.number}: ${dose}${asked}.`;
}
