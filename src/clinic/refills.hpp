#pragma once
/// Refills as they were done, step by step: one row for each step, sealed, appended to and never changed. A
/// pump has one open refill at the most; whoever comes to it next goes on from where it stands, or breaks it
/// off.

#include <cstdint>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

inline constexpr std::size_t kLongestStep = 16U << 10U;
inline constexpr std::size_t kMostSteps = 200;

struct KeptStep {
  PersonId by;
  std::int64_t at_ms = 0;
  std::string content;  // JSON
};

struct Refill {
  RefillId id;
  PatientId patient;
  PumpId pump;
  ReadingId reading;  // what it set out from
  PersonId by;
  std::string stage;  // a word of the catalogue: what comes next
  std::int64_t begun_ms = 0;
  std::int64_t changed_ms = 0;
  std::vector<KeptStep> steps;
};
inline constexpr const char* kRefillOver = "over";

/// Its pump and patient are those of the reading. kConflict while another refill of the pump is open. `first`
/// is kept as the step that it begins with.
Recorded<RefillId> begin_refill(Database& database, const Actor& actor, const RequestId& request,
                                ReadingId reading, const std::string& stage, const std::string& first);
/// Step number `place`, counted from 0. kConflict when another one was kept there, or the refill is over.
Recorded<std::int64_t> add_refill_step(Database& database, const Actor& actor, const RequestId& request,
                                       RefillId id, std::size_t place, std::int64_t at_ms,
                                       const std::string& content, const std::string& stage);
Recorded<Refill> refill(Database& database, const Actor& actor, RefillId id);
/// The newest first, without steps.
Recorded<std::vector<Refill>> refills_of(Database& database, const Actor& actor, PumpId pump);
/// Of the whole clinic, at this stage, without steps.
Recorded<std::vector<Refill>> refills_at(Database& database, const Actor& actor, const std::string& stage);

}  // namespace theca::records
