// Keys over the link: nobody who was let in is shut out by a frame that is lost, a clock that is wrong or a
// clinic that has gone; and whoever was shut out stays out.
#include <gtest/gtest.h>

#include "implant/implant_testing.hpp"

namespace theca::example {
namespace {

Prescription therapy(std::uint32_t number, std::int64_t ul_per_day = 288) {
  return continuous(number, morphine(1, 1), microlitres_per_day(ul_per_day));
}

int told_of(const Practice& practice, KeyChange what) {
  int count = 0;
  for (const Event& event : practice.bench.journal())
    count += event.code == EventCode::kKeysChanged && event.detail == static_cast<std::uint8_t>(what) ? 1 : 0;
  return count;
}
bool has_alarm(Practice& practice, Alarm alarm) { return practice.bench.stored().status().alarms.has(alarm); }

// ---- opening --------------------------------------------------------------------------------------------

/// Of the frames of an opening each may be lost: whatever the pattern, whoever has the keys gets in when the
/// air is clear again.
TEST(Opening, INV_13_any_pattern_of_lost_frames_ends_in_a_session) {
  Practice prepared;
  prepared.implant(therapy(1));
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    Practice practice{prepared, 7};
    unsigned frames = 0;
    practice.line.lose = [&](link::Bytes, bool) {
      const bool lost = frames < 8 && (pattern >> frames & 1U) != 0;
      ++frames;
      return lost;
    };
    const Instant from = practice.bench.now();
    std::unique_ptr<Talk> talk;
    for (int tries = 0; tries < 3 && !talk; ++tries) {  // who hears nothing at all lifts the coil
      practice.bench.near(false);
      practice.bench.near(true);
      talk =
          std::make_unique<Talk>(practice.keys_of(practice.physician, practice.clinic_secret), practice.line);
      if (!talk->open()) talk.reset();
    }
    ASSERT_NE(talk, nullptr) << "pattern " << pattern;
    EXPECT_LE(practice.bench.now() - from, seconds(60)) << "pattern " << pattern;
    EXPECT_TRUE(talk->ask(link::ReadStatus{}).has_value()) << "pattern " << pattern;
  }
}

TEST(Opening, one_lost_frame_costs_no_second_try_of_the_programmer) {
  Practice prepared;
  prepared.implant(therapy(1));
  for (unsigned lost = 0; lost < 4; ++lost) {
    Practice practice{prepared, 7};
    unsigned frames = 0;
    practice.line.lose = [&](link::Bytes, bool) { return frames++ == lost; };
    EXPECT_NE(practice.as(practice.physician), nullptr) << "frame " << lost;
  }
}

// ---- new secrets ----------------------------------------------------------------------------------------

template <class M>
void opens_with_either_until_the_new_one_was_used(KeyChange told) {
  Practice practice;
  practice.implant(therapy(1));
  constexpr bool kPatients = M::kSecretFor == link::SecretFor::kPatient;
  const Person& who = kPatients ? practice.patient : practice.physician;
  const auto enters = [&](const link::Key& secret) {
    return practice.talk(practice.keys_of(who, secret)) != nullptr;
  };
  const link::Key before = kPatients ? practice.patient_secret : practice.clinic_secret;
  // Its answer is lost, twice; then it comes.
  for (int lost = 0; lost < 2; ++lost) {
    auto talk = practice.as(practice.physician);
    (void)practice.new_secret(*talk, M{});
    practice.bench.reboot();
    EXPECT_TRUE(enters(before)) << "an answer that is lost shuts nobody out";
  }
  auto talk = practice.as(practice.physician);
  const link::Key next = practice.new_secret(*talk, M{});
  practice.bench.reboot();
  EXPECT_TRUE(enters(before));
  EXPECT_TRUE(enters(next));
  EXPECT_FALSE(enters(before)) << "the new one was used";
  practice.bench.reboot();
  EXPECT_FALSE(enters(before));
  EXPECT_TRUE(enters(next));
  EXPECT_EQ(told_of(practice, told), 3 + (kPatients ? 1 : 0));
  EXPECT_EQ(told_of(practice, KeyChange::kInUse), 2) << "the first pairing's, and this one";
}
TEST(NewSecret, INV_10_of_the_clinic_opens_beside_the_old_one_until_it_was_used) {
  opens_with_either_until_the_new_one_was_used<link::Renew>(KeyChange::kRenewed);
}
TEST(NewSecret, INV_10_of_the_patient_opens_beside_the_old_one_until_it_was_used) {
  opens_with_either_until_the_new_one_was_used<link::PairPatient>(KeyChange::kPatientPaired);
}

/// A stolen programmer has the clinic's secret: it passes the gate, and takes the place of who was there,
/// until the secret is another.
TEST(NewSecret, RT_40_a_stolen_secret_does_not_pass_the_gate_once_another_was_used) {
  Practice practice;
  practice.implant(therapy(1));
  const auto stolen = practice.keys_of(practice.nurse, practice.clinic_secret);
  {
    auto talk = practice.as(practice.physician);
    practice.clinic_secret = practice.new_secret(*talk, link::Renew{});
  }
  ASSERT_NE(practice.as(practice.physician), nullptr);
  const auto handshakes = practice.bench.implant().counts().handshakes;
  EXPECT_EQ(practice.talk(stolen), nullptr);
  EXPECT_EQ(practice.bench.implant().counts().handshakes, handshakes);
}

/// With the clinic's own signature: whoever speaks for it may be a thief.
TEST(NewSecret, RT_40_INV_10_a_stolen_programmer_does_not_take_the_implant_for_itself) {
  Practice practice;
  practice.implant(therapy(1));
  auto talk = practice.as(practice.physician);
  const auto told = [&](const link::Renew& message) {
    const auto reply = talk->ask(message);
    return reply && !*reply ? reply->error().answer : LinkAnswer::kDone;
  };
  const link::Key& seed = practice.clinic.seed;
  const link::ShortId& implant = practice.clinic.implant;
  const link::Key share = practice.clinic.random.next();
  const link::Renew right = link::signed_renew(seed, implant, share, talk->number());
  EXPECT_EQ(told({share, {}}), LinkAnswer::kSignatureWrong);
  EXPECT_EQ(told({practice.clinic.random.next(), right.signature}), LinkAnswer::kSignatureWrong);
  EXPECT_EQ(told(link::signed_renew(seed, link::ShortId{1}, share, talk->number())),
            LinkAnswer::kSignatureWrong);
  EXPECT_EQ(told(link::signed_renew(seed, implant, share, {})), LinkAnswer::kSignatureWrong)
      << "for no session";
  EXPECT_EQ(told({share, link::signed_pair(seed, implant, share, talk->number()).signature}),
            LinkAnswer::kDone)
      << "the same secret's";
  EXPECT_EQ(told(right), LinkAnswer::kDone);
}

/// Found in a stolen programmer with its share, said again in another session.
TEST(NewSecret, RT_40_INV_10_what_was_signed_for_another_session_makes_none) {
  Practice practice;
  practice.implant(therapy(1));
  const auto signed_for = [&](const Talk& talk) {
    return link::signed_renew(practice.clinic.seed, practice.clinic.implant, practice.clinic.random.next(),
                              talk.number());
  };
  link::Renew untold, told;
  {
    auto talk = practice.as(practice.physician);
    untold = signed_for(*talk);
  }
  {
    auto talk = practice.as(practice.physician);
    told = signed_for(*talk);
    (void)talk->ask(told);  // its answer is lost
    const auto again = talk->ask(told);
    ASSERT_TRUE(again && *again);
    practice.clinic_secret =
        link::paired_secret<Sodium>(told.share, (*again)->share, link::SecretFor::kClinic);
  }
  practice.clinic_secret = practice.new_secret(*practice.as(practice.physician), link::Renew{});
  auto talk = practice.as(practice.physician);
  const int made = told_of(practice, KeyChange::kRenewed);
  for (const link::Renew& message : {untold, told}) {
    const auto reply = talk->ask(message);
    ASSERT_TRUE(reply && !*reply);
    EXPECT_EQ(reply->error().answer, LinkAnswer::kSignatureWrong);
  }
  EXPECT_EQ(told_of(practice, KeyChange::kRenewed), made);
  practice.bench.reboot();
  EXPECT_NE(practice.as(practice.physician), nullptr);
}

/// The card opens until the clinic's first session: whoever holds it as well hears no second answer.
TEST(NewSecret, INV_10_a_pairing_that_was_signed_for_another_session_is_none) {
  Practice practice;
  const auto signed_for = [&](const Talk& talk) {
    return link::signed_pair(practice.clinic.seed, practice.clinic.implant, practice.clinic.random.next(),
                             talk.number());
  };
  link::Pair untold, told;
  const auto refused = [&](Talk& talk, const link::Pair& message) {
    const auto reply = talk.ask(message);
    return reply && !*reply && reply->error().answer == LinkAnswer::kSignatureWrong;
  };
  untold = signed_for(*practice.talk(practice.card_keys()));
  {
    auto card = practice.talk(practice.card_keys());
    EXPECT_TRUE(refused(*card, untold));
    EXPECT_EQ(told_of(practice, KeyChange::kPaired), 0);
    EXPECT_EQ(practice.bench.implant().state(), DeviceState::kUnpaired);
    told = signed_for(*card);
    const auto reply = card->ask(told);
    ASSERT_TRUE(reply && *reply);
    practice.clinic_secret =
        link::paired_secret<Sodium>(told.share, (*reply)->share, link::SecretFor::kClinic);
  }
  auto card = practice.talk(practice.card_keys());
  ASSERT_NE(card, nullptr);
  EXPECT_TRUE(refused(*card, untold));
  EXPECT_TRUE(refused(*card, told));
  EXPECT_EQ(told_of(practice, KeyChange::kPaired), 1);
  EXPECT_NE(practice.as(practice.physician), nullptr) << "with the secret of before";
}

// ---- epochs ---------------------------------------------------------------------------------------------

link::RaiseEpoch raise(Practice& practice, std::uint32_t epoch, const link::NearFieldNonce& number = {},
                       std::int64_t utc_s = kSummer2026) {
  link::RaiseEpoch message;
  message.statement = {epoch, static_cast<std::uint32_t>(utc_s), practice.clinic.implant, number};
  message.signature = link::sign_epoch(practice.clinic.seed, message.statement);
  return message;
}

TEST(Epoch, INV_10_what_is_on_offer_and_who_is_in_do_not_outlive_it) {
  Practice practice;
  practice.implant(therapy(1));
  auto talk = practice.as(practice.physician);
  const link::Order order = practice.order(link::OrderKind::kPrescribe, therapy(2, 250));
  ASSERT_EQ(practice.offer(*talk, order, {practice.signer}).answer, LinkAnswer::kDone);
  ASSERT_EQ(practice.told(*talk, raise(practice, 1)).answer, LinkAnswer::kDone) << "it is answered";
  EXPECT_FALSE(practice.bench.implant().in_session()) << "by a certificate of before";
  EXPECT_FALSE(talk->tell(practice.commit_of(order)).has_value());
  // Somebody of the new epoch stays in, and what was signed before it is not on offer any more.
  practice.clinic.epoch = 1;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  practice.clinic.epoch = 2;
  const Person newer = practice.clinic.speaker(Role::kPhysician);
  auto other = practice.as(practice.physician);
  const Person signer = [&] {
    practice.clinic.epoch = 1;
    return practice.clinic.signer();
  }();
  ASSERT_EQ(practice.offer(*other, order, {signer}).answer, LinkAnswer::kDone);
  other = practice.as(newer);
  ASSERT_EQ(practice.offer(*other, order, {signer}).answer, LinkAnswer::kDone);
  ASSERT_EQ(practice.told(*other, raise(practice, 2)).answer, LinkAnswer::kDone);
  EXPECT_TRUE(practice.bench.implant().in_session());
  EXPECT_EQ(practice.told(*other, practice.commit_of(order)).answer, LinkAnswer::kNothingOffered);
  EXPECT_EQ(practice.bench.pump().newest_prescription(), 1U);
}

/// The first clock that the implant heard of was ten years ahead. Nobody honest is let in; somebody with a
/// certificate of a new epoch is, for one thing alone, and then everybody is.
TEST(Epoch, INV_10_a_wrong_clock_that_was_believed_is_mended_by_a_new_one) {
  Practice practice;
  practice.clinic.ahead_s = 10 * 365 * 86'400LL;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  practice.signer = practice.clinic.signer();
  practice.implant(therapy(1));
  practice.clinic.ahead_s = 0;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  EXPECT_EQ(practice.as(practice.physician), nullptr);
  EXPECT_EQ(practice.as(practice.patient), nullptr);
  practice.clinic.epoch = 1;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  auto talk = practice.as(practice.physician);
  ASSERT_NE(talk, nullptr);
  // One who has found what was signed for another moment gets nowhere with it.
  link::RaiseEpoch found = raise(practice, 1, link::NearFieldNonce{7});
  EXPECT_EQ(practice.told(*talk, found).answer, LinkAnswer::kSequenceDiffers);
  found.statement.implant[0] ^= 1;
  found.signature = link::sign_epoch(practice.clinic.seed, found.statement);
  EXPECT_EQ(practice.told(*talk, found).answer, LinkAnswer::kOtherImplant);
  const auto status = talk->ask(link::ReadStatus{});
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->error().answer, LinkAnswer::kNotThisRole);
  EXPECT_EQ(practice.told(*talk, practice.change<link::Stop>()).answer, LinkAnswer::kNotThisRole);
  EXPECT_EQ(practice.told(*talk, raise(practice, 1, talk->number())).answer, LinkAnswer::kDone);
  EXPECT_TRUE(talk->ask(link::ReadStatus{})->has_value());
  practice.patient = practice.clinic.speaker(Role::kPatient);
  EXPECT_NE(practice.as(practice.patient), nullptr);
  // What is over by the clinic's own word is over.
  practice.clinic.ahead_s = -2 * 86'400LL;
  EXPECT_EQ(practice.as(practice.clinic.speaker(Role::kPhysician)), nullptr);
}

/// A statement that has lain somewhere raises the epoch, and does not bring back what is over.
TEST(Epoch, INV_8_what_was_not_signed_for_this_session_does_not_set_the_time_back) {
  Practice practice;
  practice.implant(therapy(1));
  practice.clinic.epoch = 1;
  const Person stolen = practice.clinic.speaker(Role::kPhysician);
  practice.clinic.epoch = 0;
  practice.bench.pass(days(3));
  practice.clinic.ahead_s = 3 * 86'400;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  ASSERT_NE(practice.as(practice.physician), nullptr);
  auto thief = practice.as(stolen);
  ASSERT_NE(thief, nullptr) << "of a new epoch";
  EXPECT_EQ(practice.told(*thief, raise(practice, 1)).answer, LinkAnswer::kDone);
  EXPECT_EQ(practice.told(*thief, practice.change<link::Stop>()).answer, LinkAnswer::kNotThisRole);
  EXPECT_EQ(practice.as(stolen), nullptr) << "over";
}

// ---- to another clinic ----------------------------------------------------------------------------------

struct Heir : testing::Test {
  Practice practice;
  Clinic other;
  link::Key secret{};
  Heir() {
    practice.implant(therapy(1));
    other.seed.fill(70);
    other.implant = practice.clinic.implant;
  }
  void promise() {
    auto talk = practice.as(practice.physician);
    secret = practice.new_secret(*talk, practice.promise(other.key()));
  }
  std::unique_ptr<Talk> comes() {
    link::CallerKeys keys = practice.card_keys();
    keys.pairing = secret;
    return practice.talk(keys);
  }
  std::optional<link::Key> pairs(Talk& talk, const link::Key& seed) {
    const link::Pair ask =
        link::signed_pair(seed, practice.clinic.implant, other.random.next(), talk.number());
    const auto reply = talk.ask(ask);
    if (!reply || !*reply) return std::nullopt;
    return link::paired_secret<Sodium>(ask.share, (*reply)->share, link::SecretFor::kClinic);
  }
  bool enters(Clinic& clinic, const link::Key& key) {
    return practice.talk(practice.keys_of(clinic.speaker(Role::kPhysician), key)) != nullptr;
  }
};

TEST_F(Heir, INV_10_takes_over_what_was_promised_and_the_therapy_goes_on) {
  const auto order = practice.bench.stored().order();
  const std::int64_t steps_before = practice.bench.stored().status().steps_commanded;
  EXPECT_EQ(comes(), nullptr) << "nothing was promised";
  promise();
  practice.bench.reboot();
  EXPECT_NE(practice.as(practice.physician), nullptr) << "until the heir has come all stays as it is";
  {
    auto talk = practice.as(practice.physician);
    const auto status = talk->ask(link::ReadStatus{});
    EXPECT_EQ((*status)->promised.number, 1U);
    EXPECT_EQ((*status)->transfers, 1U);
  }
  // Its answer is lost: the secret opens again.
  ASSERT_TRUE(pairs(*comes(), other.seed).has_value());
  practice.bench.reboot();
  auto talk = comes();
  ASSERT_NE(talk, nullptr);
  const auto own = pairs(*talk, other.seed);
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(practice.as(practice.physician), nullptr) << "the clinic before it";
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr) << "the pack's card";
  ASSERT_TRUE(enters(other, *own));
  EXPECT_EQ(comes(), nullptr) << "it has done its work";
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr);
  EXPECT_EQ(practice.as(practice.patient), nullptr) << "a certificate of the clinic before it";
  practice.bench.reboot();
  EXPECT_TRUE(enters(other, *own));
  EXPECT_EQ(comes(), nullptr);
  EXPECT_EQ(practice.bench.stored().order(), order);
  practice.bench.pass(hours(1));
  EXPECT_GT(practice.bench.stored().status().steps_commanded, steps_before);
  // The other clinic's physician prescribes behind the order that runs.
  practice.clinic.seed = other.seed;
  practice.clinic_secret = *own;
  practice.bench.pass(hours(13));
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(2, 250), {practice.clinic.signer()}).answer,
            LinkAnswer::kDone);
}

TEST_F(Heir, INV_10_is_nobody_else) {
  promise();
  Clinic third;
  third.seed.fill(78);
  auto talk = comes();
  ASSERT_NE(talk, nullptr);
  EXPECT_FALSE(pairs(*talk, third.seed).has_value());
  EXPECT_FALSE(pairs(*talk, practice.clinic.seed).has_value());
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr) << "who has the pack's card alone";
  EXPECT_NE(practice.as(practice.physician), nullptr);
}

TEST_F(Heir, INV_8_INV_10_an_old_forged_or_foreign_promise_is_none) {
  auto talk = practice.as(practice.physician);
  const auto told = [&](link::Transfer transfer) {
    const auto reply = talk->ask(transfer);
    return reply && !*reply ? reply->error().answer : LinkAnswer::kDone;
  };
  link::Transfer wrong = practice.promise(other.key());
  wrong.signature[0] ^= 1;
  EXPECT_EQ(told(wrong), LinkAnswer::kSignatureWrong);
  wrong = practice.promise(other.key());
  wrong.token.number = 2;
  EXPECT_EQ(told(wrong), LinkAnswer::kSignatureWrong);
  wrong = practice.promise(other.key());
  wrong.token.implant[0] ^= 1;
  wrong.signature = link::sign_transfer(practice.clinic.seed, wrong.token);
  EXPECT_EQ(told(wrong), LinkAnswer::kOtherImplant);
  const link::Transfer right = practice.promise(other.key());
  EXPECT_EQ(told(right), LinkAnswer::kDone);
  Clinic third;
  third.seed.fill(78);
  EXPECT_EQ(told(practice.promise(third.key())), LinkAnswer::kNumberNotNext) << "a number is one promise";
  EXPECT_EQ(told(practice.promise(third.key(), 1'002)), LinkAnswer::kNumberNotNext) << "numbers do not leap";
  EXPECT_EQ(practice.told(*talk, link::RefuseTransfer{2}).answer, LinkAnswer::kSequenceDiffers);
  EXPECT_EQ(practice.told(*talk, link::RefuseTransfer{1}).answer, LinkAnswer::kDone);
  EXPECT_EQ(practice.told(*talk, link::RefuseTransfer{1}).answer, LinkAnswer::kDone) << "told again";
  EXPECT_EQ(told(right), LinkAnswer::kNumberNotNext) << "what was refused does not come back";
  practice.bench.reboot();
  talk = practice.as(practice.physician);
  EXPECT_EQ(told(right), LinkAnswer::kNumberNotNext);
}

TEST_F(Heir, INV_10_the_patient_may_say_no) {
  promise();
  {
    auto patient = practice.as(practice.patient);
    const auto own = patient->ask(link::ReadOwn{});
    ASSERT_EQ((*own)->promised.number, 1U);
    EXPECT_EQ(practice.told(*patient, link::RefuseTransfer{1}).answer, LinkAnswer::kDone);
    EXPECT_EQ((*patient->ask(link::ReadOwn{}))->promised.number, 0U);
  }
  EXPECT_EQ(comes(), nullptr);
  practice.bench.reboot();
  EXPECT_EQ(comes(), nullptr);
  EXPECT_EQ(told_of(practice, KeyChange::kRefused), 1);
}

TEST_F(Heir, INV_10_comes_within_thirty_days_or_not_at_all) {
  promise();
  practice.bench.pass(days(29));
  ASSERT_NE(comes(), nullptr);
  practice.bench.pass(days(2));
  EXPECT_EQ(comes(), nullptr);
  // One who has paired in time has come, whenever he first uses it.
  secret = {};
  {
    practice.clinic.ahead_s = 31 * 86'400LL;
    practice.physician = practice.clinic.speaker(Role::kPhysician);
    auto talk = practice.as(practice.physician);
    ASSERT_NE(talk, nullptr);
    secret = practice.new_secret(*talk, practice.promise(other.key(), 2));
  }
  const auto own = pairs(*comes(), other.seed);
  practice.bench.pass(days(40));
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr) << "the pack's card does not come back";
  EXPECT_NE(comes(), nullptr);
  EXPECT_TRUE(enters(other, *own));
}

/// The clinic has gone. Two of the three who made the implant sign, and the card of its pack is there.
struct Claimed : Heir {
  link::Claim claim(std::uint32_t number = 1, std::uint8_t first = 0, std::uint8_t second = 2) {
    link::Claim ask;
    ask.token = {link::kTransferVersion, practice.clinic.implant, link::heir_of<Sodium>(other.key()), number};
    for (const std::uint8_t i : {std::uint8_t{0}, std::uint8_t{1}}) {
      const std::uint8_t key = i == 0 ? first : second;
      ask.signatures[i] = {key, link::sign_transfer(vendor_seed(key), ask.token)};
    }
    ask.card = link::card_proof<Sodium>(practice.bench.implant().card(), ask.token);
    return ask;
  }
  LinkAnswer told(const link::Claim& ask) {
    practice.bench.pass(seconds(2));
    practice.bench.near(true);
    const auto frame =
        practice.bench.by_coil(link::Frame{link::FrameType::kAsked, link::asking(1, ask).bytes()}.bytes());
    if (!frame) throw std::runtime_error("no answer by coil");
    return link::read<link::Outcome>(link::message_of(frame->body())->body)->answer;
  }
};

TEST_F(Claimed, INV_10_by_two_of_three_and_the_card_counts_a_day_later) {
  ASSERT_EQ(told(claim()), LinkAnswer::kDone);
  EXPECT_EQ(told_of(practice, KeyChange::kClaimed), 1);
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr) << "not at once";
  practice.bench.pass(hours(23));
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr);
  {
    auto patient = practice.as(practice.patient);
    ASSERT_NE(patient, nullptr) << "all stays as it is";
    const auto own = patient->ask(link::ReadOwn{});
    EXPECT_EQ((*own)->promised.number, 1U);
    EXPECT_GT((*own)->promised.waits, minutes(50));
    EXPECT_LT((*own)->promised.waits, hours(1));
  }
  practice.bench.reboot(false);
  practice.bench.pass(hours(2));
  auto talk = practice.talk(practice.card_keys());  // the day is over
  ASSERT_NE(talk, nullptr);
  EXPECT_FALSE(pairs(*talk, practice.clinic.seed).has_value()) << "not the heir";
  const auto own = pairs(*talk, other.seed);
  ASSERT_TRUE(own.has_value());
  EXPECT_TRUE(enters(other, *own));
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr) << "the card has done its work again";
}

/// The clinic has promised it and its heir is in, when the registry promises it as well.
TEST_F(Claimed, INV_10_whoever_is_in_by_the_clinics_promise_waits_the_registrys_day_as_well) {
  promise();
  auto talk = comes();
  ASSERT_NE(talk, nullptr);
  practice.bench.pass(seconds(2));
  const link::Claim ask = claim(2);
  const auto told =
      practice.bench.by_coil(link::Frame{link::FrameType::kAsked, link::asking(1, ask).bytes()}.bytes());
  ASSERT_TRUE(told.has_value());
  EXPECT_FALSE(pairs(*talk, other.seed).has_value());
  EXPECT_NE(practice.as(practice.physician), nullptr);
}

TEST_F(Claimed, INV_10_the_patient_may_say_no_within_the_day) {
  ASSERT_EQ(told(claim()), LinkAnswer::kDone);
  practice.bench.pass(hours(20));
  ASSERT_EQ(practice.told(*practice.as(practice.patient), link::RefuseTransfer{1}).answer, LinkAnswer::kDone);
  practice.bench.pass(hours(10));
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr);
  EXPECT_EQ(told(claim()), LinkAnswer::kNumberNotNext) << "said again";
  practice.bench.pass(days(2));
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr);
}

TEST_F(Claimed, INV_8_INV_10_forged_foreign_or_half_signed_is_none) {
  const auto refused = [&](const char* what, LinkAnswer answer, auto&& alter) {
    link::Claim wrong = claim();
    alter(wrong);
    EXPECT_EQ(told(wrong), answer) << what;
  };
  using enum LinkAnswer;
  refused("one of them twice", kSignatureWrong, [](link::Claim& c) { c.signatures[1] = c.signatures[0]; });
  refused("a signature", kSignatureWrong, [](link::Claim& c) { c.signatures[0].signature[3] ^= 1; });
  refused("the other", kSignatureWrong, [](link::Claim& c) { c.signatures[1].signature[3] ^= 1; });
  refused("another's key", kSignatureWrong, [](link::Claim& c) { c.signatures[1].key = 1; });
  refused("without the card", kSignatureWrong, [](link::Claim& c) { c.card[15] ^= 1; });
  refused("another heir", kSignatureWrong, [](link::Claim& c) { c.token.heir[0] ^= 1; });
  refused("another implant", kOtherImplant, [](link::Claim& c) { c.token.implant[0] ^= 1; });
  promise();  // number 1, by the clinic
  EXPECT_EQ(told(claim(1)), kNumberNotNext);
  EXPECT_EQ(told(claim(2)), kDone);
  EXPECT_EQ(comes(), nullptr) << "the clinic's promise is replaced";
  // An implant that knows no vendor knows no registry.
  link::Vendor nobody;
  EXPECT_FALSE(
      link::two_have_signed<Sodium>(nobody, link::signed_of<Sodium>(claim().token), claim().signatures));
}

/// Who holds a copy of the heir's card pairs nobody else with the implant, the heir neither.
TEST_F(Heir, INV_10_pairs_with_its_own_signature) {
  promise();
  auto talk = comes();
  link::Pair forged =
      link::signed_pair(practice.clinic.seed, practice.clinic.implant, other.random.next(), talk->number());
  forged.clinic = other.key();
  const auto reply = talk->ask(forged);
  ASSERT_TRUE(reply && !*reply);
  EXPECT_EQ(reply->error().answer, LinkAnswer::kSignatureWrong);
  EXPECT_NE(practice.as(practice.physician), nullptr) << "nothing has happened";
}

/// Its answer was lost: told again it is the same promise, with another secret and no more time.
TEST_F(Heir, INV_10_a_promise_told_again_is_the_same_promise) {
  link::Transfer ask = practice.promise(other.key());
  {
    auto talk = practice.as(practice.physician);
    (void)practice.new_secret(*talk, ask);
    practice.bench.pass(seconds(20));
  }
  practice.bench.pass(days(20));
  practice.clinic.ahead_s = 20 * 86'400;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  {
    auto talk = practice.as(practice.physician);
    secret = practice.new_secret(*talk, ask);
  }
  EXPECT_NE(comes(), nullptr);
  practice.bench.pass(days(11));
  EXPECT_EQ(comes(), nullptr) << "thirty days after it was first made";
}

/// What is over or was refused does not come back when the clock is lost.
TEST_F(Heir, INV_8_a_lost_clock_brings_no_promise_back) {
  for (const bool refused : {false, true}) {
    if (!refused) promise();
    practice.bench.pass(days(31));
    practice.clinic.ahead_s += 31 * 86'400;
    practice.physician = practice.clinic.speaker(Role::kPhysician);
    const std::uint32_t number = refused ? 2 : 1;
    {
      auto talk = practice.as(practice.physician);
      ASSERT_NE(talk, nullptr);
      if (refused) {
        EXPECT_EQ(practice.told(*talk, link::RefuseTransfer{number}).answer, LinkAnswer::kDone);
      }
    }
    practice.bench.reboot(false);
    EXPECT_EQ(comes(), nullptr);
    if (refused) break;
    auto talk = practice.as(practice.physician);
    ASSERT_NE(talk, nullptr);
    secret = practice.new_secret(*talk, practice.promise(other.key(), 2));
  }
}

/// The coil lies on the skin while the promise ends.
TEST_F(Heir, a_promise_that_ends_under_the_coil_opens_nothing) {
  promise();
  practice.bench.near(false);
  practice.bench.numbers.clear();
  practice.bench.near(true);
  practice.bench.pass(days(30) + minutes(5));
  link::CallerKeys keys = practice.card_keys();
  keys.pairing = secret;
  Talk talk{keys, practice.line};
  EXPECT_FALSE(talk.open().has_value());
}

// ---- a memory that takes nothing ------------------------------------------------------------------------

TEST(Memory, INV_8_a_closed_card_opens_no_more_though_the_memory_does_not_take_it_and_says_so) {
  Practice practice;
  auto card = practice.talk(practice.card_keys());
  practice.clinic_secret = practice.new_secret(*card, link::Pair{});
  for (std::uint32_t page = 0; page < 4; ++page) practice.bench.flash().stick(kKeyringPage + page);
  EXPECT_NE(practice.as(practice.physician), nullptr) << "a physician must be able to stop the pump";
  EXPECT_TRUE(has_alarm(practice, Alarm::kKeysUnsafe));
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr);
  EXPECT_NE(practice.as(practice.physician), nullptr);
}

TEST(Memory, a_link_that_is_shut_for_good_is_an_alarm_and_the_pump_goes_on) {
  Practice practice;
  practice.implant(therapy(1));
  practice.bench.spoil_pages(kKeyringPage);
  practice.bench.reboot();
  EXPECT_TRUE(practice.bench.implant().shut());
  EXPECT_TRUE(has_alarm(practice, Alarm::kKeysUnsafe));
  const std::int64_t steps = practice.bench.stored().status().steps_commanded;
  practice.bench.pass(hours(2));
  EXPECT_GT(practice.bench.stored().status().steps_commanded, steps);
}

TEST(Memory, INV_6_a_change_that_no_page_takes_is_not_told_as_done) {
  Practice practice;
  practice.implant(therapy(1));
  auto talk = practice.as(practice.physician);
  for (std::uint32_t page = 0; page < kSlots * kSlotPages; ++page) practice.bench.flash().stick(page);
  const link::Outcome outcome = practice.told(*talk, practice.change<link::Stop>());
  EXPECT_EQ(outcome.answer, LinkAnswer::kNotKept);
  EXPECT_TRUE(has_alarm(practice, Alarm::kMemoryFault));
  EXPECT_EQ(practice.bench.implant().state(), DeviceState::kStopped) << "it is done";
}

/// One page takes nothing from some day on, and keeps what it holds: the patient's secret is not told as
/// gone.
TEST(Erasing, INV_12_a_page_that_keeps_the_patients_secret_is_told) {
  for (std::uint32_t page = 0; page < TwinPages::kPlaces * TwinPages::kPagesOfPlace; ++page) {
    SCOPED_TRACE(page);
    Practice practice;
    practice.implant(continuous(1, morphine(1, 1), microlitres_per_day(288)));
    auto talk = practice.as(practice.physician);
    ASSERT_EQ(practice.told(*talk, practice.change<link::Explant>()).answer, LinkAnswer::kDone);
    practice.bench.flash().stick(kKeyringPage + page);
    link::EraseSecrets erase;
    erase.entries = practice.bench.stored().entries_told();
    EXPECT_EQ(practice.told(*talk, practice.change(erase)).answer, LinkAnswer::kMemory);
  }
}

}  // namespace
}  // namespace theca::example
