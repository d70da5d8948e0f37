#include "world/scenario_time.hpp"

#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr int kFurthestZoneMinutes = 14 * 60;
constexpr std::int64_t kMostFlowErrorPpm = 900'000;
constexpr std::size_t kMostDayDigits = 5;

struct Signed {
  bool minus;
  std::string_view rest;
};
Signed without_sign(std::string_view text) {
  const bool minus = text.starts_with('-');
  return {minus, text.substr(minus || text.starts_with('+') ? 1 : 0)};
}

/// "day 3 09:00" -> local milliseconds when the first day is `first_day`.
Parsed<std::int64_t> parse_day_and_time(std::string_view text, std::int64_t first_day) {
  const std::size_t space = text.find(' ', 4);
  const std::string number{text.substr(4, space == std::string_view::npos ? space : space - 4)};
  const bool digits = !number.empty() && number.size() <= kMostDayDigits && number[0] != '0' &&
                      number.find_first_not_of("0123456789") == std::string::npos;
  const auto minute = parse_clock_time(space == std::string_view::npos ? "00:00" : text.substr(space + 1));
  if (!digits || !minute) return refused(text, "write \"day 3 09:00\"; the first day is day 1");
  return (first_day + std::stoll(number) - 1) * kMillisecondsPerDay + *minute * 60'000LL;
}

}  // namespace

Parsed<Instant> TimeLine::moment(std::string_view text) const {
  const auto local = text.starts_with("day ") ? parse_day_and_time(text, day_of(starts_local_ms))
                                              : parse_local_datetime(text);
  if (!local) return std::unexpected(local.error());
  const Instant at = WallClock{clock(), zone}.instant_of(*local);
  if (at < Instant{} || at > Instant{} + lasts) {
    return refused(text, "is not within the scenario, which starts " + local_datetime_text(starts_local_ms) +
                             " and lasts " + to_text(lasts));
  }
  return at;
}

Parsed<std::int16_t> parse_utc_offset(std::string_view text) {
  const bool has_sign = text.starts_with('+') || text.starts_with('-');
  const auto clock = parse_clock_time(has_sign ? text.substr(1) : std::string_view{});
  if (!clock || *clock > kFurthestZoneMinutes) {
    return refused(text, "write the offset from UTC as \"+01:00\" or \"-05:30\", at most 14 h");
  }
  return static_cast<std::int16_t>(text.starts_with('-') ? -*clock : *clock);
}

Parsed<std::int32_t> parse_signed_percent(std::string_view text) {
  const Signed parts = without_sign(text);
  const auto ppm = parse_percent(parts.rest);
  if (!ppm) return std::unexpected(ppm.error());
  if (*ppm > kMostFlowErrorPpm) return refused(text, "is beyond what can be played, -90 % to +90 %");
  return static_cast<std::int32_t>(parts.minus ? -*ppm : *ppm);
}

Parsed<Volume> parse_signed_volume(std::string_view text) {
  const Signed parts = without_sign(text);
  const auto volume = parse_volume(parts.rest);
  if (!volume) return volume;
  return parts.minus ? Volume{} - *volume : *volume;
}

Parsed<Duration> parse_signed_duration(std::string_view text) {
  const Signed parts = without_sign(text);
  const auto time = parse_duration(parts.rest);
  if (!time) return time;
  return parts.minus ? Duration{-time->raw()} : *time;
}

Parsed<DayHours> parse_day_hours(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto from = parse_clock_time(text.substr(0, dash));
  const auto to =
      parse_clock_time(dash == std::string_view::npos ? std::string_view{} : text.substr(dash + 1));
  if (!from || !to) return refused(text, "write \"07:00-22:00\"");
  return DayHours{static_cast<std::uint16_t>(*from), static_cast<std::uint16_t>(*to)};
}

}  // namespace theca
