#pragma once
/// What a pump can be programmed with to give a dose: a rate in whole nL/day within its range, a bolus in
/// whole actuator steps. A dose becomes one of these once; every dose shown afterwards is computed back from
/// it.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

enum class PlanFault : std::uint8_t {
  kZero,                // a quantity that must be more than zero
  kFlowBelowRange,      // value: the flow asked for, limit: the pump's smallest
  kFlowAboveRange,      // value: the flow asked for, limit: the pump's largest
  kBolusBelowStep,      // value: the bolus asked for, limit: what one actuator step carries
  kPathAboveRange,      // value: volume of the path, limit: the largest that can be reckoned with
  kAboveCapacity,       // value: a fill or a bolus, limit: the capacity of the pump
  kNothingUsable,       // value: the fill, limit: the alarm level it must exceed
  kTooLong,             // value: a rate so small that the time does not fit
  kAboveFill,           // value: what is left of a fill, limit: the fill
  kNothingGiven,        // value: what should be left of a fill, limit: the fill that nothing has left
  kAboveConcentration,  // value: a concentration asked for, limit: the highest there can be
};

/// What could not be planned. `value` and `limit` are printed with their units.
struct PlanError {
  PlanFault fault;
  std::string what;  // "bridge rate"
  std::string value;
  std::string limit;
  std::string remedy;  // what would bring it in; may be empty
  friend bool operator==(const PlanError&, const PlanError&) = default;
};
/// All that is wrong with a plan, never empty.
using PlanErrors = std::vector<PlanError>;

/// One sentence with value, limit and remedy.
std::string describe(const PlanError& error);

/// Rate that gives `dose` at concentration `c`: Q = D / C to the nearest nL/day, within the range of `model`.
/// Errors: kZero, kFlowBelowRange, kFlowAboveRange, the last two with the concentration and the dose that
/// would bring the flow in. Source: docs/arithmetic.md#flow
std::expected<FlowRate, PlanError> plan_flow(std::string_view what, DoseRate dose, Concentration c,
                                             const PumpModel& model);

/// Smallest flow of a therapy that `model` can be programmed with; at least 1 nL/day.
FlowRate smallest_flow(const PumpModel& model);
/// Highest concentration at which `dose` still needs `flow` (> 0), C = D / Q, rounded down to three digits.
Concentration highest_concentration(DoseRate dose, FlowRate flow);
/// Lowest concentration at which `dose` needs no more than `flow` (> 0), rounded up to three digits.
Concentration lowest_concentration(DoseRate dose, FlowRate flow);

/// A bolus as the actuator can give it.
struct ProgrammedBolus {
  std::int64_t steps = 0;
  Volume volume;  // whole steps
  Mass given;     // volume x concentration, never more than what was asked for
};

/// The whole steps in B / C, rounded down. Errors: kZero, kBolusBelowStep, kAboveCapacity.
/// Source: docs/arithmetic.md#bolus
std::expected<ProgrammedBolus, PlanError> plan_bolus(std::string_view what, Mass dose, Concentration c,
                                                     const PumpModel& model);

}  // namespace theca
