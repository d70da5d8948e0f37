#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/attack_command.hpp"
#include "cli/backup_command.hpp"
#include "cli/compare_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/gateway_command.hpp"
#include "cli/handheld_command.hpp"
#include "cli/journal_command.hpp"
#include "cli/library_command.hpp"
#include "cli/link_command.hpp"
#include "cli/plan_command.hpp"
#include "cli/pump_command.hpp"
#include "cli/run_command.hpp"
#include "cli/server_command.hpp"
#include "cli/signer_command.hpp"
#include "cli/study_command.hpp"
#include "cli/up_command.hpp"
#include "cli/verify_command.hpp"

namespace {

constexpr const char* kAbout =
    "Theca: an open intrathecal drug-delivery system.\n"
    "Research software, not a medical device. Nothing it prints is a prescribing recommendation.";

constexpr const char* kFooter =
    "Also: theca test [--quick] [--long]   build and pass every test\n"
    "      theca bench pump                how fast the pump's own code is played\n"
    "\n"
    "Exit codes: 0 ok; 1 refused by a check; 2 usage or input data; 70 a bug in theca.";

/// A sentence with the commands there are, where one is missing or a word is none.
std::optional<std::string> unknown_command(CLI::App& app, std::span<char*> words) {
  CLI::App* at = &app;
  std::string so_far = "theca";
  for (std::size_t i = 0; at->get_require_subcommand_min() > 0; ++i) {
    const std::string word = i < words.size() ? words[i] : "";
    if (word.starts_with('-')) return std::nullopt;
    const auto commands = at->get_subcommands([](CLI::App*) { return true; });
    const auto found = std::ranges::find(commands, word, [](CLI::App* one) { return one->get_name(); });
    if (found == commands.end()) {
      std::vector<std::string> names;
      for (const CLI::App* one : commands) names.push_back(one->get_name());
      if (at == &app) names.insert(names.end(), {"bench", "fuzz", "test"});  // of the script beside it
      const std::string what = word.empty() ? "a command is missing" : fmt::format("no command \"{}\"", word);
      return fmt::format("{0}: {1}; known: {2}. See {0} --help.", so_far, what, fmt::join(names, ", "));
    }
    at = *found;
    so_far += " " + word;
  }
  return std::nullopt;
}

int run(int argc, char** argv) {
  CLI::App app{kAbout, "theca"};
  app.footer(kFooter);
  app.set_version_flag("--version", "theca " THECA_VERSION);
  app.require_subcommand(1);
  int exit_code = theca::kExitOk;
  theca::add_run_command(app, exit_code);
  theca::add_compare_command(app, exit_code);
  theca::add_study_commands(app, exit_code);
  theca::add_plan_command(app, exit_code);
  theca::add_library_commands(app, exit_code);
  theca::add_journal_command(app, exit_code);
  theca::add_pump_command(app, exit_code);
  theca::add_link_command(app, exit_code);
  theca::add_attack_command(app, exit_code);
  theca::add_signer_command(app, exit_code);
  theca::add_gateway_command(app, exit_code);
  theca::add_server_command(app, exit_code);
  theca::add_handheld_command(app, exit_code);
  theca::add_up_command(app, exit_code);
  theca::add_verify_command(app, exit_code);
  theca::add_backup_commands(app, exit_code);
  if (const auto wrong = unknown_command(app, {argv + 1, argv + argc})) {
    fmt::print(stderr, "{}\n", *wrong);
    return theca::kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? theca::kExitOk : theca::kExitUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "theca: a bug: {}\n", error.what());
    return theca::kExitBug;
  }
}
