#pragma once
/// What became of a therapy, day by day: what the pump gave and was asked for, by its own journal, beside
/// what it was ordered to. docs/follow.md

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "catalogue/alarm.hpp"
#include "clinic/kept_journal.hpp"
#include "cohort/trial.hpp"
#include "plan/cusum.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// So far back at the most, from the end of the journal.
inline constexpr std::int64_t kMostCourseDays = 400;

struct CourseQuestion {
  const KeptJournal& journal;
  std::vector<Prescription> orders;  // those that the records know, in any order
  const PumpModel& model;
  /// What the pump said when it was read last: its steps reach further than the journal, which tells them
  /// every six hours.
  struct Said {
    Instant now;
    std::int64_t utc_ms = 0, steps = 0;
    std::uint32_t at_tip = 0;  // number of the fluid
  };
  std::optional<Said> said;
};

/// One local day. The drug is the first of the newest order's.
struct CourseDay {
  std::int64_t from_ms = 0;   // UTC
  Duration known;             // of it, that the journal tells of
  std::optional<Mass> given;  // out of the tip; nothing: of a fluid whose order the records do not have
  Mass by_patient;            // of it: the patient's own boluses
  Duration ordered;           // of it, that an order ran
  std::optional<Mass>
      prescribed;  // in that: basal and scheduled boluses of the orders that ran; nothing: not known
  int granted = 0, refused = 0;  // of what the patient asked for
};
struct CoursePrescription {
  std::int64_t at_ms = 0;
  std::uint32_t number = 0;
  std::optional<Prescription> order;
};
struct CourseAlarm {
  Alarm alarm{};
  std::int64_t raised_ms = 0;
  std::optional<std::int64_t> cleared_ms;
};
struct CourseMark {
  std::int64_t at_ms = 0;
  const char* what = "";  // a word of the catalogue of events
};
struct CourseRefill {
  std::int64_t at_ms = 0;
  Volume filled;                              // in the pump afterwards
  std::optional<Volume> aspirated, expected;  // before it
  std::optional<CusumPoint> sums;             // where there was a fill before
};
struct TherapyCourse {
  DrugCode drug = DrugCode::kNone;         // kNone: no order is known
  Duration offset;                         // of the days, from UTC: that of the newest order, as it is now
  std::int64_t from_ms = 0, until_ms = 0;  // what the journal tells of, within kMostCourseDays
  std::vector<CourseDay> days;
  std::vector<CoursePrescription> prescriptions;
  std::vector<CourseAlarm> alarms;
  std::vector<CourseMark> marks;
  std::vector<CourseRefill> refills;
  /// What left the tip, in steps of kTrialStep from `from_ms` on; nothing where an order is missing, or the
  /// journal does not begin with the implantation.
  std::optional<TipCourse> tip;
};

/// The error is a sentence: nothing can be told.
std::expected<TherapyCourse, std::string> course_of(const CourseQuestion& question);

}  // namespace theca
