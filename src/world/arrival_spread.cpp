#include "world/arrival_spread.hpp"

#include <algorithm>

#include "plan/prime.hpp"

namespace theca {

void spread(FrontArrival& arrival, const std::vector<Sample>& samples, const Scenario& scenario) {
  constexpr double kSigmasTo95Percent = 1.645;
  if (!arrival.truly) return;
  const bool into_air = arrival.fluid_before == 0 && !scenario.path_fluid;  // a dry path's front does not mix
  if (into_air) return;
  const auto volume_at = [](const Sample& s) { return static_cast<double>(s.truly_delivered.raw()); };
  const auto after =
      std::find_if(samples.begin(), samples.end(), [&](const Sample& s) { return s.at >= *arrival.truly; });
  if (after == samples.end()) return;
  const auto catheter = static_cast<double>(scenario.true_path.catheter.raw());
  const auto entered = std::find_if(
      samples.begin(), after, [&](const Sample& s) { return volume_at(s) >= volume_at(*after) - catheter; });
  const auto crossing_ms = static_cast<double>((*arrival.truly - entered->at).raw());
  const auto at_arrival = static_cast<double>(after->flow.raw());
  if (crossing_ms <= 0 || at_arrival <= 0) return;
  const auto mean_flow =
      static_cast<std::int64_t>(catheter / crossing_ms * static_cast<double>(kMillisecondsPerDay));
  if (mean_flow <= 0) return;
  const FrontSpread front =
      front_spread(scenario.true_length, scenario.model.catheter_per_cm, FlowRate{mean_flow});
  arrival.sigma_nl = front.sigma_share * catheter;
  const double sigma_ms = arrival.sigma_nl / at_arrival * static_cast<double>(kMillisecondsPerDay);
  arrival.early = Duration{static_cast<std::int64_t>(kSigmasTo95Percent * sigma_ms)};
  arrival.late = arrival.early;
}

}  // namespace theca
