#include "therapy/check.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "therapy/prescription_testing.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

using namespace example;

/// A prescription that uses everything and breaks nothing.
Prescription good() {
  Prescription p = continuous(7, morphine(1, 20), FlowRate{300'000});
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{300'000}};
  p.schedule = each(over(microlitres(6), minutes(10)), 6 * 3'600, 3'600);
  p.patient = quarter_millilitre_a_day();
  p.patient.during_bridge = microlitres(50);
  p.prime = {kPath.total(), kRoller.max_flow};
  p.bridge = {kPath.total(), FlowRate{600'000}, 9};
  p.single = over(microlitres(20), minutes(20));
  p.starts_utc_s = 1'000;
  p.expires_utc_s = 2'000;
  return p;
}
Prescription flexible() {
  Prescription p = good();
  every_day(p.basal, {{0, FlowRate{300'000}}, {540, FlowRate{400'000}}});
  return p;
}

Violations held(const Prescription& p, const Ceilings& ceilings = kWidest) {
  return check(p, kRoller, kPath, ceilings, 7);
}

TEST(Check, a_legal_prescription_breaks_nothing) {
  EXPECT_TRUE(held(good()).empty());
  EXPECT_TRUE(held(flexible()).empty());
  EXPECT_FALSE(held(good()).overflowed());
}

struct Row {
  Rule rule;
  std::int64_t value;
  std::int64_t limit;
  std::uint16_t index;
  std::function<void(Prescription&)> breaks;
  bool flex = false;
  Ceilings ceilings = kWidest;
};

std::int64_t worst(Duration window) {
  return divide_up(worst_case_volume(good(), kRoller.minimum_rate, window).raw(), kRoller.step.raw()) *
         kRoller.step.raw();
}

const std::vector<Row>& rows() {
  static const Ceilings tight_day{millilitres(1), microlitres(400), millilitres(720)};
  static const Ceilings tight_month{millilitres(1), millilitres(24), millilitres(10)};
  constexpr auto scheduled = static_cast<std::uint16_t>(BolusKind::kScheduled),
                 patient = static_cast<std::uint16_t>(BolusKind::kPatient),
                 primed = static_cast<std::uint16_t>(BolusKind::kPrime),
                 bridged = static_cast<std::uint16_t>(BolusKind::kBridge),
                 single = static_cast<std::uint16_t>(BolusKind::kSingle),
                 during = static_cast<std::uint16_t>(BolusKind::kDuringBridge);
  static const std::vector<Row> all = {
      {Rule::kNumberNotGrowing, 6, 7, 0, [](Prescription& p) { p.number = 6; }},
      {Rule::kFormulation, static_cast<int>(FormulationError::kNumberMissing), 0, 0,
       [](Prescription& p) { p.formulation.number = 0; }},
      {Rule::kFormulation, static_cast<int>(FormulationError::kNoComponent), 0, 0,
       [](Prescription& p) { p.formulation.count = 0; }},
      {Rule::kFlowBelowRange, 47'999, 48'000, 0,
       [](Prescription& p) {
         p.basal.rate = FlowRate{47'999};
         p.safe_state = {SafeAction::kMinimumRate, FlowRate{0}};
       }},
      {Rule::kFlowBelowRange, 47'999, 48'000, 1,
       [](Prescription& p) {
         p.basal.profiles[0].steps[1].rate = FlowRate{47'999};
         p.safe_state = {SafeAction::kMinimumRate, FlowRate{0}};
       },
       true},
      {Rule::kFlowAboveRange, 24'000'001, 24'000'000, 0,
       [](Prescription& p) {
         p.basal.rate = FlowRate{24'000'001};
         p.schedule = {};
         p.patient = {};
         p.single = {};
       }},
      {Rule::kProfileMissing, 1, 1, 3, [](Prescription& p) { p.basal.profile_of_weekday[3] = 1; }, true},
      {Rule::kProfileNotFromMidnight, 1, 0, 0,
       [](Prescription& p) { p.basal.profiles[0].steps[0].from_minute = 1; }, true},
      {Rule::kProfileNotAscending, 0, 0, 1,
       [](Prescription& p) { p.basal.profiles[0].steps[1].from_minute = 0; }, true},
      {Rule::kProfileEmpty, 0, 1, 1, [](Prescription& p) { p.basal.profile_count = 2; }, true},
      {Rule::kBolusNotWholeSteps, 6'001, 10, scheduled,
       [](Prescription& p) { p.schedule.dose.volume = nanolitres(6'001); }},
      {Rule::kBolusNotWholeSteps, 25'009, 10, patient,
       [](Prescription& p) { p.patient.dose.volume = nanolitres(25'009); }},
      {Rule::kBolusNotWholeSteps, 11, 10, primed, [](Prescription& p) { p.prime.volume = nanolitres(11); }},
      {Rule::kBolusNotWholeSteps, 19, 10, bridged, [](Prescription& p) { p.bridge.volume = nanolitres(19); }},
      {Rule::kBolusNotWholeSteps, 5, 10, single, [](Prescription& p) { p.single.volume = nanolitres(5); }},
      {Rule::kBolusNotWholeSteps, 50'001, 10, during,
       [](Prescription& p) { p.patient.during_bridge = nanolitres(50'001); }},
      {Rule::kBolusWithoutFlow, 0, 1, single, [](Prescription& p) { p.single.rate = FlowRate{0}; }},
      {Rule::kBolusWithoutFlow, 0, 1, primed, [](Prescription& p) { p.prime.rate = FlowRate{0}; }},
      {Rule::kBolusFlowAboveRange, 24'000'001, 24'000'000, patient,
       [](Prescription& p) {
         p.patient.dose.rate = FlowRate{23'700'001};
         p.patient.during_bridge = nanolitres(0);
       }},
      {Rule::kBolusFlowAboveRange, 24'000'001, 24'000'000, during,
       [](Prescription& p) { p.bridge.rate = FlowRate{16'800'001}; }},
      {Rule::kBolusTooLong, days(1).raw() + 101, days(1).raw(), single,
       [](Prescription& p) {
         p.single = {nanolitres(864'000), FlowRate{863'999}};
       }},
      {Rule::kScheduleIncomplete, 6'000, 0, 0, [](Prescription& p) { p.schedule.interval_s = 0; }},
      {Rule::kScheduleIncomplete, 0, 1, 0, [](Prescription& p) { p.schedule.dose = {}; }},
      {Rule::kScheduleIncomplete, 6'000, 0, 0,
       [](Prescription& p) { p.schedule.kind = ScheduleKind::kNone; }},
      {Rule::kScheduleNotAscending, 60, 60, 1,
       [](Prescription& p) {
         p.schedule = at_minutes(p.schedule.dose, {60, 60});
       }},
      {Rule::kSchedulesOverlap, 1'799'000, 1'800'000, 0,
       [](Prescription& p) { p.schedule = each(over(microlitres(6), minutes(30)), 1'799, 3'600); }},
      {Rule::kTooManyBoluses, 121, kMostBolusesADay, 0, [](Prescription& p) { p.schedule.interval_s = 744; }},
      {Rule::kSupervisedTooLong, 604'801, 604'800, 0,
       [](Prescription& p) {
         p.supervised = {604'801, p.patient.lockout_s, p.patient.allotted};
       }},
      {Rule::kSupervisedMoreDoses, 5, 4, 0,
       [](Prescription& p) {
         p.supervised = {3'600, p.patient.lockout_s, 5};
       }},
      {Rule::kSupervisedShortLock, 10'799, 10'800, 0,
       [](Prescription& p) {
         p.supervised = {3'600, 10'799, 1};
       }},
      {Rule::kSchedulesOverlap, 540'000, 600'000, 0,
       [](Prescription& p) {
         p.schedule = at_minutes(p.schedule.dose, {60, 69});
       }},
      {Rule::kSchedulesOverlap, 540'000, 600'000, 1,
       [](Prescription& p) {
         p.schedule = at_minutes(p.schedule.dose, {4, 1'435});
       }},
      {Rule::kLockoutShorterThanBolus, 299'000, 300'000, 0,
       [](Prescription& p) { p.patient.lockout_s = 299; }},
      {Rule::kWindowOutOfRange, 3'599, 3'600, 0, [](Prescription& p) { p.patient.window_s = 3'599; }},
      {Rule::kWindowOutOfRange, 604'801, 604'800, 0, [](Prescription& p) { p.patient.window_s = 604'801; }},
      {Rule::kAllottedOutOfRange, 0, kMaxAllotted, 0, [](Prescription& p) { p.patient.allotted = 0; }},
      {Rule::kBolusNeedsBasalMode, 0, 1, 0,
       [](Prescription& p) {
         p.basal = {};
         p.safe_state = {SafeAction::kStop, FlowRate{0}};
       }},
      {Rule::kSafeRateAboveLowestBasal, 300'001, 300'000, 0,
       [](Prescription& p) { p.safe_state.emergency_rate = FlowRate{300'001}; }},
      {Rule::kSafeRateAboveLowestBasal, 300'001, 300'000, 0,
       [](Prescription& p) { p.safe_state.emergency_rate = FlowRate{300'001}; }, true},
      {Rule::kSafeRateMissing, 0, 1, 0, [](Prescription& p) { p.safe_state.emergency_rate = FlowRate{0}; }},
      {Rule::kPrimeAbovePath, 375'010, 375'000, 0,
       [](Prescription& p) { p.prime.volume = nanolitres(375'010); }},
      {Rule::kBridgeAbovePath, 375'010, 375'000, 0,
       [](Prescription& p) { p.bridge.volume = nanolitres(375'010); }},
      {Rule::kBridgeFlowOutOfRange, 47'999, 48'000, 0,
       [](Prescription& p) { p.bridge.rate = FlowRate{47'999}; }},
      {Rule::kBridgeWithoutFormulation, 0, 1, 0, [](Prescription& p) { p.bridge.from_formulation = 0; }},
      {Rule::kExpiryNotAfterStart, 1'000, 1'000, 0, [](Prescription& p) { p.expires_utc_s = 1'000; }},
      {Rule::kWorstHourAboveCeiling,
       worst(hours(1) + kHourBucket),
       50'000,
       0,
       [](Prescription&) {},
       false,
       {microlitres(50), millilitres(24), millilitres(720)}},
      {Rule::kWorstDayAboveCeiling, worst(days(1) + kDayBucket), 400'000, 0, [](Prescription&) {}, false,
       tight_day},
      {Rule::kWorstThirtyDaysAboveCeiling, worst(days(30) + kThirtyDayBucket), 10'000'000, 0,
       [](Prescription&) {}, false, tight_month},
  };
  return all;
}

TEST(Check, each_rule_is_broken_alone_and_told_with_value_limit_and_index) {
  int number = 0;
  for (const Row& row : rows()) {
    SCOPED_TRACE("row " + std::to_string(number++) + ", rule " + std::to_string(static_cast<int>(row.rule)));
    Prescription p = row.flex ? flexible() : good();
    row.breaks(p);
    const Violations found = held(p, row.ceilings);
    ASSERT_EQ(found.all().size(), 1U);
    EXPECT_EQ(found.all()[0].rule, row.rule);
    EXPECT_EQ(found.all()[0].value, row.value);
    EXPECT_EQ(found.all()[0].limit, row.limit);
    EXPECT_EQ(found.all()[0].index, row.index);
  }
}

TEST(Check, no_rule_of_the_list_goes_without_a_case) {
  std::set<Rule> met;
  for (const Row& row : rows()) met.insert(row.rule);
  EXPECT_EQ(met.size(), kRuleCount);
}

TEST(Check, what_stands_at_its_limit_is_allowed) {
  const auto allowed = [](auto&& change, bool flex = false) {
    Prescription p = flex ? flexible() : good();
    change(p);
    return held(p).empty();
  };
  EXPECT_TRUE(allowed([](Prescription& p) {
    p.basal.rate = kRoller.min_flow;
    p.safe_state.emergency_rate = kRoller.min_flow;
  }));
  EXPECT_TRUE(allowed(
      [](Prescription& p) { p.patient.dose.rate = FlowRate{23'700'000}, p.patient.during_bridge = {}; }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.single = {nanolitres(864'000), FlowRate{864'000}}; }));
  EXPECT_TRUE(
      allowed([](Prescription& p) { p.schedule = each(over(microlitres(6), minutes(30)), 1'800, 3'600); }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.schedule.interval_s = 745; }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.schedule = at_minutes(p.schedule.dose, {5, 1'435}); }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.patient.lockout_s = 300; }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.patient.window_s = 3'600; }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.patient.window_s = 604'800; }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.expires_utc_s = 1'001; }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.number = UINT32_MAX; }));
  EXPECT_TRUE(allowed([](Prescription& p) { p.bridge.rate = FlowRate{16'800'000}; }));
}

TEST(Check, INV_4_a_prescription_at_its_ceilings_is_legal_and_a_step_above_is_not) {
  const Ceilings exactly{nanolitres(worst(hours(1) + kHourBucket)), nanolitres(worst(days(1) + kDayBucket)),
                         nanolitres(worst(days(30) + kThirtyDayBucket))};
  EXPECT_TRUE(held(good(), exactly).empty());
  Ceilings below = exactly;
  below.hour = below.hour - nanolitres(1);
  const Violations below_it = held(good(), below);
  EXPECT_EQ(below_it.all()[0].rule, Rule::kWorstHourAboveCeiling);
}

TEST(Check, everything_that_is_wrong_is_told_at_once) {
  Prescription p = good();
  p.number = 0;
  p.basal.rate = FlowRate{1};
  p.patient.window_s = 1;
  p.single.rate = FlowRate{0};
  std::set<Rule> told;
  const Violations found = held(p);
  for (const Violation& violation : found.all()) told.insert(violation.rule);
  for (const Rule rule :
       {Rule::kNumberNotGrowing, Rule::kFlowBelowRange, Rule::kWindowOutOfRange, Rule::kBolusWithoutFlow}) {
    EXPECT_TRUE(told.contains(rule)) << static_cast<int>(rule);
  }
}

TEST(Check, more_than_the_list_holds_is_said) {
  Prescription p = good();
  p.basal.mode = BasalMode::kFlex;
  p.basal.profile_count = 7;
  for (DayProfile& day : p.basal.profiles) {
    day.count = 24;
    for (ProfileStep& step : day.steps) step = {5, FlowRate{1}};
  }
  const Violations found = held(p);
  EXPECT_EQ(found.all().size(), Violations::kCapacity);
  EXPECT_TRUE(found.overflowed());
}

TEST(Check, a_valve_pump_may_stand_still) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{0});
  EXPECT_TRUE(check(p, kValve, kPath, kWidest, 1).empty());
  EXPECT_FALSE(check(p, kRoller, kPath, kWidest, 1).empty());
}

}  // namespace
}  // namespace theca
