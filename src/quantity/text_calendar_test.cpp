#include "quantity/text_calendar.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace theca {
namespace {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

template <class T>
void expect_refused(const Parsed<T>& parsed, const char* part) {
  ASSERT_FALSE(parsed) << "accepted, expected: " << part;
  EXPECT_NE(parsed.error().message.find(part), std::string::npos)
      << parsed.error().message << "\n  lacks: " << part;
}

TEST(ClockTime, every_minute_of_the_day_reads_back) {
  for (int minute = 0; minute < 24 * 60; ++minute)
    EXPECT_EQ(parse_clock_time(clock_time_text(minute)), minute);
  EXPECT_EQ(clock_time_text(8 * 60), "08:00");
  EXPECT_EQ(parse_clock_time(" 08:05 "), 485);
}

TEST(ClockTime, refuses_what_could_be_another_time) {
  for (const char* const text :
       {"", "8", "8:00", "0800", "08.00", "08:0", "08:00 pm", "8 am", "08:00:00", "-8:00", "ab:cd"}) {
    expect_refused(parse_clock_time(text), "08:00 or 20:00");
  }
  expect_refused(parse_clock_time("24:00"), "start or the end");
  expect_refused(parse_clock_time("25:00"), "no clock");
  expect_refused(parse_clock_time("08:60"), "no clock");
}

TEST(Weekdays, every_set_of_days_reads_back) {
  for (int mask = 1; mask < 128; ++mask) {
    const auto days = static_cast<std::uint8_t>(mask);
    EXPECT_EQ(parse_weekdays(weekdays_text(days)), days) << weekdays_text(days);
  }
  EXPECT_EQ(weekdays_text(0), "never");
}

TEST(Weekdays, rows_lists_and_names) {
  EXPECT_EQ(parse_weekdays("mon-fri"), 0b0011111);
  EXPECT_EQ(parse_weekdays("Mon \u2013 Fri"), 0b0011111);
  EXPECT_EQ(parse_weekdays("sat, sun"), 0b1100000);
  EXPECT_EQ(parse_weekdays("monday,wed"), 0b0000101);
  EXPECT_EQ(parse_weekdays("fri-mon"), 0b1110001);
  EXPECT_EQ(parse_weekdays("daily"), 0b1111111);
  EXPECT_EQ(weekdays_text(0b1110001), "mon, fri-sun");
  EXPECT_EQ(weekdays_text(0b0000011), "mon, tue");
}

TEST(Weekdays, refuses_doubt) {
  expect_refused(parse_weekdays(""), "no day of the week");
  expect_refused(parse_weekdays("mon,"), "no day of the week");
  expect_refused(parse_weekdays("t"), "\"t\" is no day");
  expect_refused(parse_weekdays("mon-tue-wed"), "no day of the week");
  expect_refused(parse_weekdays("mon, mon"), "mon stands here twice");
  expect_refused(parse_weekdays("mon-fri, wed"), "wed stands here twice");
  expect_refused(parse_weekdays("mon-mon"), "the whole week");
}

TEST(LocalDatetime, known_days) {
  EXPECT_EQ(parse_local_datetime("1970-01-01T00:00"), 0);
  EXPECT_EQ(parse_local_datetime("1970-01-02 00:01"), kDay + kMinute);
  EXPECT_EQ(parse_local_datetime("2000-02-29 12:00"), 11'016 * kDay + 12 * kHour);
  EXPECT_EQ(parse_local_datetime("2026-03-02T08:00"), 20'514 * kDay + 8 * kHour);
  EXPECT_EQ(parse_local_datetime("2026-03-02 08:00:30"), 20'514 * kDay + 8 * kHour + 30'000);
  EXPECT_EQ(local_datetime_text(20'514 * kDay + 8 * kHour), "2026-03-02 08:00");
  EXPECT_EQ(local_datetime_text(20'514 * kDay + 30'999), "2026-03-02 00:00:30");
  EXPECT_EQ(local_datetime_text(-1), "1969-12-31 23:59:59");
}

RC_GTEST_PROP(LocalDatetime, every_second_reads_back, ()) {
  constexpr std::int64_t kDaysTo2200 = 84'006;
  const std::int64_t ms = *rc::gen::inRange<std::int64_t>(0, kDaysTo2200 * kDay / 1'000) * 1'000;
  RC_ASSERT((parse_local_datetime(local_datetime_text(ms)) == ms));
}

TEST(LocalDatetime, refuses_doubt) {
  expect_refused(parse_local_datetime(""), "does not begin with a date");
  expect_refused(parse_local_datetime("2026-3-2 08:00"), "does not begin with a date");
  expect_refused(parse_local_datetime("02/03/2026 08:00"), "taken for each other");
  expect_refused(parse_local_datetime("02.03.2026 08:00"), "taken for each other");
  expect_refused(parse_local_datetime("2026-03-02"), "write for example 2026-03-02 08:00");
  expect_refused(parse_local_datetime("2026-03-02_08:00"), "a space or T");
  expect_refused(parse_local_datetime("2026-03-02T08:00Z"), "time zone");
  expect_refused(parse_local_datetime("2026-03-02T08:00+01:00"), "time zone");
  expect_refused(parse_local_datetime("2026-03-02 8:00"), "time of day");
  expect_refused(parse_local_datetime("2026-03-02 "), "write for example 2026-03-02 08:00");
  expect_refused(parse_local_datetime("2026-02-29 08:00"), "on no calendar");
  expect_refused(parse_local_datetime("2026-13-01 08:00"), "on no calendar");
  expect_refused(parse_local_datetime("2026-00-10 08:00"), "on no calendar");
  expect_refused(parse_local_datetime("1969-12-31 08:00"), "1970 to 2199");
  expect_refused(parse_local_datetime("2200-01-01 08:00"), "1970 to 2199");
}

RC_GTEST_PROP(Calendar, no_bytes_break_a_reader, (const std::string& text)) {
  (void)parse_clock_time(text);
  (void)parse_weekdays(text);
  (void)parse_local_datetime(text);
  (void)parse_local_datetime("2026-03-02" + text);
  RC_SUCCEED("");
}

}  // namespace
}  // namespace theca
