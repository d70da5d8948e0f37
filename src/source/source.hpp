#pragma once
/// Where the numbers of data/ come from, and what is said when a file of it is wrong.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace theca {

/// An entry of data/sources.toml.
struct Source {
  std::string id;
  std::string title;
  std::string address;  // empty when there is none
  bool read = false;    // at least as an excerpt; a source nobody has opened verifies nothing
};
using Sources = std::map<std::string, Source, std::less<>>;

/// What is wrong in a data file. `message` names the value read and what is allowed.
struct DataError {
  std::string file;
  std::uint32_t line = 0;  // 1-based; 0: the file as a whole
  std::string key;         // "max_per_day[1].value" is the first one's; empty: the file as a whole
  std::string message;
};

/// "file:line: key: message"
std::string to_string(const DataError& error);

/// A word of a file and what it means.
template <class E>
using Choice = std::pair<std::string_view, E>;

/// Reads `directory`/sources.toml; what is wrong is added to `errors`.
Sources load_sources(const std::filesystem::path& directory, std::vector<DataError>& errors);

/// The *.toml files of `directory`/`folder`, by name; an error when there is none.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& directory, std::string_view folder,
                                            std::vector<DataError>& errors);

}  // namespace theca
