// A motor that does not do what it is told: INV-2 (more: power off; fewer: stall path) and INV-3 (never
// silent).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "verify/played_life.hpp"

namespace theca::verify {
namespace {

bool happened(const std::vector<Event>& events, EventCode code, std::int64_t from, std::int64_t to,
              int detail = -1) {
  return std::ranges::any_of(events, [&](const Event& e) {
    return e.code == code && e.at.raw() >= from && e.at.raw() <= to && (detail < 0 || e.detail == detail);
  });
}

/// A pump with a random legal therapy, running.
struct Running {
  explicit Running(Random& random) : model(random_model(random)), pump(model), motor(pump) {
    Occasion on;
    on.model = model;
    on.life_ms = 2 * kDayMs;
    on.most_steps = 6'000;
    on.utc_ms_at_zero = 1'785'000'000'000;
    on.may_expire = false;
    on.path = {microlitres(10), microlitres(10)};
    on.reservoir = fluid(2, random);
    setup.path = on.path;
    setup.clock = ClockOffset{on.utc_ms_at_zero};
    setup.refill = {millilitres(39), Volume{0}, on.reservoir};
    setup.path_contents = on.reservoir;
    setup.ceilings = widest_ceilings(model);
    for (int i = 0; i < 60 && !ok; ++i) {
      p = random_prescription(random, on);
      if (p.basal.mode == BasalMode::kStopped || basal_range(p.basal, model.minimum_rate).lowest.raw() == 0)
        continue;
      if (!least_ceilings(p, model, on.path)) continue;
      ok = pump.implant(motor.reading(), setup, encode(p), motor.out).has_value();
      motor.obey();
    }
  }
  void request() {
    pump.request_bolus(motor.reading(), 1, motor.out);
    motor.obey();
  }
  PumpModel model;
  Pump pump;
  BenchActuator motor;
  Implantation setup;
  Prescription p;
  bool ok = false;
};

TEST(MotorFault, INV_2_more_steps_take_the_power_away_whatever_the_drug) {
  const Campaign campaign{2'000};
  std::int64_t doubled = 0, added = 0, with_waiting = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    Running life{random};
    if (!life.ok) continue;
    const bool twice = random.one_in(2);
    if (twice) {
      life.motor.twice.insert(random.spread(1, 500));
      ++doubled;
    } else {
      life.motor.extra_at_ms.insert(random.spread(1, kDayMs));
      ++added;
    }
    if (random.one_in(
            3)) {  // another prescription waits for its start: it must not wake a motor without power
      Prescription later = life.p;
      later.number = 2;
      later.single = {};
      later.starts_utc_s = (life.setup.clock.utc_ms_at_zero + random.between(1, 40) * 3'600'000) / 1'000;
      with_waiting += life.pump.prescribe(life.motor.reading(), encode(later), life.motor.out) ? 1 : 0;
      life.motor.obey();
    }
    while (life.motor.now() < 2 * kDayMs) {
      life.motor.run_to(life.motor.now() + random.spread(60'000, 10 * 3'600'000));
      life.request();
      if (random.one_in(4)) {  // whatever people try
        (void)life.pump.stop(life.motor.reading(), life.motor.out);
        life.motor.obey();
        (void)life.pump.resume(life.motor.reading(), life.motor.out);
        life.motor.obey();
      }
    }
    if (static_cast<std::int64_t>(life.motor.step_ms.size()) <= life.motor.told())
      continue;  // the fault lay after the end
    const auto off = std::ranges::find(life.motor.events, EventCode::kMotorPowerOff, &Event::code);
    ASSERT_NE(off, life.motor.events.end()) << campaign.name(i);
    EXPECT_TRUE(life.motor.powered_off()) << campaign.name(i);
    EXPECT_EQ(off->value2 - off->value, 1) << campaign.name(i) << ": stopped within one step";
    EXPECT_LE(life.motor.step_ms.back(), off->at.raw()) << campaign.name(i) << ": a step after power off";
    EXPECT_TRUE(happened(life.motor.events, EventCode::kAlarmRaised, off->at.raw(), off->at.raw(),
                         static_cast<int>(Alarm::kOverDelivery)));
    EXPECT_EQ(life.pump.status().flow, FlowRate{0}) << campaign.name(i) << ": a rate after power off";
    if (HasFailure()) FAIL() << campaign.name(i);
  }
  std::printf("INV_2 more: %lld steps doubled, %lld added, %lld with a prescription waiting\n",
              static_cast<long long>(doubled), static_cast<long long>(added),
              static_cast<long long>(with_waiting));
}

TEST(MotorFault, INV_2_INV_3_fewer_steps_take_the_stall_path_and_nothing_is_caught_up) {
  const Campaign campaign{2'000};
  std::int64_t stalls = 0, retries = 0, while_bolus = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    Running life{random};
    if (!life.ok) continue;
    const std::int64_t first = random.spread(1, 400);
    const std::int64_t lost =
        random.one_in(2) ? 1 : random.between(2, 12);  // a motor that stays stalled over retries
    for (std::int64_t k = 0; k < lost; ++k) life.motor.drop.insert(first + k);
    while (life.motor.now() < kDayMs) {
      life.motor.run_to(life.motor.now() + random.spread(60'000, 10 * 3'600'000));
      life.request();
    }
    const auto& events = life.motor.events;
    const std::int64_t missing = life.motor.told() - static_cast<std::int64_t>(life.motor.step_ms.size());
    const auto held = std::ranges::count(events, EventCode::kMotorHeld, &Event::code);
    EXPECT_EQ(held, missing) << "each lost step is found by itself";
    for (const Event& e : events) {
      if (e.code != EventCode::kMotorHeld) continue;
      ++stalls;
      EXPECT_EQ(e.value - e.value2, 1) << "found at the first lost step";
      // Held for a minute: no step in it.
      const auto next = std::upper_bound(life.motor.step_ms.begin(), life.motor.step_ms.end(), e.at.raw());
      if (next != life.motor.step_ms.end()) {
        EXPECT_GE(*next, e.at.raw() + 60'000);
      }
      if (e.at.raw() + 60'000 <= life.motor.now()) {
        EXPECT_TRUE(happened(events, EventCode::kMotorRetried, e.at.raw() + 60'000, e.at.raw() + 60'000));
      }
    }
    retries += std::ranges::count(events, EventCode::kMotorRetried, &Event::code);
    while_bolus += std::ranges::count(events, EventCode::kBolusCut, &Event::code);
    if (missing > 0) {
      const Event& at = *std::ranges::find(events, EventCode::kMotorHeld, &Event::code);
      EXPECT_TRUE(happened(events, EventCode::kAlarmRaised, at.at.raw(), at.at.raw(),
                           static_cast<int>(Alarm::kMotorStall)));
    }
    // Nothing is caught up: a bolus that the stall cut is not resumed, and no window holds more than all
    // flows.
    const std::int64_t most = life.model.max_flow.raw();
    const auto wrong = above_flow(life.motor.step_ms, life.model.step.raw(), most);
    EXPECT_FALSE(wrong) << *wrong;
    EXPECT_FALSE(life.motor.powered_off());
    if (HasFailure()) FAIL() << campaign.name(i);
  }
  std::printf("INV_2 fewer: %lld stalls, %lld retries, %lld boluses cut\n", static_cast<long long>(stalls),
              static_cast<long long>(retries), static_cast<long long>(while_bolus));
  if (campaign.whole()) {
    EXPECT_GE(stalls, (campaign.end - campaign.first) / 2);
  }
}

TEST(MotorFault, INV_3_after_a_stall_basal_goes_on_without_catching_up) {
  const Campaign campaign{500};
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    Running life{random};
    if (!life.ok || life.p.basal.mode != BasalMode::kSimpleContinuous ||
        life.p.schedule.dose.volume.raw() > 0)
      continue;
    const std::int64_t n = random.between(1, 50);
    life.motor.drop.insert(n);
    life.motor.run_to(2 * kDayMs);
    const auto held = std::ranges::find(life.motor.events, EventCode::kMotorHeld, &Event::code);
    if (held == life.motor.events.end()) continue;
    // From the retry on the steps are those of a pump that starts afresh.
    const std::int64_t from = held->at.raw() + 60'000;
    const std::int64_t rate = life.p.basal.rate.raw();
    const std::vector<std::int64_t> after(
        std::upper_bound(life.motor.step_ms.begin(), life.motor.step_ms.end(), held->at.raw()),
        life.motor.step_ms.end());
    for (std::size_t k = 0; k < after.size(); ++k) {
      const Wide units = Wide{static_cast<std::int64_t>(k) + 1} * life.model.step.raw() * kDayMs;
      ASSERT_EQ(after[k], from + static_cast<std::int64_t>((units + rate - 1) / rate)) << campaign.name(i);
    }
  }
}

/// With the sensor read only now and then, a lost step is found at the next reading; with every step read, at
/// the next pulse at the latest: within three commanded steps.
TEST(MotorFault, INV_3_a_lost_step_is_found_within_three_commanded_steps) {
  const Campaign campaign{500};
  std::int64_t found = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    Running life{random};
    if (!life.ok) continue;
    const std::int64_t n = random.spread(2, 300);
    life.motor.drop.insert(n);
    life.motor.run_to(kDayMs);
    const auto held = std::ranges::find(life.motor.events, EventCode::kMotorHeld, &Event::code);
    if (held == life.motor.events.end()) continue;
    ++found;
    EXPECT_LE(held->value, n + 2) << campaign.name(i);
    EXPECT_LE(life.pump.status().largest_deviation_steps, 1);
  }
  std::printf("INV_3 lost step: %lld found\n", static_cast<long long>(found));
  if (campaign.whole()) {
    EXPECT_GE(found, (campaign.end - campaign.first) / 2);
  }
}

/// An actuator that tells nobody of what it does on its own: what INV-2 would look like without the gate.
TEST(MotorFaultBrokenTwin, INV_2_steps_nobody_ordered_are_seen_by_the_checker) {
  const Life life = [] {
    for (std::uint64_t seed = 1;; ++seed) {
      Life l = play_life(seed, Kind::kOneTherapy);
      if (l.step_ms.size() > 400 && count_of(l, EventCode::kStopped) == 0) return l;
    }
  }();
  std::vector<std::int64_t> steps;
  for (const std::int64_t t : life.step_ms)
    steps.insert(steps.end(), 2, t);  // doubles each step, power never off
  const Retold told = retell(life);
  EXPECT_TRUE(more_than_prescribed(steps, life.model.step.raw(),
                                   [&](std::int64_t t) { return told.model.prescribed(t); }));
}

/// A prescription that waits for its start never starts a pump that was stopped.
TEST(MotorFault, INV_10_a_waiting_prescription_does_not_start_a_stopped_pump) {
  Random random{7};
  Running life{random};
  ASSERT_TRUE(life.ok);
  Prescription later = life.p;
  later.number = 2;
  later.single = {};
  later.starts_utc_s = (life.setup.clock.utc_ms_at_zero + 7'200'000) / 1'000;
  ASSERT_TRUE(life.pump.prescribe(life.motor.reading(), encode(later), life.motor.out));
  life.motor.obey();
  ASSERT_TRUE(life.pump.stop(life.motor.reading(), life.motor.out));
  life.motor.obey();
  const std::size_t made = life.motor.step_ms.size();
  life.motor.run_to(kDayMs);
  EXPECT_EQ(life.motor.step_ms.size(), made);
  EXPECT_EQ(life.pump.mode(), Mode::kStopped);
  ASSERT_TRUE(life.pump.resume(life.motor.reading(), life.motor.out));
  life.motor.obey();
  EXPECT_EQ(life.pump.prescription().number, 2U);
}

}  // namespace
}  // namespace theca::verify
