#pragma once
/// The effects of all drugs of a run, stepped and written down beside their levels.

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

/// A level as it counts: rounding below zero is none, what is no number stays none.
inline double above_zero(double level) { return level < 0 ? 0 : level; }

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

}  // namespace theca
