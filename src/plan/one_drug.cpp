#include "plan/one_drug.hpp"

namespace theca {

Formulation formulation_of(const DrugEntry& drug, Concentration c, std::uint32_t number) {
  Formulation formulation;
  formulation.number = number;
  formulation.count = 1;
  formulation.components[0] = {drug.code, drug.drug_class(), c};
  return formulation;
}

}  // namespace theca
