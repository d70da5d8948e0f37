#pragma once
/// Units as people type them. Case matters, except for the litre; spellings known for accidents are
/// refused with the accident.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace theca::typed {

enum class Dimension : std::uint8_t {
  kVolume,
  kMass,
  kTime,
  kLength,
  kPercent,
  kFlowRate,
  kDoseRate,
  kConcentration,
  kVolumePerLength,
};

/// "a volume", "a dose rate", ...
std::string_view name_of(Dimension dimension);
/// The spellings to offer: "mg/day, mcg/day, ..."
std::string_view units_of(Dimension dimension);

struct Unit {
  Dimension dimension;
  std::int64_t raw_per_unit;  // in the unit of the quantity's type; for time ms, for percent ppm
  std::string name;           // as we print it
};

/// `plain` made by plain_text. The error is the reason, without what to write for the wanted dimension.
std::expected<Unit, std::string> read_unit(std::string_view plain);

}  // namespace theca::typed
