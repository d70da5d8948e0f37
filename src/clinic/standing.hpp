#pragma once
/// How a thing of a clinic stands to whoever asks for it, before it is decided whether they may. Nothing of
/// it is told to them, and the audit trail has the row of what they did then.

#include <cstdint>
#include <set>
#include <span>

#include "clinic/database.hpp"

namespace theca::records {

enum class PatientsThing : std::uint8_t { kPatient = 0, kPump, kReading, kDraft, kSend, kRefill };

struct Standing {
  bool exists = false;  // in the actor's clinic
  PatientId patient;
  bool in_care_team = false;
  bool glass_broken = false;  // by the actor, and not over at `now_ms`
};

Recorded<Standing> standing(Database& database, const Actor& actor, PatientsThing what, std::int64_t id,
                            std::int64_t now_ms);

/// Those of them in whose care team the actor is.
Recorded<std::set<PatientId>> in_care_of(Database& database, const Actor& actor,
                                         std::span<const PatientId> patients);

}  // namespace theca::records
