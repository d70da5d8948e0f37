#pragma once
/// An implant becomes the clinic's own by hands at a page: what a physician asserts, and what the signer
/// gives the gateway for it. docs/gateway.md

#include <array>
#include <cstdint>
#include <optional>

#include "clinic/bedside.hpp"
#include "link/message.hpp"

namespace theca {

/// "This implant is to be ours." About one session alone, which the coil's number names.
struct PairingStatement {
  std::uint8_t version = 1;
  link::ShortId implant{};
  std::uint16_t model = 0;  // as the implant says it
  link::NearFieldNonce number{};
  std::int64_t written_utc_s = 0;

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("version", "1", m.version, std::uint8_t{1});
    io.bytes("implant", "the implant's id", m.implant);
    io.number("model", "code of the pump in the library", m.model);
    io.bytes("number", "of the coil, with which the session was opened", m.number);
    io.upto("written_utc_s", "when it was written", m.written_utc_s, kLastUtcS);
  }
  [[nodiscard]] constexpr bool consistent() const { return version == 1 && model != 0; }
};
using PairingBytes = std::array<std::uint8_t, link::kWireBytes<PairingStatement>>;

/// What an authenticator is asked about: the hash of a purpose and the bytes.
link::Hash digest_of(const PairingBytes& statement);

/// What the gateway tells the implant in that session. Its share of the new secret is for the gateway alone:
/// whoever carries it from the signer learns nothing of it.
inline constexpr std::size_t kSealedShareBytes = 48 + sizeof(link::Key);  // X25519, XSalsa20, Poly1305
struct SealedPair {
  link::Key clinic{};
  std::array<std::uint8_t, kSealedShareBytes> share{};
  link::Signature signature{};
};
SealedPair sealed_for(const link::Key& gateway, const link::Pair& pair);
/// Nothing: it was sealed for another key, or changed.
std::optional<link::Pair> opened_with(const link::Key& gateway_secret, const SealedPair& sealed);

}  // namespace theca
