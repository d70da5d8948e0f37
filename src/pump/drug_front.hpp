#pragma once
/// The drug in the reservoir and the drug at the tip are two facts. Between them lies a queue of fluids, each
/// with its volume; what the motor pushes enters at the reservoir's end and pushes as much out at the tip.
/// Plug flow: how the front spreads is told by the planner and the twin (docs/arithmetic.md#front).

#include <array>
#include <cstddef>
#include <cstdint>

#include "drug/formulation.hpp"
#include "quantity/quantity.hpp"

namespace theca {

inline constexpr std::size_t kMaxFluids = 8;

class DrugFront {
 public:
  DrugFront() = default;
  /// A path of `path` volume all filled with `contents`; formulation number 0: dry, saline or CSF.
  DrugFront(Volume path, const Formulation& contents);

  /// From now on the motor draws `formulation`. False, and nothing changed, when the path already holds as
  /// many different fluids as can be followed.
  bool change_reservoir(const Formulation& formulation);

  /// Pushes `volume` out at the tip.
  void push(Volume volume);

  [[nodiscard]] const Formulation& at_tip() const { return fluids_[first_].formulation; }
  [[nodiscard]] const Formulation& in_reservoir() const { return reservoir_; }
  /// Volume to leave before another fluid than the present one stands at the tip; the path's volume and
  /// more when nothing else is on its way.
  [[nodiscard]] Volume until_tip_changes() const { return fluids_[first_].volume; }
  [[nodiscard]] bool change_on_its_way() const { return count_ > 1 || reservoir_.number != at_tip().number; }
  /// Volume to leave before the reservoir's own fluid stands at the tip; zero when it does.
  [[nodiscard]] Volume until_reservoir_reaches_tip() const;
  [[nodiscard]] Volume path() const { return path_; }

 private:
  friend struct Image;
  struct Fluid {
    Formulation formulation;
    Volume volume;
  };
  [[nodiscard]] std::size_t place(std::size_t i) const { return (first_ + i) % kMaxFluids; }

  Volume path_;
  Formulation reservoir_;
  std::array<Fluid, kMaxFluids> fluids_{};  // first_ is at the tip
  std::size_t first_ = 0;
  std::size_t count_ = 1;
};

}  // namespace theca
