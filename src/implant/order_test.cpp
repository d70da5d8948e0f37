// Which orders are taken: signed by the right people, for this implant, behind the one that runs, whole.
#include <gtest/gtest.h>

#include "implant/implant_testing.hpp"

namespace theca::example {
namespace {

Prescription therapy(std::uint32_t number, std::int64_t ul_per_day = 288) {
  return continuous(number, morphine(1, 1), microlitres_per_day(ul_per_day));
}

struct Orders : testing::Test {
  Orders() {
    practice.implant(therapy(1));
    practice.bench.pass(kVisit);  // another visit
    practice.bench.pass(hours(1));
  }
  link::Order good(std::int64_t ul_per_day = 300) {
    return practice.order(link::OrderKind::kPrescribe,
                          therapy(practice.bench.pump().newest_prescription() + 1, ul_per_day));
  }
  Talk& talk() {
    open = practice.as(practice.physician);
    if (!open) throw std::runtime_error("no session");
    return *open;
  }
  /// Refused, and nothing is on offer then, nothing can be committed, nothing has changed.
  void refuses(LinkAnswer answer, const link::Order& order, const std::vector<Person>& signers,
               const char* why) {
    SCOPED_TRACE(why);
    const std::int64_t writes = practice.bench.flash().writes();
    Talk& with = talk();
    const std::int64_t entered = practice.bench.flash().writes();
    EXPECT_EQ(practice.offer(with, order, signers).answer, answer);
    EXPECT_EQ(practice.told(with, practice.commit_of(order)).answer, LinkAnswer::kNothingOffered);
    EXPECT_EQ(practice.bench.flash().writes(), entered) << writes;
    EXPECT_EQ(practice.bench.pump().prescription().number, 1U);
  }
  Practice practice;
  std::unique_ptr<Talk> open;
};

TEST_F(Orders, INV_10_are_signed_by_physicians_of_this_clinic_for_this_implant) {
  const Person& signer = practice.signer;
  refuses(LinkAnswer::kSignerNotAllowed, good(), {practice.clinic.signer(Role::kNurse)}, "a nurse");
  refuses(LinkAnswer::kSignerNotAllowed, good(), {practice.clinic.signer(Role::kPatient)}, "a patient");
  refuses(LinkAnswer::kSignerNotAllowed, good(), {practice.clinic.signer(Role::kService)}, "service");
  refuses(LinkAnswer::kSignerNotAllowed, good(), {signer, signer}, "one person twice");
  Person twin = signer;  // the same person with another certificate
  twin.certificate = practice.clinic.certificate(Role::kPhysician, link::kMaySign,
                                                 Sodium::signing_public_of(signer.secret), false);
  refuses(LinkAnswer::kSignerNotAllowed, good(), {signer, twin}, "one key under two serials");
  Person same_serial = practice.second;
  practice.clinic.next_serial = link::read<link::RoleCertificate>(signer.certificate)->serial;
  same_serial.certificate = practice.clinic.certificate(Role::kPhysician, link::kMaySign,
                                                        Sodium::signing_public_of(same_serial.secret), false);
  practice.clinic.next_serial = 900;
  refuses(LinkAnswer::kSignerNotAllowed, good(), {signer, same_serial}, "one serial with two keys");
  Person speaker = signer;
  speaker.certificate = practice.clinic.certificate(Role::kPhysician, link::kMaySpeak,
                                                    Sodium::signing_public_of(signer.secret), false);
  refuses(LinkAnswer::kSignerNotAllowed, good(), {speaker}, "who may speak, not sign");
  Person any = signer;
  any.certificate = practice.clinic.certificate(Role::kPhysician, link::kMaySign,
                                                Sodium::signing_public_of(signer.secret), true);
  refuses(LinkAnswer::kSignerNotAllowed, good(), {any}, "a certificate for no implant");
  Clinic elsewhere;
  elsewhere.seed.fill(78);
  elsewhere.implant = practice.clinic.implant;
  refuses(LinkAnswer::kSignatureWrong, good(), {elsewhere.signer()}, "another clinic");
  Person thief = signer;
  thief.secret = practice.clinic.random.next();
  refuses(LinkAnswer::kSignatureWrong, good(), {thief}, "a certificate for another key");
  Person torn = signer;
  torn.certificate[50] ^= 1;
  refuses(LinkAnswer::kSignatureWrong, good(), {torn}, "a certificate with a turned bit");
  refuses(LinkAnswer::kSignatureWrong, good(), {signer, thief}, "a second that is wrong");
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(2, 300), {signer}).answer, LinkAnswer::kDone);
}

TEST_F(Orders, INV_10_a_signature_of_another_order_is_none) {
  Talk& with = talk();
  const link::Order order = good();
  const auto bytes = link::written(order);
  const link::Hash digest = link::digest_of<Sodium>(bytes);
  practice.told(with, link::Offer{digest, 1});
  link::OfferSignature signature;
  signature.certificate = practice.signer.certificate;
  signature.key = Sodium::signing_public_of(practice.signer.secret);
  link::Hash other = digest;
  other[31] ^= 1;
  signature.signature = link::sign_order(practice.signer.secret, other);
  practice.told(with, signature);
  link::Outcome last;
  for (std::size_t i = 0; i < link::kOrderBlocks; ++i)
    last = practice.told(with, link::OfferBlock{static_cast<std::uint8_t>(i), link::block_of(bytes, i)});
  EXPECT_EQ(last.answer, LinkAnswer::kSignatureWrong);
}

TEST_F(Orders, INV_10_are_for_this_implant_and_follow_the_one_that_runs) {
  const std::vector<Person> one{practice.signer};
  const auto with = [&](auto&& change) {
    link::Order order = good();
    change(order);
    return order;
  };
  using link::Order;
  refuses(LinkAnswer::kOtherImplant, with([](Order& o) { o.implant[7] ^= 1; }), one, "another implant");
  refuses(LinkAnswer::kParentDiffers, with([](Order& o) { o.parent[0] ^= 1; }), one, "another parent");
  refuses(LinkAnswer::kParentDiffers, with([](Order& o) { o.parent = {}; }), one, "no parent");
  refuses(LinkAnswer::kNumberNotNext, with([](Order& o) {
            o.number = 1;
            o.prescription = encode(therapy(1, 300));
          }),
          one, "the number that runs");
  refuses(LinkAnswer::kNumberNotNext, with([](Order& o) {
            o.number = 1 + link::kLongestLeap + 1;
            o.prescription = encode(therapy(o.number, 300));
          }),
          one, "a number that leaps");
  refuses(LinkAnswer::kNumberNotNext, with([](Order& o) { o.number = 3; }), one,
          "not the prescription's number");
  refuses(LinkAnswer::kSettingsDiffer, with([](Order& o) { o.path.tubing = o.path.tubing + nanolitres(1); }),
          one, "another path (the tubing constant of a recall)");
  refuses(LinkAnswer::kSettingsDiffer, with([](Order& o) { o.low_alarm = o.low_alarm + nanolitres(1); }), one,
          "another level of the alarm");
  refuses(LinkAnswer::kSettingsDiffer, with([](Order& o) {
            o.kind = link::OrderKind::kRevise;
            o.ceilings.day = o.ceilings.day - nanolitres(1);
          }),
          one, "a revision with other ceilings");
  refuses(LinkAnswer::kRefusedByPump, with([](Order& o) { o.kind = link::OrderKind::kImplant; }), one,
          "an implantation of what is implanted");
  refuses(LinkAnswer::kRefusedByPump, with([](Order& o) { o.prescription[0] ^= 0x55; }), one,
          "no prescription");
  refuses(LinkAnswer::kRefusedByPump, with([](Order& o) { o.prescription = encode(therapy(2, 10)); }), one,
          "below what the pump can give");
  refuses(LinkAnswer::kOrderMalformed, with([](Order& o) { o.version = 0; }), one, "another version");
}

TEST_F(Orders, INV_6_what_the_pump_has_against_it_at_the_commit_leaves_the_order_before) {
  const link::Hash before = practice.bench.stored().order();
  const link::Outcome outcome =
      practice.take(link::OrderKind::kPrescribe, continuous(2, morphine(9, 1), microlitres_per_day(288)),
                    {practice.signer, practice.second});
  EXPECT_EQ(outcome.answer, LinkAnswer::kRefusedByPump) << "the reservoir holds another fluid";
  EXPECT_EQ(practice.bench.stored().order(), before);
  EXPECT_EQ(practice.bench.stored().sequence(), 1U);
  practice.bench.reboot();
  const auto running = talk().ask(link::ReadOrder{link::WhichOrder::kRunning, 0});
  EXPECT_TRUE(running && *running) << "it can still be read";
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(2, 300), {practice.signer}).answer,
            LinkAnswer::kDone);
}

/// RT-08: more than the order before allows to one signer needs two.
TEST_F(Orders, INV_10_a_rise_beyond_what_one_signer_may_needs_two) {
  const auto rise_to = [&](std::int64_t ul) { return good(ul); };
  // 288 a day and a fifth more: 345.6.
  refuses(LinkAnswer::kSecondSigner, rise_to(346), {practice.signer}, "just above a fifth");
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(2, 345), {practice.signer}).answer,
            LinkAnswer::kDone);
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(3, 900), {practice.signer}).answer,
            LinkAnswer::kSecondSigner);
  EXPECT_EQ(
      practice.take(link::OrderKind::kPrescribe, therapy(3, 900), {practice.signer, practice.second}).answer,
      LinkAnswer::kDone);
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(4, 100), {practice.signer}).answer,
            LinkAnswer::kDone)
      << "less by one";
}

/// RT-08: what would let a dose rise later is as good as the rise.
TEST_F(Orders, RT_08_INV_4_wider_ceilings_a_larger_rise_and_another_fluid_need_two) {
  const auto altered = [&](auto&& alter, link::OrderKind kind = link::OrderKind::kPrescribe) {
    link::Order order = practice.order(kind, therapy(practice.bench.pump().newest_prescription() + 1, 288));
    order.ceilings = {microlitres(300), millilitres(3), millilitres(80)};
    alter(order);
    return order;
  };
  const auto asked = [&](const link::Order& order, std::vector<Person> signers) {
    return practice.offer(talk(), order, std::move(signers)).answer;
  };
  {
    const link::Order narrow = altered([](link::Order&) {});
    ASSERT_EQ(asked(narrow, {practice.signer}), LinkAnswer::kDone) << "narrower";
    ASSERT_EQ(practice.told(*open, practice.commit_of(narrow)).answer, LinkAnswer::kDone);
  }
  practice.bench.pass(hours(13));
  practice.clinic.ahead_s = 20 * 3'600;  // tomorrow's certificates
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  const std::vector<Person> one{practice.clinic.signer()}, two{one[0], practice.clinic.signer()};
  EXPECT_EQ(asked(altered([](link::Order&) {}), one), LinkAnswer::kDone) << "as it was";
  EXPECT_EQ(asked(altered([](link::Order& o) { o.largest_rise_ppm /= 2; }), one), LinkAnswer::kDone);
  const auto loosened = [&](const char* what, auto&& alter) {
    EXPECT_EQ(asked(altered(alter), one), LinkAnswer::kSecondSigner) << what;
    EXPECT_EQ(asked(altered(alter), two), LinkAnswer::kDone) << what;
  };
  loosened("hour", [](link::Order& o) { o.ceilings.hour = o.ceilings.hour + nanolitres(1); });
  loosened("day", [](link::Order& o) { o.ceilings.day = o.ceilings.day + nanolitres(1); });
  loosened("30 days",
           [](link::Order& o) { o.ceilings.thirty_days = o.ceilings.thirty_days + nanolitres(1); });
  loosened("rise", [](link::Order& o) { ++o.largest_rise_ppm; });
  // Half as strong a fluid, and the same volume: a smaller dose, and another fluid all the same.
  Prescription weaker =
      continuous(practice.bench.pump().newest_prescription() + 1, morphine(2, 1), microlitres_per_day(288));
  weaker.formulation.components[0].concentration = nanograms_per_millilitre(500'000);
  const auto refill = [&](link::Order& o) { o.prescription = encode(weaker); };
  EXPECT_EQ(asked(altered(refill, link::OrderKind::kRefill), one), LinkAnswer::kSecondSigner);
  EXPECT_EQ(asked(altered(refill, link::OrderKind::kRefill), two), LinkAnswer::kDone);
}

TEST_F(Orders, INV_10_behind_an_order_that_nobody_can_read_two_have_to_sign) {
  practice.bench.spoil_pages(kOrderPage);
  practice.bench.reboot();
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(2, 288), {practice.signer}).answer,
            LinkAnswer::kSecondSigner);
  EXPECT_EQ(
      practice.take(link::OrderKind::kPrescribe, therapy(2, 288), {practice.signer, practice.second}).answer,
      LinkAnswer::kDone);
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(3, 288), {practice.signer}).answer,
            LinkAnswer::kDone);
}

TEST_F(Orders, INV_6_parts_that_are_missing_doubled_swapped_or_foreign_discard_the_offer) {
  const link::Order order = good();
  const auto bytes = link::written(order);
  const link::Hash digest = link::digest_of<Sodium>(bytes);
  const auto block = [&](std::size_t i) {
    return link::OfferBlock{static_cast<std::uint8_t>(i), link::block_of(bytes, i)};
  };
  link::OfferSignature signature;
  signature.certificate = practice.signer.certificate;
  signature.key = Sodium::signing_public_of(practice.signer.secret);
  signature.signature = link::sign_order(practice.signer.secret, digest);
  Talk& with = talk();
  const auto begin = [&](std::uint8_t signers = 1) { practice.told(with, link::Offer{digest, signers}); };
  const auto gone = [&](const char* why) {
    EXPECT_EQ(practice.told(with, practice.commit_of(order)).answer, LinkAnswer::kNothingOffered) << why;
  };
  const auto foreign = [&](const auto& part, const char* why) {
    EXPECT_EQ(practice.told(with, part).answer, LinkAnswer::kOfferForeign) << why;
    gone(why);
  };
  foreign(signature, "a signature of nothing");
  foreign(block(0), "a block of nothing");
  begin();
  foreign(block(0), "a block before the signature");
  begin();
  practice.told(with, signature);
  foreign(signature, "a signature too many");
  begin(2);
  practice.told(with, signature);
  foreign(signature, "the first signature in place of the second");
  begin(2);
  practice.told(with, signature);
  foreign(block(0), "a signature missing");
  for (std::size_t at = 0; at < link::kOrderBlocks; ++at) {
    const auto up_to = [&] {
      begin();
      practice.told(with, signature);
      for (std::size_t i = 0; i < at; ++i) practice.told(with, block(i));
    };
    up_to();
    EXPECT_EQ(practice.told(with, practice.commit_of(order)).answer, LinkAnswer::kOfferIncomplete);
    if (at > 0) {
      foreign(block(at - 1), "doubled");
    }
    if (at + 1 < link::kOrderBlocks) {
      up_to();
      foreign(block(at + 1), "one left out");
    }
    up_to();
    if (at > 0) foreign(signature, "a signature among the blocks");
  }
  begin();
  practice.told(with, signature);
  for (std::size_t i = 0; i < link::kOrderBlocks; ++i) {
    auto part = block(i);
    if (i == 1) part.bytes[17] ^= 1;
    const auto said = practice.told(with, part);
    const bool is_last = i + 1 == link::kOrderBlocks;
    EXPECT_EQ(said.answer, is_last ? LinkAnswer::kDigestDiffers : LinkAnswer::kDone);
  }
  gone("a bit of another order");
  begin();
  practice.told(with, signature);
  for (std::size_t i = 0; i + 1 < link::kOrderBlocks; ++i) practice.told(with, block(i));
  auto last = block(link::kOrderBlocks - 1);
  last.bytes.back() = 1;
  foreign(last, "something behind the end");
  ASSERT_EQ(practice.offer(with, order, {practice.signer}).answer, LinkAnswer::kDone);
  foreign(block(link::kOrderBlocks - 1), "a block too many");
  ASSERT_EQ(practice.offer(with, order, {practice.signer}).answer, LinkAnswer::kDone);
  EXPECT_EQ(practice.told(with, link::Discard{}).answer, LinkAnswer::kDone);
  gone("discarded");
}

TEST_F(Orders, INV_7_a_commit_names_digest_number_and_sequence) {
  Talk& with = talk();
  const link::Order order = good();
  ASSERT_EQ(practice.offer(with, order, {practice.signer}).answer, LinkAnswer::kDone);
  const auto with_change = [&](auto&& change) {
    link::Commit commit = practice.commit_of(order);
    change(commit);
    return practice.told(with, commit).answer;
  };
  EXPECT_EQ(with_change([](link::Commit& c) { c.digest[3] ^= 1; }), LinkAnswer::kDigestDiffers);
  EXPECT_EQ(with_change([](link::Commit& c) { ++c.number; }), LinkAnswer::kDigestDiffers);
  EXPECT_EQ(with_change([](link::Commit& c) { ++c.sequence; }), LinkAnswer::kSequenceDiffers);
  EXPECT_EQ(with_change([](link::Commit& c) { --c.sequence; }), LinkAnswer::kSequenceDiffers);
  EXPECT_EQ(practice.bench.pump().prescription().number, 1U);
  EXPECT_EQ(with_change([](link::Commit&) {}), LinkAnswer::kDone);
  EXPECT_EQ(practice.bench.pump().prescription().number, 2U);
}

TEST_F(Orders, an_offer_lasts_five_minutes_and_not_beyond_its_session) {
  {
    Talk& with = talk();
    const link::Order order = good();
    ASSERT_EQ(practice.offer(with, order, {practice.signer}).answer, LinkAnswer::kDone);
    const auto wait = [&](Duration time) {
      for (Duration left = time; left.raw() > 0; left = left - seconds(30)) {
        practice.bench.pass(std::min(left, seconds(30)));
        ASSERT_TRUE(with.ask(link::ReadStatus{}).has_value());
      }
    };
    wait(kOfferLasts - seconds(5));
    EXPECT_TRUE(with.ask(link::ReadOrder{link::WhichOrder::kOffered, 0})->has_value());
    wait(seconds(6));
    EXPECT_EQ(practice.told(with, practice.commit_of(order)).answer, LinkAnswer::kOfferTooOld);
    EXPECT_EQ(practice.told(with, practice.commit_of(good(8))).answer, LinkAnswer::kNothingOffered)
        << "another one";
    ASSERT_EQ(practice.offer(with, order, {practice.signer}).answer, LinkAnswer::kDone);
  }
  Talk& another = talk();
  EXPECT_EQ(practice.told(another, practice.commit_of(good())).answer, LinkAnswer::kNothingOffered);
}

/// The level of an alarm that nobody could read would shut the next order out.
TEST(OrdersAfterALoss, INV_11_a_pump_that_lost_its_limits_tells_the_low_alarm_that_it_goes_by_now) {
  Practice practice;
  practice.pair();
  {
    auto with = practice.as(practice.physician);
    link::Order first = practice.order(link::OrderKind::kImplant, therapy(1));
    first.low_alarm = kRoller.low_alarm + millilitres(1);
    ASSERT_EQ(practice.offer(*with, first, {practice.signer}).answer, LinkAnswer::kDone);
    ASSERT_EQ(practice.told(*with, practice.commit_of(first)).answer, LinkAnswer::kDone);
    const auto status = with->ask(link::ReadStatus{});
    EXPECT_EQ((*status)->low_alarm, first.low_alarm);
  }
  practice.bench.spoil(RecordId::kLimits);
  practice.bench.reboot(false);
  auto with = practice.as(practice.physician);
  const auto status = with->ask(link::ReadStatus{});
  EXPECT_EQ((*status)->low_alarm, kRoller.low_alarm);

  link::Order next = practice.order(link::OrderKind::kPrescribe, therapy(2));
  next.path = (*status)->path;
  next.low_alarm = (*status)->low_alarm;
  EXPECT_EQ(practice.offer(*with, next, {practice.signer, practice.second}).answer, LinkAnswer::kDone);
}

}  // namespace
}  // namespace theca::example
