/// What a handshake, a record and the gate cost, each against libsodium's bare functions for the same, played
/// turn and turn about in one run: they are the limit that the rest of the link can only add to.

#include <benchmark/benchmark.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "link/session.hpp"
#include "link/sodium.hpp"
#include "link/wake_gate.hpp"

namespace theca::link {
namespace {

/// Certificate of a role and the caller's time, about; the second message has no payload.
constexpr std::size_t kFirstPayload = 120;
using Message = std::array<std::uint8_t, 512>;

void must(bool so) {
  if (!so) std::abort();
}
Key filled(std::uint8_t with) {
  Key key;
  key.fill(with);
  return key;
}
double seconds_of(const auto& what, int times) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) what();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}
/// `ours` in so many at a time, and `limit` as many times after it.
void against(benchmark::State& state, int batch, const auto& ours, const auto& limit) {
  double took = 0, least = 0;
  for (auto _ : state) {
    const double once = seconds_of(ours, batch);
    state.SetIterationTime(once);
    took += once;
    least += seconds_of(limit, batch);
  }
  const double count = static_cast<double>(batch) * static_cast<double>(state.iterations());
  state.counters["per_s"] = count / took;
  state.counters["us_each"] = 1e6 * took / count;
  state.counters["limit_us_each"] = 1e6 * least / count;
  state.counters["limit_reached_percent"] = 100 * least / took;
}

// ---- the limit ------------------------------------------------------------------------------------------

void bare_dh() {
  static const Key secret = filled(1), other = Sodium::public_of(filled(2));
  Key out;
  must(crypto_scalarmult(out.data(), secret.data(), other.data()) == 0);
  benchmark::DoNotOptimize(out);
}
void bare_public_key() {
  static const Key secret = filled(3);
  Key out;
  crypto_scalarmult_base(out.data(), secret.data());
  benchmark::DoNotOptimize(out);
}
template <std::size_t N>
void bare_hmac() {
  static const std::array<std::uint8_t, N> text{};
  static const Key key = filled(4);
  Hash out;
  crypto_auth_hmacsha256(out.data(), text.data(), text.size(), key.data());
  benchmark::DoNotOptimize(out);
}
template <std::size_t N>
void bare_seal_and_open() {
  static const Key key = filled(5);
  static const std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> nonce{};
  static const std::array<std::uint8_t, kRecordHeader> header{};
  std::array<std::uint8_t, N> plain{};
  std::array<std::uint8_t, N + kTagBytes> sealed;
  crypto_aead_chacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plain.data(), plain.size(), header.data(),
                                            header.size(), nullptr, nonce.data(), key.data());
  must(crypto_aead_chacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                 header.data(), header.size(), nonce.data(),
                                                 key.data()) == 0);
  benchmark::DoNotOptimize(plain);
}

// ---- the link -------------------------------------------------------------------------------------------

/// A programmer's and an implant's keys for one handshake.
struct Visit {
  Key programmer = filled(11), implant = filled(21), psk = filled(9);
  Keys first{programmer, filled(31), Sodium::public_of(implant), psk};
  Keys second{implant, filled(41), std::nullopt, psk};
  std::array<std::uint8_t, kFirstPayload> payload{};
};

/// A first message; its bytes.
std::size_t first_message(const Visit& visit, Message& wire) {
  Handshake<Sodium> initiator{kIkPsk2, Side::kInitiator, {}, visit.first};
  const auto length = initiator.write(visit.payload, wire);
  must(length.has_value());
  return *length;
}

/// The least that a side needs: four shared secrets, and the public half of its ephemeral key.
void least_of_a_side() {
  for (int i = 0; i < 4; ++i) bare_dh();
  bare_public_key();
}

void handshake_both_sides(benchmark::State& state) {
  const Visit visit;
  const auto ours = [&] {
    Message wire, read;
    Handshake<Sodium> initiator{kIkPsk2, Side::kInitiator, {}, visit.first};
    Handshake<Sodium> responder{kIkPsk2, Side::kResponder, {}, visit.second};
    const auto first = initiator.write(visit.payload, wire);
    must(first && responder.read(Bytes{wire}.first(*first), read));
    const auto second = responder.write({}, wire);
    must(second && initiator.read(Bytes{wire}.first(*second), read));
    benchmark::DoNotOptimize(initiator.split());
    benchmark::DoNotOptimize(responder.split());
  };
  against(state, 1, ours, [] {
    least_of_a_side();
    least_of_a_side();
  });
}

void handshake_responder(benchmark::State& state) {
  const Visit visit;
  Message first;
  const std::size_t length = first_message(visit, first);
  const auto ours = [&] {
    Message wire, read;
    Handshake<Sodium> responder{kIkPsk2, Side::kResponder, {}, visit.second};
    must(responder.read(Bytes{first}.first(length), read) && responder.write({}, wire));
    benchmark::DoNotOptimize(responder.split());
  };
  against(state, 1, ours, least_of_a_side);
}

/// A record of so many bytes, sealed by one side and opened by the other.
template <std::size_t N>
void record(benchmark::State& state) {
  const Visit visit;
  Message wire, read;
  Handshake<Sodium> initiator{kIkPsk2, Side::kInitiator, {}, visit.first};
  Handshake<Sodium> responder{kIkPsk2, Side::kResponder, {}, visit.second};
  const auto first = initiator.write({}, wire);
  must(first && responder.read(Bytes{wire}.first(*first), read));
  const auto second = responder.write({}, wire);
  must(second && initiator.read(Bytes{wire}.first(*second), read));
  Session<Sodium> from{initiator, Side::kInitiator, Instant{}}, to{responder, Side::kResponder, Instant{}};
  std::array<std::uint8_t, N> plain{};
  std::array<std::uint8_t, N + kRecordOverhead> sealed;
  const auto ours = [&] {
    must(from.seal(Instant{}, plain, sealed) && to.open(Instant{}, sealed, plain));
    benchmark::DoNotOptimize(plain);
  };
  against(state, 100, ours, bare_seal_and_open<N>);
}

constexpr std::size_t kFirstBytes = 2 * kKeyBytes + kTagBytes + kFirstPayload + kTagBytes;
constexpr std::size_t kGated = kFirstBytes + sizeof(NearFieldNonce);  // what the gate's tag is made of
using Frame = std::array<std::uint8_t, kFirstBytes + kGateBytes>;

enum class Comes { kJunk, kJunkWithTheTag, kTrue };

/// What comes over the air, up to where it is dropped or the first message is taken.
template <Comes comes>
void gate(benchmark::State& state) {
  const Visit visit;
  const NearFieldNonce nonce{7};
  Frame frame{};
  Message wire;
  must(first_message(visit, wire) == kFirstBytes);
  std::copy_n(wire.begin(), kFirstBytes, frame.begin());
  if (comes != Comes::kTrue) frame[0] ^= 1;  // its ephemeral key
  const auto tag = gate_tag<Sodium>(gate_key<Sodium>(visit.psk), Bytes{frame}.first(kFirstBytes), nonce);
  std::ranges::copy(tag, frame.begin() + kFirstBytes);
  if (comes == Comes::kJunk) frame.back() ^= 1;

  WakeGate<Sodium> gate{visit.psk};
  const auto ours = [&] {
    gate.expect(nonce);
    const auto message = gate.admit(frame);
    must(message.has_value() == (comes != Comes::kJunk));
    if (!message) return;
    Message read;
    Handshake<Sodium> responder{kIkPsk2, Side::kResponder, {}, visit.second};
    must(responder.read(*message, read).has_value() == (comes == Comes::kTrue));
  };
  against(state, comes == Comes::kJunk ? 100 : 1, ours, [] {
    bare_hmac<kGated>();
    if (comes == Comes::kJunkWithTheTag) bare_dh();
    for (int i = 0; comes == Comes::kTrue && i < 2; ++i) bare_dh();
  });
}

// The bare functions themselves.
void limit(benchmark::State& state, void (*bare)()) {
  for (auto _ : state) bare();
}

BENCHMARK(handshake_both_sides)
    ->Name("link/handshake/both_sides")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(handshake_responder)
    ->Name("link/handshake/responder")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(record<48>)->Name("link/record/100x48")->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(record<200>)->Name("link/record/100x200")->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(gate<Comes::kJunk>)->Name("link/gate/100xjunk")->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(gate<Comes::kJunkWithTheTag>)
    ->Name("link/gate/junk_that_reaches_the_curves")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(gate<Comes::kTrue>)
    ->Name("link/gate/true_first_message")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(limit, x25519, bare_dh)->Name("link/limit/x25519")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(limit, x25519_base, bare_public_key)
    ->Name("link/limit/x25519_base")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(limit, aead48, bare_seal_and_open<48>)
    ->Name("link/limit/chachapoly_both_ways/48")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(limit, aead200, bare_seal_and_open<200>)
    ->Name("link/limit/chachapoly_both_ways/200")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(limit, hmac, bare_hmac<kGated>)
    ->Name("link/limit/hmac_sha256/232")
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace theca::link
