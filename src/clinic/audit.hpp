#pragma once
/// The audit trail read and verified.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "clinic/audit_heads.hpp"
#include "clinic/audit_row.hpp"
#include "clinic/database.hpp"

namespace theca::records {

/// What was done with a patient, the newest first, at most `most` rows. Itself a row of the trail.
Recorded<std::vector<AuditRow>> audit_of_patient(Database& database, const Actor& actor, PatientId patient,
                                                 std::size_t most);

/// What was done in the clinic, the newest first, at most `most` rows before row `before` (0: the newest).
/// Itself a row of the trail.
Recorded<std::vector<AuditRow>> audit_of_clinic(Database& database, const Actor& actor, std::int64_t before,
                                                std::size_t most);

struct AuditWrong {
  std::int64_t sequence = 0;  // the row that it was found at
  std::string message;
};

struct AuditCheck {
  std::int64_t rows = 0;
  std::int64_t heads = 0;         // of the file, all read
  std::int64_t last = 0;          // sequence of the last row
  std::string last_hash;          // to be held against a head that was printed
  std::int64_t not_vouched = 0;   // rows behind the newest head: if they were cut off, nobody would know
  std::vector<AuditWrong> wrong;  // at most kMostWrong
};
inline constexpr std::size_t kMostWrong = 100;

/// Every row as this connection sees it, held against these heads.
AuditCheck check_trail(soci::session& sql, const std::vector<HeadLine>& heads);
/// Reads every row and every head; needs no key and changes nothing.
Recorded<AuditCheck> verify_audit(const std::string& address, const std::filesystem::path& heads);

}  // namespace theca::records
