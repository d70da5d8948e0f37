#include "source/table_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

namespace theca {
namespace {

/// The value as it stands in the file: text in quotes, a number bare.
std::string what_stands(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return in_quotes(*text);
  if (const auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto decimal = node.value_exact<double>()) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *decimal).ptr;
    return "the decimal number " + std::string(digits.data(), end);
  }
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  return "a date or time";
}

/// The parser that gives up says nowhere: the first line that, with all before it, makes it do so.
std::uint32_t line_it_breaks_in(std::string_view text) {
  std::uint32_t line = 0;
  for (std::size_t end = 0; end < text.size(); ++end) {
    end = std::min(text.find('\n', end), text.size());
    ++line;
    try {
      (void)toml::parse(text.substr(0, end));
    } catch (const BrokenToml&) {
      break;
    } catch (const toml::parse_error&) {  // it only ends too early
    }
  }
  return line;
}

}  // namespace

std::uint32_t line_of(const toml::node& node) { return static_cast<std::uint32_t>(node.source().begin.line); }

std::string joined(std::span<const std::string_view> words) {
  std::string all;
  for (const std::string_view word : words) {
    if (!all.empty()) all += ", ";
    all += word;
  }
  return all;
}

TableReader::TableReader(const toml::table& table, std::string path, FileErrors& errors)
    : table_(&table), path_(std::move(path)), errors_(&errors) {}

std::string TableReader::path_to(std::string_view key) const {
  if (path_.empty() || key.empty()) return path_ + std::string(key);
  return path_ + "." + std::string(key);
}

const toml::node* TableReader::take(std::string_view key) {
  asked_.emplace(key);
  return table_->get(key);
}

void TableReader::error(std::string_view key, std::string message) {
  const toml::node* node = key.empty() ? nullptr : table_->get(key);
  errors_->add(node != nullptr ? line_of(*node) : line_of(*table_), path_to(key), std::move(message));
}

bool TableReader::present(std::string_view key) {
  if (take(key) != nullptr) return true;
  error(key, "missing");
  return false;
}

void TableReader::wrong_type(std::string_view key, const toml::node& node, std::string_view allowed) {
  error(key, what_stands(node) + ": allowed: " + std::string(allowed));
}

std::optional<std::string> TableReader::text(std::string_view key) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto read = node->value_exact<std::string>();
  if (!read) {
    wrong_type(key, *node, "text in quotes, with its unit where it is a quantity");
    return std::nullopt;
  }
  if (read->empty()) {
    error(key, "\"\": allowed: a text that is not empty, or leave the key out");
    return std::nullopt;
  }
  return read;
}

std::optional<std::string> TableReader::need_text(std::string_view key) {
  return present(key) ? text(key) : std::nullopt;
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto read = node->value_exact<bool>();
  if (!read) wrong_type(key, *node, "true, false");
  return read;
}

std::optional<bool> TableReader::need_boolean(std::string_view key) {
  return present(key) ? boolean(key) : std::nullopt;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto read = node->value_exact<std::int64_t>();
  if (read && *read >= low && *read <= high) return read;
  wrong_type(key, *node, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::need_integer(std::string_view key, std::int64_t low,
                                                      std::int64_t high) {
  return present(key) ? integer(key, low, high) : std::nullopt;
}

std::optional<double> TableReader::need_decimal(std::string_view key) {
  if (!present(key)) return std::nullopt;
  const toml::node& node = *take(key);
  if (const auto whole = node.value_exact<std::int64_t>()) return static_cast<double>(*whole);
  const auto read = node.value_exact<double>();
  if (read && std::isfinite(*read)) return read;
  wrong_type(key, node, "a finite number");
  return std::nullopt;
}

const toml::array* TableReader::array(std::string_view key, std::string_view allowed) {
  const toml::node* node = take(key);
  if (node == nullptr) return nullptr;
  const toml::array* list = node->as_array();
  if (list == nullptr) wrong_type(key, *node, allowed);
  return list;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  std::vector<std::string> all;
  constexpr std::string_view kAllowed = "a list of texts in quotes, none empty, none twice";
  const toml::array* list = array(key, kAllowed);
  if (list == nullptr) return all;
  for (const toml::node& node : *list) {
    const auto read = node.value_exact<std::string>();
    if (!read || read->empty() || std::ranges::find(all, *read) != all.end()) {
      errors_->add(line_of(node), path_to(key), what_stands(node) + ": allowed: " + std::string(kAllowed));
      continue;
    }
    all.push_back(*read);
  }
  return all;
}

std::optional<std::string> TableReader::word(std::string_view key, std::span<const std::string_view> words) {
  const auto read = text(key);
  if (!read || std::ranges::find(words, *read) != words.end()) return read;
  error(key, in_quotes(*read) + ": allowed: " + joined(words));
  return std::nullopt;
}

void TableReader::finish() {
  if (forgiving_) return;
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const auto& [key, node] : *table_) {
    if (asked_.contains(key.str())) continue;
    errors_->add(static_cast<std::uint32_t>(key.source().begin.line), path_to(key.str()),
                 "unknown key; allowed: " + joined(known));
  }
}

std::vector<std::string> TableReader::keys() const {
  struct Place {
    std::uint32_t line, column;
    std::string key;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  for (const auto& [key, value] : *table_) {
    places.push_back({key.source().begin.line, key.source().begin.column, std::string{key.str()}});
  }
  std::sort(places.begin(), places.end());
  std::vector<std::string> names;
  for (Place& place : places) names.push_back(std::move(place.key));
  return names;
}

std::uint32_t TableReader::line() const { return line_of(*table_); }

std::optional<toml::table> parse_toml(const std::string& text, FileErrors& errors) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    errors.add(static_cast<std::uint32_t>(error.source().begin.line), "",
               "not TOML: " + std::string(error.description()));
  } catch (const BrokenToml&) {
    errors.add(line_it_breaks_in(text), "", "not TOML: a name is missing, or begins as no name does");
  }
  return std::nullopt;
}

std::optional<toml::table> parse_toml_file(const std::filesystem::path& path, FileErrors& errors) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    errors.add(0, "", "cannot be read; allowed: a TOML file");
    return std::nullopt;
  }
  return parse_toml(text, errors);
}

Pedigree read_pedigree(TableReader& reader, const Sources& known) {
  Pedigree out;
  out.verified = reader.need_boolean("verified").value_or(false);
  if (!reader.present("sources")) return out;
  out.sources = reader.texts("sources");
  if (known.empty()) return out;
  if (out.sources.empty()) reader.error("sources", "empty; allowed: at least one id of sources.toml");
  bool read_by_us = false;
  for (const std::string& id : out.sources) {
    const auto source = known.find(id);
    if (source == known.end()) {
      reader.error("sources", in_quotes(id) + ": allowed: an id of sources.toml");
      return out;
    }
    read_by_us = read_by_us || source->second.read;
  }
  if (out.verified && !read_by_us && !out.sources.empty()) {
    reader.error("verified",
                 "true, but none of its sources has been read; allowed: false, or add a source that has");
  }
  return out;
}

}  // namespace theca
