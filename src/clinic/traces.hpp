#pragma once
/// What pump and patient have written down themselves, as it was brought to the clinic: pages of the
/// implant's journal, lines of the patient's diary. Sealed, appended to and never changed.

#include <cstdint>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

enum class TraceKind : std::uint8_t { kJournal = 0, kDiary };

inline constexpr std::size_t kLongestTrace = 256U << 10U;
/// The newest ones are told; 18 months of the busiest therapy's journal, read at every page, stay below.
inline constexpr std::size_t kMostTraces = 2'000;

struct Trace {
  PersonId by;             // who has brought it
  std::int64_t at_ms = 0;  // UTC, when
  std::string said;
};

/// Once for a request.
Recorded<std::int64_t> keep_trace(Database& database, const Actor& actor, const RequestId& request,
                                  PumpId pump, TraceKind kind, std::int64_t at_ms, const std::string& said);
/// The oldest first. kSpoilt when one of them is not as it was kept.
Recorded<std::vector<Trace>> traces_of(Database& database, const Actor& actor, PumpId pump, TraceKind kind);

}  // namespace theca::records
