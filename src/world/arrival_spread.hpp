#pragma once
/// How a front is spread when it arrives at the tip: for the report and for the patient's twin. The pump's
/// own books know sharp fronts.

#include <vector>

#include "world/run_result.hpp"
#include "world/scenario.hpp"

namespace theca {

/// How long before and after plug flow's moment 5 % and 95 % of the new fluid are at the tip: Taylor-Aris at
/// the mean flow of the crossing, told in time by the flow at the moment of arrival.
/// Source: docs/arithmetic.md#front
void spread(FrontArrival& arrival, const std::vector<Sample>& samples, const Scenario& scenario);

}  // namespace theca
