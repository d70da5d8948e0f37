#pragma once
/// The state a pump takes when it cannot be sure (INV-5). It belongs to the formulation, is chosen by the
/// physician, and is a rate, never a guess.

#include <cstdint>

#include "drug/formulation.hpp"
#include "quantity/quantity.hpp"

namespace theca {

enum class SafeAction : std::uint8_t { kStop = 0, kMinimumRate = 1, kEmergencyRate = 2 };

struct SafeState {
  SafeAction action = SafeAction::kMinimumRate;
  FlowRate emergency_rate;  // used by kEmergencyRate alone; else zero
  friend bool operator==(const SafeState&, const SafeState&) = default;
};

/// Any component whose stopping harms: emergency rate. Opioid alone, neither, unknown: minimum rate.
SafeAction proposed_safe_action(DrugClass drug_class);

/// The volume rate of a safe state on a pump whose minimum rate is `minimum_rate`.
FlowRate safe_rate(SafeState state, FlowRate minimum_rate);

}  // namespace theca
