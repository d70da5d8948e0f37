// `theca pump`, `link`, `signer` and `gateway` of an implant, a programmer and a clinic that lack the defence that THECA_WITHOUT
// names: for the red team's controls.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "cli/exit_code.hpp"
#include "cli/gateway_command.hpp"
#include "cli/link_command.hpp"
#include "cli/pump_command.hpp"
#include "cli/signer_command.hpp"

int main(int argc, char** argv) {
  CLI::App app{"An implant with a hole in it. Never use it for anything but attacks.", "theca-weak"};
  app.require_subcommand(1);
  int exit_code = theca::kExitOk;
  theca::add_pump_command(app, exit_code);
  theca::add_link_command(app, exit_code);
  theca::add_signer_command(app, exit_code);
  theca::add_gateway_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? theca::kExitOk : theca::kExitUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "theca-weak: {}\n", error.what());
    return theca::kExitBug;
  }
  return exit_code;
}
