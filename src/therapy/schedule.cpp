#include "therapy/schedule.hpp"

#include <algorithm>

namespace theca {
namespace {

constexpr Duration kWeek = days(7);
constexpr std::int64_t kSlotsOfDay = 32;  // identities; kMaxDailyBoluses fits

const DayProfile& profile_on(const Basal& basal, std::int64_t day) {
  const auto weekday = static_cast<std::size_t>(weekday_of_day(day));
  return basal.profiles[basal.profile_of_weekday[weekday] % kMaxProfiles];
}

/// Basal over a week as constant pieces, local time, Monday 00:00 first: what the worst case is searched on.
struct Week {
  static constexpr std::size_t kMost = kDaysPerWeek * kMaxProfileSteps;
  std::size_t count = 0;
  std::array<std::int64_t, kMost> from_ms{};
  std::array<FlowRate, kMost> rate{};

  explicit Week(const Basal& basal) {
    for (std::int64_t weekday = 0; weekday < kDaysPerWeek; ++weekday) {
      const DayProfile& profile =
          basal.profiles[basal.profile_of_weekday[static_cast<std::size_t>(weekday)] % kMaxProfiles];
      for (const ProfileStep& step : profile.used()) {
        if (count == kMost) return;
        from_ms[count] = weekday * kMillisecondsPerDay + step.from_minute * 60'000LL;
        rate[count] = step.rate;
        ++count;
      }
    }
  }

  [[nodiscard]] std::int64_t end_of(std::size_t i) const {
    return i + 1 < count ? from_ms[i + 1] : kWeek.raw();
  }

  [[nodiscard]] Amount whole() const {
    Amount sum;
    for (std::size_t i = 0; i < count; ++i) sum += Amount::over(rate[i], Duration{end_of(i) - from_ms[i]});
    return sum;
  }

  /// Basal from `start` (within the week) for `window`, the week repeating for ever.
  [[nodiscard]] Amount over(std::int64_t start, Duration window) const {
    Amount sum = whole().times(window.raw() / kWeek.raw());
    std::int64_t left = window.raw() % kWeek.raw();
    std::size_t i = 0;
    while (i + 1 < count && from_ms[i + 1] <= start) ++i;
    std::int64_t at = start;
    while (left > 0) {
      const std::int64_t piece = std::min(left, end_of(i) - at);
      sum += Amount::over(rate[i], Duration{piece});
      left -= piece;
      i = (i + 1) % count;
      at = from_ms[i];
    }
    return sum;
  }
};

/// Most basal in any window: an extreme of a piecewise constant rate lies where the window starts or ends at
/// a change of rate.
Amount most_basal(const Basal& basal, FlowRate minimum_rate, Duration window) {
  if (basal.mode != BasalMode::kFlex) return Amount::over(basal_range(basal, minimum_rate).highest, window);
  const Week week{basal};
  Amount most;
  if (week.count == 0) return most;
  for (std::size_t i = 0; i < week.count; ++i) {
    most = std::max(most, week.over(week.from_ms[i], window));
    most = std::max(most, week.over(floor_modulo(week.from_ms[i] - window.raw(), kWeek.raw()), window));
  }
  return most;
}

/// Most scheduled boluses that can overlap a window: those that start in it or in the bolus's own length
/// before.
std::int64_t most_scheduled(const BolusSchedule& schedule, Duration reach) {
  if (schedule.kind == ScheduleKind::kInterval) {
    return schedule.interval_s == 0 ? 0 : reach.raw() / (schedule.interval_s * 1'000LL) + 1;
  }
  if (schedule.kind != ScheduleKind::kTimesOfDay || schedule.count == 0) return 0;
  const std::int64_t whole_days = reach.raw() / kMillisecondsPerDay;
  const std::int64_t rest = reach.raw() % kMillisecondsPerDay;
  std::int64_t most = 0;
  for (std::size_t first = 0; first < schedule.count; ++first) {
    std::int64_t inside = 0;
    for (std::size_t k = 0; k < schedule.count; ++k) {
      const std::int64_t after =
          floor_modulo(schedule.minutes[k] - schedule.minutes[first], kMinutesPerDay) * 60'000LL;
      if (after <= rest) ++inside;
    }
    most = std::max(most, inside);
  }
  return whole_days * schedule.count + most;
}

/// Most patient boluses' worth of volume in a window. Grant k and grant k + allotted start at least
/// `window_s` apart, so into a window no longer than that they bring together no more than one; the same with
/// lockout.
std::int64_t most_granted(const PatientBolusPolicy& policy, Duration window) {
  if (policy.dose.volume.raw() == 0 || policy.allotted == 0 || policy.window_s == 0) return 0;
  const std::int64_t by_window = divide_up(window.raw(), policy.window_s * 1'000LL) * policy.allotted;
  if (policy.lockout_s == 0) return by_window;
  return std::min<std::int64_t>(by_window, divide_up(window.raw(), policy.lockout_s * 1'000LL));
}

/// How much longer a local schedule may press into a window because the clock is set forward by the zone.
Duration clock_shift(const Zone& zone) {
  if (zone.change_utc_s == 0) return Duration{0};
  const std::int64_t shift = zone.offset_after_minutes - zone.offset_minutes;
  return minutes(shift < 0 ? -shift : shift);
}

Duration longest(const BolusDose& dose) { return dose.rate.raw() > 0 ? bolus_duration(dose) : Duration{0}; }

Amount basal_between(const Basal& basal, const WallClock& clock, FlowRate minimum_rate, Instant from,
                     Instant to) {
  Amount sum;
  Instant at = from;
  std::optional<Amount> week;
  while (at < to) {
    const std::int64_t whole_weeks = (to - at).raw() / kWeek.raw();
    const bool change_ahead = at < clock.change() && clock.change() <= to;
    if (whole_weeks > 1 && !change_ahead) {  // rates repeat weekly: integrate one week, take it many times
      const Instant week_end = at + kWeek;
      Amount one;
      for (Instant t = at; t < week_end;) {
        const BasalSegment segment = basal_at(basal, clock, minimum_rate, t);
        const Instant until = std::min(segment.until, week_end);
        one += Amount::over(segment.rate, until - t);
        t = until;
      }
      sum += one.times(whole_weeks);
      at = at + kWeek * whole_weeks;
      continue;
    }
    const BasalSegment segment = basal_at(basal, clock, minimum_rate, at);
    const Instant until = std::min(segment.until, to);
    sum += Amount::over(segment.rate, until - at);
    at = until;
  }
  return sum;
}

Amount scheduled_between(const BolusSchedule& schedule, const WallClock& clock, Instant start, Instant from,
                         Instant to) {
  Amount sum;
  if (schedule.kind == ScheduleKind::kNone || schedule.dose.volume.raw() == 0 ||
      schedule.dose.rate.raw() == 0) {
    return sum;
  }
  const Duration length = bolus_duration(schedule.dose);
  std::int64_t after = kNoBolusYet;
  if (schedule.kind == ScheduleKind::kInterval) {  // skip those that were over before the window
    const std::int64_t interval = schedule.interval_s * 1'000LL;
    if (interval == 0) return sum;
    const std::int64_t first = start.raw() + schedule.first_after_s * 1'000LL;
    after = std::max<std::int64_t>(-1, floor_divide(from.raw() - length.raw() - first, interval) - 1);
  } else {
    const Instant earliest = from - length - days(1) > start ? from - length - days(1) : start;
    after = day_of(clock.local_ms(earliest)) * 32 - 1;
  }
  for (auto due = next_scheduled_bolus(schedule, clock, start, after); due && due->at < to;
       due = next_scheduled_bolus(schedule, clock, start, due->identity)) {
    if (due->at + length <= from) continue;
    const Amount by_end = bolus_due(schedule.dose, to - due->at);
    sum += due->at < from ? by_end - bolus_due(schedule.dose, from - due->at) : by_end;
  }
  return sum;
}

}  // namespace

BasalSegment basal_at(const Basal& basal, const WallClock& clock, FlowRate minimum_rate, Instant at) {
  switch (basal.mode) {
    case BasalMode::kStopped:
      return {FlowRate{0}, kNever};
    case BasalMode::kMinimumRate:
      return {minimum_rate, kNever};
    case BasalMode::kSimpleContinuous:
      return {basal.rate, kNever};
    case BasalMode::kFlex:
      break;
  }
  const std::int64_t local = clock.local_ms(at);
  const std::int64_t day = day_of(local);
  const int minute = minute_of_day(local);
  const auto steps = profile_on(basal, day).used();
  FlowRate rate{0};
  std::int64_t next_local = (day + 1) * kMillisecondsPerDay;
  for (const ProfileStep& step : steps) {
    if (step.from_minute > minute) {
      next_local = day * kMillisecondsPerDay + step.from_minute * 60'000LL;
      break;
    }
    rate = step.rate;
  }
  const Instant until = at + Duration{next_local - local};
  return {rate, at < clock.change() ? std::min(until, clock.change()) : until};
}

std::optional<ScheduledBolusDue> next_scheduled_bolus(const BolusSchedule& schedule, const WallClock& clock,
                                                      Instant start, std::int64_t after) {
  if (schedule.dose.volume.raw() == 0) return std::nullopt;
  switch (schedule.kind) {
    case ScheduleKind::kNone:
      return std::nullopt;
    case ScheduleKind::kInterval: {
      if (schedule.interval_s == 0) return std::nullopt;
      const std::int64_t number = after < 0 ? 0 : after + 1;
      return ScheduledBolusDue{
          number, start + seconds(schedule.first_after_s) + seconds(schedule.interval_s) * number};
    }
    case ScheduleKind::kTimesOfDay:
      break;
  }
  if (schedule.count == 0) return std::nullopt;
  std::int64_t identity = after == kNoBolusYet ? day_of(clock.local_ms(start)) * kSlotsOfDay : after + 1;
  for (;;) {
    const std::int64_t day = floor_divide(identity, kSlotsOfDay);
    const std::int64_t index = floor_modulo(identity, kSlotsOfDay);
    if (index >= schedule.count) {
      identity = (day + 1) * kSlotsOfDay;
      continue;
    }
    const Instant at = clock.instant_of(day * kMillisecondsPerDay +
                                        schedule.minutes[static_cast<std::size_t>(index)] * 60'000LL);
    if (at >= start) return ScheduledBolusDue{identity, at};
    ++identity;
  }
}

BolusAtTimeOfDay given_at(const BolusSchedule& schedule, const ScheduledBolusDue& bolus, Instant at) {
  return {schedule.minutes[static_cast<std::size_t>(floor_modulo(bolus.identity, kSlotsOfDay))], at};
}

std::optional<ScheduledBolusDue> next_by_new_clock(const BolusSchedule& schedule, const WallClock& clock,
                                                   Instant now, const std::optional<BolusAtTimeOfDay>& last) {
  const auto too_soon = [&](const ScheduledBolusDue& due) {
    const std::int64_t behind =
        floor_modulo(given_at(schedule, due, due.at).minute - last->minute, kMinutesPerDay);
    return (due.at - last->at) * 2 < minutes(behind == 0 ? kMinutesPerDay : behind);
  };
  auto due = next_scheduled_bolus(schedule, clock, now, kNoBolusYet);
  while (due && last && too_soon(*due)) due = next_scheduled_bolus(schedule, clock, now, due->identity);
  return due;
}

Amount bolus_due(const BolusDose& dose, Duration since) {
  if (since.raw() <= 0) return Amount{};
  return std::min(Amount::over(dose.rate, since), Amount::of(dose.volume));
}

Duration bolus_duration(const BolusDose& dose) {
  return time_for(dose.volume, dose.rate).value_or(Duration{0});
}

Amount delivered_volume(const Prescription& prescription, ClockOffset offset, FlowRate minimum_rate,
                        Instant start, Instant from, Instant to) {
  if (from < start) from = start;
  if (to <= from) return Amount{};
  const WallClock clock{offset, prescription.zone};
  const Instant expiry = expiry_of(prescription, offset);
  const Instant live_end = std::min(to, expiry);
  Amount sum;
  if (from < live_end) {
    sum += basal_between(prescription.basal, clock, minimum_rate, from, live_end);
    sum += scheduled_between(prescription.schedule, clock, start, from, live_end);
  }
  if (expiry < to)
    sum += Amount::over(fallback_rate(prescription, minimum_rate), to - std::max(from, expiry));
  return sum;
}

RateRange basal_range(const Basal& basal, FlowRate minimum_rate) {
  switch (basal.mode) {
    case BasalMode::kStopped:
      return {FlowRate{0}, FlowRate{0}};
    case BasalMode::kMinimumRate:
      return {minimum_rate, minimum_rate};
    case BasalMode::kSimpleContinuous:
      return {basal.rate, basal.rate};
    case BasalMode::kFlex:
      break;
  }
  RateRange range{kMaxFlowRate, FlowRate{0}};
  for (const std::uint8_t index : basal.profile_of_weekday) {
    for (const ProfileStep& step : basal.profiles[index % kMaxProfiles].used()) {
      range.lowest = std::min(range.lowest, step.rate);
      range.highest = std::max(range.highest, step.rate);
    }
  }
  if (range.highest < range.lowest) range.lowest = range.highest;
  return range;
}

Volume worst_case_volume(const Prescription& prescription, FlowRate minimum_rate, Duration window) {
  const Duration shift = clock_shift(prescription.zone);
  Amount most = most_basal(prescription.basal, minimum_rate, window);
  if (prescription.basal.mode == BasalMode::kFlex) {
    most += Amount::over(basal_range(prescription.basal, minimum_rate).highest, shift);
  }
  const FlowRate lowest = basal_range(prescription.basal, minimum_rate).lowest;
  const FlowRate after_expiry = fallback_rate(prescription, minimum_rate);
  if (prescription.expires_utc_s != 0 && after_expiry > lowest)
    most += Amount::over(after_expiry - lowest, window);
  Volume sum = most.floor() + (most.rest_units() > 0 ? nanolitres(1) : nanolitres(0));
  if (prescription.schedule.dose.rate.raw() > 0) {
    // One that comes due during another bolus waits for its end: as many as that can press into the window.
    const Duration wait = std::max(longest(prescription.patient.dose), longest(prescription.single));
    const Duration reach = window + bolus_duration(prescription.schedule.dose) + wait + shift;
    sum += prescription.schedule.dose.volume * most_scheduled(prescription.schedule, reach);
  }
  if (prescription.patient.dose.rate.raw() > 0) {
    sum += prescription.patient.dose.volume * most_granted(prescription.patient, window);
  }
  return sum + prescription.single.volume;
}

Ending ending_of(const Prescription& prescription) {
  const bool stopped = prescription.basal.mode == BasalMode::kStopped;
  return {prescription.number, prescription.expires_utc_s, stopped ? Fallback::kStop : prescription.fallback};
}

Instant expiry_of(const Ending& ending, ClockOffset offset) {
  if (ending.utc_s == 0) return kNever;
  return Instant{ending.utc_s * 1'000 - offset.utc_ms_at_zero};
}

Instant expiry_of(const Prescription& prescription, ClockOffset offset) {
  return expiry_of(ending_of(prescription), offset);
}

FlowRate fallback_rate(const Prescription& prescription, FlowRate minimum_rate) {
  switch (ending_of(prescription).fallback) {
    case Fallback::kStop:
      return FlowRate{0};
    case Fallback::kSafeState:
      return safe_rate(prescription.safe_state, minimum_rate);
    case Fallback::kMinimumRate:
      break;
  }
  return minimum_rate;
}

}  // namespace theca
