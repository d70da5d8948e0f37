// What turned bits, torn words and bad pages once did to store and journal, each by itself.
#include <gtest/gtest.h>

#include "pump/flash_model.hpp"
#include "pump/journal.hpp"
#include "pump/record.hpp"
#include "pump/store.hpp"
#include "pump/stored_pump.hpp"
#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

JournalEntry entry_at(std::uint32_t s) {
  return {s, {Instant{std::int64_t{s} * 60'000}, static_cast<EventCode>(s % kEventCodeCount), 1, s + 1, s}};
}
bool append_to(Journal& j, std::uint32_t count, std::uint32_t ack = 0) {
  for (std::uint32_t i = j.next_sequence(); i < count; ++i)
    if (!j.append(entry_at(i), ack)) return false;
  return true;
}
std::size_t keep(Store& store) {
  return store.keep([](RecordWriter& w) {
    w.begin(RecordId::kTherapy);
    w.put(7, 8);
    w.end();
  });
}

TEST(TurnedBits, a_record_whose_id_turned_is_no_other_record) {
  FlashModel flash;
  RecordWriter w{flash, 0, 100};
  for (auto id : {RecordId::kSafeStates, RecordId::kFluids}) {
    w.begin(id);
    w.put(std::uint64_t(id), 8);
    w.end();
  }
  flash.flip(2, 0);  // kFluids (3) -> kSafeStates (2)
  const auto places = find_records(flash, 0, 100);
  EXPECT_FALSE(places[3]);
  EXPECT_EQ(places[2]->first, 1U);
}

TEST(TurnedBits, a_field_behind_a_turned_length_is_no_record) {
  FlashModel flash;
  RecordWriter w{flash, 0, 100};
  w.begin(RecordId::kTherapy);
  w.put(9, 8);
  w.end();
  w.begin(RecordId::kLimits);
  w.put(1, 8);
  w.put(2, 8);
  w.put(0x100, 8);
  w.end();
  flash.flip(2, 16);  // 3 words -> 2
  const auto places = find_records(flash, 0, 100);
  EXPECT_EQ(places[0]->words, 1U);
}

TEST(TornEntry, INV_9_of_zeros_without_its_first_word_is_none) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(journal.append(entry_at(0), 0));
  flash.cut_after(4, FlashModel::Torn::kNothing);
  journal.append({1, {}}, 0);
  flash.power_on();
  Journal again{flash};
  again.open();
  EXPECT_EQ(again.next_sequence(), 1U);
  EXPECT_FALSE(again.read(0, 1));
}

TEST(BadPage, the_newest_is_looked_for_behind_it) {
  FlashModel flash;
  flash.stick(kJournalPage + 1);
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, kEntriesPerPage + 1));
  EXPECT_TRUE(journal.newest([](const JournalEntry& e) { return e.sequence == 5; }));
}

TEST(BadPage, INV_9_costs_no_unread_entry_when_the_ring_wraps) {
  FlashModel flash;
  flash.stick(kJournalPage + 5);
  Journal journal{flash};
  EXPECT_FALSE(
      append_to(journal, 2 * kJournalPages * kEntriesPerPage, 4 * kEntriesPerPage));  // pages 0 to 3 are read
  EXPECT_TRUE(journal.head_of(4));
  EXPECT_EQ(journal.oldest_page(), 4U);
}

TEST(BadPage, INV_6_calls_logged_after_a_boot_that_could_keep_nothing_are_made_again) {
  FlashModel flash;
  {
    Store s{flash};
    keep(s);
    keep(s);
    s.log({CallKind::kWake, Instant{1}, 1, 1});
    s.log({CallKind::kWake, Instant{2}, 2, 2});
  }
  flash.stick(4);
  flash.stick(6);  // both slots of generation 3; written by generation 1
  {
    Store s{flash};
    ASSERT_EQ(s.find(), Store::Found::kState);
    ASSERT_TRUE(s.replay([](const LoggedCall&) {}));
    ASSERT_EQ(keep(s), 0U);
    ASSERT_TRUE(s.log({CallKind::kWake, Instant{3}, 3, 3}));
  }
  Store s{flash};
  s.find();
  int made = 0;
  EXPECT_TRUE(s.replay([&](const LoggedCall&) { ++made; }));
  EXPECT_EQ(made, 3);
}

TEST(BadPage, INV_6_calls_of_256_generations_ago_are_not_made_again) {
  FlashModel flash;
  Store s{flash};
  keep(s);
  keep(s);
  s.log({CallKind::kRequest, Instant{1}, 1, 1});
  flash.stick(kLogPage);  // can be erased no more
  for (int i = 0; i < 256; ++i) keep(s);
  Store again{flash};
  again.find();
  int made = 0;
  again.replay([&](const LoggedCall&) { ++made; });
  EXPECT_EQ(made, 0);
}

TEST(TurnedBits, one_in_a_blank_place_makes_nobody_break_the_rules_of_flash) {
  FlashModel flash;
  Store s{flash};
  keep(s);
  flash.flip(word_of_page(kLogPage + kLogPages) + 1, 5);
  s.log({CallKind::kWake, Instant{0}, 0, 0});
  Journal j{flash};
  j.append(entry_at(0), 0);
  flash.flip(Journal::address_of(0, 1) + 3, 20);
  j.append(entry_at(1), 0);
  EXPECT_EQ(flash.broken_rules(), 0);
}

TEST(FirstBoot, INV_6_a_cut_in_it_leaves_a_pump_that_can_be_implanted) {
  FlashModel flash;
  Effects out;
  {
    StoredPump p{example::kRoller, flash};
    flash.cut_after(30, FlashModel::Torn::kNothing);
    p.boot({}, out);
  }
  flash.power_on();
  out.clear();
  StoredPump p{example::kRoller, flash};
  p.boot({}, out);
  EXPECT_FALSE(p.pump().implanted());
  for (const Event& e : out.events()) EXPECT_NE(e.code, EventCode::kMemoryLost);
}

TEST(TurnedBits, INV_9_one_in_the_newest_pages_head_costs_no_entry) {
  FlashModel flash;
  {
    Journal j{flash};
    ASSERT_TRUE(append_to(j, kEntriesPerPage + 10));
  }
  flash.flip(Journal::address_of(1), 3);
  Journal j{flash};
  j.open();
  EXPECT_EQ(j.next_sequence(), kEntriesPerPage + 10);
  j.append(entry_at(kEntriesPerPage + 10), 0);
  EXPECT_EQ(j.read(1, 0).value_or(JournalEntry{}).sequence, kEntriesPerPage);  // 10 unread entries are erased
}
}  // namespace
}  // namespace theca
