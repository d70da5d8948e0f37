#pragma once
/// The words that stand in the data files, on cards and in JSON for the library's enumerations.

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "plan/library.hpp"

namespace theca {

inline constexpr std::array<Choice<LimitKind>, 3> kLimitNames = {{
    {"information", LimitKind::kInformation},
    {"soft", LimitKind::kSoft},
    {"hard", LimitKind::kHard},
}};
/// A file may not say "unknown": every drug of the library has a known class.
inline constexpr std::array<Choice<DrugClass>, 4> kClassNames = {{
    {"neither", DrugClass::kNeither},
    {"opioid", DrugClass::kOpioid},
    {"withdrawal-prone", DrugClass::kWithdrawalProne},
    {"both", DrugClass::kBoth},
}};
inline constexpr std::array<Choice<ActuatorKind>, 3> kActuatorNames = {{
    {"roller", ActuatorKind::kRoller},
    {"valve", ActuatorKind::kValve},
    {"constant-flow", ActuatorKind::kConstantFlow},
}};
inline constexpr std::array<Choice<StepDirection>, 2> kDirectionNames = {{
    {"increase", StepDirection::kIncrease},
    {"decrease", StepDirection::kDecrease},
}};
inline constexpr std::array<Choice<StepPhase>, 2> kPhaseNames = {{
    {"titration", StepPhase::kTitration},
    {"maintenance", StepPhase::kMaintenance},
}};
inline constexpr std::array<Choice<StabilityUse>, 4> kStabilityUseNames = {{
    {"any", StabilityUse::kAny},
    {"naive pump", StabilityUse::kNaivePump},
    {"undiluted", StabilityUse::kUndiluted},
    {"diluted", StabilityUse::kDiluted},
}};
inline constexpr std::array<Choice<SafeAction>, 3> kSafeActionNames = {{
    {"stop", SafeAction::kStop},
    {"minimum rate", SafeAction::kMinimumRate},
    {"emergency rate", SafeAction::kEmergencyRate},
}};

template <class E, std::size_t N>
constexpr std::string_view name_in(const std::array<Choice<E>, N>& names, E value) {
  for (const auto& [name, meaning] : names)
    if (meaning == value) return name;
  return "unknown";
}

constexpr std::string_view name_of(LimitKind limit) { return name_in(kLimitNames, limit); }
constexpr std::string_view name_of(DrugClass drug_class) { return name_in(kClassNames, drug_class); }
constexpr std::string_view name_of(ActuatorKind actuator) { return name_in(kActuatorNames, actuator); }
constexpr std::string_view name_of(StepDirection direction) { return name_in(kDirectionNames, direction); }
constexpr std::string_view name_of(StepPhase phase) { return name_in(kPhaseNames, phase); }
constexpr std::string_view name_of(StabilityUse use) { return name_in(kStabilityUseNames, use); }
constexpr std::string_view name_of(SafeAction action) { return name_in(kSafeActionNames, action); }

}  // namespace theca
