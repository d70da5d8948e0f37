#pragma once
/// What the link may take from the battery: an allowance that fills by the day and is never gone beyond
/// (INV-14). Every byte heard, every look at the gate, every handshake and record is charged. When it is used
/// up the coil's field pays for what is done while it is there, so that whoever is near is always heard
/// (INV-13), and what is not near is not heard at all.
///
/// What the costs rest on: 50 uA/MHz and 1.3 cycles an instruction (assumed, a small Cortex-M), instructions
/// as counted in QEMU on a Cortex-M4 with libsodium: 29.6 k for a look at the gate, 5.72 M for the
/// responder's handshake, 1.32 M for a certificate, 8.0 k to seal or open a record (measured). A byte is one
/// at 5 mA and 100 kbit/s, listening is 1.5 % of 5 mA (assumed).

#include <algorithm>
#include <cstdint>

#include "quantity/quantity.hpp"

namespace theca::link {

struct EnergyCosts {
  Charge listening_second = microcoulombs(75);
  Charge byte = nanocoulombs(400);
  Charge look = nanocoulombs(1'924);
  Charge handshake = nanocoulombs(457'600);
  Charge record = nanocoulombs(1'040);
};
inline constexpr EnergyCosts kEnergyCosts{};

/// A hundredth of the battery in a year; of an Ah where a model names none.
constexpr Charge link_allowance(Charge capacity) {
  const Charge of = capacity.raw() > 0 ? capacity : millicoulombs(3'600'000);
  return Charge{of.raw() / 100 / 365};
}

class EnergyLedger {
 public:
  /// Begins empty: to start again and again fills nothing.
  explicit EnergyLedger(Charge a_day) : a_second_(a_day.raw() / kSecondsADay), most_(a_day * kMostDays) {}

  void begin(Instant now) { filled_at_ = now; }

  /// True: it is paid for. `near`: the coil's field is there.
  bool pay(Instant now, Charge cost, bool near) {
    fill(now);
    if (left_ >= cost) {
      left_ = left_ - cost;
      spent_ = spent_ + cost;
      return true;
    }
    if (near) harvested_ = harvested_ + cost;
    return near;
  }

  /// From the battery, and from the coil's field, since the implant started.
  [[nodiscard]] Charge spent() const { return spent_; }
  [[nodiscard]] Charge harvested() const { return harvested_; }

  static constexpr std::int64_t kMostDays = 30;  // that may be saved up

 private:
  static constexpr std::int64_t kSecondsADay = 86'400;

  void fill(Instant now) {
    const std::int64_t seconds_gone = std::min((now - filled_at_).raw() / 1'000, kMostDays * kSecondsADay);
    if (seconds_gone < 0) {
      filled_at_ = now;
    } else if (seconds_gone > 0) {
      left_ = std::min(most_, left_ + Charge{a_second_ * seconds_gone});
      filled_at_ = filled_at_ + seconds((now - filled_at_).raw() / 1'000);
    }
  }

  std::int64_t a_second_;
  Charge most_, left_{}, spent_{}, harvested_{};
  Instant filled_at_;
};

}  // namespace theca::link
