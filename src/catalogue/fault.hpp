#pragma once
/// What the pump does about each fault, by the class of the drugs it holds. One row each; the pump acts by
/// this table, docs/faults.md shows it.

#include <array>
#include <cstddef>
#include <cstdint>

#include "catalogue/alarm.hpp"
#include "drug/formulation.hpp"

namespace theca {

enum class Fault : std::uint8_t {
  kMoreSteps = 0,
  kFewerSteps,
  kMagneticField,
  kReservoirDry,
  kReservoirEmpty,
  kVolumeLess,
  kVolumeMore,
  kHourCeiling,
  kDayCeiling,
  kThirtyDayCeiling,
  kActuatorCeiling,
  kAllowanceUsed,
  kRecordsLost,
  kRecordDamaged,
  kSelfTest,
  kPowerCutClockLost,
  kPowerCutClockKept,
  kLowBattery,
  kEndOfService,
  kClockUncertain,
};
inline constexpr std::size_t kFaultCount = 20;

/// What is done at once. Everything but kGoOn also refuses the patient's boluses: its alarm is critical.
enum class Answer : std::uint8_t {
  kPowerOff,   // take the motor's power away; nothing brings it back
  kHold,       // no step until it is over; goes on by itself, nothing is caught up
  kSafeState,  // the safe state of the formulation; only a new prescription ends it
  kNoBolus,    // basal goes on; the patient's boluses are refused
  kGoOn,       // therapy goes on; the alarm tells
};

struct FaultRow {
  Fault fault;
  Alarm alarm;
  std::array<Answer, kDrugClassCount> answers;  // in the order of DrugClass
  const char* name;
};

constexpr std::array<Answer, kDrugClassCount> whatever_the_drug(Answer answer) {
  return {answer, answer, answer, answer, answer};
}

/// Less fluid than was counted may be an over-infusing pump. What depresses breathing, or may, is lowered to
/// its safe state; what harms when it stops is not lowered for a suspicion.
inline constexpr std::array<Answer, kDrugClassCount> kLowerWhatMayKill{
    /* unknown */ Answer::kSafeState, /* neither */ Answer::kSafeState, /* opioid */ Answer::kSafeState,
    /* withdrawal-prone */ Answer::kNoBolus, /* both */ Answer::kSafeState};

inline constexpr std::array<FaultRow, kFaultCount> kFaults{{
    {Fault::kMoreSteps, Alarm::kOverDelivery, whatever_the_drug(Answer::kPowerOff), "more steps than told"},
    {Fault::kFewerSteps, Alarm::kMotorStall, whatever_the_drug(Answer::kHold), "fewer steps than told"},
    {Fault::kMagneticField, Alarm::kMagneticField, whatever_the_drug(Answer::kHold), "magnetic field"},
    {Fault::kReservoirDry, Alarm::kReservoirDry, whatever_the_drug(Answer::kHold), "reservoir dry"},
    {Fault::kReservoirEmpty, Alarm::kEmptyReservoir, whatever_the_drug(Answer::kNoBolus),
     "reservoir may be empty"},
    {Fault::kVolumeLess, Alarm::kVolumeDisagrees, kLowerWhatMayKill, "less fluid than counted"},
    {Fault::kVolumeMore, Alarm::kVolumeDisagrees, whatever_the_drug(Answer::kNoBolus),
     "more fluid than counted"},
    {Fault::kHourCeiling, Alarm::kHourCeiling, whatever_the_drug(Answer::kSafeState), "hour ceiling"},
    {Fault::kDayCeiling, Alarm::kDayCeiling, whatever_the_drug(Answer::kSafeState), "day ceiling"},
    {Fault::kThirtyDayCeiling, Alarm::kThirtyDayCeiling, whatever_the_drug(Answer::kSafeState),
     "30-day ceiling"},
    {Fault::kActuatorCeiling, Alarm::kActuatorCeiling, whatever_the_drug(Answer::kSafeState),
     "actuator ceiling"},
    {Fault::kAllowanceUsed, Alarm::kAllowanceUsed, whatever_the_drug(Answer::kSafeState),
     "allowance used up"},
    {Fault::kRecordsLost, Alarm::kMemoryFault, whatever_the_drug(Answer::kSafeState),
     "records lost in both copies"},
    {Fault::kRecordDamaged, Alarm::kMemoryRepaired, whatever_the_drug(Answer::kGoOn),
     "record damaged in one copy"},
    {Fault::kSelfTest, Alarm::kSelfTestFailed, whatever_the_drug(Answer::kSafeState), "self-test failed"},
    {Fault::kPowerCutClockLost, Alarm::kPowerLost, whatever_the_drug(Answer::kNoBolus),
     "power cut, clock and count lost"},
    {Fault::kPowerCutClockKept, Alarm::kRestarted, whatever_the_drug(Answer::kGoOn),
     "power cut, clock and count kept"},
    {Fault::kLowBattery, Alarm::kLowBatteryReset, whatever_the_drug(Answer::kSafeState), "low-battery reset"},
    {Fault::kEndOfService, Alarm::kEndOfService, whatever_the_drug(Answer::kSafeState), "battery at its end"},
    {Fault::kClockUncertain, Alarm::kClockUncertain, whatever_the_drug(Answer::kGoOn), "clock uncertain"},
}};

constexpr const FaultRow& row_of(Fault fault) { return kFaults[static_cast<std::size_t>(fault)]; }
constexpr Answer answer_to(Fault fault, DrugClass drug_class) {
  return row_of(fault).answers[static_cast<std::size_t>(drug_class)];
}

/// Total, in order; an answer that refuses boluses stands with a critical alarm, which is what refuses them
/// (a magnetic field refuses them by itself).
static_assert([] {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (static_cast<std::size_t>(kFaults[i].fault) != i) return false;
    const bool critical = row_of(kFaults[i].alarm).alarm_class == AlarmClass::kCritical;
    for (const Answer answer : kFaults[i].answers) {
      if (static_cast<std::size_t>(answer) > static_cast<std::size_t>(Answer::kGoOn)) return false;
      const bool refuses = answer != Answer::kGoOn && kFaults[i].fault != Fault::kMagneticField;
      if (refuses && !critical) return false;
    }
  }
  return true;
}());

}  // namespace theca
