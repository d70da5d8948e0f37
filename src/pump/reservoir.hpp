#pragma once
/// The reservoir by the pump's own count. Two figures, never mixed (INV-15): *nominal* is filled minus what
/// the steps make; *earliest* assumes a pump at the upper end of its labelled accuracy, rounded down, and
/// drives alarms and dates. Volumes are retrievable volume: the residual below the needle is not in them.

#include <cstdint>

#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

class Reservoir {
 public:
  Reservoir() = default;
  explicit Reservoir(const PumpModel& model) : step_(model.step), accuracy_ppm_(model.accuracy_ppm) {}

  /// Holds `volume` from the `steps`-th step on.
  void fill(Volume volume, std::int64_t steps) {
    filled_ = volume;
    steps_at_fill_ = steps;
  }
  [[nodiscard]] Volume nominal(std::int64_t steps) const {
    return filled_ - step_ * (steps - steps_at_fill_);
  }
  [[nodiscard]] Volume earliest(std::int64_t steps) const;

  /// Step count at which the earliest figure first stands at or under `level`.
  [[nodiscard]] std::int64_t steps_until_earliest(Volume level) const;
  /// Step count after which the nominal volume holds no whole step more.
  [[nodiscard]] std::int64_t steps_until_dry() const { return steps_at_fill_ + whole_steps(filled_, step_); }
  [[nodiscard]] Volume filled() const { return filled_; }

 private:
  friend struct Image;
  Volume step_ = nanolitres(1);
  std::int32_t accuracy_ppm_ = 0;
  Volume filled_;
  std::int64_t steps_at_fill_ = 0;
};

}  // namespace theca
