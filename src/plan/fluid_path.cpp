#include "plan/fluid_path.hpp"

#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {

std::optional<PathConstants> path_constants(const PumpEntry& pump) {
  if (!pump.tubing || !pump.catheter_per_cm) return std::nullopt;
  const auto constant = [](const Sourced<Volume>& from) {
    return PathConstant{from.value, from.verified, from.sources};
  };
  return PathConstants{constant(*pump.tubing), constant(*pump.catheter_per_cm)};
}

std::expected<FluidPath, PlanError> fluid_path(Volume tubing, Volume per_cm, Length catheter) {
  if (catheter.raw() <= 0)
    return std::unexpected(PlanError{PlanFault::kZero, "catheter length", "0", "more than 0", {}});
  if (per_cm.raw() <= 0)
    return std::unexpected(PlanError{PlanFault::kZero, "volume per cm", "0", "more than 0", {}});
  const FluidPath path{tubing, lumen_volume(catheter, per_cm)};
  if (path.total() > kLargestPath) {
    return std::unexpected(
        PlanError{PlanFault::kPathAboveRange, "fluid path", to_text(path.total()), to_text(kLargestPath),
                  "look again at " + volume_per_length_text(per_cm) + " and " + to_text(catheter)});
  }
  return path;
}

PathMistake path_mistake(Volume assumed, Volume true_volume, Concentration c) {
  const Volume excess = assumed - true_volume;
  return {excess, mass_in(excess.raw() < 0 ? excess * -1 : excess, c)};
}

}  // namespace theca
