#pragma once
/// How long a drug keeps in a pump, as the library says.

#include "plan/library.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// The shortest statement about `drug` alone that holds at `c`: undiluted when `c` is one of the
/// concentrations sold, diluted otherwise, and the first fill of a pump that never held it when `naive_pump`.
/// Null when the library says nothing. Source: docs/arithmetic.md#refill
const Sourced<Stability>* shortest_stability(const DrugEntry& drug, Concentration c, bool naive_pump,
                                             const Scope& scope);

}  // namespace theca
