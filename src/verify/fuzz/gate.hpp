#pragma once
/// What holds of an implant that is spoken to by somebody without its keys: nothing comes of it, however much
/// is sent, and its gate looks no more often than it may. The frames are those of real visits to this
/// implant, as somebody who listened would have them.

#include "verify/fuzz/people.hpp"
#include "verify/stored_pump_access.hpp"

namespace theca::fuzz {

/// How many looks a gate may have had: a few at once when the field comes, then one after 1, 2, 4, 8, 16 and
/// each 32 s.
class PermittedLooks {
 public:
  void field_comes(Instant now) {
    before_ += of(now);
    since_ = now;
  }
  [[nodiscard]] std::int64_t by(Instant now) const { return before_ + of(now); }

 private:
  [[nodiscard]] std::int64_t of(Instant now) const {
    if (!since_) return 0;
    std::int64_t looks = link::kFreeLooks + 1;
    Duration deaf = link::kShortestDeafness;
    for (Instant next = *since_ + deaf; next <= now; next = next + deaf) {
      ++looks;
      deaf = std::min(deaf * 2, link::kLongestDeafness);
    }
    return looks;
  }
  std::int64_t before_ = 0;
  std::optional<Instant> since_;
};

template <link::Crypto C>
void gate_holds(Bytes data) {
  constexpr int kMostDeeds = 64;
  constexpr std::uint8_t kOtherNumbers = 222;  // a coil's number does not come twice
  Script script{data};
  const Snapshot& from = snapshot(static_cast<Life>(script.byte() % kLives));
  Rig<C> rig{*from.memory, kOtherNumbers};
  Rig<C> alone{*from.memory, kOtherNumbers};  // the same, to whom nobody speaks
  PermittedLooks permitted;
  bool near = false;
  const auto captured = [&]() -> const Blob& {
    static const Blob kNothing;
    const auto& frames = (script.byte() & 1) != 0 ? from.from_implant : from.to_implant;
    return frames.empty() ? kNothing : frames[script.byte() % frames.size()];
  };
  for (int i = 0; i < kMostDeeds && script.any(); ++i) {
    const std::uint8_t what = script.byte();
    switch (what % 6) {
      case 0:
        if (!near) permitted.field_comes(rig.now());
        near = true;
        rig.field(true);
        break;
      case 1:
        near = false;
        rig.field(false);
        break;
      case 2: {
        const Duration time{std::int64_t{script.byte()} * (what < 128 ? 37 : 1'009)};
        rig.pass(time);
        alone.pass(time);
        break;
      }
      case 3:
        rig.radio(captured());
        break;
      case 4:
        rig.radio(changed(captured(), script));
        break;
      default:
        if (what < 128) {
          rig.radio(script.chunk());
        } else {
          rig.radio(link::Frame{static_cast<link::FrameType>(script.byte() % 0x14), script.chunk()}.bytes());
        }
        break;
    }
  }
  const LinkCounts& counts = rig.implant().counts();
  hold(counts.handshakes == 0, "nobody without keys gets past the gate");
  hold(counts.sessions == 0 && counts.commands == 0 && !rig.implant().in_session(), "nor into a session");
  hold(rig.heard.empty(), "nor hears an answer");
  hold(counts.gate_looks <= permitted.by(rig.now()), "the gate looks no more often than it may");
  hold(StoredPumpTestAccess::image(rig.implant().stored().pump()) ==
           StoredPumpTestAccess::image(alone.implant().stored().pump()),
       "the pump is as it would be alone");
  hold(rig.writes == alone.writes, "and so is its memory");
}

}  // namespace theca::fuzz
