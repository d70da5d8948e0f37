#pragma once
/// A clinic's records in one file, and back.

#include <CLI/CLI.hpp>

namespace theca {

/// "backup" and "restore".
void add_backup_commands(CLI::App& app, int& exit_code);

}  // namespace theca
