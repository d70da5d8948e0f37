#include "link/energy_ledger.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

namespace theca::link {
namespace {

constexpr Charge kADay = link_allowance(Charge{});

/// Any load, near and far, in any rhythm: never more from the battery than the allowance of the time that has
/// passed, and whoever is near is always heard.
RC_GTEST_PROP(EnergyLedger, INV_13_INV_14_never_more_than_the_allowance_and_near_always,
              (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  EnergyLedger ledger{kADay};
  const std::int64_t start = static_cast<std::int64_t>(random() % 1'000'000'000);
  std::int64_t now = start;
  ledger.begin(Instant{} + milliseconds(now));
  Charge refused{}, asked{};
  for (int i = 0; i < 2'000; ++i) {
    const bool burst = random() % 10 != 0;
    now += static_cast<std::int64_t>(random() % (burst ? 2'000 : 86'400'000));
    const Charge cost = random() % 3 == 0 ? kEnergyCosts.handshake
                                          : kEnergyCosts.byte * static_cast<std::int64_t>(random() % 240);
    const bool near = random() % 2 == 0;
    asked = asked + cost;
    const bool paid = ledger.pay(Instant{} + milliseconds(now), cost, near);
    RC_ASSERT(paid || !near);
    if (!paid) refused = refused + cost;
    const std::int64_t seconds_gone = (now - start) / 1'000;
    RC_ASSERT(ledger.spent().raw() <= kADay.raw() / 86'400 * seconds_gone);
  }
  RC_ASSERT(ledger.spent() + ledger.harvested() + refused == asked);
}

TEST(EnergyLedger, saves_up_thirty_days_and_no_more_and_starting_again_fills_nothing) {
  EnergyLedger ledger{kADay};
  EXPECT_FALSE(ledger.pay(Instant{}, nanocoulombs(1), false)) << "it begins empty";
  const Instant later = Instant{} + days(400);
  EXPECT_TRUE(ledger.pay(later, kADay * 29, false));
  EXPECT_FALSE(ledger.pay(later, kADay * 2, false));
  EXPECT_TRUE(ledger.pay(later, kADay * 2, true)) << "the field pays";
  EXPECT_EQ(ledger.harvested(), kADay * 2);
  EXPECT_FALSE(ledger.pay(later - days(1), kADay * 2, false)) << "a clock that goes back fills nothing";
}

TEST(EnergyLedger, a_hundredth_of_the_battery_in_a_year) {
  EXPECT_LE(kADay.raw() * 365, millicoulombs(36'000).raw());
  EXPECT_GT(kADay.raw() * 366, millicoulombs(36'000).raw());
}

}  // namespace
}  // namespace theca::link
