#pragma once
/// Old fluid that no needle brings out mixes with the new fill; and one flow carries every drug of a mixture.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/library.hpp"
#include "plan/programmable.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// One drug of a fluid. `drug` is null for the one drug of a fluid that was typed without a name.
struct FluidPart {
  const DrugEntry* drug = nullptr;
  Concentration concentration;
  friend bool operator==(const FluidPart&, const FluidPart&) = default;
};
/// What stands in a syringe or a reservoir; no part: saline.
using Fluid = std::vector<FluidPart>;

/// "morphine 20 mg/mL + bupivacaine 30 mg/mL", "500 mcg/mL" (one drug without a name), "saline". At most
/// kMaxComponents drugs of the library, none twice, no concentration zero.
std::expected<Fluid, std::string> parse_fluid(std::string_view text, const Library& library);

struct DosePart {
  const DrugEntry* drug = nullptr;
  DoseRate dose;
};
/// "morphine 6 mg/day + bupivacaine 9 mg/day"; every drug with its name, no dose zero.
std::expected<std::vector<DosePart>, std::string> parse_doses(std::string_view text, const Library& library);

/// How far from the intended concentration a fill may be before rinses are proposed. Theca's assumption, not
/// verified; a drug that should be gone may keep this share of what it was.
inline constexpr std::int64_t kMixTolerancePpm = 50'000;
inline constexpr int kMostRinses = 10;

struct MixRequest {
  Volume residual;              // what no needle aspirates
  Volume fill;                  // injected
  Volume capacity;              // retrievable volume of a full reservoir
  std::optional<Volume> rinse;  // volume of one rinse with the new fluid, when it is fixed
};

/// One drug of the old fluid, the new, or both.
struct MixedPart {
  const DrugEntry* drug = nullptr;
  Concentration old_c;
  Concentration new_c;                  // intended
  Concentration mixed;                  // nearest
  std::optional<std::int64_t> off_ppm;  // from the intended, nearest; nothing when none was intended
  bool within = false;                  // exactly within kMixTolerancePpm
};

/// The same volume of new fluid put in and aspirated, some times.
struct Rinses {
  int times = 0;
  Volume each;
};

struct Mix {
  Volume total;                  // residual + fill
  std::vector<MixedPart> parts;  // those of the new fluid first
  bool within = false;           // every part
  std::vector<Rinses> ways;      // fewest rinses first; empty when none is needed or none fits
};

/// C_mix = (V_res C_old + V_fill C_new) / (V_res + V_fill) for every drug; and the rinses with the new fluid
/// after which every drug is within kMixTolerancePpm. A way is the smallest volume, in steps of 0.1 mL, for
/// one, two and three rinses, or the fewest rinses of `rinse`. Rinsing is reckoned rounded towards more.
/// Errors: kZero (fill), kAboveCapacity (fill, residual, rinse); all at once. Source: docs/arithmetic.md#mix
std::expected<Mix, PlanErrors> plan_mix(const Fluid& old_fluid, const Fluid& new_fluid,
                                        const MixRequest& request);

/// C_i = D_i / Q to the nearest ng/mL. Errors: kZero (dose, flow, or less than 1 ng/mL), kAboveConcentration.
/// Source: docs/arithmetic.md#mixture
std::expected<Concentration, PlanError> concentration_for(std::string_view what, DoseRate dose,
                                                          FlowRate flow);

}  // namespace theca
