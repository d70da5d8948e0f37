#pragma once
/// Random numbers of the board, and a look at them before a key is made of them.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace theca {

class RandomSource {
 public:
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;
  /// False when the source's own test says no.
  virtual bool fill(std::span<std::uint8_t> room) = 0;

 protected:
  RandomSource() = default;
  ~RandomSource() = default;
};

/// A source that is stuck gives the same block again, or one byte all over; both happen by chance once in
/// 2^128 draws. What it gave before is remembered.
class CheckedRandom {
 public:
  static constexpr std::size_t kBlock = 16;
  explicit CheckedRandom(RandomSource& source) : source_(source) {}

  template <std::size_t N>
  std::optional<std::array<std::uint8_t, N>> draw() {
    static_assert(N % kBlock == 0);
    std::array<std::uint8_t, N> out{};
    for (std::size_t at = 0; at < N; at += kBlock) {
      std::array<std::uint8_t, kBlock> block{};
      const bool given = source_.fill(block);
      const bool flat = std::ranges::all_of(block, [&](std::uint8_t byte) { return byte == block[0]; });
      const bool again = block == last_;
      last_ = block;
      if (!given || flat || again) return std::nullopt;
      std::ranges::copy(block, out.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return out;
  }

 private:
  RandomSource& source_;
  std::array<std::uint8_t, kBlock> last_{};
};

}  // namespace theca
