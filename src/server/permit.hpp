#pragma once
/// Who in a clinic may do what, and with which patients: one function over one constant table in which every
/// cell is said. What has no row is refused. What an implant lets somebody do is a table of its own
/// (implant/authorisation.hpp) and comes after this one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace theca::server {

enum class StaffRole : std::uint8_t { kNone = 0, kPhysician, kNurse, kPharmacist, kAdministrator };
inline constexpr std::size_t kStaffRoleCount = 5;
inline constexpr std::array<const char*, kStaffRoleCount> kStaffRoleNames{
    "not signed in", "physician", "nurse", "pharmacist", "administrator"};

enum class Action : std::uint8_t {
  kEmergencyPage = 0,  // the words for whoever stands before a patient; holds nobody's data
  kReadInterface,      // the description of this server's interface
  kSignIn,
  kOwnAccount,  // who one is, one's own keys, signing out
  kSearch,
  kReadPatient,
  kReadPump,
  kDraft,
  kSign,
  kSecondSign,
  kSend,
  kRefill,          // with another drug or concentration: under a new order
  kRefillOnly,      // with the same fluid, under the order that runs
  kConfirmSyringe,  // as the second person at a refill
  kStopOrLower,
  kRestart,  // after a stop
  kObserve,  // note what is seen of a patient
  kEnrolPatient,
  kAddPump,   // to a patient's record
  kPairPump,  // a pump out of its pack becomes the clinic's
  kManageCareTeam,
  kExport,      // of one patient: report, FHIR
  kBreakGlass,  // opens a chart of the own clinic with a reason; is reviewed afterwards
  kReviewBreakGlass,
  kManageLibrary,  // drugs and their limits
  kManagePeople,
  kReadAudit,
  kBackup,
};
inline constexpr std::size_t kActionCount = 28;

/// Numbers of the clinic's own books; 0 is nobody.
struct Actor {
  StaffRole role = StaffRole::kNone;
  std::int64_t clinic = 0;
  std::int64_t person = 0;
  friend bool operator==(const Actor&, const Actor&) = default;
};

/// What it is done to, as it stands to the actor.
struct Object {
  std::int64_t clinic = 0;  // whose it is; 0: there is no such thing
  bool in_care_team = false;
  bool glass_broken = false;      // by the actor, and not over yet
  std::int64_t first_signer = 0;  // of what a second person signs or confirms; 0: nobody has begun it
};

enum class Verdict : std::uint8_t {
  kYes,
  kNotSignedIn,
  kNotThisRole,
  kNotFound,
  kNotInCareTeam,
  kSamePerson
};

/// How far a role's word reaches.
enum class Reach : std::uint8_t {
  kNever,
  kAnybody,       // asks for no object
  kClinic,        // of the own clinic
  kCareTeam,      // of a patient in whose care team the actor is
  kCareOrBroken,  // or whose chart was opened by breaking the glass
};

struct PermitRow {
  Action action;
  const char* name;
  std::array<Reach, kStaffRoleCount> reach;  // in the order of the roles
};

namespace permit_table {

using enum Reach;
inline constexpr Reach kNo = kNever, kAll = kAnybody, kHere = kClinic, kTeam = kCareTeam,
                       kGlass = kCareOrBroken;

inline constexpr std::array<PermitRow, kActionCount> kTable{{
    // action                  name                       nobody physician nurse   pharmacist administrator
    {Action::kEmergencyPage, "read the emergency page", {kAll, kAll, kAll, kAll, kAll}},
    {Action::kReadInterface, "read the interface", {kAll, kAll, kAll, kAll, kAll}},
    {Action::kSignIn, "sign in", {kAll, kAll, kAll, kAll, kAll}},
    {Action::kOwnAccount, "own account", {kNo, kAll, kAll, kAll, kAll}},
    {Action::kSearch, "search", {kNo, kHere, kHere, kHere, kNo}},
    {Action::kReadPatient, "read a patient", {kNo, kGlass, kGlass, kTeam, kNo}},
    {Action::kReadPump, "read a pump", {kNo, kGlass, kGlass, kNo, kNo}},
    {Action::kDraft, "draft", {kNo, kTeam, kTeam, kNo, kNo}},
    {Action::kSign, "sign", {kNo, kTeam, kNo, kNo, kNo}},
    {Action::kSecondSign, "sign as the second", {kNo, kHere, kNo, kNo, kNo}},
    {Action::kSend, "send", {kNo, kTeam, kNo, kNo, kNo}},
    {Action::kRefill, "refill with another fluid", {kNo, kTeam, kNo, kNo, kNo}},
    {Action::kRefillOnly, "refill with the same fluid", {kNo, kTeam, kTeam, kNo, kNo}},
    {Action::kConfirmSyringe, "confirm a syringe", {kNo, kHere, kHere, kHere, kNo}},
    {Action::kStopOrLower, "stop or lower", {kNo, kGlass, kGlass, kNo, kNo}},
    {Action::kRestart, "restart", {kNo, kTeam, kTeam, kNo, kNo}},
    {Action::kObserve, "note what is seen", {kNo, kTeam, kTeam, kNo, kNo}},
    {Action::kEnrolPatient, "enrol a patient", {kNo, kHere, kHere, kNo, kNo}},
    {Action::kAddPump, "add a pump", {kNo, kTeam, kTeam, kNo, kNo}},
    {Action::kPairPump, "pair a pump", {kNo, kTeam, kNo, kNo, kNo}},
    {Action::kManageCareTeam, "change a care team", {kNo, kTeam, kTeam, kNo, kNo}},
    {Action::kExport, "export", {kNo, kTeam, kTeam, kNo, kNo}},
    {Action::kBreakGlass, "break the glass", {kNo, kHere, kHere, kNo, kNo}},
    {Action::kReviewBreakGlass, "review broken glass", {kNo, kNo, kNo, kNo, kHere}},
    {Action::kManageLibrary, "change the drug library", {kNo, kNo, kNo, kHere, kNo}},
    {Action::kManagePeople, "manage people", {kNo, kNo, kNo, kNo, kHere}},
    {Action::kReadAudit, "read the audit", {kNo, kNo, kNo, kNo, kHere}},
    {Action::kBackup, "back up", {kNo, kNo, kNo, kNo, kHere}},
}};

constexpr Reach reach(Action action, StaffRole role) {
  return kTable[static_cast<std::size_t>(action)].reach[static_cast<std::size_t>(role)];
}

/// Every action has its row, in its place, and a name.
static_assert([] {
  for (std::size_t i = 0; i < kActionCount; ++i) {
    if (kTable[i].action != static_cast<Action>(i) || kTable[i].name == nullptr) return false;
  }
  return static_cast<std::size_t>(Action::kBackup) + 1 == kActionCount;
}());
/// Whoever is not signed in reaches no object; whoever keeps the books reaches no patient; one role signs;
/// broken glass lets read, and lowers.
static_assert([] {
  for (const PermitRow& row : kTable) {
    const Reach nobody = row.reach[static_cast<std::size_t>(StaffRole::kNone)];
    if (nobody != kNever && nobody != kAnybody) return false;
    const Reach books = row.reach[static_cast<std::size_t>(StaffRole::kAdministrator)];
    if (books == kCareTeam || books == kCareOrBroken) return false;
    const bool lasting = row.action != Action::kReadPatient && row.action != Action::kReadPump &&
                         row.action != Action::kStopOrLower;
    for (std::size_t role = 0; role < kStaffRoleCount; ++role) {
      if (lasting && row.reach[role] == kCareOrBroken) return false;
      const bool signs =
          row.action == Action::kSign || row.action == Action::kSecondSign || row.action == Action::kSend;
      if (signs && row.reach[role] != kNever && static_cast<StaffRole>(role) != StaffRole::kPhysician)
        return false;
    }
  }
  return true;
}());

}  // namespace permit_table

constexpr const char* name_of(Action action) {
  return permit_table::kTable[static_cast<std::size_t>(action)].name;
}

/// May be done by somebody who is not signed in.
constexpr bool is_public(Action action) {
  return permit_table::reach(action, StaffRole::kNone) == Reach::kAnybody;
}

/// The one place where it is decided. Numbers outside the tables get no.
Verdict permit(const Actor& actor, Action action, const Object& object);

}  // namespace theca::server
