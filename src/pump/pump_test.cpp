// What a pump delivers that nobody disturbs, and what stop, clock and patient change in it.
#include "pump/pump.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <tuple>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate kSixMilligramsADay = nanolitres_per_day(300'000);  // of morphine 20 mg/mL
const Formulation kFirst = morphine(1, 20);

Instant at(Duration since) { return Instant{0} + since; }
rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }
int kind(BolusKind k) { return static_cast<int>(k); }

// ---- basal ------------------------------------------------------------------------------------------------

TEST(Pump, the_walking_example_first_drug_at_the_tip_after_exactly_thirty_hours) {
  Bench bench{dry_setup_with(kFirst), continuous(1, kFirst, kSixMilligramsADay)};
  EXPECT_EQ(bench.pump.status().formulation_at_tip, 0U);
  EXPECT_EQ(bench.pump.status().until_reservoir_reaches_tip, microlitres(375));
  bench.run_for(days(3));
  ASSERT_EQ(bench.steps.size(), 90'000U);
  for (std::int64_t k = 1; k <= 90'000; ++k)
    ASSERT_EQ(bench.steps[static_cast<std::size_t>(k - 1)], Instant{2'880 * k});
  const Event front = bench.last(EventCode::kFrontAtTip);
  EXPECT_EQ(bench.count(EventCode::kFrontAtTip), 1U);
  EXPECT_EQ(front.at, at(hours(30)));
  EXPECT_EQ(front.value, 1);
  EXPECT_EQ(front.value2, 0);
  const Status status = bench.pump.status();
  EXPECT_EQ(status.mode, Mode::kSimpleContinuous);
  EXPECT_EQ(status.flow, kSixMilligramsADay);
  EXPECT_EQ(status.prescription, 1U);
  EXPECT_EQ(status.reservoir_nominal, microlitres(39'100));
  EXPECT_EQ(status.reservoir_earliest, nanolitres(38'969'500));  // 1.0305 mL at 14.5 % more
  EXPECT_EQ(status.formulation_at_tip, 1U);
  EXPECT_EQ(status.until_reservoir_reaches_tip, nanolitres(0));
  EXPECT_EQ(status.steps_commanded, 90'000);
  EXPECT_EQ(status.steps_missed, 0);
  EXPECT_EQ(status.largest_deviation_steps, 0);
  EXPECT_FALSE(status.alarms.any());
}

TEST(Pump, before_it_is_implanted_it_does_nothing) {
  Bench bench;
  bench.run_for(days(10));
  EXPECT_TRUE(bench.steps.empty());
  EXPECT_TRUE(bench.events.empty());
  EXPECT_EQ(bench.pump.next_wake(), kNever);
  EXPECT_EQ(bench.pump.mode(), Mode::kStopped);
}

TEST(Pump, the_first_events_tell_path_fill_and_prescription) {
  Bench bench{dry_setup_with(kFirst), continuous(1, kFirst, kSixMilligramsADay)};
  ASSERT_GE(bench.events.size(), 4U);
  EXPECT_EQ(bench.events[0].code, EventCode::kImplanted);
  EXPECT_EQ(bench.events[0].value, 375'000);
  EXPECT_EQ(bench.events[0].value2, kRoller.code);
  EXPECT_EQ(bench.events[1].code, EventCode::kRefilled);
  EXPECT_EQ(bench.events[1].value, 40'000'000);
  EXPECT_EQ(bench.events[1].value2, 1);
  EXPECT_EQ(bench.events[2].code, EventCode::kPrescriptionTaken);
  EXPECT_EQ(bench.events[3].code, EventCode::kPrescriptionStarted);
  EXPECT_EQ(bench.events[3].detail, static_cast<int>(Mode::kSimpleContinuous));
}

TEST(Pump, each_basal_mode_runs_at_its_rate) {
  Prescription p = continuous(1, kFirst, FlowRate{0});
  p.basal.mode = BasalMode::kMinimumRate;
  Bench minimum{setup_with(kFirst), p};
  EXPECT_EQ(minimum.pump.mode(), Mode::kMinimumRate);
  minimum.run_for(days(1));
  EXPECT_EQ(minimum.steps.size(), 600U);
  p.basal.mode = BasalMode::kStopped;
  p.safe_state.action = SafeAction::kStop;
  Bench stopped{setup_with(kFirst), p};
  EXPECT_EQ(stopped.pump.mode(), Mode::kStopped);
  stopped.run_for(days(1));
  EXPECT_TRUE(stopped.steps.empty());
}

TEST(Pump, flex_follows_the_patients_clock) {
  Prescription p = continuous(1, kFirst, FlowRate{0});
  every_day(p.basal, {{0, FlowRate{240'000}}, {9 * 60, FlowRate{480'000}}, {21 * 60, FlowRate{120'000}}});
  Bench bench{setup_with(kFirst), p};  // it is 08:00
  EXPECT_EQ(bench.pump.mode(), Mode::kFlex);
  bench.run_for(days(1));
  EXPECT_EQ(bench.steps_between(at(hours(0)), at(hours(1))), 1'000);
  EXPECT_EQ(bench.steps_between(at(hours(1)), at(hours(13))), 24'000);
  EXPECT_EQ(bench.steps_between(at(hours(13)), at(hours(16))), 1'500);
  EXPECT_EQ(bench.steps_between(at(hours(16)), at(hours(24))), 8'000);
}

TEST(Pump, a_local_day_of_23_hours_is_an_hour_of_basal_shorter) {
  Prescription p = continuous(1, kFirst, FlowRate{0});
  every_day(p.basal, {{0, FlowRate{240'000}}, {9 * 60, FlowRate{480'000}}});
  p.zone = {60, 120, (kMonday8UtcMs / 1'000) + 17 * 3'600};  // Tuesday 02:00 local becomes 03:00
  Bench bench{setup_with(kFirst), p};                        // it is 09:00 local
  bench.run_for(hours(24));
  EXPECT_EQ(bench.steps_between(at(hours(0)), at(hours(15))), 30'000);
  EXPECT_EQ(bench.steps_between(at(hours(15)), at(hours(23))), 8'000);  // 00:00 to 09:00 in eight hours
  EXPECT_EQ(bench.steps_between(at(hours(23)), at(hours(24))), 2'000);
}

RC_GTEST_PROP(Pump, INV_13_being_read_and_woken_at_any_time_changes_no_step, ()) {
  Prescription p = continuous(1, kFirst, FlowRate{*within(48'000, 3'000'000)});
  p.schedule = each(over(microlitres(5), minutes(7)), 3'600, 600);
  Bench undisturbed{dry_setup_with(kFirst), p}, disturbed{dry_setup_with(kFirst), p};
  const Instant end = at(hours(6));
  std::set<std::int64_t> moments;
  for (int i = 0; i < 40; ++i) moments.insert(*within(0, end.raw()));
  for (const std::int64_t moment : moments) {
    disturbed.run_to(Instant{moment});
    (void)disturbed.pump.status();
    if (moment % 2 == 0) disturbed.observe();
    if (moment % 3 == 0) disturbed.sleep_to(disturbed.now());
    if (moment % 5 == 0) disturbed.press();  // refused: there is no patient bolus
  }
  undisturbed.run_to(end);
  disturbed.run_to(end);
  RC_ASSERT(undisturbed.steps == disturbed.steps);
}

TEST(Pump, INV_3_a_late_wake_is_told_with_its_steps_and_not_caught_up) {
  Bench bench{setup_with(kFirst), continuous(1, kFirst, kSixMilligramsADay)};
  bench.sleep_to(at(hours(3)));  // an hour's train, then nothing
  EXPECT_EQ(bench.steps.size(), 1'250U);
  EXPECT_EQ(bench.last(EventCode::kStepsMissed).value, 2'500);
  EXPECT_EQ(bench.pump.status().steps_missed, 2'500);
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), 2'500U);
  EXPECT_EQ(bench.count(EventCode::kStepsMissed), 1U);
  bench.sleep_to(at(hours(6)));
  EXPECT_EQ(bench.last(EventCode::kStepsMissed).value, 1'250);  // those of this time alone
  EXPECT_EQ(bench.pump.status().steps_missed, 3'750);
}

/// 300 µL a day, 600 from 14:30 on, which is 6.5 h after the start.
Prescription flex_from_half_past_two() {
  Prescription p = continuous(1, kFirst, FlowRate{0});
  every_day(p.basal, {{0, FlowRate{300'000}}, {870, FlowRate{600'000}}});
  return p;
}

TEST(Pump, INV_3_what_a_late_wake_missed_is_told_at_the_rates_that_were_due) {
  Bench bench{setup_with(kFirst), flex_from_half_past_two()};
  bench.run_to(at(hours(5)));
  bench.sleep_to(at(hours(9)));  // the train of an hour was made; 30 min and 2.5 h are missing
  EXPECT_EQ(bench.last(EventCode::kStepsMissed).value, 30'000 * 30 / 1'440 + 60'000 * 150 / 1'440);
}

TEST(Pump, INV_3_what_a_late_wake_missed_ends_with_the_prescription) {
  Prescription p = continuous(1, kFirst, FlowRate{288'000});
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 4 * 3'600;
  p.fallback = Fallback::kStop;
  Bench bench{setup_with(kFirst), p};
  bench.run_to(at(hours(2)));
  bench.sleep_to(at(hours(9)));  // an hour was made, one is missing, nothing was due any more
  EXPECT_EQ(bench.last(EventCode::kStepsMissed).value, 1'200);
}

// ---- the patient's bolus ----------------------------------------------------------------------------------

Prescription with_patient_bolus() {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.patient = quarter_millilitre_a_day();
  return p;
}

TEST(Pump, a_granted_bolus_is_its_whole_volume_over_its_time_on_top_of_basal) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_to(at(hours(2)));
  EXPECT_EQ(bench.pump.status().boluses_left, 4);
  const BolusAnswer answer = bench.press();
  EXPECT_EQ(answer.refusal, Refusal::kNone);
  EXPECT_EQ(answer.volume, microlitres(25));
  EXPECT_EQ(bench.pump.mode(), Mode::kPatientBolus);
  EXPECT_EQ(bench.pump.status().flow, FlowRate{300'000 + 7'200'000});
  bench.run_to(at(hours(3)));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  EXPECT_EQ(bench.steps_between(at(hours(2)), at(hours(2) + minutes(5))), 2'500 + 104);  // 104.17 of basal
  EXPECT_EQ(bench.steps_between(at(hours(2)), at(hours(3))), 2'500 + 1'250);
  const Event granted = bench.last(EventCode::kBolusGranted, kind(BolusKind::kPatient));
  EXPECT_EQ(granted.value, 25'000);
  EXPECT_EQ(granted.value2, minutes(5).raw());
  const Event completed = bench.last(EventCode::kBolusCompleted, kind(BolusKind::kPatient));
  EXPECT_EQ(completed.at, at(hours(2) + minutes(5)));
  EXPECT_EQ(completed.value, 25'000);
  EXPECT_EQ(bench.pump.status().boluses_left, 3);
  EXPECT_EQ(bench.pump.status().next_bolus_possible, at(hours(5)));
}

TEST(Pump, INV_7_a_button_held_down_gives_what_is_allotted_and_no_more) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  for (int minute = 0; minute < 48 * 60; ++minute) {
    bench.press();
    bench.press();  // twice, as a nervous link would
    bench.run_for(minutes(1));
  }
  const auto granted = bench.all(EventCode::kBolusGranted);
  ASSERT_EQ(granted.size(), 8U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(granted[i].at, at(hours(3) * static_cast<std::int64_t>(i)));
    EXPECT_EQ(granted[i + 4].at, granted[i].at + hours(24));
  }
  EXPECT_EQ(bench.steps.size(), 60'000U + 8 * 2'500U);
}

/// Ceilings that the prescription just fits: what its own check asks for, and nothing more.
Ceilings least_ceilings(const Prescription& p) {
  const auto worst = [&](Duration window) {
    const Volume most = worst_case_volume(p, kRoller.minimum_rate, window);
    return kRoller.step * divide_up(most.raw(), kRoller.step.raw());
  };
  return {worst(hours(1) + kHourBucket), worst(days(1) + kDayBucket), worst(days(30) + kThirtyDayBucket)};
}

RC_GTEST_PROP(Pump, INV_4_a_legal_therapy_meets_neither_gate_nor_ceiling_however_often_the_button_is_pressed,
              ()) {
  Prescription p = continuous(1, kFirst, FlowRate{*within(48'000, 2'000'000)});
  p.patient.dose = {kRoller.step * *within(1, 3'000), FlowRate{*within(1'000'000, 10'000'000)}};
  const std::int64_t takes = divide_up(bolus_duration(p.patient.dose).raw(), 1'000);
  p.patient.lockout_s = static_cast<std::uint32_t>(takes + *within(0, 2 * 3'600));
  p.patient.window_s = static_cast<std::uint32_t>(*within(3'600, 8 * 3'600));
  p.patient.allotted = static_cast<std::uint8_t>(*within(1, 4));
  if (*rc::gen::arbitrary<bool>())
    p.schedule = each({kRoller.step * *within(1, 500), FlowRate{5'000'000}}, 3'600, 1'234);
  Implantation setup = setup_with(kFirst);
  setup.ceilings = least_ceilings(p);
  Bench bench{setup, p};
  for (int i = 0; i < 300; ++i) {
    RC_ASSERT(bench.press().refusal != Refusal::kCeiling);
    bench.run_for(milliseconds(*within(1, 600'000)));
  }
  RC_ASSERT(bench.count(EventCode::kGateCut) == 0);
}

TEST(Pump, INV_4_boluses_an_hour_and_a_bucket_apart_fit_the_ceilings_of_their_own_prescription) {
  for (const std::int64_t lockout_s : {60 * 60, 61 * 60, 64 * 60 + 59, 65 * 60, 66 * 60, 70 * 60}) {
    Prescription p = continuous(1, kFirst, kSixMilligramsADay);
    p.patient.dose = over(microlitres(60), minutes(20));
    p.patient.lockout_s = static_cast<std::uint32_t>(lockout_s);
    p.patient.window_s = 24 * 3'600;
    p.patient.allotted = 20;
    Implantation setup = setup_with(kFirst);
    setup.ceilings = least_ceilings(p);
    Bench bench{setup, p};
    bench.run_for(minutes(3));
    for (int i = 0; i < 15; ++i) {
      EXPECT_EQ(bench.press().refusal, Refusal::kNone) << lockout_s << " s, bolus " << i;
      bench.run_for(seconds(lockout_s));
    }
    EXPECT_EQ(bench.count(EventCode::kGateCut), 0U) << lockout_s;
  }
}

TEST(Pump, INV_7_neither_clock_nor_stop_nor_a_new_prescription_shortens_the_lockout) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_to(at(hours(1)));
  EXPECT_EQ(bench.press().refusal, Refusal::kNone);
  bench.run_for(minutes(10));
  bench.shift_clock(days(2));
  EXPECT_EQ(bench.press().refusal, Refusal::kLockout);
  bench.stop();
  bench.resume();
  EXPECT_EQ(bench.press().refusal, Refusal::kLockout);
  Prescription again = with_patient_bolus();
  again.number = 2;
  ASSERT_TRUE(bench.prescribe(again));
  EXPECT_EQ(bench.press().refusal, Refusal::kLockout);
  EXPECT_EQ(bench.press().next_possible, at(hours(4)));
  bench.run_to(at(hours(4)) - milliseconds(1));
  EXPECT_EQ(bench.press().refusal, Refusal::kLockout);
  bench.run_to(at(hours(4)));
  EXPECT_EQ(bench.press().refusal, Refusal::kNone);
}

TEST(Pump, INV_7_a_bolus_that_is_cut_ends_there_and_basal_goes_on) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_to(at(hours(1)));
  EXPECT_EQ(bench.pump.status().bolus_ends, Instant{});
  bench.press();
  bench.run_for(minutes(2));
  bench.telemetry(Telemetry::kOpened);  // figures of this moment
  EXPECT_EQ(bench.pump.status().patients_bolus, Volume{25'000});
  EXPECT_EQ(bench.pump.status().patients_bolus_given, Volume{10'000});
  EXPECT_EQ(bench.pump.status().bolus_ends, at(hours(1) + minutes(5)));
  ASSERT_TRUE(bench.cut_bolus());
  const Event cut = bench.last(EventCode::kBolusCut, kind(BolusKind::kPatient));
  EXPECT_EQ(cut.value, 10'000);
  EXPECT_EQ(cut.value2, 25'000);
  EXPECT_EQ(bench.pump.status().patients_bolus_given, Volume{10'000});
  EXPECT_EQ(bench.pump.status().bolus_ends, Instant{});
  EXPECT_EQ(bench.pump.status().flow, with_patient_bolus().basal.rate);
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  // Its lockout runs from the grant, and it counts among those allotted: nothing is made up for.
  EXPECT_EQ(bench.press().refusal, Refusal::kLockout);
  EXPECT_EQ(bench.cut_bolus().error().refusal, Refusal::kNoBolusRunning);
  const auto made = static_cast<std::int64_t>(bench.steps.size());
  bench.run_for(hours(3) - minutes(2));
  const std::int64_t basal = with_patient_bolus().basal.rate.raw() / 8 / bench.pump.model().step.raw();
  EXPECT_NEAR(static_cast<double>(static_cast<std::int64_t>(bench.steps.size()) - made),
              static_cast<double>(basal), 2.0 * static_cast<double>(basal) / 90.0);
}

TEST(Pump, INV_7_a_bolus_cut_short_tells_its_part_and_is_not_resumed) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_to(at(hours(1)));
  bench.press();
  bench.run_for(minutes(2));
  ASSERT_TRUE(bench.stop());
  const Event cut = bench.last(EventCode::kBolusCut, kind(BolusKind::kPatient));
  EXPECT_EQ(cut.value, 10'000);
  EXPECT_EQ(cut.value2, 25'000);
  const auto made = bench.steps.size();
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), made);
  ASSERT_TRUE(bench.resume());
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), made + 1'250);
  EXPECT_EQ(bench.count(EventCode::kBolusCompleted), 0U);
}

// ---- scheduled and single boluses
// ---------------------------------------------------------------------------

TEST(Pump, boluses_by_the_clock_are_given_each_day_at_their_minute) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.schedule = at_minutes(over(microlitres(6), minutes(10)), {6 * 60, 8 * 60, 20 * 60 + 30});
  Bench bench{setup_with(kFirst), p};
  bench.run_for(days(2));
  std::vector<Instant> granted;
  for (const Event& event : bench.all(EventCode::kBolusGranted)) granted.push_back(event.at);
  EXPECT_EQ(granted, (std::vector{at(hours(0)), at(minutes(750)), at(hours(22)), at(hours(24)),
                                  at(hours(36) + minutes(30)), at(hours(46)), at(hours(48))}));
  EXPECT_EQ(bench.steps_between(at(hours(0)), at(hours(24))), 30'000 + 3 * 600);
}

TEST(Pump, boluses_by_interval_count_elapsed_time_from_the_start) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  Bench bench{setup_with(kFirst), p};
  bench.run_for(hours(5));
  bench.shift_clock(hours(3));
  bench.run_for(hours(20));
  const auto granted = bench.all(EventCode::kBolusGranted, kind(BolusKind::kScheduled));
  ASSERT_EQ(granted.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(granted[i].at, at(hours(1 + 6 * static_cast<std::int64_t>(i))));
}

TEST(Pump, a_scheduled_bolus_waits_while_a_patients_runs_and_both_are_whole) {
  Prescription p = with_patient_bolus();
  p.schedule = at_minutes(over(microlitres(6), minutes(10)), {9 * 60});
  Bench bench{setup_with(kFirst), p};
  bench.run_to(at(minutes(58)));
  ASSERT_EQ(bench.press().refusal, Refusal::kNone);
  bench.run_to(at(minutes(61)));
  EXPECT_EQ(bench.press().refusal, Refusal::kOtherBolusRunning);  // it is due, and a call does not let it in
  bench.run_to(at(hours(2)));
  EXPECT_EQ(bench.last(EventCode::kBolusGranted, kind(BolusKind::kScheduled)).at, at(minutes(63)));
  EXPECT_EQ(bench.last(EventCode::kBolusCompleted, kind(BolusKind::kScheduled)).at, at(minutes(73)));
  EXPECT_EQ(bench.count(EventCode::kBolusCut), 0U);
  EXPECT_EQ(bench.steps.size(), 2'500U + 2'500U + 600U);
}

TEST(Pump, scheduled_boluses_of_a_stopped_day_are_skipped_each_with_its_event_and_not_caught_up) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.schedule = each(over(microlitres(1), minutes(1)), 3'600, 3'600);
  Bench bench{setup_with(kFirst), p};
  bench.run_for(minutes(30));
  bench.stop();
  bench.run_for(days(1));
  EXPECT_EQ(bench.count(EventCode::kScheduledBolusSkipped), 24U);
  EXPECT_EQ(bench.last(EventCode::kScheduledBolusSkipped).value, 23);
  EXPECT_EQ(bench.last(EventCode::kScheduledBolusSkipped).value2, 1'000);
  EXPECT_EQ(bench.last(EventCode::kScheduledBolusSkipped).detail, static_cast<int>(Mode::kStopped));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 0U);
  bench.resume();
  bench.run_for(hours(1));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 1U);
}

TEST(Pump, one_call_a_day_late_has_room_for_every_event_of_24_boluses) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.schedule.kind = ScheduleKind::kTimesOfDay;
  p.schedule.dose = over(microlitres(1), minutes(1));
  p.schedule.count = kMaxDailyBoluses;
  for (std::size_t i = 0; i < kMaxDailyBoluses; ++i)
    p.schedule.minutes[i] = static_cast<std::uint16_t>(60 * i + 30);
  Bench bench{setup_with(kFirst), p};
  bench.stop();
  bench.sleep_to(at(days(1)));  // the bench throws when an event is lost
  EXPECT_EQ(bench.count(EventCode::kScheduledBolusSkipped), 24U);
}

TEST(Pump, a_single_bolus_is_given_once) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.single = over(microlitres(20), minutes(20));
  Bench bench{setup_with(kFirst), p};
  EXPECT_EQ(bench.pump.mode(), Mode::kSingleBolus);
  bench.run_for(hours(1));
  bench.stop();
  bench.resume();
  bench.run_for(hours(23));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted, kind(BolusKind::kSingle)), 1U);
  EXPECT_EQ(bench.last(EventCode::kBolusCompleted, kind(BolusKind::kSingle)).value, 20'000);
  EXPECT_EQ(bench.steps.size(), 30'000U + 2'000U);
}

// ---- clock ------------------------------------------------------------------------------------------------

TEST(Pump, INV_7_a_clock_set_back_over_a_bolus_does_not_give_it_twice) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.schedule = at_minutes(over(microlitres(6), minutes(10)), {9 * 60});
  Bench bench{setup_with(kFirst), p};
  bench.run_for(minutes(90));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 1U);
  bench.shift_clock(hours(-1));
  bench.run_for(hours(20));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 1U);
  bench.run_for(hours(10));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 2U);
}

TEST(Pump, what_a_clock_set_forward_leaps_over_is_not_caught_up) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.schedule = at_minutes(over(microlitres(6), minutes(10)), {9 * 60, 15 * 60});
  Bench bench{setup_with(kFirst), p};
  bench.run_for(minutes(30));
  bench.shift_clock(hours(1));
  bench.run_for(hours(10));
  ASSERT_EQ(bench.count(EventCode::kBolusGranted), 1U);
  EXPECT_EQ(bench.last(EventCode::kBolusGranted).at, at(hours(6)));
}

/// Three times of day at random, and a clock set now and then by anything from seconds to years.
struct ClockThatLeaps {
  static constexpr std::int64_t kMinute = 60'000;
  std::array<std::uint16_t, 3> minutes_of_day{};
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  std::optional<Bench> bench;
  std::int64_t offset = kMonday8UtcMs;

  ClockThatLeaps() {
    minutes_of_day[0] = static_cast<std::uint16_t>(*within(0, 1'000));
    minutes_of_day[1] = static_cast<std::uint16_t>(*within(minutes_of_day[0] + 15, 1'200));
    minutes_of_day[2] = static_cast<std::uint16_t>(*within(minutes_of_day[1] + 15, 1'425));
    p.schedule = at_minutes(over(microlitres(1), minutes(5)),
                            {minutes_of_day[0], minutes_of_day[1], minutes_of_day[2]});
    bench.emplace(setup_with(kFirst), p);
  }
  void leap() {
    const std::int64_t most = *rc::gen::elementOf(
        std::vector<std::int64_t>{kMinute, 90 * kMinute, 40 * 60 * kMinute, 5 * 366 * 24 * 60 * kMinute});
    const auto shift = milliseconds(*within(-most, most));
    offset += shift.raw();
    bench->shift_clock(shift);
  }
  /// Just before a time of day: what somebody would do who wants it to come.
  void lure() {
    const std::int64_t local = offset + bench->now().raw();
    const std::int64_t wanted = minutes_of_day[static_cast<std::size_t>(*within(0, 2))] * kMinute - 1'000;
    const auto shift = milliseconds(wanted - floor_modulo(local, 24 * 60 * kMinute));
    offset += shift.raw();
    bench->shift_clock(shift);
  }
};

RC_GTEST_PROP(Pump, INV_7_however_the_clock_is_set_boluses_come_at_most_twice_as_fast, ()) {
  ClockThatLeaps life;
  std::size_t told = 0;
  std::optional<Instant> before;
  std::int64_t minute_before = 0;
  for (int i = 0; i < 20; ++i) {
    life.bench->run_for(milliseconds(*within(1, 9 * 60 * ClockThatLeaps::kMinute)));
    for (; told < life.bench->events.size(); ++told) {
      const Event& event = life.bench->events[told];
      if (event.code != EventCode::kBolusGranted) continue;
      const std::int64_t minute = minute_of_day(life.offset + event.at.raw());
      RC_ASSERT(std::ranges::count(life.minutes_of_day, minute) == 1);
      if (before) {
        const std::int64_t between = floor_modulo(minute - minute_before, 1'440);
        RC_ASSERT((event.at - *before) * 2 >= minutes(between == 0 ? 1'440 : between));
      }
      before = event.at;
      minute_before = minute;
    }
    *rc::gen::arbitrary<bool>() ? life.leap() : life.lure();
    told = life.bench->events.size();  // one that came due at the instant of the change is left out
  }
}

RC_GTEST_PROP(Pump, INV_7_no_setting_of_the_clock_keeps_a_bolus_away_for_longer_than_a_day_and_a_half, ()) {
  ClockThatLeaps life;
  for (std::int64_t i = *within(1, 6); i > 0; --i) {
    life.bench->run_for(milliseconds(*within(1, 30 * 60 * ClockThatLeaps::kMinute)));
    life.leap();
  }
  const std::size_t before = life.bench->count(EventCode::kBolusGranted);
  life.bench->run_for(hours(36));
  RC_ASSERT(life.bench->count(EventCode::kBolusGranted) > before);
}

TEST(Pump, INV_7_a_clock_set_years_ahead_and_right_again_keeps_its_boluses) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.schedule = at_minutes(over(microlitres(6), minutes(10)), {9 * 60});
  Bench bench{setup_with(kFirst), p};
  bench.run_for(minutes(90));
  bench.shift_clock(days(5 * 365));
  bench.run_for(minutes(1));
  bench.shift_clock(days(-5 * 365));
  bench.run_for(hours(24));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 2U);
}

TEST(Pump, INV_7_a_bolus_that_waits_while_the_clock_is_set_is_told_as_skipped) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.single = over(microlitres(6), minutes(50));
  p.schedule = at_minutes(over(microlitres(6), minutes(10)), {8 * 60 + 30});
  Bench bench{setup_with(kFirst), p};
  bench.run_for(minutes(40));  // the single one still runs
  bench.shift_clock(minutes(1));
  EXPECT_EQ(bench.count(EventCode::kScheduledBolusSkipped), 1U);
  bench.run_for(hours(23));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 1U);
  bench.run_for(hours(1));
  EXPECT_EQ(bench.count(EventCode::kBolusGranted), 2U);
}

// ---- stop, resume, expiry
// -----------------------------------------------------------------------------------

TEST(Pump, a_stop_stops_at_once_and_a_resume_goes_on_without_catching_up) {
  Bench bench{setup_with(kFirst), continuous(1, kFirst, kSixMilligramsADay)};
  bench.run_to(at(hours(2)));
  ASSERT_TRUE(bench.stop());
  EXPECT_EQ(bench.last_effects().motor, MotorOrder::kHalt);
  EXPECT_EQ(bench.pump.mode(), Mode::kStopped);
  EXPECT_EQ(bench.pump.status().flow, FlowRate{0});
  bench.run_for(hours(5));
  EXPECT_EQ(bench.steps.size(), 2'500U);
  ASSERT_TRUE(bench.resume());
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  bench.run_for(hours(1));
  EXPECT_EQ(bench.steps.size(), 3'750U);
  EXPECT_EQ(bench.pump.status().steps_missed, 0);
}

TEST(Pump, a_new_prescription_starts_a_stopped_pump) {
  Bench bench{setup_with(kFirst), continuous(1, kFirst, kSixMilligramsADay)};
  bench.stop();
  ASSERT_TRUE(bench.prescribe(continuous(2, kFirst, FlowRate{600'000})));
  bench.run_for(hours(24));
  EXPECT_EQ(bench.steps.size(), 60'000U);
  EXPECT_EQ(bench.resume().error().refusal, Refusal::kNothingToResume);
}

struct Expiry {
  Fallback fallback;
  Mode mode;
  std::int64_t steps_a_day;
};

TEST(Pump, an_expired_prescription_falls_back_as_it_says) {
  for (const Expiry& row :
       {Expiry{Fallback::kMinimumRate, Mode::kMinimumRate, 600}, Expiry{Fallback::kStop, Mode::kStopped, 0},
        Expiry{Fallback::kSafeState, Mode::kSafeState, 12'000}}) {
    Prescription p = with_patient_bolus();
    p.safe_state = {SafeAction::kEmergencyRate, FlowRate{120'000}};
    p.fallback = row.fallback;
    p.expires_utc_s = kMonday8UtcMs / 1'000 + 10 * 3'600;
    p.schedule = each(over(microlitres(6), minutes(10)), 3'600, 1'800);
    Bench bench{setup_with(kFirst), p};
    bench.run_to(at(hours(10)));
    EXPECT_EQ(bench.steps.size(), 12'500U + 10 * 600U);
    const Event expired = bench.last(EventCode::kExpired);
    EXPECT_EQ(expired.at, at(hours(10)));
    EXPECT_EQ(expired.detail, static_cast<int>(row.fallback));
    EXPECT_TRUE(bench.has_alarm(Alarm::kPrescriptionExpired));
    EXPECT_EQ(bench.pump.mode(), row.mode);
    bench.run_for(days(1));
    EXPECT_EQ(bench.steps_between(at(hours(10)), at(hours(34))), row.steps_a_day) << row_of(row.mode).name;
    EXPECT_EQ(bench.press().refusal, Refusal::kMode);
    EXPECT_EQ(bench.count(EventCode::kBolusGranted), 10U);
    EXPECT_EQ(bench.count(EventCode::kScheduledBolusSkipped), 24U);
    EXPECT_EQ(bench.count(EventCode::kExpired), 1U);
    ASSERT_TRUE(bench.prescribe(continuous(2, kFirst, kSixMilligramsADay)));
    EXPECT_FALSE(bench.has_alarm(Alarm::kPrescriptionExpired));
    EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous);
  }
}

TEST(Pump, INV_7_a_bolus_that_meets_the_expiry_is_cut) {
  Prescription p = with_patient_bolus();
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 3'600;
  Bench bench{setup_with(kFirst), p};
  bench.run_to(at(minutes(59)));
  bench.press();
  bench.run_for(hours(1));
  EXPECT_EQ(bench.last(EventCode::kBolusCut).value, 5'000);
  EXPECT_EQ(bench.last(EventCode::kBolusCut).at, at(hours(1)));
}

TEST(Pump, the_expiry_moves_with_the_clock) {
  Prescription p = continuous(1, kFirst, kSixMilligramsADay);
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 10 * 3'600;
  Bench bench{setup_with(kFirst), p};
  bench.run_for(hours(1));
  bench.shift_clock(hours(2));
  bench.run_for(hours(20));
  EXPECT_EQ(bench.last(EventCode::kExpired).at, at(hours(8)));
  const Event set = bench.last(EventCode::kClockSet);
  EXPECT_EQ(set.value2, hours(2).raw());
  EXPECT_EQ(set.value, kMonday8UtcMs + hours(2).raw());
}

TEST(Pump, the_same_calls_give_the_same_steps_and_events) {
  const auto life = [] {
    Prescription p = with_patient_bolus();
    p.schedule = each(over(microlitres(6), minutes(10)), 3'600, 600);
    Bench bench{dry_setup_with(kFirst), p};
    for (int i = 0; i < 20; ++i) bench.run_for(milliseconds(3'456'789 * (i % 5))), bench.press();
    std::vector<std::tuple<Instant, EventCode, int, std::int64_t, std::int64_t>> told;
    for (const Event& e : bench.events) told.emplace_back(e.at, e.code, e.detail, e.value, e.value2);
    return std::pair{bench.steps, told};
  };
  EXPECT_EQ(life(), life());
}

}  // namespace
}  // namespace theca
