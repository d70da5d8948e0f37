#pragma once
/// SHA-256 (FIPS 180-4), for the chain of the journal's pages: any tool can verify it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace theca {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  void add(std::span<const std::uint8_t> bytes);
  /// Of everything added; nothing may be added after.
  Digest finish();

 private:
  void block();

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace theca
