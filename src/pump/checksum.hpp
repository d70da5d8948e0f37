#pragma once
/// CRC-32C (Castagnoli) over words, as they stand in memory, lowest byte first. Finds every flip of up to
/// three bits in a record of this size, and every burst of up to 32. Source: RFC 3720, appendix B.4 (test
/// vectors in checksum_test.cpp).

#include <array>
#include <cstddef>
#include <cstdint>

namespace theca {

namespace crc32c {

inline constexpr std::uint32_t kPolynomial = 0x82F6'3B78;  // reflected
inline constexpr std::size_t kBytes = 8;                   // taken at a time

using Table = std::array<std::array<std::uint32_t, 256>, kBytes>;

/// table[k][b]: what byte b does to the sum when k more bytes follow it.
inline constexpr Table kTable = [] {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 1U) != 0 ? (sum >> 1) ^ kPolynomial : sum >> 1;
    table[0][byte] = sum;
  }
  for (std::size_t k = 1; k < kBytes; ++k) {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = table[k - 1][byte];
      table[k][byte] = (before >> 8) ^ table[0][before & 0xFFU];
    }
  }
  return table;
}();

}  // namespace crc32c

class Crc32c {
 public:
  void add(std::uint64_t word) {
#ifdef __CRC32__  // the processor has the sum
    state_ = static_cast<std::uint32_t>(__builtin_ia32_crc32di(state_, word));
#else
    add_by_table(word);
#endif
  }
  /// The same on any processor.
  void add_by_table(std::uint64_t word) {
    word ^= state_;
    const auto part = [word](std::size_t k) {
      return crc32c::kTable[crc32c::kBytes - 1 - k][(word >> (8 * k)) & 0xFFU];
    };
    state_ = part(0) ^ part(1) ^ part(2) ^ part(3) ^ part(4) ^ part(5) ^ part(6) ^ part(7);
  }
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xFFFF'FFFF;
};

}  // namespace theca
