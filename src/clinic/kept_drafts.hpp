#pragma once
/// Drafts of prescriptions: JSON, sealed, for a patient's pump and against what that pump last said. Who
/// saves one names the version that was read; whoever comes second is told.

#include <cstdint>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

inline constexpr std::size_t kLongestDraft = 256U << 10U;

struct KeptDraft {
  DraftId id;
  PatientId patient;
  PumpId pump;
  ReadingId reading;
  PersonId by;  // who saved it last
  std::int64_t version = 0;
  std::int64_t changed_ms = 0;
  std::string content;  // JSON
};

/// Its pump and patient are those of the reading.
Recorded<DraftId> add_draft(Database& database, const Actor& actor, const RequestId& request,
                            ReadingId reading, const std::string& content);
/// The new version. kConflict when somebody saved it since `version` was read.
Recorded<std::int64_t> save_draft(Database& database, const Actor& actor, const RequestId& request,
                                  DraftId id, std::int64_t version, const std::string& content);
Recorded<KeptDraft> draft(Database& database, const Actor& actor, DraftId id);
/// The last changed first, without content.
Recorded<std::vector<KeptDraft>> drafts_of(Database& database, const Actor& actor, PatientId patient);

}  // namespace theca::records
