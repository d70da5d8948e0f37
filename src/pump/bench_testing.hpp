#pragma once
/// A pump on the bench: a motor that obeys it step by step and can be told to fail, wakes on time, every
/// event kept.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pump/pump.hpp"
#include "therapy/prescription_testing.hpp"

namespace theca::example {

/// A pump as it is implanted in most tests: 40 mL of `formulation` over a path of 0.375 mL that holds the
/// same.
inline Implantation setup_with(const Formulation& formulation) {
  Implantation setup;
  setup.path = kPath;
  setup.path_contents = formulation;
  setup.ceilings = kWidest;
  setup.low_alarm = kRoller.low_alarm;
  setup.clock = kMonday8;
  setup.refill.filled = kRoller.capacity;
  setup.refill.formulation = formulation;
  return setup;
}
inline Implantation dry_setup_with(const Formulation& formulation) {
  Implantation setup = setup_with(formulation);
  setup.path_contents = Formulation{};
  return setup;
}

class Bench {
 public:
  explicit Bench(const PumpModel& model = kRoller) : pump(model) {}
  /// Implanted, at Instant 0.
  Bench(const Implantation& setup, const Prescription& prescription, const PumpModel& model = kRoller)
      : pump(model) {
    const CommandResult done = implant(setup, prescription);
    if (done) return;
    std::string why = row_of(done.error().refusal).name;
    if (done.error().violation)
      why += ", rule " + std::to_string(static_cast<int>(done.error().violation->rule));
    throw std::runtime_error("the pump refused its first prescription: " + why);
  }

  Pump pump;
  std::vector<Event> events;
  std::vector<Instant> steps;  // made by the motor
  std::vector<std::pair<Instant, AlarmClass>> sounds;
  std::int64_t swallow = 0;  // so many of the next steps do not come, although the motor is told to make them

  // ---- commands ---------------------------------------------------------------------------------------
  CommandResult implant(const Implantation& setup, const Prescription& p) {
    return give(
        [&](MotorReading reading, Effects& out) { return pump.implant(reading, setup, encode(p), out); });
  }
  CommandResult prescribe(const Prescription& p) { return prescribe(encode(p)); }
  CommandResult prescribe(const PrescriptionBytes& bytes) {
    return give([&](MotorReading reading, Effects& out) { return pump.prescribe(reading, bytes, out); });
  }
  CommandResult refill(const RefillRecord& record, const Prescription* with = nullptr) {
    std::optional<PrescriptionBytes> bytes;
    if (with != nullptr) bytes = encode(*with);
    return give([&](MotorReading reading, Effects& out) {
      return pump.refill(reading, record, bytes ? &*bytes : nullptr, out);
    });
  }
  CommandResult stop() {
    return give([&](MotorReading reading, Effects& out) { return pump.stop(reading, out); });
  }
  CommandResult resume() {
    return give([&](MotorReading reading, Effects& out) { return pump.resume(reading, out); });
  }
  CommandResult set_ceilings(const Ceilings& ceilings) {
    return give(
        [&](MotorReading reading, Effects& out) { return pump.set_ceilings(reading, ceilings, out); });
  }
  void shift_clock(Duration by) {
    clock_.utc_ms_at_zero += by.raw();
    give([&](MotorReading reading, Effects& out) { return pump.set_clock(reading, clock_, out), 0; });
  }
  CommandResult lower(Duration hold) {
    return give([&](MotorReading reading, Effects& out) { return pump.lower(reading, hold, out); });
  }
  CommandResult cut_bolus() {
    return give([&](MotorReading reading, Effects& out) { return pump.cut_bolus(reading, out); });
  }
  BolusAnswer press() {
    return give(
        [&](MotorReading reading, Effects& out) { return pump.request_bolus(reading, ++presses_, out); });
  }
  CommandResult revise(const Revision& revision, const Prescription& p) {
    return give(
        [&](MotorReading reading, Effects& out) { return pump.revise(reading, revision, encode(p), out); });
  }
  CommandResult explant() {
    return give([&](MotorReading reading, Effects& out) { return pump.explant(reading, out); });
  }
  void sense(Volume volume) {
    give([&](MotorReading reading, Effects& out) { return pump.sense_volume(reading, volume, out), 0; });
  }
  void telemetry(Telemetry what) {
    give([&](MotorReading reading, Effects& out) { return pump.telemetry(reading, what, out), 0; });
  }
  /// Power goes and is back at once; with clock and count, or without.
  void lose_power(bool kept, PowerCause cause = PowerCause::kUnknown, std::uint8_t failed_tests = 0) {
    train_.reset();
    give([&](MotorReading reading, Effects& out) {
      pump.power_returned({reading, kept, cause, failed_tests}, out);
      return 0;
    });
  }
  /// Time passes and nobody wakes the pump before the button is pressed.
  BolusAnswer press_at(Instant t) {
    make_steps(t);
    now_ = t;
    return press();
  }
  void acknowledge() {
    give([&](MotorReading reading, Effects& out) { return pump.acknowledge_alarms(reading, out), 0; });
  }
  /// The field holds the rotor as well.
  void magnetic_field(bool present) {
    give([&](MotorReading reading, Effects& out) { return pump.magnetic_field(reading, present, out), 0; });
  }
  void observe() {
    give([&](MotorReading reading, Effects& out) { return pump.observe(reading, out), 0; });
  }
  /// The motor makes steps that nobody ordered.
  void make_extra(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) steps.push_back(now_);
    observe();
  }

  // ---- time -------------------------------------------------------------------------------------------
  void run_for(Duration time) { run_to(now_ + time); }
  void run_to(Instant t) {
    int wakes_at_once = 0;
    for (;;) {
      const Instant stop = std::min(t, std::max(now_, pump.next_wake()));
      wakes_at_once = stop > now_ ? 0 : wakes_at_once + 1;
      if (wakes_at_once > 50) throw std::logic_error("the pump asks to be woken for ever");
      if (make_steps(stop)) continue;
      now_ = stop;
      if (pump.next_wake() <= now_) {
        give([&](MotorReading reading, Effects& out) { return pump.wake(reading, out), 0; });
      } else if (now_ >= t) {
        return;
      }
    }
  }
  /// Time passes and nobody wakes the pump, only the motor works; then it is woken.
  void sleep_to(Instant t) {
    make_steps(t);
    now_ = t;
    give([&](MotorReading reading, Effects& out) { return pump.wake(reading, out), 0; });
  }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] MotorReading reading() const { return {now_, static_cast<std::int64_t>(steps.size())}; }

  // ---- what happened ----------------------------------------------------------------------------------
  [[nodiscard]] std::vector<Event> all(EventCode code, int detail = -1) const {
    std::vector<Event> found;
    for (const Event& event : events) {
      if (event.code == code && (detail < 0 || event.detail == detail)) found.push_back(event);
    }
    return found;
  }
  [[nodiscard]] std::size_t count(EventCode code, int detail = -1) const { return all(code, detail).size(); }
  [[nodiscard]] std::size_t raised(Alarm alarm) const {
    return count(EventCode::kAlarmRaised, static_cast<int>(alarm));
  }
  [[nodiscard]] std::size_t cleared(Alarm alarm) const {
    return count(EventCode::kAlarmCleared, static_cast<int>(alarm));
  }
  /// Throws when there is none.
  [[nodiscard]] Event last(EventCode code, int detail = -1) const {
    const auto found = all(code, detail);
    if (found.empty()) throw std::runtime_error("no such event");
    return found.back();
  }
  [[nodiscard]] bool has_alarm(Alarm alarm) const { return pump.status().alarms.has(alarm); }
  /// Steps in (from, to].
  [[nodiscard]] std::int64_t steps_between(Instant from, Instant to) const {
    return std::upper_bound(steps.begin(), steps.end(), to) -
           std::upper_bound(steps.begin(), steps.end(), from);
  }
  [[nodiscard]] bool powered() const { return powered_; }
  [[nodiscard]] const Effects& last_effects() const { return out_; }

 private:
  template <class Call>
  std::invoke_result_t<Call, MotorReading, Effects&> give(Call&& call) {
    out_.clear();
    auto result = call(reading(), out_);
    if (out_.lost() != 0) throw std::logic_error("events were lost");
    events.insert(events.end(), out_.events().begin(), out_.events().end());
    if (out_.sound) sounds.emplace_back(now_, *out_.sound);
    if (out_.motor == MotorOrder::kPowerOff) powered_ = false;
    if (out_.motor != MotorOrder::kNone) train_.reset();
    if (out_.motor == MotorOrder::kRun && powered_) train_ = out_.train;
    if (out_.motor != MotorOrder::kNone) made_ = 0;
    return result;
  }
  /// The motor's steps up to `t`. True when one of them did not come: the pump has been told, there and then.
  bool make_steps(Instant t) {
    while (train_ && made_ < train_->count && train_->step_at(made_ + 1) <= t) {
      const Instant at = train_->step_at(++made_);
      if (swallow > 0) {
        --swallow;
        now_ = at;
        observe();
        return true;
      }
      steps.push_back(at);
    }
    return false;
  }

  Instant now_;
  Effects out_;
  std::optional<Train> train_;
  std::int64_t made_ = 0;
  bool powered_ = true;
  ClockOffset clock_ = kMonday8;
  std::uint32_t presses_ = 0;
};

}  // namespace theca::example
