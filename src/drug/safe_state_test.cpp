#include "drug/safe_state.hpp"

#include <gtest/gtest.h>

namespace theca {
namespace {

constexpr FlowRate kMinimum = microlitres_per_day(6);

TEST(SafeState, INV_5_where_stopping_harms_an_emergency_rate_is_proposed_and_else_the_minimum) {
  EXPECT_EQ(proposed_safe_action(DrugClass::kWithdrawalProne), SafeAction::kEmergencyRate);
  EXPECT_EQ(proposed_safe_action(DrugClass::kBoth), SafeAction::kEmergencyRate);
  EXPECT_EQ(proposed_safe_action(DrugClass::kOpioid), SafeAction::kMinimumRate);
  EXPECT_EQ(proposed_safe_action(DrugClass::kNeither), SafeAction::kMinimumRate);
  EXPECT_EQ(proposed_safe_action(DrugClass::kUnknown), SafeAction::kMinimumRate);
}

TEST(SafeState, INV_5_bits_that_are_no_class_or_action_give_the_minimum_rate) {
  for (int bits = static_cast<int>(kDrugClassCount); bits < 256; ++bits) {
    EXPECT_EQ(proposed_safe_action(static_cast<DrugClass>(bits)), SafeAction::kMinimumRate);
  }
  for (int bits = 3; bits < 256; ++bits) {
    EXPECT_EQ(safe_rate({static_cast<SafeAction>(bits), microlitres_per_day(24'000)}, kMinimum), kMinimum);
  }
}

TEST(SafeState, INV_5_each_action_has_its_rate) {
  EXPECT_EQ(safe_rate({SafeAction::kStop, microlitres_per_day(90)}, kMinimum), FlowRate{0});
  EXPECT_EQ(safe_rate({SafeAction::kMinimumRate, microlitres_per_day(90)}, kMinimum), kMinimum);
  EXPECT_EQ(safe_rate({SafeAction::kEmergencyRate, microlitres_per_day(90)}, kMinimum),
            microlitres_per_day(90));
  EXPECT_EQ(safe_rate(SafeState{}, kMinimum), kMinimum);
}

}  // namespace
}  // namespace theca
