#include "clinic/encoding.hpp"

#include <sodium.h>
#include <unicode/unistr.h>

#include <array>

#include "files/base64url.hpp"

namespace theca::records {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    for (int shift = 56; shift >= 0; shift -= 8)
      text += static_cast<char>(static_cast<std::uint64_t>(part.size()) >> shift & 0xFFU);
    text += part;
  }
  return text;
}

std::string base64(Bytes bytes) { return to_base64url(bytes); }

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) { return from_base64url(text); }

std::string hex(Bytes bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  if (text.empty()) return std::vector<std::uint8_t>{};  // libsodium is given no null
  std::vector<std::uint8_t> bytes(text.size() / 2);
  if (sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, nullptr, nullptr) != 0)
    return std::nullopt;
  return bytes;
}

std::string sha256_hex(std::string_view text) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), bytes_of(text).data(), text.size());
  return hex(hash);
}

bool plain_text(std::string_view text, bool lines) {
  constexpr UChar32 kUnreadable = 0xFFFD;  // what bytes that are no UTF-8 become
  const auto length = static_cast<std::int32_t>(text.size());
  const auto points = icu::UnicodeString::fromUTF8({text.data(), length});
  for (std::int32_t at = 0; at < points.length(); at = points.moveIndex32(at, 1)) {
    const UChar32 point = points.char32At(at);
    const bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);
    if (point == kUnreadable) return false;
    if (control && !(lines && (point == '\n' || point == '\t'))) return false;
  }
  return true;
}

}  // namespace theca::records
