#include "cli/data_dir.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace theca {

std::optional<Library> load_library_or_tell() {
  const char* chosen = std::getenv("THECA_DATA_DIR");
  auto library = load_library(chosen != nullptr ? chosen : THECA_DATA_DIR);
  if (library) return std::move(*library);
  for (const DataError& error : library.error()) fmt::print(stderr, "{}\n", to_string(error));
  fmt::print(stderr, "theca: the libraries in {} could not be read\n", chosen != nullptr ? chosen : "data/");
  return std::nullopt;
}

}  // namespace theca
