#pragma once
/// What the pump wants done, told back to whoever called it: one order to the motor and the events of the
/// call.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "catalogue/alarm.hpp"
#include "catalogue/event.hpp"
#include "pump/train.hpp"
#include "pump/watchdog.hpp"

namespace theca {

enum class MotorOrder : std::uint8_t {
  kNone,      // whatever runs, runs on
  kRun,       // `train` replaces what runs
  kHalt,      // make no further step
  kPowerOff,  // take the motor's power away: it does not obey
};

class Effects {
 public:
  static constexpr std::size_t kMostEvents = 40;

  MotorOrder motor = MotorOrder::kNone;
  /// Sound this class of alarm now, once (sound_of in catalogue/alarm.hpp).
  std::optional<AlarmClass> sound;
  Train train;
  /// The number the board's watchdog brought for this call.
  std::uint32_t challenge = 0;

  void did(Duty duty) { duties_ = static_cast<std::uint8_t>(duties_ | 1U << static_cast<unsigned>(duty)); }
  /// What the watchdog is fed with.
  [[nodiscard]] std::uint32_t proof() const { return proof_of(challenge, duties_); }

  void tell(const Event& event) {
    if (count_ < kMostEvents) {
      events_[count_++] = event;
    } else {
      ++lost_;
    }
  }
  [[nodiscard]] std::span<const Event> events() const { return {events_.data(), count_}; }
  [[nodiscard]] std::size_t room() const { return kMostEvents - count_; }
  /// Events that found no room; zero as long as the caller clears between calls.
  [[nodiscard]] std::size_t lost() const { return lost_; }
  /// Tells all times `by` later: for a reader whose clock is not the pump's.
  void shift(Duration by) {
    train.start = train.start + by;
    for (std::size_t i = 0; i < count_; ++i) events_[i].at = events_[i].at + by;
  }
  void clear() {
    motor = MotorOrder::kNone;
    sound.reset();
    challenge = 0;
    duties_ = 0;
    count_ = 0;
    lost_ = 0;
  }

 private:
  std::array<Event, kMostEvents> events_{};
  std::size_t count_ = 0;
  std::size_t lost_ = 0;
  std::uint8_t duties_ = 0;
};

}  // namespace theca
