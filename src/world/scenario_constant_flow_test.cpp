// Scenarios of pumps without electronics: what they may say, and what is refused with which words.
#include "world/scenario_constant_flow.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "world/constant_flow_testing.hpp"

namespace theca {
namespace {

using namespace example;

Instant at(Duration since) { return Instant{0} + since; }

TEST(ScenarioConstantFlow, the_example_is_read_to_the_last_value) {
  const auto s = load_text(kConstantFlowExample + R"(
[intended]
dose = "2 mg/day"
[[influence]]
at = "day 9 20:00"
lasts = "3 days"
temperature = "+1.5 °C"
[[influence]]
at = "day 3 08:00"
altitude = "-200 m"
[[influence]]
at = "day 2 08:00"
lasts = "1 d"
viscosity = "+10 %"
[[visit]]
at = "day 24 10:00"
do = "refill"
fluid = "strong"
volume = "18 mL"
intended = "3 mg/day"
)");
  ASSERT_TRUE(s) << to_string(s.error()[0]);
  ASSERT_TRUE(s->constant_flow);
  const ConstantFlowScenario& c = *s->constant_flow;
  EXPECT_EQ(s->pump_name, "constant-flow");
  EXPECT_EQ(s->model.actuator, ActuatorKind::kConstantFlow);
  EXPECT_EQ(s->model.capacity, millilitres(20));
  EXPECT_EQ(s->model.accuracy_ppm, 150'000);
  EXPECT_EQ(s->true_path.total(), microlitres(376));
  EXPECT_EQ(c.labelled, microlitres_per_day(500));
  EXPECT_EQ(c.intended, milligrams_per_day(2));
  ASSERT_EQ(c.influences.size(), 3U);
  EXPECT_EQ(c.influences[0].kind, InfluenceKind::kTemperature);
  EXPECT_EQ(c.influences[0].amount, 1'500);
  EXPECT_EQ(c.influences[0].begins, at(days(8) + hours(12)));
  EXPECT_EQ(c.influences[0].ends, at(days(11) + hours(12)));
  EXPECT_EQ(c.influences[1].kind, InfluenceKind::kAltitude);
  EXPECT_EQ(c.influences[1].amount, -200);
  EXPECT_FALSE(c.influences[1].ends);
  EXPECT_EQ(c.influences[2].kind, InfluenceKind::kViscosity);
  EXPECT_EQ(c.influences[2].amount, 100'000);
  ASSERT_EQ(c.refills.size(), 1U);
  EXPECT_EQ(c.refills[0].fluid, 1U);
  EXPECT_EQ(c.refills[0].volume, millilitres(18));
  EXPECT_EQ(c.refills[0].intended, milligrams_per_day(3));
}

TEST(ScenarioConstantFlow, an_influence_is_a_band_of_the_planners_table) {
  EXPECT_EQ(flow_band(InfluenceKind::kTemperature, 1'000).low_ppm, 80'000);
  EXPECT_EQ(flow_band(InfluenceKind::kAltitude, 1'000).high_ppm, 230'000);
  EXPECT_EQ(flow_band(InfluenceKind::kViscosity, 100'000).low_ppm, -90'909);
}

// ---- bad input -------------------------------------------------------------------------------------------

struct Wrong {
  std::string part;  // of the example; empty: `by` is put at its end
  std::string by;
  std::string key;
  std::vector<const char*> says;
};

constexpr const char* kNoElectronics = "has no electronics: its dose is changed at the next fill";

TEST(ScenarioConstantFlow, each_mistake_is_told_once_with_its_key_and_what_is_allowed) {
  const std::string visit = "[[visit]]\nat = \"day 2 09:00\"\n";
  const std::string refill = visit + "do = \"refill\"\nfluid = \"strong\"\nvolume = \"20 mL\"\n";
  const std::string influence = "[[influence]]\nat = \"day 2 09:00\"\n";
  const std::vector<Wrong> all = {
      {"flow = \"0.5 mL/day\"", "", "pump.flow", {"card", "0.3 mL/day", "1.5 mL/day"}},
      {"0.5 mL/day", "0 mL/day", "pump.flow", {"no flow"}},
      {"0.5 mL/day", "50 mL/day", "pump.flow", {"within a day", "20 mL"}},
      {"flow = ", "low_alarm = \"2 mL\"\nflow = ", "pump.low_alarm", {kNoElectronics, "alarm"}},
      {"per_cm = \"0.0022 mL/cm\"", "", "catheter.per_cm", {"missing", "0.0022 mL/cm"}},
      {"tubing = \"0.2 mL\"", "", "catheter.tubing", {"missing"}},
      {"volume = \"20 mL\"", "volume = \"21 mL\"", "refill.volume", {"20 mL"}},
      {"", "[prescription]\nmode = \"flex\"\n", "prescription", {kNoElectronics}},
      {"", "[ceilings]\nhour = \"1 mL\"\n", "ceilings", {kNoElectronics}},
      {"", "[patient]\npresses_per_day = 3\n", "patient", {kNoElectronics}},
      {"", "[[fault]]\nat = \"day 2\"\nkind = \"stall\"\n", "fault[1]", {kNoElectronics, "[[influence]]"}},
      {"", visit + "do = \"stop\"\n", "visit[1].do", {"\"stop\"", kNoElectronics}},
      {"", visit + "do = \"resume\"\n", "visit[1].do", {"\"resume\"", kNoElectronics}},
      {"", visit + "do = \"set clock\"\nshift = \"1 h\"\n", "visit[1].do", {kNoElectronics}},
      {"", visit + "do = \"prescribe\"\n", "visit[1].do", {kNoElectronics}},
      {"", visit, "visit[1].do", {"missing"}},
      {"", refill + "[visit.prescription]\nmode = \"flex\"\n", "visit[1].prescription", {kNoElectronics}},
      {"", refill + "[visit.ceilings]\nday = \"1 mL\"\n", "visit[1].ceilings", {kNoElectronics}},
      {"", refill + "left_in = \"1 mL\"\n", "visit[1].left_in", {}},
      {"",
       refill + "[[visit]]\nat = \"day 1 09:00\"\ndo = \"refill\"\nfluid = \"weak\"\nvolume = \"1 mL\"\n",
       "visit[2].at",
       {"order"}},
      {"", influence, "influence[1]", {"temperature", "altitude", "viscosity"}},
      {"", influence + "temperature = \"2 °C\"\n", "influence[1].temperature", {"sign", "+2 °C"}},
      {"", influence + "temperature = \"+2 °F\"\n", "influence[1].temperature", {"+2 °C"}},
      {"", influence + "temperature = \"+39 °C\"\n", "influence[1].temperature", {"-5 °C to +5 °C"}},
      {"", influence + "temperature = \"+0 °C\"\n", "influence[1].temperature", {"nothing"}},
      {"", influence + "temperature = \"+0.0001 °C\"\n", "influence[1].temperature", {"finer"}},
      {"", influence + "altitude = \"+1.5 km\"\n", "influence[1].altitude", {"+1500 m"}},
      {"", influence + "altitude = \"+8848 m\"\n", "influence[1].altitude", {"+5000 m"}},
      {"", influence + "viscosity = \"10 %\"\n", "influence[1].viscosity", {"sign"}},
      {"", influence + "lasts = \"0 h\"\naltitude = \"+5 m\"\n", "influence[1].lasts", {"duration"}},
      {"", influence + "temperature = \"+1 °C\"\naltitude = \"+5 m\"\n", "influence[1].altitude", {"second"}},
      {"", "[[influence]]\ntemperature = \"+1 °C\"\n", "influence[1].at", {"missing"}},
      {"", influence + "wind = \"+3\"\ntemperature = \"+1 °C\"\n", "influence[1].wind", {}},
      {"", "[intended]\n", "intended.dose", {"missing"}},
      {"", "[intended]\ndose = \"0 mg/day\"\n", "intended.dose", {"no dose"}},
      {"", refill + "intended = \"0 mg/day\"\n", "visit[1].intended", {"no dose"}},
  };
  for (const Wrong& wrong : all) {
    SCOPED_TRACE(wrong.by + " instead of " + wrong.part);
    const auto refused = load_text(wrong.part.empty() ? kConstantFlowExample + "\n" + wrong.by
                                                      : with(kConstantFlowExample, wrong.part, wrong.by));
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().size(), 1U) << to_string(refused.error()[1]);
    const DataError& error = refused.error()[0];
    EXPECT_EQ(error.key, wrong.key);
    EXPECT_GT(error.line, 0U);
    for (const char* word : wrong.says)
      EXPECT_NE(error.message.find(word), std::string::npos) << error.message;
  }
}

TEST(ScenarioConstantFlow, influences_of_one_kind_may_not_add_up_beyond_what_can_be_played) {
  const auto fever = [](const char* from, const char* lasts, const char* by) {
    return std::string("\n[[influence]]\nat = \"") + from + "\"\nlasts = \"" + lasts +
           "\"\ntemperature = \"" + by + "\"\n";
  };
  const std::string first = kConstantFlowExample + fever("day 3 08:00", "2 days", "+3 °C");
  EXPECT_TRUE(load_text(first + fever("day 5 08:00", "1 d", "+3 °C"))) << "the first is over by then";
  for (const char* from : {"day 4 08:00", "day 2 12:00"}) {
    const auto refused = load_text(first + fever(from, "2 days", "+3 °C"));
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().size(), 1U);
    EXPECT_EQ(refused.error()[0].key, "influence[2].temperature");
    EXPECT_NE(refused.error()[0].message.find("+6 °C"), std::string::npos) << refused.error()[0].message;
  }
}

TEST(ScenarioConstantFlow, a_programmable_pump_knows_no_influence_and_no_intended_dose) {
  for (const char* more : {"\n[[influence]]\nat = \"day 2\"\ntemperature = \"+1 °C\"\n",
                           "\n[intended]\ndose = \"2 mg/day\"\n"}) {
    const auto refused = load_text(kWalkingExample + more);
    ASSERT_FALSE(refused) << more;
    EXPECT_EQ(refused.error().size(), 1U);
  }
}

}  // namespace
}  // namespace theca
