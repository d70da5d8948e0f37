#pragma once
/// One substance that comes in at one place, by the whole comb, by the reduced model, and by the slowest
/// decays of the whole, which one might think of before the reduced model.

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <vector>

#include "body/body_testing.hpp"
#include "body/reduced_model.hpp"
#include "body/reference_solver.hpp"

namespace theca::example {

/// A patient, a substance and a place, and the sites that are looked at: lumbar, tip, thoracic, cervical,
/// cistern.
struct Case {
  Physiology patient = centre_of(adult());
  Kinetics substance;
  Neuraxis axis;
  std::vector<double> source;
  std::vector<std::size_t> sites;

  explicit Case(const char* drug, double z = 28, double volume = 1.5)
      : substance(kinetics(drug)),
        axis(make_neuraxis(patient, substance)),
        source(source_in_volume(axis, z, volume)),
        sites{28, 56, 80, 110, axis.cells()} {}
  [[nodiscard]] ReferenceSolver reference() const { return {axis, substance}; }
  [[nodiscard]] ReducedModel reduced(std::size_t order) const { return {axis, substance, source, order}; }
};

/// All decays of the whole comb after 1 ug at once at the case's source.
class WholeDecays {
 public:
  explicit WholeDecays(const Case& of) : axis_(of.axis) {
    const auto n = static_cast<Eigen::Index>(axis_.nodes());
    Eigen::MatrixXd k = Eigen::MatrixXd::Zero(2 * n, 2 * n);
    Eigen::VectorXd b = Eigen::VectorXd::Zero(2 * n);
    scale_.resize(2 * n);
    scale_[0] = 1;
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto c = static_cast<std::size_t>(i);
      if (i > 0) scale_[i] = scale_[i - 1] * std::sqrt(axis_.rostral[c - 1] / axis_.caudal[c - 1]);
      scale_[n + i] = scale_[i] * std::sqrt(axis_.into_leaf[c] / axis_.from_leaf[c]);
      k(i, i) = axis_.lost[c] + axis_.into_leaf[c];
      k(n + i, n + i) = axis_.from_leaf[c] + axis_.leaf_lost[c];
      k(i, n + i) = k(n + i, i) = -std::sqrt(axis_.into_leaf[c] * axis_.from_leaf[c]);
      if (i > 0) k(i, i) += axis_.caudal[c - 1];
      if (i + 1 < n) {
        k(i, i) += axis_.rostral[c];
        k(i, i + 1) = k(i + 1, i) = -std::sqrt(axis_.rostral[c] * axis_.caudal[c]);
      }
      b[i] = of.source[c] / scale_[i];
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen{k};
    rates_ = eigen.eigenvalues();
    modes_ = eigen.eigenvectors();
    input_ = modes_.transpose() * b;
  }

  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(rates_.size()); }
  [[nodiscard]] double slowest() const { return rates_[0]; }  // 1/min
  /// ug/mL in the fluid of a node, by the `kept` slowest.
  [[nodiscard]] double fluid(std::size_t node, double minutes, std::size_t kept) const {
    const auto row = static_cast<Eigen::Index>(node);
    double sum = 0;
    for (Eigen::Index j = 0; j < static_cast<Eigen::Index>(kept); ++j)
      sum += modes_(row, j) * scale_[row] * input_[j] * std::exp(-rates_[j] * minutes);
    return sum / axis_.volume[node];
  }

 private:
  Neuraxis axis_;
  Eigen::VectorXd scale_, rates_, input_;
  Eigen::MatrixXd modes_;
};

}  // namespace theca::example
