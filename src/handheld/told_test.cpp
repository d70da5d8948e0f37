// What the pump says in a patient's words.
#include "handheld/told.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace theca::handheld {
namespace {

using nlohmann::json;

/// Morphine 20 mg/mL, 0.3 mL a day, a dose of 25 nL ... of the demo's first patient, read at noon.
Seen seen_of_morphine() {
  Seen seen;
  seen.at_utc_ms = 1'800'000'000'000;
  seen.own.now = Instant{5'000'000};
  seen.own.state = DeviceState::kDelivering;
  seen.own.mode = Mode::kSimpleContinuous;
  seen.own.flow = FlowRate{300'000};
  seen.own.boluses_left = 3;
  seen.own.reservoir_earliest = millilitres(32);
  seen.own.in_reservoir = seen.own.at_tip = 1;
  seen.therapy.fluid.number = 1;
  seen.therapy.fluid.count = 1;
  seen.therapy.fluid.components[0] = {DrugCode{1}, DrugClass::kOpioid, Concentration{20'000'000}};
  seen.therapy.usual_day = Volume{300'000};
  seen.therapy.worst_day = Volume{400'000};
  seen.therapy.low_alarm = millilitres(2);
  seen.therapy.dose = {Volume{25'000}, FlowRate{7'200'000}};
  seen.therapy.lockout_s = 3 * 3'600;
  seen.therapy.window_s = 24 * 3'600;
  seen.therapy.allotted = 4;
  return seen;
}
EmergencyCard card_with_morphine() {
  EmergencyCard card;
  card.drugs = {{DrugCode{1}, "morphine"}};
  return card;
}
json told(const Seen& seen) { return json::parse(json_of(seen, 0, card_with_morphine()).dump()); }

TEST(Told, a_dose_is_told_in_the_drug_and_times_by_the_clock) {
  Seen seen = seen_of_morphine();
  json said = told(seen);
  EXPECT_EQ(said["drugs"][0]["per_day"].get<std::string>(), "6 mg/day");
  EXPECT_EQ(said["drugs"][0]["class"].get<std::string>(), "opioid");
  EXPECT_EQ(said["dose"]["words"].get<std::string>(), "500 mcg morphine");
  EXPECT_EQ(said["dose"]["lasts_ms"].get<int>(), 300'000);
  EXPECT_EQ(said["dose"]["next_ms"].get<std::int64_t>(), 0) << "at once";
  seen.own.next_bolus = seen.own.now + minutes(90);
  EXPECT_EQ(told(seen)["dose"]["next_ms"].get<std::int64_t>(), seen.at_utc_ms + 90 * 60'000);
  seen.therapy.dose = {};
  EXPECT_TRUE(told(seen)["dose"].is_null());
  seen.therapy.fluid.components[0].drug = DrugCode{17};
  EXPECT_EQ(told(seen)["drugs"][0]["name"].get<std::string>(), "drug 17") << "the card does not name it";
}

/// Times are the pump's own lengths of time from when it was read on: a clock of the phone that is wrong is
/// wrong for them alike, and a pump whose time of day is another one changes nothing.
TEST(Told, SLIP_57_a_wrong_clock_moves_no_lockout) {
  Seen seen = seen_of_morphine();
  seen.own.next_bolus = seen.own.now + minutes(90);
  for (const std::int64_t off : {0, 3'600'000, -86'400'000}) {
    seen.at_utc_ms = 1'800'000'000'000 + off;
    EXPECT_EQ(told(seen)["dose"]["next_ms"].get<std::int64_t>() - seen.at_utc_ms, 90 * 60'000);
  }
}

TEST(Told, what_is_being_given_is_told_with_its_end_and_part) {
  Seen seen = seen_of_morphine();
  EXPECT_TRUE(told(seen)["giving"].is_null());
  EXPECT_TRUE(told(seen)["last_dose"].is_null());
  seen.own.mode = Mode::kPatientBolus;
  seen.own.bolus_ends = seen.own.now + minutes(3);
  seen.own.patients_bolus = Volume{25'000};
  seen.own.patients_bolus_given = Volume{10'000};
  const json giving = told(seen)["giving"];
  EXPECT_TRUE(giving["patients"].get<bool>());
  EXPECT_EQ(giving["ends_ms"].get<std::int64_t>(), seen.at_utc_ms + 180'000);
  EXPECT_EQ(giving["given_nl"].get<int>(), 10'000);
  seen.own.mode = Mode::kPeriodicBolus;  // the schedule's: nobody asked for it
  EXPECT_FALSE(told(seen)["giving"]["patients"].get<bool>());
  EXPECT_FALSE(told(seen)["giving"].contains("given_nl"));
}

TEST(Told, the_refill_is_told_for_the_day_on_which_every_dose_is_taken) {
  Seen seen = seen_of_morphine();
  // (32 - 2) mL at 0.4 mL a day: 75 days.
  EXPECT_EQ(refill_before(seen), seen.at_utc_ms + 75 * std::int64_t{kMillisecondsPerDay} - 1);
  seen.own.reservoir_earliest = millilitres(1);
  EXPECT_EQ(refill_before(seen), seen.at_utc_ms) << "it is low already";
  seen.therapy.worst_day = Volume{};
  EXPECT_FALSE(refill_before(seen)) << "nothing flows";
}

TEST(Told, another_medicine_is_told_from_when_to_when_it_reaches_the_spine) {
  Seen seen = seen_of_morphine();
  EXPECT_FALSE(arrival_of(seen));
  seen.own.in_reservoir = 2;
  seen.own.until_at_tip = Volume{400'000};
  const auto arrival = arrival_of(seen);
  ASSERT_TRUE(arrival);
  EXPECT_EQ(arrival->from_utc_ms, seen.at_utc_ms + kMillisecondsPerDay);
  EXPECT_EQ(arrival->to_utc_ms, seen.at_utc_ms + kMillisecondsPerDay * 4 / 3);
  seen.own.mode = Mode::kBridge;  // at its own rate, and nothing beside it
  seen.own.flow = FlowRate{800'000};
  EXPECT_EQ(arrival_of(seen)->from_utc_ms, seen.at_utc_ms + kMillisecondsPerDay / 2);
  EXPECT_EQ(arrival_of(seen)->to_utc_ms, seen.at_utc_ms + kMillisecondsPerDay / 2);
  seen.own.flow = FlowRate{};
  EXPECT_FALSE(arrival_of(seen)) << "it stands still";
}

TEST(Told, alarms_come_with_the_most_urgent_first) {
  Seen seen = seen_of_morphine();
  AlarmSet alarms;
  alarms.raise(Alarm::kLowReservoir);
  alarms.raise(Alarm::kMotorStall);
  seen.own.alarms = alarms.bits();
  const json said = told(seen)["alarms"];
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0]["name"].get<std::string>(), "motor stall");
  EXPECT_TRUE(said[0]["critical"].get<bool>());
  EXPECT_EQ(said[1]["name"].get<std::string>(), "low reservoir");
}

/// Whatever the pump says, nothing is told that contradicts itself, and nothing throws.
RC_GTEST_PROP(Told, whatever_is_said_can_be_told, (std::uint64_t seed)) {
  const auto any = [&](std::int64_t most) {
    seed = seed * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return static_cast<std::int64_t>((seed >> 11) % static_cast<std::uint64_t>(most + 1));
  };
  Seen seen = seen_of_morphine();
  seen.own.now = Instant{any(400'000'000'000)};
  seen.own.next_bolus = Instant{any(400'000'000'000)};
  seen.own.bolus_ends = Instant{any(400'000'000'000)};
  seen.own.boluses_left = static_cast<std::uint8_t>(any(32));
  seen.own.mode = static_cast<Mode>(any(kModeCount - 1));
  seen.own.state = static_cast<DeviceState>(any(kDeviceStateCount - 1));
  seen.own.flow = FlowRate{any(28'800'000)};
  seen.own.until_at_tip = Volume{any(2'000'000)};
  seen.own.in_reservoir = static_cast<std::uint32_t>(any(3));
  seen.own.reservoir_earliest = Volume{any(100'000'000)};
  seen.therapy.usual_day = Volume{any(28'800'000)};
  seen.therapy.worst_day = Volume{any(28'800'000)};
  seen.therapy.fluid.count = static_cast<std::uint8_t>(any(kMaxComponents));
  const json said = told(seen);
  const bool at_once = seen.own.boluses_left > 0 && seen.own.next_bolus <= seen.own.now;
  RC_ASSERT((said["dose"]["next_ms"].get<std::int64_t>() == 0) == at_once);
  RC_ASSERT(said["giving"].is_null() == (seen.own.bolus_ends <= seen.own.now));
  if (!said["tip"].is_null())
    RC_ASSERT(said["tip"]["from_ms"].get<std::int64_t>() <= said["tip"]["to_ms"].get<std::int64_t>());
  if (!said["refill"].is_null())
    RC_ASSERT(said["refill"]["before_ms"].get<std::int64_t>() >= seen.at_utc_ms - 1);
}

}  // namespace
}  // namespace theca::handheld
