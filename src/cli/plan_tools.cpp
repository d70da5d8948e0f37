#include "cli/plan_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/exit_code.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;

std::string did_you_mean(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "; did you mean " : " or ") + name;
  return text.empty() ? text : text + "?";
}

std::string verified_words(bool verified) { return verified ? "verified" : "not verified"; }

Json json_of(const PathConstant& constant) {
  return {{"ml", number(decimal_ml(constant.value))},
          {"from", constant.typed() ? Json("typed") : Json(constant.sources)},
          {"verified", constant.verified}};
}

/// "tubing 0.199 mL of roller-40 (SYNCHROMED-SPEC, not verified)"
std::string constant_words(std::string_view what, const std::string& value, const PathConstant& used,
                           const std::optional<Sourced<Volume>>& of_pump, const std::string& of_pump_text,
                           const ChosenPump& pump) {
  if (!used.typed()) {
    return fmt::format("{} {} of {} ({}, {})", what, value, pump.entry->name, fmt::join(used.sources, ", "),
                       verified_words(used.verified));
  }
  std::string text = fmt::format("{} {} as typed", what, value);
  if (of_pump && of_pump->value != used.value)
    text += fmt::format(" (not the {} of {})", of_pump_text, pump.entry->name);
  return text;
}

}  // namespace

void pump_option(Arguments& arguments) {
  arguments.option("--pump", "MODEL", "of the library (theca pumps); default " + std::string(kAssumedPump),
                   std::string(kAssumedPump));
}

const PumpEntry* read_pump_entry(Arguments& arguments, const Library& library, std::string_view otherwise) {
  const std::string wanted = arguments.text("--pump").value_or(std::string(otherwise));
  const PumpEntry* entry = library.find_pump(wanted);
  if (entry == nullptr) {
    arguments.error(
        "--pump", in_quotes(wanted) + " is not in the library" + did_you_mean(library.suggest_pumps(wanted)));
  }
  return entry;
}

std::optional<ChosenPump> read_pump(Arguments& arguments, const Library& library) {
  const auto name = arguments.text("--pump");
  const std::string wanted = name.value_or(std::string(kAssumedPump));
  const PumpEntry* entry = read_pump_entry(arguments, library, kAssumedPump);
  if (entry == nullptr) return std::nullopt;
  const auto model = pump_model(*entry);
  if (!model) {
    arguments.error("--pump", in_quotes(wanted) + ": " + model.error() + "; its flow cannot be planned");
    return std::nullopt;
  }
  return ChosenPump{entry, *model, !name};
}

void path_options(Arguments& arguments) {
  arguments.option("--catheter", "LENGTH", "implanted length of the catheter, after trimming", "80 cm");
  arguments.option("--tubing", "VOLUME", "internal tubing, instead of the library's", "0.199 mL");
  arguments.option("--per-cm", "VOLUME/CM", "lumen of the catheter, instead of the library's",
                   "0.0022 mL/cm");
}

std::optional<ChosenPath> read_path(Arguments& arguments, const std::optional<ChosenPump>& pump) {
  const auto catheter = arguments.need("--catheter", parse_length);
  const auto tubing = arguments.read("--tubing", parse_volume);
  const auto per_cm = arguments.read("--per-cm", parse_volume_per_length);
  if (!catheter || !pump) return std::nullopt;
  const auto of_pump = path_constants(*pump->entry);
  if (!of_pump) return std::nullopt;  // no programmable pump lacks them
  ChosenPath chosen{*of_pump, *catheter, {}};
  if (tubing) chosen.constants.tubing = {*tubing, false, {}};
  if (per_cm) chosen.constants.per_cm = {*per_cm, false, {}};
  const auto path = fluid_path(chosen.constants.tubing.value, chosen.constants.per_cm.value, *catheter);
  if (!path) {
    arguments.error({}, describe(path.error()));
    return std::nullopt;
  }
  chosen.path = *path;
  return chosen;
}

void drug_options(Arguments& arguments) {
  arguments.option("--drug", "NAME", "hold the doses against this drug's limits", "morphine");
  jurisdiction_option(arguments);
}

void jurisdiction_option(Arguments& arguments) {
  arguments.option("--jurisdiction", "US|EU", "whose labels count; without it the strictest", "US");
}

const DrugEntry* read_drug(Arguments& arguments, const Library& library) {
  const auto name = arguments.text("--drug");
  if (!name) return nullptr;
  const DrugEntry* drug = library.find_drug(*name);
  if (drug == nullptr) {
    arguments.error("--drug",
                    in_quotes(*name) + " is not in the library" + did_you_mean(library.suggest_drugs(*name)));
  }
  return drug;
}

std::optional<CountPerWindow> read_most_boluses(Arguments& arguments) {
  constexpr Duration kShortestWindow = hours(1);
  constexpr Duration kLongestWindow = days(7);
  const auto most = arguments.read("--max", parse_count_per_window);
  if (arguments.given("--max") && !arguments.given("--bolus")) arguments.missing("--bolus");
  if (most && (most->window < kShortestWindow || most->window > kLongestWindow)) {
    arguments.error("--max", to_text(most->window) + " is outside what a pump counts in, " +
                                 to_text(kShortestWindow) + " to " + to_text(kLongestWindow));
  }
  if (most && (most->count < 1 || most->count > static_cast<std::int64_t>(kMaxAllotted))) {
    arguments.error("--max", fmt::format("{} boluses; a pump keeps 1 to {}", most->count, kMaxAllotted));
  }
  return most;
}

Scope read_scope(Arguments& arguments) {
  const auto name = arguments.text("--jurisdiction");
  if (name && std::ranges::find(kJurisdictions, *name) == kJurisdictions.end()) {
    arguments.error("--jurisdiction", in_quotes(*name) + " is not one of " +
                                          fmt::format("{}", fmt::join(kJurisdictions, ", ")));
  }
  return {name.value_or(""), {}};
}

Json number(const std::string& decimal) { return Json::parse(decimal); }

Json json_of(const ChosenPump& pump) {
  return {{"model", pump.entry->name},
          {"assumed", pump.assumed},
          {"min_flow_ml_per_day", number(decimal_ml_per_day(pump.model.min_flow))},
          {"max_flow_ml_per_day", number(decimal_ml_per_day(pump.model.max_flow))},
          {"flow_verified", pump.entry->min_flow->verified && pump.entry->max_flow->verified}};
}

Json json_of(const ChosenPath& path) {
  constexpr std::int64_t kCentimetre = centimetres(1).raw();
  const bool whole = path.catheter.raw() % kCentimetre == 0;
  return {{"tubing", json_of(path.constants.tubing)},
          {"per_cm", json_of(path.constants.per_cm)},
          {"catheter_cm",
           whole ? Json(path.catheter.raw() / kCentimetre)
                 : Json(static_cast<double>(path.catheter.raw()) / static_cast<double>(kCentimetre))},
          {"catheter_volume_ml", number(decimal_ml(path.path.catheter))}};
}

Json json_of(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"severity", name_of(finding.severity)},
                    {"component", finding.component},
                    {"what", finding.what},
                    {"value", finding.value},
                    {"limit", finding.limit},
                    {"sources", finding.sources},
                    {"verified", finding.verified},
                    {"message", finding.message}});
  }
  return list;
}

std::string path_formula(const ChosenPath& path) {
  return fmt::format("{} tubing + {} x {} = {}", to_text(path.path.tubing), to_text(path.catheter),
                     volume_per_length_text(path.constants.per_cm.value), to_text(path.path.total()));
}

std::string path_pedigree(const ChosenPath& path, const ChosenPump& pump) {
  const auto& tubing = path.constants.tubing;
  const auto& per_cm = path.constants.per_cm;
  return constant_words("tubing", to_text(tubing.value), tubing, pump.entry->tubing,
                        to_text(pump.entry->tubing->value), pump) +
         "; " +
         constant_words("catheter", volume_per_length_text(per_cm.value), per_cm, pump.entry->catheter_per_cm,
                        volume_per_length_text(pump.entry->catheter_per_cm->value), pump);
}

std::string pump_pedigree(const ChosenPump& pump) {
  const bool verified = pump.entry->min_flow->verified && pump.entry->max_flow->verified;
  return fmt::format("{}{}, {} to {} ({})", pump.entry->name,
                     pump.assumed ? " (assumed: no --pump given)" : "", to_text(pump.model.min_flow),
                     to_text(pump.model.max_flow), verified_words(verified));
}

InTypedUnit::InTypedUnit(std::string_view typed) {
  const auto has = [&](std::string_view unit) { return typed.find(unit) != std::string_view::npos; };
  if (has("mcg") || has("ug") || has("\u00b5g") || has("\u03bcg")) unit_ = MassUnit::kMicrogram;
  if (has("ng")) unit_ = MassUnit::kNanogram;
}
std::string InTypedUnit::operator()(Mass mass) const {
  std::array<char, kPrintBytes> buffer;
  return std::string{print_mass(mass, buffer, unit_)};
}
std::string InTypedUnit::operator()(DoseRate dose, Rounding rounding) const {
  std::array<char, kPrintBytes> buffer;
  return std::string{print_dose_rate(dose, buffer, unit_, Per::kDay, rounding)};
}
std::string InTypedUnit::operator()(Concentration c) const {
  std::array<char, kPrintBytes> buffer;
  return std::string{print_concentration(c, buffer, unit_)};
}

std::string pedigree_words(const std::vector<std::string>& sources, bool verified) {
  return fmt::format("{}, {}", fmt::join(sources, ", "), verified_words(verified));
}

std::string rounding_words(DoseRate given, DoseRate wanted, const InTypedUnit& in_unit) {
  if (given == wanted) return {};
  constexpr std::int64_t kPartsPerMillion = 1'000'000;
  constexpr int kDigits = 8;
  const bool above = given > wanted;
  const DoseRate off = above ? given - wanted : wanted - given;
  const auto ppm = multiply_divide(off.raw(), kPartsPerMillion, wanted.raw(), Round::kUp).value_or(0);
  return fmt::format("gives {}, less than {} {} {}", in_unit(given, Rounding::significant(kDigits)),
                     percent_text(ppm + 1), above ? "above" : "below", in_unit(wanted));
}

std::vector<Finding> dose_findings(const Prescription& prescription, const LimitQuestion& question) {
  auto findings = check_limits(prescription, question);
  std::erase_if(findings, [](const Finding& finding) { return finding.check == LimitCheck::kSafeState; });
  return findings;
}

void merge(std::vector<Finding>& into, const std::vector<Finding>& more) {
  for (const Finding& finding : more) {
    const bool known =
        std::ranges::any_of(into, [&](const Finding& one) { return one.message == finding.message; });
    if (!known) into.push_back(finding);
  }
  std::ranges::stable_sort(into, std::ranges::greater{}, &Finding::severity);
}

void write_findings(Page& page, const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  page.blank();
  page.line("Limits (hard: refused; soft: needs a reason)");
  for (const Finding& finding : findings)
    page.row("  " + std::string(name_of(finding.severity)), finding.message);
}

int tell_plan_errors(std::string_view command, const PlanErrors& errors, bool json) {
  Json list = Json::array();
  bool usage = false;
  for (const PlanError& error : errors) {
    usage = usage || error.fault == PlanFault::kZero;
    list.push_back(
        {{"what", error.what}, {"value", error.value}, {"limit", error.limit}, {"message", describe(error)}});
    Page page;
    page.paragraph(fmt::format("{}: refused: {}", command, describe(error)));
    fmt::print(stderr, "{}", page.text());
  }
  if (json) fmt::print("{}\n", Json{{"refused", list}}.dump(2));
  return usage ? kExitUsage : kExitRefused;
}

int finish(const Page& page, Json json, const std::vector<Finding>& findings, bool as_json) {
  const bool refused = gravest(findings) == Severity::kHard;
  if (as_json) {
    json["findings"] = json_of(findings);
    json["refused_by_limit"] = refused;
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{}", page.text());
    if (refused) fmt::print("\nRefused: a hard limit is crossed.\n");
  }
  return refused ? kExitRefused : kExitOk;
}

}  // namespace theca
