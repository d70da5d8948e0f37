#pragma once
/// A therapy in doses, as a physician speaks of it, made into the prescription that a pump keeps: rates to
/// the nearest nL/day, boluses to whole steps, rounded down. From then on the stored numbers are the
/// prescription.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "drug/formulation.hpp"
#include "drug/safe_state.hpp"
#include "quantity/quantity.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

struct OrderedBolus {
  Mass dose;
  Duration over;
};

struct OrderedStep {
  std::uint16_t from_minute = 0;
  DoseRate dose;
};

struct OrderedDay {
  std::uint8_t weekdays = 0;  // bit 0 is Monday
  std::vector<OrderedStep> steps;
};

struct OrderedSchedule {
  OrderedBolus bolus;
  Duration every;                      // by interval, or
  Duration first_after;                //
  std::vector<std::uint16_t> minutes;  // by time of day
};

struct OrderedPatientBolus {
  OrderedBolus bolus;
  Duration lockout;
  std::uint8_t allotted = 0;
  Duration window;
  std::uint16_t from_minute = 0;
  std::uint16_t to_minute = 0;
  bool during_bridge = false;  // the same dose, in the old concentration
};

struct OrderedPrime {
  std::optional<Volume> volume;  // default: all of the path that is dry
  std::optional<FlowRate> rate;  // default: the model's largest flow
};

struct OrderedSupervision {
  Duration lasts;
  std::optional<Duration> lockout;       // default: the patient's own
  std::optional<std::uint8_t> allotted;  // default: half of the patient's own, rounded up
};

/// Proposed when the order says nothing: 24 h. The label of intrathecal morphine asks for at least 24 h of
/// observation after a test dose (S62); most deaths fall into the first three days (S108).
inline constexpr Duration kProposedSupervision = hours(24);

/// A therapy before it is numbers for one pump. Doses are of `drug`, a component of `formulation`.
struct Order {
  std::uint32_t number = 0;
  Formulation formulation;
  DrugCode drug = DrugCode::kNone;
  BasalMode mode = BasalMode::kStopped;
  DoseRate dose;
  std::vector<OrderedDay> days;
  std::optional<OrderedSchedule> schedule;
  std::optional<OrderedPatientBolus> patient;
  std::optional<OrderedPrime> prime;
  std::optional<DoseRate> bridge;  // dose to keep while the old formulation leaves; of its own first drug
                                   // when it does not hold `drug`
  bool without_bridge = false;     // said on purpose: the old formulation leaves at the new flow
  std::optional<OrderedBolus> single;
  std::optional<OrderedSupervision> supervised;
  std::optional<SafeAction> safe_action;   // default: proposed for the formulation's class
  std::optional<DoseRate> emergency_dose;  // default with an emergency rate: the lowest basal
  std::int64_t starts_utc_s = 0;
  std::int64_t expires_utc_s = 0;
  Fallback fallback = Fallback::kMinimumRate;
  Zone zone;
};

/// What the path holds when the prescription begins.
struct PathContents {
  Formulation at_tip;   // number 0: dry
  Volume until_at_tip;  // volume to leave before the reservoir's fluid is at the tip
};

struct OrderError {
  std::string key;  // of the order: "dose", "patient_bolus.dose", ...
  std::string message;
};

struct Composed {
  Prescription prescription;
  std::vector<std::string> roundings;  // one sentence for each dose that the pump gives not quite as ordered
};

std::expected<Composed, std::vector<OrderError>> compose(const Order& order, const PumpModel& model,
                                                         const PathContents& path);

/// "prescription 2: morphine 20 mg/mL, 6 mg/day simple continuous; patient bolus 0.5 mg over 5 min, ..."
/// Doses are computed back from the stored rates, of the component `drug`.
std::string sentence(const Prescription& prescription, DrugCode drug, const std::string& contents);

}  // namespace theca
