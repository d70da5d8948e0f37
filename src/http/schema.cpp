#include "http/schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace theca::http {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostErrors = 50;

/// Looks, keeps nothing but the names of the objects it is in.
class Looker : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return deeper(); }
  bool start_array(std::size_t) override { return deeper(); }
  bool end_object() override { return up(); }
  bool end_array() override { return up(); }
  bool key(string_t& name) override {
    if (names_.back().insert(name).second) return true;
    why_ = "the name '" + name + "' stands twice in one object";
    return false;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    why_ = "it is no JSON from byte " + std::to_string(position) + " on";
    return false;
  }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  bool deeper() {
    names_.emplace_back();
    if (names_.size() <= kDeepestJson) return true;
    why_ = "it is more than " + std::to_string(kDeepestJson) + " levels deep";
    return false;
  }
  bool up() {
    names_.pop_back();
    return true;
  }
  std::vector<std::set<std::string>> names_;
  std::string why_;
};

std::int64_t characters(const std::string& utf8) {
  return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

std::string between(std::int64_t least, std::int64_t most) {
  return std::to_string(least) + " to " + std::to_string(most);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class Checker {
 public:
  void check(const Json& value, const Shape& shape, const std::string& field) {
    switch (shape.kind) {
      case Shape::Kind::kText:
        return check_text(value, shape, field);
      case Shape::Kind::kInteger:
        return check_integer(value, shape, field);
      case Shape::Kind::kFlag:
        if (!value.is_boolean()) add(field, "It is " + what(value) + ".", "Send true or false.");
        return;
      case Shape::Kind::kChoice:
        if (!value.is_string() ||
            std::ranges::find(shape.choices, value.get_ref<const std::string&>()) == shape.choices.end())
          add(field, "It is none of the words that may stand here.",
              "Send one of: " + joined(shape.choices) + ".");
        return;
      case Shape::Kind::kList:
        return check_list(value, shape, field);
      case Shape::Kind::kObject:
        return check_object(value, shape, field);
    }
  }
  std::vector<FieldError> errors;

 private:
  void add(const std::string& field, std::string happened, std::string to_do) {
    if (errors.size() < kMostErrors) errors.push_back({field, std::move(happened), std::move(to_do), {}});
  }
  static std::string what(const Json& value) {
    return value.is_number_float() ? "a fraction" : std::string{"of the type "} + value.type_name();
  }
  void check_text(const Json& value, const Shape& shape, const std::string& field) {
    if (!value.is_string()) return add(field, "It is " + what(value) + ".", "Send a text.");
    const auto& string = value.get_ref<const std::string&>();
    const std::int64_t length = characters(string);
    if (length < shape.least || length > shape.most)
      return add(field, "It has " + std::to_string(length) + " characters.",
                 "Send " + between(shape.least, shape.most) + ".");
    const bool control = std::ranges::any_of(
        string, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\n') || c == '\x7f'; });
    if (control) add(field, "It holds a control character.", "Leave it out.");
  }
  void check_integer(const Json& value, const Shape& shape, const std::string& field) {
    const std::string range = "Send a whole number from " + between(shape.least, shape.most) + ".";
    if (!value.is_number_integer()) return add(field, "It is " + what(value) + ".", range);
    // Above the largest signed number it is kept unsigned.
    const bool beyond =
        value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    const std::int64_t number = beyond ? INT64_MAX : value.get<std::int64_t>();
    if (beyond || number < shape.least || number > shape.most)
      add(field, "It is " + value.dump() + ".", range);
  }
  void check_list(const Json& value, const Shape& shape, const std::string& field) {
    if (!value.is_array()) return add(field, "It is " + what(value) + ".", "Send a list.");
    const auto length = static_cast<std::int64_t>(value.size());
    if (length < shape.least || length > shape.most)
      return add(field, "It has " + std::to_string(length) + " entries.",
                 "Send " + between(shape.least, shape.most) + ".");
    for (std::size_t i = 0; i < value.size(); ++i)
      check(value[i], shape.items.front(), field + "[" + std::to_string(i) + "]");
  }
  void check_object(const Json& value, const Shape& shape, const std::string& field) {
    if (!value.is_object()) return add(field, "It is " + what(value) + ".", "Send an object.");
    const auto below = [&](const std::string& name) { return field.empty() ? name : field + "." + name; };
    for (const Field& one : shape.fields) {
      const auto found = value.find(one.name);
      if (found != value.end()) {
        check(*found, one.shape, below(one.name));
      } else if (one.needed) {
        add(below(one.name), "It is missing.", "Send it.");
      }
    }
    for (const auto& [name, unused] : value.items()) {
      if (std::ranges::find(shape.fields, name, &Field::name) == shape.fields.end())
        add(below(name), "There is no such field.", "Leave it out.");
    }
  }
};

}  // namespace

Shape text(std::int64_t most, std::int64_t least) { return {Shape::Kind::kText, least, most, {}, {}, {}}; }
Shape integer(std::int64_t least, std::int64_t most) {
  return {Shape::Kind::kInteger, least, most, {}, {}, {}};
}
Shape flag() { return {Shape::Kind::kFlag, 0, 0, {}, {}, {}}; }
Shape choice(std::vector<std::string> choices) {
  return {Shape::Kind::kChoice, 0, 0, std::move(choices), {}, {}};
}
Shape list(Shape item, std::int64_t most, std::int64_t least) {
  Shape shape{Shape::Kind::kList, least, most, {}, {}, {}};
  shape.items.push_back(std::move(item));
  return shape;
}
Shape object(std::vector<Field> fields) { return {Shape::Kind::kObject, 0, 0, {}, {}, std::move(fields)}; }
Field needed(std::string name, Shape shape) { return {std::move(name), std::move(shape), true}; }
Field optional(std::string name, Shape shape) { return {std::move(name), std::move(shape), false}; }

std::vector<FieldError> check(const Json& value, const Shape& shape) {
  Checker checker;
  checker.check(value, shape, "");
  return std::move(checker.errors);
}

nlohmann::ordered_json to_json_schema(const Shape& shape) {
  using Ordered = nlohmann::ordered_json;
  switch (shape.kind) {
    case Shape::Kind::kText:
      return {{"type", "string"}, {"minLength", shape.least}, {"maxLength", shape.most}};
    case Shape::Kind::kInteger:
      return {{"type", "integer"}, {"minimum", shape.least}, {"maximum", shape.most}};
    case Shape::Kind::kFlag:
      return {{"type", "boolean"}};
    case Shape::Kind::kChoice:
      return {{"type", "string"}, {"enum", shape.choices}};
    case Shape::Kind::kList:
      return {{"type", "array"},
              {"minItems", shape.least},
              {"maxItems", shape.most},
              {"items", to_json_schema(shape.items.front())}};
    case Shape::Kind::kObject:
      break;
  }
  Ordered properties = Ordered::object(), required = Ordered::array();
  for (const Field& field : shape.fields) {
    properties[field.name] = to_json_schema(field.shape);
    if (field.needed) required.push_back(field.name);
  }
  return {{"type", "object"},
          {"additionalProperties", false},
          {"properties", properties},
          {"required", required}};
}

std::expected<Json, std::string> parse_json(std::string_view text) {
  Looker looker;
  if (!Json::sax_parse(text, &looker)) return std::unexpected(looker.why());
  return Json::parse(text);
}

}  // namespace theca::http
