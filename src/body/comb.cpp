#include "body/comb.hpp"

namespace theca {

CombFactor::CombFactor(const Neuraxis& axis, double a, double b) {
  const std::size_t n = axis.nodes();
  const auto scaled = [b](const std::vector<double>& rates) {
    std::vector<double> all(rates);
    for (double& one : all) one *= b;
    return all;
  };
  up_ = scaled(axis.rostral);
  down_ = scaled(axis.caudal);
  into_ = scaled(axis.into_leaf);
  from_ = scaled(axis.from_leaf);
  above_.resize(n);
  pivot_.resize(n);
  leaf_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double of_leaf = a + from_[i] + b * axis.leaf_lost[i];
    leaf_[i] = of_leaf > 0 ? 1 / of_leaf : 0;  // a leaf that exchanges with nothing holds nothing
    double diagonal = a + b * axis.lost[i] + into_[i] - from_[i] * leaf_[i] * into_[i];
    if (i + 1 < n) diagonal += up_[i];
    if (i > 0) diagonal += down_[i - 1] - up_[i - 1] * above_[i - 1];
    pivot_[i] = 1 / diagonal;
    above_[i] = i + 1 < n ? down_[i] * pivot_[i] : 0;
  }
}

void CombFactor::solve(std::span<double> fluid, std::span<double> tissue) const {
  const std::size_t n = fluid.size();
  for (std::size_t i = 0; i < n; ++i) {
    double right = fluid[i] + from_[i] * leaf_[i] * tissue[i];
    if (i > 0) right += up_[i - 1] * fluid[i - 1];
    fluid[i] = right * pivot_[i];
  }
  for (std::size_t i = n - 1; i-- > 0;) fluid[i] += above_[i] * fluid[i + 1];
  for (std::size_t i = 0; i < n; ++i) tissue[i] = leaf_[i] * (tissue[i] + into_[i] * fluid[i]);
}

}  // namespace theca
