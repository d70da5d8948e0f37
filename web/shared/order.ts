// An order as an implant keeps it, read from its bytes: written for itself beside the C++ reader (src/link/order.hpp,
// src/therapy/canonical.cpp) from docs/messages.md and docs/prescription.md. What a page says that a pump runs, it says
// of these bytes.

export const orderBytes = 1428;
const prescriptionAt = 186;

/** By the codes of data/drugs; a test holds the names against the files. The unit is the one that all doses of the drug
 * are spoken in, so that none is taken for a thousand of another. */
export const drugs: Readonly<Record<number, { readonly name: string; readonly unit: "mg" | "mcg" }>> = {
  1: { name: "morphine", unit: "mg" },
  2: { name: "hydromorphone", unit: "mg" },
  3: { name: "fentanyl", unit: "mcg" },
  4: { name: "sufentanil", unit: "mcg" },
  5: { name: "bupivacaine", unit: "mg" },
  6: { name: "clonidine", unit: "mcg" },
  7: { name: "baclofen", unit: "mcg" },
  8: { name: "ziconotide", unit: "mcg" },
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

const femtograms = { mg: 1e12, mcg: 1e9 };

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
  const { name, unit } = drugs[first.code] ?? { name: `drug ${first.code}`, unit: "mg" };
  // A nanolitre holds as many femtograms as a millilitre holds nanograms.
  const mass = (nanolitres: number) =>
    `${Number(((nanolitres * first.nanogramsPerMl) / femtograms[unit]).toPrecision(4))} ${unit}`;
  const dose =
    order.mode === "simple continuous"
      ? `${mass(order.flowNlPerDay)}/day of ${name}, ${Number((order.flowNlPerDay / 1e6).toPrecision(4))} mL/day`
      : `${name} in the mode ${order.mode}`;
  const bolus = order.patientBolus;
  const asked = bolus
    ? `; the patient may ask for ${mass(bolus.volumeNl)}, ${bolus.allotted} in ${spanWords(bolus.windowS)}, ${spanWords(bolus.lockoutS)} apart`
    : "; no patient's bolus";
  return `Order ${order.number}: ${dose}${asked}.`;
}
