#pragma once
/// What the targets are made of.

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "link/crypto.hpp"

namespace theca::fuzz {

using link::Bytes;
using Blob = std::vector<std::uint8_t>;

/// What a target holds is not so.
struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};
inline void hold(bool so, const char* what) {
  if (!so) throw Broken(what);
}
inline bool same(Bytes a, Bytes b) { return std::ranges::equal(a, b); }
inline Blob blob(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
inline std::string text_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// So many bytes of them, filled up with zeros.
template <std::size_t N>
std::array<std::uint8_t, N> exactly(Bytes bytes) {
  std::array<std::uint8_t, N> out{};
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), out.begin());
  return out;
}

/// Bytes read as a list of deeds; behind their end everything is zero.
class Script {
 public:
  explicit Script(Bytes bytes) : rest_(bytes) {}
  [[nodiscard]] bool any() const { return !rest_.empty(); }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes && any(); ++i) {
      value |= std::uint64_t{rest_[0]} << (8 * i);
      rest_ = rest_.subspan(1);
    }
    return value;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  Bytes bytes(std::size_t most) {
    const Bytes taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  /// As many as a byte before them says.
  Bytes chunk() { return bytes(byte()); }
  /// As many as two bytes before them say.
  Bytes long_chunk() { return bytes(static_cast<std::size_t>(number(2))); }

 private:
  Bytes rest_;
};

/// The same with something wrong about it, as the script says.
inline Blob changed(Bytes bytes, Script& script) {
  Blob out = blob(bytes);
  const std::uint8_t how = script.byte();
  const std::size_t at = out.empty() ? 0 : script.byte() % out.size();
  switch (how % 5) {
    case 0:
      if (!out.empty()) out[at] ^= static_cast<std::uint8_t>(1U << (how / 5 % 8));
      break;
    case 1:
      out.resize(at);
      break;
    case 2: {
      const Bytes more = script.chunk();
      out.insert(out.end(), more.begin(), more.end());
      break;
    }
    case 3: {
      const Bytes other = script.chunk();
      std::copy_n(other.begin(), std::min(other.size(), out.size() - at),
                  out.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    }
    default:
      if (!out.empty()) out.erase(out.begin() + static_cast<std::ptrdiff_t>(at));
      break;
  }
  return out;
}

}  // namespace theca::fuzz
