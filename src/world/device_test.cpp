#include "world/device.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate kRate = nanolitres_per_day(300'000);
const Formulation kFirst = morphine(1, 20);

Instant at(Duration since) { return Instant{0} + since; }
rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

Effects order(MotorOrder motor, const Train& train = {}) {
  Effects effects;
  effects.motor = motor;
  effects.train = train;
  return effects;
}
Train one_a_second(Instant start, std::int64_t count) {
  return {start, count, kRoller.step.raw() * 86'400, kRoller.step.raw() * Amount::kUnitsPerNanolitre, 0};
}

TEST(Motor, makes_the_steps_of_its_train_and_knows_when_each_falls) {
  Motor motor;
  EXPECT_EQ(motor.made_by(at(hours(1))), 0);
  EXPECT_EQ(motor.time_of(1), kNever);
  motor.obey(order(MotorOrder::kRun, one_a_second(at(seconds(10)), 5)), at(seconds(10)));
  EXPECT_EQ(motor.made_by(at(seconds(12))), 2);
  EXPECT_EQ(motor.made_by(at(hours(1))), 5);
  EXPECT_EQ(motor.time_of(0), kNever);
  EXPECT_EQ(motor.time_of(1), at(seconds(11)));
  EXPECT_EQ(motor.time_of(5), at(seconds(15)));
  EXPECT_EQ(motor.time_of(6), kNever);
}

TEST(Motor, a_new_train_replaces_what_runs_and_counts_on) {
  Motor motor;
  motor.obey(order(MotorOrder::kRun, one_a_second(at(seconds(0)), 100)), at(seconds(0)));
  motor.obey(order(MotorOrder::kNone), at(seconds(5)));
  motor.obey(order(MotorOrder::kRun, one_a_second(at(seconds(10)), 3)), at(seconds(10)));
  EXPECT_EQ(motor.made_by(at(hours(1))), 13);
  EXPECT_EQ(motor.time_of(11), at(seconds(11)));
  motor.obey(order(MotorOrder::kHalt), at(seconds(11)));
  EXPECT_EQ(motor.made_by(at(hours(1))), 11);
}

TEST(Motor, INV_2_without_power_it_obeys_no_train) {
  Motor motor;
  motor.obey(order(MotorOrder::kRun, one_a_second(at(seconds(0)), 100)), at(seconds(0)));
  motor.obey(order(MotorOrder::kPowerOff), at(seconds(5)));
  motor.obey(order(MotorOrder::kRun, one_a_second(at(seconds(10)), 100)), at(seconds(10)));
  EXPECT_EQ(motor.made_by(at(hours(1))), 5);
}

/// A device whose pump believes in 0.375 mL and 40 mL.
Device started(const DeviceTruth& truth, const Implantation& setup, const Prescription& p) {
  Device device{kRoller, truth, {kMorphine}};
  device.fill(setup.refill.filled, setup.refill.formulation);
  const CommandResult done = device.command([&](StoredPump& pump, MotorReading reading, Effects& out) {
    return pump.implant(reading, setup, encode(p), out);
  });
  if (!done) throw std::runtime_error("refused");
  return device;
}
Device started(const DeviceTruth& truth) {
  return started(truth, dry_setup_with(kFirst), continuous(1, kFirst, kRate));
}

TEST(Device, moves_exactly_what_the_steps_make) {
  Device device = started({kPath, Formulation{}, 0});
  device.run_until(at(days(2)));
  EXPECT_EQ(device.steps(), 60'000);
  EXPECT_EQ(device.nominal_delivered(), microlitres(600));
  EXPECT_EQ(device.truly_delivered(), microlitres(600));
  EXPECT_EQ(device.true_reservoir(), millilitres(40) - microlitres(600));
  EXPECT_EQ(device.tip_mass()[0],
            mass_in(microlitres(225), milligrams_per_millilitre(20)));  // 0.375 mL were dry
  ASSERT_EQ(device.tip_changes().size(), 1U);
  EXPECT_EQ(device.tip_changes()[0].at, at(hours(30)));
  EXPECT_EQ(device.tip_changes()[0].fluid, 1U);
  EXPECT_EQ(device.tip_changes()[0].before, 0U);
}

TEST(Device, a_flow_error_moves_more_or_less_than_the_steps_say) {
  for (const std::int32_t ppm : {145'000, -24'000, 1}) {
    Device device = started({kPath, Formulation{}, ppm});
    device.run_until(at(days(2)));
    EXPECT_EQ(device.nominal_delivered(), microlitres(600));
    EXPECT_EQ(device.truly_delivered(), nanolitres(600'000LL * (1'000'000 + ppm) / 1'000'000)) << ppm;
    EXPECT_EQ(device.true_reservoir() + device.truly_delivered(), millilitres(40));
    EXPECT_EQ(device.pump().status().reservoir_nominal, millilitres(40) - microlitres(600) + Volume{0} * ppm);
  }
}

TEST(Device, the_front_arrives_by_the_true_path_whatever_the_record_says) {
  struct Row {
    Volume catheter;
    Duration arrives;
  };
  for (const Row& row : {Row{microlitres(176), hours(30)}, Row{microlitres(154), milliseconds(101'664'000)},
                         Row{microlitres(198), milliseconds(114'336'000)}}) {
    Device device = started({{microlitres(199), row.catheter}, Formulation{}, 0});
    device.run_until(at(days(2)));
    ASSERT_EQ(device.tip_changes().size(), 1U);
    EXPECT_EQ(device.tip_changes()[0].at, at(row.arrives));
    EXPECT_EQ(device.pump().status().formulation_at_tip, 1U);
  }
}

TEST(Device, a_front_inside_a_long_train_has_the_time_of_its_own_step) {
  Device device = started({{microlitres(1), nanolitres(5)}, Formulation{}, 0});  // 100.5 steps
  device.run_until(at(hours(12)));
  EXPECT_EQ(device.tip_changes()[0].at, Instant{2'880 * 101});
}

TEST(Device, INV_15_a_pump_beyond_its_accuracy_runs_dry_before_its_own_count_and_then_moves_air) {
  Implantation setup = setup_with(kFirst);
  setup.refill.filled = millilitres(1);
  setup.low_alarm = microlitres(500);
  Device device = started({kPath, kFirst, 300'000}, setup, continuous(1, kFirst, kRate));
  device.run_until(at(days(3)));
  EXPECT_EQ(device.true_reservoir(), nanolitres(0));
  EXPECT_EQ(device.truly_delivered(), millilitres(1));
  EXPECT_EQ(device.ran_dry(), Instant{2'880 * 76'924});  // 1 mL / 13 nL
  EXPECT_FALSE(device.pump().status().alarms.has(Alarm::kReservoirDry));
  EXPECT_EQ(device.steps(), 90'000);
}

TEST(Device, INV_15_within_its_accuracy_low_and_empty_come_before_it_is_dry) {
  for (const std::int32_t ppm : {-145'000, 0, 100'000, 145'000}) {
    Implantation setup = setup_with(kFirst);
    setup.refill.filled = millilitres(1);
    setup.low_alarm = microlitres(500);
    Device device = started({kPath, kFirst, ppm}, setup, continuous(1, kFirst, kRate));
    Instant low = kNever, empty = kNever;
    device.listen([&](const Device&, const Effects& effects) {
      for (const Event& event : effects.events()) {
        if (event.code != EventCode::kAlarmRaised) continue;
        if (event.detail == static_cast<int>(Alarm::kLowReservoir)) low = event.at;
        if (event.detail == static_cast<int>(Alarm::kEmptyReservoir)) empty = event.at;
      }
    });
    device.run_until(at(days(6)));
    EXPECT_LT(low, empty);
    EXPECT_LE(empty, device.ran_dry()) << ppm;
  }
}

RC_GTEST_PROP(Device, however_its_time_is_cut_it_moves_the_same, ()) {
  Prescription p = continuous(1, kFirst, FlowRate{*within(48'000, 5'000'000)});
  p.patient = quarter_millilitre_a_day();
  const auto ppm = static_cast<std::int32_t>(*within(-200'000, 200'000));
  const DeviceTruth truth{kPath, Formulation{}, ppm};
  Device whole = started(truth, dry_setup_with(kFirst), p), cut = started(truth, dry_setup_with(kFirst), p);
  Instant now{0};
  for (int i = 0; i < 30; ++i) {
    now = now + milliseconds(*within(1, 7'200'000));
    cut.run_until(now);
    cut.look();
    RC_ASSERT(cut.true_reservoir() + cut.truly_delivered() == millilitres(40));
  }
  whole.run_until(now);
  RC_ASSERT(whole.steps() == cut.steps());
  RC_ASSERT(whole.truly_delivered() == cut.truly_delivered());
  RC_ASSERT(whole.tip_mass() == cut.tip_mass());
  RC_ASSERT(whole.tip_changes().size() == cut.tip_changes().size());
  if (!whole.tip_changes().empty()) RC_ASSERT(whole.tip_changes()[0].at == cut.tip_changes()[0].at);
}

/// The journal goes round once in a year and a half, a generation comes with every 512 calls: no page wears
/// out.
TEST(Device, INV_9_ten_years_of_the_busiest_therapy_wear_no_page_out) {
  Prescription p = continuous(1, morphine(1, 20), microlitres_per_day(300));
  p.schedule = each(BolusDose{nanolitres(40), microlitres_per_day(1'000)}, 720, 720);
  Device device{kRoller, {kPath, Formulation{}, 0}, {kMorphine}};
  Implantation setup;
  setup.path = kPath;
  setup.ceilings = kWidest;
  setup.refill = {millilitres(38), Volume{}, morphine(1, 20)};
  device.fill(millilitres(38), morphine(1, 20));
  const CommandResult done = device.command(
      [&](StoredPump& pump, MotorReading r, Effects& out) { return pump.implant(r, setup, encode(p), out); });
  ASSERT_TRUE(done);
  constexpr int kYears = 2;  // of ten: wear grows with time alone
  for (int day = 60; day <= kYears * 366; day += 60) {
    device.run_until(Instant{} + days(day));
    device.fill(millilitres(38), morphine(1, 20));
    device.command([&](StoredPump& pump, MotorReading r, Effects& out) {
      pump.acknowledge_journal(r, pump.entries_told(), out);
      return pump.refill(r, setup.refill, nullptr, out);
    });
  }
  std::uint32_t most = 0;
  for (std::uint32_t page = 0; page < kNvmPages; ++page) most = std::max(most, device.memory().erases(page));
  std::printf("wear: %u of %u cycles in ten years\n", most * 10 / kYears, kEraseCycles);
  EXPECT_GT(most, 0U);
  EXPECT_LE(most * 10 / kYears, kEraseCycles / 2);
  EXPECT_EQ(device.memory().broken_rules(), 0);
}

// ---- the watchdog ---------------------------------------------------------------------------------------

TEST(DeviceWatchdog, INV_3_a_program_that_hangs_is_found_in_an_hour_and_delivery_goes_on) {
  for (const std::int64_t minute : {1, 59, 60, 61, 1'000}) {
    Device device = started({kPath, Formulation{}, 0});
    std::vector<Event> told;
    device.listen([&](const Device&, const Effects& effects) {
      told.insert(told.end(), effects.events().begin(), effects.events().end());
    });
    const Instant hung = at(minutes(minute));
    device.run_until(hung);
    device.hang();
    EXPECT_FALSE(device.answers());
    const Instant found = hung + kHeartbeat + kWatchdogGrace;
    device.run_until(found);
    EXPECT_TRUE(device.answers()) << minute;
    const auto restart = std::ranges::find(told, EventCode::kWatchdogRestart, &Event::code);
    ASSERT_NE(restart, told.end()) << minute;
    EXPECT_LE(restart->at, found);
    const auto back = std::ranges::find(told, EventCode::kPowerReturned, &Event::code);
    EXPECT_EQ(back->detail, 1) << "the board's clock and count went on";
    EXPECT_TRUE(device.pump().status().alarms.has(Alarm::kRestarted));
    EXPECT_FALSE(device.pump().status().alarms.any_critical());
    const std::int64_t steps = device.steps();
    device.run_until(found + hours(10));
    EXPECT_NEAR(static_cast<double>(device.steps() - steps), 12'500, 1) << minute;
    EXPECT_EQ(device.pump().status().largest_deviation_steps, 0);
  }
}

RC_GTEST_PROP(DeviceWatchdog, never_bites_a_pump_that_does_its_duties, ()) {
  PumpModel model = kRoller;
  model.sensor_error = millilitres(1);
  Device device{model, {kPath, kFirst, 0}, {kMorphine}};
  Prescription p = continuous(1, kFirst, kRate);
  p.patient = quarter_millilitre_a_day();
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  std::int64_t restarts = 0;
  device.listen([&](const Device&, const Effects& effects) {
    restarts += std::ranges::count(effects.events(), EventCode::kWatchdogRestart, &Event::code);
  });
  const auto implant = [&] {
    device.fill(millilitres(40), kFirst);
    (void)device.command([&](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.implant(r, setup_with(kFirst), encode(p), out);
    });
  };
  implant();
  const int deeds = static_cast<int>(*within(1, 25));
  for (int i = 0; i < deeds; ++i) {
    device.run_until(device.now() + milliseconds(*within(0, days(2).raw())));
    const std::int64_t kind = *within(0, 8);
    p.number += 1;
    (void)device.command([&](StoredPump& pump, MotorReading r, Effects& out) {
      if (kind == 0) (void)pump.stop(r, out);
      if (kind == 1) (void)pump.resume(r, out);
      if (kind == 2) (void)pump.request_bolus(r, 1, out);
      if (kind == 3) (void)pump.prescribe(r, encode(p), out);
      if (kind == 4) (void)pump.refill(r, {millilitres(50), Volume{}, kFirst}, nullptr, out);  // refused
      if (kind == 5) (void)pump.explant(r, out);
      return 0;
    });
    if (kind == 6) device.telemetry(Telemetry::kCrashed);
    if (kind == 7) device.lose_power(minutes(*within(1, 600)), *within(0, 1) == 1);
    device.run_until(device.now() + hours(*within(0, 5)));
    if (!device.pump().implanted()) implant();
    RC_ASSERT(restarts == 0);
  }
}

}  // namespace
}  // namespace theca
