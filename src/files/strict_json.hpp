#pragma once
/// JSON from outside: of a limited size and depth, and without a name that comes twice, of which one reader
/// would take the first and another the last.

#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace theca {

struct JsonLimits {
  std::size_t most_bytes = 0;
  int most_depth = 0;  // 1: an object or a list that holds none
};

/// The error says what is wrong and the limit that is broken.
std::expected<nlohmann::json, std::string> parse_strictly(std::string_view text, const JsonLimits& limits);

}  // namespace theca
