// Somebody who hears every frame and may send them again: nothing is read off the air, nothing ties two
// visits together, and no frame that was there does anything a second time.
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "implant/implant_testing.hpp"
#include "link/order_talk.hpp"

namespace theca::example {
namespace {

using Frames = std::vector<std::vector<std::uint8_t>>;

Prescription therapy(std::uint32_t number, std::int64_t ul_per_day = 288) {
  Prescription p = continuous(number, morphine(1, 1), microlitres_per_day(ul_per_day));
  p.patient = quarter_millilitre_a_day();
  return p;
}

auto standing(Practice& practice) {
  const StoredPump& stored = practice.bench.stored();
  const Status status = stored.status();
  return std::tuple{stored.sequence(),
                    stored.intent(),
                    stored.order(),
                    stored.last_request(),
                    stored.pump().commanded(),
                    stored.pump().prescription().number,
                    stored.entries_acknowledged(),
                    practice.bench.implant().epoch(),
                    practice.bench.implant().paired(),
                    practice.bench.implant().state(),
                    status.boluses_left,
                    stored.pump().clock().utc_ms_at_zero,
                    practice.bench.implant().counts().commands};
}

/// A whole visit: a dose by the patient, then the physician with a new prescription, a stop and a resume.
struct Visit {
  explicit Visit(Practice& practice) {
    practice.bench.to_air.clear();
    practice.bench.from_air.clear();
    {
      auto patients = practice.as(practice.patient);
      EXPECT_EQ(
          practice.told(*patients, link::RequestBolus{practice.bench.stored().last_request() + 1}).answer,
          LinkAnswer::kDone);
    }
    talk = practice.as(practice.physician);
    const link::Order order = practice.order(link::OrderKind::kPrescribe,
                                             therapy(practice.bench.pump().newest_prescription() + 1, 280));
    EXPECT_EQ(practice.offer(*talk, order, {practice.signer}).answer, LinkAnswer::kDone);
    EXPECT_TRUE(link::read_order(*talk, link::WhichOrder::kOffered));
    EXPECT_EQ(practice.told(*talk, practice.commit_of(order)).answer, LinkAnswer::kDone);
    const auto status = talk->ask(link::ReadStatus{});
    const auto status_bytes = link::written(**status);
    plain = {status_bytes.begin(), status_bytes.end()};
    const auto order_bytes = link::written(order);
    plain.insert(plain.end(), order_bytes.begin(), order_bytes.end());
    for (const Person* person : {&practice.physician, &practice.patient, &practice.signer})
      plain.insert(plain.end(), person->certificate.begin(), person->certificate.end());
    EXPECT_EQ(practice.told(*talk, practice.change<link::Stop>()).answer, LinkAnswer::kDone);
    EXPECT_EQ(practice.told(*talk, practice.change<link::Resume>()).answer, LinkAnswer::kDone);
    to_implant = practice.bench.to_air;
    from_implant = practice.bench.from_air;
  }
  std::unique_ptr<Talk> talk;  // the physician's, still open
  Frames to_implant, from_implant;
  std::vector<std::uint8_t> plain;
};

using Eight = std::array<std::uint8_t, 8>;
std::set<Eight> eights(link::Bytes bytes) {
  std::set<Eight> found;
  for (std::size_t i = 0; i + 8 <= bytes.size(); ++i) {
    Eight one{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i), 8, one.begin());
    if (std::ranges::adjacent_find(one, std::not_equal_to{}) != one.end()) found.insert(one);
  }
  return found;
}
/// Of a frame what is behind its own head and that of a record, which hold lengths and counts alone.
link::Bytes behind_heads(const std::vector<std::uint8_t>& frame) {
  return link::Bytes{frame}.subspan(link::kFrameHead + link::kRecordHeader);
}

TEST(Eavesdropper, INV_12_reads_nothing_and_cannot_tell_that_two_visits_are_to_one_implant) {
  Practice practice;
  practice.implant(therapy(1));
  practice.bench.pass(hours(4));
  std::set<Eight> before;
  std::size_t frames = 0;
  for (int day = 0; day < 3; ++day) {
    const Visit visit{practice};
    const auto plain = eights(visit.plain);
    ASSERT_GT(plain.size(), 300U);
    std::set<Eight> now;
    for (const Frames* way : {&visit.to_implant, &visit.from_implant}) {
      for (const auto& frame : *way) {
        ++frames;
        for (const Eight& eight : eights(behind_heads(frame))) {
          EXPECT_FALSE(plain.contains(eight)) << "plain text on the air";
          EXPECT_FALSE(before.contains(eight)) << "two visits have something in common";
          now.insert(eight);
        }
      }
    }
    before.merge(now);
    practice.bench.near(false);
    practice.bench.pass(hours(5));
  }
  EXPECT_GT(frames, 120U);
}

/// Sends frames, and says whether anything has come of them.
void hear_again(Practice& practice, const Frames& frames, const char* when) {
  const auto before = standing(practice);
  const std::int64_t writes = practice.bench.flash().writes();
  for (const auto& frame : frames) {
    practice.bench.transmit(frame);
    EXPECT_EQ(standing(practice), before) << when;
  }
  EXPECT_EQ(practice.bench.flash().writes(), writes) << when;
}

TEST(Eavesdropper, INV_7_INV_12_no_frame_does_anything_a_second_time) {
  Practice practice;
  practice.implant(therapy(1));
  practice.bench.pass(hours(4));
  Visit visit{practice};
  Frames all = visit.to_implant;
  all.insert(all.end(), visit.from_implant.begin(), visit.from_implant.end());

  // In the same session: singly, each beginning, and the whole; and the session lives.
  for (const auto& frame : all) hear_again(practice, {frame, frame, frame}, "singly, in the session");
  for (std::size_t n = 1; n <= visit.to_implant.size(); ++n)
    hear_again(practice,
               {visit.to_implant.begin(), visit.to_implant.begin() + static_cast<std::ptrdiff_t>(n)},
               "from the beginning, in the session");
  const auto alive = visit.talk->ask(link::ReadStatus{});
  EXPECT_TRUE(alive && *alive) << "what was there before does not harm a session";

  // Behind its end, with a coil that somebody else holds; then behind a start, with the clock and without.
  practice.bench.near(false);
  practice.bench.pass(seconds(30));
  for (int when = 0; when < 3; ++when) {
    if (when > 0) practice.bench.reboot(when == 1);
    hear_again(practice, all, "nobody is near");
    practice.bench.near(true);
    hear_again(practice, all, "somebody is near");
    practice.bench.near(false);
  }
  EXPECT_EQ(practice.bench.implant().in_session(), false);

  // In a session that comes later it may end that session, and does nothing else.
  auto later = practice.as(practice.physician);
  ASSERT_NE(later, nullptr);
  const auto sequence = practice.bench.stored().sequence();
  const auto commands = practice.bench.implant().counts().commands;
  for (const auto& frame : all) practice.bench.transmit(frame);
  EXPECT_EQ(practice.bench.stored().sequence(), sequence);
  EXPECT_EQ(practice.bench.implant().counts().commands, commands);
  EXPECT_NE(practice.as(practice.physician), nullptr) << "and the true one comes in again";
}

TEST(Eavesdropper, INV_12_a_recorded_pairing_opens_nothing_and_no_number_of_the_coil_comes_twice) {
  Practice practice;
  auto card = practice.talk(practice.card_keys());
  ASSERT_NE(card, nullptr);
  ASSERT_TRUE(card->ask(practice.clinic.pairing(card->number())).has_value());
  const Frames all = practice.bench.to_air;
  std::set<link::NearFieldNonce> numbers;
  for (int i = 0; i < 100; ++i) {
    practice.bench.near(false);
    practice.bench.numbers.clear();
    practice.bench.near(true);
    ASSERT_EQ(practice.bench.numbers.size(), 1U);
    EXPECT_TRUE(numbers.insert(practice.bench.numbers.front()).second);
    if (i < 5) hear_again(practice, all, "a recorded pairing");
  }
  EXPECT_EQ(practice.bench.implant().paired(), Paired::kBegun);
}

}  // namespace
}  // namespace theca::example
