#include "pump/store.hpp"

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

using Found = Store::Found;
using Torn = FlashModel::Torn;
using Calls = std::vector<LoggedCall>;

constexpr std::array kTorn = {Torn::kNothing, Torn::kHalf, Torn::kRandom};
constexpr std::uint32_t kCallWords = 4;
constexpr std::uint32_t kMostCalls = kLogPages * kPageWords / kCallWords;

// ---- the map, as the header tells it --------------------------------------------------------------------

std::uint32_t slot_page(std::uint32_t generation, std::size_t copy) {
  return (generation % 2 * 2 + static_cast<std::uint32_t>(copy)) * kSlotPages;
}
std::uint32_t commit_address(std::uint32_t generation, std::size_t copy) {
  return word_of_page(slot_page(generation, copy) + kSlotPages) - 1;
}
std::uint32_t call_address(std::uint32_t generation, std::uint32_t place) {
  return word_of_page(kLogPage + generation % kLogAreas * kLogPages) + place * kCallWords;
}

// ---- a state to keep ------------------------------------------------------------------------------------

/// Words of each record; one of no word, one of more than the scrub takes at a time.
constexpr std::array<std::uint32_t, kRecordCount> kLengths = {2, 1, 0, 3, 1, 11, 2};

Word state_word(std::uint64_t seed, std::size_t record, std::uint32_t word) {
  Word mixed = seed * 1'000 + record * 100 + word + 1;
  mixed = (mixed ^ (mixed >> 31)) * 0x9E37'79B9'7F4A'7C15ULL;
  return mixed ^ (mixed >> 29);
}

std::size_t keep(Store& store, std::uint64_t seed) {
  return store.keep([&](RecordWriter& writer) {
    for (std::uint8_t id = 0; id < kRecordCount; ++id) {
      writer.begin(RecordId{id});
      for (std::uint32_t i = 0; i < kLengths[id]; ++i) writer.put(state_word(seed, id, i), 8);
      writer.end();
    }
  });
}

bool holds(const Store& store, std::size_t copy, std::size_t record, std::uint64_t seed) {
  const auto& place = store.copy(copy)[record];
  if (!place || place->words != kLengths[record]) return false;
  for (std::uint32_t i = 0; i < place->words; ++i) {
    if (store.memory().read(place->first + i) != state_word(seed, record, i)) return false;
  }
  return true;
}
bool holds(const Store& store, std::size_t copy, std::uint64_t seed) {
  for (std::size_t record = 0; record < kRecordCount; ++record) {
    if (!holds(store, copy, record, seed)) return false;
  }
  return true;
}

// ---- calls ----------------------------------------------------------------------------------------------

bool same(const LoggedCall& a, const LoggedCall& b) {
  return std::tuple{a.kind, a.now, a.reported, a.argument} ==
         std::tuple{b.kind, b.now, b.reported, b.argument};
}
bool same(const Calls& a, const Calls& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const LoggedCall& x, const LoggedCall& y) { return same(x, y); });
}

/// The calls that are made again; nothing when one is missing.
std::optional<Calls> replayed(Store& store) {
  Calls calls;
  if (!store.replay([&](const LoggedCall& call) { calls.push_back(call); })) return std::nullopt;
  return calls;
}

LoggedCall call_of(std::int64_t number) {
  return {static_cast<CallKind>(1 + number % kLastCallKind), Instant{number * 1'000}, number * 7, -number};
}
LoggedCall any_call() {
  const auto any = [] {
    return *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(),
                           rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::int64_t>()),
                           rc::gen::element<std::int64_t>(0, -1));
  };
  return {static_cast<CallKind>(*rc::gen::inRange(1, kLastCallKind + 1)), Instant{any()}, any(), any()};
}
Calls any_calls(std::size_t least, std::size_t most) {
  Calls calls(*rc::gen::inRange(least, most + 1));
  for (LoggedCall& call : calls) call = any_call();
  return calls;
}
void log(Store& store, const Calls& calls) {
  for (const LoggedCall& call : calls) ASSERT_TRUE(store.log(call));
}
Calls calls_to(std::int64_t count) {
  Calls calls;
  for (std::int64_t i = 0; i < count; ++i) calls.push_back(call_of(i));
  return calls;
}

/// A memory with generations 1 and 2; calls follow the second.
constexpr std::uint64_t kOldSeed = 71, kSeed = 72;
void two_generations(Store& store, const Calls& calls) {
  ASSERT_EQ(keep(store, kOldSeed), kCopies);
  log(store, {call_of(90), call_of(91)});
  ASSERT_EQ(keep(store, kSeed), kCopies);
  log(store, calls);
}

// ---- generations ----------------------------------------------------------------------------------------

TEST(Store, a_blank_memory_is_told_from_one_that_lost_its_generations) {
  FlashModel flash;
  EXPECT_EQ(Store{flash}.find(), Found::kBlank);
  for (std::uint32_t page = 0; page < kSlots * kSlotPages; ++page) {
    for (const std::uint32_t word : {0U, 100U, kPageWords - 1}) {
      const std::uint32_t address = word_of_page(page) + word;
      flash.flip(address, 3);
      // The very first generation stands in the odd slots: what power left of it there was never a state.
      const bool first = page >= 2 * kSlotPages;
      EXPECT_EQ(Store{flash}.find(), first ? Found::kBlank : Found::kNothing) << page;
      flash.flip(address, 3);
    }
  }
}

RC_GTEST_PROP(Store, INV_6_the_newest_generation_wins_and_stands_twice, ()) {
  FlashModel flash;
  Store store{flash};
  const auto count = *rc::gen::inRange(1U, 20U);
  const auto first_seed = *rc::gen::arbitrary<std::uint32_t>();
  for (std::uint32_t i = 1; i <= count; ++i) {
    RC_ASSERT(keep(store, first_seed + i) == kCopies);
    for (const LoggedCall& call : any_calls(0, 3)) RC_ASSERT(store.log(call));
    RC_ASSERT(store.generation() == i);
  }
  Store again{flash};
  RC_ASSERT(again.find() == Found::kState);
  RC_ASSERT(again.generation() == count);
  RC_ASSERT(again.copies() == kCopies);
  for (std::size_t copy = 0; copy < kCopies; ++copy) {
    RC_ASSERT(holds(again, copy, first_seed + count));
    RC_ASSERT(holds(store, copy, first_seed + count));
  }
  RC_ASSERT(flash.broken_rules() == 0);
}

TEST(Store, INV_6_a_generation_counts_from_its_last_word) {
  FlashModel before;
  Store writer{before};
  const Calls calls = calls_to(3);
  two_generations(writer, calls);
  const auto whole = before.clone();
  Store whole_store{*whole};
  whole_store.find();
  ASSERT_EQ(keep(whole_store, 73), kCopies);
  const std::int64_t writes = whole->writes();
  ASSERT_GT(writes, 50);
  for (const Torn torn : kTorn) {
    for (std::int64_t cut = 0; cut <= writes; ++cut) {
      SCOPED_TRACE(testing::Message() << "cut " << cut << " torn " << static_cast<int>(torn));
      const auto flash = before.clone();
      Store store{*flash};
      store.find();
      flash->cut_after(cut, torn, static_cast<std::uint64_t>(cut) + 1);
      keep(store, 73);
      flash->power_on();
      Store again{*flash};
      ASSERT_EQ(again.find(), Found::kState);
      // The last words of the two copies are the last two writes.
      const bool is_new = again.generation() == 3;
      if (cut < writes - 1) {
        ASSERT_FALSE(is_new);
      }
      if (cut == writes) {
        ASSERT_TRUE(is_new);
      }
      ASSERT_GE(again.copies(), is_new ? 1U : kCopies);
      for (std::size_t copy = 0; copy < kCopies; ++copy) {
        const bool stands = again.copies() == kCopies || copy == 0;
        ASSERT_TRUE(!stands || holds(again, copy, is_new ? 73 : kSeed)) << copy;
      }
      const auto made_again = replayed(again);
      ASSERT_TRUE(made_again);
      ASSERT_TRUE(same(*made_again, is_new ? Calls{} : calls));
      ASSERT_EQ(keep(again, 74), kCopies);  // and what was torn is in nobody's way
      ASSERT_EQ(flash->broken_rules(), 0);
    }
  }
}

TEST(Store, INV_6_a_generation_counts_with_either_copy) {
  for (std::size_t gone = 0; gone < kCopies; ++gone) {
    for (int bit = 0; bit < 64; ++bit) {
      SCOPED_TRACE(testing::Message() << "copy " << gone << " bit " << bit);
      FlashModel flash;
      Store writer{flash};
      const Calls calls = calls_to(2);
      two_generations(writer, calls);
      flash.flip(commit_address(2, gone), bit);
      Store store{flash};
      ASSERT_EQ(store.find(), Found::kState);
      ASSERT_EQ(store.generation(), 2U);
      ASSERT_EQ(store.copies(), 1U);
      ASSERT_TRUE(holds(store, 1 - gone, kSeed));
      for (const auto& place : store.copy(gone)) ASSERT_FALSE(place);
      ASSERT_TRUE(same(replayed(store).value(), calls));
      ASSERT_EQ(keep(store, 73), kCopies);
    }
  }
}

TEST(Store, INV_6_without_either_copy_the_generation_before_counts) {
  FlashModel flash;
  Store writer{flash};
  two_generations(writer, calls_to(2));
  flash.flip(commit_address(2, 0), 17);
  flash.flip(commit_address(2, 1), 40);
  Store store{flash};
  ASSERT_EQ(store.find(), Found::kState);
  EXPECT_EQ(store.generation(), 1U);
  EXPECT_EQ(store.copies(), kCopies);
  EXPECT_TRUE(holds(store, 0, kOldSeed));
  EXPECT_TRUE(same(replayed(store).value(), {call_of(90), call_of(91)}));
  flash.flip(commit_address(1, 0), 1);
  flash.flip(commit_address(1, 1), 63);
  EXPECT_EQ(Store{flash}.find(), Found::kNothing);
}

TEST(Store, a_commit_word_in_the_wrong_slot_is_none) {
  FlashModel flash;
  Store writer{flash};
  two_generations(writer, {});
  const Word commit = flash.read(commit_address(2, 0));
  for (std::size_t copy = 0; copy < kCopies; ++copy) {
    flash.erase(slot_page(1, copy) + kSlotPages - 1);
    flash.program(commit_address(1, copy), commit);
    flash.flip(commit_address(2, copy), 9);
  }
  EXPECT_EQ(Store{flash}.find(), Found::kNothing);
}

RC_GTEST_PROP(Store, INV_6_a_copy_with_a_flipped_bit_counts_with_its_other_records, ()) {
  FlashModel flash;
  Store writer{flash};
  RC_ASSERT(keep(writer, kSeed) == kCopies);
  const std::size_t bad = *rc::gen::inRange<std::size_t>(0, kCopies);
  const std::size_t record = *rc::gen::element<std::size_t>(0, 1, 3, 4, 5, 6);
  const auto place = writer.copy(bad)[record].value();
  flash.flip(place.first + *rc::gen::inRange(0U, place.words), *rc::gen::inRange(0, 64));
  Store store{flash};
  RC_ASSERT(store.find() == Found::kState);
  RC_ASSERT(store.copies() == kCopies);
  RC_ASSERT(holds(store, 1 - bad, kSeed));
  for (std::size_t other = 0; other < kRecordCount; ++other)
    RC_ASSERT(holds(store, bad, other, kSeed) == (other != record));
  RC_ASSERT(!store.copy(bad)[record]);
}

// ---- calls ----------------------------------------------------------------------------------------------

RC_GTEST_PROP(Store, INV_6_calls_are_made_again_in_order, ()) {
  FlashModel flash;
  Store store{flash};
  const auto generations = *rc::gen::inRange(1U, 4U);
  Calls calls;
  for (std::uint32_t i = 0; i < generations; ++i) {
    RC_ASSERT(keep(store, i) == kCopies);
    calls = any_calls(0, 40);
    for (const LoggedCall& call : calls) RC_ASSERT(store.log(call));
    RC_ASSERT(store.log_room() == kMostCalls - calls.size());
  }
  Store again{flash};
  RC_ASSERT(again.find() == Found::kState);
  const auto made_again = replayed(again);
  RC_ASSERT(made_again.has_value());
  RC_ASSERT(same(*made_again, calls));
  RC_ASSERT(flash.broken_rules() == 0);
}

RC_GTEST_PROP(Store, INV_6_a_call_counts_from_its_first_word, ()) {
  FlashModel before;
  Store writer{before};
  const Calls calls = any_calls(0, 4);
  two_generations(writer, calls);
  const LoggedCall last = any_call();
  Calls with_last = calls;
  with_last.push_back(last);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto logged = [&](FlashModel& flash) {
    // The writer's twin comes to the same end of the log by making the same calls.
    Store store{flash};
    two_generations(store, calls);
    return store;
  };
  for (const Torn torn : kTorn) {
    for (std::int64_t cut = 0; cut <= kCallWords; ++cut) {
      FlashModel flash;
      Store store = logged(flash);
      flash.cut_after(cut, torn, seed + static_cast<std::uint64_t>(cut));
      store.log(last);
      flash.power_on();
      Store again{flash};
      RC_ASSERT(again.find() == Found::kState);
      const auto made_again = replayed(again);
      RC_ASSERT(made_again.has_value());
      const bool is_new = same(*made_again, with_last);
      RC_ASSERT((is_new || same(*made_again, calls)));
      if (cut < kCallWords) RC_ASSERT(!is_new);
      if (cut == kCallWords && torn == Torn::kNothing) RC_ASSERT(!is_new);
      RC_ASSERT(flash.broken_rules() == 0);
    }
  }
}

TEST(Store, INV_6_calls_behind_a_torn_one_go_on) {
  FlashModel flash;
  Store store{flash};
  two_generations(store, calls_to(2));
  // Words that do not take what is programmed: the last of place 2, the head of place 3, all of page 2.
  flash.flip(call_address(2, 2) + 3, 60);
  flash.flip(call_address(2, 3), 0);
  flash.stick(kLogPage + 1);
  Calls calls = calls_to(2);
  for (std::int64_t i = 0; i < 200; ++i) {
    calls.push_back({CallKind::kWake, Instant{i}, i, -1});  // all ones: would need the bit that is gone
    ASSERT_TRUE(store.log(calls.back())) << i;
  }
  Store again{flash};
  ASSERT_EQ(again.find(), Found::kState);
  const auto made_again = replayed(again);
  ASSERT_TRUE(made_again);
  EXPECT_TRUE(same(*made_again, calls));
  EXPECT_EQ(store.log_room(), kMostCalls - 2 - 2 - 200 - kPageWords / kCallWords);
}

RC_GTEST_PROP(Store, INV_6_a_flipped_bit_in_a_call_is_mended, ()) {
  FlashModel flash;
  Store writer{flash};
  const Calls calls = any_calls(1, 4);
  two_generations(writer, calls);
  const auto place = *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(calls.size()));
  for (std::uint32_t word = 0; word < kCallWords; ++word) {
    for (int bit = 0; bit < 64; ++bit) {
      flash.flip(call_address(2, place) + word, bit);
      Store store{flash};
      store.find();
      const auto made_again = replayed(store);
      if (!made_again || !same(*made_again, calls))
        RC_FAIL("word " + std::to_string(word) + " bit " + std::to_string(bit));
      flash.flip(call_address(2, place) + word, bit);
    }
  }
}

RC_GTEST_PROP(Store, INV_6_a_call_that_is_missing_in_the_middle_is_told, ()) {
  FlashModel flash;
  Store writer{flash};
  const Calls calls = any_calls(2, 8);
  two_generations(writer, calls);
  const auto count = static_cast<std::uint32_t>(calls.size());
  const auto place = *rc::gen::inRange(0U, count);
  // Two to four flips: never mended to something else (checksum_test.cpp).
  const auto flips = *rc::gen::inRange<std::size_t>(2, 5);
  for (const int bit : *rc::gen::unique<std::vector<int>>(flips, rc::gen::inRange(0, 256)))
    flash.flip(call_address(2, place) + static_cast<std::uint32_t>(bit) / 64, bit % 64);
  Store store{flash};
  store.find();
  Calls made;
  const bool all = store.replay([&](const LoggedCall& call) { made.push_back(call); });
  RC_ASSERT(all == (place == count - 1));  // that the last is gone only the journal can tell
  RC_ASSERT(same(made, Calls{calls.begin(), calls.begin() + place}));
}

TEST(Store, a_full_log_takes_no_call_until_the_next_generation) {
  FlashModel flash;
  Store store{flash};
  two_generations(store, {});
  const Calls calls = calls_to(kMostCalls);
  log(store, calls);
  EXPECT_EQ(store.log_room(), 0U);
  const std::int64_t writes = flash.writes();
  EXPECT_FALSE(store.log(call_of(1)));
  EXPECT_EQ(flash.writes(), writes);
  Store again{flash};
  again.find();
  EXPECT_TRUE(same(replayed(again).value(), calls));
  ASSERT_EQ(keep(store, 73), kCopies);
  EXPECT_EQ(store.log_room(), kMostCalls);
  EXPECT_TRUE(store.log(call_of(5)));
  Store after{flash};
  after.find();
  EXPECT_TRUE(same(replayed(after).value(), {call_of(5)}));
  EXPECT_EQ(flash.broken_rules(), 0);
}

TEST(Store, a_log_that_takes_nothing_says_so_and_the_generations_go_on) {
  FlashModel flash;
  for (std::uint32_t page = 0; page < kLogPages; ++page) flash.stick(kLogPage + page);  // of the even ones
  Store store{flash};
  two_generations(store, {});
  EXPECT_FALSE(store.log(call_of(1)));
  ASSERT_EQ(keep(store, 73), kCopies);
  EXPECT_TRUE(store.log(call_of(2)));
}

// ---- many lives -----------------------------------------------------------------------------------------

RC_GTEST_PROP(Store, INV_6_across_power_cuts_at_any_write_all_is_old_or_all_is_new, ()) {
  FlashModel flash;
  std::uint64_t seed = 1;
  Calls calls;
  {
    Store store{flash};
    RC_ASSERT(keep(store, seed) == kCopies);
  }
  const int lives = *rc::gen::inRange(1, 8);
  for (int life = 0; life < lives; ++life) {
    flash.cut_after(*rc::gen::inRange<std::int64_t>(0, 250), *rc::gen::elementOf(kTorn),
                    *rc::gen::arbitrary<std::uint64_t>());
    Store store{flash};
    RC_ASSERT(store.find() == Found::kState);
    std::uint64_t next_seed = seed;
    std::optional<LoggedCall> next_call;
    for (bool first = true; !flash.cut(); first = false) {
      if (first || *rc::gen::inRange(0, 6) == 0) {  // a boot begins with a new generation
        next_seed = seed + 1;
        keep(store, next_seed);
        if (flash.cut()) break;
        seed = next_seed;
        calls.clear();
      } else {
        next_call = any_call();
        store.log(*next_call);
        if (flash.cut()) break;
        calls.push_back(*next_call);
        next_call.reset();
      }
    }
    flash.power_on();
    Store again{flash};
    RC_ASSERT(again.find() == Found::kState);
    const auto made_again = replayed(again);
    RC_ASSERT(made_again.has_value());
    if (next_seed != seed && holds(again, 0, next_seed)) {
      RC_ASSERT(made_again->empty());
      seed = next_seed;
      calls.clear();
    } else {
      if (next_call && made_again->size() > calls.size()) calls.push_back(*next_call);
      RC_ASSERT(holds(again, 0, seed));
      RC_ASSERT(holds(again, 1, seed) || again.copies() == 1U);
      RC_ASSERT(same(*made_again, calls));
    }
  }
  RC_ASSERT(flash.broken_rules() == 0);
}

// ---- scrub ----------------------------------------------------------------------------------------------

constexpr std::uint32_t kScrubWords = 4;  // that it takes at a time, at least

/// Calls of scrub() in which it sees every word of two copies and `calls` calls.
std::uint32_t scrub_round(std::uint32_t calls) {
  static_assert(kCopies == 2);
  std::uint32_t copy = 0;
  for (const std::uint32_t words : kLengths) copy += std::max(1U, (words + kScrubWords - 1) / kScrubWords);
  return 2 * copy + calls + 1;
}
/// After how many calls the scrub says that something changed; nothing when not within two rounds.
std::optional<std::uint32_t> scrubbed(Store& store, std::uint32_t calls) {
  for (std::uint32_t i = 1; i <= 2 * scrub_round(calls); ++i) {
    if (store.scrub()) return i;
  }
  return std::nullopt;
}

TEST(Store, a_scrub_finds_every_flipped_bit_and_a_keep_mends_it) {
  FlashModel flash;
  Store store{flash};
  constexpr std::uint32_t kCalls = 2;
  std::uint32_t phase = 0;
  const auto renew = [&] {
    ASSERT_EQ(keep(store, kSeed), kCopies);
    log(store, calls_to(kCalls));
    ASSERT_FALSE(scrubbed(store, kCalls));
    // The flip comes at any point of a round.
    phase = (phase + 1) % scrub_round(kCalls);
    for (std::uint32_t i = 0; i < phase; ++i) ASSERT_FALSE(store.scrub());
  };
  const auto found = [&](const auto& address, int bit) {
    renew();
    flash.flip(address(), bit);
    ASSERT_TRUE(scrubbed(store, kCalls)) << "address " << address() << " bit " << bit << " phase " << phase;
  };
  for (int bit = 0; bit < 64; ++bit) {
    for (std::size_t copy = 0; copy < kCopies; ++copy) {
      for (std::size_t record = 0; record < kRecordCount; ++record) {
        for (std::uint32_t word = 0; word <= kLengths[record]; ++word) {  // 0: the head
          found([&] { return store.copy(copy)[record]->first - 1 + word; }, bit);
          if (HasFatalFailure()) return;
        }
      }
      found([&] { return commit_address(store.generation(), copy); }, bit);
      if (HasFatalFailure()) return;
    }
    for (std::uint32_t word = 0; word < kCalls * kCallWords; ++word) {
      found([&] { return call_address(store.generation(), 0) + word; }, bit);
      if (HasFatalFailure()) return;
    }
  }
  ASSERT_EQ(keep(store, kSeed), kCopies);
  EXPECT_FALSE(scrubbed(store, 0));
}

RC_GTEST_PROP(Store, a_scrub_of_a_clean_memory_finds_nothing, ()) {
  FlashModel flash;
  Store store{flash};
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    RC_ASSERT(keep(store, *rc::gen::arbitrary<std::uint32_t>()) == kCopies);
    const auto count = *rc::gen::inRange(0U, 30U);
    for (std::uint32_t k = 0; k < count; ++k) {  // calls come between
      RC_ASSERT(store.log(any_call()));
      for (int n = *rc::gen::inRange(0, 10); n > 0; --n) RC_ASSERT(!store.scrub());
    }
    RC_ASSERT(!scrubbed(store, count));
  }
}

TEST(Store, a_scrub_after_boot_finds_a_bit_that_flips_later) {
  FlashModel flash;
  Store writer{flash};
  two_generations(writer, {});
  Store store{flash};
  store.find();
  EXPECT_FALSE(scrubbed(store, 0));
  flash.flip(store.copy(1)[5]->first + 9, 30);
  EXPECT_TRUE(scrubbed(store, 0));
}

// ---- pages that stick -----------------------------------------------------------------------------------

TEST(Store, INV_6_a_stuck_page_leaves_one_copy_and_the_scrub_lets_it_be) {
  for (std::uint32_t page = 0; page < kSlots * kSlotPages; ++page) {
    for (const bool written : {false, true}) {
      SCOPED_TRACE(testing::Message() << "page " << page << (written ? " written" : " blank"));
      FlashModel flash;
      Store store{flash};
      if (written) two_generations(store, {});
      flash.stick(page);
      for (std::uint32_t i = 0; i < 6; ++i) {
        const std::size_t standing = keep(store, 100 + i);
        // A page that is stuck blank and that no word is written to does no harm.
        const bool hit = page / kSlotPages / 2 == store.generation() % 2;
        const std::size_t copy = page / kSlotPages % 2;
        const bool used = written || page % kSlotPages == 0 ||
                          flash.read(commit_address(store.generation(), copy)) == kErased;
        ASSERT_EQ(standing, hit && used ? 1U : kCopies);
        ASSERT_EQ(store.copies(), standing);
        ASSERT_TRUE(store.log(call_of(i)));
        ASSERT_FALSE(scrubbed(store, 1));
        ASSERT_FALSE(scrubbed(store, 1));
        Store again{flash};
        ASSERT_EQ(again.find(), Found::kState);
        ASSERT_EQ(again.generation(), store.generation());
        ASSERT_EQ(again.copies(), standing);
        for (std::size_t which = 0; which < kCopies; ++which)
          ASSERT_EQ(holds(again, which, 100 + i), standing == kCopies || which != copy);
        ASSERT_TRUE(same(replayed(again).value(), {call_of(i)}));
        ASSERT_FALSE(scrubbed(again, 1));
      }
      ASSERT_EQ(flash.broken_rules(), 0);
    }
  }
}

TEST(Store, INV_6_when_no_copy_can_be_written_the_old_generation_counts_on) {
  FlashModel flash;
  Store store{flash};
  two_generations(store, calls_to(2));
  flash.stick(slot_page(3, 0));
  flash.stick(slot_page(3, 1) + 1);
  EXPECT_EQ(keep(store, 73), 0U);
  EXPECT_EQ(store.generation(), 2U);
  EXPECT_EQ(store.copies(), kCopies);
  EXPECT_TRUE(store.log(call_of(2)));
  EXPECT_FALSE(scrubbed(store, 3));
  EXPECT_EQ(keep(store, 74), 0U);
  EXPECT_TRUE(store.log(call_of(3)));
  Store again{flash};
  ASSERT_EQ(again.find(), Found::kState);
  EXPECT_EQ(again.generation(), 2U);
  EXPECT_TRUE(holds(again, 0, kSeed));
  EXPECT_TRUE(holds(again, 1, kSeed));
  EXPECT_TRUE(same(replayed(again).value(), calls_to(4)));
}

// ---- the format -----------------------------------------------------------------------------------------

/// The words of a call as they stand, with the sum that makes it whole.
std::array<Word, kCallWords> words_of_call(Word kind, std::uint32_t generation, Word number, Word now) {
  std::array<Word, kCallWords> words{kind | Word{generation & 0xFF} << 8 | number << 16, now, 2, 3};
  Crc32c sum;
  sum.add(generation);
  for (const Word word : words) sum.add(word);
  words[0] |= Word{sum.value()} << 32;
  return words;
}
void program_call(FlashModel& flash, std::uint32_t generation, std::uint32_t place,
                  const std::array<Word, kCallWords>& words) {
  for (std::uint32_t i = 0; i < kCallWords; ++i) flash.program(call_address(generation, place) + i, words[i]);
}

TEST(Store, what_stands_in_memory_is_what_older_pumps_wrote) {
  FlashModel flash;
  Store store{flash};
  for (std::uint32_t generation = 1; generation <= 2; ++generation) {
    ASSERT_EQ(keep(store, kSeed), kCopies);
    const Word commit = Word{generation} | Word{0x5448'4543U ^ (generation * 0x9E37'79B1U)} << 32;
    for (std::size_t copy = 0; copy < kCopies; ++copy)
      EXPECT_EQ(flash.read(commit_address(generation, copy)), commit);
  }
  ASSERT_TRUE(store.log({CallKind::kWake, Instant{5}, 2, 3}));
  ASSERT_TRUE(store.log({CallKind::kField, Instant{6}, 2, 3}));
  const auto first = words_of_call(1, 2, 0, 5), second = words_of_call(9, 2, 1, 6);
  for (std::uint32_t i = 0; i < kCallWords; ++i) {
    EXPECT_EQ(flash.read(call_address(2, 0) + i), first[i]);
    EXPECT_EQ(flash.read(call_address(2, 1) + i), second[i]);
  }
}

TEST(Store, a_whole_call_that_no_pump_of_this_generation_makes_is_none) {
  struct Wrong {
    const char* what;
    Word kind;
    std::uint32_t head_generation;
  };
  for (const auto& [what, kind, head_generation] :
       {Wrong{"kind 0", 0, 2}, Wrong{"a kind beyond the last", kLastCallKind + 1, 2},
        Wrong{"the sum of this generation, the head of another", 1, 3}}) {
    SCOPED_TRACE(what);
    FlashModel flash;
    Store writer{flash};
    two_generations(writer, calls_to(1));
    auto words = words_of_call(kind, 2, 1, 5);
    if (head_generation != 2) {
      words[0] = (words[0] & 0xFFFF'00FF) | Word{head_generation} << 8;
      Crc32c sum;
      sum.add(2);
      for (const Word word : words) sum.add(word);
      words[0] |= Word{sum.value()} << 32;
    }
    program_call(flash, 2, 1, words);
    Store store{flash};
    store.find();
    EXPECT_TRUE(same(replayed(store).value(), calls_to(1)));
    EXPECT_TRUE(store.log(call_of(1)));  // behind it
    EXPECT_EQ(store.log_room(), kMostCalls - 3);
  }
}

TEST(Store, a_call_that_stands_twice_is_made_once_and_one_that_is_missing_is_told) {
  FlashModel flash;
  Store writer{flash};
  two_generations(writer, {});
  program_call(flash, 2, 0, words_of_call(1, 2, 0, 5));
  program_call(flash, 2, 1, words_of_call(1, 2, 0, 5));
  program_call(flash, 2, 2, words_of_call(1, 2, 1, 6));
  {
    Store store{flash};
    store.find();
    EXPECT_EQ(replayed(store).value().size(), 2U);
  }
  program_call(flash, 2, 3, words_of_call(1, 2, 3, 7));
  Store store{flash};
  store.find();
  EXPECT_FALSE(replayed(store));
}

TEST(Store, tells_how_many_calls_it_mended) {
  FlashModel flash;
  Store writer{flash};
  two_generations(writer, calls_to(4));
  Store store{flash};
  store.find();
  ASSERT_TRUE(replayed(store));
  EXPECT_EQ(store.mended(), 0);
  flash.flip(call_address(2, 1) + 2, 63);
  flash.flip(call_address(2, 3), 0);
  ASSERT_TRUE(replayed(store));
  EXPECT_EQ(store.mended(), 2);
}

TEST(Store, replayed_again_after_a_boot_it_goes_on_as_the_first_time) {
  FlashModel flash;
  Store writer{flash};
  two_generations(writer, calls_to(100));
  Store store{flash};
  store.find();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(same(replayed(store).value(), calls_to(100)));
    EXPECT_EQ(store.log_room(), kMostCalls - 100);
  }
  EXPECT_FALSE(scrubbed(store, 100));
  for (std::uint32_t place = 0; place < 100; ++place) {
    flash.flip(call_address(2, place) + 1, 5);
    EXPECT_TRUE(scrubbed(store, 100)) << place;
    flash.flip(call_address(2, place) + 1, 5);
  }
  EXPECT_TRUE(store.log(call_of(100)));
  Store again{flash};
  again.find();
  EXPECT_TRUE(same(replayed(again).value(), calls_to(101)));
}

TEST(Store, a_scrub_looks_at_every_call_of_a_full_log_and_at_none_that_was_torn) {
  FlashModel flash;
  Store store{flash};
  ASSERT_EQ(keep(store, kSeed), kCopies);
  flash.flip(call_address(1, 80), 0);  // this place will take no call
  log(store, calls_to(kMostCalls - 1));
  EXPECT_FALSE(store.log(call_of(1)));
  EXPECT_FALSE(scrubbed(store, kMostCalls));
  for (const std::uint32_t place : {0U, 7U, 8U, 10U, 255U, 256U, kMostCalls - 1}) {
    flash.flip(call_address(1, place) + 3, 12);
    EXPECT_TRUE(scrubbed(store, kMostCalls)) << place;
    flash.flip(call_address(1, place) + 3, 12);
  }
  flash.flip(call_address(1, 80) + 2, 12);
  EXPECT_FALSE(scrubbed(store, kMostCalls));
  // The next generation has its own calls: nothing is looked for where the old ones were.
  ASSERT_EQ(keep(store, kSeed), kCopies);
  EXPECT_FALSE(scrubbed(store, kMostCalls));
}

TEST(Store, after_a_boot_without_calls_all_the_log_is_free) {
  FlashModel flash;
  Store writer{flash};
  two_generations(writer, {});
  Store store{flash};
  store.find();
  EXPECT_TRUE(replayed(store).value().empty());
  EXPECT_EQ(store.log_room(), kMostCalls);
}

TEST(Store, INV_6_a_copy_whose_last_word_does_not_take_is_none_and_the_other_counts) {
  for (std::size_t bad = 0; bad < kCopies; ++bad) {
    FlashModel flash;
    Store store{flash};
    ASSERT_EQ(keep(store, kOldSeed), kCopies);
    std::size_t which = 0;
    const std::size_t copies = store.keep([&](RecordWriter& writer) {
      writer.begin(RecordId::kTherapy);
      writer.put(5, 8);
      writer.end();
      if (which++ == bad) flash.flip(commit_address(2, bad), 1);  // a bit of generation 2
    });
    EXPECT_EQ(copies, 1U);
    EXPECT_EQ(store.generation(), 2U);
    Store again{flash};
    ASSERT_EQ(again.find(), Found::kState);
    EXPECT_EQ(again.generation(), 2U);
    EXPECT_TRUE(again.copy(1 - bad)[0]);
    EXPECT_FALSE(again.copy(bad)[0]);
  }
}

TEST(Store, INV_6_when_neither_last_word_takes_the_old_generation_counts_on) {
  FlashModel flash;
  Store store{flash};
  ASSERT_EQ(keep(store, kOldSeed), kCopies);
  log(store, calls_to(3));
  std::size_t which = 0;
  const std::size_t copies = store.keep([&](RecordWriter& writer) {
    writer.begin(RecordId::kTherapy);
    writer.put(5, 8);
    writer.end();
    flash.flip(commit_address(2, which++), 1);
  });
  EXPECT_EQ(copies, 0U);
  EXPECT_EQ(store.generation(), 1U);
  Store again{flash};
  ASSERT_EQ(again.find(), Found::kState);
  EXPECT_EQ(again.generation(), 1U);
  EXPECT_TRUE(same(replayed(again).value(), calls_to(3)));
}

TEST(Store, a_place_in_which_a_bit_has_turned_takes_no_call) {
  // Zeros that happen to be wanted there would read back right: it is passed over all the same.
  for (std::uint32_t word = 0; word < kCallWords; ++word) {
    FlashModel flash;
    Store store{flash};
    ASSERT_EQ(keep(store, kSeed), kCopies);
    flash.flip(call_address(1, 0) + word, word == 0 ? 1 : 63);
    ASSERT_TRUE(store.log({CallKind::kWake, Instant{0}, 0, 0}));
    EXPECT_EQ(store.log_room(), kMostCalls - 2) << word;
  }
}

TEST(Store, the_scrub_looks_for_no_call_where_none_stands) {
  FlashModel flash;
  Store store{flash};
  ASSERT_EQ(keep(store, kOldSeed), kCopies);
  log(store, calls_to(100));
  ASSERT_EQ(keep(store, kSeed), kCopies);  // it knows nothing of the calls before
  for (const std::uint32_t place : {3U, 20U, 80U}) flash.flip(call_address(2, place), 0);  // these take none
  log(store, calls_to(97));
  EXPECT_FALSE(scrubbed(store, 100));
  Store again{flash};
  again.find();
  EXPECT_TRUE(same(replayed(again).value(), calls_to(97)));
  EXPECT_FALSE(scrubbed(again, 100));
}

TEST(Store, a_slot_holds_records_up_to_the_word_that_makes_it_count) {
  for (const std::uint32_t words : {kSlotWords - 2, kSlotWords - 1}) {
    FlashModel flash;
    Store store{flash};
    const std::size_t copies = store.keep([&](RecordWriter& writer) {
      writer.begin(RecordId::kTherapy);
      for (std::uint32_t i = 0; i < words; ++i) writer.put(i, 8);
      writer.end();
    });
    if (words == kSlotWords - 1) {
      EXPECT_EQ(copies, 0U);
      continue;
    }
    ASSERT_EQ(copies, kCopies);
    Store again{flash};
    ASSERT_EQ(again.find(), Found::kState);
    for (std::size_t copy = 0; copy < kCopies; ++copy) {
      ASSERT_TRUE(again.copy(copy)[0]);
      EXPECT_EQ(again.copy(copy)[0]->words, words);
    }
  }
}

// ---- wear -----------------------------------------------------------------------------------------------

TEST(Store, a_thousand_generations_wear_all_pages_alike) {
  FlashModel flash;
  Store store{flash};
  constexpr std::uint32_t kKeeps = 1'000;
  const Calls calls = calls_to(kMostCalls);  // every page of the log
  for (std::uint32_t i = 0; i < kKeeps; ++i) {
    ASSERT_EQ(keep(store, i), kCopies) << i;
    for (const LoggedCall& call : calls) ASSERT_TRUE(store.log(call)) << i;
  }
  // Each is written every other time, and was blank at first. All pages below the journal are of the store.
  for (std::uint32_t page = 0; page < kJournalPage; ++page)
    EXPECT_EQ(flash.erases(page), kKeeps / 2 - 1) << page;
  for (std::uint32_t page = kJournalPage; page < kNvmPages; ++page) ASSERT_EQ(flash.erases(page), 0U) << page;
  EXPECT_EQ(flash.broken_rules(), 0);
  Store again{flash};
  ASSERT_EQ(again.find(), Found::kState);
  EXPECT_EQ(again.generation(), kKeeps);
}

}  // namespace
}  // namespace theca
