#pragma once
/// Bytes as text, as WebAuthn writes them: base64url without padding (RFC 4648 §5).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace theca {

using ByteString = std::vector<std::uint8_t>;

std::string to_base64url(std::span<const std::uint8_t> bytes);

/// Nothing for another alphabet, padding, a length or a last digit that no bytes have: every text that is
/// accepted is the form of exactly one string of bytes.
std::optional<ByteString> from_base64url(std::string_view text);

/// The same for a number of bytes that is known: nothing for any other.
template <std::size_t N>
bool from_base64url(std::string_view text, std::array<std::uint8_t, N>& out) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != N) return false;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return true;
}

}  // namespace theca
