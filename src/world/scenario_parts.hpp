#pragma once
/// What more than one table of a scenario is made of: a moment, a fluid by its name, the volume of a fill.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/table_reader.hpp"
#include "world/scenario.hpp"

namespace theca {

/// The moment that `text`, the value of `key`, names; the start when it names none, with an error.
Instant read_moment(TableReader& table, std::string_view key, const std::string& text, const TimeLine& time);

/// The fluid that `key` names, as an index into `fluids`; nothing, with an error, when there is none.
std::optional<std::size_t> fluid_named(TableReader& table, std::string_view key, const std::string& name,
                                       const std::vector<ScenarioFluid>& fluids);
/// The fluid of the key `fluid`, which must be there.
std::size_t read_fluid(TableReader& table, const std::vector<ScenarioFluid>& fluids);

/// The volume of a fill, no more than the reservoir holds.
Volume read_fill(TableReader& table, const Scenario& scenario);

}  // namespace theca
