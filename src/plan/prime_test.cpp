#include "plan/prime.hpp"

#include <gtest/gtest.h>

#include "plan/fluid_path.hpp"

namespace theca {
namespace {

constexpr Volume kPerCm = nanolitres(2'200);
constexpr Length kCatheter = centimetres(80);

PumpModel pump() {
  PumpModel model;
  model.step = nanolitres(10);
  model.min_flow = microlitres_per_day(48);
  model.max_flow = microlitres_per_day(24'000);
  model.capacity = millilitres(40);
  return model;
}

TEST(Prime, dry_path_and_back_table) {
  const FluidPath path = fluid_path(microlitres(199), kPerCm, kCatheter).value();
  const auto plan = plan_prime(path, milligrams_per_millilitre(20), microlitres_per_day(24'000), pump());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->whole_path.volume, microlitres(375));
  EXPECT_EQ(plan->whole_path.mass, micrograms(7'500));
  EXPECT_EQ(plan->whole_path.duration, seconds(22 * 60 + 30));
  EXPECT_EQ(plan->catheter_only.volume, microlitres(176));
  EXPECT_EQ(plan->catheter_only.mass, micrograms(3'520));
  EXPECT_EQ(plan->catheter_only.steps, 17'600);
}

TEST(Prime, refuses_zero_and_what_the_pump_cannot_make) {
  const FluidPath path = fluid_path(microlitres(199), kPerCm, kCatheter).value();
  EXPECT_EQ(plan_prime(path, Concentration{0}, microlitres_per_day(24'000), pump()).error().fault,
            PlanFault::kZero);
  EXPECT_EQ(plan_prime(path, Concentration{1}, FlowRate{0}, pump()).error().fault, PlanFault::kZero);
  const auto fast = plan_prime(path, Concentration{1}, microlitres_per_day(24'001), pump());
  EXPECT_EQ(fast.error().fault, PlanFault::kFlowAboveRange);
  EXPECT_EQ(fast.error().limit, "24 mL/day");
}

TEST(PathMistake, pushes_drug_into_the_patient_or_stops_short) {
  const auto c = milligrams_per_millilitre(20);
  EXPECT_EQ(path_mistake(microlitres(50), Volume{0}, c).mass, milligrams(1));
  const PathMistake longer = path_mistake(microlitres(187), microlitres(176), c);
  EXPECT_EQ(longer.excess, microlitres(11));
  EXPECT_EQ(longer.mass, micrograms(220));
  const PathMistake shorter = path_mistake(microlitres(165), microlitres(176), c);
  EXPECT_EQ(shorter.excess, microlitres(-11));
  EXPECT_EQ(shorter.mass, micrograms(220));
}

TEST(FrontSpread, worked_numbers) {
  const FrontSpread slow = front_spread(kCatheter, kPerCm, microlitres_per_day(300));
  EXPECT_NEAR(slow.radius_cm, 0.02646, 0.00001);
  EXPECT_NEAR(slow.sigma_cm, 1.1, 0.05);
  EXPECT_NEAR(slow.sigma_share, 0.014, 0.0005);
  EXPECT_NEAR(slow.transit_s, 50'688, 1);
  EXPECT_TRUE(slow.developed);
  const FrontSpread fast = front_spread(kCatheter, kPerCm, microlitres_per_day(24'000));
  EXPECT_NEAR(fast.sigma_cm, 7.0, 0.05);
  EXPECT_NEAR(fast.sigma_share, 0.088, 0.0005);
  EXPECT_TRUE(fast.developed);
}

TEST(FrontSpread, is_least_where_diffusion_and_shear_balance) {
  // sigma^2 = 2 D_mol (1 + Pe^2 / 48) L / U is least at Pe = sqrt(48), about 0.3 mL/day in this lumen.
  const auto sigma = [](std::int64_t microlitres_a_day) {
    return front_spread(kCatheter, kPerCm, microlitres_per_day(microlitres_a_day)).sigma_cm;
  };
  EXPECT_GT(sigma(100), sigma(300));
  EXPECT_GT(sigma(900), sigma(300));
}

TEST(FrontSpread, says_when_the_formula_does_not_hold) {
  EXPECT_FALSE(front_spread(centimetres(1), kPerCm, microlitres_per_day(24'000)).developed);
}

}  // namespace
}  // namespace theca
