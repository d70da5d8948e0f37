#pragma once
/// The files that a played therapy leaves behind; docs/report.md tells every key and column.

#include <expected>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "world/run_result.hpp"

namespace theca {

/// Sums and dates; units stand in the keys.
nlohmann::ordered_json summary_json(const RunResult& run);
/// One row per sample, exact decimals, units in the header.
std::string delivery_csv(const RunResult& run);
/// One JSON object per line and event of the pump.
std::string events_jsonl(const RunResult& run);

/// Writes summary.json, delivery.csv, events.jsonl, report.html and, of a pump that keeps one, journal.jsonl
/// into `dir`, which is made when it is missing. All are complete in a folder beside it before the first
/// takes its place. The error is a sentence.
std::expected<void, std::string> write_run_files(const RunResult& run, const std::filesystem::path& dir);

}  // namespace theca
