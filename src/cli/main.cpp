#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <string>

#include "cli/attack_command.hpp"
#include "cli/compare_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/journal_command.hpp"
#include "cli/library_command.hpp"
#include "cli/link_command.hpp"
#include "cli/plan_command.hpp"
#include "cli/pump_command.hpp"
#include "cli/run_command.hpp"
#include "cli/study_command.hpp"

namespace {

constexpr const char* kAbout =
    "Theca: an open intrathecal drug-delivery system.\n"
    "Research software, not a medical device. Nothing it prints is a prescribing recommendation.";

constexpr const char* kFooter =
    "Also: theca test [--quick] [--long]   build and pass every test\n"
    "      theca bench pump                how fast the pump's own code is played\n"
    "\n"
    "Exit codes: 0 ok; 1 refused by a check; 2 usage or input data; 70 a bug in theca.";

bool knows(CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands([&](CLI::App* command) { return command->get_name() == name; });
  return !commands.empty();
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
  if (argc > 1 && argv[1][0] != '-' && !knows(app, argv[1])) {
    fmt::print(
        stderr,
        "theca: no command \"{}\"; there are run, compare, study, validate, calibrate, plan, drugs, pumps, "
        "journal, pump, link, attack, bench and test. See theca --help.\n",
        argv[1]);
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
