#pragma once
/// The folder of one clinic's server: which database it opens and as what, where its passkeys are used, who
/// keeps its books; and of a demo the software security keys of its people.

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "clinic/database.hpp"
#include "clinic/passkey.hpp"
#include "files/private_folder.hpp"
#include "link/crypto.hpp"

namespace theca::server {

struct ClinicSettings {
  records::DatabaseKind kind = records::DatabaseKind::kReal;
  std::string institution;
  std::string database;  // "postgresql://..."; empty: an SQLite file in the folder
  PasskeySite site;
  records::Actor administrator;  // of commands at this machine; nobody before the clinic is founded
};

/// Held by the one server that serves a folder.
inline constexpr const char* kServingLock = "serving.lock";

inline constexpr const char* kSettings = "clinic.json";
inline constexpr const char* kDemoKeys = "demo-keys.json";

/// As they stand in their file.
std::string settings_text(const ClinicSettings& settings);
/// Errors are sentences that begin with the file's name.
std::expected<ClinicSettings, std::string> read_settings(const Files& files);
std::expected<void, std::string> keep_settings(Files& files, const ClinicSettings& settings);
/// Database, keys and heads of the audit trail, below `folder`.
records::Opening opening_of(const ClinicSettings& settings, const std::filesystem::path& folder);

/// A clinic with its first administrator in a folder where there is none.
std::expected<ClinicSettings, std::string> make_clinic(Files& files, const std::filesystem::path& folder,
                                                       ClinicSettings settings,
                                                       const std::string& administrator);

/// The secret of a software security key. Refused where the clinic is a real one.
struct DemoSecret {
  records::PersonId person;
  link::Key secret{};
};
std::expected<std::vector<DemoSecret>, std::string> read_demo_secrets(const Files& files);
std::expected<void, std::string> keep_demo_secrets(Files& files, const std::vector<DemoSecret>& secrets);

}  // namespace theca::server
