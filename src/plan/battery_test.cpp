// The battery that a labelled service life asks for.
#include "plan/battery.hpp"

#include <gtest/gtest.h>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using namespace example;

TEST(BatteryFor, lasts_its_service_life_at_a_quarter_of_a_millilitre_a_day) {
  for (const PumpModel& model : {kRoller, kValve}) {
    for (const std::int32_t years : {5, 7, 10}) {
      const BatteryModel battery = battery_for(model.step, years);
      const std::int64_t steps = microlitres(250).raw() / model.step.raw();
      const Charge a_day = battery.per_day + battery.per_step * steps + battery.per_call * 30;
      const double lasts =
          static_cast<double>(battery.capacity.raw()) * 0.95 / static_cast<double>(a_day.raw());
      EXPECT_NEAR(lasts, years * 365, 3) << years;
    }
  }
}

}  // namespace
}  // namespace theca
