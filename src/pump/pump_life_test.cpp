// A pump that is in no patient: on the shelf and explanted. It gives nothing, whatever is asked of it, and
// the next patient gets a pump that has forgotten the last one and kept its counts.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate kRate = nanolitres_per_day(300'000);
const Formulation kFirst = morphine(1, 20);

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

PumpModel with_sensor() {
  PumpModel model = kRoller;
  model.sensor_error = millilitres(1);
  return model;
}
Prescription with_everything(std::uint32_t number, const Formulation& formulation = kFirst) {
  Prescription p = continuous(number, formulation, kRate);
  p.patient = quarter_millilitre_a_day();
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{200'000}};
  p.supervised = {86'400, 6 * 3'600, 2};
  return p;
}
RefillRecord of(const Formulation& formulation) {
  RefillRecord record;
  record.filled = millilitres(30);
  record.formulation = formulation;
  return record;
}
Refusal reason(const CommandResult& result) { return result ? Refusal::kNone : result.error().refusal; }

/// One random call to a pump in no patient. None may bring about a step.
void call_anything(Bench& bench, std::uint32_t number) {
  const Prescription p = with_everything(number);
  switch (*within(0, 15)) {
    case 0:
      RC_ASSERT(bench.press().refusal == Refusal::kNotImplanted);
      return;
    case 1:
      RC_ASSERT(reason(bench.prescribe(p)) == Refusal::kNotImplanted);
      return;
    case 2:
      RC_ASSERT(reason(bench.refill(of(kFirst), &p)) == Refusal::kNotImplanted);
      return;
    case 3:
      RC_ASSERT(reason(bench.revise({kPath, Formulation{}}, p)) == Refusal::kNotImplanted);
      return;
    case 4:
      RC_ASSERT(reason(bench.stop()) == Refusal::kNotImplanted);
      return;
    case 5:
      RC_ASSERT(reason(bench.resume()) == Refusal::kNothingToResume);
      return;
    case 6:
      RC_ASSERT(reason(bench.set_ceilings(kWidest)) == Refusal::kNotImplanted);
      return;
    case 7:
      RC_ASSERT(reason(bench.explant()) == Refusal::kNotImplanted);
      return;
    case 8:
      return bench.magnetic_field(*within(0, 1) == 1);
    case 9:
      return bench.sense(Volume{*within(0, kMaxReservoir.raw())});
    case 10:
      return bench.telemetry(static_cast<Telemetry>(*within(0, 3)));
    case 11:
      return bench.acknowledge();
    case 12:
      return bench.shift_clock(hours(*within(-100, 100)));
    case 13:
      return bench.lose_power(*within(0, 1) == 1,
                              *within(0, 1) == 1 ? PowerCause::kLowBattery : PowerCause::kUnknown,
                              static_cast<std::uint8_t>(*within(0, 63)));
    case 14:
      return bench.make_extra(*within(1, 3));
    default:
      bench.sleep_to(bench.now() + hours(*within(0, 2'000)));
  }
}

void gives_nothing_whatever_is_called(Bench& bench) {
  const bool explanted = bench.pump.explanted();
  const int calls = static_cast<int>(*within(1, 60));
  for (int i = 0; i < calls; ++i) {
    call_anything(bench, static_cast<std::uint32_t>(100 + i));
    RC_ASSERT(bench.last_effects().motor != MotorOrder::kRun);
    const std::size_t made = bench.steps.size();
    bench.run_for(hours(*within(0, 200)));
    RC_ASSERT(bench.steps.size() == made);
    RC_ASSERT(!bench.pump.implanted());
    RC_ASSERT(bench.pump.explanted() == explanted);
    RC_ASSERT(bench.pump.mode() == Mode::kStopped);
    RC_ASSERT(bench.pump.status().flow == FlowRate{0});
    RC_ASSERT(bench.pump.next_wake() == kNever);
    RC_ASSERT(bench.pump.intact());
  }
}

RC_GTEST_PROP(PumpLife, INV_10_on_the_shelf_it_gives_nothing_whatever_is_called, ()) {
  Bench bench{with_sensor()};
  gives_nothing_whatever_is_called(bench);
}

RC_GTEST_PROP(PumpLife, INV_10_explanted_it_gives_nothing_whatever_is_called, ()) {
  Bench bench{setup_with(kFirst), with_everything(1), with_sensor()};
  bench.run_for(minutes(*within(0, 5'000)));
  const std::int64_t how = *within(0, 4);
  if (how == 1) bench.press();
  if (how == 2) bench.stop();
  if (how == 3) {
    Prescription later = with_everything(2);
    later.starts_utc_s = kMonday8UtcMs / 1'000 + bench.now().raw() / 1'000 + 5'000;
    RC_ASSERT(bench.prescribe(later).has_value());
  }
  if (how == 4) bench.sense(Volume{0});  // disagrees: the safe state
  RC_ASSERT(bench.explant().has_value());
  gives_nothing_whatever_is_called(bench);
}

TEST(PumpLife, INV_7_a_bolus_in_hand_is_cut_and_told_when_it_is_explanted) {
  Bench bench{setup_with(kFirst), with_everything(1)};
  bench.run_for(hours(2));
  ASSERT_EQ(bench.press().refusal, Refusal::kNone);
  bench.run_for(minutes(2));
  ASSERT_TRUE(bench.explant());
  EXPECT_EQ(bench.count(EventCode::kBolusCut), 1U);
  EXPECT_EQ(bench.last(EventCode::kExplanted).value, 1);
  EXPECT_EQ(bench.last_effects().motor, MotorOrder::kHalt);
  EXPECT_FALSE(bench.pump.status().alarms.any());
}

RC_GTEST_PROP(PumpLife, INV_8_the_next_patients_counts_go_on_and_the_last_ones_requests_are_gone, ()) {
  Bench bench{setup_with(kFirst), with_everything(1)};
  bench.run_for(minutes(*within(0, 3'000)));
  bench.press();
  bench.run_for(minutes(*within(0, 60)));
  RC_ASSERT(bench.explant().has_value());
  bench.observe();
  const std::int64_t commanded = bench.pump.commanded();
  RC_ASSERT(commanded == static_cast<std::int64_t>(bench.steps.size()));
  bench.run_for(minutes(*within(0, 30)));
  const Formulation next = morphine(7, 10);
  RC_ASSERT(reason(bench.implant(setup_with(next), with_everything(1, next))) == Refusal::kPrescriptionRule);
  RC_ASSERT(bench.implant(setup_with(next), with_everything(2, next)).has_value());
  RC_ASSERT(bench.pump.commanded() >= commanded);
  const Status status = bench.pump.status();
  RC_ASSERT(!status.alarms.any());
  RC_ASSERT(status.boluses_left == 2);
  RC_ASSERT(status.reservoir_nominal == kRoller.capacity);
  RC_ASSERT(status.formulation_at_tip == 7U && status.formulation_in_reservoir == 7U);
  RC_ASSERT(bench.last(EventCode::kSupervisedStarted).detail ==
            static_cast<std::uint8_t>(SupervisedFor::kImplantation));
  RC_ASSERT(bench.press().refusal == Refusal::kNone);
  const auto before = static_cast<std::int64_t>(bench.steps.size());
  bench.run_for(minutes(30));
  bench.observe();
  RC_ASSERT(static_cast<std::int64_t>(bench.steps.size()) - before == 2'500 + 625);
  RC_ASSERT(bench.pump.commanded() == static_cast<std::int64_t>(bench.steps.size()));
}

/// What the motor made in the last hour stands in the gate, whoever it was for.
TEST(PumpLife, INV_4_INV_8_the_gate_counts_what_was_made_before_it_was_implanted_anew) {
  Bench bench{setup_with(kFirst), continuous(1, kFirst, microlitres_per_day(12'000))};
  bench.run_for(hours(2));
  ASSERT_TRUE(bench.explant());
  Implantation tight = setup_with(kFirst);
  tight.ceilings = {microlitres(200), millilitres(3), millilitres(80)};
  EXPECT_EQ(reason(bench.implant(tight, continuous(2, kFirst, kRate))), Refusal::kCeilingAfterPast);
  bench.run_for(days(1) + hours(1));
  EXPECT_EQ(reason(bench.implant(tight, continuous(2, kFirst, kRate))), Refusal::kNone);
}

TEST(PumpLife, INV_2_a_motor_that_made_too_many_steps_gets_no_second_patient) {
  for (const bool on_the_shelf : {false, true}) {
    Bench bench{setup_with(kFirst), with_everything(1)};
    bench.run_for(hours(1));
    if (!on_the_shelf) bench.make_extra(1);
    ASSERT_TRUE(bench.explant());
    if (on_the_shelf) bench.make_extra(1);
    EXPECT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
    EXPECT_EQ(reason(bench.implant(setup_with(kFirst), with_everything(2))), Refusal::kMotorFault);
    bench.pump.forget();
    EXPECT_TRUE(bench.has_alarm(Alarm::kOverDelivery));
    bench.run_for(days(3));
    EXPECT_EQ(reason(bench.implant(setup_with(kFirst), with_everything(2))), Refusal::kMotorFault);
    EXPECT_EQ(bench.pump.status().flow, FlowRate{0});
  }
}

TEST(PumpLife, INV_8_a_pump_that_forgot_counts_on_and_gives_the_next_patient_what_is_prescribed) {
  Bench bench{setup_with(kFirst), with_everything(3)};
  bench.run_for(hours(30));
  ASSERT_TRUE(bench.explant());
  const std::int64_t commanded = bench.pump.commanded();
  bench.pump.forget();
  EXPECT_EQ(bench.pump.commanded(), commanded);
  EXPECT_EQ(bench.pump.prescription(), Prescription{});
  EXPECT_FALSE(bench.pump.explanted());
  const Formulation next = morphine(7, 10);
  EXPECT_EQ(reason(bench.implant(setup_with(next), with_everything(3, next))), Refusal::kPrescriptionRule)
      << "numbers of prescriptions go on as well";
  ASSERT_TRUE(bench.implant(setup_with(next), continuous(4, next, kRate)));
  const auto before = static_cast<std::int64_t>(bench.steps.size());
  bench.run_for(hours(10));
  EXPECT_EQ(static_cast<std::int64_t>(bench.steps.size()) - before, 12'500);
  EXPECT_EQ(bench.pump.gate().largest_deviation(), 0);
}

}  // namespace
}  // namespace theca
