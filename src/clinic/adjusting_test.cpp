// What is not changed stays as it runs, to the bit; what is changed is what was typed.
#include "clinic/adjusting.hpp"

#include <gtest/gtest.h>
// before rapidcheck
#include <rapidcheck/gtest.h>

#include "clinic/order_rows.hpp"
#include "plan/library.hpp"
#include "therapy/prescription_testing.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

using namespace example;

const Library& library() {
  static const Library kLibrary = *load_library(THECA_DATA_DIR);
  return kLibrary;
}

/// Any therapy that could run: rates and times that no typed dose comes out at.
Prescription any_therapy() {
  const auto number = [](std::int64_t least, std::int64_t most) {
    return *rc::gen::inRange(least, most + 1);
  };
  const Formulation drug = morphine(2, 1);
  Prescription p = continuous(4, drug, FlowRate{number(200'001, 299'999)});
  if (*rc::gen::arbitrary<bool>())
    every_day(p.basal, {{0, FlowRate{number(150'001, 199'999)}}, {480, FlowRate{number(200'001, 299'999)}}});
  if (*rc::gen::arbitrary<bool>())
    p.schedule = each({nanolitres(10 * number(101, 999)), FlowRate{number(1'000'001, 1'999'999)}}, 6 * 3'600,
                      static_cast<std::uint32_t>(number(1, 3'600)));
  if (*rc::gen::arbitrary<bool>()) {
    p.patient = quarter_millilitre_a_day();
    p.patient.dose = {nanolitres(10 * number(101, 999)), FlowRate{number(1'000'001, 1'999'999)}};
    p.supervised = {86'400, p.patient.lockout_s + 60, 1};
  }
  if (*rc::gen::arbitrary<bool>())
    p.safe_state = {SafeAction::kEmergencyRate, FlowRate{number(100'001, 150'000)}};
  if (*rc::gen::arbitrary<bool>()) {
    p.expires_utc_s = kMonday8UtcMs / 1'000 + number(86'400, 8'640'000);
    p.fallback = Fallback::kStop;
  }
  p.zone = {60, 120, kMonday8UtcMs / 1'000 + 86'400};
  return p;
}

Running running_with(const Prescription& p) {
  Running running;
  running.status.state = DeviceState::kDelivering;
  running.status.model = kRoller.code;
  running.status.newest = p.number;
  running.status.path = kPath;
  running.status.low_alarm = kRoller.low_alarm;
  running.status.in_reservoir = running.status.at_tip = p.formulation.number;
  running.prescription = p;
  link::Order order;
  order.number = p.number;
  order.path = kPath;
  order.ceilings = kWidest;
  order.low_alarm = kRoller.low_alarm;
  order.largest_rise_ppm = 150'000;
  order.patient_may_pause = true;
  order.prescription = encode(p);
  running.order = order;
  return running;
}

std::expected<Draft, std::vector<DraftError>> adjusted(const Adjustment& change, const Prescription& runs) {
  return adjust({.change = change,
                 .implant = {1, 2, 3, 4, 5, 6, 7, 8},
                 .model = kRoller,
                 .reason = "as in the test",
                 .author = 10,
                 .issued_utc_s = kMonday8UtcMs / 1'000},
                running_with(runs), library());
}

RC_GTEST_PROP(Adjusting, INV_11_nothing_changes_but_what_is_named, ()) {
  const Prescription runs = any_therapy();
  Adjustment change;
  const bool basal = *rc::gen::arbitrary<bool>(), schedule = *rc::gen::arbitrary<bool>(),
             patient = *rc::gen::arbitrary<bool>();
  const Concentration c = runs.formulation.components[0].concentration;
  const DoseRate dose = dose_rate(FlowRate{*rc::gen::inRange<std::int64_t>(200'000, 300'000)}, c);
  if (basal) change.basal = AdjustedBasal{BasalMode::kSimpleContinuous, dose, {}};
  if (schedule) change.schedule.emplace();
  if (patient) change.patient.emplace();
  const auto made = adjusted(change, runs);
  RC_ASSERT(made.has_value());
  Prescription expected = runs;
  expected.number = runs.number + 1;
  if (basal) expected.basal = continuous(1, runs.formulation, flow_for(dose, c)).basal;
  if (schedule) expected.schedule = {};
  if (patient) {
    expected.patient = {};
    expected.supervised = made->prescription.supervised;
  }
  RC_ASSERT(made->prescription == expected);
  RC_ASSERT(made->order.largest_rise_ppm == 150'000U);
  RC_ASSERT(made->order.patient_may_pause);
  RC_ASSERT(made->order.ceilings == kWidest);
  RC_ASSERT(made->order.prescription == encode(expected));
}

/// Computed back and made anew instead, something else than what was asked for would change.
TEST(AdjustingBrokenTwin, INV_11_doses_computed_back_come_out_beside_themselves) {
  Prescription runs = continuous(4, morphine(2, 1), FlowRate{250'001});
  runs.patient = quarter_millilitre_a_day();
  runs.patient.dose = {nanolitres(1'230), FlowRate{1'234'567}};
  const auto anew = compose(order_of(runs), kRoller, PathContents{runs.formulation, Volume{}});
  ASSERT_TRUE(anew);
  EXPECT_EQ(anew->prescription.basal, runs.basal);
  EXPECT_NE(anew->prescription.patient, runs.patient);
  EXPECT_EQ(adjusted({}, runs)->prescription.patient, runs.patient);
}

TEST(Adjusting, a_flex_day_is_given_back_as_it_is_and_changed_whole) {
  Prescription runs = continuous(4, morphine(2, 1), FlowRate{250'000});
  every_day(runs.basal, {{0, microlitres_per_day(200)}, {480, microlitres_per_day(300)}});
  runs.basal.profile_count = 2;
  runs.basal.profiles[1] = runs.basal.profiles[0];
  runs.basal.profiles[1].steps[1].rate = microlitres_per_day(250);
  runs.basal.profile_of_weekday[5] = runs.basal.profile_of_weekday[6] = 1;
  const Order order = order_of(runs);
  ASSERT_EQ(order.days.size(), 2U);
  EXPECT_EQ(order.days[0].weekdays, 0x1F);
  EXPECT_EQ(order.days[1].weekdays, 0x60);
  AdjustedBasal basal{BasalMode::kFlex, {}, order.days};
  basal.days[1].steps[0].dose = micrograms_per_day(210);
  const auto made = adjusted({.basal = basal, .schedule = {}, .patient = {}}, runs);
  ASSERT_TRUE(made) << made.error().front().message;
  Prescription expected = runs;
  expected.basal.profiles[1].steps[0].rate = microlitres_per_day(210);
  EXPECT_EQ(made->prescription.basal, expected.basal);
}

/// The rate that was proposed with the basal goes with it; one that a physician chose stays.
TEST(Adjusting, INV_5_the_emergency_rate_stays_at_or_below_the_lowest_basal) {
  const DrugCode baclofen = library().find_drug("baclofen")->code;
  Prescription runs =
      continuous(4, fluid(3, {{baclofen, DrugClass::kWithdrawalProne, micrograms_per_millilitre(500)}}),
                 microlitres_per_day(300));
  const auto to = [&](std::int64_t ul) {
    const Concentration c = runs.formulation.components[0].concentration;
    return Adjustment{
        .basal = AdjustedBasal{BasalMode::kSimpleContinuous, dose_rate(microlitres_per_day(ul), c), {}},
        .schedule = {},
        .patient = {}};
  };
  runs.safe_state = {SafeAction::kEmergencyRate, microlitres_per_day(300)};
  const auto emergency_rate_at = [&](std::int64_t ul) {
    const auto made = adjusted(to(ul), runs);
    EXPECT_TRUE(made) << made.error().front().message;
    return made ? made->prescription.safe_state.emergency_rate : FlowRate{};
  };
  EXPECT_EQ(emergency_rate_at(270), microlitres_per_day(270));
  runs.safe_state.emergency_rate = microlitres_per_day(200);
  EXPECT_EQ(emergency_rate_at(270), microlitres_per_day(200));
  const auto below = adjusted(to(190), runs);  // the chosen rate would be above what runs
  ASSERT_FALSE(below);
  EXPECT_NE(below.error().front().message.find("0.19"), std::string::npos) << below.error().front().message;
}

TEST(Adjusting, tells_what_the_pump_cannot_run_before_anybody_signs) {
  Prescription runs = continuous(4, morphine(2, 1), microlitres_per_day(300));
  const Adjustment too_slow{.basal = AdjustedBasal{BasalMode::kSimpleContinuous, micrograms_per_day(1), {}},
                            .schedule = {},
                            .patient = {}};
  EXPECT_FALSE(adjusted(too_slow, runs));
  Running nothing = running_with(runs);
  nothing.order.reset();
  const auto none =
      adjust({.change = {}, .implant = {}, .model = kRoller, .reason = {}, .author = 10, .issued_utc_s = 0},
             nothing, library());
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().front().message.find("no signed order"), std::string::npos);
}

}  // namespace
}  // namespace theca
