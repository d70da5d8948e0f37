#pragma once
/// What is wrong with a prescription, in sentences for people: value, limit, unit and what to do.

#include <string>

#include "therapy/check.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// One or two sentences for a violation that `check` found in `prescription` on `model`. Total over Rule; an
/// index beyond the prescription is told as it is.
std::string describe(const Violation& violation, const Prescription& prescription, const PumpModel& model);

/// Why a byte string is no prescription, with the offset of the field.
std::string describe(const DecodeFailure& failure);

}  // namespace theca
