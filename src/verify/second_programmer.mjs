// A second programmer, written from docs/protocol.md, docs/messages.md and docs/prescription.md alone, with nothing but
// Node's own modules (18 and later). It reads the fields of messages out of docs/messages.md as it runs.
//
//   node second_programmer.mjs vectors FILE...          recomputes each file from its inputs; exit code 1 if one differs
//   node second_programmer.mjs write FILE               writes the file anew from the inputs that stand in it
//   node second_programmer.mjs live --to ADDR --card FILE
//                                                       pairs with an implant and works with it, a line of JSON a deed
import * as crypto from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';

// ---- cryptography ----------------------------------------------------------------------------------------------------

const der = (head, raw) => Buffer.concat([Buffer.from(head, 'hex'), raw]);
const privateKey = (curve, raw) =>
  crypto.createPrivateKey({ key: der(`302e020100300506032b65${curve}04220420`, raw), format: 'der', type: 'pkcs8' });
const publicKey = (curve, raw) =>
  crypto.createPublicKey({ key: der(`302a300506032b65${curve}032100`, raw), format: 'der', type: 'spki' });
const X25519 = '6e', ED25519 = '70';
const publicOf = (curve, raw) =>
  crypto.createPublicKey(privateKey(curve, raw)).export({ format: 'der', type: 'spki' }).subarray(-32);
/// Throws for a result of zeros.
const dh = (secret, other) =>
  crypto.diffieHellman({ privateKey: privateKey(X25519, secret), publicKey: publicKey(X25519, other) });
const sign = (seed, signed) => crypto.sign(null, signed, privateKey(ED25519, seed));

const sha256 = (...parts) => parts.reduce((sum, part) => sum.update(part), crypto.createHash('sha256')).digest();
const hmac = (key, ...parts) => parts.reduce((sum, part) => sum.update(part), crypto.createHmac('sha256', key)).digest();
const text = (words) => Buffer.from(words, 'ascii');
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b; };

const LAST = 0xffffffffffffffffn;
function nonceOf(count) {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(count), 4);
  return nonce;
}
function seal(key, count, associated, plain) {
  const cipher = crypto.createCipheriv('chacha20-poly1305', key, nonceOf(count), { authTagLength: 16 });
  cipher.setAAD(associated, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
/// Nothing when the tag is wrong.
function open(key, count, associated, sealed) {
  if (sealed.length < 16) return null;
  const decipher = crypto.createDecipheriv('chacha20-poly1305', key, nonceOf(count), { authTagLength: 16 });
  decipher.setAAD(associated, { plaintextLength: sealed.length - 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  } catch {
    return null;
  }
}
const rekeyed = (key) => seal(key, LAST, Buffer.alloc(0), Buffer.alloc(32)).subarray(0, 32);

// ---- Noise_IKpsk2_25519_ChaChaPoly_SHA256 ----------------------------------------------------------------------------

/// `side`: 'programmer' begins, 'implant' answers. Both are here, for the vectors.
class Handshake {
  constructor(side, prologue, { secret, ephemeral, implant, psk }) {
    Object.assign(this, { side, secret, ephemeral, psk });
    this.h = this.ck = sha256(text('Noise_IKpsk2_25519_ChaChaPoly_SHA256'));
    this.key = null;
    this.mixHash(prologue);
    this.mixHash(implant);
    this.rs = side === 'programmer' ? implant : null;
    this.dhs = {};
  }
  mixHash(data) { this.h = sha256(this.h, data); }
  hkdf(input, n) {
    const temporary = hmac(this.ck, input), out = [];
    for (let i = 1; i <= n; ++i) out.push(hmac(temporary, out.at(-1) ?? Buffer.alloc(0), Buffer.of(i)));
    return out;
  }
  mixKey(input) { [this.ck, this.key] = this.hkdf(input, 2); this.n = 0; }
  mixKeyAndHash(input) {
    const [ck, hash, key] = this.hkdf(input, 3);
    this.ck = ck;
    this.mixHash(hash);
    this.key = key;
    this.n = 0;
  }
  sealPart(plain) { const sealed = seal(this.key, this.n++, this.h, plain); this.mixHash(sealed); return sealed; }
  openPart(sealed) {
    const plain = open(this.key, this.n++, this.h, sealed);
    if (plain === null) throw new Error('a wrong tag');
    this.mixHash(sealed);
    return plain;
  }
  mixE(e) { this.mixHash(e); this.mixKey(e); }
  mixDh(name, own, other) { this.dhs[name] = dh(own, other); this.mixKey(this.dhs[name]); }

  writeFirst(payload) {
    const e = publicOf(X25519, this.ephemeral);
    this.mixE(e);
    this.mixDh('es', this.ephemeral, this.rs);
    const s = this.sealPart(publicOf(X25519, this.secret));
    this.mixDh('ss', this.secret, this.rs);
    return Buffer.concat([e, s, this.sealPart(payload)]);
  }
  readFirst(message) {
    this.re = message.subarray(0, 32);
    this.mixE(this.re);
    this.mixDh('es', this.secret, this.re);
    this.rs = this.openPart(message.subarray(32, 80));
    this.mixDh('ss', this.secret, this.rs);
    return this.openPart(message.subarray(80));
  }
  writeSecond(payload) {
    const e = publicOf(X25519, this.ephemeral);
    this.mixE(e);
    this.mixDh('ee', this.ephemeral, this.re);
    this.mixDh('se', this.ephemeral, this.rs);
    this.mixKeyAndHash(this.psk);
    return Buffer.concat([e, this.sealPart(payload)]);
  }
  readSecond(message) {
    const e = message.subarray(0, 32);
    this.mixE(e);
    this.mixDh('ee', this.ephemeral, e);
    this.mixDh('se', this.secret, e);
    this.mixKeyAndHash(this.psk);
    return this.openPart(message.subarray(32));
  }
  split() { const [toImplant, fromImplant] = this.hkdf(Buffer.alloc(0), 2); return { toImplant, fromImplant }; }
}

const prologueOf = (number) => Buffer.concat([text('theca link'), Buffer.of(1, 1), number]);
const pskOf = (secret, number) => hmac(secret, text('theca session 1'), number);
const gateKeyOf = (secret) => hmac(secret, text('theca wake gate 1'));
const gateTagOf = (secret, message, number) => hmac(gateKeyOf(secret), message, number).subarray(0, 16);
const FOR = { clinic: 0, patient: 1, heir: 2 };
const pairedSecret = (callers, implants, whom) => hmac(callers, text('theca pairing 1'), Buffer.of(FOR[whom]), implants);

const FIRST = 1, SECOND = 2, TO_IMPLANT = 3, FROM_IMPLANT = 4, NUMBER = 0x10, ASKED = 0x11, TOLD = 0x12;
const frameOf = (type, body) => Buffer.concat([Buffer.of(body.length + 1, type), body]);

/// One direction of records.
class Way {
  constructor(key) { Object.assign(this, { key, number: 0, count: 0 }); }
  nextKey() { this.key = rekeyed(this.key); this.number = (this.number + 1) & 255; this.count = 0; }
  seal(plain) {
    const head = Buffer.concat([Buffer.of(1, this.number), u32(this.count)]);
    return Buffer.concat([head, seal(this.key, this.count++, head, plain)]);
  }
  /// What it holds; nothing, and nothing changed, for what is old or wrong.
  open(record) {
    if (record.length < 22 || record[0] !== 1) return null;
    const ahead = (record[1] - this.number) & 255, count = record.readUInt32LE(2);
    if (ahead > 1 || (ahead === 0 && count < this.count)) return null;
    const key = ahead === 1 ? rekeyed(this.key) : this.key;
    const plain = open(key, count, record.subarray(0, 6), record.subarray(6));
    if (plain !== null) Object.assign(this, { key, number: record[1], count: count + 1 });
    return plain;
  }
}

// ---- messages, by docs/messages.md -----------------------------------------------------------------------------------

const docs = new URL('../../docs/', import.meta.url);
const forms = new Map();  // name -> { fields, reply, opcode }
const tables = new Map();  // heading -> rows of cells
{
  let section = '', reply = false;
  const cells = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());
  for (const line of readFileSync(new URL('messages.md', docs), 'utf8').split('\n')) {
    if (/^##+ /.test(line)) {
      section = line.replace(/^#+ /, '');
      reply = false;
      if (line.startsWith('### ')) forms.set(section, { fields: [], ...forms.get(section) });
    } else if (line === 'Reply:') {
      reply = true;
      forms.get(section).reply = [];
    } else if (line.startsWith('| ') && !line.startsWith('| at ')) {
      const row = cells(line);
      if (forms.get(section)) {
        const [at, size, type, name, range] = row;
        const most = range === 'any' ? null : BigInt(range.split(' to ')[1]);
        const field = { at: Number(at), size: Number(size), type, name: name.replaceAll('`', ''), most };
        (reply ? forms.get(section).reply : forms.get(section).fields).push(field);
      } else {
        if (!tables.has(section)) tables.set(section, []);
        tables.get(section).push(row);
      }
    }
  }
}
const opcodes = new Map(tables.get('Operations').slice(1).map((row) => [row[1], Number(row[0])]));
const named = (table, code) => tables.get(table).find((row) => row[0] === String(code))?.[1] ?? `code ${code}`;
const sizeOf = (fields) => fields.reduce((size, field) => Math.max(size, field.at + field.size), 0);

/// A name that stands several times takes a list.
function encode(fields, values) {
  const out = Buffer.alloc(sizeOf(fields)), seen = {};
  for (const { at, size, type, name, most } of fields) {
    const turn = (seen[name] = (seen[name] ?? -1) + 1);
    const several = fields.filter((field) => field.name === name).length > 1;
    const value = several ? values[name]?.[turn] : values[name];
    if (value === undefined) throw new Error(`no value for ${name}`);
    if (type === 'bytes') {
      if (value.length !== size) throw new Error(`${name} has ${value.length} bytes and not ${size}`);
      value.copy(out, at);
      continue;
    }
    const number = BigInt(value);
    if (most !== null && (number < 0n || number > most)) throw new Error(`${name} is ${value}, beyond ${most}`);
    if (size === 8) out.writeBigInt64LE(number, at);
    else out.writeUIntLE(Number(number), at, size);
  }
  return out;
}
function decode(fields, bytes) {
  if (bytes.length !== sizeOf(fields)) throw new Error(`${bytes.length} bytes and not ${sizeOf(fields)}`);
  const out = {};
  for (const { at, size, type, name } of fields) {
    const value = type === 'bytes' ? Buffer.from(bytes.subarray(at, at + size))
      : size === 8 ? Number(bytes.readBigInt64LE(at)) : bytes.readUIntLE(at, size);
    out[name] = name in out ? [out[name], value].flat() : value;
  }
  return out;
}
const fieldsOf = (name) => forms.get(name).fields;

// ---- what is signed --------------------------------------------------------------------------------------------------

const issuerOf = (clinicPublic) => sha256(clinicPublic).subarray(0, 8);
const idOf = (implantPublic) => sha256(implantPublic).subarray(0, 8);
const certificateSigned = (bytes, subject) => sha256(text('theca role certificate 1'), bytes.subarray(0, 38), subject);
function certificateOf(clinicSeed, subject, { role, capabilities, implant, epoch, not_before, not_after, serial }) {
  const bytes = encode(fieldsOf('role certificate'), {
    version: 1, issuer: issuerOf(publicOf(ED25519, clinicSeed)), role, capabilities, implant, epoch, not_before,
    not_after, serial, signature: Buffer.alloc(64),
  });
  sign(clinicSeed, certificateSigned(bytes, subject)).copy(bytes, 38);
  return bytes;
}
const orderSigned = (digest) => sha256(text('theca order 1'), digest);
/// For a session, or for none.
const NO_SESSION = Buffer.alloc(16);
const epochSigned = (epoch, issued, implant, number) =>
  sha256(text('theca epoch 1'), u32(epoch), u32(issued), implant, number);
function raising(clinicSeed, epoch, issued_utc_s, implant, number) {
  const signature = sign(clinicSeed, epochSigned(epoch, issued_utc_s, implant, number));
  return { epoch, issued_utc_s, implant, number, signature };
}
const secretSigned = (whom, implant, share, number) =>
  sha256(text('theca secret 2'), Buffer.of(FOR[whom]), implant, share, number);
/// What the clinic says for a secret of its own, in the session that this number has opened.
const renewing = (clinicSeed, implant, share, number) =>
  ({ share, signature: sign(clinicSeed, secretSigned('clinic', implant, share, number)) });
const pairing = (clinicSeed, implant, share, number) =>
  ({ clinic: publicOf(ED25519, clinicSeed), ...renewing(clinicSeed, implant, share, number) });
const tokenOf = (implant, heir, number) => Buffer.concat([Buffer.of(1), implant, heir, u32(number)]);
const tokenSigned = (token) => sha256(text('theca transfer 1'), token);
const cardProof = (card, token) => hmac(card, tokenSigned(token)).subarray(0, 16);
const firmwareSigned = (header) => sha256(text('theca firmware 1'), header);

// ---- a prescription, by docs/prescription.md -------------------------------------------------------------------------

function prescriptionOf(p) {
  const out = Buffer.alloc(1242);
  out.writeUInt8(2, 0);
  out.writeUInt32LE(p.number, 1);
  out.writeUInt32LE(p.fluid, 5);
  out.writeUInt8(1, 9);
  out.writeUInt16LE(p.drug, 10);
  out.writeUInt8(p.drug_class, 12);
  out.writeUInt32LE(p.ng_per_ml, 13);
  out.writeUInt8(p.safe_state, 52);
  out.writeUInt8(2, 86);  // simple continuous
  out.writeUInt32LE(p.basal_nl_per_day, 87);
  out.writeUInt32LE(p.bolus_nl, 1180);
  out.writeUInt32LE(p.bolus_nl_per_day, 1184);
  out.writeUInt32LE(p.lockout_s, 1188);
  out.writeUInt32LE(p.window_s, 1192);
  out.writeUInt8(p.boluses, 1196);
  return out;
}
function orderOf(o, implant, parent, prescription) {
  const six = (value) => Array(6).fill(value);
  return encode(fieldsOf('order'), {
    version: 1, kind: o.kind, implant, number: o.number, parent, author: o.author, issued_utc_s: o.issued_utc_s,
    tubing_nl: o.tubing_nl, catheter_nl: o.catheter_nl, hour_nl: o.hour_nl, day_nl: o.day_nl,
    thirty_days_nl: o.thirty_days_nl, low_alarm_nl: o.low_alarm_nl, largest_rise_ppm: o.largest_rise_ppm,
    emergency_hold_s: o.emergency_hold_s, patient_may_pause: o.patient_may_pause, path_fluid: 0, path_drugs: 0,
    path_drug: six(0), path_class: six(0), path_ng_per_ml: six(0), prescription,
  });
}
function blockOf(order, index) {
  const block = Buffer.alloc(192);
  order.copy(block, 0, index * 192, Math.min(order.length, (index + 1) * 192));
  return block;
}

// ---- the journal -----------------------------------------------------------------------------------------------------

const crcTable = Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; ++bit) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  return sum >>> 0;
});
function crc32c(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ crcTable[(sum ^ byte) & 255];
  return ~sum >>> 0;
}
/// The sum stands behind the first 4 bytes, and counts as 0 there.
function withSum(bytes, summed) {
  const out = Buffer.from(bytes);
  out.writeUInt32LE(0, 4);
  out.writeUInt32LE(crc32c(out.subarray(0, summed)), 4);
  return out;
}
function journalHead({ number, first_sequence }, before) {
  const head = Buffer.concat([u32(number), u32(0), u32(first_sequence), u32(1), before, Buffer.alloc(8),
    Buffer.alloc(8, 0xff)]);
  return withSum(head, 56);
}
function journalEntry({ sequence, at_ms, event, detail, value, value2 }) {
  const entry = Buffer.alloc(32);
  entry.writeUInt32LE(sequence, 0);
  entry.writeUIntLE(at_ms, 8, 6);
  entry.writeUInt8(event, 14);
  entry.writeUInt8(detail, 15);
  entry.writeBigInt64LE(BigInt(value), 16);
  entry.writeBigInt64LE(BigInt(value2), 24);
  return withSum(entry, 32);
}
function readEntry(bytes) {
  if (!withSum(bytes, 32).equals(bytes)) return null;
  return { sequence: bytes.readUInt32LE(0), at_ms: bytes.readUIntLE(8, 6), event: bytes[14], detail: bytes[15],
    value: Number(bytes.readBigInt64LE(16)), value2: Number(bytes.readBigInt64LE(24)) };
}

// ---- vectors ---------------------------------------------------------------------------------------------------------

/// Everything that stands in the file, from its inputs. Bytes in hex.
function vectorsOf(inputs) {
  const bytes = (name) => Buffer.from(inputs[name], 'hex');
  for (const name of ['implant_secret', 'programmer_secret', 'programmer_ephemeral', 'implant_ephemeral']) {
    const key = bytes(name);  // bits that X25519 does not look at are as it takes them
    if ((key[0] & 7) !== 0 || (key[31] & 0xc0) !== 0x40) throw new Error(`inputs.${name} is not as X25519 takes it`);
  }
  const implantPublic = publicOf(X25519, bytes('implant_secret')), id = idOf(implantPublic);
  const programmerPublic = publicOf(X25519, bytes('programmer_secret'));
  const clinicPublic = publicOf(ED25519, bytes('clinic_seed'));
  const heirPublic = publicOf(ED25519, bytes('heir_seed'));
  const signerPublic = publicOf(ED25519, bytes('signer_seed'));
  const vendors = inputs.vendor_seeds.map((seed) => Buffer.from(seed, 'hex'));

  const certificate = certificateOf(bytes('clinic_seed'), programmerPublic, { ...inputs.certificate, implant: id });
  const number = bytes('number'), secret = bytes('clinic_secret');
  const prologue = prologueOf(number), psk = pskOf(secret, number);
  const programmer = new Handshake('programmer', prologue,
    { secret: bytes('programmer_secret'), ephemeral: bytes('programmer_ephemeral'), implant: implantPublic, psk });
  const implant = new Handshake('implant', prologue,
    { secret: bytes('implant_secret'), ephemeral: bytes('implant_ephemeral'), implant: implantPublic, psk });
  const begun = programmer.h;
  const first = programmer.writeFirst(certificate);
  implant.readFirst(first);
  const afterFirst = programmer.h, tag = gateTagOf(secret, first, number);
  const told = encode(fieldsOf('payload of the second message'),
    { implant: id, boots: inputs.boots, epoch: inputs.certificate.epoch });
  const second = implant.writeSecond(told);
  if (!programmer.readSecond(second).equals(told)) throw new Error('another second payload');
  const keys = programmer.split();
  const out = new Way(keys.toImplant), back = new Way(keys.fromImplant);
  const record = (way, type, plain) => ({ plain, frame: frameOf(type, way.seal(plain)) });
  const outcome = (to, answer, tagOfIt) => Buffer.concat([Buffer.of(0xff, tagOfIt, 0), encode(fieldsOf('outcome'),
    { to, answer, refusal: 0, rule: 0, index: 0, value: 0, limit: 0, sequence: 0, next_possible_ms: 0 })]);
  const ready = record(out, TO_IMPLANT, Buffer.of(opcodes.get('ready'), 1, 0));
  const readyTold = record(back, FROM_IMPLANT, outcome(opcodes.get('ready'), 0, 1));
  out.nextKey();
  back.nextKey();
  const ask = record(out, TO_IMPLANT, Buffer.of(opcodes.get('read own'), 2, 0));
  const askTold = record(back, FROM_IMPLANT, outcome(opcodes.get('read own'), 2, 2));

  const prescription = prescriptionOf(inputs.prescription);
  const order = orderOf(inputs.order, id, Buffer.alloc(32), prescription), digest = sha256(order);
  const { epoch, issued_utc_s } = inputs.epoch, clinicSeed = bytes('clinic_seed'), share = bytes('programmer_share');
  const asking = (name, values) =>
    Buffer.concat([Buffer.of(opcodes.get(name), 3, 0), encode(fieldsOf(name), values)]);
  const raised = (session) => ({ signed: epochSigned(epoch, issued_utc_s, id, session),
    asked: asking('raise epoch', raising(clinicSeed, epoch, issued_utc_s, id, session)) });
  const heir = sha256(heirPublic), token = tokenOf(id, heir, inputs.promise);
  const image = bytes('image');
  const header = encode(fieldsOf('firmware header'), { ...inputs.firmware, size: image.length, image: sha256(image) });
  const pageBefore = bytes('page_before');
  const all = {
    about: 'Everything that docs/protocol.md says how to make, from fixed inputs. These secrets are no secrets.',
    inputs,
    keys: { implant_public: implantPublic, implant_id: id, programmer_public: programmerPublic,
      clinic_public: clinicPublic, issuer: issuerOf(clinicPublic), signer_public: signerPublic, heir_public: heirPublic,
      vendor_public: vendors.map((seed) => publicOf(ED25519, seed)) },
    certificate: { signed: certificateSigned(certificate, programmerPublic), bytes: certificate },
    opening: { prologue, psk, gate_key: gateKeyOf(secret), hash_begun: begun, es: programmer.dhs.es,
      ss: programmer.dhs.ss, first_message: first, gate_tag: tag,
      first_frame: frameOf(FIRST, Buffer.concat([first, tag])), hash_after_first: afterFirst, ee: programmer.dhs.ee,
      se: programmer.dhs.se, second_payload: told, second_message: second, second_frame: frameOf(SECOND, second),
      hash: programmer.h, key_to_implant: keys.toImplant, key_from_implant: keys.fromImplant },
    records: { ready, ready_told: readyTold, next_key_to_implant: rekeyed(keys.toImplant),
      next_key_from_implant: rekeyed(keys.fromImplant), asked: ask, told: askTold },
    order: { prescription, bytes: order, digest, signed: orderSigned(digest),
      signature: sign(bytes('signer_seed'), orderSigned(digest)), last_block: blockOf(order, 7) },
    epoch: { for_this_session: raised(number), for_none: raised(NO_SESSION) },
    secrets: { signed: secretSigned('clinic', id, share, number),
      pair: asking('pair', pairing(clinicSeed, id, share, number)),
      renew: asking('renew', renewing(clinicSeed, id, share, number)),
      ...Object.fromEntries(Object.keys(FOR).map((whom) =>
        [whom, pairedSecret(share, bytes('implant_share'), whom)])) },
    transfer: { heir, token, signed: tokenSigned(token), signature: sign(clinicSeed, tokenSigned(token)) },
    claim: { first: sign(vendors[0], tokenSigned(token)), other: sign(vendors[2], tokenSigned(token)),
      card_proof: cardProof(bytes('card_secret'), token) },
    firmware: { header, signed: firmwareSigned(header), first: sign(vendors[0], firmwareSigned(header)),
      other: sign(vendors[1], firmwareSigned(header)) },
    journal: { head: journalHead(inputs.page, sha256(pageBefore)), entry: journalEntry(inputs.entry) },
  };
  const inHex = (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value);
  return JSON.parse(JSON.stringify(all, inHex));
}

/// Where two differ first; nothing when they do not.
function difference(stands, right, at = '') {
  if (typeof stands !== typeof right || typeof stands !== 'object' || stands === null || right === null)
    return stands === right ? null : at;
  for (const name of new Set([...Object.keys(stands), ...Object.keys(right)])) {
    const found = difference(stands[name], right[name], at === '' ? name : `${at}.${name}`);
    if (found !== null) return found;
  }
  return null;
}
function checkVectors(files) {
  let good = true;
  for (const file of files) {
    let where;
    try {
      const stands = JSON.parse(readFileSync(file, 'utf8'));
      where = difference(stands, vectorsOf(stands.inputs));
    } catch (error) {
      where = error.message;
    }
    good = good && where === null;
    console.log(`${file}: ${where === null ? 'all as it should be' : `differs: ${where}`}`);
  }
  return good ? 0 : 1;
}
function writeVectors(file) {
  const { inputs } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, `${JSON.stringify(vectorsOf(inputs), null, 2)}\n`);
  return 0;
}

// ---- the air ---------------------------------------------------------------------------------------------------------

class Stream {
  constructor(where) {
    this.bytes = Buffer.alloc(0);
    this.frames = [];
    this.waiting = null;
    this.socket = net.createConnection(where);
    this.reached = new Promise((resolve, reject) => this.socket.once('connect', resolve).once('error', reject));
    this.socket.on('data', (bytes) => this.take(bytes));
    this.socket.on('error', () => {});
  }
  take(bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    for (;;) {
      let skip = 0;
      while (skip < this.bytes.length && (this.bytes[skip] === 0 || this.bytes[skip] > 239)) ++skip;
      this.bytes = this.bytes.subarray(skip);
      if (this.bytes.length === 0 || this.bytes.length < this.bytes[0] + 1) break;
      this.frames.push({ type: this.bytes[1], body: this.bytes.subarray(2, this.bytes[0] + 1) });
      this.bytes = this.bytes.subarray(this.bytes[0] + 1);
    }
    this.waiting?.();
  }
  send(type, body) { this.socket.write(frameOf(type, body)); }
  /// The next frame within this time, or nothing.
  async next(ms) {
    const until = Date.now() + ms;
    while (this.frames.length === 0) {
      const left = until - Date.now();
      if (left <= 0) return null;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting = () => { clearTimeout(timer); resolve(); };
      });
      this.waiting = null;
    }
    return this.frames.shift();
  }
  close() { this.socket.destroy(); }
}

const PATIENCE_MS = 2000, TRIES = 5;
const fail = (why) => { throw new Error(why); };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// A session of somebody. `keys`: secret, certificate, implant, shared.
class Session {
  static async open(where, keys, tries = TRIES) {
    const session = new Session();
    session.keys = keys;
    session.tag = 0;
    session.coil = new Stream(where.coil);
    session.radio = new Stream(where.radio);
    await Promise.all([session.coil.reached, session.radio.reached]);
    for (let attempt = 0; attempt < tries; ++attempt) {
      if (await session.call()) return session;
    }
    session.close();
    return null;
  }
  async number() {
    for (let frame = await this.coil.next(PATIENCE_MS); frame !== null; frame = await this.coil.next(0)) {
      if (frame.type === NUMBER && frame.body.length === 16) this.newest = frame.body;
    }
    return this.newest;
  }
  async call() {
    const number = this.openedBy = await this.number();
    if (!number) return false;
    const { secret, certificate, implant, shared } = this.keys;
    const handshake = new Handshake('programmer', prologueOf(number),
      { secret, ephemeral: crypto.randomBytes(32), implant, psk: pskOf(shared, number) });
    const first = handshake.writeFirst(certificate);
    this.radio.send(FIRST, Buffer.concat([first, gateTagOf(shared, first, number)]));
    const until = Date.now() + PATIENCE_MS;
    for (let frame; (frame = await this.radio.next(until - Date.now())) !== null;) {
      if (frame.type !== SECOND || frame.body.length !== 64) continue;
      this.told = decode(fieldsOf('payload of the second message'), handshake.readSecond(frame.body));
      const { toImplant, fromImplant } = handshake.split();
      this.out = new Way(toImplant);
      this.back = new Way(fromImplant);
      return (await this.outcome('ready')).answer === 'done';
    }
    return false;
  }
  async exchange(name, values) {
    const tag = ++this.tag & 0xffff;
    const head = Buffer.of(opcodes.get(name), tag & 255, tag >> 8);
    this.radio.send(TO_IMPLANT, this.out.seal(Buffer.concat([head, encode(fieldsOf(name), values)])));
    const until = Date.now() + PATIENCE_MS;
    for (let frame; (frame = await this.radio.next(until - Date.now())) !== null;) {
      const plain = frame.type === FROM_IMPLANT ? this.back.open(frame.body) : null;
      if (plain !== null && plain.length >= 3 && plain.readUInt16LE(1) === tag) return plain;
    }
    return null;
  }
  /// The outcome of something, said again until it is answered.
  async outcome(name, values = {}) {
    for (let attempt = 0; attempt < TRIES; ++attempt) {
      const plain = await this.exchange(name, values);
      if (plain !== null) return outcomeIn(plain, name);
    }
    return { answer: 'no answer' };
  }
  /// The reply to something; an outcome in its place is an error.
  async ask(name, values = {}) {
    for (let attempt = 0; attempt < TRIES; ++attempt) {
      const plain = await this.exchange(name, values);
      if (plain === null) continue;
      if (plain[0] === 0xff) fail(`${name}: ${outcomeIn(plain, name).answer}`);
      if (plain[0] !== (0x80 | opcodes.get(name))) fail(`${name}: answered as ${plain[0]}`);
      return decode(forms.get(name).reply, plain.subarray(3));
    }
    return fail(`${name}: no answer`);
  }
  async done(name, values) {
    const { answer, refusal } = await this.outcome(name, values);
    if (answer !== 'done') fail(`${name}: ${answer}, ${refusal}`);
  }
  close() {
    this.coil.close();
    this.radio.close();
  }
}
function outcomeIn(plain, name) {
  const outcome = plain[0] === 0xff ? decode(fieldsOf('outcome'), plain.subarray(3)) : fail(`${name}: no outcome`);
  if (outcome.to !== opcodes.get(name)) fail(`${name}: the outcome of ${outcome.to}`);
  return { ...outcome, answer: named('Answers', outcome.answer), refusal: named('Refusals of the pump', outcome.refusal) };
}

/// By coil, without a key.
async function byCoil(where, name) {
  const coil = new Stream(where.coil);
  await coil.reached;
  coil.send(ASKED, Buffer.concat([Buffer.of(opcodes.get(name), 1, 0), encode(fieldsOf(name), {})]));
  for (let frame; (frame = await coil.next(PATIENCE_MS)) !== null;) {
    if (frame.type !== TOLD) continue;
    coil.close();
    return frame.body[0] === 0xff ? outcomeIn(frame.body, name) : decode(forms.get(name).reply, frame.body.subarray(3));
  }
  return fail(`${name}: no answer by coil`);
}

// ---- a visit ---------------------------------------------------------------------------------------------------------

const newIntent = () => crypto.randomInt(1, 2 ** 32 - 1);
const now = () => Math.floor(Date.now() / 1000);

async function visit(where, card) {
  const say = (deed, what = {}) => console.log(JSON.stringify({ deed, ...what }));
  const must = (held, why) => { if (!held) fail(why); };
  const clinicSeed = crypto.randomBytes(32), signerSeed = crypto.randomBytes(32);
  const physician = crypto.randomBytes(32), patient = crypto.randomBytes(32);
  const none = Buffer.alloc(102);
  let epoch = 0;
  const certified = (role, secret, shared) => ({ secret, implant: card.public_key, shared,
    certificate: certificateOf(clinicSeed, publicOf(X25519, secret), { role, capabilities: 1, implant: card.implant,
      epoch, not_before: now(), not_after: now() + 86400, serial: role * 100 }) });
  const opened = async (keys, who) => await Session.open(where, keys) ?? fail(`${who}: no session`);
  const PHYSICIAN = 1, PATIENT = 3;
  const changes = [];
  const taken = (name, intent) => changes.push({ name, intent });

  // It belongs to this clinic.
  let session = await opened({ secret: crypto.randomBytes(32), certificate: none, implant: card.public_key,
    shared: card.secret }, 'the card');
  must(session.told.implant.equals(card.implant), 'another implant');
  epoch = session.told.epoch;
  let share = crypto.randomBytes(32);
  const unsigned = await session.outcome('pair', { ...pairing(clinicSeed, card.implant, share, session.openedBy),
    clinic: publicOf(ED25519, crypto.randomBytes(32)) });
  must(unsigned.answer === 'signature wrong', `paired in another's name: ${unsigned.answer}`);
  const early = await session.outcome('pair', pairing(clinicSeed, card.implant, share, crypto.randomBytes(16)));
  must(early.answer === 'signature wrong', `paired by what was signed for another session: ${early.answer}`);
  let reply = await session.ask('pair', pairing(clinicSeed, card.implant, share, session.openedBy));
  let clinic = pairedSecret(share, reply.share, 'clinic');
  session.close();
  session = await opened(certified(PHYSICIAN, physician, clinic), 'the physician');
  say('paired', { implant: card.implant.toString('hex') });
  share = crypto.randomBytes(32);
  reply = await session.ask('pair patient', { share });
  const patients = pairedSecret(share, reply.share, 'patient');
  let status = await session.ask('read status');
  must(named('States', status.state) === 'on the shelf', 'not on the shelf');
  say('read', { state: named('States', status.state), model: status.model });

  // An order, read back before it counts.
  const prescription = { number: status.newest + 1001, fluid: 1, drug: 1, drug_class: 2, ng_per_ml: 20000000, safe_state: 1,
    basal_nl_per_day: 300000, bolus_nl: 25000, bolus_nl_per_day: 7200000, lockout_s: 10800, window_s: 86400, boluses: 4 };
  const written = () => orderOf({ kind: 0, number: prescription.number, author: PHYSICIAN, issued_utc_s: now(), tubing_nl: 199000,
    catheter_nl: 176000, hour_nl: 100000, day_nl: 600000, thirty_days_nl: 18000000, low_alarm_nl: 2000000,
    largest_rise_ppm: 200000, emergency_hold_s: 14400, patient_may_pause: 0 }, card.implant, status.order,
    prescriptionOf(prescription));
  let order = written(), digest = sha256(order);
  const signer = certificateOf(clinicSeed, publicOf(ED25519, signerSeed), { role: PHYSICIAN, capabilities: 2,
    implant: card.implant, epoch, not_before: now(), not_after: now() + 86400, serial: 7 });
  const offered = async () => {
    await session.done('offer', { digest, signers: 1 });
    await session.done('offer signature', { index: 0, certificate: signer, key: publicOf(ED25519, signerSeed),
      signature: sign(signerSeed, orderSigned(digest)) });
    for (let index = 0; index < 7; ++index) await session.done('offer block', { index, bytes: blockOf(order, index) });
    return session.outcome('offer block', { index: 7, bytes: blockOf(order, 7) });
  };
  const leap = await offered();
  must(leap.answer === 'number not next', `an order far ahead: ${leap.answer}`);
  prescription.number = status.newest + 1;
  order = written();
  digest = sha256(order);
  const whole = await offered();
  must(whole.answer === 'done', `offered: ${whole.answer}, ${whole.refusal}`);
  for (let index = 0; index < 8; ++index) {
    const part = await session.ask('read order', { which: 1, index });
    must(part.index === index && part.bytes.equals(blockOf(order, index)), `block ${index} reads back another`);
  }
  let intent = newIntent();
  await session.done('commit', { sequence: status.sequence, intent, number: prescription.number, digest,
    utc_ms: Date.now(), filled_nl: 20000000, left_in_nl: 0, aspirated_told: 0, aspirated_nl: 0 });
  taken('commit', intent);
  status = await session.ask('read status');
  must(status.order.equals(digest), 'another order runs');
  must(named('States', status.state) === 'delivering', 'it does not deliver');
  say('ordered', { digest: digest.toString('hex') });

  // Stopped: once, however often it is said; and not at all by who knows an older sequence.
  const { sequence } = status;
  intent = newIntent();
  await session.done('stop', { sequence, intent });
  taken('stop', intent);
  await session.done('stop', { sequence, intent });
  const late = await session.outcome('stop', { sequence, intent: newIntent() });
  must(late.answer === 'sequence differs', `an older sequence: ${late.answer}`);
  status = await session.ask('read status');
  must(status.sequence === sequence + 1 && status.intent === intent, 'stopped more than once');
  must(named('States', status.state) === 'stopped', 'it is not stopped');
  say('stopped', { intent });

  // An answer that never came: settled in another session.
  intent = newIntent();
  session.radio.send(TO_IMPLANT, session.out.seal(Buffer.concat([Buffer.of(opcodes.get('resume'), 255, 255),
    encode(fieldsOf('resume'), { sequence: status.sequence, intent })])));
  await sleep(300);
  const earlier = session.openedBy;
  session.close();
  session = await opened(certified(PHYSICIAN, physician, clinic), 'the physician again');
  const before = status.sequence;
  status = await session.ask('read status');
  must(status.sequence !== before && status.intent === intent, 'it did not go on');
  taken('resume', intent);
  say('resumed', { intent, state: named('States', status.state) });

  // The next key, as after 65,536 records.
  session.out.nextKey();
  await session.ask('read status');
  // A new secret, a raised epoch, a promise that is taken back.
  share = crypto.randomBytes(32);
  const found = renewing(clinicSeed, card.implant, share, earlier);
  for (const message of [{ share, signature: crypto.randomBytes(64) }, found]) {
    const stolen = await session.outcome('renew', message);
    must(stolen.answer === 'signature wrong', `a secret without the clinic: ${stolen.answer}`);
  }
  reply = await session.ask('renew', renewing(clinicSeed, card.implant, share, session.openedBy));
  const renewed = pairedSecret(share, reply.share, 'clinic');
  session.close();
  session = await opened(certified(PHYSICIAN, physician, renewed), 'the physician with a new secret');
  const old = certified(PHYSICIAN, physician, renewed);
  const wrong = [['sequence differs', 1001, card.implant, session.openedBy],
    ['other implant', 1, crypto.randomBytes(8), session.openedBy],
    ['sequence differs', 1, card.implant, crypto.randomBytes(16)]];
  for (const [why, further, implant, number] of wrong) {
    const refused = await session.outcome('raise epoch', raising(clinicSeed, epoch + further, now(), implant, number));
    must(refused.answer === why, `an epoch that is not for it: ${refused.answer}, not ${why}`);
  }
  epoch += 1;
  await session.done('raise epoch', raising(clinicSeed, epoch, now(), card.implant, session.openedBy));
  session.close();
  must(await Session.open(where, old, 1) === null, 'a certificate from before opens');
  must(await Session.open(where, certified(PHYSICIAN, physician, clinic), 1) === null, 'the secret from before opens');
  clinic = renewed;
  session = await opened(certified(PHYSICIAN, physician, clinic), 'the physician of the next epoch');
  say('revoked', { epoch });
  const token = tokenOf(card.implant, sha256(publicOf(ED25519, crypto.randomBytes(32))), status.transfers + 1);
  const promised = () => session.ask('transfer', { ...decode(fieldsOf('transfer').slice(0, 4), token),
    signature: sign(clinicSeed, tokenSigned(token)), share: crypto.randomBytes(32) });
  const once = (await promised()).share;
  must(!once.equals((await promised()).share), 'a promise told again gives the same secret');
  session.close();
  session = await opened(certified(PATIENT, patient, patients), 'the patient');
  const own = await session.ask('read own');
  must(own.promise === status.transfers + 1, 'the patient does not see the promise');
  await session.done('refuse transfer', { number: own.promise });
  // A dose: given once, however often its number is said; the next is refused while it runs.
  const request = own.last_request + 1;
  await session.done('request bolus', { request });
  await session.done('request bolus', { request });
  must((await session.ask('read own')).last_request === request, 'another request was the last');
  const more = await session.outcome('request bolus', { request: request + 1 });
  must(more.answer === 'refused by the pump', `a second dose: ${more.answer}`);
  say('asked', { request, refusal: more.refusal });
  session.close();

  // Without any key.
  const page = await byCoil(where, 'read page');
  say('page', { state: named('States', page.state), alarms: page.alarms });

  // The journal says the same.
  session = await opened(certified(PHYSICIAN, physician, clinic), 'the physician at the end');
  const entries = await journalOf(session);
  session.close();
  const changed = entries.filter((entry) => named('Events of the journal', entry.event) === 'change taken');
  for (const [place, { name, intent: meant }] of changes.entries()) {
    const entry = changed[place];
    must(entry?.detail === PHYSICIAN && entry.value === place + 1 && entry.value2 === meant, `the journal lacks: ${name}`);
  }
  must(changed.length === changes.length, 'the journal has more changes');
  say('journal', { entries: entries.length, changes });
}

async function journalOf(session) {
  const entries = [];
  let { oldest_page: page, newest_page: last } = await session.ask('read journal', { page: 0, part: 0 });
  let digest = null;
  for (; page <= last; ++page) {
    const parts = [];
    for (let part = 0; part < 22; ++part) parts.push((await session.ask('read journal', { page, part })).words);
    const bytes = Buffer.concat(parts).subarray(0, 4096), head = bytes.subarray(0, 64);
    if (!withSum(head, 56).equals(head) || head.readUInt32LE(0) !== page) fail(`the head of page ${page}`);
    if (digest !== null && !head.subarray(16, 48).equals(digest)) fail(`page ${page} is not behind the one before`);
    digest = sha256(bytes);
    for (let at = 64; at < 4096; at += 32) {
      const entry = readEntry(bytes.subarray(at, at + 32));
      if (entry !== null) entries.push(entry);
    }
  }
  entries.forEach((entry, place) => {
    if (place > 0 && entry.sequence !== entries[place - 1].sequence + 1) fail(`entry ${entry.sequence} is not the next`);
  });
  return entries;
}

function addressOf(where) {
  if (where.includes('/')) return { radio: { path: `${where}.radio` }, coil: { path: `${where}.coil` } };
  const [, host, port] = /^(.+):(\d+)$/.exec(where) ?? fail(`${where}: no address`);
  return { radio: { host, port: Number(port) }, coil: { host, port: Number(port) + 1 } };
}
async function live(args) {
  const option = (name) => args[args.indexOf(name) + 1] ?? fail(`${name} is missing`);
  const file = option('--card');
  if (!existsSync(file)) fail(`${file}: no card`);
  const card = Object.fromEntries(Object.entries(JSON.parse(readFileSync(file, 'utf8')))
    .map(([name, value]) => [name, Buffer.from(value, 'hex')]));
  if (!idOf(card.public_key).equals(card.implant)) fail(`${file}: the id is not the key's`);
  await visit(addressOf(option('--to')), card);
  return 0;
}

const [command, ...args] = process.argv.slice(2);
const commands = { vectors: () => checkVectors(args), write: () => writeVectors(args[0]), live: () => live(args) };
let code = 1;
try {
  code = await (commands[command] ?? fail('vectors FILE..., write FILE, or live --to ADDR --card FILE'))();
} catch (error) {
  console.error(error.message);
}
process.exit(code);  // whatever is still connected
