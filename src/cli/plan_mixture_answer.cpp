#include "cli/plan_mixture_answer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/exit_code.hpp"
#include "cli/plan_tools.hpp"
#include "plan/mix.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::int64_t kMillion = 1'000'000;

/// One rate and what it carries.
struct Carried {
  FlowRate flow;
  DoseRate asked;  // of the drug that doses are spoken of
};

struct Answer {
  Fluid fluid;
  std::vector<DosePart> doses;  // when the concentrations were reckoned from them; else empty
  std::size_t by = 0;           // the part that doses are spoken of
  Carried now;
  std::optional<Carried> next;
  std::optional<Mass> asked_bolus;
  ProgrammedBolus bolus;
  std::optional<CountPerWindow> most;
  ChosenPump pump;
  std::vector<Finding> findings;
};

std::int64_t change_ppm(FlowRate from, FlowRate to) {
  const std::int64_t size = std::max(to.raw() - from.raw(), from.raw() - to.raw());
  const auto ppm = multiply_divide(size, kMillion, from.raw(), Round::kNearest).value_or(INT64_MAX);
  return to < from ? -ppm : ppm;
}

std::string change_words(FlowRate from, FlowRate to) {
  const std::int64_t ppm = change_ppm(from, to);
  return (ppm > 0 ? "+" : "") + percent_text(ppm, Rounding::decimals(1));
}

Json json_of(const Answer& a) {
  Json components = Json::array();
  for (const FluidPart& part : a.fluid) {
    Json one = {{"drug", part.drug->name},
                {"concentration_mg_per_ml", number(decimal_mg_per_ml(part.concentration))},
                {"dose_mg_per_day", number(decimal_mg_per_day(dose_rate(a.now.flow, part.concentration)))}};
    if (a.next)
      one["new_dose_mg_per_day"] = number(decimal_mg_per_day(dose_rate(a.next->flow, part.concentration)));
    if (a.asked_bolus) one["bolus_mg"] = number(decimal_mg(mass_in(a.bolus.volume, part.concentration)));
    components.push_back(std::move(one));
  }
  Json json = {{"by", a.fluid[a.by].drug->name}, {"rate_ml_per_day", number(decimal_ml_per_day(a.now.flow))}};
  if (a.next) {
    json["new_rate_ml_per_day"] = number(decimal_ml_per_day(a.next->flow));
    json["change_percent"] = number(decimal_percent(change_ppm(a.now.flow, a.next->flow)));
  }
  if (a.asked_bolus) {
    json["bolus_ml"] = number(decimal_ml(a.bolus.volume));
    json["bolus_steps"] = a.bolus.steps;
  }
  json["components"] = std::move(components);
  json["pump"] = json_of(a.pump);
  return json;
}

void write_flow(Page& page, std::string_view label, const Answer& a, const Carried& carried) {
  const Concentration c = a.fluid[a.by].concentration;
  page.row(label, fmt::format("{} / {} = {}", InTypedUnit{to_text(c)}(carried.asked), to_text(c),
                              to_text(carried.flow)));
  const auto rounding = rounding_words(dose_rate(carried.flow, c), carried.asked, InTypedUnit{to_text(c)});
  if (!rounding.empty()) page.row("", "rounded: " + rounding);
}

Page page_of(const Answer& a) {
  Page page;
  std::string names;
  for (const FluidPart& part : a.fluid)
    names += fmt::format("{}{} {}", names.empty() ? "" : " + ", part.drug->name, to_text(part.concentration));
  page.paragraph(fmt::format("One flow carries {}", names));
  page.blank();
  page.row("Pump", pump_pedigree(a.pump));
  for (std::size_t i = 0; i < a.doses.size(); ++i) {
    page.row(i == 0 ? "Concentrations" : "",
             fmt::format("{}: {} / {} = {}", a.doses[i].drug->name, to_text(a.doses[i].dose),
                         to_text(a.now.flow), to_text(a.fluid[i].concentration)));
  }
  if (a.doses.empty()) write_flow(page, "Flow", a, a.now);
  if (a.next) {
    write_flow(page, "New flow", a, *a.next);
    page.row("", fmt::format("{} for every drug of the mixture", change_words(a.now.flow, a.next->flow)));
  }
  page.blank();
  page.line(a.next ? "Dose per day, old -> new" : "Dose per day");
  for (const FluidPart& part : a.fluid) {
    const Concentration c = part.concentration;
    const InTypedUnit in_unit{to_text(c)};
    std::string text =
        fmt::format("{} x {} = {}", to_text(a.now.flow), to_text(c), in_unit(dose_rate(a.now.flow, c)));
    if (a.next) {
      text = fmt::format("{} -> {} ({} x {})", in_unit(dose_rate(a.now.flow, c)),
                         in_unit(dose_rate(a.next->flow, c)), to_text(a.next->flow), to_text(c));
    }
    page.row("  " + part.drug->name, text);
  }
  if (a.asked_bolus) {
    page.blank();
    page.row("One bolus",
             fmt::format("{} / {} = {} ({} steps)",
                         InTypedUnit{to_text(a.fluid[a.by].concentration)}(*a.asked_bolus),
                         to_text(a.fluid[a.by].concentration), to_text(a.bolus.volume), a.bolus.steps));
    for (const FluidPart& part : a.fluid) {
      page.row(
          "  " + part.drug->name,
          fmt::format("{} x {} = {}", to_text(a.bolus.volume), to_text(part.concentration),
                      InTypedUnit{to_text(part.concentration)}(mass_in(a.bolus.volume, part.concentration))));
    }
  }
  write_findings(page, a.findings);
  return page;
}

Prescription as_prescription(const Answer& a, const Carried& carried, std::uint32_t number) {
  Prescription prescription;
  prescription.number = number;
  Formulation& formulation = prescription.formulation;
  formulation.number = 1;
  for (const FluidPart& part : a.fluid)
    formulation.components[formulation.count++] = {part.drug->code, part.drug->drug_class(),
                                                   part.concentration};
  prescription.basal.mode = BasalMode::kSimpleContinuous;
  prescription.basal.rate = carried.flow;
  if (a.bolus.steps > 0) prescription.patient.dose = {a.bolus.volume, a.pump.model.max_flow};
  if (a.most) {
    prescription.patient.window_s = static_cast<std::uint32_t>(a.most->window.raw() / seconds(1).raw());
    prescription.patient.allotted = static_cast<std::uint8_t>(a.most->count);
  }
  return prescription;
}

/// The part named by --by; the first when none is.
std::size_t read_by(Arguments& args, const Fluid& fluid, const Library& library) {
  const auto name = args.text("--by");
  if (!name) return 0;
  const DrugEntry* drug = library.find_drug(*name);
  const auto found = std::ranges::find(fluid, drug, &FluidPart::drug);
  if (drug != nullptr && found != fluid.end()) return static_cast<std::size_t>(found - fluid.begin());
  args.error("--by", in_quotes(*name) + " is no drug of this mixture");
  return 0;
}

/// --mixture: the fluid as it is.
void read_fluid(Arguments& args, const Library& library, Answer& a) {
  const auto text = args.text("--mixture");
  if (!text) return;
  const auto fluid = parse_fluid(*text, library);
  if (!fluid) return args.error("--mixture", fluid.error());
  if (fluid->empty() || fluid->front().drug == nullptr)
    return args.error("--mixture", "needs the name of every drug, such as \"morphine 20 mg/mL\"");
  a.fluid = *fluid;
}

}  // namespace

int answer_mixture(std::string_view command, Arguments& args, const Library& library, bool as_json) {
  Answer a{};
  const bool by_doses = args.given("--doses");
  std::optional<DoseRate> dose;
  std::optional<FlowRate> rate;
  if (by_doses) {
    for (const char* other : {"--mixture", "--dose"})
      if (args.given(other)) args.error(other, "does not go with --doses, which says all doses");
    if (const auto text = args.text("--doses")) {
      const auto doses = parse_doses(*text, library);
      if (doses) {
        a.doses = *doses;
      } else {
        args.error("--doses", doses.error());
      }
    }
    rate = args.need("--rate", parse_flow_rate);
    if (rate && rate->raw() == 0) args.error("--rate", "must be more than 0");
  } else {
    if (args.given("--rate"))
      args.error("--rate", "goes with --doses; with --mixture the flow follows from --dose");
    read_fluid(args, library, a);
    dose = args.need("--dose", parse_dose_rate);
  }
  const auto new_dose = args.read("--new-dose", parse_dose_rate);
  a.asked_bolus = args.read("--bolus", parse_mass);
  a.most = read_most_boluses(args);
  const auto pump = read_pump(args, library);
  const Scope scope = read_scope(args);
  PlanErrors errors;
  if (rate && rate->raw() > 0) {
    for (const DosePart& part : a.doses) {
      const auto c = concentration_for(part.drug->name, part.dose, *rate);
      if (!c) errors.push_back(c.error());
      a.fluid.push_back({part.drug, c.value_or(Concentration{1})});
    }
  }
  if (!a.fluid.empty()) a.by = read_by(args, a.fluid, library);
  if (const auto wrong = args.errors(); !wrong.empty()) return tell_argument_errors(command, wrong, as_json);

  a.pump = *pump;
  const FluidPart& by = a.fluid[a.by];
  const auto flow_of = [&](const char* what, DoseRate wanted) {
    const auto flow = plan_flow(what, wanted, by.concentration, a.pump.model);
    if (!flow) errors.push_back(flow.error());
    return Carried{flow.value_or(FlowRate{1}), wanted};
  };
  a.now = by_doses ? Carried{*rate, a.doses[a.by].dose} : flow_of("rate", *dose);
  if (new_dose) a.next = flow_of("new rate", *new_dose);
  if (a.asked_bolus) {
    const auto bolus = plan_bolus("bolus", *a.asked_bolus, by.concentration, a.pump.model);
    if (bolus) {
      a.bolus = *bolus;
    } else {
      errors.push_back(bolus.error());
    }
  }
  if (!errors.empty()) return tell_plan_errors(command, errors, as_json);

  const Prescription before = as_prescription(a, a.now, 1);
  LimitQuestion question{.library = library, .model = a.pump.model, .scope = scope};
  if (a.next) {
    question.previous = &before;
    a.findings = dose_findings(as_prescription(a, *a.next, 2), question);
  } else {
    a.findings = dose_findings(before, question);
  }
  return finish(page_of(a), json_of(a), a.findings, as_json);
}

}  // namespace theca
