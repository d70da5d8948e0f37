#pragma once
/// The effects of all drugs of a run, stepped and written down beside their levels.

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "body/individual.hpp"
#include "world/patient_run.hpp"
#include "world/patient_twin.hpp"

namespace theca {

/// Effects are reckoned in steps of this; in very long runs longer ones.
inline constexpr Duration kEffectStep = minutes(15);

inline void raise(Peak& peak, double value, Instant t) {
  if (value > peak.value) peak = {value, t};
}

class EffectRecorder {
 public:
  EffectRecorder(const Individual& who, const KnownDrugs& known);

  /// On to `t`, by `by`, where the drugs stand at `levels`. Extremes are looked for here.
  void step(Instant t, Duration by, std::span<const SiteLevels> levels);
  /// A moment of the curves.
  void record();
  EffectsInPatient finish() { return std::move(out_); }

 private:
  [[nodiscard]] double side(std::size_t k) const { return effects_.side_effect(of_[k].first, of_[k].second); }

  Pharmacodynamics effects_;
  EffectsInPatient out_;
  std::vector<std::pair<std::size_t, std::size_t>> of_;  // substance and its side effect
};

/// Takes every drug and the effects of all of them from moment to moment, in steps of kEffectStep or a
/// `steps_per_time`-th of the way, and has each moment written down. A way has to(Instant), levels() and
/// record().
template <class Ways>
void step_together(Ways& ways, EffectRecorder& effects, std::span<const Instant> times,
                   std::int64_t steps_per_time) {
  std::vector<SiteLevels> levels(ways.size());
  Instant now;
  for (const Instant t : times) {
    const Duration step = std::max(kEffectStep, Duration{(t - now).raw() / steps_per_time});
    do {
      const Instant next = std::min(t, now + step);
      for (std::size_t i = 0; i < ways.size(); ++i) {
        ways[i]->to(next);
        levels[i] = ways[i]->levels();
      }
      effects.step(next, next - now, levels);
      now = next;
    } while (now < t);
    for (const auto& way : ways) way->record();
    effects.record();
  }
}

}  // namespace theca
