#include "cli/library_command.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "plan/library_text.hpp"

namespace theca {
namespace {

struct Options {
  std::string name;
  bool json = false;
};

std::string did_you_mean(const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::string text = "; did you mean ";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : " or ") + names[i];
  return text + "?";
}

template <class Entry>
int show(const Library& library, const std::vector<Entry>& all, const Entry* found, const Options& options,
         const std::vector<std::string>& near, std::string (*table)(std::span<const Entry>)) {
  if (options.name.empty()) {
    if (options.json) {
      nlohmann::json list = nlohmann::json::array();
      for (const Entry& entry : all) list.push_back(to_json(entry));
      fmt::print("{}\n", list.dump(2));
    } else {
      fmt::print("{}", table(all));
    }
    return kExitOk;
  }
  if (found == nullptr) {
    fmt::print(stderr, "theca: \"{}\" is not in the library{}\n", options.name, did_you_mean(near));
    return kExitUsage;
  }
  if (options.json) {
    fmt::print("{}\n", to_json(*found).dump(2));
  } else {
    fmt::print("{}", describe(*found, library));
  }
  return kExitOk;
}

int drugs(const Options& options) {
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  return show(*library, library->drugs, library->find_drug(options.name), options,
              library->suggest_drugs(options.name), drug_table);
}

int pumps(const Options& options) {
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  return show(*library, library->pumps, library->find_pump(options.name), options,
              library->suggest_pumps(options.name), pump_table);
}

void add(CLI::App& app, const char* name, const char* about, const char* example, int (*act)(const Options&),
         int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(name, about);
  command->add_option("NAME", options->name, "one entry in full; without it, a line for each");
  command->add_flag("--json", options->json, "as JSON");
  command->footer(example);
  command->callback([options, act, &exit_code] { exit_code = act(*options); });
}

}  // namespace

void add_library_commands(CLI::App& app, int& exit_code) {
  add(app, "drugs", "Show the drug library: limits, sources, what is verified",
      "Example: theca drugs ziconotide", drugs, exit_code);
  add(app, "pumps", "Show the pump library: reservoir, flow, accuracy, constants",
      "Example: theca pumps roller-40", pumps, exit_code);
}

}  // namespace theca
