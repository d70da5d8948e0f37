#include "quantity/exact.hpp"

#include <limits>

namespace theca {
namespace {

struct Wide {
  std::uint64_t high;
  std::uint64_t low;
};

constexpr Wide multiply_wide(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a_low = a & 0xFFFFFFFFU, a_high = a >> 32;
  const std::uint64_t b_low = b & 0xFFFFFFFFU, b_high = b >> 32;
  const std::uint64_t low = a_low * b_low;
  const std::uint64_t middle = a_high * b_low + (low >> 32);
  const std::uint64_t middle2 = a_low * b_high + (middle & 0xFFFFFFFFU);
  return {a_high * b_high + (middle >> 32) + (middle2 >> 32), (middle2 << 32) | (low & 0xFFFFFFFFU)};
}

struct Division {
  std::uint64_t quotient;
  std::uint64_t remainder;
};

/// Schoolbook binary division; `n.high` < `d` so that the quotient fits, `d` < 2^63.
constexpr Division divide_wide(Wide n, std::uint64_t d) {
  std::uint64_t remainder = n.high, quotient = 0;
  for (int bit = 63; bit >= 0; --bit) {
    remainder = (remainder << 1) | ((n.low >> bit) & 1U);
    quotient <<= 1;
    if (remainder >= d) {
      remainder -= d;
      quotient |= 1U;
    }
  }
  return {quotient, remainder};
}

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::optional<std::int64_t> multiply_divide(std::int64_t a, std::int64_t b, std::int64_t c, Round round) {
  if (a < 0 || b < 0 || c <= 0) return std::nullopt;
  const auto divisor = static_cast<std::uint64_t>(c);
  const Wide product = multiply_wide(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
  if (product.high >= divisor) return std::nullopt;
  const Division result = product.high == 0 ? Division{product.low / divisor, product.low % divisor}
                                            : divide_wide(product, divisor);
  if (result.quotient > static_cast<std::uint64_t>(kMax)) return std::nullopt;
  const auto down = static_cast<std::int64_t>(result.quotient);
  const bool up = (round == Round::kUp && result.remainder != 0) ||
                  (round == Round::kNearest && result.remainder >= divisor - result.remainder);
  if (!up) return down;
  if (down == kMax) return std::nullopt;
  return down + 1;
}

std::optional<Duration> time_for(Volume volume, FlowRate rate) {
  const auto ms = multiply_divide(volume.raw(), kMillisecondsPerDay, rate.raw(), Round::kUp);
  if (!ms) return std::nullopt;
  return Duration{*ms};
}

}  // namespace theca
