#pragma once
/// summary.json, delivery.csv and events.jsonl of a run with a constant-flow pump; docs/report.md tells every
/// key. What such a pump does not have (counts, alarms, boluses, a journal) has no key and no column.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "world/run_result.hpp"

namespace theca {

/// Adds everything below the head of summary.json.
void add_constant_flow_summary(const RunResult& run, nlohmann::ordered_json& json);
std::string constant_flow_csv(const RunResult& run);
std::string constant_flow_events(const RunResult& run);

}  // namespace theca
