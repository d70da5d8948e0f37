#include "clinic/pairing.hpp"

#include <sodium.h>

#include "link/sodium.hpp"

namespace theca {

static_assert(kSealedShareBytes == crypto_box_SEALBYTES + sizeof(link::Key));

link::Hash digest_of(const PairingBytes& statement) {
  static constexpr auto kPurpose = link::purpose("theca pairing statement 1");
  const std::array<link::Bytes, 2> parts{link::Bytes{kPurpose}, link::Bytes{statement}};
  return link::Sodium::sha256(parts);
}

SealedPair sealed_for(const link::Key& gateway, const link::Pair& pair) {
  SealedPair sealed{.clinic = pair.clinic, .share = {}, .signature = pair.signature};
  crypto_box_seal(sealed.share.data(), pair.share.data(), pair.share.size(), gateway.data());
  return sealed;
}

std::optional<link::Pair> opened_with(const link::Key& gateway_secret, const SealedPair& sealed) {
  const link::Key shown = link::Sodium::public_of(gateway_secret);
  link::Pair pair{.clinic = sealed.clinic, .share = {}, .signature = sealed.signature};
  if (crypto_box_seal_open(pair.share.data(), sealed.share.data(), sealed.share.size(), shown.data(),
                           gateway_secret.data()) != 0)
    return std::nullopt;
  return pair;
}

}  // namespace theca
