#pragma once
/// The library as text for a terminal (at most 80 columns, but a long web
/// address is never broken) and as JSON. Every number that was not read in a
/// source is marked "(unverified)"; the sources stand with their titles at the end.

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "plan/library.hpp"

namespace theca {

inline constexpr std::size_t kCardColumns = 80;

/// A card about one entry. `library` gives the titles of the sources.
std::string describe(const DrugEntry& drug, const Library& library);
std::string describe(const PumpEntry& pump, const Library& library);

/// One line per entry, with a heading.
std::string drug_table(std::span<const DrugEntry> drugs);
std::string pump_table(std::span<const PumpEntry> pumps);

/// Every value as it stands in its file (`text`), its integer in the unit of its type, and its pedigree.
nlohmann::json to_json(const DrugEntry& drug);
nlohmann::json to_json(const PumpEntry& pump);
nlohmann::json to_json(const Source& source);
/// Drugs, pumps and sources.
nlohmann::json to_json(const Library& library);

}  // namespace theca
