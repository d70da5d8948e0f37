// What the signer gives is what an implant takes: the two judge apart from each other, and agree.
#include <gtest/gtest.h>

#include "implant/implant_testing.hpp"
#include "signer/signer_testing.hpp"

namespace theca::signer::example {
namespace {

struct OnTheBench : testing::Test {
  theca::example::Practice practice;
  std::optional<Desk> own;

  void SetUp() override {
    practice.pair();
    own.emplace(practice.clinic.seed);
    own->implant = practice.clinic.implant;
    own->now = theca::example::kSummer2026;
  }
  void pass(Duration time) {
    practice.bench.pass(time);
    own->now += time.raw() / 1'000;
    practice.clinic.ahead_s = own->now - theca::example::kSummer2026;
    practice.physician = practice.clinic.speaker(Role::kPhysician);  // a certificate of the day
  }
  link::Outcome offered(theca::example::Talk& talk, const link::Order& order,
                        const std::vector<link::SignedBy>& by) {
    const auto bytes = link::written(order);
    const auto said = link::offer(talk, bytes, link::digest_of<Sodium>(bytes), by);
    if (!said) throw std::runtime_error("no answer");
    return *said;
  }
  /// Signed, offered, committed.
  LinkAnswer taken(const link::Order& order, const std::optional<link::Order>& parent,
                   const std::vector<SoftwareKey*>& by) {
    const auto answer = own->sign(order, parent, by);
    if (!answer) throw std::runtime_error(answer.error().message);
    const auto talk = practice.as(practice.physician);
    if (!talk) throw std::runtime_error("no session");
    const link::Outcome offer = offered(*talk, order, answer->signatures);
    return offer.answer == LinkAnswer::kDone ? practice.told(*talk, practice.commit_of(order)).answer
                                             : offer.answer;
  }
};

TEST_F(OnTheBench, RT_30_an_implant_takes_what_the_signer_signs) {
  Desk& desk = *own;
  const link::Order first = desk.order(Desk::therapy(1, 300));
  ASSERT_EQ(taken(first, std::nullopt, {&desk.doctor}), LinkAnswer::kDone);
  EXPECT_EQ(practice.bench.stored().order(), link::digest_of<Sodium>(link::written(first)));
  pass(kVisit + hours(1));
  const link::Order second = desk.order(Desk::therapy(2, 357), first);
  ASSERT_EQ(taken(second, first, {&desk.second}), LinkAnswer::kDone);
  pass(kVisit + hours(1));
  const link::Order third = desk.order(Desk::therapy(3, 600), second);
  const auto alone = desk.sign(third, second, {&desk.doctor});
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().why, SigningRefusal::kSecondClinician);
  EXPECT_EQ(taken(third, second, {&desk.doctor, &desk.second}), LinkAnswer::kDone);
  EXPECT_EQ(practice.bench.pump().prescription().basal.rate, microlitres_per_day(600));
}

TEST_F(OnTheBench, RT_30_an_implant_takes_no_signature_of_another_order) {
  Desk& desk = *own;
  const link::Order order = desk.order(Desk::therapy(1, 300)), other = desk.order(Desk::therapy(1, 301));
  const auto answer = desk.sign(order, std::nullopt, {&desk.doctor});
  ASSERT_TRUE(answer);
  const auto talk = practice.as(practice.physician);
  ASSERT_TRUE(talk);
  EXPECT_EQ(offered(*talk, other, answer->signatures).answer, LinkAnswer::kSignatureWrong);
  Desk elsewhere;  // another clinic's signer, with the same people
  elsewhere.implant = desk.implant;
  const auto theirs = elsewhere.sign(order, std::nullopt, {&elsewhere.doctor});
  ASSERT_TRUE(theirs);
  EXPECT_EQ(offered(*talk, order, theirs->signatures).answer, LinkAnswer::kSignatureWrong);
  EXPECT_EQ(offered(*talk, order, answer->signatures).answer, LinkAnswer::kDone);
}

}  // namespace
}  // namespace theca::signer::example
