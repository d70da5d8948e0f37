#pragma once
/// The report about a constant-flow pump: what was expected and intended beside what truly happened, and
/// nothing that such a pump could have told.

#include <string>

#include "world/run_result.hpp"

namespace theca {

/// The paragraph under the tiles, as plain text.
std::string constant_flow_summary(const RunResult& run);
std::string constant_flow_tiles(const RunResult& run);
std::string constant_flow_figures(const RunResult& run);
std::string constant_flow_tables(const RunResult& run);

}  // namespace theca
