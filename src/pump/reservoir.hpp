#pragma once
/// The reservoir by the pump's own count. Two figures, never mixed (INV-15): *nominal* is filled minus what
/// the steps make; *earliest* assumes a pump at the upper end of its labelled accuracy, rounded down, and
/// drives alarms and dates. Volumes are retrievable volume: the residual below the needle is not in them.
///
/// A fill sensor is a second channel. It is held against the count; the lower of the two drives the alarms.

#include <cstdint>
#include <optional>

#include "catalogue/detail.hpp"
#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

class Reservoir {
 public:
  Reservoir() = default;
  explicit Reservoir(const PumpModel& model)
      : step_(model.step), accuracy_ppm_(model.accuracy_ppm), sensor_error_(model.sensor_error) {}

  /// Holds `volume` from the `steps`-th step on.
  void fill(Volume volume, std::int64_t steps, Instant now) {
    filled_ = volume;
    steps_at_fill_ = steps;
    filled_at_ = now;
    has_sensed_ = false;
    accepted_ = Volume{};
  }
  [[nodiscard]] Volume nominal(std::int64_t steps) const {
    return filled_ - step_ * (steps - steps_at_fill_);
  }
  [[nodiscard]] Volume earliest(std::int64_t steps) const;

  /// Step count at which the earliest figure, by count or by sensor, first stands at or under `level`.
  [[nodiscard]] std::int64_t steps_until_earliest(Volume level) const;
  /// Step count after which the nominal volume holds no whole step more.
  [[nodiscard]] std::int64_t steps_until_dry() const { return steps_at_fill_ + whole_steps(filled_, step_); }
  [[nodiscard]] Volume filled() const { return filled_; }

  // ---- the sensor ---------------------------------------------------------------------------------------
  /// Takes a reading. Tells the likelier cause when it and the count differ by more than both can err, beyond
  /// what was accepted.
  std::optional<VolumeCause> sense(Volume sensed, std::int64_t steps, Instant now);
  /// The difference of the last reading is known from now on; only a further one is told.
  void accept() { accepted_ = has_sensed_ ? last_sensed_ - nominal(steps_at_sense_) : Volume{}; }
  /// Has it been read since the last fill?
  [[nodiscard]] bool sensed() const { return has_sensed_; }
  /// How far the count may be off by the pump's labelled accuracy.
  [[nodiscard]] Volume count_error(std::int64_t steps) const;
  /// Whoever draws drug off does it while there is much (S50: four days after).
  [[nodiscard]] bool soon_after_fill(Instant now) const { return now - filled_at_ <= days(7); }

 private:
  friend struct Image;
  [[nodiscard]] std::int64_t steps_until(Volume level, Volume from, std::int64_t at) const;

  Volume step_ = nanolitres(1);
  std::int32_t accuracy_ppm_ = 0;
  Volume filled_;
  std::int64_t steps_at_fill_ = 0;
  Volume sensor_error_;
  Instant filled_at_;
  bool has_sensed_ = false;
  bool wrong_from_fill_ = false;  // the first reading after the fill disagreed
  Volume last_sensed_;
  std::int64_t steps_at_sense_ = 0;
  Volume accepted_;
};

}  // namespace theca
