#include <fmt/format.h>

#include <array>
#include <memory>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_tools.hpp"
#include "plan/bridge.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kCommand = "theca plan bridge";

struct Command {
  explicit Command(CLI::App& app) : arguments(app) {}
  Arguments arguments;
  bool json = false;
};

/// The patient's dose in the old concentration while bridging, and in the new one after.
struct PatientDose {
  Mass asked;
  ProgrammedBolus during;
  ProgrammedBolus after;
};

struct Answer {
  InTypedUnit in_unit;
  BridgeRequest request;
  Bridge bridge;
  ChosenPump pump;
  ChosenPath path;
  std::optional<PatientDose> patient;
  std::vector<Finding> findings;
};

Json json_of(const ProgrammedBolus& bolus) {
  return {{"volume_ml", number(decimal_ml(bolus.volume))},
          {"steps", bolus.steps},
          {"dose_mg", number(decimal_mg(bolus.given))}};
}

Json json_of(const Answer& a) {
  const Bridge& b = a.bridge;
  Json json = {
      {"path_volume_ml", number(decimal_ml(b.path.total()))},
      {"bridge_rate_ml_per_day", number(decimal_ml_per_day(b.rate))},
      {"bridge_duration_h", number(decimal_hours(b.duration))},
      {"bridge_mass_mg", number(decimal_mg(b.mass))},
      {"bridge_dose_mg_per_day", number(decimal_mg_per_day(b.kept))},
      {"bridge_volume_ml", number(decimal_ml(b.volume))},
      {"bridge_steps", b.steps},
      {"new_rate_ml_per_day", number(decimal_ml_per_day(b.new_rate))},
      {"new_dose_mg_per_day", number(decimal_mg_per_day(b.after))},
      {"if_forgotten",
       {{"dose_percent", number(decimal_percent(b.forgotten.ppm_of_keep))},
        {"duration_h", number(decimal_hours(b.forgotten.duration))},
        {"dose_mg_per_day", number(decimal_mg_per_day(b.forgotten.dose))},
        {"percent_of_new_dose", number(decimal_percent(b.forgotten.ppm_of_after))}}},
  };
  if (a.patient) {
    json["patient_bolus"] = {{"asked_mg", number(decimal_mg(a.patient->asked))},
                             {"during_bridge", json_of(a.patient->during)},
                             {"after_bridge", json_of(a.patient->after)}};
  }
  json["path"] = json_of(a.path);
  json["pump"] = json_of(a.pump);
  return json;
}

std::string hours_words(Duration duration) {
  constexpr int kDecimals = 2;
  std::array<char, kPrintBytes> buffer;
  return fmt::format("{} h",
                     print_decimal(duration.raw(), hours(1).raw(), buffer, Rounding::decimals(kDecimals)));
}

std::string bolus_words(const ProgrammedBolus& bolus, Mass asked, Concentration c,
                        const InTypedUnit& in_unit) {
  std::string text =
      fmt::format("{} / {} = {} ({} steps)", in_unit(asked), in_unit(c), to_text(bolus.volume), bolus.steps);
  if (bolus.given != asked) text += fmt::format(", which gives {}", in_unit(bolus.given));
  return text;
}

Page page_of(const Answer& a) {
  const Bridge& b = a.bridge;
  const BridgeRequest& r = a.request;
  const InTypedUnit& in_unit = a.in_unit;
  Page page;
  page.line(fmt::format("Bridge from {} to {}", in_unit(r.from), in_unit(r.to)));
  page.blank();
  page.row("Path", path_formula(a.path));
  page.row("", path_pedigree(a.path, a.pump));
  page.row("Pump", pump_pedigree(a.pump));
  page.blank();
  page.row("Bridge rate", fmt::format("{} / {} = {}", in_unit(r.keep), in_unit(r.from), to_text(b.rate)));
  if (const auto rounding = rounding_words(b.kept, r.keep, in_unit); !rounding.empty())
    page.row("", "rounded: " + rounding);
  page.row("Duration", fmt::format("{} / {} = {} ({})", to_text(b.path.total()), to_text(b.rate),
                                   hours_words(b.duration), to_text(b.duration, minutes(1))));
  page.row("Old drug",
           fmt::format("{} x {} = {}", to_text(b.path.total()), in_unit(r.from), in_unit(b.mass)));
  page.row("New rate", fmt::format("{} / {} = {}", in_unit(r.after), in_unit(r.to), to_text(b.new_rate)));
  if (const auto rounding = rounding_words(b.after, r.after, in_unit); !rounding.empty())
    page.row("", "rounded: " + rounding);
  page.blank();
  if (b.forgotten.dose == b.kept) {
    page.paragraph("If the bridge were forgotten nothing would change: both rates are the same.");
  } else {
    page.row("If forgotten",
             fmt::format("{} x {} = {}, {} of the dose to keep, for {} / {} = {}", to_text(b.new_rate),
                         in_unit(r.from), in_unit(b.forgotten.dose),
                         percent_text(b.forgotten.ppm_of_keep, Rounding::decimals(1)),
                         to_text(b.path.total()), to_text(b.new_rate), hours_words(b.forgotten.duration)));
  }
  if (a.patient) {
    page.blank();
    page.row("Patient's bolus",
             "during: " + bolus_words(a.patient->during, a.patient->asked, r.from, in_unit));
    page.row("", "after: " + bolus_words(a.patient->after, a.patient->asked, r.to, in_unit));
    page.row("",
             fmt::format("Each bolus during the bridge takes {} out of the path and ends the bridge sooner.",
                         to_text(a.patient->during.volume)));
  }
  page.blank();
  page.line("To type");
  page.row("  Reservoir", in_unit(r.to));
  page.row("  Bridge", fmt::format("{} ({} steps) at {}", to_text(b.volume), b.steps, to_text(b.rate)));
  page.row("  Then basal", fmt::format("{}, which is {}", to_text(b.new_rate), in_unit(b.after)));
  if (a.patient) {
    page.row("  Patient", fmt::format("{} during the bridge, {} after it", to_text(a.patient->during.volume),
                                      to_text(a.patient->after.volume)));
  }
  page.line("  or, in a scenario under [prescription]:");
  page.line("    mode = \"simple continuous\"");
  page.line(fmt::format("    dose = \"{}\"", in_unit(r.after)));
  page.line(fmt::format("    bridge = \"{}\"", in_unit(r.keep)));
  write_findings(page, a.findings);
  return page;
}

/// Basal and boluses of the time before the front reaches the tip, or after it.
Prescription as_prescription(const DrugEntry& drug, Concentration c, FlowRate rate, std::uint32_t number,
                             const std::optional<ProgrammedBolus>& bolus, const PumpModel& model) {
  Prescription prescription;
  prescription.number = number;
  prescription.formulation = formulation_of(drug, c, number);
  prescription.basal.mode = BasalMode::kSimpleContinuous;
  prescription.basal.rate = rate;
  if (bolus) prescription.patient.dose = {bolus->volume, model.max_flow};
  return prescription;
}

int run(Command& command) {
  Arguments& args = command.arguments;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const auto from = args.need("--from", parse_concentration);
  const auto to = args.need("--to", parse_concentration);
  const auto dose = args.need("--dose", parse_dose_rate);
  const auto new_dose = args.read("--new-dose", parse_dose_rate);
  const auto pump = read_pump(args, *library);
  const auto path = read_path(args, pump);
  const auto asked = args.read("--patient-bolus", parse_mass);
  const DrugEntry* drug = read_drug(args, *library);
  const Scope scope = read_scope(args);
  if (const auto errors = args.errors(); !errors.empty())
    return tell_argument_errors(kCommand, errors, command.json);

  const BridgeRequest request{path->path, *from, *to, *dose, new_dose.value_or(*dose)};
  PlanErrors errors;
  const auto bridge = plan_bridge(request, pump->model);
  if (!bridge) errors = bridge.error();
  std::optional<PatientDose> patient;
  if (asked) {
    const auto during = plan_bolus("patient's bolus during the bridge", *asked, *from, pump->model);
    const auto after = plan_bolus("patient's bolus after the bridge", *asked, *to, pump->model);
    if (!during) errors.push_back(during.error());
    if (!after) errors.push_back(after.error());
    if (during && after) patient = PatientDose{*asked, *during, *after};
  }
  if (!errors.empty()) return tell_plan_errors(kCommand, errors, command.json);

  Answer answer{InTypedUnit{args.text("--dose").value_or("")}, request, *bridge, *pump, *path, patient, {}};
  if (drug != nullptr) {
    const auto bolus = [&](const ProgrammedBolus PatientDose::*when) {
      return patient ? std::optional{(*patient).*when} : std::nullopt;
    };
    const Prescription before =
        as_prescription(*drug, *from, bridge->rate, 1, bolus(&PatientDose::during), pump->model);
    const Prescription after =
        as_prescription(*drug, *to, bridge->new_rate, 2, bolus(&PatientDose::after), pump->model);
    answer.findings = dose_findings(before, {.library = *library, .model = pump->model, .scope = scope});
    merge(answer.findings,
          dose_findings(after,
                        {.library = *library, .model = pump->model, .scope = scope, .previous = &before}));
  }
  return finish(page_of(answer), json_of(answer), answer.findings, command.json);
}

}  // namespace

void add_plan_bridge(CLI::App& plan, int& exit_code) {
  CLI::App* app =
      plan.add_subcommand("bridge", "Give the old concentration left in the path before the new one");
  const auto command = std::make_shared<Command>(*app);
  Arguments& args = command->arguments;
  args.option("--from", "CONC", "concentration that still fills the path", "10 mg/mL");
  args.option("--to", "CONC", "concentration now in the reservoir", "20 mg/mL");
  args.option("--dose", "DOSE", "dose to keep during the bridge", "3 mg/day");
  args.option("--new-dose", "DOSE", "dose after the bridge; default the same", "3.3 mg/day");
  path_options(args);
  pump_option(args);
  args.option("--patient-bolus", "MASS", "the patient's bolus, in both concentrations", "0.5 mg");
  drug_options(args);
  app->add_flag("--json", command->json, "as JSON");
  app->footer(
      "Example:\n"
      "  theca plan bridge --from \"10 mg/mL\" --to \"20 mg/mL\" --dose \"3 mg/day\" \\\n"
      "                    --catheter \"80 cm\"\n"
      "  The path of 0.375 mL leaves at 0.3 mL/day in 30 h; then 0.15 mL/day.\n"
      "Exit code 1: a rate is outside the pump's range, or a hard limit is crossed.\n"
      "Formulas and sources: docs/arithmetic.md");
  app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace theca
