#include "link/sodium.hpp"

#include <sodium.h>

#include <algorithm>

namespace theca::link {
namespace {

using Nonce = std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

Nonce nonce_of(std::uint64_t counter) {
  Nonce nonce{};
  constexpr std::size_t kZeros = 4;
  for (std::size_t i = 0; i < 8; ++i) nonce[kZeros + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return nonce;
}

}  // namespace

Hash Sodium::sha256(std::span<const Bytes> parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const Bytes part : parts) crypto_hash_sha256_update(&state, part.data(), part.size());
  Hash out;
  crypto_hash_sha256_final(&state, out.data());
  return out;
}

Hash Sodium::hmac(Bytes key, std::span<const Bytes> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  for (const Bytes part : parts) crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  Hash out;
  crypto_auth_hmacsha256_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

void Sodium::seal(Room out, const Key& key, std::uint64_t nonce, Bytes associated, Bytes plain) {
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                            associated.data(), associated.size(), nullptr,
                                            nonce_of(nonce).data(), key.data());
}

bool Sodium::open(Room out, const Key& key, std::uint64_t nonce, Bytes associated, Bytes sealed) {
  const bool good = sealed.size() >= kTagBytes &&
                    crypto_aead_chacha20poly1305_ietf_decrypt(
                        out.data(), nullptr, nullptr, sealed.data(), sealed.size(), associated.data(),
                        associated.size(), nonce_of(nonce).data(), key.data()) == 0;
  if (!good) std::ranges::fill(out, std::uint8_t{0});
  return good;
}

std::optional<Key> Sodium::dh(const Key& secret, const Key& other) {
  Key out;
  if (crypto_scalarmult(out.data(), secret.data(), other.data()) != 0) return std::nullopt;
  return out;
}

Key Sodium::public_of(const Key& secret) {
  Key out;
  crypto_scalarmult_base(out.data(), secret.data());
  return out;
}

bool Sodium::verify(const Key& public_key, const Hash& hash, const std::array<std::uint8_t, 64>& signature) {
  return crypto_sign_verify_detached(signature.data(), hash.data(), hash.size(), public_key.data()) == 0;
}

void Sodium::random(Room room) { randombytes_buf(room.data(), room.size()); }

Key Sodium::signing_public_of(const Key& seed) {
  Key public_key;
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  crypto_sign_seed_keypair(public_key.data(), secret.data(), seed.data());
  sodium_memzero(secret.data(), secret.size());
  return public_key;
}

std::array<std::uint8_t, 64> Sodium::sign(const Key& seed, const Hash& hash) {
  Key public_key;
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  std::array<std::uint8_t, 64> signature;
  crypto_sign_seed_keypair(public_key.data(), secret.data(), seed.data());
  crypto_sign_detached(signature.data(), nullptr, hash.data(), hash.size(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  return signature;
}

bool Sodium::equal(Bytes a, Bytes b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Sodium::wipe(Room room) { sodium_memzero(room.data(), room.size()); }

}  // namespace theca::link
