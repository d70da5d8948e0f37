#pragma once
/// What the pump tells about itself. One row per code; the meaning of the two values stands in the row, so
/// that code, report and documentation read the same table.

#include <array>
#include <cstddef>
#include <cstdint>

#include "quantity/quantity.hpp"

namespace theca {

enum class EventCode : std::uint8_t {
  kImplanted = 0,
  kRefilled,
  kPrescriptionTaken,
  kPrescriptionStarted,
  kStartPutOff,
  kCeilingsSet,
  kCommandRefused,
  kStopped,
  kResumed,
  kExpired,
  kClockSet,
  kPrimeStarted,
  kPrimeEnded,
  kBridgeStarted,
  kBridgeEnded,
  kChangedWithoutBridge,
  kFrontAtTip,
  kBolusGranted,
  kBolusRefused,
  kBolusCompleted,
  kBolusCut,
  kScheduledBolusSkipped,
  kGateCut,
  kSafeStateEntered,
  kMotorPowerOff,
  kMotorHeld,
  kMotorRetried,
  kStepsMissed,
  kAlarmRaised,
  kAlarmCleared,
  kAlarmsAcknowledged,
  kPowerReturned,
  kMemoryLost,
  kMemoryRepaired,
  kDelivered,
  kJournalAcknowledged,
  kJournalFolded,
  kFieldEntered,
  kFieldLeft,
  kPatientNaive,
  kExplanted,
  kSecretsErased,
  kCatheterRevised,
  kSupervisedStarted,
  kSupervisedEnded,
  kSelfTestFailed,
  kWatchdogRestart,
  kTelemetry,
  kVolumeSensed,
  kVolumeDisagrees,
  kAspirated,
  kBatteryReckoned,
  kAccess,
  kChangeTaken,
  kLowered,
  kLoweredEnded,
  kKeysChanged,
  kFirmware,
};
inline constexpr std::size_t kEventCodeCount = 58;

struct Event {
  Instant at;
  EventCode code = EventCode::kImplanted;
  std::uint8_t detail = 0;
  std::int64_t value = 0;
  std::int64_t value2 = 0;
};

struct EventRow {
  EventCode code;
  const char* name;
  const char* detail;  // "" : not used
  const char* value;
  const char* value2;
};

inline constexpr std::array<EventRow, kEventCodeCount> kEvents{{
    {EventCode::kImplanted, "implanted", "", "path_nl", "pump_model"},
    {EventCode::kRefilled, "refilled", "", "volume_nl", "formulation"},
    {EventCode::kPrescriptionTaken, "prescription taken", "", "prescription", "starts_at_ms"},
    {EventCode::kPrescriptionStarted, "prescription started", "mode", "prescription",
     "safe_state_nl_per_day"},
    {EventCode::kStartPutOff, "start put off", "", "prescription", "tried_again_at_ms"},
    {EventCode::kCeilingsSet, "ceilings set", "", "hour_nl", "day_nl"},
    {EventCode::kCommandRefused, "command refused", "refusal", "prescription", "rule"},
    {EventCode::kStopped, "stopped", "", "prescription", ""},
    {EventCode::kResumed, "resumed", "", "prescription", ""},
    {EventCode::kExpired, "expired", "fallback", "prescription", ""},
    {EventCode::kClockSet, "clock set", "", "utc_ms", "shift_ms"},
    {EventCode::kPrimeStarted, "prime started", "", "volume_nl", "rate_nl_per_day"},
    {EventCode::kPrimeEnded, "prime ended", "", "given_nl", ""},
    {EventCode::kBridgeStarted, "bridge started", "", "volume_nl", "rate_nl_per_day"},
    {EventCode::kBridgeEnded, "bridge ended", "", "given_nl", ""},
    {EventCode::kChangedWithoutBridge, "changed without bridge", "", "path_nl", "formulation_at_tip"},
    {EventCode::kFrontAtTip, "front at tip", "", "formulation", "formulation_before"},
    {EventCode::kBolusGranted, "bolus granted", "bolus_kind", "volume_nl", "duration_ms"},
    {EventCode::kBolusRefused, "bolus refused", "refusal", "request", "next_possible_ms"},
    {EventCode::kBolusCompleted, "bolus completed", "bolus_kind", "given_nl", "prescribed_nl"},
    {EventCode::kBolusCut, "bolus cut", "bolus_kind", "given_nl", "prescribed_nl"},
    {EventCode::kScheduledBolusSkipped, "scheduled bolus skipped", "mode", "identity", "volume_nl"},
    {EventCode::kGateCut, "gate cut", "alarm", "asked_steps", "allowed_steps"},
    {EventCode::kSafeStateEntered, "safe state entered", "", "rate_nl_per_day", ""},
    {EventCode::kMotorPowerOff, "motor power off", "", "commanded_steps", "reported_steps"},
    {EventCode::kMotorHeld, "motor held", "", "commanded_steps", "reported_steps"},
    {EventCode::kMotorRetried, "motor retried", "", "", ""},
    {EventCode::kStepsMissed, "steps missed", "", "steps", ""},
    {EventCode::kAlarmRaised, "alarm raised", "alarm", "", ""},
    {EventCode::kAlarmCleared, "alarm cleared", "alarm", "", ""},
    {EventCode::kAlarmsAcknowledged, "alarms acknowledged", "", "", ""},
    {EventCode::kPowerReturned, "power returned", "count_kept", "unknown_steps", "delivers_from_ms"},
    {EventCode::kMemoryLost, "memory lost", "records", "", ""},
    {EventCode::kMemoryRepaired, "memory repaired", "", "records", ""},
    {EventCode::kDelivered, "delivered", "", "commanded_steps", "reported_steps"},
    {EventCode::kJournalAcknowledged, "journal acknowledged", "", "entries", ""},
    {EventCode::kJournalFolded, "journal folded", "", "entries", ""},
    {EventCode::kFieldEntered, "magnetic field entered", "", "", ""},
    {EventCode::kFieldLeft, "magnetic field left", "", "held_ms", "missed_nl"},
    {EventCode::kPatientNaive, "patient may be naive", "", "without_ms", ""},
    {EventCode::kExplanted, "explanted", "", "prescription", ""},
    {EventCode::kSecretsErased, "secrets erased", "", "", ""},
    {EventCode::kCatheterRevised, "catheter revised", "", "path_nl", "formulation_in_path"},
    {EventCode::kSupervisedStarted, "supervised window started", "supervised_for", "until_ms", "allotted"},
    {EventCode::kSupervisedEnded, "supervised window ended", "", "", ""},
    {EventCode::kSelfTestFailed, "self-test failed", "self_test", "", ""},
    {EventCode::kWatchdogRestart, "watchdog restart", "", "", ""},
    {EventCode::kTelemetry, "telemetry", "telemetry", "", ""},
    {EventCode::kVolumeSensed, "volume sensed", "", "sensed_nl", "counted_nl"},
    {EventCode::kVolumeDisagrees, "volumes disagree", "volume_cause", "found_nl", "counted_nl"},
    {EventCode::kAspirated, "aspirated", "", "aspirated_nl", "expected_nl"},
    {EventCode::kBatteryReckoned, "battery reckoned", "", "left_mc", "lasts_ms"},
    {EventCode::kAccess, "access", "role", "certificate", ""},
    {EventCode::kChangeTaken, "change taken", "role", "change", "intent"},
    {EventCode::kLowered, "delivery lowered", "", "rate_nl_per_day", "until_ms"},
    {EventCode::kLoweredEnded, "lowered delivery ended", "", "", ""},
    {EventCode::kKeysChanged, "keys changed", "key_change", "certificate", "change"},
    {EventCode::kFirmware, "firmware update", "firmware_stage", "certificate", "version"},
}};

constexpr const EventRow& row_of(EventCode code) { return kEvents[static_cast<std::size_t>(code)]; }

static_assert([] {
  for (std::size_t i = 0; i < kEventCodeCount; ++i) {
    if (static_cast<std::size_t>(kEvents[i].code) != i) return false;
  }
  return true;
}());

}  // namespace theca
