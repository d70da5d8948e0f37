#include "therapy/modes.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace theca {
namespace {

TEST(Modes, every_mode_has_a_row_of_its_own_with_a_name_of_its_own) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kModeCount; ++i) {
    const ModeRow& row = row_of(static_cast<Mode>(i));
    EXPECT_EQ(static_cast<std::size_t>(row.mode), i);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(std::string{row.name}.empty());
  }
}

TEST(Modes, INV_7_a_patients_request_is_heard_over_basal_and_in_a_bridge_alone) {
  for (const ModeRow& row : kModes) {
    const bool basal =
        row.mode == Mode::kMinimumRate || row.mode == Mode::kSimpleContinuous || row.mode == Mode::kFlex;
    const RequestIn expected = basal                       ? RequestIn::kByPolicy
                               : row.mode == Mode::kBridge ? RequestIn::kByBridgePlan
                                                           : RequestIn::kRefused;
    EXPECT_EQ(row.patient_request, expected) << row.name;
  }
}

TEST(Modes, no_dose_overlaps_another) {
  for (const ModeRow& row : kModes) {
    const bool bolus =
        row.mode == Mode::kPeriodicBolus || row.mode == Mode::kSingleBolus || row.mode == Mode::kPatientBolus;
    if (bolus) {
      EXPECT_FALSE(row.scheduled_bolus_may_start) << row.name;
      EXPECT_EQ(row.on_reboot, Onward::kBasal) << row.name;  // one cut short is not resumed
    }
    if (row.scheduled_bolus_may_start) {
      EXPECT_EQ(row.basal, BasalIn::kRuns) << row.name;
    }
  }
}

TEST(Modes, INV_10_a_stopped_pump_stays_stopped_whatever_happens) {
  const ModeRow& row = row_of(Mode::kStopped);
  for (const Onward next : {row.on_reboot, row.on_expiry, row.on_empty, row.on_stall, row.on_mri, row.then}) {
    EXPECT_EQ(next, Onward::kStay);
  }
  EXPECT_EQ(row.basal, BasalIn::kNone);
}

TEST(Modes, INV_5_nothing_leads_out_of_the_safe_state_by_itself) {
  const ModeRow& row = row_of(Mode::kSafeState);
  EXPECT_EQ(row.on_reboot, Onward::kSame);
  EXPECT_EQ(row.on_expiry, Onward::kSame);
  EXPECT_EQ(row.then, Onward::kStay);
}

TEST(Modes, an_empty_reservoir_stops_the_motor_of_every_mode_that_moves_it) {
  for (const ModeRow& row : kModes) {
    if (row.mode != Mode::kStopped) {
      EXPECT_EQ(row.on_empty, Onward::kStopMotor) << row.name;
    }
  }
}

}  // namespace
}  // namespace theca
