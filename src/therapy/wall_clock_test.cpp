#include "therapy/wall_clock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <chrono>

namespace theca {
namespace {

using std::chrono::sys_days;

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

constexpr std::int64_t local(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  const auto date = sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
  return date.time_since_epoch().count() * kMillisecondsPerDay + (hour * 60 + minute) * 60'000LL;
}
constexpr Instant at(Duration since) { return Instant{0} + since; }

// Berlin, Sunday 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC. Instant 0 is Saturday noon UTC.
constexpr ClockOffset kSaturdayNoon{local(2026, 3, 28, 12)};
constexpr WallClock kForward{kSaturdayNoon, Zone{60, 120, local(2026, 3, 29, 1) / 1'000}};
// Sunday 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC.
constexpr ClockOffset kOctoberNoon{local(2026, 10, 24, 12)};
constexpr WallClock kBack{kOctoberNoon, Zone{120, 60, local(2026, 10, 25, 1) / 1'000}};

TEST(WallClock, shows_local_time_before_and_after_a_change) {
  EXPECT_EQ(kForward.local_ms(at(hours(0))), local(2026, 3, 28, 13));
  EXPECT_EQ(kForward.change(), at(hours(13)));
  EXPECT_EQ(kForward.local_ms(at(hours(13)) - milliseconds(1)), local(2026, 3, 29, 2) - 1);
  EXPECT_EQ(kForward.local_ms(at(hours(13))), local(2026, 3, 29, 3));
  EXPECT_EQ(kBack.local_ms(at(hours(13)) - milliseconds(1)), local(2026, 10, 25, 3) - 1);
  EXPECT_EQ(kBack.local_ms(at(hours(13))), local(2026, 10, 25, 2));
}

TEST(WallClock, a_time_in_a_skipped_hour_comes_at_its_end) {
  EXPECT_EQ(kForward.instant_of(local(2026, 3, 29, 1, 59)), at(hours(13) - minutes(1)));
  for (const int minute : {0, 1, 30, 59})
    EXPECT_EQ(kForward.instant_of(local(2026, 3, 29, 2, minute)), at(hours(13)));
  EXPECT_EQ(kForward.instant_of(local(2026, 3, 29, 3)), at(hours(13)));
  EXPECT_EQ(kForward.instant_of(local(2026, 3, 29, 3, 1)), at(hours(13) + minutes(1)));
}

TEST(WallClock, a_time_in_a_repeated_hour_comes_the_first_time_only) {
  EXPECT_EQ(kBack.instant_of(local(2026, 10, 25, 2)), at(hours(12)));
  EXPECT_EQ(kBack.instant_of(local(2026, 10, 25, 2, 59)), at(hours(13) - minutes(1)));
  EXPECT_EQ(kBack.instant_of(local(2026, 10, 25, 3)), at(hours(14)));
}

TEST(WallClock, without_a_change_it_is_an_offset) {
  const WallClock clock{kSaturdayNoon, Zone{-330, 0, 0}};
  EXPECT_EQ(clock.change(), kNever);
  EXPECT_EQ(clock.local_ms(at(days(4'000))), local(2026, 3, 28, 6, 30) + days(4'000).raw());
}

RC_GTEST_PROP(WallClock, an_instant_shows_the_local_time_it_was_found_by_unless_that_was_skipped, ()) {
  const auto before = static_cast<std::int16_t>(*within(-840, 840)),
             after = static_cast<std::int16_t>(*within(-840, 840));
  const std::int64_t utc = local(2026, 3, 1, 0) + *within(0, days(30).raw());
  const WallClock clock{ClockOffset{utc},
                        Zone{before, after, local(2026, 3, 15, 0) / 1'000 + *within(0, 864'000)}};
  const std::int64_t wanted = local(2026, 3, 1, 0) + *within(0, days(60).raw());
  const Instant found = clock.instant_of(wanted);
  if (clock.local_ms(found) != wanted) {
    RC_ASSERT(after > before);
    RC_ASSERT(found == clock.change());
    RC_ASSERT(clock.local_ms(found) > wanted);
    RC_ASSERT(clock.local_ms(found - milliseconds(1)) < wanted);
  } else if (found >= clock.change()) {  // not one that the clock showed before
    RC_ASSERT(clock.local_ms(clock.change() - milliseconds(1)) < wanted);
  }
}

TEST(WallClock, weekdays_of_known_dates) {
  const auto weekday = [](int year, unsigned month, unsigned day) {
    return weekday_of_day(day_of(local(year, month, day, 12)));
  };
  EXPECT_EQ(weekday(1970, 1, 1), 3);
  EXPECT_EQ(weekday(2000, 2, 29), 1);
  EXPECT_EQ(weekday(2026, 3, 2), 0);
  EXPECT_EQ(weekday(2026, 3, 29), 6);
  EXPECT_EQ(weekday(1969, 12, 31), 2);
  for (std::int64_t day = -40'000; day < 40'000; ++day) {
    const std::chrono::weekday known{sys_days{std::chrono::days{day}}};
    ASSERT_EQ(weekday_of_day(day), static_cast<int>(known.iso_encoding()) - 1) << day;
  }
}

TEST(WallClock, day_and_minute_before_1970_count_downwards) {
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(minute_of_day(-1), 1'439);
  EXPECT_EQ(minute_of_day(local(2026, 3, 2, 23, 59) + 59'999), 1'439);
}

}  // namespace
}  // namespace theca
