#pragma once
/// One relief by several ways: as text, as a page with pictures, and as data.

#include <nlohmann/json.hpp>
#include <string>

#include "world/comparison.hpp"

namespace theca {

/// What the ways ask for, and that no one factor leads from one to another. Plain text.
std::string comparison_sentence(const Comparison& comparison);
std::string comparison_text(const Comparison& comparison);
/// A figure for a report: a panel each for dose, levels, ventilation and side effects. HTML.
std::string comparison_figure(const Comparison& comparison);
/// A page that opens from a file, without a network.
std::string comparison_html(const Comparison& comparison);
nlohmann::ordered_json comparison_json(const Comparison& comparison);
/// Way, quantity, unit, and five quantiles over patients.
std::string comparison_csv(const Comparison& comparison);

}  // namespace theca
