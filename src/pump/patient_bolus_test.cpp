#include "pump/patient_bolus.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

TEST(PatientGrants, INV_7_nothing_granted_nothing_held_back) {
  const PatientGrants grants;
  const PatientBolusPolicy policy = example::quarter_millilitre_a_day();
  EXPECT_EQ(grants.lockout_over(policy), Instant{0});
  EXPECT_EQ(grants.window_open(policy), Instant{0});
  EXPECT_EQ(grants.in_window(policy, Instant{0}), 0U);
  EXPECT_EQ(grants.window_open(PatientBolusPolicy{}), kNever);  // none is allotted
}

TEST(PatientGrants, INV_7_lockout_and_window_end_on_their_millisecond) {
  PatientGrants grants;
  PatientBolusPolicy policy = example::quarter_millilitre_a_day();
  for (const std::int64_t hour : {1, 5, 9, 13}) grants.add(Instant{0} + hours(hour));
  EXPECT_EQ(grants.lockout_over(policy), Instant{0} + hours(16));
  EXPECT_EQ(grants.window_open(policy), Instant{0} + hours(25));
  EXPECT_EQ(grants.in_window(policy, Instant{0} + hours(25) - milliseconds(1)), 4U);
  EXPECT_EQ(grants.in_window(policy, Instant{0} + hours(25)), 3U);
  policy.allotted = 5;
  EXPECT_EQ(grants.window_open(policy), Instant{0});
}

RC_GTEST_PROP(PatientGrants, INV_7_no_window_ever_holds_more_than_was_allotted, ()) {
  PatientBolusPolicy policy;
  policy.allotted = static_cast<std::uint8_t>(*within(1, kMaxAllotted));
  policy.window_s = static_cast<std::uint32_t>(*within(3'600, 7 * 86'400));
  policy.lockout_s = static_cast<std::uint32_t>(*within(0, 7'200));
  PatientGrants grants;
  std::vector<Instant> given;
  Instant now{0};
  for (int press = 0; press < 150; ++press) {
    now = now + milliseconds(*within(0, 3'600'000));
    std::size_t inside = 0;
    for (const Instant at : given) inside += now - at < seconds(policy.window_s) ? 1U : 0U;
    const bool locked = !given.empty() && now - given.back() < seconds(policy.lockout_s);
    RC_ASSERT(grants.in_window(policy, now) == inside);
    RC_ASSERT((now < grants.window_open(policy)) == (inside >= policy.allotted));
    RC_ASSERT((now < grants.lockout_over(policy)) == locked);
    if (inside >= policy.allotted || locked) continue;
    grants.add(now);
    given.push_back(now);
  }
}

TEST(PatientGrants, INV_7_as_many_grants_are_kept_as_may_be_allotted) {
  PatientGrants grants;
  PatientBolusPolicy policy = example::quarter_millilitre_a_day();
  policy.allotted = kMaxAllotted;
  policy.lockout_s = 0;
  for (std::int64_t i = 1; i <= 40; ++i) {
    grants.add(Instant{0} + minutes(i));
    EXPECT_EQ(grants.in_window(policy, Instant{0} + minutes(i)),
              std::min(kMaxAllotted, static_cast<std::size_t>(i)))
        << i;
  }
  // The 32nd last, of minute 9, leaves the window first.
  EXPECT_EQ(grants.window_open(policy), Instant{0} + minutes(9) + seconds(policy.window_s));
}

TEST(WithinHours, from_is_in_to_is_out_and_midnight_is_crossed) {
  PatientBolusPolicy policy;
  EXPECT_TRUE(within_hours(policy, 0));  // from == to: all day
  EXPECT_TRUE(within_hours(policy, 1'439));
  policy.from_minute = 7 * 60;
  policy.to_minute = 22 * 60;
  EXPECT_FALSE(within_hours(policy, 419));
  EXPECT_TRUE(within_hours(policy, 420));
  EXPECT_TRUE(within_hours(policy, 1'319));
  EXPECT_FALSE(within_hours(policy, 1'320));
  std::swap(policy.from_minute, policy.to_minute);
  EXPECT_TRUE(within_hours(policy, 1'320));
  EXPECT_TRUE(within_hours(policy, 419));
  EXPECT_FALSE(within_hours(policy, 420));
}

}  // namespace
}  // namespace theca
