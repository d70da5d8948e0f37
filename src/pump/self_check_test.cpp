#include "pump/self_check.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace theca {
namespace {

bool holds() { return true; }
bool lies() { return false; }

TEST(SelfCheck, INV_5_names_exactly_the_parts_that_do_not_hold) {
  constexpr unsigned kParts = static_cast<unsigned>(kSelfTestPartNames.size());
  for (unsigned lying = 0; lying < 1U << kParts; ++lying) {
    std::vector<SelfCheck> checks;
    for (unsigned part = 0; part < kParts; ++part)
      checks.push_back({static_cast<SelfTestPart>(part), (lying >> part & 1U) != 0 ? lies : holds});
    EXPECT_EQ(failed_parts(checks), lying);
  }
}

TEST(SelfCheck, the_pumps_own_checks_hold_and_each_stands_for_another_part) {
  EXPECT_EQ(failed_parts(self_checks()), 0);
  std::set<SelfTestPart> parts;
  for (const SelfCheck& check : self_checks()) EXPECT_TRUE(parts.insert(check.part).second);
  EXPECT_EQ(parts, (std::set<SelfTestPart>{SelfTestPart::kArithmetic, SelfTestPart::kChecksum,
                                           SelfTestPart::kDigest, SelfTestPart::kGate}))
      << "the board tells of its own memories, the pump of RAM when it looks";
}

}  // namespace
}  // namespace theca
