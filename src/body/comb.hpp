#pragma once
/// Solving with a comb: (a I - b K) x = y, where K are the rates of a Neuraxis. The leaves hang on their
/// nodes alone, so one sweep up the row and one down is all of it.

#include <span>
#include <vector>

#include "body/neuraxis.hpp"

namespace theca {

class CombFactor {
 public:
  CombFactor() = default;
  /// `a` >= 0, `b` > 0. With a = 0 every node must have a way out of the comb.
  CombFactor(const Neuraxis& axis, double a, double b);

  /// Takes the right side to the amounts, in place; by node and by leaf.
  void solve(std::span<double> fluid, std::span<double> tissue) const;

 private:
  std::vector<double> up_, down_;    // what goes over to the next node and comes back, times b
  std::vector<double> into_, from_;  // the same of the leaves
  std::vector<double> above_, pivot_, leaf_;
};

}  // namespace theca
