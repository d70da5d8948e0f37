#include "cli/report_html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/report_assets.hpp"
#include "cli/report_constant_flow.hpp"
#include "cli/report_data.hpp"
#include "cli/report_fluids.hpp"
#include "cli/report_page.hpp"
#include "cli/report_patient.hpp"
#include "cli/run_words.hpp"
#include "plan/library_names.hpp"
#include "pump/battery.hpp"
#include "quantity/exact.hpp"
#include "quantity/text_write.hpp"

namespace theca {
namespace {

using namespace report;

// ---- text -----------------------------------------------------------------------------------------------

/// JSON that no HTML parser can take for the end of its script element.
std::string script_safe(const nlohmann::json& json) {
  std::string safe;
  for (const char c : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

/// `page` with every {{name}} replaced, once: what is filled in is not read again.
std::string filled(std::string_view page, const std::map<std::string_view, std::string>& values) {
  std::string out;
  while (true) {
    const std::size_t open = page.find("{{");
    const std::size_t close = page.find("}}", open);
    if (open == std::string_view::npos || close == std::string_view::npos) return out += page;
    out += page.substr(0, open);
    const auto value = values.find(page.substr(open + 2, close - open - 2));
    if (value != values.end()) out += value->second;
    page.remove_prefix(close + 2);
  }
}

/// A step is too small to be read in mL.
std::string step_text(const RunResult& run) {
  std::array<char, kPrintBytes> buffer;
  return std::string{print_volume(run.model.step, buffer, VolumeUnit::kMicrolitre)};
}

/// "0.98 of a step", "1 step", "12.5 steps"
std::string steps_text(double steps) {
  const std::string number = thousandths_text(steps);
  return number + (steps == 1 ? " step" : steps > 0 && steps < 1 ? " of a step" : " steps");
}

std::string refusals_text(const RunResult& run) {
  std::vector<std::string> reasons;
  for (const RefusalCount& refused : refusals(run)) {
    reasons.push_back(std::to_string(refused.count) + ' ' + row_of(refused.refusal).name);
  }
  return joined(reasons, ", ", ", ");
}

std::string requests_text(const RunResult& run) {
  const Requests requests = requests_of(run);
  if (requests.made == 0) return "The patient asked for no extra dose.";
  std::string text = "The patient asked for " + counted(requests.made, "extra dose") + ": " +
                     std::to_string(requests.granted) + " granted, " +
                     std::to_string(requests.made - requests.granted) + " refused";
  if (requests.made > requests.granted) text += " (" + refusals_text(run) + ')';
  return text + '.';
}

std::string scheduled_text(const RunResult& run) {
  const auto given = std::ranges::count_if(run.boluses, [](const BolusRecord& bolus) {
    return bolus.kind == BolusKind::kScheduled && bolus.refusal == Refusal::kNone;
  });
  return given == 0 ? ""
                    : ' ' + counted(given, "scheduled bolus was", "scheduled boluses were") + " started.";
}

std::string alarms_text(const RunResult& run) {
  if (run.alarms.empty()) return "No alarm was raised.";
  std::vector<std::string> names;
  for (const AlarmRow& row : kAlarms) {
    const auto n = std::ranges::count(run.alarms, row.alarm, &AlarmRecord::alarm);
    if (n == 0) continue;
    const auto first = std::ranges::find(run.alarms, row.alarm, &AlarmRecord::alarm);
    names.push_back(std::string{row.name} + (n > 1 ? " " + std::to_string(n) + " times, first" : "") +
                    " on " + day_text(run, first->raised));
  }
  return (run.alarms.size() == 1 ? "One alarm was raised: "
                                 : std::to_string(run.alarms.size()) + " alarms were raised: ") +
         joined(names, "; ", "; ") + '.';
}

std::string refill_text(const RunResult& run) {
  if (!run.refill_by) return run.refill_reason.empty() ? "" : "Refill: " + run.refill_reason + '.';
  return "Refill by " + *run.refill_by + (run.refill_reason.empty() ? "." : " (" + run.refill_reason + ").");
}

std::string volumes_text(const RunResult& run) {
  const Sample last = last_sample(run);
  return ml(last.prescribed) + " was prescribed and the pump made steps for " + ml(last.delivered) +
         (run.flow_error_ppm == 0 ? std::string{}
                                  : "; with its true flow error of " + percent_text(run.flow_error_ppm) +
                                        " it pushed " + ml(last.truly_delivered) + " out of the tip");
}

std::string masses_text(const RunResult& run) {
  const Sample last = last_sample(run);
  std::vector<std::string> drugs;
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    drugs.push_back(mass(at(last.tip_mass, i)) + " of " + run.drugs[i].name + " left the catheter's tip (" +
                    mass(at(last.prescribed_mass, i)) + " was prescribed)");
  }
  return joined(drugs, ", ", " and ");
}

std::string lag_text(const RunResult& run) {
  return "While it ran without an alarm, the pump was never more than " + steps_text(run.largest_lag_steps) +
         " behind the prescription, and " +
         (run.largest_deviation_steps == 0
              ? "it made every step that was commanded."
              : "the steps it made never differed by more than " +
                    std::to_string(run.largest_deviation_steps) + " from those commanded.");
}

std::string summary_text(const RunResult& run) {
  std::string text = "In " + span(run.lasts) + ", from " + local_text(run, Instant{}) + " to " +
                     local_text(run, Instant{} + run.lasts) + ", " + volumes_text(run) + '.';
  if (!run.drugs.empty()) text += ' ' + masses_text(run) + '.';
  text += ' ' + lag_text(run) + ' ' + requests_text(run) + scheduled_text(run);
  for (const FrontArrival& front : run.fronts) text += ' ' + front_text(run, front);
  text += ' ' + alarms_text(run) + ' ' + refill_text(run);
  return text;
}

// ---- pieces of the page ---------------------------------------------------------------------------------

std::string tiles(const RunResult& run) {
  const Sample last = last_sample(run);
  const Requests requests = requests_of(run);
  std::string html = tile("Prescribed", ml(last.prescribed), "in " + span(run.lasts));
  html += tile("Delivered", ml(last.delivered), counted(run.steps_reported, "step") + " made");
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    html += tile("Left the tip: " + run.drugs[i].name, mass(at(last.tip_mass, i)),
                 "of " + mass(at(last.prescribed_mass, i)) + " prescribed");
  }
  html += tile("Largest lag",
               thousandths_text(run.largest_lag_steps) + (run.largest_lag_steps == 1 ? " step" : " steps"),
               "one step is " + step_text(run));
  if (requests.made > 0) {
    html += tile("Extra doses", std::to_string(requests.granted) + " of " + std::to_string(requests.made),
                 std::to_string(requests.made - requests.granted) + " refused");
  }
  const auto critical = std::ranges::count_if(run.alarms, [](const AlarmRecord& alarm) {
    return row_of(alarm.alarm).alarm_class == AlarmClass::kCritical;
  });
  html += tile("Alarms", std::to_string(run.alarms.size()),
               run.alarms.empty() ? "none was raised" : std::to_string(critical) + " critical");
  if (run.refill_by) html += tile("Refill by", *run.refill_by, run.refill_reason, "tile wide");
  return html;
}

std::string flow_sentence(const RunResult& run) {
  if (run.samples.empty()) return "Nothing was delivered.";
  const auto [low, high] = std::ranges::minmax(run.samples, {}, &Sample::flow);
  return "The commanded flow lay between " + to_text(low.flow, Rounding::significant(4)) + " and " +
         to_text(high.flow, Rounding::significant(4)) + '.';
}

std::string dose_sentence(const RunResult& run, std::size_t i) {
  constexpr std::int64_t kMillion = 1'000'000;
  DoseRate highest;
  for (const Sample& s : run.samples) {
    const Concentration c = concentration_in(run, s.fluid_truly_at_tip, run.drugs[i].code);
    if (s.reservoir_true <= Volume{}) continue;
    const DoseRate labelled = dose_rate(s.flow, c);
    highest = std::max(highest, DoseRate{labelled.raw() / kMillion * (kMillion + s.flow_error_ppm)});
  }
  return "At most " + to_text(highest, Rounding::significant(4)) + " of " + run.drugs[i].name +
         " left the tip; " + mass(at(last_sample(run).tip_mass, i)) +
         " in all. Commanded flow, with this pump's true flow error, times " +
         "the concentration at the true tip; nothing once the true reservoir is dry.";
}

std::string reservoir_sentence(const RunResult& run) {
  const Sample last = last_sample(run);
  return "At the end it holds " + ml(last.reservoir_nominal) + " nominally and " +
         ml(last.reservoir_earliest) + " if the pump runs at the upper end of its labelled accuracy (" +
         percent_text(run.model.accuracy_ppm) + "); the low level is " + ml(run.model.low_alarm) + ". " +
         refill_text(run);
}

std::string difference_sentence(const RunResult& run) {
  return lag_text(run) + " One step is " + step_text(run) + '.';
}

std::string cumulative_sentence(const RunResult& run) {
  std::string text = volumes_text(run) + '.';
  if (!run.drugs.empty()) text += ' ' + masses_text(run) + '.';
  return text;
}

std::string figures(const RunResult& run) {
  std::string html = figure("cumulative", "Prescribed and delivered", cumulative_sentence(run));
  html += figure("difference", "Prescribed minus delivered", difference_sentence(run));
  html += figure("flow", "Flow", flow_sentence(run));
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    html += figure("dose", "Dose rate at the tip: " + run.drugs[i].name, dose_sentence(run, i), i);
  }
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    html += figure("concentration", "Concentration: " + run.drugs[i].name, concentration_sentence(run, i), i);
  }
  html += figure("reservoir", "Reservoir", reservoir_sentence(run));
  html += figure("boluses", "Boluses", requests_text(run) + scheduled_text(run));
  html += figure("lane", "Alarms and events", alarms_text(run));
  return html;
}

std::string facts(const RunResult& run) {
  std::vector<Row> rows = {
      {"Pump", run.pump_name + ", " + std::string{name_of(run.model.actuator)} + ", reservoir " +
                   to_text(run.model.capacity) + ", one step " + step_text(run)},
      {"Labelled accuracy", percent_text(run.model.accuracy_ppm)},
      {"True flow error of this specimen", percent_text(run.flow_error_ppm)},
      {"Path from reservoir to tip, as recorded", path_text(run.path)},
      {"Path as it truly is", path_text(run.true_path)},
      {"Ceilings", to_text(run.ceilings.hour) + " in an hour, " + to_text(run.ceilings.day) + " in a day, " +
                       to_text(run.ceilings.thirty_days) + " in 30 days" +
                       (run.ceilings_proposed ? " (proposed: none was given)" : "")},
  };
  for (const FluidName& fluid : run.fluids) {
    rows.push_back({"Fluid \"" + fluid.name + '"', fluid.contents});
  }
  for (const std::string& prescription : run.prescriptions) rows.push_back({"Prescription", prescription});
  for (const std::string& note : run.notes) rows.push_back({"Note", note});
  rows.push_back({"Scenario", run.scenario_file});
  rows.push_back({"Seed", std::to_string(run.seed)});
  return table("What was played", {"Subject", "Value"}, rows);
}

std::string alarm_table(const RunResult& run) {
  if (run.alarms.empty()) return "";
  std::vector<Row> rows;
  for (const AlarmRecord& alarm : run.alarms) {
    const AlarmRow& row = row_of(alarm.alarm);
    rows.push_back({row.name, std::string{class_name(alarm.alarm)}, day_text(run, alarm.raised),
                    alarm.cleared ? day_text(run, *alarm.cleared) : "still stands", row.text});
  }
  return table("Alarms", {"Alarm", "Class", "Raised", "Cleared", "What it means"}, rows);
}

std::string front_table(const RunResult& run) {
  if (run.fronts.empty()) return "";
  const auto when = [&](std::optional<Instant> t) {
    return t ? day_text(run, *t) : std::string{"not in this run"};
  };
  std::vector<Row> rows;
  for (const FrontArrival& front : run.fronts) {
    const auto shifted = [&](Duration by) {
      return front.truly ? std::optional(*front.truly + by) : std::nullopt;
    };
    rows.push_back({fluid_name(run, front.fluid), fluid_name(run, front.fluid_before), when(front.reckoned),
                    when(front.truly), when(shifted(Duration{} - front.early)), when(shifted(front.late))});
  }
  return table("When each fluid reached the tip",
               {"Fluid", "After", "Reckoned by the pump", "In the true catheter", "5 % there", "95 % there"},
               rows);
}

std::string battery_table(const RunResult& run) {
  if (run.charge_mah.empty()) return "";
  double taken = 0;
  for (const double charge : run.charge_mah) taken += charge;
  std::vector<Row> rows;
  for (std::size_t i = 0; i < run.charge_mah.size(); ++i) {
    rows.push_back({kChargeCauseNames[i], fmt::format("{:.2f} mAh", run.charge_mah[i]),
                    taken > 0 ? fmt::format("{:.0f} %", 100 * run.charge_mah[i] / taken) : ""});
  }
  rows.push_back({"left, by the pump's reckoning", fmt::format("{:.0f} mAh", run.charge_left_mah), ""});
  return table("Battery", {"Taken by", "Charge", "Of what was taken"}, rows);
}

constexpr const char* kFilesOfPump =
    "events.jsonl (every event of the pump), journal.jsonl (the pump's own journal, for theca journal "
    "verify)";
constexpr const char* kFilesOfConstantFlow =
    "events.jsonl (what people and the world did to the pump, which records nothing itself)";

}  // namespace

std::string report_html(const RunResult& run) {
  const bool programmable = !run.constant_flow;
  return filled(
      report_assets::html,
      {{"title", escaped(run.title)},
       {"about", prose(run.about)},
       {"style", std::string{report_assets::style}},
       {"script", std::string{report_assets::script}},
       {"summary", prose(programmable ? summary_text(run) : constant_flow_summary(run))},
       {"tiles", programmable ? tiles(run) : constant_flow_tiles(run)},
       {"figures", (programmable ? figures(run) : constant_flow_figures(run)) + patient_figures(run)},
       {"tables", patient_table(run) +
                      (programmable ? front_table(run) + alarm_table(run) + battery_table(run) + facts(run)
                                    : constant_flow_tables(run))},
       {"files", programmable ? kFilesOfPump : kFilesOfConstantFlow},
       {"version", THECA_VERSION},
       {"data", script_safe(report_data(run))}});
}

}  // namespace theca
