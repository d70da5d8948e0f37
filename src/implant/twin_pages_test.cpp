// Two places of two pages each: what stands on a page, which of two pages counts, and what one bad word, page
// or place costs. What comes of it for a record stands in keyring_test.cpp.
#include "implant/twin_pages.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <vector>

#include "implant/bad_word_testing.hpp"
#include "implant/twin_record.hpp"
#include "pump/checksum.hpp"
#include "pump/flash_model.hpp"

namespace theca {
namespace {

constexpr std::uint32_t kFirst = kOrderPage, kMark = 0x4B45'5953;
using Vector = std::vector<std::uint8_t>;

Vector some(std::size_t size, std::uint8_t salt = 1) {
  Vector bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(salt + i * 7);
  return bytes;
}

/// A page written by hand, by what its form says: mark and length, the bytes, and behind them nothing but the
/// generation and the sum over all of it.
void put(FlashModel& flash, std::uint32_t page, std::uint32_t generation, const Vector& bytes,
         std::uint32_t mark = kMark, std::size_t said = SIZE_MAX) {
  const std::uint32_t at = word_of_page(page);
  flash.erase(page);
  std::vector<Word> words{Word{mark} | Word{said == SIZE_MAX ? bytes.size() : said} << 32};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 8 == 0) words.push_back(0);
    words.back() |= Word{bytes[i]} << (8 * (i % 8));
  }
  Crc32c sum;
  for (std::uint32_t i = 0; i < words.size(); ++i) {
    sum.add(words[i]);
    flash.program(at + i, words[i]);
  }
  sum.add(generation);
  flash.program(at + kPageWords - 1, Word{generation} | Word{sum.value()} << 32);
}
void wreck(FlashModel& flash, std::uint32_t page) { flash.flip(word_of_page(page) + 1, 5); }

struct Pages : testing::Test {
  TwinPages::Found read(std::uint32_t place = 0) { return pages.read(place, out); }
  [[nodiscard]] Vector bytes(const TwinPages::Found& found) const {
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(found.size)};
  }
  FlashModel flash;
  TwinPages pages{flash, kFirst};
  std::array<std::uint8_t, TwinPages::kMostBytes> out{};
};

/// Another program reads it: its form stays.
TEST_F(Pages, INV_6_a_page_has_one_form) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{100}, TwinPages::kMostBytes}) {
    FlashModel by_hand;
    put(by_hand, kFirst, 77, some(size));
    ASSERT_EQ(pages.write(0, 77, some(size)), 2);
    for (std::uint32_t which = 0; which < 2; ++which) {
      for (std::uint32_t i = 0; i < kPageWords; ++i)
        ASSERT_EQ(flash.read(word_of_page(kFirst + which) + i), by_hand.read(word_of_page(kFirst) + i)) << i;
    }
  }
}

TEST_F(Pages, INV_8_a_page_of_something_else_is_none_however_right_its_sum) {
  put(flash, kFirst, 3, some(20), kMark ^ 1);
  put(flash, kFirst + 1, 3, some(20), kMark ^ 0x8000'0000);
  EXPECT_FALSE(read().whole);
  EXPECT_TRUE(read().spoilt) << "both were written to their ends";
  put(flash, kFirst, 3, some(TwinPages::kMostBytes), kMark, TwinPages::kMostBytes + 9);
  EXPECT_FALSE(read().whole) << "longer than a page";
  EXPECT_TRUE(read().spoilt);
  put(flash, kFirst, 3, some(TwinPages::kMostBytes));
  EXPECT_TRUE(read().whole);
}

/// A page that holds nothing, an older one, a newer one, or one that rots: all sixteen pairs.
TEST_F(Pages, INV_6_INV_8_of_two_pages_the_newer_whole_one_counts) {
  enum Holds { kNothing, kOlder, kNewer, kRotten };
  for (const Holds a : {kNothing, kOlder, kNewer, kRotten}) {
    for (const Holds b : {kNothing, kOlder, kNewer, kRotten}) {
      SCOPED_TRACE(std::to_string(a) + " " + std::to_string(b));
      const auto fill = [&](std::uint32_t page, Holds what, std::uint8_t salt) {
        flash.erase(page);
        if (what == kNothing) return;
        put(flash, page, what == kOlder ? 4 : 5, some(30, salt));
        if (what == kRotten) wreck(flash, page);
      };
      fill(kFirst, a, 1);
      fill(kFirst + 1, b, 2);
      const auto whole = [](Holds what) { return what == kOlder || what == kNewer; };
      const auto found = read();
      EXPECT_EQ(found.whole, whole(a) || whole(b));
      EXPECT_EQ(found.both, whole(a) && a == b);
      EXPECT_EQ(found.spoilt, a == kRotten && b == kRotten);
      if (!found.whole) continue;
      const bool first = whole(a) && (!whole(b) || a == kNewer || b == kOlder);
      EXPECT_EQ(found.generation, (first ? a : b) == kNewer ? 5U : 4U);
      if (a != b) {
        EXPECT_EQ(bytes(found), some(30, first ? 1 : 2));
      }
    }
  }
}

/// Whatever is whole, cut the writing anywhere: the newest of it is read afterwards, or what was written.
TEST_F(Pages, INV_6_what_is_whole_in_one_page_outlives_a_cut_of_the_next_write) {
  for (const bool first_whole : {false, true}) {
    for (const bool second_whole : {false, true}) {
      for (const bool first_newer : {false, true}) {
        if (!first_whole && !second_whole) continue;
        for (std::int64_t at = 1; at < 20; ++at) {
          FlashModel memory;
          TwinPages twin{memory, kFirst};
          put(memory, kFirst, first_newer ? 5 : 4, some(30, first_newer ? 5 : 4));
          put(memory, kFirst + 1, first_newer ? 4 : 5, some(30, first_newer ? 4 : 5));
          if (!first_whole) wreck(memory, kFirst);
          if (!second_whole) wreck(memory, kFirst + 1);
          const auto before = twin.read(0, out);
          memory.cut_after(at, FlashModel::Torn::kHalf);
          const int stand = twin.write(0, 6, some(30, 6));
          memory.power_on();
          const auto after = twin.read(0, out);
          SCOPED_TRACE(std::to_string(first_whole) + std::to_string(second_whole) +
                       std::to_string(first_newer) + " cut at " + std::to_string(at));
          ASSERT_TRUE(after.whole);
          ASSERT_TRUE(after.generation == before.generation || after.generation == 6);
          ASSERT_EQ(bytes(after), some(30, static_cast<std::uint8_t>(after.generation)));
          ASSERT_EQ(after.generation == 6, stand > 0);
          ASSERT_EQ(after.both, stand == 2);
          EXPECT_EQ(memory.broken_rules(), 0);
        }
      }
    }
  }
}

TEST_F(Pages, INV_6_an_erased_place_is_empty_and_the_other_stays) {
  ASSERT_EQ(pages.write(0, 1, some(9)), 2);
  ASSERT_EQ(pages.write(1, 2, some(9)), 2);
  put(flash, kFirst + 4, 3, some(9));  // the page behind them
  EXPECT_TRUE(pages.erase(0));
  EXPECT_FALSE(read(0).whole);
  EXPECT_TRUE(read(1).both);
  EXPECT_TRUE(pages.erase(1));
  EXPECT_FALSE(read(1).whole);
  EXPECT_NE(flash.read(word_of_page(kFirst + 4)), kErased) << "is somebody else's";
  for (std::uint32_t which = 0; which < 2; ++which) {
    FlashModel bad;
    TwinPages twin{bad, kFirst};
    ASSERT_EQ(twin.write(0, 1, some(9)), 2);
    bad.stick(kFirst + which);
    EXPECT_FALSE(twin.erase(0));
    EXPECT_EQ(bad.read(word_of_page(kFirst + 1 - which)), kErased) << "what can be erased is";
  }
}

TEST_F(Pages, INV_8_a_page_that_cannot_be_erased_is_left_alone) {
  for (std::uint32_t stuck = 0; stuck < 2; ++stuck) {
    FlashModel bad;
    TwinPages twin{bad, kFirst};
    ASSERT_EQ(twin.write(0, 1, some(9)), 2);
    bad.stick(kFirst + stuck);
    const std::int64_t writes = bad.writes();
    EXPECT_EQ(twin.write(0, 2, some(9)), 1);
    // Two erases; head, two words and the last one of the page that takes them.
    EXPECT_EQ(bad.writes() - writes, 2 + 4);
    EXPECT_EQ(twin.read(0, out).generation, 2U);
    EXPECT_FALSE(twin.read(0, out).both);
  }
}

TEST_F(Pages, INV_8_a_page_with_a_word_that_takes_nothing_does_not_count) {
  for (std::uint32_t which = 0; which < 2; ++which) {
    for (const std::uint32_t word : {0U, 1U, 2U, 3U, kPageWords - 1}) {
      FlashModel memory;
      example::BadWord bad{memory, word_of_page(kFirst + which) + word};
      TwinPages twin{bad, kFirst};
      EXPECT_EQ(twin.write(0, 1, some(20)), 1) << which << ' ' << word;
      const auto found = twin.read(0, out);
      EXPECT_TRUE(found.whole && !found.both);
      EXPECT_EQ(bytes(found), some(20));
    }
  }
}

// ---- a record in both places
// -------------------------------------------------------------------------------

struct Number {
  std::uint32_t value = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("value", "", m.value);
  }
};
using Kept = TwinRecord<Number, kFirst>;

/// Every set of pages that stick, from the first record or behind some: as long as one takes it, it is kept,
/// and it is the newest that is found.
TEST(TwinRecords, INV_6_INV_8_are_kept_as_long_as_one_page_takes_them) {
  for (std::uint32_t stuck = 0; stuck < 16; ++stuck) {
    for (std::uint32_t before = 0; before < 3; ++before) {
      SCOPED_TRACE(std::to_string(stuck) + " behind " + std::to_string(before));
      FlashModel flash;
      Kept store{flash};
      Number number;
      ASSERT_EQ(store.load(number), Kept::Found::kBlank);
      EXPECT_TRUE(store.blank());
      for (std::uint32_t i = 1; i <= before; ++i) ASSERT_TRUE(store.keep({i}));
      EXPECT_EQ(store.blank(), before == 0);
      for (std::uint32_t page = 0; page < 4; ++page)
        if ((stuck >> page & 1) != 0) flash.stick(kFirst + page);
      for (std::uint32_t i = before + 1; i <= before + 5; ++i) {
        EXPECT_EQ(store.keep({i}), stuck != 15);
        Kept anew{flash};
        const auto found = anew.load(number);
        if (stuck != 15) {
          EXPECT_EQ(found, Kept::Found::kGood);
          EXPECT_EQ(number.value, i);
        } else {
          EXPECT_EQ(found, before == 0 ? Kept::Found::kBlank : Kept::Found::kGood);
          EXPECT_EQ(number.value, before);
        }
        EXPECT_EQ(anew.blank(), stuck == 15 && before == 0);
        EXPECT_EQ(store.blank(), stuck == 15 && before == 0) << "what was not kept is not there";
      }
      EXPECT_EQ(flash.broken_rules(), 0);
    }
  }
}

/// Where a page of the one place sticks, the record stands in the other as well, one generation on.
TEST(TwinRecords, INV_8_a_record_that_one_page_alone_took_stands_in_the_other_place_as_the_newer) {
  FlashModel flash;
  Kept store{flash};
  flash.stick(kFirst + TwinPages::kPagesOfPlace);
  ASSERT_TRUE(store.keep({7}));  // generation 1, in place 1
  TwinPages pages{flash, kFirst};
  std::array<std::uint8_t, TwinPages::kMostBytes> out{};
  const auto there = pages.read(1, out), here = pages.read(0, out);
  EXPECT_TRUE(there.whole && !there.both);
  EXPECT_TRUE(here.both);
  EXPECT_EQ(there.generation, 1U);
  EXPECT_EQ(here.generation, 2U);
}

/// Every set of pages that stick behind one to four records: what is kept alone is the newest as long as one
/// page takes it, and alone only where all do.
TEST(TwinRecords, INV_12_what_is_kept_alone_leaves_nothing_older_or_says_so) {
  for (std::uint32_t stuck = 0; stuck < 16; ++stuck) {
    for (std::uint32_t before = 1; before < 5; ++before) {
      SCOPED_TRACE(std::to_string(stuck) + " behind " + std::to_string(before));
      FlashModel flash;
      Kept store{flash};
      for (std::uint32_t i = 1; i <= before; ++i) ASSERT_TRUE(store.keep({i}));
      for (std::uint32_t page = 0; page < 4; ++page)
        if ((stuck >> page & 1) != 0) flash.stick(kFirst + page);
      EXPECT_EQ(store.keep_alone({99}), stuck == 0);
      Number number;
      Kept anew{flash};
      EXPECT_EQ(anew.load(number), Kept::Found::kGood);
      EXPECT_EQ(number.value, stuck == 15 ? before : 99U);
      if (stuck == 0) {
        std::array<std::uint8_t, TwinPages::kMostBytes> out{};
        for (const std::uint32_t place : {0U, 1U}) {
          const auto found = TwinPages{flash, kFirst}.read(place, out);
          EXPECT_TRUE(found.both);
          EXPECT_EQ(found.generation, before % 2 == place ? before + 2 : before + 1)
              << "the newest goes last";
          EXPECT_EQ(out[0], 99);
        }
      }
      // The next one is newer than both.
      EXPECT_EQ(store.keep({100}), stuck != 15);
      EXPECT_EQ(anew.load(number), Kept::Found::kGood);
      EXPECT_EQ(number.value, stuck == 15 ? before : 100U);
      EXPECT_EQ(flash.broken_rules(), 0);
    }
  }
}

TEST(TwinRecords, INV_8_of_a_loss_the_newest_that_can_be_read_is_told) {
  FlashModel flash;
  Kept store{flash};
  for (const std::uint32_t i : {1U, 2U, 3U}) ASSERT_TRUE(store.keep({i}));
  for (std::uint32_t which = 0; which < 2; ++which)
    wreck(flash, kFirst + TwinPages::kPagesOfPlace + which);  // generation 3
  Number number;
  for (int again = 0; again < 2; ++again) {  // and by the store that has written it
    number = {};
    EXPECT_EQ(store.load(number), Kept::Found::kLost);
    EXPECT_EQ(number.value, 2U);
  }
}

}  // namespace
}  // namespace theca
