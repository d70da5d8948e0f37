#include "plan/cusum.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace theca {
namespace {

constexpr std::int64_t kAccuracy = 145'000;

std::vector<GivenOfDue> refills_of(const std::vector<double>& ratios, Volume due) {
  std::vector<GivenOfDue> all;
  for (const double ratio : ratios)
    all.push_back({Volume{std::llround(static_cast<double>(due.raw()) * ratio)}, due});
  return all;
}

double normal(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// Refills until the upper sum tells, in the mean, where they lie `shift` deviations off: the chain of Brook
/// and Evans (1972) over states of the sum, solved by elimination.
double one_sided_run_length(double shift) {
  constexpr std::size_t kStates = 200;
  const double width = kCusumLimit / (kStates - 0.5);
  std::vector<std::vector<double>> a(kStates, std::vector<double>(kStates + 1, 0));
  for (std::size_t i = 0; i < kStates; ++i) {
    const double from = static_cast<double>(i) * width;
    for (std::size_t j = 0; j < kStates; ++j) {
      const double top = (static_cast<double>(j) + 0.5) * width - from + kCusumAllowance - shift;
      const double below = j == 0 ? 0 : normal(top - width);
      a[i][j] = (i == j ? 1 : 0) - (normal(top) - below);
    }
    a[i][kStates] = 1;
  }
  for (std::size_t k = 0; k < kStates; ++k)
    for (std::size_t i = k + 1; i < kStates; ++i) {
      const double by = a[i][k] / a[k][k];
      for (std::size_t j = k; j <= kStates; ++j) a[i][j] -= by * a[k][j];
    }
  std::vector<double> x(kStates);
  for (std::size_t i = kStates; i-- > 0;) {
    double sum = a[i][kStates];
    for (std::size_t j = i + 1; j < kStates; ++j) sum -= a[i][j] * x[j];
    x[i] = sum / a[i][i];
  }
  return x[0];
}
double run_length(double shift) {
  return 1 / (1 / one_sided_run_length(shift) + 1 / one_sided_run_length(-shift));
}

/// Published for k = 1/2, h = 4 (Montgomery): 168, 26.6, 8.38, 4.75, 3.34.
TEST(Cusum, so_many_refills_until_it_tells_as_published) {
  EXPECT_NEAR(run_length(0), 168, 1);
  EXPECT_NEAR(run_length(0.5), 26.6, 0.2);
  EXPECT_NEAR(run_length(1), 8.38, 0.05);
  EXPECT_NEAR(run_length(1.5), 4.75, 0.05);
  EXPECT_NEAR(run_length(2), 3.34, 0.05);
}

RC_GTEST_PROP(Cusum, a_pump_that_gives_what_it_counts_is_never_told_and_one_that_errs_is, ()) {
  const Volume due{*rc::gen::inRange<std::int64_t>(5'000'000, 40'000'000)};
  const std::vector<double> exact(30, 1.0);
  for (const CusumPoint& one : cusum_of(refills_of(exact, due), kAccuracy)) {
    RC_ASSERT(!one.told());
    RC_ASSERT((one.high == 0 && one.low == 0));
  }
  // Half as much again each time, within twice what the label says.
  const double off = *rc::gen::element(0.75, 1.25);
  const auto points = cusum_of(refills_of(std::vector<double>(30, off), due), kAccuracy);
  RC_ASSERT(points.back().told());
  RC_ASSERT((off > 1 ? points.back().high : points.back().low) > kCusumLimit);
  RC_ASSERT((off > 1 ? points.back().low : points.back().high) == 0);
}

RC_GTEST_PROP(Cusum, what_is_too_much_and_what_is_too_little_are_each_others_mirror, ()) {
  std::vector<double> ratios, mirrored;
  for (const int i : *rc::gen::container<std::vector<int>>(rc::gen::inRange(-200, 201))) {
    ratios.push_back(1 + i / 1'000.0);
    mirrored.push_back(1 - i / 1'000.0);
  }
  const auto one = cusum_of(refills_of(ratios, millilitres(20)), kAccuracy);
  const auto other = cusum_of(refills_of(mirrored, millilitres(20)), kAccuracy);
  for (std::size_t i = 0; i < one.size(); ++i) {
    RC_ASSERT(std::abs(one[i].high - other[i].low) < 1e-6);
    RC_ASSERT((one[i].high >= 0 && one[i].low >= 0));
  }
}

/// What is read off a syringe weighs the more the less was due.
TEST(Cusum, the_same_share_of_a_small_volume_tells_less) {
  const auto small = cusum_of(refills_of({1.2}, millilitres(2)), kAccuracy);
  const auto large = cusum_of(refills_of({1.2}, millilitres(20)), kAccuracy);
  EXPECT_LT(small[0].deviation, large[0].deviation / 2);
}

}  // namespace
}  // namespace theca
