#pragma once
/// Who may speak to an implant, and what an implant may be while it is spoken to. Who may do what, when,
/// stands in implant/authorisation.hpp.

#include <array>
#include <cstddef>
#include <cstdint>

namespace theca {

enum class Role : std::uint8_t {
  kCardHolder = 0,  // whoever opened the implant's pack; until it is paired
  kPhysician,
  kNurse,
  kPatient,
  kEmergency,  // whoever holds a coil to the patient: no key
  kService,
};
inline constexpr std::size_t kRoleCount = 6;

struct RoleRow {
  Role role;
  const char* name;
  const char* text;
};
inline constexpr std::array<RoleRow, kRoleCount> kRoles{{
    {Role::kCardHolder, "card holder",
     "Holds the card of the implant's pack. It is worth nothing once paired."},
    {Role::kPhysician, "physician", "Prescribes. A certificate of the clinic, for a day."},
    {Role::kNurse, "nurse", "Refills what a physician has ordered. A certificate of the clinic, for a day."},
    {Role::kPatient, "patient",
     "Asks for the doses that the prescription allots. A certificate for this implant."},
    {Role::kEmergency, "emergency", "Anybody, with a coil on the skin: less drug, never more. No key."},
    {Role::kService, "service",
     "Reads the state of a pump, and brings firmware that a physician has just authorised."},
}};
constexpr const RoleRow& row_of(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

/// What an implant is, as far as it decides who may do what.
enum class DeviceState : std::uint8_t {
  kUnpaired = 0,  // belongs to no clinic
  kShelf,         // belongs to one and is in no patient
  kDelivering,
  kStopped,    // by somebody's decision
  kSafeState,  // not sure of itself
  kMotorOff,   // after over-delivery, for good
  kExplanted,
};
inline constexpr std::size_t kDeviceStateCount = 7;
inline constexpr std::array<const char*, kDeviceStateCount> kDeviceStateNames{
    "unpaired", "on the shelf", "delivering", "stopped", "safe state", "motor off", "explanted"};

static_assert([] {
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    if (static_cast<std::size_t>(kRoles[i].role) != i) return false;
  }
  return true;
}());

}  // namespace theca
