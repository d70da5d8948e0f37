#include "pump/battery.hpp"

#include <algorithm>

namespace theca {
namespace {

/// The model may be a fifth wrong: the cell may hold 1 / 1.25 of what it says, or each thing take 1.2 times.
constexpr std::int64_t kWorseNumerator = 5, kWorseDenominator = 4;
/// So much of it can be used, whatever it holds: a cell's last part gives no voltage under load.
constexpr std::int64_t kEndPercent = 95;
/// Wakes of a day, requests and visits; the notice itself, when nobody sees it, sounds every ten minutes.
constexpr std::int64_t kCallsADay = 60;
constexpr std::int64_t kSoundSecondsADay = 144 * 3;

constexpr Charge worse(Charge charge) { return Charge{charge.raw() / kWorseDenominator * kWorseNumerator}; }
constexpr Charge usable(Charge capacity) { return Charge{capacity.raw() / 100 * kEndPercent}; }

}  // namespace

void Battery::closed(Instant now) {
  if (talking_since_ == kNever) return;
  talk_ms_ += std::min(now - talking_since_, kLongestSession).raw();
  talking_since_ = kNever;
}

Charge Battery::used(ChargeCause cause, Instant now, std::int64_t steps) const {
  const auto for_ms = [](Charge per_second, std::int64_t ms) {
    return Charge{per_second.raw() * (ms / 10) / 100};
  };
  switch (cause) {
    case ChargeCause::kIdle:
      return Charge{model_.per_day.raw() / 24 * (now.raw() / hours(1).raw())};
    case ChargeCause::kMotor:
      return model_.per_step * steps;
    case ChargeCause::kCalls:
      return model_.per_call * calls_;
    case ChargeCause::kSound:
      return for_ms(model_.per_second_of_sound, sound_ms_);
    case ChargeCause::kTelemetry:
      return for_ms(model_.per_second_of_telemetry, talk_ms_);
  }
  return Charge{};
}

Charge Battery::used(Instant now, std::int64_t steps) const {
  Charge sum;
  for (std::size_t i = 0; i < kChargeCauses; ++i) sum += used(static_cast<ChargeCause>(i), now, steps);
  return sum;
}

Charge Battery::left(Instant now, std::int64_t steps) const {
  return std::max(Charge{}, model_.capacity - used(now, steps));
}

Charge Battery::a_day(std::int64_t steps) const {
  return model_.per_day + model_.per_step * steps + model_.per_call * kCallsADay +
         model_.per_second_of_sound * kSoundSecondsADay;
}

Duration Battery::lasts(Instant now, std::int64_t steps, std::int64_t steps_a_day) const {
  const std::int64_t an_hour = std::max<std::int64_t>(1, a_day(steps_a_day).raw() / 24);
  return hours(left(now, steps).raw() / an_hour);
}

bool Battery::replace_soon(Instant now, std::int64_t steps, std::int64_t steps_a_day) const {
  const Charge notice = a_day(steps_a_day) * (kReplacementNotice.raw() / days(1).raw());
  return worse(used(now, steps) + notice) >= usable(model_.capacity);
}

bool Battery::at_end(Instant now, std::int64_t steps) const {
  return used(now, steps) >= usable(model_.capacity);
}

}  // namespace theca
