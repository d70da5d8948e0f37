#pragma once
/// `theca pump`: a virtual implant in its patient, with a radio and a coil.

#include <CLI/CLI.hpp>

namespace theca {

void add_pump_command(CLI::App& app, int& exit_code);

}  // namespace theca
