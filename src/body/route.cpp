#include "body/route.hpp"

#include <array>

namespace theca {

std::string_view name_of(DoseRoute route) {
  constexpr std::array<std::string_view, kDoseRouteCount> kNames{"intrathecal", "epidural", "intravenous",
                                                                 "oral", "subcutaneous"};
  return kNames[static_cast<std::size_t>(route)];
}

std::expected<WayIn, std::string> WayIn::make(ReferenceSolver& solver, const Kinetics& substance,
                                              DoseRoute route, std::vector<double> share) {
  WayIn way;
  way.route_ = route;
  way.share_ = std::move(share);
  const bool by_needle = route == DoseRoute::kIntrathecal || route == DoseRoute::kEpidural;
  if (by_needle && way.share_.size() != solver.axis().nodes())
    return std::unexpected(std::string{name_of(route)} + ": needs the share of each node of fluid");
  if (route == DoseRoute::kEpidural) {
    if (substance.epidural_csf_ka <= 0 || substance.epidural_plasma_ka <= 0)
      return std::unexpected(
          std::string{"epidural: needs epidural_csf_availability, epidural_csf_ka and epidural_plasma_ka"});
    way.first_ = substance.epidural_csf_availability;
    way.depot_ = solver.add_depot({substance.epidural_csf_ka, way.share_});
    way.other_ = solver.add_depot({substance.epidural_plasma_ka, {}});
  }
  if (route == DoseRoute::kOral) {
    if (substance.oral_ka <= 0)
      return std::unexpected(std::string{"oral: needs oral_bioavailability and oral_ka"});
    way.first_ = substance.oral_bioavailability;
    way.depot_ = solver.add_depot({substance.oral_ka, {}});
  }
  if (route == DoseRoute::kSubcutaneous && substance.subcutaneous_ka <= 0)
    return std::unexpected(std::string{"subcutaneous: needs subcutaneous_ka"});
  if (route == DoseRoute::kSubcutaneous) way.depot_ = solver.add_depot({substance.subcutaneous_ka, {}});
  return way;
}

void WayIn::give(ReferenceSolver& solver, double amount) const {
  switch (route_) {
    case DoseRoute::kIntrathecal:
      return solver.give(amount, share_);
    case DoseRoute::kIntravenous:
      return solver.give_to_plasma(amount);
    case DoseRoute::kEpidural:
      solver.give_to_depot(depot_, first_ * amount);
      return solver.give_to_depot(other_, (1 - first_) * amount);
    case DoseRoute::kSubcutaneous:
      return solver.give_to_depot(depot_, amount);
    case DoseRoute::kOral:
      solver.give_to_depot(depot_, first_ * amount);
      return solver.lose((1 - first_) * amount);
  }
}

void WayIn::add_to(Inflow& inflow, double rate) const {
  const auto to_depot = [&](std::size_t depot, double part) {
    if (inflow.depots.size() <= depot) inflow.depots.resize(depot + 1);
    inflow.depots[depot] += part;
  };
  switch (route_) {
    case DoseRoute::kIntrathecal:
      inflow.fluid.resize(share_.size());
      for (std::size_t i = 0; i < share_.size(); ++i) inflow.fluid[i] += rate * share_[i];
      return;
    case DoseRoute::kIntravenous:
      inflow.plasma += rate;
      return;
    case DoseRoute::kEpidural:
      to_depot(depot_, first_ * rate);
      to_depot(other_, (1 - first_) * rate);
      return;
    case DoseRoute::kSubcutaneous:
      return to_depot(depot_, rate);
    case DoseRoute::kOral:
      to_depot(depot_, first_ * rate);
      inflow.lost += (1 - first_) * rate;
      return;
  }
}

}  // namespace theca
