#include "plan/residual.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "plan/library.hpp"

namespace theca {
namespace {

constexpr std::int64_t kLabel = 145'000;  // 14.5 %, S10

ResidualRequest filled_with_20(Volume aspirated) {
  return {.fill = millilitres(20),
          .expected = millilitres(4),
          .aspirated = aspirated,
          .accuracy_ppm = kLabel,
          .fill_age = std::nullopt};
}

TEST(Residual, worked_numbers) {
  struct Row {
    std::int64_t aspirated_ul, ratio_ppm, difference_ul;
    bool over, under, beyond;
  };
  // 20 mL fill, 4 mL expected: 112.5 %, 115.625 %, 86.25 %, 81.25 %.
  constexpr Row kRows[] = {
      {2'000, 1'125'000, -2'000, false, false, false},
      {1'500, 1'156'250, -2'500, true, false, true},
      {6'200, 862'500, 2'200, false, false, true},
      {7'000, 812'500, 3'000, false, true, true},
  };
  for (const Row& row : kRows) {
    const auto residual = check_residual(filled_with_20(microlitres(row.aspirated_ul)));
    ASSERT_TRUE(residual);
    EXPECT_EQ(residual->ratio_ppm, row.ratio_ppm);
    EXPECT_EQ(residual->difference, microlitres(row.difference_ul));
    EXPECT_EQ(residual->over, row.over) << row.aspirated_ul;
    EXPECT_EQ(residual->under, row.under) << row.aspirated_ul;
    EXPECT_EQ(residual->beyond, row.beyond) << row.aspirated_ul;
    EXPECT_EQ(residual->causes.empty(), !residual->flagged());
  }
}

TEST(Residual, the_limits_themselves_are_inside) {
  // 16 mL due: 14.5 % are 2.32 mL. The volume flag is at 2 mL, so only the ratio is asked here.
  const auto at = [](std::int64_t nl) { return check_residual(filled_with_20(nanolitres(nl))).value(); };
  EXPECT_FALSE(at(1'680'000).over);
  EXPECT_TRUE(at(1'679'999).over);
  EXPECT_FALSE(at(6'320'000).under);
  EXPECT_TRUE(at(6'320'001).under);
  EXPECT_FALSE(at(6'000'000).beyond);
  EXPECT_TRUE(at(6'000'001).beyond);
}

TEST(Residual, diversion_comes_first_when_much_is_missing_soon_after_a_fill) {
  // 8 mL instead of 17 mL four days after a revision, the pump sound. The fill of 20 mL is assumed here.
  ResidualRequest request = filled_with_20(millilitres(8));
  request.expected = millilitres(17);
  request.fill_age = days(4);
  const auto soon = check_residual(request);
  ASSERT_TRUE(soon);
  EXPECT_TRUE(soon->young);
  EXPECT_EQ(soon->ratio_ppm, 4'000'000);
  EXPECT_EQ(soon->causes.front(), ResidualCause::kDiversion);
  EXPECT_EQ(soon->causes.size(), 4u);
  request.fill_age = days(90);
  EXPECT_EQ(check_residual(request)->causes.front(), ResidualCause::kOverInfusion);
  EXPECT_EQ(check_residual(request)->causes.back(), ResidualCause::kDiversion);
  request.fill_age.reset();
  EXPECT_FALSE(check_residual(request)->young);
}

TEST(Residual, too_much_left_has_other_causes) {
  const auto residual = check_residual(filled_with_20(millilitres(7)));
  ASSERT_TRUE(residual);
  EXPECT_EQ(residual->causes,
            (std::vector{ResidualCause::kStall, ResidualCause::kOcclusion, ResidualCause::kCatheter}));
}

TEST(Residual, every_cause_is_in_its_row_and_has_a_source_of_the_register) {
  const auto library = load_library(THECA_DATA_DIR);
  ASSERT_TRUE(library);
  for (int i = 0; i <= static_cast<int>(ResidualCause::kCatheter); ++i) {
    const auto cause = static_cast<ResidualCause>(i);
    const ResidualCauseRow& row = row_of(cause);
    EXPECT_EQ(row.cause, cause);
    ASSERT_FALSE(row.sources.empty());
    bool read = false;
    for (const auto id : row.sources) {
      const auto source = library->sources.find(id);
      ASSERT_NE(source, library->sources.end()) << id;
      read = read || source->second.read;
    }
    EXPECT_TRUE(!row.verified || read) << row.name;
  }
}

TEST(Residual, volumes_that_cannot_be_are_refused_together) {
  ResidualRequest request = filled_with_20(millilitres(21));
  request.expected = millilitres(22);
  const auto refused = check_residual(request);
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().size(), 2u);
  EXPECT_EQ(refused.error()[0].fault, PlanFault::kAboveFill);
  EXPECT_EQ(
      describe(refused.error()[1]),
      "aspirated: 21 mL is above 20 mL, the fill it should be left of; one of the two volumes is wrong, "
      "or something else is in the pump.");
  request = filled_with_20(millilitres(20));
  EXPECT_EQ(check_residual(request)->ratio_ppm, 0) << "a pump that gave nothing is an answer";
  request.expected = millilitres(20);
  EXPECT_EQ(check_residual(request).error()[0].fault, PlanFault::kNothingGiven);
}

TEST(FillCheck, one_millilitre_in_a_20_mL_pump_two_in_a_40_mL_pump) {
  const auto pocket = [](std::int64_t missing_nl, std::int64_t capacity_ml) {
    return check_fill(millilitres(18), millilitres(18) - nanolitres(missing_nl), millilitres(capacity_ml))
        .possible_pocket_fill();
  };
  EXPECT_FALSE(pocket(1'000'000, 20));
  EXPECT_TRUE(pocket(1'000'001, 20));
  EXPECT_TRUE(pocket(1'000'001, 35)) << "a size without a figure gets the stricter one";
  EXPECT_FALSE(pocket(2'000'000, 40));
  EXPECT_TRUE(pocket(2'000'001, 40));
  EXPECT_FALSE(pocket(-3'000'000, 20));
}

RC_GTEST_PROP(Residual, flags_are_symmetric, ()) {
  const auto fill = *rc::gen::inRange<std::int64_t>(3, 100'000'000);
  const auto expected = *rc::gen::inRange<std::int64_t>(1, fill);
  const auto room = std::min(expected, fill - expected);
  const auto off = *rc::gen::inRange<std::int64_t>(0, room + 1);
  const auto accuracy = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const auto at = [&](std::int64_t aspirated) {
    return check_residual({Volume{fill}, Volume{expected}, Volume{aspirated}, accuracy, std::nullopt})
        .value();
  };
  const Residual less = at(expected - off);
  const Residual more = at(expected + off);
  RC_ASSERT(less.over == more.under);
  RC_ASSERT(less.beyond == more.beyond);
  RC_ASSERT(!less.under);
  RC_ASSERT(!more.over);
  RC_ASSERT(less.difference + more.difference == Volume{});
  RC_ASSERT(less.given + more.given == less.due * 2);
}

RC_GTEST_PROP(Residual, a_larger_accuracy_never_raises_a_flag, ()) {
  ResidualRequest request{Volume{*rc::gen::inRange<std::int64_t>(10'000'000, 40'000'000)},
                          Volume{*rc::gen::inRange<std::int64_t>(0, 10'000'000)},
                          Volume{*rc::gen::inRange<std::int64_t>(0, 10'000'000)}, kLabel, std::nullopt};
  const auto narrow = check_residual(request).value();
  request.accuracy_ppm += *rc::gen::inRange<std::int64_t>(0, 500'000);
  const auto wide = check_residual(request).value();
  RC_ASSERT(narrow.over || !wide.over);
  RC_ASSERT(narrow.under || !wide.under);
}

}  // namespace
}  // namespace theca
