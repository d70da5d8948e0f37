#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_mixture_answer.hpp"
#include "cli/plan_tools.hpp"
#include "plan/mix.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kCommand = "theca plan mix";

struct Command {
  explicit Command(CLI::App& app) : arguments(app) {}
  Arguments arguments;
  bool json = false;
};

struct Answer {
  MixRequest request;
  Mix mix;
  ChosenPump pump;
  bool residual_typed;
};

std::string name_of(const MixedPart& part) { return part.drug != nullptr ? part.drug->name : "drug"; }

std::string off_words(std::int64_t ppm) {
  return (ppm > 0 ? "+" : "") + percent_text(ppm, Rounding::decimals(1));
}

/// What of the old fluid a way leaves and what it costs.
Volume used_by(const Rinses& rinses) { return rinses.each * rinses.times; }

Json json_of(const Answer& a) {
  Json parts = Json::array();
  for (const MixedPart& part : a.mix.parts) {
    parts.push_back({{"drug", part.drug != nullptr ? Json(part.drug->name) : Json()},
                     {"old_mg_per_ml", number(decimal_mg_per_ml(part.old_c))},
                     {"intended_mg_per_ml", number(decimal_mg_per_ml(part.new_c))},
                     {"mixed_mg_per_ml", number(decimal_mg_per_ml(part.mixed))},
                     {"off_percent", part.off_ppm ? number(decimal_percent(*part.off_ppm)) : Json()},
                     {"within_tolerance", part.within}});
  }
  Json ways = Json::array();
  for (const Rinses& way : a.mix.ways) {
    ways.push_back({{"times", way.times},
                    {"volume_ml", number(decimal_ml(way.each))},
                    {"total_ml", number(decimal_ml(used_by(way)))}});
  }
  Json pump = json_of(a.pump);
  pump["residual_verified"] = !a.residual_typed && a.pump.entry->residual->verified;
  return {{"residual_ml", number(decimal_ml(a.request.residual))},
          {"fill_ml", number(decimal_ml(a.request.fill))},
          {"total_ml", number(decimal_ml(a.mix.total))},
          {"components", std::move(parts)},
          {"tolerance_percent", number(decimal_percent(kMixTolerancePpm))},
          {"tolerance_verified", false},
          {"within_tolerance", a.mix.within},
          {"rinses", std::move(ways)},
          {"pump", std::move(pump)}};
}

/// The unit of the smaller of the two, so that a formula has one unit.
InTypedUnit unit_of(const MixedPart& part) {
  const bool both = part.old_c.raw() > 0 && part.new_c.raw() > 0;
  return InTypedUnit{to_text(both ? std::min(part.old_c, part.new_c) : std::max(part.old_c, part.new_c))};
}

void write_part(Page& page, const Answer& a, const MixedPart& part) {
  const MixRequest& q = a.request;
  const InTypedUnit in_unit = unit_of(part);
  page.row(name_of(part),
           fmt::format("({} x {} + {} x {}) / {} = {}", to_text(q.residual), in_unit(part.old_c),
                       to_text(q.fill), in_unit(part.new_c), to_text(a.mix.total), in_unit(part.mixed)));
  if (!part.off_ppm) {
    page.row("",
             fmt::format("not intended at all; {} of it stays", in_unit(mass_in(q.residual, part.old_c))));
  } else if (*part.off_ppm == 0) {
    page.row("", "as intended");
  } else {
    page.row("",
             fmt::format("{} off the intended {}: every dose of it is that much {}", off_words(*part.off_ppm),
                         in_unit(part.new_c), *part.off_ppm > 0 ? "larger" : "smaller"));
  }
}

void write_rinses(Page& page, const Answer& a) {
  const std::string tolerance = percent_text(kMixTolerancePpm);
  if (a.mix.within) {
    page.paragraph(fmt::format("Within {} of what is intended: no rinse needed.", tolerance));
    return;
  }
  page.line(fmt::format("Rinses with the new fluid that bring it within {}", tolerance));
  if (a.mix.ways.empty()) {
    page.row("  none", "no rinsing that fits the pump is enough");
  }
  for (const Rinses& way : a.mix.ways) {
    page.row(
        way.times == 1 ? "  once" : fmt::format("  {} times", way.times),
        fmt::format("{} in, mixed and aspirated again; {} in all", to_text(way.each), to_text(used_by(way))));
  }
  page.row("",
           fmt::format("{} is Theca's choice, not verified. A drug that should be gone may keep that share "
                       "of what it was.",
                       tolerance));
  const bool lower = std::ranges::any_of(
      a.mix.parts, [](const MixedPart& part) { return !part.within && part.old_c > part.new_c; });
  if (lower) {
    page.blank();
    page.paragraph(
        "The concentration is lowered: what stays makes every dose larger than programmed until this fill is "
        "used up. Here a rinse matters most.");
  }
}

Page page_of(const Answer& a) {
  Page page;
  page.line(fmt::format("What {} of old fluid make of {} new", to_text(a.request.residual),
                        to_text(a.request.fill)));
  page.blank();
  page.row("Pump",
           fmt::format("{}{}", a.pump.entry->name, a.pump.assumed ? " (assumed: no --pump given)" : ""));
  page.row("Residual", fmt::format("{} ({})", to_text(a.request.residual),
                                   a.residual_typed ? "as typed"
                                                    : pedigree_words(a.pump.entry->residual->sources,
                                                                     a.pump.entry->residual->verified)));
  page.row("In the pump", fmt::format("{} + {} = {}", to_text(a.request.residual), to_text(a.request.fill),
                                      to_text(a.mix.total)));
  page.blank();
  for (const MixedPart& part : a.mix.parts) write_part(page, a, part);
  page.blank();
  write_rinses(page, a);
  page.blank();
  page.paragraph("The path still holds the old fluid: theca plan bridge.");
  return page;
}

std::optional<Fluid> read_fluid(Arguments& args, const char* option, const Library& library) {
  if (!args.given(option)) args.missing(option);
  const auto text = args.text(option);
  if (!text) return std::nullopt;
  const auto fluid = parse_fluid(*text, library);
  if (fluid) return *fluid;
  args.error(option, fluid.error());
  return std::nullopt;
}

bool unnamed(const Fluid& fluid) { return !fluid.empty() && fluid.front().drug == nullptr; }

int answer_residual(Command& command, const Library& library) {
  Arguments& args = command.arguments;
  for (const char* other : {"--dose", "--rate", "--new-dose", "--bolus", "--max", "--by", "--jurisdiction"})
    if (args.given(other)) args.error(other, "goes with --mixture or --doses, not with --old and --new");
  const auto old_fluid = read_fluid(args, "--old", library);
  const auto new_fluid = read_fluid(args, "--new", library);
  const auto fill = args.need("--volume", parse_volume);
  const auto residual = args.read("--residual", parse_volume);
  const auto rinse = args.read("--rinse", parse_volume);
  const auto pump = read_pump(args, library);
  if (old_fluid && new_fluid && !old_fluid->empty() && !new_fluid->empty() &&
      unnamed(*old_fluid) != unnamed(*new_fluid)) {
    args.error(unnamed(*old_fluid) ? "--old" : "--new",
               "needs the drug's name too, or leave it out of both when it is the same drug");
  }
  if (old_fluid && new_fluid && old_fluid->empty() && new_fluid->empty())
    args.error("--new", "is saline as --old is: there is nothing to mix");
  if (const auto errors = args.errors(); !errors.empty())
    return tell_argument_errors(kCommand, errors, command.json);

  Answer a{{residual.value_or(pump->model.residual), *fill, pump->model.capacity, rinse},
           {},
           *pump,
           residual.has_value()};
  const auto mix = plan_mix(*old_fluid, *new_fluid, a.request);
  if (!mix) return tell_plan_errors(kCommand, mix.error(), command.json);
  a.mix = *mix;
  if (command.json) {
    fmt::print("{}\n", json_of(a).dump(2));
  } else {
    fmt::print("{}", page_of(a).text());
  }
  return kExitOk;
}

int run(Command& command) {
  Arguments& args = command.arguments;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const bool doses = args.given("--mixture") || args.given("--doses");
  if (!doses) return answer_residual(command, *library);
  for (const char* other : {"--old", "--new", "--volume", "--residual", "--rinse"})
    if (args.given(other)) args.error(other, "is about a refill; it does not go with --mixture or --doses");
  return answer_mixture(kCommand, args, *library, command.json);
}

}  // namespace

void add_plan_mix(CLI::App& plan, int& exit_code) {
  CLI::App* app = plan.add_subcommand(
      "mix", "Old fluid left in the pump mixed with the new; one flow that carries many drugs");
  const auto command = std::make_shared<Command>(*app);
  Arguments& args = command->arguments;
  args.option("--old", "FLUID", "refill: what is in the pump", "morphine 20 mg/mL");
  args.option("--new", "FLUID", "refill: what goes in", "morphine 10 mg/mL");
  args.option("--volume", "VOLUME", "refill: volume injected", "18.6 mL");
  args.option("--residual", "VOLUME", "what no needle brings out, instead of the pump's", "1.4 mL");
  args.option("--rinse", "VOLUME", "one rinse; without it, volumes for 1, 2, 3 rinses", "2 mL");
  args.option("--mixture", "FLUID", "mixture: what is in the pump",
              "morphine 20 mg/mL + bupivacaine 30 mg/mL");
  args.option("--dose", "DOSE", "mixture: dose of its first drug", "6 mg/day");
  args.option("--doses", "DOSES", "mixture, instead: the dose of every drug",
              "morphine 6 mg/day + bupivacaine 9 mg/day");
  args.option("--rate", "FLOW", "with --doses: the flow that carries them", "0.3 mL/day");
  args.option("--new-dose", "DOSE", "of the first drug, after a change", "7.2 mg/day");
  args.option("--bolus", "MASS", "of the first drug, in one bolus", "0.5 mg");
  args.option("--max", "COUNT", "boluses allowed in a window", "4 per 24 h");
  args.option("--by", "NAME", "the drug doses are spoken of, instead of the first", "bupivacaine");
  pump_option(args);
  jurisdiction_option(args);
  app->add_flag("--json", command->json, "as JSON");
  app->footer(
      "A FLUID is \"500 mcg/mL\", \"morphine 20 mg/mL + bupivacaine 30 mg/mL\" or saline.\n"
      "Example, a refill:\n"
      "  theca plan mix --old \"2000 mcg/mL\" --new \"500 mcg/mL\" --volume \"18.6 mL\" \\\n"
      "                 --residual \"1.4 mL\" --pump roller-20\n"
      "  (1.4 x 2000 + 18.6 x 500) / 20 = 605 mcg/mL, 21 % above; rinse first.\n"
      "Example, a mixture:\n"
      "  theca plan mix --mixture \"morphine 20 mg/mL + bupivacaine 30 mg/mL\" \\\n"
      "                 --dose \"6 mg/day\" --new-dose \"7.2 mg/day\" --bolus \"0.5 mg\"\n"
      "  20 % more morphine takes bupivacaine from 9 to 10.8 mg/day.\n"
      "Exit code 1: a volume does not fit, a rate is outside the pump's range, or a\n"
      "hard limit is crossed. A soft limit, and a fill that is off, leave it at 0.\n"
      "Formulas and sources: docs/arithmetic.md");
  app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace theca
