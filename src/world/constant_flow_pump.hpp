#pragma once
/// A gas-driven pump in its patient: a reservoir, a restrictor, no electronics. Its flow is fixed at
/// manufacture and moved by what surrounds it; it counts nothing and tells nobody anything.

#include <cstdint>
#include <vector>

#include "drug/formulation.hpp"
#include "quantity/exact.hpp"
#include "quantity/quantity.hpp"
#include "world/true_tip.hpp"

namespace theca {

/// One pump as it left the factory and was implanted.
struct ConstantFlowSpecimen {
  FlowRate labelled;
  std::int32_t flow_error_ppm = 0;
  Volume nearly_empty;                // from this level down to empty ...
  std::int64_t nearly_empty_ppm = 0;  // ... the flow is changed by this
  Volume path;                        // from reservoir to tip, as it truly is
  Formulation path_contents;
};

/// What moves the flow from outside, each as a change of it; they come on top of each other.
struct Surroundings {
  std::int64_t temperature_ppm = 0;
  std::int64_t altitude_ppm = 0;
  std::int64_t viscosity_ppm = 0;
  friend bool operator==(const Surroundings&, const Surroundings&) = default;
};

/// Between two changes the flow is constant and the volume is exact. A change that the pump makes by itself
/// (nearly empty, empty, another fluid at the tip) falls on the first millisecond at which its volume has
/// passed; one from outside falls when it is told.
class ConstantFlowPump {
 public:
  ConstantFlowPump(const ConstantFlowSpecimen& specimen, std::vector<DrugCode> drugs);

  /// Empties the reservoir and fills it with `volume` of `fluid`. Returns what was found in it.
  Volume refill(Volume volume, const Formulation& fluid);
  void surround(const Surroundings& surroundings);
  /// Lets time pass up to and including `t`.
  void run_until(Instant t);
  /// When flow or tip will change next if nothing happens outside; kNever when they will not.
  [[nodiscard]] Instant next_change() const;

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] FlowRate flow() const { return flow_; }
  [[nodiscard]] Amount reservoir() const { return reservoir_; }
  [[nodiscard]] Amount delivered() const { return delivered_; }
  [[nodiscard]] bool empty() const { return reservoir_ == Amount{}; }
  /// When the reservoir was empty for the first time since the last fill; kNever when it was not.
  [[nodiscard]] Instant ran_dry() const { return ran_dry_; }
  [[nodiscard]] bool nearly_empty() const { return reservoir_ <= Amount::of(specimen_.nearly_empty); }
  [[nodiscard]] const TrueTip& tip() const { return tip_; }

 private:
  void move_to(Instant t);
  void settle();

  ConstantFlowSpecimen specimen_;
  TrueTip tip_;
  Surroundings surroundings_;
  Instant now_;
  Instant ran_dry_ = kNever;
  FlowRate flow_;     // in truth, now
  Amount reservoir_;  // in truth
  Amount delivered_;
  Volume pushed_;  // whole nanolitres of `delivered_`, which is what the tip is told
};

}  // namespace theca
