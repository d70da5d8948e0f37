#pragma once
/// Passkeys: what a browser hands over from an authenticator, a registration (WebAuthn level 2, §7.1,
/// attestation "none") or an assertion (§7.2), checked with libfido2. Times and the one use of a challenge
/// are the caller's.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "files/base64url.hpp"
#include "link/crypto.hpp"

namespace theca {

/// By its number in COSE (RFC 9053).
enum class PasskeyAlgorithm : std::int32_t { kEs256 = -7, kEdDsa = -8 };
std::string_view name_of(PasskeyAlgorithm algorithm);
/// Bytes of a public key: x and y of a point of P-256, or a key of Ed25519.
std::size_t key_bytes(PasskeyAlgorithm algorithm);
/// Base64url of the number of COSE without its sign, in a byte, and the key.
std::string key_text(PasskeyAlgorithm algorithm, const ByteString& key);
struct PasskeyKey {
  PasskeyAlgorithm algorithm = PasskeyAlgorithm::kEs256;
  ByteString key;
};
/// Nothing for a text that is none.
std::optional<PasskeyKey> parse_key_text(std::string_view text);

struct Passkey {
  ByteString id;
  PasskeyAlgorithm algorithm = PasskeyAlgorithm::kEs256;
  ByteString key;
  std::uint32_t counter = 0;  // with the last assertion that counted; 0: this authenticator counts none
  std::uint32_t person = 0;   // serial of whose it is, in the clinic's books
  friend bool operator==(const Passkey&, const Passkey&) = default;
};

/// Where passkeys are used.
struct PasskeySite {
  std::string id;      // "clinic.example"
  std::string origin;  // "https://clinic.example"
};

struct PasskeyRegistration {
  std::string client_data;  // JSON, as the browser wrote it
  ByteString attestation;   // CBOR
};
struct PasskeyAssertion {
  ByteString credential;
  ByteString authenticator_data;
  std::string client_data;
  ByteString signature;
};

inline constexpr std::size_t kMostClientData = 1'024;
inline constexpr std::size_t kMostAttestation = 2'048;
inline constexpr std::size_t kMostCredentialId = 1'023;   // WebAuthn level 2, §4
inline constexpr std::size_t kMostPasskeySignature = 72;  // DER of ES256; 64 of EdDSA

enum class PasskeyError : std::uint8_t {
  kTooLarge,
  kClientData,         // no JSON, or a field is missing
  kType,               // an assertion for a registration, or the other way round
  kChallenge,          // answers another question
  kOrigin,             // made on another page
  kCrossOrigin,        // made inside a page of somebody else
  kAttestation,        // no CBOR, or another attestation than "none"
  kAuthenticatorData,  // another length, or parts that were not asked for
  kOtherSite,          // the authenticator was asked by another site
  kNotPresent,         // nobody touched it
  kNotVerified,        // it did not make sure who did
  kKey,                // another algorithm, or no key of it
  kOtherCredential,
  kSignature,
  kCounterBack,  // seen before, or there are two of this authenticator
};
struct PasskeyFault {
  PasskeyError error;
  std::string message;  // a sentence, with value and limit
};

/// The new passkey; `person` is not told yet.
std::expected<Passkey, PasskeyFault> check_registration(const PasskeyRegistration& registration,
                                                        const PasskeySite& site, link::Bytes challenge);

/// The counter that the authenticator stands at now. The caller keeps it before anything is done for it.
std::expected<std::uint32_t, PasskeyFault> check_assertion(const PasskeyAssertion& assertion,
                                                           const Passkey& passkey, const PasskeySite& site,
                                                           link::Bytes challenge);

// Parts of authenticator data (WebAuthn level 2, §6.1), for who makes some.
inline constexpr std::uint8_t kUserPresent = 1U << 0;
inline constexpr std::uint8_t kUserVerified = 1U << 2;
inline constexpr std::uint8_t kAttestedCredential = 1U << 6;
inline constexpr std::uint8_t kExtensions = 1U << 7;

}  // namespace theca
