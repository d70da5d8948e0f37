#include "body/physiology.hpp"

#include <algorithm>
#include <cmath>

namespace theca {
namespace {

constexpr double kSecondsPerMinute = 60;
constexpr double kMillilitresPerLitre = 1'000;
constexpr int kDispersionKnots = 60;

}  // namespace

double integral(const std::vector<Knot>& knots, double a, double b) {
  double sum = 0, from = a;
  const auto piece = [&](double to) {
    sum += (at(knots, from) + at(knots, to)) / 2 * (to - from);
    from = to;
  };
  for (const Knot& knot : knots) {
    if (knot.z > from && knot.z < b) piece(knot.z);
  }
  piece(b);
  return sum;
}

Physiology centre_of(const Anatomy& anatomy) {
  Physiology p;
  p.length = anatomy.length.value;
  p.csf_area = anatomy.csf_area;
  p.cord_area = anatomy.cord_area;
  const double scale = anatomy.spinal_csf_volume.value / integral(p.csf_area, 0, p.length);
  for (Knot& knot : p.csf_area) knot.value *= scale;
  const double caudal = anatomy.dispersion_caudal.value, rostral = anatomy.dispersion_rostral.value;
  for (int i = 0; i <= kDispersionKnots; ++i) {
    const double share = static_cast<double>(i) / kDispersionKnots;
    const double per_second =
        caudal + (rostral - caudal) * std::pow(share, anatomy.dispersion_exponent.value);
    p.dispersion.push_back({share * p.length, per_second * kSecondsPerMinute});
  }
  p.production = anatomy.production.value;
  p.spinal_absorption = anatomy.spinal_absorption.value;
  p.cistern_volume = anatomy.cistern_volume.value;
  p.brain_volume = anatomy.brain_volume.value;
  return p;
}

Kinetics centre_of(const Substance& substance) {
  Kinetics k;
  k.dural_loss = substance.dural_loss.value;
  k.cord_exchange = substance.cord_exchange.value;
  k.cord_partition = substance.cord_partition.value;
  k.cord_to_plasma = substance.cord_to_plasma.value;
  k.brain_exchange = substance.brain_exchange.value;
  k.brain_partition = substance.brain_partition.value;
  k.plasma_volume[0] = substance.plasma_v1.value * kMillilitresPerLitre;
  k.plasma_clearance = substance.plasma_clearance.value * kMillilitresPerLitre;
  const auto shallow = [&](std::size_t i, const std::optional<Number>& v, const std::optional<Number>& q) {
    if (!v || !q) return;
    k.plasma_volume[i] = v->value * kMillilitresPerLitre;
    k.plasma_flow[i - 1] = q->value * kMillilitresPerLitre;
  };
  shallow(1, substance.plasma_v2, substance.plasma_q2);
  shallow(2, substance.plasma_v3, substance.plasma_q3);
  const auto known = [](const std::optional<Number>& number) { return number ? number->value : 0; };
  k.oral_bioavailability = known(substance.oral_bioavailability);
  k.oral_ka = known(substance.oral_ka);
  k.epidural_csf_availability = known(substance.epidural_csf_availability);
  k.epidural_csf_ka = known(substance.epidural_csf_ka);
  k.epidural_plasma_ka = known(substance.epidural_plasma_ka);
  return k;
}

}  // namespace theca
