#pragma once
/// Plays one random life on the bench and tells it again to the reference model.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verify/bench_actuator.hpp"
#include "verify/random_life.hpp"
#include "verify/reference_model.hpp"
#include "verify/step_checks.hpp"

namespace theca::verify {

enum class Deed { kImplant, kPrescribe, kRefill, kStop, kResume, kCutBolus, kClock, kRequest };

struct LogEntry {
  std::int64_t t = 0;
  Deed deed = Deed::kRequest;
  std::optional<Prescription> prescription;
  RefillRecord refill;
  std::int64_t utc_ms_at_zero = 0;
  BolusAnswer answer;
};

enum class Kind {
  kOneTherapy,    // one prescription under the smallest ceilings it is legal under
  kChanges,       // prescriptions, fluids and clocks change under wide ceilings
  kTightChanges,  // one fluid; prescriptions change under ceilings just wide enough for each of them
};

struct Life {
  PumpModel model;
  Implantation setup;
  std::int64_t end_ms = 0;
  std::vector<LogEntry> log;
  std::vector<std::int64_t> step_ms;
  std::vector<Event> events;
  std::optional<std::string> front_differs;
  bool legal = false;
  bool daylight_saving = false;
};

class LifePlayer {
 public:
  LifePlayer(std::uint64_t seed, Kind kind, BenchActuator::Watch watch)
      : random_(seed), kind_(kind), watch_(watch) {}

  Life play() {
    life_.model = random_model(random_);
    life_.end_ms = random_.spread(6 * 3'600'000, 9 * kDayMs);
    on_.model = life_.model;
    on_.life_ms = life_.end_ms;
    on_.utc_ms_at_zero = 1'785'000'000'000 + random_.between(0, 400 * kDayMs);
    on_.daylight_saving = random_.one_in(2);
    implant();
    if (!life_.legal) return life_;
    Pump pump{life_.model};
    BenchActuator motor{pump, watch_};
    pump_ = &pump;
    motor_ = &motor;
    PlugFlow path{life_.setup.path.total().raw(), life_.setup.path_contents};
    path_ = &path;
    const auto done = pump.implant(motor.reading(), life_.setup, encode(first_), motor.out);
    motor.obey();
    if (!done) {
      life_.legal = false;
      return life_;
    }
    path.draw(0, life_.setup.refill.formulation);
    note({.t = 0,
          .deed = Deed::kImplant,
          .prescription = first_,
          .refill = life_.setup.refill,
          .utc_ms_at_zero = on_.utc_ms_at_zero,
          .answer = {}});
    const std::int64_t deeds = random_.between(2, 24);
    for (std::int64_t i = 0; i < deeds && motor.now() < life_.end_ms; ++i) {
      motor.run_to(std::min(life_.end_ms, motor.now() + random_.spread(1, life_.end_ms / 4)));
      follow_front();
      do_something();
    }
    motor.run_to(life_.end_ms);
    follow_front();
    life_.step_ms = std::move(motor.step_ms);
    life_.events = std::move(motor.events);
    return life_;
  }

 private:
  void note(LogEntry entry) { life_.log.push_back(std::move(entry)); }

  void implant() {
    Implantation& setup = life_.setup;
    const std::int64_t step = life_.model.step.raw();
    setup.path = {Volume{random_.spread(step, 40'000)}, Volume{random_.spread(step, 60'000)}};
    setup.clock = ClockOffset{on_.utc_ms_at_zero};
    setup.low_alarm = Volume{random_.spread(100'000, 4'000'000)};
    const std::int64_t left = random_.one_in(3) ? random_.between(0, 100'000) : 0;
    const std::int64_t fill =
        random_.one_in(3) ? random_.spread(20 * step, 1'000'000) : random_.between(5'000'000, 39'000'000);
    setup.refill = {Volume{fill}, Volume{left}, fluid(2, random_)};
    on_.path = setup.path;
    on_.reservoir = setup.refill.formulation;
    const std::int64_t contents = random_.between(0, 2);
    if (contents == 0) on_.dry = setup.path.total();
    if (contents == 1) setup.path_contents = setup.refill.formulation;
    if (contents == 2) setup.path_contents = fluid(1, random_);
    on_.at_tip = setup.path_contents.number;
    on_.until_at_tip = contents == 1 ? Volume{0} : setup.path.total();
    on_.bridge = random_.one_in(2);
    const auto written = write(true);
    if (!written) return;
    first_ = written->first;
    setup.ceilings =
        kind_ == Kind::kChanges ? widest_ceilings(life_.model) : loosened(random_, written->second);
    if (kind_ == Kind::kTightChanges && random_.one_in(2)) {
      const std::int64_t more = random_.between(1, 4);
      setup.ceilings = {setup.ceilings.hour * more, setup.ceilings.day * more,
                        setup.ceilings.thirty_days * more};
      const Ceilings most = widest_ceilings(life_.model);
      setup.ceilings.hour = std::min(setup.ceilings.hour, most.hour);
      setup.ceilings.day = std::min(setup.ceilings.day, most.day);
      setup.ceilings.thirty_days = std::min(setup.ceilings.thirty_days, most.thirty_days);
    }
    life_.legal = true;
  }

  /// Writes prescriptions until one is legal.
  std::optional<std::pair<Prescription, Ceilings>> write(bool first) {
    for (int i = 0; i < 100; ++i) {
      Prescription p = random_prescription(random_, on_);
      if (!first) p.single = {};
      const auto least = least_ceilings(p, on_.model, on_.path);
      const Ceilings most =
          first || kind_ == Kind::kChanges ? widest_ceilings(on_.model) : life_.setup.ceilings;
      if (!least || least->hour > most.hour || least->day > most.day || least->thirty_days > most.thirty_days)
        continue;
      if (p.zone.change_utc_s != 0) life_.daylight_saving = true;
      return std::pair{p, *least};
    }
    return std::nullopt;
  }

  void look_at_path(const DrugFront& front) {
    on_.at_tip = front.at_tip().number;
    on_.until_at_tip = front.until_reservoir_reaches_tip();
    on_.dry = front.at_tip().number == 0 ? front.until_tip_changes() : Volume{0};
    on_.now_ms = motor_->now();
    on_.number = static_cast<std::uint32_t>(++numbers_);
    on_.reservoir = front.in_reservoir();
  }

  void follow_front() {
    const auto pushed = static_cast<std::int64_t>(motor_->step_ms.size()) * life_.model.step.raw();
    motor_->out.clear();
    pump_->observe(motor_->reading(), motor_->out);
    motor_->obey();
    const DrugFront& front = pump_->front();
    if (!life_.front_differs && (front.at_tip().number != path_->at_tip(pushed).number ||
                                 front.until_reservoir_reaches_tip().raw() != path_->until_last(pushed))) {
      life_.front_differs = "at " + std::to_string(motor_->now()) + " ms the front says fluid " +
                            std::to_string(front.at_tip().number) + " and " +
                            std::to_string(front.until_reservoir_reaches_tip().raw()) + " nL, plug flow " +
                            std::to_string(path_->at_tip(pushed).number) + " and " +
                            std::to_string(path_->until_last(pushed));
    }
  }

  void request() {
    const std::int64_t burst = random_.between(1, 4);
    for (std::int64_t i = 0; i < burst; ++i) {
      const BolusAnswer answer =
          pump_->request_bolus(motor_->reading(), static_cast<std::uint32_t>(++requests_), motor_->out);
      motor_->obey();
      note({.t = motor_->now(),
            .deed = Deed::kRequest,
            .prescription = {},
            .refill = {},
            .utc_ms_at_zero = 0,
            .answer = answer});
      if (answer.refusal == Refusal::kNone && random_.one_in(4)) {
        motor_->run_to(std::min(life_.end_ms, motor_->now() + random_.spread(1, 600'000)));
        cut_bolus();
      }
      std::int64_t gap = random_.spread(1, 3'600'000);
      if (answer.refusal != Refusal::kNone && answer.next_possible.raw() > motor_->now() &&
          random_.one_in(2)) {
        gap = answer.next_possible.raw() - motor_->now() - random_.between(0, 1);  // to the millisecond
      }
      motor_->run_to(std::min(life_.end_ms, motor_->now() + gap));
    }
  }

  void cut_bolus() {
    if (pump_->cut_bolus(motor_->reading(), motor_->out))
      note({.t = motor_->now(),
            .deed = Deed::kCutBolus,
            .prescription = {},
            .refill = {},
            .utc_ms_at_zero = 0,
            .answer = {}});
    motor_->obey();
  }

  void do_something() {
    const std::int64_t choice = random_.between(0, 19);
    if (choice < 10) return request();
    if (choice < 12) {
      if (pump_->stop(motor_->reading(), motor_->out))
        note({.t = motor_->now(),
              .deed = Deed::kStop,
              .prescription = {},
              .refill = {},
              .utc_ms_at_zero = 0,
              .answer = {}});
      motor_->obey();
      motor_->run_to(std::min(life_.end_ms, motor_->now() + random_.spread(1, 8 * 3'600'000)));
      if (pump_->resume(motor_->reading(), motor_->out))
        note({.t = motor_->now(),
              .deed = Deed::kResume,
              .prescription = {},
              .refill = {},
              .utc_ms_at_zero = 0,
              .answer = {}});
      motor_->obey();
      return;
    }
    const std::int64_t holds =
        random_.one_in(3) ? random_.spread(1'000, 1'000'000) : random_.between(5'000'000, 39'000'000);
    if (choice < 14 || kind_ == Kind::kOneTherapy) {
      const RefillRecord same{Volume{holds}, Volume{0}, pump_->front().in_reservoir()};
      if (pump_->refill(motor_->reading(), same, nullptr, motor_->out))
        note({.t = motor_->now(),
              .deed = Deed::kRefill,
              .prescription = {},
              .refill = same,
              .utc_ms_at_zero = 0,
              .answer = {}});
      motor_->obey();
      return;
    }
    if (kind_ == Kind::kTightChanges) return prescribe();
    if (choice < 16) return set_clock();
    if (choice < 18) return prescribe();
    other_fluid(holds);
  }

  void set_clock() {
    if (life_.daylight_saving) return;
    on_.utc_ms_at_zero += (random_.one_in(2) ? 1 : -1) * random_.spread(1'000, 3 * kDayMs);
    pump_->set_clock(motor_->reading(), ClockOffset{on_.utc_ms_at_zero}, motor_->out);
    motor_->obey();
    note({.t = motor_->now(),
          .deed = Deed::kClock,
          .prescription = {},
          .refill = {},
          .utc_ms_at_zero = on_.utc_ms_at_zero,
          .answer = {}});
  }

  void prescribe() {
    look_at_path(pump_->front());
    on_.bridge = random_.one_in(2) || pump_->mode() == Mode::kBridge;
    on_.may_start_later = kind_ != Kind::kOneTherapy;
    const auto written = write(false);
    if (!written) return;
    const auto done = pump_->prescribe(motor_->reading(), encode(written->first), motor_->out);
    motor_->obey();
    if (done)
      note({.t = motor_->now(),
            .deed = Deed::kPrescribe,
            .prescription = written->first,
            .refill = {},
            .utc_ms_at_zero = 0,
            .answer = {}});
  }

  void other_fluid(std::int64_t holds) {
    DrugFront front = pump_->front();
    const Formulation next = fluid(static_cast<std::uint32_t>(++fluids_), random_);
    if (!front.change_reservoir(next)) return;
    look_at_path(front);
    on_.bridge = !random_.one_in(3) || pump_->mode() == Mode::kBridge;
    on_.may_start_later = false;
    const auto written = write(false);
    if (!written) return;
    const RefillRecord refill{Volume{holds}, Volume{0}, next};
    const PrescriptionBytes bytes = encode(written->first);
    const auto done = pump_->refill(motor_->reading(), refill, &bytes, motor_->out);
    motor_->obey();
    if (!done) return;
    path_->draw(static_cast<std::int64_t>(motor_->step_ms.size()) * life_.model.step.raw(), next);
    note({.t = motor_->now(),
          .deed = Deed::kRefill,
          .prescription = written->first,
          .refill = refill,
          .utc_ms_at_zero = 0,
          .answer = {}});
  }

  Random random_;
  Kind kind_;
  BenchActuator::Watch watch_;
  Life life_;
  Occasion on_;
  Prescription first_;
  Pump* pump_ = nullptr;
  BenchActuator* motor_ = nullptr;
  PlugFlow* path_ = nullptr;
  std::int64_t numbers_ = 1, requests_ = 0, fluids_ = 2;
};

inline Life play_life(std::uint64_t seed, Kind kind,
                      BenchActuator::Watch watch = BenchActuator::Watch::kDeviations) {
  return LifePlayer{seed, kind, watch}.play();
}

/// Refusals for reasons that the reference model reckons itself.
inline bool model_knows(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNoPatientBolus:
    case Refusal::kLockout:
    case Refusal::kAllottedUsed:
    case Refusal::kOutsideHours:
    case Refusal::kOtherBolusRunning:
    case Refusal::kMode:
    case Refusal::kReservoirEmpty:
      return true;
    default:
      return false;
  }
}

/// The life told to the model. `differs` names the first request on which pump and model disagree.
struct Retold {
  ReferenceModel model;
  std::optional<std::string> differs;
};

/// When a prescription began whose start the pump put off because of the past (INV-4); nothing for any other.
inline std::optional<std::int64_t> put_off_to(const Life& life, std::uint32_t number) {
  const auto told = [&](EventCode code) {
    return std::find_if(life.events.begin(), life.events.end(),
                        [&](const Event& event) { return event.code == code && event.value == number; });
  };
  if (told(EventCode::kStartPutOff) == life.events.end()) return std::nullopt;
  const auto began = told(EventCode::kPrescriptionStarted);
  return began == life.events.end() ? kFar : began->at.raw();
}

inline Retold retell(const Life& life) {
  Retold told{ReferenceModel{life.model, life.step_ms}, std::nullopt};
  for (const LogEntry& entry : life.log) {
    const Prescription* p = entry.prescription ? &*entry.prescription : nullptr;
    switch (entry.deed) {
      case Deed::kImplant:
        told.model.implant(entry.t, entry.utc_ms_at_zero, (entry.refill.filled + entry.refill.left_in).raw(),
                           *p, life.setup.path.total().raw(), life.setup.path_contents.number);
        break;
      case Deed::kPrescribe:
        told.model.prescribe(entry.t, *p, put_off_to(life, p->number));
        break;
      case Deed::kRefill:
        told.model.refill(entry.t, (entry.refill.filled + entry.refill.left_in).raw(), p);
        break;
      case Deed::kStop:
        told.model.stop(entry.t);
        break;
      case Deed::kResume:
        told.model.resume(entry.t);
        break;
      case Deed::kCutBolus:
        told.model.cut_bolus(entry.t);
        break;
      case Deed::kClock:
        told.model.set_clock(entry.t, entry.utc_ms_at_zero);
        break;
      case Deed::kRequest: {
        const bool may = told.model.may_request(entry.t);
        const bool granted = entry.answer.refusal == Refusal::kNone;
        // A reservoir too low for the bolus is refused before it is empty.
        const bool by_level = entry.answer.refusal == Refusal::kReservoirEmpty;
        if (!told.differs &&
            ((granted && !may) || (!granted && may && model_knows(entry.answer.refusal) && !by_level))) {
          told.differs = "request at " + std::to_string(entry.t) + " ms: pump says " +
                         row_of(entry.answer.refusal).name + ", the model " + (may ? "may" : "may not");
        }
        if (granted) told.model.grant(entry.t);
        break;
      }
    }
  }
  told.model.run_to(life.end_ms);
  return told;
}

inline std::int64_t count_of(const Life& life, EventCode code, int detail = -1) {
  return std::ranges::count_if(
      life.events, [&](const Event& e) { return e.code == code && (detail < 0 || e.detail == detail); });
}
inline std::int64_t count_of(const Life& life, Refusal refusal) {
  return count_of(life, EventCode::kBolusRefused, static_cast<int>(refusal));
}

}  // namespace theca::verify
