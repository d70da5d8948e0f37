#pragma once
/// `theca server ...`: a clinic's records and its pages, for browsers.

#include <CLI/CLI.hpp>

namespace theca {

void add_server_command(CLI::App& app, int& exit_code);

}  // namespace theca
