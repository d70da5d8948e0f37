#include "quantity/text_error.hpp"

#include <cstddef>

namespace theca {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool inside_utf8 = (byte & 0xC0U) == 0x80U;
    if (i >= kLongest && !inside_utf8) {
      out += "...";
      break;
    }
    if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xFU];
    } else {
      out += text[i];
    }
  }
  return out + '"';
}

std::unexpected<TextError> refused(std::string_view text, std::string_view reason) {
  return std::unexpected{TextError{in_quotes(text) + ": " + std::string{reason}}};
}

}  // namespace theca
