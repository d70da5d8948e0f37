#pragma once
/// Bytes written down in tests, and two sides that have shaken hands.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "link/handshake.hpp"
#include "link/sodium.hpp"

namespace theca::link::example {

using Vector = std::vector<std::uint8_t>;

inline Vector from_hex(std::string_view text) {
  const auto digit = [](char c) {
    return static_cast<std::uint8_t>(c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0');
  };
  Vector out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  return out;
}
inline Key key_of(const Vector& bytes) {
  Key key{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
  return key;
}
inline Key key_of(std::uint8_t fill) {
  Key key;
  key.fill(fill);
  return key;
}

/// A programmer and an implant that know each other, with the link's own pattern.
struct Pair {
  explicit Pair(Bytes prologue = {}, std::uint8_t salt = 1, const Key& psk = key_of(9)) {
    const Key programmer = key_of(static_cast<std::uint8_t>(10 + salt)),
              implant = key_of(static_cast<std::uint8_t>(20 + salt));
    initiator = std::make_unique<Handshake<Sodium>>(
        kIkPsk2, Side::kInitiator, prologue,
        Keys{programmer, key_of(static_cast<std::uint8_t>(30 + salt)), Sodium::public_of(implant), psk});
    responder = std::make_unique<Handshake<Sodium>>(
        kIkPsk2, Side::kResponder, prologue,
        Keys{implant, key_of(static_cast<std::uint8_t>(40 + salt)), std::nullopt, psk});
  }
  /// The two messages, carried by hand.
  bool shake() {
    std::array<std::uint8_t, 256> wire{}, payload{};
    const auto first = initiator->write({}, wire);
    if (!first || !responder->read(Bytes{wire}.first(*first), payload)) return false;
    const auto second = responder->write({}, wire);
    return second && initiator->read(Bytes{wire}.first(*second), payload).has_value();
  }
  std::unique_ptr<Handshake<Sodium>> initiator, responder;
};

}  // namespace theca::link::example
