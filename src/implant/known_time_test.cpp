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

/// The same a second time, from what is said of it above `KnownTime`: in milliseconds, case by case.
struct SecondReckoning {
  std::int64_t least = 0, least_at = 0, claim = 0, claim_at = 0;

  static std::int64_t since(std::int64_t then, std::int64_t now) { return (now - then) / 1'000; }
  bool keeps(std::int64_t bound, std::int64_t now) {
    if (bound - least < kHour) return false;
    least = bound;
    least_at = now;
    if (claim <= bound) claim = 0;
    return true;
  }
  bool learn(std::int64_t told, std::int64_t now) {
    if (least == 0) return keeps(told, now);
    const std::int64_t bound = least + since(least_at, now);
    const std::int64_t leap = told - bound;
    if (leap <= 0) return keeps(bound, now);
    if (leap <= 12 * kHour) return keeps(told, now);
    const std::int64_t off = told - claim - since(claim_at, now);
    if (claim == 0 || off > 24 * kHour || off < -24 * kHour) {
      claim = told;
      claim_at = now;
      return keeps(bound, now) || true;
    }
    if (told - claim < 12 * kHour) return keeps(bound, now);  // it may be the same clock on the same day
    return keeps(off > 0 ? told - off : told, now);
  }
};

/// Every leap that the rules speak of, to the second.
RC_GTEST_PROP(KnownTime, INV_10_is_what_was_reckoned_a_second_time, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  const auto one_of = [&](std::initializer_list<std::int64_t> of) {
    return of.begin()[random() % of.size()];
  };
  const auto upto = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
  };
  KnownTime known;
  SecondReckoning second;
  std::int64_t now_ms = upto(5'000);
  const std::int64_t start =
      upto(3) == 0 ? 1 + upto(kDay) : kStart;  // an implant may believe that it is 1970
  for (int step = 0; step < 40; ++step) {
    now_ms += one_of({0, 0, 1, 999, upto(kHour * 1'000), upto(kDay * 1'000), upto(30 * kDay * 1'000)});
    const Instant now = Instant{} + milliseconds(now_ms);
    if (upto(15) == 0) {
      const std::int64_t utc = start + upto(100 * kDay);
      known.set(utc, now);
      second = {utc, now_ms, 0, 0};
    } else if (upto(15) == 0) {
      now_ms -= std::min(now_ms, upto(2 * kDay * 1'000));  // powered time was lost
      known.goes_on_from(Instant{} + milliseconds(now_ms));
      second.least_at = std::min(second.least_at, now_ms);
      second.claim_at = std::min(second.claim_at, now_ms);
    } else {
      const std::int64_t bound = second.least + SecondReckoning::since(second.least_at, now_ms);
      const std::int64_t claim = second.claim + SecondReckoning::since(second.claim_at, now_ms);
      const std::int64_t from = second.least == 0 ? start : one_of({bound, bound, claim, second.claim});
      const std::int64_t leap =
          one_of({0, kHour, -kHour, 12 * kHour, 24 * kHour, -24 * kHour, upto(kDay), upto(900 * kDay)}) +
          one_of({-1, 0, 1});
      const std::int64_t told = std::max(std::int64_t{1}, from + leap);
      RC_ASSERT(known.learn(told, now) == second.learn(told, now_ms));
    }
    RC_ASSERT(known.least_utc_s == second.least);
    RC_ASSERT(known.least_at == Instant{} + milliseconds(second.least_at));
    RC_ASSERT(known.claim_utc_s == second.claim);
    RC_ASSERT(known.claim_at == Instant{} + milliseconds(second.claim_at));
    const Instant later = Instant{} + milliseconds(now_ms) + hours(5);
    RC_ASSERT(known.least(later) == second.least + SecondReckoning::since(second.least_at, later.raw()));
  }
}

}  // namespace
}  // namespace theca
