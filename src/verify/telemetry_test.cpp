// What happens on the air changes no step (INV-13): the same life, with and without it.
#include <gtest/gtest.h>

#include "pump/bench_testing.hpp"
#include "verify/journal_reader.hpp"
#include "verify/power_bench.hpp"
#include "verify/random_life.hpp"

namespace theca::verify {
namespace {

using namespace example;

Prescription busy(std::uint32_t number) {
  Prescription p = continuous(number, morphine(1, 20), microlitres_per_day(300));
  every_day(p.basal, {{0, FlowRate{311'771}}, {547, FlowRate{422'117}}});
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  p.patient = quarter_millilitre_a_day();
  p.supervised = {86'400, 6 * 3'600, 2};
  return p;
}

void telemetry(PowerBench& bench, Random& air) {
  bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.telemetry(r, static_cast<Telemetry>(air.between(0, 3)), out), 0;
  });
}

/// Lets time pass; `air` says when something happens on it.
void run_for(PowerBench& bench, Duration time, Random* air) {
  const Instant end = bench.now() + time;
  while (air != nullptr && bench.now() < end) {
    bench.run_to(std::min(end, bench.now() + Duration{air->spread(1, hours(12).raw())}));
    const std::int64_t burst = air->one_in(10) ? 40 : air->between(0, 3);
    for (std::int64_t i = 0; i < burst; ++i) telemetry(bench, *air);
  }
  bench.run_to(end);
}

struct Lived {
  std::vector<Instant> steps;
  std::vector<std::pair<Instant, AlarmClass>> sounds;
  std::vector<Refusal> answers;
};

Lived live(std::uint64_t seed, bool on_air) {
  Random random{seed}, waves{seed + 1};
  Random* air = on_air ? &waves : nullptr;
  PowerBench bench{kRoller};
  Lived lived;
  std::uint32_t number = 0;
  bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.implant(r, setup_with(morphine(1, 20)), encode(busy(++number)), out);
  });
  for (int deed = 0; deed < 15; ++deed) {
    run_for(bench, Duration{random.spread(1, days(2).raw())}, air);
    const std::int64_t kind = random.between(0, 6);
    const Duration gone{random.spread(1, hours(3).raw())};
    if (kind == 4) {
      bench.lose_power(true, gone);  // else any call leaves the pump a later time to go on from
      continue;
    }
    lived.answers.push_back(bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      const auto reason = [](const CommandResult& done) {
        return done ? Refusal::kNone : done.error().refusal;
      };
      if (kind == 0) return reason(pump.stop(r, out));
      if (kind == 1) return reason(pump.resume(r, out));
      if (kind == 2) return reason(pump.prescribe(r, encode(busy(++number)), out));
      if (kind == 3) {
        pump.magnetic_field(r, !pump.status().in_field, out);
        return Refusal::kNone;
      }
      return pump.request_bolus(r, 1, out).refusal;
    }));
  }
  run_for(bench, days(1), air);
  lived.steps = bench.steps;
  lived.sounds = bench.sounds;
  return lived;
}

TEST(Telemetry, INV_13_a_life_with_it_makes_the_same_steps_at_the_same_milliseconds) {
  const Campaign campaign{150, 10'000};
  std::size_t steps = 0;
  for (std::int64_t life = campaign.first; life < campaign.end; ++life) {
    const Lived with = live(campaign.seed_of(life), true), without = live(campaign.seed_of(life), false);
    ASSERT_EQ(with.steps, without.steps) << campaign.name(life);
    ASSERT_EQ(with.answers, without.answers) << campaign.name(life);
    ASSERT_EQ(with.sounds, without.sounds) << campaign.name(life);
    steps += with.steps.size();
  }
  EXPECT_GT(steps, 1'000'000U * static_cast<std::size_t>(campaign.whole() ? 1 : 0));
}

TEST(Telemetry, INV_9_INV_13_a_flood_of_it_is_counted_and_not_stored) {
  PowerBench bench{kRoller};
  Random air{1};
  bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.implant(r, setup_with(morphine(1, 20)), encode(busy(1)), out);
  });
  bench.run_for(hours(2) + minutes(1));
  const auto before = read_journal(bench.pump().journal()).size();
  constexpr std::int64_t kFlood = 3'000;
  for (std::int64_t i = 0; i < kFlood; ++i) telemetry(bench, air);
  const auto entries = read_journal(bench.pump().journal());
  EXPECT_LE(entries.size() - before, kRepeatsAnHour);
  bench.run_for(days(1));
  std::int64_t counted = 0, stored = 0;
  for (const JournalEntry& entry : read_journal(bench.pump().journal())) {
    if (entry.event.code == EventCode::kJournalFolded) counted += entry.event.value;
    if (entry.event.code == EventCode::kTelemetry) ++stored;
  }
  EXPECT_EQ(counted + stored, kFlood) << "each once: stored or counted";
  EXPECT_FALSE(chain_wrong(bench.pump().journal()));
}

}  // namespace
}  // namespace theca::verify
