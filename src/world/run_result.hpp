#pragma once
/// What a played scenario leaves behind: plain data, enough for every file and picture made of it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalogue/alarm.hpp"
#include "catalogue/event.hpp"
#include "catalogue/refusal.hpp"
#include "drug/formulation.hpp"
#include "quantity/quantity.hpp"
#include "therapy/check.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"
#include "world/constant_flow_run.hpp"
#include "world/patient_run.hpp"

namespace theca {

/// A drug that occurs anywhere in the run; series of masses and concentrations have a column for each.
struct DrugColumn {
  DrugCode code = DrugCode::kNone;
  std::string name;
};

/// A fluid by the scenario's own name; `number` is the formulation's. Number 0 is the dry or saline-filled
/// path.
struct FluidName {
  std::uint32_t number = 0;
  std::string name;      // "first"
  std::string contents;  // "morphine 20 mg/mL + bupivacaine 30 mg/mL"
  Formulation formulation;
};

/// The state of everything at one instant. Masses are per DrugColumn.
struct Sample {
  Instant at;
  Volume prescribed;       // cumulative: what the prescriptions, granted boluses, prime and bridge ask for
  Volume delivered;        // cumulative: steps made times the nominal step
  Volume truly_delivered;  // cumulative: what this pump, with its true flow error, pushed out of the tip
  FlowRate flow;           // commanded at this instant
  Volume reservoir_nominal;
  Volume reservoir_earliest;
  Volume reservoir_true;
  std::uint32_t fluid_in_reservoir = 0;
  std::uint32_t fluid_at_tip = 0;        // as the pump reckons it
  std::uint32_t fluid_truly_at_tip = 0;  // in the true catheter
  std::int32_t flow_error_ppm = 0;       // of this specimen at this instant
  std::vector<Mass> prescribed_mass;     // cumulative
  std::vector<Mass> tip_mass;            // cumulative, truly left the tip
};

struct BolusRecord {
  Instant at;
  BolusKind kind = BolusKind::kPatient;
  std::uint32_t request = 0;  // patient requests are numbered from 1; else 0
  Refusal refusal = Refusal::kNone;
  Instant next_possible;  // when refused and known; else 0
  Volume prescribed;
  Volume given;
  Duration takes;
  Instant ended;  // granted: when it was complete or cut
  bool cut = false;
  std::vector<Mass> mass_given;  // per DrugColumn, by the fluid prescribed
};

struct AlarmRecord {
  Alarm alarm = Alarm::kLowReservoir;
  Instant raised;
  std::optional<Instant> cleared;
};

/// A fluid's first drop at the tip: by the pump's reckoning, in the true catheter, and how the front spreads.
struct FrontArrival {
  std::uint32_t fluid = 0;
  std::uint32_t fluid_before = 0;
  std::optional<Instant> reckoned;
  std::optional<Instant> truly;
  Duration early;  // 5 % of the new fluid's plateau is at the tip this long before `truly` (plug flow: 0)
  Duration late;   // 95 % this long after
  double sigma_nl = 0;  // of its spread, as volume at the tip
};

/// A mark on the common time axis: an event in words.
struct Mark {
  Instant at;
  EventCode code = EventCode::kImplanted;
  std::string text;
  bool by_pump = true;  // else what befell it, or what nobody answered: no event stands behind it
};

/// The patient's wall clock from `at` on: summer time, a clock that is set, a journey.
struct LocalClock {
  Instant at;
  std::int64_t local_ms = 0;  // what it shows at `at`, in ms since 1970-01-01T00:00
};

/// An order of a visit that the planner did not make; the visit was left out.
struct LeftOut {
  Instant at;
  std::string why;
};

struct RunResult {
  // what was played
  std::string title;
  std::string about;
  std::string scenario_file;
  std::uint64_t seed = 0;
  std::string pump_name;
  PumpModel model;
  FluidPath path;       // as recorded in the pump
  FluidPath true_path;  // as it is
  std::int32_t flow_error_ppm = 0;
  std::int64_t local_ms_at_start = 0;   // local wall clock (ms since 1970-01-01T00:00) at Instant 0
  std::vector<LocalClock> local_clock;  // its later changes, in order; none: it runs on from the start
  Duration lasts;
  std::vector<DrugColumn> drugs;
  std::vector<FluidName> fluids;
  std::vector<std::string> prescriptions;  // each prescription in one sentence, in order of their numbers
  Ceilings ceilings;
  bool ceilings_proposed =
      false;  // none was given: the worst case of the first prescription and a quarter more
  std::vector<std::string>
      notes;  // findings of the checks that do not refuse: soft limits, off-label, unverified

  // what happened
  std::vector<Sample> samples;  // at a regular spacing and at every change
  std::vector<Event> events;    // the pump's own, in order
  std::vector<Mark> marks;      // the same in words, local clock changes and people's acts included
  std::string journal;          // the pump's own, page by page (journal_file.hpp)
  std::vector<BolusRecord> boluses;
  std::vector<AlarmRecord> alarms;
  std::vector<FrontArrival> fronts;
  std::vector<LeftOut> left_out;

  // sums
  std::int64_t steps_commanded = 0;
  std::int64_t steps_reported = 0;
  std::int64_t steps_missed = 0;
  std::int64_t largest_deviation_steps = 0;  // reported against commanded
  double largest_lag_steps = 0;              // prescribed minus delivered while running without alarm
  /// Taken from the battery by cause (ChargeCause), and left, by the pump's own reckoning; empty for a pump
  /// that reckons with none.
  std::vector<double> charge_mah;
  double charge_left_mah = 0;
  std::optional<std::string> refill_by;  // local date and time: earliest reservoir at the low alarm
  std::string refill_reason;

  /// There when the pump is a constant-flow one; then nothing above that a pump counts, tells or is told is.
  std::optional<ConstantFlowRun> constant_flow;
  /// There when somebody asked what became of the drug in the patient (patient_twin.hpp).
  std::optional<PatientRun> patient;
};

}  // namespace theca
