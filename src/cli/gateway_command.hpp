#pragma once
/// `theca gateway`: the process that reaches the clinic's implants. docs/gateway.md

#include <CLI/CLI.hpp>

namespace theca {

void add_gateway_command(CLI::App& app, int& exit_code);

}  // namespace theca
