#include "cli/report_data.hpp"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/report_patient.hpp"
#include "cli/run_words.hpp"
#include "world/words.hpp"

namespace theca {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kFemtogramsPerNanogram = 1'000'000;

/// First value, then differences: short to write, exact to sum up again.
template <class Get>
Json differences(const RunResult& run, Get get) {
  Json column = Json::array();
  std::int64_t before = 0;
  for (const Sample& sample : run.samples) {
    const std::int64_t value = get(sample);
    column.push_back(value - before);
    before = value;
  }
  return column;
}

std::int64_t nanograms(const std::vector<Mass>& masses, std::size_t i) {
  return i < masses.size() ? masses[i].raw() / kFemtogramsPerNanogram : 0;
}

Json columns(const RunResult& run) {
  Json json;
  json["t"] = differences(run, [](const Sample& s) { return s.at.raw(); });
  json["prescribed"] = differences(run, [](const Sample& s) { return s.prescribed.raw(); });
  json["delivered"] = differences(run, [](const Sample& s) { return s.delivered.raw(); });
  json["truly"] = differences(run, [](const Sample& s) { return s.truly_delivered.raw(); });
  json["flow"] = differences(run, [](const Sample& s) { return s.flow.raw(); });
  json["nominal"] = differences(run, [](const Sample& s) { return s.reservoir_nominal.raw(); });
  json["earliest"] = differences(run, [](const Sample& s) { return s.reservoir_earliest.raw(); });
  json["holds"] = differences(run, [](const Sample& s) { return s.reservoir_true.raw(); });
  json["inReservoir"] = differences(run, [](const Sample& s) { return std::int64_t{s.fluid_in_reservoir}; });
  json["atTip"] = differences(run, [](const Sample& s) { return std::int64_t{s.fluid_at_tip}; });
  json["error"] = differences(run, [](const Sample& s) { return std::int64_t{s.flow_error_ppm}; });
  json["trulyAtTip"] = differences(run, [](const Sample& s) { return std::int64_t{s.fluid_truly_at_tip}; });
  json["prescribedMass"] = Json::array();
  json["tipMass"] = Json::array();
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    json["prescribedMass"].push_back(
        differences(run, [i](const Sample& s) { return nanograms(s.prescribed_mass, i); }));
    json["tipMass"].push_back(differences(run, [i](const Sample& s) { return nanograms(s.tip_mass, i); }));
  }
  return json;
}

Json time_or_null(const std::optional<Instant>& at) { return at ? Json(at->raw()) : Json(nullptr); }

Json boluses(const RunResult& run) {
  Json list = Json::array();
  for (const BolusRecord& bolus : run.boluses) {
    Json one = {{"t", bolus.at.raw()},
                {"kind", name_of(bolus.kind)},
                {"granted", bolus.refusal == Refusal::kNone},
                {"reason", row_of(bolus.refusal).name},
                {"why", row_of(bolus.refusal).text},
                {"prescribed", bolus.prescribed.raw()},
                {"given", bolus.given.raw()},
                {"end", bolus.ended > bolus.at ? bolus.ended.raw() : (bolus.at + bolus.takes).raw()},
                {"cut", bolus.cut}};
    const bool next_known = bolus.next_possible > Instant{} && bolus.next_possible != kNever;
    if (next_known) one["next"] = bolus.next_possible.raw();
    Json mass = Json::array();
    for (std::size_t i = 0; i < run.drugs.size(); ++i) mass.push_back(nanograms(bolus.mass_given, i));
    one["mass"] = std::move(mass);
    list.push_back(std::move(one));
  }
  return list;
}

Json alarms(const RunResult& run) {
  Json list = Json::array();
  for (const AlarmRecord& alarm : run.alarms) {
    const AlarmRow& row = row_of(alarm.alarm);
    list.push_back({{"name", row.name},
                    {"text", row.text},
                    {"critical", row.alarm_class == AlarmClass::kCritical},
                    {"t", alarm.raised.raw()},
                    {"end", time_or_null(alarm.cleared)}});
  }
  return list;
}

Json fronts(const RunResult& run) {
  Json list = Json::array();
  for (const FrontArrival& front : run.fronts) {
    list.push_back({{"fluid", front.fluid},
                    {"before", front.fluid_before},
                    {"reckoned", time_or_null(front.reckoned)},
                    {"truly", time_or_null(front.truly)},
                    {"early", front.early.raw()},
                    {"late", front.late.raw()}});
  }
  return list;
}

/// The row of the events' lane that a code belongs to; nothing for what other charts show.
std::string_view lane_of(EventCode code) {
  switch (code) {
    case EventCode::kImplanted:
    case EventCode::kRefilled:
    case EventCode::kPrimeStarted:
    case EventCode::kPrimeEnded:
    case EventCode::kBridgeStarted:
    case EventCode::kBridgeEnded:
    case EventCode::kChangedWithoutBridge:
    case EventCode::kFrontAtTip:
      return "fluids";
    case EventCode::kScheduledBolusSkipped:
    case EventCode::kGateCut:
    case EventCode::kSafeStateEntered:
    case EventCode::kMotorPowerOff:
    case EventCode::kMotorHeld:
    case EventCode::kMotorRetried:
    case EventCode::kStepsMissed:
      return "delivery";
    case EventCode::kBolusGranted:
    case EventCode::kBolusRefused:
    case EventCode::kBolusCompleted:
    case EventCode::kBolusCut:
    case EventCode::kAlarmRaised:
    case EventCode::kAlarmCleared:
    case EventCode::kTelemetry:  // who came and whose a change was stands in the journal
    case EventCode::kAccess:
    case EventCode::kChangeTaken:
      return {};
    default:
      return "orders";  // prescriptions, stops and resumptions, ceilings, the clock
  }
}

Json marks(const RunResult& run) {
  Json list = Json::array();
  const auto add = [&](Instant at, EventCode code, const std::string& text) {
    const std::string_view lane = lane_of(code);
    if (!lane.empty()) {
      list.push_back({{"t", at.raw()}, {"lane", lane}, {"name", row_of(code).name}, {"text", text}});
    }
  };
  if (!run.marks.empty()) {
    for (const Mark& mark : run.marks) add(mark.at, mark.code, mark.text);
    return list;
  }
  const std::vector<std::string> texts = event_texts(run);
  for (std::size_t i = 0; i < run.events.size(); ++i) add(run.events[i].at, run.events[i].code, texts[i]);
  return list;
}

Json constant_flow_marks(const ConstantFlowRun& its) {
  Json list = Json::array();
  for (const ConstantFlowEvent& event : its.events) {
    const ConstantFlowEventRow& row = row_of(event.kind);
    list.push_back({{"t", event.at.raw()},
                    {"lane", row.moves_flow ? "flow" : "fluids"},
                    {"name", row.name},
                    {"text", event.text}});
  }
  return list;
}

/// What the charts of a constant-flow pump show beside the samples.
Json constant_flow(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  Json influences = Json::array();
  for (const PlayedInfluence& one : its.influences) {
    influences.push_back({{"t", one.begins.raw()}, {"end", time_or_null(one.ends)}, {"what", one.what}});
  }
  Json intended = Json::array();
  for (const ConstantFlowFillRecord& fill : its.fills) {
    Json rates = Json::array();
    for (const DoseRate rate : fill.intended) rates.push_back(rate.raw() / kFemtogramsPerNanogram);
    intended.push_back({{"t", fill.at.raw()}, {"rates", std::move(rates)}});
  }
  return {{"labelled", its.labelled.raw()},
          {"influences", std::move(influences)},
          {"intended", std::move(intended)}};
}

Json prescription_changes(const RunResult& run) {
  Json list = Json::array();
  for (const Event& event : run.events) {
    if (event.code == EventCode::kPrescriptionStarted) {
      list.push_back({{"t", event.at.raw()}, {"number", event.value}});
    }
  }
  return list;
}

}  // namespace

Json report_data(const RunResult& run) {
  Json json;
  json["start"] = run.local_ms_at_start;
  json["lasts"] = run.lasts.raw();
  json["clock"] = Json::array();
  for (const LocalClock& clock : run.local_clock) json["clock"].push_back({clock.at.raw(), clock.local_ms});
  json["step"] = run.model.step.raw();
  json["lowAlarm"] = run.model.low_alarm.raw();
  json["capacity"] = run.model.capacity.raw();
  json["drugs"] = Json::array();
  for (const DrugColumn& drug : run.drugs) json["drugs"].push_back(drug.name);
  json["fluids"] = Json::array();
  for (const FluidName& fluid : run.fluids) {
    Json strengths = Json::array();
    for (const DrugColumn& drug : run.drugs) {
      strengths.push_back(concentration_of(fluid.formulation, drug.code).raw());
    }
    json["fluids"].push_back({{"number", fluid.number},
                              {"name", fluid.name},
                              {"contents", fluid.contents},
                              {"strengths", strengths}});
  }
  json["columns"] = columns(run);
  json["boluses"] = boluses(run);
  json["alarms"] = alarms(run);
  json["fronts"] = fronts(run);
  json["marks"] = run.constant_flow ? constant_flow_marks(*run.constant_flow) : marks(run);
  if (run.constant_flow) json["constantFlow"] = constant_flow(run);
  if (run.patient) json["patient"] = patient_data(run);
  json["changes"] = prescription_changes(run);
  return json;
}

}  // namespace theca
