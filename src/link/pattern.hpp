#pragma once
/// Handshake patterns of Noise (revision 34) as tables: who sends which token when.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace theca::link {

enum class Token : std::uint8_t { kNone, kE, kS, kEe, kEs, kSe, kSs, kPsk };

inline constexpr std::size_t kMostTokens = 6, kMostMessages = 3;
using MessageTokens = std::array<Token, kMostTokens>;

struct Pattern {
  std::string_view name;                                  // of the pattern and what modifies it: "IKpsk2"
  bool knows_initiator = false, knows_responder = false;  // static keys known before
  std::size_t messages = 0;
  std::array<MessageTokens, kMostMessages> tokens{};

  [[nodiscard]] constexpr bool has_psk() const {
    for (const MessageTokens& message : tokens) {
      for (const Token token : message) {
        if (token == Token::kPsk) return true;
      }
    }
    return false;
  }
};

/// `psk0` comes before the first message's tokens, `pskN` after those of the N-th.
constexpr Pattern with_psk(Pattern pattern, std::string_view name, std::size_t place) {
  pattern.name = name;
  MessageTokens& message = pattern.tokens[place == 0 ? 0 : place - 1];
  // A constant without room for one more does not compile.
  const auto end = std::ranges::find(message, Token::kNone);
  if (place == 0) {
    std::copy_backward(message.begin(), end, end + 1);
    message[0] = Token::kPsk;
  } else {
    *end = Token::kPsk;
  }
  return pattern;
}

using enum Token;
inline constexpr Pattern kXx{"XX", false, false, 3, {{{kE}, {kE, kEe, kS, kEs}, {kS, kSe}}}};
inline constexpr Pattern kIk{"IK", false, true, 2, {{{kE, kEs, kS, kSs}, {kE, kEe, kSe}}}};
inline constexpr Pattern kKk{"KK", true, true, 2, {{{kE, kEs, kSs}, {kE, kEe, kSe}}}};
/// The link's own.
inline constexpr Pattern kIkPsk2 = with_psk(kIk, "IKpsk2", 2);

/// All that the engine is held against published vectors with.
inline constexpr std::array kPatterns{kXx,
                                      with_psk(kXx, "XXpsk0", 0),
                                      with_psk(kXx, "XXpsk1", 1),
                                      with_psk(kXx, "XXpsk2", 2),
                                      with_psk(kXx, "XXpsk3", 3),
                                      kIk,
                                      with_psk(kIk, "IKpsk0", 0),
                                      with_psk(kIk, "IKpsk1", 1),
                                      kIkPsk2,
                                      kKk,
                                      with_psk(kKk, "KKpsk0", 0),
                                      with_psk(kKk, "KKpsk1", 1),
                                      with_psk(kKk, "KKpsk2", 2)};

}  // namespace theca::link
