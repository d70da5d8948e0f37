// The handshake against published vectors, and what becomes of one that meets anything wrong.
#include "link/handshake.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <map>

#include "link/link_testing.hpp"

namespace theca::link {
namespace {

using example::from_hex;
using example::key_of;
using example::Pair;
using example::Vector;

/// Debian's golang-github-flynn-noise-dev.
constexpr const char* kVectors = "/usr/share/gocode/src/github.com/flynn/noise/vectors.txt";

using Case = std::map<std::string, std::string>;
std::vector<Case> cases() {
  std::vector<Case> all;
  std::ifstream in{kVectors};
  for (std::string line; std::getline(in, line);) {
    const std::size_t is = line.find('=');
    if (is == std::string::npos) continue;
    const std::string key = line.substr(0, is);
    if (key == "handshake") all.emplace_back();
    if (!all.empty()) all.back()[key] = line.substr(is + 1);
  }
  return all;
}

/// One case with our engine on both sides; how many messages were alike.
int played(const Pattern& pattern, const Case& of) {
  const auto bytes = [&](const std::string& key) {
    return of.contains(key) ? from_hex(of.at(key)) : Vector{};
  };
  const auto psk =
      of.contains("preshared_key") ? std::optional{key_of(bytes("preshared_key"))} : std::nullopt;
  const Key initiator_secret = key_of(bytes("init_static")), responder_secret = key_of(bytes("resp_static"));
  Keys first{initiator_secret, key_of(bytes("gen_init_ephemeral")), std::nullopt, psk};
  Keys second{responder_secret, key_of(bytes("gen_resp_ephemeral")), std::nullopt, psk};
  if (pattern.knows_responder) first.other = Sodium::public_of(responder_secret);
  if (pattern.knows_initiator) second.other = Sodium::public_of(initiator_secret);
  const Vector prologue = bytes("prologue");
  Handshake<Sodium> initiator{pattern, Side::kInitiator, prologue, first};
  Handshake<Sodium> responder{pattern, Side::kResponder, prologue, second};
  EXPECT_FALSE(initiator.failed() || responder.failed());

  int alike = 0;
  std::size_t number = 0;
  std::array<std::uint8_t, 1'024> wire{}, read{};
  for (; number < pattern.messages; ++number) {
    const Vector payload = bytes("msg_" + std::to_string(number) + "_payload"),
                 wanted = bytes("msg_" + std::to_string(number) + "_ciphertext");
    auto& from = number % 2 == 0 ? initiator : responder;
    auto& to = number % 2 == 0 ? responder : initiator;
    const std::size_t whole = payload.size() + from.overhead();
    EXPECT_EQ(to.overhead(), from.overhead());
    const auto length = from.write(payload, Room{wire}.first(whole));
    EXPECT_TRUE(length);
    if (!length) return alike;
    EXPECT_EQ(*length, whole) << "what the overhead says";
    EXPECT_EQ(Vector(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(*length)), wanted);
    const auto got = to.read(Bytes{wire}.first(*length), Room{read}.first(payload.size()));
    EXPECT_TRUE(got);
    if (!got) return alike;
    EXPECT_EQ(Vector(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(*got)), payload);
    ++alike;
  }
  EXPECT_TRUE(initiator.done() && responder.done());
  EXPECT_EQ(initiator.overhead(), 0U) << "nothing comes next";
  EXPECT_EQ(initiator.hash(), responder.hash());
  EXPECT_EQ(*responder.other(), Sodium::public_of(initiator_secret));
  auto ciphers = initiator.split();
  for (; of.contains("msg_" + std::to_string(number) + "_ciphertext"); ++number) {
    const Vector payload = bytes("msg_" + std::to_string(number) + "_payload"),
                 wanted = bytes("msg_" + std::to_string(number) + "_ciphertext");
    // The vectors seal the first record from the initiator, whoever spoke last, and the next one back.
    auto& cipher = (number - pattern.messages) % 2 == 0 ? ciphers.to_responder : ciphers.to_initiator;
    EXPECT_TRUE(cipher.seal(Room{wire}.first(payload.size() + kTagBytes), {}, payload));
    EXPECT_EQ(Vector(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(payload.size() + kTagBytes)),
              wanted);
    ++alike;
  }
  return alike;
}

TEST(Handshake, is_byte_for_byte_that_of_published_vectors) {
  const std::vector<Case> all = cases();
  ASSERT_GT(all.size(), 1'000U) << kVectors << ": missing? Package golang-github-flynn-noise-dev";
  std::map<std::string, int> held;
  // Beside the link's, one whose static key goes in clear.
  std::vector<Pattern> patterns{kPatterns.begin(), kPatterns.end()};
  patterns.push_back({"IX", false, false, 2, {{{kE, kS}, {kE, kEe, kSe, kS, kEs}}}});
  for (const Pattern& pattern : patterns) {
    const std::string name = "Noise_" + std::string{pattern.name} + "_25519_ChaChaPoly_SHA256";
    for (const Case& one : all) {
      if (one.at("handshake") != name) continue;
      SCOPED_TRACE(name);
      EXPECT_GE(played(pattern, one), 4);
      ++held[name];
    }
  }
  EXPECT_EQ(held.size(), patterns.size()) << "each pattern has vectors";
  EXPECT_GE(held["Noise_IKpsk2_25519_ChaChaPoly_SHA256"], 2);
}

/// The published vectors have no hash; this one is noise-c's, both sides.
TEST(Handshake, its_hash_is_that_of_another_engine) {
  std::array<std::uint8_t, 256> wire{}, payload{};
  const std::array<std::uint8_t, 2> prologue{1, 2};
  Handshake<Sodium> initiator{
      kIk, Side::kInitiator, prologue, {key_of(0x11), key_of(0x33), Sodium::public_of(key_of(0x22)), {}}};
  Handshake<Sodium> responder{kIk, Side::kResponder, prologue, {key_of(0x22), key_of(0x44), {}, {}}};
  const auto first = initiator.write(Vector{5, 6, 7}, wire);
  ASSERT_TRUE(first && responder.read(Bytes{wire}.first(*first), payload));
  const auto second = responder.write(Vector{8}, wire);
  ASSERT_TRUE(second && initiator.read(Bytes{wire}.first(*second), payload));
  const Vector wanted = from_hex("9f5246245931a0c92233c354807a6b35204a412dd85e195ee6f1d0a9e7e42450");
  EXPECT_TRUE(std::ranges::equal(initiator.hash(), wanted));
  EXPECT_TRUE(std::ranges::equal(responder.hash(), wanted));
}

/// Noise 5.2: a name that fits a hash is the hash, with zeros behind it; a longer one is hashed.
TEST(Handshake, begins_with_its_name_or_the_hash_of_it) {
  for (const std::string pattern : {"X", "XX", "XXX"}) {
    const Handshake<Sodium> handshake{
        {pattern, false, false, 1, {{{kE}}}}, Side::kInitiator, {}, {key_of(1), key_of(2), {}, {}}};
    const std::string name = "Noise_" + pattern + "_25519_ChaChaPoly_SHA256";
    Vector start{name.begin(), name.end()};
    if (start.size() > kKeyBytes) {
      const std::array<Bytes, 1> whole{start};
      const Hash hash = Sodium::sha256(whole);
      start.assign(hash.begin(), hash.end());
    }
    start.resize(kKeyBytes);
    const std::array<Bytes, 1> and_no_prologue{start};
    EXPECT_EQ(handshake.hash(), Sodium::sha256(and_no_prologue)) << name;
  }
}

/// Noise's longest message goes both ways; one byte more does not, and harms the side that read it alone.
TEST(Handshake, the_longest_message_is_65535_bytes) {
  Vector wire(kMostMessage + 1), payload(kMostMessage + 1);
  Pair pair;
  const std::size_t most = kMostMessage - pair.initiator->overhead();
  EXPECT_EQ(pair.initiator->write(Vector(most + 1), wire).error(), HandshakeError::kTooLong);
  const auto length = pair.initiator->write(Vector(most, 7), wire);
  ASSERT_TRUE(length);
  EXPECT_EQ(*length, kMostMessage);
  Pair other;
  EXPECT_EQ(other.responder->read(wire, payload).error(), HandshakeError::kTooLong);
  EXPECT_TRUE(other.responder->failed());
  EXPECT_EQ(pair.responder->read(Bytes{wire}.first(*length), payload), most);
}

/// Any bit of either message: the side that reads it is over, and nothing of the payload is told.
RC_GTEST_PROP(Handshake, a_turned_bit_ends_it, ()) {
  Pair pair;
  std::array<std::uint8_t, 256> wire{}, payload{};
  const std::array<std::uint8_t, 5> certificate{1, 2, 3, 4, 5};
  const bool first = *rc::gen::arbitrary<bool>();
  auto length = pair.initiator->write(certificate, wire);
  if (!first) {
    RC_ASSERT(pair.responder->read(Bytes{wire}.first(*length), payload).has_value());
    length = pair.responder->write(certificate, wire);
  }
  auto& reader = first ? pair.responder : pair.initiator;
  const auto bit = *rc::gen::inRange<std::size_t>(0, 8 * *length);
  // The top bit of a public key is not part of it (RFC 7748): it turns the hash alone, and that ends it as
  // well.
  wire[bit / 8] = static_cast<std::uint8_t>(wire[bit / 8] ^ 1U << bit % 8);
  payload.fill(0xaa);
  const auto got = reader->read(Bytes{wire}.first(*length), payload);
  RC_ASSERT(!got.has_value());
  RC_ASSERT(reader->failed());
  RC_ASSERT(!std::ranges::equal(Bytes{payload}.first(certificate.size()), certificate));
  RC_ASSERT(reader->read(Bytes{wire}.first(*length), payload).error() == HandshakeError::kOver);
}

TEST(Handshake, another_psk_prologue_or_key_does_not_get_through) {
  std::array<std::uint8_t, 256> wire{}, payload{};
  const std::array<std::uint8_t, 1> here{1}, there{2};
  {
    Pair mine{here}, other{there};
    const auto length = mine.initiator->write({}, wire);
    EXPECT_FALSE(other.responder->read(Bytes{wire}.first(*length), payload));
  }
  {  // another implant's key
    Pair mine, other{{}, 2};
    const auto length = mine.initiator->write({}, wire);
    EXPECT_FALSE(other.responder->read(Bytes{wire}.first(*length), payload));
  }
  {  // another psk: the implant's answer does not open, and the implant waits for a record in vain
    const Key implant = key_of(21), programmer = key_of(11);
    Handshake<Sodium> initiator{
        kIkPsk2, Side::kInitiator, {}, Keys{programmer, key_of(31), Sodium::public_of(implant), key_of(8)}};
    Handshake<Sodium> responder{
        kIkPsk2, Side::kResponder, {}, Keys{implant, key_of(41), std::nullopt, key_of(9)}};
    const auto first = initiator.write({}, wire);
    EXPECT_TRUE(responder.read(Bytes{wire}.first(*first), payload)) << "psk2 comes after the second message";
    const auto second = responder.write({}, wire);
    EXPECT_FALSE(initiator.read(Bytes{wire}.first(*second), payload));
  }
}

TEST(Handshake, turns_lengths_and_missing_keys_are_told) {
  std::array<std::uint8_t, 256> wire{}, payload{};
  Pair pair;
  EXPECT_EQ(pair.responder->write({}, wire).error(), HandshakeError::kNotMyTurn);
  EXPECT_EQ(pair.initiator->read(wire, payload).error(), HandshakeError::kNotMyTurn);
  EXPECT_EQ(pair.initiator->write({}, Room{wire}.first(20)).error(), HandshakeError::kTooLong);
  EXPECT_EQ(pair.initiator->write({}, Room{wire}.first(pair.initiator->overhead() - 1)).error(),
            HandshakeError::kTooLong);
  EXPECT_TRUE(pair.shake()) << "none of these harmed it";
  EXPECT_EQ(pair.initiator->write({}, wire).error(), HandshakeError::kOver);
  EXPECT_TRUE(pair.initiator->done());
  EXPECT_EQ(pair.initiator->hash(), pair.responder->hash());

  Pair cut;
  EXPECT_EQ(cut.responder->read(Bytes{wire}.first(10), payload).error(), HandshakeError::kTooShort);
  EXPECT_TRUE(cut.responder->failed());
  Pair narrow;
  const auto length = narrow.initiator->write(Vector{1, 2, 3}, wire);
  EXPECT_EQ(narrow.responder->read(Bytes{wire}.first(*length), Room{payload}.first(2)).error(),
            HandshakeError::kTooLong);
  EXPECT_TRUE(narrow.responder->failed());
  Pair none;
  const std::size_t least = none.responder->overhead();
  EXPECT_EQ(none.responder->read(Bytes{wire}.first(least - 1), payload).error(), HandshakeError::kTooShort);

  // A side that brings another set of keys than its pattern asks for never begins.
  const std::optional<Key> key = key_of(3);
  for (const Pattern& pattern : kPatterns) {
    for (const Side side : {Side::kInitiator, Side::kResponder}) {
      for (const auto& other : {key, std::optional<Key>{}}) {
        for (const auto& psk : {key, std::optional<Key>{}}) {
          const bool knows = side == Side::kInitiator ? pattern.knows_responder : pattern.knows_initiator;
          const Handshake<Sodium> handshake{pattern, side, {}, {key_of(1), key_of(2), other, psk}};
          EXPECT_EQ(handshake.failed(), other.has_value() != knows || psk.has_value() != pattern.has_psk());
        }
      }
    }
  }
  Handshake<Sodium> without{
      kIkPsk2, Side::kInitiator, {}, Keys{key_of(1), key_of(2), key_of(3), std::nullopt}};
  EXPECT_TRUE(without.failed());
  EXPECT_EQ(without.write({}, wire).error(), HandshakeError::kOver);
}

TEST(Handshake, a_public_key_of_small_order_is_refused) {
  std::array<std::uint8_t, 256> wire{};
  Handshake<Sodium> initiator{kIkPsk2, Side::kInitiator, {}, Keys{key_of(1), key_of(2), Key{}, key_of(9)}};
  EXPECT_EQ(initiator.write({}, wire).error(), HandshakeError::kWrong);
  EXPECT_TRUE(initiator.failed());
  // And one that comes over the air.
  Pair pair;
  std::array<std::uint8_t, 256> payload{};
  wire.fill(0);
  EXPECT_EQ(pair.responder->read(Bytes{wire}.first(96), payload).error(), HandshakeError::kWrong);
  EXPECT_TRUE(pair.responder->failed());
}

TEST(Handshake, a_pattern_that_asks_for_a_key_nobody_has_ends_it) {
  std::array<std::uint8_t, 256> wire{};
  Handshake<Sodium> handshake{
      {"none", false, false, 1, {{{kE, kEs}}}}, Side::kInitiator, {}, {key_of(1), key_of(2), {}, {}}};
  EXPECT_EQ(handshake.write({}, wire).error(), HandshakeError::kWrong);
  EXPECT_FALSE(handshake.done());
}

}  // namespace
}  // namespace theca::link
