#pragma once
/// A programmer that asks and waits: a session over any line, and what became of each question. A line may
/// lose, double and turn round what it carries.

#include <cstdint>
#include <expected>
#include <optional>

#include "link/caller.hpp"

namespace theca::link {

/// How long an answer is waited for, and how often a question is asked.
inline constexpr Duration kPatience = seconds(2);
inline constexpr int kTries = 5;
/// How long another number of the coil is waited for once one has come.
inline constexpr Duration kNewNumber = milliseconds(200);

/// What became of a change.
enum class Delivery : std::uint8_t {
  kConfirmed,  // the implant has said so, or its sequence does
  kFailed,     // for certain: it was refused, or never arrived and never will
  kUncertain,  // not known yet; the implant's sequence will tell
};

enum class NoAnswer : std::uint8_t {
  kNoField,    // the coil gave no number
  kSilence,    // nobody answered the call: no implant, wrong keys, or a certificate that it does not take
  kLost,       // in a session, the answer did not come
  kOver,       // the session has ended
  kMalformed,  // an answer that is none
};

/// A reply, or the outcome that came instead.
template <class M>
using Answered = std::expected<typename M::Reply, Outcome>;

/// `Line` has
///   void send(Bytes frame)                            by radio
///   std::optional<Frame> radio(Duration patience)     the next frame heard, or nothing in that time
///   std::optional<NearFieldNonce> number(Duration)    the coil's newest number that was not given yet
///   Instant now()
///   Key random()
template <Crypto C, class Line>
class Dialogue {
 public:
  Dialogue(const CallerKeys& keys, Line& line) : caller_(keys), line_(line) {}

  /// Opens a session. Each number of the coil is called with until its answer comes.
  std::expected<void, NoAnswer> open() {
    std::optional<NoAnswer> why = NoAnswer::kNoField;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const auto number = line_.number(attempt == 0 ? kPatience : kNewNumber);
      if (!number && !number_) continue;
      if (number) number_ = number;
      why = NoAnswer::kSilence;
      const Frame first = caller_.call(*number_, line_.random());
      line_.send(first.bytes());
      if (!hear_opening()) continue;
      // Said again until it is answered, while the session lives: who is in stays in.
      auto ready = outcome(asking(++tag_, Ready{}));
      for (int again = 1; again < kTries && !ready && ready.error() == NoAnswer::kLost; ++again)
        ready = outcome(asking(++tag_, Ready{}));
      if (ready && ready->answer == LinkAnswer::kDone) return {};
      why = ready ? NoAnswer::kMalformed : ready.error();
      if (why == NoAnswer::kMalformed) break;
    }
    return std::unexpected(*why);
  }
  [[nodiscard]] bool alive() { return caller_.open(line_.now()); }
  [[nodiscard]] const SecondPayload& implant() const { return caller_.implant(); }
  /// With which the session was opened; zeros: none was.
  [[nodiscard]] NearFieldNonce number() const { return number_.value_or(NearFieldNonce{}); }

  /// Asks for something that has a reply of its own. A question that changes nothing is asked again.
  template <class M>
  std::expected<Answered<M>, NoAnswer> ask(const M& message) {
    NoAnswer why = NoAnswer::kLost;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const auto plain = exchange(asking(++tag_, message));
      if (!plain) {
        why = plain.error();
        if (why == NoAnswer::kOver) break;
        continue;
      }
      if (plain->code == kOutcomeByte) {
        const auto outcome = read<Outcome>(plain->body);
        if (!outcome) return std::unexpected(NoAnswer::kMalformed);
        return Answered<M>{std::unexpected(*outcome)};
      }
      const auto reply = read<typename M::Reply>(plain->body);
      if (!reply || plain->code != (static_cast<std::uint8_t>(M::kOpcode) | kReplyBit))
        return std::unexpected(NoAnswer::kMalformed);
      return Answered<M>{*reply};
    }
    return std::unexpected(why);
  }

  /// Tells something whose answer is an outcome, once.
  template <class M>
  std::expected<Outcome, NoAnswer> tell(const M& message) {
    return outcome(asking(++tag_, message));
  }

  /// A change is told again until it is answered: the implant takes it once, by its intent.
  template <class M>
  std::expected<Outcome, NoAnswer> change(const M& message) {
    std::expected<Outcome, NoAnswer> said = std::unexpected(NoAnswer::kLost);
    for (int attempt = 0; attempt < kTries; ++attempt) {
      said = tell(message);
      if (said || said.error() != NoAnswer::kLost) break;
    }
    return said;
  }

 private:
  bool hear_opening() {
    const Instant until = line_.now() + kPatience;
    while (line_.now() < until) {
      const auto frame = line_.radio(until - line_.now());
      if (!frame) return false;
      if (caller_.opens(line_.now(), frame->bytes())) return true;
    }
    return false;
  }
  std::expected<Outcome, NoAnswer> outcome(const Plain& plain) {
    const auto answer = exchange(plain);
    if (!answer) return std::unexpected(answer.error());
    const auto outcome = answer->code == kOutcomeByte ? read<Outcome>(answer->body) : std::nullopt;
    if (!outcome) return std::unexpected(NoAnswer::kMalformed);
    return *outcome;
  }
  /// One record out, and the answer with its tag back.
  std::expected<MessageView, NoAnswer> exchange(const Plain& plain) {
    const auto frame = caller_.say(line_.now(), plain);
    if (!frame) return std::unexpected(NoAnswer::kOver);
    line_.send(frame->bytes());
    const Instant until = line_.now() + kPatience;
    while (line_.now() < until) {
      const auto heard = line_.radio(until - line_.now());
      if (!heard) break;
      last_ = *heard;
      const auto text = caller_.hear(line_.now(), last_.bytes());
      if (!text) continue;
      const auto message = message_of(*text);
      if (message && message->tag == tag_) return *message;
    }
    return std::unexpected(caller_.open(line_.now()) ? NoAnswer::kLost : NoAnswer::kOver);
  }

  Caller<C> caller_;
  Line& line_;
  std::optional<NearFieldNonce> number_;
  Frame last_;
  std::uint16_t tag_ = 0;
};

}  // namespace theca::link
