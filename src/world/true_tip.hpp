#pragma once
/// The fluid in the true path and what has left it at the catheter's tip, whatever kind of pump pushes.

#include <cstdint>
#include <vector>

#include "drug/formulation.hpp"
#include "pump/drug_front.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// A fluid that reached the true catheter's tip.
struct TipChange {
  Instant at;
  std::uint32_t fluid = 0;
  std::uint32_t before = 0;
};

class TrueTip {
 public:
  TrueTip(Volume path, const Formulation& contents, std::vector<DrugCode> drugs)
      : drugs_(std::move(drugs)), front_(path, contents), mass_(drugs_.size()) {}

  /// What enters the path from now on.
  void change_reservoir(const Formulation& fluid) { front_.change_reservoir(fluid); }
  /// Another catheter, or another fluid in it; the reservoir's stays.
  void replace_path(Volume path, const Formulation& contents) {
    const Formulation reservoir = front_.in_reservoir();
    front_ = DrugFront{path, contents};
    front_.change_reservoir(reservoir);
  }
  /// Pushes `volume` out at the tip; a change of the fluid there is said to fall at `at`.
  void push(Volume volume, Instant at);

  [[nodiscard]] const DrugFront& front() const { return front_; }
  /// Cumulative, in the order of the drugs.
  [[nodiscard]] const std::vector<Mass>& mass() const { return mass_; }
  [[nodiscard]] const std::vector<TipChange>& changes() const { return changes_; }

 private:
  std::vector<DrugCode> drugs_;
  DrugFront front_;
  std::vector<Mass> mass_;
  std::vector<TipChange> changes_;
};

}  // namespace theca
