#pragma once
/// A handshake of Noise (revision 34), 25519_ChaChaPoly_SHA256, by any pattern of pattern.hpp. Sans-IO: who
/// calls brings the random secret and carries the bytes. A handshake that met anything wrong is over and
/// wiped.

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "link/cipher.hpp"
#include "link/pattern.hpp"

namespace theca::link {

enum class HandshakeError : std::uint8_t {
  kNotMyTurn,  // this side does not write, or read, now
  kOver,       // it is done, or something before was wrong
  kTooLong,    // the payload does not fit its room, or no message of Noise
  kTooShort,   // the message ends before its keys do
  kWrong,      // a tag, or a public key that is none
};

enum class Side : std::uint8_t { kInitiator, kResponder };

/// What a side brings.
struct Keys {
  Key secret{};              // its static secret
  Key ephemeral{};           // random, for this handshake alone
  std::optional<Key> other;  // the other side's static public key, where it is known before
  std::optional<Key> psk;    // where the pattern has one
};

/// Noise's own limit of a message.
inline constexpr std::size_t kMostMessage = 65'535;

template <Crypto C>
class Handshake {
 public:
  Handshake(const Pattern& pattern, Side side, Bytes prologue, const Keys& keys)
      : pattern_(pattern), side_(side), keys_(keys) {
    const bool knows_other = side == Side::kInitiator ? pattern.knows_responder : pattern.knows_initiator;
    if (pattern.has_psk() != keys.psk.has_value() || knows_other != keys.other.has_value()) {
      fail();
      return;
    }
    start();
    mix_hash(prologue);
    own_ = C::public_of(keys_.secret);
    if (pattern.knows_initiator) mix_hash(side == Side::kInitiator ? own_ : *keys_.other);
    if (pattern.knows_responder) mix_hash(side == Side::kResponder ? own_ : *keys_.other);
  }
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;
  ~Handshake() { wipe(); }

  [[nodiscard]] bool failed() const { return failed_; }
  /// Every message went through; one that failed does not count.
  [[nodiscard]] bool done() const { return message_ == pattern_.messages; }
  /// Keys and tags of the message that comes next; none when none does.
  [[nodiscard]] std::size_t overhead() const {
    if (done()) return 0;
    std::size_t bytes = 0;
    bool sealed = cipher_.has_key();
    for (const Token token : pattern_.tokens[message_]) {
      if (token == Token::kE) bytes += kKeyBytes;
      if (token == Token::kS) bytes += kKeyBytes + (sealed ? kTagBytes : 0);
      sealed |= token != Token::kNone && (token != Token::kE || pattern_.has_psk()) && token != Token::kS;
    }
    return bytes + (sealed ? kTagBytes : 0);
  }

  /// The next message with `payload` into `out`; how long it is.
  std::expected<std::size_t, HandshakeError> write(Bytes payload, Room out) {
    if (const auto wrong = not_now(true)) return std::unexpected(*wrong);
    const std::size_t length = payload.size() + overhead();
    if (length > out.size() || length > kMostMessage) return std::unexpected(HandshakeError::kTooLong);
    std::size_t at = 0;
    for (const Token token : pattern_.tokens[message_]) {
      if (token == Token::kE) {
        own_ephemeral_ = C::public_of(keys_.ephemeral);
        std::ranges::copy(own_ephemeral_, out.subspan(at).begin());
        at += kKeyBytes;
        mix_hash(own_ephemeral_);
        if (pattern_.has_psk()) mix_key(own_ephemeral_);
      } else if (token == Token::kS) {
        at += seal(own_, out.subspan(at));
      } else if (token != Token::kNone && !mix(token)) {
        return wrong();
      }
    }
    at += seal(payload, out.subspan(at));
    ++message_;
    return at;
  }

  /// The payload of the other side's message into `payload`; how long it is.
  std::expected<std::size_t, HandshakeError> read(Bytes message, Room payload) {
    if (const auto wrong = not_now(false)) return std::unexpected(*wrong);
    const std::size_t keys = overhead();
    if (message.size() < keys) {
      fail();
      return std::unexpected(HandshakeError::kTooShort);
    }
    if (message.size() > kMostMessage || message.size() - keys > payload.size()) {
      fail();
      return std::unexpected(HandshakeError::kTooLong);
    }
    std::size_t at = 0;
    for (const Token token : pattern_.tokens[message_]) {
      if (token == Token::kE) {
        Key ephemeral;
        std::ranges::copy(message.subspan(at, kKeyBytes), ephemeral.begin());
        other_ephemeral_ = ephemeral;
        at += kKeyBytes;
        mix_hash(ephemeral);
        if (pattern_.has_psk()) mix_key(ephemeral);
      } else if (token == Token::kS) {
        Key other;
        const std::size_t length = kKeyBytes + (cipher_.has_key() ? kTagBytes : 0);
        if (!open(message.subspan(at, length), other)) return wrong();
        keys_.other = other;
        at += length;
      } else if (token != Token::kNone && !mix(token)) {
        return wrong();
      }
    }
    const Bytes rest = message.subspan(at);
    const std::size_t length = rest.size() - (cipher_.has_key() ? kTagBytes : 0);
    if (!open(rest, payload.first(length))) return wrong();
    ++message_;
    return length;
  }

  /// Of a handshake that is done: what seals from the initiator to the responder, and back.
  struct Ciphers {
    Cipher<C> to_responder, to_initiator;
  };
  [[nodiscard]] Ciphers split() const {
    const Hkdf<2> made{chain_, {}};
    return {Cipher<C>{made.keys[0]}, Cipher<C>{made.keys[1]}};
  }
  /// The same on both sides, and of this handshake alone.
  [[nodiscard]] const Hash& hash() const { return hash_; }
  /// The other side's static public key, once it is known.
  [[nodiscard]] const std::optional<Key>& other() const { return keys_.other; }

 private:
  /// "Noise_IKpsk2_25519_ChaChaPoly_SHA256"; longer than a hash, so it is hashed.
  void start() {
    static constexpr std::string_view kBefore = "Noise_", kAfter = "_25519_ChaChaPoly_SHA256";
    const auto bytes = [](std::string_view text) {
      return Bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    };
    const std::size_t length = kBefore.size() + pattern_.name.size() + kAfter.size();
    if (length <= kKeyBytes) {
      std::size_t at = 0;
      for (const std::string_view part : {kBefore, pattern_.name, kAfter}) {
        for (const std::uint8_t byte : bytes(part)) hash_[at++] = byte;
      }
    } else {
      const std::array parts{bytes(kBefore), bytes(pattern_.name), bytes(kAfter)};
      hash_ = C::sha256(parts);
    }
    chain_ = hash_;
  }

  std::optional<HandshakeError> not_now(bool writes) const {
    if (failed_ || message_ >= pattern_.messages) return HandshakeError::kOver;
    const bool initiators = message_ % 2 == 0;
    if (writes != (initiators == (side_ == Side::kInitiator))) return HandshakeError::kNotMyTurn;
    return std::nullopt;
  }
  std::unexpected<HandshakeError> wrong() {
    fail();
    return std::unexpected(HandshakeError::kWrong);
  }
  void fail() {
    failed_ = true;
    wipe();
  }
  void wipe() {
    C::wipe(keys_.secret);
    C::wipe(keys_.ephemeral);
    if (keys_.psk) C::wipe(*keys_.psk);
    C::wipe(chain_);
    cipher_ = {};
  }

  void mix_hash(Bytes data) {
    const std::array<Bytes, 2> parts{hash_, data};
    hash_ = C::sha256(parts);
  }
  /// The keys that come of a chaining key and an input; they do not stay on the stack.
  template <std::size_t N>
  struct Hkdf {
    Hkdf(const Key& chain, Bytes input) {
      const std::array<Bytes, 1> material{input};
      Key temporary = C::hmac(chain, material);
      Bytes before;
      std::uint8_t number = 0;
      for (Key& key : keys) {
        ++number;
        const std::array<Bytes, 2> parts{before, Bytes{&number, 1}};
        key = C::hmac(temporary, parts);
        before = key;
      }
      C::wipe(temporary);
    }
    Hkdf(const Hkdf&) = delete;
    Hkdf& operator=(const Hkdf&) = delete;
    ~Hkdf() {
      for (Key& key : keys) C::wipe(key);
    }
    std::array<Key, N> keys;
  };
  void mix_key(Bytes input) {
    const Hkdf<2> made{chain_, input};
    chain_ = made.keys[0];
    cipher_ = Cipher<C>{made.keys[1]};
  }
  void mix_key_and_hash(Bytes input) {
    const Hkdf<3> made{chain_, input};
    chain_ = made.keys[0];
    mix_hash(made.keys[1]);
    cipher_ = Cipher<C>{made.keys[2]};
  }
  /// Every token but the keys themselves.
  bool mix(Token token) {
    if (token == Token::kPsk) {
      mix_key_and_hash(*keys_.psk);
      return true;
    }
    const bool initiator = side_ == Side::kInitiator;
    const bool own_static = token == Token::kSs || token == (initiator ? Token::kSe : Token::kEs);
    const bool other_static = token == Token::kSs || token == (initiator ? Token::kEs : Token::kSe);
    const std::optional<Key>& other = other_static ? keys_.other : other_ephemeral_;
    if (!other) return false;
    auto shared = C::dh(own_static ? keys_.secret : keys_.ephemeral, *other);
    if (!shared) return false;
    mix_key(*shared);
    C::wipe(*shared);
    return true;
  }
  std::size_t seal(Bytes plain, Room out) {
    const std::size_t length = plain.size() + (cipher_.has_key() ? kTagBytes : 0);
    if (cipher_.has_key()) {
      cipher_.seal(out, hash_, plain);
    } else {
      std::ranges::copy(plain, out.begin());
    }
    mix_hash(out.first(length));
    return length;
  }
  bool open(Bytes sealed, Room out) {
    if (cipher_.has_key()) {
      if (!cipher_.open(out, hash_, sealed)) return false;
    } else {
      std::ranges::copy(sealed, out.begin());
    }
    mix_hash(sealed);
    return true;
  }

  Pattern pattern_;
  Side side_;
  Keys keys_;
  Key own_{}, own_ephemeral_{};
  std::optional<Key> other_ephemeral_;
  Hash hash_{};
  Key chain_{};
  Cipher<C> cipher_;
  std::size_t message_ = 0;
  bool failed_ = false;
};

}  // namespace theca::link
