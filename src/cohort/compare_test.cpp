// One relief by several ways, over many patients.
#include "cohort/compare.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "plan/library.hpp"

namespace theca {
namespace {

struct House {
  Library library = load_library(THECA_DATA_DIR).value();
  BodyData body = load_body_data(THECA_DATA_DIR, library.sources).value();
  Variability variability = load_variability(THECA_DATA_DIR, library.sources).value();
};
const House& house() {
  static const House kHouse;
  return kHouse;
}
CompareRequest request(const std::string& drug, double relief) {
  CompareRequest out;
  out.drug = drug;
  out.relief = relief;
  out.patients = 300;
  return out;
}
Comparison compared(const CompareRequest& of) {
  return compare(of, house().body, house().variability).value();
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
  const Comparison morphine = compare(request("morphine", 0.5), house().body, nobody).value();
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
    return compare(request(drug, relief), house().body, house().variability).error();
  };
  EXPECT_EQ(error("morphine", 0.85),
            "relief of 85 %: allowed: above 0, below 80 %, which is the most that morphine gives");
  EXPECT_EQ(error("morphine", 0),
            "relief of 0 %: allowed: above 0, below 80 %, which is the most that morphine gives");
  EXPECT_EQ(error("heroin", 0.5), "\"heroin\" is not in data/substances");
  EXPECT_EQ(error("gadobutrol", 0.5), "gadobutrol relieves nothing that is reckoned");
}

}  // namespace
}  // namespace theca
