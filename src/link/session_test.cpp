// Records: each arrives once or not at all, keys change, and a session ends by itself.
#include "link/session.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "link/link_testing.hpp"

namespace theca::link {
namespace {

using example::Pair;
using example::Vector;

struct Sessions {
  Sessions() {
    Pair pair;
    EXPECT_TRUE(pair.shake());
    programmer = std::make_unique<Session<Sodium>>(*pair.initiator, Side::kInitiator, now);
    implant = std::make_unique<Session<Sodium>>(*pair.responder, Side::kResponder, now);
  }
  Vector sealed(const Vector& plain, bool by_programmer = true) {
    Vector out(plain.size() + kRecordOverhead, 0xaa);
    const auto length = (by_programmer ? programmer : implant)->seal(now, plain, out);
    EXPECT_EQ(length, out.size());
    return out;
  }
  std::expected<Vector, RecordError> opened(const Vector& record, bool by_implant = true) {
    Vector out(record.size() < kRecordOverhead ? 0 : record.size() - kRecordOverhead);
    const auto length = (by_implant ? implant : programmer)->open(now, record, out);
    if (!length) return std::unexpected(length.error());
    out.resize(*length);
    return out;
  }

  Instant now;
  std::unique_ptr<Session<Sodium>> programmer, implant;
};

TEST(Session, records_go_both_ways_and_the_ways_do_not_mix) {
  Sessions s;
  const Vector there{1, 2, 3}, back{4, 5};
  const Vector record = s.sealed(there), answer = s.sealed(back, false);
  EXPECT_EQ(s.opened(record), there);
  EXPECT_EQ(s.opened(answer, false), back);
  EXPECT_EQ(s.opened(s.sealed(there, false)).error(), RecordError::kWrong) << "thrown back at its sender";
}

/// Records lost, doubled and out of order, in any number: each is taken at most once, in the order they were
/// sent, and none of them harms the session.
RC_GTEST_PROP(Session, INV_7_each_record_is_taken_once_or_not_at_all, ()) {
  Sessions s;
  const auto count = *rc::gen::inRange<std::size_t>(1, 30);
  std::vector<Vector> records;
  for (std::size_t i = 0; i < count; ++i) records.push_back(s.sealed({static_cast<std::uint8_t>(i)}));
  const auto order = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, count));
  int last = -1;
  for (const std::size_t i : order) {
    const auto got = s.opened(records[i]);
    if (static_cast<int>(i) > last) {
      RC_ASSERT(got.has_value());
      RC_ASSERT(got->front() == i);
      last = static_cast<int>(i);
    } else {
      RC_ASSERT(!got.has_value());
      RC_ASSERT(got.error() == RecordError::kOld);
    }
  }
  RC_ASSERT(s.implant->alive());
}

/// The same over changes of keys: minutes go by between records, and what was held up comes later than what
/// was sent after it, or twice.
RC_GTEST_PROP(Session, INV_7_each_record_is_taken_once_or_not_at_all_whatever_its_key, ()) {
  Sessions s;
  std::vector<Vector> sent;
  std::set<std::size_t> taken;
  const auto minutes_played = *rc::gen::inRange(1, 50);
  for (int minute = 0; minute < minutes_played; ++minute) {
    const std::size_t first = sent.size();
    const auto several = *rc::gen::inRange<std::size_t>(1, 3);
    for (std::size_t i = 0; i < several; ++i) {
      sent.push_back(s.sealed({static_cast<std::uint8_t>(sent.size())}));
      RC_ASSERT(sent.back()[1] == minute / 15);
      RC_ASSERT(s.opened(s.sealed({}, false), false).has_value());  // the programmer hears as well
    }
    // One of these arrives, and any that was sent before arrives now as well.
    const auto order =
        *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, sent.size()));
    const auto arrives = [&](std::size_t i) {
      const auto got = s.opened(sent[i]);
      const bool due = taken.empty() || i > *taken.rbegin();
      RC_ASSERT(got.has_value() == due);
      if (!due) RC_ASSERT(got.error() == RecordError::kOld);
      if (due) RC_ASSERT(got->front() == static_cast<std::uint8_t>(i));
      if (due) taken.insert(i);
    };
    arrives(*rc::gen::inRange(first, sent.size()));
    for (const std::size_t i : order) arrives(i);
    s.now = s.now + minutes(1);
  }
  RC_ASSERT(s.implant->alive());
}

RC_GTEST_PROP(Session, a_turned_bit_never_opens, ()) {
  Sessions s;
  Vector record = s.sealed(*rc::gen::arbitrary<Vector>());
  const auto bit = *rc::gen::inRange<std::size_t>(0, 8 * record.size());
  record[bit / 8] = static_cast<std::uint8_t>(record[bit / 8] ^ 1U << bit % 8);
  RC_ASSERT(!s.opened(record).has_value());
}

TEST(Session, keys_change_after_so_many_records_and_after_a_quarter_of_an_hour) {
  Sessions s;
  Vector first = s.sealed({1});
  EXPECT_TRUE(s.opened(first));
  Vector last;
  for (std::uint32_t i = 1; i < kRecordsPerKey; ++i) {
    last = s.sealed({});
    const Vector header{
        kRecordVersion, 0, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 0, 0};
    ASSERT_TRUE(std::equal(header.begin(), header.end(), last.begin())) << i;
  }
  EXPECT_TRUE(s.opened(last)) << "the last count of a key";
  const Vector last_of_old = first;
  const Vector next = s.sealed({2});
  EXPECT_EQ(next[1], 1) << "the epoch";
  EXPECT_EQ(s.opened(next), Vector{2});
  EXPECT_EQ(s.opened(last_of_old).error(), RecordError::kOld);
  const Vector forged = [&] {
    Vector of = next;
    of[1] = 2;  // an epoch ahead that nobody has begun
    return of;
  }();
  EXPECT_EQ(s.opened(forged).error(), RecordError::kWrong);
  EXPECT_EQ(s.opened(s.sealed({3})), Vector{3}) << "the key did not move for it";

  for (int minute = 0; minute < 15; ++minute) {
    s.now = s.now + minutes(1);
    EXPECT_TRUE(s.opened(s.sealed({})));
    EXPECT_TRUE(s.opened(s.sealed({}, false), false));
  }
  EXPECT_EQ(s.sealed({4})[1], 2);
}

TEST(Session, a_count_beyond_a_keys_last_does_not_open) {
  Pair pair;
  ASSERT_TRUE(pair.shake());
  auto cipher = pair.initiator->split().to_responder;
  Session<Sodium> implant{*pair.responder, Side::kResponder, Instant{}};
  Vector record(kRecordOverhead), room;
  for (std::uint32_t i = 0; i < kRecordsPerKey; ++i)
    ASSERT_TRUE(cipher.seal(Room{record}.first(kTagBytes), {}, {}));
  const std::array<std::uint8_t, kRecordHeader> header{kRecordVersion, 0, 0, 0, 1, 0};  // 65,536
  std::ranges::copy(header, record.begin());
  ASSERT_TRUE(cipher.seal(Room{record}.subspan(kRecordHeader), header, {}));
  EXPECT_EQ(implant.open(Instant{}, record, room).error(), RecordError::kWrong);
}

TEST(Session, all_four_bytes_of_a_count_count) {
  // Beyond a key's last whatever the tag; with one read as fewer it would be one that may come.
  for (std::size_t byte = 0; byte < 4; ++byte) {
    Sessions s;
    Vector record = s.sealed({1});
    record[2 + byte] ^= 1;
    EXPECT_EQ(s.opened(record).error(), RecordError::kWrong);
    EXPECT_TRUE(s.opened(s.sealed({2})));
  }
}

TEST(Session, two_keys_ahead_is_no_record_and_harms_nothing) {
  Sessions s;
  for (int i = 0; i < 2 * kMostBadTags; ++i) {
    Vector record = s.sealed({1});
    record[1] = 2;
    EXPECT_EQ(s.opened(record).error(), RecordError::kOld);
  }
  EXPECT_TRUE(s.opened(s.sealed({1})));
}

TEST(Session, ends_when_idle_when_the_field_is_gone_and_after_three_wrong_tags) {
  {
    Sessions s;
    s.now = s.now + kMostIdle;
    EXPECT_TRUE(s.opened(s.sealed({1})));
    s.now = s.now + kMostIdle + milliseconds(1);
    Vector out(kRecordOverhead);
    EXPECT_EQ(s.implant->seal(s.now, {}, out).error(), RecordError::kDead);
    EXPECT_FALSE(s.implant->alive());
  }
  {
    Sessions s;
    const Vector record = s.sealed({1});
    s.now = s.now + kMostIdle + milliseconds(1);
    EXPECT_EQ(s.opened(record).error(), RecordError::kDead) << "what comes too late does not wake it";
  }
  {
    Sessions s;
    s.implant->field(s.now, false);
    s.now = s.now + kMostFieldLost + milliseconds(1);
    s.implant->field(s.now, true);
    EXPECT_FALSE(s.implant->alive()) << "nor does a field that comes back too late";
  }
  {
    Sessions s;
    for (Duration gone; gone <= kMostFieldLost; gone = gone + seconds(1)) {
      s.implant->field(s.now, false);
      EXPECT_TRUE(s.implant->alive());
      s.now = s.now + seconds(1);
    }
    s.implant->field(s.now, false);
    EXPECT_FALSE(s.implant->alive()) << "it is gone since it was first told";
  }
  {
    Sessions s;
    s.implant->field(s.now, false);
    s.now = s.now + kMostFieldLost;
    s.implant->field(s.now, true);
    s.implant->field(s.now, false);
    s.now = s.now + kMostFieldLost;
    EXPECT_TRUE(s.opened(s.sealed({1})));
    s.now = s.now + milliseconds(1);
    s.implant->look(s.now);
    EXPECT_FALSE(s.implant->alive());
  }
  {
    Sessions s;
    for (int i = 0; i < kMostBadTags; ++i) {
      EXPECT_TRUE(s.implant->alive());
      Vector bad = s.sealed({1});
      bad.back() ^= 1;
      EXPECT_EQ(s.opened(bad).error(), RecordError::kWrong);
    }
    EXPECT_EQ(s.opened(s.sealed({1})).error(), RecordError::kDead);
  }
}

TEST(Session, of_a_handshake_that_is_not_done_there_is_none) {
  Pair pair;
  Session<Sodium> early{*pair.initiator, Side::kInitiator, Instant{}};
  Vector room(kRecordOverhead);
  EXPECT_FALSE(early.alive());
  EXPECT_EQ(early.seal(Instant{}, {}, room).error(), RecordError::kDead);
}

TEST(Session, what_is_no_record_is_told_as_such_and_harms_nothing) {
  Sessions s;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(s.opened(Vector(kRecordOverhead - 1, kRecordVersion)).error(), RecordError::kMalformed);
    EXPECT_EQ(s.opened({}).error(), RecordError::kMalformed);
    EXPECT_EQ(s.opened(Vector(kRecordOverhead, 0)).error(), RecordError::kMalformed) << "version 0";
  }
  Vector room(kRecordOverhead);
  EXPECT_EQ(s.programmer->seal(s.now, Vector{1}, room).error(), RecordError::kNoRoom);
  EXPECT_EQ(s.implant->open(s.now, s.sealed({1, 2}), Room{room}.first(1)).error(), RecordError::kNoRoom);
  EXPECT_TRUE(s.opened(s.sealed({1})));
}

/// Two visits share no bytes by which one could be known for the other's.
TEST(Session, INV_12_nothing_of_what_is_said_is_on_the_air) {
  Pair visit{{}, 1}, other{{}, 2};
  const Vector secret(64, 0x5a);
  std::array<std::uint8_t, 256> one{}, two{};
  const auto a = visit.initiator->write(secret, one), b = other.initiator->write(secret, two);
  for (const auto& [wire, length] : {std::pair{&one, *a}, std::pair{&two, *b}}) {
    const Bytes air = Bytes{*wire}.first(length);
    EXPECT_TRUE(std::ranges::search(air, Bytes{secret}.first(4)).empty());
  }
  for (std::size_t i = 0; i + 4 <= *a; ++i)
    EXPECT_TRUE(std::ranges::search(Bytes{two}.first(*b), Bytes{one}.subspan(i, 4)).empty()) << i;
}

}  // namespace
}  // namespace theca::link
