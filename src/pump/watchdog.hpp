#pragma once
/// The proof that feeds the board's watchdog. The board brings a number of its own, never the same twice in a
/// row; the answer follows from it and from every duty of a wake having run. A program that hangs, that skips
/// a duty or that feeds in a loop answers wrong, and the board starts it again.

#include <cstdint>

#include "quantity/quantity.hpp"

namespace theca {

enum class Duty : std::uint8_t {
  kCounted = 0,  // the sensor was held against the gate
  kDecided,      // what is due was decided and put before the gate
  kAlarmed,      // alarms were followed
  kRemembered,   // the call stands in lasting memory
  kTold,         // the journal was told
  kLookedAfter,  // memory and self were looked at
};
inline constexpr std::uint8_t kDutyCount = 6;
inline constexpr std::uint8_t kEveryDuty = (1U << kDutyCount) - 1;

constexpr std::uint32_t proof_of(std::uint32_t challenge, std::uint8_t duties) {
  std::uint32_t mixed = challenge ^ (duties * 0x9E37'79B1U);
  mixed = (mixed ^ (mixed >> 16)) * 0x85EB'CA6BU;
  return mixed ^ (mixed >> 13);
}
/// What the board expects.
constexpr std::uint32_t proof_of(std::uint32_t challenge) { return proof_of(challenge, kEveryDuty); }

/// A pump asks to be woken at least this often; a board that gets no proof for so long after the time it was
/// asked for starts the pump again.
inline constexpr Duration kHeartbeat = hours(1);
inline constexpr Duration kWatchdogGrace = seconds(60);

}  // namespace theca
