#pragma once
/// Quantities and moments of a run as they stand in JSON and in cells of CSV, whatever kind of pump it is of.

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "world/run_result.hpp"

namespace theca::run_json {

using Json = nlohmann::ordered_json;

/// A JSON number with exactly these digits, whole numbers without a point.
Json number(const std::string& decimal);
/// Four digits; a whole number without a point; null for what is no number.
Json four_digits(double value);
Json ml(Volume volume);
Json mg(Mass mass);
Json hour_count(Duration duration);

/// {"t_h": 4, "local": "2026-03-02 12:00"}; null for nothing.
Json moment(const RunResult& run, Instant at);
Json moment(const RunResult& run, const std::optional<Instant>& at);

Json path_json(const FluidPath& path);
Json fluids_json(const RunResult& run);

/// Nothing for a drug beyond the list.
Mass at(const std::vector<Mass>& masses, std::size_t i);

std::string csv_cell(const std::string& text);
/// A drug's name as part of a column's: "sodium chloride" is sodium_chloride.
std::string column_name(const std::string& drug);

}  // namespace theca::run_json
