// Every fault of the table, brought about on a pump with its memory, for every class of drug: the pump does
// what the table says. What cannot be brought about is named.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "catalogue/fault.hpp"
#include "pump/bench_testing.hpp"
#include "verify/power_bench.hpp"
#include "verify/pump_test_access.hpp"
#include "verify/stored_pump_access.hpp"

namespace theca::verify {
namespace {

using namespace example;

constexpr FlowRate kBasal = microlitres_per_day(300);
constexpr FlowRate kSafe = microlitres_per_day(100);

PumpModel with_sensor() {
  PumpModel model = kRoller;
  model.sensor_error = millilitres(1);
  return model;
}
Formulation drug_of(DrugClass drug_class) {
  return fluid(1, {{DrugCode{9}, drug_class, milligrams_per_millilitre(1)}});
}
Prescription prescribed(DrugClass drug_class, std::uint32_t number = 1) {
  Prescription p = continuous(number, drug_of(drug_class), kBasal);
  p.patient = quarter_millilitre_a_day();
  p.safe_state = {SafeAction::kEmergencyRate, kSafe};
  return p;
}

struct Patient {
  explicit Patient(DrugClass c) : drug_class(c), bench(with_sensor()) {
    Implantation setup = dry_setup_with(drug_of(c));
    setup.ceilings = {microlitres(100), microlitres(700), millilitres(14)};
    setup.refill.filled = millilitres(38);
    Prescription p = prescribed(c);
    p.prime = {kPath.total(), microlitres_per_day(4'800)};
    const auto done = bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.implant(r, setup, encode(p), out);
    });
    if (!done) throw std::runtime_error(row_of(done.error().refusal).name);
  }
  /// The prime is over, and a few quiet hours.
  void settle() { bench.run_for(hours(40)); }

  Pump& inside() { return StoredPumpTestAccess::pump(bench.pump()); }
  void rot(const Prescription& p) {
    bench.give([&](StoredPump&, MotorReading, Effects& out) {
      return PumpTestAccess::rot_running(inside(), encode(p), out), 0;
    });
  }
  void fill(Volume volume) {
    const auto done = bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.refill(r, {volume, Volume{}, drug_of(drug_class)}, nullptr, out);
    });
    ASSERT_TRUE(done) << row_of(done.error().refusal).name;
  }
  void run_until(Alarm alarm) {
    for (int hour = 0; hour < 40 * 24 && !bench.has_alarm(alarm); ++hour) bench.run_for(hours(1));
  }
  void sense(Volume off) {
    bench.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.sense_volume(r, pump.status().reservoir_nominal + off, out), 0;
    });
  }
  void count(std::int64_t more) {
    bench.uncounted -= more;
    bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.observe(r, out), 0; });
  }
  /// More flow than the prescription has, until the gate cries.
  void run_at(FlowRate rate, const Ceilings& ceilings) {
    const auto done = bench.give(
        [&](StoredPump& pump, MotorReading r, Effects& out) { return pump.set_ceilings(r, ceilings, out); });
    ASSERT_TRUE(done) << row_of(done.error().refusal).name;
    Prescription p = prescribed(drug_class);
    p.basal.rate = rate;
    rot(p);
  }
  void turn_record(std::size_t copies) {
    for (std::size_t copy = 0; copy < copies; ++copy) {
      const auto place = bench.pump().store().copy(copy)[static_cast<std::size_t>(RecordId::kFluids)];
      bench.flash->flip(place->first, 5);
    }
    bench.lose_power(true, seconds(1));
  }

  DrugClass drug_class;
  PowerBench bench;
};

struct Row {
  void (*bring)(Patient&);
  Duration after;  // until the flow is what the answer says: a window that is full empties
};

constexpr Ceilings kWide{microlitres(900), millilitres(20), millilitres(700)};

const std::map<Fault, Row>& rows() {
  static const std::map<Fault, Row> all = {
      {Fault::kMoreSteps, {[](Patient& p) { p.count(1); }, {}}},
      {Fault::kFewerSteps, {[](Patient& p) { p.count(-1); }, {}}},
      {Fault::kMagneticField,
       {[](Patient& p) {
          p.bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
            return pump.magnetic_field(r, true, out), 0;
          });
        },
        hours(5)}},
      {Fault::kReservoirDry,
       {[](Patient& p) {
          p.fill(millilitres(1));
          p.run_until(Alarm::kReservoirDry);
        },
        hours(5)}},
      {Fault::kReservoirEmpty,
       {[](Patient& p) {
          p.fill(millilitres(1));
          p.run_until(Alarm::kEmptyReservoir);
        },
        {}}},
      {Fault::kVolumeLess, {[](Patient& p) { p.sense(millilitres(-5)); }, hours(5)}},
      {Fault::kVolumeMore, {[](Patient& p) { p.sense(millilitres(2)); }, hours(5)}},
      {Fault::kHourCeiling,
       {[](Patient& p) {
          p.run_at(microlitres_per_day(9'600), {microlitres(100), millilitres(20), millilitres(700)});
          p.run_until(Alarm::kHourCeiling);
        },
        hours(2)}},
      {Fault::kDayCeiling,
       {[](Patient& p) {
          p.run_at(microlitres_per_day(9'600), {microlitres(900), microlitres(900), millilitres(700)});
          p.run_until(Alarm::kDayCeiling);
        },
        hours(26)}},
      {Fault::kThirtyDayCeiling,
       {[](Patient& p) {
          p.run_at(microlitres_per_day(9'600), {microlitres(900), millilitres(12), millilitres(13)});
          p.run_until(Alarm::kThirtyDayCeiling);
        },
        days(31)}},
      {Fault::kActuatorCeiling,
       {[](Patient& p) { p.run_at(FlowRate{kRoller.max_flow.raw() * 2}, kWide); }, hours(5)}},
      {Fault::kAllowanceUsed,
       {[](Patient& p) {  // what is left of the prime's allowance turns into nothing
          PumpTestAccess::gate(p.inside()).allow(TrainPurpose::kPrime, 0);
          p.run_until(Alarm::kAllowanceUsed);
        },
        hours(5)}},
      {Fault::kRecordsLost, {[](Patient& p) { p.turn_record(kCopies); }, hours(5)}},
      {Fault::kRecordDamaged, {[](Patient& p) { p.turn_record(1); }, hours(5)}},
      {Fault::kSelfTest,
       {[](Patient& p) {
          p.bench.lose_power(true, seconds(1), PowerCause::kUnknown,
                             1U << static_cast<unsigned>(SelfTestPart::kBoard));
        },
        hours(5)}},
      {Fault::kPowerCutClockLost, {[](Patient& p) { p.bench.lose_power(false, hours(3)); }, hours(5)}},
      {Fault::kPowerCutClockKept, {[](Patient& p) { p.bench.lose_power(true, seconds(3)); }, hours(5)}},
      {Fault::kLowBattery,
       {[](Patient& p) { p.bench.lose_power(true, seconds(3), PowerCause::kLowBattery); }, hours(5)}},
      {Fault::kClockUncertain,
       {[](Patient& p) {
          p.bench.give([](StoredPump& pump, MotorReading r, Effects& out) {
            r.now = pump.pump().now() - milliseconds(1);
            return pump.wake(r, out), 0;
          });
        },
        hours(5)}},
  };
  return all;
}

/// No pump of this house has a battery of its own yet.
constexpr std::array kUnreachable{Fault::kEndOfService};

TEST(FaultTable, every_fault_is_brought_about_or_named) {
  for (const FaultRow& row : kFaults) {
    const bool named = std::ranges::count(kUnreachable, row.fault) > 0;
    EXPECT_NE(rows().contains(row.fault), named) << row.name;
  }
}

TEST(FaultTable, INV_2_INV_5_the_pump_does_what_the_table_says_for_every_class_of_drug) {
  int cells = 0;
  for (const auto& [fault, how] : rows()) {
    for (std::size_t c = 0; c < kDrugClassCount; ++c) {
      const auto drug_class = static_cast<DrugClass>(c);
      SCOPED_TRACE(std::string(row_of(fault).name) + ", class " + std::to_string(c));
      Patient patient{drug_class};
      if (fault == Fault::kAllowanceUsed) {
        patient.bench.run_for(minutes(10));
        ASSERT_EQ(patient.bench.pump().status().mode, Mode::kPrime);
      } else {
        patient.settle();
        ASSERT_EQ(patient.bench.pump().status().flow, kBasal);
        ASSERT_FALSE(patient.bench.pump().status().alarms.any());
      }
      how.bring(patient);
      PowerBench& bench = patient.bench;
      ASSERT_EQ(bench.pump().pump().drug_class(), drug_class);
      EXPECT_TRUE(bench.has_alarm(row_of(fault).alarm));
      bench.run_for(how.after);
      const Status status = bench.pump().status();
      const Refusal press = bench
                                .give([](StoredPump& pump, MotorReading r, Effects& out) {
                                  return pump.request_bolus(r, 1, out);
                                })
                                .refusal;
      const std::int64_t before = bench.made();
      switch (answer_to(fault, drug_class)) {
        case Answer::kPowerOff:
          EXPECT_FALSE(bench.powered());
          EXPECT_EQ(status.mode, Mode::kStopped);
          EXPECT_EQ(status.flow, FlowRate{0});
          EXPECT_EQ(press, Refusal::kCriticalAlarm);
          bench.run_for(days(2));
          EXPECT_EQ(bench.made(), before);
          break;
        case Answer::kHold:
          EXPECT_TRUE(bench.powered());
          EXPECT_NE(status.mode, Mode::kSafeState);
          EXPECT_EQ(status.flow, FlowRate{0});
          EXPECT_TRUE(press == Refusal::kCriticalAlarm || press == Refusal::kMagneticField ||
                      press == Refusal::kReservoirEmpty);
          bench.run_for(seconds(59));
          EXPECT_EQ(bench.made(), before);
          break;
        case Answer::kSafeState:
          EXPECT_EQ(status.mode, Mode::kSafeState);
          EXPECT_EQ(status.flow, kSafe);
          EXPECT_EQ(press, Refusal::kCriticalAlarm);
          bench.run_for(hours(6));
          EXPECT_NEAR(static_cast<double>(bench.made() - before), 2'500, 1);
          break;
        case Answer::kNoBolus:
          EXPECT_EQ(status.mode, Mode::kSimpleContinuous);
          EXPECT_EQ(status.flow, kBasal);
          EXPECT_TRUE(press == Refusal::kCriticalAlarm || press == Refusal::kReservoirEmpty);
          bench.run_for(hours(6));
          EXPECT_NEAR(static_cast<double>(bench.made() - before), 7'500, 1);
          break;
        case Answer::kGoOn:
          EXPECT_EQ(status.mode, Mode::kSimpleContinuous);
          EXPECT_EQ(status.flow, kBasal);
          EXPECT_EQ(press, Refusal::kNone);
          bench.run_for(hours(6));
          EXPECT_NEAR(static_cast<double>(bench.made() - before), 7'500 + 2'500, 1);
          break;
      }
      ++cells;
    }
  }
  std::printf("fault table: %d of %zu cells\n", cells, kFaultCount * kDrugClassCount);
}

/// A pump that a physician stopped stays stopped, and comes back no higher than the answer.
TEST(FaultTable, INV_5_INV_10_what_befalls_a_stopped_pump_waits_for_it) {
  for (const auto& [fault, how] : rows()) {
    const Answer answer = answer_to(fault, DrugClass::kOpioid);
    const bool while_it_runs = fault == Fault::kReservoirDry || fault == Fault::kReservoirEmpty ||
                               fault == Fault::kHourCeiling || fault == Fault::kDayCeiling ||
                               fault == Fault::kThirtyDayCeiling || fault == Fault::kActuatorCeiling ||
                               fault == Fault::kAllowanceUsed;
    if (while_it_runs || answer != Answer::kSafeState) continue;
    SCOPED_TRACE(row_of(fault).name);
    Patient patient{DrugClass::kOpioid};
    patient.settle();
    PowerBench& bench = patient.bench;
    bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.stop(r, out); });
    how.bring(patient);
    const std::int64_t before = bench.made();
    bench.run_for(days(1));
    EXPECT_EQ(bench.pump().status().mode, Mode::kStopped);
    EXPECT_EQ(bench.made(), before);
    bench.give([](StoredPump& pump, MotorReading r, Effects& out) { return pump.resume(r, out); });
    bench.run_for(hours(1));
    EXPECT_EQ(bench.pump().status().mode, Mode::kSafeState);
    EXPECT_EQ(bench.pump().status().flow, kSafe);
  }
}

}  // namespace
}  // namespace theca::verify
