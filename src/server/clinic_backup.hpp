#pragma once
/// A clinic's folder in one file, and a folder made of such a file. What belongs to other processes, the
/// signer's and the gateway's folders, is not in it, and no key but a demo's software security keys.

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

#include "clinic/backup.hpp"

namespace theca::server {

/// Beside a server that serves it. Errors are sentences.
std::expected<records::BackupFacts, std::string> back_up_clinic(const std::filesystem::path& folder,
                                                                const std::filesystem::path& file,
                                                                std::int64_t now_ms);

struct RestoringClinic {
  std::filesystem::path folder;     // that is made; empty: a drill, which leaves nothing
  std::filesystem::path keys;       // where the clinics' keys are
  std::string database;             // "postgresql://..." without records; empty: an SQLite file
  bool although_not_whole = false;  // also with an audit trail that is not whole
};
/// The folder stands there when all of it does, or it does not.
std::expected<records::BackupFacts, std::string> restore_clinic(const std::filesystem::path& file,
                                                                const RestoringClinic& to);

}  // namespace theca::server
