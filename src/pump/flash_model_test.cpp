#include "pump/flash_model.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace theca {
namespace {

using Torn = FlashModel::Torn;

/// Two pages are enough to see that one does not touch the other.
constexpr std::uint32_t kPage = 3;
constexpr std::uint32_t kFirst = word_of_page(kPage);
constexpr std::uint32_t kWords = 2 * kPageWords;

rc::Gen<Word> any_word() { return rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<Word>()); }
rc::Gen<std::uint32_t> any_address() { return rc::gen::inRange(kFirst, kFirst + kWords); }
rc::Gen<Torn> any_torn() { return rc::gen::element(Torn::kNothing, Torn::kHalf, Torn::kRandom); }

std::vector<Word> contents(const FlashModel& flash) {
  std::vector<Word> words;
  for (std::uint32_t i = 0; i < kWords; ++i) words.push_back(flash.read(kFirst + i));
  return words;
}

/// Each bit is one of `a` or of `b`.
bool between(Word word, Word a, Word b) { return ((word ^ a) & (word ^ b)) == 0; }

struct Write {
  bool erase = false;
  std::uint32_t address = 0;
  Word value = 0;
};
bool make(FlashModel& flash, const Write& write) {
  return write.erase ? flash.erase(write.address / kPageWords) : flash.program(write.address, write.value);
}
std::vector<Write> any_writes(std::size_t most) {
  std::vector<Write> writes;
  const auto count = *rc::gen::inRange<std::size_t>(1, most + 1);
  for (std::size_t i = 0; i < count; ++i) {
    const bool erase = *rc::gen::inRange(0, 8) == 0;
    // Few addresses, so that words are met again.
    writes.push_back({erase, kFirst + *rc::gen::inRange(0U, 6U) * 200, *any_word()});
  }
  return writes;
}

// ---- erase and program ----------------------------------------------------------------------------------

RC_GTEST_PROP(FlashModel, a_word_is_the_and_of_what_was_programmed_since_the_erase, ()) {
  FlashModel flash;
  std::vector<Word> model(kWords, kErased);
  std::int64_t broken = 0, made = 0;
  for (const Write& write : any_writes(40)) {
    ++made;
    if (write.erase) {
      RC_ASSERT(make(flash, write));
      const std::uint32_t page = (write.address - kFirst) / kPageWords * kPageWords;
      for (std::uint32_t i = 0; i < kPageWords; ++i) model[page + i] = kErased;
    } else {
      Word& word = model[write.address - kFirst];
      if (word != kErased) ++broken;
      word &= write.value;
      RC_ASSERT(make(flash, write) == (word == write.value));
    }
    RC_ASSERT(contents(flash) == model);
  }
  RC_ASSERT(flash.broken_rules() == broken);
  RC_ASSERT(flash.writes() == made);
}

TEST(FlashModel, is_erased_when_new) {
  const FlashModel flash;
  for (std::uint32_t page = 0; page < kNvmPages; ++page) {
    ASSERT_EQ(flash.read(word_of_page(page)), kErased) << "page " << page;
    ASSERT_EQ(flash.read(word_of_page(page) + kPageWords - 1), kErased) << "page " << page;
  }
  EXPECT_EQ(flash.writes(), 0);
  EXPECT_EQ(flash.broken_rules(), 0);
}

TEST(FlashModel, counts_erases_page_by_page) {
  FlashModel flash;
  EXPECT_TRUE(flash.erase(kPage));
  EXPECT_TRUE(flash.erase(kPage));
  EXPECT_TRUE(flash.erase(kPage + 1));
  EXPECT_EQ(flash.erases(kPage), 2U);
  EXPECT_EQ(flash.erases(kPage + 1), 1U);
  EXPECT_EQ(flash.erases(kPage + 2), 0U);
}

TEST(FlashModel, a_word_programmed_twice_breaks_the_rules_and_the_same_value_reads_back) {
  FlashModel flash;
  EXPECT_TRUE(flash.program(kFirst, 5));
  EXPECT_EQ(flash.broken_rules(), 0);
  EXPECT_TRUE(flash.program(kFirst, 5));
  EXPECT_EQ(flash.broken_rules(), 1);
  EXPECT_FALSE(flash.program(kFirst, 6));
  EXPECT_EQ(flash.read(kFirst), 4U);
  EXPECT_EQ(flash.broken_rules(), 2);
  EXPECT_TRUE(flash.erase(kPage));
  EXPECT_TRUE(flash.program(kFirst, 6));
  EXPECT_EQ(flash.broken_rules(), 2);
}

RC_GTEST_PROP(FlashModel, a_flip_turns_one_bit_and_no_other, ()) {
  FlashModel flash;
  const Word value = *any_word();
  const auto address = *any_address();
  flash.program(address, value);
  auto expected = contents(flash);
  const auto flipped = *any_address();
  const int bit = *rc::gen::inRange(0, 64);
  flash.flip(flipped, bit);
  expected[flipped - kFirst] ^= Word{1} << bit;
  RC_ASSERT(contents(flash) == expected);
}

// ---- power cuts -----------------------------------------------------------------------------------------

RC_GTEST_PROP(FlashModel, after_a_cut_nothing_reaches_the_memory_and_only_one_word_or_page_is_torn, ()) {
  const auto writes = any_writes(30);
  const auto cut = *rc::gen::inRange<std::size_t>(1, writes.size() + 1);
  const Torn torn = *any_torn();
  FlashModel flash, whole;
  flash.cut_after(static_cast<std::int64_t>(cut), torn, *rc::gen::arbitrary<std::uint64_t>());
  std::vector<Word> before;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (i + 1 == cut) before = contents(whole);
    const bool taken = i + 1 <= cut && make(whole, writes[i]);
    RC_ASSERT(flash.cut() == (i >= cut));
    const bool made = make(flash, writes[i]);
    RC_ASSERT(made == (taken && i + 1 < cut));
  }
  const auto after = contents(whole);  // all of them up to the cut one, made whole
  const auto left = contents(flash);
  const Write& last = writes[cut - 1];
  for (std::size_t i = 0; i < left.size(); ++i) {
    const bool in_hand =
        last.erase ? (last.address - kFirst) / kPageWords == i / kPageWords : last.address - kFirst == i;
    if (!in_hand) {
      RC_ASSERT(left[i] == before[i]);
    } else if (torn == Torn::kNothing) {
      RC_ASSERT(left[i] == before[i]);
    } else {
      RC_ASSERT(between(left[i], before[i], after[i]));
    }
  }
  RC_ASSERT(flash.cut());
  RC_ASSERT(flash.writes() == static_cast<std::int64_t>(cut));
  flash.power_on();
  RC_ASSERT(!flash.cut());
  RC_ASSERT(flash.erase(kPage));
  RC_ASSERT(flash.read(kFirst) == kErased);
}

TEST(FlashModel, a_cut_before_the_next_write_lets_none_through) {
  FlashModel flash;
  flash.cut_after(0, Torn::kRandom);
  EXPECT_TRUE(flash.cut());
  EXPECT_FALSE(flash.program(kFirst, 0));
  EXPECT_FALSE(flash.erase(kPage));
  EXPECT_EQ(flash.read(kFirst), kErased);
  EXPECT_EQ(flash.writes(), 0);
  EXPECT_EQ(flash.erases(kPage), 0U);
}

TEST(FlashModel, half_a_torn_word_is_new) {
  FlashModel flash;
  flash.cut_after(1, Torn::kHalf);
  EXPECT_FALSE(flash.program(kFirst, 0x1234'5678'9ABC'DEF0));
  EXPECT_EQ(flash.read(kFirst), 0xFFFF'FFFF'9ABC'DEF0U);
}

TEST(FlashModel, what_is_torn_at_random_follows_from_the_seed) {
  const auto torn = [](std::uint64_t seed) {
    FlashModel flash;
    flash.cut_after(1, Torn::kRandom, seed);
    flash.program(kFirst, 0);
    return flash.read(kFirst);
  };
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    ASSERT_EQ(torn(seed), torn(seed)) << "seed " << seed;
    ASSERT_NE(torn(seed), torn(seed + 1)) << "seed " << seed;
    ASSERT_NE(torn(seed), 0U) << "seed " << seed;
    ASSERT_NE(torn(seed), kErased) << "seed " << seed;
  }
}

// ---- pages that stick -----------------------------------------------------------------------------------

RC_GTEST_PROP(FlashModel, a_stuck_page_takes_nothing_and_says_so, ()) {
  FlashModel flash;
  for (const Write& write : any_writes(20)) make(flash, write);
  flash.stick(kPage);
  const auto before = contents(flash);
  const auto address = *any_address();
  const Word value = *any_word();
  const bool stuck = address / kPageWords == kPage;
  const bool made = flash.program(address, value);
  if (stuck) {
    RC_ASSERT(made == (before[address - kFirst] == value));
    RC_ASSERT(contents(flash) == before);
  } else {
    RC_ASSERT(flash.read(address) == (before[address - kFirst] & value));
  }
  flash.erase(kPage);
  for (std::uint32_t i = 0; i < kPageWords; ++i) RC_ASSERT(flash.read(kFirst + i) == before[i]);
}

TEST(FlashModel, a_stuck_page_reads_as_erased_only_when_it_is) {
  FlashModel blank, written;
  blank.stick(kPage);
  EXPECT_TRUE(blank.erase(kPage));
  EXPECT_FALSE(blank.program(kFirst, 1));
  written.program(kFirst, 1);
  written.stick(kPage);
  EXPECT_FALSE(written.erase(kPage));
  EXPECT_EQ(written.read(kFirst), 1U);
}

// ---- clones ---------------------------------------------------------------------------------------------

RC_GTEST_PROP(FlashModel, a_clone_holds_the_same_and_shares_nothing, ()) {
  FlashModel flash;
  for (const Write& write : any_writes(20)) make(flash, write);
  const auto before = contents(flash);
  const auto clone = flash.clone();
  RC_ASSERT(contents(*clone) == before);
  RC_ASSERT(clone->erases(kPage) == flash.erases(kPage));
  const auto writes = any_writes(20);
  for (const Write& write : writes) make(*clone, write);
  clone->flip(kFirst + 1, 7);
  clone->stick(kPage + 1);
  RC_ASSERT(contents(flash) == before);
  const auto after = contents(*clone);
  for (const Write& write : any_writes(20)) make(flash, write);
  RC_ASSERT(contents(*clone) == after);
  flash.erase(kPage + 1);
  RC_ASSERT(flash.program(kFirst + kPageWords, 0));  // sticks in the clone alone
}

TEST(FlashModel, a_clone_has_power_and_keeps_stuck_pages) {
  FlashModel flash;
  flash.stick(kPage);
  flash.cut_after(0, Torn::kNothing);
  const auto clone = flash.clone();
  EXPECT_FALSE(clone->cut());
  EXPECT_FALSE(clone->program(kFirst, 0));
  EXPECT_TRUE(clone->program(kFirst + kPageWords, 0));
}

}  // namespace
}  // namespace theca
