#pragma once
/// The fluid between reservoir and catheter tip, and the constants it is reckoned with.
///
/// A wrong constant misplaces the drug front and every bridge and prime with it, so a path always says where
/// its constants came from and whether they were read in a source.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "plan/library.hpp"
#include "plan/programmable.hpp"
#include "quantity/quantity.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// A constant of the path with its pedigree. `sources` is empty when a person gave it.
struct PathConstant {
  Volume value;
  bool verified = false;
  std::vector<std::string> sources;
  [[nodiscard]] bool typed() const { return sources.empty(); }
};

struct PathConstants {
  PathConstant tubing;  // between reservoir and catheter connector
  PathConstant per_cm;  // lumen of one centimetre of catheter
};

/// The constants of a pump of the library; nothing when it states none.
std::optional<PathConstants> path_constants(const PumpEntry& pump);

/// Largest path that is reckoned with: ten times a long catheter's.
inline constexpr Volume kLargestPath = millilitres(5);

/// V_path = V_tubing + k x L, the catheter to the nearest nL.
/// Errors: kZero (length, k), kPathAboveRange. Source: docs/arithmetic.md#path
std::expected<FluidPath, PlanError> fluid_path(Volume tubing, Volume per_cm, Length catheter);

/// Volume and mass that reach the patient, or fall short of the tip, when the path was taken for another one.
struct PathMistake {
  Volume excess;  // assumed less true; negative: the front stops short of the tip
  Mass mass;      // |excess| x C
};
/// x = V_assumed - V_true, m = |x| x C. Source: docs/arithmetic.md#prime
PathMistake path_mistake(Volume assumed, Volume true_volume, Concentration c);

}  // namespace theca
