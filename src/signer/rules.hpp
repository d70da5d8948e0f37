#pragma once
/// Is this an order that one clinician may sign, or two, or none? The signer's own judgement: it decodes the
/// bytes by itself and believes nothing else that it is told. No looser than the implant's
/// (implant/acceptance.hpp).

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "clinic/signing.hpp"
#include "plan/library.hpp"
#include "signer/books.hpp"

namespace theca::signer {

/// An order that was written longer ago is written anew, with what is known by then.
inline constexpr std::int64_t kOldestOrderS = 24 * 3'600;
/// How far the clock of who wrote it may be ahead.
inline constexpr std::int64_t kClocksDifferS = 5 * 60;
/// The largest rise of a drug's daily dose by one clinician, where the order before allows no less.
inline constexpr std::uint32_t kLargestRisePpm = 200'000;
/// How far a number may lie above the last one. An implant follows no further than link::kLongestLeap, and
/// few orders that were signed and never given must not use that up.
inline constexpr std::uint32_t kLargestGap = 10;

struct Judgement {
  link::Order order;
  std::vector<std::string> second;  // why it takes two clinicians; empty: one is enough
};

/// What was signed for the implant before is `book`.
std::expected<Judgement, SigningRefused> judge(const SigningRequest& request, const ImplantBook& book,
                                               const Library& library, std::int64_t now_utc_s);

/// The implant that the bytes speak of, where they are an order.
std::expected<link::Order, SigningRefused> decode_order(const link::OrderBytes& bytes);

}  // namespace theca::signer
