// Power goes at every single write of every workflow: what the pump was told is then all old or all new,
// every event stands in the journal once, and no rule of flash is broken (INV-6, INV-8, INV-9).
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "pump/bench_testing.hpp"
#include "verify/journal_reader.hpp"
#include "verify/power_bench.hpp"
#include "verify/random_life.hpp"
#include "verify/stored_pump_access.hpp"

namespace theca::verify {
namespace {

using namespace example;

PumpModel with_sensor() {
  PumpModel model = kRoller;
  model.sensor_error = millilitres(1);
  return model;
}

Prescription with_boluses(std::uint32_t number, const Formulation& fluid, FlowRate rate) {
  Prescription p = continuous(number, fluid, rate);
  p.patient = quarter_millilitre_a_day();
  return p;
}

Implantation setup() {
  Implantation s = setup_with(morphine(1, 20));
  s.refill.filled = millilitres(38);
  return s;
}

void implant(PowerBench& bench) {
  bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
    return pump.implant(reading, setup(), encode(with_boluses(1, morphine(1, 20), microlitres_per_day(300))),
                        out);
  });
}

struct Workflow {
  const char* name;
  void (*prepare)(PowerBench&);
  void (*act)(PowerBench&);
  std::int64_t
      points;  // writes of the act: fewer by a tenth is a change of the store that somebody has to see
};

void ready(PowerBench& bench) {
  implant(bench);
  bench.run_for(hours(5) + minutes(17));
}

void refill_with_bridge(PowerBench& bench) {
  bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
    Prescription p = with_boluses(2, morphine(2, 10), microlitres_per_day(600));
    p.bridge = {Volume{pump.pump().front().path().raw() / 10 * 10}, microlitres_per_day(300), 1};
    const PrescriptionBytes bytes = encode(p);
    return pump.refill(reading, {millilitres(36), Volume{}, morphine(2, 10)}, &bytes, out);
  });
}

const std::vector<Workflow> kWorkflows = {
    {"first implantation", [](PowerBench&) {}, implant, 836},
    {"new prescription", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         return pump.prescribe(reading, encode(with_boluses(2, morphine(1, 20), microlitres_per_day(400))),
                               out);
       });
     },
     808},
    {"refill with another concentration and a bridge", ready, refill_with_bridge, 828},
    {"patient bolus", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         return pump.request_bolus(reading, 1, out);
       });
     },
     8},
    {"bolus to its end", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         return pump.request_bolus(reading, 1, out);
       });
       bench.run_for(minutes(10));
     },
     16},
    {"ceilings", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         return pump.set_ceilings(reading, {microlitres(200), millilitres(2), millilitres(40)}, out);
       });
     },
     796},
    {"stop and resume", ready,
     [](PowerBench& bench) {
       bench.give(
           [](StoredPump& pump, MotorReading reading, Effects& out) { return pump.stop(reading, out); });
       bench.run_for(minutes(1));
       bench.give(
           [](StoredPump& pump, MotorReading reading, Effects& out) { return pump.resume(reading, out); });
     },
     16},
    {"time set", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         return pump.set_clock(reading, ClockOffset{kMonday8UtcMs + 7'200'000}, out), 0;
       });
     },
     8},
    {"a stall and its alarm", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         reading.reported -= 1;
         return pump.observe(reading, out), 0;
       });
     },
     12},
    {"another catheter", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         const Prescription p = with_boluses(2, morphine(1, 20), microlitres_per_day(300));
         return pump.revise(reading, {{microlitres(199), microlitres(100)}, Formulation{}}, encode(p), out);
       });
     },
     800},
    {"out of the patient", ready,
     [](PowerBench& bench) {
       bench.give(
           [](StoredPump& pump, MotorReading reading, Effects& out) { return pump.explant(reading, out); });
     },
     800},
    {"a reading of the fill sensor", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         return pump.sense_volume(reading, millilitres(37), out), 0;
       });
     },
     8},
    {"something on the air", ready,
     [](PowerBench& bench) {
       bench.give([](StoredPump& pump, MotorReading reading, Effects& out) {
         return pump.telemetry(reading, Telemetry::kJammed, out), 0;
       });
     },
     8},
    {"a day of basal", ready, [](PowerBench& bench) { bench.run_for(days(1)); }, 112},
};

/// What INV-6 names, as bytes that can be compared.
struct Kept {
  std::vector<Word> therapy, limits, safe_states, reservoir;  // records, word for word
  std::uint32_t in_reservoir = 0, at_tip = 0;
  Ceilings gate;
  // These go on with the steps: they are compared where the rest is of one end.
  std::uint32_t prescription = 0;
  Volume until_reservoir_at_tip;
  std::int64_t bridge_left = 0;

  [[nodiscard]] bool is_of(const Kept& end) const {
    constexpr Volume kAnHour = microlitres(60);  // of basal, and a bolus
    const Volume apart = until_reservoir_at_tip - end.until_reservoir_at_tip;
    return therapy == end.therapy && limits == end.limits && safe_states == end.safe_states &&
           reservoir == end.reservoir && in_reservoir == end.in_reservoir && at_tip == end.at_tip &&
           gate == end.gate && apart < kAnHour && Volume{} - apart < kAnHour &&
           (bridge_left > 0) == (end.bridge_left > 0);
  }
};

Kept kept_of(const StoredPump& stored) {
  const Pump& pump = stored.pump();
  const Status status = pump.status();
  const auto record = [&](RecordId id) { return StoredPumpTestAccess::record(pump, id); };
  return {record(RecordId::kTherapy),
          record(RecordId::kLimits),
          record(RecordId::kSafeStates),
          record(RecordId::kReservoir),
          status.formulation_in_reservoir,
          status.formulation_at_tip,
          pump.gate().ceilings(),
          status.prescription,
          status.until_reservoir_reaches_tip,
          pump.gate().allowance_left(TrainPurpose::kBridge)};
}

bool same(const JournalEntry& a, const JournalEntry& b) { return words_of(a) == words_of(b); }

/// The first thing that is wrong with the journal after the cut, if anything is.
std::optional<std::string> journal_wrong(const std::vector<JournalEntry>& after,
                                         const std::vector<JournalEntry>& before,
                                         const std::vector<JournalEntry>& uncut) {
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i].sequence != i)
      return "entry " + std::to_string(i) + " has sequence " + std::to_string(after[i].sequence);
  }
  if (after.size() < before.size()) return "entries were lost";
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!same(after[i], before[i])) return "entry " + std::to_string(i) + " has changed";
  }
  // What follows is the workflow's own, as far as it went, and then what the boot tells.
  std::size_t i = before.size();
  while (i < after.size() && i < uncut.size() && same(after[i], uncut[i])) ++i;
  if (i < after.size() && after[i].event.code != EventCode::kPowerReturned &&
      after[i].event.code != EventCode::kBolusCut && after[i].event.code != EventCode::kPrimeEnded) {
    return "entry " + std::to_string(i) + " is " + row_of(after[i].event.code).name;
  }
  return std::nullopt;
}

struct Cut {
  std::int64_t at;
  FlashModel::Torn torn;
  bool kept;
};

std::string text(const Workflow& workflow, const Cut& cut) {
  return std::string(workflow.name) + ", write " + std::to_string(cut.at) + ", torn " +
         std::to_string(static_cast<int>(cut.torn)) + (cut.kept ? ", clock kept" : ", clock lost");
}

/// Plays the workflow until the cut, boots, and holds what it finds against both ends of the workflow.
struct Ends {
  std::vector<Kept> states;  // that the workflow passes through
  std::vector<JournalEntry> before, uncut;
  std::int64_t writes = 0;
};

Ends uncut(const Workflow& workflow) {
  Ends ends;
  PowerBench bench{with_sensor()};
  workflow.prepare(bench);
  ends.before = read_journal(bench.pump().journal());
  ends.states.push_back(kept_of(bench.pump()));
  const std::int64_t from = bench.flash->writes();
  workflow.act(bench);
  ends.writes = bench.flash->writes() - from;
  ends.states.push_back(kept_of(bench.pump()));
  ends.uncut = read_journal(bench.pump().journal());
  EXPECT_EQ(bench.flash->broken_rules(), 0) << workflow.name;
  return ends;
}

/// `meddle` does to the memory what a store with a fault would have done by then.
std::optional<std::string> wrong_after(const Workflow& workflow, const Ends& ends, const Cut& cut,
                                       std::optional<std::int64_t> second = std::nullopt,
                                       const std::function<void(FlashModel&)>& meddle = {}) {
  PowerBench bench{with_sensor()};
  workflow.prepare(bench);
  bench.flash->cut_after(cut.at, cut.torn, static_cast<std::uint64_t>(cut.at));
  workflow.act(bench);
  if (!bench.flash->cut()) return "the cut was not reached";
  const std::int64_t made = bench.made();
  if (meddle) {
    bench.flash->power_on();
    meddle(*bench.flash);
  }
  if (second) {
    // Power goes again while the pump recovers.
    bench.flash->power_on();
    bench.flash->cut_after(*second, cut.torn, static_cast<std::uint64_t>(*second));
    Effects out;
    StoredPump recovering{with_sensor(), *bench.flash};
    (void)recovering.boot({bench.reading(), cut.kept}, out);
  }
  bench.lose_power(cut.kept, Duration{0});
  const Status status = bench.pump().status();
  if (status.alarms.has(Alarm::kMemoryFault)) return "a power cut is no memory fault";
  if (bench.flash->broken_rules() != 0) return "a word was programmed twice";
  const Kept found = kept_of(bench.pump());
  if (std::ranges::none_of(ends.states, [&](const Kept& end) { return found.is_of(end); }))
    return "neither old nor new: prescription " + std::to_string(found.prescription) + ", reservoir " +
           std::to_string(found.in_reservoir);
  if (status.steps_commanded < made) return "the count went back";
  if (auto wrong = journal_wrong(read_journal(bench.pump().journal()), ends.before, ends.uncut)) return wrong;
  bench.run_for(days(2));  // and it goes on
  if (bench.pump().pump().gate().largest_deviation() > 1) return "motor and gate disagree";
  return std::nullopt;
}

TEST(PowerCut, INV_6_INV_9_at_every_write_of_every_workflow_all_is_old_or_all_is_new) {
  for (const Workflow& workflow : kWorkflows) {
    const Ends ends = uncut(workflow);
    std::int64_t points = 0;
    for (const auto torn : {FlashModel::Torn::kNothing, FlashModel::Torn::kHalf, FlashModel::Torn::kRandom}) {
      for (std::int64_t at = 1; at <= ends.writes; ++at) {
        const Cut cut{at, torn, at % 2 == 0};
        const auto wrong = wrong_after(workflow, ends, cut);
        ASSERT_FALSE(wrong) << text(workflow, cut) << ": " << *wrong;
        ++points;
      }
    }
    std::printf("power cut: %s, %lld writes, %lld points\n", workflow.name,
                static_cast<long long>(ends.writes), static_cast<long long>(points));
    EXPECT_GE(ends.writes * 10, workflow.points * 9) << workflow.name << " writes less than it did: look why";
  }
}

TEST(PowerCut, INV_6_INV_9_a_second_cut_at_a_write_of_the_recovery_changes_nothing) {
  const bool every = std::getenv("THECA_LONG") != nullptr;
  std::int64_t points = 0;
  for (const Workflow& workflow : kWorkflows) {
    const Ends ends = uncut(workflow);
    Random random{static_cast<std::uint64_t>(ends.writes)};
    // A recovery writes two copies and what the journal lacks.
    constexpr std::int64_t kRecovery = 860;
    const std::int64_t cuts = every ? std::min<std::int64_t>(ends.writes, 60) : 3;
    for (std::int64_t i = 0; i < cuts; ++i) {
      const std::int64_t at = every && ends.writes <= 60 ? i + 1 : random.between(1, ends.writes);
      for (std::int64_t second = random.between(1, every ? 1 : 40); second <= kRecovery;
           second += every ? 1 : 40) {
        const Cut cut{at, static_cast<FlashModel::Torn>(random.between(0, 2)), random.one_in(2)};
        const auto wrong = wrong_after(workflow, ends, cut, second);
        ASSERT_FALSE(wrong) << text(workflow, cut) << ", again at write " << second << ": " << *wrong;
        ++points;
      }
    }
  }
  std::printf("second cut: %lld points\n", static_cast<long long>(points));
}

/// Everything a store with a fault would leave behind must be seen by the same check.
TEST(PowerCutBrokenTwin, INV_6_a_store_that_commits_before_it_has_written_is_seen) {
  const Workflow& workflow = kWorkflows[1];
  const Ends ends = uncut(workflow);
  int seen = 0;
  for (std::int64_t at = 20; at < 380; at += 40) {
    const auto wrong = wrong_after(workflow, ends, {at, FlashModel::Torn::kNothing, true}, std::nullopt,
                                   [](FlashModel& flash) { StoredPumpTestAccess::commit_next(flash); });
    seen += wrong ? 1 : 0;
  }
  EXPECT_EQ(seen, 9);
}

/// A pump with the new prescription over the old reservoir record, and the other way round, is neither end.
TEST(PowerCutBrokenTwin, INV_6_a_mixture_of_old_and_new_is_seen) {
  const Workflow& workflow = kWorkflows[2];
  const Ends ends = uncut(workflow);
  const Kept &before = ends.states[0], &after = ends.states[1];
  EXPECT_TRUE(before.is_of(before) && after.is_of(after));
  EXPECT_FALSE(before.is_of(after) || after.is_of(before));
  for (std::vector<Word> Kept::*record : {&Kept::therapy, &Kept::reservoir}) {
    Kept mixed = before;
    mixed.*record = after.*record;
    EXPECT_FALSE(mixed.is_of(before) || mixed.is_of(after));
  }
  Kept mixed = before;
  mixed.in_reservoir = after.in_reservoir;
  EXPECT_FALSE(mixed.is_of(before) || mixed.is_of(after));
}

TEST(PowerCutBrokenTwin, INV_9_a_journal_that_loses_its_last_entry_is_seen) {
  const Workflow& workflow = kWorkflows[3];
  const Ends ends = uncut(workflow);
  const auto wrong =
      wrong_after(workflow, ends, {ends.writes, FlashModel::Torn::kNothing, true}, std::nullopt,
                  [](FlashModel& flash) { StoredPumpTestAccess::spoil_entry(flash, 1); });
  EXPECT_TRUE(wrong);
}

}  // namespace
}  // namespace theca::verify
