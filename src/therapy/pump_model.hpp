#pragma once
/// The constants of one pump model that delivery depends on. The library (data/pumps/*.toml) fills it on the
/// host; in an implant it is burnt in at manufacture. No prescription can change a field of it.

#include <cstdint>

#include "quantity/exact.hpp"
#include "quantity/quantity.hpp"

namespace theca {

enum class ActuatorKind : std::uint8_t { kRoller = 0, kValve = 1, kConstantFlow = 2 };

/// What the battery holds and what each thing takes of it. No maker publishes any of it: assumptions, of
/// which only their sum is held against a source, the labelled service life (docs/battery.md).
struct BatteryModel {
  Charge capacity;  // zero: the pump reckons with no battery
  Charge per_day;   // clock, sleeping processor, sensors
  Charge per_step;
  Charge per_call;  // the processor awake, the memory written
  Charge per_second_of_sound;
  Charge per_second_of_telemetry;
  friend bool operator==(const BatteryModel&, const BatteryModel&) = default;
};

struct PumpModel {
  std::uint16_t code = 0;
  ActuatorKind actuator = ActuatorKind::kRoller;
  Volume step;            // one actuator step: a roller's microstep, a valve's accumulator shot
  FlowRate min_flow;      // smallest programmable flow of a therapy
  FlowRate max_flow;      // largest flow the actuator makes: the ceiling no record can raise
  FlowRate minimum_rate;  // the mode "minimum rate": keeps the rotor turning; 0 where the actuator allows it
  Volume capacity;        // retrievable volume of a full reservoir
  Volume residual;        // what no needle aspirates; never counted as reservoir volume
  Volume low_alarm;       // default level of the low-reservoir alarm
  std::int32_t accuracy_ppm = 0;   // labelled flow accuracy, one-sided, parts per million
  Volume tubing;                   // internal tubing between reservoir and catheter connector
  Volume catheter_per_cm;          // lumen of the catheter
  Volume sensor_error = Volume{};  // of the fill sensor, either way; zero: no sensor
  BatteryModel battery = BatteryModel{};

  friend bool operator==(const PumpModel&, const PumpModel&) = default;
};

/// Largest reservoir, step and tubing a model may state; keeps every sum of the implant rooms in range.
inline constexpr Volume kMaxReservoir = millilitres(100);
inline constexpr Volume kMaxStep = microlitres(10);

/// Shortest time between two steps that the actuator can make, rounded down to the millisecond (>= 1 ms).
constexpr Duration shortest_step_interval(const PumpModel& model) {
  const std::int64_t ms = model.step.raw() * kMillisecondsPerDay / model.max_flow.raw();
  return Duration{ms < 1 ? 1 : ms};
}

/// Whole steps in a volume, rounded down.
constexpr std::int64_t whole_steps(Volume volume, Volume step) { return volume.raw() / step.raw(); }

/// Volume of fluid between reservoir and catheter tip.
struct FluidPath {
  Volume tubing;
  Volume catheter;
  [[nodiscard]] constexpr Volume total() const { return tubing + catheter; }
  friend bool operator==(const FluidPath&, const FluidPath&) = default;
};

}  // namespace theca
