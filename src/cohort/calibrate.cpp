#include "cohort/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlopt.hpp>

namespace theca {
namespace {

/// Numbers that the rows say nothing of stay near where they were: a move over half of the range costs as
/// much as so many square half bands of the mean misfit.
constexpr double kPrior = 0.02;
constexpr double kNothing = 100;  // misfit of a row without a number
/// Nearer to an end of the range than this share of it is at the edge.
constexpr double kEdge = 0.01;
constexpr double kEnough = 1e-5;  // relative change of the misfit

double share_of(const Number& number, double value) {
  return std::log(value / number.low) / std::log(number.high / number.low);
}

}  // namespace

std::vector<FreeNumber> free_numbers(BodyData& data) {
  std::vector<FreeNumber> free{
      {"dispersion_caudal", {&data.anatomy.dispersion_caudal}},
      {"dispersion_rostral", {&data.anatomy.dispersion_rostral}},
      {"dispersion_exponent", {&data.anatomy.dispersion_exponent}},
      {"spinal_absorption", {&data.anatomy.spinal_absorption}},
  };
  FreeNumber exchange{"cord_exchange of hydrophilic drugs", {}};
  for (const char* name : {"morphine", "baclofen", "ziconotide"}) {
    const auto substance = std::ranges::find(data.substances, name, &Substance::name);
    if (substance == data.substances.end()) continue;
    free.push_back({name + std::string{" dural_loss"}, {&substance->dural_loss}});
    free.push_back({name + std::string{" cord_partition"}, {&substance->cord_partition}});
    exchange.numbers.push_back(&substance->cord_exchange);
  }
  if (!exchange.numbers.empty()) free.push_back(std::move(exchange));
  // Moved on a logarithmic scale between the ends of their ranges.
  std::erase_if(free, [](const FreeNumber& of) {
    return std::ranges::any_of(
        of.numbers, [](const Number* number) { return number->low <= 0 || number->low >= number->high; });
  });
  return free;
}

Calibration calibrate(const std::vector<Study>& studies, BodyData& data, std::int64_t tries) {
  std::vector<FreeNumber> free = free_numbers(data);
  std::vector<double> start;
  for (const FreeNumber& number : free)
    start.push_back(share_of(*number.numbers.front(), number.numbers.front()->value));
  const auto put = [&](const std::vector<double>& x) {
    for (std::size_t i = 0; i < free.size(); ++i) {
      for (Number* number : free[i].numbers)
        number->value =
            std::clamp(number->low * std::pow(number->high / number->low, x[i]), number->low, number->high);
    }
  };
  Variability nobody;  // of the middle patient alone nothing is read of it
  const auto misfit = [&] {
    const StudyAnswers answers = run_studies(studies, data, nobody, {});
    double sum = 0, count = 0;
    for (std::size_t s = 0; s < studies.size(); ++s) {
      for (std::size_t q = 0; q < studies[s].quantities.size(); ++q) {
        const StudyQuantity& quantity = studies[s].quantities[q];
        // Those that none of the free numbers moves are fitted apart.
        if (quantity.split != Split::kCalibrate || quantity.kind == QuantityKind::kDoseGrowth) continue;
        const Number& published = *quantity.published;
        const double off =
            std::log(answers[s][q].middle / published.value) / (std::log(published.high / published.low) / 2);
        sum += std::isfinite(off) ? off * off : kNothing;
        count += 1;
      }
    }
    return count > 0 ? sum / count : 0;
  };
  Calibration out;
  for (const FreeNumber& number : free) {
    const Number& of = *number.numbers.front();
    out.numbers.push_back({number.name, of.unit, of.value, of.value, of.low, of.high, false});
  }
  out.misfit_before = misfit();
  nlopt::opt optimizer{nlopt::LN_BOBYQA, static_cast<unsigned>(free.size())};
  optimizer.set_lower_bounds(0);
  optimizer.set_upper_bounds(1);
  optimizer.set_initial_step(0.15);
  optimizer.set_ftol_rel(kEnough);
  optimizer.set_maxeval(static_cast<int>(tries));
  std::vector<double> best = start;
  for (double& share : best) share = std::clamp(share, 0.0, 1.0);
  double least = std::numeric_limits<double>::infinity();
  std::function<double(const std::vector<double>&)> cost = [&](const std::vector<double>& x) {
    put(x);
    double prior = 0;
    for (std::size_t i = 0; i < x.size(); ++i) prior += 4 * (x[i] - start[i]) * (x[i] - start[i]);
    ++out.tries;
    const double costs = misfit() + kPrior * prior;
    if (costs < least) {
      least = costs;
      best = x;
    }
    return costs;
  };
  optimizer.set_min_objective(
      [](const std::vector<double>& x, std::vector<double>&, void* of) {
        return (*static_cast<std::function<double(const std::vector<double>&)>*>(of))(x);
      },
      &cost);
  try {
    std::vector<double> from = best;
    double cost_there = 0;
    optimizer.optimize(from, cost_there);
  } catch (const nlopt::roundoff_limited&) {
    // As far as rounding lets it: the best of the tries stands.
  }
  put(best);
  out.misfit_after = misfit();
  for (std::size_t i = 0; i < free.size(); ++i) {
    out.numbers[i].after = free[i].numbers.front()->value;
    out.numbers[i].at_edge = best[i] < kEdge || best[i] > 1 - kEdge;
  }
  return out;
}

}  // namespace theca
