#pragma once
/// Bytes as text, and text as the bytes that are hashed or sealed.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace theca::records {

using Bytes = std::span<const std::uint8_t>;

Bytes bytes_of(std::string_view text);
/// Each part behind its length in eight bytes, so that no two lists of parts become the same text.
std::string joined(std::initializer_list<std::string_view> parts);

/// Base64url without padding.
std::string base64(Bytes bytes);
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);
std::string hex(Bytes bytes);
/// Nothing for what is not an even number of lower-case hexadecimal digits.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);
/// SHA-256 in hexadecimal digits.
std::string sha256_hex(std::string_view text);

/// UTF-8 without control characters, but for line breaks and tabs where `lines`.
bool plain_text(std::string_view text, bool lines);

}  // namespace theca::records
