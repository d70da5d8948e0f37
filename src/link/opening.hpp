#pragma once
/// What both sides make of the coil's number when a session opens: the handshake's prologue and its
/// pre-shared key. Whoever lacks the number has neither.

#include <array>
#include <cstdint>

#include "link/wake_gate.hpp"

namespace theca::link {

/// Version of the protocol, and its one suite: Noise_IKpsk2_25519_ChaChaPoly_SHA256.
inline constexpr std::uint8_t kLinkVersion = 1, kSuite = 1;

inline std::array<std::uint8_t, 28> prologue_of(const NearFieldNonce& nonce) {
  std::array<std::uint8_t, 28> prologue{'t', 'h', 'e', 'c', 'a',          ' ',
                                        'l', 'i', 'n', 'k', kLinkVersion, kSuite};
  for (std::size_t i = 0; i < nonce.size(); ++i) prologue[12 + i] = nonce[i];
  return prologue;
}

template <Crypto C>
Key session_psk(const Key& psk, const NearFieldNonce& nonce) {
  static constexpr auto kPurpose = purpose("theca session 1");
  const std::array<Bytes, 2> parts{Bytes{kPurpose}, Bytes{nonce}};
  return C::hmac(psk, parts);
}

/// For whom a secret is made.
enum class SecretFor : std::uint8_t {
  kClinic = 0,
  kPatient,
  kHeir,  // the clinic that the implant is promised to
};

/// A secret that both sides have made together, inside a session: it is new when either share is.
template <Crypto C>
Key paired_secret(const Key& callers, const Key& implants, SecretFor whom) {
  static constexpr auto kPurpose = purpose("theca pairing 1");
  const auto whose = static_cast<std::uint8_t>(whom);
  const std::array<Bytes, 3> parts{Bytes{kPurpose}, Bytes{&whose, 1}, Bytes{implants}};
  return C::hmac(callers, parts);
}

}  // namespace theca::link
