#include "link/session.hpp"

#include "link/link_testing.hpp"
#include "verify/fuzz/fuzz.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {
namespace {

using link::Sodium;

struct Sent {
  Blob plain, record;
};

class TwoSessions {
 public:
  explicit TwoSessions(const link::example::Pair& pair)
      : sides_{link::Session<Sodium>{*pair.initiator, link::Side::kInitiator, Instant{0}},
               link::Session<Sodium>{*pair.responder, link::Side::kResponder, Instant{0}}} {}

  void deed(Script& script) {
    const std::uint8_t what = script.byte();
    const std::size_t to = what & 1, from = 1 - to;
    switch (what >> 1 & 7) {
      case 0:
        seal(from, script.chunk());
        break;
      case 1:
        if (!sent_[from].empty()) deliver(to, sent_[from].size() - 1);
        break;
      case 2:
        if (!sent_[from].empty()) deliver(to, script.byte() % sent_[from].size());
        break;
      case 3:
        if (!sent_[from].empty()) open(to, changed(sent_[from].back().record, script));
        break;
      case 4:
        open(to, (what & 0x80) != 0 && !sent_[to].empty() ? sent_[to].back().record : blob(script.chunk()));
        break;
      case 5:
        pass(milliseconds_of(script.byte()));
        break;
      case 6:
        sides_[to].field(now_, (what & 0x80) != 0);
        if ((what & 0x80) != 0) {
          lost_[to].reset();
        } else if (!lost_[to]) {
          lost_[to] = now_;
        }
        look(to);
        break;
      default:  // a quarter of an hour of talk, or its end
        if ((what & 0x80) != 0) {
          sides_[to].end();
          dead_[to] = true;
          break;
        }
        for (int i = 0; i < 20; ++i) {
          pass(seconds(50));
          seal(from, {});
          if (!sent_[from].empty()) deliver(to, sent_[from].size() - 1);
          seal(to, {});
          if (!sent_[to].empty()) deliver(from, sent_[to].size() - 1);
        }
        break;
    }
  }

 private:
  static Duration milliseconds_of(std::uint8_t byte) { return Duration{std::int64_t{byte} * 301}; }

  void pass(Duration time) {
    now_ = now_ + time;
    for (std::size_t side = 0; side < 2; ++side) look(side);
  }
  /// A session ends by time alone, when the page says so.
  void look(std::size_t side) {
    sides_[side].look(now_);
    dead_[side] = dead_[side] || now_ - heard_[side] > link::kMostIdle ||
                  (lost_[side] && now_ - *lost_[side] > link::kMostFieldLost);
    hold(sides_[side].alive() == !dead_[side], "a session lives until it is over, and no longer");
  }
  void seal(std::size_t from, Bytes plain) {
    Blob record(plain.size() + link::kRecordOverhead);
    const auto length = sides_[from].seal(now_, plain, record);
    hold(length.has_value() == !dead_[from], "a session that lives seals");
    if (!length) return;
    hold(*length == record.size(), "as long as it was said");
    for (const Sent& before : sent_[from])
      hold(!same(Bytes{before.record}.first(link::kRecordHeader), Bytes{record}.first(link::kRecordHeader)),
           "no count is used twice");
    sent_[from].push_back({blob(plain), std::move(record)});
  }
  void deliver(std::size_t to, std::size_t index) {
    const Sent& sent = sent_[1 - to][index];
    const bool fresh = !last_[to] || index > *last_[to];
    const auto opened = open(to, sent.record);
    const bool newest = index + 1 == sent_[1 - to].size();
    hold(!opened || fresh, "a record is taken once, in the order they were sent");
    hold(opened || !fresh || !newest || dead_[to], "the newest of them opens");
    if (!opened) return;
    hold(*opened == sent.plain, "it holds what was sealed");
  }
  std::optional<Blob> open(std::size_t to, const Blob& record) {
    Blob out(record.size());
    const auto length = sides_[to].open(now_, record, out);
    hold(!length || !dead_[to], "a session that is over opens nothing");
    if (!length) {
      if (length.error() == link::RecordError::kWrong && ++bad_[to] >= link::kMostBadTags) dead_[to] = true;
      hold(sides_[to].alive() == !dead_[to], "it ends at the third wrong tag, and not before");
      hold(std::ranges::all_of(out, [](std::uint8_t b) { return b == 0; }), "a wrong record tells nothing");
      return std::nullopt;
    }
    out.resize(*length);
    const auto& sent = sent_[1 - to];
    const auto which = std::ranges::find(sent, record, &Sent::record);
    hold(which != sent.end(), "what opens was sealed by the other side");
    const auto index = static_cast<std::size_t>(which - sent.begin());
    hold(!last_[to] || index > *last_[to], "once, and in order");
    last_[to] = index;
    heard_[to] = now_;
    return out;
  }

  std::array<link::Session<Sodium>, 2> sides_;
  std::array<std::vector<Sent>, 2> sent_;
  std::array<std::optional<std::size_t>, 2> last_;
  std::array<Instant, 2> heard_{};
  std::array<std::optional<Instant>, 2> lost_;
  std::array<int, 2> bad_{};
  std::array<bool, 2> dead_{};
  Instant now_;
};

}  // namespace

void session(Bytes data) {
  constexpr int kMostDeeds = 48;
  Script script{data};
  // Keys of this input's own: the fuzzer remembers genuine records of other inputs.
  link::example::Pair pair{{}, 1, Sodium::sha256(std::array{data})};
  hold(pair.shake(), "they shake hands");
  TwoSessions sessions{pair};
  for (int i = 0; i < kMostDeeds && script.any(); ++i) sessions.deed(script);
}

}  // namespace theca::fuzz
