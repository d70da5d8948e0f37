// The table over the air: through real sessions, each role asks for everything in every state. What the table
// refuses changes nothing; what is taken stands in the journal with whose it was.
#include <gtest/gtest.h>

#include <set>

#include "implant/implant_testing.hpp"
#include "link/wire_testing.hpp"

namespace theca::example {
namespace {

using link::Stop;
using link::example::FieldMaker;
using link::example::made;

Prescription therapy(std::uint32_t number, std::int64_t ul_per_day = 288) {
  Prescription p = continuous(number, morphine(1, 1), microlitres_per_day(ul_per_day));
  p.patient = quarter_millilitre_a_day();
  return p;
}

link::Outcome told_by(Practice& practice, const Person& person, const auto& message) {
  auto talk = practice.as(person);
  if (!talk) throw std::runtime_error("no session");
  return practice.told(*talk, message);
}

/// Brings a fresh implant into a state.
void bring(Practice& practice, DeviceState state) {
  switch (state) {
    case DeviceState::kUnpaired:
      return;
    case DeviceState::kShelf:
      practice.pair();
      break;
    case DeviceState::kDelivering:
      practice.implant(therapy(1));
      break;
    case DeviceState::kStopped:
      practice.implant(therapy(1));
      told_by(practice, practice.physician, practice.change<Stop>());
      break;
    case DeviceState::kSafeState:
      practice.implant(therapy(1));
      practice.bench.spoil(RecordId::kTherapy);
      practice.bench.reboot();
      break;
    case DeviceState::kMotorOff:
      practice.implant(therapy(1));
      practice.bench.pass(hours(1));
      practice.bench.run_away(3'000);
      practice.bench.pass(hours(1));
      break;
    case DeviceState::kExplanted:
      practice.implant(therapy(1));
      told_by(practice, practice.physician, practice.change<link::Explant>());
      break;
  }
  ASSERT_EQ(practice.bench.implant().state(), state);
}

/// A message without fields, of any code.
struct AnyCode : link::Nothing {
  static inline Opcode kOpcode{};
};

struct Who {
  Role role;
  link::CallerKeys keys;
};
std::vector<Who> everybody(Practice& practice) {
  if (practice.bench.implant().paired() == Paired::kNo) return {{Role::kCardHolder, practice.card_keys()}};
  const auto keys = [&](const Person& person) {
    return practice.keys_of(person,
                            &person == &practice.patient ? practice.patient_secret : practice.clinic_secret);
  };
  return {{Role::kPatient, keys(practice.patient)},
          {Role::kService, keys(practice.service)},
          {Role::kNurse, keys(practice.nurse)},
          {Role::kPhysician, keys(practice.physician)}};
}

bool by_table(LinkAnswer answer) {
  return answer == LinkAnswer::kUnknown || answer == LinkAnswer::kNotThisRole ||
         answer == LinkAnswer::kNotInThisState;
}
LinkAnswer answer_for(Verdict verdict) {
  return verdict == Verdict::kUnknown       ? LinkAnswer::kUnknown
         : verdict == Verdict::kNotThisRole ? LinkAnswer::kNotThisRole
                                            : LinkAnswer::kNotInThisState;
}

class InState : public testing::TestWithParam<DeviceState> {};
INSTANTIATE_TEST_SUITE_P(Authority, InState,
                         testing::Values(DeviceState::kUnpaired, DeviceState::kShelf,
                                         DeviceState::kDelivering, DeviceState::kStopped,
                                         DeviceState::kSafeState, DeviceState::kMotorOff,
                                         DeviceState::kExplanted));

TEST_P(InState, INV_10_every_code_of_every_role_is_answered_as_the_table_says) {
  Practice practice;
  bring(practice, GetParam());
  for (const Who& who : everybody(practice)) {
    auto talk = practice.talk(who.keys);
    ASSERT_NE(talk, nullptr) << row_of(who.role).name;
    for (int code = 0; code < 256; ++code) {
      AnyCode::kOpcode = static_cast<Opcode>(code);
      const Standing standing{false, practice.bench.stored().stopped_by()};
      const Verdict verdict = permit(who.role, AnyCode::kOpcode, GetParam(), standing);
      const std::int64_t writes = practice.bench.flash().writes();
      const auto answer = talk->tell(AnyCode{});
      SCOPED_TRACE(std::string{row_of(who.role).name} + ", code " + std::to_string(code));
      if (verdict == Verdict::kYes) {
        // A reply of its own is no outcome; a message that has fields is malformed without them.
        EXPECT_FALSE(answer && by_table(answer->answer));
        continue;
      }
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->answer, answer_for(verdict));
      EXPECT_EQ(practice.bench.flash().writes(), writes) << "a refused one has written";
    }
  }
}

/// Well formed, with the right sequence: nothing but the table is against it.
template <class M>
M well_formed(Practice& practice, FieldMaker& maker) {
  M message = made<M>(maker);
  if constexpr (std::is_base_of_v<link::Change, M>) {
    message.sequence = practice.bench.stored().sequence();
    message.intent = ++practice.intent;
  }
  if constexpr (std::is_same_v<M, link::RequestBolus>)
    message.request = practice.bench.stored().last_request() + 1;
  if constexpr (std::is_same_v<M, link::RaiseEpoch>) {
    message.statement = {practice.bench.implant().epoch() + 1, kSummer2026, practice.clinic.implant, {}};
    message.signature = link::sign_epoch(practice.clinic.seed, message.statement);
  }
  if constexpr (std::is_same_v<M, link::EraseSecrets>)
    message.entries = practice.bench.stored().entries_told();
  return message;
}

TEST_P(InState, INV_10_what_the_table_refuses_changes_nothing) {
  Practice practice;
  bring(practice, GetParam());
  FieldMaker maker{7};
  int refused = 0;
  for (const Who& who : everybody(practice)) {
    auto talk = practice.talk(who.keys);
    ASSERT_NE(talk, nullptr);
    link::for_each_request([&]<class M>() {
      const Standing standing{false, practice.bench.stored().stopped_by()};
      const Verdict verdict = permit(who.role, M::kOpcode, GetParam(), standing);
      if (verdict == Verdict::kYes) return;
      ++refused;
      const StoredPump& stored = practice.bench.stored();
      const auto before = std::tuple{practice.bench.flash().writes(),
                                     stored.sequence(),
                                     stored.intent(),
                                     stored.last_request(),
                                     stored.order(),
                                     stored.pump().commanded(),
                                     practice.bench.implant().epoch(),
                                     stored.entries_told(),
                                     practice.bench.implant().paired(),
                                     stored.pump().prescription().number,
                                     practice.bench.implant().state()};
      const auto answer = talk->tell(well_formed<M>(practice, maker));
      SCOPED_TRACE(std::string{row_of(who.role).name} + ", " + kOpcodes[*place_of(M::kOpcode)].name);
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->answer, answer_for(verdict));
      const auto after = std::tuple{practice.bench.flash().writes(),
                                    stored.sequence(),
                                    stored.intent(),
                                    stored.last_request(),
                                    stored.order(),
                                    stored.pump().commanded(),
                                    practice.bench.implant().epoch(),
                                    stored.entries_told(),
                                    practice.bench.implant().paired(),
                                    stored.pump().prescription().number,
                                    practice.bench.implant().state()};
      EXPECT_EQ(before, after);
    });
  }
  EXPECT_GT(refused, GetParam() == DeviceState::kUnpaired ? 15 : 40);
}

TEST(Authority, INV_9_every_change_that_was_taken_stands_in_the_journal_with_whose_it_was) {
  Practice practice;
  Bench& bench = practice.bench;
  std::uint32_t taken = 0;
  const auto stands = [&](Role role, const char* what) {
    SCOPED_TRACE(what);
    ++taken;
    EXPECT_EQ(bench.stored().sequence(), taken);
    const auto newest = bench.newest_change();
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->detail, static_cast<std::uint8_t>(role));
    EXPECT_EQ(newest->value, taken);
    EXPECT_EQ(newest->value2, practice.intent);
    EXPECT_EQ(bench.stored().intent(), practice.intent);
  };
  const auto done = [&](const Person& person, const auto& message) {
    const link::Outcome outcome = told_by(practice, person, message);
    EXPECT_EQ(outcome.answer, LinkAnswer::kDone) << row_of(outcome.refusal).name;
  };
  practice.implant(therapy(1));
  stands(Role::kPhysician, "implant");
  bench.pass(hours(1));
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(2, 250), {practice.signer}).answer,
            LinkAnswer::kDone);
  stands(Role::kPhysician, "prescribe");
  EXPECT_EQ(told_by(practice, practice.patient, link::RequestBolus{1}).answer, LinkAnswer::kDone);
  done(practice.patient, practice.change<link::CutBolus>());
  stands(Role::kPatient, "cut bolus");
  done(practice.nurse, practice.change<Stop>());
  stands(Role::kNurse, "stop");
  done(practice.physician, practice.change<link::Resume>());
  stands(Role::kPhysician, "resume");
  link::SetClock clock;
  clock.utc_ms = kSummer2026 * 1'000 + 3'600'000;
  done(practice.physician, practice.change(clock));
  stands(Role::kPhysician, "set clock");
  done(practice.nurse, practice.change<link::AcknowledgeAlarms>());
  stands(Role::kNurse, "acknowledge alarms");
  link::AcknowledgeJournal held;
  held.entries = 3;
  done(practice.nurse, practice.change(held));
  stands(Role::kNurse, "acknowledge journal");
  link::Refill refill;
  refill.filled = millilitres(1);
  refill.left_in = millilitres(38);
  refill.fluid = 1;
  done(practice.nurse, practice.change(refill));
  stands(Role::kNurse, "refill");
  done(practice.physician, practice.change<link::Explant>());
  stands(Role::kPhysician, "explant");
  link::EraseSecrets erase;
  auto talk = practice.as(practice.physician);
  erase.entries = bench.stored().entries_told();
  EXPECT_EQ(practice.told(*talk, practice.change(erase)).answer, LinkAnswer::kDone);
  stands(Role::kPhysician, "erase secrets");
}

/// A first message may be a recording: until a record has opened nobody has shown anything.
TEST(Authority, INV_10_no_command_is_heard_before_the_first_record) {
  Practice practice;
  practice.implant(therapy(1));
  Bench& bench = practice.bench;
  bench.near(false);
  bench.numbers.clear();
  bench.heard.clear();
  bench.near(true);
  link::Caller<Sodium> caller{practice.keys_of(practice.physician, practice.clinic_secret)};
  bench.transmit(caller.call(bench.numbers.back(), practice.clinic.random.next()).bytes());
  ASSERT_EQ(bench.heard.size(), 1U);
  ASSERT_TRUE(caller.opens(bench.now(), bench.heard.front().bytes()));
  bench.heard.clear();
  const auto before = bench.implant().counts();
  const std::int64_t writes = bench.flash().writes();
  bench.transmit(caller.say(bench.now(), link::asking(1, link::ReadStatus{}))->bytes());
  bench.transmit(caller.say(bench.now(), link::asking(2, practice.change<Stop>()))->bytes());
  EXPECT_TRUE(bench.heard.empty());
  EXPECT_EQ(bench.implant().counts().commands, before.commands);
  EXPECT_EQ(bench.implant().counts().sessions, before.sessions);
  EXPECT_EQ(bench.flash().writes(), writes);
  EXPECT_FALSE(bench.implant().in_session());
  bench.transmit(caller.say(bench.now(), link::asking(3, link::Ready{}))->bytes());
  EXPECT_EQ(bench.heard.size(), 1U);
  EXPECT_TRUE(bench.implant().in_session());
}

TEST(Authority, a_time_of_day_that_no_clock_shows_is_no_message) {
  Practice practice;
  practice.implant(therapy(1));
  const std::int64_t writes = practice.bench.flash().writes();
  auto talk = practice.as(practice.physician);
  for (const std::int64_t utc_ms : {INT64_MIN, std::int64_t{-1}, link::kLatestUtcMs + 1, INT64_MAX}) {
    link::SetClock set;
    set.utc_ms = utc_ms;
    EXPECT_EQ(practice.told(*talk, practice.change(set)).answer, LinkAnswer::kMalformed) << utc_ms;
  }
  EXPECT_EQ(practice.bench.stored().sequence(), 1U);
  EXPECT_LT(practice.bench.flash().writes(), writes + 20) << "the coming in alone";
  for (const std::int64_t utc_ms : {std::int64_t{0}, link::kLatestUtcMs}) {
    link::SetClock set;
    set.utc_ms = utc_ms;
    EXPECT_EQ(practice.told(*talk, practice.change(set)).answer, LinkAnswer::kDone) << utc_ms;
    practice.bench.pass(minutes(1));
    talk = practice.as(practice.physician);
  }
}

TEST(Authority, INV_9_who_came_in_stands_in_the_journal) {
  Practice practice;
  practice.implant(therapy(1));
  for (const Person* person : {&practice.nurse, &practice.patient, &practice.service, &practice.physician}) {
    practice.bench.pass(hours(2));
    ASSERT_NE(practice.as(*person), nullptr);
    const auto certificate = link::read<link::RoleCertificate>(person->certificate);
    const auto events = practice.bench.journal();
    const auto came = std::ranges::find_if(
        events.rbegin(), events.rend(), [](const Event& event) { return event.code == EventCode::kAccess; });
    ASSERT_NE(came, events.rend());
    EXPECT_EQ(came->detail, static_cast<std::uint8_t>(certificate->role));
    EXPECT_EQ(came->value, certificate->serial);
  }
}

TEST(Authority, INV_10_a_patient_goes_on_with_the_own_pause_alone) {
  for (const bool patients_own : {true, false}) {
    Practice practice;
    practice.pair();
    link::Order order = practice.order(link::OrderKind::kImplant, therapy(1));
    order.patient_may_pause = true;
    {
      auto talk = practice.as(practice.physician);
      ASSERT_EQ(practice.offer(*talk, order, {practice.signer}).answer, LinkAnswer::kDone);
      ASSERT_EQ(practice.told(*talk, practice.commit_of(order)).answer, LinkAnswer::kDone);
    }
    const Person& stopper = patients_own ? practice.patient : practice.nurse;
    EXPECT_EQ(told_by(practice, stopper, practice.change<Stop>()).answer, LinkAnswer::kDone);
    practice.bench.reboot();
    EXPECT_EQ(told_by(practice, practice.patient, practice.change<link::Resume>()).answer,
              patients_own ? LinkAnswer::kDone : LinkAnswer::kNotThisRole);
    EXPECT_EQ(practice.bench.implant().state(),
              patients_own ? DeviceState::kDelivering : DeviceState::kStopped);
  }
}

// ---- certificates -----------------------------------------------------------------------------------------

/// A person with a certificate of his own making.
Person holding(Practice& practice, Role role, auto&& change) {
  Person person;
  person.secret = practice.clinic.random.next();
  link::RoleCertificate draft;
  draft.role = role;
  draft.capabilities = link::kMaySpeak;
  draft.implant = practice.clinic.implant;
  draft.epoch = practice.clinic.epoch;
  draft.not_before = kSummer2026;
  draft.not_after = kSummer2026 + 86'400;
  draft.serial = 555;
  change(draft);
  person.certificate =
      link::written(link::issue(practice.clinic.seed, draft, Sodium::public_of(person.secret)));
  return person;
}

TEST(Authority, INV_10_a_certificate_that_is_not_right_gets_silence) {
  Practice practice;
  practice.implant(therapy(1));
  Bench& bench = practice.bench;
  const auto enters = [&](const Person& person, const link::Key& pairing) {
    const std::size_t said = bench.from_air.size();
    const std::int64_t sessions = bench.implant().counts().sessions;
    const bool in = practice.talk(practice.keys_of(person, pairing)) != nullptr;
    if (!in) {
      EXPECT_EQ(bench.from_air.size(), said) << "it said something";
      EXPECT_EQ(bench.implant().counts().sessions, sessions);
    }
    return in;
  };
  const auto nothing = [](link::RoleCertificate&) {};
  const Person good = holding(practice, Role::kPhysician, nothing);
  EXPECT_TRUE(enters(good, practice.clinic_secret));

  EXPECT_FALSE(enters(good, practice.patient_secret)) << "each secret for its own roles";
  const Person patient = holding(practice, Role::kPatient, nothing);
  EXPECT_FALSE(enters(patient, practice.clinic_secret));
  EXPECT_TRUE(enters(patient, practice.patient_secret));
  for (const Role role : {Role::kCardHolder, Role::kEmergency}) {
    EXPECT_FALSE(enters(holding(practice, role, nothing), practice.clinic_secret)) << row_of(role).name;
    EXPECT_FALSE(enters(holding(practice, role, nothing), practice.patient_secret)) << row_of(role).name;
  }
  for (const Role role : {Role::kNurse, Role::kService}) {
    EXPECT_TRUE(enters(holding(practice, role, nothing), practice.clinic_secret)) << row_of(role).name;
    EXPECT_FALSE(enters(holding(practice, role, nothing), practice.patient_secret)) << row_of(role).name;
  }

  Person other = good;
  {
    link::Key seed{};
    seed.fill(78);
    auto draft = *link::read<link::RoleCertificate>(good.certificate);
    other.certificate = link::written(link::issue(seed, draft, Sodium::public_of(good.secret)));
    EXPECT_FALSE(enters(other, practice.clinic_secret)) << "another clinic";
    draft = *link::read<link::RoleCertificate>(other.certificate);
    draft.issuer = link::short_id<Sodium>(practice.clinic.key());
    other.certificate = link::written(draft);
    EXPECT_FALSE(enters(other, practice.clinic_secret)) << "another clinic under this one's name";
  }
  for (std::size_t byte = 0; byte < link::kCertificateBytes; ++byte) {
    other = good;
    other.certificate[byte] ^= 1;
    EXPECT_FALSE(enters(other, practice.clinic_secret)) << "byte " << byte << " of the certificate turned";
  }
  other = good;
  other.secret = practice.clinic.random.next();
  EXPECT_FALSE(enters(other, practice.clinic_secret)) << "somebody else's certificate";
  other.certificate = {};
  EXPECT_FALSE(enters(other, practice.clinic_secret)) << "no certificate";

  const auto refused = [&](const char* why, auto&& change) {
    EXPECT_FALSE(enters(holding(practice, Role::kPhysician, change), practice.clinic_secret)) << why;
  };
  using link::RoleCertificate;
  refused("other implant", [](RoleCertificate& c) { c.implant[0] ^= 1; });
  refused("may sign, not speak", [](RoleCertificate& c) { c.capabilities = link::kMaySign; });
  refused("over", [](RoleCertificate& c) {
    c.not_before = kSummer2026 - 86'400;
    c.not_after = kSummer2026 - 1;
  });
  EXPECT_TRUE(enters(holding(practice, Role::kPhysician, [](RoleCertificate& c) { c.epoch = 5; }),
                     practice.clinic_secret))
      << "of an epoch that the implant does not know of yet";
  EXPECT_TRUE(enters(
      holding(practice, Role::kPhysician, [](RoleCertificate& c) { c.capabilities = link::kCapabilities; }),
      practice.clinic_secret));
}

TEST(Authority, INV_10_a_certificate_runs_out_by_powered_time_alone) {
  Practice practice;
  practice.implant(therapy(1));
  ASSERT_NE(practice.as(practice.nurse), nullptr);
  practice.bench.pass(hours(23));
  EXPECT_NE(practice.as(practice.nurse), nullptr);
  practice.bench.pass(hours(2));
  EXPECT_EQ(practice.as(practice.nurse), nullptr);
}

/// What was learned about the time does not go back: by reboots, without a clock, with records lost.
TEST(Authority, INV_8_a_certificate_that_is_over_stays_over) {
  for (const int fault : {0, 1, 2, 3}) {
    Practice practice;
    practice.implant(therapy(1));
    practice.bench.pass(hours(25));
    const Person fresh = holding(practice, Role::kPhysician, [](link::RoleCertificate& c) {
      c.not_before = kSummer2026 + 25 * 3'600;
      c.not_after = c.not_before + 86'400;
    });
    ASSERT_NE(practice.talk(practice.keys_of(fresh, practice.clinic_secret)), nullptr);
    ASSERT_EQ(practice.as(practice.nurse), nullptr);
    if (fault == 2) practice.bench.spoil(RecordId::kKeeper);
    if (fault == 3) {
      for (const RecordId id : {RecordId::kDelivery, RecordId::kKeeper, RecordId::kReservoir})
        practice.bench.spoil(id);
      // The journal is gone as well: nobody knows how long the pump has had power.
      for (std::uint32_t page = 0; page < 4; ++page) practice.bench.flash().erase(kJournalPage + page);
    }
    practice.bench.reboot(fault == 0);
    EXPECT_EQ(practice.as(practice.nurse), nullptr) << fault;
    EXPECT_NE(practice.talk(practice.keys_of(fresh, practice.clinic_secret)), nullptr) << fault;
  }
}

TEST(Authority, INV_10_a_raised_epoch_shuts_out_what_was_before_and_is_raised_by_the_clinic_alone) {
  Practice practice;
  practice.implant(therapy(1));
  const auto raise = [&](std::uint32_t epoch, const link::Key& seed) {
    link::RaiseEpoch message;
    message.statement = {epoch, kSummer2026, practice.clinic.implant, {}};
    message.signature = link::sign_epoch(seed, message.statement);
    return message;
  };
  const link::Key clinic = practice.clinic.seed;
  link::Key wrong = clinic;
  wrong[0] ^= 1;
  EXPECT_EQ(told_by(practice, practice.patient, raise(3, wrong)).answer, LinkAnswer::kSignatureWrong);
  auto other = raise(3, clinic);
  other.statement.epoch = 4;
  EXPECT_EQ(told_by(practice, practice.patient, other).answer, LinkAnswer::kSignatureWrong);
  EXPECT_EQ(practice.bench.implant().epoch(), 0U);
  EXPECT_EQ(told_by(practice, practice.patient, raise(3, clinic)).answer, LinkAnswer::kDone);
  EXPECT_EQ(practice.bench.implant().epoch(), 3U);
  EXPECT_EQ(practice.as(practice.physician), nullptr) << "the stolen programmer";
  practice.bench.reboot();
  EXPECT_EQ(practice.as(practice.physician), nullptr);
  practice.clinic.epoch = 3;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  ASSERT_NE(practice.as(practice.physician), nullptr);
  for (const std::uint32_t epoch : {2U, 0U, 3U + link::kLongestLeap + 1})
    EXPECT_EQ(told_by(practice, practice.physician, raise(epoch, clinic)).answer,
              LinkAnswer::kSequenceDiffers);
  EXPECT_EQ(told_by(practice, practice.physician, raise(3, clinic)).answer, LinkAnswer::kDone)
      << "told again";
  EXPECT_EQ(practice.bench.implant().epoch(), 3U);
  // An order that somebody of the old epoch has signed is none any more.
  EXPECT_EQ(practice.take(link::OrderKind::kPrescribe, therapy(2, 290), {practice.signer}).answer,
            LinkAnswer::kSignerNotAllowed);
}

TEST(Authority, INV_10_a_certificate_that_names_no_implant_only_reads) {
  Practice practice;
  practice.implant(therapy(1));
  for (const Role role : {Role::kPhysician, Role::kNurse, Role::kService, Role::kPatient}) {
    const Person any = holding(practice, role, [](link::RoleCertificate& c) { c.implant = {}; });
    auto talk = practice.talk(
        practice.keys_of(any, role == Role::kPatient ? practice.patient_secret : practice.clinic_secret));
    ASSERT_NE(talk, nullptr) << row_of(role).name;
    FieldMaker maker{static_cast<std::uint64_t>(role) + 1};
    int read = 0;
    link::for_each_request([&]<class M>() {
      const Standing standing{false, {}};
      if (permit(role, M::kOpcode, DeviceState::kDelivering, standing) != Verdict::kYes) return;
      const std::int64_t writes = practice.bench.flash().writes();
      const auto answer = talk->tell(well_formed<M>(practice, maker));
      SCOPED_TRACE(std::string{row_of(role).name} + ", " + kOpcodes[*place_of(M::kOpcode)].name);
      if (kOpcodes[*place_of(M::kOpcode)].kind == OpcodeKind::kRead) {
        EXPECT_FALSE(answer && by_table(answer->answer));
        ++read;
      } else {
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->answer, LinkAnswer::kNotThisRole);
        EXPECT_EQ(practice.bench.flash().writes(), writes);
      }
    });
    EXPECT_GE(read, 2) << row_of(role).name;
  }
}

}  // namespace
}  // namespace theca::example
