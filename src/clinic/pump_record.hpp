#pragma once
/// A patient's pumps, as they were implanted.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/database.hpp"
#include "quantity/quantity.hpp"

namespace theca::records {

struct ImplantedCatheter {
  std::string model;  // name in the library
  Volume volume;
};

struct PumpDetails {
  std::array<std::uint8_t, 8> implant{};  // the implant's own id; one pump of a clinic has it
  std::string model;                      // name in the library
  std::string serial;                     // sealed
  Volume tubing;                          // of the pump, up to the catheter's connector
  std::optional<ImplantedCatheter> catheter;
  std::int64_t implanted_ms = 0;  // UTC
};

struct PumpRecord {
  PumpId id;
  PatientId patient;
  PumpDetails details;
  std::optional<std::int64_t> explanted_ms;
};

/// A pump's tubing and a catheter hold up to 10 mL; no path of the library comes near it.
inline constexpr Volume kLargestPathPart = millilitres(10);

Recorded<PumpId> add_pump(Database& database, const Actor& actor, const RequestId& request, PatientId patient,
                          const PumpDetails& details);
/// A row of the audit trail alone, of an implant that is not in the records yet: `word` says what is done
/// with it, in a-z and spaces.
Recorded<void> note_implant(Database& database, const Actor& actor, PatientId patient,
                            const std::array<std::uint8_t, 8>& implant, const std::string& word);
Recorded<PumpRecord> pump(Database& database, const Actor& actor, PumpId id);
Recorded<std::vector<PumpRecord>> pumps_of(Database& database, const Actor& actor, PatientId patient);
/// kConflict for one that was taken out already.
Recorded<void> explant_pump(Database& database, const Actor& actor, const RequestId& request, PumpId id,
                            std::int64_t explanted_ms);

/// Within a transaction: whose pump it is. kMissing for another clinic's.
Recorded<PatientId> patient_of_pump(Work& work, PumpId id);
/// Not before the year 2000, not after 9999.
Recorded<void> check_time(const char* what, std::int64_t at_ms);

}  // namespace theca::records
