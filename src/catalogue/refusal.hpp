#pragma once
/// Why the pump said no, to a patient's request or to a command. One row each: code, name, words.

#include <array>
#include <cstddef>
#include <cstdint>

namespace theca {

enum class Refusal : std::uint8_t {
  kNone = 0,
  // a patient's request
  kNoPatientBolus,
  kLockout,
  kAllottedUsed,
  kOutsideHours,
  kOtherBolusRunning,
  kMode,
  kCriticalAlarm,
  kBridging,
  kFrontInPath,
  kCeiling,
  kReservoirEmpty,
  kMagneticField,
  kSupervised,
  kLowered,
  // a command
  kNotImplanted,
  kAlreadyImplanted,
  kPrescriptionMalformed,
  kPrescriptionRule,
  kCeilingAfterPast,
  kFormulationMismatch,
  kBridgeMismatch,
  kBridgeRunning,
  kPrimeNotAllowed,
  kStartsLater,
  kExpiredAlready,
  kOverfill,
  kTooManyFluids,
  kMotorFault,
  kNothingToResume,
  kBadLimits,
  kNaivePatient,
  kNotExplanted,
  kJournalUnread,
  kWasEmpty,
  kNoBolusRunning,
};
inline constexpr std::size_t kRefusalCount = 36;

struct RefusalRow {
  Refusal refusal;
  const char* name;
  const char* text;
};

inline constexpr std::array<RefusalRow, kRefusalCount> kRefusals{{
    {Refusal::kNone, "none", "Granted."},
    {Refusal::kNoPatientBolus, "no patient bolus", "The prescription has no patient-activated bolus."},
    {Refusal::kLockout, "lockout", "The lockout since the last bolus is not over."},
    {Refusal::kAllottedUsed, "allotted used", "All boluses allotted to this window were given."},
    {Refusal::kOutsideHours, "outside hours", "Requests are not allowed at this time of day."},
    {Refusal::kOtherBolusRunning, "other bolus running", "Another bolus is being given."},
    {Refusal::kMode, "mode", "The present mode gives no patient bolus."},
    {Refusal::kCriticalAlarm, "critical alarm", "A critical alarm stands."},
    {Refusal::kBridging, "bridging", "A bridge is running and has no room or plan for a bolus."},
    {Refusal::kFrontInPath, "front in path",
     "Another formulation than the prescribed one would leave the tip."},
    {Refusal::kCeiling, "ceiling", "The bolus would touch one of the patient's ceilings."},
    {Refusal::kReservoirEmpty, "reservoir empty", "The reservoir may be empty."},
    {Refusal::kMagneticField, "magnetic field", "A strong magnetic field holds the rotor."},
    {Refusal::kSupervised, "supervised",
     "The first hours after a change are supervised: fewer doses are allowed meanwhile."},
    {Refusal::kLowered, "delivery lowered",
     "Delivery has been lowered in an emergency; no dose is given meanwhile."},
    {Refusal::kNotImplanted, "not implanted", "The pump has not been set up for a patient."},
    {Refusal::kAlreadyImplanted, "already implanted", "The pump has been set up for a patient before."},
    {Refusal::kPrescriptionMalformed, "prescription malformed", "The bytes are no prescription."},
    {Refusal::kPrescriptionRule, "prescription rule",
     "The prescription breaks a rule of this pump or patient."},
    {Refusal::kCeilingAfterPast, "ceiling after the past",
     "Together with what was given in the last hour, day or 30 days this could touch a ceiling: start it "
     "later, or raise the ceiling."},
    {Refusal::kFormulationMismatch, "formulation mismatch",
     "The prescription is for another formulation than the reservoir holds."},
    {Refusal::kBridgeMismatch, "bridge mismatch",
     "The bridge is not for the fluid and volume that the path holds."},
    {Refusal::kBridgeRunning, "bridge running",
     "A bridge is running: plan the change with a bridge for what is left."},
    {Refusal::kPrimeNotAllowed, "prime not allowed",
     "A prime is for a path that does not hold the drug yet; this one does, or was primed."},
    {Refusal::kStartsLater, "starts later",
     "A prime, a bridge and another formulation start at once; they cannot be put off."},
    {Refusal::kExpiredAlready, "expired already", "The prescription's expiry lies in the past."},
    {Refusal::kOverfill, "overfill", "The reservoir cannot hold that volume."},
    {Refusal::kTooManyFluids, "too many fluids",
     "The path holds too many different fluids to follow one more."},
    {Refusal::kMotorFault, "motor fault", "Motor power is off after over-delivery."},
    {Refusal::kNothingToResume, "nothing to resume", "No stopped prescription to resume."},
    {Refusal::kBadLimits, "bad limits", "Ceilings, path or model constants are outside their range."},
    {Refusal::kNaivePatient, "naive patient",
     "Nothing was given for three days and more: the old dose may be an overdose. Prescribe anew."},
    {Refusal::kNotExplanted, "not explanted", "Only a pump outside a patient does that."},
    {Refusal::kJournalUnread, "journal unread", "The clinic has not read all of the journal."},
    {Refusal::kWasEmpty, "was empty",
     "By what was aspirated the pump was empty, nobody knows since when: the old dose may be an overdose. "
     "Prescribe anew."},
    {Refusal::kNoBolusRunning, "no bolus running", "No bolus is being given."},
}};

constexpr const RefusalRow& row_of(Refusal refusal) { return kRefusals[static_cast<std::size_t>(refusal)]; }

static_assert([] {
  for (std::size_t i = 0; i < kRefusalCount; ++i) {
    if (static_cast<std::size_t>(kRefusals[i].refusal) != i) return false;
  }
  return true;
}());

}  // namespace theca
