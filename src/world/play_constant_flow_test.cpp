// A pump without electronics played from end to end.
#include "world/play_constant_flow.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>

#include "world/constant_flow_testing.hpp"

namespace theca {
namespace {

using namespace example;
namespace fs = std::filesystem;
using Kind = ConstantFlowEventKind;

Instant at(Duration since) { return Instant{0} + since; }

RunResult played(const Scenario& scenario) {
  auto result = play(scenario, library());
  if (!result) throw std::runtime_error(to_string(result.error().errors.front()));
  return std::move(*result);
}
RunResult played_text(const std::string& text) {
  const auto scenario = load_text(text);
  if (!scenario) throw std::runtime_error(to_string(scenario.error().front()));
  return played(*scenario);
}
RunResult played_file(const std::string& name) {
  const auto scenario = load_scenario(fs::path{THECA_SOURCE_DIR} / "scenarios" / (name + ".toml"), library());
  if (!scenario) throw std::runtime_error(to_string(scenario.error().front()));
  return played(*scenario);
}
std::vector<ConstantFlowEvent> events(const RunResult& run, Kind kind) {
  std::vector<ConstantFlowEvent> found;
  std::ranges::copy_if(run.constant_flow->events, std::back_inserter(found),
                       [&](const ConstantFlowEvent& e) { return e.kind == kind; });
  return found;
}
/// The last sample at `t`.
const Sample& sample_at(const RunResult& run, Instant t) {
  const auto found =
      std::find_if(run.samples.rbegin(), run.samples.rend(), [&](const Sample& s) { return s.at == t; });
  if (found == run.samples.rend()) throw std::runtime_error("no sample then");
  return *found;
}
bool says(const std::vector<std::string>& notes, const char* words) {
  return std::ranges::any_of(notes, [&](const std::string& n) { return n.find(words) != std::string::npos; });
}

/// What must hold in the samples of every run.
void expect_the_sums(const RunResult& run) {
  ASSERT_TRUE(run.constant_flow);
  const ConstantFlowRun& its = *run.constant_flow;
  Volume filled;
  std::size_t fill = 0;
  Volume taken_out;
  for (std::size_t i = 0; i < run.samples.size(); ++i) {
    const Sample& s = run.samples[i];
    const bool last_of_instant = i + 1 == run.samples.size() || run.samples[i + 1].at > s.at;
    if (last_of_instant) {
      while (fill < its.fills.size() && its.fills[fill].at <= s.at) {
        filled += its.fills[fill].volume;
        taken_out += its.fills[fill].found.value_or(Volume{});
        ++fill;
      }
      // Each figure is cut to the nanolitre.
      const Volume rest = filled - taken_out - s.truly_delivered - s.reservoir_true;
      ASSERT_LE(std::abs(rest.raw()), 2 + static_cast<std::int64_t>(fill)) << i;
    }
    ASSERT_EQ(s.delivered, Volume{}) << "such a pump counts nothing";
    ASSERT_EQ(s.fluid_at_tip, 0U) << "and reckons nothing";
    if (i == 0) continue;
    const Sample& before = run.samples[i - 1];
    ASSERT_LE(before.at, s.at);
    ASSERT_LE(before.tip_mass, s.tip_mass);
    ASSERT_LE(before.prescribed_mass, s.prescribed_mass);
    ASSERT_LE(before.prescribed, s.prescribed);
    ASSERT_LE(s.reservoir_earliest, s.reservoir_nominal);
    // The flow of a row holds until the next one.
    const Volume due = Amount::over(before.flow, s.at - before.at).floor();
    ASSERT_LE(std::abs((s.truly_delivered - before.truly_delivered - due).raw()), 1) << i;
  }
  EXPECT_EQ(run.samples.back().at, at(run.lasts));
  EXPECT_LE(its.low.delivered, run.samples.back().truly_delivered);
  EXPECT_GE(its.high.delivered, run.samples.back().truly_delivered);
  EXPECT_TRUE(run.events.empty());
  EXPECT_TRUE(run.alarms.empty());
  EXPECT_TRUE(run.boluses.empty());
  EXPECT_TRUE(run.journal.empty());
}

TEST(PlayConstantFlow, the_dose_is_concentration_times_flow_and_the_end_comes_unheard) {
  const RunResult run = played_text(kConstantFlowExample);
  expect_the_sums(run);
  // 18 mL at the label, then 2 mL at 7/8 of it: 36 d + 4.571429 d.
  const Duration last = Duration{divide_up(2'000'000 * kMillisecondsPerDay, 437'500)};
  const auto dry = events(run, Kind::kRanDry);
  ASSERT_EQ(dry.size(), 1U);
  EXPECT_EQ(dry[0].at, at(days(36) + last));
  EXPECT_NE(dry[0].text.find("No alarm"), std::string::npos);
  ASSERT_EQ(events(run, Kind::kNearlyEmpty).size(), 1U);
  EXPECT_EQ(events(run, Kind::kNearlyEmpty)[0].at, at(days(36)));
  EXPECT_EQ(run.constant_flow->low.ran_dry[0],
            at(days(36)) + Duration{divide_up(2'000'000 * kMillisecondsPerDay, 425'000)});
  EXPECT_EQ(run.constant_flow->high.ran_dry[0],
            at(days(36)) + Duration{divide_up(2'000'000 * kMillisecondsPerDay, 450'000)});
  const Sample& end = run.samples.back();
  EXPECT_EQ(end.tip_mass[0], mass_in(millilitres(20) - microlitres(376), milligrams_per_millilitre(4)));
  EXPECT_EQ(end.prescribed_mass[0], milligrams(90)) << "intended goes on: 45 days of 2 mg";
  EXPECT_EQ(end.prescribed, millilitres(20)) << "nobody expects more than was filled in";
  EXPECT_EQ(end.reservoir_true, Volume{});
  ASSERT_EQ(run.fronts.size(), 1U);
  EXPECT_EQ(run.fronts[0].truly, at(Duration{divide_up(376'000 * kMillisecondsPerDay, 500'000)}));
  EXPECT_FALSE(run.fronts[0].reckoned);
  EXPECT_EQ(run.refill_by, "2026-04-06 02:46");  // 20 mL / 0.575 mL/day
}

TEST(PlayConstantFlow, a_fast_specimen_runs_dry_sooner_than_anybody_expects) {
  const RunResult run = played_text(with(kConstantFlowExample, "flow = ", "flow_error = \"+25 %\"\nflow = "));
  expect_the_sums(run);
  const Instant nearly = at(Duration{divide_up(18'000'000 * kMillisecondsPerDay, 625'000)});
  EXPECT_EQ(events(run, Kind::kNearlyEmpty)[0].at, nearly);
  const Instant dry = run.constant_flow->ran_dry.at(0);
  EXPECT_LT(dry, at(days(36)));
  EXPECT_GT(sample_at(run, dry).reservoir_nominal, millilitres(3)) << "the planner still sees a reserve";
}

TEST(PlayConstantFlow, a_fever_and_a_flight_move_the_flow_when_they_begin_and_end_and_at_no_other_time) {
  const RunResult run = played_text(kConstantFlowExample + R"(
[[influence]]
at = "day 3 08:00"
lasts = "2 days"
temperature = "+2 °C"
[[influence]]
at = "day 4 08:00"
lasts = "6 h"
altitude = "+1000 m"
)");
  expect_the_sums(run);
  const FlowRate label = microlitres_per_day(500);
  struct At {
    Duration since;
    FlowRate flow;
  };
  const std::vector<At> wanted = {{days(2), microlitres_per_day(605)},
                                  {days(3), nanolitres_per_day(707'850)},
                                  {days(3) + hours(6), microlitres_per_day(605)},
                                  {days(4), label}};
  FlowRate before = label;
  std::size_t next = 0;
  for (const Sample& s : run.samples) {
    if (s.at >= at(days(30))) break;  // nearly empty comes later
    if (s.flow == before) continue;
    ASSERT_LT(next, wanted.size());
    EXPECT_EQ(s.at, at(wanted[next].since));
    EXPECT_EQ(s.flow, wanted[next].flow);
    before = s.flow;
    ++next;
  }
  EXPECT_EQ(next, wanted.size());
  EXPECT_EQ(events(run, Kind::kInfluenceBegins).size(), 2U);
  EXPECT_EQ(events(run, Kind::kInfluenceEnds).size(), 2U);
  // Never a bare number: both ends of each band, and that nobody read them.
  EXPECT_TRUE(says(run.notes, "flow +21 %, the middle of +16 % to +26 %"));
  EXPECT_TRUE(says(run.notes, "flow +17 %, the middle of +11 % to +23 %"));
  EXPECT_TRUE(says(run.notes, "flow -12.5 %, the middle of -15 % to -10 %"));
  EXPECT_TRUE(says(run.notes, "not verified"));
}

TEST(PlayConstantFlow, the_next_fills_concentration_reaches_the_tip_after_the_paths_volume) {
  const RunResult run = played_text(kConstantFlowExample + R"(
[[visit]]
at = "day 11 08:00"
do = "refill"
fluid = "strong"
volume = "20 mL"
)");
  expect_the_sums(run);
  const Instant fill = at(days(10));
  ASSERT_EQ(run.fronts.size(), 2U);
  const Instant arrives = *run.fronts[1].truly;
  EXPECT_EQ(arrives, fill + Duration{divide_up(376'000 * kMillisecondsPerDay, 500'000)});
  EXPECT_EQ(sample_at(run, arrives).tip_mass[0] - sample_at(run, fill).tip_mass[0],
            mass_in(microlitres(376), milligrams_per_millilitre(4)));
  const ConstantFlowFillRecord& record = run.constant_flow->fills.at(1);
  EXPECT_EQ(record.found, millilitres(15));
  EXPECT_EQ(record.expected, millilitres(15));
  EXPECT_EQ(record.intended[0], milligrams_per_day(3));
  EXPECT_FALSE(record.intended_typed);
  // 10 days of 2 mg, 35 days of 3 mg.
  EXPECT_EQ(run.samples.back().prescribed_mass[0], milligrams(125));
}

TEST(PlayConstantFlow, what_was_intended_stands_beside_what_the_label_gives) {
  const std::string text = kConstantFlowExample + "\n[intended]\ndose = \"1.8 mg/day\"\n" + R"(
[[visit]]
at = "day 11 08:00"
do = "refill"
fluid = "weak"
volume = "20 mL"
[[visit]]
at = "day 21 08:00"
do = "refill"
fluid = "strong"
volume = "20 mL"
)";
  const RunResult run = played_text(text);
  expect_the_sums(run);
  EXPECT_EQ(run.constant_flow->fills[1].intended[0], micrograms_per_day(1'800)) << "the same fluid";
  EXPECT_EQ(run.constant_flow->fills[2].intended[0], milligrams_per_day(3)) << "another fluid, nothing typed";
  EXPECT_EQ(run.samples.back().prescribed_mass[0], milligrams(36 + 75));
  EXPECT_TRUE(says(run.notes, "1.8 mg/day of morphine is intended"));
  EXPECT_TRUE(says(run.notes, "gives 2 mg/day at the labelled flow"));
}

TEST(PlayConstantFlow, a_dose_above_a_hard_limit_is_refused_at_the_first_fill_and_at_a_later_one) {
  // The label of ziconotide ends at 19.2 mcg/day; 50 mcg/mL at 0.5 mL/day is 25.
  const std::string visit =
      "[[visit]]\nat = \"day 11 08:00\"\ndo = \"refill\"\nfluid = \"strong\"\n"
      "volume = \"20 mL\"\n";
  for (const char* fluid : {"morphine = \"4 mg/mL\"", "morphine = \"6 mg/mL\""}) {
    const std::string text = with(kConstantFlowExample, fluid, "ziconotide = \"50 mcg/mL\"");
    const auto scenario = load_text(text + visit);
    ASSERT_TRUE(scenario);
    const auto refused = play(*scenario, library());
    ASSERT_FALSE(refused) << fluid;
    EXPECT_TRUE(refused.error().refused);
    EXPECT_NE(refused.error().errors.at(0).message.find("19.2 mcg/day"), std::string::npos);
  }
}

TEST(PlayConstantFlow, more_fluids_than_can_be_followed_to_the_tip_end_the_run) {
  std::string text = kConstantFlowExample;
  for (int minute = 10; minute < 20; ++minute) {
    text += "[[visit]]\nat = \"day 1 08:" + std::to_string(minute) + "\"\ndo = \"refill\"\nfluid = \"" +
            (minute % 2 == 0 ? "strong" : "weak") + "\"\nvolume = \"20 mL\"\n";
  }
  const auto refused = play(*load_text(text), library());
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().refused);
  EXPECT_NE(refused.error().errors.at(0).message.find("8 different fluids"), std::string::npos);
}

TEST(PlayConstantFlow, a_labelled_flow_says_whether_the_library_knows_it) {
  EXPECT_TRUE(says(played_text(kConstantFlowExample).notes, "variant of the library (S4, not verified)"));
  EXPECT_TRUE(says(played_text(with(kConstantFlowExample, "0.5 mL/day", "0.52 mL/day")).notes,
                   "the library knows no such variant"));
}

TEST(PlayConstantFlow, one_scenario_gives_one_run_however_often_it_is_looked_at) {
  const std::string text =
      kConstantFlowExample +
      "\n[[influence]]\nat = \"day 3 08:01\"\nlasts = \"90 min\"\naltitude = \"+700 m\"\n";
  const RunResult often = played_text(with(text, "6 h", "7 min")),
                  seldom = played_text(with(text, "6 h", "30 days"));
  EXPECT_EQ(often.samples.back().truly_delivered, seldom.samples.back().truly_delivered);
  EXPECT_EQ(often.samples.back().tip_mass, seldom.samples.back().tip_mass);
  EXPECT_EQ(often.samples.back().prescribed_mass[0].raw() / 10,
            seldom.samples.back().prescribed_mass[0].raw() / 10);
  EXPECT_EQ(often.constant_flow->ran_dry, seldom.constant_flow->ran_dry);
}

TEST(PlayConstantFlow, the_wall_clock_changes_with_the_summer) {
  const RunResult run = played_text(kConstantFlowExample +
                                    "\n[zone]\nutc_offset = \"+01:00\"\nchange = { at_utc = \"2026-03-29 "
                                    "01:00\", utc_offset = \"+02:00\" }\n");
  ASSERT_EQ(run.local_clock.size(), 1U);
}

TEST(PlayConstantFlow, the_scenarios_of_the_house_keep_the_sums) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path{THECA_SOURCE_DIR} / "scenarios")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".toml" || !name.starts_with("constant_flow")) continue;
    ++files;
    SCOPED_TRACE(name);
    expect_the_sums(played_file(name));
  }
  EXPECT_EQ(files, 2);
}

RC_GTEST_PROP(PlayConstantFlow, sums_hold_for_any_influences_and_fills, ()) {
  auto scenario = load_text(kConstantFlowExample);
  scenario->flow_error_ppm = *rc::gen::inRange(-150'000, 150'000);
  scenario->sample_every = hours(*rc::gen::inRange(1, 200));
  ConstantFlowScenario& its = *scenario->constant_flow;
  const auto moment = [] { return at(Duration{*rc::gen::inRange<std::int64_t>(0, days(45).raw())}); };
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    Influence one;
    one.kind =
        *rc::gen::element(InfluenceKind::kTemperature, InfluenceKind::kAltitude, InfluenceKind::kViscosity);
    one.amount = *rc::gen::inRange(-800, 800);
    if (one.amount == 0) continue;
    one.begins = moment();
    if (*rc::gen::arbitrary<bool>()) one.ends = one.begins + hours(*rc::gen::inRange(1, 300));
    its.influences.push_back(one);
  }
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    its.refills.push_back({moment(), *rc::gen::inRange<std::size_t>(0, 2),
                           Volume{*rc::gen::inRange<std::int64_t>(1, 20'000'001)}, std::nullopt, 0});
  }
  std::ranges::sort(its.refills, {}, &ConstantFlowRefill::at);
  const RunResult run = played(*scenario);
  expect_the_sums(run);
  RC_ASSERT(!::testing::Test::HasFailure());
}

}  // namespace
}  // namespace theca
