#pragma once
/// What a report says and shows of the drug in the patient.

#include <nlohmann/json.hpp>
#include <string>

#include "world/run_result.hpp"

namespace theca {

/// "0.42 mcg/mL", "3.1 ng/mL": three digits. `ug_per_ml` >= 0.
std::string level_text(double ug_per_ml);

/// One sentence or two for each drug: highest levels and when, and when the effective one is passed.
std::string patient_sentence(const RunResult& run, const DrugInPatient& drug);
/// What the drugs together do: relief and when, the lowest ventilation, withdrawal, the most felt side
/// effects. Empty when none of them does anything.
std::string effects_sentence(const RunResult& run);
/// The same over many patients, when they were asked for.
std::string bands_sentence(const RunResult& run);
std::string patient_figures(const RunResult& run);
/// The numbers that the picture stands on and nobody has read in a source.
std::string patient_table(const RunResult& run);

nlohmann::ordered_json patient_data(const RunResult& run);
nlohmann::ordered_json patient_summary(const RunResult& run);
/// Time, drug, and the courses in ug/mL.
std::string patient_csv(const RunResult& run);
/// Time, and what the drugs together do, in shares of 1.
std::string effects_csv(const RunResult& run);
/// Time, quantity, and five quantiles over many patients.
std::string bands_csv(const RunResult& run);
/// Time, drug, and spinal fluid in ug/mL at each centimetre from the caudal end.
std::string csf_csv(const RunResult& run);

}  // namespace theca
