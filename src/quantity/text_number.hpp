#pragma once
/// The one way a number may be typed: digits, or digits, a point and digits. Every other spelling that a
/// person could read as a number is refused with the readings it could have.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace theca::typed {

/// A number as typed, without leading zeros before the point and trailing zeros after it.
struct Decimal {
  std::string whole;
  std::string fraction;
  [[nodiscard]] std::string text() const { return fraction.empty() ? whole : whole + '.' + fraction; }
};

/// Why no number was taken, and how it may be written (without unit); `rest` begins after what was looked at.
struct NumberRefusal {
  std::string reason;
  std::vector<std::string> write;
  std::string_view rest;
};

struct TakenNumber {
  Decimal number;
  std::string_view rest;
};

/// 5.0 is a tenfold dose when its point is missed; 0.30 mL/day is what a pump's display shows.
enum class TrailingZeros : std::uint8_t { kAllowed, kRefused };

/// `text` with the spaces, signs and micro signs of other alphabets made plain, outer spaces removed.
std::string plain_text(std::string_view text);

std::string_view trimmed(std::string_view text);
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

/// Takes the number that `plain` (made by plain_text) begins with; `rest` is what follows it.
std::expected<TakenNumber, NumberRefusal> take_number(std::string_view plain, TrailingZeros zeros);

struct Scaled {
  std::int64_t down;
  bool exact;
};
/// number x `raw_per_unit` rounded down, and whether that is exact; nothing when it is above `limit`.
std::optional<Scaled> scaled(const Decimal& number, std::int64_t raw_per_unit, std::int64_t limit);

}  // namespace theca::typed
