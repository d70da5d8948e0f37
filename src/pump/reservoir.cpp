#include "pump/reservoir.hpp"

#include <algorithm>

#include "quantity/exact.hpp"

namespace theca {
namespace {
constexpr std::int64_t kMillion = 1'000'000;
}

Volume Reservoir::count_error(std::int64_t steps) const {
  const Volume used = step_ * (steps - steps_at_fill_);
  return Volume{divide_up(used.raw() * accuracy_ppm_, kMillion)};
}

Volume Reservoir::earliest(std::int64_t steps) const {
  const auto after = [&](Volume from, std::int64_t at) {
    const Volume nominal_used = step_ * (steps - at);
    return from.raw() - divide_up(nominal_used.raw() * (kMillion + accuracy_ppm_), kMillion);
  };
  std::int64_t left = after(filled_, steps_at_fill_);
  if (has_sensed_) left = std::min(left, after(last_sensed_ - sensor_error_, steps_at_sense_));
  return Volume{std::max<std::int64_t>(0, left)};
}

std::int64_t Reservoir::steps_until_earliest(Volume level) const {
  const std::int64_t counted = steps_until(level, filled_, steps_at_fill_);
  if (!has_sensed_) return counted;
  return std::min(counted, steps_until(level, last_sensed_ - sensor_error_, steps_at_sense_));
}

/// The first step from `at` on that leaves no more than `level` of `from`.
std::int64_t Reservoir::steps_until(Volume level, Volume from, std::int64_t at) const {
  if (from <= level) return at;
  // smallest n with ceil(n * step * (1 + a)) >= from - level
  const std::int64_t need = (from - level).raw() - 1;  // ceil(x) >= m  <=>  x > m - 1
  const std::int64_t per_step = step_.raw() * (kMillion + accuracy_ppm_);
  return at + need * kMillion / per_step + 1;
}

std::optional<VolumeCause> Reservoir::sense(Volume sensed, std::int64_t steps, Instant now) {
  const Volume difference = sensed - nominal(steps);
  const Volume beyond = difference - accepted_;
  const Volume tolerance = sensor_error_ + count_error(steps);
  const bool less = beyond.raw() < 0;
  const bool disagrees = less ? Volume{} - beyond > tolerance : beyond > tolerance;
  // What the motor can have carried since the last reading, and the sensor's own error at both.
  const Volume carried = step_ * (steps - steps_at_sense_);
  const Volume most =
      carried + Volume{divide_up(carried.raw() * accuracy_ppm_, kMillion)} + sensor_error_ * 2;
  const bool at_once = has_sensed_ && last_sensed_ - sensed > most;
  if (!has_sensed_) wrong_from_fill_ = disagrees;
  const bool from_fill = wrong_from_fill_ && !at_once;
  has_sensed_ = true;
  last_sensed_ = sensed;
  steps_at_sense_ = steps;
  if (!disagrees) return std::nullopt;
  if (from_fill) return less ? VolumeCause::kNotFilled : VolumeCause::kOverfilled;
  if (!less) return VolumeCause::kUnderInfusion;
  if (!at_once) return VolumeCause::kOverInfusion;
  return soon_after_fill(now) ? VolumeCause::kDrawnOff : VolumeCause::kLost;
}

}  // namespace theca
