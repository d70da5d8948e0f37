#include "server/clinic_backup.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "files/private_folder.hpp"
#include "files/whole_file.hpp"
#include "quantity/quantity.hpp"
#include "server/clinic_folder.hpp"

namespace theca::server {
namespace {

using records::BackupFacts;
using std::filesystem::path;

/// Where something is put together; gone with what is in it unless it was kept.
class Workplace {
 public:
  explicit Workplace(path at) : at_(std::move(at)) {}
  Workplace(Workplace&& other) noexcept : at_(std::exchange(other.at_, {})) {}
  Workplace& operator=(Workplace&&) = delete;
  ~Workplace() {
    std::error_code unseen;
    if (!at_.empty()) std::filesystem::remove_all(at_, unseen);
  }
  [[nodiscard]] const path& at() const { return at_; }
  void keep() { at_.clear(); }

 private:
  path at_;
};

std::unexpected<std::string> wrong(const path& at, const std::string& why) {
  return std::unexpected(fmt::format("{}: {}", at.string(), why));
}

/// Beside the folder that comes of it, or anywhere for a drill.
std::expected<Workplace, std::string> workplace(const path& folder) {
  if (folder.empty()) {
    std::string name = (std::filesystem::temp_directory_path() / "theca-drill-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return wrong(name, std::strerror(errno));
    return Workplace{name};
  }
  std::error_code unseen;
  const bool free = !std::filesystem::exists(folder) ||
                    (std::filesystem::is_directory(folder) && std::filesystem::is_empty(folder, unseen));
  if (!free) return wrong(folder, "there is something here; a backup is restored into a new folder alone");
  const path at = (folder.has_filename() ? folder : folder.parent_path()).string() + ".restoring";
  if (!std::filesystem::create_directory(at, unseen)) {
    if (std::filesystem::exists(at))
      return wrong(at, "left by a restore that was broken off, or another one is at work; remove it");
    return wrong(at, unseen ? unseen.message() : "cannot be made");
  }
  Workplace made{at};
  std::filesystem::permissions(at, std::filesystem::perms::owner_all, unseen);
  return made;
}

std::expected<ClinicSettings, std::string> settle(Files& files, const BackupFacts& facts,
                                                  const std::string& database) {
  for (const char* name : {kSettings, kDemoKeys}) {
    const auto text = facts.files.find(name);
    if (text == facts.files.end()) continue;
    if (const auto kept = files.write(name, text->second); !kept) return std::unexpected(kept.error());
  }
  auto settings = read_settings(files);
  if (!settings) return std::unexpected("the backup's " + settings.error());
  settings->database = database;
  if (const auto kept = keep_settings(files, *settings); !kept) return std::unexpected(kept.error());
  return settings;
}

}  // namespace

std::expected<BackupFacts, std::string> back_up_clinic(const path& folder, const path& file,
                                                       std::int64_t now_ms) {
  std::error_code unseen;
  if (!std::filesystem::is_directory(folder, unseen)) return wrong(folder, "there is no such folder");
  auto files = PrivateFolder::open(folder);
  if (!files) return std::unexpected(files.error());
  auto settings = read_settings(*files);
  if (!settings) return std::unexpected(settings.error());
  const records::Opening opening = opening_of(*settings, folder);
  if (const auto same = records::of_this_schema(opening.address); !same)
    return std::unexpected(same.error().message);
  {
    auto database = records::Database::open(opening);
    if (!database) return std::unexpected(database.error().message);
    const auto told = (*database)->act<bool>(settings->administrator,
                                             {"back up", "clinics", settings->administrator.clinic.value},
                                             [](records::Work&) -> records::Recorded<bool> { return true; });
    if (!told) return std::unexpected(told.error().message);
    if (const auto closed = (*database)->close(); !closed) return std::unexpected(closed.error().message);
  }
  records::BackingUp from{opening.address, opening.heads, opening.keys, {}, now_ms};
  settings->database.clear();  // it may hold a password
  from.files[kSettings] = settings_text(*settings);
  if (settings->kind == records::DatabaseKind::kDemo) {
    const auto secrets = files->read(kDemoKeys);
    if (!secrets) return std::unexpected(secrets.error());
    if (*secrets) from.files[kDemoKeys] = **secrets;
  }
  auto facts = records::write_backup(from, file);
  if (!facts) return std::unexpected(facts.error().message);
  return std::move(*facts);
}

std::expected<BackupFacts, std::string> restore_clinic(const path& file, const RestoringClinic& to) {
  std::error_code unseen;
  if (!std::filesystem::is_directory(to.keys, unseen))
    return wrong(to.keys, "there is no such folder; the keys of the clinic are not in its backup");
  auto place = workplace(to.folder);
  if (!place) return std::unexpected(place.error());
  auto files = PrivateFolder::open(place->at());
  if (!files) return std::unexpected(files.error());
  const bool drill = to.folder.empty();
  ClinicSettings here;
  here.database = to.database;
  const records::Opening there = opening_of(here, place->at());
  const auto restored = records::restore_backup(
      file, {there.address, there.heads, to.keys, drill ? path{} : there.keys, to.although_not_whole});
  if (!restored) return std::unexpected(restored.error().message);
  // From here on the records are where they belong: nothing of what goes with them is thrown away.
  const path made = place->at();
  if (!drill) place->keep();
  const auto left = [&](const std::string& why) {
    return std::unexpected(
        drill ? why
              : fmt::format("{}. The records were restored, and what goes with them stands in "
                            "{}: mend that, and name it {}",
                            why, made.string(), to.folder.string()));
  };
  const auto settings = settle(*files, *restored, to.database);
  if (!settings) return left(settings.error());
  records::Opening opening = opening_of(*settings, made);
  if (drill) opening.keys = to.keys;
  auto database = records::Database::open(opening);  // brings an older schema forward
  if (!database) return left(database.error().message);
  const auto told =
      (*database)->act<bool>(settings->administrator,
                             {"restore", "clinics", settings->administrator.clinic.value, std::nullopt,
                              fmt::format("from a backup of {}", restored->made_ms)},
                             [](records::Work&) -> records::Recorded<bool> { return true; });
  if (!told) return left(told.error().message);
  if (const auto closed = (*database)->close(); !closed) return left(closed.error().message);
  database->reset();
  if (drill) return *restored;
  std::filesystem::rename(made, to.folder, unseen);
  if (unseen) return left(to.folder.string() + ": " + unseen.message());
  if (const auto synced = sync_folder_of(to.folder); !synced) return std::unexpected(synced.error());
  return *restored;
}

}  // namespace theca::server
