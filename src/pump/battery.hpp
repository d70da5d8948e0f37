#pragma once
/// The battery by the pump's own count: what was taken from it, by cause, and how long the rest lasts. The
/// model may be wrong by a fifth either way; the replacement notice comes at least 90 days before the end
/// even then (INV-14), as long as nobody prescribes more.

#include <array>
#include <cstdint>

#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

enum class ChargeCause : std::uint8_t { kIdle = 0, kMotor, kCalls, kSound, kTelemetry };
inline constexpr std::size_t kChargeCauses = 5;
inline constexpr std::array<const char*, kChargeCauses> kChargeCauseNames{
    "idle", "motor", "processor and memory", "sound", "telemetry"};

/// From the replacement notice to the end, at least. 90 days is the field's (S14).
inline constexpr Duration kReplacementNotice = days(90);
/// A session on the air that nobody closes is closed by the board.
inline constexpr Duration kLongestSession = minutes(10);

class Battery {
 public:
  Battery() = default;
  explicit Battery(const BatteryModel& model) : model_(model) {}

  /// The pump was called and decided something.
  void called() { ++calls_; }
  void sounded(std::int64_t ms) { sound_ms_ += ms; }
  void opened(Instant now) { talking_since_ = now; }
  void closed(Instant now);

  [[nodiscard]] Charge used(ChargeCause cause, Instant now, std::int64_t steps) const;
  [[nodiscard]] Charge used(Instant now, std::int64_t steps) const;
  [[nodiscard]] Charge left(Instant now, std::int64_t steps) const;
  /// How long what is left lasts if each day makes `steps_a_day` and the alarm sounds every hour.
  [[nodiscard]] Duration lasts(Instant now, std::int64_t steps, std::int64_t steps_a_day) const;
  [[nodiscard]] bool replace_soon(Instant now, std::int64_t steps, std::int64_t steps_a_day) const;
  [[nodiscard]] bool at_end(Instant now, std::int64_t steps) const;
  [[nodiscard]] bool reckoned() const { return model_.capacity.raw() > 0; }
  [[nodiscard]] const BatteryModel& model() const { return model_; }

 private:
  friend struct Image;
  [[nodiscard]] Charge a_day(std::int64_t steps) const;

  BatteryModel model_;
  std::int64_t calls_ = 0;
  std::int64_t sound_ms_ = 0;
  std::int64_t talk_ms_ = 0;
  Instant talking_since_ = kNever;
};

}  // namespace theca
