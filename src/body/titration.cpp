#include "body/titration.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace theca {

double next_dose(const Titration& policy, double dose, const Found& found) {
  const auto lowered = [&] { return std::max(0.0, dose * (1 - policy.step.share) - policy.step.ug_per_day); };
  // What is no number is no reason to give more.
  if (found.lowered || !(found.ventilation >= policy.least_ventilation)) return lowered();
  if (found.held || !(found.relief < policy.wanted_relief)) return dose;
  return std::max(dose, std::min(policy.highest, dose * (1 + policy.step.share) + policy.step.ug_per_day));
}

bool has_side_effect(double share, double proneness) {
  const double rank =
      std::erfc(-proneness / std::numbers::sqrt2) / 2;  // of all patients, the most prone at 0
  return share > rank;
}

}  // namespace theca
