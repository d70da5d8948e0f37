#pragma once

#include <CLI/CLI.hpp>

namespace theca {

/// `theca run SCENARIO.toml [--out DIR]`
void add_run_command(CLI::App& app, int& exit_code);

}  // namespace theca
