// Keeps the pages' files, and nothing of /api: what is known of the pump is never told from here.
/// <reference lib="webworker" />
declare const FILES: readonly string[]; // of the build
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const cacheName = `theca-${VERSION}`;

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
  void worker.skipWaiting();
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== worker.location.origin || address.pathname.startsWith("/api/")) return;
  const kept = address.pathname === "/" ? "/index.html" : address.pathname;
  if (!FILES.includes(kept)) return;
  // The page itself from the programmer while it is there, so that a newer one is seen; the rest has its content in its name.
  const fresh = kept === "/index.html";
  const fromCache = () => caches.open(cacheName).then((cache) => cache.match(kept));
  event.respondWith(
    fresh
      ? fetch(event.request).catch(async () => (await fromCache()) ?? Response.error())
      : fromCache().then((found) => found ?? fetch(event.request)),
  );
});
