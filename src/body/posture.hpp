#pragma once
/// How a patient lies or sits, and where a bolus goes that is heavier or lighter than the fluid.

#include <array>
#include <cstdint>
#include <string_view>

#include "body/anatomy.hpp"
#include "body/neuraxis.hpp"
#include "source/table_reader.hpp"

namespace theca {

enum class Posture : std::uint8_t { kFlat, kHeadUp, kLegsUp };
enum class Baricity : std::uint8_t { kIsobaric, kHyperbaric, kHypobaric };
inline constexpr std::array<Choice<Posture>, 3> kPostures{
    {{"flat", Posture::kFlat}, {"head up", Posture::kHeadUp}, {"legs up", Posture::kLegsUp}}};
inline constexpr std::array<Choice<Baricity>, 3> kBaricities{{{"isobaric", Baricity::kIsobaric},
                                                              {"hyperbaric", Baricity::kHyperbaric},
                                                              {"hypobaric", Baricity::kHypobaric}}};
std::string_view name_of(Posture posture);  // "head up"

/// The lumbosacral fluid as that posture leaves it: more of it with the head up, less with the legs up.
void set_posture(Physiology& patient, const Anatomy& anatomy, Posture posture);

/// The axis while a bolus of that baricity, given so many minutes ago, drifts: down the slope of the canal
/// when it is heavier than the fluid, up when it is lighter, ever slower as it mixes with it. All of the
/// substance in the canal drifts; none of it over the junction. Upwind, so that no amount falls below zero.
Neuraxis drifting(Neuraxis axis, const Anatomy& anatomy, Posture posture, Baricity baricity, double minutes);

/// min: from then on a bolus no longer drifts.
double drift_lasts(const Anatomy& anatomy);

}  // namespace theca
