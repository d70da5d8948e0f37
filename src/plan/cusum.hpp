#pragma once
/// Whether small differences of one refill after the other add up to one that is real: Page's two sums.
/// docs/follow.md

#include <optional>
#include <vector>

#include "quantity/quantity.hpp"

namespace theca {

/// Both in standard deviations. A shift of one of them is told after 8 refills in the mean, and in a pump
/// that gives what it counts once in 168. Montgomery, Introduction to Statistical Quality Control (table of
/// the two-sided tabular CUSUM); held against the chain of Brook and Evans in the tests.
inline constexpr double kCusumAllowance = 0.5, kCusumLimit = 4;
/// What syringe and needle add to a volume that is read or drawn off. Theca's own, not verified.
inline constexpr Volume kVolumeReading = microlitres(500);

/// One refill: what was given of what was due.
struct GivenOfDue {
  Volume given, due;  // due > 0
};
struct CusumPoint {
  double ratio = 1;          // given over due
  double deviation = 0;      // of it from 1, in standard deviations
  double high = 0, low = 0;  // the sums: more than was counted; less
  [[nodiscard]] bool told() const { return high > kCusumLimit || low > kCusumLimit; }
};
/// A labelled accuracy, one-sided, is taken as two standard deviations; what is read of both volumes comes on
/// top, and weighs the more the less was due. A sum that was told goes on from there.
std::vector<CusumPoint> cusum_of(const std::vector<GivenOfDue>& refills, std::int64_t accuracy_ppm);

}  // namespace theca
