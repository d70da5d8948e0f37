#pragma once
/// The battery a pump of this service life must have. Only the life is labelled; how it is spent is assumed.

#include <cstdint>

#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// A battery of 1.5 Ah that lasts `service_life_years` at 0.25 mL/day: half of it for being there, 48 % for
/// the motor's steps, 2 % for 30 calls a day; 5 mA while a tone or the radio is on. Assumptions,
/// docs/battery.md.
BatteryModel battery_for(Volume step, std::int32_t service_life_years);

}  // namespace theca
