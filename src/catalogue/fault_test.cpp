// The fault table against a second one, written by hand from the bedside: what should happen to a patient
// with such a drug, and why. Neither is reckoned from the other.
#include "catalogue/fault.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace theca {
namespace {

constexpr Answer kOff = Answer::kPowerOff, kHold = Answer::kHold, kSafe = Answer::kSafeState,
                 kNone = Answer::kNoBolus, kOn = Answer::kGoOn;

struct Bedside {
  const char* fault;
  Alarm alarm;
  Answer unknown, neither, opioid, withdrawal, both;
  const char* why;
};

constexpr std::array kBedside{
    Bedside{"more steps than told", Alarm::kOverDelivery, kOff, kOff, kOff, kOff, kOff,
            "A motor that runs on its own cannot be asked for less of any drug. Withdrawal leaves hours to "
            "act in; an overdose may not leave one."},
    Bedside{"fewer steps than told", Alarm::kMotorStall, kHold, kHold, kHold, kHold, kHold,
            "What is tried each minute comes back by itself. Nobody may get at once what he missed."},
    Bedside{"magnetic field", Alarm::kMagneticField, kHold, kHold, kHold, kHold, kHold,
            "A scan lasts an hour. Therapy as before comes back after it; missed drug on top would not be."},
    Bedside{"reservoir dry", Alarm::kReservoirDry, kHold, kHold, kHold, kHold, kHold,
            "There is nothing to give, and a rotor that runs on draws air into the spine."},
    Bedside{"reservoir may be empty", Alarm::kEmptyReservoir, kNone, kNone, kNone, kNone, kNone,
            "What may be left keeps up basal; whoever spends it on extra doses brings withdrawal forward."},
    Bedside{"less fluid than counted", Alarm::kVolumeDisagrees, kSafe, kSafe, kSafe, kNone, kSafe,
            "The missing drug may be in the patient. What may stop breathing is lowered; stopped baclofen "
            "kills, and a leak would already be less of it."},
    Bedside{"more fluid than counted", Alarm::kVolumeDisagrees, kNone, kNone, kNone, kNone, kNone,
            "The patient has had too little. To lower it further would harm; to press for more through what "
            "blocks the catheter might come all at once."},
    Bedside{"hour ceiling", Alarm::kHourCeiling, kSafe, kSafe, kSafe, kSafe, kSafe,
            "A ceiling is met only when prescription or pump are not what the physician signed."},
    Bedside{"day ceiling", Alarm::kDayCeiling, kSafe, kSafe, kSafe, kSafe, kSafe,
            "As at the hour's: what runs is nobody's prescription."},
    Bedside{"30-day ceiling", Alarm::kThirtyDayCeiling, kSafe, kSafe, kSafe, kSafe, kSafe,
            "As at the hour's: what runs is nobody's prescription."},
    Bedside{"actuator ceiling", Alarm::kActuatorCeiling, kSafe, kSafe, kSafe, kSafe, kSafe,
            "No physician asks for more than the pump can make: the request is damaged."},
    Bedside{"allowance used up", Alarm::kAllowanceUsed, kSafe, kSafe, kSafe, kSafe, kSafe,
            "A prime that goes on beyond the path is a bolus into the spine."},
    Bedside{"records lost in both copies", Alarm::kMemoryFault, kSafe, kSafe, kSafe, kSafe, kSafe,
            "Nobody knows any more what was prescribed. The safe state is what the physician chose for that, "
            "and for baclofen it is a rate."},
    Bedside{"record damaged in one copy", Alarm::kMemoryRepaired, kOn, kOn, kOn, kOn, kOn,
            "The other copy says what was prescribed."},
    Bedside{"self-test failed", Alarm::kSelfTestFailed, kSafe, kSafe, kSafe, kSafe, kSafe,
            "A pump that reckons wrongly must not reckon a dose."},
    Bedside{"power cut, clock and count lost", Alarm::kPowerLost, kNone, kNone, kNone, kNone, kNone,
            "When the last doses fell is not known: no extra ones. Basal kept low after every cut would harm "
            "more patients than it saves."},
    Bedside{"power cut, clock and count kept", Alarm::kRestarted, kOn, kOn, kOn, kOn, kOn,
            "Everything is known; the patient should not notice."},
    Bedside{"low-battery reset", Alarm::kLowBatteryReset, kSafe, kSafe, kSafe, kSafe, kSafe,
            "The battery will do it again. What is given has to be what can be kept up."},
    Bedside{"battery at its end", Alarm::kEndOfService, kSafe, kSafe, kSafe, kSafe, kSafe,
            "The longest time at the dose that keeps from harm, until somebody replaces the pump."},
    Bedside{"clock uncertain", Alarm::kClockUncertain, kOn, kOn, kOn, kOn, kOn,
            "A day's profile that is late is less harm than none; lockouts run on powered time."},
};

const char* name(Answer answer) {
  constexpr std::array<const char*, 5> kNames{"power off", "hold", "safe state", "no bolus", "go on"};
  return kNames[static_cast<std::size_t>(answer)];
}

TEST(FaultTable, INV_5_says_for_each_drug_what_the_bedside_says) {
  constexpr std::array<const char*, kDrugClassCount> kClasses{"unknown", "neither", "opioid",
                                                              "withdrawal-prone", "both"};
  ASSERT_EQ(kBedside.size(), kFaultCount);
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const FaultRow& row = kFaults[i];
    const Bedside& wanted = kBedside[i];
    EXPECT_STREQ(row.name, wanted.fault);
    EXPECT_EQ(row.alarm, wanted.alarm) << row.name;
    const std::array<Answer, kDrugClassCount> answers{wanted.unknown, wanted.neither, wanted.opioid,
                                                      wanted.withdrawal, wanted.both};
    for (std::size_t c = 0; c < kDrugClassCount; ++c) {
      EXPECT_EQ(answer_to(row.fault, static_cast<DrugClass>(c)), answers[c])
          << row.name << ", " << kClasses[c] << ": the table says " << name(row.answers[c])
          << ", the bedside " << name(answers[c]) << ". " << wanted.why;
    }
  }
}

TEST(FaultTable, each_fault_has_its_row_and_its_own_name) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    EXPECT_EQ(static_cast<std::size_t>(row_of(static_cast<Fault>(i)).fault), i);
    EXPECT_TRUE(names.insert(kFaults[i].name).second) << kFaults[i].name;
  }
}

TEST(FaultTable, INV_5_a_drug_of_which_nothing_is_known_is_met_as_one_that_may_stop_breathing) {
  for (const FaultRow& row : kFaults) {
    EXPECT_EQ(answer_to(row.fault, DrugClass::kUnknown), answer_to(row.fault, DrugClass::kOpioid))
        << row.name;
    EXPECT_EQ(answer_to(row.fault, DrugClass::kBoth), answer_to(row.fault, DrugClass::kOpioid)) << row.name;
  }
}

/// The motor's power goes for a motor that does not obey, and for nothing else.
TEST(FaultTable, INV_2_only_over_delivery_takes_the_power_away_and_nothing_ends_it) {
  for (const FaultRow& row : kFaults) {
    for (const Answer answer : row.answers)
      EXPECT_EQ(answer == Answer::kPowerOff, row.fault == Fault::kMoreSteps) << row.name;
  }
  EXPECT_EQ(row_of(row_of(Fault::kMoreSteps).alarm).clears, AlarmClears::kOnReplacement);
}

/// What ends by itself may do no more than hold: a safe state needs somebody's decision.
TEST(FaultTable, INV_10_no_safe_state_ends_by_itself) {
  for (const FaultRow& row : kFaults) {
    const AlarmClears clears = row_of(row.alarm).clears;
    if (clears != AlarmClears::kWhenStepsReturn && clears != AlarmClears::kWhenFieldIsLeft) continue;
    for (const Answer answer : row.answers) EXPECT_EQ(answer, Answer::kHold) << row.name;
  }
}

}  // namespace
}  // namespace theca
