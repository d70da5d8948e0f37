// The programmer's side: what opens its session, and what does not keep it from opening.
#include "link/caller.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "link/sodium.hpp"

namespace theca::link {
namespace {

using Sent = std::vector<std::uint8_t>;

Key filled(std::uint8_t with) {
  Key key{};
  key.fill(with);
  return key;
}

/// An implant that answers a first message, with another ephemeral key each time.
struct Answering {
  NearFieldNonce number{};
  Key secret = filled(2), pairing = filled(3);
  std::uint8_t made = 10;

  Sent answer(const Frame& first) {
    Handshake<Sodium> responder{
        kIkPsk2, Side::kResponder, prologue_of(number),
        Keys{secret, filled(++made), std::nullopt, session_psk<Sodium>(pairing, number)}};
    std::array<std::uint8_t, kMostBody> payload{}, body{};
    const Bytes message = frame_of(first.bytes())->body;
    if (!responder.read(message.first(message.size() - kGateBytes), payload)) return {};
    const auto size = responder.write(written(SecondPayload{{1}, 4, 5}), body);
    const Frame second{FrameType::kSecond, Bytes{body}.first(size.value_or(0))};
    return {second.bytes().begin(), second.bytes().end()};
  }
};

/// Somebody on the air turns bits of answers, cuts them and makes some up, as many as he likes: none opens
/// the session, and the implant's own does after them all.
RC_GTEST_PROP(Caller, INV_13_opens_by_the_implants_answer_after_any_number_of_forged_ones, ()) {
  Answering implant;
  implant.number.fill(*rc::gen::arbitrary<std::uint8_t>());
  Caller<Sodium> caller{{filled(1), {}, Sodium::public_of(implant.secret), implant.pairing}};
  const Frame first = caller.call(implant.number, filled(4));
  const Sent genuine = implant.answer(first);
  for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
    Sent forged = implant.answer(first);
    switch (*rc::gen::inRange(0, 3)) {
      case 0: {
        const auto bit = *rc::gen::inRange<std::size_t>(16, 8 * forged.size());
        forged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        break;
      }
      case 1:
        forged.resize(*rc::gen::inRange<std::size_t>(2, forged.size()));
        forged[0] = static_cast<std::uint8_t>(forged.size() - 1);
        break;
      default:
        for (std::size_t at = kFrameHead; at < forged.size(); ++at)
          forged[at] = *rc::gen::arbitrary<std::uint8_t>();
    }
    RC_ASSERT(!caller.opens(Instant{}, forged));
    RC_ASSERT(caller.calling());
  }
  RC_ASSERT(caller.opens(Instant{}, genuine));
  RC_ASSERT(caller.implant().boots == 4U);
  RC_ASSERT(caller.say(Instant{}, asking(1, ReadStatus{})).has_value());
}

TEST(Caller, an_answer_to_an_older_call_opens_nothing) {
  Answering implant;
  Caller<Sodium> caller{{filled(1), {}, Sodium::public_of(implant.secret), implant.pairing}};
  const Sent old = implant.answer(caller.call(implant.number, filled(4)));
  const Frame again = caller.call(implant.number, filled(5));
  EXPECT_FALSE(caller.opens(Instant{}, old));
  EXPECT_TRUE(caller.opens(Instant{}, implant.answer(again)));
}

}  // namespace
}  // namespace theca::link
