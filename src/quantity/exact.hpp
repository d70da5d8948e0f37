#pragma once
/// Exact integer arithmetic for doses: nothing here saturates or rounds silently, nothing needs a
/// 128-bit type (Cortex-M has none).

#include <cstdint>
#include <optional>

#include "quantity/quantity.hpp"

namespace theca {

enum class Round { kDown, kNearest, kUp };

/// a x b / c with a 128-bit product. `a`, `b` >= 0, `c` > 0; nothing when the result does not fit in an
/// int64. kNearest rounds halves up.
std::optional<std::int64_t> multiply_divide(std::int64_t a, std::int64_t b, std::int64_t c, Round round);

/// ceil(a / b) for a >= 0, b > 0.
constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

/// floor(a / b) and its remainder in [0, b), for any a and b > 0.
constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr std::int64_t floor_modulo(std::int64_t a, std::int64_t b) { return a % b + (a % b < 0 ? b : 0); }

/// Volume resolved to nL x ms / day, the finest amount a rate in nL/day makes in a millisecond.
/// Whole nanolitres and the rest stand apart, so that ten years at 28.8 mL/day stay exact.
class Amount {
 public:
  static constexpr std::int64_t kUnitsPerNanolitre = kMillisecondsPerDay;

  constexpr Amount() = default;
  /// Exactly `rate` for `time`. `time` >= 0.
  static constexpr Amount over(FlowRate rate, Duration time) {
    const std::int64_t whole_days = time.raw() / kMillisecondsPerDay;
    const std::int64_t rest = (time.raw() % kMillisecondsPerDay) * rate.raw();
    return Amount{whole_days * rate.raw() + rest / kUnitsPerNanolitre, rest % kUnitsPerNanolitre};
  }
  static constexpr Amount of(Volume v) { return Amount{v.raw(), 0}; }

  [[nodiscard]] constexpr Volume floor() const { return Volume{nanolitres_}; }
  [[nodiscard]] constexpr std::int64_t rest_units() const { return rest_; }

  friend constexpr auto operator<=>(Amount, Amount) = default;
  friend constexpr Amount operator+(Amount a, Amount b) {
    const std::int64_t rest = a.rest_ + b.rest_;
    return rest >= kUnitsPerNanolitre ? Amount{a.nanolitres_ + b.nanolitres_ + 1, rest - kUnitsPerNanolitre}
                                      : Amount{a.nanolitres_ + b.nanolitres_, rest};
  }
  friend constexpr Amount operator-(Amount a, Amount b) {
    const std::int64_t rest = a.rest_ - b.rest_;
    return rest < 0 ? Amount{a.nanolitres_ - b.nanolitres_ - 1, rest + kUnitsPerNanolitre}
                    : Amount{a.nanolitres_ - b.nanolitres_, rest};
  }
  constexpr Amount& operator+=(Amount b) { return *this = *this + b; }
  /// `n` times this amount, n >= 0.
  [[nodiscard]] constexpr Amount times(std::int64_t n) const {
    const std::int64_t rest = rest_ * n;
    return Amount{nanolitres_ * n + rest / kUnitsPerNanolitre, rest % kUnitsPerNanolitre};
  }

 private:
  constexpr Amount(std::int64_t nl, std::int64_t rest) : nanolitres_(nl), rest_(rest) {}
  std::int64_t nanolitres_ = 0;
  std::int64_t rest_ = 0;
};

constexpr Mass mass_in(Volume v, Concentration c) { return Mass{v.raw() * c.raw()}; }
constexpr DoseRate dose_rate(FlowRate q, Concentration c) { return DoseRate{q.raw() * c.raw()}; }

/// Flow that carries `dose` at concentration `c` (> 0), Q = D / C, to the nearest nL/day.
/// Source: docs/arithmetic.md#flow
constexpr FlowRate flow_for(DoseRate dose, Concentration c) {
  return FlowRate{(dose.raw() + c.raw() / 2) / c.raw()};
}
/// Volume that carries `mass` at concentration `c` (> 0), rounded down to the nanolitre.
constexpr Volume volume_for(Mass mass, Concentration c) { return Volume{mass.raw() / c.raw()}; }

/// Lumen volume of `length` at `per_cm`, to the nearest nanolitre.
constexpr Volume lumen_volume(Length length, Volume per_cm) {
  constexpr std::int64_t kMicrometresPerCentimetre = 10'000;
  return Volume{(length.raw() * per_cm.raw() + kMicrometresPerCentimetre / 2) / kMicrometresPerCentimetre};
}

/// Time in which `volume` passes at `rate` (> 0), rounded up to the millisecond; nothing on overflow.
std::optional<Duration> time_for(Volume volume, FlowRate rate);

}  // namespace theca
