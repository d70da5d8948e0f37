#include "clinic/secret_key.hpp"

#include <sodium.h>

#include <cstddef>
#include <string>

#include "clinic/encoding.hpp"

namespace theca::records {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> keyed_hash(const SecretKey& key, std::string_view text) {
  static_assert(N >= crypto_generichash_BYTES_MIN && N <= crypto_generichash_BYTES_MAX);
  std::array<std::uint8_t, N> out{};
  crypto_generichash(out.data(), out.size(), bytes_of(text).data(), text.size(), key.bytes.data(),
                     key.bytes.size());
  return out;
}

}  // namespace

SecretKey::~SecretKey() { sodium_memzero(bytes.data(), bytes.size()); }

SecretKey SecretKey::random() {
  SecretKey key;
  randombytes_buf(key.bytes.data(), key.bytes.size());
  return key;
}

SecretKey SecretKey::derived(std::string_view purpose, std::int64_t clinic) const {
  SecretKey key;
  key.bytes = keyed_hash<32>(*this, joined({"theca clinic key 1", purpose, std::to_string(clinic)}));
  return key;
}

std::string token_of(const SecretKey& key, std::string_view kind, std::string_view text) {
  return base64(keyed_hash<16>(key, joined({kind, text})));
}

}  // namespace theca::records
