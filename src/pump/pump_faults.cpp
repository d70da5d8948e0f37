/// What the pump does about faults, by the table (catalogue/fault.hpp), and the hours in which it is
/// stricter.

#include <algorithm>

#include "pump/image.hpp"
#include "pump/pump.hpp"

namespace theca {

DrugClass Pump::drug_class() const {
  const DrugClass behind = class_of(front_.in_reservoir());
  if (front_.at_tip().number == 0) return behind;
  const DrugClass ahead = class_of(front_.at_tip());
  if (ahead == behind) return ahead;
  if (ahead == DrugClass::kUnknown || behind == DrugClass::kUnknown) return DrugClass::kUnknown;
  if (ahead == DrugClass::kNeither) return behind;
  return behind == DrugClass::kNeither ? ahead : DrugClass::kBoth;
}

void Pump::meet(Fault fault, Effects& out) {
  switch (answer_to(fault, drug_class())) {
    case Answer::kPowerOff:
      hold_motor(out);
      if (implanted()) condition_ = Condition::kMotorOff;
      out.motor = MotorOrder::kPowerOff;
      break;
    case Answer::kHold:
      hold_motor(out);
      break;
    case Answer::kSafeState:
      if (condition_ == Condition::kRunning) enter_safe_state(out);
      if (condition_ == Condition::kStopped) stopped_from_ = Condition::kSafeState;
      break;
    case Answer::kNoBolus:  // a critical alarm refuses them
    case Answer::kGoOn:
      break;
  }
  raise(out, row_of(fault).alarm);
}

void Pump::hold_motor(Effects& out) {
  end_bolus(true, out);
  gate_.cut(now());
  engine_.halt(true);
  if (out.motor != MotorOrder::kPowerOff) out.motor = MotorOrder::kHalt;
}

// ---- the supervised window ------------------------------------------------------------------------------

void Pump::supervise(SupervisedFor why, Effects& out) {
  const SupervisedWindow& window = prescription_.supervised;
  if (window.lasts_s == 0) return;
  supervised_until_ = std::max(supervised_until_, now() + seconds(window.lasts_s));
  tell(out, EventCode::kSupervisedStarted, supervised_until_.raw(), window.allotted,
       static_cast<std::uint8_t>(why));
}

/// What the patient may have now.
PatientBolusPolicy Pump::policy() const {
  PatientBolusPolicy policy = prescription_.patient;
  if (!supervised()) return policy;
  policy.lockout_s = std::max(policy.lockout_s, prescription_.supervised.lockout_s);
  policy.allotted = std::min(policy.allotted, prescription_.supervised.allotted);
  return policy;
}

// ---- the reservoir's second channel ---------------------------------------------------------------------

void Pump::sense_volume(MotorReading reading, Volume sensed, Effects& out) {
  sync(reading, out);
  if (!implanted() || model_.sensor_error.raw() == 0 || sensed.raw() < 0 || sensed > kMaxReservoir) return;
  const bool first = !reservoir_.sensed();
  const auto cause = reservoir_.sense(sensed, given_steps(), now());
  const Volume counted = reservoir_.nominal(given_steps());
  if (first) tell(out, EventCode::kVolumeSensed, sensed.raw(), counted.raw());
  follow_reservoir();
  follow_levels(out);
  if (cause) disagree(*cause, sensed, counted, out);
  decide(out);
}

void Pump::disagree(VolumeCause cause, Volume found, Volume counted, Effects& out) {
  if (!alarms_.has(Alarm::kVolumeDisagrees)) {
    tell(out, EventCode::kVolumeDisagrees, found.raw(), counted.raw(), static_cast<std::uint8_t>(cause));
  }
  meet(found < counted ? Fault::kVolumeLess : Fault::kVolumeMore, out);
}

/// What came out at a refill against what the count says was left.
Pump::Aspiration Pump::aspiration(const RefillRecord& refill) const {
  /// Judgements of ours: what needle and syringe leave or miss; so little is an empty pump. 2 mL whatever the
  /// accuracy is practice (S48).
  constexpr Volume kNeedle = microlitres(500);
  constexpr Volume kWorthALook = millilitres(2);
  Aspiration seen;
  seen.found = *refill.aspirated + refill.left_in;
  seen.expected = std::max(Volume{0}, reservoir_.nominal(given_steps()));
  // However little the count says is left: nobody knows since when nothing came out.
  seen.was_empty = seen.found <= kNeedle;
  const Volume tolerance = std::min(reservoir_.count_error(given_steps()) + kNeedle, kWorthALook);
  if (seen.found + tolerance < seen.expected) {
    seen.cause = reservoir_.soon_after_fill(now()) ? VolumeCause::kDrawnOff : VolumeCause::kOverInfusion;
  } else if (seen.found > seen.expected + tolerance) {
    seen.cause = VolumeCause::kUnderInfusion;
  }
  return seen;
}

// ---- the air --------------------------------------------------------------------------------------------

void Pump::telemetry(MotorReading reading, Telemetry what, Effects& out) {
  observe(reading, out);
  if (what == Telemetry::kOpened) battery_.opened(now());
  if (what == Telemetry::kClosed || what == Telemetry::kCrashed) battery_.closed(now());
  tell(out, EventCode::kTelemetry, 0, 0, static_cast<std::uint8_t>(what));
}

// ---- itself ---------------------------------------------------------------------------------------------

void Pump::seal() { seal_ = Image::seal_of(*this); }
bool Pump::intact() const {
  // The canonical bytes that the sum is of have no room for what a turned bit makes of a number.
  const auto canonical = [](const Prescription& p) {
    const auto again = decode(encode(p));
    return again && *again == p;
  };
  return seal_ == Image::seal_of(*this) && canonical(prescription_) && (!next_ || canonical(*next_));
}

void Pump::mended(Effects& out) {
  seal();
  tell(out, EventCode::kSelfTestFailed, 0, 0, static_cast<std::uint8_t>(SelfTestPart::kMemory));
  if (!implanted()) return;
  meet(Fault::kSelfTest, out);
  decide(out);
}

}  // namespace theca
