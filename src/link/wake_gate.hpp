#pragma once
/// What stands before any arithmetic on curves: a first message is looked at when its caller shows that he
/// knows the pairing's secret and the number that the coil gave him a moment ago. Everything else is dropped
/// in silence.

#include <array>
#include <cstdint>
#include <optional>

#include "link/crypto.hpp"

namespace theca::link {

inline constexpr std::size_t kGateBytes = 16;
/// Sent over the coil alone, a few centimetres; whoever has only the radio never sees it.
using NearFieldNonce = std::array<std::uint8_t, 16>;

/// From the pairing's secret, for the gate alone: the handshake's own use of it is another.
template <Crypto C>
Key gate_key(const Key& psk) {
  static constexpr auto kPurpose = purpose("theca wake gate 1");
  const std::array<Bytes, 1> parts{Bytes{kPurpose}};
  return C::hmac(psk, parts);
}

/// What a caller adds to his first message.
template <Crypto C>
std::array<std::uint8_t, kGateBytes> gate_tag(const Key& gate, Bytes first_message,
                                              const NearFieldNonce& nonce) {
  const std::array<Bytes, 2> parts{first_message, Bytes{nonce}};
  const Hash whole = C::hmac(gate, parts);
  std::array<std::uint8_t, kGateBytes> tag;
  for (std::size_t i = 0; i < kGateBytes; ++i) tag[i] = whole[i];
  return tag;
}

/// The implant's side. One nonce opens it once.
template <Crypto C>
class WakeGate {
 public:
  explicit WakeGate(const Key& psk) : key_(gate_key<C>(psk)) {}
  WakeGate(const WakeGate&) = delete;
  WakeGate& operator=(const WakeGate&) = delete;
  ~WakeGate() { C::wipe(key_); }

  /// `nonce` is random and was just sent over the coil; the one before is worth nothing any more.
  void expect(const NearFieldNonce& nonce) { nonce_ = nonce; }
  /// The field is gone.
  void close() { nonce_.reset(); }

  /// The first message of `frame`, if the gate opens for it; then the nonce is used up. Nothing else is told,
  /// and the time does not hang on the tag.
  std::optional<Bytes> admit(Bytes frame) {
    if (!nonce_ || frame.size() <= kGateBytes) return std::nullopt;
    const Bytes message = frame.first(frame.size() - kGateBytes);
    const auto wanted = gate_tag<C>(key_, message, *nonce_);
    if (!C::equal(wanted, frame.last(kGateBytes))) return std::nullopt;
    nonce_.reset();
    return message;
  }

 private:
  Key key_;
  std::optional<NearFieldNonce> nonce_;
};

}  // namespace theca::link
