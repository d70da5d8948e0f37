#include "drug/safe_state.hpp"

namespace theca {

SafeAction proposed_safe_action(DrugClass drug_class) {
  switch (drug_class) {
    case DrugClass::kWithdrawalProne:
    case DrugClass::kBoth:
      return SafeAction::kEmergencyRate;
    case DrugClass::kNeither:
    case DrugClass::kOpioid:
    case DrugClass::kUnknown:
      return SafeAction::kMinimumRate;
  }
  return SafeAction::kMinimumRate;
}

FlowRate safe_rate(SafeState state, FlowRate minimum_rate) {
  switch (state.action) {
    case SafeAction::kStop:
      return FlowRate{0};
    case SafeAction::kEmergencyRate:
      return state.emergency_rate;
    case SafeAction::kMinimumRate:
      return minimum_rate;
  }
  return minimum_rate;
}

}  // namespace theca
