// What an implant knows of the time: honest certificates are let in whatever one wrong clock has said, and
// what is over stays over.
#include "implant/known_time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

namespace theca {
namespace {

constexpr std::int64_t kStart = 1'782'000'000, kHour = 3'600, kDay = 24 * kHour;

Instant powered(std::int64_t s) { return Instant{} + seconds(s); }

TEST(KnownTime, goes_on_with_powered_time_and_never_back) {
  KnownTime known;
  EXPECT_TRUE(known.learn(kStart, powered(0)));
  EXPECT_EQ(known.least(powered(0)), kStart);
  EXPECT_EQ(known.least(powered(kDay)), kStart + kDay);
  EXPECT_TRUE(known.learn(kStart - 30 * kDay, powered(kDay))) << "worth keeping: a day has passed";
  EXPECT_EQ(known.least(powered(kDay)), kStart + kDay);
  EXPECT_FALSE(known.learn(kStart + kDay + 60, powered(kDay))) << "a minute is not worth a page of memory";
  known.goes_on_from(powered(10));
  EXPECT_EQ(known.least(powered(10)), kStart + kDay) << "the clock was lost";
}

/// A pump in a clinic's care: visits with certificates signed within the last day, by clocks that are right,
/// and on one day by one that is wrong by anything.
RC_GTEST_PROP(KnownTime, INV_10_one_day_of_a_wrong_clock_shuts_nobody_out, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  const auto upto = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
  };
  KnownTime known;
  std::int64_t now = 0, wrong_from = -1;
  known.learn(kStart - upto(kDay), powered(0));
  for (int visit = 0; visit < 60; ++visit) {
    now += upto(3) == 0 ? upto(60 * kDay) : upto(kDay);
    if (wrong_from < 0 && visit > 0 && upto(4) == 0) {
      wrong_from = now;
      const std::int64_t ahead = upto(20 * 365 * kDay);
      const auto sessions = upto(5);
      for (std::int64_t i = 0; i < sessions; ++i) {
        now += upto(kHour);
        known.learn(kStart + now + ahead, powered(now));
      }
    }
    const std::int64_t issued = kStart + now - upto(kDay / 2), over = issued + kDay;
    RC_ASSERT(over >= known.least(powered(now)));
    known.learn(issued, powered(now));
    // And it is of use: what was over for two days is over.
    RC_ASSERT(visit < 2 || known.least(powered(now)) >= kStart + now - 2 * kDay);
  }
}

/// A pump that was without power: its powered time stood still, and two visits tell it what it missed.
TEST(KnownTime, two_certificates_that_agree_make_up_for_time_without_power) {
  KnownTime known;
  known.learn(kStart, powered(0));
  constexpr std::int64_t kGone = 200 * kDay;
  EXPECT_TRUE(known.learn(kStart + kGone, powered(kDay)));
  EXPECT_LT(known.least(powered(kDay)), kStart + 2 * kDay) << "one says so";
  EXPECT_FALSE(known.learn(kStart + kGone + kHour / 2, powered(kDay + kHour / 2)));
  EXPECT_LT(known.least(powered(kDay + kHour / 2)), kStart + 2 * kDay)
      << "the same day: it may be the same clock";
  EXPECT_TRUE(known.learn(kStart + kGone + kDay, powered(2 * kDay)));
  EXPECT_EQ(known.least(powered(2 * kDay)), kStart + kGone + kDay);
  // Another that is far away is a claim of its own, and the first does not come back.
  EXPECT_TRUE(known.learn(kStart + 2 * kGone, powered(3 * kDay)));
  EXPECT_TRUE(known.learn(kStart + 3 * kGone, powered(4 * kDay)));
  EXPECT_LT(known.least(powered(4 * kDay)), kStart + kGone + 4 * kDay);
  known.set(kStart, powered(5 * kDay));
  EXPECT_EQ(known.least(powered(5 * kDay)), kStart) << "what the clinic signs with an epoch counts";
}

}  // namespace
}  // namespace theca
