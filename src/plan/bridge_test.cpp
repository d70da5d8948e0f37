#include "plan/bridge.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "plan/fluid_path.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

constexpr PumpModel kRoller{.code = 2,
                            .actuator = ActuatorKind::kRoller,
                            .step = nanolitres(10),
                            .min_flow = microlitres_per_day(48),
                            .max_flow = microlitres_per_day(24'000),
                            .minimum_rate = microlitres_per_day(6),
                            .capacity = millilitres(40),
                            .residual = microlitres(1'400),
                            .low_alarm = millilitres(2),
                            .accuracy_ppm = 145'000,
                            .tubing = microlitres(199),
                            .catheter_per_cm = nanolitres(2'200)};

FluidPath path_of(Length catheter) {
  return fluid_path(kRoller.tubing, kRoller.catheter_per_cm, catheter).value();
}

TEST(FluidPath, tubing_and_eighty_centimetres) {
  const FluidPath path = path_of(centimetres(80));
  EXPECT_EQ(path.catheter, microlitres(176));
  EXPECT_EQ(path.total(), microlitres(375));
}

TEST(FluidPath, refuses_no_length_and_a_constant_a_hundred_times_too_large) {
  EXPECT_EQ(fluid_path(kRoller.tubing, kRoller.catheter_per_cm, Length{0}).error().fault, PlanFault::kZero);
  EXPECT_EQ(fluid_path(kRoller.tubing, Volume{0}, centimetres(80)).error().fault, PlanFault::kZero);
  const auto large = fluid_path(kRoller.tubing, microlitres(220), centimetres(80));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().fault, PlanFault::kPathAboveRange);
  EXPECT_EQ(large.error().value, "17.799 mL");
  EXPECT_EQ(large.error().limit, "5 mL");
}

/// docs/arithmetic.md#bridge, row by row.
struct Row {
  Concentration from;
  Concentration to;
  DoseRate dose;
  FlowRate rate;
  Duration duration;
  Mass mass;
  FlowRate new_rate;
  DoseRate forgotten;
  std::int64_t percent;
  Duration forgotten_for;
};
constexpr Row kRows[] = {
    {milligrams_per_millilitre(10), milligrams_per_millilitre(20), milligrams_per_day(3),
     microlitres_per_day(300), hours(30), micrograms(3'750), microlitres_per_day(150),
     micrograms_per_day(1'500), 50, hours(60)},
    {milligrams_per_millilitre(20), milligrams_per_millilitre(10), milligrams_per_day(3),
     microlitres_per_day(150), hours(60), micrograms(7'500), microlitres_per_day(300), milligrams_per_day(6),
     200, hours(30)},
    {micrograms_per_millilitre(500), micrograms_per_millilitre(2000), micrograms_per_day(300),
     microlitres_per_day(600), hours(15), micrograms(187) + femtograms(500'000'000), microlitres_per_day(150),
     micrograms_per_day(75), 25, hours(60)},
    {micrograms_per_millilitre(2000), micrograms_per_millilitre(500), micrograms_per_day(300),
     microlitres_per_day(150), hours(60), micrograms(750), microlitres_per_day(600),
     micrograms_per_day(1'200), 400, hours(15)},
};

TEST(Bridge, worked_rows) {
  for (const Row& row : kRows) {
    const auto bridge =
        plan_bridge({path_of(centimetres(80)), row.from, row.to, row.dose, row.dose}, kRoller);
    ASSERT_TRUE(bridge);
    EXPECT_EQ(bridge->rate, row.rate);
    EXPECT_EQ(bridge->duration, row.duration);
    EXPECT_EQ(bridge->mass, row.mass);
    EXPECT_EQ(bridge->new_rate, row.new_rate);
    EXPECT_EQ(bridge->kept, row.dose);
    EXPECT_EQ(bridge->after, row.dose);
    EXPECT_EQ(bridge->volume, microlitres(375));
    EXPECT_EQ(bridge->steps, 37'500);
    EXPECT_EQ(bridge->forgotten.dose, row.forgotten);
    EXPECT_EQ(bridge->forgotten.ppm_of_keep, row.percent * 10'000);
    EXPECT_EQ(bridge->forgotten.ppm_of_after, row.percent * 10'000);
    EXPECT_EQ(bridge->forgotten.duration, row.forgotten_for);
  }
}

TEST(Bridge, a_new_dose_starts_after_the_bridge) {
  const auto bridge =
      plan_bridge({path_of(centimetres(80)), milligrams_per_millilitre(10), milligrams_per_millilitre(20),
                   milligrams_per_day(3), milligrams_per_day(4)},
                  kRoller);
  ASSERT_TRUE(bridge);
  EXPECT_EQ(bridge->rate, microlitres_per_day(300));
  EXPECT_EQ(bridge->new_rate, microlitres_per_day(200));
  EXPECT_EQ(bridge->forgotten.dose, milligrams_per_day(2));
  EXPECT_EQ(bridge->forgotten.ppm_of_keep, 666'667);
  EXPECT_EQ(bridge->forgotten.ppm_of_after, 500'000);
}

TEST(Bridge, refuses_both_rates_at_once_with_what_would_bring_them_in) {
  const auto bridge =
      plan_bridge({path_of(centimetres(80)), micrograms_per_millilitre(25), micrograms_per_millilitre(100),
                   DoseRate{500'000'000}, DoseRate{500'000'000}},
                  kRoller);
  ASSERT_FALSE(bridge);
  ASSERT_EQ(bridge.error().size(), 2u);
  const PlanError& first = bridge.error()[0];
  EXPECT_EQ(first.fault, PlanFault::kFlowBelowRange);
  EXPECT_EQ(first.value, "0.02 mL/day");
  EXPECT_EQ(first.limit, "0.048 mL/day");
  EXPECT_EQ(first.remedy,
            "a concentration of 10.4 mcg/mL or less, or a dose of 1.2 mcg/day or more, would bring it in");
  EXPECT_EQ(bridge.error()[1].what, "rate after the bridge");
}

TEST(Bridge, refuses_a_rate_above_the_pump) {
  const auto bridge =
      plan_bridge({path_of(centimetres(80)), micrograms_per_millilitre(10), milligrams_per_millilitre(10),
                   milligrams_per_day(3), milligrams_per_day(3)},
                  kRoller);
  ASSERT_FALSE(bridge);
  EXPECT_EQ(bridge.error()[0].fault, PlanFault::kFlowAboveRange);
  EXPECT_EQ(bridge.error()[0].remedy,
            "a concentration of 125 mcg/mL or more, or a dose of 240 mcg/day or less, would bring it in");
}

RC_GTEST_PROP(Bridge, keeps_the_dose_to_half_a_nanolitre_and_gives_the_whole_path, ()) {
  const Concentration from{*rc::gen::inRange<std::int64_t>(1'000, 100'000'000)};
  const Concentration to{*rc::gen::inRange<std::int64_t>(1'000, 100'000'000)};
  const DoseRate keep = dose_rate(FlowRate{*rc::gen::inRange<std::int64_t>(100'000, 10'000'000)}, from) +
                        DoseRate{*rc::gen::inRange<std::int64_t>(0, 1'000)};
  const FluidPath path = path_of(centimetres(*rc::gen::inRange<std::int64_t>(1, 140)));
  const auto bridge = plan_bridge({path, from, to, keep, keep}, kRoller);
  RC_PRE(bridge.has_value());
  const std::int64_t off = (bridge->kept - keep).raw();
  RC_ASSERT(2 * (off < 0 ? -off : off) <= from.raw());
  RC_ASSERT(bridge->volume <= path.total());
  RC_ASSERT(path.total() - bridge->volume < kRoller.step);
  // The duration is the first millisecond in which the whole path has left.
  RC_ASSERT(Amount::over(bridge->rate, bridge->duration) >= Amount::of(path.total()));
  RC_ASSERT(Amount::over(bridge->rate, bridge->duration - milliseconds(1)) < Amount::of(path.total()));
}

TEST(ProgrammedBolus, re_expressed_in_the_concentration_that_leaves_the_tip) {
  const auto during = plan_bolus("bolus", micrograms(500), milligrams_per_millilitre(10), kRoller);
  const auto after = plan_bolus("bolus", micrograms(500), milligrams_per_millilitre(20), kRoller);
  EXPECT_EQ(during->volume, microlitres(50));
  EXPECT_EQ(during->steps, 5'000);
  EXPECT_EQ(after->volume, microlitres(25));
  EXPECT_EQ(after->given, micrograms(500));
}

TEST(ProgrammedBolus, rounds_down_to_whole_steps_and_refuses_less_than_one) {
  PumpModel valve = kRoller;
  valve.step = nanolitres(2'500);
  const auto bolus = plan_bolus("bolus", micrograms(60), milligrams_per_millilitre(20), valve);
  EXPECT_EQ(bolus->steps, 1);
  EXPECT_EQ(bolus->given, micrograms(50));
  const auto small = plan_bolus("bolus", micrograms(40), milligrams_per_millilitre(20), valve);
  EXPECT_EQ(small.error().fault, PlanFault::kBolusBelowStep);
  EXPECT_EQ(small.error().limit, "50 mcg");
  const auto large = plan_bolus("bolus", kMaxVolume.raw() * Mass{1'000'000'000}, Concentration{1}, valve);
  EXPECT_EQ(large.error().fault, PlanFault::kAboveCapacity);
}

TEST(PlannedFlow, zero_is_told_as_such) {
  EXPECT_EQ(plan_flow("rate", DoseRate{0}, Concentration{1}, kRoller).error().fault, PlanFault::kZero);
  EXPECT_EQ(plan_flow("rate", DoseRate{1}, Concentration{0}, kRoller).error().fault, PlanFault::kZero);
  EXPECT_EQ(describe(plan_flow("rate", DoseRate{0}, Concentration{1}, kRoller).error()),
            "dose (rate): 0 was given, and it must be more than 0.");
}

RC_GTEST_PROP(PlannedFlow, the_remedy_brings_the_flow_in, ()) {
  const Concentration c{*rc::gen::inRange<std::int64_t>(1, 1'000'000'000)};
  const bool slow = *rc::gen::arbitrary<bool>();
  const FlowRate wanted{slow ? *rc::gen::inRange<std::int64_t>(1, 48'000)
                             : *rc::gen::inRange<std::int64_t>(24'000'001, 1'000'000'000)};
  const DoseRate dose = dose_rate(wanted, c);
  const auto flow = plan_flow("rate", dose, c, kRoller);
  RC_ASSERT(!flow.has_value());
  const bool below = flow.error().fault == PlanFault::kFlowBelowRange;
  const FlowRate limit = below ? kRoller.min_flow : kRoller.max_flow;
  RC_ASSERT(plan_flow("rate", dose_rate(limit, c), c, kRoller).has_value());
  const Concentration better = below ? highest_concentration(dose, limit) : lowest_concentration(dose, limit);
  if (better.raw() == 0) return;  // not even 1 ng/mL: only the dose is offered
  RC_ASSERT(below == slow);
  RC_ASSERT((below ? flow_for(dose, better) >= limit : flow_for(dose, better) <= limit));
}

}  // namespace
}  // namespace theca
