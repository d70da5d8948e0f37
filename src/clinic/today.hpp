#pragma once
/// What a clinic's day asks for, of one pump: by what it said when it was read last, and by what the records
/// have of it. Nothing here is a verdict; each matter says what it goes by.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/day_list.hpp"
#include "clinic/running.hpp"
#include "plan/library.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// A refill date is near. Theca's own, not verified: a clinic's round of appointments.
inline constexpr Duration kRefillSoon = days(14);
/// For so long a finished refill's residual is of the day. Theca's own, not verified.
inline constexpr Duration kResidualStands = days(30);
/// For so long a draft that was not sent is of the day. Theca's own, not verified.
inline constexpr Duration kDraftStands = days(30);

/// So long a change that nobody has looked at since is of this moment: the longest supervised window that the
/// demo's orders have. Theca's own, not verified.
inline constexpr Duration kWatchedAfterChange = hours(24);

enum class Urgency : std::uint8_t { kNow = 0, kSoon, kLater };
inline constexpr std::array<const char*, 3> kUrgencyNames{"now", "soon", "later"};

enum class MatterKind : std::uint8_t {
  kAlarm = 0,
  kNotKnown,    // a send whose outcome nobody knows yet
  kOpenRefill,  // begun and not ended
  kSupervised,  // the window of a first therapy, or of one after a dry catheter
  kRefill,      // the pump has to be filled by then
  kReplace,
  kResidual,  // what came out at the last refill does not fit
  kDraft,
  kNeverTold,  // a refill touched the pump, was ended, and the pump was never told of it
  kNotRead,
  kChanged,  // the pump took something behind the reading
};
inline constexpr std::array<const char*, 11> kMatterNames{
    "alarm",    "not known", "open refill", "supervised", "refill", "replace",
    "residual", "draft",     "never told",  "not read",   "changed"};

struct Matter {
  MatterKind kind = MatterKind::kNotRead;
  Urgency urgency = Urgency::kLater;
  std::string words;                       // a sentence; empty where kind and time say it all
  std::optional<std::int64_t> at_ms = {};  // UTC: until when, by when, or since when
};

/// When the pump has to be filled at the latest, in ms UTC: every bolus taken, at the upper end of its
/// accuracy, as it counted when it was read; and as long as the drug keeps since `filled_ms`. Nothing: it
/// runs nothing, or that cannot be reckoned.
std::optional<std::int64_t> refill_by(const Running& running, std::int64_t read_ms,
                                      std::optional<std::int64_t> filled_ms, const Library& library);

/// What the refills of a pump that are over have left behind; empty: nothing.
struct RefillLeft {
  std::string residual;                   // what speaks against what came out last, the likeliest cause first
  std::int64_t residual_ms = 0;           // UTC, of that refill
  std::string never_told;                 // what the pump does not know of
  std::optional<std::int64_t> filled_ms;  // when the pump was filled last, and told of it
};

/// The most urgent first. `running`: of the entry's reading; nothing where it was never read.
std::vector<Matter> matters_of(const records::DayEntry& entry, const std::optional<Running>& running,
                               const RefillLeft& left, const Library& library, std::int64_t now_ms);

}  // namespace theca
