#include "pump/drug_front.hpp"

#include <algorithm>

namespace theca {

DrugFront::DrugFront(Volume path, const Formulation& contents) : path_(path), reservoir_(contents) {
  fluids_[0] = Fluid{contents, path};
}

bool DrugFront::change_reservoir(const Formulation& formulation) {
  if (formulation.number == reservoir_.number) return true;
  const Fluid& newest = fluids_[place(count_ - 1)];
  const bool newest_is_reservoirs = newest.formulation.number == reservoir_.number;
  const std::size_t needed = newest_is_reservoirs ? count_ + 1 : count_;
  if (needed > kMaxFluids) return false;
  reservoir_ = formulation;
  return true;
}

void DrugFront::push(Volume volume) {
  if (volume.raw() <= 0 || !change_on_its_way()) return;  // one fluid all along: what enters leaves
  Fluid& newest = fluids_[place(count_ - 1)];
  if (newest.formulation.number == reservoir_.number) {
    newest.volume += volume;
  } else {
    ++count_;
    fluids_[place(count_ - 1)] = Fluid{reservoir_, volume};
  }
  Volume leaving = volume;
  while (leaving.raw() > 0) {
    Fluid& oldest = fluids_[first_];
    const Volume part = std::min(leaving, oldest.volume);
    oldest.volume -= part;
    leaving -= part;
    if (oldest.volume.raw() > 0 || count_ == 1) break;
    first_ = place(1);
    --count_;
  }
}

Volume DrugFront::until_reservoir_reaches_tip() const {
  Volume sum;
  for (std::size_t i = 0; i < count_; ++i) {
    const Fluid& fluid = fluids_[place(i)];
    if (fluid.formulation.number == reservoir_.number && i + 1 == count_) return sum;
    sum += fluid.volume;
  }
  return sum;
}

}  // namespace theca
