#pragma once
/// What the JSON of a request or a response may look like: told once, checked by it, and described by it to
/// others. There are no fractions: doses, volumes and times are whole numbers of a unit that the field's name
/// says.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "http/problem.hpp"

namespace theca::http {

struct Field;

struct Shape {
  enum class Kind : std::uint8_t { kText, kInteger, kFlag, kChoice, kList, kObject };
  Kind kind = Kind::kObject;
  std::int64_t least = 0, most = 0;  // of an integer's value, a text's characters, a list's length
  std::vector<std::string> choices;
  std::vector<Shape> items;  // one: of a list
  std::vector<Field> fields;
};
struct Field {
  std::string name;
  Shape shape;
  bool needed = true;
};

Shape text(std::int64_t most, std::int64_t least = 1);
Shape integer(std::int64_t least, std::int64_t most);
Shape flag();
Shape choice(std::vector<std::string> choices);
Shape list(Shape item, std::int64_t most, std::int64_t least = 0);
Shape object(std::vector<Field> fields);
Field needed(std::string name, Shape shape);
Field optional(std::string name, Shape shape);

/// Everything in which `value` is not of this shape, each with its field; no fields but those told.
std::vector<FieldError> check(const nlohmann::json& value, const Shape& shape);

/// JSON Schema 2020-12, as OpenAPI 3.1 has it.
nlohmann::ordered_json to_json_schema(const Shape& shape);

inline constexpr std::size_t kDeepestJson = 16;
/// The whole of `text` as one JSON value (RFC 8259), no deeper than kDeepestJson and no name twice in one
/// object: of two the one reader takes the first and the other the last. The error is a sentence.
std::expected<nlohmann::json, std::string> parse_json(std::string_view text);

}  // namespace theca::http
