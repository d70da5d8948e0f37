#pragma once
/// What a run does in one patient, in twenty decays a drug: for many patients. Levels at the painful
/// segment, in cistern and blood, and the effects; no map. docs/model.md says how far off it is.

#include <span>
#include <vector>

#include "world/patient_twin.hpp"

namespace theca {

struct QuickDrug {
  Course at_pain, cistern, plasma;  // ug/mL
};
struct QuickCourses {
  std::vector<QuickDrug> drugs;  // by KnownDrugs::substances
  EffectsInPatient effects;
};

/// Where one patient's catheter ends and which segment is looked at, cm.
struct QuickPlaces {
  double tip_cm = 0;
  Span pain;
};

/// Courses at `times`, which rise.
QuickCourses quick_courses(const RunResult& run, const PatientSetting& setting, const KnownDrugs& known,
                           const Individual& who, const QuickPlaces& places, std::span<const Instant> times);

}  // namespace theca
