#pragma once
/// What an implant said: its own bytes, sealed, with their digest, never changed.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

inline constexpr std::size_t kLongestReading = 4U << 20U;  // a journal of 18 months stays below

struct Reading {
  ReadingId id;
  PatientId patient;
  PumpId pump;
  PersonId by;
  std::int64_t at_ms = 0;  // UTC, when the implant said it
  std::vector<std::uint8_t> said;
  std::string digest;  // SHA-256 of `said`, 64 hexadecimal digits
};

Recorded<ReadingId> keep_reading(Database& database, const Actor& actor, const RequestId& request,
                                 PumpId pump, std::int64_t at_ms, const std::vector<std::uint8_t>& said);
/// kSpoilt when the bytes are not those that were kept.
Recorded<Reading> reading(Database& database, const Actor& actor, ReadingId id);
/// The newest first, without what was said.
Recorded<std::vector<Reading>> readings_of(Database& database, const Actor& actor, PumpId pump);

/// Within a transaction; nothing: the pump was never read.
Recorded<std::optional<Reading>> newest_reading(Work& work, PumpId pump);

}  // namespace theca::records
