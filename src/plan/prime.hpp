#pragma once
/// The priming bolus: fast volume that brings the drug from the reservoir to the catheter tip, and how far
/// the front spreads on the way. The spread is a picture for people, in floating point; no dose comes of it.

#include <cstdint>
#include <expected>

#include "plan/programmable.hpp"
#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// One way to prime: the whole path, or the catheter alone when the pump was primed before.
struct Prime {
  Volume volume;      // of that part of the path
  Mass mass;          // set in motion: V x C
  Volume programmed;  // whole actuator steps, rounded down
  std::int64_t steps = 0;
  Duration duration;  // V / Q, rounded up to the millisecond
};

struct PrimePlan {
  Prime whole_path;
  Prime catheter_only;  // pump primed on the back table
};

/// Errors: kZero (concentration, rate), kFlowAboveRange. Source: docs/arithmetic.md#prime
std::expected<PrimePlan, PlanError> plan_prime(const FluidPath& path, Concentration c, FlowRate rate,
                                               const PumpModel& model);

/// Diffusion coefficient of a small drug molecule in water at body temperature. Assumed, not measured for
/// any drug here. cm2/s. Source: docs/arithmetic.md#front
inline constexpr double kMolecularDiffusion = 6e-6;

/// The spread of a front after plug flow through the catheter alone, without connectors and dead volumes.
struct FrontSpread {
  double sigma_cm;     // standard deviation of the front's position at the tip
  double sigma_share;  // of the catheter's length
  double radius_cm;    // of the lumen, from the volume per cm
  double peclet;       // U a / D_mol
  double transit_s;    // L / U
  bool developed;      // L / U is longer than a^2 / D_mol: below that Taylor-Aris overstates the spread
};

/// Taylor-Aris: a = sqrt(k / pi), U = Q / k, D = D_mol (1 + Pe^2 / 48), sigma = sqrt(2 D L / U).
/// `catheter`, `per_cm` and `rate` > 0. Source: docs/arithmetic.md#front
FrontSpread front_spread(Length catheter, Volume per_cm, FlowRate rate);

}  // namespace theca
