#pragma once
/// Quantities as text in the caller's buffer: integer arithmetic only, so that the implant may use it.
///
/// Whatever is printed has no zero at the end of a fraction, never ends in a decimal point and never
/// starts with one, so that a missed point cannot make a tenfold dose. A buffer of kPrintBytes always
/// suffices; in one that is too small nothing is printed (an empty view), never part of a number.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "quantity/quantity.hpp"

namespace theca {

inline constexpr std::size_t kPrintBytes = 64;

/// How many digits to print. Halves are rounded away from zero. A value that is not zero is never
/// printed as 0: it gets as many decimals as its first digit needs.
class Rounding {
 public:
  /// No decimals past this one, whatever was asked for.
  static constexpr int kMostDecimals = 18;

  /// All digits. A fraction that has no end (per hour) is rounded at kMostDecimals.
  static constexpr Rounding exact() { return Rounding{Rule::kExact, kMostDecimals}; }
  static constexpr Rounding decimals(int n) { return Rounding{Rule::kDecimals, n}; }
  /// `n` significant digits; digits before the decimal point are all kept.
  static constexpr Rounding significant(int n) { return Rounding{Rule::kSignificant, n}; }

  /// Decimals to print of a value with `whole_digits` digits before the point (0 for a value below 1)
  /// and `zeros` zeros between the point and the first digit that is not zero.
  [[nodiscard]] constexpr int decimals_for(int whole_digits, int zeros) const {
    const int wanted = rule_ != Rule::kSignificant ? n_ : whole_digits > 0 ? n_ - whole_digits : n_ + zeros;
    return wanted < 0 ? 0 : wanted > kMostDecimals ? kMostDecimals : wanted;
  }

 private:
  enum class Rule : std::uint8_t { kExact, kDecimals, kSignificant };
  constexpr Rounding(Rule rule, int n) : rule_(rule), n_(n) {}
  Rule rule_;
  int n_;
};

enum class VolumeUnit : std::uint8_t { kMillilitre, kMicrolitre, kNanolitre };
/// kAutomatic: mg from 1 mg up, mcg from 1 mcg up, ng below; zero in mg.
enum class MassUnit : std::uint8_t { kAutomatic, kMilligram, kMicrogram, kNanogram };
enum class Per : std::uint8_t { kDay, kHour };

/// `raw` / `raw_per_unit` as a bare decimal number. 1 <= `raw_per_unit` <= 10^18, else nothing is printed.
std::string_view print_decimal(std::int64_t raw, std::int64_t raw_per_unit, std::span<char> out,
                               Rounding rounding = Rounding::exact());

/// "0.375 mL", "375 µL"
std::string_view print_volume(Volume volume, std::span<char> out, VolumeUnit unit = VolumeUnit::kMillilitre,
                              Rounding rounding = Rounding::exact());
/// "0.3 mL/day", "12.5 µL/h"
std::string_view print_flow(FlowRate rate, std::span<char> out, VolumeUnit unit = VolumeUnit::kMillilitre,
                            Per per = Per::kDay, Rounding rounding = Rounding::exact());
/// "20 mg/mL", "500 mcg/mL"
std::string_view print_concentration(Concentration concentration, std::span<char> out,
                                     MassUnit unit = MassUnit::kAutomatic,
                                     Rounding rounding = Rounding::exact());
/// "1.5 mg", "60 mcg"
std::string_view print_mass(Mass mass, std::span<char> out, MassUnit unit = MassUnit::kAutomatic,
                            Rounding rounding = Rounding::exact());
/// "3 mg/day", "62.5 mcg/h"
std::string_view print_dose_rate(DoseRate rate, std::span<char> out, MassUnit unit = MassUnit::kAutomatic,
                                 Per per = Per::kDay, Rounding rounding = Rounding::exact());
/// "1 d 6 h", "5 min", "0.25 s": to the nearest multiple of `finest` (halves up); exactly when that
/// would print 0 for a duration that is not 0.
std::string_view print_duration(Duration duration, std::span<char> out, Duration finest = milliseconds(1));
/// "80 cm"
std::string_view print_length(Length length, std::span<char> out, Rounding rounding = Rounding::exact());
/// "0.0022 mL/cm" for a volume per centimetre.
std::string_view print_volume_per_length(Volume per_cm, std::span<char> out,
                                         Rounding rounding = Rounding::exact());
/// "14.5 %" for 145'000 parts per million.
std::string_view print_percent(std::int64_t ppm, std::span<char> out, Rounding rounding = Rounding::exact());

}  // namespace theca
