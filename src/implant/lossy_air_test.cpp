// INV-7: a dose and a change are given once or not at all, whatever the air loses or doubles, and what the
// programmer is told of them is true.
#include <gtest/gtest.h>

#include <cstdlib>

#include "implant/implant_testing.hpp"
#include "link/order_talk.hpp"

namespace theca::example {
namespace {

using link::Delivery;

Prescription therapy(std::uint32_t number, std::int64_t ul_per_day = 288) {
  Prescription p = continuous(number, morphine(1, 1), microlitres_per_day(ul_per_day));
  p.patient = quarter_millilitre_a_day();
  return p;
}

/// What becomes of the frames of an exchange, in the order they are sent, either way: a digit each, to a
/// base; behind the last digit all arrive.
class Pattern {
 public:
  Pattern(std::uint64_t digits, unsigned base) : left_(digits), base_(base) {}
  unsigned next() {
    const auto digit = static_cast<unsigned>(left_ % base_);
    left_ /= base_;
    return digit;
  }

 private:
  std::uint64_t left_;
  unsigned base_;
};
enum : unsigned { kArrives = 0, kLostFrame, kDoubled };

/// Lays a pattern over a line: what is doubled towards the implant is heard twice by it.
void lay(Practice& practice, Pattern& pattern) {
  practice.line.lose = [&](link::Bytes frame, bool to_implant) {
    const unsigned fate = pattern.next();
    if (fate == kDoubled && to_implant) practice.bench.transmit(frame);
    return fate == kLostFrame;
  };
}

/// A programmer as theca link is one: tells, and when the answer is lost asks in a new session.
template <class M>
Delivery delivered(Practice& practice, Talk& talk, const Person& person, const M& message, bool reboot) {
  const auto said = talk.change(message);
  if (said) return said->answer == LinkAnswer::kDone ? Delivery::kConfirmed : Delivery::kFailed;
  if (reboot) practice.bench.reboot(false);
  practice.line.lose = {};
  auto again = practice.as(person);
  if (!again) return Delivery::kUncertain;
  if constexpr (std::is_same_v<M, link::RequestBolus>) {
    const auto own = again->ask(link::ReadOwn{});
    if (!own || !*own) return Delivery::kUncertain;
    return link::settle(message, (*own)->last_request, (*own)->last_refusal);
  } else {
    const auto status = again->ask(link::ReadStatus{});
    if (!status || !*status) return Delivery::kUncertain;
    return link::settle(message, (*status)->sequence, (*status)->intent);
  }
}

std::uint64_t patterns(unsigned base, unsigned frames) {
  if (std::getenv("THECA_LONG") != nullptr) frames += base == 2 ? 3 : 2;
  std::uint64_t count = 1;
  for (unsigned i = 0; i < frames; ++i) count *= base;
  return count;
}

std::int64_t granted(const Bench& bench) {
  return std::ranges::count_if(bench.events,
                               [](const Event& e) { return e.code == EventCode::kBolusGranted; });
}

void true_of(Delivery told, bool happened, std::uint64_t pattern) {
  if (told == Delivery::kConfirmed) {
    EXPECT_TRUE(happened) << "confirmed without it, pattern " << pattern;
  }
  if (told == Delivery::kFailed) {
    EXPECT_FALSE(happened) << "failed with it, pattern " << pattern;
  }
}

struct Lossy : testing::Test {
  void dose(unsigned base, unsigned frames, bool reboot, bool refused) {
    std::array<int, 3> seen{};
    Practice practice;
    practice.implant(therapy(1));
    for (std::uint64_t p = 0; p < patterns(base, frames) && !HasFailure(); ++p) {
      // Behind a lockout a dose may be asked for; refused: at once again, in the lockout.
      practice.line.lose = {};
      practice.bench.near(false);
      if (!refused || p == 0) practice.bench.pass(hours(24));
      if (refused && p % 64 == 0) {
        practice.bench.pass(hours(24));
        keep_alive(practice);
        auto talk = practice.as(practice.patient);
        ASSERT_NE(talk, nullptr);
        ASSERT_EQ(practice.told(*talk, link::RequestBolus{practice.bench.stored().last_request() + 1}).answer,
                  LinkAnswer::kDone);
        practice.bench.pass(minutes(30));
      }
      keep_alive(practice);
      auto talk = practice.as(practice.patient);
      ASSERT_NE(talk, nullptr);
      const std::int64_t before = granted(practice.bench);
      const auto own = talk->ask(link::ReadOwn{});
      ASSERT_TRUE(own && *own);
      Pattern pattern{p, base};
      lay(practice, pattern);
      const Delivery told =
          delivered(practice, *talk, practice.patient, link::RequestBolus{(*own)->last_request + 1}, reboot);
      const std::int64_t given = granted(practice.bench) - before;
      EXPECT_LE(given, refused ? 0 : 1) << "pattern " << p;
      true_of(told, given == 1, p);
      ++seen[static_cast<std::size_t>(told)];
    }
    EXPECT_GT(seen[static_cast<std::size_t>(refused ? Delivery::kFailed : Delivery::kConfirmed)], 0);
    if (!refused) {
      EXPECT_GT(seen[static_cast<std::size_t>(Delivery::kFailed)], 0) << "no pattern lost every request";
    }
  }
  /// Certificates last as long as this takes, and the reservoir is filled.
  void keep_alive(Practice& practice) {
    const auto utc = kSummer2026 + practice.bench.now().raw() / 1'000;
    const auto renewed = [&](Role role) {
      Person person;
      person.secret = practice.clinic.random.next();
      link::RoleCertificate draft;
      draft.role = role;
      draft.capabilities = link::kMaySpeak;
      draft.implant = practice.clinic.implant;
      draft.not_before = static_cast<std::uint32_t>(utc);
      draft.not_after = draft.not_before + 86'400;
      draft.serial = 9;
      person.certificate =
          link::written(link::issue(practice.clinic.seed, draft, Sodium::public_of(person.secret)));
      return person;
    };
    practice.patient = renewed(Role::kPatient);
    practice.nurse = renewed(Role::kNurse);
    practice.physician = renewed(Role::kPhysician);
    const std::int64_t left = practice.bench.pump().status().reservoir_nominal.raw();
    if (left > millilitres(20).raw()) return;
    auto talk = practice.as(practice.nurse);
    ASSERT_NE(talk, nullptr);
    link::Refill refill;
    refill.fluid = 1;
    refill.filled = millilitres(36);
    ASSERT_EQ(practice.told(*talk, practice.change(refill)).answer, LinkAnswer::kDone);
  }
};

using LossyAir = Lossy;

TEST_F(LossyAir, INV_7_a_dose_is_given_once_or_not_at_all_and_what_is_told_of_it_is_true) {
  dose(2, 9, false, false);
}
TEST_F(LossyAir, INV_7_so_it_is_when_frames_are_doubled) { dose(3, 5, false, false); }
TEST_F(LossyAir, INV_7_so_it_is_when_the_implant_starts_anew_before_it_is_asked_what_became_of_it) {
  dose(2, 9, true, false);
}
TEST_F(LossyAir, INV_7_a_dose_that_was_refused_is_never_told_as_given) { dose(2, 9, false, true); }

/// Each kind of change, in a state in which it is taken, under every pattern of lost and doubled frames.
struct Kind {
  const char* name;
  std::function<void(Practice&)> prepare;
  std::function<Delivery(Practice&, Talk&, bool reboot)> tell;
  const Person Practice::*person = &Practice::physician;
};
std::vector<Kind> kinds() {
  const auto simple = [](auto message, const Person Practice::*person = &Practice::physician) {
    return [=](Practice& practice, Talk& talk, bool reboot) {
      return delivered(practice, talk, practice.*person, practice.change(message), reboot);
    };
  };
  const auto deliver = [](Practice& practice) {
    practice.pair();
    link::Order order = practice.order(link::OrderKind::kImplant, therapy(1));
    order.patient_may_pause = true;
    auto talk = practice.as(practice.physician);
    practice.offer(*talk, order, {practice.signer});
    practice.told(*talk, practice.commit_of(order));
  };
  const auto commit = [](link::OrderKind kind, std::uint32_t number) {
    return [=](Practice& practice, Talk& talk, bool reboot) {
      const auto keep = std::exchange(practice.line.lose, {});
      const link::Order order = practice.order(kind, therapy(number, 200));
      practice.offer(talk, order, {practice.signer});
      practice.line.lose = keep;
      return delivered(practice, talk, practice.physician, practice.commit_of(order), reboot);
    };
  };
  return {
      {"implant", [](Practice& p) { p.pair(); }, commit(link::OrderKind::kImplant, 1)},
      {"prescribe", deliver, commit(link::OrderKind::kPrescribe, 2)},
      {"stop", deliver, simple(link::Stop{})},
      {"patient's stop", deliver, simple(link::Stop{}, &Practice::patient), &Practice::patient},
      {"patient's end of a bolus",
       [=](Practice& p) {
         deliver(p);
         auto talk = p.as(p.patient);
         p.told(*talk, link::RequestBolus{1});
       },
       simple(link::CutBolus{}, &Practice::patient), &Practice::patient},
      {"resume",
       [=](Practice& p) {
         deliver(p);
         auto talk = p.as(p.physician);
         p.told(*talk, p.change<link::Stop>());
       },
       simple(link::Resume{})},
      {"patient's resume",
       [=](Practice& p) {
         deliver(p);
         auto talk = p.as(p.patient);
         p.told(*talk, p.change<link::Stop>());
       },
       simple(link::Resume{}, &Practice::patient), &Practice::patient},
      {"acknowledge alarms", deliver, simple(link::AcknowledgeAlarms{})},
      {"explant", deliver, simple(link::Explant{})},
      {"erase secrets",
       [=](Practice& p) {
         deliver(p);
         auto talk = p.as(p.physician);
         p.told(*talk, p.change<link::Explant>());
       },
       [](Practice& p, Talk& talk, bool reboot) {
         link::EraseSecrets erase;
         erase.entries = p.bench.stored().entries_told();
         return delivered(p, talk, p.physician, p.change(erase), reboot);
       }},
  };
}

void every_kind(unsigned base, unsigned frames, bool reboot) {
  for (const Kind& kind : kinds()) {
    std::array<int, 3> seen{};
    for (std::uint64_t p = 0; p < patterns(base, frames) && !testing::Test::HasFailure(); ++p) {
      SCOPED_TRACE(std::string{kind.name} + ", pattern " + std::to_string(p));
      Practice practice;
      kind.prepare(practice);
      auto talk = practice.as(practice.*kind.person);
      ASSERT_NE(talk, nullptr);
      const std::uint32_t before = practice.bench.stored().sequence();
      Pattern pattern{p, base};
      lay(practice, pattern);
      const Delivery told = kind.tell(practice, *talk, reboot);
      const std::uint32_t taken = practice.bench.stored().sequence() - before;
      EXPECT_LE(taken, 1U);
      // A patient's programmer is not told the status: what it does not know it does not say.
      true_of(told, taken == 1, p);
      ++seen[static_cast<std::size_t>(told)];
    }
    EXPECT_GT(seen[0], 0) << kind.name;
  }
}
TEST(LossyChanges, INV_7_each_kind_is_taken_once_or_not_at_all_and_what_is_told_of_it_is_true) {
  every_kind(2, 5, false);
}
TEST(LossyChanges, INV_7_so_it_is_when_frames_are_doubled) { every_kind(3, 3, false); }
TEST(LossyChanges, INV_7_so_it_is_behind_a_start_of_the_implant) {
  // Ten lost frames are all tries and all answers: the new session has to tell.
  for (const Kind& kind : kinds()) {
    for (const std::uint64_t p : {0b1111111111ULL, 0b1010101010ULL, 0b0101010101ULL, 0b1111101010ULL}) {
      SCOPED_TRACE(std::string{kind.name} + ", pattern " + std::to_string(p));
      Practice practice;
      kind.prepare(practice);
      auto talk = practice.as(practice.*kind.person);
      const std::uint32_t before = practice.bench.stored().sequence();
      Pattern pattern{p, 2};
      lay(practice, pattern);
      const Delivery told = kind.tell(practice, *talk, true);
      true_of(told, practice.bench.stored().sequence() == before + 1, p);
    }
  }
}

TEST(LossyChanges, INV_7_an_order_that_loses_parts_on_its_way_is_taken_whole_or_not_at_all) {
  Practice practice;
  practice.implant(therapy(1));
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    std::uint64_t random = seed;
    practice.line.lose = [&](link::Bytes, bool) {
      random = random * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      return (random >> 33) % 5 == 0;
    };
    const std::uint32_t number = practice.bench.pump().newest_prescription() + 1;
    const link::Order order = practice.order(link::OrderKind::kPrescribe, therapy(number, 280 + seed % 5));
    const auto bytes = link::written(order);
    const link::Hash digest = link::digest_of<Sodium>(bytes);
    const link::Hash before = practice.bench.stored().order();
    const auto lossy = std::exchange(practice.line.lose, {});
    auto talk = practice.as(practice.physician);
    ASSERT_NE(talk, nullptr);
    practice.line.lose = lossy;
    const std::array<link::SignedBy, 1> signers{
        {{practice.signer.certificate, Sodium::signing_public_of(practice.signer.secret),
          link::sign_order(practice.signer.secret, digest)}}};
    const auto offered = link::offer(*talk, bytes, digest, signers);
    Delivery told = Delivery::kFailed;
    if (offered && offered->answer == LinkAnswer::kDone)
      told = delivered(practice, *talk, practice.physician, practice.commit_of(order), false);
    practice.line.lose = {};
    const link::Hash& after = practice.bench.stored().order();
    EXPECT_TRUE(after == before || after == digest);
    true_of(told, after == digest, seed);
  }
}

TEST(Settling, INV_7_what_another_session_tells_of_a_change_and_of_a_dose) {
  link::Change change;
  change.sequence = 7;
  change.intent = 42;
  EXPECT_EQ(link::settle(change, 7, 41), Delivery::kFailed);
  EXPECT_EQ(link::settle(change, 7, 42), Delivery::kFailed);
  EXPECT_EQ(link::settle(change, 8, 42), Delivery::kConfirmed);
  EXPECT_EQ(link::settle(change, 8, 43), Delivery::kFailed) << "somebody else's was the next";
  EXPECT_EQ(link::settle(change, 9, 43), Delivery::kUncertain);
  EXPECT_EQ(link::settle(change, 6, 43), Delivery::kUncertain) << "the implant has lost count";
  const link::RequestBolus dose{5};
  EXPECT_EQ(link::settle(dose, 4, Refusal::kNone), Delivery::kFailed);
  EXPECT_EQ(link::settle(dose, 5, Refusal::kNone), Delivery::kConfirmed);
  EXPECT_EQ(link::settle(dose, 5, Refusal::kLockout), Delivery::kFailed);
  EXPECT_EQ(link::settle(dose, 6, Refusal::kNone), Delivery::kUncertain);
  EXPECT_EQ(link::settle(dose, 3, Refusal::kNone), Delivery::kUncertain) << "the implant has lost count";
}

}  // namespace
}  // namespace theca::example
