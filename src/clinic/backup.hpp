#pragma once
/// A clinic's records in one file (docs/records.md): every row of every table as it stands, sealed values
/// sealed, and the heads of the audit trail. The clinics' keys are not in it. What was written from one
/// engine goes back into either.

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "clinic/audit.hpp"
#include "clinic/database.hpp"

namespace theca::records {

/// Every table but `marks`, each behind those that it points into.
inline constexpr std::array kTables{
    "clinics",    "people", "passkeys", "requests", "audit", "patients", "patient_keys", "search_tokens",
    "care_teams", "pumps",  "readings", "drafts",   "sends", "visits",   "refills",      "refill_steps",
    "glass",      "traces"};

struct BackupFacts {
  std::string database;  // its id, 64 hexadecimal digits
  DatabaseKind kind = DatabaseKind::kDemo;
  std::string institution;
  std::int64_t made_ms = 0;                  // UTC
  std::map<std::string, std::string> files;  // small ones of whoever keeps the records, by name
  std::map<ClinicId, KeyId> keys;            // that say yes to it; of other institutions' clinics none
  std::int64_t rows = 0;
  AuditCheck audit;  // of the rows and heads in it
};

/// kNewerSchema when another Theca keeps these records: opened by this one they would be brought forward.
Recorded<void> of_this_schema(const std::string& address);

struct BackingUp {
  std::string address;
  std::filesystem::path heads;
  std::filesystem::path keys;
  std::map<std::string, std::string> files;
  std::int64_t made_ms = 0;
};
/// As one moment has it, while others go on writing. The file (0600) is made, whole and on the disk; never
/// replaced. A trail that is not whole is written as it is, and told.
Recorded<BackupFacts> write_backup(const BackingUp& from, const std::filesystem::path& file);

struct Restoring {
  std::string address;              // without records
  std::filesystem::path heads;      // a file that is made
  std::filesystem::path keys;       // folder where the clinics' keys are
  std::filesystem::path keys_to;    // and where they are put too; empty: nowhere
  bool although_not_whole = false;  // a trail that is not whole, too
};
/// All of it or nothing. What was about to be handed over when the backup was written is "unknown" in what is
/// restored: only the pump can tell. kInvalid when the file is damaged or was changed since, kKey when a
/// clinic's key is not there, kAudit when its trail is not whole, kConflict when there are records at the
/// address.
Recorded<BackupFacts> restore_backup(const std::filesystem::path& file, const Restoring& to);

}  // namespace theca::records
