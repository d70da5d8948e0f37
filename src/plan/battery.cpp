#include "plan/battery.hpp"

#include <algorithm>

namespace theca {

BatteryModel battery_for(Volume step, std::int32_t service_life_years) {
  constexpr Charge kCapacity = millicoulombs(1'500 * 3'600);  // 1.5 Ah
  constexpr Volume kDailyVolume = microlitres(250);
  constexpr std::int64_t kUsablePercent = 95, kIdlePercent = 50, kMotorPercent = 48, kCallsPercent = 2;
  constexpr std::int64_t kCallsADay = 30;
  constexpr Charge kFiveMilliamperes = microcoulombs(5'000);  // a second
  const std::int64_t life_days = std::int64_t{service_life_years} * 365;
  const Charge a_day{kCapacity.raw() / 100 * kUsablePercent / life_days};
  const std::int64_t steps_a_day = std::max<std::int64_t>(1, whole_steps(kDailyVolume, step));
  return {.capacity = kCapacity,
          .per_day = Charge{a_day.raw() / 100 * kIdlePercent},
          .per_step = Charge{a_day.raw() / 100 * kMotorPercent / steps_a_day},
          .per_call = Charge{a_day.raw() / 100 * kCallsPercent / kCallsADay},
          .per_second_of_sound = kFiveMilliamperes,
          .per_second_of_telemetry = kFiveMilliamperes};
}

}  // namespace theca
