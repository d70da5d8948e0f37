#pragma once
/// The part of docs/validation.md that is made, and its picture.

#include <string>
#include <vector>

#include "cohort/study_run.hpp"

namespace theca {

/// Rows, what they would be at the ends of ranges, and what is said of those that fail. Markdown.
std::string validation_tables(const std::vector<ValidationRow>& rows,
                              const std::vector<Sensitivity>& sensitivity, std::int64_t patients,
                              std::uint64_t seed);
/// Published band, and median with 5 to 95 % of the patients, each over the published value; one line a row.
std::string validation_svg(const std::vector<ValidationRow>& rows);

}  // namespace theca
