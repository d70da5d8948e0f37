#include "clinic/kept_journal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "pump/flash_model.hpp"

namespace theca {
namespace {

JournalEntry entry_at(std::uint32_t sequence) {
  return {sequence,
          {Instant{std::int64_t{sequence} * 60'000}, static_cast<EventCode>(sequence % kEventCodeCount), 0,
           sequence + 1, -std::int64_t{sequence}}};
}
void append_to(Journal& journal, std::uint32_t count) {
  for (std::uint32_t i = journal.next_sequence(); i < count; ++i)
    ASSERT_TRUE(journal.append(entry_at(i), 0)) << i;
}
JournalPageSaid said_of(FlashModel& memory, std::uint32_t number) {
  JournalPageSaid page{number, {}};
  std::size_t written = 0;
  for (std::uint32_t at = 0; at < kPageWords; ++at) {
    const Word word = memory.read(Journal::address_of(number) + at);
    for (unsigned b = 0; b < 8; ++b) page.words.push_back(static_cast<std::uint8_t>(word >> (8 * b)));
    if (word != kErased) written = page.words.size();
  }
  page.words.resize(written);
  return page;
}
/// What a clinic brings home that goes on from where it was.
void bring(FlashModel& memory, const Journal& journal, std::vector<JournalPageSaid>& pages) {
  for (std::uint32_t page = kept_journal(pages).next_page; page <= journal.newest_page(); ++page)
    pages.push_back(said_of(memory, page));
}

RC_GTEST_PROP(KeptJournal, INV_9_what_was_brought_bit_by_bit_is_the_whole_journal, ()) {
  FlashModel memory;
  Journal journal{memory};
  journal.open();
  std::vector<JournalPageSaid> pages;
  std::uint32_t count = 0;
  for (const int visits = *rc::gen::inRange(1, 6); static_cast<int>(pages.size()) < visits;) {
    count += *rc::gen::inRange<std::uint32_t>(1, 3 * kEntriesPerPage);
    append_to(journal, count);
    bring(memory, journal, pages);
  }
  const auto parsed = parse_pages(pages_text(pages));
  RC_ASSERT(parsed.has_value() || pages_text(pages).size() > 200'000);
  const KeptJournal kept = kept_journal(pages);
  RC_ASSERT(kept.wrong.empty());
  RC_ASSERT(kept.whole);
  RC_ASSERT(kept.next_page == journal.newest_page());
  RC_ASSERT(kept.entries.size() == count);
  for (std::uint32_t i = 0; i < count; ++i)
    RC_ASSERT((kept.entries[i].sequence == i && kept.entries[i].event.value == i + 1));
}

RC_GTEST_PROP(KeptJournal, INV_9_a_page_that_was_changed_or_left_out_is_told, ()) {
  FlashModel memory;
  Journal journal{memory};
  journal.open();
  append_to(journal, 4 * kEntriesPerPage + 5);
  std::vector<JournalPageSaid> pages;
  bring(memory, journal, pages);
  RC_ASSERT(pages.size() == 5U);
  const auto victim = *rc::gen::inRange<std::size_t>(0, 4);  // the newest has none behind it
  if (*rc::gen::arbitrary<bool>()) {
    pages.erase(pages.begin() + static_cast<std::ptrdiff_t>(victim));
    RC_ASSERT(!kept_journal(pages).whole);
    return;
  }
  auto& words = pages[victim].words;
  words[*rc::gen::inRange<std::size_t>(0, words.size())] ^=
      static_cast<std::uint8_t>(1U << *rc::gen::inRange(0, 8));
  const KeptJournal kept = kept_journal(pages);
  RC_ASSERT(!kept.whole);
  RC_ASSERT(!kept.wrong.empty());
}

/// Words are written once. What was read before stands.
TEST(KeptJournal, INV_9_a_page_that_says_something_else_later_is_not_believed) {
  FlashModel memory;
  Journal journal{memory};
  journal.open();
  append_to(journal, 20);
  std::vector<JournalPageSaid> pages;
  bring(memory, journal, pages);
  append_to(journal, 30);
  JournalPageSaid page = said_of(memory, 0);
  page.words[(kPageHeadWords + 3 * kEntryWords + 2) * 8] ^= 1U;
  pages.push_back(page);
  const KeptJournal kept = kept_journal(pages);
  EXPECT_EQ(kept.entries.size(), 20U);
  EXPECT_EQ(kept.wrong.size(), 1U);
  EXPECT_FALSE(kept.whole);
}

/// A page that could not be begun, in a power cut for one: the next was written behind the one before it.
TEST(KeptJournal, INV_9_a_page_that_the_implant_passed_over_is_no_fault_and_a_spoilt_one_is) {
  FlashModel memory;
  Journal journal{memory};
  journal.open();
  append_to(journal, kEntriesPerPage);
  memory.stick(kJournalPage + 1);
  append_to(journal, 3 * kEntriesPerPage);
  std::vector<JournalPageSaid> pages;
  for (std::uint32_t page = 0; page <= journal.newest_page(); ++page)
    if (page != 1) pages.push_back(said_of(memory, page));
  pages.push_back({1, std::vector<std::uint8_t>(kPageHeadWords * sizeof(Word), 0xA5)});
  const KeptJournal kept = kept_journal(pages);
  EXPECT_TRUE(kept.whole);
  EXPECT_TRUE(kept.wrong.empty());
  EXPECT_EQ(kept.entries.size(), std::size_t{3} * kEntriesPerPage);
  pages[1].words[0] ^= 1U;  // that of page 2
  EXPECT_FALSE(kept_journal(pages).whole);
  EXPECT_FALSE(kept_journal(pages).wrong.empty());
}

TEST(KeptJournal, what_are_no_pages_is_told) {
  EXPECT_TRUE(kept_journal({}).entries.empty());
  EXPECT_FALSE(kept_journal({}).whole);
  for (const char* text : {"", "{}", "[1]", R"([{"number":1}])", R"([{"number":-1,"words":""}])",
                           R"([{"number":1,"words":"AA"}])", R"([{"number":1,"words":"!"}])"})
    EXPECT_FALSE(parse_pages(text)) << text;
}

}  // namespace
}  // namespace theca
