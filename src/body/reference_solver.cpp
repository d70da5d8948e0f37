#include "body/reference_solver.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace theca {
namespace {

const double kGamma = 2 - std::sqrt(2.0);
const double kDiagonal = 1 - std::sqrt(2.0) / 2;  // gamma / 2
const double kWeight = std::sqrt(2.0) / 4;

constexpr double kFirstStep = 1e-3;  // min, after a change
constexpr double kMostGrowth = 4, kLeastShrink = 0.2, kSafety = 0.9;
constexpr double kFaded = 1e-12;        // of the highest that ever was: below it nothing needs care
constexpr double kWorthChanging = 1.2;  // a new factorisation costs as much as a step

double fluid_in(const Inflow& inflow, std::size_t node) {
  return inflow.fluid.empty() ? 0 : inflow.fluid[node];
}

double depot_in(const Inflow& inflow, std::size_t depot) {
  return depot < inflow.depots.size() ? inflow.depots[depot] : 0;
}

double sum_of(const Inflow& inflow) {
  double sum = inflow.plasma + inflow.lost;
  for (const double part : inflow.fluid) sum += part;
  for (const double part : inflow.depots) sum += part;
  return sum;
}

}  // namespace

double BodyState::total() const {
  CarefulSum sum;
  for (const double amount : fluid) sum.add(amount);
  for (const double amount : tissue) sum.add(amount);
  for (const double amount : plasma) sum.add(amount);
  for (const double amount : depots) sum.add(amount);
  sum.add(eliminated.value());
  return sum.value();
}

ReferenceSolver::ReferenceSolver(Neuraxis axis, const Kinetics& substance, TimeScheme scheme)
    : axis_(std::move(axis)), kinetics_(substance), scheme_(scheme) {
  state_.fluid.resize(axis_.nodes());
  state_.tissue.resize(axis_.nodes());
}

void ReferenceSolver::give(double amount, std::span<const double> share) {
  for (std::size_t i = 0; i < state_.fluid.size(); ++i) {
    state_.fluid[i] += amount * share[i];
    state_.dosed.add(amount * share[i]);
  }
  next_h_ = 0;
}

void ReferenceSolver::give_to_plasma(double amount) {
  state_.plasma[0] += amount;
  state_.dosed.add(amount);
  next_h_ = 0;
}

std::size_t ReferenceSolver::add_depot(Depot depot) {
  assert(depot.rate > 0);
  depots_.push_back(std::move(depot));
  state_.depots.push_back(0);
  return depots_.size() - 1;
}

void ReferenceSolver::give_to_depot(std::size_t depot, double amount) {
  state_.depots[depot] += amount;
  state_.dosed.add(amount);
  next_h_ = 0;
}

void ReferenceSolver::lose(double amount) {
  state_.eliminated.add(amount);
  state_.dosed.add(amount);
}

void ReferenceSolver::set_inflow(Inflow inflow) { inflow_ = std::move(inflow); }

void ReferenceSolver::set_axis(Neuraxis axis, const Kinetics& substance) {
  axis_ = std::move(axis);
  kinetics_ = substance;
  factored_ = 0;
  next_h_ = 0;
}

void ReferenceSolver::factor(double dh) {
  if (dh == factored_) return;
  factored_ = dh;
  factor_ = CombFactor{axis_, 1, dh};
}

/// Takes the right side that stands in `stage` to its amounts: (I - dh K) x = right side + dh inflow.
void ReferenceSolver::solve(double dh, Stage& stage, const Inflow& inflow) {
  factor(dh);
  const std::size_t n = axis_.nodes();
  if (!inflow.fluid.empty()) {
    for (std::size_t i = 0; i < n; ++i) stage.fluid[i] += dh * inflow.fluid[i];
  }
  double absorbed = 0;
  for (std::size_t d = 0; d < depots_.size(); ++d) {
    const Depot& depot = depots_[d];
    stage.depots[d] = (stage.depots[d] + dh * depot_in(inflow, d)) / (1 + dh * depot.rate);
    const double given = depot.rate * stage.depots[d];
    if (depot.share.empty()) {
      absorbed += given;
      continue;
    }
    for (std::size_t i = 0; i < n; ++i) stage.fluid[i] += dh * given * depot.share[i];
  }
  factor_.solve(stage.fluid, stage.tissue);
  for (std::size_t i = 0; i < n; ++i)
    absorbed += axis_.lost[i] * stage.fluid[i] + axis_.leaf_lost[i] * stage.tissue[i];
  // Plasma behind it: one mother compartment with two leaves.
  const auto& v = kinetics_.plasma_volume;
  auto& p = stage.plasma;
  double right = p[0] + dh * (absorbed + inflow.plasma);
  double diagonal = 1 + dh * kinetics_.plasma_clearance / v[0];
  for (std::size_t k = 1; k < 3; ++k) {
    if (v[k] <= 0) continue;
    const double out = dh * kinetics_.plasma_flow[k - 1] / v[0],
                 back = dh * kinetics_.plasma_flow[k - 1] / v[k];
    right += back * p[k] / (1 + back);
    diagonal += out - back * out / (1 + back);
  }
  p[0] = right / diagonal;
  for (std::size_t k = 1; k < 3; ++k) {
    if (v[k] <= 0) continue;
    const double out = dh * kinetics_.plasma_flow[k - 1] / v[0],
                 back = dh * kinetics_.plasma_flow[k - 1] / v[k];
    p[k] = (p[k] + out * p[0]) / (1 + back);
  }
}

void ReferenceSolver::rates(Stage& stage, const Inflow& inflow) const {
  const std::size_t n = axis_.nodes();
  const auto &x = stage.fluid, &leaf = stage.tissue;
  stage.fluid_rate.assign(n, 0);
  stage.tissue_rate.resize(n);
  double absorbed = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double exchange = axis_.into_leaf[i] * x[i] - axis_.from_leaf[i] * leaf[i];
    stage.fluid_rate[i] += fluid_in(inflow, i) - exchange - axis_.lost[i] * x[i];
    stage.tissue_rate[i] = exchange - axis_.leaf_lost[i] * leaf[i];
    absorbed += axis_.lost[i] * x[i] + axis_.leaf_lost[i] * leaf[i];
    if (i + 1 == n) continue;
    const double across = axis_.rostral[i] * x[i] - axis_.caudal[i] * x[i + 1];
    stage.fluid_rate[i] -= across;
    stage.fluid_rate[i + 1] += across;
  }
  stage.depot_rate.resize(depots_.size());
  for (std::size_t d = 0; d < depots_.size(); ++d) {
    const Depot& depot = depots_[d];
    const double given = depot.rate * stage.depots[d];
    stage.depot_rate[d] = depot_in(inflow, d) - given;
    if (depot.share.empty()) absorbed += given;
    for (std::size_t i = 0; i < depot.share.size(); ++i) stage.fluid_rate[i] += given * depot.share[i];
  }
  const auto& v = kinetics_.plasma_volume;
  const double eliminated = kinetics_.plasma_clearance / v[0] * stage.plasma[0];
  stage.absorbed_rate = absorbed;
  stage.eliminated_rate = eliminated + inflow.lost;
  stage.plasma_rate = {absorbed + inflow.plasma - eliminated, 0, 0};
  for (std::size_t k = 1; k < 3; ++k) {
    if (v[k] <= 0) continue;
    const double across = kinetics_.plasma_flow[k - 1] * (stage.plasma[0] / v[0] - stage.plasma[k] / v[k]);
    stage.plasma_rate[0] -= across;
    stage.plasma_rate[k] += across;
  }
}

void ReferenceSolver::step(double h) { take(h, {&inflow_, &inflow_, &inflow_}); }

void ReferenceSolver::step(double h, const std::array<Inflow, 3>& inflow) {
  take(h, {&inflow[0], &inflow[1], &inflow[2]});
}

void ReferenceSolver::take(double h, const Inflows& inflow) {
  const auto copy = [this](Stage& to) {
    to.fluid = state_.fluid;
    to.tissue = state_.tissue;
    to.plasma = state_.plasma;
    to.depots = state_.depots;
  };
  const auto plus = [](Stage& to, double share, const Stage& of) {
    for (std::size_t i = 0; i < to.fluid.size(); ++i) {
      to.fluid[i] += share * of.fluid_rate[i];
      to.tissue[i] += share * of.tissue_rate[i];
    }
    for (std::size_t k = 0; k < 3; ++k) to.plasma[k] += share * of.plasma_rate[k];
    for (std::size_t d = 0; d < to.depots.size(); ++d) to.depots[d] += share * of.depot_rate[d];
  };
  copy(end_);
  if (scheme_ == TimeScheme::kBackwardEuler) {
    solve(h, end_, *inflow[2]);
    rates(end_, *inflow[2]);
    finish(h, inflow);
    return;
  }
  copy(begin_);
  rates(begin_, *inflow[0]);
  copy(middle_);
  plus(middle_, kDiagonal * h, begin_);
  solve(kDiagonal * h, middle_, *inflow[1]);
  rates(middle_, *inflow[1]);
  plus(end_, kWeight * h, begin_);
  plus(end_, kWeight * h, middle_);
  solve(kDiagonal * h, end_, *inflow[2]);
  rates(end_, *inflow[2]);
  finish(h, inflow);
}

/// Takes over the end of the step, and sums what left by the same rule.
void ReferenceSolver::finish(double h, const Inflows& inflow) {
  const auto sum = [&](double begin, double middle, double end) {
    return scheme_ == TimeScheme::kBackwardEuler ? h * end
                                                 : h * (kWeight * (begin + middle) + kDiagonal * end);
  };
  state_.eliminated.add(sum(begin_.eliminated_rate, middle_.eliminated_rate, end_.eliminated_rate));
  state_.absorbed.add(sum(begin_.absorbed_rate, middle_.absorbed_rate, end_.absorbed_rate));
  state_.dosed.add(sum(sum_of(*inflow[0]), sum_of(*inflow[1]), sum_of(*inflow[2])));
  std::swap(state_.fluid, end_.fluid);
  std::swap(state_.tissue, end_.tissue);
  state_.plasma = end_.plasma;
  std::swap(state_.depots, end_.depots);
  ++steps_;
}

/// Against the companion of third order (Hosea and Shampine 1996), as a share of the largest concentration.
double ReferenceSolver::error_of(double h) {
  const double begin = h * (4 * kWeight - 1) / 3, middle = -h / 3, end = h * 2 * kDiagonal / 3;
  const auto off = [&](double a, double b, double c) { return std::abs(begin * a + middle * b + end * c); };
  double error = 0, largest = 0;
  for (std::size_t i = 0; i < axis_.nodes(); ++i) {
    const double fluid = off(begin_.fluid_rate[i], middle_.fluid_rate[i], end_.fluid_rate[i]);
    const double tissue = off(begin_.tissue_rate[i], middle_.tissue_rate[i], end_.tissue_rate[i]);
    error = std::max({error, fluid / axis_.volume[i], tissue / axis_.leaf_volume[i]});
    largest = std::max({largest, state_.fluid[i] / axis_.volume[i], state_.tissue[i] / axis_.leaf_volume[i]});
  }
  double plasma_error = 0;
  for (std::size_t k = 0; k < 3; ++k)
    plasma_error =
        std::max(plasma_error, off(begin_.plasma_rate[k], middle_.plasma_rate[k], end_.plasma_rate[k]));
  plasma_error /= kinetics_.plasma_volume[0];
  highest_ = std::max(highest_, largest);
  highest_plasma_ = std::max(highest_plasma_, plasma());
  const auto share = [](double part, double now, double ever) {
    const double whole = std::max(now, kFaded * ever);
    return whole > 0 ? part / whole : 0;
  };
  return std::max(share(error, largest, highest_), share(plasma_error, plasma(), highest_plasma_));
}

void ReferenceSolver::advance(double minutes, double tolerance, const std::function<void(double)>& each) {
  assert(scheme_ == TimeScheme::kTrBdf2);
  double left = minutes;
  while (left > 0) {
    if (next_h_ <= 0) next_h_ = kFirstStep;
    const double h = std::min(next_h_, left);
    before_ = state_;
    step(h);
    const double error = error_of(h) / tolerance;
    const double change =
        error > 0 ? std::clamp(kSafety / std::cbrt(error), kLeastShrink, kMostGrowth) : kMostGrowth;
    if (error > 1) {
      std::swap(state_, before_);
      next_h_ = h * change;
      continue;
    }
    left -= h;
    if (each) each(minutes - left);
    if (h < next_h_) continue;  // the rest of an interval says nothing of the next
    if (change > kWorthChanging || change < 1) next_h_ = h * change;
  }
}

}  // namespace theca
