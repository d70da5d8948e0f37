#pragma once
/// Changes of a flow in words: never without both ends of the band and where it is from.

#include <cstdint>
#include <string>

#include "plan/constant_flow.hpp"

namespace theca {

/// "+21 %", "-12.5 %"
std::string signed_percent_text(std::int64_t ppm);
/// "flow +21 %, the middle of +16 % to +26 %"
std::string band_text(const FlowBand& band);
/// "reservoir nearly empty: the bellows press less; CONSTANT-FLOW-SPEC; not verified"
std::string pedigree_text(const FlowInfluence& row);

}  // namespace theca
