#pragma once
/// `theca signer make|enrol|epoch|show|serve FOLDER`: the process that alone signs for a clinic.
/// docs/signer.md

#include <CLI/CLI.hpp>

namespace theca {

void add_signer_command(CLI::App& app, int& exit_code);

}  // namespace theca
