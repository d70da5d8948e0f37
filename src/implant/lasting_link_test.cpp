// What never goes back, who gets in after junk, and what an implant does that has lost its random numbers or
// its keys.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <set>

#include "implant/implant_testing.hpp"
#include "link/order_talk.hpp"

namespace theca::example {
namespace {

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

/// What the second message of a handshake tells, and what status does.
struct Counted {
  std::uint32_t sequence, epoch, boots;
};
Counted counted(Practice& practice) {
  auto talk = practice.as(practice.service);
  if (!talk) throw std::runtime_error("no session");
  const auto status = talk->ask(link::ReadStatus{});
  return {(*status)->sequence, talk->implant().epoch, talk->implant().boots};
}

RC_GTEST_PROP(Counters, INV_8_sequence_epoch_and_boots_never_decrease, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
  Practice practice{static_cast<std::uint8_t>(seed)};
  practice.implant(therapy(1));
  Counted before = counted(practice);
  for (int day = 0; day < 8; ++day) {
    practice.bench.pass(minutes(static_cast<std::int64_t>(10 + random() % 60)));
    for (std::uint64_t i = random() % 3; i > 0; --i)
      told_by(practice, practice.nurse, practice.change<link::AcknowledgeAlarms>());
    if (one_in(3)) {
      link::RaiseEpoch raise;
      raise.statement = {practice.bench.implant().epoch() + 1, kSummer2026, practice.clinic.implant, {}};
      raise.signature = link::sign_epoch(practice.clinic.seed, raise.statement);
      RC_ASSERT(told_by(practice, practice.patient, raise).answer == LinkAnswer::kDone);
      practice.clinic.epoch = raise.statement.epoch;
      practice.service = practice.clinic.speaker(Role::kService);
      practice.nurse = practice.clinic.speaker(Role::kNurse);
      practice.patient = practice.clinic.speaker(Role::kPatient);
    }
    const std::uint32_t sequence = practice.bench.stored().sequence();
    for (const RecordId id : {RecordId::kTherapy, RecordId::kDelivery, RecordId::kKeeper, RecordId::kLimits})
      if (one_in(3)) practice.bench.spoil(id);
    practice.bench.reboot(one_in(2));
    RC_ASSERT(practice.bench.stored().sequence() == sequence);
    const Counted after = counted(practice);
    RC_ASSERT(after.sequence >= before.sequence);
    RC_ASSERT(after.epoch == practice.clinic.epoch);
    RC_ASSERT(after.boots == before.boots + 1);
    before = after;
  }
}

/// Records that are lost do not make a change be taken twice, nor a dose, nor be told as if it never was.
TEST(Counters, INV_7_INV_8_a_change_is_known_again_after_its_records_are_lost) {
  Practice practice;
  practice.implant(therapy(1));
  practice.bench.pass(hours(1));
  const auto clock = [&] {
    link::SetClock set;
    set.utc_ms = kSummer2026 * 1'000 + 3'600'000;
    return practice.change(set);
  }();
  ASSERT_EQ(told_by(practice, practice.physician, clock).answer, LinkAnswer::kDone);
  const std::uint32_t sequence = practice.bench.stored().sequence();
  for (const RecordId id : {RecordId::kKeeper, RecordId::kDelivery, RecordId::kTherapy})
    practice.bench.spoil(id);
  practice.bench.reboot(false);
  EXPECT_EQ(practice.bench.stored().sequence(), sequence);
  EXPECT_EQ(practice.bench.stored().intent(), clock.intent);
  EXPECT_EQ(link::settle(clock, practice.bench.stored().sequence(), practice.bench.stored().intent()),
            link::Delivery::kConfirmed);
  EXPECT_EQ(told_by(practice, practice.physician, clock).answer, LinkAnswer::kDone);
  EXPECT_EQ(practice.bench.stored().sequence(), sequence) << "not once more";
}

// ---- junk -------------------------------------------------------------------------------------------------

/// Whatever junk is sent for however long: once it stops, the physician is in within a minute of powered
/// time.
RC_GTEST_PROP(Junk, INV_13_a_physician_is_let_in_within_a_minute_after_it_stops, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  Practice practice{static_cast<std::uint8_t>(seed)};
  practice.pair();
  Bench& bench = practice.bench;
  bench.near(false);
  bench.near(true);
  const auto looks = bench.implant().counts().gate_looks;
  const auto handshakes = bench.implant().counts().handshakes;
  const Instant begin = bench.now();
  const auto frames = 1 + random() % 300;
  for (std::uint64_t i = 0; i < frames; ++i) {
    std::vector<std::uint8_t> body(random() % (link::kMostBody + 1));
    for (auto& byte : body) byte = static_cast<std::uint8_t>(random());
    const auto type = random() % 8 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0x01};
    bench.transmit(link::Frame{static_cast<link::FrameType>(type), body}.bytes());
    bench.pass(Duration{static_cast<std::int64_t>(random() % 10'000)});
    if (random() % 50 == 0) bench.pass(seconds(100));
  }
  RC_ASSERT(bench.from_air.empty() || bench.implant().counts().handshakes == handshakes);
  RC_ASSERT(bench.implant().counts().handshakes == handshakes);
  // A look a half minute in the long run, and a few at once.
  const auto most = 16 + (bench.now() - begin).raw() / link::kLongestDeafness.raw();
  RC_ASSERT(bench.implant().counts().gate_looks - looks <= most);

  const Instant stops = bench.now();
  link::Caller<Sodium> caller{practice.keys_of(practice.physician, practice.clinic_secret)};
  bench.heard.clear();
  bool in = false;
  while (!in && bench.now() - stops <= seconds(60)) {
    // The coil was there all the time: its number is still the first one.
    bench.transmit(caller.call(bench.numbers.back(), practice.clinic.random.next()).bytes());
    in = !bench.heard.empty() && caller.opens(bench.now(), bench.heard.front().bytes());
    bench.pass(seconds(1));
  }
  RC_ASSERT(in);
}

TEST(Junk, INV_13_a_field_that_comes_begins_anew) {
  Practice practice;
  practice.pair();
  practice.bench.near(true);
  for (int i = 0; i < 200; ++i) {
    practice.bench.transmit(link::Frame{link::FrameType::kFirst, std::array<std::uint8_t, 60>{}}.bytes());
    practice.bench.pass(seconds(1));
  }
  const Instant before = practice.bench.now();
  EXPECT_NE(practice.as(practice.physician), nullptr);
  EXPECT_LT(practice.bench.now() - before, seconds(1));
}

TEST(Junk, without_the_coil_nothing_is_heard_at_all) {
  Practice practice;
  practice.pair();
  practice.bench.near(false);
  practice.bench.pass(minutes(2));
  const auto frames = practice.bench.implant().counts().frames;
  for (int i = 0; i < 50; ++i)
    practice.bench.transmit(link::Frame{link::FrameType::kFirst, std::array<std::uint8_t, 60>{}}.bytes());
  EXPECT_EQ(practice.bench.implant().counts().frames, frames);
}

TEST(BackOff, doubles_to_half_a_minute_behind_a_few_free_looks) {
  link::BackOff back_off;
  Instant now{1'000};
  for (int i = 0; i < link::kFreeLooks; ++i) {
    EXPECT_TRUE(back_off.listens(now));
    back_off.failed(now);
  }
  EXPECT_TRUE(back_off.listens(now));
  for (const std::int64_t wait : {1, 2, 4, 8, 16, 32, 32, 32}) {
    back_off.failed(now);
    EXPECT_FALSE(back_off.listens(now + seconds(wait) - milliseconds(1))) << wait;
    now = now + seconds(wait);
    EXPECT_TRUE(back_off.listens(now)) << wait;
  }
  for (const bool field : {true, false}) {
    back_off.failed(now);
    EXPECT_FALSE(back_off.listens(now));
    field ? back_off.field_comes() : back_off.opened();
    for (int i = 0; i < link::kFreeLooks; ++i) {
      EXPECT_TRUE(back_off.listens(now));
      back_off.failed(now);
    }
    EXPECT_TRUE(back_off.listens(now));
    back_off.failed(now);
    EXPECT_FALSE(back_off.listens(now));
    EXPECT_TRUE(back_off.listens(now + seconds(1))) << "the first second again";
  }
}

// ---- random numbers ---------------------------------------------------------------------------------------

TEST(Randomness, of_a_source_that_is_stuck_or_broken_no_identity_is_made) {
  for (const bool stuck : {true, false}) {
    Bench bench{1, kRoller, [&](SeededRandom& random) { (stuck ? random.stuck : random.broken) = true; }};
    EXPECT_TRUE(bench.implant().shut());
    bench.near(true);
    EXPECT_TRUE(bench.numbers.empty());
    // It is not written down either: with numbers again, the next start makes an identity.
    bench.random.stuck = bench.random.broken = false;
    bench.near(false);
    bench.reboot();
    EXPECT_FALSE(bench.implant().shut());
    EXPECT_NE(bench.implant().card(), link::Key{});
  }
}

TEST(Randomness, without_random_numbers_no_session_and_no_pairing) {
  for (const bool stuck : {true, false}) {
    Practice practice;
    practice.pair();
    const auto fail = [&](bool fails) {
      (stuck ? practice.bench.random.stuck : practice.bench.random.broken) = fails;
    };
    fail(true);
    practice.bench.near(false);
    practice.bench.numbers.clear();
    // What is stuck gives the same again: the first block after it stuck may pass, a second one does not.
    for (int i = 0; i < 3; ++i) {
      practice.bench.near(true);
      practice.bench.near(false);
    }
    EXPECT_TRUE(practice.bench.numbers.empty());
    EXPECT_EQ(practice.as(practice.physician), nullptr);
    fail(false);
    auto talk = practice.as(practice.physician);
    ASSERT_NE(talk, nullptr);
    fail(true);
    const std::int64_t writes = practice.bench.flash().writes();
    for (int i = 0; i < 2; ++i) {
      const auto paired = talk->ask(link::PairPatient{practice.clinic.random.next()});
      ASSERT_TRUE(paired.has_value() && !paired->has_value());
      EXPECT_EQ(paired->error().answer, LinkAnswer::kRandom);
    }
    EXPECT_EQ(practice.bench.flash().writes(), writes);
    fail(false);
    EXPECT_NE(practice.as(practice.patient), nullptr) << "the secret that was there is still there";

    Practice fresh;
    auto card = fresh.talk(fresh.card_keys());
    ASSERT_NE(card, nullptr);
    (stuck ? fresh.bench.random.stuck : fresh.bench.random.broken) = true;
    const auto paired = card->ask(fresh.clinic.pairing(card->number()));
    ASSERT_TRUE(paired.has_value() && !paired->has_value());
    EXPECT_EQ(paired->error().answer, LinkAnswer::kRandom);
    EXPECT_EQ(fresh.bench.implant().paired(), Paired::kNo);
  }
}

TEST(Randomness, one_block_of_one_byte_or_one_that_comes_again_is_no_number) {
  class Fixed final : public RandomSource {
   public:
    bool fill(std::span<std::uint8_t> room) override {
      std::ranges::copy(blocks.at(at++), room.begin());
      return true;
    }
    std::vector<std::array<std::uint8_t, 16>> blocks;
    std::size_t at = 0;
  };
  const auto block = [](std::uint8_t first) {
    std::array<std::uint8_t, 16> made{};
    made.fill(9);
    made[15] = first;
    return made;
  };
  const auto drawn = [](std::vector<std::array<std::uint8_t, 16>> blocks) {
    Fixed source;
    source.blocks = std::move(blocks);
    CheckedRandom checked{source};
    return checked.draw<32>().has_value();
  };
  EXPECT_TRUE(drawn({block(1), block(2)}));
  EXPECT_FALSE(drawn({block(1), block(1)}));
  EXPECT_FALSE(drawn({block(9), block(2)}));
  EXPECT_FALSE(drawn({block(1), block(9)}));
  Fixed source;
  source.blocks = {block(1), block(2), block(2)};
  CheckedRandom checked{source};
  ASSERT_TRUE(checked.draw<32>().has_value());
  EXPECT_FALSE(checked.draw<16>().has_value()) << "across two draws";
}

RC_GTEST_PROP(Randomness, no_two_pairings_come_to_the_same_secret, (std::uint8_t seed)) {
  Practice practice{seed};
  practice.pair();
  std::set<link::Key> secrets{practice.bench.implant().card(), practice.clinic_secret,
                              practice.patient_secret};
  auto talk = practice.as(practice.physician);
  for (int i = 0; i < 20; ++i) {
    link::PairPatient own;  // the programmer's share is always the same
    const auto reply = talk->ask(own);
    secrets.insert(link::paired_secret<Sodium>(own.share, (*reply)->share, link::SecretFor::kPatient));
  }
  RC_ASSERT(secrets.size() == 23U);
}

// ---- lost keys --------------------------------------------------------------------------------------------

TEST(LostKeys, INV_8_shut_the_link_for_good_and_delivery_goes_on_unchanged) {
  Practice practice, other;
  for (Practice* one : {&practice, &other}) {
    one->implant(therapy(1));
    one->bench.near(false);
    one->bench.pass(hours(2));
  }
  practice.bench.spoil_pages(kKeyringPage);
  for (Practice* one : {&practice, &other}) one->bench.reboot();
  EXPECT_TRUE(practice.bench.implant().shut());
  EXPECT_EQ(practice.as(practice.physician), nullptr);
  EXPECT_EQ(practice.talk(practice.card_keys()), nullptr);
  EXPECT_TRUE(practice.bench.numbers.empty());
  other.bench.near(true);  // the same number of telemetry
  for (Practice* one : {&practice, &other}) one->bench.near(false);
  for (int day = 0; day < 3; ++day) {
    for (Practice* one : {&practice, &other}) one->bench.pass(hours(24));
    EXPECT_EQ(practice.bench.pump().commanded(), other.bench.pump().commanded());
    EXPECT_EQ(practice.bench.pump().mode(), other.bench.pump().mode());
  }
  EXPECT_GT(practice.bench.pump().commanded(), 80'000);
  practice.bench.reboot();
  EXPECT_TRUE(practice.bench.implant().shut()) << "for good";
}

}  // namespace
}  // namespace theca::example
