// Another's engine of Noise, noise-c compiled to WebAssembly, asked line by line by noise_oracle_test.cpp. A line is
// a command and its arguments, bytes in hex; the answer is "ok" with what came of it, or "error" and why.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

// noise-c takes its ephemeral key from the global crypto: here from what `new` was given, so that one seed replays all.
let given = Buffer.alloc(0);
Object.defineProperty(globalThis, 'crypto', {
  configurable: true,
  value: {
    getRandomValues(room) {
      if (room.length > given.length) throw new Error('more random bytes were asked for than given');
      room.set(given.subarray(0, room.length));
      given = given.subarray(room.length);
      return room;
    },
  },
});

const require = createRequire(import.meta.url);
const wasmBinary = readFileSync(require.resolve('noise-c.wasm/src/noise-c.wasm'));  // it would try to fetch it
const noise = await new Promise((resolve) => require('noise-c.wasm')({ wasmBinary }, resolve));
const sides = { initiator: noise.constants.NOISE_ROLE_INITIATOR, responder: noise.constants.NOISE_ROLE_RESPONDER };

let handshake, sends, receives;

const commands = {
  new(protocol, side, prologue, secret, other, ephemeral) {
    for (const old of [handshake, sends, receives]) {
      try {
        old?.free();
      } catch {
        // it has freed itself when it failed
      }
    }
    sends = receives = undefined;
    given = bytes(ephemeral);
    handshake = noise.HandshakeState(protocol, sides[side]);
    handshake.Initialize(bytes(prologue), bytes(secret), other === '' ? null : bytes(other));
    return [];
  },
  write: (payload) => [handshake.WriteMessage(bytes(payload))],
  read: (message) => [handshake.ReadMessage(bytes(message), true)],
  split() {
    const told = [handshake.GetHandshakeHash(), handshake.GetRemotePublicKey()];
    [sends, receives] = handshake.Split();
    handshake = undefined;
    return told;
  },
  seal: (associated, plain) => [sends.EncryptWithAd(bytes(associated), bytes(plain))],
  open: (associated, sealed) => [receives.DecryptWithAd(bytes(associated), bytes(sealed))],
};

function bytes(hex) {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...args] = line.split(' ');
  let answer;
  try {
    answer = ['ok', ...commands[command](...args).map((b) => Buffer.from(b).toString('hex'))].join(' ');
  } catch (e) {
    answer = `error ${e.message}`.replaceAll('\n', ' ');
  }
  process.stdout.write(`${answer}\n`);
}
