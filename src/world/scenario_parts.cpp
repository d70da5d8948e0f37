#include "world/scenario_parts.hpp"

#include <fmt/format.h>

#include "quantity/text.hpp"

namespace theca {

Instant read_moment(TableReader& table, std::string_view key, const std::string& text, const TimeLine& time) {
  const auto at = time.moment(text);
  if (!at) table.error(key, at.error().message);
  return at.value_or(Instant{});
}

std::optional<std::size_t> fluid_named(TableReader& table, std::string_view key, const std::string& name,
                                       const std::vector<ScenarioFluid>& fluids) {
  for (std::size_t i = 0; i < fluids.size(); ++i) {
    if (fluids[i].name == name) return i;
  }
  table.error(key, in_quotes(name) + ": not one of [fluids]");
  return std::nullopt;
}

std::size_t read_fluid(TableReader& table, const std::vector<ScenarioFluid>& fluids) {
  const auto name = table.need_text("fluid");
  return name ? fluid_named(table, "fluid", *name, fluids).value_or(0) : 0;
}

Volume read_fill(TableReader& table, const Scenario& scenario) {
  const Volume typed = table.need_quantity("volume", parse_volume).value_or(Volume{});
  const Volume capacity = scenario.model.capacity;
  if (typed > capacity && capacity.raw() > 0) {
    table.error("volume", fmt::format("{} is more than the reservoir of {} holds, {}", to_text(typed),
                                      scenario.pump_name, to_text(capacity)));
  }
  return typed;
}

}  // namespace theca
