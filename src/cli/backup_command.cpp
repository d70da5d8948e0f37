#include "cli/backup_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/exit_code.hpp"
#include "quantity/text.hpp"
#include "server/clinic_backup.hpp"

namespace theca {
namespace {

using records::BackupFacts;

struct Options {
  std::string file;
  bool json = false;
  server::RestoringClinic to{};
  std::string folder, keys;
  bool drill = false;
};

int refused(const char* command, const std::string& why) {
  fmt::print(stderr, "theca {}: {}\n", command, why);
  return kExitUsage;
}

void print_json(const BackupFacts& facts) {
  auto keys = nlohmann::ordered_json::array();
  for (const auto& [clinic, key] : facts.keys) keys.push_back(key);
  auto wrong = nlohmann::ordered_json::array();
  for (const records::AuditWrong& one : facts.audit.wrong) wrong.push_back(one.message);
  const nlohmann::ordered_json json{{"database", facts.database},
                                    {"kind", facts.kind == records::DatabaseKind::kReal ? "real" : "demo"},
                                    {"institution", facts.institution},
                                    {"made_ms", facts.made_ms},
                                    {"rows", facts.rows},
                                    {"keys", keys},
                                    {"whole", facts.audit.wrong.empty()},
                                    {"last_sequence", facts.audit.last},
                                    {"last_hash", facts.audit.last_hash},
                                    {"wrong", wrong}};
  fmt::print("{}\n", json.dump(2));
}

void tell_trail(const BackupFacts& facts) {
  for (const records::AuditWrong& one : facts.audit.wrong) fmt::print("{}\n", one.message);
  if (facts.audit.wrong.empty())
    fmt::print("Its audit trail is whole: {} rows, {} heads. Last row {} sha256 {}\n", facts.audit.rows,
               facts.audit.heads, facts.audit.last, facts.audit.last_hash);
  else
    fmt::print("Its audit trail is NOT whole. Find out why before anybody trusts these records.\n");
}

std::string key_names(const BackupFacts& facts) {
  std::string names;
  for (const auto& [clinic, key] : facts.keys) names += (names.empty() ? "" : ", ") + key + ".key";
  return names;
}

std::string whose(const BackupFacts& facts) {
  return facts.kind == records::DatabaseKind::kReal ? facts.institution : "a demo";
}

int back_up(const Options& options) {
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  const auto facts = server::back_up_clinic(options.folder, options.file, now_ms);
  if (!facts) return refused("backup", facts.error());
  if (options.json) {
    print_json(*facts);
  } else {
    std::error_code unseen;
    fmt::print("{}: the records of {}, {} rows, {} bytes.\n", options.file, whose(*facts), facts->rows,
               std::filesystem::file_size(options.file, unseen));
    tell_trail(*facts);
    fmt::print(
        "Not in it: {}, without which no patient in it opens; the signer's and the gateway's folders. Keep\n"
        "them too, and elsewhere. Try it: theca restore {} --drill --keys FOLDER\n",
        key_names(*facts), options.file);
  }
  return facts->audit.wrong.empty() ? kExitOk : kExitRefused;
}

int restore(Options options) {
  if (options.drill != options.folder.empty())
    return refused("restore", options.drill ? "--drill makes no folder; leave FOLDER out"
                                            : "give the FOLDER to be made, or --drill");
  if (options.drill && !options.to.database.empty())
    return refused("restore", "--drill restores into a file of its own; leave --db out");
  options.to.folder = options.folder;
  options.to.keys = options.keys;
  const auto facts = server::restore_clinic(options.file, options.to);
  if (!facts) return refused("restore", facts.error());
  if (options.json) {
    print_json(*facts);
  } else {
    const std::string made = local_datetime_text(facts->made_ms / 60'000 * 60'000) + " UTC";
    if (options.drill)
      fmt::print(
          "A drill: the records of {} of {} were restored, {} rows, and their keys are the right ones. "
          "Nothing was kept.\n",
          whose(*facts), made, facts->rows);
    else
      fmt::print("{}: the records of {} as they were at {}, {} rows.\n", options.folder, whose(*facts), made,
                 facts->rows);
    tell_trail(*facts);
    if (!options.drill)
      fmt::print(
          "What was done since is not in these records; the pumps run on what they were last told. Read "
          "each\n"
          "pump before anything else: its page shows where it differs. Serve it: theca server serve {}\n",
          options.folder);
  }
  return facts->audit.wrong.empty() ? kExitOk : kExitRefused;
}

}  // namespace

void add_backup_commands(CLI::App& app, int& exit_code) {
  auto backing_up = std::make_shared<Options>();
  CLI::App* backup = app.add_subcommand(
      "backup",
      "The records of a clinic in one file, while its server goes on: every row as it stands, sealed values\n"
      "sealed, and the audit trail with its heads, but no key. Exit code 0: done; 1: done, and the trail is\n"
      "not whole; 2: refused, with the reason, and no file was made.");
  backup->add_option("CLINIC", backing_up->folder, "the folder of the clinic's server")->required();
  backup->add_option("FILE", backing_up->file, "the file to be made; none is written over")->required();
  backup->add_flag("--json", backing_up->json, "print what was written as JSON");
  backup->footer("Example: theca backup out/clinic/server clinic-monday.theca");
  backup->callback([backing_up, &exit_code] { exit_code = back_up(*backing_up); });

  auto restoring = std::make_shared<Options>();
  CLI::App* restored = app.add_subcommand(
      "restore",
      "A clinic's folder made of its backup, all of it or nothing, into either engine. Exit code 0: done; "
      "1:\n"
      "done, and the trail is not whole; 2: refused, with the reason, and nothing was made.");
  restored->add_option("FILE", restoring->file, "what theca backup wrote")->required();
  restored->add_option("CLINIC", restoring->folder, "the folder to be made");
  restored->add_option("--keys", restoring->keys, "the folder where the clinic's keys are")
      ->required()
      ->type_name("FOLDER");
  restored
      ->add_option(
          "--db", restoring->to.database,
          "where the records go: \"postgresql://...\", an empty database (default: an SQLite file in\n"
          "the folder)")
      ->type_name("ADDRESS");
  restored->add_flag("--drill", restoring->drill, "try it all somewhere else, and leave nothing behind");
  restored->add_flag("--although-not-whole", restoring->to.although_not_whole,
                     "also when the audit trail in it is not whole");
  restored->add_flag("--json", restoring->json, "print what was restored as JSON");
  restored->footer(
      "Example: theca restore clinic-monday.theca out/again/server --keys out/clinic/server/keys");
  restored->callback([restoring, &exit_code] { exit_code = restore(*restoring); });
}

}  // namespace theca
