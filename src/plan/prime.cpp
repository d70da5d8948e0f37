#include "plan/prime.hpp"

#include <cmath>
#include <numbers>

#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

std::expected<Prime, PlanError> prime_of(Volume volume, Concentration c, FlowRate rate,
                                         const PumpModel& model) {
  const auto duration = time_for(volume, rate);
  if (!duration) {
    return std::unexpected(
        PlanError{PlanFault::kTooLong, "prime", to_text(rate), to_text(Duration{INT64_MAX}, days(1)), {}});
  }
  const std::int64_t steps = whole_steps(volume, model.step);
  return Prime{volume, mass_in(volume, c), model.step * steps, steps, *duration};
}

}  // namespace

std::expected<PrimePlan, PlanError> plan_prime(const FluidPath& path, Concentration c, FlowRate rate,
                                               const PumpModel& model) {
  if (c.raw() <= 0)
    return std::unexpected(PlanError{PlanFault::kZero, "concentration", "0", "more than 0", {}});
  if (rate.raw() <= 0)
    return std::unexpected(PlanError{PlanFault::kZero, "prime rate", "0", "more than 0", {}});
  if (rate > model.max_flow) {
    return std::unexpected(PlanError{PlanFault::kFlowAboveRange, "prime rate", to_text(rate),
                                     to_text(model.max_flow), "prime more slowly"});
  }
  const auto whole = prime_of(path.total(), c, rate, model);
  if (!whole) return std::unexpected(whole.error());
  const auto catheter = prime_of(path.catheter, c, rate, model);
  if (!catheter) return std::unexpected(catheter.error());
  return PrimePlan{*whole, *catheter};
}

FrontSpread front_spread(Length catheter, Volume per_cm, FlowRate rate) {
  constexpr double kCubicCentimetresPerNanolitre = 1e-6;
  constexpr double kSecondsPerDay = 86'400;
  constexpr double kTaylorAris = 48;
  const double area = static_cast<double>(per_cm.raw()) * kCubicCentimetresPerNanolitre;  // cm3/cm
  const double length = static_cast<double>(catheter.raw()) / static_cast<double>(centimetres(1).raw());
  const double speed =
      static_cast<double>(rate.raw()) * kCubicCentimetresPerNanolitre / kSecondsPerDay / area;
  const double radius = std::sqrt(area / std::numbers::pi);
  const double peclet = speed * radius / kMolecularDiffusion;
  const double dispersion = kMolecularDiffusion * (1 + peclet * peclet / kTaylorAris);
  const double transit = length / speed;
  const double sigma = std::sqrt(2 * dispersion * transit);
  return {sigma, sigma / length, radius, peclet, transit, transit > radius * radius / kMolecularDiffusion};
}

}  // namespace theca
