#pragma once
/// The figures of docs/model.md, reckoned by the model as it is today. SVG.

#include <cstddef>
#include <string>
#include <vector>

#include "world/patient_twin.hpp"

namespace theca {

/// How far a model of so many decays is from the whole, and so many of the whole's slowest.
struct ReductionError {
  std::size_t decays = 0;
  double reduced = 0, slowest = 0;  // largest relative error
};

/// What exchanges with what.
std::string map_figure(const BodyData& data);
/// Areas, dispersion and flow along the canal; the places of a scenario that says nothing else.
std::string canal_figure(const BodyData& data);
/// 0.3 mg of morphine into the lumbar fluid: levels over a day.
std::string bolus_figure(const BodyData& data);
/// Infusions at rest along the canal.
std::string infusion_figure(const BodyData& data);
/// Morphine: relief, ventilation, tolerance, withdrawal.
std::string effects_figure(const BodyData& data);
std::string reduction_figure(const std::vector<ReductionError>& errors);

}  // namespace theca
