/// Does the time of what we wrote of the link hang on a secret? Run under valgrind's memcheck, with every
/// secret marked as undefined: a branch or an address that comes of one is an error there. constant_time.sh
/// drives it.
///
///     constant_time_probe link       gate, handshake and records as they stand: no error may be found
///     constant_time_probe branch     a gate that compares byte by byte and stops at the first that differs,
///     constant_time_probe address    and a handshake that looks up a table by its secret: errors must be
///     found

#include <sodium.h>
#include <valgrind/memcheck.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "link/link_testing.hpp"
#include "link/session.hpp"
#include "link/wake_gate.hpp"

namespace theca::link {
namespace {

using example::key_of;

void mark_secret(const auto& bytes) { (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size()); }
void mark_public(const auto& bytes) { (void)VALGRIND_MAKE_MEM_DEFINED(bytes.data(), bytes.size()); }

int failures = 0;
void expect(bool met, const char* what) {
  if (met) return;
  std::fprintf(stderr, "constant_time_probe: not so: %s\n", what);
  ++failures;
}
/// That the marks came so far: a probe that lost them would find nothing.
void expect_secret(Bytes bytes, const char* what) {
  std::array<std::uint8_t, 256> bits{};
  (void)VALGRIND_GET_VBITS(bytes.data(), bits.data(), bytes.size());
  expect(std::ranges::all_of(Bytes{bits}.first(bytes.size()), [](std::uint8_t b) { return b == 0xff; }),
         what);
}

/// Sodium, with its results marked public where the air shows them or the caller is told them. Keys, hashes
/// and what comes of them stay secret, and libsodium itself is followed too, but for open(), which decides
/// inside.
struct MarkedSodium {
  static Hash sha256(std::span<const Bytes> parts) { return Sodium::sha256(parts); }
  static Hash hmac(Bytes key, std::span<const Bytes> parts) { return Sodium::hmac(key, parts); }
  static void seal(Room out, const Key& key, std::uint64_t nonce, Bytes associated, Bytes plain) {
    Sodium::seal(out, key, nonce, associated, plain);
    mark_public(out);  // on the air
  }
  /// libsodium branches on whether the tag held, which is public, in the midst of its work: it gets a copy of
  /// the key that is not marked.
  static bool open(Room out, const Key& key, std::uint64_t nonce, Bytes associated, Bytes sealed) {
    const Key clean = unmarked(key);
    Hash with{};  // the handshake's hash, or a record's header
    std::ranges::copy(associated, with.begin());
    mark_public(with);
    const bool good = Sodium::open(out, clean, nonce, Bytes{with}.first(associated.size()), sealed);
    if (good) mark_secret(out);
    return good;
  }
  /// As Sodium::dh; what is told of the other's key, that it is of small order, is public, as that key is.
  static std::optional<Key> dh(const Key& secret, const Key& other) {
    const Key clean = unmarked(other);
    Key out;
    const std::array<int, 1> verdict{crypto_scalarmult(out.data(), secret.data(), clean.data())};
    (void)VALGRIND_MAKE_MEM_DEFINED(verdict.data(), sizeof verdict);
    if (verdict[0] != 0) return std::nullopt;
    return out;
  }
  static Key public_of(const Key& secret) {
    const Key out = Sodium::public_of(secret);
    mark_public(out);  // on the air
    return out;
  }
  /// Nothing of a signature is secret.
  static bool verify(const Key& public_key, const Hash& hash, const std::array<std::uint8_t, 64>& signature) {
    return Sodium::verify(public_key, hash, signature);
  }
  static bool equal(Bytes a, Bytes b) {
    const std::array<bool, 1> verdict{Sodium::equal(a, b)};
    mark_public(verdict);  // the caller acts by it
    return verdict[0];
  }
  static void wipe(Room room) { Sodium::wipe(room); }

  static Key unmarked(const Key& key) {
    const Key copy = key;
    mark_public(copy);
    return copy;
  }
};
static_assert(Crypto<MarkedSodium>);

/// The mistake that memcmp is.
struct LeavesEarly : MarkedSodium {
  static bool equal(Bytes a, Bytes b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
};
static_assert(Crypto<LeavesEarly>);

/// The mistake that a table of powers is.
struct LooksUp : MarkedSodium {
  static inline volatile std::uint8_t looked_up = 0;
  static Key public_of(const Key& secret) {
    static const std::array<std::uint8_t, 16> kTable{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    looked_up = kTable[secret[0] & 15];
    return MarkedSodium::public_of(secret);
  }
};
static_assert(Crypto<LooksUp>);

/// The right tag, and wrong ones at its ends.
template <Crypto C>
void gate() {
  const std::array<std::uint8_t, 96> message{7};
  const NearFieldNonce nonce{3};
  std::array<std::uint8_t, message.size() + kGateBytes> frame{};
  std::ranges::copy(message, frame.begin());
  std::ranges::copy(gate_tag<Sodium>(gate_key<Sodium>(key_of(9)), message, nonce), frame.end() - kGateBytes);

  const Key psk = key_of(9);
  mark_secret(psk);
  expect_secret(gate_tag<C>(gate_key<C>(psk), message, nonce), "the gate's tag is secret");
  WakeGate<C> gate{psk};
  gate.expect(nonce);
  for (const std::size_t at : {frame.size() - kGateBytes, frame.size() - 1, std::size_t{0}}) {
    auto wrong = frame;
    wrong[at] ^= 1;
    expect(!gate.admit(wrong), "a wrong frame is dropped");
  }
  expect(gate.admit(frame).has_value(), "the right frame gets through");
}

/// The link's own handshake, whose tokens are all there are; then what it meets when it goes wrong.
template <Crypto C>
struct Shaken {
  Shaken() {
    const Key programmer = key_of(11), implant = key_of(21), psk = key_of(9);
    const Key implants = Sodium::public_of(implant);
    Keys first{programmer, key_of(31), implants, psk}, second{implant, key_of(41), std::nullopt, psk};
    for (Keys* keys : {&first, &second}) {
      mark_secret(keys->secret);
      mark_secret(keys->ephemeral);
      mark_secret(*keys->psk);
    }
    initiator.emplace(kIkPsk2, Side::kInitiator, Bytes{}, first);
    responder.emplace(kIkPsk2, Side::kResponder, Bytes{}, second);
    wrong.emplace(kIkPsk2, Side::kResponder, Bytes{}, second);
  }
  void shake() {
    std::array<std::uint8_t, 256> wire{};
    std::array<std::uint8_t, 12> payload{}, got{};
    mark_secret(payload);
    const auto first = initiator->write(payload, wire);
    expect(first.has_value(), "the first message is written");
    auto forged = wire;
    forged[40] ^= 1;
    expect(!wrong->read(Bytes{forged}.first(*first), got), "a forged first message is refused");
    expect(responder->read(Bytes{wire}.first(*first), got) == payload.size(), "the first message is read");
    expect_secret(got, "a payload is secret");
    const auto second = responder->write(payload, wire);
    expect(second.has_value(), "the second message is written");
    expect(initiator->read(Bytes{wire}.first(*second), got) == payload.size(), "the second message is read");
    expect(initiator->done() && responder->done(), "the handshake is done");
    expect_secret(initiator->hash(), "the psk is in the hash");
  }
  std::optional<Handshake<C>> initiator, responder, wrong;
};

/// Records both ways, over a change of keys, old, and with wrong tags until the session is over.
void records() {
  Shaken<MarkedSodium> shaken;
  shaken.shake();
  Instant now;
  Session<MarkedSodium> programmer{*shaken.initiator, Side::kInitiator, now};
  Session<MarkedSodium> implant{*shaken.responder, Side::kResponder, now};
  std::array<std::uint8_t, 48> plain{}, got{};
  mark_secret(plain);
  std::array<std::uint8_t, plain.size() + kRecordOverhead> record{};
  const auto say = [&](auto& from, auto& to) {
    expect(from.seal(now, plain, record).has_value(), "a record is sealed");
    expect(to.open(now, record, got).has_value(), "and opened");
    expect_secret(got, "what it held is secret");
  };
  for (int minute = 0; minute <= 16; ++minute) {
    say(programmer, implant);
    say(implant, programmer);
    now = now + minutes(1);
  }
  expect(record[1] == 1, "the key changed");
  say(programmer, implant);
  expect(!implant.open(now, record, got), "an old record is dropped");
  for (int i = 0; i < kMostBadTags; ++i) {
    expect(programmer.seal(now, plain, record).has_value(), "a record is sealed");
    record.back() ^= 1;
    expect(!implant.open(now, record, got), "a wrong tag is refused");
  }
  expect(!implant.alive(), "three wrong tags end it");
}

}  // namespace
}  // namespace theca::link

int main(int argc, char** argv) {
  using namespace theca::link;
  const std::string_view what = argc == 2 ? argv[1] : "";
  if (RUNNING_ON_VALGRIND == 0 || sodium_init() < 0) {
    std::fprintf(stderr, "constant_time_probe: says nothing without valgrind\n");
    return 2;
  }
  if (what == "link") {
    gate<MarkedSodium>();
    records();
  } else if (what == "branch") {
    gate<LeavesEarly>();
  } else if (what == "address") {
    Shaken<LooksUp>{}.shake();
  } else {
    std::fprintf(stderr, "constant_time_probe link|branch|address\n");
    return 2;
  }
  return failures == 0 ? 0 : 1;
}
