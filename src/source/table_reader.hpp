#pragma once
/// Strict reading of a TOML table: every key is asked for by name, one that nobody asked for is an error,
/// and every error says where, what was read and what is allowed. Errors are collected, reading goes on.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quantity/text.hpp"
#include "source/source.hpp"
#include "source/toml.hpp"

namespace theca {

/// The errors of one file, in the order they are found.
class FileErrors {
 public:
  FileErrors(std::string file, std::vector<DataError>& all) : file_(std::move(file)), all_(&all) {}
  void add(std::uint32_t line, std::string key, std::string message) {
    all_->push_back({file_, line, std::move(key), std::move(message)});
  }
  [[nodiscard]] const std::string& file() const { return file_; }
  /// Numbers outside of their own range are taken, at the reader's risk.
  void allow_outside() { outside_ = true; }
  [[nodiscard]] bool allows_outside() const { return outside_; }

 private:
  bool outside_ = false;
  std::string file_;
  std::vector<DataError>* all_;
};

std::uint32_t line_of(const toml::node& node);
/// "a, b, c"
std::string joined(std::span<const std::string_view> words);

class TableReader {
 public:
  /// `path` is the table's own key, empty for the file's root.
  TableReader(const toml::table& table, std::string path, FileErrors& errors);

  /// Absent keys give nothing: without an error by the first of each pair, with one by `need_`.
  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> need_text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<bool> need_boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
  std::optional<std::int64_t> need_integer(std::string_view key, std::int64_t low, std::int64_t high);
  /// A finite number, with or without a decimal point.
  std::optional<double> need_decimal(std::string_view key);
  /// A list of texts, none empty, none twice; empty when the key is absent.
  std::vector<std::string> texts(std::string_view key);

  /// A text that `parse` (quantity/text.hpp) understands; `written` receives it as it stands.
  template <class T>
  std::optional<T> quantity(std::string_view key, Parsed<T> (*parse)(std::string_view),
                            std::string* written = nullptr) {
    const auto read = text(key);
    if (!read) return std::nullopt;
    const auto parsed = parse(*read);
    if (!parsed) {
      error(key, parsed.error().message);
      return std::nullopt;
    }
    if (written != nullptr) *written = *read;
    return *parsed;
  }
  template <class T>
  std::optional<T> need_quantity(std::string_view key, Parsed<T> (*parse)(std::string_view),
                                 std::string* written = nullptr) {
    if (!present(key)) return std::nullopt;
    return quantity(key, parse, written);
  }

  /// One of a few words.
  template <class E>
  std::optional<E> choice(std::string_view key, std::span<const Choice<E>> choices) {
    const auto read = text(key);
    if (!read) return std::nullopt;
    std::vector<std::string_view> words;
    for (const auto& [word, meaning] : choices) {
      if (word == *read) return meaning;
      words.push_back(word);
    }
    error(key, in_quotes(*read) + ": allowed: " + joined(words));
    return std::nullopt;
  }
  std::optional<std::string> word(std::string_view key, std::span<const std::string_view> words);

  /// The tables of `[[key]]`, each handed over; also takes nothing when the key is absent.
  template <std::invocable<TableReader&> F>
  void each(std::string_view key, F&& read) {
    const toml::array* list = array(key, "a list of tables, [[" + std::string(key) + "]]");
    if (list == nullptr) return;
    std::size_t number = 0;
    for (const toml::node& node : *list) {
      const std::string path = path_to(key) + "[" + std::to_string(++number) + "]";
      const toml::table* table = node.as_table();
      if (table == nullptr) {
        errors_->add(line_of(node), path, "not a table; allowed: [[" + std::string(key) + "]]");
        continue;
      }
      TableReader reader(*table, path, *errors_);
      read(reader);
      reader.finish();
    }
  }
  /// The table `[key]`. False when it is absent.
  template <std::invocable<TableReader&> F>
  bool one(std::string_view key, F&& read) {
    const toml::node* node = take(key);
    if (node == nullptr) return false;
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      errors_->add(line_of(*node), path_to(key), "not a table; allowed: [" + std::string(key) + "]");
      return true;
    }
    TableReader reader(*table, path_to(key), *errors_);
    read(reader);
    reader.finish();
    return true;
  }

  /// The keys of this table in the order of the file; asking for them by name is still needed.
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] std::uint32_t line() const;
  [[nodiscard]] FileErrors& errors() { return *errors_; }

  /// An error at `key` of this table (at the table itself when the key is absent or empty).
  void error(std::string_view key, std::string message);
  /// Is `key` there? An error when it is not.
  bool present(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const { return table_->contains(key); }
  /// Which keys belong here hangs on one that could not be read: none is called unknown.
  void forgive_unknown_keys() { forgiving_ = true; }
  /// Every key nobody asked for becomes an error.
  void finish();

 private:
  const toml::node* take(std::string_view key);
  const toml::array* array(std::string_view key, std::string_view allowed);
  std::string path_to(std::string_view key) const;
  void wrong_type(std::string_view key, const toml::node& node, std::string_view allowed);

  const toml::table* table_;
  std::string path_;
  FileErrors* errors_;
  bool forgiving_ = false;
  std::set<std::string, std::less<>> asked_;
};

/// Nothing, and an error with its line, for what is no TOML.
std::optional<toml::table> parse_toml(const std::string& text, FileErrors& errors);
/// The file as TOML; an error when it cannot be read or is none.
std::optional<toml::table> parse_toml_file(const std::filesystem::path& path, FileErrors& errors);

/// What stands beside every number: ids of data/sources.toml, never none, and whether it was read in one.
struct Pedigree {
  std::vector<std::string> sources;
  bool verified = false;
};
/// The keys `verified` and `sources`: at least one source of the register, at least one of them read when
/// verified. An empty register is in error itself, and its ids are not held against it.
Pedigree read_pedigree(TableReader& reader, const Sources& known);

}  // namespace theca
