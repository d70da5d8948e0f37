#pragma once
/// The comb in twenty numbers. A comb has no way round, so a scaling makes its rates symmetric, and all its
/// time constants are real. The space that the answers to one source live in is spanned by those to a few
/// frequencies (rational Krylov), projected onto, and turned into independent decays that are stepped
/// exactly.
///
/// Two vectors are always among them: the steady state, so that what an infusion comes to is exact, and the
/// sum of all amounts, so that nothing is made or lost. docs/model.md
///
/// Keeping the slowest decays of the whole comb instead does not work: some hundred of them are those of the
/// cord's exchange and lie close together.

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "body/careful_sum.hpp"
#include "body/neuraxis.hpp"

namespace theca {

/// So many decays are within 1e-4 of the whole at every site from three hours after a change on, for every
/// substance in the patient in the middle of what was published (reduced_model_test.cpp). Twelve, which were
/// enough where the lumbar fluid mixes more, leave 5e-4.
inline constexpr std::size_t kReducedOrder = 20;

/// One patient, one substance, one place of the source. Made once; any number of solvers read it.
class ReducedModel {
 public:
  /// `source`: shares of nodes, whose sum is 1. `order` >= 3 decays; fewer when they would not be
  /// independent.
  ReducedModel(const Neuraxis& axis, const Kinetics& substance, std::span<const double> source,
               std::size_t order);

  [[nodiscard]] std::size_t order() const { return rate_.size(); }
  /// 1/min, all above zero, rising.
  [[nodiscard]] const std::vector<double>& rates() const { return rate_; }
  /// What a concentration is made of: ug/mL for each unit of a decay's amount.
  [[nodiscard]] const std::vector<double>& fluid(std::size_t node) const { return fluid_[node]; }
  [[nodiscard]] const std::vector<double>& tissue(std::size_t leaf) const { return tissue_[leaf]; }
  /// The same of means, by shares of cells (cells_in, source_at).
  [[nodiscard]] std::vector<double> mean_fluid(std::span<const double> share) const;
  [[nodiscard]] std::vector<double> mean_tissue(std::span<const double> share) const;

 private:
  friend class ReducedSolver;
  std::vector<double> rate_, input_, loss_, total_;  // by decay
  std::vector<std::vector<double>> fluid_, tissue_;  // by node, by decay: concentration
  // Plasma: three decays of its own, or one.
  std::vector<double> plasma_rate_, plasma_input_, plasma_total_, plasma_first_;
  double plasma_volume_ = 1;  // mL, of the first compartment
};

class ReducedSolver {
 public:
  explicit ReducedSolver(const ReducedModel& model);

  /// An amount at once, ug, at the model's source.
  void give(double amount);
  void give_to_plasma(double amount);
  /// From now on, ug/min.
  void set_rate(double rate) { input_rate_ = rate; }
  /// Exactly, however long.
  void advance(double minutes);

  /// `row` of the model.
  [[nodiscard]] double at(std::span<const double> row) const;
  [[nodiscard]] double plasma() const;
  [[nodiscard]] double dosed() const { return dosed_.value(); }
  [[nodiscard]] double in_body() const;  // fluid and tissue, ug
  [[nodiscard]] double in_plasma() const;
  [[nodiscard]] double absorbed() const { return absorbed_.value(); }
  [[nodiscard]] double eliminated() const { return eliminated_.value(); }

 private:
  /// What a step of `h` minutes multiplies by; kept, as most steps are as long as the one before.
  struct Propagator {
    double h = 0;
    std::vector<double> fade, grown;                // by decay
    std::vector<double> fade_plasma, grown_plasma;  // by decay of plasma
    std::vector<double> passed;  // by decay of plasma and decay: what comes over of it, after its fading
  };
  void prepare(double h);

  const ReducedModel* model_;
  Propagator step_;
  std::vector<double> z_, y_;
  double input_rate_ = 0;
  CarefulSum dosed_, absorbed_, eliminated_;
};

}  // namespace theca
