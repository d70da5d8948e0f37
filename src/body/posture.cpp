#include "body/posture.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace theca {
namespace {

/// So many half-lives leave less than 2 % of a drift.
constexpr double kHalfLives = 6;

/// How much the canal rises for each cm towards the head.
double slope_at(const Anatomy& anatomy, Posture posture, double z) {
  if (posture == Posture::kHeadUp) return 1;
  constexpr double kAround = 0.5;  // cm
  return (at(anatomy.curve, z + kAround) - at(anatomy.curve, z - kAround)) / (2 * kAround);
}

}  // namespace

std::string_view name_of(Posture posture) {
  return std::ranges::find(kPostures, posture, [](const auto& choice) { return choice.second; })->first;
}

void set_posture(Physiology& patient, const Anatomy& anatomy, Posture posture) {
  if (posture == Posture::kFlat) return;
  const double factor =
      posture == Posture::kHeadUp ? anatomy.posture_head_up.value : anatomy.posture_legs_up.value;
  const double lumbar_end = *anatomy.vertebra("L1");
  for (Knot& knot : patient.csf_area) {
    if (knot.z <= lumbar_end) knot.value *= factor;
  }
}

double drift_lasts(const Anatomy& anatomy) { return kHalfLives * anatomy.baricity_half_life.value; }

Neuraxis drifting(Neuraxis axis, const Anatomy& anatomy, Posture posture, Baricity baricity, double minutes) {
  if (baricity == Baricity::kIsobaric || minutes >= drift_lasts(anatomy)) return axis;
  const double fastest = anatomy.baricity_drift.value *
                         std::exp(-std::numbers::ln2 / anatomy.baricity_half_life.value * minutes);
  const double down = baricity == Baricity::kHyperbaric ? -1 : 1;
  for (std::size_t i = 0; i + 1 < axis.cells(); ++i) {
    const double z = static_cast<double>(i + 1) * axis.cell_length;
    const double speed = down * fastest * slope_at(anatomy, posture, z);  // cm/min, rostral positive
    axis.rostral[i] += std::max(speed, 0.0) / axis.cell_length;
    axis.caudal[i] += std::max(-speed, 0.0) / axis.cell_length;
  }
  return axis;
}

}  // namespace theca
