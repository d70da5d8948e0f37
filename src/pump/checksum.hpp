#pragma once
/// CRC-32C (Castagnoli) over words, as they stand in memory, lowest byte first. Finds every flip of up to
/// three bits in a record of this size, and every burst of up to 32. Source: RFC 3720, appendix B.4 (test
/// vectors in checksum_test.cpp).

#include <cstdint>

namespace theca {

class Crc32c {
 public:
  void add(std::uint64_t word);
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xFFFF'FFFF;
};

}  // namespace theca
