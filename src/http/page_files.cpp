#include "http/page_files.hpp"

#include <array>
#include <fstream>
#include <map>
#include <sstream>

namespace theca::http {
namespace {

namespace fs = std::filesystem;

struct Kind {
  std::string_view ending, content_type;
};
constexpr std::array<Kind, 8> kKinds{{{".html", "text/html; charset=utf-8"},
                                      {".js", "text/javascript; charset=utf-8"},
                                      {".css", "text/css; charset=utf-8"},
                                      {".woff2", "font/woff2"},
                                      {".svg", "image/svg+xml"},
                                      {".png", "image/png"},
                                      {".webmanifest", "application/manifest+json"},
                                      {".txt", "text/plain; charset=utf-8"}}};

std::string_view content_type_of(const std::string& path) {
  for (const Kind& kind : kKinds)
    if (path.ends_with(kind.ending)) return kind.content_type;
  return {};
}

}  // namespace

std::expected<Assets, std::string> read_pages(const fs::path& folder) {
  const auto wrong = [](const fs::path& path, const char* why) {
    return std::unexpected(path.string() + ": " + why);
  };
  std::map<std::string, std::string> files;
  std::size_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator at{folder, error}, end;
  if (error) return wrong(folder, "the pages are not there, or cannot be read");
  for (; at != end; at.increment(error)) {
    if (error) return wrong(folder, "the pages cannot be read");
    if (at->is_symlink()) return wrong(at->path(), "a link is no page");
    if (at->is_directory()) continue;
    std::ifstream in{at->path(), std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!at->is_regular_file() || !in) return wrong(at->path(), "cannot be read");
    bytes += text.view().size();
    if (bytes > kMostPageBytes) return wrong(folder, "these pages are larger than 32 MiB");
    files.emplace("/" + fs::relative(at->path(), folder).generic_string(), std::move(text).str());
  }
  std::vector<Asset> assets;
  for (auto& [path, text] : files) {
    if (path.ends_with(".gz") || path.ends_with(".br")) continue;
    const std::string_view type = content_type_of(path);
    if (type.empty()) return wrong(folder / path.substr(1), "no page has a file of this kind");
    const auto packed = [&](const char* ending) {
      const auto found = files.find(path + ending);
      return found == files.end() ? std::string{} : found->second;
    };
    assets.push_back({path, std::string{type}, text, packed(".gz"), packed(".br")});
  }
  Assets all{std::move(assets)};
  if (!all.has("/")) return wrong(folder, "there is no index.html");
  return all;
}

}  // namespace theca::http
