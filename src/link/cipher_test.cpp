// A key and its counts: what Noise says of them in 5.1 and 11.3.
#include "link/cipher.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "link/link_testing.hpp"

namespace theca::link {
namespace {

using example::key_of;
using example::Vector;

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

Vector sealed_at(const Key& key, std::uint64_t count, const Vector& plain) {
  Vector out(plain.size() + kTagBytes);
  Sodium::seal(out, key, count, {}, plain);
  return out;
}

TEST(Cipher, each_count_seals_one_thing) {
  Cipher<Sodium> cipher{key_of(1)};
  const Vector plain{1, 2, 3};
  for (std::uint64_t count = 0; count < 3; ++count) {
    Vector out(plain.size() + kTagBytes);
    EXPECT_EQ(cipher.count(), count);
    EXPECT_TRUE(cipher.seal(out, {}, plain));
    EXPECT_EQ(out, sealed_at(key_of(1), count, plain));
  }
}

TEST(Cipher, a_wrong_tag_leaves_the_count_where_it_was) {
  Cipher<Sodium> cipher{key_of(1)};
  Vector out(3);
  EXPECT_FALSE(cipher.open(out, {}, sealed_at(key_of(1), 1, {1, 2, 3})));
  EXPECT_EQ(cipher.count(), 0U);
  EXPECT_TRUE(cipher.open(out, {}, sealed_at(key_of(1), 0, {1, 2, 3})));
  EXPECT_EQ(out, (Vector{1, 2, 3}));
  EXPECT_EQ(cipher.count(), 1U);
}

TEST(Cipher, the_last_count_is_kept_for_new_keys) {
  const Cipher<Sodium> cipher{key_of(1)};
  Vector out(3);
  EXPECT_TRUE(cipher.open_at(kLast - 1, out, {}, sealed_at(key_of(1), kLast - 1, {1, 2, 3})));
  EXPECT_FALSE(cipher.open_at(kLast, out, {}, sealed_at(key_of(1), kLast, {1, 2, 3})));
}

TEST(Cipher, the_next_key_is_what_the_last_count_makes_of_zeros) {
  Cipher<Sodium> cipher{key_of(1)};
  Vector out(3 + kTagBytes);
  EXPECT_TRUE(cipher.seal(out, {}, Vector{1, 2, 3}));
  cipher.rekey();
  EXPECT_EQ(cipher.count(), 0U);
  const Vector made = sealed_at(key_of(1), kLast, Vector(kKeyBytes));
  const Key next = key_of(made);
  EXPECT_TRUE(cipher.seal(out, {}, Vector{1, 2, 3}));
  EXPECT_EQ(out, sealed_at(next, 0, {1, 2, 3}));
}

}  // namespace
}  // namespace theca::link
