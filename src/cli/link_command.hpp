#pragma once
/// `theca link`: a programmer at the command line. docs/link.md

#include <CLI/CLI.hpp>

namespace theca {

void add_link_command(CLI::App& app, int& exit_code);

}  // namespace theca
