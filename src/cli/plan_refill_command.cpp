#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_tools.hpp"
#include "plan/refill.hpp"
#include "plan/stability.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kCommand = "theca plan refill";
constexpr std::int64_t kLastDay = 376'600;  // 3001: later dates say nothing

struct Command {
  explicit Command(CLI::App& app) : arguments(app) {}
  Arguments arguments;
  bool naive_pump = false;
  bool json = false;
};

/// Days since 1970-01-01, of "2026-03-02".
Parsed<std::int64_t> parse_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  const bool shaped = text.size() == kForm.size() && std::ranges::equal(text, kForm, [](char c, char form) {
                        return form == 'd' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == form;
                      });
  if (!shaped) return refused(text, "does not read as a date; write year, month and day, such as 2026-03-02");
  const auto midnight = parse_local_datetime(std::string(text) + "T00:00");
  if (!midnight) return std::unexpected(midnight.error());
  return *midnight / kMillisecondsPerDay;
}

std::string date_text(std::int64_t day) {
  constexpr std::size_t kDate = 10;
  return local_datetime_text(day * kMillisecondsPerDay).substr(0, kDate);
}

/// Where a number that is not computed came from.
struct Given {
  std::string words;  // "as typed", "roller-40, verified"
  bool verified = false;
};

struct Answer {
  InTypedUnit in_unit;
  RefillRequest request;
  Refill refill;
  ChosenPump pump;
  Given accuracy;
  Given alarm;
  Given stability;
  std::string stability_note;          // what the library says beside the number used; may be empty
  std::optional<std::int64_t> filled;  // day
  std::vector<Finding> findings;
};

std::optional<std::int64_t> date_after(const Answer& a, Duration interval) {
  if (!a.filled || whole_days(interval) > kLastDay - *a.filled) return std::nullopt;
  return *a.filled + whole_days(interval);
}

/// Hundredths of a day, rounded down.
std::string decimal_days(Duration interval) {
  constexpr std::int64_t kHundredths = 100;
  std::array<char, kPrintBytes> buffer;
  return std::string{print_decimal(interval.raw() / (days(1).raw() / kHundredths), kHundredths, buffer)};
}

Json interval_json(const Answer& a, Duration interval) {
  const auto day = date_after(a, interval);
  return {{"interval_d", number(decimal_days(interval))},
          {"interval_h", number(decimal_hours(interval))},
          {"whole_days", whole_days(interval)},
          {"date", day ? Json(date_text(*day)) : Json()}};
}

Json json_of(const Answer& a) {
  const Refill& r = a.refill;
  Json json = {
      {"usable_volume_ml", number(decimal_ml(r.usable))},
      {"rate_ml_per_day", number(decimal_ml_per_day(r.basal))},
      {"dose_mg_per_day", number(decimal_mg_per_day(dose_rate(r.basal, a.request.concentration)))},
      {"max_rate_ml_per_day", number(decimal_ml_per_day(r.most))},
      {"bolus_ml", number(decimal_ml(r.bolus.volume))},
      {"bolus_mg", number(decimal_mg(r.bolus.given))},
      {"alarm_volume_ml", number(decimal_ml(a.request.alarm))},
      {"accuracy_percent", number(decimal_percent(a.request.accuracy_ppm))},
      {"accuracy_verified", a.accuracy.verified},
      {"basal_only", interval_json(a, r.basal_only)},
      {"every_bolus", interval_json(a, r.every_bolus)},
      {"upper_accuracy", interval_json(a, r.upper_accuracy)},
  };
  if (a.request.stability) {
    json["stability"] = interval_json(a, *a.request.stability);
    json["stability"]["verified"] = a.stability.verified;
  }
  if (a.request.replacement) json["replacement"] = interval_json(a, *a.request.replacement);
  json["refill"] = interval_json(a, r.earliest);
  json["refill"]["because"] = name_of(r.because);
  json["pump"] = json_of(a.pump);
  return json;
}

std::string interval_words(const Answer& a, Duration interval) {
  std::string text = decimal_days(interval) + " days";
  if (const auto day = date_after(a, interval)) text += ", " + date_text(*day);
  return text;
}

std::string because_words(const Answer& a) {
  switch (a.refill.because) {
    case RefillReason::kReservoir:
      return std::string("the reservoir reaches its alarm level if ") +
             (a.refill.bolus.steps > 0 ? "every bolus is taken and " : "") +
             "the pump runs at the upper end of its accuracy";
    case RefillReason::kStability:
      return "the drug does not keep longer";
    case RefillReason::kReplacement:
      return "the pump is due for replacement";
  }
  return {};
}

Page page_of(const Answer& a) {
  const Refill& r = a.refill;
  const RefillRequest& q = a.request;
  const bool boluses = r.bolus.steps > 0;
  Page page;
  page.line(
      fmt::format("Refill of {} at {}, {}", to_text(q.fill), a.in_unit(q.concentration), a.in_unit(q.dose)));
  page.blank();
  page.row("Pump", pump_pedigree(a.pump));
  page.row("Usable", fmt::format("{} - {} = {} (alarm level: {})", to_text(q.fill), to_text(q.alarm),
                                 to_text(r.usable), a.alarm.words));
  page.row("Basal rate",
           fmt::format("{} / {} = {}", a.in_unit(q.dose), a.in_unit(q.concentration), to_text(r.basal)));
  if (const auto rounding = rounding_words(dose_rate(r.basal, q.concentration), q.dose, a.in_unit);
      !rounding.empty()) {
    page.row("", "rounded: " + rounding);
  }
  if (boluses) {
    std::string bolus =
        fmt::format("{} / {} = {}", a.in_unit(q.bolus), a.in_unit(q.concentration), to_text(r.bolus.volume));
    if (r.bolus.given != q.bolus)
      bolus += fmt::format(" in whole steps, which gives {}", a.in_unit(r.bolus.given));
    page.row("Bolus", bolus);
    page.row("Highest rate",
             fmt::format("{} + {} x {} per {} = {}", to_text(r.basal), q.allotted, to_text(r.bolus.volume),
                         decimal_hours(q.window) + " h", to_text(r.most)));
  }
  page.blank();
  page.row("Basal alone",
           fmt::format("{} / {} = {}", to_text(r.usable), to_text(r.basal), interval_words(a, r.basal_only)));
  if (boluses) {
    page.row("Every bolus", fmt::format("{} / {} = {}", to_text(r.usable), to_text(r.most),
                                        interval_words(a, r.every_bolus)));
  }
  page.row("At +" + percent_text(q.accuracy_ppm),
           fmt::format(
               "{} / ({} x {}) = {} (accuracy: {})", to_text(r.usable), to_text(r.most),
               [&] {
                 constexpr std::int64_t kMillion = 1'000'000;
                 std::array<char, kPrintBytes> buffer;
                 return std::string{print_decimal(kMillion + q.accuracy_ppm, kMillion, buffer)};
               }(),
               interval_words(a, r.upper_accuracy), a.accuracy.words));
  if (q.stability) page.row("Drug keeps", interval_words(a, *q.stability) + " (" + a.stability.words + ")");
  if (!a.stability_note.empty()) page.row(q.stability ? "" : "Drug keeps", a.stability_note);
  if (q.replacement) page.row("Replacement", interval_words(a, *q.replacement));
  page.blank();
  const auto day = date_after(a, r.earliest);
  page.row("Refill within",
           fmt::format("{} {}{}: {}.", whole_days(r.earliest), whole_days(r.earliest) == 1 ? "day" : "days",
                       day ? ", by " + date_text(*day) : std::string{}, because_words(a)));
  page.row("", "Days are whole, rounded down. Book it ahead of this date; the alarm is no appointment.");
  write_findings(page, a.findings);
  return page;
}

Prescription as_prescription(const DrugEntry& drug, const RefillRequest& request, const Refill& refill,
                             const PumpModel& model) {
  Prescription prescription;
  prescription.number = 1;
  prescription.formulation = formulation_of(drug, request.concentration, 1);
  prescription.basal.mode = BasalMode::kSimpleContinuous;
  prescription.basal.rate = refill.basal;
  if (refill.bolus.steps == 0) return prescription;
  prescription.patient.dose = {refill.bolus.volume, model.max_flow};
  prescription.patient.window_s = static_cast<std::uint32_t>(request.window.raw() / seconds(1).raw());
  prescription.patient.allotted = static_cast<std::uint8_t>(request.allotted);
  return prescription;
}

/// The end of the drug: as typed, else the library's.
void read_stability(Arguments& args, const DrugEntry* drug, Concentration c, bool naive_pump,
                    const Scope& scope, Answer& a) {
  const auto typed = args.read("--stability", parse_duration);
  if (typed && typed->raw() == 0) args.error("--stability", "must be more than 0");
  const Sourced<Stability>* known =
      drug == nullptr ? nullptr : shortest_stability(*drug, c, naive_pump, scope);
  if (known != nullptr) {
    a.request.stability = known->value.period;
    a.stability = {fmt::format("{}, {}{}", drug->name, fmt::join(known->sources, ", "),
                               known->verified ? "" : ", not verified"),
                   known->verified};
  } else if (drug != nullptr && !typed) {
    a.stability_note = "the library says nothing about " + drug->name + " alone; not counted";
  } else if (!typed) {
    a.stability_note = "not counted: no --drug and no --stability";
  }
  if (!typed) return;
  if (known != nullptr && *typed > known->value.period) {
    a.stability_note = fmt::format("{} typed; longer than the {} of the library", to_text(*typed),
                                   to_text(known->value.period));
  }
  a.request.stability = *typed;
  a.stability = {"as typed", false};
}

/// Days from the fill to another date, as a duration.
void read_dates(Arguments& args, Answer& a) {
  a.filled = args.read("--filled", parse_date);
  const auto replace_by = args.read("--replace-by", parse_date);
  if (!replace_by) return;
  if (!a.filled) {
    if (!args.given("--filled")) args.error("--replace-by", "needs the date of the fill, --filled");
  } else if (*replace_by < *a.filled) {
    args.error("--replace-by", date_text(*replace_by) + " is before the fill on " + date_text(*a.filled));
  } else {
    a.request.replacement = days(*replace_by - *a.filled);
  }
}

void read_boluses(Arguments& args, RefillRequest& request) {
  const auto bolus = args.read("--bolus", parse_mass);
  const auto most = read_most_boluses(args);
  if (args.given("--bolus") && !args.given("--max"))
    args.error("--max", "is missing: how many boluses, such as --max \"4 per 24 h\"");
  if (bolus && bolus->raw() == 0)
    args.error("--bolus", "must be more than 0; leave it and --max out when there is none");
  if (!bolus || !most) return;
  request.bolus = *bolus;
  request.allotted = most->count;
  request.window = most->window;
}

int run(Command& command) {
  Arguments& args = command.arguments;
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  Answer a{};
  a.in_unit = InTypedUnit{args.text("--dose").value_or("")};
  const auto volume = args.need("--volume", parse_volume);
  const auto c = args.need("--concentration", parse_concentration);
  const auto dose = args.need("--dose", parse_dose_rate);
  read_boluses(args, a.request);
  const auto pump = read_pump(args, *library);
  const auto accuracy = args.read("--accuracy", parse_percent);
  const auto alarm = args.read("--alarm", parse_volume);
  const DrugEntry* drug = read_drug(args, *library);
  const Scope scope = read_scope(args);
  read_stability(args, drug, c.value_or(Concentration{}), command.naive_pump, scope, a);
  read_dates(args, a);
  if (const auto errors = args.errors(); !errors.empty())
    return tell_argument_errors(kCommand, errors, command.json);

  const auto of_pump = [&](bool verified) {
    return pump->entry->name + (verified ? ", verified" : ", not verified");
  };
  a.request.fill = *volume;
  a.request.concentration = *c;
  a.request.dose = *dose;
  a.request.alarm = alarm.value_or(pump->model.low_alarm);
  a.alarm = alarm ? Given{"as typed", false}
                  : Given{of_pump(pump->entry->low_alarm->verified), pump->entry->low_alarm->verified};
  a.request.accuracy_ppm = accuracy.value_or(pump->model.accuracy_ppm);
  a.accuracy = accuracy ? Given{"as typed", false}
                        : Given{of_pump(pump->entry->accuracy.verified), pump->entry->accuracy.verified};
  a.pump = *pump;
  const auto refill = plan_refill(a.request, pump->model);
  if (!refill) return tell_plan_errors(kCommand, refill.error(), command.json);
  a.refill = *refill;
  if (drug != nullptr) {
    a.findings = dose_findings(as_prescription(*drug, a.request, a.refill, pump->model),
                               {.library = *library, .model = pump->model, .scope = scope});
  }
  return finish(page_of(a), json_of(a), a.findings, command.json);
}

}  // namespace

void add_plan_refill(CLI::App& plan, int& exit_code) {
  CLI::App* app = plan.add_subcommand("refill", "When the pump must be refilled, and what sets that date");
  const auto command = std::make_shared<Command>(*app);
  Arguments& args = command->arguments;
  args.option("--volume", "VOLUME", "volume of the fill", "40 mL");
  args.option("--concentration", "CONC", "of the drug that doses are spoken of", "20 mg/mL");
  args.option("--dose", "DOSE", "basal dose", "6 mg/day");
  args.option("--bolus", "MASS", "one bolus of the patient", "0.5 mg");
  args.option("--max", "COUNT", "boluses allowed in a window", "4 per 24 h");
  pump_option(args);
  args.option("--accuracy", "PERCENT", "labelled flow accuracy, instead of the pump's", "14.5 %");
  args.option("--alarm", "VOLUME", "low-reservoir alarm level, instead of the pump's", "2 mL");
  drug_options(args);
  app->add_flag("--naive-pump", command->naive_pump, "first fill of a pump that never held this drug");
  args.option("--stability", "TIME", "how long the drug keeps, instead of the library's", "90 days");
  args.option("--filled", "DATE", "day of the fill", "2026-03-02");
  args.option("--replace-by", "DATE", "day the pump must be replaced by", "2028-06-30");
  app->add_flag("--json", command->json, "as JSON");
  app->footer(
      "Example:\n"
      "  theca plan refill --volume \"40 mL\" --concentration \"20 mg/mL\" \\\n"
      "      --dose \"6 mg/day\" --bolus \"0.5 mg\" --max \"4 per 24 h\" --filled 2026-03-02\n"
      "  38 mL last 126.66 days at the basal alone, 95 with every bolus, 82.96 when the\n"
      "  pump also runs 14.5 % fast: refill within 82 days.\n"
      "Exit code 1: a rate is outside the pump's range, the fill does not fit, or a\n"
      "hard limit is crossed.\n"
      "Formulas and sources: docs/arithmetic.md");
  app->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace theca
