#pragma once
/// Studies on the middle patient and on a population, and the validation table made of them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "body/study_courses.hpp"
#include "body/variability.hpp"
#include "world/patient_run.hpp"
#include "world/patient_twin.hpp"

namespace theca {

/// What came out for one quantity, in its own unit. Not a number: the courses do not have it.
struct StudyAnswer {
  double middle = 0;                // of the middle patient
  std::optional<Quantiles> spread;  // over patients who have it; none of a number that is of all of them
  std::optional<double> of_all;     // their mean, or the number that is of all of them
  double share = 1;                 // of patients who have it
};
/// The one number that an answer is told as: of all patients their median, or what the study asks for; of
/// none the middle one's.
double told(const StudyQuantity& quantity, const StudyAnswer& answer);
/// By study, by quantity.
using StudyAnswers = std::vector<std::vector<StudyAnswer>>;

struct StudyRequest {
  std::int64_t patients = 0;  // 0: the middle one alone
  std::uint64_t seed = 1;
  unsigned threads = 1;
};

/// Each study on the same patients. The same for the same seed, whatever the threads.
StudyAnswers run_studies(const std::vector<Study>& studies, const BodyData& data,
                         const Variability& variability, const StudyRequest& request);

/// A row of the validation table.
struct ValidationRow {
  const Study* study = nullptr;
  const StudyQuantity* quantity = nullptr;
  StudyAnswer answer;
  double value = 0;    // as it is told
  bool pass = false;   // within the published band
  bool counts = true;  // a row of consistency does not
};
/// All quantities that belong to a row of the table, by row.
std::vector<ValidationRow> validation_rows(const std::vector<Study>& studies, const StudyAnswers& answers);

/// What the rows of the middle patient would be with numbers at the ends of their ranges.
struct Sensitivity {
  std::string name;  // "dispersion"
  struct End {
    std::string said;            // "lowest", "highest"
    std::vector<double> values;  // by row
  };
  std::vector<End> ends;
};
/// Of the numbers that are known least: dispersion, spinal share of absorption, loss through the dura,
/// partition and exchange of the cord; of all substances at once.
std::vector<Sensitivity> sensitivity_of(const std::vector<Study>& studies, const BodyData& data,
                                        const std::vector<ValidationRow>& rows);

}  // namespace theca
