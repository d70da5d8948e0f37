#pragma once
/// What the reservoir can hold: one drug or a mixture of up to six, each at its concentration.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "quantity/exact.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// The library's number for a drug (data/drugs/*.toml, key `code`). The implant knows no names.
enum class DrugCode : std::uint16_t { kNone = 0 };

/// What matters about a drug when delivery is uncertain. The rows of the fault table are the four
/// combinations and "unknown".
enum class DrugClass : std::uint8_t {
  kUnknown = 0,
  kNeither = 1,          // may be stopped, does not depress breathing (ziconotide)
  kOpioid = 2,           // too much stops breathing
  kWithdrawalProne = 3,  // stopping harms (baclofen, clonidine)
  kBoth = 4,
};
inline constexpr std::size_t kDrugClassCount = 5;

struct Component {
  DrugCode drug = DrugCode::kNone;
  DrugClass drug_class = DrugClass::kUnknown;
  Concentration concentration;
  friend bool operator==(const Component&, const Component&) = default;
};

inline constexpr std::size_t kMaxComponents = 6;

/// A fluid as it is compounded. Component 0 is the one that doses are spoken of unless said otherwise.
/// `number` tells two fills apart even when their contents are alike; 0 is "nothing": a dry path, CSF,
/// saline.
struct Formulation {
  std::uint32_t number = 0;
  std::uint8_t count = 0;
  std::array<Component, kMaxComponents> components{};

  [[nodiscard]] std::span<const Component> parts() const { return {components.data(), count}; }
  friend bool operator==(const Formulation&, const Formulation&) = default;
};

/// The class of the whole mixture: unknown wins, otherwise every property that any component has.
DrugClass class_of(const Formulation& formulation);

/// The same drugs at the same concentrations, whatever the fill's number.
bool same_contents(const Formulation& a, const Formulation& b);

/// Concentration of `drug` in the mixture; zero when it is not a component.
Concentration concentration_of(const Formulation& formulation, DrugCode drug);

enum class FormulationError : std::uint8_t {
  kNone = 0,
  kNoComponent,
  kTooManyComponents,
  kDrugMissing,
  kDrugTwice,
  kConcentrationOutOfRange,  // 1 ng/mL ..= kMaxConcentration
  kNumberMissing,
};
FormulationError check(const Formulation& formulation);

}  // namespace theca
