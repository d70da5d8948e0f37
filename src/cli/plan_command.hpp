#pragma once

#include <CLI/CLI.hpp>

namespace theca {

/// `theca plan bridge`, `prime`, `refill`, `residual`, `mix`, `constant-flow`, `convert`
void add_plan_command(CLI::App& app, int& exit_code);

}  // namespace theca
