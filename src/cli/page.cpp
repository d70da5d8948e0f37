#include "cli/page.hpp"

#include <cctype>
#include <vector>

namespace theca {
namespace {

/// Characters, not bytes.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  return width;
}

bool ends_in_digit(std::string_view word) {
  return !word.empty() && std::isdigit(static_cast<unsigned char>(word.back())) != 0;
}
bool begins_a_unit(std::string_view word) {
  if (word.empty()) return false;
  const auto first = static_cast<unsigned char>(word.front());
  return std::isalpha(first) != 0 || first == '%' || first >= 0x80;
}

/// Words, a number and its unit being one.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool glue = false;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (word.empty()) continue;
    if (glue && begins_a_unit(word)) {
      words.back() += ' ';
      words.back() += word;
    } else {
      words.emplace_back(word);
    }
    glue = ends_in_digit(word);
  }
  return words;
}

}  // namespace

void Page::line(std::string_view text) {
  text_ += text;
  text_ += '\n';
}

void Page::wrapped(std::string_view text, std::size_t indent, std::size_t at) {
  bool first = true;
  for (const std::string& word : words_of(text)) {
    const std::size_t width = width_of(word);
    if (!first && at + 1 + width > kColumns) {
      text_ += '\n';
      text_.append(indent, ' ');
      at = indent;
      first = true;
    }
    if (!first) {
      text_ += ' ';
      ++at;
    }
    text_ += word;
    at += width;
    first = false;
  }
  text_ += '\n';
}

void Page::row(std::string_view label, std::string_view text) {
  text_ += label;
  std::size_t at = width_of(label);
  do {
    text_ += ' ';
  } while (++at < kLabel);
  wrapped(text, kLabel, at);
}

void Page::paragraph(std::string_view text) { wrapped(text, 0, 0); }

}  // namespace theca
