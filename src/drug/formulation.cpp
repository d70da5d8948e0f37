#include "drug/formulation.hpp"

namespace theca {

DrugClass class_of(const Formulation& formulation) {
  bool opioid = false, withdrawal = false;
  for (const Component& part : formulation.parts()) {
    if (part.drug_class == DrugClass::kUnknown) return DrugClass::kUnknown;
    opioid = opioid || part.drug_class == DrugClass::kOpioid || part.drug_class == DrugClass::kBoth;
    withdrawal =
        withdrawal || part.drug_class == DrugClass::kWithdrawalProne || part.drug_class == DrugClass::kBoth;
  }
  if (formulation.count == 0) return DrugClass::kUnknown;
  if (opioid && withdrawal) return DrugClass::kBoth;
  if (opioid) return DrugClass::kOpioid;
  return withdrawal ? DrugClass::kWithdrawalProne : DrugClass::kNeither;
}

bool same_contents(const Formulation& a, const Formulation& b) {
  return a.count == b.count && a.components == b.components;
}

Concentration concentration_of(const Formulation& formulation, DrugCode drug) {
  for (const Component& part : formulation.parts()) {
    if (part.drug == drug) return part.concentration;
  }
  return Concentration{0};
}

FormulationError check(const Formulation& formulation) {
  if (formulation.number == 0) return FormulationError::kNumberMissing;
  if (formulation.count == 0) return FormulationError::kNoComponent;
  if (formulation.count > kMaxComponents) return FormulationError::kTooManyComponents;
  for (std::size_t i = 0; i < formulation.count; ++i) {
    const Component& part = formulation.components[i];
    if (part.drug == DrugCode::kNone) return FormulationError::kDrugMissing;
    if (part.concentration < Concentration{1} || part.concentration > kMaxConcentration) {
      return FormulationError::kConcentrationOutOfRange;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (formulation.components[j].drug == part.drug) return FormulationError::kDrugTwice;
    }
  }
  return FormulationError::kNone;
}

}  // namespace theca
