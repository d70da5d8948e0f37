#pragma once
/// The body's unit of time.

#include "quantity/quantity.hpp"

namespace theca {

constexpr double in_minutes(Duration d) { return static_cast<double>(d.raw()) / 60'000; }

}  // namespace theca
