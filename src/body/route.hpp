#pragma once
/// The ways by which a substance comes into the body, beside the pump: through a needle into the fluid or
/// the epidural space, into a vein, by mouth, under the skin.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "body/reference_solver.hpp"

namespace theca {

enum class DoseRoute : std::uint8_t { kIntrathecal, kEpidural, kIntravenous, kOral, kSubcutaneous };
inline constexpr std::size_t kDoseRouteCount = 5;
std::string_view name_of(DoseRoute route);  // "intrathecal"

/// One way into one solver. Of an epidural dose a share comes to the fluid at the needle's level and the rest
/// to the blood, each at its own rate; of a swallowed one a share comes to the blood.
class WayIn {
 public:
  /// `share`: which fluid the needle's is, for the intrathecal and the epidural way. An error says which
  /// numbers of data/substances this way needs.
  static std::expected<WayIn, std::string> make(ReferenceSolver& solver, const Kinetics& substance,
                                                DoseRoute route, std::vector<double> share);

  /// At once, ug.
  void give(ReferenceSolver& solver, double amount) const;
  /// Its part of an inflow, `rate` in ug/min: for ReferenceSolver::set_inflow, beside what flows in by other
  /// ways.
  void add_to(Inflow& inflow, double rate) const;

 private:
  WayIn() = default;
  DoseRoute route_ = DoseRoute::kIntrathecal;
  std::vector<double> share_;
  double first_ = 1;                   // of a dose: into the first depot
  std::size_t depot_ = 0, other_ = 0;  // numbers of depots
};

}  // namespace theca
