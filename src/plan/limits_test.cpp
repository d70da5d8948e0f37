#include "plan/limits.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "quantity/exact.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

const Library& library() {
  static const Library loaded = load_library(THECA_DATA_DIR).value();
  return loaded;
}

PumpModel roller() { return pump_model(*library().find_pump("roller-40")).value(); }

struct Part {
  const char* drug;
  Concentration c;
};

Prescription prescription_of(std::initializer_list<Part> parts, FlowRate basal) {
  Prescription p;
  p.number = 1;
  p.formulation.number = 1;
  for (const Part& part : parts) {
    const DrugEntry* drug = library().find_drug(part.drug);
    p.formulation.components[p.formulation.count++] = {drug->code, drug->drug_class(), part.c};
  }
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = basal;
  p.safe_state = proposed_safe_state(p, roller());
  return p;
}

Prescription mixture(DoseRate morphine) {
  const auto c = milligrams_per_millilitre(20);
  return prescription_of({{"morphine", c}, {"bupivacaine", milligrams_per_millilitre(30)}},
                         flow_for(morphine, c));
}

std::vector<Finding> findings_of(const Prescription& p, Scope scope = {}) {
  const PumpModel model = roller();
  return check_limits(p, {.library = library(), .model = model, .scope = std::move(scope)});
}

const Finding* find(const std::vector<Finding>& all, LimitCheck check, std::string_view component,
                    std::string_view limit = {}) {
  const auto found = std::ranges::find_if(all, [&](const Finding& one) {
    return one.check == check && one.component == component && (limit.empty() || one.limit == limit);
  });
  return found == all.end() ? nullptr : &*found;
}

TEST(Mixture, one_rate_carries_every_component) {
  Prescription p = mixture(milligrams_per_day(6));
  p.patient.dose = {volume_for(micrograms(500), milligrams_per_millilitre(20)), microlitres_per_day(10'000)};
  const auto doses = component_doses(p, roller());
  ASSERT_EQ(doses.size(), 2u);
  EXPECT_EQ(doses[0].basal_day, milligrams_per_day(6));
  EXPECT_EQ(doses[1].basal_day, milligrams_per_day(9));
  EXPECT_EQ(doses[0].patient, micrograms(500));
  EXPECT_EQ(doses[1].patient, micrograms(750));
  EXPECT_EQ(doses[1].highest_basal, milligrams_per_day(9));
}

TEST(Limits, a_bridge_is_held_against_the_old_fluids_limits) {
  const auto old_c = micrograms_per_millilitre(25);
  Prescription p = prescription_of({{"ziconotide", micrograms_per_millilitre(5)}}, microlitres_per_day(480));
  const Prescription old = prescription_of({{"ziconotide", old_c}}, microlitres_per_day(96));
  const PumpModel model = roller();
  LimitQuestion question{.library = library(), .model = model, .scope = {"US", {}}};
  question.bridged = &old.formulation;
  p.bridge = {microlitres(375), flow_for(micrograms_per_day(19), old_c), 1};
  EXPECT_EQ(find(check_limits(p, question), LimitCheck::kBridgePerDay, "ziconotide"), nullptr);
  p.bridge.rate = flow_for(micrograms_per_day(500), old_c);
  const auto all = check_limits(p, question);
  const Finding* found = find(all, LimitCheck::kBridgePerDay, "ziconotide");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::kHard);
  EXPECT_NE(found->message.find("500 mcg/day"), std::string::npos) << found->message;
}

TEST(Limits, twenty_percent_more_morphine_takes_bupivacaine_over_ten_milligrams) {
  EXPECT_EQ(find(findings_of(mixture(milligrams_per_day(6))), LimitCheck::kBasalPerDay, "bupivacaine"),
            nullptr);
  const auto all = findings_of(mixture(micrograms_per_day(7'200)));
  const Finding* found = find(all, LimitCheck::kBasalPerDay, "bupivacaine", "10 mg/day");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::kSoft);
  EXPECT_EQ(found->value, "10.8 mg/day");
  EXPECT_FALSE(found->verified);
  EXPECT_EQ(found->sources, std::vector<std::string>{"PACC-2012"});
  EXPECT_EQ(found->message,
            "Bupivacaine: the basal gives 10.8 mg/day, above 10 mg/day (PACC 2012, not verified).");
  EXPECT_EQ(gravest(all), Severity::kSoft);
}

TEST(Limits, the_worst_day_counts_every_bolus) {
  Prescription p = mixture(milligrams_per_day(6));
  p.patient = {.dose = {microlitres(25), microlitres_per_day(10'000)},
               .lockout_s = 3'600,
               .window_s = 86'400,
               .allotted = 4,
               .from_minute = 0,
               .to_minute = 0,
               .during_bridge = {}};
  const auto all = findings_of(p);
  const Finding* found = find(all, LimitCheck::kWorstDay, "bupivacaine", "10 mg/day");
  ASSERT_NE(found, nullptr);
  const Mass worst =
      mass_in(worst_case_volume(p, roller().minimum_rate, days(1)), milligrams_per_millilitre(30));
  EXPECT_GE(worst, milligrams(12));  // 9 mg and four boluses of 0.75 mg
  EXPECT_EQ(find(all, LimitCheck::kBasalPerDay, "bupivacaine"), nullptr);
}

TEST(Limits, hard_for_the_label_of_ziconotide_and_by_jurisdiction) {
  const auto at = [](std::int64_t micrograms_a_day) {
    const auto c = micrograms_per_millilitre(25);
    return prescription_of({{"ziconotide", c}}, flow_for(micrograms_per_day(micrograms_a_day), c));
  };
  EXPECT_EQ(gravest(findings_of(at(19))), Severity::kNote);
  EXPECT_EQ(gravest(findings_of(at(20))), Severity::kHard);
  EXPECT_EQ(gravest(findings_of(at(20), {"US", {}})), Severity::kHard);
  EXPECT_EQ(gravest(findings_of(at(20), {"EU", {}})), Severity::kSoft);
  EXPECT_EQ(gravest(findings_of(at(22), {"EU", {}})), Severity::kHard);
  EXPECT_EQ(findings_of(at(20)).front().severity, Severity::kHard);
}

TEST(Limits, a_dose_at_the_limit_is_not_over_it_by_the_rounding_of_its_rate) {
  for (std::int64_t c = 1'000; c <= 100'000; c += 777) {  // 1 mcg/mL to 100 mcg/mL
    const Concentration concentration{c};
    const DoseRate limit{19'200'000'000};
    const auto all =
        findings_of(prescription_of({{"ziconotide", concentration}}, flow_for(limit, concentration)));
    EXPECT_EQ(find(all, LimitCheck::kBasalPerDay, "ziconotide"), nullptr) << c;
  }
}

TEST(Limits, flow_below_the_pump_names_the_concentration_that_brings_it_in) {
  const auto all =
      findings_of(prescription_of({{"ziconotide", micrograms_per_millilitre(25)}}, microlitres_per_day(20)));
  const Finding* found = find(all, LimitCheck::kFlowRange, "ziconotide");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::kHard);
  EXPECT_EQ(
      found->message,
      "Ziconotide: 500 ng/day at 25 mcg/mL is 0.02 mL/day, below this pump's smallest flow of 0.048 mL/day; "
      "it needs 10.4 mcg/mL or less, or a dose of 1.2 mcg/day or more.");
}

TEST(Limits, concentration_label_class_and_unknown_drug) {
  auto all =
      findings_of(prescription_of({{"morphine", milligrams_per_millilitre(25)}}, microlitres_per_day(100)));
  const Finding* strong = find(all, LimitCheck::kConcentration, "morphine");
  ASSERT_NE(strong, nullptr);
  EXPECT_EQ(strong->severity, Severity::kSoft);
  EXPECT_EQ(strong->limit, "20 mg/mL");
  all = findings_of(mixture(milligrams_per_day(6)), {"US", {}});
  EXPECT_EQ(find(all, LimitCheck::kOnLabel, "morphine")->value, "on label");
  EXPECT_EQ(find(all, LimitCheck::kOnLabel, "bupivacaine")->value, "off label");
  EXPECT_NE(find(all, LimitCheck::kOnLabel, ""), nullptr);

  Prescription wrong_class = mixture(milligrams_per_day(6));
  wrong_class.formulation.components[0].drug_class = DrugClass::kNeither;
  EXPECT_EQ(find(findings_of(wrong_class), LimitCheck::kDrugClass, "morphine")->severity, Severity::kHard);

  Prescription unknown = mixture(milligrams_per_day(6));
  unknown.formulation.components[1].drug = DrugCode{65'000};
  const auto found = findings_of(unknown);
  EXPECT_EQ(find(found, LimitCheck::kUnknownDrug, "drug 65000")->severity, Severity::kSoft);
}

TEST(Limits, starting_range_of_a_naive_patient) {
  const Prescription p =
      prescription_of({{"morphine", milligrams_per_millilitre(10)}}, microlitres_per_day(200));  // 2 mg/day
  const PumpModel model = roller();
  EXPECT_EQ(find(findings_of(p), LimitCheck::kStartingRange, "morphine"), nullptr);
  const auto all =
      check_limits(p, {.library = library(), .model = model, .scope = {"US", {}}, .first_dose = true});
  EXPECT_NE(find(all, LimitCheck::kStartingRange, "morphine", "1 mg/day"), nullptr);
  EXPECT_EQ(find(all, LimitCheck::kStartingRange, "morphine", "10 mg/day"), nullptr);
}

TEST(Limits, titration_step_by_amount_share_and_spacing) {
  const PumpModel model = roller();
  const auto c = micrograms_per_millilitre(25);
  const Prescription before = prescription_of({{"ziconotide", c}}, flow_for(micrograms_per_day(3), c));
  const Prescription after = prescription_of({{"ziconotide", c}}, flow_for(micrograms_per_day(6), c));
  auto all = check_limits(after, {.library = library(),
                                  .model = model,
                                  .scope = {"EU", {}},
                                  .previous = &before,
                                  .since_previous = hours(12)});
  EXPECT_EQ(find(all, LimitCheck::kTitrationStep, "ziconotide", "2.4 mcg/day")->severity, Severity::kSoft);
  EXPECT_EQ(find(all, LimitCheck::kTitrationSpacing, "ziconotide")->severity, Severity::kSoft);

  const auto m = milligrams_per_millilitre(10);
  const Prescription weak = prescription_of({{"morphine", m}}, flow_for(milligrams_per_day(3), m));
  const auto step = [&](DoseRate dose) {
    const Prescription p = prescription_of({{"morphine", m}}, flow_for(dose, m));
    return check_limits(
        p, {.library = library(), .model = model, .scope = {"US", {"non-cancer"}}, .previous = &weak});
  };
  EXPECT_EQ(find(step(micrograms_per_day(3'900)), LimitCheck::kTitrationStep, "morphine", "30 %"), nullptr);
  const auto large = step(milligrams_per_day(4));
  const Finding* found = find(large, LimitCheck::kTitrationStep, "morphine", "30 %");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->value, "33.3 %");
}

TEST(Limits, a_drug_that_ends_is_told_and_needs_a_reason_when_stopping_harms) {
  const PumpModel model = roller();
  const Prescription before = prescription_of(
      {{"morphine", milligrams_per_millilitre(10)}, {"baclofen", milligrams_per_millilitre(1)}},
      microlitres_per_day(300));
  const Prescription after =
      prescription_of({{"morphine", milligrams_per_millilitre(10)}}, microlitres_per_day(300));
  const auto all =
      check_limits(after, {.library = library(), .model = model, .scope = {}, .previous = &before});
  const Finding* found = find(all, LimitCheck::kComponentDropped, "baclofen");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::kSoft);
  EXPECT_EQ(found->limit, "300 mcg/day");
}

TEST(Limits, patient_bolus_as_a_share_of_the_day) {
  Prescription p = prescription_of({{"morphine", milligrams_per_millilitre(20)}}, microlitres_per_day(300));
  p.patient.dose = {microlitres(75), microlitres_per_day(10'000)};  // 1.5 mg of 6 mg
  const auto all = findings_of(p);
  const Finding* found = find(all, LimitCheck::kBolus, "morphine");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->limit, "20 % of the basal day");
  EXPECT_NE(found->message.find("25 %"), std::string::npos);
}

TEST(Limits, INV_5_safe_state_is_proposed_by_the_class_and_never_above_the_lowest_basal) {
  const Prescription opioid =
      prescription_of({{"morphine", milligrams_per_millilitre(20)}}, microlitres_per_day(300));
  EXPECT_EQ(proposed_safe_state(opioid, roller()).action, SafeAction::kMinimumRate);
  Prescription baclofen =
      prescription_of({{"baclofen", milligrams_per_millilitre(1)}}, microlitres_per_day(300));
  const SafeState proposed = proposed_safe_state(baclofen, roller());
  EXPECT_EQ(proposed.action, SafeAction::kEmergencyRate);
  EXPECT_EQ(proposed.emergency_rate, microlitres_per_day(300));
  EXPECT_EQ(find(findings_of(baclofen), LimitCheck::kSafeState, "")->severity, Severity::kNote);
  baclofen.safe_state = {SafeAction::kStop, {}};
  EXPECT_EQ(find(findings_of(baclofen), LimitCheck::kSafeState, "")->severity, Severity::kSoft);
}

}  // namespace
}  // namespace theca
