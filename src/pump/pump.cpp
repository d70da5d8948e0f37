#include "pump/pump.hpp"

#include <algorithm>

namespace theca {
namespace {

/// After a stall the motor is tried again each minute; what came due meanwhile is not made up for.
constexpr Duration kMotorRetry = minutes(1);

/// The row of the fault table for a limit that the gate held.
constexpr Fault fault_of_limit(Alarm limit) {
  switch (limit) {
    case Alarm::kHourCeiling:
      return Fault::kHourCeiling;
    case Alarm::kDayCeiling:
      return Fault::kDayCeiling;
    case Alarm::kThirtyDayCeiling:
      return Fault::kThirtyDayCeiling;
    case Alarm::kAllowanceUsed:
      return Fault::kAllowanceUsed;
    default:
      return Fault::kActuatorCeiling;
  }
}
/// What the gate does not let through must end in the safe state, or it would be asked for again and again.
static_assert([] {
  for (const Alarm limit : {Alarm::kHourCeiling, Alarm::kDayCeiling, Alarm::kThirtyDayCeiling,
                            Alarm::kAllowanceUsed, Alarm::kActuatorCeiling}) {
    if (row_of(fault_of_limit(limit)).alarm != limit) return false;
    for (const Answer answer : row_of(fault_of_limit(limit)).answers) {
      if (answer != Answer::kSafeState) return false;
    }
  }
  return true;
}());

constexpr TrainPurpose purpose_of(bool prime, bool bridge) {
  if (prime) return TrainPurpose::kPrime;
  return bridge ? TrainPurpose::kBridge : TrainPurpose::kTherapy;
}

}  // namespace

Pump::Pump(const PumpModel& model)
    : model_(model),
      engine_(model.step),
      gate_(model),
      reservoir_(model),
      battery_(model.battery),
      clock_(ClockOffset{}, Zone{}) {
  seal();
}

// ---- a prescription's course ----------------------------------------------------------------------------

/// The waiting prescription starts as soon as the ceilings hold for it and the past together.
void Pump::start_next(Effects& out) {
  if (!fits_after_past(*next_, gate_)) {
    next_starts_ = now() + kHourBucket;
    if (!start_put_off_) tell(out, EventCode::kStartPutOff, next_->number, next_starts_.raw());
    start_put_off_ = true;
    return;
  }
  const Prescription starting = *next_;
  start(starting, std::nullopt, out);
}

void Pump::start(const Prescription& prescription, std::optional<SupervisedFor> why, Effects& out) {
  if (!why && prescription.prime.volume.raw() > 0) why = SupervisedFor::kPrime;
  if (!why && !same_contents(prescription.formulation, prescription_.formulation))
    why = SupervisedFor::kDrugChange;
  if (!why && (condition_ != Condition::kRunning || naive_)) why = SupervisedFor::kRestart;
  end_bolus(true, out);
  skip_boluses_before(now(), out);  // one may have waited behind another bolus, and its prescription is over
  if (phase_ != Phase::kTherapy) end_phase(out);
  next_.reset();
  next_starts_ = kNever;
  start_put_off_ = false;
  prescription_ = prescription;
  started_ = now();
  ending_ = ending_of(prescription);
  follow_clock();
  expired_ = false;
  condition_ = Condition::kRunning;
  paused_until_ = Instant{};  // it was held against what may have been given
  naive_ = false;             // a physician has thought about the dose: silence is reckoned anew
  last_given_ = now();
  const bool fluid_between =
      other_drug_at_tip() && front_.until_tip_changes() < front_.until_reservoir_reaches_tip();
  if (fluid_between &&
      safe_rate(safe_in_reservoir_, model_.minimum_rate) < safe_rate(safe_at_tip_, model_.minimum_rate)) {
    safe_at_tip_ = safe_in_reservoir_;  // of all fluids in the path the lowest counts
  }
  safe_in_reservoir_ = prescription.safe_state;
  if (!front_.change_on_its_way() || front_.at_tip().number == 0) safe_at_tip_ = safe_in_reservoir_;
  for (const Alarm alarm : {Alarm::kHourCeiling, Alarm::kDayCeiling, Alarm::kThirtyDayCeiling,
                            Alarm::kActuatorCeiling, Alarm::kAllowanceUsed, Alarm::kPrescriptionExpired,
                            Alarm::kMemoryFault, Alarm::kSelfTestFailed, Alarm::kLowBatteryReset}) {
    clear(out, alarm);
  }
  if (acknowledged_.has(Alarm::kVolumeDisagrees)) clear(out, Alarm::kVolumeDisagrees);
  stopped_from_ = Condition::kRunning;
  due_ = next_scheduled_bolus(prescription_.schedule, clock_, started_, kNoBolusYet);
  const auto allowed = [&](Volume wanted) {
    return whole_steps(std::min(wanted, path_.total()), model_.step);
  };
  gate_.allow(TrainPurpose::kPrime, allowed(prescription.prime.volume));
  gate_.allow(TrainPurpose::kBridge, allowed(prescription.bridge.volume));
  if (lowered_until_ != Instant{}) end_lowered(out);  // a physician has thought about the dose
  tell(out, EventCode::kPrescriptionStarted, prescription.number, lower_safe_rate().raw(),
       static_cast<std::uint8_t>(mode()));
  seal();
  reckon_worst_day();
  battery_next_ = now();  // another therapy takes another share
  if (prescription_.supervised.lasts_s == 0 && supervised()) {
    supervised_until_ = Instant{};
    tell(out, EventCode::kSupervisedEnded);
  }
  if (why) supervise(*why, out);
  if (other_drug_at_tip() && prescription.bridge.volume.raw() == 0) {
    tell(out, EventCode::kChangedWithoutBridge, front_.until_reservoir_reaches_tip().raw(),
         front_.at_tip().number);
  }
  enter_phase(Phase::kPrime, out);
}

/// Prime, then bridge, then therapy with its single bolus; a phase with nothing to give is passed over.
void Pump::enter_phase(Phase phase, Effects& out) {
  const auto begin = [&](Volume volume, FlowRate rate, EventCode code) {
    phase_ = phase;
    phase_first_step_ = engine_.commanded();
    phase_last_step_ = phase_first_step_ + whole_steps(volume, model_.step);
    tell(out, code, volume.raw(), rate.raw());
    set_basal();
  };
  if (phase == Phase::kPrime) {
    if (prescription_.prime.volume >= model_.step) {
      return begin(prescription_.prime.volume, prescription_.prime.rate, EventCode::kPrimeStarted);
    }
    phase = Phase::kBridge;
  }
  if (phase == Phase::kBridge) {
    if (prescription_.bridge.volume >= model_.step) {
      return begin(prescription_.bridge.volume, prescription_.bridge.rate, EventCode::kBridgeStarted);
    }
  }
  phase_ = Phase::kTherapy;
  phase_last_step_ = INT64_MAX;
  set_basal();
  if (prescription_.single.volume.raw() == 0) return;
  start_bolus(BolusKind::kSingle, prescription_.single, out);
  const bool cannot = lowered() || held_ || in_field_ || now() < paused_until_ ||
                      alarms_.has(Alarm::kReservoirDry) || alarms_.has(Alarm::kEmptyReservoir);
  if (cannot) end_bolus(true, out);  // told with nothing given; not made up for
}

void Pump::end_phase(Effects& out) {
  const std::int64_t given = (engine_.commanded() - phase_first_step_) * model_.step.raw();
  tell(out, phase_ == Phase::kPrime ? EventCode::kPrimeEnded : EventCode::kBridgeEnded, given);
  gate_.cut(now());
  gate_.allow(phase_ == Phase::kPrime ? TrainPurpose::kPrime : TrainPurpose::kBridge, 0);
  phase_ = Phase::kTherapy;
  phase_last_step_ = INT64_MAX;
}

// ---- the patient ----------------------------------------------------------------------------------------

BolusAnswer Pump::request_bolus(MotorReading reading, std::uint32_t request, Effects& out) {
  sync(reading, out);
  decide(out);
  Instant next_possible{0};
  const Refusal refusal = why_refused(now(), next_possible);
  if (refusal != Refusal::kNone) {
    tell(out, EventCode::kBolusRefused, request, next_possible.raw(), static_cast<std::uint8_t>(refusal));
    return {refusal, Volume{0}, next_possible};
  }
  const Volume volume = request_volume();
  grants_.add(now());
  start_bolus(BolusKind::kPatient, {volume, prescription_.patient.dose.rate}, out);
  decide(out);
  return {Refusal::kNone, volume, Instant{0}};
}

Volume Pump::request_volume() const {
  return phase_ == Phase::kBridge ? prescription_.patient.during_bridge : prescription_.patient.dose.volume;
}

Refusal Pump::why_refused(Instant now, Instant& next_possible) const {
  const PatientBolusPolicy& policy = prescription_.patient;
  if (!implanted()) return Refusal::kNotImplanted;
  if (policy.dose.volume.raw() == 0 || policy.dose.rate.raw() == 0) return Refusal::kNoPatientBolus;
  if (alarms_.has(Alarm::kEmptyReservoir) || alarms_.has(Alarm::kReservoirDry))
    return Refusal::kReservoirEmpty;
  if (in_field_) return Refusal::kMagneticField;
  if (lowered()) return Refusal::kLowered;
  if (alarms_.any_critical() || held_) return Refusal::kCriticalAlarm;
  if (bolus_) return Refusal::kOtherBolusRunning;
  if (row_of(mode()).patient_request == RequestIn::kRefused || expired_) return Refusal::kMode;
  if (!within_hours(policy, minute_of_day(clock_.local_ms(now)))) return Refusal::kOutsideHours;
  next_possible = grants_.lockout_over(policy);
  if (now < next_possible) return Refusal::kLockout;
  next_possible = grants_.window_open(policy);
  if (now < next_possible) return Refusal::kAllottedUsed;
  if (supervised()) {
    const PatientBolusPolicy tight = this->policy();
    next_possible =
        std::min(std::max(grants_.lockout_over(tight), grants_.window_open(tight)), supervised_until_);
    if (now < next_possible) return Refusal::kSupervised;
  }
  if (now < paused_until_) {  // it would be given behind the pause, long after it was asked for
    next_possible = paused_until_;
    return Refusal::kMode;
  }
  next_possible = Instant{0};

  const std::int64_t steps = whole_steps(request_volume(), model_.step);
  if (steps == 0) return phase_ == Phase::kBridge ? Refusal::kBridging : Refusal::kNoPatientBolus;
  const Duration takes = bolus_duration({request_volume(), policy.dose.rate});
  const std::int64_t beside = whole_steps(Amount::over(engine_.basal(), takes).floor(), model_.step) + 2;
  if (phase_ == Phase::kBridge) {
    if (engine_.commanded() + steps + beside > phase_last_step_) return Refusal::kBridging;
  } else if (other_drug_at_tip()) {
    return Refusal::kFrontInPath;
  } else if (!gate_.bolus_fits(now + takes, steps)) {
    return Refusal::kCeiling;
  }
  if (given_steps() + steps + beside > dry_at_) return Refusal::kReservoirEmpty;
  return Refusal::kNone;
}

// ---- time and the motor ---------------------------------------------------------------------------------

void Pump::wake(MotorReading reading, Effects& out) {
  sync(reading, out);
  decide(out);
}

void Pump::observe(MotorReading reading, Effects& out) {
  const bool off = condition_ == Condition::kMotorOff;
  const bool held = held_;
  sync(reading, out);
  if ((condition_ == Condition::kMotorOff) != off || held_ != held) decide(out);
}

/// Brings every count to `reading.now` and holds the sensor's against them (INV-2).
void Pump::sync(MotorReading reading, Effects& out) {
  const bool clock_went_back = reading.now < now();
  if (clock_went_back) {  // the sensor's count still tells how far the train got
    const Train* train = engine_.running();
    const std::int64_t made = gate_.made_of_train(reading.reported);
    reading.now = train != nullptr && made > 0 ? std::max(now(), train->step_at(made)) : now();
  }
  earn_until(reading.now);
  const DoseGate::Finding finding = gate_.observe(reading);
  if (finding == DoseGate::Finding::kMore) on_more_steps(reading, out);
  if (finding == DoseGate::Finding::kFewer) on_fewer_steps(reading, out);
  if (finding == DoseGate::Finding::kAgrees && alarms_.has(Alarm::kMotorStall) && !held_ &&
      engine_.commanded() > retry_first_step_) {
    clear(out, Alarm::kMotorStall);
  }
  if (engine_.missed() > told_missed_) {
    tell(out, EventCode::kStepsMissed, engine_.missed() - told_missed_);
    told_missed_ = engine_.missed();
  }
  out.did(Duty::kCounted);
  if (!implanted()) return;
  if (clock_went_back) meet(Fault::kClockUncertain, out);
  reported_ = reading.reported;
  front_.push(model_.step * (given_steps() - pushed_steps_));
  pushed_steps_ = given_steps();
  follow_front(out);
  follow_levels(out);
}

void Pump::on_more_steps(MotorReading reading, Effects& out) {
  extra_steps_ += std::max<std::int64_t>(0, gate_.deviation() - extra_steps_);
  if (condition_ == Condition::kMotorOff || alarms_.has(Alarm::kOverDelivery)) return;
  tell(out, EventCode::kMotorPowerOff, gate_.expected_by(reading.now),
       gate_.expected_by(reading.now) + gate_.deviation());
  meet(Fault::kMoreSteps, out);
}

void Pump::on_fewer_steps(MotorReading reading, Effects& out) {
  tell(out, EventCode::kMotorHeld, gate_.expected_by(reading.now),
       gate_.expected_by(reading.now) + gate_.deviation());
  meet(Fault::kFewerSteps, out);
  gate_.forgive();
  held_ = true;
  retry_at_ = reading.now + kMotorRetry;
}

void Pump::retry_motor(Effects& out) {
  held_ = false;
  retry_at_ = kNever;
  retry_first_step_ = engine_.commanded();
  tell(out, EventCode::kMotorRetried);
}

void Pump::follow_front(Effects& out) {
  const std::uint32_t at_tip = front_.at_tip().number;
  if (at_tip == tip_formulation_) return;
  tell(out, EventCode::kFrontAtTip, at_tip, tip_formulation_);
  tip_formulation_ = at_tip;
  if (front_.change_on_its_way()) return;
  safe_at_tip_ = safe_in_reservoir_;
  seal();
}

void Pump::fill_reservoir(Volume holds) {
  reservoir_.fill(holds, given_steps(), now());
  follow_reservoir();
}

void Pump::follow_reservoir() {
  low_at_ = reservoir_.steps_until_earliest(low_alarm_);
  empty_at_ = reservoir_.steps_until_earliest(nanolitres(0));
  dry_at_ = reservoir_.steps_until_dry();
}

void Pump::follow_levels(Effects& out) {
  const std::int64_t given = given_steps();
  if (given >= low_at_) raise(out, Alarm::kLowReservoir);
  if (given >= empty_at_ && !alarms_.has(Alarm::kEmptyReservoir)) meet(Fault::kReservoirEmpty, out);
  if (given >= dry_at_ && !alarms_.has(Alarm::kReservoirDry)) meet(Fault::kReservoirDry, out);
}

// ---- decisions ------------------------------------------------------------------------------------------

void Pump::decide(Effects& out) {
  out.did(Duty::kDecided);
  if (!implanted()) {
    out.did(Duty::kAlarmed);
    return;
  }
  battery_.called();
  follow_giving(out);
  follow_battery(out);
  if (supervised_until_ != Instant{} && !supervised()) {
    supervised_until_ = Instant{};
    tell(out, EventCode::kSupervisedEnded);
  }
  if (lowered_until_ != Instant{} && !lowered()) end_lowered(out);
  if (held_ && now() >= retry_at_) retry_motor(out);
  if (next_ && condition_ == Condition::kRunning && now() >= next_starts_) start_next(out);
  if (!expired_ && now() >= expiry_) expire(out);
  if (condition_ == Condition::kRunning && phase_ != Phase::kTherapy &&
      engine_.commanded() >= phase_last_step_) {
    const Phase after = phase_ == Phase::kPrime ? Phase::kBridge : Phase::kTherapy;
    end_phase(out);
    enter_phase(after, out);
  }
  if (bolus_ && !engine_.bolus_running()) end_bolus(false, out);
  run_schedule(out);
  set_basal();
  deliver(out);
  next_wake_ = std::min({next_wake_, silence_means(), now() + kHeartbeat});
  if (supervised()) next_wake_ = std::min(next_wake_, supervised_until_);
  if (lowered()) next_wake_ = std::min(next_wake_, lowered_until_);
  follow_alarms(out);
  out.did(Duty::kAlarmed);
}

void Pump::expire(Effects& out) {
  expired_ = true;
  end_bolus(true, out);
  if (phase_ != Phase::kTherapy) end_phase(out);
  tell(out, EventCode::kExpired, prescription_.number, 0, static_cast<std::uint8_t>(ending_.fallback));
  raise(out, Alarm::kPrescriptionExpired);
}

void Pump::run_schedule(Effects& out) {
  Skipped skipped;
  while (due_ && due_->at <= now()) {
    const bool starts = condition_ == Condition::kRunning && !expired_ && phase_ == Phase::kTherapy &&
                        !lowered() && !held_ && !in_field_ && now() >= paused_until_ &&
                        !other_drug_at_tip() && !alarms_.has(Alarm::kReservoirDry) &&
                        !alarms_.has(Alarm::kEmptyReservoir);
    if (starts && bolus_) break;  // its turn comes when the running bolus is over
    const std::int64_t identity = due_->identity;
    if (starts) {
      if (at_times_of_day()) last_at_time_of_day_ = given_at(prescription_.schedule, *due_, now());
      start_bolus(BolusKind::kScheduled, prescription_.schedule.dose, out);
    } else {
      skip(identity, skipped, out);
    }
    due_ = next_scheduled_bolus(prescription_.schedule, clock_, started_, identity);
  }
  tell_skipped(skipped, out);
}

bool Pump::at_times_of_day() const { return prescription_.schedule.kind == ScheduleKind::kTimesOfDay; }

/// Nothing missed is caught up.
void Pump::skip_boluses_before(Instant end, Effects& out) {
  Skipped skipped;
  while (due_ && due_->at < end) {
    const std::int64_t identity = due_->identity;
    skip(identity, skipped, out);
    due_ = next_scheduled_bolus(prescription_.schedule, clock_, started_, identity);
  }
  tell_skipped(skipped, out);
}

/// Each is told, as long as there is room for what else a call has to tell; then one event stands for all
/// that follow, with the last identity and the volume of them together.
void Pump::skip(std::int64_t identity, Skipped& skipped, Effects& out) {
  constexpr std::size_t kRoomForOthers = 14;
  const Volume volume = prescription_.schedule.dose.volume;
  if (out.room() > kRoomForOthers) {
    return tell(out, EventCode::kScheduledBolusSkipped, identity, volume.raw(),
                static_cast<std::uint8_t>(mode()));
  }
  skipped.identity = identity;
  skipped.volume += volume;
}

void Pump::tell_skipped(const Skipped& skipped, Effects& out) {
  if (skipped.volume.raw() == 0) return;
  tell(out, EventCode::kScheduledBolusSkipped, skipped.identity, skipped.volume.raw(),
       static_cast<std::uint8_t>(mode()));
}

/// The basal flow from `t` on as things stand, and until when it holds.
BasalSegment Pump::basal_from(Instant t) const {
  BasalSegment segment = prescribed_from(t);
  if (t >= lowered_until_) return segment;
  segment.rate = std::min(segment.rate, safe_flow());
  segment.until = std::min(segment.until, lowered_until_);
  return segment;
}

BasalSegment Pump::prescribed_from(Instant t) const {
  if (condition_ == Condition::kSafeState) return {safe_flow(), kNever};
  const bool over = expired_ || t >= expiry_;
  if (over) return {fallback_flow(), kNever};
  if (phase_ == Phase::kPrime) return {prescription_.prime.rate, expiry_};
  if (phase_ == Phase::kBridge) return {prescription_.bridge.rate, expiry_};
  const BasalSegment segment = basal_at(prescription_.basal, clock_, model_.minimum_rate, t);
  return {segment.rate, std::min(segment.until, expiry_)};
}

/// Tells the engine the basal flow of this moment and until when it holds.
void Pump::set_basal() {
  const BasalSegment segment = basal_from(now());
  segment_until_ = segment.until;
  engine_.set_basal(segment.rate);
}

/// What the basal asks for between two instants as things stand.
Volume Pump::basal_due(Instant from, Instant to) const {
  Amount due;
  while (from < to) {
    const BasalSegment segment = basal_from(from);
    const Instant until = std::min(segment.until, to);
    due += Amount::over(segment.rate, until - from);
    from = until;
  }
  return due.floor();
}

/// A pump that is woken late knows which rates came due while nobody woke it (INV-3).
void Pump::earn_until(Instant to) {
  while (implanted() && segment_until_ < to) {
    engine_.advance(segment_until_);
    set_basal();
  }
  engine_.advance(to);
}

/// Plans the next train, asks the gate, and settles when to wake.
void Pump::deliver(Effects& out) {
  const bool delivers = (condition_ == Condition::kRunning || condition_ == Condition::kSafeState) &&
                        !held_ && !in_field_ && now() >= paused_until_ && given_steps() < dry_at_;
  const Instant due = due_ && !bolus_ ? due_->at : kNever;
  const Instant next =
      condition_ == Condition::kRunning ? next_starts_ : kNever;  // never starts a stopped pump
  const Instant paused = paused_until_ > now() ? paused_until_ : kNever;
  const Instant turn = std::min({expiry_ > now() ? expiry_ : kNever, next, due, retry_at_, paused});
  if (!delivers) {
    halt_motor(out);
    next_wake_ = turn;
    return;
  }
  if (engine_.halted()) engine_.resume();
  const Instant until = std::min({turn, segment_until_, engine_.bolus_end(), now() + kLongestTrain});
  next_wake_ = until;
  const std::int64_t most = steps_to_milestone();
  const auto train = engine_.plan(until, most);
  if (!train) {
    gate_.cut(now());
    engine_.halt(false);  // the train that may still run is over; what was earned stays
    engine_.resume();
    out.motor = MotorOrder::kHalt;
    return;
  }
  const TrainPurpose purpose =
      purpose_of(condition_ == Condition::kRunning && phase_ == Phase::kPrime && !expired_,
                 condition_ == Condition::kRunning && phase_ == Phase::kBridge && !expired_);
  const DoseGate::Verdict verdict = gate_.admit(*train, purpose);
  if (verdict.limit) {
    if (!alarms_.has(*verdict.limit)) {  // a safe state that stays at a ceiling is told once
      tell(out, EventCode::kGateCut, train->count, verdict.allowed,
           static_cast<std::uint8_t>(*verdict.limit));
    }
    const bool safe_already = condition_ == Condition::kSafeState;
    meet(fault_of_limit(*verdict.limit), out);
    if (!safe_already) return deliver(out);
    next_wake_ = std::min(until, now() + kHourBucket);  // room comes back bucket by bucket
    if (verdict.allowed == 0) {
      halt_motor(out);
      return;
    }
  }
  Train allowed = *train;
  allowed.count = verdict.allowed;
  engine_.run(allowed);
  out.motor = MotorOrder::kRun;
  out.train = allowed;
  if (allowed.count == most) next_wake_ = std::min(next_wake_, allowed.end());
}

std::int64_t Pump::steps_to_milestone() const {
  const std::int64_t given = given_steps();
  std::int64_t most = dry_at_ - given;
  const auto before = [&](std::int64_t step) {
    if (step > given) most = std::min(most, step - given);
  };
  before(low_at_);
  before(empty_at_);
  if (condition_ == Condition::kRunning && phase_ != Phase::kTherapy) {
    most = std::min(most, phase_last_step_ - engine_.commanded());
  }
  if (front_.change_on_its_way()) {
    most = std::min(most, divide_up(front_.until_tip_changes().raw(), model_.step.raw()));
  }
  return std::max<std::int64_t>(most, 1);
}

void Pump::halt_motor(Effects& out) {
  if (engine_.halted()) return;
  gate_.cut(now());
  engine_.halt(true);
  if (out.motor != MotorOrder::kPowerOff) out.motor = MotorOrder::kHalt;
}

void Pump::enter_safe_state(Effects& out) {
  end_bolus(true, out);
  gate_.cut(now());
  if (phase_ != Phase::kTherapy) end_phase(out);
  condition_ = Condition::kSafeState;
  engine_.halt(true);
  engine_.resume();
  set_basal();
  tell(out, EventCode::kSafeStateEntered, engine_.basal().raw());
}

FlowRate Pump::lower_safe_rate() const {
  return std::min(safe_rate(safe_at_tip_, model_.minimum_rate),
                  safe_rate(safe_in_reservoir_, model_.minimum_rate));
}

FlowRate Pump::fallback_flow() const {
  switch (ending_.fallback) {
    case Fallback::kStop:
      return FlowRate{0};
    case Fallback::kSafeState:
      return lower_safe_rate();
    case Fallback::kMinimumRate:
      break;
  }
  return model_.minimum_rate;
}

/// What has expired gives no more in the safe state than its fall-back does.
FlowRate Pump::safe_flow() const {
  return expired_ ? std::min(lower_safe_rate(), fallback_flow()) : lower_safe_rate();
}

void Pump::follow_clock() {
  clock_ = WallClock{clock_offset_, prescription_.zone};
  expiry_ = expiry_of(ending_, clock_offset_);
}

void Pump::start_bolus(BolusKind kind, const BolusDose& dose, Effects& out) {
  if (dose.volume.raw() <= 0 || dose.rate.raw() <= 0) return;
  bolus_ = RunningBolus{kind, dose};
  engine_.start_bolus(dose);
  if (kind == BolusKind::kPatient) {
    patients_bolus_ = dose.volume;
    patients_bolus_given_ = Volume{};
  }
  tell(out, EventCode::kBolusGranted, dose.volume.raw(), bolus_duration(dose).raw(),
       static_cast<std::uint8_t>(kind));
}

void Pump::end_bolus(bool cut, Effects& out) {
  if (!bolus_) return;
  const RunningBolus bolus = *bolus_;
  bolus_.reset();
  const Volume left = engine_.drop_bolus();
  const bool whole = !cut || left.raw() == 0;
  if (bolus.kind == BolusKind::kPatient) patients_bolus_given_ = bolus.dose.volume - left;
  tell(out, whole ? EventCode::kBolusCompleted : EventCode::kBolusCut, (bolus.dose.volume - left).raw(),
       bolus.dose.volume.raw(), static_cast<std::uint8_t>(bolus.kind));
}

// ---- what it knows --------------------------------------------------------------------------------------

Mode Pump::mode() const {
  if (condition_ == Condition::kSafeState) return Mode::kSafeState;
  if (condition_ != Condition::kRunning || alarms_.has(Alarm::kReservoirDry)) return Mode::kStopped;
  if (expired_) {
    switch (ending_.fallback) {
      case Fallback::kStop:
        return Mode::kStopped;
      case Fallback::kSafeState:
        return Mode::kSafeState;
      case Fallback::kMinimumRate:
        return Mode::kMinimumRate;
    }
  }
  if (lowered()) return Mode::kLowered;
  if (phase_ == Phase::kPrime) return Mode::kPrime;
  if (bolus_ && bolus_->kind == BolusKind::kPatient) return Mode::kPatientBolus;
  if (phase_ == Phase::kBridge) return Mode::kBridge;
  if (bolus_) return bolus_->kind == BolusKind::kSingle ? Mode::kSingleBolus : Mode::kPeriodicBolus;
  switch (prescription_.basal.mode) {
    case BasalMode::kStopped:
      return Mode::kStopped;
    case BasalMode::kMinimumRate:
      return Mode::kMinimumRate;
    case BasalMode::kSimpleContinuous:
      return Mode::kSimpleContinuous;
    case BasalMode::kFlex:
      return Mode::kFlex;
  }
  return Mode::kStopped;
}

Status Pump::status() const {
  Status status;
  status.mode = mode();
  status.flow = engine_.halted() ? FlowRate{0} : engine_.flow();
  status.prescription = prescription_.number;
  status.alarms = alarms_;
  status.reservoir_nominal = reservoir_.nominal(given_steps());
  status.reservoir_earliest = reservoir_.earliest(given_steps());
  status.formulation_in_reservoir = front_.in_reservoir().number;
  status.formulation_at_tip = front_.at_tip().number;
  status.until_reservoir_reaches_tip = front_.until_reservoir_reaches_tip();
  status.in_field = in_field_;
  status.naive = naive_;
  status.last_given = last_given_;
  status.steps_commanded = engine_.commanded();
  status.steps_missed = engine_.missed();
  status.largest_deviation_steps = gate_.largest_deviation();
  status.lowered_until = lowered() ? lowered_until_ : Instant{};
  status.supervised_until = supervised() ? supervised_until_ : Instant{};
  status.patients_bolus = patients_bolus_;
  status.patients_bolus_given = patients_bolus_given_;
  if (bolus_ && engine_.bolus_running()) {
    status.bolus_ends = engine_.bolus_end();
    if (bolus_->kind == BolusKind::kPatient)
      status.patients_bolus_given = bolus_->dose.volume - engine_.bolus_left();
  }
  const PatientBolusPolicy policy = this->policy();
  const std::size_t used = grants_.in_window(policy, now());
  status.boluses_left =
      used >= policy.allotted ? std::uint8_t{0} : static_cast<std::uint8_t>(policy.allotted - used);
  status.next_bolus_possible = std::max(grants_.lockout_over(policy), grants_.window_open(policy));
  if (supervised()) {
    const PatientBolusPolicy& later = prescription_.patient;
    const Instant after =
        std::max({grants_.lockout_over(later), grants_.window_open(later), supervised_until_});
    status.next_bolus_possible = std::min(status.next_bolus_possible, after);
  }
  return status;
}

CommandFailure Pump::refuse(Refusal refusal, Effects& out, std::uint32_t number, std::int64_t rule) {
  tell(out, EventCode::kCommandRefused, number, rule, static_cast<std::uint8_t>(refusal));
  CommandFailure failure;
  failure.refusal = refusal;
  return failure;
}

void Pump::tell(Effects& out, EventCode code, std::int64_t value, std::int64_t value2, std::uint8_t detail) {
  out.tell(Event{now(), code, detail, value, value2});
}

void Pump::raise(Effects& out, Alarm alarm) {
  if (alarms_.has(alarm)) return;
  if (alarms_.without(acknowledged_).bits() == 0) unacknowledged_since_ = now();
  alarms_.raise(alarm);
  next_sound_ = now();  // at once
  if (implanted()) next_wake_ = std::min(next_wake_, next_sound_);
  tell(out, EventCode::kAlarmRaised, 0, 0, static_cast<std::uint8_t>(alarm));
}

void Pump::clear(Effects& out, Alarm alarm) {
  if (!alarms_.has(alarm)) return;
  alarms_.clear(alarm);
  acknowledged_.clear(alarm);
  tell(out, EventCode::kAlarmCleared, 0, 0, static_cast<std::uint8_t>(alarm));
}

}  // namespace theca
