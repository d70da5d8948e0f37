// How one therapy follows another: prime, refill, bridge, later start.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate kRate = nanolitres_per_day(300'000);
constexpr FlowRate kHalf = nanolitres_per_day(150'000);
const Formulation kWeak = morphine(1, 10);
const Formulation kStrong = morphine(2, 20);

Instant at(Duration since) { return Instant{0} + since; }
rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

RefillRecord of(const Formulation& formulation) {
  RefillRecord record;
  record.filled = millilitres(40);
  record.formulation = formulation;
  return record;
}
Refusal reason(const CommandResult& result) { return result ? Refusal::kNone : result.error().refusal; }

// ---- prime ------------------------------------------------------------------------------------------------

Prescription priming(std::uint32_t number, Volume volume) {
  Prescription p = continuous(number, kWeak, kRate);
  p.prime = {volume, kRoller.max_flow};
  return p;
}

TEST(PumpPrime, fills_the_dry_path_once_and_then_the_therapy_starts) {
  Bench bench{dry_setup_with(kWeak), priming(1, kPath.total())};
  EXPECT_EQ(bench.pump.mode(), Mode::kPrime);
  EXPECT_EQ(bench.last(EventCode::kPrimeStarted).value, 375'000);
  const Instant end = at(seconds(1'350));  // 0.375 mL at 1 mL/h
  bench.run_to(end);
  EXPECT_EQ(bench.steps.size(), 37'500U);
  EXPECT_EQ(bench.last(EventCode::kPrimeEnded).at, end);
  EXPECT_EQ(bench.last(EventCode::kPrimeEnded).value, 375'000);
  EXPECT_EQ(bench.last(EventCode::kFrontAtTip).at, end);
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  bench.run_for(days(1));
  EXPECT_EQ(bench.steps.size(), 37'500U + 30'000U);
}

TEST(PumpPrime, INV_4_does_not_use_up_the_patients_ceilings) {
  Implantation setup = dry_setup_with(kWeak);
  setup.ceilings = {microlitres(20), microlitres(320), millilitres(10)};
  Bench bench{setup, priming(1, kPath.total())};
  bench.run_for(days(2));
  EXPECT_EQ(bench.count(EventCode::kGateCut), 0U);
  EXPECT_EQ(bench.steps_between(at(seconds(1'350)), at(seconds(1'350) + days(1))), 30'000);
}

TEST(PumpPrime, INV_4_a_prime_that_was_broken_off_never_gives_the_path_twice) {
  Bench bench{dry_setup_with(kWeak), priming(1, kPath.total())};
  bench.run_for(minutes(10));
  const std::int64_t given = static_cast<std::int64_t>(bench.steps.size()) * kRoller.step.raw();
  EXPECT_EQ(reason(bench.prescribe(priming(2, kPath.total()))), Refusal::kPrimeNotAllowed);
  EXPECT_EQ(reason(bench.prescribe(priming(2, kPath.total() - Volume{given} + kRoller.step))),
            Refusal::kPrimeNotAllowed);
  ASSERT_TRUE(bench.prescribe(priming(2, kPath.total() - Volume{given})));
  bench.run_for(hours(1));
  std::int64_t primed = 0;
  for (const Event& event : bench.all(EventCode::kPrimeEnded)) primed += event.value;
  EXPECT_EQ(primed, 375'000);
  EXPECT_EQ(bench.count(EventCode::kPrimeEnded), 2U);
}

TEST(PumpPrime, a_stop_and_a_resume_give_the_rest_and_no_more) {
  Bench bench{dry_setup_with(kWeak), priming(1, kPath.total())};
  bench.run_for(minutes(10));
  bench.stop();
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), 16'666U);
  bench.resume();
  bench.run_for(minutes(13));
  EXPECT_EQ(bench.last(EventCode::kPrimeEnded).value, 375'000);
  EXPECT_EQ(bench.count(EventCode::kPrimeStarted), 1U);
}

// ---- bridge -----------------------------------------------------------------------------------------------

Prescription bridging() {
  Prescription p = continuous(2, kStrong, kHalf);
  p.bridge = {kPath.total(), kRate, kWeak.number};
  return p;
}

TEST(PumpBridge, the_old_fluid_leaves_at_the_old_flow_and_the_dose_at_the_tip_stays) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  bench.run_to(at(days(1)));
  const Prescription p = bridging();
  ASSERT_TRUE(bench.refill(of(kStrong), &p));
  EXPECT_EQ(bench.pump.mode(), Mode::kBridge);
  EXPECT_EQ(bench.pump.status().flow, kRate);
  EXPECT_EQ(bench.pump.status().formulation_in_reservoir, 2U);
  EXPECT_EQ(bench.pump.status().formulation_at_tip, 1U);
  const Instant end = at(hours(54));
  bench.run_to(end);
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).at, end);
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).value, 375'000);
  EXPECT_EQ(bench.last(EventCode::kFrontAtTip).at, end);
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  EXPECT_EQ(bench.count(EventCode::kChangedWithoutBridge), 0U);
  bench.run_for(days(1));
  EXPECT_EQ(bench.steps_between(at(days(1)), end), 37'500);
  EXPECT_EQ(bench.steps_between(end, end + days(1)), 15'000);
}

TEST(PumpBridge, a_bolus_in_it_shortens_it_by_its_volume) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  Prescription p = bridging();
  p.patient = quarter_millilitre_a_day();
  p.patient.during_bridge = microlitres(50);  // the same dose in the weaker fluid
  ASSERT_TRUE(bench.refill(of(kStrong), &p));
  bench.run_for(hours(4));
  const BolusAnswer answer = bench.press();
  ASSERT_EQ(answer.refusal, Refusal::kNone);
  EXPECT_EQ(answer.volume, microlitres(50));
  bench.run_for(hours(30));
  EXPECT_EQ(bench.last(EventCode::kBolusCompleted).value, 50'000);
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).at, at(hours(26)));  // 0.05 mL are four hours of it
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).value, 375'000);
  EXPECT_EQ(bench.last(EventCode::kFrontAtTip).at, at(hours(26)));
  EXPECT_EQ(bench.press().volume, microlitres(25));
}

TEST(PumpBridge, scheduled_boluses_wait_for_its_end_and_are_told_as_skipped) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  Prescription p = bridging();
  p.schedule = each(over(microlitres(6), minutes(10)), 10 * 3'600, 10 * 3'600);
  ASSERT_TRUE(bench.refill(of(kStrong), &p));
  bench.run_for(hours(45));
  EXPECT_EQ(bench.count(EventCode::kScheduledBolusSkipped), 2U);
  EXPECT_EQ(bench.last(EventCode::kScheduledBolusSkipped).detail, static_cast<int>(Mode::kBridge));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 2U);  // at its very end, 30 h, and at 40 h
}

TEST(PumpBridge, a_stop_and_a_resume_give_the_rest) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  const Prescription p = bridging();
  ASSERT_TRUE(bench.refill(of(kStrong), &p));
  bench.run_for(hours(10));
  bench.stop();
  bench.run_for(hours(5));
  bench.resume();
  bench.run_for(hours(21));
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).value, 375'000);
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).at, at(hours(35)));
}

TEST(PumpBridge, a_change_in_the_middle_bridges_what_is_left) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  Prescription p = bridging();
  ASSERT_TRUE(bench.refill(of(kStrong), &p));
  bench.run_for(hours(10));
  p.number = 3;
  p.basal.rate = FlowRate{200'000};
  EXPECT_EQ(reason(bench.prescribe(p)), Refusal::kBridgeMismatch);  // a third has left already
  p.bridge.volume = bench.pump.front().until_reservoir_reaches_tip();
  EXPECT_EQ(p.bridge.volume, microlitres(250));
  p.bridge.rate = FlowRate{600'000};
  ASSERT_TRUE(bench.prescribe(p));
  bench.run_for(hours(10));
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).at, at(hours(20)));
  EXPECT_EQ(bench.last(EventCode::kFrontAtTip).at, at(hours(20)));
}

TEST(PumpBridge, INV_4_its_volume_is_its_allowance_and_no_ceiling_is_used_up) {
  Implantation setup = setup_with(kWeak);
  setup.ceilings = {microlitres(14), microlitres(320), millilitres(10)};
  Bench bench{setup, continuous(1, kWeak, kRate)};
  Prescription p = bridging();
  p.bridge.rate = FlowRate{6'000'000};
  ASSERT_TRUE(bench.refill(of(kStrong), &p));
  EXPECT_EQ(bench.pump.gate().allowance_left(TrainPurpose::kBridge) + 0,
            0 + 37'500 - bench.last_effects().train.count);
  bench.run_for(hours(2));
  EXPECT_EQ(bench.count(EventCode::kGateCut), 0U);
  EXPECT_EQ(bench.last(EventCode::kBridgeEnded).value, 375'000);
  EXPECT_EQ(bench.pump.gate().allowance_left(TrainPurpose::kBridge), 0);
}

RC_GTEST_PROP(PumpBridge, ends_by_volume_whatever_interrupts_it, ()) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  Prescription p = bridging();
  p.bridge.rate = FlowRate{*within(300'000, 3'000'000)};
  p.patient = quarter_millilitre_a_day();
  p.patient.during_bridge = microlitres(*within(1, 40));
  RC_ASSERT(bench.refill(of(kStrong), &p).has_value());
  bool stopped = false;
  for (int i = 0; i < 60 && bench.count(EventCode::kBridgeEnded) == 0; ++i) {
    bench.run_for(milliseconds(*within(1, 3 * 3'600'000)));
    const auto deed = *within(0, 3);
    if (deed == 0) bench.press();
    if (deed == 1) stopped = static_cast<bool>(bench.stop());
    if (deed == 2 && stopped) stopped = !bench.resume();
  }
  if (stopped) bench.resume();
  bench.run_for(hours(31));
  RC_ASSERT(bench.last(EventCode::kBridgeEnded).value == 375'000);
  RC_ASSERT(bench.last(EventCode::kBridgeEnded).at == bench.last(EventCode::kFrontAtTip).at);
}

TEST(PumpChange, without_a_bridge_it_says_what_stands_in_the_path) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  const Prescription p = continuous(2, kStrong, kHalf);
  ASSERT_TRUE(bench.refill(of(kStrong), &p));
  EXPECT_EQ(bench.last(EventCode::kChangedWithoutBridge).value, 375'000);
  EXPECT_EQ(bench.last(EventCode::kChangedWithoutBridge).value2, 1);
  EXPECT_EQ(bench.pump.status().flow, kHalf);
  bench.run_for(hours(70));
  EXPECT_EQ(bench.last(EventCode::kFrontAtTip).at, at(hours(60)));
}

// ---- refill -----------------------------------------------------------------------------------------------

TEST(PumpRefill, the_same_fluid_needs_no_prescription_and_interrupts_nothing) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  bench.run_for(days(3) + milliseconds(1'234));
  RefillRecord record = of(kWeak);
  record.filled = millilitres(30);
  record.left_in = millilitres(2);
  ASSERT_TRUE(bench.refill(record));
  EXPECT_EQ(bench.pump.status().reservoir_nominal, millilitres(32));
  bench.run_to(at(days(4)));
  EXPECT_EQ(bench.steps.size(), 120'000U);
  EXPECT_EQ(bench.count(EventCode::kPrescriptionStarted), 1U);
}

TEST(PumpRefill, INV_4_what_was_given_counts_on_in_the_new_fluids_steps) {
  Implantation setup = setup_with(kStrong);
  setup.ceilings = {microlitres(40), microlitres(700), millilitres(20)};
  Prescription first = continuous(1, kStrong, FlowRate{600'000});
  Bench bench{setup, first};
  bench.run_for(days(1));
  // Half as strong: 0.6 mL of the strong are 1.2 mL of the weak, above a day of 1.0 mL together with what
  // follows.
  Prescription p = continuous(2, kWeak, FlowRate{600'000});
  RefillRecord record = of(kWeak);
  record.ceilings = Ceilings{microlitres(60), millilitres(1), millilitres(30)};
  EXPECT_EQ(reason(bench.refill(record, &p)), Refusal::kCeilingAfterPast);
  record.ceilings = Ceilings{microlitres(60), microlitres(1'300), millilitres(40)};
  EXPECT_TRUE(bench.refill(record, &p));
}

// ---- later start
// --------------------------------------------------------------------------------------------

Prescription from_tomorrow(std::uint32_t number, FlowRate rate) {
  Prescription p = continuous(number, kWeak, rate);
  p.starts_utc_s = kMonday8UtcMs / 1'000 + 86'400;
  return p;
}

TEST(PumpLater, the_old_prescription_runs_until_the_new_one_starts) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  bench.run_for(hours(1));
  ASSERT_TRUE(bench.prescribe(from_tomorrow(2, FlowRate{600'000})));
  EXPECT_EQ(bench.last(EventCode::kPrescriptionTaken).value2, hours(24).raw());
  EXPECT_EQ(bench.pump.prescription().number, 1U);
  bench.run_to(at(days(2)));
  EXPECT_EQ(bench.last(EventCode::kPrescriptionStarted).at, at(days(1)));
  EXPECT_EQ(bench.steps_between(at(hours(0)), at(hours(24))), 30'000);
  EXPECT_EQ(bench.steps_between(at(hours(24)), at(hours(48))), 60'000);
}

TEST(PumpLater, the_start_moves_with_the_clock) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  ASSERT_TRUE(bench.prescribe(from_tomorrow(2, FlowRate{600'000})));
  bench.shift_clock(hours(3));
  bench.run_for(days(2));
  EXPECT_EQ(bench.last(EventCode::kPrescriptionStarted).at, at(hours(21)));
}

TEST(PumpLater, a_newer_one_replaces_one_that_waits) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  ASSERT_TRUE(bench.prescribe(from_tomorrow(2, FlowRate{600'000})));
  EXPECT_EQ(reason(bench.prescribe(from_tomorrow(2, FlowRate{900'000}))), Refusal::kPrescriptionRule);
  ASSERT_TRUE(bench.prescribe(from_tomorrow(3, FlowRate{900'000})));
  bench.run_for(days(2));
  EXPECT_EQ(bench.pump.prescription().number, 3U);
  EXPECT_EQ(bench.count(EventCode::kPrescriptionStarted), 2U);
}

TEST(PumpLater, it_never_starts_a_pump_that_a_physician_stopped) {
  Bench bench{setup_with(kWeak), continuous(1, kWeak, kRate)};
  ASSERT_TRUE(bench.prescribe(from_tomorrow(2, FlowRate{600'000})));
  bench.stop();
  bench.run_for(days(2));
  bench.press();  // any call makes the pump think anew
  bench.sleep_to(bench.now());
  EXPECT_EQ(bench.pump.prescription().number, 1U);
  EXPECT_TRUE(bench.steps.empty());
  EXPECT_EQ(bench.pump.mode(), Mode::kStopped);
  bench.resume();
  EXPECT_EQ(bench.pump.prescription().number, 2U);
}

TEST(PumpLater, INV_4_one_that_starts_after_a_busy_hour_still_meets_no_ceiling) {
  Implantation setup = setup_with(kWeak);
  setup.ceilings = {microlitres(600), millilitres(14), millilitres(400)};
  Bench bench{setup, continuous(1, kWeak, microlitres_per_day(12'000))};
  Prescription p = from_tomorrow(2, microlitres_per_day(2'400));
  p.single = over(microlitres(300), minutes(30));
  bench.prescribe(p);  // refused, or held back, or given: the gate is not what says so
  bench.run_for(days(2));
  EXPECT_EQ(bench.count(EventCode::kGateCut), 0U);
  EXPECT_EQ(bench.count(EventCode::kSafeStateEntered), 0U);
}

}  // namespace
}  // namespace theca
