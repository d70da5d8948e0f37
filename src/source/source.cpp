#include "source/source.hpp"

#include <algorithm>
#include <system_error>

#include "source/table_reader.hpp"

namespace theca {

namespace fs = std::filesystem;

std::string to_string(const DataError& error) {
  std::string out = error.file;
  if (error.line > 0) out += ":" + std::to_string(error.line);
  if (!error.key.empty()) out += ": " + error.key;
  return out + ": " + error.message;
}

Sources load_sources(const fs::path& directory, std::vector<DataError>& all) {
  FileErrors errors("sources.toml", all);
  Sources sources;
  const auto table = parse_toml_file(directory / "sources.toml", errors);
  if (!table) return sources;
  TableReader reader(*table, "", errors);
  reader.present("source");
  reader.each("source", [&](TableReader& entry) {
    Source source;
    source.id = entry.need_text("id").value_or("");
    source.title = entry.need_text("title").value_or("");
    source.address = entry.text("address").value_or("");
    source.read = entry.need_boolean("read").value_or(false);
    if (source.id.empty()) return;
    if (sources.contains(source.id)) {
      entry.error("id", in_quotes(source.id) + ": stands here twice");
      return;
    }
    sources.emplace(source.id, std::move(source));
  });
  reader.finish();
  return sources;
}

std::vector<fs::path> files_of(const fs::path& directory, std::string_view folder,
                               std::vector<DataError>& all) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator it(directory / folder, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
  }
  std::ranges::sort(files);
  if (failed || files.empty()) {
    all.push_back(
        {std::string(folder), 0, "", "no file found; allowed: a folder with at least one .toml file"});
  }
  return files;
}

}  // namespace theca
