#include "files/strict_json.hpp"

#include <fmt/format.h>

#include <set>
#include <vector>

namespace theca {

std::expected<nlohmann::json, std::string> parse_strictly(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.most_bytes)
    return std::unexpected(fmt::format("has {} bytes, and {} are allowed", text.size(), limits.most_bytes));
  using Json = nlohmann::json;
  std::string wrong;
  std::vector<std::set<std::string>> names;
  int depth = 0;
  const auto look = [&](int, Json::parse_event_t event, Json& value) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (++depth > limits.most_depth)
          wrong = fmt::format("is nested deeper than {} levels", limits.most_depth);
        names.emplace_back();
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        --depth;
        names.pop_back();
        break;
      case Json::parse_event_t::key:
        if (!names.back().insert(value.get<std::string>()).second)
          wrong = fmt::format("has the name \"{}\" twice", value.get<std::string>());
        break;
      case Json::parse_event_t::value:
        break;
    }
    return true;
  };
  auto json = Json::parse(text.begin(), text.end(), look, false);
  if (json.is_discarded()) return std::unexpected("is no JSON");
  if (!wrong.empty()) return std::unexpected(wrong);
  return json;
}

}  // namespace theca
