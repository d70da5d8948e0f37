#include "body/reduced_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cassert>
#include <cmath>

#include "body/comb.hpp"

namespace theca {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Frequencies between these, evenly on a logarithmic scale: a day, and three minutes.
constexpr double kSlowest = 1.0 / (24 * 60), kFastest = 1.0 / 3;
/// What is left of a vector beside the others, below which it says nothing new.
constexpr double kIndependent = 1e-9;

/// Amounts of nodes and leaves in one vector, nodes first, in the scale that makes the rates symmetric.
class Symmetric {
 public:
  explicit Symmetric(const Neuraxis& axis) : axis_(axis), scale_(2 * size(axis)) {
    const Eigen::Index n = size(axis);
    scale_[0] = 1;
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      if (i > 0) scale_[i] = scale_[i - 1] * std::sqrt(axis.rostral[k - 1] / axis.caudal[k - 1]);
      const bool exchanges = axis.into_leaf[k] > 0 && axis.from_leaf[k] > 0;
      scale_[n + i] = scale_[i] * (exchanges ? std::sqrt(axis.into_leaf[k] / axis.from_leaf[k]) : 1);
    }
  }
  static Eigen::Index size(const Neuraxis& axis) { return static_cast<Eigen::Index>(axis.nodes()); }
  [[nodiscard]] const VectorXd& scale() const { return scale_; }

  /// (shift I - K)^-1 v
  [[nodiscard]] VectorXd solved(double shift, const VectorXd& v) const {
    const Eigen::Index n = size(axis_);
    VectorXd x = v.cwiseProduct(scale_);
    const auto count = static_cast<std::size_t>(n);
    CombFactor{axis_, shift, 1}.solve({x.data(), count}, {x.data() + n, count});
    return x.cwiseQuotient(scale_);
  }
  /// K v
  [[nodiscard]] VectorXd times(const VectorXd& v) const {
    const Eigen::Index n = size(axis_);
    const VectorXd x = v.cwiseProduct(scale_);
    VectorXd rate = VectorXd::Zero(2 * n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double exchange = axis_.into_leaf[k] * x[i] - axis_.from_leaf[k] * x[n + i];
      rate[i] -= exchange + axis_.lost[k] * x[i];
      rate[n + i] += exchange - axis_.leaf_lost[k] * x[n + i];
      if (i + 1 == n) continue;
      const double across = axis_.rostral[k] * x[i] - axis_.caudal[k] * x[i + 1];
      rate[i] -= across;
      rate[i + 1] += across;
    }
    return rate.cwiseQuotient(scale_);
  }

 private:
  const Neuraxis& axis_;
  VectorXd scale_;
};

/// Orthonormal columns, as many as are independent.
class Basis {
 public:
  Basis(Eigen::Index rows, std::size_t most) : columns_(rows, static_cast<Eigen::Index>(most)) {}
  void add(VectorXd v) {
    v.normalize();
    for (int twice = 0; twice < 2; ++twice) {
      const auto have = columns_.leftCols(used_);
      v -= have * (have.transpose() * v);
    }
    if (used_ == columns_.cols() || v.norm() < kIndependent) return;
    columns_.col(used_++) = v.normalized();
  }
  [[nodiscard]] MatrixXd matrix() const { return columns_.leftCols(used_); }

 private:
  MatrixXd columns_;
  Eigen::Index used_ = 0;
};

std::vector<double> list(const VectorXd& v) { return {v.data(), v.data() + v.size()}; }

/// (e^(x h) - 1) / x at any x <= 0.
double grown(double x, double h) { return x == 0 ? h : std::expm1(x * h) / x; }

}  // namespace

ReducedModel::ReducedModel(const Neuraxis& axis, const Kinetics& substance, std::span<const double> source,
                           std::size_t order) {
  assert(order >= 3);
  const Symmetric comb{axis};
  const Eigen::Index n = Symmetric::size(axis);
  const VectorXd& s = comb.scale();
  VectorXd b = VectorXd::Zero(2 * n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    b[i] = source[k] / s[i];
  }
  Basis basis{2 * n, order};
  basis.add(s);  // every amount counts as one: their sum
  basis.add(comb.solved(0, b));
  const std::size_t shifts = order - 2;
  for (std::size_t i = 0; i < shifts; ++i) {
    const double place = shifts == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(shifts - 1);
    basis.add(comb.solved(kSlowest * std::pow(kFastest / kSlowest, place), b));
  }
  const MatrixXd v = basis.matrix();
  MatrixXd kv(2 * n, v.cols());
  for (Eigen::Index j = 0; j < v.cols(); ++j) kv.col(j) = comb.times(v.col(j));
  const MatrixXd small = v.transpose() * kv;
  const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen{-(small + small.transpose()) / 2};
  const MatrixXd modes = v * eigen.eigenvectors();  // in the symmetric scale
  rate_ = list(eigen.eigenvalues());
  input_ = list(modes.transpose() * b);
  total_ = list(modes.transpose() * s);
  // As the sum of all amounts is in the space, what fades of it is what is lost, and what comes in is all of
  // the source: written so, rounding cannot part them.
  double all = 0;
  for (std::size_t i = 0; i < rate_.size(); ++i) all += total_[i] * input_[i];
  for (std::size_t i = 0; i < rate_.size(); ++i) {
    input_[i] /= all;
    loss_.push_back(total_[i] * rate_[i]);
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    fluid_.push_back(list(modes.row(i).transpose() * (s[i] / axis.volume[k])));
    tissue_.push_back(list(modes.row(n + i).transpose() * (s[n + i] / axis.leaf_volume[k])));
  }

  // Plasma: a mother with up to two leaves, symmetric in the same way.
  const auto& volume = substance.plasma_volume;
  const auto compartments = static_cast<Eigen::Index>(1 + (volume[1] > 0 ? 1 : 0) + (volume[2] > 0 ? 1 : 0));
  MatrixXd k = MatrixXd::Zero(compartments, compartments);
  VectorXd scale = VectorXd::Ones(compartments);
  plasma_volume_ = volume[0];
  k(0, 0) = substance.plasma_clearance / volume[0];
  Eigen::Index at = 1;
  for (std::size_t i = 1; i < 3; ++i) {
    if (volume[i] <= 0) continue;
    const double out = substance.plasma_flow[i - 1] / volume[0],
                 back = substance.plasma_flow[i - 1] / volume[i];
    k(0, 0) += out;
    k(at, at) = back;
    k(0, at) = k(at, 0) = -std::sqrt(out * back);
    scale[at] = back > 0 ? std::sqrt(out / back) : 1;
    ++at;
  }
  const Eigen::SelfAdjointEigenSolver<MatrixXd> plasma{k};
  plasma_rate_ = list(plasma.eigenvalues());
  plasma_input_ = list(plasma.eigenvectors().row(0).transpose());
  plasma_first_ = plasma_input_;
  plasma_total_ = list(plasma.eigenvectors().transpose() * scale);
}

namespace {
std::vector<double> mean_of(const std::vector<std::vector<double>>& rows, std::span<const double> share,
                            std::size_t order) {
  std::vector<double> mean(order);
  for (std::size_t i = 0; i < share.size(); ++i) {
    if (share[i] == 0) continue;
    for (std::size_t k = 0; k < order; ++k) mean[k] += share[i] * rows[i][k];
  }
  return mean;
}
}  // namespace

std::vector<double> ReducedModel::mean_fluid(std::span<const double> share) const {
  return mean_of(fluid_, share, order());
}
std::vector<double> ReducedModel::mean_tissue(std::span<const double> share) const {
  return mean_of(tissue_, share, order());
}

ReducedSolver::ReducedSolver(const ReducedModel& model)
    : model_(&model), z_(model.order()), y_(model.plasma_rate_.size()) {}

void ReducedSolver::give(double amount) {
  for (std::size_t k = 0; k < z_.size(); ++k) z_[k] += model_->input_[k] * amount;
  dosed_.add(amount);
}

void ReducedSolver::give_to_plasma(double amount) {
  for (std::size_t j = 0; j < y_.size(); ++j) y_[j] += model_->plasma_input_[j] * amount;
  dosed_.add(amount);
}

void ReducedSolver::prepare(double h) {
  if (h == step_.h) return;
  const ReducedModel& m = *model_;
  const std::size_t n = z_.size();
  step_.h = h;
  step_.fade.resize(n);
  step_.grown.resize(n);
  step_.fade_plasma.resize(y_.size());
  step_.grown_plasma.resize(y_.size());
  step_.passed.resize(n * y_.size());
  for (std::size_t k = 0; k < n; ++k) {
    step_.fade[k] = std::exp(-m.rate_[k] * h);
    step_.grown[k] = grown(-m.rate_[k], h);
  }
  for (std::size_t j = 0; j < y_.size(); ++j) {
    const double mu = m.plasma_rate_[j];
    step_.fade_plasma[j] = std::exp(-mu * h);
    step_.grown_plasma[j] = grown(-mu, h);
    for (std::size_t k = 0; k < n; ++k) {
      // The fading of one behind that of the other, by the smaller of the two, or equal rates lose digits.
      const double slow = std::min(m.rate_[k], mu), apart = std::abs(m.rate_[k] - mu);
      step_.passed[j * n + k] = m.plasma_input_[j] * m.loss_[k] * std::exp(-slow * h) * grown(-apart, h);
    }
  }
}

void ReducedSolver::advance(double minutes) {
  prepare(minutes);
  const double h = minutes;
  const ReducedModel& m = *model_;
  const std::size_t n = z_.size();
  constexpr std::size_t kMostPlasma = 3;
  std::array<double, kMostPlasma> next_y{};
  assert(y_.size() <= kMostPlasma);
  // z' = -rate z + input u, so z - steady fades.
  double taken = 0, steadily = 0;
  for (std::size_t j = 0; j < y_.size(); ++j) next_y[j] = y_[j] * step_.fade_plasma[j];
  for (std::size_t k = 0; k < n; ++k) {
    const double steady = m.input_[k] * input_rate_ / m.rate_[k], off = z_[k] - steady;
    taken += m.loss_[k] * (steady * h + off * step_.grown[k]);
    steadily += m.loss_[k] * steady;
    for (std::size_t j = 0; j < y_.size(); ++j) next_y[j] += off * step_.passed[j * n + k];
    z_[k] = steady + off * step_.fade[k];
  }
  double gone = 0;
  for (std::size_t j = 0; j < y_.size(); ++j) {
    next_y[j] += m.plasma_input_[j] * steadily * step_.grown_plasma[j];
    // Of y' = -mu y + what comes: the integral of y.
    const double mean = (m.plasma_input_[j] * taken - (next_y[j] - y_[j])) / m.plasma_rate_[j];
    gone += m.plasma_total_[j] * m.plasma_rate_[j] * mean;  // what fades of the sum is what is eliminated
    y_[j] = next_y[j];
  }
  absorbed_.add(taken);
  eliminated_.add(gone);
  dosed_.add(input_rate_ * h);
}

double ReducedSolver::at(std::span<const double> row) const {
  double sum = 0;
  for (std::size_t k = 0; k < z_.size(); ++k) sum += row[k] * z_[k];
  return sum;
}

double ReducedSolver::plasma() const {
  double sum = 0;
  for (std::size_t j = 0; j < y_.size(); ++j) sum += model_->plasma_first_[j] * y_[j];
  return sum / model_->plasma_volume_;
}

double ReducedSolver::in_body() const { return at(model_->total_); }

double ReducedSolver::in_plasma() const {
  double sum = 0;
  for (std::size_t j = 0; j < y_.size(); ++j) sum += model_->plasma_total_[j] * y_[j];
  return sum;
}

}  // namespace theca
