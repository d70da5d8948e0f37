#pragma once
/// Where the libraries lie, and loading them with every error told.

#include <optional>

#include "plan/library.hpp"

namespace theca {

/// $THECA_DATA_DIR, else the directory named at build time. Errors go to stderr.
std::optional<Library> load_library_or_tell();

}  // namespace theca
