#pragma once
/// What the small number of an event means, where it is neither alarm, refusal, mode nor bolus: tables with
/// the words that people read.

#include <array>
#include <cstddef>
#include <cstdint>

namespace theca {

/// Why a supervised window began.
enum class SupervisedFor : std::uint8_t {
  kImplantation = 0,
  kPrime,
  kRevision,
  kEmptyRefill,
  kDrugChange,
  kRestart
};
inline constexpr std::array<const char*, 6> kSupervisedForNames{
    "implantation", "prime", "catheter revision", "refill of an empty pump", "change of drug", "restart"};

/// The likelier cause when two volumes of the reservoir disagree.
enum class VolumeCause : std::uint8_t {
  kNotFilled = 0,  // from the fill on there was less than was told
  kOverfilled,     // from the fill on there was more
  kDrawnOff,       // less, at once and soon after a fill
  kLost,           // less, at once
  kOverInfusion,   // less, little by little
  kUnderInfusion,  // more, little by little
};
inline constexpr std::array<const char*, 6> kVolumeCauseNames{
    "less was filled than was told: a wrong volume, or drug beside the pump (pocket fill)",
    "more was filled than was told: a wrong volume, or old drug left in",
    "fluid is gone soon after a fill: drawn off (diversion), or a leak",
    "fluid is gone at once: a leak, or drawn off",
    "fluid goes faster than the motor's steps carry: over-infusion",
    "fluid stays behind the motor's steps: occlusion, or slipping rotor"};

/// What happens on the air. It changes no step (INV-13).
enum class Telemetry : std::uint8_t { kOpened = 0, kClosed, kJammed, kCrashed };
inline constexpr std::array<const char*, 4> kTelemetryNames{"opened", "closed", "jammed", "crashed"};

/// What a self-test found. The first is the board's, of its own memories, before the pump's code runs.
enum class SelfTestPart : std::uint8_t { kBoard = 0, kArithmetic, kChecksum, kDigest, kGate, kMemory };
inline constexpr std::array<const char*, 6> kSelfTestPartNames{
    "the board's memories", "exact arithmetic", "the checksum",
    "the digest",           "the dose gate",    "the prescription in RAM"};

/// How far an update of the firmware is.
enum class FirmwareStage : std::uint8_t {
  kNone = 0,
  kAuthorised,  // by a physician, for a while
  kReceiving,   // header and signatures are right; blocks come
  kVerified,    // all of it stands and is right; the slot takes no more writes
  kTrial,       // it runs from the next start on, so many times
  kConfirmed,   // its self-test has passed: it stays
  kReverted,    // it has not; what ran before runs again
  kLastResort,  // the program that should run is not whole: the one that the implant was made with runs
};
inline constexpr std::size_t kFirmwareStageCount = 8;
inline constexpr std::array<const char*, kFirmwareStageCount> kFirmwareStageNames{
    "none", "authorised", "being received", "verified", "on trial", "confirmed", "reverted", "not whole"};

}  // namespace theca
