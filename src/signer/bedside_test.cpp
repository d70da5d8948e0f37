// A refill at the signer: two people, a syringe that one has confirmed, a fill that the other states.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "signer/bedside_rules.hpp"
#include "signer/rules.hpp"
#include "signer/signer_testing.hpp"

namespace theca::signer::example {
namespace {

struct Bedside : Desk {
  SyringeCheck check() const {
    SyringeCheck made;
    made.implant = implant;
    made.refill = 77;
    made.order = filled(9);
    made.fluid = 3;
    made.lot = lot_bytes("L-4711").value();
    made.expires = 20'991'231;
    made.written_utc_s = now;
    return made;
  }
  FillStatement statement(const SyringeCheck& of) const {
    FillStatement made;
    made.filled = millilitres(38);
    made.aspirated_told = true;
    made.aspirated = millilitres(4);
    made.implant = implant;
    made.check = digest_of(link::written(of));
    made.sequence = 5;
    made.intent = 99;
    made.written_utc_s = now;
    return made;
  }
  SigningAnswer confirm(const SyringeCheck& what, SoftwareKey& by) {
    CheckRequest request;
    request.check = link::written(what);
    request.assertion = by.assertion(kSite, digest_of(request.check));
    return signer->confirm(request, now);
  }
  static FillRequest request(const FillStatement& what, SoftwareKey& by) {
    FillRequest made;
    made.statement = link::written(what);
    made.model = kRoller.code;
    made.assertion = by.assertion(kSite, digest_of(made.statement));
    return made;
  }
  SigningAnswer fill(const FillStatement& what, SoftwareKey& by) {
    return signer->let_fill(request(what, by), now);
  }
};

bool refused(const SigningAnswer& answer, SigningRefusal why) { return !answer && answer.error().why == why; }
const char* why(const SigningAnswer& answer) {
  return answer ? "it was signed" : answer.error().message.c_str();
}

TEST(SignerBedside, INV_10_a_nurse_gets_a_pass_for_a_fill_whose_syringe_another_has_confirmed) {
  Bedside desk;
  Desk::must(name_gateway(desk.files, filled(8)));
  const SyringeCheck check = desk.check();
  const auto confirmed = desk.confirm(check, desk.second);
  ASSERT_TRUE(confirmed) << why(confirmed);
  EXPECT_TRUE(confirmed->signatures.empty());
  EXPECT_FALSE(confirmed->pass) << "nobody speaks to an implant for a confirmation";
  const auto answer = desk.fill(desk.statement(check), desk.nurse);
  ASSERT_TRUE(answer) << why(answer);
  EXPECT_TRUE(answer->signatures.empty()) << "an order was signed";
  ASSERT_TRUE(answer->pass);
  const auto pass = link::read<link::RoleCertificate>(*answer->pass);
  ASSERT_TRUE(pass);
  EXPECT_EQ(pass->role, Role::kNurse);
  EXPECT_EQ(pass->capabilities, link::kMaySpeak) << "a pass signs nothing";
  EXPECT_EQ(pass->implant, desk.implant);
  EXPECT_EQ(pass->serial, kNurse);
  EXPECT_LE(pass->not_after, desk.now + kPassLastsS);
}

TEST(SignerBedside, INV_10_RT_30_nobody_is_both_people_and_nobody_fills_what_nobody_confirmed) {
  Bedside desk;
  const SyringeCheck check = desk.check();
  EXPECT_TRUE(refused(desk.fill(desk.statement(check), desk.nurse), SigningRefusal::kFill));
  ASSERT_TRUE(desk.confirm(check, desk.doctor));
  EXPECT_TRUE(refused(desk.fill(desk.statement(check), desk.doctor), SigningRefusal::kOnePerson));
  EXPECT_TRUE(refused(desk.fill(desk.statement(check), desk.doctors_other), SigningRefusal::kOnePerson))
      << "another key of the same person";
  // A later yes of somebody else does not make room for the first.
  ASSERT_TRUE(desk.confirm(check, desk.nurse));
  EXPECT_TRUE(refused(desk.fill(desk.statement(check), desk.doctor), SigningRefusal::kOnePerson));
  EXPECT_TRUE(refused(desk.confirm(check, desk.stranger), SigningRefusal::kAssertion));
  EXPECT_TRUE(refused(desk.fill(desk.statement(check), desk.stranger), SigningRefusal::kAssertion));
  // Another lot is another syringe.
  SyringeCheck other = check;
  other.lot = lot_bytes("L-4712").value();
  EXPECT_TRUE(refused(desk.fill(desk.statement(other), desk.nurse), SigningRefusal::kFill));
  EXPECT_TRUE(desk.fill(desk.statement(check), desk.nurse));
}

TEST(SignerBedside, RT_30_an_assertion_gives_one_pass_and_is_of_these_bytes_alone) {
  Bedside desk;
  const SyringeCheck check = desk.check();
  ASSERT_TRUE(desk.confirm(check, desk.doctor));
  const FillRequest good = Bedside::request(desk.statement(check), desk.nurse);
  FillRequest more = good;  // another volume under the same yes
  FillStatement other = desk.statement(check);
  other.filled = millilitres(20);
  more.statement = link::written(other);
  EXPECT_TRUE(refused(desk.signer->let_fill(more, desk.now), SigningRefusal::kAssertion));
  ASSERT_TRUE(desk.signer->let_fill(good, desk.now));
  EXPECT_TRUE(refused(desk.signer->let_fill(good, desk.now), SigningRefusal::kAssertion));
  // The same statement asserted once more, and with a key that does not count.
  EXPECT_TRUE(refused(desk.fill(desk.statement(check), desk.nurse), SigningRefusal::kAssertion));
  const SyringeCheck next = [&] {
    SyringeCheck made = desk.check();
    made.refill = 78;
    return made;
  }();
  ASSERT_TRUE(desk.confirm(next, desk.doctor));
  const FillRequest uncounted = Bedside::request(desk.statement(next), desk.uncounted);
  ASSERT_TRUE(desk.signer->let_fill(uncounted, desk.now));
  desk.start();  // the process begins anew
  EXPECT_TRUE(refused(desk.signer->let_fill(uncounted, desk.now), SigningRefusal::kAssertion));
  // A yes to a check is no yes to a statement, nor to an order with the same bytes before it.
  CheckRequest crossed;
  crossed.check = link::written(next);
  crossed.assertion = desk.nurse.assertion(kSite, digest_of(good.statement));
  EXPECT_TRUE(refused(desk.signer->confirm(crossed, desk.now), SigningRefusal::kAssertion));
}

TEST(SignerBedside, what_is_over_its_date_too_old_or_too_much_is_refused) {
  Bedside desk;
  SyringeCheck old = desk.check();
  const auto today =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{desk.now}});
  old.expires = day_number(std::chrono::year_month_day{today - std::chrono::days{1}});
  EXPECT_TRUE(refused(desk.confirm(old, desk.doctor), SigningRefusal::kSyringe));
  old.expires = day_number(std::chrono::year_month_day{today});
  EXPECT_TRUE(desk.confirm(old, desk.doctor)) << "its last day is a day of it";
  SyringeCheck stale = desk.check();
  stale.written_utc_s = desk.now - kOldestSyringeS - 1;
  EXPECT_TRUE(refused(desk.confirm(stale, desk.doctor), SigningRefusal::kTime));
  stale.written_utc_s = desk.now + kClocksDifferS + 1;
  EXPECT_TRUE(refused(desk.confirm(stale, desk.doctor), SigningRefusal::kTime));

  const SyringeCheck check = desk.check();
  ASSERT_TRUE(desk.confirm(check, desk.doctor));
  FillStatement late = desk.statement(check);
  late.written_utc_s = desk.now - kOldestStatementS - 1;
  EXPECT_TRUE(refused(desk.fill(late, desk.nurse), SigningRefusal::kTime));
  FillStatement much = desk.statement(check);
  much.filled = millilitres(40);
  much.left_in = nanolitres(1);
  EXPECT_TRUE(refused(desk.fill(much, desk.nurse), SigningRefusal::kFill)) << "41 mL in a pump of 40";
  FillRequest model = Bedside::request(desk.statement(check), desk.nurse);
  model.model = 60'000;
  EXPECT_TRUE(refused(desk.signer->let_fill(model, desk.now), SigningRefusal::kPump));
  // A refill that was broken off is told at the next visit, and not for ever.
  desk.now += kOldestCheckS - 1;
  EXPECT_TRUE(desk.fill(desk.statement(check), desk.nurse));
  desk.now += 2;
  FillStatement again = desk.statement(check);
  again.intent = 100;
  EXPECT_TRUE(refused(desk.fill(again, desk.nurse), SigningRefusal::kFill));
}

TEST(SignerBedside, INV_16_killed_at_any_write_an_assertion_gives_no_second_pass) {
  for (int writes = 0; writes < 4; ++writes) {
    SCOPED_TRACE(writes);
    Bedside desk;
    const SyringeCheck check = desk.check();
    ASSERT_TRUE(desk.confirm(check, desk.doctor));
    const FillRequest wish = Bedside::request(desk.statement(check), desk.uncounted);
    desk.files.live_on();
    desk.files.killed_after = writes;
    bool first = false;
    try {
      first = desk.signer->let_fill(wish, desk.now).has_value();
    } catch (const Killed&) {
    }
    desk.start();
    const bool second = desk.signer->let_fill(wish, desk.now).has_value();
    EXPECT_FALSE(first && second);
  }
}

TEST(SignerBedside, a_line_of_each_form_is_read_back_as_it_was_and_half_a_line_is_none) {
  Bedside desk;
  const SyringeCheck check = desk.check();
  CheckRequest confirming;
  confirming.check = link::written(check);
  confirming.assertion = desk.doctor.assertion(kSite, digest_of(confirming.check));
  for (const SignerRequest& request :
       {SignerRequest{confirming}, SignerRequest{Bedside::request(desk.statement(check), desk.nurse)}}) {
    const std::string line = text_of(request);
    const auto again = parse_signing_request(line);
    ASSERT_TRUE(again) << again.error();
    EXPECT_EQ(text_of(*again), line);
    EXPECT_FALSE(parse_signing_request(line.substr(0, line.size() - 2)));
    EXPECT_FALSE(desk.signer->answer_to(line.substr(1), desk.now));
  }
  EXPECT_TRUE(desk.signer->answer_to(text_of(SignerRequest{confirming}), desk.now));
}

RC_GTEST_PROP(SignerBedside, RT_30_no_other_bytes_are_a_statement, ()) {
  Bedside desk;
  const SyringeCheck check = desk.check();
  StatementBytes bytes = link::written(desk.statement(check));
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ *rc::gen::inRange(1, 256));
  const auto read = decode_statement(bytes);
  // Whatever is read says the bytes back: there is one form of a statement.
  if (read) RC_ASSERT(link::written(*read) == bytes);
}

// ---- a pump out of its pack -----------------------------------------------------------------------------

struct PairingDesk : Desk {
  link::Key gateway_secret = filled(21);
  PairingDesk() { must(name_gateway(files, Sodium::public_of(gateway_secret))); }
  PairingStatement statement() const {
    PairingStatement made;
    made.implant = implant;
    made.model = kRoller.code;
    made.number = {1, 2, 3};
    made.written_utc_s = now;
    return made;
  }
  static PairRequest request(const PairingStatement& what, SoftwareKey& by) {
    PairRequest made;
    made.statement = link::written(what);
    made.assertion = by.assertion(kSite, digest_of(made.statement));
    return made;
  }
  SigningAnswer pair(const PairingStatement& what, SoftwareKey& by) {
    return signer->pair(request(what, by), now);
  }
};

TEST(SignerPairing, INV_10_a_physician_pairs_one_implant_in_one_session_for_the_gateway_that_was_named) {
  PairingDesk desk;
  const PairingStatement statement = desk.statement();
  const SigningAnswer answer = desk.pair(statement, desk.doctor);
  ASSERT_TRUE(answer) << why(answer);
  ASSERT_TRUE(answer->pairing && answer->pass);
  EXPECT_TRUE(answer->signatures.empty()) << "an order was signed";
  const auto pair = opened_with(desk.gateway_secret, *answer->pairing);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->clinic, desk.signer->clinic_key());
  const auto holds = [&](const link::ShortId& implant, const link::NearFieldNonce& number) {
    return Sodium::verify(pair->clinic,
                          link::signed_of<Sodium>(link::SecretFor::kClinic, implant, pair->share, number),
                          pair->signature);
  };
  EXPECT_TRUE(holds(statement.implant, statement.number));
  EXPECT_FALSE(holds(statement.implant, {9})) << "of another session";
  EXPECT_FALSE(holds({9}, statement.number)) << "of another implant";
  const auto pass = link::read<link::RoleCertificate>(*answer->pass);
  ASSERT_TRUE(pass);
  EXPECT_EQ(pass->implant, desk.implant);
  EXPECT_EQ(pass->capabilities, link::kMaySpeak);
}

TEST(SignerPairing, INV_12_the_share_is_for_the_named_gateway_alone_and_never_the_same) {
  PairingDesk desk;
  PairingStatement statement = desk.statement();
  const SigningAnswer one = desk.pair(statement, desk.doctor);
  statement.number = {4};
  const SigningAnswer other = desk.pair(statement, desk.doctor);
  ASSERT_TRUE(one && other);
  EXPECT_FALSE(opened_with(filled(22), *one->pairing)) << "another key opens it";
  SealedPair changed = *one->pairing;
  changed.share[40] ^= 1;
  EXPECT_FALSE(opened_with(desk.gateway_secret, changed));
  EXPECT_NE(opened_with(desk.gateway_secret, *one->pairing)->share,
            opened_with(desk.gateway_secret, *other->pairing)->share);
  // Through both lines of JSON it is the same.
  const auto read = parse_signing_answer(text_of(one));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(opened_with(desk.gateway_secret, *(*read)->pairing)->share,
            opened_with(desk.gateway_secret, *one->pairing)->share);
  const PairRequest asked = PairingDesk::request(statement, desk.doctor);
  const auto parsed = parse_signing_request(text_of(asked));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<PairRequest>(*parsed).statement, asked.statement);
}

TEST(SignerPairing, INV_10_RT_30_whoever_is_no_physician_and_whatever_was_asserted_before_pairs_nothing) {
  PairingDesk desk;
  EXPECT_TRUE(refused(desk.pair(desk.statement(), desk.nurse), SigningRefusal::kRole));
  EXPECT_TRUE(refused(desk.pair(desk.statement(), desk.stranger), SigningRefusal::kAssertion));
  PairRequest other = PairingDesk::request(desk.statement(), desk.doctor);
  PairingStatement changed = desk.statement();
  changed.implant = {9};
  other.statement = link::written(changed);
  EXPECT_TRUE(refused(desk.signer->pair(other, desk.now), SigningRefusal::kAssertion)) << "another implant";
  // An order's or a fill's assertion is none for a pairing: each digest has its own purpose.
  PairRequest crossed = PairingDesk::request(desk.statement(), desk.doctor);
  crossed.assertion = desk.doctor.assertion(
      kSite, link::digest_of<Sodium>(link::written(desk.order(PairingDesk::therapy(1)))));
  EXPECT_TRUE(refused(desk.signer->pair(crossed, desk.now), SigningRefusal::kAssertion));
  ASSERT_TRUE(desk.pair(desk.statement(), desk.uncounted));
  EXPECT_TRUE(refused(desk.pair(desk.statement(), desk.uncounted), SigningRefusal::kAssertion))
      << "asserted once, with a key that does not count";
  desk.start();  // the process starts anew
  EXPECT_TRUE(refused(desk.pair(desk.statement(), desk.uncounted), SigningRefusal::kAssertion));
}

TEST(SignerPairing, what_is_no_statement_of_now_is_refused) {
  PairingDesk desk;
  PairingStatement statement = desk.statement();
  statement.written_utc_s = desk.now - kOldestStatementS - 1;
  EXPECT_TRUE(refused(desk.pair(statement, desk.doctor), SigningRefusal::kTime));
  statement = desk.statement();
  statement.model = 60'000;
  EXPECT_TRUE(refused(desk.pair(statement, desk.doctor), SigningRefusal::kPump));
  PairRequest none = PairingDesk::request(desk.statement(), desk.doctor);
  none.statement[0] = 9;
  none.assertion = desk.doctor.assertion(kSite, digest_of(none.statement));
  EXPECT_TRUE(refused(desk.signer->pair(none, desk.now), SigningRefusal::kPairing));
  Desk nobody;  // whose signer was told of no gateway
  EXPECT_TRUE(refused(nobody.signer->pair(PairingDesk::request(desk.statement(), nobody.doctor), nobody.now),
                      SigningRefusal::kPairing));
}

}  // namespace
}  // namespace theca::signer::example
