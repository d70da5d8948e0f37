#pragma once
/// Broken glass: somebody outside of the care team opens a chart of the clinic in an emergency, with a
/// reason, for hours; and somebody who keeps the books looks at it afterwards. No row of it goes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/database.hpp"
#include "quantity/quantity.hpp"

namespace theca::records {

/// How long a chart stays open. Theca's own, not verified: an emergency, and not a ward round.
inline constexpr Duration kGlassLasts = hours(4);
inline constexpr std::size_t kShortestReason = 10, kLongestReason = 500;
/// A letter of any alphabet takes up to four bytes.
inline constexpr std::size_t kMostReasonBytes = 4 * kLongestReason;

struct BrokenGlass {
  GlassId id;
  PatientId patient;
  PersonId by;
  std::int64_t at_ms = 0, until_ms = 0;
  std::string reason;  // sealed for the patient; empty where the patient's data were erased
};

/// Stands for a reason whose bytes are not those that were kept.
inline constexpr const char* kSpoiltReason = "(what was written cannot be opened: verify the records)";

/// Until when it is open, in ms UTC. kConflict for whoever is in the care team: nothing is closed for them.
Recorded<std::int64_t> break_glass(Database& database, const Actor& actor, const RequestId& request,
                                   PatientId patient, const std::string& reason);
/// Of the clinic, the oldest first, at most kMostGlass.
inline constexpr std::size_t kMostGlass = 100;
Recorded<std::vector<BrokenGlass>> glass_to_review(Database& database, const Actor& actor);
/// kConflict where somebody has reviewed it, or where it is one's own.
Recorded<void> review_glass(Database& database, const Actor& actor, const RequestId& request, GlassId id);

}  // namespace theca::records
