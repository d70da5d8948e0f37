#pragma once
/// The part of a run's result that stands before anything is played.

#include <vector>

#include "plan/library.hpp"
#include "world/run_result.hpp"
#include "world/scenario.hpp"

namespace theca {

/// Every drug of every fluid, once, in the order of the file.
std::vector<DrugCode> drugs_of(const Scenario& scenario);
/// Title, pump, path, times, fluids and drugs.
RunResult described(const Scenario& scenario, const Library& library);
/// What fills the path before the first fill.
Formulation path_contents(const Scenario& scenario);

}  // namespace theca
