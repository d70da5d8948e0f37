#pragma once
/// Quantities as people type them, read strictly: a text has one reading or none. Host only.
///
/// A number is digits, or digits.digits; see text_number.hpp for what is refused and why. Where a dose is
/// at stake (mass, dose rate, concentration, dose over time) a zero at the end of a fraction is refused
/// too. A unit is always needed. A value finer than its type can hold is refused, never rounded; zero is
/// accepted. Every refusal says what was read, how it was understood and what to write.

#include <cstdint>
#include <string_view>

#include "quantity/quantity.hpp"
#include "quantity/text_calendar.hpp"
#include "quantity/text_error.hpp"
#include "quantity/text_write.hpp"

namespace theca {

/// Largest values accepted where quantity.hpp states none.
inline constexpr Mass kMaxTypedMass{kMaxVolume.raw() * kMaxConcentration.raw()};
inline constexpr DoseRate kMaxTypedDoseRate{kMaxFlowRate.raw() * kMaxConcentration.raw()};
inline constexpr Duration kMaxTypedDuration = days(36'525);  // a hundred years
inline constexpr Length kMaxTypedLength = centimetres(1'000);
inline constexpr std::int64_t kMaxTypedPpm = 10'000'000;  // 1000 %
inline constexpr std::int64_t kMaxTypedCount = 1'000;

/// "0.375 mL", "25 uL", "25 µL", "300 nL"
Parsed<Volume> parse_volume(std::string_view text);
/// "0.3 mL/day", "0.30 mL/d", "12.5 uL/h", "288 nL/24 h"
Parsed<FlowRate> parse_flow_rate(std::string_view text);
/// "20 mg/mL", "500 mcg/ml", "500 ng/mL"
Parsed<Concentration> parse_concentration(std::string_view text);
/// "0.5 mg", "60 mcg", "60 ug", "10 ng"
Parsed<Mass> parse_mass(std::string_view text);
/// "3 mg/day", "125 mcg/h", "3 mg/24 h"
Parsed<DoseRate> parse_dose_rate(std::string_view text);
/// "5 min", "1 day 6 h", "2 weeks"; larger units first, a decimal point only in the last part
Parsed<Duration> parse_duration(std::string_view text);
/// "80 cm", "110 mm", "0.8 m"
Parsed<Length> parse_length(std::string_view text);
/// "0.0022 mL/cm": the volume of one centimetre
Parsed<Volume> parse_volume_per_length(std::string_view text);
/// "14.5 %", in parts per million
Parsed<std::int64_t> parse_percent(std::string_view text);

struct DoseOverTime {
  Mass dose;
  Duration time;
  friend bool operator==(const DoseOverTime&, const DoseOverTime&) = default;
};
/// "60 mcg over 5 min"
Parsed<DoseOverTime> parse_dose_over_time(std::string_view text);

struct VolumeOverTime {
  Volume volume;
  Duration time;
  friend bool operator==(const VolumeOverTime&, const VolumeOverTime&) = default;
};
/// "0.1 mL over 10 min"
Parsed<VolumeOverTime> parse_volume_over_time(std::string_view text);

struct CountPerWindow {
  std::int64_t count;
  Duration window;
  friend bool operator==(const CountPerWindow&, const CountPerWindow&) = default;
};
/// "4 per 24 h", "4 per day"
Parsed<CountPerWindow> parse_count_per_window(std::string_view text);

}  // namespace theca
