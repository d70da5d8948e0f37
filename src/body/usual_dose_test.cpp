// What a usual single dose of each drug into the lumbar fluid does in the middle patient, against windows of
// common practice: no calibration and no validation, but what would look absurd to somebody who gives them is
// seen here.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "body/body_testing.hpp"
#include "body/individual.hpp"
#include "body/reference_solver.hpp"

namespace theca {
namespace {

struct Window {
  double low, high;
};
struct Usual {
  const char* drug;
  double ug;
  double mixed_ml;             // of fluid, by the injection
  Window best;                 // relief of pain or spasticity at its best
  Window best_at_hours;        // when
  double half_by_hours;        // half of its best
  double gone_by_hours;        // relief below a third of its best
  const char* side = nullptr;  // a side effect at its worst
  Window side_share = {0, 1};
};

struct Course {
  double best = 0, best_at = 0;
  double half_at = 0;
  std::optional<double> gone_at;
  double side = 0, least_ventilation = 1;
};

Course course_of(const Usual& usual) {
  const Substance& substance = example::substance(usual.drug);
  const Kinetics k = centre_of(substance);
  ReferenceSolver solver{make_neuraxis(centre_of(example::adult()), k), k};
  solver.give(usual.ug, source_in_volume(solver.axis(), *example::adult().vertebra("L3"), usual.mixed_ml));
  Pharmacodynamics effects{{response_of(substance)}};
  const auto segment = cells_in(solver.axis(), *example::adult().cord_span("L1"));
  const auto side =
      std::ranges::find(substance.side_effects, usual.side ? usual.side : "", &SideEffect::name);
  const auto levels = [&] {
    SiteLevels l;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      l.fluid += segment[i] * solver.fluid(i);
      l.cord += segment[i] * solver.tissue(i) / k.cord_partition;
    }
    l.cistern = solver.fluid(solver.axis().cells());
    l.brain = solver.tissue(solver.axis().cells()) / k.brain_partition;
    l.plasma = solver.plasma();
    return std::vector{l};
  };
  effects.step(0, levels());
  Course out;
  std::vector<double> course;
  for (int minute = 1; minute <= 72 * 60; ++minute) {
    solver.advance(1, 1e-5);
    effects.step(1, levels());
    const auto& now = effects.effects();
    const double relief = std::max(now.relief_of_pain, now.relief_of_spasticity);
    course.push_back(relief);
    if (relief > out.best) {
      out.best = relief;
      out.best_at = minute / 60.0;
      out.gone_at.reset();
    }
    if (!out.gone_at && relief < out.best / 3) out.gone_at = minute / 60.0;
    out.least_ventilation = std::min(out.least_ventilation, now.ventilation);
    if (usual.side)
      out.side = std::max(
          out.side, effects.side_effect(0, static_cast<std::size_t>(side - substance.side_effects.begin())));
  }
  const auto half = std::ranges::find_if(course, [&](double relief) { return relief >= out.best / 2; });
  out.half_at = static_cast<double>(half - course.begin() + 1) / 60.0;
  return out;
}

class UsualDose : public testing::TestWithParam<Usual> {};

TEST_P(UsualDose, does_what_is_commonly_seen) {
  const Usual& usual = GetParam();
  const Course seen = course_of(usual);
  std::printf("%s %g ug: relief %.2f at %.1f h, half of it at %.2f h, gone at %.1f h, ventilation %.2f%s",
              usual.drug, usual.ug, seen.best, seen.best_at, seen.half_at, seen.gone_at.value_or(99),
              seen.least_ventilation, usual.side ? "" : "\n");
  if (usual.side) std::printf(", %s %.2f\n", usual.side, seen.side);
  EXPECT_GE(seen.best, usual.best.low);
  EXPECT_LE(seen.best, usual.best.high);
  EXPECT_GE(seen.best_at, usual.best_at_hours.low);
  EXPECT_LE(seen.best_at, usual.best_at_hours.high);
  EXPECT_LE(seen.half_at, usual.half_by_hours);
  ASSERT_TRUE(seen.gone_at);
  EXPECT_LE(*seen.gone_at, usual.gone_by_hours);
  EXPECT_GE(seen.side, usual.side_share.low);
  EXPECT_LE(seen.side, usual.side_share.high);
}

INSTANTIATE_TEST_SUITE_P(
    EachDrug, UsualDose,
    testing::Values(
        // Duration 1 to 40 h: NORDBERG-1984. Pruritus of many: common practice.
        Usual{"morphine", 300, 22, {0.5, 0.8}, {0.5, 5}, 1.5, 30, "pruritus", {0.2, 0.9}},
        Usual{"hydromorphone", 100, 22, {0.3, 0.8}, {0.5, 5}, 1.5, 30},
        Usual{"fentanyl", 25, 10, {0.3, 0.8}, {0.1, 1.5}, 0.5, 8},
        Usual{"sufentanil", 10, 10, {0.3, 0.8}, {0.1, 2.5}, 0.5, 10},
        Usual{"alfentanil", 500, 10, {0.3, 0.8}, {0.1, 1.5}, 0.5, 6},
        Usual{"meperidine", 70'000, 18, {0.5, 0.8}, {0.1, 4}, 1, 30, "sensory and motor block", {0.4, 1}},
        Usual{"bupivacaine", 12'500, 15, {0.4, 0.6}, {0.1, 2}, 0.5, 12, "sensory and motor block", {0.4, 1}},
        // Onset 0.5 to 1 h, best about 4 h, 4 to 8 h: the label.
        Usual{"baclofen", 75, 5, {0.2, 0.7}, {1.5, 5}, 2, 16},
        Usual{"clonidine", 150, 10, {0.3, 0.6}, {0.2, 3}, 1, 14},
        Usual{"ziconotide", 5, 5, {0.05, 0.2}, {2, 12}, 4, 40}),
    [](const auto& usual) { return std::string{usual.param.drug}; });

}  // namespace
}  // namespace theca
