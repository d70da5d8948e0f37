#pragma once
/// Fits the numbers that nobody published to the rows marked "calibrate", on the middle patient, within each
/// number's own range. Writes nothing.

#include <functional>
#include <string>
#include <vector>

#include "cohort/study_run.hpp"

namespace theca {

/// A number that may move: one, or several that move as one.
struct FreeNumber {
  std::string name;  // "dispersion_caudal", "morphine dural_loss"
  std::vector<Number*> numbers;
};
/// Those of `data` that the rows can say something of: dispersion, the spinal share of absorption, and the
/// exchange and loss of morphine, baclofen and ziconotide.
std::vector<FreeNumber> free_numbers(BodyData& data);

struct FittedNumber {
  std::string name, unit;
  double before = 0, after = 0, low = 0, high = 0;
  bool at_edge = false;  // of its range
};
struct Calibration {
  std::vector<FittedNumber> numbers;
  double misfit_before = 0, misfit_after = 0;  // mean square, in half bands
  std::int64_t tries = 0;
};

/// `data` is left at the best numbers that were found. `tries`: at most so many.
Calibration calibrate(const std::vector<Study>& studies, BodyData& data, std::int64_t tries = 600);

}  // namespace theca
