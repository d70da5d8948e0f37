#include "body/pharmacodynamics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace theca {
namespace {

/// Of the receptors of a patient who is used to a drug.
constexpr double kLongOccupied = 0.75;
constexpr double kMinutesPerDay = 24 * 60;

double rate_of(const Number& half_life) { return std::numbers::ln2 / half_life.value; }

/// x' = k (u - x) over `h`, u on a line from `begin` to `end`.
double followed(double x, double k, double begin, double end, double h) {
  const double kh = k * h;
  if (kh <= 0) return x;
  const double gone = -std::expm1(-kh);  // 1 - e^-kh
  return x + (begin - x) * gone + (end - begin) * (1 - gone / kh);
}

/// Several that act on one target: potencies add, Emax and Hill are theirs by potency.
struct Together {
  double potency = 0, emax = 0, hill = 0;
  void add(double more, double its_emax, double its_hill) {
    if (more <= 0) return;
    potency += more;
    emax += more * its_emax;
    hill += more * its_hill;
  }
  /// Emax p^g / (1 + p^g)
  [[nodiscard]] double effect() const {
    return potency <= 0 ? 0 : effect_of(potency, emax / potency, hill / potency);
  }
};

/// How much of a level in plasma counts as one at `site`. In the brain and beside it as breathing weighs
/// them, or, where nobody weighed that, as relief does. Not at the cord and in the fluid: what begins there,
/// such as itching, is rare by other ways.
double of_plasma(Site site, const Response& r) {
  if (site == Site::kCord || site == Site::kFluid || site == Site::kPlasma) return 0;
  if (r.ventilation_csf_weight > 0) return 1 / r.ventilation_csf_weight;
  return r.plasma_ec50 > 0 ? r.relief_ec50 / r.plasma_ec50 : 0;
}

}  // namespace

double level_at(Site site, const SiteLevels& levels) {
  switch (site) {
    case Site::kFluid:
      return levels.fluid;
    case Site::kCord:
      return levels.cord;
    case Site::kCistern:
      return levels.cistern;
    case Site::kBrain:
      return levels.brain;
    case Site::kPlasma:
      return levels.plasma;
  }
  return 0;
}

Response response_of(const Substance& s) {
  Response r;
  r.acts_on = s.acts_on;
  r.relieves = s.relieves;
  if (s.relief_ec50) {
    r.relief_ec50 = s.relief_ec50->value;
    r.relief_emax = s.relief_emax->value;
    r.relief_hill = s.relief_hill->value;
    r.relief_ke0 = rate_of(*s.relief_ke0_half_life);
  }
  if (s.plasma_ec50) {
    r.plasma_ec50 = s.plasma_ec50->value;
    r.plasma_ke0 = rate_of(*s.plasma_ke0_half_life);
  }
  if (s.ventilation_c50) {
    r.ventilation_c50 = s.ventilation_c50->value;
    r.ventilation_hill = s.ventilation_hill->value;
    r.ventilation_csf_weight = s.ventilation_csf_weight->value;
  }
  if (s.adaptation_time) r.adaptation_rate = 1 / (s.adaptation_time->value * kMinutesPerDay);
  if (s.tolerance_gain) {
    r.tolerance_gain = s.tolerance_gain->value / kMinutesPerDay;
    r.tolerance_k_off = s.tolerance_k_off->value / kMinutesPerDay;
    r.tolerance_side_effects = s.tolerance_side_effects->value;
  }
  for (const SideEffect& side : s.side_effects)
    r.sides.push_back({side.site, side.ec50.value, side.emax.value, side.hill.value,
                       rate_of(side.ke0_half_life), of_plasma(side.site, r)});
  return r;
}

double effect_of(double potency, double emax, double hill) {
  const double p = std::pow(above_zero(potency), hill);
  return emax * (std::isinf(p) ? 1 : p / (1 + p));
}
double potency_for(double effect, double emax, double hill) {
  if (!(effect > 0) || effect >= emax) return std::numeric_limits<double>::quiet_NaN();
  return std::pow(effect / (emax - effect), 1 / hill);
}

double dose_growth(const Response& r, double relief, double from, double to) {
  const double p = potency_for(relief, r.relief_emax, r.relief_hill), occupied = p / (1 + p);
  const double fades = r.tolerance_k_off * (1 - occupied), rises = r.tolerance_gain * occupied;
  // ln T comes from 0 to rises / fades.
  const auto log_tolerance = [&](double t) {
    return fades > 0 ? -rises / fades * std::expm1(-fades * t) : rises * t;
  };
  return std::exp(log_tolerance(to) - log_tolerance(from));
}

Pharmacodynamics::Pharmacodynamics(std::vector<Response> substances)
    : substances_(std::move(substances)), states_(substances_.size()) {
  for (std::size_t i = 0; i < substances_.size(); ++i) {
    Response& r = substances_[i];
    states_[i].sides.resize(r.sides.size());
    if (r.used_to <= 1) continue;
    // Whoever came to need so much keeps needing it while most receptors are occupied, and not for longer.
    states_[i].log_tolerance = std::log(r.used_to);
    r.tolerance_gain = std::max(
        r.tolerance_gain, r.tolerance_k_off * (1 - kLongOccupied) / kLongOccupied * states_[i].log_tolerance);
  }
}

double Pharmacodynamics::tolerance(std::size_t substance) const {
  return std::exp(states_[substance].log_tolerance);
}

/// Of breathing and side effects.
double Pharmacodynamics::used_to_harm(std::size_t i) const {
  return std::pow(tolerance(i), substances_[i].tolerance_side_effects);
}

/// Level over EC50, of cord and blood together.
double Pharmacodynamics::relief_potency(std::size_t i) const {
  const Response& r = substances_[i];
  double potency = 0;
  if (r.relief_ec50 > 0) potency += states_[i].cord / r.relief_ec50;
  if (r.plasma_ec50 > 0) potency += states_[i].plasma / r.plasma_ec50;
  return potency / tolerance(i);
}

void Pharmacodynamics::step(double minutes, std::span<const SiteLevels> levels) {
  assert(levels.size() == states_.size());
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Response& r = substances_[i];
    State& s = states_[i];
    const SiteLevels &begin = s.levels, &end = levels[i];
    const double before = relief_potency(i);
    s.cord = followed(s.cord, r.relief_ke0, begin.cord, end.cord, minutes);
    s.plasma = followed(s.plasma, r.plasma_ke0, begin.plasma, end.plasma, minutes);
    for (std::size_t k = 0; k < r.sides.size(); ++k) {
      const Response::Side& side = r.sides[k];
      s.sides[k] =
          followed(s.sides[k], side.ke0, level_at(side.site, begin), level_at(side.site, end), minutes);
    }
    s.levels = end;
    if (r.tolerance_gain <= 0 && s.log_tolerance == 0) continue;
    // Over hours T hardly moves: its own state at the begin will do.
    const double after = relief_potency(i);
    const double occupied = (before / (1 + before) + after / (1 + after)) / 2;
    const double fades = r.tolerance_k_off * (1 - occupied), rises = r.tolerance_gain * occupied;
    const double kh = fades * minutes, gone = -std::expm1(-kh);
    s.log_tolerance += kh > 0 ? (rises / fades - s.log_tolerance) * gone : rises * minutes;
  }
  for (std::size_t t = 0; t < kTargetCount; ++t) {
    double potency = 0, rate = 0;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (substances_[i].acts_on != static_cast<Target>(t) || substances_[i].adaptation_rate <= 0) continue;
      potency += relief_potency(i);
      rate = rate == 0 ? substances_[i].adaptation_rate : std::min(rate, substances_[i].adaptation_rate);
    }
    Receptors& receptors = receptors_[t];
    const double occupied = potency / (1 + potency);
    receptors.adapted = followed(receptors.adapted, rate, receptors.occupied, occupied, minutes);
    receptors.occupied = occupied;
  }
  look();
}

double Pharmacodynamics::occupied(Target target) const {
  return receptors_[static_cast<std::size_t>(target)].occupied;
}
void Pharmacodynamics::be_used_to(Target target, double occupied) {
  receptors_[static_cast<std::size_t>(target)].adapted = occupied;
  look();
}

void Pharmacodynamics::look() {
  effects_ = {};
  double pain = 1, spasticity = 1;
  for (std::size_t t = 0; t < kTargetCount; ++t) {
    Together against_pain, against_spasticity, against_breath;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const Response& r = substances_[i];
      if (r.acts_on != static_cast<Target>(t)) continue;
      const double relief = relief_potency(i);
      if (r.relieves == Relieves::kPain) against_pain.add(relief, r.relief_emax, r.relief_hill);
      if (r.relieves == Relieves::kSpasticity) against_spasticity.add(relief, r.relief_emax, r.relief_hill);
      if (r.ventilation_c50 <= 0) continue;
      const double level = r.ventilation_csf_weight * states_[i].levels.brain + states_[i].plasma;
      against_breath.add(level / (r.ventilation_c50 * used_to_harm(i)), 1, r.ventilation_hill);
    }
    pain *= 1 - against_pain.effect();
    spasticity *= 1 - against_spasticity.effect();
    effects_.ventilation *= 1 - against_breath.effect();
    effects_.withdrawal = std::max(effects_.withdrawal, receptors_[t].adapted - receptors_[t].occupied);
  }
  effects_.relief_of_pain = 1 - pain;
  effects_.relief_of_spasticity = 1 - spasticity;
}

double Pharmacodynamics::side_effect(std::size_t substance, std::size_t side) const {
  const Response::Side& of = substances_[substance].sides[side];
  const double level = above_zero(states_[substance].sides[side]) + of.of_plasma * states_[substance].plasma;
  return effect_of(level / (of.ec50 * used_to_harm(substance)), of.emax, of.hill);
}

}  // namespace theca
