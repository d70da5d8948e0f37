#pragma once
/// Patients. What tells who somebody is, and what is noted about them, is sealed under a data key of their
/// own.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

enum class Sex : std::uint8_t { kUnknown = 0, kFemale, kMale, kOther };

/// All of it is sealed.
struct PatientDetails {
  std::string name;  // 1 to 200 bytes
  std::chrono::year_month_day birth_date{};
  std::string record_number;  // 1 to 64 bytes; no two patients of a clinic have the same
  Sex sex = Sex::kUnknown;
  std::string notes;  // to 65536 bytes
  friend bool operator==(const PatientDetails&, const PatientDetails&) = default;
};

struct Patient {
  PatientId id;
  std::int64_t version = 0;  // goes up with every change
  std::int64_t created_ms = 0;
  PatientDetails details;
};

Recorded<PatientId> add_patient(Database& database, const Actor& actor, const RequestId& request,
                                const PatientDetails& details);
Recorded<Patient> patient(Database& database, const Actor& actor, PatientId id);
/// The new version. kConflict when somebody changed the patient since `version` was read.
Recorded<std::int64_t> change_patient(Database& database, const Actor& actor, const RequestId& request,
                                      PatientId id, std::int64_t version, const PatientDetails& details);

/// Whatever is given must fit; at least one must be.
struct PatientSearch {
  std::string words;  // each begins a word of the name (search_token.hpp)
  std::optional<std::chrono::year_month_day> birth_date{};
  std::string record_number{};
};
struct FoundPatient {
  PatientId id;
  std::string name;
  std::chrono::year_month_day birth_date{};
  std::string record_number;
};
struct FoundPatients {
  std::vector<FoundPatient> patients;  // by name, at most kMostFound
  bool more = false;                   // there are others: ask more closely
};
inline constexpr std::size_t kMostFound = 50;

Recorded<FoundPatients> find_patients(Database& database, const Actor& actor, const PatientSearch& search);
/// The query behind it for a number of tokens; a test asks the database how it would go about it.
std::string search_query(std::size_t tokens);

/// For good: the patient's data key and search tokens go, and nothing sealed for the patient opens again,
/// here or in a copy without that key.
struct Erased {
  bool scrubbed = false;  // what they stood in was written over; else the engine does it later
};
Recorded<Erased> erase_patient(Database& database, const Actor& actor, const RequestId& request,
                               PatientId id);

Recorded<void> join_care_team(Database& database, const Actor& actor, const RequestId& request, PatientId id,
                              PersonId person);
Recorded<void> leave_care_team(Database& database, const Actor& actor, const RequestId& request, PatientId id,
                               PersonId person);
Recorded<std::vector<PersonId>> care_team(Database& database, const Actor& actor, PatientId id);
/// Patients in whose care team the actor is, by name.
Recorded<FoundPatients> patients_in_care(Database& database, const Actor& actor);

/// Within a transaction: the key of a patient of the actor's clinic. kMissing for any other, kErased for one
/// whose key was dropped.
Recorded<SecretKey> data_key(Work& work, PatientId id);
Recorded<FoundPatient> who_is(Work& work, PatientId id);

}  // namespace theca::records
