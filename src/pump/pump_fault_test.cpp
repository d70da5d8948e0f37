// What the pump does in trouble: a motor that does too much or too little, the dose gate's no, an empty
// reservoir.
#include <gtest/gtest.h>

#include <algorithm>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate kRate = nanolitres_per_day(300'000);
const Formulation kFirst = morphine(1, 20);

Instant at(Duration since) { return Instant{0} + since; }

Prescription with_patient_bolus(std::uint32_t number = 1) {
  Prescription p = continuous(number, kFirst, kRate);
  p.patient = quarter_millilitre_a_day();
  return p;
}
RefillRecord of(const Formulation& formulation) {
  RefillRecord record;
  record.filled = millilitres(40);
  record.formulation = formulation;
  return record;
}

// ---- over-delivery
// ------------------------------------------------------------------------------------------

TEST(PumpOverDelivery, INV_2_one_step_too_many_takes_the_motors_power_away_whatever_the_drug) {
  for (const DrugClass drug_class : {DrugClass::kNeither, DrugClass::kOpioid, DrugClass::kWithdrawalProne,
                                     DrugClass::kBoth, DrugClass::kUnknown}) {
    SCOPED_TRACE(static_cast<int>(drug_class));
    const Formulation drug = fluid(1, {{DrugCode{9}, drug_class, milligrams_per_millilitre(1)}});
    Prescription p = continuous(1, drug, kRate);
    p.safe_state = {SafeAction::kEmergencyRate,
                    kRate};  // even then: no emergency rate for a motor that does not obey
    Bench bench{setup_with(drug), p};
    bench.run_for(hours(1));
    bench.make_extra(1);
    EXPECT_FALSE(bench.powered());
    EXPECT_EQ(bench.last_effects().motor, MotorOrder::kPowerOff);
    EXPECT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
    const Event off = bench.last(EventCode::kMotorPowerOff);
    EXPECT_EQ(off.value, 1'250);
    EXPECT_EQ(off.value2, 1'251);
    EXPECT_EQ(bench.pump.status().flow, FlowRate{0});
    bench.run_for(days(10));
    EXPECT_EQ(bench.steps.size(), 1'251U);
    EXPECT_EQ(bench.count(EventCode::kMotorRetried), 0U);
    Prescription next = p;
    next.number = 2;
    EXPECT_EQ(bench.prescribe(next).error().refusal, Refusal::kMotorFault);
    EXPECT_EQ(bench.resume().error().refusal, Refusal::kNothingToResume);
    EXPECT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
  }
}

TEST(PumpOverDelivery, INV_2_is_found_at_the_next_wake_when_nobody_looked) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_for(minutes(30));
  bench.steps.push_back(bench.now());  // the sensor's count, unobserved
  bench.run_for(hours(1));
  EXPECT_FALSE(bench.powered());
  EXPECT_EQ(bench.raised(Alarm::kOverDelivery), 1U);
}

TEST(PumpOverDelivery, every_step_it_made_on_its_own_leaves_the_reservoir_in_the_books) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_for(hours(1));
  bench.make_extra(10);
  bench.make_extra(5);
  EXPECT_EQ(bench.pump.status().reservoir_nominal, millilitres(40) - kRoller.step * (1'250 + 15));
  EXPECT_EQ(bench.pump.status().largest_deviation_steps, 15);
  EXPECT_EQ(bench.raised(Alarm::kOverDelivery), 1U);
}

TEST(PumpOverDelivery, INV_7_a_running_bolus_is_cut_and_told) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_for(hours(1));
  bench.press();
  bench.run_for(minutes(1));
  bench.make_extra(1);
  EXPECT_EQ(bench.last(EventCode::kBolusCut).value, 5'000);
}

/// The steps of the hour in hand are known by their count.
TEST(PumpClock, INV_2_one_that_goes_back_is_no_over_delivery_and_hides_none) {
  for (const std::int64_t too_many : {0, 1}) {
    Bench bench{setup_with(kFirst), with_patient_bolus()};
    bench.run_for(hours(1) + minutes(30));
    const std::int64_t in_hand = 1'250 - 625 + too_many;  // to the train's end, and beyond
    Effects out;
    bench.pump.wake({bench.pump.now() - hours(3), bench.reading().reported + in_hand}, out);
    EXPECT_TRUE(bench.has_alarm(Alarm::kClockUncertain));
    EXPECT_EQ(bench.has_alarm(Alarm::kOverDelivery), too_many > 0);
    EXPECT_EQ(out.motor, too_many > 0 ? MotorOrder::kPowerOff : MotorOrder::kRun);
  }
}

// ---- stall
// --------------------------------------------------------------------------------------------------

TEST(PumpStall, INV_2_a_lost_step_holds_the_motor_at_once_and_it_is_tried_again_after_a_minute) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_for(hours(1));
  bench.swallow = 1;
  bench.run_for(milliseconds(2'880));
  const Instant lost = bench.now();
  EXPECT_EQ(bench.last_effects().motor, MotorOrder::kHalt);
  EXPECT_TRUE(bench.has_alarm(Alarm::kMotorStall));
  EXPECT_EQ(bench.last(EventCode::kMotorHeld).at, lost);
  EXPECT_EQ(bench.last(EventCode::kMotorHeld).value, 1'251);
  EXPECT_EQ(bench.last(EventCode::kMotorHeld).value2, 1'250);
  EXPECT_EQ(bench.pump.status().flow, FlowRate{0});
  bench.run_to(lost + minutes(1) - milliseconds(1));
  EXPECT_EQ(bench.count(EventCode::kMotorRetried), 0U);
  bench.run_to(lost + minutes(1));
  EXPECT_EQ(bench.count(EventCode::kMotorRetried), 1U);
  EXPECT_TRUE(bench.has_alarm(Alarm::kMotorStall));  // nothing has moved yet
  bench.run_to(lost + minutes(61));
  EXPECT_FALSE(bench.has_alarm(Alarm::kMotorStall));
  EXPECT_EQ(bench.steps_between(lost, lost + minutes(61)), 1'250);  // the minute is not made up for
}

TEST(PumpStall, INV_3_it_is_tried_each_minute_for_as_long_as_it_lasts_under_one_alarm) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.swallow = 100;
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), 0U);
  EXPECT_EQ(bench.raised(Alarm::kMotorStall), 1U);
  EXPECT_EQ(bench.count(EventCode::kMotorHeld), 58U);  // each try costs a step of 2.88 s and a minute
  EXPECT_EQ(bench.cleared(Alarm::kMotorStall), 0U);
  bench.swallow = 0;
  bench.run_for(hours(2));
  EXPECT_EQ(bench.cleared(Alarm::kMotorStall), 1U);
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
}

TEST(PumpStall, INV_8_steps_that_did_not_come_count_as_given_for_reservoir_and_gate) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.swallow = 5;
  bench.run_for(hours(3));
  bench.observe();
  const std::int64_t commanded = bench.pump.commanded();
  EXPECT_EQ(commanded, static_cast<std::int64_t>(bench.steps.size()) + 5);
  EXPECT_EQ(bench.pump.status().reservoir_nominal, millilitres(40) - kRoller.step * commanded);
}

TEST(PumpStall, INV_7_a_running_bolus_is_cut_and_not_resumed) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_for(hours(1));
  bench.press();
  bench.run_for(minutes(1));
  bench.swallow = 1;
  bench.run_for(seconds(1));
  EXPECT_EQ(bench.count(EventCode::kBolusCut), 1U);
  EXPECT_GE(bench.last(EventCode::kBolusCut).value, 5'000);
  bench.run_for(hours(1));
  EXPECT_EQ(bench.count(EventCode::kBolusCompleted), 0U);
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
}

TEST(PumpStall, a_scheduled_bolus_that_falls_into_it_is_skipped_and_told) {
  Prescription p = continuous(1, kFirst, kRate);
  p.schedule = each(over(microlitres(6), minutes(10)), 3'600, 3'600);
  Bench bench{setup_with(kFirst), p};
  bench.run_to(at(minutes(59) + seconds(30)));
  bench.swallow = 1;
  bench.run_for(minutes(5));
  EXPECT_EQ(bench.count(EventCode::kScheduledBolusSkipped), 1U);
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 0U);
}

TEST(PumpStall, INV_10_a_stop_in_a_stall_stays_a_stop) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.swallow = 1;
  bench.run_for(seconds(3));
  bench.stop();
  bench.run_for(hours(5));
  EXPECT_TRUE(bench.steps.empty());
  EXPECT_EQ(bench.pump.mode(), Mode::kStopped);
  bench.resume();
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), 1'250U);
}

// ---- the gate's no and the safe state
// -------------------------------------------------------------------------

/// A high hour from eight to nine: whoever sets the clock back again and again lives it again and again.
Prescription with_high_hour(const Formulation& formulation, SafeState safe) {
  Prescription p = continuous(1, formulation, FlowRate{0});
  every_day(p.basal, {{0, FlowRate{120'000}}, {8 * 60, FlowRate{2'400'000}}, {9 * 60, FlowRate{120'000}}});
  p.safe_state = safe;
  return p;
}
Implantation setup_with_low_day(const Formulation& formulation) {
  Implantation setup = setup_with(formulation);
  setup.ceilings = {microlitres(160), microlitres(330), millilitres(8)};  // its worst day is 0.3125 mL
  return setup;
}
void live_the_hour_again(Bench& bench, int times) {
  for (int i = 0; i < times; ++i) {
    bench.run_for(hours(1));
    bench.shift_clock(hours(-1));
  }
}

TEST(PumpGate, INV_4_a_clock_set_back_again_and_again_meets_the_day_ceiling_and_never_passes_it) {
  Bench bench{setup_with_low_day(kFirst), with_high_hour(kFirst, {SafeAction::kMinimumRate, FlowRate{0}})};
  live_the_hour_again(bench, 20);
  EXPECT_TRUE(bench.has_alarm(Alarm::kDayCeiling));
  const Event cut = bench.last(EventCode::kGateCut, static_cast<int>(Alarm::kDayCeiling));
  EXPECT_LT(cut.value2, cut.value);
  for (std::size_t i = 0; i < bench.steps.size(); ++i) {
    const auto first = std::lower_bound(bench.steps.begin(), bench.steps.end(), bench.steps[i] - days(1));
    ASSERT_LE(bench.steps.begin() + static_cast<std::ptrdiff_t>(i) - first + 1, 33'000);
  }
  EXPECT_EQ(bench.press().refusal, Refusal::kNoPatientBolus);
}

TEST(PumpGate, INV_5_after_its_no_the_pump_is_in_its_safe_state_until_a_new_prescription) {
  Bench bench{setup_with_low_day(kFirst), with_high_hour(kFirst, {SafeAction::kMinimumRate, FlowRate{0}})};
  live_the_hour_again(bench, 5);
  EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
  EXPECT_EQ(bench.last(EventCode::kSafeStateEntered).value, kRoller.minimum_rate.raw());
  EXPECT_EQ(bench.count(EventCode::kSafeStateEntered), 1U);
  bench.run_for(days(3));
  EXPECT_EQ(bench.steps_between(bench.now() - days(1), bench.now()), 600);
  bench.stop();
  EXPECT_EQ(bench.pump.mode(), Mode::kStopped);
  bench.resume();
  EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);  // a stop is no way out of it
  ASSERT_TRUE(bench.prescribe(continuous(2, kFirst, FlowRate{120'000})));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  EXPECT_EQ(bench.cleared(Alarm::kDayCeiling), 1U);
  bench.run_for(days(1));
  EXPECT_EQ(bench.steps_between(bench.now() - days(1), bench.now()), 12'000);
}

TEST(PumpGate, INV_5_each_safe_action_has_its_rate) {
  struct Row {
    SafeState safe;
    std::int64_t steps_a_day;
  };
  for (const Row& row :
       {Row{{SafeAction::kStop, FlowRate{0}}, 0}, Row{{SafeAction::kMinimumRate, FlowRate{0}}, 600},
        Row{{SafeAction::kEmergencyRate, FlowRate{100'000}}, 10'000}}) {
    Bench bench{setup_with_low_day(kFirst), with_high_hour(kFirst, row.safe)};
    live_the_hour_again(bench, 5);
    ASSERT_EQ(bench.pump.mode(), Mode::kSafeState);
    bench.run_for(days(3));
    EXPECT_EQ(bench.steps_between(bench.now() - days(1), bench.now()), row.steps_a_day);
  }
}

TEST(PumpGate, INV_3_what_its_safe_state_cannot_give_in_a_field_is_told) {
  Bench bench{setup_with_low_day(kFirst),
              with_high_hour(kFirst, {SafeAction::kEmergencyRate, FlowRate{100'000}})};
  live_the_hour_again(bench, 5);
  ASSERT_EQ(bench.pump.mode(), Mode::kSafeState);
  bench.magnetic_field(true);
  bench.run_for(hours(6));
  bench.magnetic_field(false);
  EXPECT_EQ(bench.last(EventCode::kFieldLeft).value2, 25'000);
}

/// While tip and reservoir differ, the lower of both safe states counts.
TEST(PumpSafeState, INV_5_the_lower_of_tip_and_reservoir_counts_until_the_front_has_passed) {
  struct Row {
    FlowRate tip, reservoir;
  };
  for (const Row& row :
       {Row{FlowRate{120'000}, FlowRate{240'000}}, Row{FlowRate{240'000}, FlowRate{120'000}}}) {
    const Formulation old_fluid = baclofen(1, 500), new_fluid = baclofen(2, 1'000);
    Prescription first = continuous(1, old_fluid, kRate);
    first.safe_state = {SafeAction::kEmergencyRate, row.tip};
    Bench bench{setup_with(old_fluid), first};
    Prescription second = continuous(2, new_fluid, kRate);
    second.safe_state = {SafeAction::kEmergencyRate, row.reservoir};
    second.bridge = {kPath.total(), kRate, old_fluid.number};
    second.expires_utc_s = kMonday8UtcMs / 1'000 + 6 * 3'600;
    second.fallback = Fallback::kSafeState;
    ASSERT_TRUE(bench.refill(of(new_fluid), &second));
    bench.run_to(at(hours(6)));  // 0.3 mL of the old fluid still stand before the tip
    EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
    EXPECT_EQ(bench.pump.status().flow, FlowRate{120'000});
    bench.run_to(at(hours(66)) - milliseconds(1));
    EXPECT_EQ(bench.pump.status().formulation_at_tip, 1U);
    EXPECT_EQ(bench.pump.status().flow, FlowRate{120'000});
    bench.run_to(at(hours(66)));
    EXPECT_EQ(bench.pump.status().formulation_at_tip, 2U);
    EXPECT_EQ(bench.pump.status().flow, row.reservoir);
  }
}

TEST(PumpSafeState, INV_5_a_fluid_between_two_others_counts_until_it_has_left_the_tip) {
  const auto with_emergency = [](std::uint32_t number, FlowRate emergency) {
    Prescription p = continuous(number, baclofen(number, 500), kRate);
    p.safe_state = {SafeAction::kEmergencyRate, emergency};
    return p;
  };
  Bench bench{setup_with(baclofen(1, 500)), with_emergency(1, FlowRate{240'000})};
  const Prescription second = with_emergency(2, FlowRate{120'000});
  ASSERT_TRUE(bench.refill(of(second.formulation), &second));
  bench.run_for(hours(1));
  Prescription third = with_emergency(3, FlowRate{240'000});
  third.expires_utc_s = kMonday8UtcMs / 1'000 + 2 * 3'600;
  third.fallback = Fallback::kSafeState;
  ASSERT_TRUE(bench.refill(of(third.formulation), &third));
  bench.run_to(at(hours(2)));
  while (bench.pump.status().formulation_at_tip != 3) {
    ASSERT_EQ(bench.pump.status().flow, FlowRate{120'000}) << bench.pump.status().formulation_at_tip;
    bench.run_for(hours(1));
    ASSERT_LT(bench.now(), at(days(6)));
  }
  EXPECT_EQ(bench.count(EventCode::kFrontAtTip), 2U);
  EXPECT_EQ(bench.pump.status().flow, FlowRate{240'000});
}

TEST(PumpCeiling, a_bolus_that_would_touch_a_ceiling_is_refused_before_the_gate_is_met) {
  // A high hour lived twice leaves no room for the patient's bolus that the prescription alone would allow.
  Implantation setup = setup_with_low_day(kFirst);
  setup.ceilings.day = microlitres(400);
  Prescription p = with_high_hour(kFirst, {});
  p.patient = quarter_millilitre_a_day();
  p.patient.allotted = 1;
  Bench bench{setup, p};
  live_the_hour_again(bench, 3);
  bench.run_for(minutes(45));
  EXPECT_FALSE(bench.pump.status().alarms.any());
  EXPECT_EQ(bench.press().refusal, Refusal::kCeiling);
}

// ---- the reservoir
// --------------------------------------------------------------------------------------------

Bench nearly_empty() {
  Implantation setup = setup_with(kFirst);
  setup.refill.filled = millilitres(1);
  setup.low_alarm = microlitres(500);
  Prescription p = with_patient_bolus();
  p.schedule = each(over(microlitres(1), minutes(10)), 86'400, 43'200);
  return Bench{setup, p};
}
Instant raised_at(const Bench& bench, Alarm alarm) {
  return bench.last(EventCode::kAlarmRaised, static_cast<int>(alarm)).at;
}

TEST(PumpReservoir, INV_15_low_then_empty_then_dry_each_at_its_step) {
  Bench bench = nearly_empty();
  bench.run_for(days(5));
  const auto time_of = [&](std::size_t step) { return bench.steps[step - 1]; };
  EXPECT_EQ(raised_at(bench, Alarm::kLowReservoir), time_of(43'669));    // 43,669 x 11.45 nL > 499,999 nL
  EXPECT_EQ(raised_at(bench, Alarm::kEmptyReservoir), time_of(87'337));  // > 999,999 nL
  EXPECT_EQ(raised_at(bench, Alarm::kReservoirDry), time_of(100'000));
  EXPECT_EQ(bench.steps.size(), 100'000U);
  EXPECT_EQ(bench.pump.mode(), Mode::kStopped);
  EXPECT_EQ(bench.pump.status().flow, FlowRate{0});
  EXPECT_EQ(bench.pump.status().reservoir_nominal, nanolitres(0));
  for (const Alarm alarm : {Alarm::kLowReservoir, Alarm::kEmptyReservoir, Alarm::kReservoirDry}) {
    EXPECT_EQ(bench.raised(alarm), 1U);
  }
}

TEST(PumpReservoir, INV_15_empty_turns_extra_doses_off_and_lets_basal_run) {
  Bench bench = nearly_empty();
  bench.run_for(days(5));
  const Instant empty = raised_at(bench, Alarm::kEmptyReservoir),
                dry = raised_at(bench, Alarm::kReservoirDry);
  EXPECT_EQ(bench.steps_between(empty, dry), 100'000 - 87'337);
  for (const Event& granted : bench.all(EventCode::kBolusGranted)) EXPECT_LT(granted.at, empty);
  const auto skipped = bench.all(EventCode::kScheduledBolusSkipped);
  ASSERT_FALSE(skipped.empty());
  for (const Event& event : skipped) EXPECT_GE(event.at, empty);
}

TEST(PumpReservoir, INV_7_a_bolus_that_meets_the_last_step_is_cut_and_told) {
  Implantation setup = setup_with(kFirst);
  setup.refill.filled = microlitres(100);
  setup.low_alarm = microlitres(50);
  Prescription p = continuous(1, kFirst, kRate);
  p.single = over(microlitres(120), minutes(20));
  Bench bench{setup, p};
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), 10'000U);
  const Event cut = bench.last(EventCode::kBolusCut);
  EXPECT_EQ(cut.at, bench.steps.back());
  EXPECT_GT(cut.value, 96'000);
  EXPECT_LT(cut.value, 100'000);
  EXPECT_EQ(bench.count(EventCode::kBolusCompleted), 0U);
}

TEST(PumpReservoir, a_refill_ends_all_three_alarms_and_delivery_goes_on) {
  Bench bench = nearly_empty();
  bench.run_for(days(5));
  const auto before = static_cast<std::int64_t>(bench.steps.size());
  ASSERT_TRUE(bench.refill(of(kFirst)));
  for (const Alarm alarm : {Alarm::kLowReservoir, Alarm::kEmptyReservoir, Alarm::kReservoirDry}) {
    EXPECT_EQ(bench.cleared(alarm), 1U);
    EXPECT_FALSE(bench.has_alarm(alarm));
  }
  bench.run_for(hours(1));
  EXPECT_EQ(static_cast<std::int64_t>(bench.steps.size()) - before, 1'250);
  EXPECT_EQ(bench.pump.status().steps_missed, 0);
}

TEST(PumpReservoir, a_refill_below_the_low_level_alarms_at_once) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  RefillRecord record = of(kFirst);
  record.filled = millilitres(1);
  ASSERT_TRUE(bench.refill(record));
  EXPECT_TRUE(bench.has_alarm(Alarm::kLowReservoir));
  EXPECT_FALSE(bench.has_alarm(Alarm::kEmptyReservoir));
}

}  // namespace
}  // namespace theca
