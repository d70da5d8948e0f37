#pragma once
/// What a needle finds in the pump at a refill against what should be there, and what went in against what
/// the pump senses. A volume that does not fit has causes; they are ranked, never decided.

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "plan/programmable.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// Difference between aspirated and expected that asks for an investigation whatever the ratio. Source: S48.
inline constexpr Volume kResidualFlag = millilitres(2);
/// A fill is young up to here: a shortfall by then is looked at as diversion first. Theca's assumption, not
/// verified; in the case of S50 it was four days, and over-infusion has begun at five months (S10, S38).
inline constexpr Duration kYoungFill = days(14);

struct ResidualRequest {
  Volume fill;      // in the pump after the last fill, as recorded
  Volume expected;  // the pump's own count of what is left
  Volume aspirated;
  std::int64_t accuracy_ppm = 0;     // labelled, one-sided
  std::optional<Duration> fill_age;  // since the last fill; nothing when not known
};

enum class ResidualCause : std::uint8_t {
  kDiversion,
  kOverInfusion,
  kLeak,
  kPocketFill,
  kStall,
  kOcclusion,
  kCatheter,
};

/// One cause, why it comes to mind and what to look for.
struct ResidualCauseRow {
  ResidualCause cause;
  std::string_view name;
  std::string_view why;
  std::string_view look_for;
  std::span<const std::string_view> sources;
  bool verified;
};
const ResidualCauseRow& row_of(ResidualCause cause);

struct Residual {
  Volume given;            // fill less aspirated
  Volume due;              // fill less expected, > 0
  std::int64_t ratio_ppm;  // R = given / due, nearest
  Volume difference;       // aspirated less expected; negative: too little was there
  bool over = false;       // R > 1 + accuracy, exactly
  bool under = false;      // R < 1 - accuracy, exactly
  bool beyond = false;     // |difference| > kResidualFlag
  bool young = false;      // too little, beyond the volume, and the fill is not older than kYoungFill
  std::vector<ResidualCause> causes;  // likeliest first; empty when nothing is flagged

  [[nodiscard]] bool flagged() const { return over || under || beyond; }
};

/// Errors: kAboveFill (expected, aspirated), kNothingGiven; all at once. Source: docs/arithmetic.md#residual
std::expected<Residual, PlanErrors> check_residual(const ResidualRequest& request);

/// The same where the last fill is not known, and with it no ratio: by kResidualFlag alone. Likeliest first;
/// empty when `difference`, aspirated less expected, is within it.
std::vector<ResidualCause> causes_of(Volume difference, std::optional<Duration> fill_age);

/// What went in against what the pump senses to be in it afterwards.
struct FillCheck {
  Volume missing;  // injected less sensed; negative: more is sensed than went in
  Volume limit;
  [[nodiscard]] bool possible_pocket_fill() const { return missing > limit; }
};
/// The limit is 1 mL, and 2 mL in a pump of 40 mL or more. Source: S49, docs/arithmetic.md#residual
FillCheck check_fill(Volume injected, Volume sensed, Volume capacity);

}  // namespace theca
