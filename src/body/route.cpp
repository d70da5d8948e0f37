#include "body/route.hpp"

#include <array>

namespace theca {

std::string_view name_of(Route route) {
  constexpr std::array<std::string_view, kRouteCount> kNames{"intrathecal", "epidural", "intravenous",
                                                             "oral"};
  return kNames[static_cast<std::size_t>(route)];
}

std::expected<WayIn, std::string> WayIn::make(ReferenceSolver& solver, const Kinetics& substance, Route route,
                                              std::vector<double> share) {
  WayIn way;
  way.route_ = route;
  way.share_ = std::move(share);
  if (route == Route::kEpidural) {
    if (substance.epidural_csf_ka <= 0 || substance.epidural_plasma_ka <= 0)
      return std::unexpected(
          std::string{"epidural: needs epidural_csf_availability, epidural_csf_ka and epidural_plasma_ka"});
    way.first_ = substance.epidural_csf_availability;
    way.depot_ = solver.add_depot({substance.epidural_csf_ka, way.share_});
    way.other_ = solver.add_depot({substance.epidural_plasma_ka, {}});
  }
  if (route == Route::kOral) {
    if (substance.oral_ka <= 0)
      return std::unexpected(std::string{"oral: needs oral_bioavailability and oral_ka"});
    way.first_ = substance.oral_bioavailability;
    way.depot_ = solver.add_depot({substance.oral_ka, {}});
  }
  way.depots_ = solver.state().depots.size();
  return way;
}

void WayIn::give(ReferenceSolver& solver, double amount) const {
  switch (route_) {
    case Route::kIntrathecal:
      return solver.give(amount, share_);
    case Route::kIntravenous:
      return solver.give_to_plasma(amount);
    case Route::kEpidural:
      solver.give_to_depot(depot_, first_ * amount);
      return solver.give_to_depot(other_, (1 - first_) * amount);
    case Route::kOral:
      solver.give_to_depot(depot_, first_ * amount);
      return solver.lose((1 - first_) * amount);
  }
}

void WayIn::set_rate(ReferenceSolver& solver, double rate) const {
  Inflow inflow;
  switch (route_) {
    case Route::kIntrathecal:
      inflow.fluid = share_;
      for (double& part : inflow.fluid) part *= rate;
      break;
    case Route::kIntravenous:
      inflow.plasma = rate;
      break;
    case Route::kEpidural:
      inflow.depots.resize(depots_);
      inflow.depots[depot_] = first_ * rate;
      inflow.depots[other_] = (1 - first_) * rate;
      break;
    case Route::kOral:
      inflow.depots.resize(depots_);
      inflow.depots[depot_] = first_ * rate;
      inflow.lost = (1 - first_) * rate;
      break;
  }
  solver.set_inflow(std::move(inflow));
}

}  // namespace theca
