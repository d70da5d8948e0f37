#include "plan/refill.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "plan/stability.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

PumpModel pump() {
  PumpModel model;
  model.step = nanolitres(10);
  model.min_flow = microlitres_per_day(48);
  model.max_flow = microlitres_per_day(24'000);
  model.capacity = millilitres(40);
  return model;
}

RefillRequest worked() {
  return {.fill = millilitres(40),
          .alarm = millilitres(2),
          .concentration = milligrams_per_millilitre(20),
          .dose = milligrams_per_day(6),
          .bolus = micrograms(500),
          .allotted = 4,
          .window = hours(24),
          .accuracy_ppm = 145'000,
          .stability = std::nullopt,
          .replacement = std::nullopt};
}

std::int64_t nearest_days(Duration d) { return (d + hours(12)).raw() / days(1).raw(); }

TEST(Refill, worked_numbers) {
  const auto refill = plan_refill(worked(), pump());
  ASSERT_TRUE(refill);
  EXPECT_EQ(refill->usable, millilitres(38));
  EXPECT_EQ(refill->basal, microlitres_per_day(300));
  EXPECT_EQ(refill->most, microlitres_per_day(400));
  EXPECT_EQ(refill->basal_only, days(126) + hours(16));
  EXPECT_EQ(refill->every_bolus, days(95));
  EXPECT_EQ(refill->upper_accuracy, Duration{7'168'558'951});  // 82.969 days
  // As quoted, to the nearest day; a date is never later than the rounded-down one.
  EXPECT_EQ(nearest_days(refill->basal_only), 127);
  EXPECT_EQ(nearest_days(refill->every_bolus), 95);
  EXPECT_EQ(nearest_days(refill->upper_accuracy), 83);
  EXPECT_EQ(whole_days(refill->basal_only), 126);
  EXPECT_EQ(whole_days(refill->every_bolus), 95);
  EXPECT_EQ(whole_days(refill->upper_accuracy), 82);
  EXPECT_EQ(refill->earliest, refill->upper_accuracy);
  EXPECT_EQ(refill->because, RefillReason::kReservoir);
}

TEST(Refill, the_earliest_of_three_wins) {
  RefillRequest request = worked();
  request.stability = days(40);
  EXPECT_EQ(plan_refill(request, pump())->because, RefillReason::kStability);
  EXPECT_EQ(plan_refill(request, pump())->earliest, days(40));
  request.replacement = days(39);
  EXPECT_EQ(plan_refill(request, pump())->because, RefillReason::kReplacement);
  request.stability = request.replacement = days(90);
  EXPECT_EQ(plan_refill(request, pump())->because, RefillReason::kReservoir);
}

TEST(Refill, a_window_of_other_length_counts_by_its_rate) {
  RefillRequest request = worked();
  request.allotted = 1;
  request.window = hours(6);
  EXPECT_EQ(plan_refill(request, pump())->most, microlitres_per_day(400));
}

TEST(Refill, refuses_all_at_once) {
  RefillRequest request = worked();
  request.fill = millilitres(41);
  request.dose = micrograms_per_day(900);
  request.bolus = femtograms(1);
  const auto refill = plan_refill(request, pump());
  ASSERT_FALSE(refill);
  ASSERT_EQ(refill.error().size(), 3u);
  EXPECT_EQ(refill.error()[0].fault, PlanFault::kAboveCapacity);
  EXPECT_EQ(refill.error()[1].fault, PlanFault::kFlowBelowRange);
  EXPECT_EQ(refill.error()[2].fault, PlanFault::kBolusBelowStep);

  request = worked();
  request.fill = millilitres(2);
  EXPECT_EQ(plan_refill(request, pump()).error()[0].fault, PlanFault::kNothingUsable);
  request = worked();
  request.bolus = milligrams(500);
  EXPECT_EQ(plan_refill(request, pump()).error()[0].fault, PlanFault::kFlowAboveRange);
}

RC_GTEST_PROP(Refill, INV_15_the_earliest_alarm_is_not_before_its_volume_is_gone, ()) {
  RefillRequest request = worked();
  request.fill = Volume{*rc::gen::inRange<std::int64_t>(2'000'001, 40'000'000)};
  request.dose = DoseRate{*rc::gen::inRange<std::int64_t>(1'000'000'000'000, 100'000'000'000'000)};
  request.accuracy_ppm = *rc::gen::inRange<std::int64_t>(0, 200'000);
  const auto refill = plan_refill(request, pump());
  RC_ASSERT(refill.has_value());
  RC_ASSERT(refill->upper_accuracy <= refill->every_bolus);
  RC_ASSERT(refill->every_bolus <= refill->basal_only);
  // A pump at the upper end of its accuracy has not passed the alarm level by then.
  const FlowRate fast{divide_up(refill->most.raw() * (1'000'000 + request.accuracy_ppm), 1'000'000)};
  RC_ASSERT(Amount::over(fast, refill->upper_accuracy).floor() <=
            refill->usable + nanolitres(refill->upper_accuracy.raw() / days(1).raw() + 1));
}

DrugEntry ziconotide() {
  DrugEntry drug;
  drug.concentration.resize(1);
  drug.concentration[0].value = micrograms_per_millilitre(25);
  const auto add = [&](std::int64_t period, StabilityUse use, std::vector<std::string> with = {}) {
    Sourced<Stability> one;
    one.value = {days(period), use, std::move(with)};
    drug.stability.push_back(one);
  };
  add(14, StabilityUse::kNaivePump);
  add(84, StabilityUse::kUndiluted);
  add(40, StabilityUse::kDiluted);
  add(7, StabilityUse::kAny, {"morphine"});
  return drug;
}

TEST(Stability, first_fill_undiluted_diluted) {
  const DrugEntry drug = ziconotide();
  const auto sold = micrograms_per_millilitre(25);
  EXPECT_EQ(shortest_stability(drug, sold, true, {})->value.period, days(14));
  EXPECT_EQ(shortest_stability(drug, sold, false, {})->value.period, days(84));
  EXPECT_EQ(shortest_stability(drug, micrograms_per_millilitre(10), false, {})->value.period, days(40));
  EXPECT_EQ(shortest_stability(DrugEntry{}, sold, false, {}), nullptr);
}

}  // namespace
}  // namespace theca
