// One relief by several ways, over many patients.
#include "cohort/compare.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "body/same_relief.hpp"
#include "cohort/cohort_testing.hpp"
#include "world/play.hpp"

namespace theca {
namespace {

CompareRequest request(const std::string& drug, double relief) {
  CompareRequest out;
  out.drug = drug;
  out.relief = relief;
  out.patients = 300;
  return out;
}
Comparison compared(const CompareRequest& of) {
  return compare(of, example::body(), example::adults()).value();
}
const WayCompared& way(const Comparison& comparison, DoseRoute route) {
  return *std::ranges::find(comparison.ways, route, &WayCompared::route);
}

TEST(Compare, the_same_seed_gives_the_same_patients_and_another_gives_others) {
  CompareRequest of = request("morphine", 0.5);
  const Comparison one = compared(of), again = compared(of);
  of.seed = 2;
  const Comparison other = compared(of);
  for (std::size_t w = 0; w < one.ways.size(); ++w) {
    EXPECT_EQ(one.ways[w].dose.p95, again.ways[w].dose.p95);
    EXPECT_NE(one.ways[w].dose.p95, other.ways[w].dose.p95);
  }
}

/// The point of the therapy: the nearer to the cord, the smaller the dose, in every quantile; and no one
/// factor between two ways.
TEST(Compare, the_nearer_to_the_cord_the_smaller_the_dose_and_no_one_factor_between) {
  const Comparison morphine = compared(request("morphine", 0.5));
  ASSERT_EQ(morphine.ways.size(), 4U);
  for (std::size_t w = 1; w < morphine.ways.size(); ++w) {
    const Quantiles &farther = morphine.ways[w - 1].dose, &nearer = morphine.ways[w].dose;
    EXPECT_GT(farther.p5, nearer.p5);
    EXPECT_GT(farther.median, nearer.median);
    EXPECT_GT(farther.p95, nearer.p95);
    const Quantiles& times = morphine.ways[w - 1].over_intrathecal;
    EXPECT_GT(times.p5, 1);
    EXPECT_GT(times.p95, 2 * times.p5) << "patients differ";
  }
  EXPECT_EQ(way(morphine, DoseRoute::kIntrathecal).over_intrathecal.p95, 1);
}

TEST(Compare, when_nobody_differs_all_quantiles_are_the_middle_patients) {
  const Variability nobody;
  const Comparison morphine = compare(request("morphine", 0.5), example::body(), nobody).value();
  for (const WayCompared& one : morphine.ways) {
    EXPECT_DOUBLE_EQ(one.dose.p5, one.dose.p95);
    EXPECT_DOUBLE_EQ(one.ventilation.p5, one.ventilation.p95);
  }
}

TEST(Compare, a_way_without_figures_is_named_and_left_out) {
  const Comparison ziconotide = compared(request("ziconotide", 0.1));
  EXPECT_GT(way(ziconotide, DoseRoute::kIntrathecal).dose.median, 0);
  EXPECT_EQ(way(ziconotide, DoseRoute::kOral).why_not, "no figure for what it does from the blood");
  EXPECT_EQ(way(ziconotide, DoseRoute::kOral).dose.median, 0);
}

TEST(Compare, what_begins_at_the_cord_is_not_reckoned_from_the_blood) {
  const Comparison morphine = compared(request("morphine", 0.5));
  const auto pruritus =
      static_cast<std::size_t>(std::ranges::find(morphine.sides, "pruritus") - morphine.sides.begin());
  EXPECT_TRUE(std::isnan(way(morphine, DoseRoute::kOral).sides[pruritus].median));
  EXPECT_GT(way(morphine, DoseRoute::kIntrathecal).sides[pruritus].median, 0);
}

TEST(Compare, what_cannot_be_asked_for_is_told_with_what_is_allowed) {
  const auto error = [](const std::string& drug, double relief) {
    return compare(request(drug, relief), example::body(), example::adults()).error();
  };
  const std::string allowed =
      "allowed: above 0, up to 76 %; morphine gives 80 % at most, and near that doses cannot be told apart";
  EXPECT_EQ(error("morphine", 0.85), "relief of 85 %: " + allowed);
  EXPECT_EQ(error("morphine", 0), "relief of 0 %: " + allowed);
  EXPECT_EQ(error("morphine", std::nan("")), "relief of nan %: " + allowed);
  EXPECT_EQ(error("heroin", 0.5), "\"heroin\" is not in data/substances");
  EXPECT_EQ(error("gadobutrol", 0.5), "gadobutrol relieves nothing that is reckoned");
}

/// What of the request and the patient reaches each number: the middle patient's, reckoned apart.
TEST(Compare, when_nobody_differs_it_is_what_one_patient_shows) {
  CompareRequest of = request("morphine", 0.4);
  of.tolerance = 20;
  of.swallowed_every = hours(12);
  const Comparison comparison = compare(of, example::body(), Variability{}).value();
  const Substance* drug = find_substance(example::body().substances, "morphine");
  const Anatomy& anatomy = example::body().anatomy;
  const SteadyPatient one{centre_of(anatomy, std::array{drug}),
                          0,
                          {.relief = 0.4,
                           .tip_cm = *anatomy.vertebra("T10"),
                           .pain = *anatomy.cord_span("T12"),
                           .tolerance = 20,
                           .swallowed_every = 720}};
  for (const WayCompared& shown : comparison.ways) {
    const SameRelief is = one.by(shown.route).value();
    EXPECT_DOUBLE_EQ(shown.dose.median, is.dose);
    EXPECT_DOUBLE_EQ(shown.plasma.median, is.levels.plasma);
    EXPECT_DOUBLE_EQ(shown.at_pain.median, is.levels.fluid);
    EXPECT_DOUBLE_EQ(shown.cistern.median, is.levels.cistern);
    EXPECT_DOUBLE_EQ(shown.ventilation.median, is.ventilation);
  }
}

/// Each spread reaches the ways it belongs to, and no other.
TEST(Compare, each_spread_reaches_its_own_ways) {
  const auto spreads = [](Number Variability::*number, DoseRoute route) {
    Variability alone;
    (alone.*number).value = 0.5;
    (alone.*number).unit = "log-SD";
    const Comparison comparison = compare(request("morphine", 0.5), example::body(), alone).value();
    const Quantiles& dose = way(comparison, route).dose;
    return dose.p95 > 1.05 * dose.p5;
  };
  using enum DoseRoute;
  EXPECT_TRUE(spreads(&Variability::oral_bioavailability, kOral));
  EXPECT_FALSE(spreads(&Variability::oral_bioavailability, kIntravenous));
  EXPECT_TRUE(spreads(&Variability::epidural_csf_availability, kEpidural));
  EXPECT_FALSE(spreads(&Variability::epidural_csf_availability, kIntrathecal));
  EXPECT_TRUE(spreads(&Variability::plasma_clearance, kIntravenous));
  EXPECT_TRUE(spreads(&Variability::dispersion, kIntrathecal));
  Variability tip;
  tip.tip_error.value = 3;
  const Comparison moved = compare(request("morphine", 0.5), example::body(), tip).value();
  EXPECT_GT(way(moved, DoseRoute::kIntrathecal).dose.p95, 1.05 * way(moved, DoseRoute::kIntrathecal).dose.p5);
  EXPECT_DOUBLE_EQ(way(moved, DoseRoute::kOral).dose.p95, way(moved, DoseRoute::kOral).dose.p5);
}

TEST(Compare, no_share_is_more_than_the_whole) {
  Deviation far;
  far.oral_bioavailability = far.epidural_csf_availability = 20;
  const Substance* drug = find_substance(example::body().substances, "morphine");
  const Individual who =
      deviated(centre_of(example::body().anatomy, std::array{drug}), example::adults(), far);
  EXPECT_EQ(who.kinetics.front().oral_bioavailability, 1);
  EXPECT_EQ(who.kinetics.front().epidural_csf_availability, 1);
}

// Of a run.

/// Half a milligram of morphine a day, in patients who do not differ.
std::optional<Comparison> of_a_run(std::string_view lasts) {
  std::string text = example::with(example::kWalkingExample, "6 mg/day", "0.5 mg/day");
  text = example::with(example::with(text, "20 mg/mL", "5 mg/mL"), "3 days", lasts);
  const Scenario scenario = example::load_text(text).value();
  RunResult run = play(scenario, example::library()).value();
  run.patient = patient_of(run, scenario.body, example::body());
  return compare_run(run, scenario.body, example::body(), Variability{});
}

/// The panel of a report: the dose into the fluid that it reckons is the one that the pump gives by then, in
/// a patient who came to need more in the meantime.
TEST(Compare, of_a_run_the_dose_into_the_fluid_is_the_pumps) {
  const auto comparison = of_a_run("90 days");
  ASSERT_TRUE(comparison);
  EXPECT_GT(comparison->tolerance, 1.5);
  EXPECT_NEAR(way(*comparison, DoseRoute::kIntrathecal).dose.median, 500, 25);
}

TEST(Compare, of_a_run_that_relieves_nothing_yet_there_is_none) { EXPECT_FALSE(of_a_run("2 h")); }

}  // namespace
}  // namespace theca
