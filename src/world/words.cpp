#include "world/words.hpp"

#include <fmt/format.h>

#include "catalogue/alarm.hpp"
#include "catalogue/detail.hpp"
#include "catalogue/key_change.hpp"
#include "catalogue/refusal.hpp"
#include "catalogue/role.hpp"
#include "quantity/text.hpp"
#include "therapy/modes.hpp"

namespace theca {
namespace {

std::string fluid_name(std::int64_t number, const std::vector<FluidName>& fluids) {
  for (const FluidName& fluid : fluids) {
    if (fluid.number == number) return fmt::format("\"{}\" ({})", fluid.name, fluid.contents);
  }
  return "what filled the path before";
}

}  // namespace

const char* name_of(BolusKind kind) {
  switch (kind) {
    case BolusKind::kScheduled:
      return "scheduled";
    case BolusKind::kPatient:
      return "patient";
    case BolusKind::kSingle:
      return "single";
    case BolusKind::kPrime:
      return "prime";
    case BolusKind::kBridge:
      return "bridge";
    case BolusKind::kDuringBridge:
      return "patient, during the bridge";
  }
  return "";
}

std::string words_for(const Event& e, const std::vector<FluidName>& fluids, const WallClock& clock) {
  const auto volume = [](std::int64_t nl) { return to_text(Volume{nl}); };
  const auto kind = [&] { return name_of(static_cast<BolusKind>(e.detail)); };
  switch (e.code) {
    case EventCode::kImplanted:
      return fmt::format("Implanted; the path from reservoir to tip holds {}.", volume(e.value));
    case EventCode::kRefilled:
      return fmt::format("Reservoir filled: {} of {}.", volume(e.value), fluid_name(e.value2, fluids));
    case EventCode::kPrescriptionTaken:
      return fmt::format("Prescription {} taken.", e.value);
    case EventCode::kPrescriptionStarted:
      return fmt::format("Prescription {} starts.", e.value);
    case EventCode::kStartPutOff:
      return fmt::format("Prescription {} is put off: together with what was given it could touch a ceiling.",
                         e.value);
    case EventCode::kCeilingsSet:
      return fmt::format("Ceilings set: {} an hour, {} a day.", volume(e.value), volume(e.value2));
    case EventCode::kCommandRefused:
      return fmt::format("Refused: {}", row_of(static_cast<Refusal>(e.detail)).text);
    case EventCode::kStopped:
      return "Stopped.";
    case EventCode::kResumed:
      return "Resumed.";
    case EventCode::kExpired:
      return fmt::format("Prescription {} has expired; its fall-back runs.", e.value);
    case EventCode::kClockSet:
      return fmt::format("Clock set by {}{}.", e.value2 < 0 ? "-" : "+",
                         to_text(Duration{e.value2 < 0 ? -e.value2 : e.value2}));
    case EventCode::kPrimeStarted:
      return fmt::format("Prime starts: {} at {}.", volume(e.value), to_text(FlowRate{e.value2}));
    case EventCode::kPrimeEnded:
      return fmt::format("Prime ends after {}.", volume(e.value));
    case EventCode::kBridgeStarted:
      return fmt::format("Bridge starts: {} of the old fluid at {}.", volume(e.value),
                         to_text(FlowRate{e.value2}));
    case EventCode::kBridgeEnded:
      return fmt::format("Bridge ends after {}.", volume(e.value));
    case EventCode::kChangedWithoutBridge:
      return fmt::format("No bridge: {} of {} leaves at the new flow first.", volume(e.value),
                         fluid_name(e.value2, fluids));
    case EventCode::kFrontAtTip:
      return fmt::format("{} reaches the catheter tip.", fluid_name(e.value, fluids));
    case EventCode::kBolusGranted:
      return fmt::format("Bolus ({}) starts: {} over {}.", kind(), volume(e.value),
                         to_text(Duration{e.value2}, seconds(1)));
    case EventCode::kBolusRefused:
      return e.value2 == 0
                 ? fmt::format("Request {} refused: {}", e.value, row_of(static_cast<Refusal>(e.detail)).text)
                 : fmt::format("Request {} refused: {} Possible at {}.", e.value,
                               row_of(static_cast<Refusal>(e.detail)).text,
                               local_datetime_text(clock.local_ms(Instant{e.value2})));
    case EventCode::kBolusCompleted:
      return fmt::format("Bolus ({}) complete: {}.", kind(), volume(e.value));
    case EventCode::kBolusCut:
      return fmt::format("Bolus ({}) cut: {} of {} given; the rest is not made up for.", kind(),
                         volume(e.value), volume(e.value2));
    case EventCode::kScheduledBolusSkipped:
      return fmt::format("Scheduled bolus of {} skipped in mode {}; not made up for.", volume(e.value2),
                         row_of(static_cast<Mode>(e.detail)).name);
    case EventCode::kGateCut:
      return fmt::format("The dose gate let {} of {} steps through.", e.value2, e.value);
    case EventCode::kSafeStateEntered:
      return fmt::format("Safe state: {}.", to_text(FlowRate{e.value}));
    case EventCode::kMotorPowerOff:
      return fmt::format("Motor power off: {} steps told, {} made.", e.value, e.value2);
    case EventCode::kMotorHeld:
      return fmt::format("Motor held: {} steps told, {} made.", e.value, e.value2);
    case EventCode::kMotorRetried:
      return "Motor tried again.";
    case EventCode::kStepsMissed:
      return fmt::format("{} steps came due while no one woke the pump; not made up for.", e.value);
    case EventCode::kAlarmRaised:
      return fmt::format("Alarm: {}.", row_of(static_cast<Alarm>(e.detail)).name);
    case EventCode::kAlarmCleared:
      return fmt::format("Alarm over: {}.", row_of(static_cast<Alarm>(e.detail)).name);
    case EventCode::kAlarmsAcknowledged:
      return "The clinic has seen the alarms.";
    case EventCode::kPowerReturned:
      return e.detail != 0
                 ? "Power is back; clock and step count went on."
                 : fmt::format(
                       "Power is back; clock and count were lost. {} steps are unknown and count as "
                       "given; delivery goes on at {}.",
                       e.value, local_datetime_text(clock.local_ms(Instant{e.value2})));
    case EventCode::kMemoryLost:
      return "Records were lost in both copies.";
    case EventCode::kMemoryRepaired:
      return "A damaged record was written anew.";
    case EventCode::kDelivered:
      return fmt::format("Delivered so far: {} steps told, {} made.", e.value, e.value2);
    case EventCode::kJournalAcknowledged:
      return fmt::format("The clinic holds {} entries of the journal.", e.value);
    case EventCode::kFieldEntered:
      return "A magnetic field holds the rotor.";
    case EventCode::kFieldLeft:
      return fmt::format("The magnetic field is left after {}; {} of basal were not given.",
                         to_text(Duration{e.value}), volume(e.value2));
    case EventCode::kPatientNaive:
      return fmt::format("Nothing was given for {}: the patient may have lost the tolerance to the dose.",
                         to_text(Duration{e.value}));
    case EventCode::kExplanted:
      return "Explanted: it gives nothing until it is implanted again.";
    case EventCode::kSecretsErased:
      return "All that tells of the patient is erased.";
    case EventCode::kCatheterRevised:
      return fmt::format("Catheter revised; the path from reservoir to tip holds {}.", volume(e.value));
    case EventCode::kSupervisedStarted:
      return fmt::format("Supervised window ({}) until {}.", kSupervisedForNames.at(e.detail),
                         local_datetime_text(clock.local_ms(Instant{e.value})));
    case EventCode::kSupervisedEnded:
      return "The supervised window is over.";
    case EventCode::kSelfTestFailed:
      return fmt::format("Self-test failed: {}.", kSelfTestPartNames.at(e.detail));
    case EventCode::kWatchdogRestart:
      return "The watchdog started the pump again.";
    case EventCode::kTelemetry:
      return fmt::format("Telemetry {}.", kTelemetryNames.at(e.detail));
    case EventCode::kVolumeSensed:
      return fmt::format("The fill sensor reads {}; {} by count.", volume(e.value), volume(e.value2));
    case EventCode::kVolumeDisagrees:
      return fmt::format("{} found, {} by count. Likelier cause: {}.", volume(e.value), volume(e.value2),
                         kVolumeCauseNames.at(e.detail));
    case EventCode::kAspirated:
      return fmt::format("{} aspirated or left in, {} by count.", volume(e.value), volume(e.value2));
    case EventCode::kBatteryReckoned:
      return fmt::format("Battery: {} mAh left by the pump's reckoning, {} days.", e.value / 3'600,
                         e.value2 / kMillisecondsPerDay);
    case EventCode::kAccess:
      return fmt::format("The {} with certificate {} has opened a session.",
                         row_of(static_cast<Role>(e.detail)).name, e.value);
    case EventCode::kChangeTaken:
      return fmt::format("Change {} over the link, by the {}.", e.value,
                         row_of(static_cast<Role>(e.detail)).name);
    case EventCode::kKeysChanged:
      return fmt::format("Keys of the implant, change {}: {} (certificate {}).", e.value2,
                         kKeyChangeNames.at(e.detail), e.value);
    case EventCode::kLowered:
      return fmt::format(
          "Delivery is lowered in an emergency, to at most {}, until {}.", to_text(FlowRate{e.value}),
          local_datetime_text(floor_divide(clock.local_ms(Instant{e.value2}), 60'000) * 60'000));
    case EventCode::kLoweredEnded:
      return "The emergency's lower rate is over: what is prescribed runs again.";
    case EventCode::kFirmware:
      if (e.detail == static_cast<int>(FirmwareStage::kAuthorised))
        return fmt::format("The physician with certificate {} has authorised a firmware.", e.value);
      if (e.detail == static_cast<int>(FirmwareStage::kLastResort))
        return "The firmware that should run is not whole: the program from manufacture runs.";
      return fmt::format("Firmware {}.{}.{} is {}.", e.value2 >> 16, e.value2 >> 8 & 0xFF, e.value2 & 0xFF,
                         kFirmwareStageNames.at(e.detail));
    case EventCode::kJournalFolded:
      return fmt::format("{} entries found no room in the journal and are counted here.", e.value);
  }
  return "";
}

}  // namespace theca
