#pragma once
/// An order handed over, read back and committed, over a dialogue that may lose frames.

#include <algorithm>
#include <cstdint>
#include <expected>
#include <span>

#include "link/dialogue.hpp"

namespace theca::link {

struct SignedBy {
  std::array<std::uint8_t, kCertificateBytes> certificate{};
  Key key{};
  Signature signature{};
};

/// The implant's judgement of the order. A part that is lost on the way is not sent again by itself, for a
/// part that comes twice discards the offer: the offer begins anew.
template <class Talk>
std::expected<Outcome, NoAnswer> offer(Talk& talk, const OrderBytes& order, const Hash& digest,
                                       std::span<const SignedBy> signers) {
  const auto once = [&]() -> std::expected<Outcome, NoAnswer> {
    auto said = talk.tell(Offer{digest, static_cast<std::uint8_t>(signers.size())});
    for (std::size_t i = 0; i < signers.size() && said && said->answer == LinkAnswer::kDone; ++i)
      said = talk.tell(OfferSignature{static_cast<std::uint8_t>(i), signers[i].certificate, signers[i].key,
                                      signers[i].signature});
    for (std::size_t i = 0; i < kOrderBlocks && said && said->answer == LinkAnswer::kDone; ++i)
      said = talk.tell(OfferBlock{static_cast<std::uint8_t>(i), block_of(order, i)});
    return said;
  };
  auto said = once();
  for (int attempt = 1; attempt < kTries; ++attempt) {
    const bool lost = !said && said.error() == NoAnswer::kLost;
    const bool torn = said && said->answer == LinkAnswer::kOfferForeign;
    if (!lost && !torn) break;
    said = once();
  }
  return said;
}

/// What the implant says it has decoded; nothing when it has no such order or does not answer.
template <class Talk>
std::optional<OrderBytes> read_order(Talk& talk, WhichOrder which) {
  OrderBytes bytes{};
  for (std::size_t i = 0; i < kOrderBlocks; ++i) {
    const auto part = talk.ask(ReadOrder{which, static_cast<std::uint8_t>(i)});
    if (!part || !*part || (*part)->index != i || (*part)->which != which) return std::nullopt;
    const std::size_t at = i * kBlockBytes;
    std::copy_n((*part)->bytes.begin(), std::min(kBlockBytes, kOrderBytes - at),
                bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return bytes;
}

/// What became of a change whose answer did not come, by what the implant says later, in another session: a
/// record of the old one opens no more. kUncertain: another change came behind, and the journal must tell.
constexpr Delivery settle(const Change& sent, std::uint32_t sequence, std::uint32_t intent) {
  if (sequence == sent.sequence) return Delivery::kFailed;
  if (intent == sent.intent) return Delivery::kConfirmed;
  return sequence == sent.sequence + 1 ? Delivery::kFailed : Delivery::kUncertain;
}
/// The same for a dose, by the newest that the implant was asked for and what became of that. kUncertain:
/// another was asked for behind it, or the implant has lost its count.
constexpr Delivery settle(const RequestBolus& sent, std::uint32_t last_request, Refusal last_refusal) {
  if (last_request == sent.request)
    return last_refusal == Refusal::kNone ? Delivery::kConfirmed : Delivery::kFailed;
  return last_request + 1 == sent.request ? Delivery::kFailed : Delivery::kUncertain;
}

}  // namespace theca::link
