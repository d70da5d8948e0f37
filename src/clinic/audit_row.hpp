#pragma once
/// One row of the audit trail and what is hashed of it (docs/records.md): enough to verify a chain elsewhere.

#include <soci/soci.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace theca::records {

struct AuditRow {
  std::int64_t sequence = 0;  // from 1, without gaps
  std::int64_t at_ms = 0;     // UTC
  std::int64_t clinic = 0;
  std::int64_t person = 0;
  std::string action;  // "read patient"
  std::string object;  // the table
  std::optional<std::int64_t> object_id;
  std::optional<std::int64_t> patient;
  std::string outcome;   // "done", or the fault for which nothing was
  std::string detail;    // versions, counts, digests; never a patient's data
  std::string previous;  // hash of the row before; of row 1, the database's own id
  std::string hash;
};

/// "theca audit 1", then each column but the hash as a line "name=value"; a value that is not there is empty.
std::string hashed_text(const AuditRow& row);
/// SHA-256 of hashed_text, 64 hexadecimal digits.
std::string hash_of(const AuditRow& row);

inline constexpr const char* kAuditColumns =
    "sequence, at_ms, clinic, person, action, object, object_id, patient, outcome, detail, previous, hash";

/// Where a query over kAuditColumns puts its rows.
class AuditRowInto {
 public:
  void bind(soci::statement& statement);
  [[nodiscard]] AuditRow row() const;

 private:
  std::int64_t sequence_ = 0, at_ms_ = 0, clinic_ = 0, person_ = 0, object_id_ = 0, patient_ = 0;
  std::string action_, object_, outcome_, detail_, previous_, hash_;
  std::array<soci::indicator, 12> has_{};
};

void insert(soci::session& sql, const AuditRow& row);
/// The newest row; nothing when there is none.
std::optional<AuditRow> last_row(soci::session& sql);

}  // namespace theca::records
