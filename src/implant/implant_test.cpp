// The whole device over the air: who gets in, what is taken, what is refused, and that nothing else changes
// anything.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "implant/implant_testing.hpp"

namespace theca::example {
namespace {

Prescription basal(std::uint32_t number, std::int64_t ul_per_day = 288) {
  return continuous(number, morphine(1, 1), microlitres_per_day(ul_per_day));
}

TEST(Implant, a_fresh_one_has_an_identity_and_speaks_to_nobody_without_its_card) {
  Practice practice;
  EXPECT_EQ(practice.bench.implant().state(), DeviceState::kUnpaired);
  link::CallerKeys wrong = practice.card_keys();
  wrong.pairing[0] ^= 1;
  EXPECT_EQ(practice.talk(wrong), nullptr);
  EXPECT_TRUE(practice.bench.from_air.empty()) << "it is silent";
  auto card = practice.talk(practice.card_keys());
  ASSERT_NE(card, nullptr);
  const auto status = card->ask(link::ReadStatus{});
  ASSERT_TRUE(status && *status);
  EXPECT_EQ((*status)->state, DeviceState::kUnpaired);
}

TEST(Implant, pairs_and_the_card_is_worth_nothing_then) {
  Practice practice;
  practice.pair();
  EXPECT_EQ(practice.bench.implant().paired(), Paired::kYes);
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr);
  EXPECT_NE(practice.as(practice.physician), nullptr);
}

TEST(Implant, implants_over_the_link_and_delivers) {
  Practice practice;
  practice.implant(basal(1));
  EXPECT_EQ(practice.bench.implant().state(), DeviceState::kDelivering);
  practice.bench.pass(hours(24));
  EXPECT_NEAR(static_cast<double>(practice.bench.pump().commanded()), 28'800, 2);
}

TEST(Implant, INV_11_reads_back_the_very_bytes_that_were_signed) {
  Practice practice;
  practice.implant(basal(1));
  auto physicians = practice.as(practice.physician);
  const link::Order order = practice.order(link::OrderKind::kPrescribe, basal(2, 250));
  ASSERT_EQ(practice.offer(*physicians, order, {practice.signer}).answer, LinkAnswer::kDone);
  link::OrderBytes back{};
  for (std::size_t i = 0; i < link::kOrderBlocks; ++i) {
    const auto part =
        physicians->ask(link::ReadOrder{link::WhichOrder::kOffered, static_cast<std::uint8_t>(i)});
    ASSERT_TRUE(part && *part);
    for (std::size_t b = 0; b < link::kBlockBytes && i * link::kBlockBytes + b < back.size(); ++b)
      back[i * link::kBlockBytes + b] = (*part)->bytes[b];
  }
  EXPECT_EQ(back, link::written(order));
  EXPECT_EQ(practice.told(*physicians, practice.commit_of(order)).answer, LinkAnswer::kDone);
  EXPECT_EQ(practice.bench.stored().order(), link::digest_of<Sodium>(back));
  EXPECT_EQ(practice.bench.pump().prescription().number, 2U);
}

}  // namespace
}  // namespace theca::example
