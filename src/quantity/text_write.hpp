#pragma once
/// Quantities as std::string: for people (print.hpp) and as bare decimals for JSON and CSV. Host only.

#include <cstdint>
#include <string>

#include "quantity/print.hpp"
#include "quantity/quantity.hpp"

namespace theca {

std::string to_text(Volume volume, Rounding rounding = Rounding::exact());
std::string to_text(FlowRate rate, Rounding rounding = Rounding::exact());
std::string to_text(Concentration concentration, Rounding rounding = Rounding::exact());
std::string to_text(Mass mass, Rounding rounding = Rounding::exact());
std::string to_text(DoseRate rate, Rounding rounding = Rounding::exact());
std::string to_text(Duration duration, Duration finest = milliseconds(1));
std::string to_text(Length length, Rounding rounding = Rounding::exact());
std::string volume_per_length_text(Volume per_cm, Rounding rounding = Rounding::exact());
std::string percent_text(std::int64_t ppm, Rounding rounding = Rounding::exact());

/// Exact decimal numbers without unit, always a JSON number.
std::string decimal_ml(Volume volume);
std::string decimal_ml_per_day(FlowRate rate);
std::string decimal_mg(Mass mass);
std::string decimal_mg_per_day(DoseRate rate);
std::string decimal_mg_per_ml(Concentration concentration);
std::string decimal_percent(std::int64_t ppm);
/// Rounded to six decimals (3.6 ms), halves up; what is shorter keeps its first digit.
std::string decimal_hours(Duration duration);

}  // namespace theca
