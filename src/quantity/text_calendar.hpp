#pragma once
/// Times of day, days of the week and local dates as people type and read them. Local time is a wall
/// clock without zone: milliseconds since it showed 1970-01-01 00:00.

#include <cstdint>
#include <string>
#include <string_view>

#include "quantity/text_error.hpp"

namespace theca {

/// "08:00" -> minute of the day, 0 ..= 1439
Parsed<int> parse_clock_time(std::string_view text);
/// "mon-fri", "sat, sun", "fri-mon", "daily" -> bit 0 is Monday; never empty
Parsed<std::uint8_t> parse_weekdays(std::string_view text);
/// "2026-03-02T08:00" or "2026-03-02 08:00[:30]", years 1970 to 2199 -> local milliseconds
Parsed<std::int64_t> parse_local_datetime(std::string_view text);

/// "08:00"; `minute_of_day` in 0 ..= 1439.
std::string clock_time_text(int minute_of_day);
/// "mon-fri", "sat, sun", "daily"; "never" for an empty mask
std::string weekdays_text(std::uint8_t mask);
/// "2026-03-02 08:00", with seconds when they are not zero; cut to the second before. Years 1000 to 9999.
std::string local_datetime_text(std::int64_t local_ms);

}  // namespace theca
