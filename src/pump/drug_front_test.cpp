#include "pump/drug_front.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <utility>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using example::morphine;

constexpr Volume kPath = microlitres(375);

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

TEST(DrugFront, a_dry_path_fills_from_the_reservoir) {
  DrugFront front{kPath, Formulation{}};
  EXPECT_FALSE(front.change_on_its_way());
  ASSERT_TRUE(front.change_reservoir(morphine(1, 20)));
  EXPECT_TRUE(front.change_on_its_way());
  EXPECT_EQ(front.path(), kPath);
  EXPECT_EQ(front.until_reservoir_reaches_tip(), kPath);
  front.push(microlitres(374));
  EXPECT_EQ(front.at_tip().number, 0U);
  EXPECT_EQ(front.in_reservoir().number, 1U);
  EXPECT_EQ(front.until_tip_changes(), microlitres(1));
  EXPECT_EQ(front.until_reservoir_reaches_tip(), microlitres(1));
  front.push(microlitres(1));
  EXPECT_EQ(front.at_tip(), morphine(1, 20));
  EXPECT_EQ(front.until_reservoir_reaches_tip(), nanolitres(0));
  EXPECT_FALSE(front.change_on_its_way());
}

TEST(DrugFront, the_tip_keeps_its_fluid_until_the_last_nanolitre_has_left) {
  DrugFront front{kPath, morphine(1, 10)};
  front.change_reservoir(morphine(2, 20));
  front.push(kPath - nanolitres(1));
  EXPECT_EQ(front.at_tip().number, 1U);
  front.push(nanolitres(1));
  EXPECT_EQ(front.at_tip().number, 2U);
}

TEST(DrugFront, one_push_may_carry_several_fluids_out) {
  DrugFront front{kPath, morphine(1, 10)};
  front.change_reservoir(morphine(2, 20));
  front.push(microlitres(5));
  front.change_reservoir(morphine(3, 30));
  front.push(microlitres(5));
  EXPECT_EQ(front.until_reservoir_reaches_tip(), kPath - microlitres(5));
  front.push(kPath * 3);
  EXPECT_EQ(front.at_tip().number, 3U);
  EXPECT_EQ(front.until_reservoir_reaches_tip(), nanolitres(0));
}

TEST(DrugFront, a_fluid_that_never_left_the_reservoir_leaves_no_trace) {
  DrugFront front{kPath, morphine(1, 10)};
  front.change_reservoir(morphine(2, 20));
  front.change_reservoir(morphine(3, 30));
  front.push(kPath);
  EXPECT_EQ(front.at_tip().number, 3U);
  front.change_reservoir(morphine(2, 20));
  front.change_reservoir(morphine(3, 30));
  EXPECT_FALSE(front.change_on_its_way());
}

TEST(DrugFront, refuses_a_fluid_more_than_it_can_follow_and_changes_nothing) {
  DrugFront front{kPath, morphine(1, 10)};
  for (std::uint32_t number = 2; number <= kMaxFluids; ++number) {
    ASSERT_TRUE(front.change_reservoir(morphine(number, 20))) << number;
    front.push(microlitres(1));
  }
  EXPECT_FALSE(front.change_reservoir(morphine(99, 20)));
  EXPECT_EQ(front.in_reservoir().number, kMaxFluids);
  EXPECT_TRUE(front.change_reservoir(morphine(kMaxFluids, 20)));  // the fluid it holds is no other
  front.push(microlitres(375 - 7));
  EXPECT_EQ(front.at_tip().number, 2U);
  EXPECT_TRUE(front.change_reservoir(morphine(99, 20)));
  front.push(kPath);
  EXPECT_EQ(front.at_tip().number, 99U);
}

TEST(DrugFront, the_last_place_may_change_its_mind_before_it_is_filled) {
  DrugFront front{kPath, morphine(1, 10)};
  for (std::uint32_t number = 2; number < kMaxFluids; ++number) {
    front.change_reservoir(morphine(number, 20));
    front.push(microlitres(1));
  }
  ASSERT_TRUE(front.change_reservoir(morphine(50, 20)));
  ASSERT_TRUE(front.change_reservoir(morphine(51, 20)));
  front.push(microlitres(1));
  EXPECT_FALSE(front.change_reservoir(morphine(52, 20)));
  for (std::uint32_t expected : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 51U}) {
    EXPECT_EQ(front.at_tip().number, expected);
    front.push(front.until_tip_changes());
  }
}

TEST(DrugFront, pushing_nothing_changes_nothing) {
  DrugFront front{kPath, morphine(1, 10)};
  front.change_reservoir(morphine(2, 20));
  front.push(nanolitres(0));
  EXPECT_EQ(front.until_tip_changes(), kPath);
}

/// A path of any number of fluids, told in the plainest way: one entry a fluid, newest last.
struct PlainPath {
  std::deque<std::pair<std::uint32_t, std::int64_t>> fluids;
  void push(std::uint32_t number, std::int64_t volume) {
    if (fluids.back().first == number) {
      fluids.back().second += volume;
    } else {
      fluids.emplace_back(number, volume);
    }
    while (volume > 0) {
      const std::int64_t part = std::min(volume, fluids.front().second);
      fluids.front().second -= part;
      volume -= part;
      if (fluids.front().second == 0 && fluids.size() > 1) fluids.pop_front();
    }
  }
  [[nodiscard]] std::int64_t before(std::uint32_t reservoir) const {
    std::int64_t sum = 0;
    for (const auto& [number, volume] : fluids) sum += volume;
    return fluids.back().first == reservoir ? sum - fluids.back().second : sum;
  }
};

RC_GTEST_PROP(DrugFront, holds_the_paths_volume_for_ever_and_tells_both_fronts, ()) {
  DrugFront front{kPath, morphine(1, 10)};
  PlainPath plain{{{1U, kPath.raw()}}};
  std::uint32_t reservoir = 1;
  const auto deeds = *rc::gen::container<std::vector<std::pair<bool, std::int64_t>>>(
      rc::gen::pair(rc::gen::arbitrary<bool>(), within(1, kPath.raw() / 3)));
  for (const auto& [change, amount] : deeds) {
    if (change) {
      const auto number = static_cast<std::uint32_t>(1 + amount % 20);
      const bool new_place = plain.fluids.back().first == reservoir && number != reservoir;
      const bool taken = front.change_reservoir(morphine(number, 20));
      RC_ASSERT(taken == !(new_place && plain.fluids.size() == kMaxFluids));
      if (taken) reservoir = number;
    } else {
      front.push(Volume{amount});
      plain.push(reservoir, amount);
    }
    RC_ASSERT(front.in_reservoir().number == reservoir);
    RC_ASSERT(front.at_tip().number == plain.fluids.front().first);
    RC_ASSERT(front.until_tip_changes().raw() == plain.fluids.front().second);
    RC_ASSERT(front.until_reservoir_reaches_tip().raw() == plain.before(reservoir));
    DrugFront drained = front;
    Volume left = front.until_reservoir_reaches_tip();
    std::size_t fluids = 0;
    while (drained.at_tip().number != reservoir || drained.until_reservoir_reaches_tip().raw() > 0) {
      RC_ASSERT(++fluids <= kMaxFluids);
      left -= drained.until_tip_changes();
      drained.push(drained.until_tip_changes());
    }
    RC_ASSERT(left == nanolitres(0));
  }
}

}  // namespace
}  // namespace theca
