#pragma once
/// What holds of two sides of a handshake, whatever becomes of their messages.

#include "link/session.hpp"
#include "link/sodium.hpp"
#include "verify/fuzz/fuzz.hpp"

namespace theca::fuzz {

template <link::Crypto C>
class TwoSides {
 public:
  explicit TwoSides(Script& script)
      : script_(script), pattern_(link::kPatterns[script.byte() % link::kPatterns.size()]) {
    const link::Key first = key(11), second = key(22);
    const std::uint8_t wrong = script.byte();  // one of the keys is another than the other side believes
    link::Keys mine{first, key(33), std::nullopt, std::nullopt},
        theirs{second, key(44), std::nullopt, std::nullopt};
    if (pattern_.knows_responder) mine.other = C::public_of((wrong & 1) != 0 ? key(99) : second);
    if (pattern_.knows_initiator) theirs.other = C::public_of((wrong & 2) != 0 ? key(99) : first);
    if (pattern_.has_psk()) {
      mine.psk = key(55);
      theirs.psk = key((wrong & 4) != 0 ? 99 : 55);
    }
    const std::array<std::uint8_t, 3> prologue{1, 2, static_cast<std::uint8_t>(wrong & 8)};
    sides_[0].emplace(pattern_, link::Side::kInitiator, Bytes{prologue}.first(2), mine);
    sides_[1].emplace(pattern_, link::Side::kResponder, Bytes{prologue}.first((wrong & 8) != 0 ? 3 : 2),
                      theirs);
  }

  void deed() {
    const std::uint8_t what = script_.byte(), side = what & 1;
    link::Handshake<C>& mine = *sides_[side];
    if ((what >> 1 & 3) == 0) return write(side, script_.chunk());
    const Blob* newest = nullptr;
    for (const auto& [from, bytes] : sent_) {
      if (from != side) newest = &bytes;
    }
    switch (what >> 1 & 3) {
      case 1:
        if (newest != nullptr) read(mine, *newest);
        break;
      case 2:  // any of them, one's own as well; or made up
        if (sent_.empty() || (what & 0x80) != 0) return read(mine, blob(script_.chunk()));
        read(mine, sent_[script_.byte() % sent_.size()].second);
        break;
      default:
        if (newest != nullptr) read(mine, changed(*newest, script_));
        break;
    }
  }

  void both_hold() {
    link::Handshake<C>&a = *sides_[0], &b = *sides_[1];
    if (!a.done() || !b.done()) return;
    hold(a.hash() == b.hash(), "two sides that are done have the same hash");
    hold(!a.other() || *a.other() == C::public_of(key(22)), "and are who they say");
    hold(!b.other() || *b.other() == C::public_of(key(11)), "both of them");
    carries(a, link::Side::kInitiator, b, link::Side::kResponder);
    carries(b, link::Side::kResponder, a, link::Side::kInitiator);
  }

 private:
  static link::Key key(std::uint8_t fill) {
    link::Key key;
    key.fill(fill);
    return key;
  }
  void write(std::uint8_t side, Bytes payload) {
    link::Handshake<C>& mine = *sides_[side];
    std::array<std::uint8_t, 600> out{};
    const std::size_t expected = payload.size() + mine.overhead();
    const bool over = mine.failed() || mine.done();
    const auto length = mine.write(payload, out);
    hold(!over || !length, "a handshake that is over writes nothing");
    if (!length) return;
    hold(*length == expected, "a message is as long as it was said");
    sent_.emplace_back(side, blob(Bytes{out}.first(*length)));
  }
  void read(link::Handshake<C>& mine, const Blob& message) {
    constexpr std::uint8_t kBefore = 0xA5;
    std::array<std::uint8_t, 300> payload{};
    payload.fill(kBefore);
    const bool over = mine.failed() || mine.done();
    const auto length = mine.read(message, payload);
    hold(!over || !length, "a handshake that is over reads nothing");
    hold(!mine.failed() || !mine.done(), "one that failed is not done");
    if (length) return hold(*length <= message.size(), "a payload is no longer than its message");
    hold(std::ranges::all_of(payload, [](std::uint8_t b) { return b == kBefore || b == 0; }),
         "nothing is told of a payload before its tag holds");
  }
  static void carries(const link::Handshake<C>& from, link::Side side, const link::Handshake<C>& to,
                      link::Side other) {
    link::Session<C> sender{from, side, Instant{0}}, receiver{to, other, Instant{0}};
    const std::array<std::uint8_t, 5> plain{1, 2, 3, 4, 5};
    std::array<std::uint8_t, plain.size() + link::kRecordOverhead> record{};
    std::array<std::uint8_t, plain.size()> out{};
    const auto sealed = sender.seal(Instant{0}, plain, record);
    const auto opened = receiver.open(Instant{0}, record, out);
    hold(sealed && opened && out == plain, "what one side seals the other opens");
  }

  Script& script_;
  link::Pattern pattern_;
  std::array<std::optional<link::Handshake<C>>, 2> sides_;
  std::vector<std::pair<std::uint8_t, Blob>> sent_;
};

template <link::Crypto C>
void handshake_holds(Bytes data) {
  constexpr int kMostDeeds = 16;
  Script script{data};
  TwoSides<C> sides{script};
  for (int i = 0; i < kMostDeeds && script.any(); ++i) {
    sides.deed();
    sides.both_hold();
  }
}

}  // namespace theca::fuzz
