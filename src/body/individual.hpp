#pragma once
/// One patient whole, in plain numbers: body, and for each of a list of substances what each does to the
/// other.

#include <span>
#include <vector>

#include "body/pharmacodynamics.hpp"
#include "body/physiology.hpp"

namespace theca {

struct Individual {
  Physiology body;
  double bolus_mixing_volume = 0;   // mL
  std::vector<Kinetics> kinetics;   // by substance
  std::vector<Response> responses;  // by substance
};

/// How many times the level of an opioid somebody may need, at the begin, of what one needs who never had
/// any.
inline constexpr double kMostOpioidTolerance = 1'000;
void set_opioid_tolerance(Individual& who, double factor);

/// The patient in the middle of what was published.
Individual centre_of(const Anatomy& anatomy, std::span<const Substance* const> substances);

}  // namespace theca
