// Makes data/vectors/passkey.json: a registration and two assertions by each algorithm, as Chromium's page API
// gives them, with its virtual authenticator (DevTools, domain WebAuthn). Over a pipe: nothing from npm.
//   node src/verify/passkey_vector.mjs > data/vectors/passkey.json
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const browser = process.env.CHROMIUM ?? "/usr/bin/chromium";
const folder = mkdtempSync(join(tmpdir(), "passkey-"));
const page = createServer((_, answer) => answer.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"));
await new Promise((done) => page.listen(0, "127.0.0.1", done));
const origin = `http://localhost:${page.address().port}`;

const chromium = spawn(browser, ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
  `--user-data-dir=${folder}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const waiting = new Map();
let number = 0;
let rest = "";
chromium.stdio[4].on("data", (bytes) => {
  const lines = (rest + bytes).split("\0");
  rest = lines.pop();
  for (const line of lines) {
    const said = JSON.parse(line);
    waiting.get(said.id)?.(said);
    waiting.delete(said.id);
  }
});
const ask = (method, params = {}, sessionId = undefined) => new Promise((done, fail) => {
  waiting.set(++number, (said) => (said.error ? fail(new Error(`${method}: ${said.error.message}`)) : done(said.result)));
  chromium.stdio[3].write(JSON.stringify({ id: number, method, params, sessionId }) + "\0");
});

const challenge = (what) => createHash("sha256").update(`theca passkey vector: ${what}`).digest("base64url");
const inPage = `
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const register = async (challenge, alg) => {
    const made = await navigator.credentials.create({ publicKey: {
      challenge: bytes(challenge), rp: { id: "localhost", name: "Theca" },
      user: { id: new Uint8Array([1]), name: "doctor", displayName: "Doctor" },
      pubKeyCredParams: [{ type: "public-key", alg }], attestation: "none",
      authenticatorSelection: { userVerification: "required", residentKey: "required" } } });
    return { id: text(made.rawId), client_data: text(made.response.clientDataJSON),
             attestation: text(made.response.attestationObject) };
  };
  const assert = async (challenge, id) => {
    const made = await navigator.credentials.get({ publicKey: {
      challenge: bytes(challenge), rpId: "localhost", userVerification: "required",
      allowCredentials: [{ type: "public-key", id: bytes(id) }] } });
    return { credential: text(made.rawId), authenticator_data: text(made.response.authenticatorData),
             client_data: text(made.response.clientDataJSON), signature: text(made.response.signature) };
  };`;

const limit = setTimeout(() => { chromium.kill(); console.error("chromium did not answer"); process.exit(1); }, 60_000);
try {
  const { targetId } = await ask("Target.createTarget", { url: origin });
  const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
  const { product } = await ask("Browser.getVersion");
  await new Promise((done) => setTimeout(done, 1_000));
  await ask("WebAuthn.enable", {}, sessionId);
  const run = async (what) => {
    const said = await ask("Runtime.evaluate", { expression: `(async () => {${inPage} return ${what};})()`,
      awaitPromise: true, returnByValue: true, userGesture: true }, sessionId);
    if (said.exceptionDetails) throw new Error(said.exceptionDetails.exception.description);
    return said.result.value;
  };
  const keys = [];
  for (const [name, alg] of [["ES256", -7], ["EdDSA", -8]]) {
    const { authenticatorId } = await ask("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2",
      ctap2Version: "ctap2_1", transport: "usb", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true } }, sessionId);
    try {
      const register = challenge(`register ${name}`);
      const registration = await run(`register("${register}", ${alg})`);
      const assertions = [];
      for (const which of ["first", "second"]) {
        const asked = challenge(`${which} ${name}`);
        assertions.push({ challenge: asked, ...(await run(`assert("${asked}", "${registration.id}")`)) });
      }
      keys.push({ algorithm: name, registration: { challenge: register, ...registration }, assertions });
    } catch (error) { console.error(`${name}: ${error.message}`); }
    await ask("WebAuthn.removeVirtualAuthenticator", { authenticatorId }, sessionId);
  }
  const how = `${product}, virtual authenticator (ctap2.1, usb, user verified), by src/verify/passkey_vector.mjs; all bytes base64url`;
  console.log(JSON.stringify({ how, rp_id: "localhost", origin, keys }, null, 2));
} finally {
  clearTimeout(limit);
  chromium.kill();
  await new Promise((done) => chromium.once("exit", done));
  page.close();
  rmSync(folder, { recursive: true, force: true });
}
