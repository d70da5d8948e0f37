// Break-glass: less drug for a signed time, never more, and it comes back by itself.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

const Formulation kOpioid = morphine(1, 20);
const Formulation kBaclofenFluid = baclofen(1, 2'000);
constexpr FlowRate kRate = microlitres_per_day(480);

Prescription opioid(FlowRate rate = kRate) { return continuous(1, kOpioid, rate); }
/// Stopping harms: what is left in doubt is a third of the basal.
Prescription antispastic(FlowRate rate = kRate) {
  Prescription p = continuous(1, kBaclofenFluid, rate);
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{rate.raw() / 3}};
  return p;
}

TEST(Emergency, INV_10_delivery_goes_down_to_the_safe_rate_and_comes_back_by_itself) {
  Bench bench{setup_with(kOpioid), opioid()};
  bench.run_for(hours(2));
  ASSERT_TRUE(bench.lower(hours(4)));
  EXPECT_EQ(bench.pump.mode(), Mode::kLowered);
  EXPECT_EQ(bench.pump.status().flow, kRoller.minimum_rate);
  EXPECT_TRUE(bench.pump.status().alarms.has(Alarm::kLowered));
  const std::size_t before = bench.steps.size();
  bench.run_for(hours(4) - minutes(1));
  EXPECT_EQ(bench.steps.size() - before, 99U) << "6 uL a day are 25 steps an hour";
  bench.run_for(minutes(2));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  EXPECT_EQ(bench.pump.status().flow, kRate);
  EXPECT_FALSE(bench.pump.status().alarms.any());
  EXPECT_EQ(bench.count(EventCode::kLowered), 1U);
  EXPECT_EQ(bench.count(EventCode::kLoweredEnded), 1U);
}

TEST(Emergency, INV_10_one_whose_stopping_harms_is_not_stopped) {
  Bench bench{setup_with(kBaclofenFluid), antispastic()};
  bench.run_for(hours(1));
  ASSERT_TRUE(bench.lower(hours(24)));
  EXPECT_EQ(bench.pump.status().flow.raw(), kRate.raw() / 3);
}

TEST(Emergency, INV_10_what_is_prescribed_counts_where_it_is_less) {
  const FlowRate little = microlitres_per_day(48);
  Prescription p = continuous(1, kBaclofenFluid, little);
  every_day(p.basal, {{0, little}, {12 * 60, kRate}});
  p.safe_state = {SafeAction::kEmergencyRate, little};
  Bench bench{setup_with(kBaclofenFluid), p};
  ASSERT_TRUE(bench.lower(hours(48)));
  EXPECT_EQ(bench.pump.status().flow, little);
  bench.run_for(hours(30));
  EXPECT_LE(bench.pump.status().flow, little);
}

TEST(Emergency, INV_10_it_never_starts_a_pump_that_a_physician_stopped) {
  Bench bench{setup_with(kOpioid), opioid()};
  bench.run_for(hours(1));
  ASSERT_TRUE(bench.stop());
  const std::int64_t steps = bench.pump.commanded();
  ASSERT_TRUE(bench.lower(hours(1)));
  EXPECT_EQ(bench.pump.mode(), Mode::kStopped);
  bench.run_for(hours(5));
  EXPECT_EQ(bench.pump.commanded(), steps);
}

TEST(Emergency, cuts_a_bolus_refuses_the_next_and_skips_what_is_scheduled) {
  Prescription p = opioid();
  p.patient = quarter_millilitre_a_day();
  p.schedule = each(over(microlitres(50), minutes(10)), 3 * 3'600, 3 * 3'600);
  Bench bench{setup_with(kOpioid), p};
  bench.run_for(hours(1));
  ASSERT_EQ(bench.press().refusal, Refusal::kNone);
  bench.run_for(minutes(1));
  ASSERT_TRUE(bench.lower(hours(4)));
  EXPECT_EQ(bench.count(EventCode::kBolusCut), 1U);
  EXPECT_FALSE(bench.pump.mode() == Mode::kPatientBolus);
  EXPECT_EQ(bench.press().refusal, Refusal::kLowered);
  bench.run_for(hours(3));
  EXPECT_EQ(bench.count(EventCode::kScheduledBolusSkipped), 1U);
}

TEST(Emergency, asked_for_again_it_lasts_anew_and_a_prescription_ends_it) {
  Bench bench{setup_with(kOpioid), opioid()};
  ASSERT_TRUE(bench.lower(hours(4)));
  bench.run_for(hours(3));
  ASSERT_TRUE(bench.lower(hours(4)));
  bench.run_for(hours(3));
  EXPECT_EQ(bench.pump.mode(), Mode::kLowered);
  Prescription next = opioid();
  next.number = 2;
  ASSERT_TRUE(bench.prescribe(next));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  EXPECT_FALSE(bench.pump.status().alarms.has(Alarm::kLowered));
}

TEST(Emergency, refuses_a_time_that_is_none_and_one_beyond_the_longest) {
  Bench bench{setup_with(kOpioid), opioid()};
  for (const Duration hold : {Duration{}, Duration{-1}, kLongestLowered + milliseconds(1)}) {
    const auto done = bench.lower(hold);
    ASSERT_FALSE(done) << hold.raw();
    EXPECT_EQ(done.error().refusal, Refusal::kBadLimits);
  }
  EXPECT_TRUE(bench.lower(kLongestLowered));
  EXPECT_EQ(Bench{}.lower(hours(1)).error().refusal, Refusal::kNotImplanted);
}

/// The proof obligation: whatever is asked for by coil and whenever, no more is given than without it over
/// any time from the start, and no less than the lower of the safe rate and the basal.
RC_GTEST_PROP(Emergency, INV_10_never_more_than_prescribed_and_never_less_than_the_floor, ()) {
  const bool prone = *rc::gen::arbitrary<bool>();
  const FlowRate rate = microlitres_per_day(*rc::gen::inRange(48, 2'000));
  const Prescription p = prone ? antispastic(rate) : opioid(rate);
  if (prone) RC_PRE(p.safe_state.emergency_rate >= kRoller.minimum_rate);
  const FlowRate floor = std::min(rate, safe_rate(p.safe_state, kRoller.minimum_rate));
  Bench bench{setup_with(p.formulation), p};
  Bench undisturbed{setup_with(p.formulation), p};
  for (int i = 0; i < *rc::gen::inRange(1, 6); ++i) {
    const Duration pause = minutes(*rc::gen::inRange(1, 2'000));
    bench.run_for(pause);
    undisturbed.run_for(pause);
    const auto before = static_cast<std::int64_t>(bench.steps.size());
    RC_ASSERT(bench.lower(minutes(*rc::gen::inRange(1, 3 * 24 * 60))).has_value());
    const Duration on = minutes(*rc::gen::inRange(1, 2'000));
    bench.run_for(on);
    undisturbed.run_for(on);
    RC_ASSERT(bench.steps.size() <= undisturbed.steps.size());
    RC_ASSERT(static_cast<std::int64_t>(bench.steps.size()) - before >=
              whole_steps(Amount::over(floor, on).floor(), kRoller.step) - 1);
  }
}

}  // namespace
}  // namespace theca
