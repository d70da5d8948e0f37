// When the pump says no: every reason of the table, and that a no changes nothing.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "catalogue/refusal.hpp"
#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate millilitres_per_day(std::int64_t n) { return microlitres_per_day(n * 1'000); }
constexpr FlowRate kRate = nanolitres_per_day(300'000);
const Formulation kFirst = morphine(1, 20);
const Formulation kSecond = morphine(2, 40);

Instant at(Duration since) { return Instant{0} + since; }

Prescription with_patient_bolus(std::uint32_t number = 1, const Formulation& formulation = kFirst) {
  Prescription p = continuous(number, formulation, kRate);
  p.patient = quarter_millilitre_a_day();
  return p;
}
RefillRecord of(const Formulation& formulation, Volume volume = millilitres(40)) {
  RefillRecord record;
  record.filled = volume;
  record.formulation = formulation;
  return record;
}
Prescription bridging(std::uint32_t number) {
  Prescription p = with_patient_bolus(number, kSecond);
  p.basal.rate = FlowRate{150'000};
  p.bridge = {kPath.total(), kRate, kFirst.number};
  return p;
}
Refusal reason(const CommandResult& result) { return result ? Refusal::kNone : result.error().refusal; }

struct Row {
  Refusal refusal;
  const char* how;
  std::function<Refusal()> reached;
};

const std::vector<Row>& patients_rows() {
  static const std::vector<Row> rows = {
      {Refusal::kNotImplanted, "before the pump is implanted", [] { return Bench{}.press().refusal; }},
      {Refusal::kNone, "nothing stands in the way",
       [] {
         return Bench{setup_with(kFirst), with_patient_bolus()}.press().refusal;
       }},
      {Refusal::kNoPatientBolus, "the prescription has none",
       [] {
         return Bench{setup_with(kFirst), continuous(1, kFirst, kRate)}.press().refusal;
       }},
      {Refusal::kNoPatientBolus, "a flow without a volume",
       [] {
         Prescription p = continuous(1, kFirst, kRate);
         p.patient.dose.rate = FlowRate{1'000'000};
         return Bench{setup_with(kFirst), p}.press().refusal;
       }},
      {Refusal::kReservoirEmpty, "filled with less than a step",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.filled = nanolitres(5);
         return Bench{setup, with_patient_bolus()}.press().refusal;
       }},
      {Refusal::kMagneticField, "in the scanner",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.magnetic_field(true);
         return bench.press().refusal;
       }},
      {Refusal::kSupervised, "the second of two in the first day",
       [] {
         Prescription p = with_patient_bolus();
         p.supervised = {86'400, p.patient.lockout_s, 1};
         Bench bench{setup_with(kFirst), p};
         bench.press();
         bench.run_for(hours(4));
         return bench.press().refusal;
       }},
      {Refusal::kLowered, "in an emergency",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         (void)bench.lower(hours(4));
         return bench.press().refusal;
       }},
      {Refusal::kNotImplanted, "after it was explanted",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.explant();
         return bench.press().refusal;
       }},
      {Refusal::kLockout, "two requests",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.press();
         bench.run_for(hours(1));
         return bench.press().refusal;
       }},
      {Refusal::kAllottedUsed, "four in a day were given",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         for (int i = 0; i < 4; ++i) bench.press(), bench.run_for(hours(4));
         return bench.press().refusal;
       }},
      {Refusal::kOutsideHours, "at eight, allowed from nine",
       [] {
         Prescription p = with_patient_bolus();
         p.patient.from_minute = 9 * 60;
         p.patient.to_minute = 22 * 60;
         return Bench{setup_with(kFirst), p}.press().refusal;
       }},
      {Refusal::kOtherBolusRunning, "a single bolus runs",
       [] {
         Prescription p = with_patient_bolus();
         p.single = over(microlitres(20), minutes(20));
         return Bench{setup_with(kFirst), p}.press().refusal;
       }},
      {Refusal::kMode, "stopped",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.stop();
         return bench.press().refusal;
       }},
      {Refusal::kMode, "priming",
       [] {
         Prescription p = with_patient_bolus();
         p.prime = {kPath.total(), kRoller.max_flow};
         return Bench{dry_setup_with(kFirst), p}.press().refusal;
       }},
      {Refusal::kNone, "over the minimum rate",
       [] {
         Prescription p = with_patient_bolus();
         p.basal = Basal{};
         p.basal.mode = BasalMode::kMinimumRate;
         return Bench{setup_with(kFirst), p}.press().refusal;
       }},
      {Refusal::kMode, "expired",
       [] {
         Prescription p = with_patient_bolus();
         p.expires_utc_s = kMonday8UtcMs / 1'000 + 60;
         Bench bench{setup_with(kFirst), p};
         bench.run_for(hours(1));
         return bench.press().refusal;
       }},
      {Refusal::kCriticalAlarm, "the motor stalls",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.swallow = 1;
         bench.run_for(seconds(10));
         return bench.press().refusal;
       }},
      {Refusal::kCriticalAlarm, "the motor did not obey",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.make_extra(1);
         return bench.press().refusal;
       }},
      {Refusal::kBridging, "a bridge without a plan for boluses",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const Prescription p = bridging(2);
         bench.refill(of(kSecond), &p);
         return bench.press().refusal;
       }},
      {Refusal::kBridging, "the dose would span both fluids",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = bridging(2);
         p.patient.during_bridge = microlitres(25);
         bench.refill(of(kSecond), &p);
         bench.run_for(hours(28) + minutes(10));  // 22.9 µL of the bridge are left
         return bench.press().refusal;
       }},
      {Refusal::kFrontInPath, "changed without a bridge",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const Prescription p = with_patient_bolus(2, kSecond);
         bench.refill(of(kSecond), &p);
         return bench.press().refusal;
       }},
      {Refusal::kReservoirEmpty, "it may be empty",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.filled = microlitres(100);
         setup.low_alarm = microlitres(50);
         Bench bench{setup, with_patient_bolus()};
         bench.run_for(hours(7));
         return bench.press().refusal;
       }},
      {Refusal::kReservoirEmpty, "the bolus itself would empty it",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.filled = microlitres(24);
         setup.low_alarm = microlitres(10);
         return Bench{setup, with_patient_bolus()}.press().refusal;
       }},
  };
  return rows;
}

const std::vector<Row>& commands_rows() {
  static const std::vector<Row> rows = {
      {Refusal::kNotImplanted, "a prescription for no patient",
       [] { return reason(Bench{}.prescribe(with_patient_bolus())); }},
      {Refusal::kNotImplanted, "a refill of no patient's pump",
       [] { return reason(Bench{}.refill(of(kFirst))); }},
      {Refusal::kNotImplanted, "a stop of no patient's pump", [] { return reason(Bench{}.stop()); }},
      {Refusal::kNotImplanted, "ceilings of no patient",
       [] { return reason(Bench{}.set_ceilings(kWidest)); }},
      {Refusal::kAlreadyImplanted, "implanted twice",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.implant(setup_with(kFirst), with_patient_bolus(2)));
       }},
      {Refusal::kPrescriptionMalformed, "a byte that is none",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         PrescriptionBytes bytes = encode(with_patient_bolus(2));
         bytes[0] = 99;
         const CommandResult result = bench.prescribe(bytes);
         EXPECT_TRUE(result.error().malformed);
         EXPECT_EQ(result.error().malformed->error, DecodeError::kLayoutVersion);
         return reason(result);
       }},
      {Refusal::kPrescriptionRule, "too fast for the pump",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const CommandResult result = bench.prescribe(continuous(2, kFirst, millilitres_per_day(25)));
         EXPECT_EQ(result.error().violation->rule, Rule::kFlowAboveRange);
         return reason(result);
       }},
      {Refusal::kPrescriptionRule, "the same number again",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const CommandResult result = bench.prescribe(with_patient_bolus(1));
         EXPECT_EQ(result.error().violation->rule, Rule::kNumberNotGrowing);
         return reason(result);
       }},
      {Refusal::kPrescriptionRule, "ceilings below what the prescription may give",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const CommandResult result = bench.set_ceilings({microlitres(20), microlitres(300), millilitres(9)});
         EXPECT_EQ(result.error().violation->rule, Rule::kWorstHourAboveCeiling);
         return reason(result);
       }},
      {Refusal::kPrescriptionRule, "a refill's ceilings below what the prescription may give",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         RefillRecord record = of(kFirst);
         record.ceilings = Ceilings{microlitres(20), microlitres(300), millilitres(9)};
         return reason(bench.refill(record));
       }},
      {Refusal::kCeilingAfterPast, "a single bolus after a busy hour",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.ceilings = {microlitres(600), millilitres(14), millilitres(400)};
         Bench bench{setup, continuous(1, kFirst, millilitres_per_day(12))};
         bench.run_for(hours(2));
         Prescription p = continuous(2, kFirst, microlitres_per_day(2'400));
         p.single = over(microlitres(300), minutes(30));
         return reason(bench.prescribe(p));
       }},
      {Refusal::kFormulationMismatch, "a prescription for another fluid",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.prescribe(with_patient_bolus(2, kSecond)));
       }},
      {Refusal::kFormulationMismatch, "another fluid without a prescription",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.refill(of(kSecond)));
       }},
      {Refusal::kFormulationMismatch, "one number for two fluids",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const Formulation other = morphine(1, 40);
         const Prescription p = with_patient_bolus(2, other);
         return reason(bench.refill(of(other), &p));
       }},
      {Refusal::kFormulationMismatch, "a fluid that is none",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.refill(of(Formulation{})));
       }},
      {Refusal::kBridgeMismatch, "nothing to bridge from",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = with_patient_bolus(2);
         p.bridge = {kPath.total(), kRate, 1};
         return reason(bench.prescribe(p));
       }},
      {Refusal::kBridgeMismatch, "a step more than the path holds of it",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = bridging(2);
         p.bridge.volume = kPath.total() - kRoller.step;
         return reason(bench.refill(of(kSecond), &p));
       }},
      {Refusal::kBridgeMismatch, "from another fluid than the tip's",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = bridging(2);
         p.bridge.from_formulation = 7;
         return reason(bench.refill(of(kSecond), &p));
       }},
      {Refusal::kBridgeRunning, "a new prescription in the middle of a bridge",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const Prescription p = bridging(2);
         bench.refill(of(kSecond), &p);
         bench.run_for(hours(1));
         return reason(bench.prescribe(continuous(3, kSecond, kRate)));
       }},
      {Refusal::kPrimeNotAllowed, "the path holds drug",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = with_patient_bolus(2);
         p.prime = {kRoller.step, kRoller.max_flow};
         return reason(bench.prescribe(p));
       }},
      {Refusal::kStartsLater, "a bridge tomorrow",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = bridging(2);
         p.starts_utc_s = kMonday8UtcMs / 1'000 + 86'400;
         return reason(bench.refill(of(kSecond), &p));
       }},
      {Refusal::kStartsLater, "another fluid tomorrow",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = with_patient_bolus(2, kSecond);
         p.starts_utc_s = kMonday8UtcMs / 1'000 + 86'400;
         return reason(bench.refill(of(kSecond), &p));
       }},
      {Refusal::kStartsLater, "on a pump that stands still",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.stop();
         Prescription p = with_patient_bolus(2);
         p.starts_utc_s = kMonday8UtcMs / 1'000 + 86'400;
         return reason(bench.prescribe(p));
       }},
      {Refusal::kExpiredAlready, "its expiry lies in the past",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.run_for(hours(1));
         Prescription p = with_patient_bolus(2);
         p.expires_utc_s = kMonday8UtcMs / 1'000 + 3'600;
         return reason(bench.prescribe(p));
       }},
      {Refusal::kFrontInPath, "a single bolus while another fluid stands at the tip",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         Prescription p = with_patient_bolus(2, kSecond);
         p.single = over(microlitres(20), minutes(20));
         return reason(bench.refill(of(kSecond), &p));
       }},
      {Refusal::kCeilingAfterPast, "ceilings below what was given",
       [] {
         Bench bench{setup_with(kFirst), continuous(1, kFirst, millilitres_per_day(12))};
         bench.run_for(hours(2));
         bench.prescribe(continuous(2, kFirst, millilitres_per_day(1)));
         return reason(bench.set_ceilings({microlitres(200), millilitres(2), millilitres(50)}));
       }},
      {Refusal::kOverfill, "more than the reservoir holds",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         RefillRecord record = of(kFirst);
         record.left_in = nanolitres(1);
         return reason(bench.refill(record));
       }},
      {Refusal::kOverfill, "less than nothing",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.refill(of(kFirst, nanolitres(-1))));
       }},
      {Refusal::kOverfill, "a first fill of more than the reservoir holds",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.left_in = nanolitres(1);
         return reason(Bench{}.implant(setup, with_patient_bolus()));
       }},
      {Refusal::kOverfill, "a first fill of less than nothing",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.filled = nanolitres(-1);
         return reason(Bench{}.implant(setup, with_patient_bolus()));
       }},
      {Refusal::kTooManyFluids, "nine fluids in one path",
       [] {
         Bench bench{setup_with(morphine(1, 20)), with_patient_bolus()};
         Refusal last = Refusal::kNone;
         for (std::uint32_t number = 2; number <= 9; ++number) {
           EXPECT_EQ(last, Refusal::kNone) << number;
           const Prescription p = continuous(number, morphine(number, 20), kRate);
           last = reason(bench.refill(of(p.formulation), &p));
           bench.run_for(hours(1));
         }
         return last;
       }},
      {Refusal::kMotorFault, "a prescription for a motor that does not obey",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.make_extra(1);
         return reason(bench.prescribe(with_patient_bolus(2)));
       }},
      {Refusal::kMotorFault, "a stop of a motor that is off",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.make_extra(1);
         return reason(bench.stop());
       }},
      {Refusal::kNoBolusRunning, "none was asked for",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.cut_bolus());
       }},
      {Refusal::kNoBolusRunning, "it was cut before",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.press();
         (void)bench.cut_bolus();
         return reason(bench.cut_bolus());
       }},
      {Refusal::kNoBolusRunning, "before the pump is implanted", [] { return reason(Bench{}.cut_bolus()); }},
      {Refusal::kNothingToResume, "it runs",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.resume());
       }},
      {Refusal::kNaivePatient, "a refill at the old dose after a week without",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.stop();
         bench.run_for(days(7));
         return reason(bench.refill(of(kFirst)));
       }},
      {Refusal::kWasEmpty, "nothing comes out where 30 mL should",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.run_for(days(30));
         RefillRecord record = of(kFirst);
         record.aspirated = Volume{};
         return reason(bench.refill(record));
       }},
      {Refusal::kWasEmpty, "nothing comes out where the count has 1 mL left",
       [] {  // it may be a wrong fill that ran out long ago: the count goes on all the same
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         const Volume left = bench.pump.status().reservoir_nominal - millilitres(1);
         bench.run_for(Duration{left.raw() * kMillisecondsPerDay / with_patient_bolus().basal.rate.raw()});
         RefillRecord record = of(kFirst);
         record.aspirated = Volume{};
         return reason(bench.refill(record));
       }},
      {Refusal::kNotImplanted, "a prescription for a pump that was explanted",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.explant();
         return reason(bench.prescribe(with_patient_bolus(2)));
       }},
      {Refusal::kMotorFault, "implanting again what made more steps than told",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.make_extra(1);
         bench.explant();
         return reason(bench.implant(setup_with(kFirst), with_patient_bolus(2)));
       }},
      {Refusal::kNaivePatient, "a resume after a week without",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         bench.stop();
         bench.run_for(days(7));
         return reason(bench.resume());
       }},
      {Refusal::kBadLimits, "no path",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.path = {};
         return reason(Bench{}.implant(setup, with_patient_bolus()));
       }},
      {Refusal::kBadLimits, "a day below its hour",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.set_ceilings({millilitres(1), microlitres(999), millilitres(700)}));
       }},
      {Refusal::kBadLimits, "an hour that the actuator cannot give",
       [] {
         Bench bench{setup_with(kFirst), with_patient_bolus()};
         return reason(bench.set_ceilings({millilitres(2), millilitres(24), millilitres(700)}));
       }},
  };
  return rows;
}

TEST(PumpRefusal, every_reason_of_a_request_is_reached_where_it_is_said_to_be) {
  for (const Row& row : patients_rows()) {
    EXPECT_EQ(row.reached(), row.refusal) << row.how << ": wanted " << row_of(row.refusal).name;
  }
}

TEST(PumpRefusal, every_reason_of_a_command_is_reached_where_it_is_said_to_be) {
  for (const Row& row : commands_rows()) {
    EXPECT_EQ(row.reached(), row.refusal) << row.how << ": wanted " << row_of(row.refusal).name;
  }
}

TEST(PumpRefusal, no_reason_of_the_catalogue_stands_there_for_nothing) {
  // kCeiling: see below; what only a stored pump refuses: life_test.cpp
  std::set<Refusal> met = {Refusal::kCeiling, Refusal::kNotExplanted, Refusal::kJournalUnread};
  for (const auto* rows : {&patients_rows(), &commands_rows()}) {
    for (const Row& row : *rows) met.insert(row.refusal);
  }
  for (const RefusalRow& row : kRefusals) EXPECT_TRUE(met.contains(row.refusal)) << row.name;
}

TEST(PumpRefusal, a_refused_request_is_told_with_its_number_reason_and_next_chance) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.press();
  bench.run_for(hours(1));
  const BolusAnswer answer = bench.press();
  EXPECT_EQ(answer.next_possible, at(hours(3)));
  EXPECT_EQ(answer.volume, nanolitres(0));
  const Event refused = bench.last(EventCode::kBolusRefused);
  EXPECT_EQ(refused.detail, static_cast<int>(Refusal::kLockout));
  EXPECT_EQ(refused.value, 2);
  EXPECT_EQ(refused.value2, hours(3).raw());
}

TEST(PumpRefusal, a_refused_prescription_is_told_with_its_number_and_rule) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.prescribe(continuous(5, kFirst, FlowRate{1}));
  const Event refused = bench.last(EventCode::kCommandRefused);
  EXPECT_EQ(refused.detail, static_cast<int>(Refusal::kPrescriptionRule));
  EXPECT_EQ(refused.value, 5);
  EXPECT_EQ(refused.value2, static_cast<int>(Rule::kFlowBelowRange));
}

// ---- a no changes nothing
// -----------------------------------------------------------------------------------

void expect_same(const Status& a, const Status& b) {
  EXPECT_EQ(a.mode, b.mode);
  EXPECT_EQ(a.flow, b.flow);
  EXPECT_EQ(a.prescription, b.prescription);
  for (const AlarmRow& row : kAlarms) EXPECT_EQ(a.alarms.has(row.alarm), b.alarms.has(row.alarm)) << row.name;
  EXPECT_EQ(a.reservoir_nominal, b.reservoir_nominal);
  EXPECT_EQ(a.reservoir_earliest, b.reservoir_earliest);
  EXPECT_EQ(a.formulation_in_reservoir, b.formulation_in_reservoir);
  EXPECT_EQ(a.formulation_at_tip, b.formulation_at_tip);
  EXPECT_EQ(a.until_reservoir_reaches_tip, b.until_reservoir_reaches_tip);
  EXPECT_EQ(a.steps_commanded, b.steps_commanded);
  EXPECT_EQ(a.steps_missed, b.steps_missed);
  EXPECT_EQ(a.boluses_left, b.boluses_left);
  EXPECT_EQ(a.next_bolus_possible, b.next_bolus_possible);
}

struct Refused {
  const char* what;
  std::function<CommandResult(Bench&)> command;
};

TEST(PumpRefusal, both_or_neither_a_refused_command_leaves_the_pump_as_it_was) {
  const std::vector<Refused> all = {
      {"a refill whose prescription breaks a rule",
       [](Bench& bench) {
         const Prescription p = continuous(2, kSecond, FlowRate{1});
         return bench.refill(of(kSecond), &p);
       }},
      {"a refill whose prescription is for the old fluid",
       [](Bench& bench) {
         const Prescription p = continuous(2, kFirst, kRate);
         return bench.refill(of(kSecond), &p);
       }},
      {"a refill whose bridge does not fit",
       [](Bench& bench) {
         Prescription p = bridging(2);
         p.bridge.volume = microlitres(100);
         return bench.refill(of(kSecond), &p);
       }},
      {"a refill with ceilings that the pump cannot have",
       [](Bench& bench) {
         const Prescription p = continuous(2, kSecond, kRate);
         RefillRecord record = of(kSecond);
         record.ceilings = Ceilings{millilitres(1), nanolitres(1), nanolitres(1)};
         return bench.refill(record, &p);
       }},
      {"a refill that overfills", [](Bench& bench) { return bench.refill(of(kFirst, millilitres(41))); }},
      {"another fluid alone", [](Bench& bench) { return bench.refill(of(kSecond)); }},
      {"a prescription that breaks a rule",
       [](Bench& bench) { return bench.prescribe(continuous(2, kFirst, FlowRate{1})); }},
      {"ceilings below the prescription",
       [](Bench& bench) {
         return bench.set_ceilings({kRoller.step, kRoller.step, kRoller.step});
       }},
      {"a second implantation",
       [](Bench& bench) { return bench.implant(setup_with(kSecond), continuous(2, kSecond, kRate)); }},
      {"a resume of what runs", [](Bench& bench) { return bench.resume(); }},
  };
  for (const Refused& refused : all) {
    SCOPED_TRACE(refused.what);
    Prescription p = with_patient_bolus();
    p.schedule = each(over(microlitres(6), minutes(10)), 7'200, 1'800);
    Bench asked{dry_setup_with(kFirst), p}, left_alone{dry_setup_with(kFirst), p};
    for (Bench* bench : {&asked, &left_alone}) {
      bench->press();
      bench->run_to(at(hours(10) + minutes(33) + milliseconds(777)));
    }
    ASSERT_FALSE(refused.command(asked));
    left_alone.observe();
    EXPECT_EQ(asked.pump.next_wake(), left_alone.pump.next_wake());
    EXPECT_EQ(asked.pump.prescription(), left_alone.pump.prescription());
    EXPECT_EQ(asked.last_effects().motor, MotorOrder::kNone);
    expect_same(asked.pump.status(), left_alone.pump.status());
    for (Bench* bench : {&asked, &left_alone}) bench->run_for(days(2));
    EXPECT_EQ(asked.steps, left_alone.steps);
    expect_same(asked.pump.status(), left_alone.pump.status());
    EXPECT_EQ(asked.events.size(), left_alone.events.size() + 1);  // the refusal itself
  }
}

TEST(PumpRefusal, a_refused_implantation_leaves_the_pump_new) {
  Bench bench;
  ASSERT_FALSE(bench.implant(setup_with(kFirst), continuous(1, kFirst, FlowRate{1})));
  EXPECT_EQ(bench.press().refusal, Refusal::kNotImplanted);
  EXPECT_EQ(bench.pump.next_wake(), kNever);
  EXPECT_TRUE(bench.implant(setup_with(kFirst), continuous(1, kFirst, kRate)));
}

TEST(PumpRefusal, the_patient_is_not_charged_for_a_refused_request) {
  Prescription p = with_patient_bolus();
  p.patient.from_minute = 9 * 60;
  p.patient.to_minute = 22 * 60;
  Bench bench{setup_with(kFirst), p};
  bench.press();
  EXPECT_EQ(bench.pump.status().boluses_left, 4);
  bench.run_for(hours(1));
  EXPECT_EQ(bench.press().refusal, Refusal::kNone);
}

TEST(PumpRefusal, one_that_no_waiting_would_help_names_no_next_chance) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  const BolusAnswer granted = bench.press();
  ASSERT_EQ(granted.refusal, Refusal::kNone);
  EXPECT_EQ(granted.next_possible, Instant{0});
  for (int i = 0; i < 3; ++i) bench.run_for(hours(4)), bench.press();
  bench.run_for(hours(20));  // the window has been full and is open again
  const Prescription p = with_patient_bolus(2, kSecond);
  ASSERT_TRUE(bench.refill(of(kSecond), &p));
  const BolusAnswer answer = bench.press();
  EXPECT_EQ(answer.refusal, Refusal::kFrontInPath);
  EXPECT_EQ(answer.next_possible, Instant{0});
}

TEST(PumpRefusal, a_request_at_the_very_moment_of_a_scheduled_bolus_comes_behind_it) {
  Prescription p = with_patient_bolus();
  p.schedule = each(over(microlitres(20), minutes(20)), 6 * 3'600, 3'600);
  Bench bench{setup_with(kFirst), p};
  bench.run_for(minutes(59));
  EXPECT_EQ(bench.press_at(at(hours(1))).refusal, Refusal::kOtherBolusRunning);
}

/// Steps of basal that a bolus leaves room for: what falls beside it, a step that is nearly earned, and one
/// more.
std::int64_t beside(const Prescription& p, Volume dose, FlowRate basal) {
  const Duration takes = bolus_duration({dose, p.patient.dose.rate});
  return whole_steps(Amount::over(basal, takes).floor(), kRoller.step) + 2;
}

TEST(PumpRefusal, a_bolus_that_would_empty_the_reservoir_is_refused_to_the_step) {
  const Prescription p = with_patient_bolus();
  const std::int64_t needed =
      whole_steps(p.patient.dose.volume, kRoller.step) + beside(p, p.patient.dose.volume, kRate);
  for (const std::int64_t more : {-1, 0}) {
    Implantation setup = setup_with(kFirst);
    setup.low_alarm = microlitres(10);
    setup.refill.filled = kRoller.step * (needed + more);
    EXPECT_EQ((Bench{setup, p}.press().refusal), more < 0 ? Refusal::kReservoirEmpty : Refusal::kNone);
  }
}

TEST(PumpRefusal, a_bolus_that_would_span_both_fluids_is_refused_to_the_step) {
  for (const std::int64_t fewer : {0, 1}) {
    Bench bench{setup_with(kFirst), with_patient_bolus()};
    Prescription p = bridging(2);
    p.patient.during_bridge = microlitres(25);
    ASSERT_TRUE(bench.refill(of(kSecond), &p));
    const std::int64_t last = bench.pump.commanded() + whole_steps(p.bridge.volume, kRoller.step);
    const std::int64_t needed = whole_steps(p.patient.during_bridge, kRoller.step) +
                                beside(p, p.patient.during_bridge, p.bridge.rate);
    bench.run_for(hours(20));
    while (last - bench.pump.commanded() > needed - fewer) {
      bench.run_for(seconds(1));
      bench.sleep_to(bench.now());  // the pump counts its steps when it is woken
    }
    ASSERT_EQ(last - bench.pump.commanded(), needed - fewer);
    EXPECT_EQ(bench.press().refusal, fewer == 0 ? Refusal::kNone : Refusal::kBridging);
  }
}

}  // namespace
}  // namespace theca
