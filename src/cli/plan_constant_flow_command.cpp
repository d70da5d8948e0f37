#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_tools.hpp"
#include "plan/constant_flow.hpp"
#include "plan/stability.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kCommand = "theca plan constant-flow";
constexpr std::string_view kAssumedConstantFlowPump = "constant-flow";

struct Command {
  explicit Command(CLI::App& app) : arguments(app) {}
  Arguments arguments;
  bool json = false;
};

struct Answer {
  InTypedUnit in_unit;
  ConstantFlowRequest request;
  ConstantFlowFill fill;
  const PumpEntry* pump;
  bool pump_assumed;
  bool capacity_typed;
  const Sourced<FlowRate>* known_flow;  // of the library; null: typed alone
  const DrugEntry* drug;
  const Sourced<Stability>* keeps;  // null when the library does not say
  std::vector<Finding> findings;
};

/// Hundredths of a day, rounded down.
std::string decimal_days(Duration duration) {
  constexpr std::int64_t kHundredths = 100;
  std::array<char, kPrintBytes> buffer;
  return std::string{print_decimal(duration.raw() / (days(1).raw() / kHundredths), kHundredths, buffer)};
}

std::vector<std::string> sources_of(const FlowInfluence& one) {
  std::vector<std::string> ids;
  for (const auto id : one.sources)
    if (!id.empty()) ids.emplace_back(id);
  return ids;
}

/// The rows of the table, the pump's own accuracy first.
struct Row {
  std::string what;
  std::int64_t low_ppm, high_ppm;
  std::string because;
  std::vector<std::string> sources;
  bool verified;
};

std::vector<Row> rows_of(const Answer& a) {
  const auto& accuracy = a.pump->accuracy;
  std::string note = accuracy.note;
  if (note.ends_with('.')) note.pop_back();
  std::vector<Row> rows = {
      {"accuracy as labelled", -accuracy.value, accuracy.value, note, accuracy.sources, accuracy.verified}};
  for (const FlowInfluence& one : kFlowInfluences) {
    rows.push_back({std::string(one.what), one.low_ppm, one.high_ppm, std::string(one.because),
                    sources_of(one), one.verified});
  }
  return rows;
}

Json json_of(const Compound& one) {
  return {{"volume_ml", number(decimal_ml(one.volume))},
          {"drug_mg", number(decimal_mg(one.mass))},
          {"drug_ml", number(decimal_ml(one.drug))},
          {"diluent_ml", number(decimal_ml(one.diluent))}};
}

Json json_of(const Answer& a) {
  const ConstantFlowRequest& q = a.request;
  Json table = Json::array();
  for (const Row& row : rows_of(a)) {
    table.push_back({{"what", row.what},
                     {"flow_change_percent",
                      {number(decimal_percent(row.low_ppm)), number(decimal_percent(row.high_ppm))}},
                     {"rate_ml_per_day",
                      {number(decimal_ml_per_day(changed(q.flow, row.low_ppm))),
                       number(decimal_ml_per_day(changed(q.flow, row.high_ppm)))}},
                     {"dose_mg_per_day",
                      {number(decimal_mg_per_day(changed(q.dose, row.low_ppm))),
                       number(decimal_mg_per_day(changed(q.dose, row.high_ppm)))}},
                     {"because", row.because},
                     {"sources", row.sources},
                     {"verified", row.verified}});
  }
  Json json = {{"rate_ml_per_day", number(decimal_ml_per_day(q.flow))},
               {"dose_mg_per_day", number(decimal_mg_per_day(q.dose))},
               {"concentration_mg_per_ml", number(decimal_mg_per_ml(a.fill.concentration))},
               {"stock_mg_per_ml", number(decimal_mg_per_ml(q.stock))},
               {"run_h", number(decimal_hours(a.fill.lasts))},
               {"run_d", number(decimal_days(a.fill.lasts))},
               {"in_pump", json_of(a.fill.in_pump)},
               {"to_prepare", json_of(a.fill.to_prepare)},
               {"influences", std::move(table)}};
  if (a.keeps != nullptr) {
    json["stability"] = {{"period_h", number(decimal_hours(a.keeps->value.period))},
                         {"shorter_than_run", a.keeps->value.period < a.fill.lasts},
                         {"sources", a.keeps->sources},
                         {"verified", a.keeps->verified}};
  }
  json["pump"] = {{"model", a.pump->name},
                  {"assumed", a.pump_assumed},
                  {"capacity_ml", number(decimal_ml(q.capacity))},
                  {"capacity_typed", a.capacity_typed},
                  {"flow_in_library", a.known_flow != nullptr},
                  {"flow_verified", a.known_flow != nullptr && a.known_flow->verified}};
  return json;
}

std::string signed_percent(std::int64_t ppm) {
  return (ppm > 0 ? "+" : "") + percent_text(ppm, Rounding::decimals(1));
}
std::string spread_words(std::int64_t low, std::int64_t high) {
  return low == high ? signed_percent(low) : signed_percent(low) + " to " + signed_percent(high);
}

void write_table(Page& page, const Answer& a) {
  constexpr int kDigits = 3;
  const auto dose = [&](std::int64_t ppm) {
    return a.in_unit(changed(a.request.dose, ppm), Rounding::significant(kDigits));
  };
  page.line("What moves the flow, and with it every dose");
  for (const Row& row : rows_of(a)) {
    const std::string doses =
        row.low_ppm == row.high_ppm ? dose(row.low_ppm) : dose(row.low_ppm) + " to " + dose(row.high_ppm);
    page.line("  " + row.what);
    page.row("", fmt::format("{}: {}", spread_words(row.low_ppm, row.high_ppm), doses));
    page.row("", fmt::format("{} ({})", row.because, pedigree_words(row.sources, row.verified)));
  }
  page.paragraph(
      "No maker's table was read. Each row is alone; several come on top of each other. Ask the maker before "
      "a flight, "
      "a mountain, a fever or a sauna is judged by them.");
}

/// A syringe is read to 0.1 mL at best; a microlitre is enough on the page.
std::string syringe_text(Volume volume) { return to_text(volume, Rounding::decimals(3)); }
std::string mass_text(Mass mass) { return to_text(mass, Rounding::significant(6)); }

void write_compound(Page& page, const Answer& a, const Compound& one) {
  const ConstantFlowRequest& q = a.request;
  page.row("  Drug mass", fmt::format("{} x {} / {} = {}", a.in_unit(q.dose), to_text(one.volume),
                                      to_text(q.flow), mass_text(one.mass)));
  page.row("  Drug volume",
           fmt::format("{} / {} = {}", mass_text(one.mass), a.in_unit(q.stock), syringe_text(one.drug)));
  page.row("  Diluent", fmt::format("{} - {} = {}", to_text(one.volume), syringe_text(one.drug),
                                    syringe_text(one.diluent)));
}

Page page_of(const Answer& a) {
  const ConstantFlowRequest& q = a.request;
  Page page;
  page.line(fmt::format("{} from a pump that runs at {}", a.in_unit(q.dose), to_text(q.flow)));
  page.blank();
  page.row("Pump", fmt::format("{}{}", a.pump->name, a.pump_assumed ? " (assumed: no --pump given)" : ""));
  page.row("Capacity", fmt::format("{} ({})", to_text(q.capacity),
                                   a.capacity_typed ? "as typed"
                                                    : pedigree_words(a.pump->capacity.sources,
                                                                     a.pump->capacity.verified)));
  page.row("Flow", fmt::format("{} ({})", to_text(q.flow),
                               a.known_flow == nullptr
                                   ? "as typed; no variant of the library"
                                   : pedigree_words(a.known_flow->sources, a.known_flow->verified)));
  page.row("", "Take the flow measured for this very pump from its card.");
  page.blank();
  page.row("Runs", fmt::format("{} / {} = {} days", to_text(q.capacity), to_text(q.flow),
                               decimal_days(a.fill.lasts)));
  if (a.keeps != nullptr) {
    page.row("Drug keeps",
             fmt::format("{} ({}){}", to_text(a.keeps->value.period),
                         pedigree_words(a.keeps->sources, a.keeps->verified),
                         a.keeps->value.period < a.fill.lasts ? ": shorter than the pump runs" : ""));
  } else {
    page.row("Drug keeps", a.drug == nullptr ? "not looked up: no --drug given"
                                             : "the library says nothing about " + a.drug->name + " alone");
  }
  page.row("Concentration",
           fmt::format("{} / {} = {}", a.in_unit(q.dose), to_text(q.flow), a.in_unit(a.fill.concentration)));
  page.blank();
  page.line(fmt::format("In the pump, {}", to_text(a.fill.in_pump.volume)));
  write_compound(page, a, a.fill.in_pump);
  if (q.extra.raw() > 0) {
    page.line(fmt::format("To prepare, {} more to prime the refill set (S47): {}", to_text(q.extra),
                          to_text(a.fill.to_prepare.volume)));
    write_compound(page, a, a.fill.to_prepare);
  }
  page.blank();
  write_table(page, a);
  write_findings(page, a.findings);
  return page;
}

/// The limits know programmable pumps: one whose only flow is this one.
std::vector<Finding> findings_of(const Answer& a, const Library& library, const Scope& scope) {
  PumpModel model;
  model.actuator = ActuatorKind::kConstantFlow;
  model.step = nanolitres(1);
  model.min_flow = model.max_flow = a.request.flow;
  model.capacity = a.request.capacity;
  Prescription prescription;
  prescription.number = 1;
  prescription.formulation = formulation_of(*a.drug, a.fill.concentration, 1);
  prescription.basal.mode = BasalMode::kSimpleContinuous;
  prescription.basal.rate = a.request.flow;
  return dose_findings(prescription, {.library = library, .model = model, .scope = scope});
}

std::string flows_of(const PumpEntry& pump) {
  std::string list;
  for (const auto& flow : pump.fixed_flow) list += (list.empty() ? "" : ", ") + flow.text;
  return list;
}

int run(Command& command) {
  Arguments& args = command.arguments;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  Answer a{};
  a.in_unit = InTypedUnit{args.text("--dose").value_or("")};
  const auto dose = args.need("--dose", parse_dose_rate);
  const auto stock = args.need("--stock", parse_concentration);
  a.pump_assumed = !args.given("--pump");
  a.pump = read_pump_entry(args, *library, kAssumedConstantFlowPump);
  if (a.pump != nullptr && a.pump->actuator != ActuatorKind::kConstantFlow) {
    args.error("--pump",
               in_quotes(a.pump->name) + " is programmable; its flow is planned with bridge and refill");
  }
  const auto flow = args.read("--flow", parse_flow_rate);
  if (!args.given("--flow")) {
    args.error("--flow", "is missing: the flow on the pump's card" +
                             (a.pump != nullptr && !a.pump->fixed_flow.empty()
                                  ? "; variants of the library: " + flows_of(*a.pump)
                                  : std::string{}));
  }
  const auto capacity = args.read("--capacity", parse_volume);
  const auto extra = args.read("--extra", parse_volume);
  a.drug = read_drug(args, *library);
  const Scope scope = read_scope(args);
  if (const auto errors = args.errors(); !errors.empty())
    return tell_argument_errors(kCommand, errors, command.json);

  const Volume prime = a.pump->refill_set_prime ? a.pump->refill_set_prime->value : Volume{};
  a.capacity_typed = capacity.has_value();
  a.request = {capacity.value_or(a.pump->capacity.value), *flow, *dose, *stock, extra.value_or(prime)};
  const auto known = std::ranges::find(a.pump->fixed_flow, *flow, &Sourced<FlowRate>::value);
  a.known_flow = known == a.pump->fixed_flow.end() ? nullptr : &*known;
  const auto fill = plan_constant_flow(a.request);
  if (!fill) return tell_plan_errors(kCommand, fill.error(), command.json);
  a.fill = *fill;
  if (a.drug != nullptr) {
    a.keeps = shortest_stability(*a.drug, a.fill.concentration, false, scope);
    a.findings = findings_of(a, *library, scope);
  }
  return finish(page_of(a), json_of(a), a.findings, command.json);
}

}  // namespace

void add_plan_constant_flow(CLI::App& plan, int& exit_code) {
  CLI::App* app = plan.add_subcommand(
      "constant-flow", "What to compound for a pump whose flow is fixed, and what moves that flow");
  const auto command = std::make_shared<Command>(*app);
  Arguments& args = command->arguments;
  args.option("--dose", "DOSE", "wanted per day", "2 mg/day");
  args.option("--flow", "FLOW", "on the pump's card", "0.5 mL/day");
  args.option("--stock", "CONC", "the drug as it comes", "25 mg/mL");
  args.option("--capacity", "VOLUME", "of the reservoir, instead of the library's", "20 mL");
  args.option("--extra", "VOLUME", "to prime the refill set, instead of the library's", "3 mL");
  args.option("--pump", "MODEL", "of the library; default constant-flow", "constant-flow");
  drug_options(args);
  app->add_flag("--json", command->json, "as JSON");
  app->footer(
      "Example:\n"
      "  theca plan constant-flow --dose \"2 mg/day\" --flow \"0.5 mL/day\" \\\n"
      "                           --stock \"25 mg/mL\"\n"
      "  20 mL run 40 days and take 80 mg: 3.2 mL of drug, 16.8 mL of diluent. Fever,\n"
      "  height and a nearly empty reservoir change the dose; a table says by how much\n"
      "  and how little of that was read in a source.\n"
      "Exit code 1: the stock is too weak for this dose and flow, or a hard limit is\n"
      "crossed.\n"
      "Formulas and sources: docs/arithmetic.md");
  app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace theca
