#include "plan/violation_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace theca {
namespace {

PumpModel pump() {
  PumpModel model;
  model.step = nanolitres(10);
  model.min_flow = microlitres_per_day(48);
  model.max_flow = microlitres_per_day(24'000);
  model.minimum_rate = microlitres_per_day(6);
  return model;
}

Prescription ziconotide() {
  Prescription p;
  p.formulation.number = 1;
  p.formulation.count = 1;
  p.formulation.components[0] = {DrugCode{8}, DrugClass::kNeither, micrograms_per_millilitre(25)};
  p.basal.mode = BasalMode::kSimpleContinuous;
  return p;
}

TEST(ViolationText, every_rule_has_its_own_sentence) {
  std::set<std::string> sentences;
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    const std::string text = describe(Violation{static_cast<Rule>(i), 0, 7, 3}, ziconotide(), pump());
    EXPECT_TRUE(text.ends_with(".")) << text;
    EXPECT_EQ(text.find(" is broken: "), std::string::npos) << text;
    EXPECT_TRUE(sentences.insert(text).second) << text;
  }
}

TEST(ViolationText, names_value_limit_and_what_to_do) {
  EXPECT_EQ(describe(Violation{Rule::kFlowBelowRange, 0, 20'000, 48'000}, ziconotide(), pump()),
            "0.02 mL/day, the basal rate, is below 0.048 mL/day, the smallest flow of this pump. The same "
            "dose needs "
            "10.4 mcg/mL or less.");
  EXPECT_EQ(describe(Violation{Rule::kBolusNotWholeSteps, 1, 25'004, 10}, ziconotide(), pump()),
            "The patient's bolus of 0.025004 mL is not a whole number of steps of 0.00001 mL. Use 0.025 mL.");
  EXPECT_EQ(describe(Violation{Rule::kProfileNotAscending, 25, 480, 600}, ziconotide(), pump()),
            "08:00 follows 10:00 in day profile 2. Put the times in ascending order, each once.");
  EXPECT_EQ(describe(Violation{Rule::kWorstDayAboveCeiling, 0, 2'000'000, 1'500'000}, ziconotide(), pump()),
            "The worst day of this prescription, 2 mL, is above the patient's ceiling of 1.5 mL. Lower the "
            "rates or "
            "boluses, or have the ceiling signed anew.");
}

TEST(ViolationText, what_check_finds_is_described) {
  Prescription p = ziconotide();
  p.number = 1;
  p.basal.rate = microlitres_per_day(20);
  p.patient.dose = {nanolitres(25), FlowRate{0}};
  p.bridge = {millilitres(2), microlitres_per_day(1), 0};
  const auto found = check(p, pump(), {microlitres(199), microlitres(176)}, {}, 2);
  EXPECT_GE(found.all().size(), 6u);
  for (const Violation& violation : found.all()) EXPECT_TRUE(describe(violation, p, pump()).ends_with("."));
}

RC_GTEST_PROP(ViolationText, any_violation_has_a_sentence,
              (std::uint16_t index, std::int64_t value, std::int64_t limit)) {
  // Values that a check can report lie in the quantities' own ranges.
  constexpr std::int64_t kLargest = 1'000'000'000'000;
  Prescription p = ziconotide();
  p.basal.mode = *rc::gen::element(BasalMode::kFlex, BasalMode::kSimpleContinuous);
  const Rule rule = static_cast<Rule>(*rc::gen::inRange<int>(0, static_cast<int>(kRuleCount)));
  const Violation violation{rule, index, value % kLargest, limit % kLargest};
  RC_ASSERT(describe(violation, p, pump()).ends_with("."));
}

TEST(ViolationText, decode_failures) {
  EXPECT_EQ(describe(DecodeFailure{DecodeError::kUnusedNotZero, 17}),
            "No prescription: the field at byte 17 of " + std::to_string(kPrescriptionBytes) +
                " is unused and not zero.");
  EXPECT_NE(describe(DecodeFailure{DecodeError::kLayoutVersion, 0}),
            describe(DecodeFailure{DecodeError::kValueOutOfRange, 0}));
}

}  // namespace
}  // namespace theca
