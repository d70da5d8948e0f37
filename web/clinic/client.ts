// Asks the clinic's server. Every answer is one of three: what was asked for, a refusal with its reasons, or none at all.
import { type Answered, type Asked, type RowName, rows } from "./api";

export interface Reason {
  /** Of the request's body; empty: the request as a whole. */
  readonly field: string;
  readonly happened: string;
  readonly do: string;
  readonly pump?: string;
}

export type Told<T> =
  | { readonly ok: true; readonly it: T }
  /** status 0: no answer came, and nobody knows whether it was done. */
  | { readonly ok: false; readonly status: number; readonly reasons: readonly Reason[] };

type Parts<Name extends RowName> = (Asked[Name]["path"] extends undefined ? object : { readonly path: Asked[Name]["path"] }) &
  (Asked[Name]["body"] extends undefined ? object : { readonly body: Asked[Name]["body"] }) & {
    /** Of a wish that is to be done once: the same for as long as it is the same wish. */
    readonly once?: string;
  };

/** Whoever listens is told that nobody is signed in any more. */
export const signedOut = new EventTarget();

export const newWish = (): string => crypto.randomUUID();

const noAnswer: Reason = {
  field: "",
  happened: "No answer came from the clinic's server.",
  do: "See whether this machine has its network, then ask again.",
};

function reasonsOf(answer: unknown): readonly Reason[] {
  const errors = (answer as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(errors) || errors.length === 0)
    return [{ field: "", happened: "The server's answer cannot be understood.", do: "Tell whoever runs it." }];
  return errors as readonly Reason[];
}

export async function ask<Name extends RowName>(name: Name, parts: Parts<Name>): Promise<Told<Answered[Name]>> {
  const { method, path, once } = rows[name];
  const named = parts as { path?: Record<string, number>; body?: unknown; once?: string };
  const address = path.replace(/\{(\w+)\}/g, (_, part: string) => String(named.path?.[part]));
  const headers: Record<string, string> = {};
  if (named.body !== undefined) headers["Content-Type"] = "application/json";
  if (once) headers["Idempotency-Key"] = named.once ?? newWish();
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, {
      method,
      headers,
      cache: "no-store",
      ...(named.body === undefined ? {} : { body: JSON.stringify(named.body) }),
    });
    text = await response.text();
  } catch {
    return { ok: false, status: 0, reasons: [noAnswer] };
  }
  let answer: unknown = null;
  try {
    answer = text === "" ? null : JSON.parse(text);
  } catch {
    // Told as what cannot be understood.
  }
  if (response.ok) return { ok: true, it: answer as Answered[Name] };
  if (response.status === 401 && name !== "signIn" && name !== "spendTicket") signedOut.dispatchEvent(new Event("out"));
  return { ok: false, status: response.status, reasons: reasonsOf(answer) };
}
