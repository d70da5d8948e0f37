#pragma once
/// A prescription against the drug library: every component of the mixture, each way it can reach the
/// patient. therapy/check.hpp says what a pump can run; this says what the sources say about the doses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/library.hpp"
#include "quantity/quantity.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// kHard: refused. kSoft: needs a reason. kNote: shown.
enum class Severity : std::uint8_t { kNote = 0, kSoft = 1, kHard = 2 };
std::string_view name_of(Severity severity);

/// What was looked at.
enum class LimitCheck : std::uint8_t {
  kUnknownDrug,
  kDrugClass,
  kOnLabel,
  kConcentration,
  kFlowRange,
  kBasalPerDay,
  kBridgePerDay,
  kWorstDay,
  kWorstHour,
  kUsualRange,
  kStartingRange,
  kBolus,
  kTitrationStep,
  kTitrationSpacing,
  kComponentDropped,
  kSafeState,
};

struct Finding {
  Severity severity;
  LimitCheck check;
  std::string component;             // the drug's name; empty: the mixture as a whole
  std::string what;                  // "basal per day"
  std::string value;                 // with unit
  std::string limit;                 // with unit; empty when there is none
  std::vector<std::string> sources;  // ids of data/sources.toml; empty: the pump's or Theca's own rule
  bool verified;                     // the limit was read in one of them
  std::string message;               // one sentence
};

/// Most that one component can bring, told as mass. Doses per day: fg in any 24 hours.
struct ComponentDoses {
  DrugCode drug = DrugCode::kNone;
  Concentration concentration;
  DoseRate lowest_basal;   // lowest rate of the program x C
  DoseRate highest_basal;  // highest rate of the program x C
  DoseRate basal_day;      // most basal in any 24 hours
  Mass scheduled;          // one scheduled bolus
  Mass patient;            // one bolus of the patient
  Mass single;             // the single bolus
  Mass worst_hour;         // therapy/schedule.hpp worst_case_volume x C
  DoseRate worst_day;
};
/// One row per component, in the formulation's order. Source: docs/arithmetic.md#mixture
std::vector<ComponentDoses> component_doses(const Prescription& prescription, const PumpModel& model);

/// What the prescription is held against.
struct LimitQuestion {
  const Library& library;
  const PumpModel& model;
  Scope scope;
  bool first_dose =
      false;  // patient new to intrathecal drugs: starting ranges count, opioids as for the naive
  StepPhase phase = StepPhase::kTitration;
  const Prescription* previous = nullptr;
  std::optional<Duration> since_previous = std::nullopt;  // since `previous` began
  const Formulation* bridged = nullptr;                   // the fluid that a bridge empties
};

/// All findings, hard ones first. A dose planned at a limit is not over it by the rounding of its rate: one
/// nL/day x C is forgiven. `prescription.formulation` must pass its own check.
/// Source: docs/arithmetic.md#limits
std::vector<Finding> check_limits(const Prescription& prescription, const LimitQuestion& question);

/// The gravest of them; kNote when there are none.
Severity gravest(const std::vector<Finding>& findings);

/// The safe state to offer: that of the formulation's class; an emergency rate is the lowest basal, which it
/// may never exceed (INV-5). Source: docs/arithmetic.md#safe-state
SafeState proposed_safe_state(const Prescription& prescription, const PumpModel& model);

}  // namespace theca
