#pragma once
/// theca compare.

#include <CLI/CLI.hpp>

namespace theca {

void add_compare_command(CLI::App& app, int& exit_code);

}  // namespace theca
