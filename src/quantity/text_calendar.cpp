#include "quantity/text_calendar.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "quantity/exact.hpp"
#include "quantity/text_number.hpp"

namespace theca {
namespace {

using namespace typed;

constexpr int kHoursPerDay = 24;
constexpr int kMinutesPerHour = 60;
constexpr int kSecondsPerMinute = 60;
constexpr std::int64_t kMillisecondsPerSecond = 1'000;
constexpr std::int64_t kMillisecondsPerMinute = 60'000;

/// The value of exactly these digits; nothing for anything else.
std::optional<int> digits(std::string_view s) {
  constexpr std::size_t kMostDigits = 4;
  if (s.empty() || s.size() > kMostDigits) return std::nullopt;
  int value = 0;
  for (const char c : s) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// "08:00" or, where they may stand, "08:00:30"; seconds of the day.
std::expected<int, std::string> read_clock(std::string_view s, bool seconds_allowed) {
  constexpr std::string_view kForm = "HH:MM";
  const bool has_seconds = seconds_allowed && s.size() == kForm.size() + 3 && s[5] == ':';
  const auto hour = digits(s.substr(0, 2));
  const auto minute = s.size() >= kForm.size() ? digits(s.substr(3, 2)) : std::nullopt;
  const auto second = has_seconds ? digits(s.substr(6, 2)) : 0;
  if ((s.size() != kForm.size() && !has_seconds) || s[2] != ':' || !hour || !minute || !second) {
    return std::unexpected{
        "does not read as a time of day; write two digits, a colon and two digits on the 24-hour clock, for "
        "example 08:00 or 20:00"};
  }
  if (*hour == kHoursPerDay) {
    return std::unexpected{"24:00 could be the start or the end of the day; write 00:00 of the day meant"};
  }
  if (*hour > kHoursPerDay || *minute >= kMinutesPerHour || *second >= kSecondsPerMinute) {
    return std::unexpected{
        "no clock shows this; hours go to 23, minutes and seconds to 59, write for example 20:00"};
  }
  return (*hour * kMinutesPerHour + *minute) * kSecondsPerMinute + *second;
}

constexpr std::array<std::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 7> kLongWeekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                                           "friday", "saturday", "sunday"};
constexpr std::uint8_t kEveryDay = 0x7F;
constexpr std::string_view kDaily = "daily";
constexpr std::string_view kWeekdaysHelp =
    "write days as mon, tue, wed, thu, fri, sat, sun with commas, or a row as mon-fri, or daily";

std::optional<std::size_t> weekday(std::string_view s) {
  for (std::size_t day = 0; day < kWeekdays.size(); ++day) {
    if (s == kWeekdays[day] || s == kLongWeekdays[day]) return day;
  }
  return std::nullopt;
}

std::string two_digits(std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); }

std::string clock_text(std::int64_t minute_of_day) {
  return two_digits(minute_of_day / kMinutesPerHour) + ':' + two_digits(minute_of_day % kMinutesPerHour);
}

}  // namespace

Parsed<int> parse_clock_time(std::string_view text) {
  const auto seconds = read_clock(trimmed(text), false);
  if (!seconds) return refused(text, seconds.error());
  return *seconds / kSecondsPerMinute;
}

Parsed<std::uint8_t> parse_weekdays(std::string_view text) {
  std::string lower = plain_text(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == kDaily) return kEveryDay;

  unsigned mask = 0;
  std::string_view rest = lower;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    const std::string_view item = trimmed(rest.substr(0, comma));
    if (more) rest.remove_prefix(comma + 1);

    const std::size_t dash = item.find('-');
    const std::string_view last_name = dash == std::string_view::npos ? item : trimmed(item.substr(dash + 1));
    const auto first = weekday(trimmed(item.substr(0, dash)));
    const auto last = weekday(last_name);
    if (!first || !last) {
      return refused(text, in_quotes(item) + " is no day of the week; " + std::string{kWeekdaysHelp});
    }
    if (dash != std::string_view::npos && *first == *last) {
      return refused(text, in_quotes(item) + " could be one day or the whole week; write " +
                               std::string{kWeekdays[*first]} + " or daily");
    }
    for (std::size_t day = *first;; day = (day + 1) % kWeekdays.size()) {
      if ((mask >> day & 1U) != 0) {
        return refused(text, std::string{kWeekdays[day]} + " stands here twice; write each day once");
      }
      mask |= 1U << day;
      if (day == *last) break;
    }
  }
  return static_cast<std::uint8_t>(mask);
}

Parsed<std::int64_t> parse_local_datetime(std::string_view text) {
  constexpr std::string_view kForm = "YYYY-MM-DD";
  constexpr int kFirstYear = 1970, kLastYear = 2199;
  const std::string_view s = trimmed(text);
  if (s.ends_with('Z') || s.ends_with('z') || s.find('+') != std::string_view::npos) {
    return refused(text,
                   "has a time zone, but the patient's own wall clock is needed; write for example "
                   "2026-03-02 08:00");
  }
  if (s.find('/') < kForm.size() || s.find('.') < kForm.size()) {
    return refused(text,
                   "day and month could be taken for each other; write year-month-day, for example "
                   "2026-03-02 08:00");
  }
  const std::string_view date = s.substr(0, kForm.size());
  const auto year = digits(date.substr(0, 4));
  const auto month = date.size() == kForm.size() ? digits(date.substr(5, 2)) : std::nullopt;
  const auto day = date.size() == kForm.size() ? digits(date.substr(8, 2)) : std::nullopt;
  if (!year || !month || !day || date[4] != '-' || date[7] != '-') {
    return refused(text, "does not begin with a date; write for example 2026-03-02 08:00");
  }
  if (s.size() == kForm.size()) {
    return refused(text,
                   "read as a date without a time of day; write for example " + std::string{date} + " 08:00");
  }
  if (s[kForm.size()] != 'T' && s[kForm.size()] != ' ') {
    return refused(text, "a space or T belongs between date and time; write for example " +
                             std::string{date} + " 08:00");
  }
  if (*year < kFirstYear || *year > kLastYear) {
    return refused(text, "years go from 1970 to 2199; check " + std::to_string(*year));
  }
  const std::chrono::year_month_day calendar{std::chrono::year{*year},
                                             std::chrono::month{static_cast<unsigned>(*month)},
                                             std::chrono::day{static_cast<unsigned>(*day)}};
  if (!calendar.ok()) return refused(text, std::string{date} + " is on no calendar; check month and day");
  const auto seconds = read_clock(s.substr(kForm.size() + 1), true);
  if (!seconds) return refused(text, seconds.error());
  const std::int64_t days = std::chrono::sys_days{calendar}.time_since_epoch().count();
  return days * kMillisecondsPerDay + *seconds * kMillisecondsPerSecond;
}

std::string clock_time_text(int minute_of_day) { return clock_text(minute_of_day); }

std::string weekdays_text(std::uint8_t mask) {
  if ((mask & kEveryDay) == kEveryDay) return std::string{kDaily};
  std::string out;
  for (std::size_t day = 0; day < kWeekdays.size(); ++day) {
    if ((mask >> day & 1) == 0) continue;
    std::size_t last = day;
    while (last + 1 < kWeekdays.size() && (mask >> (last + 1) & 1) != 0) ++last;
    if (last < day + 2) last = day;  // two days in a row are two names
    if (!out.empty()) out += ", ";
    out += kWeekdays[day];
    if (last != day) out += '-' + std::string{kWeekdays[last]};
    day = last;
  }
  return out.empty() ? "never" : out;
}

std::string local_datetime_text(std::int64_t local_ms) {
  const std::int64_t days = floor_divide(local_ms, kMillisecondsPerDay);
  const std::int64_t of_day = floor_modulo(local_ms, kMillisecondsPerDay);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  const std::int64_t second = of_day / kMillisecondsPerSecond % kSecondsPerMinute;
  return std::to_string(static_cast<int>(date.year())) + '-' +
         two_digits(static_cast<unsigned>(date.month())) + '-' +
         two_digits(static_cast<unsigned>(date.day())) + ' ' + clock_text(of_day / kMillisecondsPerMinute) +
         (second != 0 ? ':' + two_digits(second) : "");
}

}  // namespace theca
