#pragma once
/// A fluid of one drug of the library.

#include <cstdint>

#include "drug/formulation.hpp"
#include "plan/library.hpp"

namespace theca {

Formulation formulation_of(const DrugEntry& drug, Concentration c, std::uint32_t number);

}  // namespace theca
