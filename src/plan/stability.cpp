#include "plan/stability.hpp"

#include <algorithm>

namespace theca {

const Sourced<Stability>* shortest_stability(const DrugEntry& drug, Concentration c, bool naive_pump,
                                             const Scope& scope) {
  const bool undiluted = std::ranges::any_of(
      drug.concentration, [&](const Sourced<Concentration>& sold) { return sold.value == c; });
  const auto holds = [&](StabilityUse use) {
    switch (use) {
      case StabilityUse::kAny:
        return true;
      case StabilityUse::kNaivePump:
        return naive_pump;
      case StabilityUse::kUndiluted:
        return undiluted;
      case StabilityUse::kDiluted:
        return !undiluted;
    }
    return true;
  };
  const Sourced<Stability>* shortest = nullptr;
  for (const auto* one : applicable(drug.stability, scope)) {
    if (!one->value.with.empty() || !holds(one->value.use)) continue;
    if (shortest == nullptr || one->value.period < shortest->value.period) shortest = one;
  }
  return shortest;
}

}  // namespace theca
