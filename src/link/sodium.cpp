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

bool Sodium::equal(Bytes a, Bytes b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Sodium::wipe(Room room) { sodium_memzero(room.data(), room.size()); }

}  // namespace theca::link
