// One therapy in many patients: the same for a seed, and what the middle one sees when nobody differs.
#include "cohort/many_patients.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cohort/cohort_testing.hpp"

namespace theca {
namespace {

using example::adults;
using example::body;
using example::library;

/// Nobody differs from anybody.
Variability alike() {
  Variability same = adults();
  for (const auto& row : kVariabilityNumbers)
    (same.*row.number).value = row.number == &Variability::pump_flow_window ? 1 : 0;
  return same;
}

struct Middle {
  Scenario scenario;
  RunResult run;
};
Middle middle(const std::string& extra = "") {
  Middle it{example::load_text(example::kWalkingExample + extra).value(), {}};
  it.run = play(it.scenario, library()).value();
  it.run.patient = patient_of(it.run, it.scenario.body, body());
  return it;
}
PatientBands bands(const Middle& it, const Variability& variability, ManyPatients request) {
  return bands_of(it.scenario, it.run, library(), body(), variability, request).value();
}

void expect_equal(const Band& a, const Band& b) {
  EXPECT_EQ(a.p5, b.p5);
  EXPECT_EQ(a.median, b.median);
  EXPECT_EQ(a.p95, b.p95);
}

TEST(ManyPatients, the_same_seed_gives_the_same_bands_on_any_number_of_threads) {
  const Middle it = middle();
  const PatientBands one = bands(it, adults(), {.patients = 24, .seed = 5, .threads = 1});
  const PatientBands three = bands(it, adults(), {.patients = 24, .seed = 5, .threads = 3});
  const PatientBands other = bands(it, adults(), {.patients = 24, .seed = 6, .threads = 3});
  expect_equal(one.pain, three.pain);
  expect_equal(one.ventilation, three.ventilation);
  expect_equal(one.drugs[0].cistern, three.drugs[0].cistern);
  EXPECT_EQ(one.pain_halved.ms.median, three.pain_halved.ms.median);
  EXPECT_NE(one.drugs[0].cistern.median, other.drugs[0].cistern.median);
}

/// Also holds the twenty decays against the reference, over a whole therapy with its boluses.
TEST(ManyPatients, when_nobody_differs_every_band_is_the_middle_patients_course) {
  const Middle it = middle();
  const PatientBands same = bands(it, alike(), {.patients = 20, .seed = 1, .threads = 2});
  const PatientRun& patient = *it.run.patient;
  const DrugInPatient& drug = patient.drugs[0];
  const double highest_cistern = drug.highest_in_cistern.value, highest_plasma = drug.highest_in_plasma.value;
  for (std::size_t i = 0; i < same.times.size(); ++i) {
    const auto k =
        static_cast<std::size_t>(std::ranges::find(patient.times, same.times[i]) - patient.times.begin());
    ASSERT_LT(k, patient.times.size());
    EXPECT_EQ(same.pain.p5[i], same.pain.p95[i]);
    EXPECT_NEAR(same.drugs[0].at_pain.median[i], drug.at_pain[k], 2e-3 * drug.highest_at_pain.value);
    EXPECT_NEAR(same.drugs[0].cistern.median[i], drug.cistern[k], 2e-3 * highest_cistern);
    EXPECT_NEAR(same.drugs[0].plasma.median[i], drug.plasma[k], 2e-3 * highest_plasma);
    // Between readings levels go on a line: where one jumps, the readings' spacing is seen.
    EXPECT_NEAR(same.pain.median[i], patient.effects.pain[k], 0.015);
    EXPECT_NEAR(same.ventilation.median[i], patient.effects.ventilation[k], 5e-3);
    EXPECT_NEAR(same.withdrawal.median[i], patient.effects.withdrawal[k], 5e-3);
  }
  EXPECT_NEAR(same.least_ventilation.p5, patient.effects.least_ventilation.value, 5e-3);
  ASSERT_EQ(same.fronts.size(), it.run.fronts.size());
  EXPECT_EQ(same.fronts[0].ms.p5, static_cast<double>(it.run.fronts[0].truly->raw()));
}

TEST(ManyPatients, bands_lie_in_their_order_and_hold_the_middle_patient) {
  const Middle it = middle();
  const PatientBands some = bands(it, adults(), {.patients = 60, .seed = 11, .threads = 2});
  for (const Band* band : {&some.pain, &some.ventilation, &some.withdrawal, &some.drugs[0].at_pain,
                           &some.drugs[0].cistern, &some.drugs[0].plasma}) {
    for (std::size_t i = 0; i < some.times.size(); ++i) {
      EXPECT_LE(band->p5[i], band->p25[i]);
      EXPECT_LE(band->p25[i], band->median[i]);
      EXPECT_LE(band->median[i], band->p75[i]);
      EXPECT_LE(band->p75[i], band->p95[i]);
    }
  }
  const EffectsInPatient& middle_one = it.run.patient->effects;
  EXPECT_LT(some.least_ventilation.p5, middle_one.least_ventilation.value);
  EXPECT_GT(some.least_ventilation.p95, middle_one.least_ventilation.value);
  EXPECT_GT(some.fronts[0].ms.p95, some.fronts[0].ms.p5) << "pumps do not all run alike";
  EXPECT_FALSE(some.unverified.empty());
}

TEST(ManyPatients, a_pump_that_runs_slow_brings_its_front_late) {
  const Middle it = middle();
  Variability slow = alike();
  slow.pump_flow_window.value = 10;
  slow.pump_flow_deficit.value = 10;
  const PatientBands late = bands(it, slow, {.patients = 20, .seed = 1, .threads = 2});
  EXPECT_GT(late.fronts[0].ms.median, 1.05 * static_cast<double>(it.run.fronts[0].truly->raw()));
}

TEST(ManyPatients, a_fault_of_the_flow_comes_on_top_of_each_pumps_own_error) {
  const Middle it =
      middle("\n[[fault]]\nat = \"day 1 09:00\"\nkind = \"flow error\"\nflow_error = \"+5 %\"\n");
  const PatientBands some = bands(it, adults(), {.patients = 30, .seed = 2, .threads = 2});
  EXPECT_GT(some.fronts[0].ms.p95, 1.01 * some.fronts[0].ms.p5);
}

TEST(ManyPatients, quantiles_lie_between_values_on_a_line) {
  std::vector<double> values{4, 1, 3, 2, 5};
  const Quantiles q = quantiles_of(values);
  EXPECT_DOUBLE_EQ(q.median, 3);
  EXPECT_DOUBLE_EQ(q.p25, 2);
  EXPECT_DOUBLE_EQ(q.p5, 1.2);
  EXPECT_DOUBLE_EQ(q.p95, 4.8);
  std::vector<double> one{7};
  EXPECT_DOUBLE_EQ(quantiles_of(one).p95, 7);
}

}  // namespace
}  // namespace theca
