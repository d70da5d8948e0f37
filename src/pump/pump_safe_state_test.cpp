// A safe state never gives more than what has expired falls back to, and never stands without an alarm
// (INV-5).
#include <gtest/gtest.h>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

PumpModel with_sensor() {
  PumpModel model = kRoller;
  model.sensor_error = microlitres(500);
  return model;
}

/// Both classes: less fluid than counted is answered with the safe state, here the emergency rate.
Prescription both(Fallback fallback) {
  const Formulation fluid =
      example::fluid(1, {{kMorphine, DrugClass::kOpioid, milligrams_per_millilitre(20)},
                         {DrugCode{4}, DrugClass::kWithdrawalProne, milligrams_per_millilitre(1)}});
  Prescription p = continuous(1, fluid, FlowRate{400'000});
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{300'000}};
  p.fallback = fallback;
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 10 * 86'400;
  return p;
}

TEST(SafeState, INV_5_gives_no_more_than_the_fall_back_once_the_prescription_has_expired) {
  const auto flow_after_expiry = [](Fallback fallback) {
    const Prescription p = both(fallback);
    Bench bench{setup_with(p.formulation), p, with_sensor()};
    bench.run_for(days(1));
    bench.sense(millilitres(20));
    EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
    EXPECT_EQ(bench.pump.status().flow, FlowRate{300'000});
    bench.run_for(days(10));
    EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
    return bench.pump.status().flow;
  };
  EXPECT_EQ(flow_after_expiry(Fallback::kMinimumRate), kRoller.minimum_rate);
  EXPECT_EQ(flow_after_expiry(Fallback::kStop), FlowRate{0});
  EXPECT_EQ(flow_after_expiry(Fallback::kSafeState), FlowRate{300'000});
}

TEST(SafeState, INV_5_keeps_its_alarm_when_the_clinic_has_seen_it_until_a_prescription_ends_both) {
  const Prescription p = both(Fallback::kMinimumRate);
  Bench bench{setup_with(p.formulation), p, with_sensor()};
  bench.run_for(days(1));
  bench.sense(millilitres(20));
  bench.acknowledge();
  EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
  EXPECT_TRUE(bench.has_alarm(Alarm::kVolumeDisagrees));
  Prescription next = both(Fallback::kMinimumRate);
  next.number = 2;
  ASSERT_TRUE(bench.prescribe(next));
  EXPECT_FALSE(bench.has_alarm(Alarm::kVolumeDisagrees));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
}

TEST(SafeState, a_new_prescription_does_not_end_an_alarm_that_nobody_has_seen) {
  const Prescription p = both(Fallback::kMinimumRate);
  Bench bench{setup_with(p.formulation), p, with_sensor()};
  bench.run_for(days(1));
  bench.sense(millilitres(20));
  Prescription next = both(Fallback::kMinimumRate);
  next.number = 2;
  ASSERT_TRUE(bench.prescribe(next));
  EXPECT_TRUE(bench.has_alarm(Alarm::kVolumeDisagrees));
}

}  // namespace
}  // namespace theca
