#include "link/caller.hpp"

#include "link/sodium.hpp"
#include "verify/fuzz/fuzz.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {
namespace {

using namespace link;

Key key(std::uint8_t fill) {
  Key key;
  key.fill(fill);
  return key;
}

/// A programmer, and an implant reduced to its half of the protocol.
class Conversation {
 public:
  /// The pairing's secret is this input's own: the fuzzer remembers genuine answers of other inputs.
  explicit Conversation(Bytes data) : pairing_(Sodium::sha256(std::array{data})) {}

  void deed(Script& script) {
    const std::uint8_t what = script.byte();
    switch (what % 8) {
      case 0:
        return call(script.byte(), script.byte());
      case 1:
        return answer(script);
      case 2:
        return opens(blob(answer_));
      case 3:
        return opens(changed(answer_, script));
      case 4: {
        now_ = now_ + Duration{std::int64_t{script.byte()} * 301};
        return;
      }
      case 5:
        return say(script.chunk());
      case 6:
        return reply(script.chunk());
      default:
        if (records_.empty()) return opens(blob(script.chunk()));
        return hear(what < 128 ? records_[what / 8 % records_.size()] : changed(records_.back(), script));
    }
  }

 private:
  void call(std::uint8_t number, std::uint8_t ephemeral) {
    number_.fill(number);
    first_ = blob(caller_.call(number_, key(ephemeral)).bytes());
    const auto view = frame_of(first_);
    hold(view && view->type == FrameType::kFirst, "a call is a first message");
    WakeGate<Sodium> gate{pairing_};
    gate.expect(number_);
    hold(gate.admit(view->body).has_value(), "for which the gate opens");
    open_ = false;
    answer_.clear();
  }
  void answer(Script& script) {
    const auto view = frame_of(first_);
    if (!view) return;
    responder_.emplace(
        kIkPsk2, Side::kResponder, prologue_of(number_),
        Keys{key(22), key(script.byte()), std::nullopt, session_psk<Sodium>(pairing_, number_)});
    std::array<std::uint8_t, kMostBody> payload{}, body{};
    const Bytes message = view->body.first(view->body.size() - kGateBytes);
    hold(responder_->read(message, payload).has_value(), "which the implant reads");
    const auto told = written(SecondPayload{{1, 2, 3}, 4, 5});
    const auto size = responder_->write(Bytes{told}.first(script.byte() < 250 ? told.size() : 3), body);
    hold(size.has_value(), "and answers");
    answer_ = blob(Frame{FrameType::kSecond, Bytes{body}.first(*size)}.bytes());
  }
  void opens(const Blob& frame) {
    const bool genuine = caller_.calling() && !answer_.empty() && same(frame, answer_);
    const bool opened = caller_.opens(now_, frame);
    hold(!opened || genuine, "a session opens with the implant's own answer alone");
    if (!opened) return;
    hold(caller_.implant().boots == 4 && caller_.implant().epoch == 5, "and tells what the implant has said");
    implant_.emplace(*responder_, Side::kResponder, now_);
    open_ = true;
    records_.clear();
    plains_.clear();
    heard_.clear();
  }
  void say(Bytes text) {
    const auto frame = caller_.say(now_, asking(static_cast<std::uint16_t>(text.size()), ReadStatus{}));
    hold(!frame || open_, "only in a session");
    if (!frame || !implant_) return;
    std::array<std::uint8_t, kMostPlain> out{};
    const auto view = frame_of(frame->bytes());
    const auto length = implant_->open(now_, view->body, out);
    if (!length) return hold(!implant_->alive(), "the implant opens what its caller says");
    const auto message = message_of(Bytes{out}.first(*length));
    hold(message && message->tag == text.size(), "as it was said");
  }
  void reply(Bytes text) {
    if (!implant_ || text.size() > kMostPlain) return;
    std::array<std::uint8_t, kMostBody> body{};
    const auto size = implant_->seal(now_, text, body);
    if (!size) return;
    records_.push_back(blob(Frame{FrameType::kFromImplant, Bytes{body}.first(*size)}.bytes()));
    plains_.push_back(blob(text));
  }
  void hear(const Blob& frame) {
    const auto text = caller_.hear(now_, frame);
    if (!text) return;
    const auto which = std::ranges::find(records_, frame);
    hold(open_ && which != records_.end(), "what is heard was said by the implant");
    const auto index = static_cast<std::size_t>(which - records_.begin());
    hold(same(*text, plains_[index]), "in these words");
    hold(std::ranges::find(heard_, index) == heard_.end(), "once");
    heard_.push_back(index);
  }

  Key pairing_;
  Caller<Sodium> caller_{CallerKeys{key(11), {}, Sodium::public_of(key(22)), pairing_}};
  Instant now_;
  NearFieldNonce number_{};
  Blob first_, answer_;
  std::optional<Handshake<Sodium>> responder_;
  std::optional<Session<Sodium>> implant_;
  bool open_ = false;
  std::vector<Blob> records_, plains_;
  std::vector<std::size_t> heard_;
};

}  // namespace

void caller(Bytes data) {
  constexpr int kMostDeeds = 24;
  Script script{data};
  Conversation conversation{data};
  for (int i = 0; i < kMostDeeds && script.any(); ++i) conversation.deed(script);
}

}  // namespace theca::fuzz
