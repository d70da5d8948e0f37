#pragma once
/// Options whose values are quantities with units. Everything that is wrong with a command line is told at
/// once: missing options, unknown ones, values that do not read.

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quantity/text.hpp"

namespace theca {

struct ArgumentError {
  std::string option;  // "--dose"; empty: the command line as a whole
  std::string message;
};

/// The options of one command. Outlives its parsing.
class Arguments {
 public:
  explicit Arguments(CLI::App& command);
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// `name` "--dose", `kind` "DOSE" for the help page, `example` "3 mg/day" for messages.
  void option(const std::string& name, const std::string& kind, const std::string& help,
              const std::string& example);

  /// The value of an option that may be absent; an error when it does not read.
  template <class T>
  std::optional<T> read(const std::string& name, Parsed<T> (*parse)(std::string_view)) {
    const auto typed = text(name);
    if (!typed) return std::nullopt;
    auto parsed = parse(*typed);
    if (parsed) return std::move(*parsed);
    error(name, parsed.error().message);
    return std::nullopt;
  }
  /// The value of an option that must be there.
  template <class T>
  std::optional<T> need(const std::string& name, Parsed<T> (*parse)(std::string_view)) {
    if (!given(name)) missing(name);
    return read(name, parse);
  }

  [[nodiscard]] bool given(const std::string& name) const;
  /// The text typed for an option, once; an error when it is empty or given twice.
  std::optional<std::string> text(const std::string& name);
  void missing(const std::string& name);
  void error(std::string option, std::string message);

  /// Errors so far, and one for everything on the command line that no option took.
  std::vector<ArgumentError> errors();

 private:
  struct Option {
    std::vector<std::string> values;
    std::string example;
  };
  CLI::App& command_;
  std::map<std::string, Option> options_;
  std::vector<ArgumentError> errors_;
};

/// `errors` on stderr, each "theca plan bridge: --dose: ...", and as JSON on stdout when `json`. kExitUsage.
int tell_argument_errors(std::string_view command, const std::vector<ArgumentError>& errors, bool json);

}  // namespace theca
