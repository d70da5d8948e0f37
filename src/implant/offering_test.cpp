// An order on its way in against a model of it: two counts and a list of bytes. Whatever comes in whatever
// order, both take the same parts and hold the same.
#include "implant/offering.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <vector>

namespace theca {
namespace {

Instant at(std::int64_t ms) { return Instant{} + milliseconds(ms); }

link::OrderBytes some_order() {
  link::OrderBytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(1 + i * 7 % 255);
  return bytes;
}
link::OfferSignature signature(std::uint8_t index, std::uint8_t by) {
  link::OfferSignature part;
  part.index = index;
  part.certificate.fill(by);
  part.key.fill(static_cast<std::uint8_t>(by + 1));
  part.signature.fill(static_cast<std::uint8_t>(by + 2));
  return part;
}
link::OfferBlock block(std::size_t index, const link::OrderBytes& of) {
  return {static_cast<std::uint8_t>(index), link::block_of(of, index)};
}

RC_GTEST_PROP(Offers, INV_6_take_every_part_once_and_in_its_place_or_nothing, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
  const link::OrderBytes order = some_order();
  Offering offering;
  bool open = false;
  std::size_t wanted = 0;
  std::vector<std::uint8_t> signers;
  std::vector<std::uint8_t> bytes;
  std::size_t blocks = 0;
  const auto gone = [&] {
    open = false;
    wanted = blocks = 0;
    signers.clear();
    bytes.clear();
  };
  for (int step = 0; step < 60; ++step) {
    const bool straight = below(8) != 0;  // else anything
    if (!open || below(40) == 0) {
      gone();
      if (below(10) != 0) {
        const link::Offer offer{link::Hash{static_cast<std::uint8_t>(step + 1)},
                                static_cast<std::uint8_t>(1 + below(2))};
        offering.begin(offer, at(step));
        open = true;
        wanted = offer.signers;
        RC_ASSERT(offering.digest() == offer.digest);
      } else {
        offering.drop();
        RC_ASSERT(offering.digest() == link::Hash{});
      }
    } else if (straight ? signers.size() < wanted : below(3) == 0) {
      const auto by = static_cast<std::uint8_t>(below(250));
      const auto index = static_cast<std::uint8_t>(straight ? signers.size() : below(3));
      const bool fits = blocks == 0 && index == signers.size() && signers.size() < wanted;
      RC_ASSERT(offering.add(signature(index, by)) == fits);
      fits ? signers.push_back(by) : gone();
    } else {
      const std::size_t index = straight ? blocks : below(link::kOrderBlocks + 1);
      link::OfferBlock part{static_cast<std::uint8_t>(index), {}};
      if (index < link::kOrderBlocks) part = block(index, order);
      const std::size_t used = index < link::kOrderBlocks
                                   ? std::min(link::kBlockBytes, order.size() - index * link::kBlockBytes)
                                   : 0;
      const bool spoilt = index + 1 == link::kOrderBlocks && below(3) == 0;
      if (spoilt)
        part.bytes[used + below(part.bytes.size() - used)] = static_cast<std::uint8_t>(1 + below(255));
      const bool fits = signers.size() == wanted && index == blocks && blocks < link::kOrderBlocks && !spoilt;
      RC_ASSERT(offering.add(part) == fits);
      if (fits) {
        ++blocks;
        bytes.insert(bytes.end(), part.bytes.begin(), part.bytes.begin() + static_cast<std::ptrdiff_t>(used));
      } else {
        gone();
      }
    }
    RC_ASSERT(offering.any() == open);
    RC_ASSERT(offering.complete() == (open && blocks == link::kOrderBlocks));
    RC_ASSERT(!offering.expired() && !offering.order());
    RC_ASSERT(std::equal(bytes.begin(), bytes.end(), offering.bytes().begin()));
    RC_ASSERT(std::all_of(offering.bytes().begin() + static_cast<std::ptrdiff_t>(bytes.size()),
                          offering.bytes().end(), [](std::uint8_t byte) { return byte == 0; }));
    if (open) {
      RC_ASSERT(offering.signers().size() == wanted);
      for (std::size_t i = 0; i < signers.size(); ++i) {
        const link::OfferSignature told = signature(static_cast<std::uint8_t>(i), signers[i]);
        const Signer& held = offering.signers()[i];
        RC_ASSERT(held.certificate == told.certificate && held.key == told.key &&
                  held.signature == told.signature);
      }
    } else {
      RC_ASSERT(offering.signers().empty());
    }
  }
}

/// The one place that no index on the wire reaches: a block behind the last.
TEST(Offers, INV_6_a_block_behind_the_last_is_not_taken) {
  Offering offering;
  offering.begin({link::Hash{1}, 1}, at(0));
  ASSERT_TRUE(offering.add(signature(0, 1)));
  for (std::size_t i = 0; i < link::kOrderBlocks; ++i) {
    EXPECT_FALSE(offering.complete());
    ASSERT_TRUE(offering.add(block(i, some_order())));
  }
  ASSERT_TRUE(offering.complete());
  EXPECT_EQ(offering.bytes(), some_order());
  EXPECT_FALSE(offering.add(link::OfferBlock{link::kOrderBlocks, {}}));
  EXPECT_FALSE(offering.any());
  EXPECT_EQ(offering.bytes(), link::OrderBytes{}) << "all of it is gone";
}

TEST(Offers, each_byte_behind_the_end_of_an_order_counts) {
  const std::size_t last = link::kOrderBlocks - 1, used = link::kOrderBytes - last * link::kBlockBytes;
  for (std::size_t i = 0; i < link::kBlockBytes; ++i) {
    Offering offering;
    offering.begin({link::Hash{1}, 1}, at(0));
    offering.add(signature(0, 1));
    for (std::size_t b = 0; b < last; ++b) offering.add(block(b, some_order()));
    link::OfferBlock part = block(last, some_order());
    part.bytes[i] ^= 1;
    EXPECT_EQ(offering.add(part), i < used) << i;
  }
}

TEST(Offers, INV_6_are_too_old_behind_five_minutes_and_not_before) {
  Offering offering;
  EXPECT_FALSE(offering.too_old(at(1'000'000'000))) << "nothing is on offer";
  offering.begin({link::Hash{4}, 2}, at(1'000));
  EXPECT_FALSE(offering.too_old(at(1'000)));
  EXPECT_FALSE(offering.too_old(at(1'000) + kOfferLasts));
  EXPECT_TRUE(offering.too_old(at(1'001) + kOfferLasts));
  ASSERT_TRUE(offering.add(signature(0, 3)));
  offering.accept(link::Order{});
  EXPECT_TRUE(offering.order());
  offering.expire();
  EXPECT_FALSE(offering.any());
  EXPECT_FALSE(offering.order());
  EXPECT_FALSE(offering.too_old(at(1'000'000'000)));
  EXPECT_EQ(offering.expired(), (link::Hash{4})) << "a commit of it is told so";
  EXPECT_EQ(offering.digest(), link::Hash{});
  offering.begin({link::Hash{5}, 1}, at(2'000));
  EXPECT_FALSE(offering.expired());
}

}  // namespace
}  // namespace theca
