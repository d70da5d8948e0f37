#pragma once
/// Heads of the audit trail in a file outside the database. Whoever cuts rows off the end, or reckons a whole
/// chain anew, would have to change this file too; keep it on another machine, or print it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "clinic/record_error.hpp"

namespace theca::records {

struct AuditHead {
  std::string database;  // its id, 64 hexadecimal digits
  std::int64_t sequence = 0;
  std::int64_t at_ms = 0;  // when the head was written
  std::string hash;        // of the row `sequence`; of row 0, the database's id
  std::string reason;      // "made", "day", "close"
};

/// "theca audit head 1 <database> <sequence> <at_ms> <hash> <reason>"
std::string line_of(const AuditHead& head);
std::optional<AuditHead> head_of(const std::string& line);

struct HeadLine {
  std::size_t number = 0;         // of the line, from 1
  std::optional<AuditHead> head;  // nothing: it does not read
  std::string text;               // as it stands
};

/// One line at the end, on the disk when this returns. The file is made (0600) when it is missing. A last
/// line that a power cut left unfinished goes first.
Recorded<void> append_head(const std::filesystem::path& file, const AuditHead& head);
/// Every finished line. kAudit when there is no such file.
Recorded<std::vector<HeadLine>> read_heads(const std::filesystem::path& file);

}  // namespace theca::records
