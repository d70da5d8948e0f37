#pragma once
/// `theca handheld`: the patient's programmer, a process of its own. docs/handheld.md

#include <CLI/CLI.hpp>

namespace theca {

void add_handheld_command(CLI::App& app, int& exit_code);

}  // namespace theca
