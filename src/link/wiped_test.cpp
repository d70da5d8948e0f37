// No secret outlives what it was for: not in an object that is over, not on the stack.
#include <gtest/gtest.h>

#include <limits>
#include <new>
#include <set>

#include "link/link_testing.hpp"
#include "link/session.hpp"
#include "link/wake_gate.hpp"

namespace theca::link {
namespace {

using example::key_of;
using example::Vector;

/// Sodium, and every secret that it made, and every room that was wiped.
struct Watched : Sodium {
  static inline std::set<Vector> made, wiped;

  static Hash hmac(Bytes key, std::span<const Bytes> parts) {
    const Hash out = Sodium::hmac(key, parts);
    made.emplace(out.begin(), out.end());
    return out;
  }
  static std::optional<Key> dh(const Key& secret, const Key& other) {
    const auto out = Sodium::dh(secret, other);
    if (out) made.emplace(out->begin(), out->end());
    return out;
  }
  static void seal(Room out, const Key& key, std::uint64_t nonce, Bytes associated, Bytes plain) {
    Sodium::seal(out, key, nonce, associated, plain);
    if (nonce == std::numeric_limits<std::uint64_t>::max())
      made.emplace(out.begin(), out.end());  // the next key
  }
  static void wipe(Room room) {
    wiped.emplace(room.begin(), room.end());
    Sodium::wipe(room);
  }
};
static_assert(Crypto<Watched>);

/// An object that can be looked into, also after its end.
template <class T>
class Glass {
 public:
  explicit Glass(const auto&... with) : it_(new (room_.data()) T(with...)) {}
  Glass(const Glass&) = delete;
  Glass& operator=(const Glass&) = delete;
  ~Glass() {
    if (it_ != nullptr) it_->~T();
  }
  T* operator->() { return it_; }
  T& operator*() { return *it_; }
  void end() {
    it_->~T();
    it_ = nullptr;
  }
  /// Eight bytes of it anywhere.
  [[nodiscard]] bool holds(Bytes secret) const {
    constexpr std::size_t kPiece = 8;
    Vector seen;  // as it lies in memory, whatever the compiler knows of the object's life
    const volatile std::uint8_t* at = room_.data();
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      const std::uint8_t byte = at[i];
      seen.push_back(byte);
    }
    for (std::size_t i = 0; i + kPiece <= secret.size(); ++i) {
      if (!std::ranges::search(seen, secret.subspan(i, kPiece)).empty()) return true;
    }
    return false;
  }
  [[nodiscard]] bool holds_any(const std::set<Vector>& secrets) const {
    return std::ranges::any_of(secrets, [&](const Vector& secret) { return holds(secret); });
  }

 private:
  alignas(T) std::array<std::uint8_t, sizeof(T)> room_{};
  T* it_;
};

Key scattered(std::uint8_t from) {
  Key key;
  for (std::uint8_t& byte : key) byte = from = static_cast<std::uint8_t>(from * 5 + 17);
  return key;
}
const Key kProgrammer = scattered(1), kImplant = scattered(2), kPsk = scattered(3), kFirst = scattered(4),
          kSecond = scattered(5);
std::set<Vector> secrets_of_all() {
  std::set<Vector> all = Watched::made;
  for (const Key& key : {kProgrammer, kImplant, kPsk, kFirst, kSecond}) all.emplace(key.begin(), key.end());
  return all;
}

struct Wiped : ::testing::Test {
  void SetUp() override {
    Watched::made.clear();
    Watched::wiped.clear();
  }
  void shake() {
    const auto first = initiator->write({}, wire);
    ASSERT_TRUE(first && responder->read(Bytes{wire}.first(*first), read));
    const auto second = responder->write({}, wire);
    ASSERT_TRUE(second && initiator->read(Bytes{wire}.first(*second), read));
  }
  std::array<std::uint8_t, 256> wire{}, read{};
  Glass<Handshake<Watched>> initiator{kIkPsk2, Side::kInitiator, Bytes{},
                                      Keys{kProgrammer, kFirst, Sodium::public_of(kImplant), kPsk}};
  Glass<Handshake<Watched>> responder{kIkPsk2, Side::kResponder, Bytes{},
                                      Keys{kImplant, kSecond, std::nullopt, kPsk}};
};

TEST_F(Wiped, a_handshake_that_failed_holds_no_secret) {
  const auto first = initiator->write({}, wire);
  EXPECT_TRUE(initiator.holds(kProgrammer) && initiator.holds(kFirst) && initiator.holds(kPsk))
      << "the search sees";
  EXPECT_TRUE(responder->read(Bytes{wire}.first(*first), read));
  const auto second = responder->write({}, wire);
  EXPECT_TRUE(initiator.holds_any(Watched::made)) << "and what was made";
  wire[40] ^= 1;
  EXPECT_FALSE(initiator->read(Bytes{wire}.first(*second), read));
  EXPECT_FALSE(initiator.holds_any(secrets_of_all()));
}

TEST_F(Wiped, a_handshake_that_is_gone_leaves_no_secret) {
  shake();
  EXPECT_TRUE(responder.holds(kImplant) && responder.holds(kSecond) && responder.holds(kPsk));
  EXPECT_TRUE(responder.holds_any(Watched::made));
  responder.end();
  EXPECT_FALSE(responder.holds_any(secrets_of_all()));
}

TEST_F(Wiped, a_session_that_is_over_or_gone_holds_no_key) {
  shake();
  Glass<Session<Watched>> over{*initiator, Side::kInitiator, Instant{}},
      gone{*responder, Side::kResponder, Instant{}};
  EXPECT_TRUE(over.holds_any(Watched::made) && gone.holds_any(Watched::made));
  over->end();
  EXPECT_FALSE(over.holds_any(Watched::made));
  gone.end();
  EXPECT_FALSE(gone.holds_any(Watched::made));
}

TEST_F(Wiped, each_secret_that_was_made_was_wiped_somewhere) {
  shake();
  {
    Session<Watched> from{*initiator, Side::kInitiator, Instant{}},
        to{*responder, Side::kResponder, Instant{}};
    Instant now;
    for (int minute = 0; minute <= 15; ++minute) {  // over a change of keys
      auto length = from.seal(now, {}, wire);
      ASSERT_TRUE(length && to.open(now, Bytes{wire}.first(*length), read));
      length = to.seal(now, {}, wire);
      ASSERT_TRUE(length && from.open(now, Bytes{wire}.first(*length), read));
      now = now + minutes(1);
    }
    EXPECT_EQ(wire[1], 1);
  }
  initiator.end();
  responder.end();
  // Of a side six keys are mixed in, a psk, and the split: two or three each, and what they were made with.
  EXPECT_GT(Watched::made.size(), 25U);
  for (const Vector& secret : secrets_of_all()) EXPECT_TRUE(Watched::wiped.contains(secret));
}

TEST_F(Wiped, a_gate_that_is_gone_leaves_no_key) {
  Glass<WakeGate<Watched>> gate{kPsk};
  EXPECT_TRUE(gate.holds_any(Watched::made));
  gate.end();
  EXPECT_FALSE(gate.holds_any(Watched::made));
}

}  // namespace
}  // namespace theca::link
