// The true flow of a gas-driven pump: every nanolitre is somewhere, and every change has its millisecond.
#include "world/constant_flow_pump.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "plan/constant_flow.hpp"

namespace theca {
namespace {

constexpr DrugCode kMorphine{1};
constexpr DrugCode kClonidine{6};

Instant at(Duration since) { return Instant{0} + since; }

Formulation fluid(std::uint32_t number, Concentration morphine, Concentration clonidine = {}) {
  Formulation f;
  f.number = number;
  f.count = 2;
  f.components[0] = {kMorphine, DrugClass::kOpioid, morphine};
  f.components[1] = {kClonidine, DrugClass::kWithdrawalProne, clonidine};
  return f;
}

/// 20 mL at 0.5 mL/day, a path of 0.375 mL, no fall at the end unless a test says so.
ConstantFlowSpecimen specimen() {
  ConstantFlowSpecimen s;
  s.labelled = microlitres_per_day(500);
  s.path = microlitres(375);
  return s;
}
ConstantFlowPump filled(const ConstantFlowSpecimen& s, Volume volume = millilitres(20)) {
  ConstantFlowPump pump{s, {kMorphine, kClonidine}};
  pump.refill(volume, fluid(1, milligrams_per_millilitre(4)));
  return pump;
}

TEST(ConstantFlowPump, it_flows_as_labelled_from_the_first_fill_on) {
  ConstantFlowPump pump = filled(specimen());
  pump.run_until(at(days(10)));
  EXPECT_EQ(pump.delivered(), Amount::of(millilitres(5)));
  EXPECT_EQ(pump.reservoir(), Amount::of(millilitres(15)));
  // 5 mL less the path, at 4 mg/mL.
  EXPECT_EQ(pump.tip().mass()[0], micrograms(18'500));
}

TEST(ConstantFlowPump, it_runs_dry_when_volume_over_flow_says_and_sooner_when_it_runs_fast) {
  const auto dry = [](std::int32_t error_ppm) {
    ConstantFlowSpecimen s = specimen();
    s.flow_error_ppm = error_ppm;
    ConstantFlowPump pump = filled(s);
    while (!pump.empty()) pump.run_until(pump.next_change());
    EXPECT_EQ(pump.flow(), FlowRate{});
    EXPECT_EQ(pump.next_change(), kNever);
    EXPECT_EQ(pump.delivered(), Amount::of(millilitres(20)));
    return pump.now();
  };
  EXPECT_EQ(dry(0), at(days(40)));
  EXPECT_EQ(dry(250'000), at(days(32)));
  EXPECT_EQ(dry(-200'000), at(days(50)));
}

TEST(ConstantFlowPump, what_is_empty_stays_so_until_it_is_filled) {
  ConstantFlowPump pump = filled(specimen(), millilitres(1));
  pump.run_until(at(days(5)));
  EXPECT_TRUE(pump.empty());
  EXPECT_EQ(pump.refill(millilitres(2), fluid(1, milligrams_per_millilitre(4))), Volume{});
  pump.run_until(at(days(6)));
  EXPECT_EQ(pump.delivered(), Amount::of(microlitres(1'500)));
}

TEST(ConstantFlowPump, the_flow_changes_when_its_surroundings_do_and_not_before) {
  ConstantFlowPump pump = filled(specimen());
  pump.run_until(at(days(2)));
  pump.surround({.temperature_ppm = 210'000});
  EXPECT_EQ(pump.flow(), microlitres_per_day(605));
  pump.run_until(at(days(3)));
  pump.surround({.temperature_ppm = 210'000, .altitude_ppm = 170'000});
  EXPECT_EQ(pump.flow(), nanolitres_per_day(707'850)) << "one comes on top of the other";
  pump.run_until(at(days(4)));
  pump.surround({});
  pump.run_until(at(days(5)));
  EXPECT_EQ(pump.delivered(), Amount::of(nanolitres(1'000'000 + 605'000 + 707'850 + 500'000)));
}

TEST(ConstantFlowPump, below_the_level_of_nearly_empty_it_flows_less_to_the_end) {
  ConstantFlowSpecimen s = specimen();
  s.nearly_empty = millilitres(2);
  s.nearly_empty_ppm = -125'000;
  ConstantFlowPump pump = filled(s);
  pump.run_until(at(days(36)) - milliseconds(1));
  EXPECT_EQ(pump.flow(), microlitres_per_day(500));
  pump.run_until(at(days(36)));
  EXPECT_EQ(pump.reservoir(), Amount::of(millilitres(2)));
  EXPECT_EQ(pump.flow(), nanolitres_per_day(437'500));
  // 2 mL at 0.4375 mL/day: 4.5714 days, to the millisecond upward.
  const Instant dry = at(days(36)) + Duration{divide_up(2'000'000 * kMillisecondsPerDay, 437'500)};
  EXPECT_EQ(pump.next_change(), dry);
  pump.run_until(dry - milliseconds(1));
  EXPECT_FALSE(pump.empty());
  pump.run_until(dry);
  EXPECT_TRUE(pump.empty());
}

TEST(ConstantFlowPump, the_next_fills_concentration_is_at_the_tip_after_exactly_the_paths_volume) {
  ConstantFlowPump pump = filled(specimen());
  pump.run_until(at(days(10)));
  const Mass before = pump.tip().mass()[0];
  EXPECT_EQ(pump.refill(millilitres(20), fluid(2, milligrams_per_millilitre(6))), millilitres(15));
  const Instant arrives = at(days(10) + hours(18));  // 0.375 mL at 0.5 mL/day
  EXPECT_EQ(pump.next_change(), arrives);
  pump.run_until(arrives);
  EXPECT_EQ(pump.tip().front().at_tip().number, 2U);
  EXPECT_EQ(pump.tip().mass()[0] - before, mass_in(microlitres(375), milligrams_per_millilitre(4)));
  ASSERT_EQ(pump.tip().changes().size(), 2U);
  EXPECT_EQ(pump.tip().changes()[0].at, at(hours(18)));
  EXPECT_EQ(pump.tip().changes()[1].at, arrives);
  pump.run_until(arrives + days(1));
  EXPECT_EQ(pump.tip().mass()[0] - before, mass_in(microlitres(375), milligrams_per_millilitre(4)) +
                                               mass_in(microlitres(500), milligrams_per_millilitre(6)));
}

// ---- any life --------------------------------------------------------------------------------------------

struct Change {
  Duration after;
  Surroundings surroundings;
  Volume fill;  // zero: none
};

std::vector<Change> any_changes() {
  std::vector<Change> changes(*rc::gen::inRange<std::size_t>(0, 12));
  for (Change& c : changes) {
    c.after = Duration{*rc::gen::inRange<std::int64_t>(0, days(9).raw())};
    c.surroundings = {*rc::gen::inRange(-400'000, 400'000), *rc::gen::inRange(-300'000, 800'000),
                      *rc::gen::inRange(-300'000, 300'000)};
    if (*rc::gen::inRange(0, 3) == 0) c.fill = Volume{*rc::gen::inRange<std::int64_t>(1, 20'000'001)};
  }
  return changes;
}

RC_GTEST_PROP(ConstantFlowPump, every_nanolitre_and_every_femtogram_is_somewhere_whatever_happens, ()) {
  ConstantFlowSpecimen s = specimen();
  s.labelled = FlowRate{*rc::gen::inRange<std::int64_t>(1, 4'000'000)};
  s.flow_error_ppm = *rc::gen::inRange(-500'000, 500'000);
  s.nearly_empty = Volume{*rc::gen::inRange<std::int64_t>(0, 3'000'000)};
  s.nearly_empty_ppm = -125'000;
  s.path = Volume{*rc::gen::inRange<std::int64_t>(1, 1'000'000)};
  ConstantFlowPump pump{s, {kMorphine, kClonidine}};

  // What entered the path, in order, for a sum at the tip that knows no front.
  std::vector<std::pair<Formulation, Amount>> entered;
  std::uint32_t number = 1;
  Formulation inside = fluid(number, milligrams_per_millilitre(4), micrograms_per_millilitre(80));
  Amount brought = Amount::of(millilitres(20));
  pump.refill(millilitres(20), inside);
  for (const Change& c : any_changes()) {
    const Amount held = pump.reservoir(), given = pump.delivered();
    pump.run_until(pump.now() + c.after);
    RC_ASSERT(pump.delivered() - given == held - pump.reservoir());
    entered.emplace_back(inside, pump.delivered() - given);
    pump.surround(c.surroundings);
    const bool path_can_follow = number < kMaxFluids - 1;
    if (c.fill.raw() > 0 && path_can_follow) {
      brought = brought + Amount::of(c.fill) - pump.reservoir();
      ++number;
      inside = fluid(number, milligrams_per_millilitre(number), micrograms_per_millilitre(10));
      pump.refill(c.fill, inside);
    }
    RC_ASSERT(pump.delivered() + pump.reservoir() == brought);
  }
  // The tip has seen the path's first contents, which held nothing, and then the fluids in their order.
  Volume left = std::max(Volume{}, pump.delivered().floor() - s.path);
  std::array<Mass, 2> wanted{};
  Amount sum;
  Volume taken;
  for (const auto& [of, amount] : entered) {
    sum += amount;
    const Volume part = std::min(left, sum.floor() - taken);
    taken += part;
    left -= part;
    for (std::size_t i = 0; i < 2; ++i) wanted[i] += mass_in(part, of.components[i].concentration);
  }
  RC_ASSERT(pump.tip().mass()[0] == wanted[0]);
  RC_ASSERT(pump.tip().mass()[1] == wanted[1]);
}

RC_GTEST_PROP(ConstantFlowPump, the_way_time_is_cut_makes_no_difference, ()) {
  ConstantFlowSpecimen s = specimen();
  s.labelled = FlowRate{*rc::gen::inRange<std::int64_t>(100'000, 4'000'000)};
  s.nearly_empty = millilitres(2);
  s.nearly_empty_ppm = -125'000;
  ConstantFlowPump whole = filled(s), cut = filled(s);
  const Instant end = at(days(60));
  whole.run_until(end);
  std::vector<std::int64_t> cuts(*rc::gen::inRange<std::size_t>(0, 100));
  for (std::int64_t& ms : cuts) ms = *rc::gen::inRange<std::int64_t>(0, days(60).raw());
  std::sort(cuts.begin(), cuts.end());
  for (const std::int64_t ms : cuts) cut.run_until(at(milliseconds(ms)));
  cut.run_until(end);
  RC_ASSERT(whole.delivered() == cut.delivered());
  RC_ASSERT(whole.tip().mass() == cut.tip().mass());
  RC_ASSERT(whole.tip().changes().size() == cut.tip().changes().size());
  for (std::size_t i = 0; i < whole.tip().changes().size(); ++i)
    RC_ASSERT(whole.tip().changes()[i].at == cut.tip().changes()[i].at);
}

/// A twin that takes the flow of the moment for the flow of the whole way, as a player would that looks at it
/// once a sample: the sums above must not hold for it.
TEST(ConstantFlowPump, a_twin_that_looks_only_once_a_day_gives_another_volume) {
  ConstantFlowSpecimen s = specimen();
  s.nearly_empty = microlitres(2'250);
  s.nearly_empty_ppm = -125'000;
  ConstantFlowPump pump = filled(s);
  Amount twin;
  for (int day = 1; day <= 38; ++day) {
    twin += Amount::over(pump.flow(), days(1));
    pump.run_until(at(days(day)));
  }
  EXPECT_NE(twin, pump.delivered());
  EXPECT_EQ(pump.delivered(), Amount::of(nanolitres(17'750'000 + 437'500 * 5 / 2)));
}

}  // namespace
}  // namespace theca
