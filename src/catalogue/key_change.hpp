#pragma once
/// What may happen to the keys of an implant, as the journal tells it.

#include <array>
#include <cstddef>
#include <cstdint>

namespace theca {

enum class KeyChange : std::uint8_t {
  kPaired = 0,
  kPatientPaired,
  kRenewed,
  kInUse,
  kEpochRaised,
  kPromised,
  kClaimed,
  kRefused,
};
inline constexpr std::size_t kKeyChangeCount = 8;
inline constexpr std::array<const char*, kKeyChangeCount> kKeyChangeNames{
    "paired with a clinic",
    "a secret for the patient's programmer",
    "a new secret for the clinic's programmers",
    "a new secret was used, and what it replaces opens nothing more",
    "certificates of earlier epochs are refused",
    "promised to another clinic",
    "claimed for another clinic by the registry",
    "the promise to another clinic was taken back"};

}  // namespace theca
