#pragma once
/// The link's functions by libsodium. Host; what is compiled for the implant stands behind the same concept.

#include "link/crypto.hpp"

namespace theca::link {

struct Sodium {
  static Hash sha256(std::span<const Bytes> parts);
  static Hash hmac(Bytes key, std::span<const Bytes> parts);
  static void seal(Room out, const Key& key, std::uint64_t nonce, Bytes associated, Bytes plain);
  static bool open(Room out, const Key& key, std::uint64_t nonce, Bytes associated, Bytes sealed);
  static std::optional<Key> dh(const Key& secret, const Key& other);
  static Key public_of(const Key& secret);
  static bool verify(const Key& public_key, const Hash& hash, const std::array<std::uint8_t, 64>& signature);
  static bool equal(Bytes a, Bytes b);
  static void wipe(Room room);

  // What only a host does.
  static void random(Room room);
  /// The public half of an Ed25519 key whose seed this is.
  static Key signing_public_of(const Key& seed);
  static std::array<std::uint8_t, 64> sign(const Key& seed, const Hash& hash);
};
static_assert(Crypto<Sodium>);

}  // namespace theca::link
