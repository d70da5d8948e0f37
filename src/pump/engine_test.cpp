#include "pump/engine.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace theca {
namespace {

constexpr Volume kStep = nanolitres(10);
constexpr std::int64_t kUnits = kStep.raw() * Amount::kUnitsPerNanolitre;
constexpr Instant kStart{1'000};

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

/// From one step a week to several a millisecond, every magnitude alike.
rc::Gen<std::int64_t> any_rate() {
  return rc::gen::mapcat(within(0, 8), [](std::int64_t power) {
    std::int64_t low = 1;
    for (; power > 0; --power) low *= 10;
    return within(low, low * 10);
  });
}

RC_GTEST_PROP(Train, step_at_and_made_by_agree, ()) {
  Train train{kStart, 1, *any_rate(), 1, 0};
  train.units_per_step = *rc::gen::element<std::int64_t>(1, 10, 300, 2'500) * Amount::kUnitsPerNanolitre;
  train.phase = *within(0, train.units_per_step - 1);
  const auto most_in_an_hour = [&] {
    return (train.phase + train.rate * kLongestTrain.raw()) / train.units_per_step;
  };
  if (most_in_an_hour() == 0) train.rate += 60'000;  // a step of 2.5 µL in an hour
  const std::int64_t most = most_in_an_hour();
  train.count = *within(1, std::min<std::int64_t>(most, 500));
  for (std::int64_t k = 1; k <= train.count; ++k) {
    const Instant at = train.step_at(k);
    RC_ASSERT(at > train.start);
    RC_ASSERT(train.made_by(at) >= k);
    RC_ASSERT(train.made_by(at - milliseconds(1)) < k);
  }
  RC_ASSERT(train.end() == train.step_at(train.count));
  RC_ASSERT(train.made_by(train.end() + days(40'000)) == train.count);
}

TEST(Train, steps_fall_at_the_first_millisecond_that_has_earned_them) {
  const Train train{kStart, 3, 300'000, kUnits, 0};  // 0.3 mL/day: a step each 2880 ms
  EXPECT_EQ(train.step_at(1), kStart + milliseconds(2'880));
  EXPECT_EQ(train.step_at(3), kStart + milliseconds(8'640));
  EXPECT_EQ(train.made_by(kStart + milliseconds(2'879)), 0);
  EXPECT_EQ(train.made_by(kStart + milliseconds(2'880)), 1);
  const Train earned{kStart, 1, 300'000, kUnits, kUnits - 1};
  EXPECT_EQ(earned.step_at(1), kStart + milliseconds(1));
  EXPECT_EQ(train.made_by(Instant{0}), 0);
}

/// An engine and the motor that makes its steps: the time of each.
class Player {
 public:
  Engine engine{kStep};
  std::vector<std::int64_t> step_ms;

  Player() { engine.resume(); }
  /// Lets the running train work until `t`, which the engine learns of there and then.
  void go_to(std::int64_t t) {
    for (; made_ < train_.count && train_.step_at(made_ + 1).raw() <= t; ++made_) {
      step_ms.push_back(train_.step_at(made_ + 1).raw());
    }
    engine.advance(Instant{t});
  }
  void plan(std::int64_t most = INT64_MAX) {
    const auto train = engine.plan(kNever, most);
    engine.halt(false);
    engine.resume();
    train_ = train.value_or(Train{});
    made_ = 0;
    if (train) engine.run(*train);
  }
  /// Plans whenever a train or a bolus is over, until `t`.
  void deliver_to(std::int64_t t) {
    while (engine.now().raw() < t) {
      plan();
      go_to(std::min({t, engine.now().raw() + kLongestTrain.raw(), engine.bolus_end().raw()}));
    }
  }

 private:
  Train train_;
  std::int64_t made_ = 0;
};

RC_GTEST_PROP(Engine, INV_1_cut_and_planned_anew_at_any_millisecond_it_makes_the_same_steps, ()) {
  const FlowRate rate{*within(1, 24'000'000)};
  const std::int64_t end = *within(1, 6 * 3'600'000);
  const auto cuts = *rc::gen::container<std::vector<std::int64_t>>(within(0, end));
  Player cut;
  cut.engine.set_basal(rate);
  auto sorted = cuts;
  std::sort(sorted.begin(), sorted.end());
  for (const std::int64_t at : sorted) cut.deliver_to(at), cut.plan();
  cut.deliver_to(end);
  std::vector<std::int64_t> expected;
  for (std::int64_t k = 1; divide_up(k * kUnits, rate.raw()) <= end; ++k) {
    expected.push_back(divide_up(k * kUnits, rate.raw()));
  }
  RC_ASSERT(cut.step_ms == expected);
  RC_ASSERT(cut.engine.missed() == 0);
  RC_ASSERT(cut.engine.commanded() == static_cast<std::int64_t>(expected.size()));
}

/// What a basal and one bolus from `start` have made due by `t`, in units.
std::int64_t due_by(std::int64_t t, FlowRate basal, const BolusDose& bolus, std::int64_t start) {
  const std::int64_t part =
      t <= start ? 0
                 : std::min(bolus.volume.raw() * Amount::kUnitsPerNanolitre, bolus.rate.raw() * (t - start));
  return basal.raw() * t + part;
}

RC_GTEST_PROP(Engine, INV_1_never_ahead_and_less_than_a_step_behind_at_every_millisecond, ()) {
  const FlowRate basal{*within(0, 24'000'000)};
  const BolusDose bolus{kStep * *within(1, 3'000), FlowRate{*within(1'000'000, 900'000'000)}};
  const std::int64_t start = *within(0, 200'000);
  const std::int64_t end = start + *within(1, 600'000);
  Player player;
  player.engine.set_basal(basal);
  player.deliver_to(start);
  player.engine.start_bolus(bolus);
  player.deliver_to(end);
  std::int64_t k = 0;
  for (const std::int64_t at : player.step_ms) {
    ++k;
    RC_ASSERT(k * kUnits <= due_by(at, basal, bolus, start));
    RC_ASSERT(k * kUnits > due_by(at - 1, basal, bolus, start));
  }
  RC_ASSERT(k == due_by(end, basal, bolus, start) / kUnits);
}

TEST(Engine, a_bolus_over_no_basal_is_its_whole_number_of_steps) {
  for (const std::int64_t rate : {7'000'000, 7'200'000, 123'456'789, 999'999'937}) {
    Player player;
    player.engine.start_bolus({kStep * 2'500, FlowRate{rate}});
    EXPECT_EQ(player.engine.bolus_end(), Instant{divide_up(2'500 * kUnits, rate)});
    player.deliver_to(24 * 3'600'000);
    EXPECT_EQ(player.engine.commanded(), 2'500) << rate;
    EXPECT_FALSE(player.engine.bolus_running());
    EXPECT_EQ(player.engine.bolus_end(), kNever);
    EXPECT_EQ(player.engine.missed(), 0);
  }
}

TEST(Engine, the_last_millisecond_of_a_bolus_is_due_in_part_only) {
  // 864e6 units are a step. 800e6 are earned; the bolus is one step, due after 1.728 ms of its own flow. The
  // timer would earn 1000e6 in 2 ms and make two steps.
  Player player;
  player.engine.set_basal(FlowRate{800'000'000});
  player.go_to(1);
  player.engine.set_basal(FlowRate{0});
  player.engine.start_bolus({kStep, FlowRate{500'000'000}});
  EXPECT_EQ(player.engine.bolus_end(), Instant{3});
  player.deliver_to(1'000);
  EXPECT_EQ(player.engine.commanded(), 1);
}

TEST(Engine, what_a_change_of_rate_leaves_over_is_carried) {
  Player player;
  player.engine.set_basal(FlowRate{300'000});
  player.deliver_to(2'879);  // a millisecond short of a step
  EXPECT_EQ(player.engine.commanded(), 0);
  player.engine.set_basal(FlowRate{1'000});
  player.deliver_to(2'879 + 299);
  EXPECT_EQ(player.engine.commanded(), 0);
  player.deliver_to(2'879 + 300);
  EXPECT_EQ(player.engine.commanded(), 1);
}

TEST(Engine, INV_3_a_late_wake_is_told_and_not_caught_up) {
  Player player;
  player.engine.set_basal(FlowRate{300'000});
  player.plan();
  player.go_to(3 * 3'600'000);  // the train was over after an hour: two hours were missed
  EXPECT_EQ(player.engine.commanded(), 1'250);
  EXPECT_EQ(player.engine.missed(), 2'500);
  player.deliver_to(4 * 3'600'000);
  EXPECT_EQ(player.engine.commanded(), 2'500);
  EXPECT_EQ(player.engine.missed(), 2'500);
}

RC_GTEST_PROP(Engine, INV_3_late_or_not_steps_made_and_missed_are_what_was_due, ()) {
  const FlowRate rate{*within(1, 2'400'000)};
  Player player;
  player.engine.set_basal(rate);
  std::int64_t t = 0;
  for (const std::int64_t wait : *rc::gen::container<std::vector<std::int64_t>>(within(1, 5 * 3'600'000))) {
    player.plan();
    player.go_to(t += wait);
  }
  RC_ASSERT(player.engine.commanded() + player.engine.missed() == rate.raw() * t / kUnits);
  RC_ASSERT(player.engine.commanded() == static_cast<std::int64_t>(player.step_ms.size()));
}

TEST(Engine, halted_time_earns_nothing_and_forgets_only_when_told) {
  for (const bool forget : {false, true}) {
    Player player;
    player.engine.set_basal(FlowRate{300'000});
    player.deliver_to(2'000);
    player.engine.halt(forget);
    EXPECT_EQ(player.engine.plan(kNever, 10), std::nullopt);
    player.engine.advance(Instant{1'000'000});
    EXPECT_EQ(player.engine.missed(), 0);
    player.engine.resume();
    player.plan();
    player.go_to(1'000'000 + 879);
    EXPECT_EQ(player.engine.commanded(), 0);
    player.go_to(1'000'000 + 880);
    EXPECT_EQ(player.engine.commanded(), forget ? 0 : 1);
    player.go_to(1'000'000 + 2'880);
    EXPECT_EQ(player.engine.commanded(), 1);
  }
}

TEST(Engine, a_halt_stops_the_running_train) {
  Player player;
  player.engine.set_basal(FlowRate{300'000});
  player.plan();
  player.go_to(2'880);
  player.engine.halt(true);
  player.engine.advance(Instant{3'600'000});
  EXPECT_EQ(player.engine.commanded(), 1);
}

TEST(Engine, plans_no_more_than_asked_no_longer_than_an_hour_and_never_across_a_bolus_end) {
  Engine engine{kStep};
  EXPECT_EQ(engine.plan(kNever, 10), std::nullopt);  // halted
  engine.resume();
  EXPECT_EQ(engine.plan(kNever, 10), std::nullopt);  // no flow
  engine.set_basal(FlowRate{300'000});
  EXPECT_EQ(engine.plan(kNever, 10)->count, 10);
  EXPECT_EQ(engine.plan(kNever, INT64_MAX)->count, 1'250);
  EXPECT_EQ(engine.plan(Instant{2'880}, INT64_MAX)->count, 1);
  EXPECT_EQ(engine.plan(Instant{2'879}, INT64_MAX), std::nullopt);
  EXPECT_EQ(engine.plan(Instant{0}, INT64_MAX), std::nullopt);
  engine.start_bolus({kStep * 100, FlowRate{28'800'000}});  // 100 steps in 3 s
  const auto train = engine.plan(kNever, INT64_MAX);
  ASSERT_TRUE(train);
  EXPECT_EQ(train->rate, 29'100'000);
  EXPECT_EQ(train->count, 101);
  EXPECT_LE(train->end(), engine.bolus_end());
}

TEST(Engine, a_dropped_bolus_tells_what_is_left_rounded_up) {
  Engine engine{kStep};
  engine.resume();
  engine.start_bolus({kStep * 100, FlowRate{86'400'001}});  // a little more than 1 nL a millisecond
  engine.advance(Instant{400});
  EXPECT_EQ(engine.drop_bolus(), nanolitres(600));
  EXPECT_FALSE(engine.bolus_running());
  EXPECT_EQ(engine.drop_bolus(), nanolitres(0));
  EXPECT_EQ(engine.flow(), FlowRate{0});
}

TEST(Engine, time_does_not_run_backwards) {
  Player player;
  player.engine.set_basal(FlowRate{300'000});
  player.deliver_to(10'000);
  const std::int64_t made = player.engine.commanded();
  player.engine.advance(Instant{5'000});
  EXPECT_EQ(player.engine.now(), Instant{10'000});
  EXPECT_EQ(player.engine.commanded(), made);
}

TEST(Engine, INV_3_a_step_that_comes_due_to_the_very_unit_is_told) {
  Engine engine{kStep};
  engine.resume();
  engine.set_basal(FlowRate{300'000});
  engine.advance(Instant{2'880});  // nobody made a train for it
  EXPECT_EQ(engine.missed(), 1);
}

TEST(Engine, the_smallest_flow_still_ends_a_step_that_is_nearly_earned) {
  Engine engine{kStep};
  engine.resume();
  engine.set_basal(FlowRate{300'000});
  engine.advance(Instant{2'879});
  engine.set_basal(FlowRate{1});
  const auto train = engine.plan(kNever, 10);
  ASSERT_TRUE(train);
  EXPECT_EQ(train->end(), Instant{2'879 + 300'000});
}

TEST(Engine, a_bolus_runs_until_its_last_unit_has_come_due) {
  Engine engine{kStep};
  engine.resume();
  engine.start_bolus({nanolitres(1), FlowRate{12'342'857}});  // times 7 it is a unit less than a nanolitre
  engine.advance(Instant{7});
  EXPECT_TRUE(engine.bolus_running());
  EXPECT_EQ(engine.bolus_end(), Instant{8});
  engine.advance(Instant{8});
  EXPECT_FALSE(engine.bolus_running());
}

TEST(Engine, INV_8_after_power_was_gone_nothing_is_earned_and_the_steps_that_count_as_made_are_commanded) {
  Player player;
  player.engine.set_basal(FlowRate{300'000});
  EXPECT_EQ(player.engine.running(), nullptr);
  player.plan();
  ASSERT_NE(player.engine.running(), nullptr);
  EXPECT_EQ(player.engine.running()->count, 1'250);
  player.engine.advance(Instant{2'880 * 3 + 1'000});
  player.engine.settle(20);
  EXPECT_EQ(player.engine.commanded(), 20);
  EXPECT_EQ(player.engine.running(), nullptr);
  EXPECT_TRUE(player.engine.halted());
  player.engine.settle(30);  // no train runs that they could be of
  EXPECT_EQ(player.engine.commanded(), 20);
  player.engine.resume();
  EXPECT_EQ(player.engine.plan(kNever, 10)->phase, 0);
}

TEST(Engine, counts_on_from_a_time_and_a_count) {
  Engine engine{kStep};
  EXPECT_TRUE(engine.halted());
  EXPECT_EQ(engine.commanded(), 0);
  engine.count_on(Instant{1'000'000}, 77);
  EXPECT_EQ(engine.now(), Instant{1'000'000});
  EXPECT_EQ(engine.commanded(), 77);
  engine.resume();
  engine.set_basal(FlowRate{300'000});
  const auto train = engine.plan(kNever, 10);
  ASSERT_TRUE(train);
  EXPECT_EQ(train->start, Instant{1'000'000});
  EXPECT_EQ(train->phase, 0);
}

}  // namespace
}  // namespace theca
