#include "cli/compare_command.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/comparison_page.hpp"
#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/result_folder.hpp"
#include "cli/seed_option.hpp"
#include "cohort/compare.hpp"
#include "cohort/many_patients.hpp"

namespace theca {
namespace {

struct Options {
  std::string relief, drug, every, out;
  CompareRequest request;
  bool allow = false, json = false, quiet = false;
};

int fail(const std::vector<ArgumentError>& errors, bool json) {
  return tell_argument_errors("compare", errors, json);
}

/// What the places and numbers of a request lack, all at once.
std::vector<ArgumentError> errors_of(Options& options, const BodyData& body) {
  std::vector<ArgumentError> errors;
  CompareRequest& request = options.request;
  constexpr double kPartsPerMillion = 1e6;
  if (const auto relief = parse_percent(options.relief)) {
    request.relief = static_cast<double>(*relief) / kPartsPerMillion;
  } else {
    errors.push_back({"--relief", relief.error().message});
  }
  if (const auto every = parse_duration(options.every); !every) {
    errors.push_back({"--every", every.error().message});
  } else if (*every < hours(1) || *every > days(1)) {
    errors.push_back({"--every", in_quotes(options.every) + ": allowed: 1 h to 24 h"});
  } else {
    request.swallowed_every = *every;
  }
  const Substance* drug = find_substance(body.substances, options.drug);
  if (drug == nullptr || !drug->relief_ec50) {
    std::vector<std::string_view> names;
    for (const Substance& substance : body.substances) {
      if (substance.relief_ec50) names.push_back(substance.name);
    }
    errors.push_back({"--drug", in_quotes(options.drug) + ": allowed: " + joined(names)});
  }
  request.drug = options.drug;
  if (!(request.tolerance >= 1 && request.tolerance <= kMostOpioidTolerance))
    errors.push_back(
        {"--opioid-tolerance", fmt::format("{}: allowed: 1 to {}", request.tolerance, kMostOpioidTolerance)});
  if (drug != nullptr && drug->acts_on != Target::kOpioidReceptor && request.tolerance != 1)
    errors.push_back({"--opioid-tolerance", options.drug + " acts on no opioid receptor"});
  const bool sacral = request.tip.starts_with('S') || request.tip.starts_with('s');
  if (!body.anatomy.vertebra(request.tip) || sacral)
    errors.push_back({"--tip", in_quotes(request.tip) + ": allowed: a vertebra, C1 to L5"});
  if (!body.anatomy.cord_segment(request.pain))
    errors.push_back({"--pain", in_quotes(request.pain) + ": allowed: a segment, C1 to S5"});
  return errors;
}

int compare_ways(Options& options) {
  const Outside outside = options.allow ? Outside::kAllowed : Outside::kRefused;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const auto body = load_body_or_tell(*library, outside);
  if (!body) return kExitUsage;
  const auto variability = load_variability_or_tell(*library, outside);
  if (!variability) return kExitUsage;
  if (const auto errors = errors_of(options, *body); !errors.empty()) return fail(errors, options.json);
  const auto comparison = compare(options.request, *body, *variability);
  if (!comparison) return fail({{"--relief", comparison.error()}}, options.json);

  const std::string dir = options.out.empty() ? "out/compare_" + options.drug : options.out;
  const std::vector<ResultFile> files{
      {"compare.html", comparison_html(*comparison)},
      {"ways.csv", comparison_csv(*comparison)},
      {"compare.json", comparison_json(*comparison).dump(2) + '\n'},
  };
  if (const auto written = write_results(files, dir); !written) {
    fmt::print(stderr, "theca compare: {}\n", written.error());
    return kExitUsage;
  }
  if (options.json)
    fmt::print("{}\n", comparison_json(*comparison).dump(2));
  else if (!options.quiet)
    fmt::print("{}picture: {}/compare.html\n", comparison_text(*comparison), dir);
  return kExitOk;
}

}  // namespace

void add_compare_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CompareRequest& request = options->request;
  CLI::App* command = app.add_subcommand(
      "compare", "The dose by mouth, by vein, epidurally and into the fluid that gives the same relief");
  command
      ->add_option("--relief", options->relief,
                   "how much of the pain or spasticity is gone, all the time; \"50 %\"")
      ->required()
      ->type_name("PERCENT");
  command->add_option("--drug", options->drug, "a substance of data/substances that relieves")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--tip", request.tip,
                   "vertebra of the catheter's tip, and of the epidural needle; default T10")
      ->type_name("LEVEL");
  command->add_option("--pain", request.pain, "segment that hurts or is spastic; default T12")
      ->type_name("LEVEL");
  command->add_option("--every", options->every, "time between two doses by mouth; default 4 h")
      ->type_name("TIME")
      ->default_val("4 h");
  command
      ->add_option("--opioid-tolerance", request.tolerance,
                   "how many times the level of an opioid these patients need, 1 to 1000; default 1")
      ->type_name("TIMES");
  command->add_option("--patients", request.patients, "so many; default 500")
      ->check(CLI::Range(std::int64_t{20}, kMostPatients))
      ->type_name("N");
  add_seed(*command, request.seed, "of the patients; default 1");
  command
      ->add_option("--out", options->out,
                   "directory for compare.html, ways.csv, compare.json; default out/compare_<drug>")
      ->type_name("DIR");
  command->add_flag("--allow", options->allow,
                    "take numbers of data/ that lie outside of their published ranges");
  command->add_flag("--json", options->json, "print compare.json on standard output");
  command->add_flag("--quiet", options->quiet, "print nothing");
  command->footer("Example: theca compare --relief \"50 %\" --drug morphine");
  command->callback([options, &exit_code] { exit_code = compare_ways(*options); });
}

}  // namespace theca
