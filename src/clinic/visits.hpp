#pragma once
/// A patient's visits: when, by whom, why, and what was noted, sealed.

#include <cstdint>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

enum class VisitReason : std::uint8_t {
  kOther = 0,
  kImplantation,
  kTitration,
  kRefill,
  kProblem,
  kExplantation
};

struct VisitDetails {
  std::int64_t at_ms = 0;  // UTC
  VisitReason reason = VisitReason::kOther;
  std::string notes;  // to 65536 bytes; sealed
};

struct Visit {
  VisitId id;
  PatientId patient;
  PersonId by;
  VisitDetails details;
};

Recorded<VisitId> add_visit(Database& database, const Actor& actor, const RequestId& request,
                            PatientId patient, const VisitDetails& details);
/// The newest first.
Recorded<std::vector<Visit>> visits_of(Database& database, const Actor& actor, PatientId patient);

}  // namespace theca::records
