#pragma once
/// A whole scenario with a constant-flow pump, for tests to play and to change.

#include "world/scenario_testing.hpp"

namespace theca::example {

/// Morphine 4 mg/mL at 0.5 mL/day, a path of 0.376 mL that is dry: the front needs 18 h 3 min.
inline const std::string kConstantFlowExample = R"(title = "constant flow"
starts = "2026-03-02 08:00"
lasts = "45 days"
sample_every = "6 h"

[pump]
model = "constant-flow"
flow = "0.5 mL/day"

[catheter]
length = "80 cm"
per_cm = "0.0022 mL/cm"
tubing = "0.2 mL"

[fluids]
weak = { morphine = "4 mg/mL" }
strong = { morphine = "6 mg/mL" }

[refill]
fluid = "weak"
volume = "20 mL"
)";

}  // namespace theca::example
