#pragma once
/// A pump with its memory on the bench: a motor that obeys it, a board whose power can go at any moment and
/// come back with or without its clock and step count.

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pump/flash_model.hpp"
#include "pump/stored_pump.hpp"

namespace theca::verify {

class PowerBench {
 public:
  /// A new pump, booted for the first time.
  explicit PowerBench(const PumpModel& model) : PowerBench(model, std::make_unique<FlashModel>()) {}
  /// A pump that finds this memory; the board's clock and count stand at `reading`.
  PowerBench(const PumpModel& model, std::unique_ptr<FlashModel> memory, MotorReading reading = {})
      : flash(std::move(memory)), model_(model), now_(reading.now), made_before_(reading.reported) {
    boot({reading, reading.now.raw() > 0});
  }

  std::unique_ptr<FlashModel> flash;
  std::vector<Event> events;  // of every call that returned with power on
  std::vector<std::pair<Instant, AlarmClass>> sounds;
  std::int64_t uncounted = 0;  // steps that the sensor has missed since power came
  std::vector<Instant> steps;            // made, in the pump's own time
  std::vector<std::int64_t> powered_ms;  // the same steps by a clock that runs while there is power

  [[nodiscard]] StoredPump& pump() { return *pump_; }
  [[nodiscard]] const StoredPump& pump() const { return *pump_; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::int64_t powered_now() const { return powered_now_; }
  /// The same with the times in which only the board's clock had power.
  [[nodiscard]] std::int64_t clocked_now() const { return powered_now_ + clock_alone_; }
  [[nodiscard]] MotorReading reading() const { return {now_, made_before_ + made_ - uncounted}; }
  /// Steps that were made, whoever counts them.
  [[nodiscard]] std::int64_t made() const { return static_cast<std::int64_t>(steps.size()); }

  /// Makes a call: `call(pump, reading, effects)`. If power went during it, nothing comes of it but what
  /// stands in the memory.
  template <class Call>
  auto give(Call&& call) {
    out_.clear();
    auto result = call(*pump_, reading(), out_);
    if (flash->cut()) {
      stop_motor();
      return result;
    }
    obey();
    return result;
  }
  void wake() {
    give([](StoredPump& pump, MotorReading reading, Effects& out) { return pump.wake(reading, out), 0; });
  }

  void run_to(Instant t) {
    int idle = 0;
    while (!flash->cut() && (now_ < t || pump_->next_wake() <= t)) {
      const Instant stop = std::min(t, std::max(now_, pump_->next_wake()));
      idle = stop > now_ ? 0 : idle + 1;
      if (idle > 50) throw std::logic_error("the pump asks to be woken for ever");
      make_steps(stop);
      if (pump_->next_wake() <= now_) {
        wake();
      } else if (now_ >= t) {
        return;
      }
    }
  }
  void run_for(Duration time) { run_to(now_ + time); }
  /// The motor works until `t`, and nobody wakes the pump.
  void idle_to(Instant t) { make_steps(t); }

  /// Power goes now and comes back after `gone`. Kept: clock and step count go on; else they are lost.
  void lose_power(bool kept, Duration gone, PowerCause cause = PowerCause::kUnknown,
                  std::uint8_t failed_tests = 0) {
    make_steps(now_);
    stop_motor();
    flash->power_on();
    if (kept) {
      now_ = now_ + gone;
      clock_alone_ += gone.raw();
    }
    boot({reading(), kept, cause, failed_tests});
  }

  [[nodiscard]] std::size_t count(EventCode code, int detail = -1) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        events, [&](const Event& e) { return e.code == code && (detail < 0 || e.detail == detail); }));
  }
  [[nodiscard]] bool powered() const { return powered_; }
  [[nodiscard]] bool has_alarm(Alarm alarm) const { return pump_->status().alarms.has(alarm); }

 private:
  void boot(const PowerReturn& power) {
    pump_ = std::make_unique<StoredPump>(model_, *flash);
    out_.clear();
    const MotorReading from = pump_->boot(power, out_);
    now_ = from.now;
    made_before_ = from.reported;
    made_ = uncounted = 0;
    if (flash->cut()) return;
    obey();
  }
  void obey() {
    if (out_.lost() != 0) throw std::logic_error("events were lost");
    events.insert(events.end(), out_.events().begin(), out_.events().end());
    if (out_.sound) sounds.emplace_back(now_, *out_.sound);
    if (out_.motor == MotorOrder::kPowerOff) powered_ = false;
    if (out_.motor != MotorOrder::kNone) stop_motor();
    if (out_.motor == MotorOrder::kRun && powered_) train_ = out_.train;
  }
  void stop_motor() {
    train_.reset();
    of_train_ = 0;
  }
  void make_steps(Instant t) {
    while (train_ && of_train_ < train_->count && train_->step_at(of_train_ + 1) <= t) {
      const Instant at = train_->step_at(++of_train_);
      steps.push_back(at);
      powered_ms.push_back(powered_now_ + (at - now_).raw());
      ++made_;
    }
    powered_now_ += (t - now_).raw();
    now_ = t;
  }

  PumpModel model_;
  std::unique_ptr<StoredPump> pump_;
  Effects out_;
  Instant now_;
  std::int64_t powered_now_ = 0;
  std::int64_t clock_alone_ = 0;
  std::int64_t made_before_ = 0;  // the sensor's count when power came
  std::int64_t made_ = 0;         // since
  std::optional<Train> train_;
  std::int64_t of_train_ = 0;
  bool powered_ = true;
};

}  // namespace theca::verify
