// The worker that keeps the pages where there is no programmer and no network.

interface Policy {
  createScriptURL(address: string): unknown;
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): Policy;
}

/** The only address that is let through as a worker's (the server's content policy names `theca-sw`). */
const worker = "/sw.js";

export function install(): void {
  if (!("serviceWorker" in navigator)) return;
  const trusted = (window as unknown as { trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = trusted?.createPolicy("theca-sw", {
    createScriptURL: (address) => {
      if (address !== worker) throw new TypeError(`${address} is not this page's worker`);
      return address;
    },
  });
  const address = policy ? (policy.createScriptURL(worker) as string) : worker;
  // Without it the pages need the programmer, as they do in a browser that has no workers.
  navigator.serviceWorker.register(address).catch(() => undefined);
}
