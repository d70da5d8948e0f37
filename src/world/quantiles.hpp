#pragma once
/// How a number spreads over patients.

namespace theca {

/// Five shares of patients lie below: 5, 25, 50, 75 and 95 %.
struct Quantiles {
  double p5 = 0, p25 = 0, median = 0, p75 = 0, p95 = 0;
};
}  // namespace theca
