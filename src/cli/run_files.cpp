#include "cli/run_files.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/comparison_page.hpp"
#include "cli/report_html.hpp"
#include "cli/report_patient.hpp"
#include "cli/result_folder.hpp"
#include "cli/run_files_constant_flow.hpp"
#include "cli/run_json.hpp"
#include "cli/run_words.hpp"
#include "plan/library_names.hpp"
#include "pump/battery.hpp"
#include "quantity/text_write.hpp"
#include "world/words.hpp"

namespace theca {
namespace {

using namespace run_json;
namespace fs = std::filesystem;

Json delivery_json(const RunResult& run) {
  const Sample last = run.samples.empty() ? Sample{} : run.samples.back();
  Json drugs = Json::array();
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    drugs.push_back({{"drug", run.drugs[i].name},
                     {"prescribed_mg", mg(at(last.prescribed_mass, i))},
                     {"at_tip_mg", mg(at(last.tip_mass, i))}});
  }
  return {{"prescribed_ml", ml(last.prescribed)},
          {"delivered_ml", ml(last.delivered)},
          {"truly_delivered_ml", ml(last.truly_delivered)},
          {"steps_commanded", run.steps_commanded},
          {"steps_reported", run.steps_reported},
          {"steps_missed", run.steps_missed},
          {"largest_deviation_steps", run.largest_deviation_steps},
          {"largest_lag_steps", number(thousandths_text(run.largest_lag_steps))},
          {"drugs", std::move(drugs)}};
}

Json bolus_json(const RunResult& run, const BolusRecord& bolus) {
  const bool granted = bolus.refusal == Refusal::kNone;
  Json one = moment(run, bolus.at);
  one["kind"] = name_of(bolus.kind);
  if (bolus.request != 0) one["request"] = bolus.request;
  one["answer"] = granted ? "granted" : "refused";
  if (granted) {
    one["prescribed_ml"] = ml(bolus.prescribed);
    one["given_ml"] = ml(bolus.given);
    one["given_mg"] = Json::object();
    for (std::size_t i = 0; i < run.drugs.size(); ++i) {
      if (at(bolus.mass_given, i) > Mass{}) one["given_mg"][run.drugs[i].name] = mg(at(bolus.mass_given, i));
    }
    one["takes_ms"] = bolus.takes.raw();
    one["ended"] = moment(run, bolus.ended);
    one["cut"] = bolus.cut;
  } else {
    one["reason"] = row_of(bolus.refusal).name;
    one["reason_text"] = row_of(bolus.refusal).text;
    const bool known = bolus.next_possible > Instant{} && bolus.next_possible != kNever;
    one["next_possible"] = known ? moment(run, bolus.next_possible) : Json(nullptr);
  }
  return one;
}

Json boluses_json(const RunResult& run) {
  const Requests requests = requests_of(run);
  Json by_reason = Json::object();
  for (const RefusalCount& refused : refusals(run)) by_reason[row_of(refused.refusal).name] = refused.count;
  Json by_kind = Json::object();
  for (const BolusRecord& bolus : run.boluses) {
    Json& kind = by_kind[std::string{name_of(bolus.kind)}];
    if (kind.is_null()) kind = {{"granted", 0}, {"refused", 0}};
    Json& count = kind[bolus.refusal == Refusal::kNone ? "granted" : "refused"];
    count = count.get<std::int64_t>() + 1;
  }
  Json list = Json::array();
  for (const BolusRecord& bolus : run.boluses) list.push_back(bolus_json(run, bolus));
  return {{"requested", requests.made},
          {"granted", requests.granted},
          {"refused", requests.made - requests.granted},
          {"cut", std::ranges::count(run.boluses, true, &BolusRecord::cut)},
          {"refused_by_reason", std::move(by_reason)},
          {"by_kind", std::move(by_kind)},
          {"list", std::move(list)}};
}

Json alarms_json(const RunResult& run) {
  Json list = Json::array();
  for (const AlarmRecord& alarm : run.alarms) {
    const AlarmRow& row = row_of(alarm.alarm);
    list.push_back({{"name", row.name},
                    {"severity", class_name(alarm.alarm)},
                    {"text", row.text},
                    {"raised", moment(run, alarm.raised)},
                    {"cleared", moment(run, alarm.cleared)}});
  }
  return list;
}

Json fronts_json(const RunResult& run) {
  Json list = Json::array();
  for (const FrontArrival& front : run.fronts) {
    const auto shifted = [&](Duration by) {
      return front.truly ? std::optional(*front.truly + by) : std::nullopt;
    };
    list.push_back({{"fluid", fluid_name(run, front.fluid)},
                    {"fluid_before", fluid_name(run, front.fluid_before)},
                    {"reckoned", moment(run, front.reckoned)},
                    {"true", moment(run, front.truly)},
                    {"true_5_percent", moment(run, shifted(Duration{} - front.early))},
                    {"true_95_percent", moment(run, shifted(front.late))}});
  }
  return list;
}

std::string csv_header(const RunResult& run) {
  std::string header =
      "time_h,local_time,prescribed_ml,delivered_ml,truly_delivered_ml,flow_ml_per_day,reservoir_nominal_ml,"
      "reservoir_earliest_ml,reservoir_true_ml,fluid_in_reservoir,fluid_at_tip,fluid_truly_at_tip";
  for (const DrugColumn& drug : run.drugs) {
    const std::string name = column_name(drug.name);
    header += ',' + name + "_prescribed_mg," + name + "_at_tip_mg," + name +
              "_concentration_reservoir_mg_per_ml," + name + "_concentration_tip_mg_per_ml," + name +
              "_concentration_tip_reckoned_mg_per_ml";
  }
  return header + '\n';
}

/// Is the value that an event's row calls `name` the number of a fluid?
bool is_fluid(std::string_view name) { return name.starts_with("formulation"); }

void add_value(const RunResult& run, Json& line, std::string_view name, std::int64_t value) {
  if (name.empty()) return;
  const std::string key{name};
  const bool unknown = value == kNever.raw() || (name == "next_possible_ms" && value == 0);
  if (unknown) {
    line[key] = nullptr;
  } else {
    line[key] = value;
  }
  if (is_fluid(name)) line[key + "_name"] = fluid_name(run, static_cast<std::uint32_t>(value));
}

constexpr const char* kJournal = "journal.jsonl";
constexpr const char* kBands = "bands.csv";
constexpr const char* kWays = "ways.csv";

}  // namespace

Json summary_json(const RunResult& run) {
  const Sample last = run.samples.empty() ? Sample{} : run.samples.back();
  Json json;
  json["theca_version"] = THECA_VERSION;
  json["title"] = run.title;
  json["about"] = run.about;
  json["scenario"] = run.scenario_file;
  json["seed"] = run.seed;
  json["starts_local"] = local_text(run, Instant{});
  json["ends_local"] = local_text(run, Instant{} + run.lasts);
  json["lasts_h"] = hour_count(run.lasts);
  if (run.patient) json["patient"] = patient_summary(run);
  if (run.constant_flow) {
    add_constant_flow_summary(run, json);
    return json;
  }
  json["pump"] = {{"name", run.pump_name},
                  {"actuator", name_of(run.model.actuator)},
                  {"step_nl", run.model.step.raw()},
                  {"capacity_ml", ml(run.model.capacity)},
                  {"low_alarm_ml", ml(run.model.low_alarm)},
                  {"accuracy_percent", number(decimal_percent(run.model.accuracy_ppm))},
                  {"true_flow_error_percent", number(decimal_percent(run.flow_error_ppm))}};
  json["path"] = {{"recorded", path_json(run.path)}, {"true", path_json(run.true_path)}};
  json["ceilings"] = {{"hour_ml", ml(run.ceilings.hour)},
                      {"day_ml", ml(run.ceilings.day)},
                      {"thirty_days_ml", ml(run.ceilings.thirty_days)},
                      {"proposed", run.ceilings_proposed}};
  json["fluids"] = fluids_json(run);
  json["prescriptions"] = run.prescriptions;
  json["notes"] = run.notes;
  json["delivery"] = delivery_json(run);
  json["boluses"] = boluses_json(run);
  json["alarms"] = alarms_json(run);
  json["fronts"] = fronts_json(run);
  json["reservoir_at_end"] = {{"nominal_ml", ml(last.reservoir_nominal)},
                              {"earliest_ml", ml(last.reservoir_earliest)},
                              {"true_ml", ml(last.reservoir_true)}};
  if (!run.charge_mah.empty()) {
    for (std::size_t i = 0; i < kChargeCauses; ++i)
      json["battery_mah"][kChargeCauseNames[i]] = run.charge_mah[i];
    json["battery_mah"]["left"] = run.charge_left_mah;
  }
  json["refill"] = {{"by_local", run.refill_by ? Json(*run.refill_by) : Json(nullptr)},
                    {"reason", run.refill_reason}};
  return json;
}

std::string delivery_csv(const RunResult& run) {
  if (run.constant_flow) return constant_flow_csv(run);
  std::string csv = csv_header(run);
  for (const Sample& s : run.samples) {
    for (const std::string& cell :
         {decimal_hours(s.at - Instant{}), local_text(run, s.at), decimal_ml(s.prescribed),
          decimal_ml(s.delivered), decimal_ml(s.truly_delivered), decimal_ml_per_day(s.flow),
          decimal_ml(s.reservoir_nominal), decimal_ml(s.reservoir_earliest), decimal_ml(s.reservoir_true),
          csv_cell(fluid_name(run, s.fluid_in_reservoir)), csv_cell(fluid_name(run, s.fluid_at_tip))}) {
      csv += cell;
      csv += ',';
    }
    csv += csv_cell(fluid_name(run, s.fluid_truly_at_tip));
    for (std::size_t i = 0; i < run.drugs.size(); ++i) {
      const auto strength = [&](std::uint32_t fluid) {
        return decimal_mg_per_ml(concentration_in(run, fluid, run.drugs[i].code));
      };
      for (const std::string& cell :
           {decimal_mg(at(s.prescribed_mass, i)), decimal_mg(at(s.tip_mass, i)),
            strength(s.fluid_in_reservoir), strength(s.fluid_truly_at_tip), strength(s.fluid_at_tip)}) {
        csv += ',';
        csv += cell;
      }
    }
    csv += '\n';
  }
  return csv;
}

std::string events_jsonl(const RunResult& run) {
  if (run.constant_flow) return constant_flow_events(run);
  const std::vector<std::string> texts = event_texts(run);
  std::string lines;
  for (std::size_t i = 0; i < run.events.size(); ++i) {
    const Event& event = run.events[i];
    const EventRow& row = row_of(event.code);
    Json line;
    line["t_ms"] = event.at.raw();
    line["local"] = local_text(run, event.at);
    line["name"] = row.name;
    if (const std::string_view detail = detail_name(event); !detail.empty()) line[row.detail] = detail;
    add_value(run, line, row.value, event.value);
    add_value(run, line, row.value2, event.value2);
    line["text"] = texts[i];
    lines += line.dump(-1, ' ', false, Json::error_handler_t::replace);
    lines += '\n';
  }
  return lines;
}

std::expected<void, std::string> write_run_files(const RunResult& run, const fs::path& dir) {
  std::vector files = {
      ResultFile{"summary.json",
                 summary_json(run).dump(2, ' ', false, Json::error_handler_t::replace) + '\n'},
      ResultFile{"delivery.csv", delivery_csv(run)},
      ResultFile{"events.jsonl", events_jsonl(run)},
      ResultFile{"report.html", report_html(run)},
  };
  if (!run.constant_flow) files.push_back({kJournal, run.journal});
  if (run.patient) {
    files.push_back({"patient.csv", patient_csv(run)});
    files.push_back({"effects.csv", effects_csv(run)});
    if (run.patient->bands) files.push_back({kBands, bands_csv(run)});
    files.push_back({"csf.csv", csf_csv(run)});
    if (run.patient->same_relief) files.push_back({kWays, comparison_csv(*run.patient->same_relief)});
  }
  const auto done = write_results(files, dir);
  for (const char* name :
       {kJournal, "patient.csv", "effects.csv", "csf.csv", kBands, kWays}) {  // of an older run
    std::error_code error;
    const bool written =
        std::ranges::any_of(files, [&](const ResultFile& file) { return file.name == name; });
    if (done && !written) fs::remove(dir / name, error);
  }
  return done;
}

}  // namespace theca
