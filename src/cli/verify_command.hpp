#pragma once
/// `theca verify CLINIC`, or `DATABASE --heads FILE`: is a clinic's audit trail whole?

#include <CLI/CLI.hpp>

namespace theca {

void add_verify_command(CLI::App& app, int& exit_code);

}  // namespace theca
