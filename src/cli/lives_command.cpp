#include "cli/lives_command.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "catalogue/alarm.hpp"
#include "catalogue/fault.hpp"
#include "catalogue/refusal.hpp"
#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress_bar.hpp"
#include "therapy/modes.hpp"
#include "world/lives.hpp"

namespace theca {
namespace {

constexpr std::array<const char*, kDrugClassCount> kClassNames{"unknown", "neither", "opioid",
                                                               "withdrawal-prone", "both"};

/// What was met and how often, and by name what never was.
template <class Rows, class Counts>
void print_counts(const char* title, const Rows& rows, const Counts& counts) {
  fmt::print("{}\n", title);
  std::string never;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (counts[i] > 0) fmt::print("  {:<28}{:>10}\n", rows[i].name, counts[i]);
    if (counts[i] == 0) never += fmt::format("{}{}", never.empty() ? "" : ", ", rows[i].name);
  }
  if (!never.empty()) fmt::print("  never: {}\n", never);
}

void print_cells(const Tally& tally) {
  fmt::print("Fault by drug class\n  {:<32}", "");
  for (const char* name : kClassNames) fmt::print("{:>17}", name);
  fmt::print("\n");
  std::int64_t never = 0;
  for (const FaultRow& row : kFaults) {
    fmt::print("  {:<32}", row.name);
    for (const std::int64_t met : tally.cells[static_cast<std::size_t>(row.fault)]) {
      fmt::print("{:>17}", met == 0 ? "never" : std::to_string(met));
      never += met == 0 ? 1 : 0;
    }
    fmt::print("\n");
  }
  fmt::print("  {} of {} cells never reached\n", never, kFaultCount * kDrugClassCount);
}

void print_link(const LinkTally& link) {
  fmt::print(
      "Over the link\n"
      "  {} frames in {} sessions; the slowest opened {:.1f} s after the air was free\n"
      "  {} lost, {} doubled, {} late; {} visits taken over, {} with a restart in them\n"
      "  {} changes and doses confirmed, {} refused or failed for certain, {} left uncertain\n"
      "  {} foreign frames, {} times between visits and else within\n",
      link.frames, link.sessions, static_cast<double>(link.slowest_ms) / 1'000, link.lost, link.doubled,
      link.late, link.taken_over, link.restarts, link.delivered[0], link.delivered[1], link.delivered[2],
      link.foreign, link.strikes);
}

nlohmann::json as_json(const LivesOptions& options, const LivesResult& result) {
  nlohmann::json json{{"seed", options.seed}, {"lives", result.played},      {"refused", result.refused},
                      {"days", options.days}, {"calls", result.tally.calls}, {"violation", nlohmann::json{}}};
  for (const AlarmRow& row : kAlarms)
    json["alarms"][row.name] = result.tally.alarms[static_cast<std::size_t>(row.alarm)];
  for (const RefusalRow& row : kRefusals)
    json["refusals"][row.name] = result.tally.refusals[static_cast<std::size_t>(row.refusal)];
  for (const FaultRow& row : kFaults) {
    for (std::size_t c = 0; c < kDrugClassCount; ++c)
      json["cells"][row.name][kClassNames[c]] = result.tally.cells[static_cast<std::size_t>(row.fault)][c];
  }
  const LinkTally& link = result.tally.link;
  json["link"] = {{"frames", link.frames},          {"sessions", link.sessions},
                  {"slowest_ms", link.slowest_ms},  {"lost", link.lost},
                  {"doubled", link.doubled},        {"late", link.late},
                  {"taken_over", link.taken_over},  {"restarts", link.restarts},
                  {"foreign", link.foreign},        {"strikes", link.strikes},
                  {"confirmed", link.delivered[0]}, {"failed", link.delivered[1]},
                  {"uncertain", link.delivered[2]}};
  if (result.violation) {
    json["violation"] = {{"seed", result.violation->seed},
                         {"promise", result.violation->promise},
                         {"scenario", result.violation->scenario}};
  }
  return json;
}

}  // namespace

int run_lives(const LivesOptions& options) {
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  ProgressBar bar{!options.quiet && !options.json};
  LivesRequest request;
  request.seed = options.seed;
  request.lives = options.lives;
  request.days = options.days;
  request.threads = std::max(1U, std::thread::hardware_concurrency());
  const LivesResult result = play_lives(request, *library, [&](std::int64_t done) {
    bar.show(static_cast<double>(done) / static_cast<double>(options.lives));
  });
  if (options.json) {
    fmt::print("{}\n", as_json(options, result).dump(2));
  } else if (!options.quiet) {
    fmt::print(
        "{} lives of {} days with faults, seed {}; {} calls of the pump, each held against the promises\n",
        result.played, options.days, options.seed, result.tally.calls);
    if (result.refused > 0) fmt::print("{} were refused by a check before they began\n", result.refused);
    print_counts("Alarms raised", kAlarms, result.tally.alarms);
    print_counts("Requests and commands refused", kRefusals, result.tally.refusals);
    print_cells(result.tally);
    print_link(result.tally.link);
  }
  if (!result.violation) {
    if (!options.quiet && !options.json) fmt::print("No promise was broken.\n");
    return kExitOk;
  }
  const std::filesystem::path dir = options.out.empty() ? "out" : options.out;
  const std::filesystem::path file = dir / fmt::format("violation-{}.toml", result.violation->seed);
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  std::ofstream{file} << result.violation->scenario;
  fmt::print(
      stderr,
      "theca run: a promise was broken: {}\n  seed of the life {}; the shortest scenario that shows it: {}\n",
      result.violation->promise, result.violation->seed, file.string());
  return kExitRefused;
}

}  // namespace theca
