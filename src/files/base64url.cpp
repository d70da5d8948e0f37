#include "files/base64url.hpp"

#include <sodium.h>

namespace theca {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

}  // namespace

std::string to_base64url(std::span<const std::uint8_t> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
  text.pop_back();  // the zero at its end
  return text;
}

std::optional<ByteString> from_base64url(std::string_view text) {
  if (text.empty()) return ByteString{};  // libsodium is given no null
  ByteString bytes(text.size());
  std::size_t size = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        kVariant) != 0)
    return std::nullopt;
  bytes.resize(size);
  if (to_base64url(bytes) != text)
    return std::nullopt;  // libsodium 1.0.18 takes some bytes beyond ASCII for letters
  return bytes;
}

}  // namespace theca
