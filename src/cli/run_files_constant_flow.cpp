#include "cli/run_files_constant_flow.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "cli/run_json.hpp"
#include "cli/run_words.hpp"
#include "plan/library_names.hpp"
#include "quantity/text_write.hpp"

namespace theca {
namespace {

using namespace run_json;

Json band_json(const FlowBand& band) {
  Json sources = Json::array();
  for (const std::string_view source : band.row->sources)
    if (!source.empty()) sources.push_back(source);
  return {{"flow_change_percent", number(decimal_percent(band.middle_ppm()))},
          {"low_percent", number(decimal_percent(band.low_ppm))},
          {"high_percent", number(decimal_percent(band.high_ppm))},
          {"because", band.row->because},
          {"sources", std::move(sources)},
          {"verified", band.row->verified}};
}

Json influences_json(const RunResult& run) {
  Json list = Json::array();
  for (const PlayedInfluence& one : run.constant_flow->influences) {
    Json json = {{"what", one.what}, {"begins", moment(run, one.begins)}, {"ends", moment(run, one.ends)}};
    json.update(band_json(one.band));
    list.push_back(std::move(json));
  }
  return list;
}

Json moments_json(const RunResult& run, const std::vector<Instant>& instants) {
  Json list = Json::array();
  for (const Instant at : instants) list.push_back(moment(run, at));
  return list;
}

Json doses_json(const RunResult& run, const std::vector<DoseRate>& rates) {
  Json json = Json::object();
  for (std::size_t i = 0; i < run.drugs.size(); ++i)
    if (rates[i] > DoseRate{}) json[run.drugs[i].name] = number(decimal_mg_per_day(rates[i]));
  return json;
}

Json fills_json(const RunResult& run) {
  Json list = Json::array();
  for (const ConstantFlowFillRecord& fill : run.constant_flow->fills) {
    Json json = moment(run, fill.at);
    json["fluid"] = fluid_name(run, fill.fluid);
    json["volume_ml"] = ml(fill.volume);
    json["found_ml"] = fill.found ? ml(*fill.found) : Json(nullptr);
    json["expected_ml"] = fill.expected ? ml(*fill.expected) : Json(nullptr);
    json["intended_mg_per_day"] = doses_json(run, fill.intended);
    json["intended_as_typed"] = fill.intended_typed;
    json["at_labelled_flow_mg_per_day"] = doses_json(run, fill.at_label);
    list.push_back(std::move(json));
  }
  return list;
}

Json delivery_json(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  const Sample last = run.samples.empty() ? Sample{} : run.samples.back();
  Json drugs = Json::array();
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    drugs.push_back({{"drug", run.drugs[i].name},
                     {"intended_mg", mg(at(last.prescribed_mass, i))},
                     {"at_tip_mg", mg(at(last.tip_mass, i))},
                     {"at_tip_low_mg", mg(at(its.low.tip_mass, i))},
                     {"at_tip_high_mg", mg(at(its.high.tip_mass, i))}});
  }
  return {{"expected_ml", ml(last.prescribed)},
          {"truly_delivered_ml", ml(last.truly_delivered)},
          {"truly_delivered_low_ml", ml(its.low.delivered)},
          {"truly_delivered_high_ml", ml(its.high.delivered)},
          {"drugs", std::move(drugs)}};
}

Json fronts_json(const RunResult& run) {
  Json list = Json::array();
  for (const FrontArrival& front : run.fronts) {
    list.push_back({{"fluid", fluid_name(run, front.fluid)},
                    {"fluid_before", fluid_name(run, front.fluid_before)},
                    {"true", moment(run, front.truly)},
                    {"true_5_percent", moment(run, *front.truly - front.early)},
                    {"true_95_percent", moment(run, *front.truly + front.late)}});
  }
  return list;
}

}  // namespace

void add_constant_flow_summary(const RunResult& run, Json& json) {
  const ConstantFlowRun& its = *run.constant_flow;
  const Sample last = run.samples.empty() ? Sample{} : run.samples.back();
  json["pump"] = {{"name", run.pump_name},
                  {"actuator", name_of(run.model.actuator)},
                  {"capacity_ml", ml(run.model.capacity)},
                  {"labelled_flow_ml_per_day", number(decimal_ml_per_day(its.labelled))},
                  {"flow_in_library", its.flow_in_library},
                  {"accuracy_percent", number(decimal_percent(run.model.accuracy_ppm))},
                  {"true_flow_error_percent", number(decimal_percent(run.flow_error_ppm))}};
  json["path"] = {{"recorded", path_json(run.path)}, {"true", path_json(run.true_path)}};
  json["fluids"] = fluids_json(run);
  json["fills"] = fills_json(run);
  json["influences"] = influences_json(run);
  json["nearly_empty"] = {{"below_ml", ml(its.nearly_empty)}};
  json["nearly_empty"].update(band_json(its.when_nearly_empty));
  json["notes"] = run.notes;
  json["delivery"] = delivery_json(run);
  json["ran_dry"] = {{"played", moments_json(run, its.ran_dry)},
                     {"low", moments_json(run, its.low.ran_dry)},
                     {"high", moments_json(run, its.high.ran_dry)}};
  json["fronts"] = fronts_json(run);
  json["reservoir_at_end"] = {{"expected_ml", ml(last.reservoir_nominal)},
                              {"earliest_ml", ml(last.reservoir_earliest)},
                              {"true_ml", ml(last.reservoir_true)}};
  json["refill"] = {{"by_local", run.refill_by ? Json(*run.refill_by) : Json(nullptr)},
                    {"reason", run.refill_reason}};
}

std::string constant_flow_csv(const RunResult& run) {
  std::string csv =
      "time_h,local_time,expected_ml,truly_delivered_ml,true_flow_ml_per_day,reservoir_expected_ml,"
      "reservoir_earliest_ml,reservoir_true_ml,fluid_in_reservoir,fluid_truly_at_tip";
  for (const DrugColumn& drug : run.drugs) {
    const std::string name = column_name(drug.name);
    csv += ',' + name + "_intended_mg," + name + "_at_tip_mg," + name +
           "_concentration_reservoir_mg_per_ml," + name + "_concentration_tip_mg_per_ml";
  }
  csv += '\n';
  for (const Sample& s : run.samples) {
    std::vector<std::string> cells = {decimal_hours(s.at - Instant{}),
                                      local_text(run, s.at),
                                      decimal_ml(s.prescribed),
                                      decimal_ml(s.truly_delivered),
                                      decimal_ml_per_day(s.flow),
                                      decimal_ml(s.reservoir_nominal),
                                      decimal_ml(s.reservoir_earliest),
                                      decimal_ml(s.reservoir_true),
                                      csv_cell(fluid_name(run, s.fluid_in_reservoir)),
                                      csv_cell(fluid_name(run, s.fluid_truly_at_tip))};
    for (std::size_t i = 0; i < run.drugs.size(); ++i) {
      const auto strength = [&](std::uint32_t fluid) {
        return decimal_mg_per_ml(concentration_in(run, fluid, run.drugs[i].code));
      };
      cells.push_back(decimal_mg(at(s.prescribed_mass, i)));
      cells.push_back(decimal_mg(at(s.tip_mass, i)));
      cells.push_back(strength(s.fluid_in_reservoir));
      cells.push_back(strength(s.fluid_truly_at_tip));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) csv += (i == 0 ? "" : ",") + cells[i];
    csv += '\n';
  }
  return csv;
}

std::string constant_flow_events(const RunResult& run) {
  std::string lines;
  for (const ConstantFlowEvent& event : run.constant_flow->events) {
    const Json line = {{"t_ms", event.at.raw()},
                       {"local", local_text(run, event.at)},
                       {"name", row_of(event.kind).name},
                       {"true_flow_nl_per_day", event.flow.raw()},
                       {"true_reservoir_nl", event.reservoir.raw()},
                       {"text", event.text}};
    lines += line.dump(-1, ' ', false, Json::error_handler_t::replace);
    lines += '\n';
  }
  return lines;
}

}  // namespace theca
