#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_tools.hpp"
#include "plan/conversions.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kCommand = "theca plan convert";
constexpr int kDigits = 3;  // what such ratios are good for

struct Command {
  explicit Command(CLI::App& app) : arguments(app) {}
  Arguments arguments;
  bool json = false;
};

struct Answer {
  InTypedUnit in_unit;
  DoseRate dose;
  const Conversion* there = nullptr;
  const Conversion* back = nullptr;
  Converted made;
  DoseRate turned;     // what goes back: by the rule, else the high end
  Converted returned;  // of `turned`
};

Json figure_json(const ConversionFigure& figure) {
  return {{"ratio", figure.ratio.text},
          {"kind", name_of(figure.kind)},
          {"sources", figure.ratio.sources},
          {"verified", figure.ratio.verified},
          {"note", figure.ratio.note}};
}

Json dose_json(const ConvertedDose& one) {
  Json json = {{"mg_per_day", number(decimal_mg_per_day(one.dose))}};
  json.update(figure_json(*one.figure));
  return json;
}

Json spread_json(const Converted& made) {
  return {{"low", dose_json(made.low)},
          {"rule", made.rule ? dose_json(*made.rule) : Json()},
          {"high", dose_json(made.high)}};
}

Json end_json(const RoutedDrug& end) { return {{"route", name_of(end.route)}, {"drug", end.drug->name}}; }

std::string dose_text(const Answer& a, DoseRate dose) {
  return a.in_unit(dose, Rounding::significant(kDigits));
}

/// Why the two ways differ, for the pair at hand.
std::string why(const Answer& a) {
  const bool oral_pump = a.there->from.route == Route::kIntrathecal && a.there->to.route == Route::kOral;
  if (oral_pump) {
    return "The rule 300 oral : 1 intrathecal must not be used this way. It was made for the way into the "
           "pump, "
           "where its error gives too little. The one case on record that was converted back needed 12:1 "
           "(S56), and "
           "eight patients showed 10:1 to 125:1 (S57); by 300:1 they would have been given several times too "
           "much.";
  }
  if (!a.made.rule) {
    return "No rule of thumb is given for this way: the rules were made for the way towards the more potent "
           "route "
           "or drug, and a figure that is cautious there is not cautious backwards.";
  }
  const bool rule_is_low = a.made.rule->figure == a.made.low.figure;
  return std::string(rule_is_low
                         ? "The rule gives the least of all figures this way; used backwards it would give "
                           "the most."
                         : "A figure that is cautious this way is not cautious backwards.") +
         " So the way back has figures of its own, and there and back does not return the start.";
}

std::string low_high(const Answer& a, const Converted& made) {
  return dose_text(a, made.low.dose) + " to " + dose_text(a, made.high.dose);
}

std::string way_back_text(const Answer& a) {
  return fmt::format(
      "{} of {} back: {} of {}, not {}{}", dose_text(a, a.turned), to_text(a.there->to),
      low_high(a, a.returned), to_text(a.there->from), a.in_unit(a.dose),
      a.returned.rule ? fmt::format("; by the rule {}", dose_text(a, a.returned.rule->dose)) : std::string{});
}

Json warnings_json(const Answer& a) { return {why(a), way_back_text(a)}; }

Json json_of(const Answer& a) {
  Json from = end_json(a.there->from);
  from["mg_per_day"] = number(decimal_mg_per_day(a.dose));
  Json figures = Json::array();
  for (const ConversionFigure& figure : a.there->figures) figures.push_back(figure_json(figure));
  Json json = {{"from", std::move(from)}, {"to", end_json(a.there->to)}};
  json.update(spread_json(a.made));
  json["figures"] = std::move(figures);
  json["there_and_back"] = {{"turned_at_mg_per_day", number(decimal_mg_per_day(a.turned))},
                            {"returned", spread_json(a.returned)}};
  json["warnings"] = warnings_json(a);
  return json;
}

/// "300 mg/day / 300", "1 mg/day x 12", "7 mg/day x 1 / 3.3"
std::string formula(const Answer& a, const ConversionFigure& figure) {
  const std::string& ratio = figure.ratio.text;
  const std::size_t colon = ratio.find(':');
  const std::string from = ratio.substr(0, colon);
  const std::string to = ratio.substr(colon + 1);
  std::string text = a.in_unit(a.dose);
  if (to != "1") text += " x " + to;
  if (from != "1") text += " / " + from;
  return text;
}

std::string ratio_words(const Answer& a, const ConvertedDose& one) {
  const ConversionFigure& figure = *one.figure;
  return fmt::format("{} = {} ({}: {})", formula(a, figure), dose_text(a, one.dose), name_of(figure.kind),
                     pedigree_words(figure.ratio.sources, figure.ratio.verified));
}

/// Ends of the spread that a consensus or label maximum lies below.
void write_limits(Page& page, const Answer& a) {
  if (a.there->to.route != Route::kIntrathecal) return;
  const DrugEntry& drug = *a.there->to.drug;
  for (const auto& max : drug.max_per_day) {
    if (a.made.high.dose <= max.value) continue;
    page.row("Limit", fmt::format("the {} is above {}, {}'s maximum per day ({}{})",
                                  a.made.low.dose > max.value ? "whole spread" : "high end", max.text,
                                  drug.name, max.edition.empty() ? "" : max.edition + ", ",
                                  pedigree_words(max.sources, max.verified)));
  }
}

Page page_of(const Answer& a) {
  Page page;
  page.line(fmt::format("{} of {} as {}", a.in_unit(a.dose), to_text(a.there->from), to_text(a.there->to)));
  page.blank();
  page.row("Spread", low_high(a, a.made) + " for the same patient, depending on the figure");
  page.blank();
  page.row("Low", ratio_words(a, a.made.low));
  page.row("Rule of thumb", a.made.rule ? ratio_words(a, *a.made.rule) : "none may be used this way");
  page.row("High", ratio_words(a, a.made.high));
  page.blank();
  page.line("All figures, amount from : amount to");
  for (const ConversionFigure& figure : a.there->figures) {
    page.row("  " + figure.ratio.text,
             fmt::format("{} ({}){}{}", name_of(figure.kind),
                         pedigree_words(figure.ratio.sources, figure.ratio.verified),
                         figure.ratio.note.empty() ? "" : ": ", figure.ratio.note));
  }
  page.blank();
  page.row("There and back", way_back_text(a));
  page.blank();
  page.paragraph(why(a));
  page.paragraph(
      "None of these is a dose to give. Too little brings pain and withdrawal, too much stops breathing: "
      "whoever converts begins low and watches.");
  write_limits(page, a);
  return page;
}

std::string known_ways(const Conversions& conversions) {
  std::set<std::string> ends;
  for (const Conversion& one : conversions.all) ends.insert(to_text(one.from));
  return fmt::format("{}", fmt::join(ends, ", "));
}

int run(Command& command) {
  Arguments& args = command.arguments;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const auto conversions = load_conversions_or_tell(*library);
  if (!conversions) return kExitUsage;
  Answer a;
  a.in_unit = InTypedUnit{args.text("--dose").value_or("")};
  const auto dose = args.need("--dose", parse_dose_rate);
  if (dose && dose->raw() == 0) args.error("--dose", "must be more than 0");
  const auto end = [&](const char* option) -> std::optional<RoutedDrug> {
    if (!args.given(option)) args.missing(option);
    const auto text = args.text(option);
    if (!text) return std::nullopt;
    const auto read = parse_routed_drug(*text, *library);
    if (read) return *read;
    args.error(option, read.error());
    return std::nullopt;
  };
  const auto from = end("--from");
  const auto to = end("--to");
  if (from && to) {
    a.there = conversions->find(*from, *to);
    a.back = conversions->find(*to, *from);
    if (a.there == nullptr) {
      args.error("--to", fmt::format("no figure is known for {} to {}; there are figures between some of {}",
                                     to_text(*from), to_text(*to), known_ways(*conversions)));
    }
  }
  if (const auto errors = args.errors(); !errors.empty())
    return tell_argument_errors(kCommand, errors, command.json);

  a.dose = *dose;
  const auto made = convert(a.dose, *a.there);
  if (made) a.turned = made->rule ? made->rule->dose : made->high.dose;
  const auto returned = made ? convert(a.turned, *a.back) : std::nullopt;
  if (!made || !returned) {
    args.error("--dose", to_text(a.dose) + " is larger than can be converted");
    return tell_argument_errors(kCommand, args.errors(), command.json);
  }
  a.made = *made;
  a.returned = *returned;
  if (command.json) {
    fmt::print("{}\n", json_of(a).dump(2));
  } else {
    fmt::print("{}", page_of(a).text());
  }
  return kExitOk;
}

}  // namespace

void add_plan_convert(CLI::App& plan, int& exit_code) {
  CLI::App* app =
      plan.add_subcommand("convert", "A daily opioid dose by another route, as the spread that was observed");
  const auto command = std::make_shared<Command>(*app);
  Arguments& args = command->arguments;
  args.option("--dose", "DOSE", "per day", "300 mg/day");
  args.option("--from", "DRUG", "route in full and drug", "oral morphine");
  args.option("--to", "DRUG", "route in full and drug", "intrathecal morphine");
  app->add_flag("--json", command->json, "as JSON");
  app->footer(
      "Routes: oral, intravenous, epidural, intrathecal; IV and IT are refused. Between\n"
      "drugs: intrathecal morphine and intrathecal hydromorphone.\n"
      "Example:\n"
      "  theca plan convert --dose \"300 mg/day\" --from \"oral morphine\" \\\n"
      "                     --to \"intrathecal morphine\"\n"
      "  1 to 30 mg/day: 300:1 is the rule of thumb, 10:1 to 125:1 were observed. Back,\n"
      "  1 mg/day makes 10 to 125 mg/day, not 300: the rule has no way back.\n"
      "Exit code 0; a spread refuses nothing. Exit code 2: no figure is known.\n"
      "Figures: data/conversions.toml. Formulas and sources: docs/arithmetic.md");
  app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace theca
