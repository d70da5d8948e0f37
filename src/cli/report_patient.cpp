#include "cli/report_patient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "cli/report_page.hpp"
#include "cli/run_json.hpp"
#include "cli/run_words.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using namespace report;

/// The map is written in steps of a decade above a picogram per mL, so that differences are short.
constexpr double kMapFloor = 1e-6;  // ug/mL
constexpr double kMapSteps = 400;   // per decade

Mass of_ug(double amount) {
  constexpr double kFemtogramsPerMicrogram = 1e9;
  return Mass{std::llround(amount * kFemtogramsPerMicrogram)};
}

/// Four digits; a whole number without a point.
Json four_digits(double value) {
  const double read = std::strtod(fmt::format("{:.4g}", value).c_str(), nullptr);
  if (read == std::floor(read)) return static_cast<std::int64_t>(read);
  return read;
}

Json digits(const Course& course) {
  Json list = Json::array();
  for (const double value : course) list.push_back(four_digits(std::max(0.0, value)));
  return list;
}

/// By level, then differences over time.
Json map_of(const DrugInPatient& drug) {
  Json levels = Json::array();
  for (std::size_t k = 0; k < drug.fluid.front().size(); ++k) {
    Json course = Json::array();
    std::int64_t before = 0;
    for (const auto& row : drug.fluid) {
      const double above = std::max(1.0, static_cast<double>(row[k]) / kMapFloor);
      const auto value = static_cast<std::int64_t>(std::lround(kMapSteps * std::log10(above)));
      course.push_back(value - before);
      before = value;
    }
    levels.push_back(std::move(course));
  }
  return levels;
}

}  // namespace

std::string level_text(double ug_per_ml) {
  constexpr double kNanograms = 1'000, kLeast = 0.001;
  const double ng_per_ml = ug_per_ml * kNanograms;
  if (ug_per_ml >= kNanograms) return fmt::format("{:.0f} mcg/mL", ug_per_ml);
  if (ug_per_ml >= 0.1) return fmt::format("{:.3g} mcg/mL", ug_per_ml);
  if (ng_per_ml > 0 && ng_per_ml < kLeast) return "less than 0.001 ng/mL";
  return fmt::format("{:.3g} ng/mL", ng_per_ml);
}

std::string patient_sentence(const RunResult& run, const DrugInPatient& drug) {
  const PatientRun& patient = *run.patient;
  if (drug.dosed_ug <= 0) return "None of it left the tip in this run.";
  const auto when = [&](Instant t) { return day_text(run, t); };
  const auto highest = [&](const Peak& peak) {
    return fmt::format("{}, on {}", level_text(peak.value), when(peak.at));
  };
  std::string text = fmt::format("At the segment {} the spinal fluid holds at most {}", patient.pain,
                                 highest(drug.highest_at_pain));
  if (drug.effective) {
    const std::string level =
        level_text(*drug.effective) + (drug.effective_verified ? "" : ", a figure that is not verified");
    text += drug.effective_from ? fmt::format("; the effective level ({}) is reached on {}", level,
                                              when(*drug.effective_from))
                                : fmt::format("; the effective level ({}) is not reached", level);
  }
  return text + fmt::format(". The cistern holds at most {}; the blood {}.", highest(drug.highest_in_cistern),
                            highest(drug.highest_in_plasma));
}

std::string patient_figures(const RunResult& run) {
  if (!run.patient) return "";
  std::string html;
  for (std::size_t i = 0; i < run.patient->drugs.size(); ++i) {
    const DrugInPatient& drug = run.patient->drugs[i];
    const std::string& name = run.drugs[drug.drug].name;
    html += figure("spine", "In the spinal fluid: " + name, patient_sentence(run, drug), i);
    html +=
        figure("levels", "Levels in the patient: " + name,
               "Spinal fluid at the level pointed at above, at the painful segment and in the cistern; the "
               "cord's tissue; the blood. A logarithmic scale.",
               i);
  }
  return html;
}

std::string patient_table(const RunResult& run) {
  if (!run.patient) return "";
  const PatientRun& patient = *run.patient;
  std::vector<Row> rows;
  for (const DrugInPatient& drug : patient.drugs) {
    const auto share = [&](double amount) {
      return drug.dosed_ug > 0
                 ? fmt::format("{} ({:.3g} %)", mass(of_ug(amount)), 100 * amount / drug.dosed_ug)
                 : std::string{"none"};
    };
    rows.push_back({run.drugs[drug.drug].name, mass(of_ug(drug.dosed_ug)), share(drug.in_fluid_ug),
                    share(drug.in_tissue_ug), share(drug.in_plasma_ug), share(drug.eliminated_ug)});
  }
  for (const std::string& name : patient.unknown)
    rows.push_back({name, "not in data/substances", "", "", "", ""});
  std::string html = table("Where the drug is at the end",
                           {"Drug", "Left the tip", "In spinal fluid and cistern", "In cord and brain",
                            "In the blood", "Eliminated"},
                           rows);
  std::vector<Row> stands;
  stands.push_back({"Catheter's tip",
                    fmt::format("vertebra {}, {:.3g} cm from the caudal end", patient.tip, patient.tip_cm)});
  stands.push_back({"Pain", fmt::format("cord segment {}, {:.3g} cm", patient.pain, patient.pain_cm)});
  stands.push_back({"Patient", "one adult in the middle of what was published"});
  stands.push_back({"Not verified", joined(patient.unverified, ", ", " and ")});
  return html + table("What the patient's picture stands on", {"Subject", "Value"}, stands);
}

Json patient_data(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  Json json;
  json["length"] = four_digits(patient.length_cm);
  json["tip"] = {{"name", patient.tip}, {"z", four_digits(patient.tip_cm)}};
  json["pain"] = {{"name", patient.pain}, {"z", four_digits(patient.pain_cm)}};
  json["vertebrae"] = Json::array();
  for (const LevelMark& level : patient.vertebrae)
    json["vertebrae"].push_back({{"name", level.name}, {"z", four_digits(level.z)}});
  json["t"] = Json::array();
  std::int64_t before = 0;
  for (const Instant t : patient.times) {
    json["t"].push_back(t.raw() - before);
    before = t.raw();
  }
  json["drugs"] = Json::array();
  for (const DrugInPatient& drug : patient.drugs) {
    Json one;
    one["name"] = run.drugs[drug.drug].name;
    one["map"] = map_of(drug);
    one["pain"] = digits(drug.at_pain);
    one["cord"] = digits(drug.cord_at_pain);
    one["cistern"] = digits(drug.cistern);
    one["plasma"] = digits(drug.plasma);
    one["effective"] = drug.effective ? four_digits(*drug.effective) : Json(nullptr);
    json["drugs"].push_back(std::move(one));
  }
  return json;
}

Json patient_summary(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  const auto peak = [&](const Peak& highest) {
    Json json = run_json::moment(run, highest.at);
    json["mcg_per_ml"] = four_digits(highest.value);
    return json;
  };
  Json json{{"tip", patient.tip}, {"pain", patient.pain}, {"drugs", Json::array()}};
  for (const DrugInPatient& drug : patient.drugs) {
    Json one{{"drug", run.drugs[drug.drug].name},
             {"highest_at_tip", peak(drug.highest_at_tip)},
             {"highest_at_pain", peak(drug.highest_at_pain)},
             {"highest_in_cord_at_pain", peak(drug.highest_in_cord)},
             {"highest_in_cistern", peak(drug.highest_in_cistern)},
             {"highest_in_plasma", peak(drug.highest_in_plasma)}};
    if (drug.effective) {
      one["effective_mcg_per_ml"] = four_digits(*drug.effective);
      one["effective_verified"] = drug.effective_verified;
      one["effective_at_pain"] = run_json::moment(run, drug.effective_from);
    }
    one["at_end_mcg"] = {{"dosed", four_digits(drug.dosed_ug)},
                         {"fluid", four_digits(drug.in_fluid_ug)},
                         {"tissue", four_digits(drug.in_tissue_ug)},
                         {"plasma", four_digits(drug.in_plasma_ug)},
                         {"eliminated", four_digits(drug.eliminated_ug)}};
    json["drugs"].push_back(std::move(one));
  }
  json["not_in_data"] = patient.unknown;
  json["unverified"] = patient.unverified;
  return json;
}

std::string patient_csv(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  std::string csv =
      "t_ms,local,drug,fluid_at_tip_ug_per_ml,fluid_at_pain_ug_per_ml,cord_at_pain_ug_per_ml,"
      "cistern_ug_per_ml,plasma_ug_per_ml\n";
  for (const DrugInPatient& drug : patient.drugs) {
    for (std::size_t i = 0; i < patient.times.size(); ++i) {
      csv += fmt::format("{},{},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g}\n", patient.times[i].raw(),
                         local_text(run, patient.times[i]), run.drugs[drug.drug].name, drug.at_tip[i],
                         drug.at_pain[i], drug.cord_at_pain[i], drug.cistern[i], drug.plasma[i]);
    }
  }
  return csv;
}

std::string csf_csv(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  std::string csv = "t_ms,drug";
  const std::size_t levels = patient.drugs.empty() ? 0 : patient.drugs.front().fluid.front().size();
  for (std::size_t k = 0; k < levels; ++k) csv += fmt::format(",z_{}.5_cm_ug_per_ml", k);
  csv += '\n';
  for (const DrugInPatient& drug : patient.drugs) {
    for (std::size_t i = 0; i < patient.times.size(); ++i) {
      csv += fmt::format("{},{}", patient.times[i].raw(), run.drugs[drug.drug].name);
      for (const float value : drug.fluid[i]) csv += fmt::format(",{:.4g}", value);
      csv += '\n';
    }
  }
  return csv;
}

}  // namespace theca
