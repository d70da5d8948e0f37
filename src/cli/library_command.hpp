#pragma once

#include <CLI/CLI.hpp>

namespace theca {

/// `theca drugs [NAME]` and `theca pumps [NAME]`
void add_library_commands(CLI::App& app, int& exit_code);

}  // namespace theca
