#include "drug/formulation.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace theca {
namespace {

constexpr Concentration kSome = milligrams_per_millilitre(1);

Formulation mixture(std::initializer_list<DrugClass> classes) {
  Formulation made;
  made.number = 1;
  for (const DrugClass drug_class : classes) {
    made.components[made.count] = {static_cast<DrugCode>(made.count + 1), drug_class, kSome};
    ++made.count;
  }
  return made;
}

TEST(Formulation, INV_5_the_class_of_a_mixture_has_every_property_that_any_component_has) {
  using enum DrugClass;
  struct Row {
    std::initializer_list<DrugClass> parts;
    DrugClass whole;
  };
  for (const Row& row :
       {Row{{kNeither}, kNeither}, Row{{kOpioid}, kOpioid}, Row{{kWithdrawalProne}, kWithdrawalProne},
        Row{{kBoth}, kBoth}, Row{{kUnknown}, kUnknown}, Row{{kNeither, kNeither}, kNeither},
        Row{{kNeither, kOpioid}, kOpioid}, Row{{kOpioid, kWithdrawalProne}, kBoth},
        Row{{kWithdrawalProne, kNeither, kOpioid}, kBoth}, Row{{kBoth, kNeither}, kBoth},
        Row{{kOpioid, kBoth}, kBoth}, Row{{kNeither, kWithdrawalProne}, kWithdrawalProne},
        Row{{kBoth, kUnknown}, kUnknown}, Row{{kUnknown, kOpioid}, kUnknown},
        Row{{kNeither, kNeither, kNeither, kNeither, kNeither, kUnknown}, kUnknown}}) {
    EXPECT_EQ(class_of(mixture(row.parts)), row.whole) << static_cast<int>(row.whole);
  }
  EXPECT_EQ(class_of(Formulation{}), kUnknown);  // nothing is known of nothing
}

TEST(Formulation, a_drug_that_is_no_component_has_no_concentration) {
  Formulation f = mixture({DrugClass::kOpioid, DrugClass::kNeither});
  f.components[1].concentration = milligrams_per_millilitre(30);
  EXPECT_EQ(concentration_of(f, DrugCode{1}), kSome);
  EXPECT_EQ(concentration_of(f, DrugCode{2}), milligrams_per_millilitre(30));
  EXPECT_EQ(concentration_of(f, DrugCode{3}), Concentration{0});
  f.components[2] = {DrugCode{3}, DrugClass::kNeither, kSome};  // beyond the count
  EXPECT_EQ(concentration_of(f, DrugCode{3}), Concentration{0});
}

TEST(Formulation, parts_are_those_within_the_count) {
  EXPECT_EQ(mixture({DrugClass::kOpioid, DrugClass::kNeither}).parts().size(), 2U);
  EXPECT_TRUE(Formulation{}.parts().empty());
}

TEST(Formulation, check_names_what_is_wrong) {
  const Formulation good = mixture({DrugClass::kOpioid, DrugClass::kNeither});
  const auto after = [&](auto&& change) {
    Formulation f = good;
    change(f);
    return check(f);
  };
  EXPECT_EQ(check(good), FormulationError::kNone);
  EXPECT_EQ(after([](Formulation& f) { f.number = 0; }), FormulationError::kNumberMissing);
  EXPECT_EQ(after([](Formulation& f) { f.count = 0; }), FormulationError::kNoComponent);
  EXPECT_EQ(after([](Formulation& f) { f.count = kMaxComponents + 1; }),
            FormulationError::kTooManyComponents);
  EXPECT_EQ(after([](Formulation& f) { f.components[1].drug = DrugCode::kNone; }),
            FormulationError::kDrugMissing);
  EXPECT_EQ(after([](Formulation& f) { f.components[1].drug = DrugCode{1}; }), FormulationError::kDrugTwice);
  EXPECT_EQ(after([](Formulation& f) { f.components[0].concentration = Concentration{0}; }),
            FormulationError::kConcentrationOutOfRange);
  EXPECT_EQ(
      after([](Formulation& f) { f.components[0].concentration = kMaxConcentration + Concentration{1}; }),
      FormulationError::kConcentrationOutOfRange);
  EXPECT_EQ(after([](Formulation& f) { f.components[0].concentration = Concentration{1}; }),
            FormulationError::kNone);
  EXPECT_EQ(after([](Formulation& f) { f.components[0].concentration = kMaxConcentration; }),
            FormulationError::kNone);
}

TEST(Formulation, six_components_are_as_many_as_it_holds) {
  EXPECT_EQ(check(mixture({DrugClass::kNeither, DrugClass::kNeither, DrugClass::kNeither, DrugClass::kNeither,
                           DrugClass::kNeither, DrugClass::kNeither})),
            FormulationError::kNone);
}

TEST(Formulation, two_fills_of_the_same_contents_are_two_fluids) {
  Formulation a = mixture({DrugClass::kOpioid}), b = a;
  EXPECT_EQ(a, b);
  b.number = 2;
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace theca
