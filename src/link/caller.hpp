#pragma once
/// The programmer's side of a session, sans-IO: from the coil's number to records. The implant's side is
/// implant/implant.hpp.

#include <array>
#include <cstdint>
#include <optional>

#include "link/message.hpp"
#include "link/opening.hpp"

namespace theca::link {

/// What a programmer has to have before it can speak to one implant.
struct CallerKeys {
  Key secret{};                                               // its own, of X25519
  std::array<std::uint8_t, kCertificateBytes> certificate{};  // zeros: the card of the pack
  Key implant{};                                              // the implant's public key
  Key pairing{};                                              // the secret of the pairing, or the card's
};

template <Crypto C>
class Caller {
 public:
  explicit Caller(const CallerKeys& keys) : keys_(keys) {}
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() {
    C::wipe(keys_.secret);
    C::wipe(keys_.pairing);
    C::wipe(ephemeral_);
  }

  /// The first message for this number of the coil; it may be sent again and again until it is answered.
  /// `ephemeral` is random and used once.
  Frame call(const NearFieldNonce& number, const Key& ephemeral) {
    session_.reset();
    number_ = number;
    ephemeral_ = ephemeral;
    std::array<std::uint8_t, kMostBody> body{};
    const std::size_t length = begin(body);
    const auto tag = gate_tag<C>(gate_key<C>(keys_.pairing), Bytes{body}.first(length), number);
    std::copy(tag.begin(), tag.end(), body.begin() + static_cast<std::ptrdiff_t>(length));
    return Frame{FrameType::kFirst, Bytes{body}.first(length + kGateBytes)};
  }

  /// Is this frame the implant's answer? Then the session is open. A frame that is not changes nothing.
  bool opens(Instant now, Bytes frame) {
    const auto view = frame_of(frame);
    if (!handshake_ || !view || view->type != FrameType::kSecond) return false;
    std::array<std::uint8_t, kWireBytes<SecondPayload>> payload{};
    const auto length = handshake_->read(view->body, payload);
    const auto told = length ? read<SecondPayload>(Bytes{payload}.first(*length)) : std::nullopt;
    if (!told) {  // a handshake that met a wrong message is over: the same one from its beginning
      std::array<std::uint8_t, kMostBody> body{};
      begin(body);
      return false;
    }
    implant_ = *told;
    session_.emplace(*handshake_, Side::kInitiator, now);
    handshake_.reset();
    C::wipe(ephemeral_);
    return true;
  }
  [[nodiscard]] bool calling() const { return handshake_.has_value(); }
  [[nodiscard]] bool open(Instant now) {
    if (session_) session_->look(now);
    return session_ && session_->alive();
  }
  /// What the implant has said of itself.
  [[nodiscard]] const SecondPayload& implant() const { return implant_; }

  /// A record with this plain text; nothing when the session is over.
  std::optional<Frame> say(Instant now, const Plain& plain) {
    if (!session_) return std::nullopt;
    std::array<std::uint8_t, kMostBody> body{};
    const auto size = session_->seal(now, plain.bytes(), body);
    if (!size) return std::nullopt;
    return Frame{FrameType::kToImplant, Bytes{body}.first(*size)};
  }

  /// The plain text of the implant's record; nothing for anything else.
  std::optional<Bytes> hear(Instant now, Bytes frame) {
    const auto view = frame_of(frame);
    if (!session_ || !view || view->type != FrameType::kFromImplant) return std::nullopt;
    if (view->body.size() > kRecordOverhead + plain_.size()) return std::nullopt;
    const auto length = session_->open(now, view->body, plain_);
    if (!length) return std::nullopt;
    return Bytes{plain_}.first(*length);
  }

 private:
  /// Up to the answer; what the first message holds, and how long that is.
  std::size_t begin(Room body) {
    const auto prologue = prologue_of(number_);
    handshake_.emplace(kIkPsk2, Side::kInitiator, prologue,
                       Keys{keys_.secret, ephemeral_, keys_.implant, session_psk<C>(keys_.pairing, number_)});
    return handshake_->write(written(FirstPayload{keys_.certificate}), body).value_or(0);
  }

  CallerKeys keys_;
  NearFieldNonce number_{};
  Key ephemeral_{};  // while it calls
  std::optional<Handshake<C>> handshake_;
  std::optional<Session<C>> session_;
  SecondPayload implant_;
  std::array<std::uint8_t, kMostPlain> plain_{};
};

}  // namespace theca::link
