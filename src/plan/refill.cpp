#include "plan/refill.hpp"

#include <algorithm>
#include <array>

#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

/// usable / (rate x (1 + accuracy)), rounded down.
std::optional<Duration> lasts(Volume usable, FlowRate rate, std::int64_t accuracy_ppm) {
  const auto ms = multiply_divide(usable.raw(), kMillisecondsPerDay * kMillion,
                                  rate.raw() * (kMillion + accuracy_ppm), Round::kDown);
  if (!ms) return std::nullopt;
  return Duration{*ms};
}

/// allotted x bolus / window as a rate, rounded up so that no fill is thought to last longer than it does.
std::optional<FlowRate> bolus_rate(Volume bolus, std::int64_t allotted, Duration window) {
  const auto rate = multiply_divide((bolus * allotted).raw(), kMillisecondsPerDay, window.raw(), Round::kUp);
  if (!rate) return std::nullopt;
  return FlowRate{*rate};
}

}  // namespace

std::string_view name_of(RefillReason reason) {
  constexpr std::array<std::string_view, kRefillReasonCount> kNames = {"reservoir", "stability",
                                                                       "replacement"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::expected<Refill, PlanErrors> plan_refill(const RefillRequest& request, const PumpModel& model) {
  PlanErrors errors;
  if (request.fill > model.capacity) {
    errors.push_back({PlanFault::kAboveCapacity, "fill", to_text(request.fill), to_text(model.capacity), {}});
  }
  if (request.fill <= request.alarm) {
    errors.push_back({PlanFault::kNothingUsable, "fill", to_text(request.fill), to_text(request.alarm), {}});
  }
  Refill refill;
  refill.usable = request.fill - request.alarm;

  const auto basal = plan_flow("basal rate", request.dose, request.concentration, model);
  if (basal) {
    refill.basal = refill.most = *basal;
  } else {
    errors.push_back(basal.error());
  }
  if (request.bolus.raw() > 0) {
    const auto bolus = plan_bolus("bolus", request.bolus, request.concentration, model);
    if (bolus) {
      refill.bolus = *bolus;
    } else {
      errors.push_back(bolus.error());
    }
    if (request.allotted <= 0 || request.window.raw() <= 0) {
      errors.push_back({PlanFault::kZero, "boluses allowed", "0", "more than 0", {}});
    }
  }
  if (!errors.empty()) return std::unexpected(errors);

  if (refill.bolus.steps > 0) {
    const auto on_top = bolus_rate(refill.bolus.volume, request.allotted, request.window);
    const FlowRate most = on_top ? refill.basal + *on_top : kMaxFlowRate + nanolitres_per_day(1);
    if (most > model.max_flow) {
      const std::string value = on_top ? to_text(most) : "more than " + to_text(kMaxFlowRate);
      return std::unexpected(
          PlanErrors{{PlanFault::kFlowAboveRange, "rate with every bolus", value, to_text(model.max_flow),
                      "fewer or smaller boluses would bring it in"}});
    }
    refill.most = most;
  }

  const auto basal_only = lasts(refill.usable, refill.basal, 0);
  const auto every_bolus = lasts(refill.usable, refill.most, 0);
  const auto upper = lasts(refill.usable, refill.most, request.accuracy_ppm);
  if (!basal_only || !every_bolus || !upper) {
    return std::unexpected(PlanErrors{{PlanFault::kTooLong,
                                       "refill interval",
                                       to_text(refill.basal),
                                       to_text(Duration{INT64_MAX}, days(1)),
                                       {}}});
  }
  refill.basal_only = *basal_only;
  refill.every_bolus = *every_bolus;
  refill.upper_accuracy = *upper;
  refill.earliest = *upper;
  refill.because = RefillReason::kReservoir;
  const auto against = [&](const std::optional<Duration>& end, RefillReason reason) {
    if (!end || *end >= refill.earliest) return;
    refill.earliest = *end;
    refill.because = reason;
  };
  against(request.stability, RefillReason::kStability);
  against(request.replacement, RefillReason::kReplacement);
  return refill;
}

}  // namespace theca
