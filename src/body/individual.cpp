#include "body/individual.hpp"

namespace theca {

void set_opioid_tolerance(Individual& who, double factor) {
  for (Response& response : who.responses) {
    if (response.acts_on == Target::kOpioidReceptor) response.used_to = factor;
  }
}

Individual centre_of(const Anatomy& anatomy, std::span<const Substance* const> substances) {
  Individual out;
  out.body = centre_of(anatomy);
  out.bolus_mixing_volume = anatomy.bolus_mixing_volume.value;
  for (const Substance* substance : substances) {
    out.kinetics.push_back(centre_of(*substance));
    out.kinetics.back().subcutaneous_ka = anatomy.subcutaneous_ka.value;
    out.responses.push_back(response_of(*substance));
  }
  return out;
}

}  // namespace theca
