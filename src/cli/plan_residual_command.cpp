#include <fmt/format.h>

#include <array>
#include <memory>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_tools.hpp"
#include "plan/residual.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kCommand = "theca plan residual";
constexpr std::int64_t kMillion = 1'000'000;

struct Command {
  explicit Command(CLI::App& app) : arguments(app) {}
  Arguments arguments;
  bool json = false;
};

struct InjectedAndSensed {
  Volume injected;
  Volume sensed;
  FillCheck check;
};

struct Answer {
  const PumpEntry* pump;
  bool pump_assumed;
  bool accuracy_typed;
  ResidualRequest request;
  std::optional<Residual> residual;
  std::optional<InjectedAndSensed> fill;
};

std::string tenths_of_percent(std::int64_t ppm) { return percent_text(ppm, Rounding::decimals(1)); }

/// "+2.2 mL", "-2 mL"
std::string signed_text(Volume volume) { return (volume.raw() > 0 ? "+" : "") + to_text(volume); }

Json flag(std::string_view name, Json value, Json limit, const std::vector<std::string>& sources,
          bool verified) {
  return {{"flag", name},
          {"value", std::move(value)},
          {"limit", std::move(limit)},
          {"sources", sources},
          {"verified", verified}};
}

std::vector<std::string> accuracy_sources(const Answer& a) {
  return a.accuracy_typed ? std::vector<std::string>{} : a.pump->accuracy.sources;
}
bool accuracy_verified(const Answer& a) { return !a.accuracy_typed && a.pump->accuracy.verified; }

Json flags_json(const Answer& a) {
  Json flags = Json::array();
  const auto of_ratio = [&](std::string_view name, std::int64_t limit_ppm) {
    flags.push_back(flag(name, number(decimal_percent(a.residual->ratio_ppm)),
                         number(decimal_percent(limit_ppm)), accuracy_sources(a), accuracy_verified(a)));
  };
  if (a.residual) {
    if (a.residual->over) of_ratio("ratio_above_percent", kMillion + a.request.accuracy_ppm);
    if (a.residual->under) of_ratio("ratio_below_percent", kMillion - a.request.accuracy_ppm);
    if (a.residual->beyond) {
      flags.push_back(flag("difference_ml", number(decimal_ml(a.residual->difference)),
                           number(decimal_ml(kResidualFlag)), {"S48"}, true));
    }
  }
  if (a.fill && a.fill->check.possible_pocket_fill()) {
    flags.push_back(flag("possible_pocket_fill_ml", number(decimal_ml(a.fill->check.missing)),
                         number(decimal_ml(a.fill->check.limit)), {"S49"}, true));
  }
  return flags;
}

Json causes_json(const Residual& residual) {
  Json list = Json::array();
  for (const ResidualCause cause : residual.causes) {
    const ResidualCauseRow& row = row_of(cause);
    list.push_back({{"rank", list.size() + 1},
                    {"cause", row.name},
                    {"why", row.why},
                    {"look_for", row.look_for},
                    {"sources", std::vector<std::string>(row.sources.begin(), row.sources.end())},
                    {"verified", row.verified}});
  }
  return list;
}

Json json_of(const Answer& a) {
  Json json;
  if (a.residual) {
    const Residual& r = *a.residual;
    json = {{"fill_ml", number(decimal_ml(a.request.fill))},
            {"expected_ml", number(decimal_ml(a.request.expected))},
            {"aspirated_ml", number(decimal_ml(a.request.aspirated))},
            {"given_ml", number(decimal_ml(r.given))},
            {"due_ml", number(decimal_ml(r.due))},
            {"ratio_percent", number(decimal_percent(r.ratio_ppm))},
            {"difference_ml", number(decimal_ml(r.difference))},
            {"accuracy_percent", number(decimal_percent(a.request.accuracy_ppm))},
            {"accuracy_verified", accuracy_verified(a)}};
    if (a.request.fill_age) json["fill_age_h"] = number(decimal_hours(*a.request.fill_age));
  }
  if (a.fill) {
    json["fill_check"] = {{"injected_ml", number(decimal_ml(a.fill->injected))},
                          {"sensed_ml", number(decimal_ml(a.fill->sensed))},
                          {"missing_ml", number(decimal_ml(a.fill->check.missing))},
                          {"limit_ml", number(decimal_ml(a.fill->check.limit))},
                          {"possible_pocket_fill", a.fill->check.possible_pocket_fill()}};
  }
  const Json flags = flags_json(a);
  json["flagged"] = !flags.empty();
  json["flags"] = flags;
  json["causes"] = a.residual ? causes_json(*a.residual) : Json::array();
  json["pump"] = {{"model", a.pump->name},
                  {"assumed", a.pump_assumed},
                  {"capacity_ml", number(decimal_ml(a.pump->capacity.value))}};
  return json;
}

std::string accuracy_words(const Answer& a) {
  return percent_text(a.request.accuracy_ppm) + " (" +
         (a.accuracy_typed ? "as typed"
                           : pedigree_words(a.pump->accuracy.sources, a.pump->accuracy.verified)) +
         ")";
}

void write_flags(Page& page, const Answer& a) {
  const Residual& r = *a.residual;
  if (!r.flagged()) {
    page.row("No flag",
             "ratio and difference are inside their limits. Keep the figures: a trend over refills "
             "says more than one of them.");
    return;
  }
  if (r.over)
    page.row("Flag",
             fmt::format("more left the pump than the accuracy allows: {} is above {}",
                         tenths_of_percent(r.ratio_ppm), percent_text(kMillion + a.request.accuracy_ppm)));
  if (r.under)
    page.row("Flag",
             fmt::format("less left the pump than the accuracy allows: {} is below {}",
                         tenths_of_percent(r.ratio_ppm), percent_text(kMillion - a.request.accuracy_ppm)));
  if (r.beyond) {
    page.row("Flag", fmt::format("the volume is off by more than {} (S48, verified): {}",
                                 to_text(kResidualFlag), signed_text(r.difference)));
  }
}

void write_causes(Page& page, const Answer& a) {
  const Residual& r = *a.residual;
  if (r.causes.empty()) return;
  const bool too_little = r.difference.raw() < 0;
  page.blank();
  page.paragraph(
      "First: aspirate again with the needle surely in the port, and compare the recorded fill with "
      "what was injected; 20 mL filled and 40 mL recorded has happened (S73).");
  page.blank();
  page.line(too_little ? "Too little was there. Causes, likeliest first"
                       : "Too much was there. Causes, likeliest first");
  int rank = 0;
  for (const ResidualCause cause : r.causes) {
    const ResidualCauseRow& row = row_of(cause);
    page.row(fmt::format("  {}", ++rank),
             fmt::format("{}: {} ({}).", row.name, row.why,
                         pedigree_words({row.sources.begin(), row.sources.end()}, row.verified)));
    page.row("", fmt::format("Look for: {}.", row.look_for));
  }
  page.blank();
  if (r.young) {
    page.paragraph(fmt::format(
        "Much is missing {} after a fill, within {} (Theca's assumption, not verified): diversion "
        "stands first, and the patient is to be seen before the pump is doubted.",
        to_text(*a.request.fill_age, hours(1)), to_text(kYoungFill)));
  } else if (too_little && !a.request.fill_age) {
    page.paragraph(
        "With --since the age of the fill counts too: much missing soon after a fill puts diversion "
        "first.");
  }
  if (!too_little) {
    page.paragraph(
        "If little was given for weeks the patient is no longer used to the dose: to go on with it "
        "can be an overdose (S73).");
  }
}

void write_fill(Page& page, const InjectedAndSensed& fill) {
  const FillCheck& check = fill.check;
  page.row("Fill check",
           fmt::format("{} injected - {} sensed = {} (limit {}, S49, verified)", to_text(fill.injected),
                       to_text(fill.sensed), to_text(check.missing), to_text(check.limit)));
  if (check.possible_pocket_fill()) {
    page.row("Flag",
             "potentially a pocket fill: stop injecting, aspirate, look for swelling, and watch the "
             "patient as after an overdose.");
  } else if (check.missing.raw() < 0) {
    page.row("", "more is sensed than went in: was the pump emptied before?");
  } else {
    page.row("", "inside the limit. It does not replace aspirating back and watching the patient.");
  }
}

Page page_of(const Answer& a) {
  Page page;
  if (a.residual) {
    const ResidualRequest& q = a.request;
    const Residual& r = *a.residual;
    page.line(fmt::format("{} aspirated, {} expected, of a fill of {}", to_text(q.aspirated),
                          to_text(q.expected), to_text(q.fill)));
    page.blank();
    page.row("Pump", fmt::format("{}{}, accuracy {}", a.pump->name,
                                 a.pump_assumed ? " (assumed: no --pump given)" : "", accuracy_words(a)));
    page.row("Left the pump",
             fmt::format("{} - {} = {}", to_text(q.fill), to_text(q.aspirated), to_text(r.given)));
    page.row("Due to leave",
             fmt::format("{} - {} = {}", to_text(q.fill), to_text(q.expected), to_text(r.due)));
    page.row("Ratio", fmt::format("{} / {} = {}, allowed {} to {}", to_text(r.given), to_text(r.due),
                                  tenths_of_percent(r.ratio_ppm), percent_text(kMillion - q.accuracy_ppm),
                                  percent_text(kMillion + q.accuracy_ppm)));
    page.row("Difference",
             fmt::format("{} - {} = {}, allowed {} either way (S48, verified)", to_text(q.aspirated),
                         to_text(q.expected), signed_text(r.difference), to_text(kResidualFlag)));
    constexpr Volume kMisread = millilitres(1);
    const auto weight = multiply_divide(kMisread.raw(), kMillion, r.due.raw(), Round::kNearest).value_or(0);
    page.row("Measuring",
             fmt::format("{} read wrongly moves the ratio by {} points ({} / {})", to_text(kMisread),
                         tenths_of_percent(weight), to_text(kMisread), to_text(r.due)));
    page.blank();
    write_flags(page, a);
    write_causes(page, a);
  }
  if (a.fill) {
    if (a.residual) page.blank();
    write_fill(page, *a.fill);
  }
  return page;
}

int run(Command& command) {
  Arguments& args = command.arguments;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  Answer a{};
  const bool sensing = args.given("--injected") || args.given("--sensed");
  const bool refill =
      args.given("--fill") || args.given("--expected") || args.given("--aspirated") || !sensing;
  const auto fill = refill ? args.need("--fill", parse_volume) : std::nullopt;
  const auto expected = refill ? args.need("--expected", parse_volume) : std::nullopt;
  const auto aspirated = refill ? args.need("--aspirated", parse_volume) : std::nullopt;
  const auto injected = sensing ? args.need("--injected", parse_volume) : std::nullopt;
  const auto sensed = sensing ? args.need("--sensed", parse_volume) : std::nullopt;
  if (sensing && !args.given("--pump"))
    args.error("--pump", "is missing: the limit of the fill check follows from the size of the pump");
  a.pump_assumed = !args.given("--pump");
  a.pump = read_pump_entry(args, *library, kAssumedPump);
  const auto accuracy = args.read("--accuracy", parse_percent);
  if (accuracy && *accuracy >= kMillion) args.error("--accuracy", "must be below 100 %");
  a.accuracy_typed = accuracy.has_value();
  a.request.fill_age = args.read("--since", parse_duration);
  if (const auto errors = args.errors(); !errors.empty())
    return tell_argument_errors(kCommand, errors, command.json);

  if (refill) {
    a.request.fill = *fill;
    a.request.expected = *expected;
    a.request.aspirated = *aspirated;
    a.request.accuracy_ppm = accuracy.value_or(a.pump->accuracy.value);
    const auto residual = check_residual(a.request);
    if (!residual) return tell_plan_errors(kCommand, residual.error(), command.json);
    a.residual = *residual;
  }
  if (sensing) a.fill = {*injected, *sensed, check_fill(*injected, *sensed, a.pump->capacity.value)};
  if (command.json) {
    fmt::print("{}\n", json_of(a).dump(2));
  } else {
    fmt::print("{}", page_of(a).text());
  }
  return kExitOk;
}

}  // namespace

void add_plan_residual(CLI::App& plan, int& exit_code) {
  CLI::App* app = plan.add_subcommand(
      "residual", "What was left in the pump against what should be, and what may be behind it");
  const auto command = std::make_shared<Command>(*app);
  Arguments& args = command->arguments;
  args.option("--fill", "VOLUME", "in the pump after the last fill, as recorded", "20 mL");
  args.option("--expected", "VOLUME", "what the pump says is left", "4 mL");
  args.option("--aspirated", "VOLUME", "what the needle brought out", "1.5 mL");
  args.option("--since", "TIME", "since the last fill", "4 days");
  pump_option(args);
  args.option("--accuracy", "PERCENT", "labelled flow accuracy, instead of the pump's", "14.5 %");
  args.option("--injected", "VOLUME", "new fill: what went in", "18 mL");
  args.option("--sensed", "VOLUME", "new fill: what the pump senses of it", "16.5 mL");
  app->add_flag("--json", command->json, "as JSON");
  app->footer(
      "Example:\n"
      "  theca plan residual --fill \"20 mL\" --expected \"4 mL\" --aspirated \"1.5 mL\"\n"
      "  (20 - 1.5) / (20 - 4) = 115.6 %, above 114.5 %, and 2.5 mL too little.\n"
      "  theca plan residual --injected \"18 mL\" --sensed \"16.5 mL\" \\\n"
      "                      --pump roller-20\n"
      "  1.5 mL did not arrive, more than 1 mL: potentially a pocket fill.\n"
      "Exit code 0 with or without a flag: a flag asks for an investigation, it refuses\n"
      "nothing; it stands in the text and under \"flagged\" and \"flags\" of the JSON.\n"
      "Exit code 1: volumes that cannot be, such as more aspirated than was filled.\n"
      "Formulas and sources: docs/arithmetic.md");
  app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace theca
