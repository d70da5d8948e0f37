#pragma once
/// Thirty-two secret bytes that are wiped when they go.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace theca::records {

class SecretKey {
 public:
  SecretKey() = default;
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();

  static SecretKey random();
  /// Another key for another purpose and clinic; neither tells the first. Keyed BLAKE2b.
  [[nodiscard]] SecretKey derived(std::string_view purpose, std::int64_t clinic) const;

  std::array<std::uint8_t, 32> bytes{};
};

/// Base64url of the first 16 bytes of a keyed BLAKE2b: equal for equal text, says nothing without the key.
std::string token_of(const SecretKey& key, std::string_view kind, std::string_view text);

}  // namespace theca::records
