// Titration: the rule at a visit, and what becomes of a patient whose dose follows it.
#include "body/titration.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "body/body_testing.hpp"
#include "body/study_courses.hpp"

namespace theca {
namespace {

Titration policy() {
  Titration p;
  p.start = 1'000;
  p.wanted_relief = 0.6;
  p.step.share = 0.2;
  p.highest = 10'000;
  p.least_ventilation = 0.7;
  return p;
}

TEST(Titration, raises_for_relief_holds_at_relief_and_lowers_for_harm) {
  EXPECT_DOUBLE_EQ(next_dose(policy(), 1'000, {.relief = 0.5}), 1'200);
  EXPECT_DOUBLE_EQ(next_dose(policy(), 1'000, {.relief = 0.6}), 1'000);
  EXPECT_DOUBLE_EQ(next_dose(policy(), 1'000, {.relief = 0.5, .held = true}), 1'000);
  EXPECT_DOUBLE_EQ(next_dose(policy(), 1'000, {.relief = 0.5, .ventilation = 0.69}), 800)
      << "harm comes first";
  EXPECT_DOUBLE_EQ(next_dose(policy(), 1'000, {.relief = 0.5, .held = true, .lowered = true}), 800);
  EXPECT_DOUBLE_EQ(next_dose(policy(), 9'000, {.relief = 0.5}), 10'000) << "never beyond the highest";
  Titration by_amount = policy();
  by_amount.step = {0, 300};
  EXPECT_DOUBLE_EQ(next_dose(by_amount, 1'000, {.relief = 0}), 1'300);
  EXPECT_DOUBLE_EQ(next_dose(by_amount, 200, {.lowered = true}), 0) << "never below nothing";
}

RC_GTEST_PROP(Titration, never_beyond_the_highest_and_never_up_where_it_harms, ()) {
  const auto share = [] { return *rc::gen::inRange(0, 101) / 100.0; };
  Titration p = policy();
  p.step = *rc::gen::element(DoseStep{share(), 0}, DoseStep{0, 1'000 * share()});
  const double dose = p.highest * share();
  const Found found{share(), share(), *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
  const double next = next_dose(p, dose, found);
  RC_ASSERT(next >= 0);
  RC_ASSERT(next <= p.highest);
  if (found.lowered || found.ventilation < p.least_ventilation) RC_ASSERT(next <= dose);
  if (found.relief >= p.wanted_relief) RC_ASSERT(next <= dose);
}

TEST(Titration, so_many_patients_have_a_side_effect_as_its_share_says) {
  constexpr int kPatients = 10'000;
  for (const double share : {0.0, 0.01, 0.3, 0.5, 0.9, 1.0}) {
    int have = 0;
    for (int i = 0; i < kPatients; ++i) {
      // Quantiles of a normal by bisection.
      const double rank = (i + 0.5) / kPatients;
      double low = -9, high = 9;
      for (int k = 0; k < 60; ++k) {
        const double middle = (low + high) / 2;
        (std::erfc(-middle / std::sqrt(2)) / 2 < rank ? low : high) = middle;
      }
      have += has_side_effect(share, low) ? 1 : 0;
    }
    EXPECT_NEAR(have, kPatients * share, 1) << share;
  }
}

// In a patient.

Study titrated(const std::string& drug, const std::string& policy_lines, const std::string& lasts) {
  Study study;
  study.substance = drug;
  study.lasts = parse_duration(lasts).value();
  study.titration = policy();
  study.titration->level = "T10";
  study.titration->visit_every = days(14);
  study.titration->least_ventilation = 0;
  study.titration->highest = 1e6;
  if (policy_lines == "small steps") {
    study.titration->step.share = 0.01;
    study.titration->visit_every = days(1);
  }
  study.probes = {{"dose", ProbeSite::kDose, "", {}},
                  {"relief", ProbeSite::kRelief, "", {}},
                  {"cistern", ProbeSite::kCistern, "", {}},
                  {"plasma", ProbeSite::kPlasma, "", {}}};
  return study;
}
/// Ziconotide, raised by 1.2 mcg/day each week.
Study ziconotide_from(double ug_per_day) {
  Study study = titrated("ziconotide", "", "100 days");
  study.titration->start = ug_per_day;
  study.titration->visit_every = days(7);
  study.titration->step = {0, 1.2};
  study.titration->highest = 19.2;
  return study;
}
Individual middle(const std::string& drug) {
  return centre_of(example::adult(), std::array{find_substance(example::substances(), drug)});
}

/// With daily visits and steps of a hundredth relief stays where it is wanted, and the dose grows as the
/// closed form of tolerance says.
TEST(Titration, doses_that_keep_relief_grow_as_tolerance_does) {
  Study study = titrated("morphine", "small steps", "730 days");
  study.titration->start = 400;  // little less than what the first day needs
  const Individual who = middle("morphine");
  const StudyCourses courses = courses_of(study, who, example::adult());
  const auto at = [&](std::size_t probe, double day) {
    std::size_t i = 0;
    while (i + 1 < courses.minutes.size() && courses.minutes[i + 1] <= day * 1'440) ++i;
    return courses.courses[probe][i];
  };
  for (const double day : {200.0, 400.0, 729.0}) EXPECT_NEAR(at(1, day), 0.6, 0.01) << day;
  const double closed = dose_growth(who.responses.front(), 0.6, 200 * 1'440, 729 * 1'440);
  EXPECT_GT(closed, 1.2);
  EXPECT_NEAR(at(0, 729) / at(0, 200), closed, 0.03 * closed);
}

/// A titration that never changes the dose is an infusion: the reference solver sees the same.
TEST(Titration, without_a_change_it_is_an_infusion) {
  Study study = titrated("morphine", "", "20 days");
  study.titration->wanted_relief = 0.01;
  const Individual who = middle("morphine");
  const StudyCourses reduced = courses_of(study, who, example::adult());
  Study by_hand = study;
  by_hand.titration.reset();
  by_hand.doses = {{DoseRoute::kIntrathecal, 20'000, {}, days(20), "T10"}};
  const StudyCourses reference = courses_of(by_hand, who, example::adult());
  for (std::size_t probe = 1; probe < study.probes.size(); ++probe) {
    const double end = reference.courses[probe].back();
    EXPECT_GT(end, 0);
    EXPECT_NEAR(reduced.courses[probe].back(), end, 1e-3 * end) << study.probes[probe].name;
  }
  EXPECT_NEAR(reduced.dosed_ug, 20'000, 1e-6);
}

TEST(Titration, a_pump_that_gives_less_is_titrated_to_the_same_relief) {
  const Study study = titrated("morphine", "small steps", "400 days");
  const Individual who = middle("morphine");
  const StudyCourses exact = courses_of(study, who, example::adult());
  const StudyCourses less = courses_of(study, who, example::adult(), {.flow_error = -0.1});
  EXPECT_NEAR(less.courses[1].back(), exact.courses[1].back(), 0.01);
  EXPECT_NEAR(less.courses[0].back() * 0.9, exact.courses[0].back(), 0.02 * exact.courses[0].back());
}

TEST(Titration, a_side_effect_that_lowers_lowers_and_one_that_holds_holds) {
  Study study = ziconotide_from(9.6);
  const auto last = [&](std::vector<std::size_t> held, std::vector<std::size_t> lowered) {
    study.titration->held_by = std::move(held);
    study.titration->lowered_by = std::move(lowered);
    return courses_of(study, middle("ziconotide"), example::adult(), {.proneness = -3}).courses[0].back();
  };
  EXPECT_DOUBLE_EQ(last({0}, {}), 9.6);
  EXPECT_LT(last({}, {0}), 9.6);
  EXPECT_DOUBLE_EQ(last({}, {}), 19.2);
}

TEST(Titration, breathing_that_falls_too_low_lowers_the_dose) {
  Study study = titrated("morphine", "", "100 days");
  const double free = courses_of(study, middle("morphine"), example::adult()).courses[0].back();
  study.titration->least_ventilation = 0.9;
  EXPECT_LT(courses_of(study, middle("morphine"), example::adult()).courses[0].back(), 1'000);
  EXPECT_GE(free, 1'000);
}

TEST(Titration, a_tip_that_lies_too_low_and_a_patient_who_is_used_to_opioids_need_more) {
  Study study = titrated("morphine", "small steps", "45 days");
  study.titration->start = 100;
  study.titration->step.share = 0.1;
  const auto last = [&](const Implanted& implanted) {
    return courses_of(study, middle("morphine"), example::adult(), implanted).courses[0].back();
  };
  const double usual = last({});
  EXPECT_GT(last({.tip_shift = -20}), 1.1 * usual);
  study.opioid_tolerance = 5;
  EXPECT_GT(last({}), 1.5 * usual);
}

TEST(Titration, nobody_is_visited_at_the_end_and_a_dose_at_a_visit_is_the_one_until_then) {
  Study study = titrated("morphine", "", "28 days");
  study.titration->start = 10;
  study.titration->visit_every = days(14);
  const StudyCourses courses = courses_of(study, middle("morphine"), example::adult());
  const auto at = [&](double day) {
    return courses.courses[0][static_cast<std::size_t>(std::ranges::find(courses.minutes, day * 1'440) -
                                                       courses.minutes.begin())];
  };
  EXPECT_DOUBLE_EQ(at(14), 10);
  EXPECT_DOUBLE_EQ(at(15), 12);
  EXPECT_DOUBLE_EQ(courses.courses[0].back(), 12);
}

TEST(Titration, what_is_no_number_is_no_reason_to_give_more) {
  const double none = std::nan("");
  EXPECT_EQ(next_dose(policy(), 1'000, {.relief = none}), 1'000);
  EXPECT_EQ(next_dose(policy(), 1'000, {.relief = 0, .ventilation = none}), 800);
}

TEST(Titration, whoever_is_prone_stays_at_a_lower_dose) {
  Study study = ziconotide_from(2.4);
  study.titration->held_by = {0};
  const auto last = [&](double proneness) {
    return courses_of(study, middle("ziconotide"), example::adult(), {.proneness = proneness})
        .courses[0]
        .back();
  };
  EXPECT_LT(last(-2), last(0));
  EXPECT_LT(last(0), last(2));
  EXPECT_DOUBLE_EQ(last(5), 19.2);
}

}  // namespace
}  // namespace theca
