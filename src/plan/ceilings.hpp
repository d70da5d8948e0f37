#pragma once
/// Ceilings for a patient of whom nobody gave any.

#include <string>

#include "plan/library.hpp"
#include "therapy/check.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

struct ProposedCeilings {
  Ceilings ceilings;     // in whole steps, none above what the actuator can give
  std::string held_low;  // the drug's highest daily dose that made them lower; empty: none did
};

/// The worst case of the prescription and a quarter more, over each window of the gate and its bucket. With a
/// library no more than the highest daily dose that it has of any drug in the fluid, whatever its scope: a
/// slip in the first prescription must not make room for itself. Drugs of which it has none hold nothing low.
ProposedCeilings propose_ceilings(const Prescription& prescription, const PumpModel& model,
                                  const Library* library);

}  // namespace theca
