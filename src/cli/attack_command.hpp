#pragma once
/// `theca attack`: the red team against an implant's process. docs/red-team.md

#include <CLI/CLI.hpp>

namespace theca {

void add_attack_command(CLI::App& app, int& exit_code);

}  // namespace theca
