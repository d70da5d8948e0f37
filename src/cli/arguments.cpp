#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/exit_code.hpp"

namespace theca {

Arguments::Arguments(CLI::App& command) : command_(command) { command_.allow_extras(); }

void Arguments::option(const std::string& name, const std::string& kind, const std::string& help,
                       const std::string& example) {
  Option& made = options_[name];
  made.example = example;
  // A missing value and a second one are told with the other errors, not by the parser at the first of them.
  command_.add_option(name, made.values, help)
      ->type_name(kind)
      ->expected(0, 1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

bool Arguments::given(const std::string& name) const { return !options_.at(name).values.empty(); }

std::optional<std::string> Arguments::text(const std::string& name) {
  const Option& option = options_.at(name);
  if (option.values.empty()) return std::nullopt;
  if (option.values.size() > 1) {
    error(name, "is given " + std::to_string(option.values.size()) + " times; give it once");
    return std::nullopt;
  }
  if (option.values[0].empty()) {
    error(name, "has no value; write for example " + name + " \"" + option.example + "\"");
    return std::nullopt;
  }
  return option.values[0];
}

void Arguments::missing(const std::string& name) {
  error(name, "is missing; write for example " + name + " \"" + options_.at(name).example + "\"");
}

void Arguments::error(std::string option, std::string message) {
  errors_.push_back({std::move(option), std::move(message)});
}

std::vector<ArgumentError> Arguments::errors() {
  std::vector<ArgumentError> all = errors_;
  for (const std::string& extra : command_.remaining()) {
    const bool option = extra.starts_with("-");
    all.push_back(
        {{},
         in_quotes(extra) + (option ? " is no option of this command; see --help"
                                    : " belongs to no option; put a value and its unit in quotes")});
  }
  return all;
}

int tell_argument_errors(std::string_view command, const std::vector<ArgumentError>& errors, bool json) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ArgumentError& error : errors) {
    list.push_back({{"option", error.option}, {"message", error.message}});
    fmt::print(stderr, "{}: {}{}{}\n", command, error.option, error.option.empty() ? "" : ": ",
               error.message);
  }
  if (json) fmt::print("{}\n", nlohmann::ordered_json{{"errors", list}}.dump(2));
  return kExitUsage;
}

}  // namespace theca
