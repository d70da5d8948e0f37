#include "clinic/first_order.hpp"

#include "world/run_described.hpp"

namespace theca {

std::expected<Draft, std::string> first_order(const Scenario& scenario, const Running& running,
                                              const link::ShortId& implant, std::uint32_t author,
                                              std::int64_t issued_utc_s, const std::string& reason,
                                              const Library& library) {
  auto made = draft({.therapy = scenario.first.order,
                     .implant = implant,
                     .model = scenario.model,
                     .ceilings = scenario.ceilings,
                     .largest_rise_ppm = kFirstLargestRisePpm,
                     .patient_may_pause = false,
                     .reason = reason,
                     .author = author,
                     .issued_utc_s = issued_utc_s,
                     .filled = scenario.first_volume,
                     .path = scenario.path,
                     .contents = PathContents{path_contents(scenario), scenario.path.total()},
                     .low_alarm = scenario.low_alarm},
                    running, library);
  if (!made) return std::unexpected(made.error().front().key + ": " + made.error().front().message);
  return std::move(*made);
}

}  // namespace theca
