/// When alarms sound, what the motor's silence means, and what a magnetic field does.

#include <algorithm>

#include "pump/pump.hpp"

namespace theca {
namespace {

/// Nothing given for so long is an alarm (S31), and the patient may have lost the tolerance that the dose was
/// for. 72 h is a judgement of ours: no source gives a number.
constexpr Duration kNothingGivenAlarm = hours(48);
constexpr Duration kNaiveAfter = hours(72);

}  // namespace

/// An alarm sounds when it is raised and again while it stands: often until somebody has acknowledged it,
/// seldom after.
void Pump::follow_alarms(Effects& out) {
  if (!alarms_.any()) {
    next_sound_ = kNever;
    acknowledged_ = AlarmSet{};
    return;
  }
  if (now() >= next_sound_) {
    const AlarmSet fresh = alarms_.without(acknowledged_);
    const bool escalated = fresh.any() && (supervised() || now() - unacknowledged_since_ >= kEscalates);
    const AlarmClass alarm_class =
        escalated ? AlarmClass::kCritical : row_of(alarms_.most_urgent()).alarm_class;
    out.sound = alarm_class;
    battery_.sounded(sound_of(alarm_class).lasts_ms);
    const bool critical = alarm_class == AlarmClass::kCritical;
    if (fresh.any_critical() || escalated) {
      next_sound_ = now() + kCriticalRepeat;
    } else if (fresh.any()) {
      next_sound_ = now() + kNonCriticalRepeat;
    } else {
      next_sound_ = now() + (critical ? kCriticalRepeatAcknowledged : kNonCriticalRepeatAcknowledged);
    }
  }
  next_wake_ = std::min(next_wake_, next_sound_);
}

/// The sensor has moved since the last decision or it has not, whatever the pump believes.
void Pump::follow_giving(Effects& out) {
  if (reported_ != sensed_) {
    sensed_ = reported_;
    last_given_ = now();
    if (!naive_) clear(out, Alarm::kNothingGiven);  // else it tells why the safe state runs
    return;
  }
  const Duration without = now() - last_given_;
  if (without >= kNothingGivenAlarm) raise(out, Alarm::kNothingGiven);
  if (without >= kNaiveAfter && !naive_) {
    naive_ = true;
    tell(out, EventCode::kPatientNaive, without.raw());
    // What comes back by itself, a rotor that is free or a field that is left, brings no old dose back.
    const bool dose_due = prescription_.basal.mode != BasalMode::kStopped;
    if (condition_ == Condition::kRunning && dose_due) enter_safe_state(out);
  }
}

void Pump::reckon_worst_day() {
  worst_day_steps_ = whole_steps(worst_case_volume(prescription_, model_.minimum_rate, days(1)), model_.step);
}

/// Once a day is often enough: what is foretold is months away.
void Pump::follow_battery(Effects& out) {
  if (!battery_.reckoned() || now() < battery_next_) return;
  battery_next_ = now() + days(1);
  const auto tell_it = [&] {
    const Charge left = battery_.left(now(), given_steps());
    tell(out, EventCode::kBatteryReckoned, left.raw() / 1'000'000, battery_lasts().raw());
  };
  if (!alarms_.has(Alarm::kReplaceSoon) && battery_.replace_soon(now(), given_steps(), worst_day_steps_)) {
    tell_it();
    raise(out, Alarm::kReplaceSoon);
  }
  if (!alarms_.has(Alarm::kEndOfService) && battery_.at_end(now(), given_steps())) {
    tell_it();
    meet(Fault::kEndOfService, out);
  }
}

/// When silence comes to mean something next.
Instant Pump::silence_means() const {
  if (!alarms_.has(Alarm::kNothingGiven)) return last_given_ + kNothingGivenAlarm;
  return naive_ ? kNever : last_given_ + kNaiveAfter;
}

void Pump::magnetic_field(MotorReading reading, bool present, Effects& out) {
  sync(reading, out);
  if (!implanted() || present == in_field_) return;
  in_field_ = present;
  if (present) {
    field_since_ = now();
    tell(out, EventCode::kFieldEntered);
    meet(Fault::kMagneticField, out);
  } else {
    const Duration held = now() - field_since_;
    const Volume missed = condition_ == Condition::kRunning || condition_ == Condition::kSafeState
                              ? basal_due(field_since_, now())
                              : Volume{};
    tell(out, EventCode::kFieldLeft, held.raw(), missed.raw());
    clear(out, Alarm::kMagneticField);
  }
  decide(out);
}

}  // namespace theca
