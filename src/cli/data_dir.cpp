#include "cli/data_dir.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

namespace theca {

namespace {

const char* chosen_dir() { return std::getenv("THECA_DATA_DIR"); }
void tell(const std::vector<DataError>& errors, const char* what) {
  for (const DataError& error : errors) fmt::print(stderr, "{}\n", to_string(error));
  fmt::print(stderr, "theca: the {} in {} could not be read\n", what,
             chosen_dir() != nullptr ? chosen_dir() : "data/");
}

}  // namespace

const char* data_dir() { return chosen_dir() != nullptr ? chosen_dir() : THECA_DATA_DIR; }

std::optional<Library> load_library_or_tell() {
  auto library = load_library(data_dir());
  if (library) return std::move(*library);
  tell(library.error(), "libraries");
  return std::nullopt;
}

std::optional<Conversions> load_conversions_or_tell(const Library& library) {
  auto conversions = load_conversions(data_dir(), library);
  if (conversions) return std::move(*conversions);
  tell(conversions.error(), "conversions");
  return std::nullopt;
}

std::optional<BodyData> load_body_or_tell(const Library& library, Outside outside) {
  auto body = load_body_data(data_dir(), library.sources, outside);
  if (body) return std::move(*body);
  tell(body.error(), "anatomy and the substances");
  return std::nullopt;
}

std::optional<Variability> load_variability_or_tell(const Library& library, Outside outside) {
  auto variability = load_variability(data_dir(), library.sources, outside);
  if (variability) return std::move(*variability);
  tell(variability.error(), "spread over patients");
  return std::nullopt;
}

}  // namespace theca
