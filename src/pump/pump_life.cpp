/// The states of a life beyond running: another catheter, out of the patient, on the shelf again.

#include <algorithm>

#include "pump/pump.hpp"

namespace theca {

CommandResult Pump::revise(MotorReading reading, const Revision& revision,
                           const PrescriptionBytes& prescription, Effects& out) {
  sync(reading, out);
  if (!implanted()) return std::unexpected(refuse(Refusal::kNotImplanted, out));
  if (due_ && due_->at <= now()) decide(out);  // what is due at this moment belongs to what runs
  const FluidPath& path = revision.path;
  const auto in_range = [](Volume v) { return v.raw() >= 0 && v <= kMaxReservoir; };
  if (!in_range(path.tubing) || !in_range(path.catheter) || path.total().raw() <= 0)
    return std::unexpected(refuse(Refusal::kBadLimits, out));
  const Formulation& contents = revision.path_contents;
  const Formulation& reservoir = front_.in_reservoir();
  const bool known = contents.number == 0 || check(contents) == FormulationError::kNone;
  const bool one_number_two_contents = contents.number == reservoir.number && !(contents == reservoir);
  if (!known || one_number_two_contents) return std::unexpected(refuse(Refusal::kFormulationMismatch, out));
  DrugFront front{path.total(), contents};
  front.change_reservoir(reservoir);
  Bounds bounds = bounds_of(front, ceilings_, gate_);
  bounds.path = path;
  bounds.revision = true;
  const auto vetted = vet(prescription, reservoir, bounds, out);
  if (!vetted) return std::unexpected(vetted.error());

  end_bolus(true, out);
  if (phase_ != Phase::kTherapy) end_phase(out);
  path_ = path;
  front_ = front;
  tip_formulation_ = contents.number;
  tell(out, EventCode::kCatheterRevised, path.total().raw(), contents.number);
  take(*vetted, SupervisedFor::kRevision, out);
  decide(out);
  return {};
}

CommandResult Pump::explant(MotorReading reading, Effects& out) {
  sync(reading, out);
  if (!implanted()) return std::unexpected(refuse(Refusal::kNotImplanted, out));
  hold_motor(out);
  if (phase_ != Phase::kTherapy) end_phase(out);
  // Twice in the journal: should all else be lost, and one of them, it still gives nothing.
  tell(out, EventCode::kStopped, prescription_.number);
  tell(out, EventCode::kExplanted, prescription_.number);
  for (const AlarmRow& row : kAlarms) {
    if (row.clears != AlarmClears::kOnReplacement) clear(out, row.alarm);
  }
  condition_ = Condition::kExplanted;
  next_.reset();
  next_starts_ = kNever;
  due_.reset();
  held_ = in_field_ = naive_ = false;
  retry_at_ = kNever;
  supervised_until_ = Instant{};
  lowered_until_ = Instant{};
  path_ = {};
  next_wake_ = kNever;
  seal();
  decide(out);
  return {};
}

void Pump::forget() {
  Pump blank = without_patient({now(), engine_.commanded()});
  blank.gate_ = gate_;
  blank.gate_.forget_past();
  blank.battery_ = battery_;
  blank.extra_steps_ = extra_steps_;
  blank.pushed_steps_ = given_steps();
  blank.reported_ = blank.sensed_ = reported_;
  *this = blank;
}

/// A pump as new, but for its counts and for what no new patient ends.
Pump Pump::without_patient(MotorReading counts) const {
  Pump blank{model_};
  blank.engine_.count_on(counts.now, counts.reported);
  blank.gate_.count_on(counts.reported);
  blank.pushed_steps_ = blank.reported_ = blank.sensed_ = counts.reported;
  blank.newest_ = std::max(newest_, prescription_.number);
  for (const AlarmRow& row : kAlarms) {
    if (row.clears == AlarmClears::kOnReplacement && alarms_.has(row.alarm)) blank.alarms_.raise(row.alarm);
  }
  return blank;
}

}  // namespace theca
