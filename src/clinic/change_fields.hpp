#pragma once
/// What runs, in the numbers that a page lets a person change, and what may be written into each field. The
/// values are exact decimals in the field's unit; what the pump makes of a typed one is the draft's to tell.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/number_entry.hpp"
#include "link/order.hpp"
#include "plan/library.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// As clinic::EntryField::make takes it; zeros at the end of a fraction are refused.
struct FieldLimits {
  std::string unit;
  clinic::Step step;
  std::string least, most;
};

struct PatientBolusNow {
  std::string dose;  // in the bolus field's unit
  std::int64_t over_s = 0, lockout_s = 0, window_s = 0;
  int allotted = 0;
};

struct FlexStepNow {
  std::int64_t from_minute = 0;  // of the local day
  std::string dose;              // in the dose field's unit, per day
};
struct FlexDayNow {
  std::uint8_t weekdays = 0;  // bit 0 is Monday
  std::vector<FlexStepNow> steps;
};

struct ChangeFields {
  std::string drug;           // of which every dose here is
  std::string concentration;  // per mL, in the dose's unit of mass
  BasalMode mode = BasalMode::kStopped;
  std::string daily_dose;  // the most basal of any day
  FieldLimits dose, bolus;
  FieldLimits part_dose;  // of a part of the day, as if it were given all day long
  std::optional<PatientBolusNow> patient;
  std::vector<FlexDayNow> flex;  // empty: it does not run by the clock
};

/// Of a part of the day the most is what an hour may hold, and the pump's largest flow.
/// Least: what the pump's minimum rate gives in a day, and one step of the field. Most: the patient's own
/// ceilings, of a day for the dose and of an hour for a bolus. A step is the smallest power of ten that is no
/// finer than the pump: 0.0001 mg/day where 1 nL/day is 0.00002 mg/day. The unit is the one that the
/// drug is spoken of in (order_rows.hpp). Nothing where no field can be made of them.
std::optional<ChangeFields> change_fields(const link::Order& order, const Prescription& prescription,
                                          const PumpModel& model, const Library& library);

/// The same for a fluid that the pump does not hold yet, within what the pump model itself can do: the
/// patient's ceilings are proposed anew with it.
std::optional<ChangeFields> fields_of_fluid(const Formulation& fluid, const PumpModel& model,
                                            const Library& library);

}  // namespace theca
