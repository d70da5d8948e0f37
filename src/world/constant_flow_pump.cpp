#include "world/constant_flow_pump.hpp"

#include <algorithm>
#include <utility>

#include "plan/constant_flow.hpp"

namespace theca {
namespace {

/// The shortest time in which `amount` passes at `flow` (> 0).
Duration time_for(Amount amount, FlowRate flow) {
  const std::int64_t units = amount.floor().raw() * Amount::kUnitsPerNanolitre + amount.rest_units();
  return Duration{divide_up(units, flow.raw())};
}

}  // namespace

ConstantFlowPump::ConstantFlowPump(const ConstantFlowSpecimen& specimen, std::vector<DrugCode> drugs)
    : specimen_(specimen), tip_(specimen.path, specimen.path_contents, std::move(drugs)) {}

Volume ConstantFlowPump::refill(Volume volume, const Formulation& fluid) {
  const Volume found = reservoir_.floor();
  reservoir_ = Amount::of(volume);
  ran_dry_ = kNever;
  tip_.change_reservoir(fluid);
  settle();
  return found;
}

void ConstantFlowPump::surround(const Surroundings& surroundings) {
  surroundings_ = surroundings;
  settle();
}

void ConstantFlowPump::run_until(Instant t) {
  while (now_ < t) move_to(std::min(t, next_change()));
}

Instant ConstantFlowPump::next_change() const {
  if (flow_.raw() == 0) return kNever;
  Amount until = reservoir_;
  if (!nearly_empty()) until = reservoir_ - Amount::of(specimen_.nearly_empty);
  if (tip_.front().change_on_its_way()) {
    const Amount at_change = Amount::of(pushed_ + tip_.front().until_tip_changes());
    until = std::min(until, at_change - delivered_);
  }
  return now_ + time_for(until, flow_);
}

void ConstantFlowPump::move_to(Instant t) {
  const Amount moved = std::min(Amount::over(flow_, t - now_), reservoir_);
  reservoir_ = reservoir_ - moved;
  delivered_ += moved;
  now_ = t;
  tip_.push(delivered_.floor() - pushed_, now_);
  pushed_ = delivered_.floor();
  if (empty() && ran_dry_ == kNever) ran_dry_ = now_;
  settle();
}

/// The flow of this moment, rounded to the nL/day after each factor.
void ConstantFlowPump::settle() {
  flow_ = FlowRate{};
  if (empty()) return;
  flow_ = changed(specimen_.labelled, specimen_.flow_error_ppm);
  flow_ = changed(flow_, surroundings_.temperature_ppm);
  flow_ = changed(flow_, surroundings_.altitude_ppm);
  flow_ = changed(flow_, surroundings_.viscosity_ppm);
  if (nearly_empty()) flow_ = changed(flow_, specimen_.nearly_empty_ppm);
}

}  // namespace theca
