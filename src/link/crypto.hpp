#pragma once
/// What the link asks of a cryptographic library: seven functions, so that the same protocol runs over
/// libsodium on the host and over what is compiled for the implant.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace theca::link {

using Bytes = std::span<const std::uint8_t>;
using Room = std::span<std::uint8_t>;

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kTagBytes = 16;

/// A key of X25519, of the cipher, or a hash of 32 bytes.
using Key = std::array<std::uint8_t, kKeyBytes>;
using Hash = std::array<std::uint8_t, kKeyBytes>;

/// What a hash is for, as bytes that stand before all else in it.
template <std::size_t N>
constexpr std::array<std::uint8_t, N - 1> purpose(const char (&text)[N]) {
  std::array<std::uint8_t, N - 1> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(text[i]);
  return bytes;
}

/// Where the functions below are, all static:
///   sha256(parts)            of the parts one after the other
///   hmac(key, parts)         HMAC-SHA256 (RFC 2104)
///   seal(out, key, nonce, associated, plain)    ChaCha20-Poly1305 (RFC 8439), nonce 0 0 0 0 and 8 bytes
///   little
///                                               endian; `out` holds the plain text and kTagBytes more
///   open(out, key, nonce, associated, sealed)   false and `out` all zero when the tag is wrong
///   dh(secret, other)        X25519 (RFC 7748); nothing for a public key of small order
///   public_of(secret)
///   verify(key, hash, signature)    Ed25519 (RFC 8032) over the 32 bytes of a hash
///   equal(a, b)              in a time that does not hang on the bytes
///   wipe(room)               the compiler does not leave it out
template <class C>
concept Crypto = requires(std::span<const Bytes> parts, Bytes bytes, Room room, const Key& key,
                          std::uint64_t nonce, const std::array<std::uint8_t, 64>& signature) {
  { C::sha256(parts) } -> std::same_as<Hash>;
  { C::hmac(bytes, parts) } -> std::same_as<Hash>;
  { C::seal(room, key, nonce, bytes, bytes) } -> std::same_as<void>;
  { C::open(room, key, nonce, bytes, bytes) } -> std::same_as<bool>;
  { C::dh(key, key) } -> std::same_as<std::optional<Key>>;
  { C::public_of(key) } -> std::same_as<Key>;
  { C::verify(key, key, signature) } -> std::same_as<bool>;
  { C::equal(bytes, bytes) } -> std::same_as<bool>;
  { C::wipe(room) } -> std::same_as<void>;
};

}  // namespace theca::link
