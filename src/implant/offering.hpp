#pragma once
/// An order on its way in: signatures first, then its blocks, each once and in its place. What does not fit
/// discards all of it. RAM only.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "link/message.hpp"

namespace theca {

/// An offer that was not committed in this time is discarded.
inline constexpr Duration kOfferLasts = minutes(5);

struct Signer {
  std::array<std::uint8_t, link::kCertificateBytes> certificate{};
  link::Key key{};
  link::Signature signature{};
};

class Offering {
 public:
  void begin(const link::Offer& offer, Instant now) {
    drop();
    begun_ = now;
    digest_ = offer.digest;
    signers_ = offer.signers;
  }
  void drop() { *this = Offering{}; }
  /// Its time is over; a commit of it is told so.
  void expire() {
    const link::Hash digest = digest_;
    drop();
    expired_ = digest;
  }

  /// False: discarded. An offer that was not begun has no signers; those of one that was come before its
  /// blocks.
  bool add(const link::OfferSignature& part) {
    if (part.index != signatures_ || signatures_ >= signers_) return drop(), false;
    signer_[signatures_++] = {part.certificate, part.key, part.signature};
    return true;
  }
  bool add(const link::OfferBlock& part) {
    if (!begun_ || signatures_ != signers_ || part.index != blocks_ || blocks_ >= link::kOrderBlocks)
      return drop(), false;
    const std::size_t at = part.index * link::kBlockBytes;
    const std::size_t used = std::min(link::kBlockBytes, link::kOrderBytes - at);
    const auto rest = std::span{part.bytes}.subspan(used);
    if (std::ranges::any_of(rest, [](std::uint8_t byte) { return byte != 0; })) return drop(), false;
    std::copy_n(part.bytes.begin(), used, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    ++blocks_;
    return true;
  }
  void accept(const link::Order& order) { order_ = order; }

  [[nodiscard]] bool any() const { return begun_.has_value(); }
  [[nodiscard]] bool complete() const { return blocks_ == link::kOrderBlocks; }
  [[nodiscard]] bool too_old(Instant now) const { return begun_ && now - *begun_ > kOfferLasts; }
  [[nodiscard]] const link::Hash& digest() const { return digest_; }
  [[nodiscard]] const std::optional<link::Hash>& expired() const { return expired_; }
  [[nodiscard]] const link::OrderBytes& bytes() const { return bytes_; }
  [[nodiscard]] std::span<const Signer> signers() const { return {signer_.data(), signers_}; }
  /// Whole, signed, and nothing against it.
  [[nodiscard]] const std::optional<link::Order>& order() const { return order_; }

 private:
  std::optional<Instant> begun_;
  link::Hash digest_{};
  std::uint8_t signers_ = 0, signatures_ = 0, blocks_ = 0;
  std::array<Signer, 2> signer_{};
  link::OrderBytes bytes_{};
  std::optional<link::Order> order_;
  std::optional<link::Hash> expired_;
};

}  // namespace theca
