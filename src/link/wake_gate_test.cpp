// The gate before any arithmetic: the secret and the coil's number of this moment, once.
#include "link/wake_gate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "link/link_testing.hpp"

namespace theca::link {
namespace {

using example::key_of;
using example::Vector;

constexpr NearFieldNonce kNonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

Vector frame(const Key& psk, const Vector& message, const NearFieldNonce& nonce) {
  Vector out = message;
  const auto tag = gate_tag<Sodium>(gate_key<Sodium>(psk), message, nonce);
  out.insert(out.end(), tag.begin(), tag.end());
  return out;
}

TEST(WakeGate, opens_once_for_one_number) {
  WakeGate<Sodium> gate{key_of(9)};
  const Vector good = frame(key_of(9), Vector(96, 7), kNonce);
  EXPECT_FALSE(gate.admit(good)) << "no field, no number, no answer";
  gate.expect(kNonce);
  const auto message = gate.admit(good);
  ASSERT_TRUE(message);
  EXPECT_EQ(Vector(message->begin(), message->end()), Vector(96, 7));
  EXPECT_FALSE(gate.admit(good)) << "the number is used up";
  NearFieldNonce next = kNonce;
  next[0] ^= 1;
  gate.expect(next);
  EXPECT_FALSE(gate.admit(good)) << "of another moment";
  gate.expect(kNonce);
  gate.close();
  EXPECT_FALSE(gate.admit(good)) << "the field is gone";
}

TEST(WakeGate, whoever_has_the_radio_alone_does_not_get_through) {
  WakeGate<Sodium> gate{key_of(9)};
  gate.expect(kNonce);
  EXPECT_FALSE(gate.admit(frame(key_of(8), Vector(96, 7), kNonce))) << "another secret";
  EXPECT_FALSE(gate.admit(frame(key_of(9), Vector(96, 7), NearFieldNonce{}))) << "did not see the coil";
  EXPECT_FALSE(gate.admit({}));
  EXPECT_FALSE(gate.admit(Vector(kGateBytes))) << "a tag and no message";
  EXPECT_TRUE(gate.admit(frame(key_of(9), Vector(96, 7), kNonce))) << "junk does not use the number up";
}

/// Reckoned by Python's hmac.
TEST(WakeGate, its_tag_is_an_hmac_under_a_key_of_its_own) {
  const auto tag = gate_tag<Sodium>(gate_key<Sodium>(key_of(9)), Vector(96, 7), kNonce);
  EXPECT_EQ(Vector(tag.begin(), tag.end()), example::from_hex("4c4342f59b116ff7929f17d26c5b514c"));
}

RC_GTEST_PROP(WakeGate, any_message_gets_through_with_its_tag_and_none_without_a_message, ()) {
  WakeGate<Sodium> gate{key_of(9)};
  gate.expect(kNonce);
  RC_ASSERT(!gate.admit(frame(key_of(9), {}, kNonce)).has_value());
  const Vector message = *rc::gen::nonEmpty(rc::gen::arbitrary<Vector>());
  const Vector whole = frame(key_of(9), message, kNonce);
  const auto got = gate.admit(whole);
  RC_ASSERT(got.has_value());
  RC_ASSERT(std::ranges::equal(*got, message));
}
TEST(WakeGate, a_message_of_one_byte_is_one) {
  WakeGate<Sodium> gate{key_of(9)};
  gate.expect(kNonce);
  EXPECT_TRUE(gate.admit(frame(key_of(9), {1}, kNonce)));
}

RC_GTEST_PROP(WakeGate, no_frame_that_was_not_made_for_it_gets_through, ()) {
  WakeGate<Sodium> gate{key_of(9)};
  gate.expect(kNonce);
  Vector bytes = *rc::gen::arbitrary<Vector>();
  RC_ASSERT(!gate.admit(bytes).has_value());
  Vector good = frame(key_of(9), *rc::gen::nonEmpty(rc::gen::arbitrary<Vector>()), kNonce);
  const auto bit = *rc::gen::inRange<std::size_t>(0, 8 * good.size());
  good[bit / 8] = static_cast<std::uint8_t>(good[bit / 8] ^ 1U << bit % 8);
  RC_ASSERT(!gate.admit(good).has_value());
}

}  // namespace
}  // namespace theca::link
