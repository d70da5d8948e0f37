#include "plan/bridge.hpp"

#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

std::int64_t ppm_of(DoseRate part, DoseRate whole) {
  return multiply_divide(part.raw(), kMillion, whole.raw(), Round::kNearest).value_or(0);
}

}  // namespace

std::expected<Bridge, PlanErrors> plan_bridge(const BridgeRequest& request, const PumpModel& model) {
  const auto rate = plan_flow("bridge rate", request.keep, request.from, model);
  const auto new_rate = plan_flow("rate after the bridge", request.after, request.to, model);
  PlanErrors errors;
  if (!rate) errors.push_back(rate.error());
  if (!new_rate) errors.push_back(new_rate.error());
  if (!errors.empty()) return std::unexpected(errors);

  const Volume volume = request.path.total();
  const auto duration = time_for(volume, *rate);
  const auto old_lasts = time_for(volume, *new_rate);
  if (!duration || !old_lasts) {
    const FlowRate slow = duration ? *new_rate : *rate;
    return std::unexpected(PlanErrors{
        {PlanFault::kTooLong, "bridge", to_text(slow), to_text(Duration{INT64_MAX}, days(1)), {}}});
  }

  Bridge bridge;
  bridge.path = request.path;
  bridge.rate = *rate;
  bridge.kept = dose_rate(*rate, request.from);
  bridge.duration = *duration;
  bridge.mass = mass_in(volume, request.from);
  bridge.steps = whole_steps(volume, model.step);
  bridge.volume = model.step * bridge.steps;
  bridge.new_rate = *new_rate;
  bridge.after = dose_rate(*new_rate, request.to);
  const DoseRate wrong = dose_rate(*new_rate, request.from);
  bridge.forgotten = {wrong, ppm_of(wrong, request.keep), ppm_of(wrong, request.after), *old_lasts};
  return bridge;
}

}  // namespace theca
