#pragma once
/// How patients differ, as data/ has it, beside the library and the body of world/scenario_testing.hpp.

#include "body/variability.hpp"
#include "world/scenario_testing.hpp"

namespace theca::example {

inline const Variability& adults() {
  static const Variability kAdults = load_variability(THECA_DATA_DIR, library().sources).value();
  return kAdults;
}

}  // namespace theca::example
