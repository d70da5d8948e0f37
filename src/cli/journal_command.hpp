#pragma once
/// `theca journal verify FILE`: is this journal whole?

#include <CLI/CLI.hpp>

namespace theca {

void add_journal_command(CLI::App& app, int& exit_code);

}  // namespace theca
