#pragma once
/// The fluids of a run and their way to the tip, in sentences.

#include <cstddef>
#include <string>

#include "world/run_result.hpp"

namespace theca::report {

/// "0.375 mL (tubing 0.199 mL, catheter 0.176 mL)"
std::string path_text(const FluidPath& path);
/// When one fluid reached the tip.
std::string front_text(const RunResult& run, const FrontArrival& front);
/// How a drug's concentration at the tip changes; the caption of its chart.
std::string concentration_sentence(const RunResult& run, std::size_t drug);

}  // namespace theca::report
