#include "world/true_tip.hpp"

#include <algorithm>

#include "quantity/exact.hpp"

namespace theca {

void TrueTip::push(Volume volume, Instant at) {
  while (volume.raw() > 0) {
    const Formulation& leaving = front_.at_tip();
    const std::uint32_t number = leaving.number;
    const Volume part = front_.change_on_its_way() ? std::min(volume, front_.until_tip_changes()) : volume;
    for (std::size_t i = 0; i < drugs_.size(); ++i)
      mass_[i] += mass_in(part, concentration_of(leaving, drugs_[i]));
    front_.push(part);
    volume -= part;
    if (front_.at_tip().number != number) changes_.push_back({at, front_.at_tip().number, number});
  }
}

}  // namespace theca
