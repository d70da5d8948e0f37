#pragma once
/// theca study, theca validate, theca calibrate.

#include <CLI/CLI.hpp>

namespace theca {

void add_study_commands(CLI::App& app, int& exit_code);

}  // namespace theca
