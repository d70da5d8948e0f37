#pragma once
/// `theca up`: the whole system on this machine, as a demo.

#include <CLI/CLI.hpp>

namespace theca {

void add_up_command(CLI::App& app, int& exit_code);

}  // namespace theca
