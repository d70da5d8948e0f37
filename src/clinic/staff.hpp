#pragma once
/// Clinics, the people who work there, and the passkeys they sign in with.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

enum class StaffRole : std::uint8_t { kPhysician = 0, kNurse, kPharmacist, kAdministrator };
const char* word_of(StaffRole role);

struct Staff {
  PersonId id;
  StaffRole role = StaffRole::kNurse;
  std::string name;  // 1 to 200 bytes
  std::optional<std::int64_t> left_ms;
};

/// Who somebody is in certificates, orders and the implants' journals: the lower 32 bits of the id.
constexpr std::uint32_t serial_of(PersonId person) { return static_cast<std::uint32_t>(person.value); }

/// A clinic with a key of its own and its first administrator, who is the actor from then on.
Recorded<Actor> found_clinic(Database& database, const std::string& clinic, const std::string& administrator);

Recorded<PersonId> add_person(Database& database, const Actor& actor, const RequestId& request,
                              StaffRole role, const std::string& name);
/// Who left cannot act any more, and never comes back under the same id.
Recorded<void> let_go(Database& database, const Actor& actor, const RequestId& request, PersonId person);
Recorded<std::vector<Staff>> staff(Database& database, const Actor& actor);

struct Passkey {
  std::string credential;  // base64url, as the authenticator names itself
  Actor owner;
  StaffRole role = StaffRole::kNurse;
  std::string public_key;  // base64url of algorithm and key (key_text of passkey.hpp)
  std::int64_t counter = 0;
};

Recorded<void> add_passkey(Database& database, const Actor& actor, const RequestId& request,
                           const Passkey& passkey);
/// Before anybody has signed in: whose it says it is. In the audit trail as its owner's.
Recorded<Passkey> find_passkey(Database& database, const std::string& credential);
/// After its signature was checked. kConflict when the counter did not go up: the authenticator was copied.
/// One that keeps no counter says 0 for ever.
Recorded<void> use_passkey(Database& database, const Actor& owner, const std::string& credential,
                           std::int64_t counter);
Recorded<std::vector<Passkey>> passkeys(Database& database, const Actor& actor, PersonId person);

}  // namespace theca::records
