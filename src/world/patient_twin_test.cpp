// The patient behind the tip: what left the catheter is in the patient, and nothing else.
#include "world/patient_twin.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "world/play.hpp"
#include "world/scenario_testing.hpp"

namespace theca {
namespace {

using example::body;
using example::library;

struct Played {
  RunResult run;
  PatientRun patient;
};
Played played(const std::string& text) {
  const auto scenario = example::load_text(text);
  if (!scenario) throw std::runtime_error(to_string(scenario.error().front()));
  auto run = play(*scenario, library());
  if (!run) throw std::runtime_error(to_string(run.error().errors.front()));
  PatientRun patient = patient_of(*run, scenario->body, body());
  return {std::move(*run), std::move(patient)};
}

double highest(const Course& course) { return *std::ranges::max_element(course); }

TEST(Patient, holds_what_left_the_tip_and_loses_none_of_it) {
  const Played it = played(example::kWalkingExample);
  ASSERT_EQ(it.patient.drugs.size(), 1U);
  const DrugInPatient& drug = it.patient.drugs[0];
  const double left_tip = static_cast<double>(it.run.samples.back().tip_mass[0].raw()) / 1e9;
  ASSERT_GT(left_tip, 0);
  EXPECT_NEAR(drug.dosed_ug, left_tip, 1e-9 * left_tip);
  EXPECT_NEAR(drug.in_fluid_ug + drug.in_tissue_ug + drug.in_plasma_ug + drug.eliminated_ug, left_tip,
              1e-9 * left_tip);
}

TEST(Patient, has_nothing_before_the_drug_is_at_the_tip_and_most_where_the_tip_is) {
  const Played it = played(example::kWalkingExample);
  const DrugInPatient& drug = it.patient.drugs[0];
  const Instant front = *it.run.fronts[0].truly;
  for (std::size_t i = 0; i < it.patient.times.size(); ++i) {
    const double all = *std::ranges::max_element(drug.fluid[i]);
    if (it.patient.times[i] <= front) {
      EXPECT_EQ(all, 0) << "at " << it.patient.times[i].raw();
    }
    EXPECT_GE(drug.at_tip[i] * 1.0001, drug.at_pain[i]);
    EXPECT_GE(drug.at_pain[i] * 1.0001, drug.cistern[i]);
  }
  EXPECT_GT(highest(drug.cistern), 0);
  EXPECT_GT(highest(drug.plasma), 0);
  EXPECT_LT(highest(drug.plasma), highest(drug.cistern) / 100) << "the point of the whole therapy";
}

TEST(Patient, twice_the_strength_is_twice_everywhere) {
  const Played one = played(example::with(example::kWalkingExample, "20 mg/mL", "10 mg/mL"));
  // The same flow, so that the front comes at the same time.
  const Played two =
      played(example::with(example::kWalkingExample, "dose = \"6 mg/day\"", "dose = \"12 mg/day\""));
  const auto last = one.patient.times.size() - 1;
  ASSERT_EQ(one.patient.times, two.patient.times);
  EXPECT_NEAR(two.patient.drugs[0].cistern[last], 2 * one.patient.drugs[0].cistern[last],
              2e-3 * two.patient.drugs[0].cistern[last]);
}

TEST(Patient, the_places_are_those_of_the_scenario) {
  const Played it = played(example::kWalkingExample + "\n[body]\ntip = \"L2\"\npain = \"L4\"\n");
  EXPECT_EQ(it.patient.tip, "L2");
  EXPECT_LT(it.patient.tip_cm, 20);
  EXPECT_GT(it.patient.pain_cm, 23) << "the cord's segment lies above the vertebra of its name";
  const DrugInPatient& drug = it.patient.drugs[0];
  const auto& row = drug.fluid.back();
  const auto strongest = std::ranges::max_element(row) - row.begin();
  EXPECT_NEAR(static_cast<double>(strongest) + 0.5, it.patient.tip_cm, 1.5);
}

TEST(Patient, a_place_that_is_none_is_told_with_what_is_allowed) {
  for (const auto& [line, said] : {std::pair{"tip = \"S1\"", "a vertebra, C1 to C7, T1 to T12, L1 to L5"},
                                   std::pair{"tip = \"T13\"", "\"T13\": allowed: a vertebra"},
                                   std::pair{"tip = \"C8\"", "\"C8\": allowed: a vertebra"},
                                   std::pair{"pain = \"belly\"", "\"belly\": allowed: a dermatome"}}) {
    const auto scenario = example::load_text(example::kWalkingExample + "\n[body]\n" + line + "\n");
    ASSERT_FALSE(scenario) << line;
    EXPECT_NE(scenario.error()[0].message.find(said), std::string::npos) << scenario.error()[0].message;
  }
}

TEST(Patient, every_drug_of_the_library_is_a_substance) {
  for (const DrugEntry& drug : library().drugs)
    EXPECT_NE(find_substance(body().substances, drug.name), nullptr) << drug.name;
}

TEST(Patient, what_no_source_says_is_named) {
  const Played it = played(example::kWalkingExample);
  EXPECT_NE(std::ranges::find(it.patient.unverified, "dispersion_caudal"), it.patient.unverified.end());
  EXPECT_NE(std::ranges::find(it.patient.unverified, "morphine dural_loss"), it.patient.unverified.end());
  EXPECT_EQ(std::ranges::find(it.patient.unverified, "morphine plasma_v1"), it.patient.unverified.end());
}

/// A run as it might be told: samples of one drug's mass at the tip, in micrograms, at these minutes.
RunResult told(Duration lasts, std::initializer_list<std::pair<int, int>> minutes_and_ug) {
  RunResult run;
  run.lasts = lasts;
  run.drugs = {{DrugCode{1}, "morphine"}};
  for (const auto& [minute, ug] : minutes_and_ug) {
    Sample sample;
    sample.at = Instant{} + minutes(minute);
    sample.tip_mass = {micrograms(ug)};
    run.samples.push_back(std::move(sample));
  }
  return run;
}

TEST(Patient, a_bolus_between_two_moments_of_the_map_is_in_the_highest_all_the_same) {
  // 90 days: a moment of the map every three hours; five minutes of bolus lie between two of them.
  const RunResult run = told(days(90), {{0, 0}, {10'000, 0}, {10'005, 500}, {129'600, 500}});
  const PatientRun patient = patient_of(run, {}, body());
  const DrugInPatient& drug = patient.drugs[0];
  EXPECT_GT(drug.highest_at_pain.value, 3 * highest(drug.at_pain));
  EXPECT_NEAR(static_cast<double>(drug.highest_at_pain.at.raw()) / 60'000, 10'005, 10);
  ASSERT_TRUE(drug.effective_from);
  EXPECT_NEAR(static_cast<double>(drug.effective_from->raw()) / 60'000, 10'000, 5);
  EXPECT_NEAR(drug.dosed_ug, 500, 1e-6);
}

TEST(Patient, what_left_the_tip_within_one_instant_is_not_lost) {
  const RunResult run = told(hours(6), {{0, 0}, {120, 20}, {120, 520}, {360, 540}});
  const PatientRun patient = patient_of(run, {}, body());
  EXPECT_NEAR(patient.drugs[0].dosed_ug, 540, 1e-6);
  const RunResult at_once = told(hours(6), {{0, 100}, {360, 100}});
  EXPECT_NEAR(patient_of(at_once, {}, body()).drugs[0].dosed_ug, 100, 1e-6);
}

TEST(Patient, who_is_used_to_opioids_needs_more_and_breathes_on) {
  const RunResult run = told(days(3), {{0, 0}, {60, 20}, {4'320, 1'500}});
  const PatientRun never = patient_of(run, {}, body()),
                   used = patient_of(run, {.opioid_tolerance = 20}, body());
  EXPECT_NEAR(used.drugs[0].effective->value, 20 * never.drugs[0].effective->value, 1e-9);
  EXPECT_GT(used.drugs[0].risky_in_cistern->value, 10 * never.drugs[0].risky_in_cistern->value);
  EXPECT_LT(used.effects.most_relief_of_pain.value, never.effects.most_relief_of_pain.value);
  EXPECT_GT(used.effects.least_ventilation.value, never.effects.least_ventilation.value);
  EXPECT_EQ(used.drugs[0].highest_at_pain.value, never.drugs[0].highest_at_pain.value)
      << "the levels are the same";
}

TEST(Patient, relief_goes_when_the_drug_stops_and_withdrawal_comes) {
  const RunResult run = told(days(60), {{0, 0}, {30 * 1'440, 30'000}, {60 * 1'440, 30'000}});
  const EffectsInPatient effects = patient_of(run, {.opioid_tolerance = 5}, body()).effects;
  EXPECT_GT(effects.most_relief_of_pain.value, 0.5);
  EXPECT_LT(effects.pain.back(), 0.01);
  EXPECT_NEAR(effects.ventilation.back(), 1, 0.01);
  EXPECT_GT(effects.most_withdrawal.value, 0.4);
  const double day = static_cast<double>(effects.most_withdrawal.at.raw()) / 86'400'000;
  EXPECT_GT(day, 30.2);
  EXPECT_LT(day, 33) << "12 to 72 hours after the loss";
}

/// A year has moments half a day apart: a bolus whose relief comes and goes between two of them is told.
TEST(Patient, the_lowest_ventilation_is_looked_for_between_the_moments_of_the_curves) {
  const RunResult run = told(days(365), {{0, 0}, {100'000, 0}, {100'002, 300}, {365 * 1'440, 300}});
  const EffectsInPatient effects = patient_of(run, {}, body()).effects;
  EXPECT_LT(effects.least_ventilation.value, *std::ranges::min_element(effects.ventilation) - 0.01);
  const double hours = (static_cast<double>(effects.least_ventilation.at.raw()) / 60'000 - 100'000) / 60;
  EXPECT_NEAR(hours, 5, 2) << "6 hours after a lumbar dose, earlier from T10";
  ASSERT_TRUE(effects.pain_halved);
  EXPECT_NEAR(static_cast<double>(effects.pain_halved->raw()) / 60'000, 100'030, 30);
}

TEST(Patient, a_tolerance_that_is_none_is_refused) {
  for (const char* wrong : {"0.5", "2000", "-3", "nan", "\"much\""}) {
    const auto scenario =
        example::load_text(example::kWalkingExample + "\n[body]\nopioid_tolerance = " + wrong + "\n");
    ASSERT_FALSE(scenario) << wrong;
    EXPECT_NE(scenario.error()[0].message.find("allowed"), std::string::npos) << scenario.error()[0].message;
  }
  EXPECT_EQ(example::load_text(example::kWalkingExample + "\n[body]\nopioid_tolerance = 30\n")
                ->body.opioid_tolerance,
            30);
}

}  // namespace
}  // namespace theca
