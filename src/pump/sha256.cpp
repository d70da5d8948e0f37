#include "pump/sha256.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace theca {
namespace {

constexpr std::array<std::uint32_t, 64> kRounds = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

}  // namespace

void Sha256::block() {
  std::array<std::uint32_t, 16> w{};  // the last sixteen words of the schedule, as a ring
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = std::uint32_t{block_[4 * i]} << 24 | std::uint32_t{block_[4 * i + 1]} << 16 |
           std::uint32_t{block_[4 * i + 2]} << 8 | std::uint32_t{block_[4 * i + 3]};
  }
  auto v = state_;
  // The eight variables change their names instead of their places: a is v[-i], b v[1 - i], ..., mod 8.
  const auto round = [&v, &w](std::size_t i, std::size_t k) {
    const auto at = [&v, i](std::size_t name) -> std::uint32_t& { return v[(name - i) % 8]; };
    const std::uint32_t a = at(0), e = at(4);
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = at(7) + s1 + (at(6) ^ (e & (at(5) ^ at(6)))) + kRounds[k + i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    at(3) += t1;
    at(7) = t1 + s0 + ((a & at(1)) | (at(2) & (a | at(1))));
  };
  for (std::size_t k = 0; k < 64; k += 16) {
    if (k > 0) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < 16; ++i) {
        const std::uint32_t before = w[(i + 1) % 16], late = w[(i + 14) % 16];
        const std::uint32_t s0 = std::rotr(before, 7) ^ std::rotr(before, 18) ^ (before >> 3);
        const std::uint32_t s1 = std::rotr(late, 17) ^ std::rotr(late, 19) ^ (late >> 10);
        w[i] += s0 + w[(i + 9) % 16] + s1;
      }
    }
    [&]<std::size_t... kI>(std::index_sequence<kI...>) { (round(kI, k), ...); }
    (std::make_index_sequence<16>{});
  }
  for (std::size_t i = 0; i < 8; ++i) state_[i] += v[i];
  filled_ = 0;
}

void Sha256::add(std::span<const std::uint8_t> bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), block_.size() - filled_);
    std::copy_n(bytes.data(), part, block_.data() + filled_);
    bytes = bytes.subspan(part);
    filled_ += part;
    if (filled_ == block_.size()) block();
  }
}

Digest Sha256::finish() {
  const std::uint64_t bits = bytes_ * 8;
  block_[filled_++] = 0x80;
  if (filled_ > 56) {
    while (filled_ < 64) block_[filled_++] = 0;
    block();
  }
  while (filled_ < 56) block_[filled_++] = 0;
  for (std::size_t i = 0; i < 8; ++i) block_[56 + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  block();
  Digest digest{};
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t k = 0; k < 4; ++k)
      digest[4 * i + k] = static_cast<std::uint8_t>(state_[i] >> (24 - 8 * k));
  }
  return digest;
}

}  // namespace theca
