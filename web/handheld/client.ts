// Asks the programmer. Its key came with the link that it printed, and stays in this browser; no cookie is used.
import type { Card, Entry, Pump } from "./pump";

const keyName = "theca.key";
/** Whoever has not answered by then is counted as silent; what was asked may have arrived. */
const patienceMs = 8_000;
const keyForm = /^#key=([A-Za-z0-9_-]{22,128})$/;

/** Out of the address, where nobody should see it, into this browser's own keeping. */
export function takeKey(): void {
  const found = keyForm.exec(location.hash);
  if (!found?.[1]) return;
  localStorage.setItem(keyName, found[1]);
  history.replaceState(null, "", location.pathname);
}

export type Told<T> =
  | { readonly ok: true; readonly it: T }
  /** status 0: no answer came, and nobody knows whether it was done. */
  | { readonly ok: false; readonly status: number };

async function ask<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<Told<T>> {
  try {
    const headers: Record<string, string> = { Authorization: `Bearer ${localStorage.getItem(keyName) ?? ""}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(path, {
      method,
      headers,
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(patienceMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) return { ok: false, status: response.status };
    return { ok: true, it: (await response.json()) as T };
  } catch {
    return { ok: false, status: 0 };
  }
}

export const readPump = () => ask<Pump>("GET", "/api/pump");
export const readCard = () => ask<Card>("GET", "/api/card");
export const readDiary = () => ask<{ readonly entries: readonly Entry[] }>("GET", "/api/diary");
/** All of it, as a file for the clinic. */
export const exportDiary = () => ask<object>("GET", "/api/diary/export");
export const look = () => ask<Pump>("POST", "/api/looks", {});
export const askForDose = (intent: string) => ask<Pump>("POST", "/api/doses", { intent });
export const settle = (intent: string) => ask<{ readonly known: boolean }>("POST", "/api/doses/settlement", { intent });
export const endDose = () => ask<Pump>("POST", "/api/dose-ends", {});
export const pause = () => ask<Pump>("POST", "/api/pauses", {});
export const resume = () => ask<Pump>("POST", "/api/resumptions", {});
export const refuseTransfer = (number: number) => ask<Pump>("POST", "/api/transfer-refusals", { number });
export interface NewEntry {
  readonly intent: string;
  readonly request?: number;
  readonly pain?: number;
  readonly effects?: readonly string[];
  readonly note?: string;
}
export const writeEntry = (entry: NewEntry) => ask<Entry>("POST", "/api/diary", entry);

/** A name for a wish, which is done once under it. */
export const newIntent = (): string => crypto.randomUUID();
