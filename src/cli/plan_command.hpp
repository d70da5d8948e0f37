#pragma once

#include <CLI/CLI.hpp>

namespace theca {

/// `theca plan bridge`, `theca plan prime`, `theca plan refill`
void add_plan_command(CLI::App& app, int& exit_code);

}  // namespace theca
