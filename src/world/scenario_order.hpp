#pragma once
/// The [prescription] table of a scenario.

#include <cstdint>
#include <optional>
#include <vector>

#include "source/table_reader.hpp"
#include "world/scenario.hpp"

namespace theca {

/// Reads an order for the fluid with this index; what is wrong goes to the table's errors.
ScenarioOrder read_order(TableReader& table, const Library& library, const std::vector<ScenarioFluid>& fluids,
                         std::size_t fluid, const TimeLine& time);

/// ": not in the library; did you mean a or b?"
std::string not_in_library(const std::string& name, const std::vector<std::string>& near);

}  // namespace theca
