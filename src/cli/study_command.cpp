#include "cli/study_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/seed_option.hpp"
#include "cli/study_text.hpp"
#include "cohort/calibrate.hpp"
#include "cohort/many_patients.hpp"
#include "cohort/study_run.hpp"

namespace theca {
namespace {

struct Options {
  std::string file;
  std::int64_t patients = 0;
  std::uint64_t seed = 1;
  std::int64_t tries = 600;
  bool json = false;
  bool allow = false;
};

void tell(const std::vector<DataError>& errors, std::string_view command) {
  for (const DataError& error : errors) fmt::print(stderr, "{}\n", to_string(error));
  fmt::print(stderr, "theca {}: {} error{}; nothing was done\n", command, errors.size(),
             errors.size() == 1 ? "" : "s");
}

StudyRequest request_of(const Options& options) {
  return {.patients = options.patients,
          .seed = options.seed,
          .threads = std::max(1U, std::thread::hardware_concurrency())};
}

/// Everything that a study stands on.
struct Loaded {
  Library library;
  BodyData body;
  Variability variability;
};
std::optional<Loaded> load(const Options& options) {
  const Outside outside = options.allow ? Outside::kAllowed : Outside::kRefused;
  auto library = load_library_or_tell();
  if (!library) return std::nullopt;
  auto body = load_body_or_tell(*library, outside);
  if (!body) return std::nullopt;
  auto variability = load_variability_or_tell(*library, outside);
  if (!variability) return std::nullopt;
  return Loaded{std::move(*library), std::move(*body), std::move(*variability)};
}
std::optional<std::vector<Study>> load_all(const Loaded& loaded, std::string_view command) {
  auto studies =
      load_studies(data_dir(), loaded.body.anatomy, loaded.body.substances, loaded.library.sources);
  if (studies) return std::move(*studies);
  tell(studies.error(), command);
  return std::nullopt;
}

/// Numbers that --allow let in.
std::vector<std::string> outside_of(const Loaded& loaded, const std::string& substance) {
  std::vector<std::string> out;
  const auto tell = [&](const std::string& of) {
    return [&out, of](std::string_view key, const Number& number) {
      if (number.outside) out.push_back(of + " " + std::string{key});
    };
  };
  if (const Substance* drug = find_substance(loaded.body.substances, substance))
    for_each_number(*drug, tell(substance));
  for_each_number(loaded.body.anatomy, tell("body's"));
  for_each_number(loaded.variability, tell("spread of"));
  return out;
}

int study(const Options& options) {
  const auto loaded = load(options);
  if (!loaded) return kExitUsage;
  auto one = load_study(options.file, loaded->body.anatomy, loaded->body.substances, loaded->library.sources);
  if (!one) {
    tell(one.error(), "study");
    return kExitUsage;
  }
  const bool asks_others = std::ranges::any_of(one->quantities, [&](const StudyQuantity& q) {
    const auto other = [&](const std::string& name) {
      return !name.empty() && !name.starts_with(one->id + "/");
    };
    return is_of_quantities(q.kind) && (other(q.of) || other(q.over));
  });
  std::vector<Study> studies;
  if (asks_others) {
    auto all = load_all(*loaded, "study");
    if (!all) return kExitUsage;
    std::erase_if(*all, [&](const Study& other) { return other.id == one->id; });
    studies = std::move(*all);
  }
  studies.insert(studies.begin(), std::move(*one));
  if (const auto errors = unmet(studies); !errors.empty()) {
    tell(errors, "study");
    return kExitUsage;
  }
  const StudyAnswers answers = run_studies(studies, loaded->body, loaded->variability, request_of(options));
  const std::vector<std::string> outside = outside_of(*loaded, studies.front().substance);
  if (options.json)
    fmt::print("{}\n", study_json(studies.front(), answers.front(), options.patients, outside).dump(2));
  else
    fmt::print("{}", study_text(studies.front(), answers.front(), options.patients, outside));
  return kExitOk;
}

int validate(const Options& options) {
  const auto loaded = load(options);
  if (!loaded) return kExitUsage;
  const auto studies = load_all(*loaded, "validate");
  if (!studies) return kExitUsage;
  const StudyAnswers answers = run_studies(*studies, loaded->body, loaded->variability, request_of(options));
  const auto rows = validation_rows(*studies, answers);
  if (options.json)
    fmt::print("{}\n", validation_json(rows, options.patients, options.seed).dump(2));
  else
    fmt::print("{}", validation_text(rows, options.patients, options.seed));
  return kExitOk;
}

int fit(const Options& options) {
  auto loaded = load(options);
  if (!loaded) return kExitUsage;
  const auto studies = load_all(*loaded, "calibrate");
  if (!studies) return kExitUsage;
  const Calibration calibration = calibrate(*studies, loaded->body, options.tries);
  if (options.json)
    fmt::print("{}\n", calibration_json(calibration).dump(2));
  else
    fmt::print("{}", calibration_text(calibration));
  return kExitOk;
}

void add_patients(CLI::App& command, Options& options, const char* about) {
  command.add_option("--patients", options.patients, about)
      ->check(CLI::Range(std::int64_t{20}, kMostPatients))
      ->type_name("N");
  add_seed(command, options.seed, "of the patients; default 1");
  command.add_flag("--allow", options.allow,
                   "take numbers of data/ that lie outside of their published ranges");
  command.add_flag("--json", options.json, "as JSON");
}

}  // namespace

void add_study_commands(CLI::App& app, int& exit_code) {
  auto of_study = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "study", "Give doses by any way, look anywhere, and say what comes out (docs/studies.md)");
  command->add_option("FILE", of_study->file, "study file (see data/studies and docs/studies.md)")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  add_patients(*command, *of_study, "on so many patients beside the one in the middle");
  command->footer("Example: theca study data/studies/morphine_lumbar_0250.toml --patients 200");
  command->callback([of_study, &exit_code] { exit_code = study(*of_study); });

  auto of_validation = std::make_shared<Options>();
  of_validation->patients = kValidationPatients;
  command = app.add_subcommand("validate", "Hold the patient against what was published, row by row");
  add_patients(*command, *of_validation, "so many patients; default 500");
  command->footer("Example: theca validate --json");
  command->callback([of_validation, &exit_code] { exit_code = validate(*of_validation); });

  auto of_fit = std::make_shared<Options>();
  command = app.add_subcommand(
      "calibrate", "Fit the free numbers to the rows marked so, within their ranges; writes nothing");
  command->add_option("--tries", of_fit->tries, "at most; default 600")
      ->check(CLI::Range(20, 100'000))
      ->type_name("N");
  command->add_flag("--json", of_fit->json, "as JSON");
  command->footer("Example: theca calibrate");
  command->callback([of_fit, &exit_code] { exit_code = fit(*of_fit); });
}

}  // namespace theca
