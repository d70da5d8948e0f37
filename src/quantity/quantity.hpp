#pragma once
/// Strong integer quantities. A quantity is a signed 64-bit count of one small unit; kinds never mix.
///
/// | kind          | unit   | stated range                    |
/// |---------------|--------|---------------------------------|
/// | Volume        | nL     | |v| <= kMaxVolume, 1 L          |
/// | FlowRate      | nL/day | 0 ..= kMaxFlowRate, 1 L/day     |
/// | Concentration | ng/mL  | 0 ..= kMaxConcentration, 1 g/mL |
/// | Mass          | fg     | nL x ng/mL is exactly fg        |
/// | DoseRate      | fg/day | nL/day x ng/mL is exactly that  |
/// | Duration      | ms     |                                 |
/// | Instant       | ms     | powered time of one pump        |
/// | Length        | um     |                                 |
/// | Charge        | nC     |                                 |
///
/// Inside the stated ranges no sum or product below overflows; whoever lets a number in from outside
/// (wire, file, keyboard) checks the range first.

#include <compare>
#include <cstdint>

namespace theca {

template <class Kind>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(std::int64_t raw) : raw_(raw) {}

  /// The count of the kind's unit (see the table above).
  [[nodiscard]] constexpr std::int64_t raw() const { return raw_; }

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.raw_ + b.raw_}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.raw_ - b.raw_}; }
  friend constexpr Quantity operator*(Quantity a, std::int64_t n) { return Quantity{a.raw_ * n}; }
  friend constexpr Quantity operator*(std::int64_t n, Quantity a) { return a * n; }
  constexpr Quantity& operator+=(Quantity b) { return *this = *this + b; }
  constexpr Quantity& operator-=(Quantity b) { return *this = *this - b; }

 private:
  std::int64_t raw_ = 0;
};

using Volume = Quantity<struct VolumeKind>;
using FlowRate = Quantity<struct FlowRateKind>;
using Concentration = Quantity<struct ConcentrationKind>;
using Mass = Quantity<struct MassKind>;
using DoseRate = Quantity<struct DoseRateKind>;
using Duration = Quantity<struct DurationKind>;
using Length = Quantity<struct LengthKind>;
using Charge = Quantity<struct ChargeKind>;

/// A point on one pump's own powered time line: milliseconds since it first ran. Not a wall clock.
class Instant {
 public:
  constexpr Instant() = default;
  constexpr explicit Instant(std::int64_t ms) : ms_(ms) {}
  [[nodiscard]] constexpr std::int64_t raw() const { return ms_; }
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Duration operator-(Instant a, Instant b) { return Duration{a.ms_ - b.ms_}; }
  friend constexpr Instant operator+(Instant a, Duration d) { return Instant{a.ms_ + d.raw()}; }
  friend constexpr Instant operator-(Instant a, Duration d) { return Instant{a.ms_ - d.raw()}; }

 private:
  std::int64_t ms_ = 0;
};

constexpr Volume nanolitres(std::int64_t n) { return Volume{n}; }
constexpr Volume microlitres(std::int64_t n) { return Volume{n * 1'000}; }
constexpr Volume millilitres(std::int64_t n) { return Volume{n * 1'000'000}; }
constexpr FlowRate nanolitres_per_day(std::int64_t n) { return FlowRate{n}; }
constexpr FlowRate microlitres_per_day(std::int64_t n) { return FlowRate{n * 1'000}; }
constexpr Concentration nanograms_per_millilitre(std::int64_t n) { return Concentration{n}; }
constexpr Concentration micrograms_per_millilitre(std::int64_t n) { return Concentration{n * 1'000}; }
constexpr Concentration milligrams_per_millilitre(std::int64_t n) { return Concentration{n * 1'000'000}; }
constexpr Mass femtograms(std::int64_t n) { return Mass{n}; }
constexpr Mass micrograms(std::int64_t n) { return Mass{n * 1'000'000'000}; }
constexpr Mass milligrams(std::int64_t n) { return Mass{n * 1'000'000'000'000}; }
constexpr DoseRate micrograms_per_day(std::int64_t n) { return DoseRate{n * 1'000'000'000}; }
constexpr DoseRate milligrams_per_day(std::int64_t n) { return DoseRate{n * 1'000'000'000'000}; }
constexpr Duration milliseconds(std::int64_t n) { return Duration{n}; }
constexpr Duration seconds(std::int64_t n) { return Duration{n * 1'000}; }
constexpr Duration minutes(std::int64_t n) { return Duration{n * 60'000}; }
constexpr Duration hours(std::int64_t n) { return Duration{n * 3'600'000}; }
constexpr Duration days(std::int64_t n) { return Duration{n * 86'400'000}; }
constexpr Charge nanocoulombs(std::int64_t n) { return Charge{n}; }
constexpr Charge microcoulombs(std::int64_t n) { return Charge{n * 1'000}; }
constexpr Charge millicoulombs(std::int64_t n) { return Charge{n * 1'000'000}; }
constexpr Length micrometres(std::int64_t n) { return Length{n}; }
constexpr Length centimetres(std::int64_t n) { return Length{n * 10'000}; }

inline constexpr std::int64_t kMillisecondsPerDay = 86'400'000;
inline constexpr Volume kMaxVolume = millilitres(1'000);
inline constexpr FlowRate kMaxFlowRate = nanolitres_per_day(1'000'000'000);
inline constexpr Concentration kMaxConcentration = milligrams_per_millilitre(1'000);
inline constexpr Instant kNever{INT64_MAX};

}  // namespace theca
