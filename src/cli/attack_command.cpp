#include "cli/attack_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "verify/red_team.hpp"

namespace theca {
namespace {

struct Options {
  std::string id;
  bool controls = false;
  bool json = false;
};

verify::AttackOutcome of(const verify::Sight& sight) {
  return sight.broken ? verify::AttackOutcome::kBroken : verify::AttackOutcome::kHeld;
}
/// An attack whose control was not broken has shown nothing.
bool blind(const verify::AttackResult& result) { return result.control && !result.control->broken; }

nlohmann::ordered_json json_of(const verify::AttackResult& result) {
  nlohmann::ordered_json json{{"id", result.attack->id},
                              {"attempted", result.sight.attempted},
                              {"outcome", verify::name_of(result.outcome)},
                              {"control", nullptr},
                              {"title", result.attack->title},
                              {"source", result.attack->source}};
  if (result.control) json["control"] = verify::name_of(of(*result.control));
  if (!result.attack->without.empty()) json["without"] = result.attack->without;
  if (!result.sight.happened.empty()) json["happened"] = result.sight.happened;
  if (!result.attack->pending.empty()) json["pending"] = result.attack->pending;
  if (!result.trouble.empty()) json["trouble"] = result.trouble;
  return json;
}

void tell(const verify::AttackResult& result) {
  const verify::Attack& attack = *result.attack;
  fmt::print("{:<8}{:<9}{}\n", attack.id, verify::name_of(result.outcome), attack.title);
  if (attack.play == nullptr) {
    fmt::print("{:<17}waits for: {}\n", "", attack.pending);
  } else {
    fmt::print("{:<17}{}\n{:<17}tried: {}\n", "", attack.source, "", attack.tried);
    if (result.trouble.empty())
      fmt::print("{:<17}{}\n", "", result.sight.happened);
    else
      fmt::print("{:<17}could not be played: {}\n", "", result.trouble);
    if (result.control)
      fmt::print("{:<17}without \"{}\": {}: {}\n", "", attack.without, verify::name_of(of(*result.control)),
                 result.control->happened);
  }
  std::fflush(stdout);
}

int run(const Options& options) {
  std::error_code none;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", none);
  verify::RedTeam team;
  team.program = self;
  team.weak = self.parent_path() / "theca_weak";
  team.data = data_dir();
  team.scenarios = team.data.parent_path() / "scenarios";
  team.controls = options.controls;
  if (options.controls && !std::filesystem::exists(team.weak, none)) {
    fmt::print(stderr, "theca attack: no {}; ./theca attack --controls builds it\n", team.weak.string());
    return kExitUsage;
  }
  std::vector<verify::AttackResult> results;
  for (const verify::Attack& attack : verify::attacks()) {
    if (!options.id.empty() && options.id != attack.id) continue;
    results.push_back(verify::play(attack, team));
    if (!options.json) tell(results.back());
  }
  if (results.empty()) {
    fmt::print(stderr, "theca attack: no \"{}\"; theca attack without an id plays all\n", options.id);
    return kExitUsage;
  }
  int held = 0, broken = 0, pending = 0, blinded = 0, troubled = 0;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const verify::AttackResult& result : results) {
    list.push_back(json_of(result));
    held += result.outcome == verify::AttackOutcome::kHeld ? 1 : 0;
    broken += result.outcome == verify::AttackOutcome::kBroken ? 1 : 0;
    pending += result.outcome == verify::AttackOutcome::kPending ? 1 : 0;
    blinded += blind(result) ? 1 : 0;
    troubled += result.trouble.empty() ? 0 : 1;
  }
  if (options.json) {
    fmt::print("{}\n", list.dump(2));
  } else {
    fmt::print("{} held, {} broken, {} pending{}\n", held, broken, pending,
               options.controls ? fmt::format("; {} controls not broken", blinded) : "");
  }
  return broken > 0 || blinded > 0 || troubled > 0 ? kExitRefused : kExitOk;
}

}  // namespace

void add_attack_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "attack",
      "The red team: published attacks, played against an implant's process over its sockets.\n"
      "Exit code 0: all held, or pending; 1: one is broken, or a control is not; 2: usage.");
  auto options = std::make_shared<Options>();
  command->add_option("ID", options->id, "one of them, as RT-02; without it all")->type_name("RT-ID");
  command->add_flag("--controls", options->controls,
                    "each against an implant as well that lacks the one defence: it must come out broken");
  command->add_flag("--json", options->json, "the results as JSON");
  command->footer("Example: theca attack RT-02 --controls");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace theca
