#pragma once
/// Powered time to the patient's wall clock. The implant knows only an offset to UTC, changed by a signed
/// time-set, and from its prescription the zone's offset now and after the coming change.

#include <cstdint>

#include "quantity/exact.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// UTC milliseconds (Unix) at Instant 0.
struct ClockOffset {
  std::int64_t utc_ms_at_zero = 0;
  friend bool operator==(ClockOffset, ClockOffset) = default;
};

/// Offset of local time from UTC, now and after one announced change.
struct Zone {
  std::int16_t offset_minutes = 0;
  std::int16_t offset_after_minutes = 0;
  std::int64_t change_utc_s = 0;  // 0: no change announced
  friend bool operator==(const Zone&, const Zone&) = default;
};

inline constexpr std::int64_t kMinutesPerDay = 1'440;
inline constexpr int kDaysPerWeek = 7;

/// A wall clock: converts both ways between Instant and local milliseconds since 1970-01-01T00:00.
class WallClock {
 public:
  constexpr WallClock(ClockOffset offset, Zone zone)
      : before_ms_(offset.utc_ms_at_zero + zone.offset_minutes * 60'000LL),
        after_ms_(offset.utc_ms_at_zero + zone.offset_after_minutes * 60'000LL),
        change_(zone.change_utc_s == 0 ? kNever
                                       : Instant{zone.change_utc_s * 1'000 - offset.utc_ms_at_zero}) {}

  [[nodiscard]] constexpr std::int64_t local_ms(Instant t) const {
    return t.raw() + (t < change_ ? before_ms_ : after_ms_);
  }
  /// When the wall clock shows `local`: the first time in a repeated hour; in a skipped hour, its end.
  [[nodiscard]] constexpr Instant instant_of(std::int64_t local) const {
    const Instant before{local - before_ms_};
    if (before < change_) return before;
    const Instant after{local - after_ms_};
    return after >= change_ ? after : change_;
  }
  [[nodiscard]] constexpr Instant change() const { return change_; }

 private:
  std::int64_t before_ms_;
  std::int64_t after_ms_;
  Instant change_;
};

constexpr std::int64_t day_of(std::int64_t local_ms) { return floor_divide(local_ms, kMillisecondsPerDay); }
constexpr int minute_of_day(std::int64_t local_ms) {
  return static_cast<int>(floor_modulo(local_ms, kMillisecondsPerDay) / 60'000);
}
/// Monday is 0. 1970-01-01 was a Thursday.
constexpr int weekday_of_day(std::int64_t day) {
  return static_cast<int>(floor_modulo(day + 3, kDaysPerWeek));
}

}  // namespace theca
