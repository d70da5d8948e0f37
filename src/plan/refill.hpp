#pragma once
/// When a pump must be refilled: at the lowest rate it can run at, the highest, and the highest with the pump
/// at the upper end of its labelled accuracy, against what else ends a fill.

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "plan/programmable.hpp"
#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

struct RefillRequest {
  Volume fill;
  Volume alarm;  // volume at which the low-reservoir alarm is set
  Concentration concentration;
  DoseRate dose;                        // basal
  Mass bolus;                           // one bolus of the patient; zero: none
  std::int64_t allotted = 0;            // boluses in any `window`
  Duration window;                      // > 0 when there is a bolus
  std::int64_t accuracy_ppm = 0;        // labelled, one-sided
  std::optional<Duration> stability;    // of the drug in the pump
  std::optional<Duration> replacement;  // from the fill to the pump's replacement or battery end
};

enum class RefillReason : std::uint8_t { kReservoir, kStability, kReplacement };
inline constexpr std::size_t kRefillReasonCount = 3;
std::string_view name_of(RefillReason reason);

/// Every duration is rounded down to the millisecond; `whole_days` rounds one down to days.
struct Refill {
  Volume usable;            // fill less alarm
  FlowRate basal;           // D / C
  ProgrammedBolus bolus;    // whole steps; zero when there is none
  FlowRate most;            // basal + allotted x bolus / window, rounded up
  Duration basal_only;      // usable / basal
  Duration every_bolus;     // usable / most
  Duration upper_accuracy;  // usable / (most x (1 + accuracy)): the earliest alarm within the label
  Duration earliest;        // the refill is due no later
  RefillReason because;
};

constexpr std::int64_t whole_days(Duration duration) { return duration.raw() / days(1).raw(); }

/// Errors: kNothingUsable, kAboveCapacity, those of plan_flow (also for the rate with every bolus) and
/// plan_bolus, kTooLong; all at once. Source: docs/arithmetic.md#refill
std::expected<Refill, PlanErrors> plan_refill(const RefillRequest& request, const PumpModel& model);

}  // namespace theca
