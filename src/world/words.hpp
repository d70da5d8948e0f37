#pragma once
/// Events of the pump in words, with local times and the scenario's names.

#include <string>
#include <vector>

#include "catalogue/event.hpp"
#include "therapy/check.hpp"
#include "therapy/wall_clock.hpp"
#include "world/run_result.hpp"

namespace theca {

/// "patient", "scheduled", "single".
const char* name_of(BolusKind kind);

/// One sentence without the time. `clock` shows the times of day in it.
std::string words_for(const Event& event, const std::vector<FluidName>& fluids, const WallClock& clock);

}  // namespace theca
