// What stands in the pump's memory: that boot builds the same pump from it, that every turned bit is found,
// that the journal holds what it promises (INV-5, INV-6, INV-8, INV-9).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "pump/bench_testing.hpp"
#include "verify/journal_reader.hpp"
#include "verify/power_bench.hpp"
#include "verify/random_life.hpp"
#include "verify/stored_pump_access.hpp"

namespace theca::verify {
namespace {

using namespace example;

Prescription busy(std::uint32_t number, const Formulation& fluid) {
  Prescription p = continuous(number, fluid, microlitres_per_day(300));
  every_day(p.basal, {{0, FlowRate{300'000}}, {540, FlowRate{400'000}}});
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  p.patient = quarter_millilitre_a_day();
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{200'000}};
  return p;
}

Implantation setup_for(const Formulation& fluid) {
  Implantation s = setup_with(fluid);
  s.refill.filled = millilitres(38);
  return s;
}

void begin(PowerBench& bench, const Prescription& p) {
  const auto done = bench.give([&](StoredPump& pump, MotorReading reading, Effects& out) {
    return pump.implant(reading, setup_for(p.formulation), encode(p), out);
  });
  ASSERT_TRUE(done) << row_of(done.error().refusal).name;
}

BolusAnswer press(PowerBench& bench) {
  return bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
    return pump.request_bolus(reading, 1, out);
  });
}

/// One random thing that people do.
void do_something(PowerBench& bench, Random& random) {
  switch (random.between(0, 6)) {
    case 0:
    case 1:
    case 2:
      press(bench);
      return;
    case 3:
      bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.stop(r, out); });
      bench.run_for(Duration{random.spread(1, 7'200'000)});
      bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.resume(r, out); });
      return;
    case 4:
      bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
        return pump.set_clock(r, ClockOffset{kMonday8UtcMs + random.spread(1, 86'400'000)}, out), 0;
      });
      return;
    case 5:
      bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
        return pump.prescribe(
            r, encode(busy(pump.status().prescription + 1, pump.pump().front().in_reservoir())), out);
      });
      return;
    default:
      bench.give(
          [](StoredPump& pump, MotorReading r, Effects& out) { return pump.acknowledge_alarms(r, out), 0; });
  }
}

TEST(Boot, INV_6_INV_8_builds_the_very_pump_that_was_told) {
  const Campaign campaign{200, 10'000};
  std::int64_t compared = 0, after_calls = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    PowerBench bench{kRoller};
    begin(bench, busy(1, morphine(1, 20)));
    for (int deed = 0; deed < 12; ++deed) {
      bench.run_for(Duration{random.spread(1, days(3).raw())});
      do_something(bench, random);
      bench.wake();  // a quiet observation is not remembered, a wake is
      const auto memory = bench.flash->clone();
      const auto again = StoredPumpTestAccess::rebuilt(kRoller, *memory);
      ASSERT_TRUE(again) << campaign.name(i);
      ASSERT_EQ(StoredPumpTestAccess::image(again->pump()), StoredPumpTestAccess::image(bench.pump().pump()))
          << campaign.name(i) << ", deed " << deed;
      ASSERT_EQ(again->entries_told(), bench.pump().entries_told()) << campaign.name(i);
      ++compared;
      after_calls += StoredPumpTestAccess::place_in_log(bench.pump()) > 0 ? 1 : 0;
    }
    ASSERT_FALSE(chain_wrong(bench.pump().journal())) << campaign.name(i);
    ASSERT_EQ(bench.flash->broken_rules(), 0) << campaign.name(i);
  }
  std::printf("boot: %lld pumps built alike, %lld of them from calls\n", static_cast<long long>(compared),
              static_cast<long long>(after_calls));
  EXPECT_GE(after_calls * 2, compared);
}

TEST(Boot, INV_6_a_restart_is_told_and_changes_nothing_else) {
  PowerBench bench{kRoller};
  begin(bench, busy(1, morphine(1, 20)));
  bench.run_for(hours(30) + minutes(7));
  const Status before = bench.pump().status();
  bench.lose_power(true, seconds(3));
  const Status after = bench.pump().status();
  EXPECT_EQ(after.prescription, before.prescription);
  EXPECT_EQ(after.flow, before.flow);
  EXPECT_EQ(after.steps_commanded, bench.made());
  EXPECT_TRUE(bench.has_alarm(Alarm::kRestarted));
  EXPECT_FALSE(bench.has_alarm(Alarm::kPowerLost));
  EXPECT_EQ(press(bench).refusal, Refusal::kNone) << "a restart with everything known refuses nothing";
}

TEST(Boot, INV_8_steps_that_power_left_unknown_count_as_given_and_are_told) {
  PowerBench bench{kRoller};
  begin(bench, continuous(1, morphine(1, 20), microlitres_per_day(300)));
  bench.run_for(hours(5) + minutes(20));
  const std::int64_t made = bench.made();
  bench.lose_power(false, minutes(40));
  const Status status = bench.pump().status();
  const std::int64_t unknown = status.steps_commanded - made;
  EXPECT_GT(unknown, 0);
  EXPECT_LE(unknown, 1'250);  // an hour of basal
  EXPECT_TRUE(bench.has_alarm(Alarm::kPowerLost));
  EXPECT_TRUE(bench.has_alarm(Alarm::kClockUncertain));
  EXPECT_EQ(status.flow, FlowRate{0}) << "they would have fallen until the train's end";
  const auto told = std::ranges::find(bench.events, EventCode::kPowerReturned, &Event::code);
  ASSERT_NE(told, bench.events.end());
  EXPECT_GE(told->value, unknown);
  bench.run_for(hours(2));
  EXPECT_EQ(bench.pump().status().flow, microlitres_per_day(300));
  EXPECT_EQ(bench.count(EventCode::kGateCut), 0U);
}

TEST(Boot, a_power_cut_that_the_clinic_has_seen_sounds_no_more_as_a_critical_alarm) {
  PowerBench bench{kRoller};
  begin(bench, continuous(1, morphine(1, 20), microlitres_per_day(300)));
  bench.run_for(hours(5));
  bench.lose_power(false, minutes(40));
  bench.run_for(minutes(1));
  ASSERT_FALSE(bench.sounds.empty());
  EXPECT_EQ(bench.sounds.front().second, AlarmClass::kCritical);
  bench.give(
      [](StoredPump& pump, MotorReading r, Effects& out) { return pump.acknowledge_alarms(r, out), 0; });
  ASSERT_FALSE(bench.has_alarm(Alarm::kPowerLost));
  ASSERT_TRUE(bench.has_alarm(Alarm::kClockUncertain)) << "stands until the time is set";
  bench.sounds.clear();
  bench.run_for(hours(23));
  EXPECT_TRUE(bench.sounds.empty());
  bench.run_for(hours(2));
  ASSERT_EQ(bench.sounds.size(), 1U);
  EXPECT_EQ(bench.sounds.front().second, AlarmClass::kNonCritical);
}

TEST(Boot, INV_7_a_bolus_in_hand_is_cut_told_and_not_resumed) {
  for (const bool kept : {true, false}) {
    PowerBench bench{kRoller};
    begin(bench, busy(1, morphine(1, 20)));
    bench.run_for(hours(4));
    ASSERT_EQ(press(bench).refusal, Refusal::kNone);
    bench.run_for(minutes(2));
    bench.lose_power(kept, minutes(1));
    EXPECT_EQ(bench.count(EventCode::kBolusCut), 1U) << kept;
    const std::int64_t after = bench.made();
    bench.run_for(minutes(4));
    EXPECT_LT(bench.made() - after, 120) << "basal alone";
    EXPECT_EQ(press(bench).refusal, kept ? Refusal::kLockout : Refusal::kCriticalAlarm);
  }
}

TEST(Boot, INV_7_lockout_runs_on_powered_time_and_survives) {
  PowerBench bench{kRoller};
  Prescription p = busy(1, morphine(1, 20));
  p.schedule = {};
  begin(bench, p);
  bench.run_for(hours(4));
  ASSERT_EQ(press(bench).refusal, Refusal::kNone);
  const Instant over = bench.pump().status().next_bolus_possible;
  bench.run_for(hours(1));
  bench.lose_power(false, days(3));  // the board's clock stood still
  bench.give(
      [](StoredPump& pump, MotorReading r, Effects& out) { return pump.acknowledge_alarms(r, out), 0; });
  EXPECT_EQ(press(bench).refusal, Refusal::kLockout);
  EXPECT_EQ(bench.pump().status().next_bolus_possible, over);
  bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.set_clock(r, ClockOffset{kMonday8UtcMs + days(3).raw()}, out), 0;
  });
  EXPECT_EQ(press(bench).refusal, Refusal::kLockout) << "setting the clock changes nothing";
  bench.run_to(over);
  EXPECT_EQ(press(bench).refusal, Refusal::kNone);
}

TEST(Boot, INV_7_a_supervised_window_runs_on_powered_time_and_survives) {
  for (const bool kept : {true, false}) {
    PowerBench bench{kRoller};
    Prescription p = busy(1, morphine(1, 20));
    p.schedule = {};
    p.supervised = {86'400, 6 * 3'600, 2};
    begin(bench, p);
    bench.run_for(hours(4));
    ASSERT_EQ(press(bench).refusal, Refusal::kNone);
    const Instant until = bench.pump().status().supervised_until;
    ASSERT_EQ(until, Instant{0} + hours(24));
    bench.run_for(hours(4));
    bench.lose_power(kept, kept ? minutes(1) : days(3));
    bench.give(
        [](StoredPump& pump, MotorReading r, Effects& out) { return pump.acknowledge_alarms(r, out), 0; });
    EXPECT_EQ(bench.pump().status().supervised_until, until) << kept;
    EXPECT_EQ(press(bench).refusal, Refusal::kSupervised) << kept;
    bench.run_to(until - milliseconds(1));
    EXPECT_EQ(bench.pump().status().supervised_until, until) << kept;
    bench.run_to(until);
    EXPECT_EQ(bench.pump().status().supervised_until, Instant{}) << kept;
    EXPECT_EQ(press(bench).refusal, Refusal::kNone) << kept;
  }
}

/// Granted in the pause, a dose would be given when the pause is over, up to an hour later.
TEST(Boot, INV_1_INV_7_no_dose_is_granted_while_steps_that_a_power_cut_left_unknown_are_waited_for) {
  PowerBench bench{kRoller};
  Prescription p = busy(1, morphine(1, 20));
  p.schedule = {};
  begin(bench, p);
  bench.run_for(hours(10) + minutes(1));
  bench.lose_power(false, minutes(1));
  bench.give(
      [](StoredPump& pump, MotorReading r, Effects& out) { return pump.acknowledge_alarms(r, out), 0; });
  const BolusAnswer early = press(bench);
  EXPECT_EQ(early.refusal, Refusal::kMode);
  ASSERT_GT(early.next_possible, bench.pump().pump().now());
  ASSERT_LE(early.next_possible, bench.pump().pump().now() + hours(1));
  bench.run_to(early.next_possible - milliseconds(1));
  EXPECT_EQ(press(bench).refusal, Refusal::kMode);
  bench.run_to(early.next_possible);
  EXPECT_EQ(press(bench).refusal, Refusal::kNone);
}

// ---- turned bits ----------------------------------------------------------------------------------------

/// A pump some days old whose memory holds calls behind its newest generation.
std::unique_ptr<PowerBench> some_days_old() {
  auto bench = std::make_unique<PowerBench>(kRoller);
  begin(*bench, busy(1, morphine(1, 20)));
  bench->run_for(days(2));
  press(*bench);
  bench->run_for(hours(7) + minutes(11));
  return bench;
}

/// Pages that stick in both copies of one generation: nothing can be remembered from then on. What power cuts
/// leave of such a pump gives the rate of its safe state, with an alarm, and never stands still unheard.
TEST(StuckPages,
     INV_2_INV_5_a_pump_that_can_remember_nothing_more_is_in_its_safe_state_and_sees_a_wild_motor) {
  for (std::uint32_t first = 0; first < kSlots * kSlotPages; ++first) {
    for (std::uint32_t second = first + 1; second < kSlots * kSlotPages; ++second) {
      for (const bool kept : {true, false}) {
        SCOPED_TRACE(fmt::format("pages {} and {}, clock {}", first, second, kept ? "kept" : "lost"));
        PowerBench bench{kRoller};
        begin(bench, continuous(1, morphine(1, 20), FlowRate{200'000}));
        bench.run_for(days(2) + hours(5));
        bench.flash->stick(first);
        bench.flash->stick(second);
        bench.run_for(hours(1) + minutes(13));
        bench.lose_power(kept, minutes(13), PowerCause::kLowBattery);
        bench.run_for(days(2));
        bench.lose_power(kept, minutes(11));
        const std::int64_t before = bench.made();
        bench.run_for(days(3));
        const std::int64_t made = bench.made() - before;
        const std::int64_t safe = 3 * kRoller.minimum_rate.raw() / kRoller.step.raw();
        EXPECT_GE(made, safe - kLongestTrain.raw() * safe / days(3).raw() - 1);
        EXPECT_LE(made, safe + 1);
        EXPECT_TRUE(bench.pump().status().alarms.any());
        bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
          r.reported += 4;
          return pump.observe(r, out), 0;
        });
        EXPECT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
        EXPECT_FALSE(bench.powered());
      }
    }
  }
}

TEST(RottenRecords, INV_5_INV_6_every_single_bit_that_turns_is_found_at_boot_and_nothing_is_lost) {
  const auto bench = some_days_old();
  const auto told = StoredPumpTestAccess::rebuilt(kRoller, *bench->flash);
  ASSERT_TRUE(told);
  const auto image = StoredPumpTestAccess::image(told->pump());
  const std::uint32_t generation = bench->pump().store().generation();
  std::vector<std::uint32_t> words;
  for (std::size_t copy = 0; copy < kCopies; ++copy) {
    for (std::uint32_t i = 0; i < kSlotWords; ++i) {
      const std::uint32_t address = StoredPumpTestAccess::slot_address(generation, copy) + i;
      if (bench->flash->read(address) != kErased) words.push_back(address);
    }
  }
  const std::size_t of_records = words.size();
  for (std::uint32_t place = 0; place < StoredPumpTestAccess::place_in_log(bench->pump()); ++place) {
    for (std::uint32_t i = 0; i < 4; ++i)
      words.push_back(StoredPumpTestAccess::log_address(bench->pump(), place) + i);
  }
#ifdef THECA_SANITIZED
  const int stride = 13;  // each word, and each bit of the word in some of them
#else
  const int stride = 1;
#endif
  std::int64_t flips = 0;
  int phase = 0;
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (int bit = phase; bit < 64; bit += stride) {
      const auto memory = bench->flash->clone();
      memory->flip(words[w], bit);
      const auto rebuilt = StoredPumpTestAccess::rebuilt(kRoller, *memory);
      ASSERT_TRUE(rebuilt) << "word " << words[w] << ", bit " << bit;
      ASSERT_EQ(StoredPumpTestAccess::image(rebuilt->pump()), image)
          << "word " << words[w] << ", bit " << bit;
      if (bit == phase) {  // and it is told
        PowerBench again{kRoller, memory->clone(), bench->reading()};
        ASSERT_TRUE(again.has_alarm(Alarm::kMemoryRepaired)) << "word " << words[w] << ", bit " << bit;
        ASSERT_FALSE(again.has_alarm(Alarm::kMemoryFault));
      }
      ++flips;
    }
    phase = (phase + 1) % stride;
  }
  std::printf("turned bits at boot: %lld, %zu words of records, %zu of calls\n",
              static_cast<long long>(flips), of_records, words.size() - of_records);
  EXPECT_GE(of_records, 600U);
  EXPECT_GE(words.size() - of_records, 200U);
}

TEST(RottenRecords, INV_5_a_record_lost_in_both_copies_leaves_the_safe_state_and_an_alarm) {
  for (std::size_t record = 0; record < kRecordCount; ++record) {
    const auto bench = some_days_old();
    const std::int64_t commanded = bench->pump().status().steps_commanded;
    for (std::size_t copy = 0; copy < kCopies; ++copy) {
      const auto place = bench->pump().store().copy(copy)[record];
      ASSERT_TRUE(place);
      bench->flash->flip(place->first, 5);
    }
    PowerBench again{kRoller, bench->flash->clone(), bench->reading()};
    const Status status = again.pump().status();
    EXPECT_TRUE(status.alarms.has(Alarm::kMemoryFault)) << record;
    EXPECT_EQ(status.mode, Mode::kSafeState) << record;
    EXPECT_GE(status.steps_commanded, commanded) << record << ": counters never decrease";
    // From its record, or from the prescription's own when that is gone.
    EXPECT_EQ(status.flow, FlowRate{200'000}) << record;
    EXPECT_NE(press(again).refusal, Refusal::kNone) << record;
    const std::int64_t before = again.made();
    again.run_for(days(3));
    const std::int64_t given = again.made() - before;
    EXPECT_GT(given, 0) << record << ": the safe state is a rate";
    EXPECT_LE(given * 10, 3 * 200'000 + 20) << record;
    EXPECT_EQ(again.count(EventCode::kGateCut), 0U) << record;
    EXPECT_FALSE(chain_wrong(again.pump().journal())) << record;
  }
}

/// Any two records lost in both copies, before the prescription expires and after: it ends as prescribed.
/// Only where neither the ending nor what it follows from is left does the safe state go on, and what had
/// ended by then stays ended by the journal.
TEST(RottenRecords, INV_1_INV_5_what_expires_ends_though_its_record_is_lost) {
  const auto safe = static_cast<std::size_t>(RecordId::kSafeStates);
  for (const bool after : {false, true}) {
    for (std::size_t first = 0; first < kRecordCount; ++first) {
      for (std::size_t second = first; second < kRecordCount; ++second) {
        SCOPED_TRACE(fmt::format("records {} and {}, {} expiry", first, second, after ? "after" : "before"));
        PowerBench bench{kRoller};
        Prescription p = busy(1, morphine(1, 20));
        p.expires_utc_s = kMonday8UtcMs / 1'000 + 4 * 86'400;
        p.fallback = Fallback::kStop;
        begin(bench, p);
        bench.run_for(after ? days(5) : days(2) + hours(7));
        for (std::size_t copy = 0; copy < kCopies; ++copy) {
          for (const std::size_t record : std::set{first, second})
            bench.flash->flip(bench.pump().store().copy(copy)[record]->first, 5);
        }
        PowerBench again{kRoller, bench.flash->clone(), bench.reading()};
        ASSERT_TRUE(again.has_alarm(Alarm::kMemoryFault));
        const bool two = first == safe || second == safe;
        const std::size_t other = first == safe ? second : first;
        const bool no_ending = two && other == static_cast<std::size_t>(RecordId::kTherapy);
        const bool no_clock = two && other == static_cast<std::size_t>(RecordId::kDelivery);
        EXPECT_EQ(again.has_alarm(Alarm::kClockUncertain), no_clock);
        const auto goes_on = [&] {
          again.run_for(days(3));
          const std::int64_t made = again.made();
          again.run_for(days(2));
          return again.made() > made;
        };
        EXPECT_EQ(goes_on(), (no_ending || no_clock) && !after);
        again.give([](StoredPump& pump, MotorReading r, Effects& out) {
          return pump.set_clock(r, kMonday8, out), 0;
        });
        EXPECT_EQ(goes_on(), no_ending && !after);
        EXPECT_EQ(again.has_alarm(Alarm::kPrescriptionExpired), !no_ending || after);
        EXPECT_EQ(again.made() > 0, !after);
        EXPECT_FALSE(chain_wrong(again.pump().journal()));
      }
    }
  }
}

TEST(RottenRecords, INV_1_a_prescription_whose_record_is_lost_ends_by_the_clock_that_is_set_since) {
  PowerBench bench{kRoller};
  Prescription p = busy(1, morphine(1, 20));
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 4 * 86'400;
  p.fallback = Fallback::kStop;
  begin(bench, p);
  bench.run_for(days(1));
  for (std::size_t copy = 0; copy < kCopies; ++copy)
    bench.flash->flip(bench.pump().store().copy(copy)[static_cast<std::size_t>(RecordId::kTherapy)]->first,
                      5);
  PowerBench again{kRoller, bench.flash->clone(), bench.reading()};
  again.give([](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.set_clock(r, ClockOffset{pump.pump().clock().utc_ms_at_zero + days(2).raw()}, out), 0;
  });
  again.run_for(hours(23));
  EXPECT_EQ(again.pump().status().flow, FlowRate{200'000});
  again.run_for(hours(2));
  EXPECT_EQ(again.pump().status().flow, FlowRate{0});
}

TEST(RottenRecords, INV_2_INV_10_a_pump_that_stood_still_stands_still_when_records_are_lost) {
  for (const bool stop : {true, false}) {
    const auto bench = some_days_old();
    if (stop) {
      bench->give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.stop(r, out); });
    } else {
      bench->give([](StoredPump& pump, MotorReading r, Effects& out) {
        r.reported += 3;  // steps that nobody ordered
        return pump.observe(r, out), 0;
      });
    }
    for (std::size_t copy = 0; copy < kCopies; ++copy)
      bench->flash->flip(bench->pump().store().copy(copy)[static_cast<std::size_t>(RecordId::kFluids)]->first,
                         5);
    PowerBench again{kRoller, bench->flash->clone(), bench->reading()};
    EXPECT_TRUE(again.has_alarm(Alarm::kMemoryFault)) << stop;
    EXPECT_EQ(again.pump().status().mode, Mode::kStopped) << stop;
    again.run_for(days(2));
    EXPECT_EQ(again.made(), 0) << stop;
  }
}

TEST(RottenRecords, INV_5_INV_8_an_older_state_than_the_journal_knows_is_not_gone_on_with) {
  const auto bench = some_days_old();
  bench->give([](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.prescribe(r, encode(busy(2, morphine(1, 20))), out);
  });
  // Neither copy of the newest generation can be told from an unfinished one any more: the one before would
  // do.
  const std::uint32_t generation = bench->pump().store().generation();
  for (std::size_t copy = 0; copy < kCopies; ++copy)
    bench->flash->flip(StoredPumpTestAccess::slot_address(generation, copy) + kSlotWords - 1, 40);
  PowerBench again{kRoller, bench->flash->clone(), bench->reading()};
  EXPECT_TRUE(again.has_alarm(Alarm::kMemoryFault));
  EXPECT_EQ(again.pump().status().mode, Mode::kSafeState);
  EXPECT_GE(again.pump().status().steps_commanded, bench->pump().status().steps_commanded);
  EXPECT_FALSE(chain_wrong(again.pump().journal()));
}

/// The newest prescription is known to the journal alone: its generation turned, or could never be written.
TEST(RottenRecords, INV_1_INV_5_the_safe_state_is_that_of_the_prescription_that_ran) {
  for (const bool stuck : {false, true}) {
    const auto bench = some_days_old();
    Prescription less = busy(2, morphine(1, 20));
    every_day(less.basal, {{0, FlowRate{110'000}}, {540, FlowRate{120'000}}});
    less.safe_state.emergency_rate = FlowRate{90'000};
    if (stuck) {
      for (std::size_t copy = 0; copy < kCopies; ++copy)
        bench->flash->stick(StoredPumpTestAccess::slot_address(bench->pump().store().generation() + 1, copy) /
                            kPageWords);
    }
    const auto taken = bench->give(
        [&](StoredPump& pump, MotorReading r, Effects& out) { return pump.prescribe(r, encode(less), out); });
    ASSERT_TRUE(taken);
    if (!stuck) {
      const std::uint32_t generation = bench->pump().store().generation();
      for (std::size_t copy = 0; copy < kCopies; ++copy)
        bench->flash->flip(StoredPumpTestAccess::slot_address(generation, copy) + kSlotWords - 1, 40);
    }
    PowerBench again{kRoller, bench->flash->clone(), bench->reading()};
    EXPECT_TRUE(again.has_alarm(Alarm::kMemoryFault)) << stuck;
    EXPECT_EQ(again.pump().status().mode, Mode::kSafeState) << stuck;
    EXPECT_EQ(again.pump().status().flow, FlowRate{90'000}) << stuck;
  }
}

/// Twice: what the first salvage has saved, the second finds.
TEST(RottenRecords, INV_1_INV_8_what_expires_ends_though_records_are_lost_again_and_again) {
  for (const RecordId then :
       {RecordId::kTherapy, RecordId::kFluids, RecordId::kDelivery, RecordId::kKeeper}) {
    PowerBench bench{kRoller};
    Prescription p = busy(3, morphine(1, 20));
    p.expires_utc_s = kMonday8UtcMs / 1'000 + 6 * 86'400;
    p.fallback = Fallback::kStop;
    begin(bench, p);
    bench.run_for(days(1));
    const auto lose = [](PowerBench& from, RecordId record) {
      for (std::size_t copy = 0; copy < kCopies; ++copy)
        from.flash->flip(from.pump().store().copy(copy)[static_cast<std::size_t>(record)]->first, 5);
    };
    lose(bench, RecordId::kTherapy);
    lose(bench, RecordId::kDelivery);
    PowerBench second{kRoller, bench.flash->clone(), bench.reading()};
    second.run_for(days(1));
    lose(second, then);
    PowerBench third{kRoller, second.flash->clone(), second.reading()};
    third.run_for(days(2));
    EXPECT_EQ(third.pump().status().flow, FlowRate{200'000}) << static_cast<int>(then);
    third.run_for(days(3));
    EXPECT_EQ(third.pump().status().flow, FlowRate{0}) << static_cast<int>(then);
    // No prescription of this pump has a number that one had before.
    const auto old = third.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      Prescription again = busy(3, morphine(1, 20));
      return pump.prescribe(r, encode(again), out);
    });
    EXPECT_FALSE(old) << static_cast<int>(then);
  }
}

/// Stopped by a physician, and expired since: it does not start because records are lost.
TEST(RottenRecords, INV_2_INV_10_a_stopped_pump_that_expired_stands_still_when_records_are_lost) {
  for (const Fallback fallback : {Fallback::kMinimumRate, Fallback::kStop, Fallback::kSafeState}) {
    for (std::size_t record = 0; record < kRecordCount; ++record) {
      PowerBench bench{kRoller};
      Prescription p = busy(1, morphine(1, 20));
      p.expires_utc_s = kMonday8UtcMs / 1'000 + 2 * 86'400;
      p.fallback = fallback;
      begin(bench, p);
      bench.run_for(days(1));
      bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.stop(r, out); });
      bench.run_for(days(2));
      for (std::size_t copy = 0; copy < kCopies; ++copy)
        bench.flash->flip(bench.pump().store().copy(copy)[record]->first, 5);
      PowerBench again{kRoller, bench.flash->clone(), bench.reading()};
      again.run_for(days(1));
      EXPECT_EQ(again.made(), 0) << static_cast<int>(fallback) << ", record " << record;
    }
  }
}

/// Implanted while nothing could be kept: the journal alone knows that there is a patient.
TEST(RottenRecords, INV_2_INV_5_a_patient_whom_the_journal_alone_knows_is_not_left_without_the_drug) {
  PowerBench bench{kRoller};
  for (std::uint32_t page = 0; page < kSlots * kSlotPages; ++page) bench.flash->stick(page);
  begin(bench, busy(1, morphine(1, 20)));
  bench.run_for(days(1));
  PowerBench again{kRoller, bench.flash->clone(), bench.reading()};
  EXPECT_TRUE(again.pump().pump().implanted());
  EXPECT_TRUE(again.has_alarm(Alarm::kMemoryFault));
  EXPECT_EQ(again.pump().status().flow, FlowRate{200'000});
}

/// The clock that was set is known to the journal as well.
TEST(RottenRecords, INV_1_what_expires_ends_by_a_clock_whose_records_are_lost) {
  PowerBench bench{kRoller};
  Prescription p = busy(1, morphine(1, 20));
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 4 * 86'400;
  p.fallback = Fallback::kStop;
  begin(bench, p);
  bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.set_clock(r, ClockOffset{pump.pump().clock().utc_ms_at_zero + days(2).raw()}, out), 0;
  });
  bench.run_for(days(1));
  for (std::size_t copy = 0; copy < kCopies; ++copy) {
    for (const RecordId record : {RecordId::kSafeStates, RecordId::kDelivery})
      bench.flash->flip(bench.pump().store().copy(copy)[static_cast<std::size_t>(record)]->first, 5);
  }
  PowerBench again{kRoller, bench.flash->clone(), bench.reading()};
  again.run_for(hours(23));
  EXPECT_EQ(again.pump().status().flow, FlowRate{200'000});
  again.run_for(hours(2));
  EXPECT_EQ(again.pump().status().flow, FlowRate{0});
}

TEST(RottenRecords, INV_5_a_bit_that_turns_between_two_wakes_is_found_and_written_anew) {
  Random random{20'261'121};
  const auto bench = some_days_old();
  const std::int64_t rounds = std::getenv("THECA_LONG") != nullptr ? 2'000 : 60;
  std::int64_t longest = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::uint32_t generation = bench->pump().store().generation();
    const auto copy = static_cast<std::size_t>(random.between(0, 1));
    const auto record = static_cast<std::size_t>(random.between(0, kRecordCount - 1));
    const auto place = bench->pump().store().copy(copy)[record];
    ASSERT_TRUE(place);
    const auto word = static_cast<std::uint32_t>(random.between(-1, place->words - 1));
    bench->flash->flip(place->first + word, static_cast<int>(random.between(0, 63)));
    std::int64_t wakes = 0;
    const std::size_t before = bench->count(EventCode::kMemoryRepaired);
    while (bench->count(EventCode::kMemoryRepaired) == before) {
      ASSERT_LT(++wakes, 1'000) << "round " << round << ", record " << record << ", word " << word;
      ASSERT_LE(bench->pump().store().generation(), generation + 2);
      if (bench->pump().store().generation() != generation) break;  // written anew before it was looked at
      bench->run_for(hours(1));
      if (bench->pump().status().reservoir_earliest < millilitres(10)) {
        bench->give([](StoredPump& pump, MotorReading r, Effects& out) {
          return pump.refill(r, {millilitres(38), Volume{}, morphine(1, 20)}, nullptr, out);
        });
      }
    }
    longest = std::max(longest, wakes);
    ASSERT_FALSE(bench->has_alarm(Alarm::kMemoryFault));
  }
  std::printf("turned bits between wakes: found within %lld hours\n", static_cast<long long>(longest));
}

// ---- the journal ----------------------------------------------------------------------------------------

TEST(Journal, INV_9_holds_18_months_of_the_busiest_therapy_and_then_delivers_on) {
  PowerBench bench{kRoller};
  Prescription p = continuous(1, morphine(1, 20), microlitres_per_day(300));
  p.schedule = each(BolusDose{nanolitres(40), microlitres_per_day(1'000)}, 720, 720);
  ASSERT_EQ(most_boluses_a_day(p), kMostBolusesADay);
  begin(bench, p);
  const auto refill = [&] {
    bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.refill(r, {millilitres(38), Volume{}, morphine(1, 20)}, nullptr, out);
    });
  };
  bool told_early = false;
  for (int day = 0; day < 548; ++day) {
    if (day % 60 == 0) refill();
    bench.events.clear();
    bench.run_for(days(1));
    if (day < 300) {
      ASSERT_FALSE(bench.has_alarm(Alarm::kJournalFilling)) << day;
    }
  }
  told_early = bench.has_alarm(Alarm::kJournalFilling);
  auto entries = read_journal(bench.pump().journal());
  ASSERT_EQ(entries.size(), bench.pump().entries_told());
  ASSERT_EQ(entries.front().sequence, 0U) << "nothing that the clinic has not read is overwritten";
  const auto grants = std::ranges::count(entries, EventCode::kBolusGranted,
                                         [](const JournalEntry& e) { return e.event.code; });
  EXPECT_EQ(grants, 548 * 120);
  std::printf("journal: %zu entries in 18 months, %.0f %% of its room\n", entries.size(),
              100.0 * static_cast<double>(entries.size()) / kJournalCapacity);
  // On until it is full, and beyond.
  int day = 548;
  for (; bench.pump().entries_told() < kJournalCapacity; ++day) {
    ASSERT_LT(day, 2'000);
    if (day % 60 == 0) refill();
    bench.events.clear();
    bench.run_for(days(1));
    told_early = told_early || bench.has_alarm(Alarm::kJournalFilling);
  }
  EXPECT_TRUE(told_early);
  refill();
  const std::int64_t made = bench.made();
  bench.run_for(days(5));
  EXPECT_GE((bench.made() - made) * 10, 5 * (300'000 + 120 * 40) - 20) << "a full journal stops no delivery";
  const std::uint32_t told = bench.pump().entries_told();
  bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.acknowledge_journal(r, told, out), 0;
  });
  bench.run_for(days(1));
  EXPECT_FALSE(bench.has_alarm(Alarm::kJournalFilling));
  entries = read_journal(bench.pump().journal());
  std::int64_t folded = 0;
  for (const JournalEntry& entry : entries) {
    if (entry.event.code == EventCode::kJournalFolded) folded += entry.event.value;
  }
  EXPECT_GE(folded, 5 * 240);
  EXPECT_FALSE(chain_wrong(bench.pump().journal()));
}

TEST(Journal, INV_9_a_button_pressed_all_day_does_not_fill_it) {
  PowerBench bench{kRoller};
  begin(bench, busy(1, morphine(1, 20)));
  bench.run_for(hours(3));
  const std::uint32_t before = bench.pump().entries_told();
  for (int i = 0; i < 24 * 60; ++i) {
    press(bench);
    bench.run_for(minutes(1));
  }
  EXPECT_LE(bench.pump().entries_told() - before, kBusiestDay);
  EXPECT_FALSE(chain_wrong(bench.pump().journal()));
}

}  // namespace
}  // namespace theca::verify
