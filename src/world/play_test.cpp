// Scenarios played from end to end: the ones in scenarios/, held against their own titles as numbers.
#include "world/play.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "world/journal_file.hpp"
#include "world/scenario_testing.hpp"

namespace theca {
namespace {

using namespace example;
namespace fs = std::filesystem;

Instant at(Duration since) { return Instant{0} + since; }

std::string all_of(const std::vector<DataError>& errors) {
  std::string text;
  for (const DataError& error : errors) text += to_string(error) + "\n";
  return text;
}

RunResult played(Scenario scenario, Duration sample_every = hours(1)) {
  scenario.sample_every = sample_every;
  auto result = play(scenario, library());
  if (!result) throw std::runtime_error(all_of(result.error().errors));
  return std::move(*result);
}
RunResult played_file(const std::string& name, Duration sample_every = hours(1)) {
  auto scenario = load_scenario(fs::path{THECA_SOURCE_DIR} / "scenarios" / (name + ".toml"), library());
  if (!scenario) throw std::runtime_error(all_of(scenario.error()));
  return played(std::move(*scenario), sample_every);
}
RunResult played_text(const std::string& text) {
  auto scenario = load_text(text);
  if (!scenario) throw std::runtime_error(all_of(scenario.error()));
  return played(std::move(*scenario));
}

const Sample& sample_at(const RunResult& run, Instant t) {
  const auto found =
      std::find_if(run.samples.rbegin(), run.samples.rend(), [&](const Sample& s) { return s.at == t; });
  if (found == run.samples.rend()) throw std::runtime_error("no sample then");
  return *found;
}
/// Mass of the drug in this column that truly left the tip between two samples.
Mass tip_mass(const RunResult& run, Duration from, Duration to, std::size_t column = 0) {
  return sample_at(run, at(to)).tip_mass[column] - sample_at(run, at(from)).tip_mass[column];
}
void expect_near(Mass value, Mass wanted, Mass within) {
  EXPECT_LE(std::max(value, wanted) - std::min(value, wanted), within)
      << value.raw() << " fg instead of " << wanted.raw() << " fg";
}
std::vector<Event> events(const RunResult& run, EventCode code) {
  std::vector<Event> found;
  std::copy_if(run.events.begin(), run.events.end(), std::back_inserter(found),
               [&](const Event& e) { return e.code == code; });
  return found;
}
Mass one_step(Concentration c) { return mass_in(nanolitres(10), c); }

// ---- the scenarios of the house
// ------------------------------------------------------------------------------

TEST(Play, every_scenario_of_the_house_plays_and_keeps_the_sums) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path{THECA_SOURCE_DIR} / "scenarios")) {
    if (entry.path().extension() != ".toml") continue;
    ++files;
    const std::string name = entry.path().stem().string();
    SCOPED_TRACE(name);
    const RunResult run = played_file(name);
    if (run.constant_flow) continue;  // play_constant_flow_test.cpp
    ASSERT_FALSE(run.samples.empty());
    EXPECT_EQ(run.samples.back().at, at(run.lasts));
    EXPECT_EQ(run.steps_commanded, run.steps_reported);
    EXPECT_EQ(run.steps_missed, 0);
    EXPECT_EQ(run.largest_deviation_steps, 0);
    EXPECT_LT(run.largest_lag_steps, 1.0);  // INV-3
    EXPECT_EQ(run.events.size(), run.marks.size());
    EXPECT_EQ(run.samples.back().delivered, run.model.step * run.steps_reported);
    for (std::size_t i = 1; i < run.samples.size(); ++i) {
      const Sample &before = run.samples[i - 1], &now = run.samples[i];
      ASSERT_LE(before.at, now.at);
      ASSERT_LE(before.delivered, now.delivered);
      ASSERT_LE(before.tip_mass, now.tip_mass);
      ASSERT_LE(before.prescribed, now.prescribed);
      ASSERT_GE(now.reservoir_nominal, now.reservoir_earliest);
    }
    EXPECT_TRUE(events(run, EventCode::kGateCut).empty());  // INV-4: a legal therapy never meets the gate
    EXPECT_TRUE(events(run, EventCode::kCommandRefused).empty());
  }
  EXPECT_GE(files, 11);
}

TEST(Play, INV_3_INV_7_INV_8_what_breaks_is_told_with_its_volume_and_nothing_is_caught_up) {
  const RunResult run = played_file("faults/power_and_motor_faults");
  const auto raised = [&](Alarm alarm) { return std::ranges::count(run.alarms, alarm, &AlarmRecord::alarm); };
  EXPECT_EQ(raised(Alarm::kRestarted), 1);
  EXPECT_EQ(raised(Alarm::kPowerLost), 1);
  EXPECT_EQ(raised(Alarm::kMotorStall), 1);
  EXPECT_EQ(raised(Alarm::kMemoryFault), 0);
  // The longest possible loss: 40 min without power, an hour of unknown steps, two hours of stall, a cut
  // bolus.
  const Volume missing = run.samples.back().prescribed - run.samples.back().delivered;
  EXPECT_GT(missing, microlitres(25));  // the stall alone
  EXPECT_LT(missing, microlitres(70));
  EXPECT_EQ(run.events.size() + 5, run.marks.size()) << "each fault is marked, and the end of the stall";
  const auto check = check_journal(run.journal);
  ASSERT_TRUE(check) << check.error();
  EXPECT_TRUE(check->wrong.empty()) << check->wrong.front();
  for (std::size_t i = 1; i < run.samples.size(); ++i) ASSERT_LE(run.samples[i - 1].at, run.samples[i].at);
}

TEST(Play, INV_3_a_scan_during_an_alarm_holds_delivery_for_as_long_as_it_lasts_and_no_longer) {
  const std::string text = with(kWalkingExample, "volume = \"40 mL\"", "volume = \"2.2 mL\"");
  const RunResult run =
      played_text(text + "\n[[fault]]\nat = \"day 2 20:00\"\nkind = \"mri\"\nlasts = \"40 min\"\n");
  ASSERT_EQ(events(run, EventCode::kFieldLeft).size(), 1U);
  EXPECT_EQ(events(run, EventCode::kFieldLeft)[0].value, minutes(40).raw());
  EXPECT_TRUE(events(run, EventCode::kMotorHeld).empty());
  const Instant left = events(run, EventCode::kFieldLeft)[0].at;
  const Instant full_hour = left + minutes(20);  // a sample stands there
  const Volume after = sample_at(run, full_hour + hours(10)).delivered - sample_at(run, full_hour).delivered;
  EXPECT_GE(after, microlitres(125) - run.model.step * 2);
  EXPECT_LE(after, microlitres(125) + run.model.step * 2);
}

TEST(Play, INV_7_a_request_to_a_pump_without_power_gets_no_answer) {
  const std::string text = kWalkingExample + R"(
[prescription.patient_bolus]
dose = "0.5 mg over 5 min"
lockout = "1 h"
allotted = "4 per 24 h"
[patient]
presses = ["day 2 10:10", "day 2 14:00"]
[[fault]]
at = "day 2 10:00"
kind = "power loss"
lasts = "30 min"
clock = "kept"
)";
  const RunResult run = played_text(text);
  ASSERT_EQ(run.boluses.size(), 1U);
  EXPECT_EQ(run.boluses[0].refusal, Refusal::kNone);
  EXPECT_GE(run.boluses[0].at, at(hours(30)));
  EXPECT_TRUE(
      std::ranges::any_of(run.marks, [](const Mark& m) { return m.text.contains("did not answer"); }));
}

TEST(Play, INV_2_steps_that_nobody_ordered_take_the_motors_power_away) {
  const RunResult run =
      played_text(kWalkingExample + "\n[[fault]]\nat = \"day 2 09:00\"\nkind = \"extra steps\"\nsteps = 3\n");
  ASSERT_EQ(events(run, EventCode::kMotorPowerOff).size(), 1U);
  const Instant off = events(run, EventCode::kMotorPowerOff)[0].at;
  EXPECT_EQ(run.samples.back().delivered, sample_at(run, off).delivered);
}

TEST(Play, concentration_up_with_a_bridge_keeps_the_dose_at_the_tip) {
  const RunResult run = played_file("concentration_up_with_bridge");
  const Mass step = one_step(milligrams_per_millilitre(20));
  for (int hour = 1; hour + 24 <= 6 * 24; ++hour) {
    expect_near(tip_mass(run, hours(hour), hours(hour + 24)), milligrams(3), step);
  }
  ASSERT_EQ(run.fronts.size(), 1U);
  EXPECT_EQ(run.fronts[0].reckoned, at(hours(24 + 30)));
  EXPECT_EQ(run.fronts[0].truly, run.fronts[0].reckoned);
}

TEST(Play, concentration_up_and_the_bridge_forgotten_gives_half_for_sixty_hours) {
  const RunResult run = played_file("concentration_up_bridge_forgotten");
  const Mass step = one_step(milligrams_per_millilitre(20));
  EXPECT_EQ(run.fronts.at(0).truly, at(hours(24 + 60)));
  expect_near(tip_mass(run, hours(0), hours(24)), milligrams(3), step);
  expect_near(tip_mass(run, hours(24), hours(48)), micrograms(1'500), step);
  expect_near(tip_mass(run, hours(24), hours(84)), micrograms(3'750), step);
  expect_near(tip_mass(run, hours(84), hours(108)), milligrams(3), step);
  EXPECT_EQ(events(run, EventCode::kChangedWithoutBridge).size(), 1U);
}

TEST(Play, concentration_down_with_a_bridge_keeps_the_dose_at_the_tip) {
  const RunResult run = played_file("concentration_down_with_bridge");
  const Mass step = one_step(micrograms_per_millilitre(2'000));
  for (int hour = 1; hour + 24 <= 6 * 24; ++hour) {
    expect_near(tip_mass(run, hours(hour), hours(hour + 24)), micrograms(300), step);
  }
  EXPECT_EQ(run.fronts.at(0).truly, at(hours(24 + 60)));
}

TEST(Play, concentration_down_and_the_bridge_forgotten_gives_four_times_as_much_for_fifteen_hours) {
  const RunResult run = played_file("concentration_down_bridge_forgotten");
  const Mass step = one_step(micrograms_per_millilitre(2'000));
  EXPECT_EQ(run.fronts.at(0).truly, at(hours(24 + 15)));
  expect_near(tip_mass(run, hours(24), hours(36)), micrograms(600), step);
  expect_near(tip_mass(run, hours(24), hours(39)), micrograms(750), step);
  expect_near(tip_mass(run, hours(39), hours(63)), micrograms(300), step);
}

TEST(Play, boluses_during_a_bridge_are_the_same_dose_of_the_old_fluid) {
  const RunResult run = played_file("bolus_during_bridge");
  ASSERT_EQ(run.boluses.size(), 6U);
  EXPECT_EQ(run.boluses[0].prescribed, microlitres(20));  // the old fluid, 0.2 mg
  for (const std::size_t i : {1U, 2U, 3U}) {
    EXPECT_EQ(run.boluses[i].refusal, Refusal::kNone) << i;
    EXPECT_EQ(run.boluses[i].prescribed, microlitres(20)) << i;
    EXPECT_EQ(run.boluses[i].mass_given[0], micrograms(200)) << i;
  }
  EXPECT_EQ(run.boluses[4].refusal, Refusal::kBridging);
  EXPECT_EQ(run.boluses[5].prescribed, microlitres(10));  // the new one
  EXPECT_EQ(run.boluses[5].mass_given[0], micrograms(200));
  // Three boluses of 0.02 mL are 4.8 h of a bridge at 0.3 mL/day.
  EXPECT_EQ(run.fronts.at(0).truly, at(hours(24 + 30) - minutes(288)));
}

TEST(Play, a_dry_catheter_and_twelve_requests) {
  const RunResult run = played_file("morphine_with_patient_boluses");
  std::vector<Refusal> answers;
  for (const BolusRecord& bolus : run.boluses) answers.push_back(bolus.refusal);
  EXPECT_EQ(answers,
            (std::vector{Refusal::kNone, Refusal::kLockout, Refusal::kNone, Refusal::kSupervised,
                         Refusal::kSupervised, Refusal::kSupervised, Refusal::kNone, Refusal::kNone,
                         Refusal::kOtherBolusRunning, Refusal::kNone, Refusal::kNone, Refusal::kNone}));
  EXPECT_EQ(run.samples.back().delivered, microlitres(900 + 7 * 25));
  // Two boluses are allowed in the supervised first day; they bring the front 4 h forward.
  EXPECT_EQ(run.fronts.at(0).reckoned, at(hours(26)));
}

TEST(Play, INV_15_low_and_empty_come_in_time_for_a_pump_at_the_end_of_its_label) {
  const RunResult run = played_file("low_and_empty");
  ASSERT_GE(run.alarms.size(), 2U);
  EXPECT_EQ(run.alarms[0].alarm, Alarm::kLowReservoir);
  EXPECT_EQ(run.alarms[1].alarm, Alarm::kEmptyReservoir);
  EXPECT_LT(run.alarms[0].raised, run.alarms[1].raised);
  for (const Sample& s : run.samples) {
    if (s.at >= run.alarms[1].raised) break;
    ASSERT_GT(s.reservoir_true, nanolitres(0));
  }
}

TEST(Play, a_mixture_gives_each_component_in_the_same_flow) {
  const RunResult run = played_file("mixture_with_clinic_doses");
  ASSERT_EQ(run.drugs.size(), 2U);
  const Sample& end = run.samples.back();
  EXPECT_EQ(end.tip_mass[1].raw() * 2, end.tip_mass[0].raw() * 3);
  EXPECT_EQ(end.prescribed_mass[1].raw() * 2, end.prescribed_mass[0].raw() * 3);
}

TEST(Play, the_day_of_the_clock_change_is_an_hour_of_basal_shorter) {
  const RunResult run = played_file("baclofen_flex", minutes(30));
  // Local midnights: Saturday 60 h after Thursday noon less 12 h; Sunday has 23 hours.
  const auto local_day = [&](Duration from, Duration to) { return tip_mass(run, from, to); };
  const Mass step = one_step(micrograms_per_millilitre(2'000));
  expect_near(local_day(hours(36), hours(60)), micrograms(90 + 225), step);  // Saturday: 9 h and 15 h
  expect_near(local_day(hours(60), hours(83)), micrograms(80 + 225), step);  // Sunday: 8 h and 15 h
  ASSERT_EQ(run.local_clock.size(), 1U);
  EXPECT_EQ(run.local_clock[0].at, at(hours(62)));
}

TEST(Play, single_periodic_later_start_stop_and_expiry_in_one_week) {
  const RunResult run = played_file("periodic_single_stop_expiry");
  const auto started = events(run, EventCode::kPrescriptionStarted);
  ASSERT_EQ(started.size(), 3U);
  EXPECT_EQ(started[2].at, at(days(2) + hours(22)));  // 2026-09-10 06:00, ordered the day before
  ASSERT_EQ(events(run, EventCode::kExpired).size(), 1U);
  EXPECT_EQ(events(run, EventCode::kExpired)[0].at, at(days(5) + hours(22)));
  EXPECT_EQ(events(run, EventCode::kStopped)[0].at, at(days(4) + hours(4)));
  EXPECT_EQ(events(run, EventCode::kResumed)[0].at, at(days(4) + hours(10)));
  EXPECT_EQ(sample_at(run, at(days(4) + hours(4))).delivered,
            sample_at(run, at(days(4) + hours(10))).delivered);
  EXPECT_EQ(run.alarms.at(0).alarm, Alarm::kPrescriptionExpired);
}

TEST(Play, ziconotide_on_a_valve_pump_is_given_in_shots) {
  const RunResult run = played_file("ziconotide_label_titration");
  EXPECT_EQ(run.model.step, nanolitres(2'500));
  EXPECT_TRUE(run.alarms.empty());
  EXPECT_EQ(events(run, EventCode::kPrimeEnded).size(), 1U);
  EXPECT_EQ(events(run, EventCode::kPrescriptionStarted).size(), 8U - 1U);
  const Mass shot = mass_in(nanolitres(2'500), micrograms_per_millilitre(5));
  expect_near(tip_mass(run, days(1), days(2)), Mass{micrograms(24).raw() / 10}, shot);
  expect_near(tip_mass(run, days(8), days(9)), Mass{micrograms(72).raw() / 10}, shot);
}

// ---- what is, and what is recorded
// ----------------------------------------------------------------------------

TEST(Play, the_walking_example) {
  const RunResult run = played_text(kWalkingExample);
  ASSERT_EQ(run.fronts.size(), 1U);
  EXPECT_EQ(run.fronts[0].reckoned, at(hours(30)));
  EXPECT_EQ(run.fronts[0].truly, at(hours(30)));
  EXPECT_EQ(sample_at(run, at(hours(30))).tip_mass[0], Mass{0});
  EXPECT_EQ(tip_mass(run, hours(30), hours(54)), milligrams(6));
  EXPECT_EQ(run.steps_reported, 90'000);
  EXPECT_EQ(run.samples.back().prescribed, microlitres(900));
}

TEST(Play, a_catheter_cut_shorter_or_longer_than_recorded_shows_in_the_true_arrival_alone) {
  for (const auto& [length, minutes_off] : {std::pair{"70 cm", -1056 / 10.0}, std::pair{"90 cm", 105.6}}) {
    const RunResult run =
        played_text(with(kWalkingExample, "length = \"80 cm\"",
                         std::string{"length = \"80 cm\"\ntrue_length = \""} + length + "\""));
    ASSERT_EQ(run.fronts.size(), 1U);
    EXPECT_EQ(run.fronts[0].reckoned, at(hours(30)));
    EXPECT_EQ(run.fronts[0].truly,
              at(hours(30) + milliseconds(static_cast<std::int64_t>(minutes_off * 60'000))));
  }
}

TEST(Play, a_flow_error_shows_in_what_was_truly_delivered_alone) {
  const RunResult run = played_text(
      with(kWalkingExample, "model = \"roller-40\"", "model = \"roller-40\"\nflow_error = \"-10 %\""));
  EXPECT_EQ(run.samples.back().delivered, microlitres(900));
  EXPECT_EQ(run.samples.back().truly_delivered, microlitres(810));
  EXPECT_EQ(run.fronts[0].reckoned, at(hours(30)));
  EXPECT_GT(run.fronts[0].truly, at(hours(33)));
}

TEST(Play, a_clock_that_is_set_stands_in_the_record) {
  const RunResult run = played_text(
      kWalkingExample + "\n[[visit]]\nat = \"day 2 08:00\"\ndo = \"set clock\"\nshift = \"-1 h\"\n");
  ASSERT_EQ(run.local_clock.size(), 1U);
  EXPECT_EQ(run.local_clock[0].at, at(hours(24)));
  EXPECT_EQ(run.local_clock[0].local_ms, run.local_ms_at_start + hours(23).raw());
  EXPECT_EQ(events(run, EventCode::kClockSet).size(), 1U);
}

TEST(Play, the_same_scenario_and_seed_give_the_same_run_and_another_seed_another) {
  const std::string text = with(kWalkingExample, "lasts", "seed = 5\nlasts") +
                           "\n[prescription.patient_bolus]\ndose = \"0.5 mg over 5 min\"\nlockout = \"1 h\"\n"
                           "allotted = \"6 per 24 h\"\n[patient]\npresses_per_day = 10\n";
  const auto moments = [](const RunResult& run) {
    std::vector<Instant> all;
    for (const BolusRecord& bolus : run.boluses) all.push_back(bolus.at);
    return all;
  };
  EXPECT_EQ(moments(played_text(text)), moments(played_text(text)));
  EXPECT_EQ(moments(played_text(text)).size(), 30U);
  EXPECT_NE(moments(played_text(text)), moments(played_text(with(text, "seed = 5", "seed = 6"))));
}

TEST(Play, progress_grows_to_the_whole) {
  auto scenario = load_text(kWalkingExample);
  ASSERT_TRUE(scenario);
  double last = 0;
  ASSERT_TRUE(play(*scenario, library(), [&](double part) {
    EXPECT_GE(part, last);
    last = part;
  }));
  EXPECT_DOUBLE_EQ(last, 1.0);
}

// ---- what cannot be played
// ------------------------------------------------------------------------------------

PlayFailure failure_of(const std::string& text) {
  auto scenario = load_text(text);
  if (!scenario) throw std::runtime_error(all_of(scenario.error()));
  auto result = play(*scenario, library());
  if (result) throw std::runtime_error("it played");
  return result.error();
}

TEST(Play, a_first_prescription_that_the_pump_refuses_ends_the_run_with_every_rule_it_breaks) {
  const PlayFailure failure =
      failure_of(with(kWalkingExample, "dose = \"6 mg/day\"", "dose = \"0.5 mg/day\""));
  EXPECT_TRUE(failure.refused);
  ASSERT_EQ(failure.errors.size(), 1U) << all_of(failure.errors);
  EXPECT_EQ(failure.errors[0].line, 19U);
  EXPECT_NE(failure.errors[0].message.find("0.048 mL/day"), std::string::npos) << failure.errors[0].message;
}

TEST(Play, a_dose_that_no_step_can_carry_ends_the_run_before_it_begins) {
  const PlayFailure failure =
      failure_of(kWalkingExample + "[prescription.single_bolus]\ndose = \"0.1 mcg over 1 min\"\n");
  EXPECT_FALSE(failure.refused);
  ASSERT_EQ(failure.errors.size(), 1U);
  EXPECT_EQ(failure.errors[0].key, "prescription.single_bolus.dose");
}

TEST(Play, a_visit_that_the_pump_refuses_is_an_event_of_the_run_with_its_reason) {
  const RunResult run = played_text(kWalkingExample + R"(
[[visit]]
at = "day 2 08:00"
do = "resume"
[[visit]]
at = "day 2 09:00"
do = "refill"
fluid = "first"
volume = "40 mL"
left_in = "1 mL"
)");
  const auto refused = events(run, EventCode::kCommandRefused);
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].detail, static_cast<int>(Refusal::kNothingToResume));
  EXPECT_EQ(refused[1].detail, static_cast<int>(Refusal::kOverfill));
  EXPECT_EQ(run.samples.back().delivered, microlitres(900));
}

const std::string kForgottenBridge =
    with(kWalkingExample, "first = { morphine = \"20 mg/mL\" }",
         "first = { morphine = \"20 mg/mL\" }\nsecond = { morphine = \"10 mg/mL\" }") +
    R"(
[[visit]]
at = "day 3 20:00"
do = "refill"
fluid = "second"
volume = "20 mL"
[visit.prescription]
mode = "simple continuous"
dose = "6 mg/day"
)";

TEST(Play, an_order_of_a_visit_that_cannot_be_made_ends_the_run_unless_the_file_says_otherwise) {
  const PlayFailure failure = failure_of(kForgottenBridge);
  EXPECT_FALSE(failure.refused);
  ASSERT_EQ(failure.errors.size(), 1U);
  EXPECT_EQ(failure.errors[0].key, "prescription.bridge");

  const RunResult run = played_text("refused_order = \"is left out\"\n" + kForgottenBridge);
  ASSERT_EQ(run.left_out.size(), 1U);
  EXPECT_EQ(run.left_out[0].at, at(days(2) + hours(12)));
  EXPECT_TRUE(events(run, EventCode::kChangedWithoutBridge).empty());
  EXPECT_EQ(run.samples.back().fluid_in_reservoir, 1U) << "the refill was made";
  EXPECT_EQ(run.samples.back().delivered, microlitres(900));
  const auto told = [](const Mark& mark) {
    return mark.text.find("the visit left out") != std::string::npos;
  };
  EXPECT_EQ(std::ranges::count_if(run.marks, told), 1);
}

TEST(Play, proposed_ceilings_go_no_higher_than_the_librarys_highest_dose_and_the_refusal_says_so) {
  const std::string much = with(kWalkingExample, "dose = \"6 mg/day\"", "dose = \"60 mg/day\"");
  const PlayFailure failure = failure_of(much);
  EXPECT_TRUE(failure.refused);
  ASSERT_FALSE(failure.errors.empty());
  EXPECT_EQ(failure.errors.back().key, "ceilings");
  EXPECT_NE(failure.errors.back().message.find("20 mg/day of morphine"), std::string::npos);
  const std::string given = "[ceilings]\nhour = \"1 mL\"\nday = \"5 mL\"\nthirty_days = \"150 mL\"\n";
  EXPECT_FALSE(played_text(much + given).ceilings_proposed);

  // The same at a refill with another fluid: the visit is marked, and the pump goes on as before.
  const RunResult run = played_text(with(kForgottenBridge,
                                         "volume = \"20 mL\"\n[visit.prescription]\nmode = "
                                         "\"simple continuous\"\ndose = \"6 mg/day\"",
                                         "volume = \"20 mL\"\n[visit.prescription]\nmode = \"simple "
                                         "continuous\"\nwithout_bridge = true\ndose = \"60 mg/day\""));
  const auto told = [](const Mark& mark) {
    return mark.text.find("no higher than 20 mg/day of morphine") != std::string::npos;
  };
  EXPECT_EQ(std::ranges::count_if(run.marks, told), 1);
  EXPECT_EQ(run.samples.back().fluid_in_reservoir, run.samples.front().fluid_in_reservoir);
}

TEST(Play, a_change_without_a_bridge_that_is_wanted_is_made) {
  const RunResult run = played_text(kForgottenBridge + "without_bridge = true\n");
  EXPECT_EQ(events(run, EventCode::kChangedWithoutBridge).size(), 1U);
}

TEST(Play, a_typed_tubing_that_is_not_the_pumps_is_refused_unless_it_was_measured) {
  const std::string text =
      with(kWalkingExample, "length = \"80 cm\"", "length = \"80 cm\"\ntubing = \"0.399 mL\"");
  const PlayFailure failure = failure_of(text);
  EXPECT_TRUE(failure.refused);
  ASSERT_EQ(failure.errors.size(), 1U);
  EXPECT_EQ(failure.errors[0].key, "catheter.tubing");
  EXPECT_NE(failure.errors[0].message.find("0.399 mL is not this pump's 0.199 mL"), std::string::npos);
  const RunResult run = played_text(with(text, "0.399 mL\"", "0.399 mL\"\ntubing_measured = true"));
  EXPECT_EQ(run.path.tubing, microlitres(399));
}

TEST(Play, not_held_against_the_library_a_hard_limit_is_no_limit) {
  const std::string text =
      with(with(kWalkingExample, "morphine = \"20 mg/mL\"", "ziconotide = \"100 mcg/mL\""),
           "dose = \"6 mg/day\"", "dose = \"60 mcg/day\"");
  EXPECT_TRUE(failure_of(text).refused);
  const auto scenario = load_text(text);
  ASSERT_TRUE(scenario);
  EXPECT_TRUE(play(*scenario, library(), {}, {.hold_against_library = false}));
}

}  // namespace
}  // namespace theca
