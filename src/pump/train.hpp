#pragma once
/// A step train: what the engine hands to the step timer before it sleeps.
///
/// The timer adds `rate` units each millisecond to `phase` and makes a step whenever `units_per_step` is
/// reached: the k-th step falls at start + ceil((k * units_per_step - phase) / rate), so no remainder is lost
/// inside a train and the first step continues where the last train stopped.

#include <algorithm>
#include <cstdint>

#include "quantity/exact.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// No train is longer: what a power cut can leave unknown is at most an hour of it (INV-8).
inline constexpr Duration kLongestTrain = hours(1);

struct Train {
  Instant start;
  std::int64_t count = 0;           // steps, >= 1
  std::int64_t rate = 0;            // nL/day = units per ms, >= 1
  std::int64_t units_per_step = 1;  // step volume in nL x ms/day
  std::int64_t phase = 0;           // [0, units_per_step)

  /// When the k-th step falls, 1 <= k <= count.
  [[nodiscard]] constexpr Instant step_at(std::int64_t k) const {
    return start + Duration{divide_up(k * units_per_step - phase, rate)};
  }
  [[nodiscard]] constexpr Instant end() const { return step_at(count); }
  /// Has the last step fallen by `t`?
  [[nodiscard]] constexpr bool all_by(Instant t) const { return made_by(t) == count; }
  /// Steps that have fallen by `t`.
  [[nodiscard]] constexpr std::int64_t made_by(Instant t) const {
    if (t < start) return 0;
    const std::int64_t earned = phase + rate * std::min((t - start).raw(), kLongestTrain.raw());
    return earned >= count * units_per_step ? count : earned / units_per_step;
  }
  friend bool operator==(const Train&, const Train&) = default;
};

/// What the step timer and the step sensor say, read together at `now`.
struct MotorReading {
  Instant now;
  std::int64_t reported = 0;  // steps sensed since manufacture; never decreases
};

}  // namespace theca
