// Studies on a population: the same for a seed, rows in their order, a fit that stays within ranges.
#include "cohort/study_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "cohort/calibrate.hpp"
#include "cohort/cohort_testing.hpp"
#include "cohort/draw.hpp"

namespace theca {
namespace {

using example::adults;
using example::body;
using example::library;

const std::vector<Study>& house_studies() {
  static const std::vector<Study> kStudies =
      load_studies(THECA_DATA_DIR, body().anatomy, body().substances, library().sources).value();
  return kStudies;
}

TEST(StudyRun, the_same_seed_gives_the_same_answers_on_any_number_of_threads) {
  const auto answers = [](std::uint64_t seed, unsigned threads) {
    return run_studies(house_studies(), body(), adults(), {.patients = 20, .seed = seed, .threads = threads});
  };
  const StudyAnswers one = answers(3, 1), three = answers(3, 3), other = answers(4, 2);
  bool differs = false;
  for (std::size_t s = 0; s < one.size(); ++s) {
    for (std::size_t q = 0; q < one[s].size(); ++q) {
      EXPECT_EQ(one[s][q].of_all, three[s][q].of_all);
      if (is_of_all(house_studies()[s].quantities[q].kind)) continue;
      ASSERT_TRUE(one[s][q].spread);
      EXPECT_EQ(one[s][q].spread->median, three[s][q].spread->median);
      EXPECT_EQ(one[s][q].spread->p95, three[s][q].spread->p95);
      EXPECT_EQ(one[s][q].middle, other[s][q].middle) << "the middle one hangs on no seed";
      differs |= one[s][q].spread->median != other[s][q].spread->median;
    }
  }
  EXPECT_TRUE(differs);
}

TEST(StudyRun, rows_stand_in_the_tables_order_and_a_row_of_consistency_does_not_count) {
  const StudyAnswers answers = run_studies(house_studies(), body(), adults(), {});
  const auto rows = validation_rows(house_studies(), answers);
  std::vector<std::string> ids;
  const std::set<std::string> consistent{"11", "17", "18b", "19b"};
  for (const ValidationRow& row : rows) {
    ids.push_back(row.quantity->row);
    EXPECT_EQ(row.counts, !consistent.contains(row.quantity->row));
    if (is_of_all(row.quantity->kind)) continue;
    EXPECT_EQ(row.value, row.answer.middle) << "nobody but the middle one was asked";
  }
  const std::vector<std::string> wanted{"1",   "2",   "3a",  "3b",  "4",   "5",   "6a",  "6b",  "7a",
                                        "7b",  "8a",  "8b",  "8c",  "9a",  "9b",  "10",  "11",  "12",
                                        "13a", "13b", "13c", "14a", "14b", "15a", "15b", "15c", "16a",
                                        "16b", "17",  "18a", "18b", "18c", "19a", "19b"};
  EXPECT_EQ(ids, wanted);
}

/// Pumps alone, whose deliveries are known: what is told of all patients is of their own values.
TEST(StudyRun, a_mean_a_share_above_and_a_fall_are_those_of_all_patients) {
  constexpr std::int64_t kPatients = 200;
  Study study;
  study.id = "pumps";
  study.substance = "morphine";
  StudyQuantity flow, above, fall;
  flow.id = "flow";
  flow.kind = QuantityKind::kPumpFlow;
  flow.by_mean = true;
  above.id = "above";
  above.kind = QuantityKind::kShareAbove;
  above.of = "pumps/flow";
  above.above = 1.01;
  fall.id = "fall";
  fall.kind = QuantityKind::kFall;
  fall.of = fall.over = "pumps/flow";
  StudyQuantity means;
  means.id = "means";
  means.kind = QuantityKind::kOver;
  means.of = "pumps/flow";
  means.over = "pumps/half";
  means.by_mean = true;
  StudyQuantity half = flow;
  half.id = "half";
  half.scale = 2;
  study.quantities = {flow, above, fall, means, half};
  const std::vector studies{study};
  const StudyAnswers answers = run_studies(studies, body(), adults(), {.patients = kPatients, .seed = 5});

  double sum = 0, count = 0, sx = 0, sxx = 0, sxy = 0;
  for (std::int64_t i = 0; i < kPatients; ++i) {
    const double one = 1 + pump_flow_error(adults(), draw(5, static_cast<std::uint64_t>(i)));
    const double x = std::log10(one);
    sum += one;
    count += one > 1.01 ? 1 : 0;
    sx += x;
    sxx += x * x;
    sxy += x * one;
  }
  const double n = kPatients;
  EXPECT_GT(count, 0);
  EXPECT_NEAR(told(flow, answers[0][0]), sum / n, 1e-12);
  EXPECT_NE(told(flow, answers[0][0]), answers[0][0].spread->median);
  EXPECT_NEAR(told(above, answers[0][1]), count / n, 1e-12);
  EXPECT_FALSE(answers[0][1].spread);
  EXPECT_NEAR(told(means, answers[0][3]), 1, 1e-12) << "in one unit";
  EXPECT_NEAR(told(fall, answers[0][2]), -(n * sxy - sx * sum) / (n * sxx - sx * sx), 1e-9);
}

/// A titration runs with each patient's own tip, pump and proneness.
TEST(StudyRun, a_titration_is_each_patients_own) {
  const auto& studies = house_studies();
  const auto rauck =
      static_cast<std::size_t>(std::ranges::find(studies, "rauck_2006", &Study::id) - studies.begin());
  const Study& study = studies[rauck];
  const std::vector one{study};
  const StudyAnswers answers = run_studies(one, body(), adults(), {.patients = 20, .seed = 9});
  const Substance* drug = find_substance(body().substances, study.substance);
  double sum = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Deviation by = draw(9, i);
    const Individual who = deviated(centre_of(body().anatomy, std::array{drug}), adults(), by);
    sum += value_of(study, study.quantities[0],
                    courses_of(study, who, body().anatomy,
                               {tip_shift(adults(), by), pump_flow_error(adults(), by), by.proneness}));
  }
  EXPECT_NEAR(told(study.quantities[0], answers[0][0]), sum / 20, 1e-9);
}

TEST(StudyRun, a_row_that_few_patients_have_does_not_pass) {
  Study study;
  StudyQuantity quantity;
  quantity.row = "1";
  Number published;
  published.value = 1;
  published.low = 0.5;
  published.high = 2;
  quantity.published = published;
  study.quantities = {quantity};
  const std::vector studies{study};
  StudyAnswer answer;
  answer.spread = Quantiles{1, 1, 1, 1, 1};
  answer.share = 0.6;
  EXPECT_TRUE(validation_rows(studies, {{answer}}).front().pass);
  answer.share = 0.4;
  EXPECT_FALSE(validation_rows(studies, {{answer}}).front().pass);
}

TEST(StudyRun, a_ratio_of_two_studies_is_that_of_their_values_in_each_patient) {
  const StudyAnswers answers = run_studies(house_studies(), body(), adults(), {});
  const auto value = [&](const char* study, const char* quantity) {
    const auto s = std::ranges::find(house_studies(), study, &Study::id);
    const auto q = std::ranges::find(s->quantities, quantity, &StudyQuantity::id);
    return answers[static_cast<std::size_t>(s - house_studies().begin())]
                  [static_cast<std::size_t>(q - s->quantities.begin())]
                      .middle;
  };
  EXPECT_DOUBLE_EQ(value("meperidine_lumbar", "half_life_over_morphine"),
                   value("meperidine_lumbar", "half_life_15_min_6_h") /
                       value("morphine_lumbar_0300", "half_life_15_min_6_h"));
}

TEST(StudyRun, numbers_at_the_ends_of_their_ranges_move_the_rows) {
  const StudyAnswers answers = run_studies(house_studies(), body(), adults(), {});
  const auto rows = validation_rows(house_studies(), answers);
  const auto all = sensitivity_of(house_studies(), body(), rows);
  const auto row = static_cast<std::size_t>(
      std::ranges::find(rows, "5", [](const ValidationRow& r) { return r.quantity->row; }) - rows.begin());
  const auto of = std::ranges::find(all, "dispersion", &Sensitivity::name);
  ASSERT_NE(of, all.end());
  EXPECT_GT(of->ends[0].values[row], rows[row].value) << "less mixing, a steeper canal";
  EXPECT_LT(of->ends[1].values[row], rows[row].value);
}

/// From numbers that are off, the fit comes back to a misfit as small as the shipped ones have, within every
/// range.
TEST(Calibrate, comes_back_from_wrong_numbers_and_never_leaves_a_range) {
  BodyData shipped = body(), off = body();
  const Calibration there = calibrate(house_studies(), shipped, 20);
  off.anatomy.dispersion_caudal.value = 0.02;
  std::ranges::find(off.substances, "morphine", &Substance::name)->dural_loss.value = 0.0048;
  const Calibration back = calibrate(house_studies(), off, 150);
  EXPECT_GT(back.misfit_before, 1.3 * there.misfit_before);
  EXPECT_LT(back.misfit_after, 1.25 * there.misfit_before);
  EXPECT_LE(back.tries, 150);
  for (const FittedNumber& number : back.numbers) {
    EXPECT_GE(number.after, number.low) << number.name;
    EXPECT_LE(number.after, number.high) << number.name;
  }
}

TEST(Calibrate, looks_at_no_row_that_is_kept_for_the_test) {
  std::vector<Study> studies = house_studies();
  for (Study& study : studies) {
    for (StudyQuantity& quantity : study.quantities) {
      if (quantity.split == Split::kTest) quantity.published->value *= 100;
    }
  }
  BodyData a = body(), b = body();
  const Calibration one = calibrate(house_studies(), a, 25), other = calibrate(studies, b, 25);
  EXPECT_EQ(one.misfit_after, other.misfit_after);
  for (std::size_t i = 0; i < one.numbers.size(); ++i)
    EXPECT_EQ(one.numbers[i].after, other.numbers[i].after);
}

}  // namespace
}  // namespace theca
