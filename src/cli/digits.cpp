#include "cli/digits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace theca {

std::string plain_digits(double value, int digits) {
  constexpr int kSmallest = -18;  // power of ten, below which nothing is told
  if (!std::isfinite(value)) return "none";
  if (value == 0) return "0";
  const int power = static_cast<int>(std::floor(std::log10(std::abs(value))));
  if (power < kSmallest) return "0";
  const int places = digits - 1 - power;  // after the point
  const double last = std::pow(10, -places);
  std::string text =
      fmt::format("{:.{}f}", places < 0 ? std::round(value / last) * last : value, std::max(0, places));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

}  // namespace theca
