#pragma once
/// The files of the web pages, held in memory: what is not in the table is not served, and no path ever
/// reaches a file system.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

namespace theca::http {

struct Asset {
  std::string path;          // "/index.html"
  std::string content_type;  // "text/html; charset=utf-8"
  std::string bytes;
  std::string gzip, br;  // the same, compressed beforehand; empty: not
};

class Assets {
 public:
  Assets() = default;
  explicit Assets(std::vector<Asset> assets);
  /// GET and HEAD of a path in the table, "/" standing for "/index.html"; nothing for any other path.
  [[nodiscard]] std::optional<Response> answer(const Request& request) const;
  [[nodiscard]] bool has(std::string_view path) const;

 private:
  struct Held {
    Asset asset;
    std::string tag;  // of the plain bytes; a variant's has its coding behind it
  };
  [[nodiscard]] const Held* find(std::string_view path) const;
  std::map<std::string, Held, std::less<>> held_;
};

enum class Coding : std::uint8_t { kPlain, kGzip, kBr };
/// The best of what the client takes and what there is: br, then gzip, then plain, unless its weights say
/// otherwise.
Coding choose_coding(std::string_view accept_encoding, bool has_gzip, bool has_br);

/// "/assets/index-BZ3fQ9x1.js": the content stands in the name, so that it never changes.
bool is_hashed_name(std::string_view path);

}  // namespace theca::http
