#pragma once
/// Checks of a list of steps against what was prescribed and against ceilings. They know nothing of the pump,
/// so that they can be shown a broken list and must say so.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "verify/reference_model.hpp"

namespace theca::verify {

using Prescribed = std::function<Wide(std::int64_t)>;

/// INV-1: in no window are there more steps than prescribed plus one. Every window that begins just before a
/// step and ends at a step is tried, then windows of the four lengths that begin or end at a step.
inline std::optional<std::string> more_than_prescribed(std::span<const std::int64_t> step_ms,
                                                       std::int64_t step_nl, const Prescribed& prescribed) {
  const Wide step = Wide{step_nl} * kDayMs;
  const auto n = static_cast<std::int64_t>(step_ms.size());
  std::optional<Wide> least;  // steps made less prescribed, just before a step: its smallest value so far
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t t = step_ms[static_cast<std::size_t>(k)];
    const Wide before = Wide{k} * step - prescribed(t - 1);
    if (!least || before < *least) least = before;
    if (Wide{k + 1} * step - prescribed(t) - *least > step) {
      return "step " + std::to_string(k + 1) + " at " + std::to_string(t) +
             " ms is one more than prescribed in some window";
    }
  }
  constexpr std::int64_t kHour = 3'600'000;
  for (const std::int64_t window : {kHour / 60, kHour, 24 * kHour, 7 * 24 * kHour}) {
    std::int64_t in = 0;  // first step inside (t - window, t]
    std::int64_t ahead = 0;
    const std::int64_t stride = std::max<std::int64_t>(1, n / 2'000);
    for (std::int64_t k = 0; k < n; k += stride) {
      const std::int64_t t = step_ms[static_cast<std::size_t>(k)];
      while (step_ms[static_cast<std::size_t>(in)] <= t - window) ++in;
      if (Wide{k + 1 - in} * step >
          prescribed(t) - prescribed(std::max<std::int64_t>(0, t - window)) + step) {
        return "window of " + std::to_string(window) + " ms that ends at step " + std::to_string(k + 1);
      }
      const std::int64_t end = t - 1 + window;
      if (end > step_ms.back()) continue;
      while (ahead < n && step_ms[static_cast<std::size_t>(ahead)] <= end) ++ahead;
      if (Wide{ahead - k} * step > prescribed(end) - prescribed(t - 1) + step) {
        return "window of " + std::to_string(window) + " ms that begins at step " + std::to_string(k + 1);
      }
    }
  }
  return std::nullopt;
}

/// INV-3: what is owed (prescribed less pauses) is never a whole step ahead of the steps, nor behind them.
inline std::optional<std::string> less_than_prescribed(std::span<const std::int64_t> step_ms,
                                                       std::int64_t step_nl, const Prescribed& owed,
                                                       std::int64_t end_ms) {
  const Wide step = Wide{step_nl} * kDayMs;
  for (std::size_t k = 0; k < step_ms.size(); ++k) {
    const std::int64_t t = step_ms[k];
    if (owed(t) < Wide{static_cast<std::int64_t>(k + 1)} * step) {
      return "step " + std::to_string(k + 1) + " at " + std::to_string(t) + " ms came too early";
    }
    if ((k == 0 || step_ms[k - 1] < t) && owed(t - 1) >= Wide{static_cast<std::int64_t>(k + 1)} * step) {
      return "step " + std::to_string(k + 1) + " at " + std::to_string(t) + " ms came too late";
    }
  }
  if (owed(end_ms) >= Wide{static_cast<std::int64_t>(step_ms.size() + 1)} * step)
    return "a step is missing at the end";
  return std::nullopt;
}

/// INV-4: in no window of this length, wherever it lies, more than `most` volume. (t - window, t].
inline std::optional<std::string> above_ceiling(std::span<const std::int64_t> step_ms, std::int64_t step_nl,
                                                std::int64_t window_ms, std::int64_t most_nl) {
  std::size_t in = 0;
  for (std::size_t k = 0; k < step_ms.size(); ++k) {
    while (step_ms[in] <= step_ms[k] - window_ms) ++in;
    const std::int64_t volume = static_cast<std::int64_t>(k + 1 - in) * step_nl;
    if (volume > most_nl) {
      return std::to_string(volume) + " nL in the " + std::to_string(window_ms) + " ms that end at " +
             std::to_string(step_ms[k]) + " ms; the ceiling is " + std::to_string(most_nl) + " nL";
    }
  }
  return std::nullopt;
}

/// INV-4, the actuator: in no window more than its largest flow makes, and one step.
inline std::optional<std::string> above_flow(std::span<const std::int64_t> step_ms, std::int64_t step_nl,
                                             std::int64_t max_flow) {
  return more_than_prescribed(step_ms, step_nl, [&](std::int64_t t) { return Wide{max_flow} * t; });
}

/// The path as a plug, by volume alone: what leaves the tip at pushed volume v went in at v less the path.
class PlugFlow {
 public:
  PlugFlow(std::int64_t path_nl, const Formulation& contents)
      : path_(path_nl), fluids_{{INT64_MIN, contents}} {}
  /// From `pushed_nl` on this goes in at the reservoir's end.
  void draw(std::int64_t pushed_nl, const Formulation& f) {
    if (!(fluids_.back().f == f)) fluids_.push_back({pushed_nl + path_, f});
  }
  /// What leaves next after `pushed_nl` have left.
  [[nodiscard]] const Formulation& at_tip(std::int64_t pushed_nl) const {
    std::size_t i = fluids_.size() - 1;
    while (fluids_[i].from > pushed_nl) --i;
    return fluids_[i].f;
  }
  [[nodiscard]] std::int64_t until_last(std::int64_t pushed_nl) const {
    return fluids_.back().from <= pushed_nl ? 0 : fluids_.back().from - pushed_nl;
  }
  /// Mass of `drug` that left with the first `pushed` (nL x ms/day), in fg x ms/day.
  [[nodiscard]] Wide mass(Wide pushed, DrugCode drug) const {
    Wide sum = 0;
    for (std::size_t i = 0; i < fluids_.size(); ++i) {
      const Wide from = i == 0 ? Wide{0} : Wide{fluids_[i].from} * kDayMs;
      const Wide to = i + 1 < fluids_.size() ? std::min(pushed, Wide{fluids_[i + 1].from} * kDayMs) : pushed;
      if (to > from) sum += (to - from) * concentration(fluids_[i].f, drug);
    }
    return sum;
  }
  [[nodiscard]] Wide largest(DrugCode drug) const {
    Wide most = 0;
    for (const Fluid& fluid : fluids_) most = std::max(most, concentration(fluid.f, drug));
    return most;
  }
  [[nodiscard]] std::size_t fluids() const { return fluids_.size(); }

 private:
  struct Fluid {
    std::int64_t from;  // pushed volume at which it reaches the tip
    Formulation f;
  };
  static Wide concentration(const Formulation& f, DrugCode drug) {
    for (std::size_t i = 0; i < f.count; ++i) {
      if (f.components[i].drug == drug) return f.components[i].concentration.raw();
    }
    return 0;
  }
  std::int64_t path_;
  std::vector<Fluid> fluids_;
};

/// INV-1 by mass: in no window does more of `drug` leave the tip than the flow owed carries there, and one
/// step at the larger concentration.
inline std::optional<std::string> more_mass_than_prescribed(std::span<const std::int64_t> step_ms,
                                                            std::int64_t step_nl, const PlugFlow& path,
                                                            DrugCode drug, const Prescribed& owed) {
  const Wide step = Wide{step_nl} * kDayMs;
  const Wide most = step * path.largest(drug);
  std::optional<Wide> least;
  for (std::size_t k = 0; k < step_ms.size(); ++k) {
    const auto made = static_cast<std::int64_t>(k);
    const Wide before = path.mass(Wide{made} * step, drug) - path.mass(owed(step_ms[k] - 1), drug);
    if (!least || before < *least) least = before;
    if (path.mass(Wide{made + 1} * step, drug) - path.mass(owed(step_ms[k]), drug) - *least > most) {
      return "mass of drug " + std::to_string(static_cast<int>(drug)) + " at step " + std::to_string(k + 1);
    }
  }
  return std::nullopt;
}

}  // namespace theca::verify
