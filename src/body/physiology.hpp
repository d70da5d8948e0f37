#pragma once
/// One patient in plain numbers: what the solvers are made of. Centimetres, millilitres, minutes, micrograms.

#include <array>
#include <cstddef>
#include <vector>

#include "body/anatomy.hpp"
#include "body/substance.hpp"

namespace theca {

/// Spine, cistern and brain of one patient.
struct Physiology {
  double length = 0;             // cm
  std::vector<Knot> csf_area;    // cm2, scaled to the patient's spinal volume
  std::vector<Knot> cord_area;   // cm2
  std::vector<Knot> dispersion;  // cm2/min
  double production = 0;         // mL/min
  double spinal_absorption = 0;  // share
  double cistern_volume = 0;     // mL
  double brain_volume = 0;       // mL
};

/// What the body does to a substance in one patient.
struct Kinetics {
  double dural_loss = 0;                  // 1/min
  double cord_exchange = 0;               // 1/min
  double cord_partition = 1;              // cord : fluid
  double cord_to_plasma = 0;              // 1/min
  double brain_exchange = 0;              // 1/min
  double brain_partition = 1;             // brain : fluid
  std::array<double, 3> plasma_volume{};  // mL; the second and third may be 0: there are none
  double plasma_clearance = 0;            // mL/min
  std::array<double, 2> plasma_flow{};    // mL/min, first to second and third
  // Other ways in; a rate of 0: none is known.
  double oral_bioavailability = 0, oral_ka = 0;        // share, 1/min
  double epidural_csf_availability = 0;                // share
  double epidural_csf_ka = 0, epidural_plasma_ka = 0;  // 1/min
  double subcutaneous_ka = 0;                          // 1/min
};

/// The patient in the middle of what was published.
Physiology centre_of(const Anatomy& anatomy);
Kinetics centre_of(const Substance& substance);

/// Integral of a line through knots from `a` to `b`, a <= b.
double integral(const std::vector<Knot>& knots, double a, double b);

}  // namespace theca
