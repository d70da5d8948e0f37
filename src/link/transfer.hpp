#pragma once
/// The promise that an implant will belong to another clinic: signed by the clinic that it belongs to, or by
/// two of the registry's three where there is no such clinic any more.

#include <array>
#include <cstdint>

#include "link/certificate.hpp"
#include "link/opening.hpp"
#include "link/wire.hpp"

namespace theca::link {

inline constexpr std::uint8_t kTransferVersion = 1;

struct TransferToken {
  std::uint8_t version = kTransferVersion;
  ShortId implant{};
  Hash heir{};
  std::uint32_t number = 0;

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("version", "1", m.version, kTransferVersion);
    io.bytes("implant", "the implant's id", m.implant);
    io.bytes("heir", "SHA-256 of the other clinic's key", m.heir);
    io.number("number", "above that of every promise before", m.number);
  }
  [[nodiscard]] constexpr bool consistent() const { return version == kTransferVersion && number != 0; }
};

/// What is signed for it: the hash of a purpose and the token.
template <Crypto C>
Hash signed_of(const TransferToken& token) {
  static constexpr auto kPurpose = purpose("theca transfer 1");
  const auto bytes = written(token);
  const std::array<Bytes, 2> parts{Bytes{kPurpose}, Bytes{bytes}};
  return C::sha256(parts);
}

/// What a clinic signs to make a secret with an implant, so that whoever merely speaks for it cannot: the
/// hash of a purpose, whom the secret is for, the implant's id, the clinic's share and the coil's number with
/// which the session was opened. Whoever finds it later cannot say it again.
template <Crypto C>
Hash signed_of(SecretFor whom, const ShortId& implant, const Key& share, const NearFieldNonce& number) {
  static constexpr auto kPurpose = purpose("theca secret 2");
  const auto whose = static_cast<std::uint8_t>(whom);
  const std::array<Bytes, 5> parts{Bytes{kPurpose}, Bytes{&whose, 1}, Bytes{implant}, Bytes{share},
                                   Bytes{number}};
  return C::sha256(parts);
}

/// What names a clinic to an implant that is promised to it.
template <Crypto C>
Hash heir_of(const Key& clinic) {
  const std::array<Bytes, 1> parts{Bytes{clinic}};
  return C::sha256(parts);
}

/// Shows that somebody holds the card of the pack, for this token alone.
inline constexpr std::size_t kCardProofBytes = 16;
template <Crypto C>
std::array<std::uint8_t, kCardProofBytes> card_proof(const Key& card, const TransferToken& token) {
  const Hash message = signed_of<C>(token);
  const std::array<Bytes, 1> parts{Bytes{message}};
  const Key whole = C::hmac(card, parts);
  std::array<std::uint8_t, kCardProofBytes> proof{};
  std::copy_n(whole.begin(), proof.size(), proof.begin());
  return proof;
}

}  // namespace theca::link
