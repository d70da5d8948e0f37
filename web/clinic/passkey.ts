// A person's yes to a challenge: by a passkey of the browser, or in a demo by the software security key behind the
// one-time link. The server and the signer verify both alike.
import { ask, type Told } from "./client";
import { filledIn, texts } from "./texts";

const kept = "theca-key";

export type KeyKind = "passkey" | "demo";

/** Of this tab, until it is closed. */
export function keyInUse(): KeyKind {
  return sessionStorage.getItem(kept) === "demo" ? "demo" : "passkey";
}
export function useKey(kind: KeyKind): void {
  sessionStorage.setItem(kept, kind);
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function byPasskey(challenge: string, site: string): Promise<Told<string>> {
  try {
    const credential = await navigator.credentials.get({
      publicKey: { challenge: bytes(challenge), rpId: site, userVerification: "required" },
    });
    if (!(credential instanceof PublicKeyCredential)) throw new Error("it gave no passkey");
    return { ok: true, it: JSON.stringify(credential.toJSON()) };
  } catch (error) {
    return {
      ok: false,
      status: 400,
      reasons: [
        {
          field: "",
          happened: `The passkey was not used: ${error instanceof Error ? error.message : String(error)}`,
          do: "Try again, and touch the key when it asks for it.",
        },
      ],
    };
  }
}

let person: number | null = null;
/** Whose name stands above the page. */
export function signedInAs(who: number | null): void {
  person = who;
}

/** The JSON of the assertion over this challenge, of the person whose name stands above the page. */
export async function say(challenge: string, site: string): Promise<Told<string>> {
  const who = await ask("whoAmI", {});
  if (!who.ok) return who;
  if (who.it.person !== person)
    return {
      ok: false,
      status: 409,
      reasons: [{ field: "", happened: filledIn(texts.somebodyElse, { name: who.it.name }), do: texts.reload }],
    };
  if (keyInUse() === "passkey") return await byPasskey(challenge, site);
  const told = await ask("assertInDemo", { body: { challenge } });
  return told.ok ? { ok: true, it: told.it.credential } : told;
}

/** Signs in: with the ticket of a demo's link, else with a passkey. */
export async function signIn(ticket: string | null): Promise<Told<{ readonly name: string; readonly role: string }>> {
  const asked = await ask("askChallenge", {});
  if (!asked.ok) return asked;
  const { challenge, site } = asked.it;
  let credential: Told<string>;
  if (ticket === null) {
    credential = await byPasskey(challenge, site);
  } else {
    const spent = await ask("spendTicket", { body: { ticket, challenge } });
    credential = spent.ok ? { ok: true, it: spent.it.credential } : spent;
  }
  if (!credential.ok) return credential;
  const signed = await ask("signIn", { body: { challenge, credential: credential.it } });
  if (signed.ok) useKey(ticket === null ? "passkey" : "demo");
  return signed;
}
