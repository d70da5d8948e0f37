#pragma once
/// Moments of a scenario as people write them.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "quantity/quantity.hpp"
#include "quantity/text_error.hpp"
#include "therapy/wall_clock.hpp"

namespace theca {

/// The time line of a scenario: its wall clock and its length.
struct TimeLine {
  std::int64_t starts_local_ms = 0;
  Zone zone;
  Duration lasts;

  [[nodiscard]] ClockOffset clock() const { return {starts_local_ms - zone.offset_minutes * 60'000LL}; }
  /// "2026-03-04 09:00", or "day 3 09:00" counted from the day the scenario starts, which is day 1. The
  /// moment must lie within the scenario.
  [[nodiscard]] Parsed<Instant> moment(std::string_view text) const;
};

/// "+01:00", "-05:30" in minutes; at most 14 h either way.
Parsed<std::int16_t> parse_utc_offset(std::string_view text);
/// "+3 %", "-2.4 %", "0 %" in parts per million, at most 90 % either way.
Parsed<std::int32_t> parse_signed_percent(std::string_view text);
/// "-0.5 mL", "+1 mL".
Parsed<Volume> parse_signed_volume(std::string_view text);
/// "-1 h", "+30 min", "2 h".
Parsed<Duration> parse_signed_duration(std::string_view text);
/// "07:00-22:00": minutes of the day.
struct DayHours {
  std::uint16_t from_minute = 0;
  std::uint16_t to_minute = 0;
};
Parsed<DayHours> parse_day_hours(std::string_view text);

}  // namespace theca
