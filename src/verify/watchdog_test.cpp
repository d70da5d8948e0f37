// The proof that feeds the watchdog: right after every wake and every command that was taken, wrong when any
// duty was left out. And what the pump keeps in RAM: still what was set, after every call (INV-5, INV-13).
#include <gtest/gtest.h>

#include <string>

#include "pump/bench_testing.hpp"
#include "verify/played_life.hpp"
#include "verify/power_bench.hpp"
#include "verify/pump_test_access.hpp"
#include "verify/stored_pump_access.hpp"

namespace theca::verify {
namespace {

using namespace example;

Prescription busy(std::uint32_t number) {
  const Formulation drug = morphine(1, 20);
  Prescription p = continuous(number, drug, microlitres_per_day(300));
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  p.patient = quarter_millilitre_a_day();
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{200'000}};
  p.supervised = {86'400, 6 * 3'600, 2};
  return p;
}

TEST(Watchdog, every_duty_left_out_is_another_proof) {
  Random random{20'261'121};
  for (int i = 0; i < 20'000; ++i) {
    const auto challenge =
        i < 1'000 ? static_cast<std::uint32_t>(i) : static_cast<std::uint32_t>(random.bits());
    for (unsigned duties = 0; duties < kEveryDuty; ++duties)
      ASSERT_NE(proof_of(challenge, static_cast<std::uint8_t>(duties)), proof_of(challenge))
          << challenge << ", duties " << duties;
    ASSERT_NE(proof_of(challenge), proof_of(challenge + 1)) << "an answer of before is no answer";
  }
}

TEST(Watchdog, a_call_that_did_nothing_proves_nothing) {
  Effects out;
  out.challenge = 7;
  EXPECT_NE(out.proof(), proof_of(7));
  for (unsigned duty = 0; duty < kDutyCount; ++duty) {
    EXPECT_NE(out.proof(), proof_of(7)) << duty;
    out.did(static_cast<Duty>(duty));
  }
  EXPECT_EQ(out.proof(), proof_of(7));
  out.clear();
  out.challenge = 7;
  EXPECT_NE(out.proof(), proof_of(7)) << "what was done for the last call counts for no other";
}

/// A pump with its memory that is given a new number with every call.
struct Watched {
  explicit Watched(const PumpModel& model) : bench(model) {}
  template <class Call>
  auto give(Call&& call) {
    return bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      out.challenge = ++challenge;
      auto result = call(pump, r, out);
      fed = out.proof() == proof_of(challenge);
      intact = pump.pump().intact();
      return result;
    });
  }
  void run_for(Duration time) {
    const Instant end = bench.now() + time;
    while (bench.pump().next_wake() <= end) {
      const Instant wake = std::max(bench.now(), bench.pump().next_wake());
      bench.run_to(wake - milliseconds(1));
      bench.idle_to(wake);
      give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.wake(r, out), 0; });
      ASSERT_TRUE(fed) << "a wake at " << bench.now().raw() << " ms";
      ASSERT_TRUE(intact) << "a wake at " << bench.now().raw() << " ms";
    }
    bench.run_to(end);
  }

  PowerBench bench;
  std::uint32_t challenge = 0;
  bool fed = false, intact = false;
};

TEST(Watchdog, INV_5_every_wake_and_every_command_taken_feeds_it_and_leaves_the_pump_sealed) {
  const Campaign campaign{150, 20'000};
  std::int64_t fed = 0;
  PumpModel model = kRoller;
  model.sensor_error = millilitres(1);
  for (std::int64_t life = campaign.first; life < campaign.end; ++life) {
    SCOPED_TRACE(campaign.name(life));
    Random random{campaign.seed_of(life)};
    Watched pump{model};
    std::uint32_t number = 0, fluids = 1;
    const auto taken = [&](const CommandResult& done, const char* what) {
      ASSERT_TRUE(pump.intact) << what;
      if (!done) return;
      ASSERT_TRUE(pump.fed) << what;
      ++fed;
    };
    const auto implant = [&] {
      taken(pump.give([&](StoredPump& p, MotorReading r, Effects& out) {
        return p.implant(r, setup_with(morphine(1, 20)), encode(busy(++number)), out);
      }),
            "implantation");
    };
    implant();
    for (int deed = 0; deed < 20; ++deed) {
      pump.run_for(Duration{random.spread(1, days(3).raw())});
      if (::testing::Test::HasFatalFailure()) return;
      switch (random.between(0, 13)) {
        case 0:
          taken(pump.give([](StoredPump& p, MotorReading r, Effects& out) { return p.stop(r, out); }),
                "stop");
          break;
        case 1:
          taken(pump.give([](StoredPump& p, MotorReading r, Effects& out) { return p.resume(r, out); }),
                "resume");
          break;
        case 2:
        case 3: {
          Prescription p = busy(++number);
          p.formulation = pump.bench.pump().pump().front().in_reservoir();
          const std::int64_t utc_s = (kMonday8UtcMs + pump.bench.now().raw()) / 1'000;
          if (random.one_in(2)) p.starts_utc_s = utc_s + random.spread(1, 100'000);
          if (random.one_in(2)) p.expires_utc_s = utc_s + random.spread(100'001, 300'000);
          taken(pump.give([&](StoredPump& s, MotorReading r, Effects& out) {
            return s.prescribe(r, encode(p), out);
          }),
                "prescription");
          break;
        }
        case 4: {
          Prescription p = busy(++number);
          p.formulation = morphine(++fluids, 10);
          const PrescriptionBytes bytes = encode(p);
          taken(pump.give([&](StoredPump& s, MotorReading r, Effects& out) {
            return s.refill(r, {millilitres(38), Volume{}, p.formulation}, &bytes, out);
          }),
                "refill");
          break;
        }
        case 5:
          taken(pump.give([](StoredPump& p, MotorReading r, Effects& out) {
            return p.set_ceilings(r, {microlitres(900), millilitres(20), millilitres(700)}, out);
          }),
                "ceilings");
          break;
        case 6: {
          Prescription p = busy(++number);
          p.formulation = pump.bench.pump().pump().front().in_reservoir();
          taken(pump.give([&](StoredPump& s, MotorReading r, Effects& out) {
            return s.revise(r, {{microlitres(199), microlitres(100)}, Formulation{}}, encode(p), out);
          }),
                "revision");
          break;
        }
        case 7:
          pump.give([](StoredPump& p, MotorReading r, Effects& out) { return p.request_bolus(r, 1, out); });
          ASSERT_TRUE(!pump.bench.pump().pump().implanted() || pump.fed);
          break;
        case 8:
          pump.give([&](StoredPump& p, MotorReading r, Effects& out) {
            return p.sense_volume(r, Volume{random.between(0, 40'000'000)}, out), 0;
          });
          ASSERT_TRUE(!pump.bench.pump().pump().implanted() || pump.fed);
          break;
        case 9:
          pump.give(
              [](StoredPump& p, MotorReading r, Effects& out) { return p.acknowledge_alarms(r, out), 0; });
          ASSERT_TRUE(pump.fed);
          break;
        case 10:
          pump.give([](StoredPump& p, MotorReading r, Effects& out) {
            return p.set_clock(r, ClockOffset{kMonday8UtcMs}, out), 0;
          });
          ASSERT_TRUE(pump.fed);
          break;
        case 11:
          pump.bench.lose_power(random.one_in(2), minutes(1));
          ASSERT_TRUE(pump.bench.pump().pump().intact());
          break;
        case 12:
          pump.give([](StoredPump& p, MotorReading r, Effects& out) {
            return p.magnetic_field(r, !p.status().in_field, out), 0;
          });
          break;
        default:
          if (!random.one_in(3)) break;
          taken(pump.give([](StoredPump& p, MotorReading r, Effects& out) { return p.explant(r, out); }),
                "explantation");
          if (random.one_in(2)) {
            taken(pump.give([](StoredPump& p, MotorReading r, Effects& out) {
              return p.erase_secrets(r, p.entries_told(), out);
            }),
                  "erasing");
          }
          implant();
      }
      ASSERT_TRUE(pump.intact) << "deed " << deed;
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  std::printf("watchdog: %lld commands taken\n", static_cast<long long>(fed));
}

// ---- turned bits in RAM ---------------------------------------------------------------------------------

/// Prescription, ceilings, path, low level and safe states, byte by byte.
TEST(SelfCheck, INV_5_a_bit_that_turns_in_ram_is_found_within_a_week_and_ends_in_the_safe_state) {
  const Campaign campaign{400, 20'000};
  std::int64_t found = 0;
  for (std::int64_t life = campaign.first; life < campaign.end; ++life) {
    Random random{campaign.seed_of(life)};
    PowerBench bench{kRoller};
    ASSERT_TRUE(bench.give([](StoredPump& p, MotorReading r, Effects& out) {
      return p.implant(r, setup_with(morphine(1, 20)), encode(busy(1)), out);
    }));
    bench.run_for(Duration{random.spread(1, days(5).raw())});
    if (random.one_in(2)) {  // one that a wake starts, with another safe state
      Prescription later = busy(2);
      later.safe_state = {SafeAction::kEmergencyRate, FlowRate{100'000}};
      later.starts_utc_s = (kMonday8UtcMs + bench.now().raw()) / 1'000 + 3'600;
      ASSERT_TRUE(bench.give(
          [&](StoredPump& p, MotorReading r, Effects& out) { return p.prescribe(r, encode(later), out); }));
      bench.run_for(hours(2));
      ASSERT_EQ(bench.pump().status().prescription, 2U);
    }
    Pump& pump = StoredPumpTestAccess::pump(bench.pump());
    const Prescription meant = pump.prescription();
    const auto turned = PumpTestAccess::turn_a_bit(pump, static_cast<std::size_t>(random.bits()),
                                                   static_cast<int>(random.between(0, 7)));
    if (!turned) continue;  // a bit that no field uses
    const Instant when = bench.now();
    while (!bench.has_alarm(Alarm::kSelfTestFailed)) {
      ASSERT_LE(bench.now() - when, days(7) + kHeartbeat) << campaign.name(life) << ", " << *turned;
      bench.run_for(hours(1));
    }
    ASSERT_EQ(pump.prescription(), meant) << campaign.name(life) << ", " << *turned;
    ASSERT_EQ(bench.pump().status().mode, Mode::kSafeState) << campaign.name(life) << ", " << *turned;
    ASSERT_LE(bench.pump().status().flow, meant.safe_state.emergency_rate)
        << campaign.name(life) << ", " << *turned;
    const std::int64_t made = bench.made();
    bench.run_for(days(2));
    ASSERT_LE((bench.made() - made) * 10, 2 * meant.safe_state.emergency_rate.raw() + 10)
        << campaign.name(life) << ", " << *turned;
    ASSERT_TRUE(pump.intact());
    ++found;
  }
  std::printf("self-check: %lld turned bits found\n", static_cast<long long>(found));
  EXPECT_GT(found * 4, campaign.end - campaign.first);
}

/// Before anything is written down or sealed anew: else the turned bit is what it would be mended from.
TEST(SelfCheck, INV_5_a_bit_that_turned_in_ram_is_not_written_down) {
  for (std::size_t byte = 0; byte < 4'000; byte += 7) {
    PowerBench bench{kRoller};
    ASSERT_TRUE(bench.give([](StoredPump& p, MotorReading r, Effects& out) {
      return p.implant(r, setup_with(morphine(1, 20)), encode(busy(1)), out);
    }));
    bench.run_for(hours(5));
    Pump& pump = StoredPumpTestAccess::pump(bench.pump());
    const Prescription meant = pump.prescription();
    const ClockOffset clock = pump.clock();
    if (!PumpTestAccess::turn_a_bit(pump, byte, static_cast<int>(byte % 8))) continue;
    bench.give([&](StoredPump& p, MotorReading r, Effects& out) { return p.set_clock(r, clock, out), 0; });
    bench.give([](StoredPump& p, MotorReading r, Effects& out) { return p.stop(r, out); });
    const Asked asked{};
    bench.give([&](StoredPump& p, MotorReading r, Effects& out) { return p.resume(r, out, &asked); });
    ASSERT_EQ(pump.prescription(), meant) << byte;
    ASSERT_TRUE(bench.has_alarm(Alarm::kSelfTestFailed)) << byte;
    PowerBench again{kRoller, bench.flash->clone(), bench.reading()};
    ASSERT_EQ(again.pump().pump().prescription(), meant) << byte;
  }
}

}  // namespace
}  // namespace theca::verify
