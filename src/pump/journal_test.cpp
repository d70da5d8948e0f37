#include "pump/journal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "pump/checksum.hpp"
#include "pump/flash_model.hpp"

namespace theca {
namespace {

using Torn = FlashModel::Torn;
using Entries = std::vector<JournalEntry>;

constexpr std::array kTorn = {Torn::kNothing, Torn::kHalf, Torn::kRandom};
constexpr std::uint32_t kMostEntries = kJournalPages * kEntriesPerPage;
constexpr std::uint32_t kMostBadPages = 4;  // in a row

bool same(const JournalEntry& a, const JournalEntry& b) {
  const auto all = [](const JournalEntry& e) {
    return std::tuple{e.sequence, e.event.at, e.event.code, e.event.detail, e.event.value, e.event.value2};
  };
  return all(a) == all(b);
}
bool same(const Entries& a, const Entries& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const JournalEntry& x, const JournalEntry& y) { return same(x, y); });
}

rc::Gen<std::uint64_t> any_word() {
  return rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}
JournalEntry any_entry(std::uint32_t sequence) {
  return {sequence,
          {Instant{*rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 48)},
           static_cast<EventCode>(*rc::gen::inRange<std::size_t>(0, kEventCodeCount)),
           *rc::gen::arbitrary<std::uint8_t>(), static_cast<std::int64_t>(*any_word()),
           static_cast<std::int64_t>(*any_word())}};
}
JournalPage any_page() {
  JournalPage page{*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint32_t>(), {}};
  for (std::uint8_t& byte : page.before) byte = *rc::gen::arbitrary<std::uint8_t>();
  return page;
}

/// The same for the same sequence.
JournalEntry entry_at(std::uint32_t sequence) {
  return {sequence,
          {Instant{std::int64_t{sequence} * 60'000}, static_cast<EventCode>(sequence % kEventCodeCount),
           static_cast<std::uint8_t>(sequence), sequence + 1, -std::int64_t{sequence}}};
}
Entries entries_to(std::uint32_t count) {
  Entries entries;
  for (std::uint32_t i = 0; i < count; ++i) entries.push_back(entry_at(i));
  return entries;
}
bool append_to(Journal& journal, std::uint32_t count, std::uint32_t acknowledged = 0) {
  for (std::uint32_t i = journal.next_sequence(); i < count; ++i) {
    if (!journal.append(entry_at(i), acknowledged)) return false;
  }
  return true;
}

/// All that can be read, as the clinic does: page by page, place by place.
Entries all_of(const Journal& journal) {
  Entries entries;
  if (!journal.any()) return entries;
  for (std::uint32_t page = journal.oldest_page(); page <= journal.newest_page(); ++page) {
    if (!journal.head_of(page)) continue;
    for (std::uint32_t place = 0; place < kEntriesPerPage; ++place) {
      if (const auto entry = journal.read(page, place)) entries.push_back(*entry);
    }
  }
  return entries;
}
/// Each page that stands tells the digest of the one that stands before it.
bool chained(const Journal& journal) {
  std::optional<std::uint32_t> before;
  for (std::uint32_t page = journal.oldest_page(); page <= journal.newest_page(); ++page) {
    const auto head = journal.head_of(page);
    if (!head) continue;
    if (before && head->before != journal.digest_of(*before)) return false;
    before = page;
  }
  return true;
}

// ---- entries and heads ----------------------------------------------------------------------------------

RC_GTEST_PROP(Journal, what_is_written_of_an_entry_is_what_is_read, ()) {
  const JournalEntry entry = any_entry(*rc::gen::arbitrary<std::uint32_t>());
  const auto read = entry_of(words_of(entry));
  RC_ASSERT(read.has_value());
  RC_ASSERT(same(*read, entry));
}

RC_GTEST_PROP(Journal, what_is_written_of_a_head_is_what_is_read, ()) {
  const JournalPage page = any_page();
  const auto read = page_of(words_of(page));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->number == page.number);
  RC_ASSERT(read->first_sequence == page.first_sequence);
  RC_ASSERT(read->before == page.before);
}

RC_GTEST_PROP(Journal, INV_9_an_entry_with_a_flipped_bit_is_refused, ()) {
  auto words = words_of(any_entry(*rc::gen::arbitrary<std::uint32_t>()));
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (int bit = 0; bit < 64; ++bit) {
      words[i] ^= Word{1} << bit;
      if (entry_of(words)) RC_FAIL("word " + std::to_string(i) + " bit " + std::to_string(bit));
      words[i] ^= Word{1} << bit;
    }
  }
}

RC_GTEST_PROP(Journal, INV_9_a_head_with_a_flipped_bit_is_refused, ()) {
  auto words = words_of(any_page());
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (int bit = 0; bit < 64; ++bit) {
      words[i] ^= Word{1} << bit;
      if (page_of(words)) RC_FAIL("word " + std::to_string(i) + " bit " + std::to_string(bit));
      words[i] ^= Word{1} << bit;
    }
  }
}

TEST(Journal, an_entry_and_a_head_stand_as_the_format_says) {
  // A journal that older pumps wrote is read by its layout: docs/journal.md.
  const JournalEntry entry{0x8765'4321, {Instant{0x0123'4567'89AB}, EventCode{7}, 0xFE, -5, 6}};
  const auto words = words_of(entry);
  EXPECT_EQ(words[0] & 0xFFFF'FFFF, 0x8765'4321U);
  EXPECT_EQ(words[1], 0xFE07'0123'4567'89ABU);
  EXPECT_EQ(words[2], ~Word{4});
  EXPECT_EQ(words[3], 6U);
  Crc32c sum;
  sum.add(0x8765'4321);
  for (std::size_t i = 1; i < words.size(); ++i) sum.add(words[i]);
  EXPECT_EQ(words[0] >> 32, sum.value());

  JournalPage page{0x1234, 0x8765'4321, {}};
  for (std::size_t i = 0; i < page.before.size(); ++i) page.before[i] = static_cast<std::uint8_t>(i + 1);
  const auto head = words_of(page);
  EXPECT_EQ(head[0] & 0xFFFF'FFFF, 0x1234U);
  EXPECT_EQ(head[1], 0x1'8765'4321U);
  EXPECT_EQ(head[2], 0x0807'0605'0403'0201U);
  EXPECT_EQ(head[5], 0x201F'1E1D'1C1B'1A19U);
  EXPECT_EQ(head[6], 0U);
  EXPECT_EQ(head[7], kErased);
  Crc32c head_sum;
  head_sum.add(0x1234);
  for (std::size_t i = 1; i < 7; ++i) head_sum.add(head[i]);
  EXPECT_EQ(head[0] >> 32, head_sum.value());
}

TEST(Journal, a_time_beyond_the_format_changes_no_other_field) {
  const auto words = words_of(JournalEntry{1, {Instant{-1}, EventCode{2}, 8, 0, 0}});
  EXPECT_EQ(words[1], 0x0802'FFFF'FFFF'FFFFU);
}

TEST(Journal, erased_words_and_zeros_are_neither_entry_nor_head) {
  std::array<Word, kEntryWords> entry{};
  std::array<Word, kPageHeadWords> head{};
  EXPECT_FALSE(entry_of(entry));
  EXPECT_FALSE(page_of(head));
  entry.fill(kErased);
  head.fill(kErased);
  EXPECT_FALSE(entry_of(entry));
  EXPECT_FALSE(page_of(head));
}

TEST(Journal, an_event_that_no_pump_tells_is_refused) {
  JournalEntry entry = entry_at(5);
  entry.event.code = EventCode{kEventCodeCount};
  EXPECT_FALSE(entry_of(words_of(entry)));
}

// ---- order and chain ------------------------------------------------------------------------------------

RC_GTEST_PROP(Journal, INV_9_entries_are_read_in_the_order_they_were_appended, ()) {
  FlashModel flash;
  Journal journal{flash};
  const auto count = *rc::gen::inRange(0U, 3 * kEntriesPerPage);
  Entries entries;
  for (std::uint32_t i = 0; i < count; ++i) {
    entries.push_back(i % 16 == 0 ? any_entry(i) : entry_at(i));
    RC_ASSERT(journal.append(entries.back(), 0));
    RC_ASSERT(journal.next_sequence() == i + 1);
  }
  RC_ASSERT(journal.any() == (count > 0));
  RC_ASSERT(same(all_of(journal), entries));
  if (count > 0) RC_ASSERT(journal.newest_page() == (count - 1) / kEntriesPerPage);
  RC_ASSERT(chained(journal));
  RC_ASSERT(flash.broken_rules() == 0);
}

TEST(Journal, INV_9_each_head_tells_the_digest_of_the_page_before) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, 5 * kEntriesPerPage + 1));
  ASSERT_EQ(journal.newest_page(), 5U);
  EXPECT_EQ(journal.oldest_page(), 0U);
  EXPECT_EQ(journal.head_of(0)->before, Digest{});
  for (std::uint32_t page = 1; page <= 5; ++page) {
    EXPECT_EQ(journal.head_of(page)->before, journal.digest_of(page - 1)) << page;
    EXPECT_EQ(journal.head_of(page)->first_sequence, page * kEntriesPerPage) << page;
    EXPECT_NE(journal.digest_of(page), journal.digest_of(page - 1)) << page;
  }
}

/// Any tool can tell it: SHA-256 of the 4,096 bytes, lowest byte of a word first.
TEST(Journal, INV_9_the_digest_is_that_of_the_page_as_it_stands) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, kEntriesPerPage + 3));
  std::vector<std::uint8_t> bytes;
  for (std::uint32_t i = 0; i < kPageWords * 8; ++i)
    bytes.push_back(static_cast<std::uint8_t>(flash.read(Journal::address_of(0) + i / 8) >> (8 * (i % 8))));
  Sha256 sum;
  sum.add(bytes);
  EXPECT_EQ(journal.head_of(1)->before, sum.finish());
}

RC_GTEST_PROP(Journal, INV_9_the_chain_breaks_when_a_bit_of_a_page_changes, ()) {
  FlashModel flash;
  Journal journal{flash};
  RC_ASSERT(append_to(journal, 2 * kEntriesPerPage + 1));
  RC_ASSERT(chained(journal));
  const auto page = *rc::gen::inRange(0U, 2U);
  flash.flip(Journal::address_of(page) + *rc::gen::inRange(0U, kPageWords), *rc::gen::inRange(0, 64));
  RC_ASSERT(journal.head_of(page + 1)->before != journal.digest_of(page));
}

// ---- power ----------------------------------------------------------------------------------------------

RC_GTEST_PROP(Journal, INV_9_opened_again_it_goes_on_where_it_ended, ()) {
  FlashModel flash;
  std::uint32_t count = 0;
  for (int life = *rc::gen::inRange(1, 6); life > 0; --life) {
    Journal journal{flash};
    journal.open();
    RC_ASSERT(journal.any() == (count > 0));
    RC_ASSERT(journal.next_sequence() == count);
    count += *rc::gen::oneOf(rc::gen::inRange(0U, 2 * kEntriesPerPage), rc::gen::just(kEntriesPerPage));
    RC_ASSERT(append_to(journal, count));
  }
  Journal journal{flash};
  journal.open();
  RC_ASSERT(journal.next_sequence() == count);
  RC_ASSERT(same(all_of(journal), entries_to(count)));
  RC_ASSERT(chained(journal));
  RC_ASSERT(flash.broken_rules() == 0);
}

/// An append into a page, into its last place, and over its end.
TEST(Journal, INV_9_after_a_cut_at_any_write_an_entry_stands_or_does_not) {
  for (const std::uint32_t count : {0U, 1U, kEntriesPerPage - 1, kEntriesPerPage, 2 * kEntriesPerPage}) {
    FlashModel before;
    Journal filled{before};
    ASSERT_TRUE(append_to(filled, count));
    const bool turns = count % kEntriesPerPage == 0;
    const std::int64_t writes = kEntryWords + (turns ? 1 + kPageHeadWords - 1 : 0);
    for (const Torn torn : kTorn) {
      for (std::int64_t cut = 0; cut <= writes; ++cut) {
        SCOPED_TRACE(testing::Message()
                     << count << " entries, cut " << cut << " torn " << static_cast<int>(torn));
        const auto flash = before.clone();
        Journal journal{*flash};
        journal.open();
        flash->cut_after(cut, torn, static_cast<std::uint64_t>(cut) + 1);
        ASSERT_FALSE(journal.append(entry_at(count), 0));
        flash->power_on();
        Journal again{*flash};
        again.open();
        const std::uint32_t next = again.next_sequence();
        if (cut < writes || torn == Torn::kNothing) {
          ASSERT_EQ(next, count);
        }
        ASSERT_TRUE(next == count || next == count + 1);
        ASSERT_TRUE(same(all_of(again), entries_to(next)));
        ASSERT_TRUE(append_to(again, count + kEntriesPerPage + 2));  // over the torn place and the next end
        ASSERT_TRUE(same(all_of(again), entries_to(count + kEntriesPerPage + 2)));
        ASSERT_TRUE(chained(again));
        ASSERT_EQ(flash->broken_rules(), 0);
      }
    }
  }
}

RC_GTEST_PROP(Journal, INV_9_across_power_cuts_each_entry_stands_once_and_in_order, ()) {
  FlashModel flash;
  for (int life = *rc::gen::inRange(1, 12); life > 0; --life) {
    flash.cut_after(*rc::gen::inRange<std::int64_t>(0, 1'200), *rc::gen::elementOf(kTorn),
                    *rc::gen::arbitrary<std::uint64_t>());
    Journal journal{flash};
    journal.open();
    const std::uint32_t before = journal.next_sequence();
    std::uint32_t next = before;
    while (journal.append(entry_at(next), 0)) ++next;
    RC_ASSERT(flash.cut());
    flash.power_on();
    Journal again{flash};
    again.open();
    RC_ASSERT(again.next_sequence() >= next);
    RC_ASSERT(again.next_sequence() <= next + 1);
    RC_ASSERT(same(all_of(again), entries_to(again.next_sequence())));
    RC_ASSERT(chained(again));
  }
  RC_ASSERT(flash.broken_rules() == 0);
}

// ---- the ring -------------------------------------------------------------------------------------------

/// Every page full, nothing acknowledged.
const FlashModel& full_ring() {
  static const std::unique_ptr<FlashModel> kFull = [] {
    auto flash = std::make_unique<FlashModel>();
    Journal journal{*flash};
    append_to(journal, kMostEntries);
    return flash;
  }();
  return *kFull;
}

TEST(Journal, INV_9_a_full_ring_takes_nothing_that_would_cost_an_unread_entry) {
  const auto flash = full_ring().clone();
  Journal journal{*flash};
  journal.open();
  ASSERT_EQ(journal.next_sequence(), kMostEntries);
  EXPECT_GE(kMostEntries, kJournalCapacity);
  EXPECT_EQ(journal.oldest_page(), 0U);
  EXPECT_EQ(journal.newest_page(), kJournalPages - 1);
  EXPECT_FALSE(journal.append(entry_at(kMostEntries), 0));
  EXPECT_FALSE(journal.append(entry_at(kMostEntries), kEntriesPerPage - 1));  // one of the page is unread
  EXPECT_EQ(flash->writes(), 0);
  const Entries entries = all_of(journal);
  EXPECT_TRUE(same(entries, entries_to(kMostEntries)));
  EXPECT_TRUE(chained(journal));
  EXPECT_TRUE(append_to(journal, kMostEntries + kEntriesPerPage, kEntriesPerPage));
  EXPECT_FALSE(journal.append(entry_at(kMostEntries + kEntriesPerPage), kEntriesPerPage));
  EXPECT_EQ(journal.newest_page(), kJournalPages);
  EXPECT_EQ(journal.oldest_page(), 1U);
  EXPECT_FALSE(journal.head_of(0));
  EXPECT_EQ(flash->broken_rules(), 0);
}

RC_GTEST_PROP(Journal, INV_9_a_ring_that_wraps_keeps_every_unread_entry, ()) {
  const auto flash = full_ring().clone();
  std::uint32_t acknowledged = 0, next = kMostEntries;
  for (int life = *rc::gen::inRange(1, 5); life > 0; --life) {
    Journal journal{*flash};
    journal.open();
    RC_ASSERT(journal.next_sequence() == next);
    acknowledged += *rc::gen::inRange(0U, 6 * kEntriesPerPage);
    while (journal.append(entry_at(next), acknowledged)) ++next;
    const std::uint32_t oldest = journal.oldest_page();
    RC_ASSERT(journal.newest_page() - oldest < kJournalPages);
    RC_ASSERT(journal.head_of(oldest)->first_sequence <= acknowledged);
    for (std::uint32_t i = 0; i < 3 * kEntriesPerPage; ++i) {  // the oldest of them
      const std::uint32_t sequence = acknowledged + i;
      const auto entry = journal.read(sequence / kEntriesPerPage, sequence % kEntriesPerPage);
      RC_ASSERT(entry.has_value());
      RC_ASSERT(same(*entry, entry_at(sequence)));
    }
    for (std::uint32_t page = journal.newest_page() - 12; page <= journal.newest_page(); ++page)
      RC_ASSERT(journal.head_of(page)->before == journal.digest_of(page - 1));
  }
  RC_ASSERT(flash->broken_rules() == 0);
}

TEST(Journal, wears_its_pages_alike) {
  const auto flash = full_ring().clone();
  Journal journal{*flash};
  journal.open();
  ASSERT_TRUE(append_to(journal, kMostEntries * 3 / 2, kMostEntries * 3 / 2));
  for (std::uint32_t page = 0; page < kJournalPages; ++page)
    ASSERT_EQ(flash->erases(kJournalPage + page), page < kJournalPages / 2 ? 2U : 1U) << page;
  EXPECT_EQ(flash->broken_rules(), 0);
}

// ---- bad pages and places -------------------------------------------------------------------------------

RC_GTEST_PROP(Journal, INV_9_bad_pages_are_passed_over, ()) {
  FlashModel flash;
  const auto first_bad = *rc::gen::inRange(0U, 4U);
  const auto bad = *rc::gen::inRange(1U, kMostBadPages + 1);
  for (std::uint32_t i = 0; i < bad; ++i) flash.stick(kJournalPage + first_bad + i);
  const std::uint32_t count = 6 * kEntriesPerPage;
  {
    Journal journal{flash};
    RC_ASSERT(append_to(journal, count / 2 + 1));
  }
  Journal journal{flash};
  journal.open();
  RC_ASSERT(append_to(journal, count));
  RC_ASSERT(journal.newest_page() == 5 + bad);
  RC_ASSERT(journal.oldest_page() == (first_bad == 0 ? bad : 0));
  RC_ASSERT(same(all_of(journal), entries_to(count)));
  RC_ASSERT(chained(journal));
  for (std::uint32_t i = 0; i < bad; ++i) RC_ASSERT(!journal.head_of(first_bad + i));
}

TEST(Journal, too_many_bad_pages_in_a_row_are_told) {
  FlashModel flash;
  for (std::uint32_t i = 0; i <= kMostBadPages; ++i) flash.stick(kJournalPage + 1 + i);
  Journal journal{flash};
  EXPECT_FALSE(append_to(journal, kEntriesPerPage + 1));
  EXPECT_EQ(journal.next_sequence(), kEntriesPerPage);
  EXPECT_TRUE(same(all_of(journal), entries_to(kEntriesPerPage)));
}

TEST(Journal, INV_9_a_page_that_sticks_when_half_full_is_left) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, 50));
  flash.stick(kJournalPage);
  ASSERT_TRUE(append_to(journal, 200));
  EXPECT_EQ(journal.newest_page(), 2U);
  EXPECT_TRUE(same(all_of(journal), entries_to(200)));
  EXPECT_TRUE(chained(journal));
}

RC_GTEST_PROP(Journal, INV_9_places_that_take_nothing_are_passed_over, ()) {
  FlashModel flash;
  Journal journal{flash};
  RC_ASSERT(append_to(journal, 10));
  const auto bad = *rc::gen::unique<std::vector<std::uint32_t>>(rc::gen::inRange(10U, kEntriesPerPage));
  for (const std::uint32_t place : bad)
    flash.flip(Journal::address_of(0, place), *rc::gen::inRange(0, 64));  // of the word that makes it count
  RC_ASSERT(append_to(journal, 2 * kEntriesPerPage));
  RC_ASSERT(same(all_of(journal), entries_to(2 * kEntriesPerPage)));
  RC_ASSERT(chained(journal));
  RC_ASSERT(flash.broken_rules() == 0);
  Journal again{flash};
  again.open();
  RC_ASSERT(again.next_sequence() == 2 * kEntriesPerPage);
}

// ---- newest ---------------------------------------------------------------------------------------------

RC_GTEST_PROP(Journal, newest_finds_the_last_that_is_wanted, ()) {
  FlashModel flash;
  Journal journal{flash};
  const auto count = *rc::gen::inRange(0U, 3 * kEntriesPerPage);
  RC_ASSERT(append_to(journal, count));
  const auto code = static_cast<EventCode>(*rc::gen::inRange<std::size_t>(0, kEventCodeCount));
  const auto below = *rc::gen::inRange(0U, count + 1);
  const auto wanted = [&](const JournalEntry& e) { return e.sequence < below && e.event.code == code; };
  std::optional<JournalEntry> expected;
  for (const JournalEntry& entry : entries_to(count)) {
    if (wanted(entry)) expected = entry;
  }
  const auto found = journal.newest(wanted);
  RC_ASSERT(found.has_value() == expected.has_value());
  if (found) RC_ASSERT(same(*found, *expected));
}

TEST(Journal, newest_reaches_to_the_oldest_page_of_a_ring_that_wrapped) {
  const auto flash = full_ring().clone();
  Journal journal{*flash};
  journal.open();
  ASSERT_TRUE(append_to(journal, kMostEntries + 1, kEntriesPerPage));
  const auto at = [&](std::uint32_t sequence) {
    return journal.newest([&](const JournalEntry& entry) { return entry.sequence == sequence; });
  };
  EXPECT_TRUE(at(kMostEntries));
  EXPECT_TRUE(at(kEntriesPerPage));  // the oldest that stands
  EXPECT_FALSE(at(kEntriesPerPage - 1));
}

TEST(Journal, newest_looks_at_the_last_place_of_a_page_and_at_the_page_in_hand) {
  FlashModel flash;
  Journal journal{flash};
  EXPECT_FALSE(journal.newest([](const JournalEntry&) { return true; }));
  for (const std::uint32_t count : {kEntriesPerPage, kEntriesPerPage + 1}) {
    ASSERT_TRUE(append_to(journal, count));
    const auto newest = journal.newest([](const JournalEntry&) { return true; });
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->sequence, count - 1);
  }
}

TEST(Journal, INV_9_what_stood_on_a_page_that_was_passed_over_is_no_part_of_it) {
  const auto flash = full_ring().clone();
  flash->stick(kJournalPage + 2);  // it keeps the entries of the first round
  Journal journal{*flash};
  journal.open();
  ASSERT_TRUE(append_to(journal, kMostEntries + 3 * kEntriesPerPage, kMostEntries));
  const std::uint32_t stale = 2 * kEntriesPerPage + 5;
  EXPECT_FALSE(journal.newest([&](const JournalEntry& entry) { return entry.sequence == stale; }));
  EXPECT_TRUE(chained(journal));
}

TEST(Journal, INV_9_a_head_in_which_any_one_bit_has_turned_is_still_read) {
  FlashModel flash;
  {
    Journal journal{flash};
    ASSERT_TRUE(append_to(journal, kEntriesPerPage + 3));
  }
  for (std::uint32_t word = 0; word < kPageHeadWords; ++word) {
    for (int bit = 0; bit < 64; ++bit) {
      flash.flip(Journal::address_of(1) + word, bit);
      Journal journal{flash};
      journal.open();
      ASSERT_EQ(journal.newest_page(), 1U) << word << ' ' << bit;
      ASSERT_EQ(journal.next_sequence(), kEntriesPerPage + 3);
      flash.flip(Journal::address_of(1) + word, bit);
    }
  }
}

TEST(Journal, a_head_in_a_slot_that_is_not_its_own_is_none) {
  FlashModel flash;
  {
    Journal journal{flash};
    ASSERT_TRUE(append_to(journal, 5));
  }
  const auto head = words_of(JournalPage{kJournalPages + 7, 1'000, {}});
  for (std::uint32_t i = 0; i < kPageHeadWords; ++i) flash.program(Journal::address_of(9) + i, head[i]);
  Journal journal{flash};
  journal.open();
  EXPECT_EQ(journal.newest_page(), 0U);
  EXPECT_EQ(journal.next_sequence(), 5U);
}

TEST(Journal, opened_anew_it_forgets_what_it_knew) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, 2 * kEntriesPerPage + 7));
  for (std::uint32_t page = 0; page < 3; ++page) flash.erase(kJournalPage + page);
  journal.open();
  EXPECT_FALSE(journal.any());
  EXPECT_EQ(journal.next_sequence(), 0U);
  ASSERT_TRUE(append_to(journal, 3));
  EXPECT_TRUE(same(all_of(journal), entries_to(3)));
}

/// Each page that holds a word, wherever on it, and no other: neither a blank one nor what lies before the
/// ring.
TEST(Journal, wiped_it_is_blank_and_begins_anew_and_what_lies_before_it_stands) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, kEntriesPerPage + 3));
  constexpr std::uint32_t kFirst = kJournalPage, kLast = kJournalPage + kJournalPages - 1;
  flash.program(word_of_page(kFirst - 1) + 1, 7);
  flash.program(word_of_page(kFirst + 5), 7);
  flash.program(word_of_page(kFirst + 6) + kPageWords - 1, 7);
  flash.program(word_of_page(kLast) + 1, 7);
  flash.program(word_of_page(kLast + 1), 7);  // the implant's keys
  journal.wipe();
  for (std::uint32_t page = kFirst; page <= kLast; ++page) {
    for (std::uint32_t i = 0; i < kPageWords; ++i)
      ASSERT_EQ(flash.read(word_of_page(page) + i), kErased) << page;
  }
  EXPECT_EQ(flash.read(word_of_page(kFirst - 1) + 1), 7U);
  EXPECT_EQ(flash.erases(kFirst - 1), 0U);
  EXPECT_EQ(flash.erases(kFirst + 4), 0U) << "a blank page is not worn";
  EXPECT_EQ(flash.erases(kLast), 1U);
  EXPECT_EQ(flash.read(word_of_page(kLast + 1)), 7U);
  EXPECT_FALSE(journal.any());
  EXPECT_EQ(journal.next_sequence(), 0U);
  ASSERT_TRUE(append_to(journal, 3));
  EXPECT_EQ(journal.newest_page(), 0U);
  EXPECT_TRUE(same(all_of(journal), entries_to(3)));
}

// ---- rare things that cost an entry once, or would
// ---------------------------------------------------------

/// A page whose erase fails keeps its head; what is told after the wipe must not hide behind it.
TEST(Journal, INV_9_a_page_that_cannot_be_wiped_hides_nothing_told_after_it) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, 3 * kEntriesPerPage));
  flash.stick(kJournalPage + 2);
  journal.wipe();
  for (std::uint32_t i = 3 * kEntriesPerPage; i < 3 * kEntriesPerPage + 3; ++i)
    ASSERT_TRUE(journal.append(entry_at(i), i));
  Journal again{flash};
  again.open();
  EXPECT_EQ(again.next_sequence(), 3 * kEntriesPerPage + 3);
  const auto any = [](const JournalEntry&) { return true; };
  EXPECT_EQ(again.newest(any)->sequence, 3 * kEntriesPerPage + 2);
}

TEST(Journal, INV_9_heads_that_cannot_be_read_hide_no_older_page) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, 8 * kEntriesPerPage + 1));
  for (std::uint32_t page = 1; page <= 7; ++page) {
    for (const int bit : {0, 1}) flash.flip(Journal::address_of(page) + 3, bit);
  }
  EXPECT_EQ(journal.oldest_page(), 0U);
}

TEST(Journal, too_many_bad_pages_are_told_each_time) {
  FlashModel flash;
  for (std::uint32_t i = 0; i <= kMostBadPages; ++i) flash.stick(kJournalPage + 1 + i);
  Journal journal{flash};
  ASSERT_FALSE(append_to(journal, kEntriesPerPage + 1));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(journal.append(entry_at(kEntriesPerPage), 0)) << i;
  EXPECT_EQ(flash.read(Journal::address_of(kMostBadPages + 2)), kErased);
}

TEST(Journal, INV_9_a_page_that_sticks_behind_its_head_costs_no_entry) {
  for (const std::int64_t cut : {std::int64_t{0}, std::int64_t{135}}) {
    FlashModel flash;
    {
      Journal journal{flash};
      flash.cut_after(9, Torn::kNothing);
      journal.append(entry_at(0), 0);
    }
    flash.power_on();
    flash.stick(kJournalPage);
    Journal journal{flash};
    journal.open();
    if (cut > 0) flash.cut_after(cut, Torn::kNothing);
    EXPECT_EQ(journal.append(entry_at(0), 0), cut == 0);
  }
}

TEST(Journal, INV_9_a_page_that_sticks_behind_its_first_entry_costs_none) {
  FlashModel flash;
  {
    Journal journal{flash};
    ASSERT_TRUE(append_to(journal, 1));
  }
  flash.stick(kJournalPage);
  Journal journal{flash};
  journal.open();
  EXPECT_TRUE(journal.append(entry_at(1), 0));
}

TEST(Journal, INV_9_an_entry_behind_a_blank_place_is_the_newest) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, 3));
  flash.flip(Journal::address_of(0, 3) + 1, 5);
  ASSERT_TRUE(append_to(journal, 4));  // goes to the place behind
  flash.flip(Journal::address_of(0, 3) + 1, 5);
  Journal again{flash};
  again.open();
  ASSERT_TRUE(append_to(again, 5));
  EXPECT_TRUE(same(all_of(again), entries_to(5)));
}

TEST(Journal, the_last_page_of_the_ring_can_be_begun_with_nothing_read) {
  FlashModel flash;
  const auto head = words_of(JournalPage{kJournalPages - 2, 7, {}});
  for (std::uint32_t i = 0; i < kPageHeadWords; ++i)
    flash.program(Journal::address_of(kJournalPages - 2) + i, head[i]);
  Journal journal{flash};
  journal.open();
  EXPECT_TRUE(append_to(journal, 7 + kEntriesPerPage + 1, 0));
}

TEST(Journal, a_head_whose_first_word_was_never_written_is_none_whatever_its_sum) {
  FlashModel flash;
  const auto words = words_of(JournalPage{UINT32_MAX, 0x05EC'76F1, {}});
  ASSERT_EQ(words[0], kErased);
  for (std::uint32_t i = 1; i + 1 < kPageHeadWords; ++i)
    flash.program(Journal::address_of(UINT32_MAX) + i, words[i]);
  Journal journal{flash};
  journal.open();
  EXPECT_FALSE(journal.any());
}

TEST(Journal, opened_again_it_finds_a_newest_page_that_is_older_than_the_one_it_knew) {
  FlashModel flash;
  Journal journal{flash};
  ASSERT_TRUE(append_to(journal, 2 * kEntriesPerPage + 7));
  flash.erase(kJournalPage + 2);
  journal.open();
  EXPECT_EQ(journal.newest_page(), 1U);
}

TEST(Journal, the_first_place_behind_a_head_is_not_passed_over) {
  FlashModel flash;
  {
    Journal journal{flash};
    flash.cut_after(9, Torn::kNothing);
    journal.append(entry_at(0), 0);
  }
  flash.power_on();
  Journal journal{flash};
  journal.open();
  ASSERT_TRUE(journal.append(entry_at(0), 0));
  EXPECT_TRUE(journal.read(0, 0));
}

TEST(Journal, one_that_nobody_opened_has_nothing) {
  FlashModel flash;
  {
    Journal writer{flash};
    ASSERT_TRUE(append_to(writer, 3));
  }
  EXPECT_FALSE(Journal{flash}.newest([](const JournalEntry&) { return true; }));
}

}  // namespace
}  // namespace theca
