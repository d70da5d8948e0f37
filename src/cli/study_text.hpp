#pragma once
/// What studies, the validation table and a calibration look like, as text and as JSON.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cohort/calibrate.hpp"
#include "cohort/study_run.hpp"

namespace theca {

inline constexpr std::int64_t kValidationPatients = 500;

/// "4.23 ug/mL"; "none" for what is no number.
std::string quantity_text(double value, std::string_view unit);

/// "3.26 (1.88 to 5.04)", "on average 3.1 (0.5 to 9.2)", without a unit; the middle patient's alone when
/// there are no others.
std::string spread_text(const StudyQuantity& quantity, const StudyAnswer& answer);

/// `outside`: numbers that --allow let in.
std::string study_text(const Study& study, const std::vector<StudyAnswer>& answers, std::int64_t patients,
                       const std::vector<std::string>& outside = {});
nlohmann::ordered_json study_json(const Study& study, const std::vector<StudyAnswer>& answers,
                                  std::int64_t patients, const std::vector<std::string>& outside = {});

std::string validation_text(const std::vector<ValidationRow>& rows, std::int64_t patients,
                            std::uint64_t seed);
nlohmann::ordered_json validation_json(const std::vector<ValidationRow>& rows, std::int64_t patients,
                                       std::uint64_t seed);

std::string calibration_text(const Calibration& calibration);
nlohmann::ordered_json calibration_json(const Calibration& calibration);

}  // namespace theca
