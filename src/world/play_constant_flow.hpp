#pragma once
/// Plays a scenario whose pump is a constant-flow one.

#include "world/play.hpp"

namespace theca {

/// `scenario.constant_flow` must be there. In the samples of the result, `prescribed` and `reservoir_nominal`
/// are what a planner expects at the labelled flow, `reservoir_earliest` what he expects at the upper end of
/// the labelled accuracy, `flow` is the true one, `prescribed_mass` is what was intended; what a pump counts
/// or reckons (`delivered`, `fluid_at_tip`) stays nothing.
std::expected<RunResult, PlayFailure> play_constant_flow(const Scenario& scenario, const Library& library,
                                                         const Progress& progress = {});

}  // namespace theca
