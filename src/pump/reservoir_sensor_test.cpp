// The fill sensor against the count: silent while both are as good as their labels say, each cause named in
// its own story, the lower of the two for the alarms (INV-15); and what is drawn off at a refill.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "pump/bench_testing.hpp"
#include "pump/reservoir.hpp"

namespace theca {
namespace {

using namespace example;

constexpr Volume kSensorError = millilitres(1);
constexpr FlowRate kRate = microlitres_per_day(300);
const Formulation kFirst = morphine(1, 20);

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }
Instant at(Duration since) { return Instant{0} + since; }

PumpModel with_sensor() {
  PumpModel model = kRoller;
  model.sensor_error = kSensorError;
  return model;
}

// ---- the reservoir alone --------------------------------------------------------------------------------

RC_GTEST_PROP(ReservoirSensor, INV_15_finds_nothing_while_sensor_and_flow_are_within_their_labels, ()) {
  const PumpModel model = with_sensor();
  Reservoir reservoir{model};
  const std::int64_t at_fill = *within(0, 1'000'000'000);
  const Volume filled{*within(1'000'000, kMaxReservoir.raw())};
  reservoir.fill(filled, at_fill, Instant{});
  // As good as its label over the whole fill, not step by step.
  const std::int64_t flow_error = *within(-model.accuracy_ppm, model.accuracy_ppm);
  std::int64_t steps = at_fill;
  const int readings = static_cast<int>(*within(1, 40));
  for (int i = 0; i < readings; ++i) {
    steps += *within(0, 200'000);
    const std::int64_t used = (steps - at_fill) * model.step.raw();
    const Volume truly{filled.raw() - used - used * flow_error / 1'000'000};
    if (truly < kSensorError) break;
    const Volume sensed = truly + Volume{*within(-kSensorError.raw(), kSensorError.raw())};
    RC_ASSERT(!reservoir.sense(sensed, steps, at(days(i))));
    RC_ASSERT(reservoir.earliest(steps) <= truly);
  }
}

RC_GTEST_PROP(ReservoirSensor, INV_15_the_lower_of_sensor_and_count_is_the_earliest_volume, ()) {
  const PumpModel model = with_sensor();
  Reservoir counted{model}, sensed{model};
  const Volume filled{*within(5'000'000, 40'000'000)};
  counted.fill(filled, 0, Instant{});
  sensed.fill(filled, 0, Instant{});
  const std::int64_t when = *within(0, 400'000), later = when + *within(0, 400'000);
  const Volume reading{*within(0, 45'000'000)};
  (void)sensed.sense(reading, when, at(days(1)));
  RC_ASSERT(sensed.earliest(later) <= counted.earliest(later));
  const Volume least = reading - kSensorError - model.step * (later - when);
  RC_ASSERT(sensed.earliest(later) <= std::max(Volume{0}, least));
  RC_ASSERT(sensed.nominal(later) == counted.nominal(later));
  const Volume level{*within(0, 40'000'000)};
  const std::int64_t n = sensed.steps_until_earliest(level);
  RC_ASSERT(n <= counted.steps_until_earliest(level));
  if (n > when) RC_ASSERT(sensed.earliest(n) <= level && sensed.earliest(n - 1) > level);
}

RC_GTEST_PROP(ReservoirSensor, accepting_silences_the_known_difference_and_no_further_one, ()) {
  Reservoir reservoir{with_sensor()};
  reservoir.fill(millilitres(30), 0, Instant{});
  const bool less = *within(0, 1) == 0;
  const auto off = [&](Volume by) { return less ? Volume{} - by : by; };
  const Volume difference = off(Volume{*within(1'100'000, 6'000'000)});
  RC_ASSERT(reservoir.sense(reservoir.nominal(0) + difference, 0, at(hours(1))).has_value());
  reservoir.accept();
  const std::int64_t later = *within(0, 160'000);
  const Volume same = reservoir.nominal(later) + difference;
  RC_ASSERT(!reservoir.sense(same, later, at(days(2))));
  const Volume further = off(kSensorError + reservoir.count_error(later) + Volume{1});
  RC_ASSERT(reservoir.sense(same + further, later, at(days(3))).has_value());
}

// ---- each cause in its story ----------------------------------------------------------------------------

/// A reading a day of what is truly there.
struct Story {
  Reservoir reservoir{with_sensor()};
  std::int64_t steps = 0;
  Volume truly;
  int day = 0;
  explicit Story(Volume told, Volume filled) : truly(filled) { reservoir.fill(told, 0, Instant{}); }
  std::optional<VolumeCause> read() { return reservoir.sense(truly, steps, at(days(day))); }
  /// Until something is found.
  std::optional<VolumeCause> live(int days_at_most, std::int64_t per_mille) {
    for (int i = 0; i < days_at_most; ++i) {
      ++day;
      steps += 30'000;
      truly = truly - Volume{300 * per_mille};
      if (const auto found = read()) return found;
    }
    return std::nullopt;
  }
};

TEST(ReservoirSensor, names_each_cause_in_its_own_story) {
  Story pocket{millilitres(38), millilitres(20)};
  EXPECT_EQ(pocket.read(), VolumeCause::kNotFilled);
  Story twice{millilitres(20), millilitres(38)};
  EXPECT_EQ(twice.read(), VolumeCause::kOverfilled);

  Story diverted{millilitres(38), millilitres(38)};
  EXPECT_EQ(diverted.read(), std::nullopt);
  EXPECT_EQ(diverted.live(3, 1'000), std::nullopt);
  diverted.truly = diverted.truly - millilitres(10);
  EXPECT_EQ(diverted.live(1, 1'000), VolumeCause::kDrawnOff);

  Story leak{millilitres(38), millilitres(38)};
  EXPECT_EQ(leak.read(), std::nullopt);
  EXPECT_EQ(leak.live(20, 1'000), std::nullopt);
  leak.truly = leak.truly - millilitres(10);
  EXPECT_EQ(leak.live(1, 1'000), VolumeCause::kLost);

  Story fast{millilitres(38), millilitres(38)};
  EXPECT_EQ(fast.read(), std::nullopt);
  EXPECT_EQ(fast.live(60, 1'400), VolumeCause::kOverInfusion);
  Story blocked{millilitres(38), millilitres(38)};
  EXPECT_EQ(blocked.read(), std::nullopt);
  EXPECT_EQ(blocked.live(60, 500), VolumeCause::kUnderInfusion);
}

TEST(ReservoirSensor, a_leak_is_no_pocket_fill_because_the_fill_was_wrong_as_well) {
  Story story{millilitres(38), millilitres(35)};
  EXPECT_EQ(story.read(), VolumeCause::kNotFilled);
  EXPECT_EQ(story.live(1, 1'000), VolumeCause::kNotFilled) << "still the same";
  story.truly = story.truly - millilitres(10);
  EXPECT_EQ(story.live(1, 1'000), VolumeCause::kDrawnOff);
}

// ---- the pump -------------------------------------------------------------------------------------------

Prescription with_patient_bolus(std::uint32_t number = 1) {
  Prescription p = continuous(number, kFirst, kRate);
  p.patient = quarter_millilitre_a_day();
  return p;
}
RefillRecord of(Volume aspirated) {
  RefillRecord record;
  record.filled = millilitres(40);
  record.formulation = kFirst;
  record.aspirated = aspirated;
  return record;
}

TEST(PumpSensor, INV_15_a_low_reading_brings_the_low_and_empty_alarms_forward) {
  const Formulation drug = baclofen(1, 500);  // its basal goes on
  Bench bench{setup_with(drug), continuous(1, drug, kRate), with_sensor()};
  bench.run_for(hours(1));
  bench.sense(millilitres(3));
  EXPECT_TRUE(bench.has_alarm(Alarm::kLowReservoir)) << "2 mL may be left, of 40 by the count";
  EXPECT_FALSE(bench.has_alarm(Alarm::kEmptyReservoir));
  EXPECT_EQ(bench.pump.status().reservoir_earliest, millilitres(2));
  EXPECT_EQ(bench.pump.status().reservoir_nominal, millilitres(40) - kRoller.step * 1'250);
  bench.run_for(days(40));
  EXPECT_TRUE(bench.has_alarm(Alarm::kEmptyReservoir));
}

TEST(PumpSensor, a_reading_that_agrees_changes_no_step) {
  Bench read{setup_with(kFirst), with_patient_bolus(), with_sensor()};
  Bench left{setup_with(kFirst), with_patient_bolus(), with_sensor()};
  for (int day = 0; day < 30; ++day) {
    read.run_for(days(1));
    left.run_for(days(1));
    read.sense(read.pump.status().reservoir_nominal + microlitres(900));
  }
  EXPECT_EQ(read.steps, left.steps);
  EXPECT_FALSE(read.pump.status().alarms.any());
  EXPECT_EQ(read.count(EventCode::kVolumeSensed), 1U) << "the first after a fill is told";
}

TEST(PumpSensor, acknowledged_one_difference_is_told_no_more_and_a_new_one_is) {
  Bench bench{setup_with(kFirst), continuous(1, kFirst, microlitres_per_day(12'000)), with_sensor()};
  bench.sense(millilitres(36));
  ASSERT_TRUE(bench.has_alarm(Alarm::kVolumeDisagrees));
  ASSERT_TRUE(bench.prescribe(continuous(2, kFirst, microlitres_per_day(12'000))));
  bench.run_for(hours(12));  // 6 mL later somebody comes
  bench.acknowledge();
  EXPECT_FALSE(bench.has_alarm(Alarm::kVolumeDisagrees));
  bench.observe();
  bench.sense(bench.pump.status().reservoir_nominal - millilitres(4));
  EXPECT_FALSE(bench.has_alarm(Alarm::kVolumeDisagrees)) << "4 mL less, as was known";
  bench.sense(bench.pump.status().reservoir_nominal - millilitres(8));
  EXPECT_TRUE(bench.has_alarm(Alarm::kVolumeDisagrees));
}

TEST(PumpSensor, a_model_without_one_takes_no_reading) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.sense(millilitres(3));
  EXPECT_FALSE(bench.pump.status().alarms.any());
  EXPECT_EQ(bench.count(EventCode::kVolumeSensed), 0U);
}

// ---- what comes out at a refill -------------------------------------------------------------------------

struct Aspirated {
  const char* story;
  Duration after;
  Volume off;  // found less counted
  std::optional<VolumeCause> cause;
};

TEST(PumpAspiration, names_what_happened_since_the_fill) {
  for (const Aspirated& row :
       {Aspirated{"as counted", days(20), Volume{0}, std::nullopt},
        Aspirated{"within needle and accuracy", days(20), microlitres(-1'300), std::nullopt},
        Aspirated{"drawn off after four days", days(4), millilitres(-8), VolumeCause::kDrawnOff},
        Aspirated{"drawn off on the seventh", days(7), millilitres(-8), VolumeCause::kDrawnOff},
        Aspirated{"too fast for weeks", days(20), millilitres(-8), VolumeCause::kOverInfusion},
        Aspirated{"blocked for weeks", days(60), millilitres(8), VolumeCause::kUnderInfusion},
        Aspirated{"2 mL are worth a look", days(90), microlitres(-2'100), VolumeCause::kOverInfusion}}) {
    SCOPED_TRACE(row.story);
    Bench bench{setup_with(kFirst), with_patient_bolus()};
    bench.run_for(row.after);
    bench.observe();
    const Volume counted = bench.pump.status().reservoir_nominal;
    ASSERT_TRUE(bench.refill(of(counted + row.off)));
    EXPECT_EQ(bench.last(EventCode::kAspirated).value, (counted + row.off).raw());
    EXPECT_EQ(bench.last(EventCode::kAspirated).value2, counted.raw());
    EXPECT_EQ(bench.has_alarm(Alarm::kVolumeDisagrees), row.cause.has_value());
    ASSERT_EQ(bench.count(EventCode::kVolumeDisagrees), row.cause ? 1U : 0U);
    if (row.cause) {
      EXPECT_EQ(bench.last(EventCode::kVolumeDisagrees).detail, static_cast<std::uint8_t>(*row.cause));
    }
    const bool opioid_lowered = row.cause && row.off < Volume{0};
    EXPECT_EQ(bench.pump.mode(), opioid_lowered ? Mode::kSafeState : Mode::kSimpleContinuous);
  }
}

TEST(PumpAspiration, one_that_was_empty_is_not_filled_without_a_prescription) {
  Bench bench{setup_with(kFirst), with_patient_bolus()};
  bench.run_for(days(20));
  const CommandResult refused = bench.refill(of(microlitres(500)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().refusal, Refusal::kWasEmpty);
  EXPECT_FALSE(bench.has_alarm(Alarm::kVolumeDisagrees)) << "a refusal changes nothing";
  const Prescription anew = with_patient_bolus(2);
  ASSERT_TRUE(bench.refill(of(microlitres(500)), &anew));
  EXPECT_EQ(bench.pump.mode(), Mode::kSimpleContinuous) << "a physician has thought about the dose";
  EXPECT_TRUE(bench.has_alarm(Alarm::kVolumeDisagrees));
}

}  // namespace
}  // namespace theca
