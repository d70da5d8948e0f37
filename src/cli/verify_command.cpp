#include "cli/verify_command.hpp"

#include <fmt/format.h>

#include <expected>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/exit_code.hpp"
#include "clinic/audit.hpp"
#include "files/private_folder.hpp"
#include "server/clinic_folder.hpp"

namespace theca {
namespace {

struct Options {
  std::string database;
  std::string heads;
  bool json = false;
};

nlohmann::ordered_json json_of(const records::AuditCheck& check) {
  auto wrong = nlohmann::ordered_json::array();
  for (const records::AuditWrong& one : check.wrong)
    wrong.push_back({{"sequence", one.sequence}, {"message", one.message}});
  return {{"whole", check.wrong.empty()},
          {"rows", check.rows},
          {"heads", check.heads},
          {"last_sequence", check.last},
          {"last_hash", check.last_hash},
          {"rows_behind_the_newest_head", check.not_vouched},
          {"wrong", wrong}};
}

void tell(const records::AuditCheck& check) {
  for (const records::AuditWrong& one : check.wrong) fmt::print("{}\n", one.message);
  if (check.wrong.size() == records::kMostWrong) fmt::print("... and perhaps more.\n");
  fmt::print("{}: {} {}, {} {}.\n", check.wrong.empty() ? "Whole and in order" : "NOT whole", check.rows,
             check.rows == 1 ? "row" : "rows", check.heads, check.heads == 1 ? "head" : "heads");
  if (check.not_vouched > 0)
    fmt::print("No head vouches yet for the last {}: if rows were cut off behind them, this does not tell.\n",
               check.not_vouched == 1 ? "row" : fmt::format("{} rows", check.not_vouched));
  fmt::print("Hold the last row against what was printed before.\n  row {} sha256 {}\n", check.last,
             check.last_hash);
}

/// A clinic's folder names both.
std::expected<void, std::string> look_up(Options& options) {
  std::error_code unseen;
  if (std::filesystem::is_directory(options.database, unseen)) {
    if (!options.heads.empty())
      return std::unexpected(
          "--heads: the folder of a clinic has heads of its own; give the database itself");
    const auto files = PrivateFolder::open(options.database);
    if (!files) return std::unexpected(files.error());
    const auto settings = server::read_settings(*files);
    if (!settings) return std::unexpected(settings.error());
    const records::Opening opening = server::opening_of(*settings, options.database);
    options.database = opening.address;
    options.heads = opening.heads;
  }
  if (options.heads.empty())
    return std::unexpected("--heads is missing: the file of the trail's heads, which is not in the database");
  return {};
}

int verify(Options options) {
  if (const auto known = look_up(options); !known) {
    fmt::print(stderr, "theca verify: {}\n", known.error());
    return kExitUsage;
  }
  const auto check = records::verify_audit(options.database, options.heads);
  if (!check) {
    fmt::print(stderr, "theca verify: {}\n", check.error().message);
    return kExitUsage;
  }
  if (options.json) {
    fmt::print("{}\n", json_of(*check).dump(2));
  } else {
    tell(*check);
  }
  return check->wrong.empty() ? kExitOk : kExitRefused;
}

}  // namespace

void add_verify_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "verify",
      "Is a clinic's audit trail whole? Every row behind the one before it, every head in its place.\n"
      "Needs no key and changes nothing. Exit code 0: whole; 1: changed, cut or out of order, with the "
      "rows;\n"
      "2: nothing to verify.");
  command
      ->add_option("CLINIC", options->database,
                   "the folder of a clinic's server; or its database: the file of SQLite, or "
                   "postgresql://...")
      ->required();
  command->add_option("--heads", options->heads, "of a database: the file of the trail's heads")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "print what was found as JSON");
  command->footer("Example: theca verify out/clinic/server");
  command->callback([options, &exit_code] { exit_code = verify(*options); });
}

}  // namespace theca
