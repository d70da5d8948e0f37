#include "pump/reservoir.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using example::kRoller;

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

TEST(Reservoir, INV_15_nominal_and_earliest_by_hand) {
  Reservoir reservoir{kRoller};
  reservoir.fill(millilitres(20), 1'000, Instant{});
  EXPECT_EQ(reservoir.filled(), millilitres(20));
  EXPECT_EQ(reservoir.nominal(1'000), millilitres(20));
  EXPECT_EQ(reservoir.earliest(1'000), millilitres(20));
  EXPECT_EQ(reservoir.nominal(1'001), nanolitres(19'999'990));
  EXPECT_EQ(reservoir.earliest(1'001), nanolitres(19'999'988));  // 11.45 nL used, told as 12
  EXPECT_EQ(reservoir.nominal(1'000 + 1'000'000), millilitres(10));
  EXPECT_EQ(reservoir.earliest(1'000 + 1'000'000), nanolitres(8'550'000));
  EXPECT_EQ(reservoir.steps_until_dry(), 1'000 + 2'000'000);
  EXPECT_EQ(reservoir.earliest(1'000 + 2'000'000), nanolitres(0));  // never below nothing
}

TEST(Reservoir, what_is_less_than_a_step_is_no_step) {
  Reservoir reservoir{kRoller};
  reservoir.fill(nanolitres(99), 5, Instant{});
  EXPECT_EQ(reservoir.steps_until_dry(), 5 + 9);
}

TEST(Reservoir, a_level_at_or_above_the_fill_is_reached_at_once) {
  Reservoir reservoir{kRoller};
  reservoir.fill(millilitres(2), 7, Instant{});
  EXPECT_EQ(reservoir.steps_until_earliest(millilitres(2)), 7);
  EXPECT_EQ(reservoir.steps_until_earliest(millilitres(3)), 7);
}

struct Case {
  Reservoir reservoir;
  Volume filled;
  std::int64_t at_fill;
};
Case any_reservoir() {
  PumpModel model = kRoller;
  model.step = nanolitres(*within(1, kMaxStep.raw()));
  model.accuracy_ppm = static_cast<std::int32_t>(*within(0, 500'000));
  Case made{Reservoir{model}, Volume{*within(0, kMaxReservoir.raw())}, *within(0, 1'000'000'000'000)};
  made.reservoir.fill(made.filled, made.at_fill, Instant{});
  return made;
}

RC_GTEST_PROP(Reservoir, INV_15_steps_until_earliest_is_the_smallest_such_step, ()) {
  const Case c = any_reservoir();
  const Volume level{*within(0, kMaxReservoir.raw())};
  const std::int64_t n = c.reservoir.steps_until_earliest(level);
  RC_ASSERT(n >= c.at_fill);
  RC_ASSERT(c.reservoir.earliest(n) <= level);
  if (n > c.at_fill) RC_ASSERT(c.reservoir.earliest(n - 1) > level);
}

RC_GTEST_PROP(Reservoir, INV_15_earliest_is_never_above_nominal_and_empty_never_after_dry, ()) {
  const Case c = any_reservoir();
  const std::int64_t dry = c.reservoir.steps_until_dry();
  const std::int64_t n = *within(c.at_fill, dry);
  RC_ASSERT(c.reservoir.earliest(n) <= c.reservoir.nominal(n));
  RC_ASSERT(c.reservoir.nominal(dry) >= nanolitres(0));
  RC_ASSERT(c.reservoir.steps_until_earliest(nanolitres(0)) <= dry + 1);
}

}  // namespace
}  // namespace theca
