#pragma once
/// A played therapy in a few lines for the terminal.

#include <string>

#include "world/run_result.hpp"

namespace theca {

std::string run_text(const RunResult& run, const std::string& dir);

}  // namespace theca
