#include "plan/cusum.hpp"

#include <algorithm>
#include <cmath>

namespace theca {

std::vector<CusumPoint> cusum_of(const std::vector<GivenOfDue>& refills, std::int64_t accuracy_ppm) {
  constexpr double kMillion = 1e6, kSigmas = 2;
  std::vector<CusumPoint> points;
  CusumPoint before;
  for (const GivenOfDue& one : refills) {
    const double due = static_cast<double>(one.due.raw());
    const double reading = static_cast<double>(kVolumeReading.raw()) * std::sqrt(2.0) / due;
    const double sigma = std::hypot(static_cast<double>(accuracy_ppm) / kMillion / kSigmas, reading);
    CusumPoint now;
    now.ratio = static_cast<double>(one.given.raw()) / due;
    now.deviation = (now.ratio - 1) / sigma;
    now.high = std::max(0.0, before.high + now.deviation - kCusumAllowance);
    now.low = std::max(0.0, before.low - now.deviation - kCusumAllowance);
    points.push_back(now);
    before = now;
  }
  return points;
}

}  // namespace theca
