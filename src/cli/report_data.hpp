#pragma once
/// What the report's charts are drawn from: columns of whole numbers, cumulative ones as differences.

#include <nlohmann/json_fwd.hpp>

#include "world/run_result.hpp"

namespace theca {

nlohmann::json report_data(const RunResult& run);

}  // namespace theca
