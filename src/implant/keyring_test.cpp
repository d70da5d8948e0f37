// What outlives power beside the pump: a keyring is all old or all new, whatever cuts the writing of it
// short, and what is lost in both copies is told apart from what never was.
#include "implant/keyring.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "link/wire_testing.hpp"
#include "pump/flash_model.hpp"

namespace theca {
namespace {

using Torn = FlashModel::Torn;
using Found = KeyringStore::Found;

RC_GTEST_PROP(KeyringStore, a_keyring_has_one_form_and_every_form_is_one_keyring, (std::uint64_t seed)) {
  link::example::hold_form<Keyring>(seed);
}

TEST(Keyring, every_change_of_keys_is_read_and_nothing_behind_the_last) {
  for (std::size_t change = 0; change < 256; ++change) {
    Keyring keys;
    keys.newest = static_cast<KeyChange>(change);
    EXPECT_EQ(link::read<Keyring>(link::written(keys)).has_value(), change < kKeyChangeCount) << change;
  }
}

/// A new secret opens beside the one before, until it was used; and one that was never shared is no second.
TEST(Keyring, INV_6_a_secret_is_replaced_by_the_next_only_when_that_was_used) {
  const link::Key first{1}, second{2}, third{3};
  SharedSecret shared;
  EXPECT_FALSE(shared.any || shared.renewed);
  shared.renew(first);  // nothing before it: there is nothing to open beside
  EXPECT_TRUE(shared.any && !shared.renewed);
  EXPECT_EQ(shared.now, first);
  shared.renew(second);
  EXPECT_TRUE(shared.any && shared.renewed);
  EXPECT_EQ(shared.now, first);
  EXPECT_EQ(shared.next, second);
  shared.renew(third);  // its answer was lost
  EXPECT_EQ(shared.now, first);
  EXPECT_EQ(shared.next, third);
  shared.next_was_used();
  EXPECT_TRUE(shared.any && !shared.renewed);
  EXPECT_EQ(shared.now, third);
  EXPECT_EQ(shared.next, link::Key{}) << "nothing of it stays";
  shared.renew(first);
  shared.set(second);
  EXPECT_TRUE(shared.any && !shared.renewed);
  EXPECT_EQ(shared.now, second);
}

Keyring keyring(std::uint32_t boots) {
  Keyring keys;
  keys.secret.fill(static_cast<std::uint8_t>(boots));
  keys.boots = boots;
  return keys;
}

/// What a boot finds: how, and which.
std::pair<Found, std::uint32_t> found(FlashModel& flash) {
  KeyringStore store{flash};
  Keyring keys;
  const Found how = store.load(keys);
  return {how, how == Found::kGood ? keys.boots : 0};
}

/// Memory in which so many keyrings were kept, one after the other, by boots without a fault.
std::unique_ptr<FlashModel> kept(std::uint32_t count) {
  auto flash = std::make_unique<FlashModel>();
  for (std::uint32_t i = 1; i <= count; ++i) {
    KeyringStore store{*flash};
    Keyring keys;
    store.load(keys);
    EXPECT_TRUE(store.keep(keyring(i)));
  }
  return flash;
}

TEST(KeyringStore, a_blank_memory_is_blank_and_a_kept_one_is_found) {
  FlashModel blank;
  EXPECT_EQ(found(blank).first, Found::kBlank);
  for (std::uint32_t count = 1; count < 6; ++count) {
    auto flash = kept(count);
    EXPECT_EQ(found(*flash), std::pair(Found::kGood, count));
    EXPECT_EQ(flash->broken_rules(), 0);
  }
}

TEST(KeyringStore, INV_6_a_cut_at_any_write_leaves_the_old_one_or_the_new_one) {
  for (const std::uint32_t before : {0U, 1U, 2U, 3U}) {
    for (const Torn torn : {Torn::kNothing, Torn::kHalf, Torn::kRandom}) {
      bool over = false;
      for (std::int64_t at = 1; !over; ++at) {
        auto flash = kept(before);
        KeyringStore store{*flash};
        Keyring keys;
        store.load(keys);
        flash->cut_after(at, torn, static_cast<std::uint64_t>(at));
        store.keep(keyring(99));
        over = !flash->cut();
        flash->power_on();
        const auto [how, which] = found(*flash);
        SCOPED_TRACE("cut at " + std::to_string(at) + " behind " + std::to_string(before) + ", torn " +
                     std::to_string(static_cast<int>(torn)));
        if (how != Found::kGood) {
          EXPECT_EQ(how, Found::kBlank);
          EXPECT_EQ(before, 0U);
        } else {
          EXPECT_TRUE(which == before || which == 99) << which;
        }
        if (over) {
          EXPECT_EQ(which, 99U);
        }
      }
    }
  }
}

/// A supply that comes and goes cuts again and again, at each boot elsewhere.
RC_GTEST_PROP(KeyringStore, INV_6_no_row_of_cuts_loses_the_keyring, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  auto flash = kept(2);
  std::uint32_t newest = 2;
  for (int boot = 0; boot < 60; ++boot) {
    KeyringStore store{*flash};
    Keyring keys;
    RC_ASSERT(store.load(keys) == Found::kGood);
    RC_ASSERT(keys.boots == newest || keys.boots == newest + 1);
    newest = keys.boots;
    const auto torn = static_cast<Torn>(random() % 3);
    if (random() % 4 != 0) flash->cut_after(static_cast<std::int64_t>(1 + random() % 60), torn, random());
    store.keep(keyring(newest + 1));
    flash->power_on();
  }
}

TEST(KeyringStore, INV_6_no_two_cuts_lose_the_keyring) {
  for (const Torn torn : {Torn::kHalf, Torn::kRandom}) {
    for (std::int64_t first = 1; first < 60; ++first) {
      for (std::int64_t second = 1; second < 60; ++second) {
        auto flash = kept(2);
        const auto boot = [&](std::int64_t cut) {
          KeyringStore store{*flash};
          Keyring keys;
          if (store.load(keys) != Found::kGood) return false;
          if (cut != 0) flash->cut_after(cut, torn, static_cast<std::uint64_t>(first * 100 + second));
          store.keep(keyring(keys.boots + 1));
          flash->power_on();
          return true;
        };
        // A boot between the two brings the second cut to the place of the first.
        ASSERT_TRUE(boot(first) && boot(0) && boot(second) && boot(0))
            << "cuts at " << first << " and " << second << ", torn " << static_cast<int>(torn);
      }
    }
  }
}

/// A bit in every word of both pages of the newest place: lost, and not the one before it.
TEST(KeyringStore, INV_8_a_keyring_lost_in_both_copies_is_not_replaced_by_an_older_one) {
  auto flash = kept(3);  // generation 3 stands in place 1
  const std::uint32_t newest = kKeyringPage + TwinPages::kPagesOfPlace;
  flash->flip(word_of_page(newest) + 3, 7);
  EXPECT_EQ(found(*flash), std::pair(Found::kGood, 3U)) << "the other copy";
  flash->flip(word_of_page(newest + 1) + 5, 1);
  EXPECT_EQ(found(*flash).first, Found::kLost);
  // In a place that does not count any more it is lost as well: which one counted nobody can say.
  auto other = kept(3);
  other->flip(word_of_page(kKeyringPage) + 3, 7);
  other->flip(word_of_page(kKeyringPage + 1) + 3, 7);
  EXPECT_EQ(found(*other).first, Found::kLost);
}

TEST(KeyringStore, INV_8_every_single_flipped_bit_is_survived_with_the_newest) {
  auto whole = kept(3);
  for (std::uint32_t page = 0; page < 4; ++page) {
    const std::uint32_t first = word_of_page(kKeyringPage + page);
    for (const std::uint32_t word : {0U, 1U, 5U, 20U, 25U, kPageWords - 1}) {
      for (int bit = 0; bit < 64; ++bit) {
        auto flash = whole->clone();
        flash->flip(first + word, bit);
        ASSERT_EQ(found(*flash), std::pair(Found::kGood, 3U)) << page << " " << word << " " << bit;
      }
    }
  }
}

TEST(KeyringStore, bytes_that_are_whole_and_no_keyring_are_a_loss) {
  auto flash = kept(1);
  auto bytes = link::written(keyring(7));
  bytes[64] = 3;  // paired: beyond its range
  TwinPages pages{*flash, kKeyringPage};
  EXPECT_EQ(pages.write(0, 9, bytes), 2);
  EXPECT_EQ(found(*flash).first, Found::kLost);
  const std::array<std::uint8_t, 3> few{1, 2, 3};
  EXPECT_EQ(pages.write(0, 9, few), 2);
  EXPECT_EQ(found(*flash).first, Found::kLost) << "too few bytes";
}

TEST(KeyringStore, INV_8_pages_that_stick_cost_nothing_until_none_is_left) {
  auto flash = kept(2);
  flash->stick(kKeyringPage + 2);
  KeyringStore store{*flash};
  Keyring keys;
  ASSERT_EQ(store.load(keys), Found::kGood);
  EXPECT_TRUE(store.keep(keyring(3)));
  EXPECT_EQ(found(*flash), std::pair(Found::kGood, 3U));
  EXPECT_TRUE(store.keep(keyring(4)));
  flash->stick(kKeyringPage + 3);
  EXPECT_TRUE(store.keep(keyring(5))) << "in the other place";
  EXPECT_EQ(found(*flash), std::pair(Found::kGood, 5U));
  EXPECT_EQ(flash->broken_rules(), 0);
  flash->stick(kKeyringPage);
  EXPECT_TRUE(store.keep(keyring(6)));
  EXPECT_EQ(found(*flash), std::pair(Found::kGood, 6U));
  flash->stick(kKeyringPage + 1);
  EXPECT_FALSE(store.keep(keyring(7)));
  EXPECT_EQ(found(*flash), std::pair(Found::kGood, 6U));
}

/// One page never takes anything, and what stands beside it rots: the newest stands elsewhere as well.
TEST(KeyringStore, INV_8_a_page_that_sticks_and_one_that_rots_do_not_bring_an_older_one_back) {
  for (std::uint32_t stuck = 0; stuck < 4; ++stuck) {
    for (std::uint32_t rotten = 0; rotten < 4; ++rotten) {
      for (const std::uint32_t count : {3U, 4U, 5U}) {
        auto flash = kept(2);
        flash->stick(kKeyringPage + stuck);
        KeyringStore store{*flash};
        Keyring keys;
        ASSERT_EQ(store.load(keys), Found::kGood);
        for (std::uint32_t i = 3; i <= count; ++i) ASSERT_TRUE(store.keep(keyring(i)));
        flash->flip(word_of_page(kKeyringPage + rotten) + 3, 7);
        const auto [how, which] = found(*flash);
        EXPECT_TRUE(how == Found::kLost || which == count)
            << "stuck " << stuck << ", rotten " << rotten << ": " << which << " of " << count;
      }
    }
  }
}

TEST(TwinPages, tell_of_both_pages_of_sizes_and_of_what_was_erased) {
  FlashModel flash;
  TwinPages pages{flash, kOrderPage};
  std::array<std::uint8_t, TwinPages::kMostBytes> out{};
  EXPECT_FALSE(pages.read(0, out).whole);
  EXPECT_FALSE(pages.read(0, out).spoilt);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8},
                                 std::size_t{9}, TwinPages::kMostBytes}) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
    ASSERT_EQ(pages.write(1, static_cast<std::uint32_t>(size) + 1, bytes), 2);
    const auto back = pages.read(1, out);
    EXPECT_TRUE(back.whole && back.both && !back.spoilt);
    EXPECT_EQ(back.size, size);
    EXPECT_EQ(back.generation, size + 1);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), out.begin()));
    EXPECT_FALSE(pages.read(0, out).whole) << "the other place is another";
  }
  // The second page of a write that was cut short behind the first: the newer counts, and both do not agree.
  const std::array<std::uint8_t, 1> anew{42};
  flash.cut_after(1 + 1 + 1 + 1, FlashModel::Torn::kNothing);  // erase, head, word; the commit is cut
  EXPECT_EQ(pages.write(1, 4'000, anew), 0);
  flash.power_on();
  EXPECT_EQ(pages.read(1, out).generation, TwinPages::kMostBytes + 1);
  EXPECT_FALSE(pages.read(1, out).both);
  EXPECT_TRUE(pages.erase(1));
  EXPECT_FALSE(pages.read(1, out).whole);
  EXPECT_FALSE(pages.read(1, out).spoilt);
  flash.stick(kOrderPage + 2);
  pages.write(1, 1, anew);
  EXPECT_TRUE(pages.read(1, out).whole) << "the page that does not stick";
  flash.stick(kOrderPage + 3);
  EXPECT_FALSE(pages.erase(1));
}

}  // namespace
}  // namespace theca
