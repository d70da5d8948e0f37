#pragma once
/// The pump. Sans-IO and deterministic: every call brings the time and what the step sensor counts, and gets
/// back an order for the motor and events. No clock, thread, heap, exception or floating point inside.
///
/// The caller's duties: call wake() at next_wake(); call observe() at each sensed step, or at least whenever
/// sensed and commanded steps part; carry out Effects::motor at once. A call that comes too late delivers
/// less, never more, and says how much.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "catalogue/alarm.hpp"
#include "catalogue/detail.hpp"
#include "catalogue/event.hpp"
#include "catalogue/fault.hpp"
#include "catalogue/refusal.hpp"
#include "drug/formulation.hpp"
#include "drug/safe_state.hpp"
#include "pump/battery.hpp"
#include "pump/dose_gate.hpp"
#include "pump/drug_front.hpp"
#include "pump/effects.hpp"
#include "pump/engine.hpp"
#include "pump/patient_bolus.hpp"
#include "pump/reservoir.hpp"
#include "pump/train.hpp"
#include "therapy/check.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"
#include "therapy/schedule.hpp"
#include "therapy/wall_clock.hpp"

namespace theca {

/// What the reservoir is filled with. Everything retrievable was aspirated first, but for `left_in`.
struct RefillRecord {
  Volume filled;
  Volume left_in;
  Formulation formulation;
  /// Another concentration needs other volumes: the patient's ceilings from now on.
  std::optional<Ceilings> ceilings = std::nullopt;
  /// What was aspirated: held against what the pump counts as left.
  std::optional<Volume> aspirated = std::nullopt;
};

/// What a pump is told once, when it is implanted.
struct Implantation {
  FluidPath path;
  Formulation path_contents;  // number 0: dry, or filled with saline
  Ceilings ceilings;
  Volume low_alarm;
  ClockOffset clock;
  RefillRecord refill;
};

/// A catheter that was replaced, shortened or rinsed: the path as it is now.
struct Revision {
  FluidPath path;
  Formulation path_contents;  // number 0: dry, or filled with saline
};

enum class PowerCause : std::uint8_t { kUnknown, kLowBattery, kWatchdog };

/// What the board says when power is back. `kept`: clock and step count went on meanwhile; else `reading`
/// means nothing.
struct PowerReturn {
  MotorReading reading;
  bool kept = false;
  PowerCause cause = PowerCause::kUnknown;
  std::uint8_t failed_tests = 0;  // one bit for each SelfTestPart
};

/// Records that no copy could be read of; the clock's offset stands in two of them.
struct LostRecords {
  bool therapy = false;
  bool limits = false;
  bool safe_states = false;
  bool fluids = false;
  bool reservoir = false;
  bool delivery = false;
  bool clock = false;
  /// When the prescription ends cannot be known any more.
  [[nodiscard]] bool ending() const { return safe_states && therapy; }
  [[nodiscard]] bool any() const {
    return therapy || limits || safe_states || fluids || reservoir || delivery;
  }
};

/// What the journal tells besides the records.
struct StillKnown {
  MotorReading reading;                             // the last time and step count that stand anywhere
  std::uint32_t prescription = 0;                   // that started last; 0: not known
  FlowRate safe_rate;                               // of its safe state
  std::optional<Fallback> expired = std::nullopt;   // it has, into this
  std::optional<ClockOffset> clock = std::nullopt;  // as it was set last
  bool clock_is_newer = false;                      // than that of the records
};

/// Why a pump gives nothing, when that is somebody's decision and not the prescription's.
enum class Standstill : std::uint8_t { kNone, kNotImplanted, kExplanted, kStopped, kMotorOff };

struct CommandFailure {
  Refusal refusal = Refusal::kNone;
  std::optional<Violation> violation;      // kPrescriptionRule: the first broken rule
  std::optional<DecodeFailure> malformed;  // kPrescriptionMalformed
};
using CommandResult = std::expected<void, CommandFailure>;

struct BolusAnswer {
  Refusal refusal = Refusal::kNone;  // kNone: granted
  Volume volume;                     // granted
  Instant next_possible;             // refused by lockout, window or hours: when it may be granted; else 0
};

/// What a reader of the pump is shown. Figures are at the time of the reading.
struct Status {
  Mode mode = Mode::kStopped;
  FlowRate flow;
  std::uint32_t prescription = 0;
  AlarmSet alarms;
  Volume reservoir_nominal;
  Volume reservoir_earliest;
  std::uint32_t formulation_in_reservoir = 0;
  std::uint32_t formulation_at_tip = 0;
  Volume until_reservoir_reaches_tip;
  std::int64_t steps_commanded = 0;
  std::int64_t steps_missed = 0;
  std::int64_t largest_deviation_steps = 0;
  std::uint8_t boluses_left = 0;
  bool in_field = false;     // a magnetic field holds the rotor
  Instant supervised_until;  // zero: no supervised window runs
  Instant lowered_until;     // zero: delivery is not lowered
  bool naive = false;        // nothing was given for so long that the old dose may be an overdose
  Instant last_given;        // when the sensor last saw a step
  Instant next_bolus_possible;
  Volume patients_bolus;        // the newest that was granted; zero: none was
  Volume patients_bolus_given;  // of it, so far or before it was cut
  Instant bolus_ends;           // of the bolus that is being given, whoever ordered it; zero: none is
};

class Pump {
 public:
  explicit Pump(const PumpModel& model);

  // ---- commands; the caller has made sure who gives them ----------------------------------------------
  CommandResult implant(MotorReading reading, const Implantation& setup,
                        const PrescriptionBytes& prescription, Effects& out);
  /// `with` is required when the formulation is another one; refill and prescription are taken both or
  /// neither.
  CommandResult refill(MotorReading reading, const RefillRecord& refill, const PrescriptionBytes* with,
                       Effects& out);
  /// `ceilings`: the patient's from now on; taken both or neither.
  CommandResult prescribe(MotorReading reading, const PrescriptionBytes& bytes, Effects& out,
                          const Ceilings* ceilings = nullptr);
  CommandResult stop(MotorReading reading, Effects& out);
  CommandResult resume(MotorReading reading, Effects& out);
  CommandResult set_ceilings(MotorReading reading, const Ceilings& ceilings, Effects& out);
  /// The catheter is another one, or holds something else: a prescription with its prime begins.
  CommandResult revise(MotorReading reading, const Revision& revision, const PrescriptionBytes& prescription,
                       Effects& out);
  /// Out of the patient: gives nothing, whatever is asked, until it is implanted again.
  CommandResult explant(MotorReading reading, Effects& out);
  /// On the shelf again: nothing of the patient's is left; counters go on (INV-8).
  void forget();
  void set_clock(MotorReading reading, ClockOffset offset, Effects& out);
  /// Break-glass (INV-10): at most the safe state's rate and no bolus for so long, then what was comes back
  /// by itself. Asked for again it lasts anew. A pump that stands still stays as it is.
  CommandResult lower(MotorReading reading, Duration hold, Effects& out);
  /// The bolus that is being given ends here; its part is told and not made up for (INV-7). Basal goes on.
  CommandResult cut_bolus(MotorReading reading, Effects& out);
  /// The clinic has seen the alarms: those that only tell of something past are cleared.
  void acknowledge_alarms(MotorReading reading, Effects& out);

  // ---- what the board senses ---------------------------------------------------------------------------
  /// A field that holds the rotor is there, or is left. The motor is held meanwhile, and goes on by itself.
  void magnetic_field(MotorReading reading, bool present, Effects& out);
  /// The fill sensor's reading, at least once a day and after every fill.
  void sense_volume(MotorReading reading, Volume sensed, Effects& out);
  /// Something happened on the air. It is told, and changes no step (INV-13).
  void telemetry(MotorReading reading, Telemetry what, Effects& out);

  // ---- the patient ------------------------------------------------------------------------------------
  BolusAnswer request_bolus(MotorReading reading, std::uint32_t request, Effects& out);

  // ---- time and the motor -----------------------------------------------------------------------------
  void wake(MotorReading reading, Effects& out);
  /// Holds the sensor's count against the commanded one; does nothing else while they agree.
  void observe(MotorReading reading, Effects& out);
  [[nodiscard]] Instant next_wake() const { return next_wake_; }

  // ---- power and memory -------------------------------------------------------------------------------
  /// Power is back. A dose in hand is cut and its part told; steps that are unknown count as given, and
  /// nothing more is given until they would have fallen (INV-8). Returns what time and step count go on from.
  MotorReading power_returned(const PowerReturn& power, Effects& out);
  /// Records are gone: the safe state, from what can still be read (INV-5). A pump that stood still before
  /// stands still.
  void salvage(LostRecords lost, const StillKnown& known, Standstill stands, Effects& out);
  [[nodiscard]] Standstill standstill() const;
  /// What is set and seldom changes still is what was set: prescription, limits, safe states.
  [[nodiscard]] bool intact() const;
  /// Its sum, as it was set last.
  [[nodiscard]] std::uint32_t sealed() const { return seal_; }
  /// It is not, and was read again from lasting memory: the safe state.
  void mended(Effects& out);
  /// The keeper of the pump's memory reports.
  void raise_memory_alarm(Alarm alarm, Effects& out) { raise(out, alarm); }
  void clear_memory_alarm(Alarm alarm, Effects& out) { clear(out, alarm); }

  // ---- what it knows ----------------------------------------------------------------------------------
  [[nodiscard]] Status status() const;
  [[nodiscard]] Mode mode() const;
  [[nodiscard]] bool implanted() const {
    return condition_ != Condition::kNotImplanted && condition_ != Condition::kExplanted;
  }
  [[nodiscard]] bool explanted() const { return condition_ == Condition::kExplanted; }
  /// Of all drugs that the path and the reservoir hold: the column of the fault table.
  [[nodiscard]] DrugClass drug_class() const;
  [[nodiscard]] Instant now() const { return engine_.now(); }
  [[nodiscard]] ClockOffset clock() const { return clock_offset_; }
  [[nodiscard]] const Prescription& prescription() const { return prescription_; }
  [[nodiscard]] const DrugFront& front() const { return front_; }
  [[nodiscard]] const DoseGate& gate() const { return gate_; }
  [[nodiscard]] const Battery& battery() const { return battery_; }
  /// Taken from the battery since manufacture, for this.
  [[nodiscard]] Charge charge_used(ChargeCause cause) const {
    return battery_.used(cause, now(), given_steps());
  }
  [[nodiscard]] Duration battery_lasts() const {
    return battery_.lasts(now(), given_steps(), worst_day_steps_);
  }
  [[nodiscard]] const FluidPath& path() const { return path_; }
  [[nodiscard]] const Ceilings& ceilings() const { return ceilings_; }
  [[nodiscard]] Volume low_alarm() const { return low_alarm_; }
  /// Nothing is given beyond it in any day, every allotted bolus taken.
  [[nodiscard]] Volume worst_day() const { return model_.step * worst_day_steps_; }
  [[nodiscard]] const Ending& ending() const { return ending_; }
  [[nodiscard]] Instant prescription_started() const { return started_; }
  /// Number of the newest prescription taken, of this patient or one before.
  [[nodiscard]] std::uint32_t newest_prescription() const { return newest_; }
  [[nodiscard]] std::int64_t commanded() const { return engine_.commanded(); }
  [[nodiscard]] const PumpModel& model() const { return model_; }

 private:
  friend struct Image;           // names every lasting field (image.hpp)
  friend struct PumpTestAccess;  // lets bits into prescription memory past digest and checks (INV-4)

  enum class Condition : std::uint8_t {
    kNotImplanted,
    kRunning,
    kStopped,
    kSafeState,
    kMotorOff,
    kExplanted
  };
  enum class Phase : std::uint8_t { kTherapy, kPrime, kBridge };

  struct RunningBolus {
    BolusKind kind = BolusKind::kPatient;
    BolusDose dose;
  };

  // one call, in this order
  void sync(MotorReading reading, Effects& out);
  void decide(Effects& out);
  void deliver(Effects& out);

  void meet(Fault fault, Effects& out);
  void hold_motor(Effects& out);
  void supervise(SupervisedFor why, Effects& out);
  [[nodiscard]] bool supervised() const { return supervised_until_ > now(); }
  [[nodiscard]] bool lowered() const { return lowered_until_ > now(); }
  void end_lowered(Effects& out);
  [[nodiscard]] PatientBolusPolicy policy() const;
  void seal();
  struct Aspiration {
    Volume found, expected;
    std::optional<VolumeCause> cause;  // when they disagree
    bool was_empty = false;
  };
  [[nodiscard]] Aspiration aspiration(const RefillRecord& refill) const;
  void disagree(VolumeCause cause, Volume found, Volume counted, Effects& out);

  void on_more_steps(MotorReading reading, Effects& out);
  void on_fewer_steps(MotorReading reading, Effects& out);
  void retry_motor(Effects& out);
  void fill_reservoir(Volume holds);
  void follow_reservoir();
  void follow_alarms(Effects& out);
  void follow_giving(Effects& out);
  void follow_battery(Effects& out);
  void reckon_worst_day();
  [[nodiscard]] Instant silence_means() const;
  void drop_dose_in_hand(Effects& out);
  void skip_boluses_before(Instant end, Effects& out);
  [[nodiscard]] bool at_times_of_day() const;
  struct Skipped {
    std::int64_t identity = 0;
    Volume volume;
  };
  void skip(std::int64_t identity, Skipped& skipped, Effects& out);
  void tell_skipped(const Skipped& skipped, Effects& out);
  void follow_levels(Effects& out);
  void follow_front(Effects& out);

  /// What a prescription is held against.
  struct Bounds {
    FluidPath path;
    Ceilings ceilings;
    const DoseGate* gate;  // what was given, in steps of the reservoir's fluid
    ClockOffset clock;
    std::uint32_t at_tip;  // formulation
    Volume until_at_tip;   // of the reservoir's fluid
    Volume one_fluid;  // volume of the fluid at the tip; less than until_at_tip when another lies behind it
    Volume dry;        // at the tip's end of the path
    bool revision = false;  // what was in the path is gone, and with it a bridge that runs
  };
  [[nodiscard]] Bounds bounds_of(const DrugFront& front, const Ceilings& ceilings,
                                 const DoseGate& gate) const;
  std::expected<Prescription, CommandFailure> vet(const PrescriptionBytes& bytes,
                                                  const Formulation& reservoir, const Bounds& bounds,
                                                  Effects& out);
  CommandFailure refuse(Refusal refusal, Effects& out, std::uint32_t number = 0, std::int64_t rule = 0);
  void take(const Prescription& prescription, std::optional<SupervisedFor> why, Effects& out);
  void start(const Prescription& prescription, std::optional<SupervisedFor> why, Effects& out);
  void start_next(Effects& out);
  [[nodiscard]] Pump without_patient(MotorReading counts) const;
  [[nodiscard]] bool fits_after_past(const Prescription& prescription, const DoseGate& gate) const;
  [[nodiscard]] bool other_drug_at_tip() const {
    return front_.change_on_its_way() && front_.at_tip().number != 0;
  }
  void enter_phase(Phase phase, Effects& out);
  void end_phase(Effects& out);
  void enter_safe_state(Effects& out);
  void expire(Effects& out);
  void start_bolus(BolusKind kind, const BolusDose& dose, Effects& out);
  void end_bolus(bool cut, Effects& out);
  void run_schedule(Effects& out);
  void set_basal();
  [[nodiscard]] BasalSegment basal_from(Instant t) const;
  [[nodiscard]] BasalSegment prescribed_from(Instant t) const;
  [[nodiscard]] Volume basal_due(Instant from, Instant to) const;
  void earn_until(Instant to);
  void halt_motor(Effects& out);

  [[nodiscard]] Refusal why_refused(Instant now, Instant& next_possible) const;
  [[nodiscard]] Volume request_volume() const;
  [[nodiscard]] FlowRate safe_flow() const;
  [[nodiscard]] FlowRate lower_safe_rate() const;
  [[nodiscard]] FlowRate fallback_flow() const;
  void follow_clock();
  [[nodiscard]] std::int64_t steps_to_milestone() const;
  [[nodiscard]] std::int64_t given_steps() const { return engine_.commanded() + extra_steps_; }

  void tell(Effects& out, EventCode code, std::int64_t value = 0, std::int64_t value2 = 0,
            std::uint8_t detail = 0);
  void raise(Effects& out, Alarm alarm);
  void clear(Effects& out, Alarm alarm);

  PumpModel model_;
  Engine engine_;
  DoseGate gate_;
  Reservoir reservoir_;
  Battery battery_;
  std::int64_t worst_day_steps_ = 0;  // of the prescription
  Instant battery_next_;              // when it is looked at
  DrugFront front_;
  AlarmSet alarms_;
  Ceilings ceilings_;
  FluidPath path_;
  Volume low_alarm_;
  ClockOffset clock_offset_;
  WallClock clock_;

  Condition condition_ = Condition::kNotImplanted;
  Condition stopped_from_ = Condition::kRunning;  // what a resume comes back to: a safe state stays one
  Prescription prescription_;
  Instant started_;
  Ending ending_;            // the prescription's; kept with the safe states, which outlive it
  Instant expiry_ = kNever;  // of the ending, by the clock
  bool expired_ = false;
  std::optional<Prescription> next_;  // taken, starts later
  Instant next_starts_ = kNever;
  bool start_put_off_ = false;
  SafeState safe_in_reservoir_;
  SafeState safe_at_tip_;

  Phase phase_ = Phase::kTherapy;
  std::int64_t phase_first_step_ = 0;
  std::int64_t phase_last_step_ = INT64_MAX;
  Instant segment_until_ = kNever;

  std::optional<RunningBolus> bolus_;
  std::optional<ScheduledBolusDue> due_;
  std::optional<BolusAtTimeOfDay> last_at_time_of_day_;
  PatientGrants grants_;
  Volume patients_bolus_,
      patients_bolus_given_;  // the newest bolus granted to the patient; the part once it has ended

  std::int64_t extra_steps_ = 0;  // made without being commanded
  std::int64_t pushed_steps_ = 0;
  std::int64_t told_missed_ = 0;
  std::int64_t low_at_ = INT64_MAX, empty_at_ = INT64_MAX, dry_at_ = INT64_MAX;
  std::uint32_t tip_formulation_ = 0;
  bool held_ = false;
  Instant retry_at_ = kNever;
  Instant paused_until_;      // after a power cut: until unknown steps would have fallen
  std::uint32_t newest_ = 0;  // number of the newest prescription taken
  std::int64_t retry_first_step_ = 0;
  AlarmSet acknowledged_;         // of those that stand
  Instant unacknowledged_since_;  // the oldest of the others
  Instant next_sound_ = kNever;
  std::int64_t reported_ = 0;  // the sensor's count
  std::int64_t sensed_ = 0;    // when it was last seen to move, and when that was
  Instant last_given_;
  bool naive_ = false;
  bool in_field_ = false;
  Instant field_since_;
  Instant supervised_until_;
  Instant lowered_until_;   // zero: delivery is not lowered
  std::uint32_t seal_ = 0;  // sum of what is set and seldom changes
  Instant next_wake_ = kNever;
};

}  // namespace theca
