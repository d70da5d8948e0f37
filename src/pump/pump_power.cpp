/// What the pump makes of power that was gone and of records that are gone.

#include <algorithm>

#include "pump/pump.hpp"

namespace theca {
namespace {

/// An ending of which nothing is known but that it has come, in UTC seconds.
constexpr std::int64_t kLongPast = 1;

}  // namespace

MotorReading Pump::power_returned(const PowerReturn& power, Effects& out) {
  MotorReading from = power.reading;
  std::int64_t unknown = 0;
  const Train* train = engine_.running();
  if (power.kept) {
    // The sensor's count tells how far the train got, and so until when doses came due.
    const std::int64_t made = gate_.made_of_train(from.reported);
    const Instant died = train != nullptr && made > 0 ? std::max(now(), train->step_at(made)) : now();
    engine_.advance(died);
    gate_.cut(died);
    engine_.settle(made);
    from.now = std::max(from.now, now());
  } else {
    if (train != nullptr) {
      unknown = train->count - train->made_by(now());
      paused_until_ = std::max(paused_until_, train->end());
      engine_.settle(train->count);
    } else {
      engine_.settle(0);
    }
    from = {now(), gate_.settle_unknown()};
  }
  drop_dose_in_hand(out);
  sensed_ = from.reported;
  if (in_field_) {  // the board tells again whether it still is
    in_field_ = false;
    clear(out, Alarm::kMagneticField);
  }
  earn_until(from.now);
  tell(out, EventCode::kPowerReturned, unknown, std::max(now(), paused_until_).raw(), power.kept ? 1 : 0);
  if (power.cause == PowerCause::kWatchdog) tell(out, EventCode::kWatchdogRestart);
  for (unsigned part = 0; part < kSelfTestPartNames.size(); ++part) {
    if ((power.failed_tests >> part & 1U) != 0)
      tell(out, EventCode::kSelfTestFailed, 0, 0, static_cast<std::uint8_t>(part));
  }
  if (!implanted()) return from;
  meet(power.kept ? Fault::kPowerCutClockKept : Fault::kPowerCutClockLost, out);
  if (!power.kept) meet(Fault::kClockUncertain, out);
  if (power.cause == PowerCause::kLowBattery) meet(Fault::kLowBattery, out);
  if (power.failed_tests != 0) meet(Fault::kSelfTest, out);
  skip_boluses_before(now(), out);
  sync(from, out);
  decide(out);
  return from;
}

/// A bolus or a prime is not resumed; a bridge is, by what its allowance still holds.
void Pump::drop_dose_in_hand(Effects& out) {
  end_bolus(true, out);
  if (condition_ != Condition::kRunning || phase_ != Phase::kPrime) return;
  end_phase(out);
  if (prescription_.single.volume.raw() > 0) {
    tell(out, EventCode::kBolusCut, 0, prescription_.single.volume.raw(),
         static_cast<std::uint8_t>(BolusKind::kSingle));
  }
}

Standstill Pump::standstill() const {
  switch (condition_) {
    case Condition::kNotImplanted:
      return Standstill::kNotImplanted;
    case Condition::kExplanted:
      return Standstill::kExplanted;
    case Condition::kStopped:
      return Standstill::kStopped;
    case Condition::kMotorOff:
      return Standstill::kMotorOff;
    case Condition::kRunning:
    case Condition::kSafeState:
      break;
  }
  return Standstill::kNone;
}

void Pump::salvage(LostRecords lost, const StillKnown& known, Standstill stands, Effects& out) {
  const bool no_path = !lost.limits && path_.total().raw() == 0;
  const auto bit = [](bool gone, unsigned place) { return gone ? 1U << place : 0U; };
  const auto records = static_cast<std::uint8_t>(
      bit(lost.therapy, 0) | bit(lost.limits, 1) | bit(lost.safe_states, 2) | bit(lost.fluids, 3) |
      bit(lost.reservoir, 4) | bit(lost.delivery, 5) | bit(lost.clock, 6));
  if (stands == Standstill::kNotImplanted || stands == Standstill::kExplanted || no_path) {
    *this = without_patient(known.reading);
    if (stands == Standstill::kExplanted) condition_ = Condition::kExplanted;
    tell(out, EventCode::kMemoryLost, 0, 0, records);
    raise(out, row_of(Fault::kRecordsLost).alarm);
    return;
  }
  // What was given when is not known: the count goes on from what stands elsewhere.
  engine_ = Engine{model_.step};
  engine_.count_on(known.reading.now, known.reading.reported);
  gate_ = DoseGate{model_};
  gate_.count_on(known.reading.reported);
  alarms_ = AlarmSet{};
  grants_ = PatientGrants{};
  patients_bolus_ = patients_bolus_given_ = Volume{};
  pushed_steps_ = known.reading.reported;
  extra_steps_ = 0;
  held_ = false;
  retry_at_ = kNever;
  acknowledged_ = AlarmSet{};
  sensed_ = known.reading.reported;
  last_given_ = known.reading.now;
  naive_ = in_field_ = false;
  supervised_until_ = Instant{};
  newest_ = std::max(newest_, known.prescription);
  if (lost.therapy) {
    prescription_ = Prescription{};
    prescription_.number = newest_;
  }
  if (lost.safe_states) {
    const bool told = known.prescription != 0 && (lost.therapy || known.prescription >= prescription_.number);
    safe_in_reservoir_ =
        told ? SafeState{SafeAction::kEmergencyRate, known.safe_rate} : prescription_.safe_state;
    safe_at_tip_ = safe_in_reservoir_;
    ending_ = ending_of(prescription_);
  }
  if ((lost.ending() || lost.clock) && known.expired)
    ending_ = {prescription_.number, kLongPast, *known.expired};
  // By an unknown clock nothing ends until it is set: stopping too early harms as well.
  if (lost.clock) clock_offset_ = ClockOffset{};
  if (known.clock && (lost.clock || known.clock_is_newer)) clock_offset_ = *known.clock;
  follow_clock();
  expired_ = now() >= expiry_;
  if (lost.limits) {
    path_ = {model_.tubing, Volume{}};
    low_alarm_ = model_.low_alarm;
  }
  if (lost.fluids) front_ = DrugFront{path_.total(), prescription_.formulation};
  bolus_.reset();
  engine_.drop_bolus();
  due_.reset();
  next_.reset();
  next_starts_ = kNever;
  phase_ = Phase::kTherapy;
  phase_last_step_ = INT64_MAX;
  condition_ = Condition::kSafeState;
  stopped_from_ = Condition::kSafeState;  // nobody but a physician starts a pump that was stopped
  if (stands == Standstill::kStopped) condition_ = Condition::kStopped;
  if (stands == Standstill::kMotorOff) condition_ = Condition::kMotorOff;
  // The windows are empty, and what they held is not known: no more than the safe state needs.
  const auto needed = [&](Duration window) {
    return Amount::over(safe_flow(), window).floor() + model_.step * 2;
  };
  ceilings_ = {needed(hours(1) + kHourBucket), needed(days(1) + kDayBucket),
               needed(days(30) + kThirtyDayBucket)};
  gate_.set_ceilings(ceilings_);
  if (lost.reservoir) reservoir_.fill(model_.capacity, given_steps(), now());
  follow_reservoir();
  tip_formulation_ = front_.at_tip().number;
  tell(out, EventCode::kMemoryLost, 0, 0, records);
  raise(out, row_of(Fault::kRecordsLost).alarm);
  if (lost.reservoir) {
    raise(out, Alarm::kLowReservoir);
    raise(out, Alarm::kEmptyReservoir);
  }
  if (lost.clock && !known.clock) raise(out, Alarm::kClockUncertain);
  if (expired_) expire(out);
  tell(out, EventCode::kSafeStateEntered, safe_flow().raw());
  seal();
}

}  // namespace theca
