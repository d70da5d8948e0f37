#pragma once
/// Who may do what, and when: one constant table, role × operation × state, in which every cell is said.
/// Whatever has no row is refused. The pump's own refusals come after it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "catalogue/command.hpp"
#include "catalogue/role.hpp"

namespace theca {

/// A set of states.
struct States {
  std::uint8_t bits = 0;
  [[nodiscard]] constexpr bool has(DeviceState state) const {
    return (bits >> static_cast<unsigned>(state) & 1U) != 0;
  }
};
template <class... S>
constexpr States in(S... state) {
  return {static_cast<std::uint8_t>((0U | ... | (1U << static_cast<unsigned>(state))))};
}

/// What must hold besides.
enum class Condition : std::uint8_t {
  kNone,
  kIfPrescribed,  // the order that runs says so
  kOwnPause,      // the same role has stopped the pump
};

struct Permit {
  States states;  // none: never
  Condition condition = Condition::kNone;
};

namespace authorisation {

using enum DeviceState;
inline constexpr States kNever{};
inline constexpr States kFresh = in(kUnpaired);
inline constexpr States kAll =
    in(kUnpaired, kShelf, kDelivering, kStopped, kSafeState, kMotorOff, kExplanted);
inline constexpr States kOwned = in(kShelf, kDelivering, kStopped, kSafeState, kMotorOff, kExplanted);
inline constexpr States kInPatient = in(kDelivering, kStopped, kSafeState, kMotorOff);
inline constexpr States kTherapy = in(kDelivering, kStopped, kSafeState);
inline constexpr States kToPrescribe = in(kShelf, kDelivering, kStopped, kSafeState);

struct Row {
  Opcode opcode;
  std::array<Permit, kRoleCount> by_role;  // in the order of the roles
};

inline constexpr Permit kNo{kNever};
inline constexpr std::array<Row, kOpcodeCount> kTable{{
    // operation                   card holder  physician       nurse        patient       emergency  service
    {Opcode::kReady, {{{kFresh}, {kOwned}, {kOwned}, {kOwned}, kNo, {kOwned}}}},
    {Opcode::kReadStatus, {{{kFresh}, {kOwned}, {kOwned}, kNo, kNo, {kOwned}}}},
    {Opcode::kReadOwn, {{kNo, kNo, kNo, {kOwned}, kNo, kNo}}},
    {Opcode::kReadOrder, {{kNo, {kOwned}, {kOwned}, kNo, kNo, kNo}}},
    {Opcode::kReadJournal, {{kNo, {kOwned}, {kOwned}, kNo, kNo, kNo}}},
    {Opcode::kReadPage, {{kNo, kNo, kNo, kNo, {kAll}, kNo}}},
    {Opcode::kReadFirmware, {{kNo, {kOwned}, {kOwned}, kNo, kNo, {kOwned}}}},
    {Opcode::kReadOwnTherapy, {{kNo, kNo, kNo, {kOwned}, kNo, kNo}}},
    {Opcode::kOffer, {{kNo, {kToPrescribe}, kNo, kNo, kNo, kNo}}},
    {Opcode::kOfferSignature, {{kNo, {kToPrescribe}, kNo, kNo, kNo, kNo}}},
    {Opcode::kOfferBlock, {{kNo, {kToPrescribe}, kNo, kNo, kNo, kNo}}},
    {Opcode::kDiscard, {{kNo, {kToPrescribe}, kNo, kNo, kNo, kNo}}},
    {Opcode::kCommit, {{kNo, {kToPrescribe}, kNo, kNo, kNo, kNo}}},
    {Opcode::kStop,
     {{kNo, {kTherapy}, {kTherapy}, {in(kDelivering, kSafeState), Condition::kIfPrescribed}, kNo, kNo}}},
    {Opcode::kResume,
     {{kNo, {in(kStopped)}, {in(kStopped)}, {in(kStopped), Condition::kOwnPause}, kNo, kNo}}},
    {Opcode::kRefill, {{kNo, {kTherapy}, {kTherapy}, kNo, kNo, kNo}}},
    {Opcode::kRequestBolus, {{kNo, kNo, kNo, {kInPatient}, kNo, kNo}}},
    {Opcode::kSetClock, {{kNo, {kInPatient}, kNo, kNo, kNo, kNo}}},
    {Opcode::kAcknowledgeAlarms, {{kNo, {kInPatient}, {kInPatient}, kNo, kNo, kNo}}},
    {Opcode::kAcknowledgeJournal, {{kNo, {kOwned}, {kOwned}, kNo, kNo, kNo}}},
    {Opcode::kExplant, {{kNo, {kInPatient}, kNo, kNo, kNo, kNo}}},
    {Opcode::kEraseSecrets, {{kNo, {in(kExplanted)}, kNo, kNo, kNo, kNo}}},
    {Opcode::kLower, {{kNo, kNo, kNo, kNo, {kInPatient}, kNo}}},
    {Opcode::kCutBolus, {{kNo, {kInPatient}, {kInPatient}, {kInPatient}, kNo, kNo}}},
    {Opcode::kPair, {{{kFresh}, kNo, kNo, kNo, kNo, kNo}}},
    {Opcode::kPairPatient, {{kNo, {kOwned}, kNo, kNo, kNo, kNo}}},
    {Opcode::kRaiseEpoch, {{kNo, {kOwned}, {kOwned}, {kOwned}, kNo, {kOwned}}}},
    {Opcode::kRenew, {{kNo, {kOwned}, kNo, kNo, kNo, kNo}}},
    {Opcode::kTransfer, {{kNo, {kOwned}, kNo, kNo, kNo, kNo}}},
    {Opcode::kRefuseTransfer, {{kNo, {kOwned}, kNo, {kOwned}, kNo, kNo}}},
    {Opcode::kClaim, {{kNo, kNo, kNo, kNo, {kOwned}, kNo}}},
    {Opcode::kAuthoriseFirmware, {{kNo, {kToPrescribe}, kNo, kNo, kNo, kNo}}},
    {Opcode::kOfferFirmware, {{kNo, {kToPrescribe}, kNo, kNo, kNo, {kToPrescribe}}}},
    {Opcode::kFirmwareBlock, {{kNo, {kToPrescribe}, kNo, kNo, kNo, {kToPrescribe}}}},
    {Opcode::kTryFirmware, {{kNo, {kToPrescribe}, kNo, kNo, kNo, {kToPrescribe}}}},
}};

/// Every operation has its row, in its place.
static_assert([] {
  for (std::size_t i = 0; i < kOpcodeCount; ++i) {
    if (kTable[i].opcode != kOpcodes[i].opcode) return false;
  }
  return true;
}());
/// No key, no change but less drug, and a promise that the registry has signed; nobody holds a card of an
/// implant that is paired; an implant that is not has no roles.
static_assert([] {
  for (const Row& row : kTable) {
    const bool by_coil =
        row.opcode == Opcode::kReadPage || row.opcode == Opcode::kLower || row.opcode == Opcode::kClaim;
    if ((row.by_role[static_cast<std::size_t>(Role::kEmergency)].states.bits != 0) != by_coil) return false;
    if ((row.by_role[static_cast<std::size_t>(Role::kCardHolder)].states.bits & kOwned.bits) != 0)
      return false;
    for (const Role role : {Role::kPhysician, Role::kNurse, Role::kPatient, Role::kService}) {
      if (row.by_role[static_cast<std::size_t>(role)].states.has(kUnpaired)) return false;
    }
  }
  return true;
}());

}  // namespace authorisation

enum class Verdict : std::uint8_t { kYes, kUnknown, kNotThisRole, kNotInThisState };

/// What the conditions are asked of.
struct Standing {
  bool patient_may_pause = false;    // by the order that runs
  std::optional<Role> stopped_by{};  // over the link
};

constexpr Verdict permit(Role role, Opcode opcode, DeviceState state, const Standing& standing) {
  const auto place = place_of(opcode);
  if (!place) return Verdict::kUnknown;
  const Permit& cell = authorisation::kTable[*place].by_role[static_cast<std::size_t>(role)];
  if (cell.states.bits == 0) return Verdict::kNotThisRole;
  if (cell.condition == Condition::kIfPrescribed && !standing.patient_may_pause) return Verdict::kNotThisRole;
  if (!cell.states.has(state)) return Verdict::kNotInThisState;
  if (cell.condition == Condition::kOwnPause && standing.stopped_by != role) return Verdict::kNotThisRole;
  return Verdict::kYes;
}

}  // namespace theca
