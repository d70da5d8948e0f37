// The tables of the catalogue: total, in order, every name once, every text a sentence.
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

#include "catalogue/alarm.hpp"
#include "catalogue/event.hpp"
#include "catalogue/refusal.hpp"

namespace theca {
namespace {

bool is_name(const std::string& text) {
  return !text.empty() && std::isupper(text.front()) == 0 && !text.ends_with('.');
}
bool is_sentence(const std::string& text) {
  return !text.empty() && std::isupper(text.front()) != 0 && text.ends_with('.');
}

TEST(Catalogue, each_enumerator_has_its_row_in_its_place) {
  for (std::size_t i = 0; i < kAlarmCount; ++i)
    EXPECT_EQ(static_cast<std::size_t>(row_of(static_cast<Alarm>(i)).alarm), i);
  for (std::size_t i = 0; i < kEventCodeCount; ++i)
    EXPECT_EQ(static_cast<std::size_t>(row_of(static_cast<EventCode>(i)).code), i);
  for (std::size_t i = 0; i < kRefusalCount; ++i)
    EXPECT_EQ(static_cast<std::size_t>(row_of(static_cast<Refusal>(i)).refusal), i);
}

TEST(Catalogue, names_are_names_and_none_stands_twice) {
  std::set<std::string> alarms, events, refusals;
  for (const AlarmRow& row : kAlarms)
    EXPECT_TRUE(is_name(row.name) && alarms.insert(row.name).second) << row.name;
  for (const EventRow& row : kEvents)
    EXPECT_TRUE(is_name(row.name) && events.insert(row.name).second) << row.name;
  for (const RefusalRow& row : kRefusals)
    EXPECT_TRUE(is_name(row.name) && refusals.insert(row.name).second) << row.name;
}

TEST(Catalogue, texts_are_sentences_and_none_stands_twice) {
  std::set<std::string> texts;
  for (const AlarmRow& row : kAlarms)
    EXPECT_TRUE(is_sentence(row.text) && texts.insert(row.text).second) << row.text;
  for (const RefusalRow& row : kRefusals)
    EXPECT_TRUE(is_sentence(row.text) && texts.insert(row.text).second) << row.text;
}

/// A value is named as a column: small letters, its unit last; no second value without a first.
TEST(Catalogue, the_values_of_an_event_are_named_with_their_units) {
  const std::set<std::string> plain = {"pump_model",
                                       "formulation",
                                       "formulation_at_tip",
                                       "formulation_before",
                                       "prescription",
                                       "rule",
                                       "request",
                                       "identity",
                                       "steps",
                                       "records",
                                       "entries",
                                       "formulation_in_path",
                                       "allotted",
                                       "certificate",
                                       "change",
                                       "intent",
                                       "version"};
  const auto known = [&](const std::string& name) {
    if (name.empty() || plain.contains(name)) return true;
    for (const char* unit : {"_nl", "_ms", "_nl_per_day", "_steps", "_mc"}) {
      if (name.ends_with(unit)) return true;
    }
    return false;
  };
  for (const EventRow& row : kEvents) {
    EXPECT_TRUE(known(row.value)) << row.name << ": " << row.value;
    EXPECT_TRUE(known(row.value2)) << row.name << ": " << row.value2;
    if (std::string{row.value2}.empty()) continue;
    EXPECT_FALSE(std::string{row.value}.empty() && row.code != EventCode::kMotorRetried) << row.name;
  }
}

TEST(Catalogue, alarms_stand_in_order_of_urgency_the_critical_ones_first) {
  bool non_critical = false;
  for (const AlarmRow& row : kAlarms) {
    if (row.alarm_class == AlarmClass::kNonCritical) non_critical = true;
    EXPECT_TRUE(!non_critical || row.alarm_class == AlarmClass::kNonCritical) << row.name;
  }
}

TEST(Catalogue, INV_4_whatever_the_gate_says_is_a_critical_alarm_that_a_new_prescription_ends) {
  for (const Alarm alarm : {Alarm::kHourCeiling, Alarm::kDayCeiling, Alarm::kThirtyDayCeiling,
                            Alarm::kActuatorCeiling, Alarm::kAllowanceUsed}) {
    EXPECT_EQ(row_of(alarm).alarm_class, AlarmClass::kCritical) << row_of(alarm).name;
    EXPECT_EQ(row_of(alarm).clears, AlarmClears::kOnNewPrescription) << row_of(alarm).name;
  }
}

TEST(Catalogue, INV_2_no_prescription_and_no_refill_ends_an_over_delivery) {
  EXPECT_EQ(row_of(Alarm::kOverDelivery).alarm_class, AlarmClass::kCritical);
  EXPECT_NE(row_of(Alarm::kOverDelivery).clears, AlarmClears::kOnNewPrescription);
  EXPECT_NE(row_of(Alarm::kOverDelivery).clears, AlarmClears::kOnRefill);
  EXPECT_NE(row_of(Alarm::kOverDelivery).clears, AlarmClears::kWhenStepsReturn);
}

TEST(AlarmSet, holds_each_alarm_by_itself) {
  for (const AlarmRow& row : kAlarms) {
    AlarmSet set;
    EXPECT_FALSE(set.any());
    set.raise(row.alarm);
    EXPECT_TRUE(set.any());
    EXPECT_EQ(set.any_critical(), row.alarm_class == AlarmClass::kCritical) << row.name;
    for (const AlarmRow& other : kAlarms) EXPECT_EQ(set.has(other.alarm), other.alarm == row.alarm);
    set.raise(row.alarm);
    set.clear(row.alarm);
    EXPECT_FALSE(set.any());
  }
}

TEST(AlarmSet, clearing_one_leaves_the_others) {
  AlarmSet set;
  for (const AlarmRow& row : kAlarms) set.raise(row.alarm);
  set.clear(Alarm::kMotorStall);
  for (const AlarmRow& row : kAlarms) EXPECT_EQ(set.has(row.alarm), row.alarm != Alarm::kMotorStall);
}

}  // namespace
}  // namespace theca
