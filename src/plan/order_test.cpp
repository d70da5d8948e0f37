#include "plan/order.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "quantity/exact.hpp"
#include "therapy/check.hpp"
#include "therapy/prescription_testing.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

using namespace example;

const Formulation kStrong = morphine(2, 20);
const PathContents kSame{kStrong, Volume{0}};
const PathContents kDry{Formulation{}, microlitres(375)};
const PathContents kWeakInPath{morphine(1, 10), microlitres(375)};

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

Order six_milligrams() {
  Order order;
  order.number = 3;
  order.formulation = kStrong;
  order.drug = kMorphine;
  order.mode = BasalMode::kSimpleContinuous;
  order.dose = milligrams_per_day(6);
  return order;
}

Prescription made(const Order& order, const PathContents& path = kSame) {
  const auto composed = compose(order, kRoller, path);
  if (!composed) throw std::runtime_error(composed.error()[0].key + ": " + composed.error()[0].message);
  return composed->prescription;
}
/// The key of the one error; its message must hold `says`.
std::string error_key(const Order& order, const PathContents& path, const std::string& says) {
  const auto composed = compose(order, kRoller, path);
  if (composed) return "composed";
  EXPECT_EQ(composed.error().size(), 1U);
  EXPECT_NE(composed.error()[0].message.find(says), std::string::npos) << composed.error()[0].message;
  return composed.error()[0].key;
}

TEST(Order, the_walking_example_six_milligrams_a_day_are_0_3_mL) {
  const Prescription p = made(six_milligrams());
  EXPECT_EQ(p.number, 3U);
  EXPECT_EQ(p.formulation, kStrong);
  EXPECT_EQ(p.basal.mode, BasalMode::kSimpleContinuous);
  EXPECT_EQ(p.basal.rate, nanolitres_per_day(300'000));
  EXPECT_EQ(p.safe_state.action, SafeAction::kMinimumRate);
  EXPECT_TRUE(check(p, kRoller, kPath, kWidest, 1).empty());
  EXPECT_TRUE(compose(six_milligrams(), kRoller, kSame)->roundings.empty());
}

TEST(Order, a_dose_that_falls_between_two_rates_is_rounded_to_the_nearest_and_said) {
  Order order = six_milligrams();
  order.dose = DoseRate{milligrams_per_day(6).raw() + 11'000'000};  // 11 ng/day more: 0.55 nL/day
  const auto composed = compose(order, kRoller, kSame);
  ASSERT_TRUE(composed);
  EXPECT_EQ(composed->prescription.basal.rate, nanolitres_per_day(300'001));
  ASSERT_EQ(composed->roundings.size(), 1U);
  EXPECT_TRUE(composed->roundings[0].starts_with("dose: ")) << composed->roundings[0];
}

RC_GTEST_PROP(Order, a_stored_rate_is_never_further_than_half_a_nanolitre_a_day_from_the_dose, ()) {
  Order order = six_milligrams();
  order.dose = DoseRate{*within(0, milligrams_per_day(400).raw())};
  const Concentration c = milligrams_per_millilitre(20);
  const std::int64_t back = dose_rate(made(order).basal.rate, c).raw();
  const std::int64_t off = back > order.dose.raw() ? back - order.dose.raw() : order.dose.raw() - back;
  RC_ASSERT(2 * off <= c.raw());
  RC_ASSERT(compose(order, kRoller, kSame)->roundings.empty() == (off == 0));
}

RC_GTEST_PROP(Order, a_bolus_is_whole_steps_and_never_more_than_was_ordered, ()) {
  Order order = six_milligrams();
  const Mass dose{*within(mass_in(kRoller.step, milligrams_per_millilitre(20)).raw(), milligrams(2).raw())};
  order.single = OrderedBolus{dose, minutes(*within(5, 60))};
  const Prescription p = made(order);
  const Concentration c = milligrams_per_millilitre(20);
  RC_ASSERT(p.single.volume.raw() % kRoller.step.raw() == 0);
  RC_ASSERT(mass_in(p.single.volume, c) <= dose);
  RC_ASSERT(mass_in(p.single.volume + kRoller.step, c) > dose);
  const Duration off = bolus_duration(p.single) - order.single->over;
  RC_ASSERT(off.raw() > -60'000 && off.raw() < 60'000);
}

TEST(Order, half_a_milligram_over_five_minutes_by_hand) {
  Order order = six_milligrams();
  order.patient =
      OrderedPatientBolus{{micrograms(500), minutes(5)}, hours(3), 4, hours(24), 420, 1'320, false};
  const PatientBolusPolicy policy = made(order).patient;
  EXPECT_EQ(policy.dose, (BolusDose{microlitres(25), nanolitres_per_day(7'200'000)}));
  EXPECT_EQ(policy.lockout_s, 10'800U);
  EXPECT_EQ(policy.window_s, 86'400U);
  EXPECT_EQ(policy.allotted, 4);
  EXPECT_EQ(policy.from_minute, 420);
  EXPECT_EQ(policy.to_minute, 1'320);
  EXPECT_EQ(policy.during_bridge, Volume{0});
}

TEST(Order, flex_days_become_profiles_for_their_weekdays) {
  Order order = six_milligrams();
  order.mode = BasalMode::kFlex;
  order.days = {{0x1F, {{0, milligrams_per_day(6)}, {540, milligrams_per_day(8)}}},
                {0x60, {{0, milligrams_per_day(4)}}}};
  const Basal basal = made(order).basal;
  EXPECT_EQ(basal.profile_count, 2);
  EXPECT_EQ(basal.profile_of_weekday, (std::array<std::uint8_t, 7>{0, 0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(basal.profiles[0].steps[1], (ProfileStep{540, nanolitres_per_day(400'000)}));
  EXPECT_EQ(basal.profiles[1].count, 1);
}

TEST(Order, schedules_by_interval_and_by_the_clock) {
  Order order = six_milligrams();
  order.schedule = OrderedSchedule{{micrograms(120), minutes(10)}, hours(6), hours(1), {}};
  EXPECT_EQ(made(order).schedule, each(over(microlitres(6), minutes(10)), 21'600, 3'600));
  order.schedule = OrderedSchedule{{micrograms(120), minutes(10)}, {}, {}, {480, 1'200}};
  EXPECT_EQ(made(order).schedule, at_minutes(over(microlitres(6), minutes(10)), {480, 1'200}));
}

TEST(Order, a_prime_fills_what_is_dry_at_the_largest_flow_unless_told_otherwise) {
  Order order = six_milligrams();
  order.prime = OrderedPrime{};
  EXPECT_EQ(made(order, kDry).prime, (BolusDose{microlitres(375), kRoller.max_flow}));
  order.prime = OrderedPrime{nanolitres(100'009), microlitres_per_day(1'000)};
  EXPECT_EQ(made(order, kDry).prime, (BolusDose{nanolitres(100'000), microlitres_per_day(1'000)}));
  order.without_bridge = true;
  EXPECT_EQ(error_key(order, kWeakInPath, "dry"), "prime");
}

TEST(Order, a_bridge_is_the_old_fluid_in_the_path_at_the_dose_to_be_kept) {
  Order order = six_milligrams();
  order.bridge = milligrams_per_day(6);
  const Prescription p = made(order, kWeakInPath);
  EXPECT_EQ(p.bridge, (BridgePlan{microlitres(375), nanolitres_per_day(600'000), 1}));
  EXPECT_EQ(made(order, {morphine(1, 10), nanolitres(375'009)}).bridge.volume, nanolitres(375'000));
  EXPECT_EQ(error_key(order, kSame, "no other formulation"), "bridge");
  EXPECT_EQ(error_key(order, kDry, "no other formulation"), "bridge");
}

TEST(Order, another_fluid_in_the_path_needs_a_bridge_or_the_word_that_none_is_wanted) {
  Order order = six_milligrams();
  EXPECT_EQ(error_key(order, kWeakInPath, "0.375 mL of another formulation"), "bridge");
  EXPECT_EQ(error_key(order, {baclofen(1, 2'000), microlitres(375)}, "without_bridge = true"), "bridge");
  order.without_bridge = true;
  EXPECT_EQ(made(order, kWeakInPath).bridge, BridgePlan{});
  order.bridge = milligrams_per_day(6);
  EXPECT_EQ(error_key(order, kWeakInPath, "has a bridge"), "without_bridge");
}

TEST(Order, the_same_fluid_a_dry_path_and_a_pump_that_stops_need_no_bridge) {
  Order order = six_milligrams();
  EXPECT_EQ(made(order, kDry).bridge, BridgePlan{});
  EXPECT_EQ(made(order, {morphine(7, 20), microlitres(375)}).bridge, BridgePlan{});
  order.mode = BasalMode::kStopped;
  EXPECT_EQ(made(order, kWeakInPath).bridge, BridgePlan{});
}

TEST(Order, a_bridge_from_another_drug_is_reckoned_in_that_drugs_own_dose) {
  Order order = six_milligrams();
  order.bridge = micrograms_per_day(300);
  EXPECT_EQ(made(order, {baclofen(1, 2'000), microlitres(375)}).bridge.rate, nanolitres_per_day(150'000));
}

TEST(Order, a_bolus_during_the_bridge_is_the_same_dose_of_the_old_fluid) {
  Order order = six_milligrams();
  order.bridge = milligrams_per_day(6);
  order.patient = OrderedPatientBolus{{micrograms(500), minutes(5)}, hours(3), 4, hours(24), 0, 0, true};
  EXPECT_EQ(made(order, kWeakInPath).patient.during_bridge, microlitres(50));
  EXPECT_EQ(error_key(order, {baclofen(1, 2'000), microlitres(375)}, "does not hold this drug"),
            "patient_bolus.during_bridge");
  order.patient->during_bridge = false;
  EXPECT_EQ(made(order, kWeakInPath).patient.during_bridge, Volume{0});
}

TEST(Order, INV_5_the_safe_state_is_the_formulations_and_an_emergency_rate_the_lowest_basal) {
  Order order = six_milligrams();
  order.formulation = baclofen(2, 500);
  order.drug = kBaclofen;
  order.dose = micrograms_per_day(150);
  EXPECT_EQ(made(order).safe_state, (SafeState{SafeAction::kEmergencyRate, nanolitres_per_day(300'000)}));
  order.emergency_dose = micrograms_per_day(50);
  EXPECT_EQ(made(order).safe_state, (SafeState{SafeAction::kEmergencyRate, nanolitres_per_day(100'000)}));
  order.safe_action = SafeAction::kStop;
  EXPECT_EQ(made(order).safe_state, (SafeState{SafeAction::kStop, FlowRate{0}}));
}

TEST(Order, what_is_handed_through_arrives) {
  Order order = six_milligrams();
  order.starts_utc_s = 10;
  order.expires_utc_s = 20;
  order.fallback = Fallback::kStop;
  order.zone = {60, 120, 30};
  const Prescription p = made(order);
  EXPECT_EQ(p.starts_utc_s, 10);
  EXPECT_EQ(p.expires_utc_s, 20);
  EXPECT_EQ(p.fallback, Fallback::kStop);
  EXPECT_EQ(p.zone, (Zone{60, 120, 30}));
}

TEST(Order, what_cannot_be_composed_is_told_by_its_key) {
  Order order = six_milligrams();
  order.drug = kBaclofen;
  EXPECT_EQ(error_key(order, kSame, "does not hold this drug"), "drug");
  order = six_milligrams();
  order.single = OrderedBolus{micrograms(0), minutes(5)};
  EXPECT_EQ(error_key(order, kSame, "less than one step"), "single_bolus.dose");
  order.single =
      OrderedBolus{Mass{mass_in(kRoller.step, milligrams_per_millilitre(20)).raw() - 1}, minutes(5)};
  EXPECT_EQ(error_key(order, kSame, "less than one step"), "single_bolus.dose");
  order.single = OrderedBolus{micrograms(500), Duration{0}};
  EXPECT_EQ(error_key(order, kSame, "time"), "single_bolus.dose");
  order.single = OrderedBolus{milligrams(500), milliseconds(1)};
  EXPECT_EQ(error_key(order, kSame, "no flow"), "single_bolus.dose");
  order = six_milligrams();
  order.schedule = OrderedSchedule{{micrograms(120), minutes(1)}, {}, {}, std::vector<std::uint16_t>(25, 0)};
  EXPECT_EQ(error_key(order, kSame, "24"), "periodic_bolus.at");
}

TEST(Order, flex_days_that_overlap_miss_or_are_too_many_are_told_by_name) {
  Order order = six_milligrams();
  order.mode = BasalMode::kFlex;
  order.days = {{0x1F, {{0, milligrams_per_day(6)}}}};
  EXPECT_EQ(error_key(order, kSame, "no profile for"), "flex");
  order.days = {{0x7F, {{0, milligrams_per_day(6)}}}, {0x01, {{0, milligrams_per_day(4)}}}};
  EXPECT_EQ(error_key(order, kSame, "two profiles"), "flex");
  order.days = {{0x7F, std::vector<OrderedStep>(25, {0, milligrams_per_day(6)})}};
  EXPECT_EQ(error_key(order, kSame, "25 steps"), "flex");
  order.days = std::vector<OrderedDay>(8, {0x7F, {{0, milligrams_per_day(6)}}});
  EXPECT_EQ(error_key(order, kSame, "8 day profiles"), "flex");
}

TEST(Order, INV_7_a_part_of_a_second_of_lockout_is_not_cut_off_in_silence) {
  Order order = six_milligrams();
  order.patient =
      OrderedPatientBolus{{micrograms(500), minutes(5)}, milliseconds(10'800'500), 4, hours(24), 0, 0, false};
  EXPECT_EQ(error_key(order, kSame, "whole number of seconds"), "patient_bolus.lockout");
}

TEST(Sentence, tells_every_part_in_doses_computed_back_from_what_is_stored) {
  Order order = six_milligrams();
  order.bridge = milligrams_per_day(6);
  order.patient = OrderedPatientBolus{{micrograms(500), minutes(5)}, hours(3), 4, hours(24), 0, 0, false};
  order.schedule = OrderedSchedule{{micrograms(120), minutes(10)}, hours(6), hours(6), {}};
  order.single = OrderedBolus{micrograms(400), minutes(20)};
  EXPECT_EQ(sentence(made(order, kWeakInPath), kMorphine, "morphine 20 mg/mL"),
            "prescription 3: morphine 20 mg/mL, 6 mg/day simple continuous (0.3 mL/day); bridge 0.375 mL of "
            "the old fluid at "
            "0.6 mL/day; single bolus 400 mcg over 20 min; periodic bolus 120 mcg over 10 min every 6 h; "
            "patient bolus 500 mcg "
            "over 5 min, lockout 3 h, 4 per 1 d");
  order = six_milligrams();
  order.mode = BasalMode::kFlex;
  order.days = {{0x7F, {{0, milligrams_per_day(6)}, {540, milligrams_per_day(8)}}}};
  order.prime = OrderedPrime{};
  EXPECT_EQ(sentence(made(order, kDry), kMorphine, "morphine 20 mg/mL"),
            "prescription 3: morphine 20 mg/mL, flex between 6 mg/day and 8 mg/day, 1 day profile; prime "
            "0.375 mL at 24 mL/day");
}

}  // namespace
}  // namespace theca
