#include "pump/checksum.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace theca {
namespace {

using Call = std::array<std::uint64_t, 4>;  // the record that is mended by its sum: store.hpp, journal.hpp

template <class Words>
std::uint32_t sum_of(const Words& words) {
  Crc32c sum;
  for (const std::uint64_t word : words) sum.add(word);
  return sum.value();
}

/// 32 bytes, lowest of a word first.
template <class ByteAt>
Call bytes(ByteAt&& byte_at) {
  Call words{};
  for (unsigned i = 0; i < 32; ++i) words[i / 8] |= std::uint64_t{byte_at(i)} << (8 * (i % 8));
  return words;
}

rc::Gen<std::uint64_t> any_word() {
  return rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}

/// What each flip of one bit of `words` does to their sum.
std::vector<std::uint32_t> syndromes(Call words) {
  const std::uint32_t clean = sum_of(words);
  std::vector<std::uint32_t> found;
  for (std::uint64_t& word : words) {
    for (int bit = 0; bit < 64; ++bit) {
      word ^= std::uint64_t{1} << bit;
      found.push_back(sum_of(words) ^ clean);
      word ^= std::uint64_t{1} << bit;
    }
  }
  return found;
}

TEST(Crc32c, vectors_of_rfc_3720) {
  EXPECT_EQ(sum_of(bytes([](unsigned) { return 0x00U; })), 0x8A91'36AAU);
  EXPECT_EQ(sum_of(bytes([](unsigned) { return 0xFFU; })), 0x62A8'AB43U);
  EXPECT_EQ(sum_of(bytes([](unsigned i) { return i; })), 0x46DD'794EU);
  EXPECT_EQ(sum_of(bytes([](unsigned i) { return 31 - i; })), 0x113F'DB5CU);
}

TEST(Crc32c, the_sum_of_nothing_is_nothing) { EXPECT_EQ(Crc32c{}.value(), 0U); }

RC_GTEST_PROP(Crc32c, every_flip_of_one_bit_changes_the_sum_of_any_record, ()) {
  auto words =
      *rc::gen::resize(40, rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(any_word())));
  const std::uint32_t clean = sum_of(words);
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (int bit = 0; bit < 64; ++bit) {
      words[i] ^= std::uint64_t{1} << bit;
      if (sum_of(words) == clean) RC_FAIL("word " + std::to_string(i) + " bit " + std::to_string(bit));
      words[i] ^= std::uint64_t{1} << bit;
    }
  }
}

RC_GTEST_PROP(Crc32c, three_flips_and_bursts_of_32_change_the_sum_of_a_whole_slot, ()) {
  std::vector<std::uint64_t> words(1'023, *any_word());  // as long as a record can be
  const std::uint32_t clean = sum_of(words);
  const auto flip = [&](std::size_t bit) { words[bit / 64] ^= std::uint64_t{1} << (bit % 64); };
  const auto place = rc::gen::inRange<std::size_t>(0, words.size() * 64 - 32);
  if (*rc::gen::arbitrary<bool>()) {
    const auto places = *rc::gen::unique<std::vector<std::size_t>>(3, place);
    for (const std::size_t bit : places) flip(bit);
  } else {
    const std::size_t first = *place;
    const auto burst = *rc::gen::nonZero<std::uint32_t>();
    for (std::size_t k = 0; k < 32; ++k) {
      if ((burst >> k & 1U) != 0) flip(first + k);
    }
  }
  RC_ASSERT(sum_of(words) != clean);
}

// What a call is mended by.

RC_GTEST_PROP(Crc32c, no_two_flips_of_one_bit_of_256_give_the_same_sum, ()) {
  const Call words{*any_word(), *any_word(), *any_word(), *any_word()};
  const auto found = syndromes(words);
  std::set<std::uint32_t> distinct{found.begin(), found.end()};
  RC_ASSERT(distinct.size() == 256U);
  RC_ASSERT(!distinct.contains(0));
  for (int bit = 0; bit < 32; ++bit)
    RC_ASSERT(!distinct.contains(std::uint32_t{1} << bit));  // of the sum itself
}

TEST(Crc32c, two_flips_never_look_like_one) {
  auto found = syndromes(Call{});  // the sum is affine: what a flip does to it does not depend on the record
  for (int bit = 0; bit < 32; ++bit) found.push_back(std::uint32_t{1} << bit);  // in the sum itself
  const std::set<std::uint32_t> single{found.begin(), found.end()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::size_t k = i + 1; k < found.size(); ++k) {
      ASSERT_FALSE(single.contains(found[i] ^ found[k])) << "bits " << i << " and " << k;
    }
  }
}

TEST(Checksum, the_processors_sum_is_that_of_the_table) {
  Crc32c fast, table;
  std::uint64_t word = 0x9E37'79B9'7F4A'7C15U;
  for (int i = 0; i < 10'000; ++i) {
    word = word * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    fast.add(word);
    table.add_by_table(word);
    ASSERT_EQ(fast.value(), table.value()) << i;
  }
}

}  // namespace
}  // namespace theca
