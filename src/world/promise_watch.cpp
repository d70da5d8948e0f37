#include "world/promise_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "quantity/text.hpp"
#include "therapy/schedule.hpp"
#include "world/journal_file.hpp"

namespace theca {
namespace {

template <class Array>
void add_all(Array& to, const Array& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

bool label_is_kept(const Scenario& scenario) {
  const auto within = [&](std::int32_t ppm) { return std::abs(ppm) <= scenario.model.accuracy_ppm; };
  if (!within(scenario.flow_error_ppm)) return false;
  for (const ScenarioFault& fault : scenario.faults) {
    switch (fault.kind) {
      case FaultKind::kFlowError:
        if (!within(fault.flow_error_ppm)) return false;
        break;
      case FaultKind::kDrawnOff:
      case FaultKind::kExtraSteps:
      case FaultKind::kDoubledSteps:
      case FaultKind::kBitRot:
      case FaultKind::kStuckPage:
        return false;
      default:
        break;
    }
  }
  return std::none_of(scenario.visits.begin(), scenario.visits.end(),
                      [](const Visit& visit) { return visit.truly.has_value(); });
}

bool memory_is_sound(const Scenario& scenario) {
  return std::none_of(scenario.faults.begin(), scenario.faults.end(), [](const ScenarioFault& fault) {
    return fault.kind == FaultKind::kBitRot || fault.kind == FaultKind::kStuckPage;
  });
}

// What kMemoryLost tells, bit by bit (Pump::salvage).
constexpr unsigned kTherapyLost = 1U << 0, kSafeStatesLost = 1U << 2, kClockLost = 1U << 6;

/// The journal still says that the prescription which started last is over.
bool expiry_is_told(const Journal& journal) {
  const auto newest = journal.newest([](const JournalEntry& entry) {
    return entry.event.code == EventCode::kExpired || entry.event.code == EventCode::kPrescriptionStarted;
  });
  return newest && newest->event.code == EventCode::kExpired;
}

}  // namespace

void Tally::add(const Tally& other) {
  add_all(alarms, other.alarms);
  for (std::size_t i = 0; i < cells.size(); ++i) add_all(cells[i], other.cells[i]);
  add_all(refusals, other.refusals);
  add_all(modes, other.modes);
  add_all(events, other.events);
  calls += other.calls;
  link.add(other.link);
}

PromiseWatch::PromiseWatch(const Scenario& scenario)
    : model_(scenario.model),
      honest_(label_is_kept(scenario)),
      sound_memory_(memory_is_sound(scenario)),
      link_(sound_memory_) {}

/// Steps that the motor made because it was told to.
std::int64_t PromiseWatch::made_by(const Device& device) const {
  const std::int64_t made = device.steps() - device.wild_steps();
  const std::int64_t lost = lie_.loses_one_in == 0 ? 0 : made / lie_.loses_one_in;
  return made - lost + lie_.more_steps + (explanted_ ? lie_.more_once_explanted : 0);
}

Status PromiseWatch::seen(const Device& device) const {
  Status status = device.pump().status();
  if (lie_.silent_safe_state && status.mode == Mode::kSafeState) status.alarms = AlarmSet{};
  status.alarms = AlarmSet::of_bits(status.alarms.without(lie_.hidden).bits() | lie_.shown.bits());
  return status;
}

std::optional<std::string> PromiseWatch::look(const Device& device, const Effects& effects) {
  ++tally_.calls;
  link_.look(device, effects);
  if (link_.broken()) return link_.broken();
  const Pump& pump = device.pump();
  const Status status = seen(device);
  ++tally_.modes[static_cast<std::size_t>(status.mode)];
  if (beyond_telling_) return std::nullopt;
  if (effects.lost() > 0) return "INV-9: a call told more events than there is room for";
  const std::int64_t made = made_by(device);
  prescribe_until(pump.now());
  std::optional<std::string> wrong;
  for (const Event& event : effects.events()) {
    if (!wrong) wrong = follow(event, device, status);
  }
  if (wrong || beyond_telling_) return wrong;
  if (auto broken = counters(device, status)) return broken;
  if (explanted_) {
    return made > explanted_at_steps_ ? std::optional{std::string{"INV-7: an explanted pump made steps"}}
                                      : std::nullopt;
  }
  if (!pump.implanted()) return std::nullopt;
  if (auto broken = never_more(device, made)) return broken;
  if (auto broken = never_silently_less(device, status, made)) return broken;
  if (auto broken = windows(device, made)) return broken;
  if (status.mode == Mode::kSafeState && !status.alarms.any())
    return "INV-5: in the safe state with no alarm";
  if (device.wild_steps() > wild_) {
    wild_ = device.wild_steps();
    if (device.answers() && !status.alarms.has(Alarm::kOverDelivery))
      return "INV-2: more steps than told, and motor power is not off";
  }
  // At a refill the pump is told before the needle's work shows.
  const bool refilled = std::any_of(effects.events().begin(), effects.events().end(),
                                    [](const Event& event) { return event.code == EventCode::kRefilled; });
  if (honest_ && !refilled && device.ran_dry() != kNever && device.answers() &&
      !status.alarms.has(Alarm::kEmptyReservoir))
    return "INV-15: dry, within the label, and no empty alarm";
  return std::nullopt;
}

void PromiseWatch::prescribe_until(Instant now) {
  if (now <= now_) return;
  const Duration time = now - now_;
  if (!stopped_) {
    const Amount due = phase_ == Phase::kPrime ? Amount::over(running_.prime.rate, time)
                       : phase_ == Phase::kBridge
                           ? Amount::over(running_.bridge.rate, time)
                           : delivered_volume(running_, clock_, model_.minimum_rate, started_, now_, now);
    prescribed_ += lowered_ ? std::min(due, Amount::over(*lowered_, time)) : due;
  }
  if (bolus_) prescribed_ += bolus_due(*bolus_, now - bolus_began_) - bolus_due(*bolus_, now_ - bolus_began_);
  now_ = now;
}

void PromiseWatch::count(Fault fault, const Pump& pump) {
  ++tally_.cells[static_cast<std::size_t>(fault)][static_cast<std::size_t>(pump.drug_class())];
}

std::optional<std::string> PromiseWatch::follow(const Event& event, const Device& device,
                                                const Status& status) {
  const Pump& pump = device.pump();
  ++tally_.events[static_cast<std::size_t>(event.code)];
  switch (event.code) {
    case EventCode::kAlarmRaised: {
      ++tally_.alarms[event.detail];
      for (const FaultRow& row : kFaults) {
        const bool told_below = row.alarm == Alarm::kVolumeDisagrees;
        if (static_cast<std::uint8_t>(row.alarm) == event.detail && !told_below) count(row.fault, pump);
      }
      break;
    }
    case EventCode::kVolumeDisagrees:
      count(event.value < event.value2 ? Fault::kVolumeLess : Fault::kVolumeMore, pump);
      break;
    case EventCode::kImplanted:
      now_ = started_ = pump.now();
      prescribed_ = Amount::of(model_.step * device.steps());
      smallest_ahead_ = Volume{};
      explanted_ = false;
      break;
    case EventCode::kExplanted:
      explanted_ = true;
      explanted_at_steps_ = device.steps() - device.wild_steps();
      stopped_ = true;
      bolus_.reset();
      break;
    case EventCode::kPrescriptionStarted:
      running_ = pump.prescription();
      running_.schedule = {};
      running_.single = {};
      clock_ = pump.clock();
      started_ = pump.now();
      stopped_ = false;
      phase_ = Phase::kTherapy;
      bolus_.reset();
      ends_by_clock_ = 0;
      break;
    case EventCode::kLowered:
      lowered_ = FlowRate{event.value};
      break;
    case EventCode::kLoweredEnded:
      lowered_.reset();
      break;
    case EventCode::kClockSet:
      clock_ = ClockOffset{event.value};
      if (ends_by_clock_ != 0) running_.expires_utc_s = std::exchange(ends_by_clock_, 0);
      break;
    case EventCode::kPrimeStarted:
    case EventCode::kBridgeStarted:
      phase_ = event.code == EventCode::kPrimeStarted ? Phase::kPrime : Phase::kBridge;
      uncounted_ += event.value / model_.step.raw();
      break;
    case EventCode::kPrimeEnded:
    case EventCode::kBridgeEnded:
    case EventCode::kExpired:
      phase_ = Phase::kTherapy;
      break;
    case EventCode::kStopped:
      stopped_ = true;
      break;
    case EventCode::kResumed:
      stopped_ = false;
      break;
    case EventCode::kRefilled:
      forget_windows(device);  // the gate counts in steps of another fluid from here on
      break;
    case EventCode::kBolusGranted: {
      const auto kind = static_cast<BolusKind>(event.detail);
      const Prescription& p = pump.prescription();
      const BolusDose& dose = kind == BolusKind::kScheduled ? p.schedule.dose
                              : kind == BolusKind::kSingle  ? p.single
                                                            : p.patient.dose;
      bolus_ = BolusDose{Volume{event.value}, dose.rate};
      bolus_began_ = pump.now();
      if (kind != BolusKind::kPatient) break;
      grants_.push_back(pump.now());
      if (lie_.forgets_lockout) grants_.push_back(pump.now());
      if (status.in_field || status.alarms.any_critical())
        return "INV-7: a bolus while a critical alarm stands";
      const std::size_t n = grants_.size();
      if (n >= 2 && grants_[n - 1] - grants_[n - 2] < seconds(p.patient.lockout_s))
        return "INV-7: two boluses within the lockout";
      const std::size_t allotted = p.patient.allotted;
      if (n > allotted && grants_[n - 1] - grants_[n - 1 - allotted] < seconds(p.patient.window_s))
        return "INV-7: more boluses in a window than allotted";
      break;
    }
    case EventCode::kBolusCut:
    case EventCode::kBolusCompleted:
      bolus_.reset();
      break;
    case EventCode::kBolusRefused:
    case EventCode::kCommandRefused:
      ++tally_.refusals[event.detail];
      break;
    case EventCode::kStepsMissed:
      told_ += model_.step * (event.value * lie_.missed_times);
      break;
    case EventCode::kPowerReturned:
      if (event.detail == 0) {
        wild_ = device.wild_steps();  // the count of them is gone with the power
        // Time stood still since the last call, the motor did not; INV-8: no more than it was told to make.
        smallest_ahead_ += model_.step * event.value;
        uncounted_ += event.value;
      }
      pause_until_ = Instant{event.value2};  // the pump's own time, which event.at is not
      break;
    case EventCode::kMemoryLost:
      grants_
          .clear();  // nobody knows of them, nor of what fell when; the gate's ceilings are the safe state's
      forget_windows(device);
      // Hundreds of turned bits can take every word that said it was explanted, stopped, or over; then it is
      // what INV-5 says of a pump without a record. With one bit, or a few, it must still know.
      if (!sound_memory_) {
        const bool no_end = (event.detail & kTherapyLost) != 0 && (event.detail & kSafeStatesLost) != 0;
        const bool ended = expiry_of(running_, clock_) <= pump.now();
        const bool stood = ended && ending_of(running_).fallback == Fallback::kStop && no_end &&
                           !expiry_is_told(device.stored().journal());
        if (explanted_ ? pump.implanted() : (stopped_ || stood) && status.mode != Mode::kStopped)
          beyond_telling_ = true;
        if (no_end && !ended) running_.expires_utc_s = 0;
        if ((event.detail & kClockLost) != 0 && !no_end && !ended)  // nothing ends until the clock is set
          ends_by_clock_ = std::exchange(running_.expires_utc_s, 0);
      }
      time_is_lost_ = true;
      now_ = std::min(now_, pump.now());
      started_ = std::min(started_, now_);  // its time may begin anew
      commanded_ = 0;  // the count goes on from what the journal tells, up to six hours old
      break;
    default:
      break;
  }
  return std::nullopt;
}

/// Over any window: what was made less what was prescribed never rises by more than a step above its lowest.
std::optional<std::string> PromiseWatch::never_more(const Device& device, std::int64_t made) {
  const Volume ahead = model_.step * made - prescribed_.floor();
  if (time_is_lost_ || device.pump().status().alarms.has(Alarm::kOverDelivery)) {
    time_is_lost_ = false;
    smallest_ahead_ = ahead;  // it was found, and the motor is off
    return std::nullopt;
  }
  if (ahead > smallest_ahead_ + model_.step) {
    return fmt::format(
        "INV-1: {} more than prescribed since it was furthest behind, at {} of the pump's time",
        to_text(ahead - smallest_ahead_), to_text(Duration{device.pump().now().raw()}));
  }
  smallest_ahead_ = std::min(smallest_ahead_, ahead);
  return std::nullopt;
}

std::optional<std::string> PromiseWatch::never_silently_less(const Device& device, const Status& status,
                                                             std::int64_t made) {
  const Volume behind = prescribed_.floor() - model_.step * made;
  const bool quiet =
      !status.alarms.any() && !stopped_ && device.answers() && device.pump().now() >= pause_until_;
  const bool was_quiet = quiet_;
  quiet_ = quiet;
  if (!quiet || !was_quiet) {
    behind_ = behind;
    told_ = Volume{};
    return std::nullopt;
  }
  if (behind > behind_ + told_ + model_.step + nanolitres(1)) {
    return fmt::format("INV-3: {} less than prescribed and told, with no alarm, at {} of the pump's time",
                       to_text(behind - behind_ - told_), to_text(Duration{device.pump().now().raw()}));
  }
  if (behind + model_.step * 2 < behind_ + told_) {
    return fmt::format("INV-3: {} more was told to be missing than is, at {} of the pump's time",
                       to_text(behind_ + told_ - behind), to_text(Duration{device.pump().now().raw()}));
  }
  behind_ = std::min(behind_, behind);
  return std::nullopt;
}

std::optional<std::string> PromiseWatch::counters(const Device& device, const Status& status) {
  const std::int64_t commanded = status.steps_commanded - lie_.counter_back;
  if (commanded < commanded_) return "INV-8: the count of steps went back";
  // The last entry, and all that counts it, may be among the bits that turned.
  if (sound_memory_ && device.stored().entries_told() < entries_)
    return "INV-8: the journal's sequence went back";
  commanded_ = commanded;
  entries_ = device.stored().entries_told();
  return std::nullopt;
}

void PromiseWatch::forget_windows(const Device& device) {
  batches_.clear();
  batched_ = made_by(device);
  batched_at_ = device.pump().now();
}

/// Steps that surely fell into one hour, day or 30 days, against the ceilings that the gate holds.
std::optional<std::string> PromiseWatch::windows(const Device& device, std::int64_t made) {
  const Instant now = device.pump().now();
  if (made > batched_) {
    batches_.push_back({batched_at_, now, made - batched_});
    batched_ = made;
  }
  batched_at_ = now;
  while (!batches_.empty() && batches_.front().to + days(30) < now) batches_.pop_front();
  if (batches_.empty() || batches_.back().to != now) return std::nullopt;
  if (device.pump().status().alarms.has(Alarm::kOverDelivery))
    return std::nullopt;  // found; the motor is off
  const Ceilings ceilings = device.pump().gate().ceilings();
  std::int64_t sum = 0;
  const auto most = [&](Volume ceiling) {
    return ceiling.raw() / lie_.ceilings_divided_by / model_.step.raw() + uncounted_ + 2;
  };
  for (auto batch = batches_.rbegin(); batch != batches_.rend(); ++batch) {
    sum += batch->steps;
    const Duration within = now - batch->from;
    if (within <= hours(1) && sum > most(ceilings.hour)) return "INV-4: more in an hour than its ceiling";
    if (within <= days(1) && sum > most(ceilings.day)) return "INV-4: more in a day than its ceiling";
    if (within <= days(30) && sum > most(ceilings.thirty_days))
      return "INV-4: more in 30 days than the ceiling";
  }
  return std::nullopt;
}

std::optional<std::string> PromiseWatch::finish(const Device& device) {
  if (link_.broken()) return link_.broken();
  if (!sound_memory_) return std::nullopt;  // a turned bit of the journal is told as such by its check
  const std::string jsonl = journal_jsonl(device.stored().journal());
  const auto check = check_journal(jsonl);
  if (!check) return "INV-9: the journal cannot be read: " + check.error();
  if (!check->wrong.empty()) return "INV-9: " + check->wrong.front();
  return std::nullopt;
}

}  // namespace theca
