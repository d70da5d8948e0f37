/// What people tell the pump: each command is vetted whole before any of it is taken.

#include <algorithm>

#include "pump/pump.hpp"

namespace theca {
namespace {

constexpr Instant start_of(const Prescription& p, ClockOffset clock) {
  return Instant{p.starts_utc_s * 1'000 - clock.utc_ms_at_zero};
}

constexpr bool in_range(Volume v) { return v.raw() >= 0 && v <= kMaxReservoir; }

/// Ceilings widen with the window and none is above what the actuator can give in that time.
constexpr bool plausible(const PumpModel& model, const FluidPath& path, const Ceilings& ceilings) {
  const auto most = [&](Duration window) {
    return Amount::over(model.max_flow, window).floor() + model.step * 2;
  };
  return in_range(path.tubing) && in_range(path.catheter) && path.total().raw() > 0 &&
         ceilings.hour.raw() > 0 && ceilings.hour <= most(hours(1) + kHourBucket) &&
         ceilings.day <= most(days(1) + kDayBucket) &&
         ceilings.thirty_days <= most(days(30) + kThirtyDayBucket) && ceilings.day >= ceilings.hour &&
         ceilings.thirty_days >= ceilings.day;
}

/// What was given counts on in steps of the new fluid: by the largest ratio of a drug that both hold.
void rescale(DoseGate& gate, const Formulation& old_fluid, const Formulation& new_fluid) {
  std::int64_t numerator = 0, denominator = 1;
  for (const Component& part : new_fluid.parts()) {
    const std::int64_t old_concentration = concentration_of(old_fluid, part.drug).raw();
    const bool larger = old_concentration * denominator > numerator * part.concentration.raw();
    if (larger) {
      numerator = old_concentration;
      denominator = part.concentration.raw();
    }
  }
  if (numerator > 0) gate.rescale_past(numerator, denominator);
}

}  // namespace

CommandResult Pump::implant(MotorReading reading, const Implantation& setup,
                            const PrescriptionBytes& prescription, Effects& out) {
  sync(reading, out);
  if (alarms_.has(Alarm::kOverDelivery)) return std::unexpected(refuse(Refusal::kMotorFault, out));
  if (implanted()) return std::unexpected(refuse(Refusal::kAlreadyImplanted, out));
  if (!plausible(model_, setup.path, setup.ceilings) || !in_range(setup.low_alarm)) {
    return std::unexpected(refuse(Refusal::kBadLimits, out));
  }
  if (setup.refill.filled.raw() < 0 || setup.refill.left_in.raw() < 0 ||
      setup.refill.filled + setup.refill.left_in > model_.capacity) {
    return std::unexpected(refuse(Refusal::kOverfill, out));
  }
  const Formulation& contents = setup.path_contents;
  const bool known = contents.number == 0 || check(contents) == FormulationError::kNone;
  const bool one_number_two_contents =
      contents.number == setup.refill.formulation.number && !(contents == setup.refill.formulation);
  if (!known || one_number_two_contents) return std::unexpected(refuse(Refusal::kFormulationMismatch, out));
  DrugFront front{setup.path.total(), contents};
  front.change_reservoir(setup.refill.formulation);
  DoseGate gate = gate_;
  gate.set_ceilings(setup.ceilings);
  Bounds bounds = bounds_of(front, setup.ceilings, gate);
  bounds.path = setup.path;
  bounds.clock = setup.clock;
  const auto vetted = vet(prescription, setup.refill.formulation, bounds, out);
  if (!vetted) return std::unexpected(vetted.error());

  ceilings_ = setup.ceilings;
  path_ = setup.path;
  clock_offset_ = setup.clock;
  gate_.set_ceilings(ceilings_);
  low_alarm_ = setup.low_alarm;
  front_ = front;
  tip_formulation_ = setup.path_contents.number;
  sensed_ = reading.reported;
  last_given_ = now();
  pushed_steps_ = given_steps();
  grants_ = PatientGrants{};
  naive_ = false;
  tell(out, EventCode::kImplanted, path_.total().raw(), model_.code);
  condition_ = Condition::kRunning;
  safe_at_tip_ = vetted->safe_state;
  const RefillRecord& first = setup.refill;
  fill_reservoir(first.filled + first.left_in);
  tell(out, EventCode::kRefilled, (first.filled + first.left_in).raw(), first.formulation.number);
  take(*vetted, SupervisedFor::kImplantation, out);
  follow_levels(out);
  decide(out);
  return {};
}

CommandResult Pump::refill(MotorReading reading, const RefillRecord& refill, const PrescriptionBytes* with,
                           Effects& out) {
  sync(reading, out);
  if (!implanted()) return std::unexpected(refuse(Refusal::kNotImplanted, out));
  if (due_ && due_->at <= now()) decide(out);  // what is due at this moment belongs to what runs
  const Volume holds = refill.filled + refill.left_in;
  if (refill.filled.raw() < 0 || refill.left_in.raw() < 0 || holds > model_.capacity) {
    return std::unexpected(refuse(Refusal::kOverfill, out));
  }
  if (check(refill.formulation) != FormulationError::kNone) {
    return std::unexpected(refuse(Refusal::kFormulationMismatch, out));
  }
  const bool another = !(refill.formulation == front_.in_reservoir());
  if (naive_ && with == nullptr) return std::unexpected(refuse(Refusal::kNaivePatient, out));
  const bool said = refill.aspirated.has_value();
  if (said && (refill.aspirated->raw() < 0 || *refill.aspirated > kMaxReservoir)) {
    return std::unexpected(refuse(Refusal::kBadLimits, out));
  }
  const Aspiration seen = said ? aspiration(refill) : Aspiration{};
  if (seen.was_empty && with == nullptr) return std::unexpected(refuse(Refusal::kWasEmpty, out));
  const bool was_empty =
      seen.was_empty || alarms_.has(Alarm::kReservoirDry) || alarms_.has(Alarm::kEmptyReservoir);
  if (another && with == nullptr) return std::unexpected(refuse(Refusal::kFormulationMismatch, out));
  if (another && refill.formulation.number == front_.in_reservoir().number) {
    return std::unexpected(refuse(Refusal::kFormulationMismatch, out));  // one number, two contents
  }
  DrugFront front = front_;
  if (!front.change_reservoir(refill.formulation))
    return std::unexpected(refuse(Refusal::kTooManyFluids, out));
  DoseGate gate = gate_;
  gate.cut(now());
  if (another) rescale(gate, front_.in_reservoir(), refill.formulation);
  const Ceilings ceilings = refill.ceilings.value_or(ceilings_);
  if (!plausible(model_, path_, ceilings)) return std::unexpected(refuse(Refusal::kBadLimits, out));
  gate.set_ceilings(ceilings);
  std::optional<Prescription> taken;
  if (with != nullptr) {
    const auto vetted = vet(*with, refill.formulation, bounds_of(front, ceilings, gate), out);
    if (!vetted) return std::unexpected(vetted.error());
    const bool later = vetted->starts_utc_s != 0 && start_of(*vetted, clock_offset_) > now();
    if (later && (naive_ || seen.was_empty))  // the old dose would run meanwhile
      return std::unexpected(refuse(Refusal::kStartsLater, out, vetted->number));
    taken = *vetted;
  } else if (refill.ceilings &&
             (!check(prescription_, model_, path_, ceilings, prescription_.number).empty() ||
              !fits_after_past(prescription_, gate) ||
              (next_ && !check(*next_, model_, path_, ceilings, next_->number).empty()))) {
    return std::unexpected(refuse(Refusal::kPrescriptionRule, out, prescription_.number));
  }

  front_ = front;
  gate_ = gate;
  ceilings_ = ceilings;
  if (said) tell(out, EventCode::kAspirated, seen.found.raw(), seen.expected.raw());
  fill_reservoir(holds);
  tell(out, EventCode::kRefilled, holds.raw(), refill.formulation.number);
  for (const Alarm alarm : {Alarm::kReservoirDry, Alarm::kEmptyReservoir, Alarm::kLowReservoir})
    clear(out, alarm);
  seal();
  if (seen.cause) disagree(*seen.cause, seen.found, seen.expected, out);
  const auto why = was_empty ? std::optional{SupervisedFor::kEmptyRefill} : std::nullopt;
  if (taken) {
    take(*taken, why, out);
  } else if (why) {
    supervise(*why, out);
  }
  follow_levels(out);
  decide(out);
  return {};
}

CommandResult Pump::prescribe(MotorReading reading, const PrescriptionBytes& bytes, Effects& out,
                              const Ceilings* ceilings) {
  sync(reading, out);
  if (!implanted()) return std::unexpected(refuse(Refusal::kNotImplanted, out));
  if (due_ && due_->at <= now()) decide(out);  // what is due at this moment belongs to what runs
  const Ceilings under = ceilings == nullptr ? ceilings_ : *ceilings;
  if (!plausible(model_, path_, under)) return std::unexpected(refuse(Refusal::kBadLimits, out));
  const bool others = !(under == ceilings_);
  DoseGate gate = gate_;
  if (others) gate.set_ceilings(under);
  const auto vetted = vet(bytes, front_.in_reservoir(), bounds_of(front_, under, gate), out);
  if (!vetted) return std::unexpected(vetted.error());
  const bool later = vetted->starts_utc_s != 0 && start_of(*vetted, clock_offset_) > now();
  if (others && later &&  // what runs until then runs under them as well
      (!check(prescription_, model_, path_, under, prescription_.number).empty() ||
       !fits_after_past(prescription_, gate))) {
    return std::unexpected(refuse(Refusal::kPrescriptionRule, out, prescription_.number));
  }
  if (others) {
    ceilings_ = under;
    gate_ = gate;
    tell(out, EventCode::kCeilingsSet, ceilings_.hour.raw(), ceilings_.day.raw());
  }
  take(*vetted, std::nullopt, out);
  decide(out);
  return {};
}

CommandResult Pump::stop(MotorReading reading, Effects& out) {
  sync(reading, out);
  if (!implanted()) return std::unexpected(refuse(Refusal::kNotImplanted, out));
  if (condition_ == Condition::kMotorOff) return std::unexpected(refuse(Refusal::kMotorFault, out));
  end_bolus(true, out);
  if (condition_ != Condition::kStopped) stopped_from_ = condition_;
  condition_ = Condition::kStopped;
  tell(out, EventCode::kStopped, prescription_.number);
  decide(out);
  return {};
}

CommandResult Pump::resume(MotorReading reading, Effects& out) {
  sync(reading, out);
  if (condition_ != Condition::kStopped) return std::unexpected(refuse(Refusal::kNothingToResume, out));
  if (naive_) return std::unexpected(refuse(Refusal::kNaivePatient, out));
  condition_ = stopped_from_;
  tell(out, EventCode::kResumed, prescription_.number);
  supervise(SupervisedFor::kRestart, out);
  decide(out);
  return {};
}

CommandResult Pump::lower(MotorReading reading, Duration hold, Effects& out) {
  sync(reading, out);
  if (!implanted()) return std::unexpected(refuse(Refusal::kNotImplanted, out));
  if (condition_ == Condition::kMotorOff) return std::unexpected(refuse(Refusal::kMotorFault, out));
  if (hold.raw() <= 0 || hold > kLongestLowered) return std::unexpected(refuse(Refusal::kBadLimits, out));
  if (condition_ != Condition::kRunning)
    return {};  // stopped, or in its safe state: it gives no more already
  end_bolus(true, out);
  lowered_until_ = now() + hold;
  set_basal();
  tell(out, EventCode::kLowered, safe_flow().raw(), lowered_until_.raw());
  raise(out, Alarm::kLowered);
  decide(out);
  return {};
}

CommandResult Pump::cut_bolus(MotorReading reading, Effects& out) {
  sync(reading, out);
  if (!bolus_ || !engine_.bolus_running()) return std::unexpected(refuse(Refusal::kNoBolusRunning, out));
  end_bolus(true, out);
  set_basal();
  decide(out);
  return {};
}

void Pump::end_lowered(Effects& out) {
  lowered_until_ = Instant{};
  tell(out, EventCode::kLoweredEnded);
  clear(out, Alarm::kLowered);
}

CommandResult Pump::set_ceilings(MotorReading reading, const Ceilings& ceilings, Effects& out) {
  sync(reading, out);
  if (!implanted()) return std::unexpected(refuse(Refusal::kNotImplanted, out));
  if (!plausible(model_, path_, ceilings)) return std::unexpected(refuse(Refusal::kBadLimits, out));
  DoseGate gate = gate_;
  gate.set_ceilings(ceilings);
  for (const Prescription* p : {&prescription_, next_ ? &*next_ : &prescription_}) {
    const Violations found = check(*p, model_, path_, ceilings, p->number);
    if (!found.empty()) {
      CommandFailure failure = refuse(Refusal::kPrescriptionRule, out, p->number);
      failure.violation = found.all()[0];
      return std::unexpected(failure);
    }
  }
  if (!fits_after_past(prescription_, gate)) return std::unexpected(refuse(Refusal::kCeilingAfterPast, out));
  ceilings_ = ceilings;
  gate_ = gate;
  seal();
  tell(out, EventCode::kCeilingsSet, ceilings.hour.raw(), ceilings.day.raw());
  decide(out);
  return {};
}

void Pump::set_clock(MotorReading reading, ClockOffset offset, Effects& out) {
  sync(reading, out);
  if (due_ && due_->at <= now()) decide(out);  // what is due at this moment is due by the clock that was
  tell(out, EventCode::kClockSet, offset.utc_ms_at_zero,
       offset.utc_ms_at_zero - clock_offset_.utc_ms_at_zero);
  clear(out, Alarm::kClockUncertain);
  if (at_times_of_day())
    skip_boluses_before(now() + milliseconds(1), out);  // those that still wait for their turn
  clock_offset_ = offset;
  follow_clock();
  seal();
  if (next_) next_starts_ = start_of(*next_, offset);
  if (due_ && at_times_of_day())  // what the clock leaps over is not caught up
    due_ = next_by_new_clock(prescription_.schedule, clock_, now(), last_at_time_of_day_);
  decide(out);
}

void Pump::acknowledge_alarms(MotorReading reading, Effects& out) {
  sync(reading, out);
  if (alarms_.has(Alarm::kVolumeDisagrees)) reservoir_.accept();
  tell(out, EventCode::kAlarmsAcknowledged);
  for (const AlarmRow& row : kAlarms) {
    // What put the pump into its safe state tells why until a prescription ends it.
    const bool explains = row.alarm == Alarm::kVolumeDisagrees &&
                          (condition_ == Condition::kSafeState || stopped_from_ == Condition::kSafeState);
    if (row.clears == AlarmClears::kOnAcknowledge && !explains) clear(out, row.alarm);
  }
  acknowledged_ = alarms_;
  next_sound_ =
      now() + (alarms_.any_critical() ? kCriticalRepeatAcknowledged : kNonCriticalRepeatAcknowledged);
  decide(out);
}

Pump::Bounds Pump::bounds_of(const DrugFront& front, const Ceilings& ceilings, const DoseGate& gate) const {
  const bool dry = front.at_tip().number == 0;
  return {path_,
          ceilings,
          &gate,
          clock_offset_,
          front.at_tip().number,
          front.until_reservoir_reaches_tip(),
          front.until_tip_changes(),
          dry ? front.until_tip_changes() : Volume{0}};
}

/// Would this prescription be right for a pump whose reservoir holds `reservoir`?
std::expected<Prescription, CommandFailure> Pump::vet(const PrescriptionBytes& bytes,
                                                      const Formulation& reservoir, const Bounds& bounds,
                                                      Effects& out) {
  if (condition_ == Condition::kMotorOff) return std::unexpected(refuse(Refusal::kMotorFault, out));
  const auto decoded = decode(bytes);
  if (!decoded) {
    CommandFailure failure = refuse(Refusal::kPrescriptionMalformed, out);
    failure.malformed = decoded.error();
    return std::unexpected(failure);
  }
  const Prescription& p = *decoded;
  const Violations found = check(p, model_, bounds.path, bounds.ceilings, newest_ + 1);
  if (!found.empty()) {
    const Violation& first = found.all()[0];
    CommandFailure failure =
        refuse(Refusal::kPrescriptionRule, out, p.number, static_cast<std::int64_t>(first.rule));
    failure.violation = first;
    return std::unexpected(failure);
  }
  const auto no = [&](Refusal refusal) { return std::unexpected(refuse(refusal, out, p.number)); };
  if (!(p.formulation == reservoir)) return no(Refusal::kFormulationMismatch);
  if (p.prime.volume > bounds.dry) return no(Refusal::kPrimeNotAllowed);

  const bool bridges = p.bridge.volume.raw() > 0;
  const bool bridging = phase_ == Phase::kBridge && !bounds.revision;
  if (bridging && !bridges) return no(Refusal::kBridgeRunning);
  if (bridges) {
    const Volume off = bounds.until_at_tip - p.bridge.volume;
    const bool fits = off >= nanolitres(0) && off < model_.step && bounds.one_fluid == bounds.until_at_tip;
    if (!fits || p.bridge.from_formulation != bounds.at_tip) return no(Refusal::kBridgeMismatch);
  }
  const bool unbridged = bounds.at_tip != 0 && bounds.until_at_tip.raw() > 0 && !bridges;
  if (unbridged && p.single.volume.raw() > 0) return no(Refusal::kFrontInPath);
  if (p.expires_utc_s != 0 && expiry_of(p, bounds.clock) <= now()) return no(Refusal::kExpiredAlready);
  const bool later = p.starts_utc_s != 0 && start_of(p, bounds.clock) > now();
  const bool at_once = bridges || p.prime.volume.raw() > 0 || condition_ != Condition::kRunning ||
                       !(p.formulation == prescription_.formulation);
  if (later && at_once) return no(Refusal::kStartsLater);
  if (!later && !fits_after_past(p, *bounds.gate)) return no(Refusal::kCeilingAfterPast);
  return p;
}

bool Pump::fits_after_past(const Prescription& p, const DoseGate& gate) const {
  return gate.fits_after_past(now(),
                              [&](Duration time) { return worst_case_volume(p, model_.minimum_rate, time); });
}

void Pump::take(const Prescription& prescription, std::optional<SupervisedFor> why, Effects& out) {
  const Instant starts = prescription.starts_utc_s == 0 ? now() : start_of(prescription, clock_offset_);
  newest_ = prescription.number;
  tell(out, EventCode::kPrescriptionTaken, prescription.number, starts.raw());
  if (starts > now()) {
    next_ = prescription;
    next_starts_ = starts;
    seal();
    if (why) supervise(*why, out);  // for what runs until then
    return;
  }
  start(prescription, why, out);
}

}  // namespace theca
