#include "world/words.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "catalogue/alarm.hpp"
#include "catalogue/detail.hpp"
#include "catalogue/refusal.hpp"
#include "therapy/modes.hpp"

namespace theca {
namespace {

const std::vector<FluidName> kFluids = {{1, "first", "morphine 20 mg/mL", {}},
                                        {2, "second", "morphine 40 mg/mL", {}}};
constexpr WallClock kClock{ClockOffset{20'514LL * kMillisecondsPerDay}, Zone{}};

std::string words(EventCode code, std::int64_t value = 0, std::int64_t value2 = 0, int detail = 0) {
  return words_for({Instant{0}, code, static_cast<std::uint8_t>(detail), value, value2}, kFluids, kClock);
}

TEST(Words, every_event_is_a_sentence_of_its_own) {
  std::set<std::string> told;
  for (std::size_t i = 0; i < kEventCodeCount; ++i) {
    const std::string text = words(static_cast<EventCode>(i), 1, 2);
    ASSERT_FALSE(text.empty()) << kEvents[i].name;
    EXPECT_TRUE(told.insert(text).second) << text;
    EXPECT_TRUE(text.ends_with('.')) << text;
    EXPECT_EQ(text.find("{}"), std::string::npos) << text;
  }
}

TEST(Words, an_update_is_told_stage_by_stage) {
  const auto told = [](FirmwareStage stage, std::int64_t certificate, std::int64_t version) {
    return words(EventCode::kFirmware, certificate, version, static_cast<int>(stage));
  };
  EXPECT_EQ(told(FirmwareStage::kAuthorised, 101, 0),
            "The physician with certificate 101 has authorised a firmware.");
  EXPECT_EQ(told(FirmwareStage::kTrial, 104, 0x010203), "Firmware 1.2.3 is on trial.");
  EXPECT_EQ(told(FirmwareStage::kReverted, 0, 0x01FF00), "Firmware 1.255.0 is reverted.");
  EXPECT_EQ(told(FirmwareStage::kLastResort, 0, 0),
            "The firmware that should run is not whole: the program from manufacture runs.");
}

TEST(Words, volumes_fluids_and_times_are_told_in_the_readers_words) {
  EXPECT_EQ(words(EventCode::kImplanted, 375'000),
            "Implanted; the path from reservoir to tip holds 0.375 mL.");
  EXPECT_EQ(words(EventCode::kRefilled, 40'000'000, 1),
            "Reservoir filled: 40 mL of \"first\" (morphine 20 mg/mL).");
  EXPECT_EQ(words(EventCode::kFrontAtTip, 2), "\"second\" (morphine 40 mg/mL) reaches the catheter tip.");
  EXPECT_EQ(words(EventCode::kFrontAtTip, 9), "what filled the path before reaches the catheter tip.");
  EXPECT_EQ(words(EventCode::kBolusCut, 10'000, 25'000, static_cast<int>(BolusKind::kPatient)),
            "Bolus (patient) cut: 0.01 mL of 0.025 mL given; the rest is not made up for.");
  EXPECT_EQ(words(EventCode::kBolusRefused, 3, hours(9).raw(), static_cast<int>(Refusal::kLockout)),
            "Request 3 refused: The lockout since the last bolus is not over. Possible at 2026-03-02 09:00.");
  EXPECT_EQ(words(EventCode::kBolusRefused, 3, 0, static_cast<int>(Refusal::kMode)),
            "Request 3 refused: The present mode gives no patient bolus.");
  EXPECT_EQ(words(EventCode::kClockSet, 0, -hours(1).raw()), "Clock set by -1 h.");
  EXPECT_EQ(words(EventCode::kClockSet, 0, minutes(90).raw()), "Clock set by +1 h 30 min.");
}

TEST(Words, every_alarm_refusal_mode_and_kind_of_bolus_has_its_name_in_them) {
  for (const AlarmRow& row : kAlarms) {
    EXPECT_EQ(words(EventCode::kAlarmRaised, 0, 0, static_cast<int>(row.alarm)),
              std::string{"Alarm: "} + row.name + ".");
  }
  for (const RefusalRow& row : kRefusals) {
    EXPECT_EQ(words(EventCode::kCommandRefused, 0, 0, static_cast<int>(row.refusal)),
              std::string{"Refused: "} + row.text);
  }
  for (const ModeRow& row : kModes) {
    EXPECT_NE(words(EventCode::kScheduledBolusSkipped, 0, 0, static_cast<int>(row.mode)).find(row.name),
              std::string::npos);
  }
  std::set<std::string> kinds;
  for (int kind = 0; kind <= static_cast<int>(BolusKind::kDuringBridge); ++kind)
    kinds.insert(name_of(static_cast<BolusKind>(kind)));
  EXPECT_EQ(kinds.size(), 6U);
  EXPECT_FALSE(kinds.contains(""));
}

}  // namespace
}  // namespace theca
