#pragma once
/// The bridge bolus: when the concentration in the reservoir changes, the path still holds the old one. The
/// bridge gives that rest at the rate which keeps the dose, and only then does the new rate begin.

#include <cstdint>
#include <expected>

#include "plan/programmable.hpp"
#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

struct BridgeRequest {
  FluidPath path;
  Concentration from;  // in the path
  Concentration to;    // in the reservoir
  DoseRate keep;       // while the old drug is given
  DoseRate after;      // once the new drug is at the tip; the same as `keep` when the dose does not change
};

/// What happens when the new rate is programmed at once, while the path still holds the old drug.
struct ForgottenBridge {
  DoseRate dose;              // Q2 x C1
  std::int64_t ppm_of_keep;   // of the dose to be kept, nearest
  std::int64_t ppm_of_after;  // of the dose meant after the bridge, nearest: C1 / C2
  Duration duration;          // V_path / Q2, rounded up to the millisecond
};

struct Bridge {
  FluidPath path;
  FlowRate rate;      // Q_b = D / C1
  DoseRate kept;      // Q_b x C1: the dose that the rounded rate gives
  Duration duration;  // V_path / Q_b, rounded up to the millisecond
  Mass mass;          // V_path x C1
  Volume volume;      // V_path in whole actuator steps, rounded down: what is programmed
  std::int64_t steps = 0;
  FlowRate new_rate;  // Q2 = D_new / C2
  DoseRate after;     // Q2 x C2
  ForgottenBridge forgotten;
};

/// Errors: those of plan_flow for both rates, both at once; kTooLong. Source: docs/arithmetic.md#bridge
std::expected<Bridge, PlanErrors> plan_bridge(const BridgeRequest& request, const PumpModel& model);

}  // namespace theca
