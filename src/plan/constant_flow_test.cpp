#include "plan/constant_flow.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "plan/library.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

ConstantFlowRequest worked() {
  return {.capacity = millilitres(20),
          .flow = microlitres_per_day(500),
          .dose = milligrams_per_day(2),
          .stock = milligrams_per_millilitre(25),
          .extra = millilitres(3)};
}

TEST(ConstantFlow, worked_numbers) {
  const auto fill = plan_constant_flow(worked());
  ASSERT_TRUE(fill);
  EXPECT_EQ(fill->lasts, days(40));  // 20 / 0.5
  EXPECT_EQ(fill->concentration, milligrams_per_millilitre(4));
  EXPECT_EQ(fill->in_pump.mass, milligrams(80));  // 2 x 40
  EXPECT_EQ(fill->in_pump.drug, microlitres(3'200));
  EXPECT_EQ(fill->in_pump.diluent, microlitres(16'800));
  EXPECT_EQ(fill->to_prepare.volume, millilitres(23));
  EXPECT_EQ(fill->to_prepare.mass, milligrams(92));
  EXPECT_EQ(fill->to_prepare.drug, microlitres(3'680));
  EXPECT_EQ(fill->to_prepare.diluent, microlitres(19'320));
}

TEST(ConstantFlow, a_stock_too_weak_is_refused_with_what_brings_it_in) {
  ConstantFlowRequest request = worked();
  request.stock = milligrams_per_millilitre(4);
  EXPECT_EQ(plan_constant_flow(request)->in_pump.diluent, Volume{});
  request.dose += DoseRate{1};
  const auto refused = plan_constant_flow(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].fault, PlanFault::kAboveConcentration);
  request.dose = milligrams_per_day(3);
  EXPECT_NE(describe(plan_constant_flow(request).error()[0]).find("6 mg/mL is above 4 mg/mL (the stock)"),
            std::string::npos)
      << describe(plan_constant_flow(request).error()[0]);
  EXPECT_EQ(plan_constant_flow({}).error().size(), 4u);
}

TEST(ConstantFlow, influences_say_where_they_come_from) {
  const auto library = load_library(THECA_DATA_DIR);
  ASSERT_TRUE(library);
  for (const FlowInfluence& one : kFlowInfluences) {
    EXPECT_LE(one.low_ppm, one.high_ppm) << one.what;
    EXPECT_GT(one.low_ppm, -1'000'000) << one.what;
    EXPECT_FALSE(one.verified) << one.what << ": no maker's table was read";
    EXPECT_FALSE(one.sources[0].empty());
    for (const auto id : one.sources) EXPECT_TRUE(id.empty() || library->sources.contains(id)) << id;
  }
}

TEST(ConstantFlow, a_change_of_flow_is_a_change_of_dose) {
  EXPECT_EQ(changed(milligrams_per_day(2), 130'000), micrograms_per_day(2'260));
  EXPECT_EQ(changed(milligrams_per_day(2), -150'000), micrograms_per_day(1'700));
  EXPECT_EQ(changed(microlitres_per_day(500), 400'000), microlitres_per_day(700));
  // One part in 1.1: 2 / 1.1 = 1.818 mg/day.
  EXPECT_EQ(changed(milligrams_per_day(2), -90'909).raw() / micrograms_per_day(1).raw(), 1'818);
}

TEST(ConstantFlow, a_change_of_any_size_has_its_share_of_the_tables_row) {
  EXPECT_EQ(flow_when_warmer(1'000).low_ppm, 80'000);
  EXPECT_EQ(flow_when_warmer(1'000).high_ppm, 130'000);
  EXPECT_EQ(flow_when_warmer(2'000).low_ppm, flow_influence("2 °C warmer (fever)").low_ppm);
  EXPECT_EQ(flow_when_warmer(2'000).high_ppm, flow_influence("2 °C warmer (fever)").high_ppm);
  EXPECT_EQ(flow_when_warmer(2'000).middle_ppm(), 210'000);
  EXPECT_EQ(flow_when_warmer(-1'000).low_ppm, flow_influence("1 °C cooler").low_ppm);
  EXPECT_EQ(flow_when_warmer(-1'000).high_ppm, flow_influence("1 °C cooler").high_ppm);
  EXPECT_EQ(flow_when_higher(1'500).low_ppm, 165'000);
  EXPECT_EQ(flow_when_higher(1'500).high_ppm, 345'000);
  EXPECT_EQ(flow_when_higher(1'500).middle_ppm(), 255'000);
  EXPECT_EQ(flow_when_more_viscous(100'000).middle_ppm(), -90'909) << "the table's own row";
  EXPECT_EQ(flow_when_more_viscous(-100'000).middle_ppm(), 111'111);
  EXPECT_EQ(flow_when_nearly_empty().middle_ppm(), -125'000);
  EXPECT_EQ(nearly_empty_level(millilitres(20)), millilitres(2));
}

RC_GTEST_PROP(ConstantFlow, mass_is_conserved_and_the_dose_comes_back, ()) {
  ConstantFlowRequest request;
  request.capacity = Volume{*rc::gen::inRange<std::int64_t>(10'000'000, 60'000'001)};
  request.flow = FlowRate{*rc::gen::inRange<std::int64_t>(200'000, 4'000'000)};
  request.stock = Concentration{*rc::gen::inRange<std::int64_t>(100'000, 100'000'000)};
  request.extra = millilitres(3);
  request.dose =
      DoseRate{*rc::gen::inRange<std::int64_t>(request.flow.raw() * 1'000, request.flow.raw() * 100'000)};
  const auto fill = plan_constant_flow(request);
  RC_ASSERT(fill.has_value());
  for (const Compound& one : {fill->in_pump, fill->to_prepare}) {
    RC_ASSERT(one.drug + one.diluent == one.volume);
    RC_ASSERT(one.diluent.raw() >= 0);
    // The drug drawn up holds the mass, to half a nanolitre of stock.
    RC_ASSERT(std::abs((mass_in(one.drug, request.stock) - one.mass).raw()) <= request.stock.raw() / 2 + 1);
  }
  // flow x concentration is the dose, to half a ng/mL of the flow.
  const DoseRate back = dose_rate(request.flow, fill->concentration);
  RC_ASSERT(std::abs((back - request.dose).raw()) <= request.flow.raw() / 2 + 1);
}

}  // namespace
}  // namespace theca
