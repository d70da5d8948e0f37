#pragma once
/// What every report is made of, whatever kind of pump it is about: text made safe, quantities as people read
/// them, tiles, figures and tables.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "world/run_result.hpp"

namespace theca::report {

std::string escaped(std::string_view text);
/// Text for reading: escaped, and no line ends within a date or between a number and its unit.
std::string prose(const std::string& text);

/// "1 event", "2 events"
std::string counted(std::int64_t n, std::string_view one, std::string_view many = {});
std::string joined(const std::vector<std::string>& parts, std::string_view between, std::string_view last);

std::string ml(Volume volume);
std::string mass(Mass m);
std::string strength(Concentration c);
std::string span(Duration d);

/// Nothing for a drug beyond the list.
Mass at(const std::vector<Mass>& masses, std::size_t i);
/// Zero everywhere when there is none.
Sample last_sample(const RunResult& run);

/// A figure of the summary with a word over it and a line under it.
std::string tile(std::string_view label, const std::string& value, const std::string& below,
                 std::string_view look = "tile");
/// The place of a chart of report.js; `drug` is a column's number.
std::string figure(std::string_view chart, std::string_view title, const std::string& sentence,
                   std::optional<std::size_t> drug = {});
using Row = std::vector<std::string>;
/// The first cell of a row is its heading.
std::string table(const std::string& caption, const Row& head, const std::vector<Row>& rows);

}  // namespace theca::report
