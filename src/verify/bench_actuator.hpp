#pragma once
/// A motor on the bench: does what the pump orders, step by step, and can be told to fail. It keeps the exact
/// time of every step and every event, and looks after the pump's wakes.

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "pump/pump.hpp"

namespace theca::verify {

class BenchActuator {
 public:
  enum class Watch { kDeviations, kEveryStep };

  explicit BenchActuator(Pump& pump, Watch watch = Watch::kDeviations) : pump_(pump), watch_(watch) {}

  /// Effects of a call made by the test at `now()`: carry the order out, keep the events.
  Effects out;
  void obey() {
    if (out.lost() != 0) throw std::logic_error("events lost");
    events.insert(events.end(), out.events().begin(), out.events().end());
    switch (out.motor) {
      case MotorOrder::kNone:
        break;
      case MotorOrder::kRun:
        if (powered_off_) throw std::logic_error("motor ordered to run after power off");
        running_ = true;
        train_ = out.train;
        made_ = 0;
        ++trains;
        break;
      case MotorOrder::kHalt:
        running_ = false;
        break;
      case MotorOrder::kPowerOff:
        running_ = false;
        powered_off_ = true;
        break;
    }
    out.clear();
  }

  [[nodiscard]] std::int64_t now() const { return now_; }
  [[nodiscard]] MotorReading reading() const {
    return {Instant{now_}, static_cast<std::int64_t>(step_ms.size())};
  }
  [[nodiscard]] bool powered_off() const { return powered_off_; }
  /// Steps that the motor was told to make and whose time has come.
  [[nodiscard]] std::int64_t told() const { return told_; }

  void run_to(std::int64_t t) {
    int idle = 0;
    while (now_ < t || (pump_.next_wake().raw() <= t && idle < kMostIdle)) {
      const std::int64_t wake = std::max(now_, pump_.next_wake().raw());
      const std::int64_t next = std::min({t, wake, next_pulse()});
      idle = next > now_ ? 0 : idle + 1;
      if (idle >= kMostIdle) throw std::logic_error("the pump asks to be woken again and again");
      const bool parted = advance(next);
      if (parted) {
        pump_.observe(reading(), out);
        obey();
      }
      if (pump_.next_wake().raw() <= now_) {
        pump_.wake(reading(), out);
        obey();
      }
    }
  }

  // Faults, by the number of the step the motor is told to make (from 1), or by time.
  std::set<std::int64_t> drop;
  std::set<std::int64_t> twice;
  std::set<std::int64_t> extra_at_ms;

  std::vector<std::int64_t> step_ms;
  std::vector<Event> events;
  std::int64_t trains = 0;

 private:
  static constexpr int kMostIdle = 20;

  /// The next pulse that the pump must be told of.
  [[nodiscard]] std::int64_t next_pulse() const {
    std::int64_t next = INT64_MAX;
    const auto extra = extra_at_ms.upper_bound(now_);
    if (extra != extra_at_ms.end()) next = *extra;
    if (!running_ || made_ >= train_.count) return next;
    if (watch_ == Watch::kEveryStep) return std::min(next, train_.step_at(made_ + 1).raw());
    for (const std::set<std::int64_t>* faults : {&drop, &twice}) {
      const auto fault = faults->upper_bound(told_);
      if (fault == faults->end()) continue;
      const std::int64_t k = made_ + *fault - told_;
      if (k <= train_.count) next = std::min(next, train_.step_at(k).raw());
    }
    return next;
  }

  /// Makes every step up to `t`; true when one of them is to be told at once.
  bool advance(std::int64_t t) {
    bool tell = false;
    while (running_ && made_ < train_.count) {
      const std::int64_t at = train_.step_at(made_ + 1).raw();
      if (at > t) break;
      ++made_;
      ++told_;
      if (!drop.contains(told_)) step_ms.push_back(at);
      if (twice.contains(told_)) step_ms.push_back(at);
      tell = tell || watch_ == Watch::kEveryStep || drop.contains(told_) || twice.contains(told_);
    }
    for (auto extra = extra_at_ms.upper_bound(now_); extra != extra_at_ms.end() && *extra <= t; ++extra) {
      step_ms.push_back(*extra);
      tell = true;
    }
    now_ = t;
    return tell;
  }

  Pump& pump_;
  Watch watch_;
  std::int64_t now_ = 0;
  bool running_ = false;
  bool powered_off_ = false;
  Train train_;
  std::int64_t made_ = 0;
  std::int64_t told_ = 0;
};

}  // namespace theca::verify
