// Random lives with faults: none breaks a promise; a watch that is lied to sees it; a violation is cut down
// to what it needs.
#include "world/lives.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "world/play.hpp"
#include "world/scenario_testing.hpp"

namespace theca {
namespace {

using example::library;

bool is_long() { return std::getenv("THECA_LONG") != nullptr; }

LivesRequest lives(std::int64_t many, std::int64_t days) {
  LivesRequest request;
  const char* seed = std::getenv("THECA_SEED");
  request.seed = seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20260801;
  request.lives = many;
  const char* first = std::getenv("THECA_FIRST");  // goes on where a campaign ended
  request.first = first != nullptr ? std::strtoll(first, nullptr, 10) : 0;
  request.days = days;
  request.threads = is_long() ? std::max(1U, std::thread::hardware_concurrency()) : 1;
  return request;
}

void expect_none_broken(const LivesRequest& request) {
  const LivesResult result = play_lives(request, library());
  ASSERT_FALSE(result.violation) << "life " << result.violation->number << ": " << result.violation->promise
                                 << "; theca run --seed " << request.seed << " --lives " << request.lives
                                 << " --days " << request.days << "\n"
                                 << result.violation->scenario;
  std::int64_t never = 0;
  for (const auto& row : result.tally.cells) {
    for (const std::int64_t met : row) never += met == 0 ? 1 : 0;
  }
  std::printf(
      "lives with faults: %lld of %lld days, %lld refused, %lld calls; %lld of %zu fault cells never "
      "reached\n",
      static_cast<long long>(result.played), static_cast<long long>(request.days),
      static_cast<long long>(result.refused), static_cast<long long>(result.tally.calls),
      static_cast<long long>(never), kFaultCount * kDrugClassCount);
  EXPECT_GE(result.played, (request.lives - request.first) * 9 / 10);
}

TEST(Lives,
     INV_1_INV_2_INV_3_INV_4_INV_5_INV_7_INV_8_INV_9_INV_10_INV_12_INV_13_INV_15_hold_whatever_breaks) {
  expect_none_broken(is_long() ? lives(20'000, 180) : lives(1'000, 30));
}

TEST(Lives, INV_1_INV_3_INV_8_INV_9_hold_for_seven_years) {
  expect_none_broken(is_long() ? lives(500, 7 * 365) : lives(2, 7 * 365));
}

/// A life with two pages that take nothing: a change that is done and not kept is not told as failed.
TEST(Lives, INV_1_INV_7_hold_where_no_page_takes_a_change) {
  for (const auto& [number, days] : {std::pair{344, 7 * 365}, std::pair{48, 180}}) {
    LivesRequest one = lives(number + 1, days);
    one.seed = 20260801;
    one.first = number;
    expect_none_broken(one);
  }
}

/// Faults that a month of 600 lives must have met in any class of drug, or the lives are too tame.
TEST(Lives, the_lives_meet_what_they_are_for) {
  const LivesResult result = play_lives(lives(600, 30), library());
  for (const FaultRow& row : kFaults) {
    if (row.fault == Fault::kEndOfService || row.fault == Fault::kHourCeiling ||
        row.fault == Fault::kDayCeiling || row.fault == Fault::kThirtyDayCeiling ||
        row.fault == Fault::kActuatorCeiling || row.fault == Fault::kAllowanceUsed) {
      continue;  // no legal therapy meets the gate (INV-4); a battery lasts longer
    }
    std::int64_t met = 0;
    for (const std::int64_t of_class : result.tally.cells[static_cast<std::size_t>(row.fault)])
      met += of_class;
    EXPECT_GT(met, 0) << row.name;
  }
  for (const Refusal refusal :
       {Refusal::kLockout, Refusal::kAllottedUsed, Refusal::kSupervised, Refusal::kCriticalAlarm,
        Refusal::kNaivePatient, Refusal::kWasEmpty, Refusal::kNotImplanted}) {
    EXPECT_GT(result.tally.refusals[static_cast<std::size_t>(refusal)], 0) << row_of(refusal).name;
  }
}

/// Frames of a stranger reach the implant in one life and not in its twin; all else is the same.
TEST(Lives, INV_13_a_strangers_frames_between_visits_change_no_order_to_the_motor) {
  std::int64_t foreign = 0;
  for (std::int64_t n = 0; n < 60; ++n) {
    const RandomScenario drawn = random_scenario(seed_of_life(13, n), 20);
    const auto scenario = read_scenario(drawn.text(), "life", library());
    ASSERT_TRUE(scenario);
    const auto lived = [&](bool speaks) {
      PromiseWatch watch{*scenario};
      const AttackKinds attack{.within = false, .speaks = speaks};
      auto run = play_watched(*scenario, library(), watch, &attack);
      if (speaks) foreign += watch.tally().link.foreign;
      return run;
    };
    const auto attacked = lived(true), alone = lived(false);
    ASSERT_EQ(attacked.has_value(), alone.has_value());
    if (!alone) continue;
    EXPECT_EQ(attacked->violation, std::nullopt) << n;
    EXPECT_EQ(attacked->steps, alone->steps) << n;
    EXPECT_EQ(attacked->motor, alone->motor) << n;
  }
  EXPECT_GT(foreign, 1'000);
}

/// What people want ends each way it can, and the air is bad enough for it.
TEST(Lives, INV_7_changes_and_doses_are_lost_doubled_and_late_and_end_confirmed_or_failed) {
  const LivesResult result = play_lives(lives(200, 30), library());
  ASSERT_FALSE(result.violation) << result.violation->promise;
  const LinkTally& link = result.tally.link;
  for (const std::int64_t met :
       {link.lost, link.doubled, link.late, link.taken_over, link.restarts, link.foreign, link.strikes,
        link.sessions, link.delivered[0], link.delivered[1]})
    EXPECT_GT(met, 20);
  EXPECT_LE(link.slowest_ms, 60'000);
  EXPECT_LT(link.delivered[2] * 100, link.delivered[0]) << "what is uncertain is settled";
}

TEST(Lives, the_same_seed_gives_the_same_lives_on_any_number_of_threads) {
  LivesRequest request = lives(60, 20);
  const LivesResult one = play_lives(request, library());
  request.threads = 3;
  const LivesResult three = play_lives(request, library());
  EXPECT_EQ(one.tally.calls, three.tally.calls);
  EXPECT_EQ(one.tally.alarms, three.tally.alarms);
  EXPECT_EQ(one.tally.refusals, three.tally.refusals);
  EXPECT_EQ(one.tally.link.frames, three.tally.link.frames);
  EXPECT_EQ(one.tally.link.foreign, three.tally.link.foreign);
}

// ---- broken twins ---------------------------------------------------------------------------------------

std::string seen(const PromiseWatch::Lie& lie, std::int64_t many = 200, bool attacked = true) {
  LivesRequest request = lives(many, 20);
  request.lie = lie;
  if (!attacked) request.attack.reset();
  const LivesResult result = play_lives(request, library());
  return result.violation ? result.violation->promise.substr(0, result.violation->promise.find(':'))
                          : "nothing";
}

AlarmSet only(Alarm alarm) {
  AlarmSet set;
  set.raise(alarm);
  return set;
}

TEST(BrokenTwin, INV_1_steps_that_nobody_prescribed_are_seen) { EXPECT_EQ(seen({.more_steps = 3}), "INV-1"); }
TEST(BrokenTwin, INV_2_a_motor_that_runs_wild_without_its_alarm_is_seen) {
  EXPECT_EQ(seen({.hidden = only(Alarm::kOverDelivery)}), "INV-2");
}
TEST(BrokenTwin, INV_3_one_step_of_a_thousand_that_is_lost_without_a_word_is_seen) {
  EXPECT_EQ(seen({.loses_one_in = 1'000}), "INV-3");
}
TEST(BrokenTwin, INV_3_more_told_as_missed_than_is_missing_is_seen) {
  EXPECT_EQ(seen({.missed_times = 2}, 1'000, false), "INV-3");
}
TEST(BrokenTwin, INV_4_more_than_the_ceilings_is_seen) {
  EXPECT_EQ(seen({.ceilings_divided_by = 3}), "INV-4");
}
TEST(BrokenTwin, INV_5_a_safe_state_without_its_alarm_is_seen) {
  EXPECT_EQ(seen({.silent_safe_state = true}), "INV-5");
}
TEST(BrokenTwin, INV_7_a_dose_given_twice_is_seen) { EXPECT_EQ(seen({.forgets_lockout = true}), "INV-7"); }
TEST(BrokenTwin, INV_7_a_dose_under_a_critical_alarm_is_seen) {
  EXPECT_EQ(seen({.shown = only(Alarm::kMotorStall)}), "INV-7");
}
TEST(BrokenTwin, INV_7_a_step_of_an_explanted_pump_is_seen) {
  EXPECT_EQ(seen({.more_once_explanted = 1}), "INV-7");
}
TEST(BrokenTwin, INV_8_a_counter_that_goes_back_is_seen) { EXPECT_EQ(seen({.counter_back = 1}), "INV-8"); }
TEST(BrokenTwin, INV_15_a_dry_reservoir_without_its_alarm_is_seen) {
  EXPECT_EQ(seen({.hidden = only(Alarm::kEmptyReservoir)}), "INV-15");
}

std::string seen_on_link(const LinkWatch::Lie& lie) { return seen({.link = lie}); }

TEST(BrokenTwin, INV_7_a_dose_granted_twice_for_one_request_is_seen) {
  EXPECT_EQ(seen_on_link({.dose_twice = true}), "INV-7");
}
TEST(BrokenTwin, INV_7_a_change_taken_twice_is_seen) {
  EXPECT_EQ(seen_on_link({.change_twice = true}), "INV-7");
}
TEST(BrokenTwin, INV_7_a_change_told_as_failed_that_was_taken_is_seen) {
  EXPECT_EQ(seen_on_link({.says_failed = true}), "INV-7");
}
TEST(BrokenTwin, INV_8_a_sequence_that_goes_back_is_seen) {
  EXPECT_EQ(seen_on_link({.sequence_back = 3}), "INV-8");
}
TEST(BrokenTwin, INV_8_a_count_of_starts_that_goes_back_is_seen) {
  EXPECT_EQ(seen_on_link({.boots_back = 1}), "INV-8");
}
TEST(BrokenTwin, INV_8_an_epoch_that_goes_back_is_seen) {
  EXPECT_EQ(seen_on_link({.epoch_back = true}), "INV-8");
}
TEST(BrokenTwin, INV_10_a_change_by_a_role_that_may_not_is_seen) {
  EXPECT_EQ(seen_on_link({.role = Role::kService}), "INV-10");
  EXPECT_EQ(seen_on_link({.role = Role::kPatient}), "INV-10");
}
TEST(BrokenTwin, INV_10_a_change_that_nobody_asked_for_is_seen) {
  EXPECT_EQ(seen_on_link({.nobodys_intent = true}), "INV-10");
}
TEST(BrokenTwin, INV_10_a_change_that_is_told_as_nobodys_is_seen) {
  EXPECT_EQ(seen_on_link({.nobodys_change = true}), "INV-10");
}
TEST(BrokenTwin, INV_12_a_secret_in_a_frame_is_seen) {
  EXPECT_EQ(seen_on_link({.shows_secret = true}), "INV-12");
}
/// As an offer's block would be without its cipher.
TEST(BrokenTwin, INV_12_a_part_of_an_order_in_a_frame_is_seen) {
  Prescription p;
  p.number = 0x0102'0304;
  link::Order order;
  order.issued_utc_s = 1'782'000'000;
  order.prescription = encode(p);
  for (std::size_t i = 0; i < order.implant.size(); ++i) order.implant[i] = static_cast<std::uint8_t>(i + 1);
  const link::OrderBytes bytes = link::written(order);
  LinkWatch watch{true};
  watch.seen(bytes);
  watch.keep_private(bytes);
  watch.seen(std::vector<std::uint8_t>(link::kMostFrame));
  EXPECT_FALSE(watch.broken());
  watch.seen(link::block_of(bytes, 0));
  ASSERT_TRUE(watch.broken());
  EXPECT_TRUE(watch.broken()->starts_with("INV-12")) << *watch.broken();
}
TEST(BrokenTwin, INV_13_a_strangers_frame_that_moves_the_motor_is_seen) {
  EXPECT_EQ(seen_on_link({.foreign_steps = 1}), "INV-13");
}
TEST(BrokenTwin, INV_13_an_implant_that_lets_nobody_in_for_a_minute_is_seen) {
  EXPECT_EQ(seen_on_link({.connects_later = seconds(61)}), "INV-13");
}

// ---- the shortest scenario ------------------------------------------------------------------------------

TEST(Shortest, leaves_what_is_needed_and_nothing_else) {
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    const RandomScenario drawn = random_scenario(seed_of_life(1, static_cast<std::int64_t>(seed)), 60);
    const auto holds = [](const RandomScenario& s, const char* what) {
      return s.text().find(what) != std::string::npos;
    };
    if (!holds(drawn, "kind = \"mri\"") || !holds(drawn, "do = \"stop\"")) continue;
    const RandomScenario least = shortest(drawn, [&](const RandomScenario& s) -> std::optional<std::string> {
      if (holds(s, "kind = \"mri\"") && holds(s, "do = \"stop\"")) return "both";
      return std::nullopt;
    });
    EXPECT_EQ(least.items.size(), 2U);
    EXPECT_TRUE(read_scenario(least.text(), "least", library()));
  }
}

TEST(Shortest, a_violation_is_played_again_from_its_file) {
  LivesRequest request = lives(50, 20);
  request.lie = {.forgets_lockout = true};
  const LivesResult result = play_lives(request, library());
  ASSERT_TRUE(result.violation);
  EXPECT_LE(result.violation->items, 2U);
  const auto scenario = read_scenario(result.violation->scenario, "again", library());
  ASSERT_TRUE(scenario);
  PromiseWatch watch{*scenario};
  watch.lie(request.lie);
  const auto run = play_watched(*scenario, library(), watch, &*request.attack);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->violation, result.violation->promise);
  PromiseWatch honest{*scenario};
  EXPECT_FALSE(play_watched(*scenario, library(), honest, &*request.attack)->violation);
}

}  // namespace
}  // namespace theca
