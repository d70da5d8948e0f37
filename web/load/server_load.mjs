// @ts-nocheck: a script of its own, which no page is made of
// node web/load/server_load.mjs [--patients N] [--rate N] [--connections N] [--seconds N] [--db ADDRESS] [--folder F] [--program FILE]
//
// A clinic's server with many patients under load over TLS, as docs/server.md has it made. The load is open: each request
// has the moment at which it should leave, whatever became of those before it, and its latency counts from then.
import { execFile, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, sign, createPrivateKey } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import https from "node:https";
import { createServer } from "node:net";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { buildPage } from "../build_page.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);
const wanted = { patients: 50_000, rate: 1_000, connections: 500, seconds: 30, db: "", program: join(root, "build/release/bin/theca"), folder: "" };
for (let i = 2; i < process.argv.length; i += 2) {
  const name = (process.argv[i] ?? "").replace(/^--/, "");
  const value = process.argv[i + 1];
  if (!(name in wanted) || value === undefined || (typeof wanted[name] === "number" && !(Number(value) > 0))) {
    console.error(`theca bench server: ${process.argv[i]} ${value ?? ""}: there are --patients, --rate, --connections, --seconds (numbers above 0), --db, --folder, --program`);
    process.exit(2);
  }
  wanted[name] = typeof wanted[name] === "number" ? Number(value) : value;
}

const site = "localhost";
/** Of one person the server keeps no more requests in a day: so many patients each writes in. */
const ofOnePhysician = 1_900;
/** No single address may hold more than 256 connections at the server. */
const mostOfAnAddress = 200;
const folder = wanted.folder || join(root, "out/bench", `server-${wanted.patients}${wanted.db === "" ? "" : "-db"}`);
const at = (...parts) => join(folder, ...parts);
const theca = async (words, input = "") => {
  const running = run(wanted.program, words, { cwd: root, maxBuffer: 1 << 20 });
  running.child.stdin?.end(input);
  return (await running).stdout;
};
const say = (line) => console.log(line);

// ---- the clinic -------------------------------------------------------------------------------------------------

/** Its physicians sign in with a key of this program. */
async function makeClinic(origin) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = Buffer.concat([Buffer.from([8]), Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url")]);
  await theca(["server", "make", at("clinic"), "--clinic", "Clinic under load", "--administrator", "Adam Ray", "--site", site, "--origin", origin, ...(wanted.db === "" ? [] : ["--database", wanted.db])]);
  const credentials = [];
  for (let i = 0; i * ofOnePhysician < wanted.patients; ++i) {
    const credential = randomBytes(16).toString("base64url");
    const serial = (await theca(["server", "person", at("clinic"), "--name", `Ada Okafor ${i + 1}`, "--role", "physician"])).trim();
    await theca(["server", "passkey", at("clinic"), "--serial", serial], `${credential} ${key.toString("base64url")}\n`);
    credentials.push(credential);
  }
  await run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", at("key.pem"), "-out", at("certificate.pem")]);
  writeFileSync(at("bench.json"), JSON.stringify({ origin, credentials, key: privateKey.export({ format: "pem", type: "pkcs8" }), patients: 0 }), { mode: 0o600 });
}
const kept = () => JSON.parse(readFileSync(at("bench.json"), "utf8"));

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

let server = null;
async function start() {
  const port = new URL(kept().origin).port;
  server = spawn(wanted.program, ["server", "serve", at("clinic"), "--listen", `127.0.0.1:${port}`, "--certificate", at("certificate.pem"), "--key", at("key.pem"), "--pages", at("pages"), "--signer", at("signer"), "--gateway", at("gateway")], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((up, down) => {
    server.stdout.on("data", (text) => String(text).includes("Ctrl-C") && up());
    server.on("exit", (code) => down(new Error(`the server ended with ${code}`)));
  });
}
async function stop() {
  if (!server) return;
  server.removeAllListeners("exit");
  const ended = new Promise((over) => server.on("exit", over));
  server.kill("SIGTERM");
  await ended;
  server = null;
}
function residentMiB() {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

// ---- requests ---------------------------------------------------------------------------------------------------

/** Each agent is one connection. */
function connections(count) {
  const ca = readFileSync(at("certificate.pem"));
  return Array.from({ length: count }, (_, i) => new https.Agent({ keepAlive: true, maxSockets: 1, ca, servername: "localhost", localAddress: `127.0.0.${2 + Math.floor(i / mostOfAnAddress)}` }));
}
/** Status and body; an error's word where none came. */
function ask(agent, cookie, { method, path, body, key }) {
  const { origin } = kept_;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((answered) => {
    const request = https.request(
      { agent, host: "127.0.0.1", port: new URL(origin).port, method, path, headers: { host: new URL(origin).host, ...(cookie ? { cookie } : {}), ...(method === "GET" ? {} : { origin, "sec-fetch-site": "same-origin" }), ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }), ...(key ? { "idempotency-key": key } : {}) } },
      (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("end", () => answered({ status: response.statusCode, body: Buffer.concat(parts), headers: response.headers }));
        response.on("error", (error) => answered({ status: 0, body: Buffer.from(error.message), headers: {} }));
      },
    );
    request.on("error", (error) => answered({ status: 0, body: Buffer.from(error.message), headers: {} }));
    request.end(text);
  });
}
let kept_ = null;

async function signIn(agent, physician = 0) {
  const { origin, credentials, key } = kept_;
  const credential = credentials[physician % credentials.length];
  const { challenge } = JSON.parse((await ask(agent, "", { method: "GET", path: "/api/session/challenge" })).body);
  const data = Buffer.concat([createHash("sha256").update(site).digest(), Buffer.from([0x05, 0, 0, 0, 0])]);
  const client = Buffer.from(JSON.stringify({ type: "webauthn.get", challenge, origin, crossOrigin: false }));
  const signature = sign(null, Buffer.concat([data, createHash("sha256").update(client).digest()]), createPrivateKey(key));
  const words = JSON.stringify({ id: credential, rawId: credential, type: "public-key", response: { clientDataJSON: client.toString("base64url"), authenticatorData: data.toString("base64url"), signature: signature.toString("base64url") } });
  const told = await ask(agent, "", { method: "PUT", path: "/api/session", body: { challenge, credential: words } });
  if (told.status !== 200) throw new Error(`sign-in: ${told.status} ${told.body}`);
  return String(told.headers["set-cookie"]).split(";")[0];
}

/** The same for the same seed. */
function chance(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}
const pick = (next, all) => all[Math.floor(next() * all.length)];
const starts = ["Ka", "Mor", "Sel", "Tan", "Bru", "Ver", "Hol", "Lin", "Or", "Pe", "Ran", "Win", "Zel", "Fa", "Gor", "Ny"];
const middles = ["ra", "li", "den", "mo", "vi", "ster", "na", "ber", "go", "ma"];
const ends = ["n", "son", "berg", "ova", "ez", "ell", "ito", "ani", "ward", "sk", "dottir", "man"];
const surname = (next) => pick(next, starts) + pick(next, middles) + pick(next, ends);
const nameOf = (next) => `${surname(next)} ${surname(next)}`;

async function seed(agents, cookies) {
  const before = kept_.patients;
  let next = before;
  let done = 0;
  const began = performance.now();
  const one = async (agent) => {
    while (next < wanted.patients) {
      const i = next++;
      const any = chance(i + 1);
      const day = new Date(Date.UTC(1930, 0, 1) + Math.floor(any() * 80 * 365.25) * 86_400_000).toISOString().slice(0, 10);
      const told = await ask(agent, cookies[Math.floor(i / ofOnePhysician)], { method: "POST", path: "/api/patients", key: `patient-of-the-bench-${i}`, body: { name: nameOf(any), birth_date: day, record_number: `MRN-${String(i).padStart(7, "0")}`, sex: pick(any, ["female", "male", "other", "unknown"]) } });
      if (told.status !== 201) throw new Error(`patient ${i}: ${told.status} ${told.body}`);
      if (++done % 5_000 === 0) say(`  ${before + done} patients, ${Math.round(done / ((performance.now() - began) / 1_000))} a second`);
    }
  };
  await Promise.all(agents.map(one));
  writeFileSync(at("bench.json"), JSON.stringify({ ...kept_, patients: wanted.patients }), { mode: 0o600 });
}

// ---- measuring --------------------------------------------------------------------------------------------------

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
function told(name, latencies, errors, seconds) {
  if (errors > 0) process.exitCode = 1;
  const sorted = Float64Array.from(latencies).sort();
  const ms = (q) => quantile(sorted, q).toFixed(1).padStart(8);
  say(`  ${name.padEnd(34)} ${String(latencies.length).padStart(7)} ${ms(0.5)} ${ms(0.95)} ${ms(0.99)} ${ms(1)} ${String(errors).padStart(7)}${seconds ? ` ${Math.round(latencies.length / seconds).toString().padStart(8)}/s` : ""}`);
}
const heading = () => say(`  ${"ms from the intended moment".padEnd(34)} ${"count".padStart(7)} ${"p50".padStart(8)} ${"p95".padStart(8)} ${"p99".padStart(8)} ${"most".padStart(8)} ${"errors".padStart(7)}`);

const kinds = [
  { name: "search", share: 0.4, of: (next) => ({ method: "PUT", path: "/api/search", body: { typed: surname(next).slice(0, 3 + Math.floor(next() * 4)) } }) },
  { name: "patient", share: 0.3, of: (next) => ({ method: "GET", path: `/api/patients/${pick(next, ids)}` }) },
  { name: "patients in care", share: 0.15, of: () => ({ method: "GET", path: "/api/patients" }) },
  { name: "today", share: 0.05, of: () => ({ method: "GET", path: "/api/today" }) },
  { name: "who am I", share: 0.1, of: () => ({ method: "GET", path: "/api/session" }) },
];
let ids = [];
function any(next) {
  let left = next();
  for (const kind of kinds) if ((left -= kind.share) < 0) return kind;
  return kinds[0];
}

/** Requests leave at their moments, over whichever connection's turn it is. */
async function open(agents, cookies, rate, seconds) {
  const next = chance(7);
  const found = new Map(kinds.map((kind) => [kind.name, { latencies: [], errors: 0 }]));
  const under = [];
  const count = rate * seconds;
  const began = performance.now();
  let late = 0;
  for (let i = 0; i < count; ++i) {
    const intended = began + (i * 1_000) / rate;
    const wait = intended - performance.now();
    if (wait > 1) await new Promise((go) => setTimeout(go, wait - 0.5));
    late = Math.max(late, performance.now() - intended);
    const kind = any(next);
    under.push(
      ask(agents[i % agents.length], cookies[i % cookies.length], kind.of(next)).then(({ status }) => {
        const of = found.get(kind.name);
        of.latencies.push(performance.now() - intended);
        if (status !== 200) of.errors += 1;
      }),
    );
  }
  await Promise.all(under);
  const lasted = (performance.now() - began) / 1_000;
  heading();
  for (const [name, { latencies, errors }] of found) told(name, latencies, errors);
  const all = [...found.values()];
  told(`all, ${rate} a second asked for`, all.flatMap((one) => one.latencies), all.reduce((sum, one) => sum + one.errors, 0), lasted);
  say(`  the generator itself left at most ${late.toFixed(1)} ms late; the server holds ${residentMiB().toFixed(0)} MiB`);
}

/** As many as it takes: each connection asks again as soon as it is answered. */
async function saturated(agents, cookies, seconds) {
  const latencies = [];
  let errors = 0;
  const until = performance.now() + seconds * 1_000;
  await Promise.all(
    agents.map(async (agent, i) => {
      const next = chance(1_000 + i);
      while (performance.now() < until) {
        const from = performance.now();
        const { status } = await ask(agent, cookies[i % cookies.length], any(next).of(next));
        latencies.push(performance.now() - from);
        if (status !== 200) errors += 1;
      }
    }),
  );
  told(`saturated, ${agents.length} connections`, latencies, errors, seconds);
}

async function alone(agent, cookie, name, request, count = 300) {
  const next = chance(11);
  const latencies = [];
  let errors = 0;
  for (let i = 0; i < count; ++i) {
    const from = performance.now();
    const { status } = await ask(agent, cookie, request(next));
    latencies.push(performance.now() - from);
    if (status !== 200) errors += 1;
  }
  told(name, latencies, errors);
}

async function main() {
  if (!existsSync(at("bench.json"))) {
    say(`Making a clinic in ${folder}.`);
    await makeClinic(`https://localhost:${await freePort()}`);
  }
  rmSync(at("pages"), { recursive: true, force: true });
  await buildPage(join(root, "web/clinic/clinic.tsx"), at("pages"), "Theca clinic");
  kept_ = kept();
  await start();
  try {
    if (kept_.patients < wanted.patients) {
      say(`Writing ${wanted.patients - kept_.patients} patients into the records, as a page would.`);
      const agents = connections(8);
      const cookies = [];
      for (const i of kept_.credentials.keys()) cookies.push(await signIn(agents[0], i));
      await seed(agents, cookies);
      for (const agent of agents) agent.destroy();
      await stop();
      kept_ = kept();
      await start();
    }
    const size = wanted.db === "" ? statSync(at("clinic", "clinic.db")).size / 2 ** 20 : 0;
    say(`${wanted.patients} patients${size ? `, a database of ${size.toFixed(0)} MiB` : ""}; ${cpus().length} cores, shared with this generator; ${cpus()[0]?.model}`);
    const first = connections(1)[0];
    const cookie = await signIn(first);
    const found = new Set();
    const next = chance(3);
    for (let i = 0; i < 60; ++i)
      for (const one of JSON.parse((await ask(first, cookie, { method: "PUT", path: "/api/search", body: { typed: surname(next) } })).body).patients ?? [])
        if (one.in_care) found.add(one.patient);
    ids = [...found];
    if (ids.length === 0) throw new Error("the search finds nobody");
    say(`One after the other, over one connection:`);
    heading();
    await alone(first, cookie, "search, three letters", (any) => ({ method: "PUT", path: "/api/search", body: { typed: surname(any).slice(0, 3) } }));
    await alone(first, cookie, "search, a whole name", (any) => ({ method: "PUT", path: "/api/search", body: { typed: nameOf(any) } }));
    await alone(first, cookie, "search, record number", (any) => ({ method: "PUT", path: "/api/search", body: { typed: `MRN-${String(Math.floor(any() * wanted.patients)).padStart(7, "0")}` } }));
    await alone(first, cookie, "patient", (any) => ({ method: "GET", path: `/api/patients/${pick(any, ids)}` }));
    await alone(first, cookie, "today", () => ({ method: "GET", path: "/api/today" }));
    await alone(first, cookie, "who am I", () => ({ method: "GET", path: "/api/session" }));
    say(`Open load over ${wanted.connections} TLS connections, ${wanted.seconds} s:`);
    const agents = connections(wanted.connections);
    const cookies = [];
    for (let i = 0; i < 5; ++i) cookies.push(await signIn(agents[i]));
    await Promise.all(agents.map((agent, i) => ask(agent, cookies[i % cookies.length], { method: "GET", path: "/api/session" }))); // connected
    await open(agents, cookies, wanted.rate, wanted.seconds);
    await saturated(agents.slice(0, 64), cookies, Math.min(10, wanted.seconds));
    for (const agent of [first, ...agents]) agent.destroy();
  } finally {
    await stop();
  }
}

await main();
