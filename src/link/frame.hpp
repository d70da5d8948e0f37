#pragma once
/// What stands around everything on the air and on the coil: `length u8 | type u8 | body`, the length being
/// that of what follows it.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "link/crypto.hpp"
#include "link/session.hpp"

namespace theca::link {

enum class FrameType : std::uint8_t {
  // radio
  kFirst = 0x01,        // first message of a handshake and the gate's tag
  kSecond = 0x02,       // its answer
  kToImplant = 0x03,    // a record
  kFromImplant = 0x04,  // a record
  // coil
  kNonce = 0x10,  // from the implant
  kAsked = 0x11,  // to it, without a key
  kTold = 0x12,   // from it
};

inline constexpr std::size_t kMostFrame = 240, kFrameHead = 2;
inline constexpr std::size_t kMostBody = kMostFrame - kFrameHead;
/// What one record may carry.
inline constexpr std::size_t kMostPlain = kMostBody - kRecordOverhead;

/// A frame on its way.
class Frame {
 public:
  Frame() = default;
  /// `body` is no longer than kMostBody.
  Frame(FrameType type, Bytes body) : size_(std::min(body.size(), kMostBody) + kFrameHead) {
    bytes_[0] = static_cast<std::uint8_t>(size_ - 1);
    bytes_[1] = static_cast<std::uint8_t>(type);
    std::copy_n(body.begin(), size_ - kFrameHead, bytes_.begin() + kFrameHead);
  }
  [[nodiscard]] Bytes bytes() const { return {bytes_.data(), size_}; }
  [[nodiscard]] FrameType type() const { return static_cast<FrameType>(bytes_[1]); }
  [[nodiscard]] Bytes body() const { return bytes().subspan(kFrameHead); }

 private:
  std::array<std::uint8_t, kMostFrame> bytes_{};
  std::size_t size_ = kFrameHead;
};

struct FrameView {
  FrameType type;
  Bytes body;
};

/// Nothing for what is no frame: a length that is not that of the bytes, a type that is none.
inline std::optional<FrameView> frame_of(Bytes bytes) {
  if (bytes.size() < kFrameHead || bytes.size() > kMostFrame || bytes[0] != bytes.size() - 1)
    return std::nullopt;
  switch (const auto type = static_cast<FrameType>(bytes[1])) {
    case FrameType::kFirst:
    case FrameType::kSecond:
    case FrameType::kToImplant:
    case FrameType::kFromImplant:
    case FrameType::kNonce:
    case FrameType::kAsked:
    case FrameType::kTold:
      return FrameView{type, bytes.subspan(kFrameHead)};
  }
  return std::nullopt;
}

}  // namespace theca::link
