#include "plan/constant_flow.hpp"

#include <algorithm>

#include "plan/mix.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

std::int64_t changed_raw(std::int64_t raw, std::int64_t ppm) {
  return multiply_divide(raw, kMillion + ppm, kMillion, Round::kNearest).value_or(INT64_MAX);
}

Compound compound(const ConstantFlowRequest& q, Volume volume) {
  Compound one;
  one.volume = volume;
  one.mass =
      Mass{multiply_divide(q.dose.raw(), volume.raw(), q.flow.raw(), Round::kNearest).value_or(INT64_MAX)};
  one.drug = Volume{multiply_divide(one.mass.raw(), 1, q.stock.raw(), Round::kNearest).value_or(INT64_MAX)};
  one.diluent = volume - one.drug;
  return one;
}

}  // namespace

std::expected<ConstantFlowFill, PlanErrors> plan_constant_flow(const ConstantFlowRequest& request) {
  PlanErrors errors;
  const auto above_zero = [&](const char* what, std::int64_t raw) {
    if (raw <= 0) errors.push_back({PlanFault::kZero, what, "0", "more than 0", {}});
  };
  above_zero("capacity", request.capacity.raw());
  above_zero("flow", request.flow.raw());
  above_zero("dose", request.dose.raw());
  above_zero("stock", request.stock.raw());
  if (!errors.empty()) return std::unexpected(errors);

  const auto concentration = concentration_for("concentration of the fill", request.dose, request.flow);
  if (!concentration) return std::unexpected(PlanErrors{concentration.error()});
  // Exactly: dose / flow above the stock, whatever the rounding of the concentration.
  if (request.dose.raw() > dose_rate(request.flow, request.stock).raw()) {
    return std::unexpected(
        PlanErrors{{PlanFault::kAboveConcentration, "concentration of the fill", to_text(*concentration),
                    to_text(request.stock) + " (the stock)",
                    "a stronger stock, a faster pump, or a dose of " +
                        to_text(dose_rate(request.flow, request.stock)) + " or less would bring it in"}});
  }
  ConstantFlowFill fill;
  const auto ms =
      multiply_divide(request.capacity.raw(), kMillisecondsPerDay, request.flow.raw(), Round::kDown);
  if (!ms) {
    return std::unexpected(PlanErrors{{PlanFault::kTooLong, "run time", to_text(request.flow), "", {}}});
  }
  fill.lasts = Duration{*ms};
  fill.concentration = *concentration;
  fill.in_pump = compound(request, request.capacity);
  fill.to_prepare = compound(request, request.capacity + request.extra);
  return fill;
}

namespace {
/// `row` is for `unit`; both ends in proportion, in their order.
FlowBand in_proportion(const FlowInfluence& row, std::int64_t amount, std::int64_t unit) {
  const std::int64_t one = row.low_ppm * amount / unit, other = row.high_ppm * amount / unit;
  return {std::min(one, other), std::max(one, other), &row};
}
}  // namespace

FlowBand flow_when_warmer(std::int64_t thousandths_of_celsius) {
  static constexpr const FlowInfluence& kRow = flow_influence("1 °C warmer");
  return in_proportion(kRow, thousandths_of_celsius, 1'000);
}
FlowBand flow_when_higher(std::int64_t metres) {
  static constexpr const FlowInfluence& kRow = flow_influence("1000 m higher");
  return in_proportion(kRow, metres, 1'000);
}
FlowBand flow_when_more_viscous(std::int64_t ppm) {
  static constexpr const FlowInfluence& kRow = flow_influence("drug 10 % more viscous");
  const std::int64_t left =
      multiply_divide(kMillion, kMillion, kMillion + ppm, Round::kNearest).value_or(INT64_MAX);
  return {left - kMillion, left - kMillion, &kRow};
}
FlowBand flow_when_nearly_empty() {
  static constexpr const FlowInfluence& kRow = flow_influence("reservoir nearly empty");
  return {kRow.low_ppm, kRow.high_ppm, &kRow};
}

DoseRate changed(DoseRate rate, std::int64_t ppm) { return DoseRate{changed_raw(rate.raw(), ppm)}; }
FlowRate changed(FlowRate rate, std::int64_t ppm) { return FlowRate{changed_raw(rate.raw(), ppm)}; }

}  // namespace theca
