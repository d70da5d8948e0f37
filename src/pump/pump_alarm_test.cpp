// When alarms sound, what it means when nothing is given, and what a magnetic field does.
#include <gtest/gtest.h>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

const Formulation kFluid = morphine(1, 20);
constexpr FlowRate kRate = microlitres_per_day(300);

Instant at(Duration since) { return Instant{0} + since; }

/// Every 10 minutes while nobody has seen it.
TEST(PumpAlarm, a_critical_one_sounds_at_once_and_every_ten_minutes) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.run_for(hours(1));
  bench.make_extra(2);
  bench.run_for(hours(2));
  ASSERT_EQ(bench.sounds.size(), 13U);
  for (std::size_t i = 0; i < bench.sounds.size(); ++i) {
    EXPECT_EQ(bench.sounds[i].second, AlarmClass::kCritical);
    EXPECT_EQ(bench.sounds[i].first, at(hours(1)) + kCriticalRepeat * static_cast<std::int64_t>(i));
  }
}

TEST(PumpAlarm, once_acknowledged_it_sounds_seldom_and_a_new_one_at_once) {
  Implantation setup = setup_with(kFluid);
  setup.refill.filled = microlitres(2'200);
  Bench bench{setup, continuous(1, kFluid, kRate)};
  bench.run_for(days(1));
  ASSERT_TRUE(bench.has_alarm(Alarm::kLowReservoir));
  bench.acknowledge();
  bench.sounds.clear();
  bench.run_for(hours(23));
  EXPECT_TRUE(bench.sounds.empty());
  bench.run_for(hours(2));
  ASSERT_EQ(bench.sounds.size(), 1U);
  EXPECT_EQ(bench.sounds[0].second, AlarmClass::kNonCritical);
  bench.sounds.clear();
  const Instant now = bench.now();
  bench.make_extra(2);
  bench.run_for(seconds(1));
  ASSERT_FALSE(bench.sounds.empty());
  EXPECT_EQ(bench.sounds[0].first, now);
  EXPECT_EQ(bench.sounds[0].second, AlarmClass::kCritical);
}

TEST(PumpAlarm, one_that_nobody_has_seen_for_a_week_sounds_as_a_critical_one) {
  Implantation setup = setup_with(kFluid);
  setup.low_alarm = millilitres(39);
  Bench bench{setup, continuous(1, kFluid, kRate)};
  bench.run_for(days(20));
  const Instant raised = bench.last(EventCode::kAlarmRaised, static_cast<int>(Alarm::kLowReservoir)).at;
  ASSERT_LT(raised, at(days(4)));
  int lesser = 0, critical = 0;
  for (const auto& [when, alarm_class] : bench.sounds) {
    const bool late = when >= raised + kEscalates;
    ++(late ? critical : lesser);
    EXPECT_EQ(alarm_class, late ? AlarmClass::kCritical : AlarmClass::kNonCritical) << when.raw();
  }
  EXPECT_EQ(lesser, 7 * 24);
  EXPECT_GT(critical, 9 * 144);
  bench.acknowledge();
  bench.sounds.clear();
  bench.run_for(hours(23));
  EXPECT_TRUE(bench.sounds.empty()) << "somebody has seen it";
}

TEST(PumpAlarm, none_sounds_when_none_stands) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.run_for(days(10));
  EXPECT_TRUE(bench.sounds.empty());
}

TEST(PumpAlarm, sounding_changes_no_step) {
  Implantation low = setup_with(kFluid);
  low.low_alarm = millilitres(39);
  Bench loud{low, continuous(1, kFluid, kRate)}, quiet{setup_with(kFluid), continuous(1, kFluid, kRate)};
  loud.run_for(days(20));
  quiet.run_for(days(20));
  ASSERT_GT(loud.sounds.size(), 100U);
  EXPECT_EQ(loud.steps, quiet.steps);
}

// ---- nothing given --------------------------------------------------------------------------------------

TEST(PumpSilence, INV_3_48_hours_without_a_step_are_an_alarm_whatever_the_reason) {
  Bench stopped{setup_with(kFluid), continuous(1, kFluid, kRate)};
  stopped.stop();
  stopped.run_for(hours(48) - milliseconds(1));
  EXPECT_FALSE(stopped.has_alarm(Alarm::kNothingGiven));
  stopped.run_for(milliseconds(1));
  EXPECT_TRUE(stopped.has_alarm(Alarm::kNothingGiven));
  ASSERT_TRUE(stopped.resume());
  stopped.run_for(hours(1));
  EXPECT_FALSE(stopped.has_alarm(Alarm::kNothingGiven));

  Bench stalled{setup_with(kFluid), continuous(1, kFluid, kRate)};
  stalled.swallow = INT64_MAX;
  stalled.run_for(hours(49));
  EXPECT_TRUE(stalled.has_alarm(Alarm::kMotorStall));
  EXPECT_TRUE(stalled.has_alarm(Alarm::kNothingGiven)) << "a motor that is tried each minute gives nothing";
}

TEST(PumpSilence, after_three_days_the_old_dose_needs_a_physician) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.stop();
  bench.run_for(hours(72) - milliseconds(1));
  EXPECT_FALSE(bench.pump.status().naive);
  bench.run_for(milliseconds(1));
  EXPECT_TRUE(bench.pump.status().naive);
  EXPECT_EQ(bench.count(EventCode::kPatientNaive), 1U);
  EXPECT_FALSE(bench.resume());
  ASSERT_TRUE(bench.prescribe(continuous(2, kFluid, FlowRate{60'000})));
  EXPECT_FALSE(bench.pump.status().naive);
  bench.run_for(hours(1));
  EXPECT_FALSE(bench.steps.empty());
}

TEST(PumpSilence, INV_5_after_three_days_a_rotor_that_comes_free_gives_the_safe_state_and_not_the_old_dose) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.swallow = INT64_MAX;
  bench.run_for(hours(72));
  EXPECT_TRUE(bench.pump.status().naive);
  EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
  bench.swallow = 0;
  bench.steps.clear();
  bench.run_for(days(1));
  EXPECT_FALSE(bench.has_alarm(Alarm::kMotorStall));
  EXPECT_TRUE(bench.has_alarm(Alarm::kNothingGiven)) << "it tells why";
  EXPECT_LE(kRoller.step * static_cast<std::int64_t>(bench.steps.size()),
            Amount::over(kRoller.minimum_rate, days(1)).floor());
  EXPECT_FALSE(bench.steps.empty());
  ASSERT_TRUE(bench.prescribe(continuous(2, kFluid, kRate)));
  bench.run_for(hours(1));
  EXPECT_FALSE(bench.has_alarm(Alarm::kNothingGiven));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
}

TEST(PumpSilence, two_days_and_a_rotor_that_comes_free_go_on_with_the_dose) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.swallow = INT64_MAX;
  bench.run_for(hours(71));
  bench.swallow = 0;
  bench.run_for(hours(1));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  EXPECT_FALSE(bench.has_alarm(Alarm::kNothingGiven));
}

// ---- the scanner ----------------------------------------------------------------------------------------

TEST(PumpField, INV_3_what_was_held_is_told_at_the_rates_that_were_due) {
  Prescription p = continuous(1, kFluid, FlowRate{0});
  every_day(p.basal, {{0, FlowRate{144'000}}, {870, FlowRate{288'000}}});
  Bench bench{setup_with(kFluid), p};
  bench.run_to(at(hours(6)));
  bench.magnetic_field(true);
  bench.run_for(hours(1));
  bench.magnetic_field(false);
  EXPECT_EQ(bench.last(EventCode::kFieldLeft).value2, 3'000 + 6'000);
}

TEST(PumpField, INV_3_holds_the_motor_tells_it_and_goes_on_by_itself_without_catching_up) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.run_for(hours(2));
  const Instant in = bench.now();
  bench.magnetic_field(true);
  bench.run_for(minutes(40));
  EXPECT_EQ(bench.steps_between(in, bench.now()), 0);
  EXPECT_TRUE(bench.has_alarm(Alarm::kMagneticField));
  EXPECT_FALSE(bench.has_alarm(Alarm::kMotorStall));
  const Instant out = bench.now();
  bench.magnetic_field(false);
  EXPECT_FALSE(bench.has_alarm(Alarm::kMagneticField));
  EXPECT_EQ(bench.last(EventCode::kFieldLeft).value, minutes(40).raw());
  EXPECT_EQ(bench.last(EventCode::kFieldLeft).value2, 300'000 * 40 / 1'440);
  bench.run_for(hours(10));
  EXPECT_NEAR(static_cast<double>(bench.steps_between(out, bench.now())), 12'500, 1);
}

TEST(PumpField, told_twice_it_is_one_field) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.run_for(hours(1));
  bench.magnetic_field(true);
  bench.run_for(minutes(10));
  bench.magnetic_field(true);
  bench.run_for(minutes(10));
  bench.magnetic_field(false);
  bench.magnetic_field(false);
  EXPECT_EQ(bench.count(EventCode::kFieldEntered), 1U);
  ASSERT_EQ(bench.count(EventCode::kFieldLeft), 1U);
  EXPECT_EQ(bench.last(EventCode::kFieldLeft).value, minutes(20).raw());
}

TEST(PumpField, INV_7_cuts_a_bolus_and_gives_none) {
  Prescription p = continuous(1, kFluid, kRate);
  p.patient = quarter_millilitre_a_day();
  Bench bench{setup_with(kFluid), p};
  bench.run_for(hours(1));
  ASSERT_EQ(bench.press().refusal, Refusal::kNone);
  bench.run_for(minutes(1));
  bench.magnetic_field(true);
  EXPECT_EQ(bench.count(EventCode::kBolusCut), 1U);
  bench.run_for(hours(4));
  EXPECT_EQ(bench.press().refusal, Refusal::kMagneticField);
  bench.magnetic_field(false);
  EXPECT_EQ(bench.press().refusal, Refusal::kNone);
}

TEST(PumpField, during_an_alarm_delivery_goes_on_after_it_as_without) {
  // The market leader's pumps stayed without infusion after a scan during an alarm until somebody read them.
  Implantation setup = setup_with(kFluid);
  setup.low_alarm = millilitres(39);
  Bench bench{setup, continuous(1, kFluid, kRate)};
  bench.run_for(days(5));
  ASSERT_TRUE(bench.has_alarm(Alarm::kLowReservoir));
  bench.magnetic_field(true);
  bench.run_for(hours(1));
  bench.magnetic_field(false);
  const Instant out = bench.now();
  bench.run_for(days(1));
  EXPECT_NEAR(static_cast<double>(bench.steps_between(out, bench.now())), 30'000, 1);
}

TEST(PumpField, INV_10_does_not_start_a_stopped_pump) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.stop();
  bench.magnetic_field(true);
  bench.run_for(hours(1));
  bench.magnetic_field(false);
  bench.run_for(hours(1));
  EXPECT_TRUE(bench.steps.empty());
}

TEST(PumpField, a_pump_that_is_not_implanted_tells_nothing_of_it) {
  Bench bench;
  bench.magnetic_field(true);
  bench.magnetic_field(false);
  EXPECT_TRUE(bench.events.empty());
}

TEST(PumpField, INV_3_nothing_was_missed_of_a_stopped_pump) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.run_for(hours(1));
  bench.stop();
  bench.magnetic_field(true);
  bench.run_for(minutes(40));
  bench.magnetic_field(false);
  EXPECT_EQ(bench.last(EventCode::kFieldLeft).value, minutes(40).raw());
  EXPECT_EQ(bench.last(EventCode::kFieldLeft).value2, 0);
}

TEST(PumpAlarm, an_acknowledged_critical_one_sounds_more_often_than_another) {
  Bench bench{setup_with(kFluid), continuous(1, kFluid, kRate)};
  bench.run_for(minutes(5));
  bench.make_extra(1);
  ASSERT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
  bench.acknowledge();
  ASSERT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
  bench.sounds.clear();
  const Instant seen = bench.now();
  bench.run_for(days(1));
  ASSERT_FALSE(bench.sounds.empty());
  for (const auto& [at, alarm_class] : bench.sounds) {
    EXPECT_EQ(alarm_class, AlarmClass::kCritical);
    EXPECT_EQ((at - seen).raw() % kCriticalRepeatAcknowledged.raw(), 0) << (at - seen).raw();
  }
  EXPECT_EQ(bench.sounds.size(), static_cast<std::size_t>(days(1).raw() / kCriticalRepeatAcknowledged.raw()));
}

}  // namespace
}  // namespace theca
