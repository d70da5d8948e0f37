#pragma once
/// The report of a run as one page that opens from a file, without a network. Page, style and program stand
/// in src/cli/report/; what is written here is the words and the numbers.

#include <string>

#include "world/run_result.hpp"

namespace theca {

std::string report_html(const RunResult& run);

}  // namespace theca
