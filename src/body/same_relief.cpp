#include "body/same_relief.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "body/comb.hpp"
#include "body/neuraxis.hpp"

namespace theca {
namespace {

constexpr double kMinutesPerDay = 24 * 60;

/// Gut, three compartments of plasma, and plasma behind its delay: amounts in ug, the last a level in ug/mL.
constexpr Eigen::Index kGut = 0, kPlasma = 1, kActing = 4, kStates = 5;
using Square = Eigen::Matrix<double, kStates, kStates>;
using Amounts = Eigen::Matrix<double, kStates, 1>;

Square rates_of(const Kinetics& k, double plasma_ke0) {
  Square a = Square::Zero();
  const auto moves = [&](Eigen::Index from, Eigen::Index to, double rate) {
    a(from, from) -= rate;
    a(to, from) += rate;
  };
  moves(kGut, kPlasma, k.oral_ka);
  a(kPlasma, kPlasma) -= k.plasma_clearance / k.plasma_volume[0];
  for (const Eigen::Index other : {Eigen::Index{1}, Eigen::Index{2}}) {
    const auto i = static_cast<std::size_t>(other);
    if (k.plasma_volume[i] <= 0) {
      a(kPlasma + other, kPlasma + other) = -1;  // there is none: it stays empty
      continue;
    }
    moves(kPlasma, kPlasma + other, k.plasma_flow[i - 1] / k.plasma_volume[0]);
    moves(kPlasma + other, kPlasma, k.plasma_flow[i - 1] / k.plasma_volume[i]);
  }
  a(kActing, kPlasma) += plasma_ke0 / k.plasma_volume[0];
  a(kActing, kActing) -= plasma_ke0;
  return a;
}

/// e^(a h): by its series over a part of `h` within which little happens, squared until it is all of it.
Square exponential(const Square& a, double h) {
  constexpr int kTerms = 16;
  constexpr double kLittle = 0.5;
  const double fastest = a.cwiseAbs().colwise().sum().maxCoeff();
  int halvings = 0;
  for (; fastest * h > kLittle; ++halvings) h /= 2;
  Square sum = Square::Identity(), term = Square::Identity();
  for (int n = 1; n <= kTerms; ++n) {
    term = term * a * (h / n);
    sum += term;
  }
  for (; halvings > 0; --halvings) sum = sum * sum;
  return sum;
}

}  // namespace

SteadyPatient::SteadyPatient(const Individual& who, std::size_t drug, const SameReliefRequest& request)
    : kinetics_(who.kinetics[drug]), response_(who.responses[drug]), request_(request) {
  const Neuraxis axis = make_neuraxis(who.body, kinetics_);
  std::vector<double> fluid = source_in_volume(axis, request.tip_cm, who.bolus_mixing_volume);
  for (double& share : fluid) share /= kMinutesPerDay;
  std::vector<double> tissue(axis.nodes());
  CombFactor{axis, 0, 1}.solve(fluid, tissue);
  const std::vector<double> pain = cells_in(axis, request.pain);
  for (std::size_t i = 0; i < axis.cells(); ++i) {
    if (pain[i] == 0) continue;
    fluid_.fluid += pain[i] * fluid[i] / axis.volume[i];
    fluid_.cord += pain[i] * tissue[i] / axis.leaf_volume[i] / kinetics_.cord_partition;
  }
  const std::size_t cistern = axis.cells();
  fluid_.cistern = fluid[cistern] / axis.volume[cistern];
  fluid_.brain = tissue[cistern] / axis.leaf_volume[cistern] / kinetics_.brain_partition;
  fluid_.plasma = 1 / kMinutesPerDay / kinetics_.plasma_clearance;
}

SteadyPatient::Unit SteadyPatient::infused(double into_fluid) const {
  Unit unit;
  unit.levels = {into_fluid * fluid_.fluid, into_fluid * fluid_.cord, into_fluid * fluid_.cistern,
                 into_fluid * fluid_.brain, fluid_.plasma};
  unit.highest_plasma = fluid_.plasma;
  // What acts on nothing from the blood has no delay there.
  unit.least_acting = unit.most_acting = response_.plasma_ke0 > 0 ? fluid_.plasma : 0;
  return unit;
}

/// Between two doses, each of the day's share, when the next finds what the one before found.
SteadyPatient::Unit SteadyPatient::swallowed() const {
  const double every = request_.swallowed_every;
  const auto steps = static_cast<int>(std::ceil(every));  // of a minute or little less
  const Square step = exponential(rates_of(kinetics_, response_.plasma_ke0), every / steps);
  Square whole = Square::Identity();
  for (int i = 0; i < steps; ++i) whole = step * whole;
  Amounts dose = Amounts::Zero();
  dose[kGut] = kinetics_.oral_bioavailability * every / kMinutesPerDay;
  Amounts now = (Square::Identity() - whole).partialPivLu().solve(dose);  // just after one

  Unit unit;
  unit.levels.plasma = kinetics_.oral_bioavailability * fluid_.plasma;
  unit.least_acting = unit.most_acting = now[kActing];
  for (int i = 0; i <= steps; ++i) {
    unit.highest_plasma = std::max(unit.highest_plasma, now[kPlasma] / kinetics_.plasma_volume[0]);
    unit.least_acting = std::min(unit.least_acting, now[kActing]);
    unit.most_acting = std::max(unit.most_acting, now[kActing]);
    now = step * now;
  }
  return unit;
}

std::expected<SameRelief, std::string> SteadyPatient::by(DoseRoute route) const {
  const Response& r = response_;
  const bool into_fluid = route == DoseRoute::kIntrathecal || route == DoseRoute::kEpidural;
  if (!into_fluid && r.plasma_ec50 <= 0) return std::unexpected("no figure for what it does from the blood");
  if (route == DoseRoute::kOral && kinetics_.oral_ka <= 0)
    return std::unexpected("no figure for what of it comes to the blood");
  if (route == DoseRoute::kEpidural && kinetics_.epidural_csf_ka <= 0)
    return std::unexpected("no figure for what of it comes to the fluid");
  const Unit unit = route == DoseRoute::kOral          ? swallowed()
                    : route == DoseRoute::kIntrathecal ? infused(1)
                    : route == DoseRoute::kEpidural    ? infused(kinetics_.epidural_csf_availability)
                                                       : infused(0);
  double potency = unit.levels.cord / r.relief_ec50;
  if (r.plasma_ec50 > 0) potency += unit.least_acting / r.plasma_ec50;
  const double wanted = potency_for(request_.relief, r.relief_emax, r.relief_hill);
  if (!(wanted > 0)) return std::unexpected(fmt::format("it relieves {:.0f} % at most", 100 * r.relief_emax));

  SameRelief out;
  out.dose = wanted * request_.tolerance / potency;
  const auto of_dose = [&](double level) { return out.dose * level; };
  out.levels = {of_dose(unit.levels.fluid), of_dose(unit.levels.cord), of_dose(unit.levels.cistern),
                of_dose(unit.levels.brain), of_dose(unit.levels.plasma)};
  out.highest_plasma = of_dose(unit.highest_plasma);
  const double acting = of_dose(unit.most_acting);
  const double used_to_harm = std::pow(request_.tolerance, r.tolerance_side_effects);
  if (r.ventilation_c50 > 0) {
    const double level = r.ventilation_csf_weight * out.levels.brain + acting;
    out.ventilation = 1 - effect_of(level / (r.ventilation_c50 * used_to_harm), 1, r.ventilation_hill);
  }
  for (const Response::Side& side : r.sides) {
    const bool reckoned = into_fluid || side.of_plasma > 0 || side.site == Site::kPlasma;
    const double there = side.site == Site::kPlasma ? out.highest_plasma : level_at(side.site, out.levels);
    out.side_effects.push_back(
        reckoned
            ? effect_of((there + side.of_plasma * acting) / (side.ec50 * used_to_harm), side.emax, side.hill)
            : std::numeric_limits<double>::quiet_NaN());
  }
  return out;
}

}  // namespace theca
