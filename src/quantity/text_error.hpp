#pragma once
/// What a reader of typed text says when it cannot be sure.

#include <expected>
#include <string>
#include <string_view>

namespace theca {

/// What was read, how it was understood, and what to write instead.
struct TextError {
  std::string message;
  friend bool operator==(const TextError&, const TextError&) = default;
};

template <class T>
using Parsed = std::expected<T, TextError>;

/// `text` in quotes, fit for a message whatever it holds: cut after 80 bytes, control bytes escaped.
std::string in_quotes(std::string_view text);

/// The error `"text": reason`.
std::unexpected<TextError> refused(std::string_view text, std::string_view reason);

}  // namespace theca
