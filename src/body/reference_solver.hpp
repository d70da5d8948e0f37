#pragma once
/// The reference: the whole comb and the plasma behind it, implicit in time. TR-BDF2 (Bank et al. 1985), of
/// second order and L-stable, or backward Euler, of first order and never below zero. Both keep the mass:
/// what leaves a compartment enters another in the same sum.
///
/// Amounts in ug, times in min.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "body/careful_sum.hpp"
#include "body/comb.hpp"
#include "body/neuraxis.hpp"

namespace theca {

enum class TimeScheme { kTrBdf2, kBackwardEuler };

/// A place outside of the comb that gives what it holds to the comb or to plasma at its own rate, and takes
/// nothing back: the gut, the epidural space, the tissue under the skin.
struct Depot {
  double rate = 0;            // 1/min, above 0
  std::vector<double> share;  // of what it gives, to each node of fluid; empty: all to plasma
};

/// What is where, in ug.
struct BodyState {
  std::vector<double> fluid;       // by node, the cistern last
  std::vector<double> tissue;      // by leaf, the brain last
  std::array<double, 3> plasma{};  // by compartment
  std::vector<double> depots;      // by depot
  CarefulSum eliminated;           // from plasma, and what never came so far
  CarefulSum absorbed;             // into plasma from fluid, tissue and depots
  CarefulSum dosed;

  /// Everything that is somewhere, eliminated included.
  [[nodiscard]] double total() const;
};

/// What comes in during a step, in ug/min: to each node of fluid, to plasma directly, to each depot; and what
/// is eliminated before it comes anywhere.
struct Inflow {
  std::vector<double> fluid;  // empty: none
  double plasma = 0;
  std::vector<double> depots{};  // of those beyond its end: none
  double lost = 0;
};

class ReferenceSolver {
 public:
  ReferenceSolver(Neuraxis axis, const Kinetics& substance, TimeScheme scheme = TimeScheme::kTrBdf2);

  /// An amount at once: `share` of it to each node.
  void give(double amount, std::span<const double> share);
  void give_to_plasma(double amount);
  /// Another depot, empty. Returns its number.
  std::size_t add_depot(Depot depot);
  void give_to_depot(std::size_t depot, double amount);
  /// Swallowed and never absorbed, or broken down on the way.
  void lose(double amount);
  /// `amount(i)` to each leaf.
  template <class Amount>
  void give_to_tissue(Amount&& amount) {
    for (std::size_t i = 0; i < state_.tissue.size(); ++i) {
      state_.tissue[i] += amount(i);
      state_.dosed.add(amount(i));
    }
    next_h_ = 0;
  }
  /// From now on, until it is set again.
  void set_inflow(Inflow inflow);
  /// Other physiology, the amounts as they are.
  void set_axis(Neuraxis axis, const Kinetics& substance);

  /// One step of `h` > 0 minutes.
  void step(double h);
  /// One step with an inflow that changes: at its begin, at 2 - sqrt(2) of it, and at its end.
  void step(double h, const std::array<Inflow, 3>& inflow);
  /// As many steps as it needs so that each errs by less than `tolerance` of the largest concentration, in
  /// fluid and tissue and for itself in plasma; what has faded to nothing beside what was needs no care. By
  /// TR-BDF2, which tells its error. `each` is told after each step how many of the minutes are over.
  void advance(double minutes, double tolerance = 1e-6, const std::function<void(double)>& each = {});

  [[nodiscard]] const BodyState& state() const { return state_; }
  [[nodiscard]] const Neuraxis& axis() const { return axis_; }
  /// ug/mL
  [[nodiscard]] double fluid(std::size_t node) const { return state_.fluid[node] / axis_.volume[node]; }
  [[nodiscard]] double tissue(std::size_t leaf) const {
    return state_.tissue[leaf] / axis_.leaf_volume[leaf];
  }
  [[nodiscard]] double plasma() const { return state_.plasma[0] / kinetics_.plasma_volume[0]; }
  [[nodiscard]] std::int64_t steps() const { return steps_; }

 private:
  /// A stage's amounts and the rates at which they change.
  struct Stage {
    std::vector<double> fluid, tissue;
    std::array<double, 3> plasma{};
    std::vector<double> depots;
    std::vector<double> fluid_rate, tissue_rate;
    std::array<double, 3> plasma_rate{};
    std::vector<double> depot_rate;
    double absorbed_rate = 0, eliminated_rate = 0;
  };

  void factor(double dh);
  void rates(Stage& stage, const Inflow& inflow) const;
  void solve(double dh, Stage& stage, const Inflow& inflow);
  using Inflows = std::array<const Inflow*, 3>;
  void take(double h, const Inflows& inflow);
  void finish(double h, const Inflows& inflow);
  [[nodiscard]] double error_of(double h);

  Neuraxis axis_;
  Kinetics kinetics_;
  TimeScheme scheme_;
  std::vector<Depot> depots_;
  BodyState state_, before_;
  Inflow inflow_;
  double next_h_ = 0;
  double highest_ = 0, highest_plasma_ = 0;  // concentrations, ever
  std::int64_t steps_ = 0;
  // of the matrix I - dh K
  double factored_ = 0;
  CombFactor factor_;
  Stage begin_, middle_, end_;
};

}  // namespace theca
