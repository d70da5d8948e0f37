// What a page lets a person write is what the pump can give, and what runs can be written into it again.
#include "clinic/change_fields.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "clinic/order_rows.hpp"
#include "quantity/text.hpp"
#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using namespace example;

const Library& library() {
  static const Library kLibrary = *load_library(THECA_DATA_DIR);
  return kLibrary;
}

link::Order ordered(const Prescription& p) {
  link::Order order;
  order.ceilings = {microlitres(200), microlitres(900), millilitres(20)};
  order.prescription = encode(p);
  return order;
}

TEST(ChangeFields, morphine_in_milligrams) {
  Prescription p = continuous(4, morphine(2, 20), microlitres_per_day(300));
  p.patient = quarter_millilitre_a_day();
  const auto fields = change_fields(ordered(p), p, kRoller, library());
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->drug, "morphine");
  EXPECT_EQ(fields->concentration, "20");
  EXPECT_EQ(fields->daily_dose, "6");
  EXPECT_EQ(fields->dose.unit, "mg/day");
  EXPECT_EQ(fields->dose.step.denominator, 10'000);  // 1 nL/day is 0.00002 mg/day
  EXPECT_EQ(fields->dose.most, "18");
  EXPECT_EQ(fields->bolus.most, "4");
  ASSERT_TRUE(fields->patient);
  EXPECT_EQ(fields->patient->allotted, p.patient.allotted);
  EXPECT_EQ(fields->patient->lockout_s, p.patient.lockout_s);
}

TEST(ChangeFields, baclofen_in_micrograms) {
  Prescription p = continuous(4, baclofen(3, 500), microlitres_per_day(300));
  p.formulation.components[0].drug = library().find_drug("baclofen")->code;
  const auto fields = change_fields(ordered(p), p, kRoller, library());
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->dose.unit, "mcg/day");
  EXPECT_EQ(fields->concentration, "500");
  EXPECT_EQ(fields->daily_dose, "150");
  EXPECT_FALSE(fields->patient);
}

TEST(ChangeFields, a_flex_schedule_day_by_day) {
  Prescription p = continuous(4, baclofen(3, 500), FlowRate{0});
  every_day(p.basal, {{0, microlitres_per_day(100)}, {480, microlitres_per_day(400)}});
  p.basal.profile_count = 2;
  p.basal.profiles[1] = p.basal.profiles[0];
  p.basal.profile_of_weekday[6] = 1;
  p.formulation.components[0].drug = library().find_drug("baclofen")->code;
  const auto fields = change_fields(ordered(p), p, kRoller, library());
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->flex.size(), 2U);
  EXPECT_EQ(fields->flex[0].weekdays, 0b0111111);
  EXPECT_EQ(fields->flex[1].weekdays, 0b1000000);
  ASSERT_EQ(fields->flex[0].steps.size(), 2U);
  EXPECT_EQ(fields->flex[0].steps[1].from_minute, 480);
  EXPECT_EQ(fields->flex[0].steps[1].dose, "200");
  EXPECT_EQ(fields->dose.most, "450");        // 0.9 mL in a day
  EXPECT_EQ(fields->part_dose.most, "2400");  // 0.2 mL in an hour
}

TEST(ChangeFields, nothing_where_there_is_no_fluid_or_no_room) {
  Prescription p = continuous(4, morphine(2, 20), microlitres_per_day(300));
  link::Order order = ordered(p);
  order.ceilings.day = nanolitres(1);
  EXPECT_FALSE(change_fields(order, p, kRoller, library()));
  p.formulation = {};
  EXPECT_FALSE(change_fields(ordered(p), p, kRoller, library()));
}

/// Whatever fluid and flow: the field takes its own ends, and what is typed is within half a nanolitre a day,
/// or half a step of the field, of what it says.
RC_GTEST_PROP(ChangeFields, INV_11_what_is_shown_is_what_is_typed_again, ()) {
  Prescription p = continuous(4, morphine(2, 20), FlowRate{*rc::gen::inRange<std::int64_t>(48'000, 900'000)});
  p.formulation.components[0].drug = *rc::gen::element(DrugCode{1}, DrugCode{5}, DrugCode{7}, DrugCode{99});
  p.formulation.components[0].concentration =
      Concentration{*rc::gen::inRange<std::int64_t>(1'000, 100'000'000)};
  const auto fields = change_fields(ordered(p), p, kRoller, library());
  RC_ASSERT(fields.has_value());
  const auto field = clinic::EntryField::make(fields->dose.unit, fields->dose.step, fields->dose.least,
                                              fields->dose.most, clinic::TrailingZeros::kRefused);
  RC_ASSERT(field.has_value());
  for (const std::string& end : {fields->dose.least, fields->dose.most})
    RC_ASSERT(clinic::read_entry(end, *field).has_value());
  const auto shown = parse_dose_rate(fields->daily_dose + " " + fields->dose.unit);
  RC_ASSERT(shown.has_value());
  RC_ASSERT(*shown == daily_dose(p, kRoller.minimum_rate));
  const std::int64_t unit_fg = fields->dose.unit == "mg/day" ? 1'000'000'000'000 : 1'000'000'000;
  const std::int64_t step_fg = unit_fg / fields->dose.step.denominator;
  RC_ASSERT(step_fg >= p.formulation.components[0].concentration.raw() || step_fg == unit_fg);
}

}  // namespace
}  // namespace theca
