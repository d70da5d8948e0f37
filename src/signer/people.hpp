#pragma once
/// Who may sign, and with which passkeys: the signer's own list. Nothing that comes over its socket reaches
/// it.

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "catalogue/role.hpp"
#include "clinic/passkey.hpp"
#include "files/private_folder.hpp"

namespace theca::signer {

/// Of the gateway's pass to read, and of every patient's programmer, whose implant tells whose it is; no
/// person has them.
inline constexpr std::uint32_t kGatewaySerial = 9, kHandheldSerial = 8;

struct Enrolled {
  std::uint32_t serial = 0;  // in certificates and in the implants' journals
  std::string name;
  Role role = Role::kPhysician;
  std::vector<Passkey> passkeys;
};

struct People {
  PasskeySite site;
  std::uint32_t epoch = 0;  // of the clinic's keys; certificates carry it, and an implant refuses a lower one
  std::vector<Enrolled> list;
};

/// Makes an empty list; refused where there is one.
std::expected<void, std::string> begin_people(Files& files, const PasskeySite& site);

/// Refused where a passkey, by its id or its key, is two people's.
std::expected<People, std::string> read_people(const Files& files);

/// A passkey of this person: somebody new, or one more for somebody who stands in the list with the same name
/// and role. The challenge is one that the caller made for this enrolment.
std::expected<Enrolled, std::string> enrol(Files& files, std::uint32_t serial, const std::string& name,
                                           Role role, const PasskeyRegistration& registration,
                                           link::Bytes challenge);

/// Certificates carry this epoch from now on; it only grows.
std::expected<void, std::string> raise_epoch(Files& files, std::uint32_t epoch);

}  // namespace theca::signer
