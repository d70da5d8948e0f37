#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_tools.hpp"
#include "plan/prime.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kCommand = "theca plan prime";
/// A therapy's rate where none is given: one at which the spread of a front is often quoted.
constexpr FlowRate kAssumedTherapyRate = microlitres_per_day(300);
/// The error shown when none is given.
constexpr Length kAssumedError = centimetres(5);

struct Command {
  explicit Command(CLI::App& app) : arguments(app) {}
  Arguments arguments;
  bool json = false;
};

struct Mistake {
  std::string words;  // "a catheter taken for 5 cm longer"
  PathMistake size;
  bool assumed;
};

struct Answer {
  InTypedUnit in_unit;
  Concentration concentration;
  PrimePlan prime;
  FlowRate prime_rate;
  bool prime_rate_assumed;
  FlowRate therapy_rate;
  bool therapy_rate_assumed;
  Mistake mistake;
  ChosenPump pump;
  ChosenPath path;
};

/// Three digits are what the model is good for.
double three_digits(double value) {
  if (value == 0) return 0;
  const double scale = std::pow(10.0, 2 - std::floor(std::log10(std::fabs(value))));
  return std::round(value * scale) / scale;
}
Json three_digit_number(double value) {
  const double rounded = three_digits(value);
  if (rounded == std::floor(rounded)) return static_cast<std::int64_t>(rounded);
  return rounded;
}
std::string two_digit_text(double value, std::string_view unit) {
  // Thousandths keep two digits of everything that is shown here.
  constexpr std::int64_t kThousandths = 1'000;
  std::array<char, kPrintBytes> buffer;
  const auto raw = static_cast<std::int64_t>(std::llround(value * static_cast<double>(kThousandths)));
  return fmt::format("{} {}", print_decimal(raw, kThousandths, buffer, Rounding::significant(2)), unit);
}

Json json_of(const Prime& prime) {
  return {{"volume_ml", number(decimal_ml(prime.volume))},
          {"mass_mg", number(decimal_mg(prime.mass))},
          {"duration_h", number(decimal_hours(prime.duration))},
          {"programmed_ml", number(decimal_ml(prime.programmed))},
          {"steps", prime.steps}};
}

FrontSpread spread_at(const Answer& a, FlowRate rate) {
  return front_spread(a.path.catheter, a.path.constants.per_cm.value, rate);
}

Json front_json(const Answer& a, FlowRate rate) {
  constexpr double kPercent = 100;
  constexpr double kSecondsPerHour = 3'600;
  const FrontSpread spread = spread_at(a, rate);
  return {{"rate_ml_per_day", number(decimal_ml_per_day(rate))},
          {"sigma_cm", three_digit_number(spread.sigma_cm)},
          {"sigma_percent", three_digit_number(spread.sigma_share * kPercent)},
          {"transit_h", three_digit_number(spread.transit_s / kSecondsPerHour)},
          {"peclet", three_digit_number(spread.peclet)},
          {"taylor_aris_valid", spread.developed}};
}

Json json_of(const Answer& a) {
  return {{"path_volume_ml", number(decimal_ml(a.path.path.total()))},
          {"prime_rate_ml_per_day", number(decimal_ml_per_day(a.prime_rate))},
          {"prime_rate_assumed", a.prime_rate_assumed},
          {"with_tubing", json_of(a.prime.whole_path)},
          {"catheter_only", json_of(a.prime.catheter_only)},
          {"wrong_by",
           {{"volume_ml", number(decimal_ml(a.mistake.size.excess))},
            {"mass_mg", number(decimal_mg(a.mistake.size.mass))},
            {"into_patient", a.mistake.size.excess.raw() > 0},
            {"assumed", a.mistake.assumed}}},
          {"front",
           {{"diffusion_cm2_per_s", kMolecularDiffusion},
            {"diffusion_verified", false},
            {"at_therapy_rate", front_json(a, a.therapy_rate)},
            {"therapy_rate_assumed", a.therapy_rate_assumed},
            {"at_prime_rate", front_json(a, a.prime_rate)}}},
          {"path", json_of(a.path)},
          {"pump", json_of(a.pump)}};
}

std::string part_words(const Answer& a, const Prime& part) {
  std::string text = fmt::format("{} x {} = {}; {} / {} = {}", to_text(part.volume),
                                 a.in_unit(a.concentration), a.in_unit(part.mass), to_text(part.volume),
                                 to_text(a.prime_rate), to_text(part.duration, seconds(1)));
  if (part.programmed != part.volume) text += fmt::format("; in whole steps {}", to_text(part.programmed));
  return text;
}

std::string front_words(const Answer& a, FlowRate rate, bool assumed) {
  constexpr double kPercent = 100;
  const FrontSpread spread = spread_at(a, rate);
  return fmt::format("at {}{}: sigma {}, {} of the catheter{}", to_text(rate), assumed ? " (assumed)" : "",
                     two_digit_text(spread.sigma_cm, "cm"),
                     two_digit_text(spread.sigma_share * kPercent, "%"),
                     spread.developed ? "" : " (overstated: the transit is too short for this formula)");
}

Page page_of(const Answer& a) {
  Page page;
  page.line(fmt::format("Prime with {}", a.in_unit(a.concentration)));
  page.blank();
  page.row("Path", path_formula(a.path));
  page.row("", path_pedigree(a.path, a.pump));
  page.row("Pump", pump_pedigree(a.pump));
  page.row("Prime rate",
           to_text(a.prime_rate) + (a.prime_rate_assumed ? " (assumed: the pump's largest)" : ""));
  page.blank();
  page.row("New pump, dry", "tubing and catheter: " + part_words(a, a.prime.whole_path));
  page.row("Primed before",
           "catheter alone, pump primed on the back table: " + part_words(a, a.prime.catheter_only));
  page.blank();
  const PathMistake& wrong = a.mistake.size;
  const std::string example = a.mistake.assumed ? "for example, " : "";
  if (wrong.excess.raw() == 0) {
    page.row("If wrong", "the assumed path and the true one hold the same volume.");
  } else if (wrong.excess.raw() > 0) {
    page.row("If wrong",
             fmt::format("{}{}: {} x {} = {} goes straight into the patient", example, a.mistake.words,
                         to_text(wrong.excess), a.in_unit(a.concentration), a.in_unit(wrong.mass)));
  } else {
    const Volume missing = wrong.excess * -1;
    page.row("If wrong",
             fmt::format("{}{}: the front stops {} short of the tip, {} late at {}", example, a.mistake.words,
                         to_text(missing),
                         to_text(time_for(missing, a.therapy_rate).value_or(Duration{}), minutes(1)),
                         to_text(a.therapy_rate)));
  }
  page.blank();
  page.row("Front spread", front_words(a, a.therapy_rate, a.therapy_rate_assumed));
  page.row("", front_words(a, a.prime_rate, a.prime_rate_assumed));
  page.row("",
           "Some drug arrives before the prime ends and diluted drug after it: watch the patient. "
           "Taylor-Aris in the "
           "catheter alone, without dead volumes; diffusion 0.000006 cm2/s (assumed, not verified).");
  return page;
}

/// How wrong the path could be: by a length or a volume, or because another catheter or constant was assumed.
std::optional<Mistake> read_mistake(Arguments& args, const std::optional<ChosenPath>& path,
                                    std::optional<Concentration> c) {
  const auto assumed_catheter = args.read("--assumed-catheter", parse_length);
  const auto assumed_per_cm = args.read("--assumed-per-cm", parse_volume_per_length);
  std::optional<Length> by_length;
  std::optional<Volume> by_volume;
  if (const auto typed = args.text("--wrong-by")) {
    if (const auto volume = parse_volume(*typed)) {
      by_volume = *volume;
    } else if (const auto length = parse_length(*typed)) {
      by_length = *length;
    } else {
      args.error("--wrong-by", length.error().message + "; or a volume, such as \"0.05 mL\"");
    }
    if (assumed_catheter || assumed_per_cm)
      args.error("--wrong-by", "is given with an assumed catheter; give one of them");
  }
  if (!path || !c) return std::nullopt;
  const Volume per_cm = path->constants.per_cm.value;
  if (by_volume)
    return Mistake{"a path taken for " + to_text(*by_volume) + " larger",
                   path_mistake(*by_volume, Volume{}, *c), false};
  if (assumed_catheter || assumed_per_cm) {
    const Length length = assumed_catheter.value_or(path->catheter);
    const Volume constant = assumed_per_cm.value_or(per_cm);
    return Mistake{
        fmt::format("a catheter taken for {} at {}", to_text(length), volume_per_length_text(constant)),
        path_mistake(lumen_volume(length, constant), path->path.catheter, *c), false};
  }
  const Length error = by_length.value_or(kAssumedError);
  return Mistake{"a catheter taken for " + to_text(error) + " longer",
                 path_mistake(lumen_volume(error, per_cm), Volume{}, *c), !by_length};
}

int run(Command& command) {
  Arguments& args = command.arguments;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const auto c = args.need("--concentration", parse_concentration);
  const auto pump = read_pump(args, *library);
  const auto path = read_path(args, pump);
  const auto mistake = read_mistake(args, path, c);
  const auto rate = args.read("--rate", parse_flow_rate);
  const auto therapy_rate = args.read("--therapy-rate", parse_flow_rate);
  if (therapy_rate && therapy_rate->raw() == 0) args.error("--therapy-rate", "must be more than 0");
  if (const auto errors = args.errors(); !errors.empty())
    return tell_argument_errors(kCommand, errors, command.json);

  const FlowRate prime_rate = rate.value_or(pump->model.max_flow);
  const auto prime = plan_prime(path->path, *c, prime_rate, pump->model);
  if (!prime) return tell_plan_errors(kCommand, {prime.error()}, command.json);
  const Answer answer{InTypedUnit{args.text("--concentration").value_or("")},
                      *c,
                      *prime,
                      prime_rate,
                      !rate,
                      therapy_rate.value_or(kAssumedTherapyRate),
                      !therapy_rate,
                      *mistake,
                      *pump,
                      *path};
  return finish(page_of(answer), json_of(answer), {}, command.json);
}

}  // namespace

void add_plan_prime(CLI::App& plan, int& exit_code) {
  CLI::App* app = plan.add_subcommand(
      "prime", "Bring the drug to the tip: volume, mass, time, and how the front spreads");
  const auto command = std::make_shared<Command>(*app);
  Arguments& args = command->arguments;
  args.option("--concentration", "CONC", "in the reservoir", "20 mg/mL");
  path_options(args);
  pump_option(args);
  args.option("--wrong-by", "LENGTH|VOLUME", "how much longer or larger the path was taken to be", "5 cm");
  args.option("--assumed-catheter", "LENGTH", "length programmed, --catheter being the true one", "85 cm");
  args.option("--assumed-per-cm", "VOLUME/CM", "constant that was programmed", "0.0026 mL/cm");
  args.option("--rate", "FLOW", "prime rate; default the pump's largest flow", "24 mL/day");
  args.option("--therapy-rate", "FLOW", "for the spread of the front; default 0.3 mL/day", "0.3 mL/day");
  app->add_flag("--json", command->json, "as JSON");
  app->footer(
      "Example:\n"
      "  theca plan prime --concentration \"20 mg/mL\" --catheter \"80 cm\" \\\n"
      "                   --wrong-by \"5 cm\"\n"
      "  A dry path takes 0.375 mL and sets 7.5 mg in motion; a catheter taken for\n"
      "  5 cm longer pushes 0.22 mg straight into the patient.\n"
      "Exit code 1: the rate is above the pump's range.\n"
      "Formulas and sources: docs/arithmetic.md");
  app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace theca
