#pragma once
/// The modes of delivery as one table: what happens to basal, what may overlap, what a patient's request
/// means, and what follows. Total by static_assert; docs/modes.md is this table in prose.

#include <array>
#include <cstddef>
#include <cstdint>

namespace theca {

enum class Mode : std::uint8_t {
  kStopped = 0,
  kMinimumRate,
  kSimpleContinuous,
  kFlex,
  kPeriodicBolus,  // a scheduled bolus is being given over its basal
  kSingleBolus,
  kPatientBolus,
  kBridge,
  kPrime,
  kSafeState,
  kLowered,  // break-glass
};
inline constexpr std::size_t kModeCount = 11;

enum class BasalIn : std::uint8_t { kNone, kRuns, kReplaced };
enum class RequestIn : std::uint8_t { kRefused, kByPolicy, kByBridgePlan };
/// What a pump does that finds itself in this mode after the named trouble.
enum class Onward : std::uint8_t {
  kSame,          // carries on
  kStay,          // stays stopped
  kBasal,         // drops the dose in hand, tells what was given, goes on with basal
  kFallback,      // the prescription's own fall-back
  kSafeState,     // the formulation's safe state
  kStopMotor,     // nothing left to give: no motor, critical alarm
  kHoldAndRetry,  // motor off, one try a minute, nothing is caught up
};

struct ModeRow {
  Mode mode;
  const char* name;
  BasalIn basal;
  bool scheduled_bolus_may_start;
  RequestIn patient_request;
  Onward on_reboot;
  Onward on_expiry;
  Onward on_empty;
  Onward on_stall;
  Onward on_mri;
  Onward then;  // when the mode's own end is reached
};

inline constexpr std::array<ModeRow, kModeCount> kModes{{
    {Mode::kStopped, "stopped", BasalIn::kNone, false, RequestIn::kRefused, Onward::kStay, Onward::kStay,
     Onward::kStay, Onward::kStay, Onward::kStay, Onward::kStay},
    {Mode::kMinimumRate, "minimum rate", BasalIn::kRuns, true, RequestIn::kByPolicy, Onward::kSame,
     Onward::kFallback, Onward::kStopMotor, Onward::kHoldAndRetry, Onward::kHoldAndRetry, Onward::kSame},
    {Mode::kSimpleContinuous, "simple continuous", BasalIn::kRuns, true, RequestIn::kByPolicy, Onward::kSame,
     Onward::kFallback, Onward::kStopMotor, Onward::kHoldAndRetry, Onward::kHoldAndRetry, Onward::kSame},
    {Mode::kFlex, "flex", BasalIn::kRuns, true, RequestIn::kByPolicy, Onward::kSame, Onward::kFallback,
     Onward::kStopMotor, Onward::kHoldAndRetry, Onward::kHoldAndRetry, Onward::kSame},
    {Mode::kPeriodicBolus, "periodic bolus", BasalIn::kRuns, false, RequestIn::kRefused, Onward::kBasal,
     Onward::kFallback, Onward::kStopMotor, Onward::kBasal, Onward::kBasal, Onward::kBasal},
    {Mode::kSingleBolus, "single bolus", BasalIn::kRuns, false, RequestIn::kRefused, Onward::kBasal,
     Onward::kFallback, Onward::kStopMotor, Onward::kBasal, Onward::kBasal, Onward::kBasal},
    {Mode::kPatientBolus, "patient-activated bolus", BasalIn::kRuns, false, RequestIn::kRefused,
     Onward::kBasal, Onward::kFallback, Onward::kStopMotor, Onward::kBasal, Onward::kBasal, Onward::kBasal},
    {Mode::kBridge, "bridge", BasalIn::kReplaced, false, RequestIn::kByBridgePlan, Onward::kSame,
     Onward::kFallback, Onward::kStopMotor, Onward::kHoldAndRetry, Onward::kHoldAndRetry, Onward::kBasal},
    {Mode::kPrime, "prime", BasalIn::kReplaced, false, RequestIn::kRefused, Onward::kBasal, Onward::kFallback,
     Onward::kStopMotor, Onward::kHoldAndRetry, Onward::kHoldAndRetry, Onward::kBasal},
    {Mode::kSafeState, "safe state", BasalIn::kReplaced, false, RequestIn::kRefused, Onward::kSame,
     Onward::kSame, Onward::kStopMotor, Onward::kHoldAndRetry, Onward::kHoldAndRetry, Onward::kStay},
    {Mode::kLowered, "lowered", BasalIn::kReplaced, false, RequestIn::kRefused, Onward::kSame,
     Onward::kFallback, Onward::kStopMotor, Onward::kHoldAndRetry, Onward::kHoldAndRetry, Onward::kBasal},
}};

constexpr const ModeRow& row_of(Mode mode) { return kModes[static_cast<std::size_t>(mode)]; }

static_assert([] {
  for (std::size_t i = 0; i < kModeCount; ++i) {
    if (static_cast<std::size_t>(kModes[i].mode) != i || kModes[i].name == nullptr) return false;
  }
  return true;
}());

}  // namespace theca
