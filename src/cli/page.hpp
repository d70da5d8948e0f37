#pragma once
/// A page of text for a terminal: rows of a label and a wrapped text, 80 columns at most.

#include <cstddef>
#include <string>
#include <string_view>

namespace theca {

class Page {
 public:
  static constexpr std::size_t kColumns = 80;
  static constexpr std::size_t kLabel = 16;

  void line(std::string_view text);
  void blank() { text_ += '\n'; }
  /// The label, and the text wrapped beside it. A number is never parted from its unit.
  void row(std::string_view label, std::string_view text);
  void paragraph(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void wrapped(std::string_view text, std::size_t indent, std::size_t at);
  std::string text_;
};

}  // namespace theca
