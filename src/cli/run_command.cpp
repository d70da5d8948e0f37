#include "cli/run_command.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/lives_command.hpp"
#include "cli/progress_bar.hpp"
#include "cli/run_files.hpp"
#include "cli/run_text.hpp"
#include "cli/seed_option.hpp"
#include "cohort/compare.hpp"
#include "cohort/many_patients.hpp"
#include "quantity/text.hpp"
#include "world/play.hpp"
#include "world/scenario.hpp"

namespace theca {
namespace {

struct Options {
  std::int64_t lives = 0;
  std::uint64_t seed = 1;
  std::int64_t days = 30;
  std::int64_t patients = 0;
  std::string scenario;
  std::string out;
  bool quiet = false;
  bool json = false;
  bool allow = false;
};

std::string out_dir(const Options& options) {
  if (!options.out.empty()) return options.out;
  return "out/" + std::filesystem::path(options.scenario).stem().string();
}

void tell(const std::vector<DataError>& errors) {
  for (const DataError& error : errors) fmt::print(stderr, "{}\n", to_string(error));
}

int run(const Options& options) {
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const Outside outside = options.allow ? Outside::kAllowed : Outside::kRefused;
  const auto body = load_body_or_tell(*library, outside);
  if (!body) return kExitUsage;
  const auto scenario = load_scenario(options.scenario, *library);
  if (!scenario) {
    tell(scenario.error());
    fmt::print(stderr, "theca run: {} error{} in the scenario; nothing was written\n",
               scenario.error().size(), scenario.error().size() == 1 ? "" : "s");
    return kExitUsage;
  }
  ProgressBar bar{!options.quiet};
  auto result = play(*scenario, *library, [&](double done) { bar.show(done); });
  if (!result) {
    tell(result.error().errors);
    fmt::print(stderr, "theca run: {}; nothing was written\n",
               result.error().refused ? "refused by a check" : "the scenario cannot be played");
    return result.error().refused ? kExitRefused : kExitUsage;
  }
  const auto variability = load_variability_or_tell(*library, outside);
  if (!variability) return kExitUsage;
  result->patient = patient_of(*result, scenario->body, *body);
  result->patient->same_relief = compare_run(*result, scenario->body, *body, *variability, options.seed);
  if (options.patients > 0) {
    ProgressBar patients{!options.quiet};
    auto bands = bands_of(*scenario, *result, *library, *body, *variability,
                          {.patients = options.patients,
                           .seed = options.seed,
                           .threads = std::max(1U, std::thread::hardware_concurrency())},
                          [&](std::int64_t done) {
                            patients.show(static_cast<double>(done) / static_cast<double>(options.patients));
                          });
    if (!bands) {
      tell(bands.error().errors);
      fmt::print(stderr,
                 "theca run: a specimen of the pump cannot play this scenario; nothing was written\n");
      return bands.error().refused ? kExitRefused : kExitUsage;
    }
    result->patient->bands = std::move(*bands);
  }
  const std::string dir = out_dir(options);
  if (const auto written = write_run_files(*result, dir); !written) {
    fmt::print(stderr, "theca run: {}\n", written.error());
    return kExitUsage;
  }
  if (options.json) {
    fmt::print("{}\n", summary_json(*result).dump(2));
  } else if (!options.quiet) {
    fmt::print("{}", run_text(*result, dir));
  }
  return kExitOk;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Play a therapy on the virtual pump and write a report");
  CLI::Option* scenario =
      command
          ->add_option("SCENARIO", options->scenario, "scenario file (see scenarios/ and docs/scenarios.md)")
          ->check(CLI::ExistingFile)
          ->type_name("FILE");
  CLI::Option* lives = command
                           ->add_option("--lives", options->lives,
                                        "play so many random lives with faults and check every promise")
                           ->check(CLI::Range(1, 10'000'000))
                           ->type_name("N")
                           ->excludes(scenario);
  CLI::Option* patients =
      command
          ->add_option("--patients", options->patients,
                       "try it on so many patients like this one, each with a pump of its own: bands in the "
                       "report, bands.csv")
          ->check(CLI::Range(std::int64_t{20}, kMostPatients))
          ->type_name("N")
          ->excludes(lives);
  CLI::Option* seed = add_seed(*command, options->seed, "of the patients or of the random lives; default 1");
  command->add_option("--days", options->days, "length of each life; default 30")
      ->check(CLI::Range(1, 20'000))
      ->type_name("N")
      ->needs(lives);
  command
      ->add_option(
          "--out", options->out,
          "directory for report.html, delivery.csv, patient.csv, csf.csv, events.jsonl, journal.jsonl, "
          "summary.json; default out/<scenario>")
      ->type_name("DIR");
  command->add_flag("--allow", options->allow,
                    "take numbers of data/ that lie outside of their published ranges");
  command->add_flag("--json", options->json, "print summary.json on standard output");
  command->add_flag("--quiet", options->quiet, "no progress bar and no summary");
  command->footer(
      "Examples: theca run scenarios/morphine_with_patient_boluses.toml --out out/morphine\n"
      "          theca run scenarios/morphine_with_patient_boluses.toml --patients 500 --seed 7\n"
      "          theca run --seed 7 --lives 1000");
  command->callback([options, seed, lives, patients, &exit_code] {
    if (seed->count() > 0 && lives->count() == 0 && patients->count() == 0) {
      fmt::print(stderr, "theca run: --seed needs --patients or --lives\n");
      exit_code = kExitUsage;
      return;
    }
    if (options->lives > 0) {
      exit_code = run_lives({.seed = options->seed,
                             .lives = options->lives,
                             .days = options->days,
                             .out = options->out,
                             .quiet = options->quiet,
                             .json = options->json});
    } else if (options->scenario.empty()) {
      fmt::print(stderr,
                 "theca run: give a scenario file, or --lives N for random lives. See theca run --help.\n");
      exit_code = kExitUsage;
    } else {
      exit_code = run(*options);
    }
  });
}

}  // namespace theca
