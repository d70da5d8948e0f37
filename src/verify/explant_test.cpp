// A pump with its memory, out of its patient: it stays out, whatever becomes of power and records, and what
// it is told to forget is nowhere in the flash any more, wherever power goes meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
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

/// Concentrations and rates that no other number of the pump is.
const Formulation kFluid =
    example::fluid(1'234'567, {{kMorphine, DrugClass::kOpioid, Concentration{17'654'321}},
                               {kBaclofen, DrugClass::kWithdrawalProne, Concentration{1'987'654}}});

Prescription secret(std::uint32_t number) {
  Prescription p = continuous(number, kFluid, FlowRate{311'771});
  every_day(p.basal, {{0, FlowRate{311'771}}, {547, FlowRate{422'117}}});
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  p.patient = quarter_millilitre_a_day();
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{201'123}};
  return p;
}

void implant(PowerBench& bench, const Prescription& p) {
  const auto done = bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
    Implantation setup = setup_with(p.formulation);
    setup.refill.filled = millilitres(38);
    return pump.implant(r, setup, encode(p), out);
  });
  ASSERT_TRUE(done) << row_of(done.error().refusal).name;
}
void live(PowerBench& bench) {
  implant(bench, secret(1));
  bench.run_for(days(2));
  bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.request_bolus(r, 1, out); });
  bench.run_for(hours(9));
  bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.prescribe(r, encode(secret(2)), out);
  });
  bench.run_for(hours(7) + minutes(3));
}
void explant(PowerBench& bench) {
  const auto done =
      bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.explant(r, out); });
  ASSERT_TRUE(done);
}
CommandResult erase(PowerBench& bench, std::int64_t unread = 0) {
  return bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.erase_secrets(r, pump.entries_told() - static_cast<std::uint32_t>(unread), out);
  });
}

// ---- stays out ------------------------------------------------------------------------------------------

TEST(Explanted, INV_10_gives_nothing_through_random_calls_and_power_cuts) {
  const Campaign campaign{60, 3'000};
  for (std::int64_t life = campaign.first; life < campaign.end; ++life) {
    Random random{campaign.seed_of(life)};
    PowerBench bench{kRoller};
    live(bench);
    explant(bench);
    const std::int64_t made = bench.made();
    std::int64_t commanded = bench.pump().status().steps_commanded;
    for (int call = 0; call < 30; ++call) {
      const std::int64_t kind = random.between(0, 9);
      bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
        const PrescriptionBytes bytes = encode(secret(static_cast<std::uint32_t>(call + 3)));
        if (kind == 0) (void)pump.prescribe(r, bytes, out);
        if (kind == 1) (void)pump.resume(r, out);
        if (kind == 2) (void)pump.request_bolus(r, 9, out);
        if (kind == 3) (void)pump.refill(r, {millilitres(30), Volume{}, kFluid}, &bytes, out);
        if (kind == 4) pump.wake(r, out);
        if (kind == 5) (void)pump.revise(r, {kPath, Formulation{}}, bytes, out);
        if (kind == 6) pump.sense_volume(r, Volume{random.between(0, 40'000'000)}, out);
        if (kind == 7) pump.magnetic_field(r, random.one_in(2), out);
        if (kind == 8) pump.set_clock(r, ClockOffset{kMonday8UtcMs + random.spread(1, 1'000'000'000)}, out);
        return 0;
      });
      if (kind == 9) {
        if (random.one_in(2)) bench.flash->cut_after(random.spread(1, 900), FlashModel::Torn::kRandom);
        bench.lose_power(random.one_in(2), Duration{random.spread(1, 1'000'000'000)});
        if (bench.flash->cut()) bench.lose_power(true, seconds(1));
      }
      bench.run_for(Duration{random.spread(1, days(30).raw())});
      ASSERT_EQ(bench.made(), made) << campaign.name(life);
      ASSERT_TRUE(bench.pump().pump().explanted()) << campaign.name(life);
      ASSERT_EQ(bench.pump().next_wake(), kNever) << campaign.name(life);
      ASSERT_GE(bench.pump().status().steps_commanded, commanded) << campaign.name(life);
      commanded = bench.pump().status().steps_commanded;
    }
    ASSERT_FALSE(chain_wrong(bench.pump().journal())) << campaign.name(life);
  }
}

/// The journal tells that it is in nobody, and how far its counts are.
TEST(Explanted, INV_8_INV_10_stays_so_when_its_records_are_lost_and_counts_on) {
  for (const bool kept : {true, false}) {
    for (std::size_t record = 0; record <= kRecordCount; ++record) {
      SCOPED_TRACE(std::to_string(record) + (kept ? ", clock kept" : ", clock lost"));
      PowerBench bench{kRoller};
      live(bench);
      explant(bench);
      const std::int64_t commanded = bench.pump().status().steps_commanded;
      for (std::size_t copy = 0; copy < kCopies; ++copy) {
        const auto& places = bench.pump().store().copy(copy);
        if (record < kRecordCount) bench.flash->flip(places[record]->first, 5);
        for (const auto& place : places) {
          if (record == kRecordCount) bench.flash->flip(place->first, 5);  // all of them
        }
      }
      const std::int64_t made = bench.made();
      bench.lose_power(kept, hours(1));
      EXPECT_TRUE(bench.pump().pump().explanted());
      EXPECT_TRUE(bench.has_alarm(Alarm::kMemoryFault)) << "it is told, not passed over";
      const std::int64_t since_last_entry = 6 * 60 * 60 * 1'000;
      EXPECT_GE(bench.pump().status().steps_commanded,
                kept ? commanded : commanded - since_last_entry * 422'117 / 864'000'000 - 2'500);
      bench.wake();
      bench.run_for(days(3));
      EXPECT_EQ(bench.made(), made);
      EXPECT_FALSE(bench.has_alarm(Alarm::kOverDelivery)) << "its own count is no surprise to it";
      implant(bench, secret(9));
      bench.run_for(hours(5));
      EXPECT_GT(bench.made(), made) << "and another patient can have it";
      EXPECT_FALSE(bench.pump().status().alarms.any_critical());
    }
  }
}

TEST(Explanted, INV_2_over_delivery_outlives_lost_records_and_what_is_forgotten) {
  for (const bool lost_before : {true, false}) {
    for (const bool erased : {true, false}) {
      SCOPED_TRACE(std::string(lost_before ? "lost before" : "lost after") + (erased ? ", erased" : ""));
      PowerBench bench{kRoller};
      live(bench);
      bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
        ++r.reported;
        return pump.observe(r, out), 0;
      });
      const auto lose_all = [&] {
        for (std::size_t copy = 0; copy < kCopies; ++copy) {
          for (const auto& place : bench.pump().store().copy(copy)) bench.flash->flip(place->first, 5);
        }
        bench.lose_power(false, hours(1));
      };
      if (lost_before) lose_all();
      EXPECT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
      explant(bench);
      if (erased) {
        ASSERT_TRUE(erase(bench));
      }
      if (!lost_before) lose_all();
      EXPECT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
      const auto again = bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
        return pump.implant(r, setup_with(kFluid), encode(secret(20)), out);
      });
      ASSERT_FALSE(again);
      EXPECT_EQ(again.error().refusal, Refusal::kMotorFault);
    }
  }
}

// ---- forgets --------------------------------------------------------------------------------------------

/// The whole memory as bytes.
std::string raw(const FlashModel& flash) {
  std::string bytes(std::size_t{kNvmPages} * kPageWords * sizeof(Word), '\xFF');
  for (std::uint32_t i = 0; i < kNvmPages * kPageWords; ++i) {
    const Word word = flash.read(i);
    if (word != kErased) std::memcpy(bytes.data() + std::size_t{i} * sizeof(Word), &word, sizeof(Word));
  }
  return bytes;
}

/// Runs of bytes that nothing but this patient's data holds.
std::vector<std::string> secrets_of(const PowerBench& bench) {
  constexpr std::size_t kRun = 8;
  std::vector<std::string> found;
  const auto add = [&](const void* from, std::size_t size) {
    const std::string run(static_cast<const char*>(from), size);
    if (std::set<char>(run.begin(), run.end()).size() >= 4) found.push_back(run);
  };
  const PrescriptionBytes bytes = encode(secret(2));
  for (std::size_t i = 0; i + kRun <= bytes.size(); ++i) add(bytes.data() + i, kRun);
  for (const Component& part : kFluid.parts()) {
    const std::int64_t concentration = part.concentration.raw();
    add(&concentration, 4);
  }
  for (const JournalEntry& entry : read_journal(bench.pump().journal())) {
    const auto words = words_of(entry);
    add(&words[0], sizeof(Word));  // sequence and sum
    add(&words[1], sizeof(Word));  // when and what
  }
  return found;
}
std::size_t held(const std::string& memory, const std::vector<std::string>& secrets) {
  return static_cast<std::size_t>(std::ranges::count_if(
      secrets, [&](const std::string& run) { return memory.find(run) != std::string::npos; }));
}

/// How often a number stands in what is remembered of delivery.
std::size_t holds_rate(const PowerBench& bench, std::int64_t rate) {
  const auto words = StoredPumpTestAccess::record(bench.pump().pump(), RecordId::kDelivery);
  const std::string bytes(reinterpret_cast<const char*>(words.data()), words.size() * sizeof(Word));
  const std::string wanted(reinterpret_cast<const char*>(&rate), sizeof(rate));
  std::size_t found = 0;
  for (std::size_t at = bytes.find(wanted); at != std::string::npos; at = bytes.find(wanted, at + 1)) ++found;
  return found;
}

TEST(Secrets, are_erased_only_out_of_the_patient_and_when_the_clinic_has_read_all) {
  PowerBench bench{kRoller};
  live(bench);
  EXPECT_EQ(erase(bench).error().refusal, Refusal::kNotExplanted);
  EXPECT_EQ(bench.pump().status().prescription, 2U);
  explant(bench);
  const std::vector<std::string> secrets = secrets_of(bench);
  EXPECT_EQ(erase(bench, 1).error().refusal, Refusal::kJournalUnread);
  EXPECT_EQ(erase(bench, -1).error().refusal, Refusal::kJournalUnread);
  EXPECT_EQ(held(raw(*bench.flash), secrets), secrets.size()) << "a refusal erases nothing";
  EXPECT_TRUE(bench.pump().pump().explanted());
  ASSERT_TRUE(erase(bench));
  EXPECT_FALSE(bench.pump().pump().explanted());
}

TEST(Secrets, INV_8_leave_no_trace_in_the_flash_and_the_counts_go_on) {
  PowerBench bench{kRoller};
  live(bench);
  bench.run_for(days(20));  // several pages of the journal
  ASSERT_TRUE(bench.pump().journal().head_of(1));
  const std::int64_t rate = bench.pump().status().flow.raw();
  explant(bench);
  const std::vector<std::string> secrets = secrets_of(bench);
  ASSERT_GE(secrets.size(), 100U);
  ASSERT_EQ(held(raw(*bench.flash), secrets), secrets.size()) << "the search finds them while they stand";
  const std::uint32_t told = bench.pump().entries_told();
  const std::int64_t commanded = bench.pump().status().steps_commanded;
  ASSERT_GE(holds_rate(bench, rate), 2U) << "the train of engine and gate";
  ASSERT_TRUE(erase(bench));
  EXPECT_EQ(held(raw(*bench.flash), secrets), 0U);
  const Pump as_new{kRoller};
  for (const RecordId id : {RecordId::kTherapy, RecordId::kLimits, RecordId::kSafeStates, RecordId::kFluids})
    EXPECT_EQ(StoredPumpTestAccess::record(bench.pump().pump(), id),
              StoredPumpTestAccess::record(as_new, id));
  EXPECT_EQ(holds_rate(bench, rate), 0U) << "of the last train";
  EXPECT_EQ(bench.flash->broken_rules(), 0);
  EXPECT_GE(bench.pump().entries_told(), told);
  EXPECT_EQ(bench.pump().status().steps_commanded, commanded);
  EXPECT_EQ(bench.count(EventCode::kSecretsErased), 1U);
  EXPECT_FALSE(chain_wrong(bench.pump().journal()));
  bench.lose_power(true, seconds(1));
  EXPECT_EQ(held(raw(*bench.flash), secrets), 0U);
  EXPECT_EQ(bench.pump().status().steps_commanded, commanded);
  EXPECT_FALSE(bench.has_alarm(Alarm::kMemoryFault));
  implant(bench, secret(3));
  bench.run_for(hours(3));
  EXPECT_GT(bench.pump().status().steps_commanded, commanded);
}

TEST(Secrets, INV_6_a_cut_at_every_write_leaves_all_or_nothing_and_the_erasing_ends) {
  PowerBench whole{kRoller};
  live(whole);
  explant(whole);
  const std::vector<std::string> secrets = secrets_of(whole);
  const auto before = read_journal(whole.pump().journal());
  const auto memory = whole.flash->clone();
  const MotorReading reading = whole.reading();
  const std::int64_t from = whole.flash->writes();
  ASSERT_TRUE(erase(whole));
  const std::int64_t writes = whole.flash->writes() - from;
  const std::int64_t commanded = whole.pump().status().steps_commanded;
  std::int64_t old = 0, gone = 0;
#ifdef THECA_SANITIZED
  constexpr std::int64_t kStride = 23;
#else
  constexpr std::int64_t kStride = 1;
#endif
  for (const auto torn : {FlashModel::Torn::kNothing, FlashModel::Torn::kHalf, FlashModel::Torn::kRandom}) {
    bool counts = false;  // the write that makes the erased state count has been made
    for (std::int64_t at = 1; at <= writes; at += kStride) {
      SCOPED_TRACE("write " + std::to_string(at) + ", torn " + std::to_string(static_cast<int>(torn)));
      auto flash = memory->clone();
      {
        Effects out;
        const auto pump = StoredPumpTestAccess::rebuilt(kRoller, *flash);
        flash->cut_after(at, torn, static_cast<std::uint64_t>(at));
        (void)pump->erase_secrets(reading, pump->entries_told(), out);
        ASSERT_TRUE(flash->cut());
        flash->power_on();
      }
      PowerBench bench{kRoller, std::move(flash), reading};
      ASSERT_FALSE(bench.has_alarm(Alarm::kMemoryFault));
      ASSERT_FALSE(bench.pump().pump().implanted());
      ASSERT_EQ(bench.pump().status().steps_commanded, commanded);
      ASSERT_EQ(bench.flash->broken_rules(), 0);
      ASSERT_FALSE(chain_wrong(bench.pump().journal()));
      if (bench.pump().pump().explanted()) {  // wholly old
        ++old;
        ASSERT_FALSE(counts) << "old again after it was erased";
        ASSERT_EQ(bench.pump().status().prescription, 2U);
        const auto after = read_journal(bench.pump().journal());
        ASSERT_GT(after.size(), before.size());
        for (std::size_t i = 0; i < before.size(); ++i) ASSERT_EQ(words_of(after[i]), words_of(before[i]));
        if (at % 100 == 0) {
          ASSERT_TRUE(erase(bench));
        }
      } else {
        ++gone;
        counts = true;
        const auto told = read_journal(bench.pump().journal());
        ASSERT_TRUE(std::ranges::any_of(
            told, [](const JournalEntry& e) { return e.event.code == EventCode::kSecretsErased; }));
        if (at % 10 == 0) {
          ASSERT_EQ(held(raw(*bench.flash), secrets), 0U);
        }
      }
    }
  }
  std::printf("erasing: %lld writes; cut, %lld old, %lld erased\n", static_cast<long long>(writes),
              static_cast<long long>(old), static_cast<long long>(gone));
  EXPECT_GT(old, 0);
  EXPECT_GT(gone, 0);
}

}  // namespace
}  // namespace theca::verify
