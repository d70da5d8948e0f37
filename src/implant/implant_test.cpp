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

/// What is asked by coil, as anybody may.
template <class M>
link::Frame asked(const M& message) {
  return link::Frame{link::FrameType::kAsked, link::asking(1, message).bytes()};
}

TEST(BreakGlass, INV_10_a_coil_without_a_key_lowers_delivery_and_it_comes_back_by_itself) {
  Practice practice;
  practice.implant(basal(1));
  Bench& bench = practice.bench;
  bench.near(false);
  bench.pass(hours(1));
  EXPECT_FALSE(bench.by_coil(asked(link::Lower{}).bytes())) << "without the field nobody is heard";
  bench.near(true);
  const auto told = bench.by_coil(asked(link::Lower{}).bytes());
  ASSERT_TRUE(told);
  const auto outcome = link::read<link::Outcome>(link::message_of(told->body())->body);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->answer, LinkAnswer::kDone);
  EXPECT_EQ(bench.pump().mode(), Mode::kLowered);
  EXPECT_EQ(bench.pump().status().flow, kRoller.minimum_rate);
  EXPECT_FALSE(bench.by_coil(asked(link::ReadPage{}).bytes())) << "it listens once a second";
  bench.pass(seconds(1));
  const auto page_frame = bench.by_coil(asked(link::ReadPage{}).bytes());
  ASSERT_TRUE(page_frame);
  const auto page = link::read<link::PageReply>(link::message_of(page_frame->body())->body);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->mode, Mode::kLowered);
  EXPECT_EQ(page->lowered_for, hours(4) - seconds(1)) << "as the order signed";
  bench.near(false);
  bench.pass(hours(4));
  EXPECT_EQ(bench.pump().mode(), Mode::kSimpleContinuous);
}

/// Every code, with every length of body: by coil nothing changes but that delivery may go down.
TEST(BreakGlass, INV_10_nothing_else_is_done_without_a_key) {
  Practice practice;
  practice.implant(basal(1));
  Bench& bench = practice.bench;
  const std::uint32_t sequence = bench.stored().sequence();
  const link::Hash order = bench.stored().order();
  for (int code = 0; code < 256; ++code) {
    if (static_cast<Opcode>(code) == Opcode::kLower) continue;
    for (const std::size_t size : {0U, 4U, 8U, 36U, 64U, 68U}) {
      bench.near(true);
      bench.pass(seconds(1));
      std::vector<std::uint8_t> plain(link::kMessageHead + size, 1);
      plain[0] = static_cast<std::uint8_t>(code);
      bench.by_coil(link::Frame{link::FrameType::kAsked, plain}.bytes());
      bench.near(false);
    }
  }
  EXPECT_EQ(bench.stored().sequence(), sequence);
  EXPECT_EQ(bench.stored().order(), order);
  EXPECT_EQ(bench.implant().state(), DeviceState::kDelivering);
  EXPECT_EQ(bench.pump().mode(), Mode::kSimpleContinuous);
  EXPECT_EQ(bench.implant().epoch(), 0U);
}

TEST(BreakGlass, INV_10_the_radio_asks_nothing_without_a_key) {
  Practice practice;
  practice.implant(basal(1));
  practice.bench.near(true);
  practice.bench.heard.clear();
  practice.bench.transmit(asked(link::Lower{}).bytes());
  EXPECT_TRUE(practice.bench.heard.empty());
  EXPECT_EQ(practice.bench.pump().mode(), Mode::kSimpleContinuous);
}

TEST(BreakGlass, INV_10_a_stopped_pump_stays_stopped) {
  Practice practice;
  practice.implant(basal(1));
  auto nurse = practice.as(practice.nurse);
  link::Stop stop;
  stop.sequence = practice.bench.stored().sequence();
  stop.intent = 1'000;
  ASSERT_EQ(practice.told(*nurse, stop).answer, LinkAnswer::kDone);
  ASSERT_TRUE(practice.bench.by_coil(asked(link::Lower{}).bytes()));
  practice.bench.near(false);
  practice.bench.pass(hours(10));
  EXPECT_EQ(practice.bench.implant().state(), DeviceState::kStopped);
}

/// Little by little is as much as at once.
TEST(Visit, one_signer_raises_once_in_twelve_hours_and_by_no_more_than_was_signed) {
  const auto offered = [](Practice& practice, std::int64_t ul_per_day, std::vector<Person> signers) {
    auto physicians = practice.as(practice.physician);
    const std::uint32_t number = practice.bench.pump().newest_prescription() + 1;
    const link::Order order = practice.order(link::OrderKind::kPrescribe, basal(number, ul_per_day));
    const link::Outcome outcome = practice.offer(*physicians, order, std::move(signers));
    if (outcome.answer != LinkAnswer::kDone) return outcome.answer;
    return practice.told(*physicians, practice.commit_of(order)).answer;
  };
  Practice practice;
  practice.implant(basal(1, 288));
  EXPECT_EQ(offered(practice, 289, {practice.signer}), LinkAnswer::kSecondSigner) << "the same visit";
  EXPECT_EQ(offered(practice, 200, {practice.signer}), LinkAnswer::kDone) << "down always";
  EXPECT_EQ(offered(practice, 288, {practice.signer}), LinkAnswer::kSecondSigner) << "and not up again";
  practice.bench.pass(kVisit - minutes(1));
  EXPECT_EQ(offered(practice, 201, {practice.signer}), LinkAnswer::kSecondSigner);
  practice.bench.pass(minutes(2));
  EXPECT_EQ(offered(practice, 241, {practice.signer}), LinkAnswer::kSecondSigner) << "a fifth is 240";
  EXPECT_EQ(offered(practice, 240, {practice.signer}), LinkAnswer::kDone);
  EXPECT_EQ(offered(practice, 241, {practice.signer}), LinkAnswer::kSecondSigner);
  EXPECT_EQ(offered(practice, 700, {practice.signer, practice.second}), LinkAnswer::kDone) << "two may";
}

}  // namespace
}  // namespace theca::example
