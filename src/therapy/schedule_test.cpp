#include "therapy/schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate kMinimum = microlitres_per_day(6);
constexpr std::int64_t kMidnight = 20'514LL * kMillisecondsPerDay;  // Monday 2026-03-02

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }
Instant at(Duration since) { return Instant{0} + since; }
std::int64_t units(Amount a) { return a.floor().raw() * Amount::kUnitsPerNanolitre + a.rest_units(); }

// ---- basal ------------------------------------------------------------------------------------------------

TEST(BasalAt, plain_modes_hold_for_ever) {
  const WallClock clock{kMonday8, Zone{}};
  Basal basal;
  basal.rate = FlowRate{123};
  for (const auto& [mode, rate] :
       {std::pair{BasalMode::kStopped, FlowRate{0}}, std::pair{BasalMode::kMinimumRate, kMinimum},
        std::pair{BasalMode::kSimpleContinuous, FlowRate{123}}}) {
    basal.mode = mode;
    EXPECT_EQ(basal_at(basal, clock, kMinimum, at(days(5))).rate, rate);
    EXPECT_EQ(basal_at(basal, clock, kMinimum, at(days(5))).until, kNever);
  }
}

TEST(BasalAt, flex_holds_until_just_before_the_next_step_or_midnight) {
  const WallClock clock{ClockOffset{kMidnight}, Zone{}};
  Basal basal;
  every_day(basal, {{0, FlowRate{100}}, {9 * 60, FlowRate{200}}, {21 * 60, FlowRate{300}}});
  const auto expect = [&](Duration since, FlowRate rate, Duration until) {
    EXPECT_EQ(basal_at(basal, clock, kMinimum, at(since)).rate, rate);
    EXPECT_EQ(basal_at(basal, clock, kMinimum, at(since)).until, at(until));
  };
  expect(hours(0), FlowRate{100}, hours(9));
  expect(hours(9) - milliseconds(1), FlowRate{100}, hours(9));
  expect(hours(9), FlowRate{200}, hours(21));
  expect(hours(21), FlowRate{300}, hours(24));
  expect(hours(24), FlowRate{100}, hours(33));
}

TEST(BasalAt, each_weekday_has_its_profile) {
  const WallClock clock{ClockOffset{kMidnight}, Zone{}};
  Basal basal;
  every_day(basal, {{0, FlowRate{100}}});
  basal.profile_count = 2;
  basal.profiles[1].count = 1;
  basal.profiles[1].steps[0] = {0, FlowRate{700}};
  basal.profile_of_weekday = {0, 0, 0, 0, 0, 1, 1};
  for (int day = 0; day < 14; ++day) {
    EXPECT_EQ(basal_at(basal, clock, kMinimum, at(days(day) + hours(5))).rate,
              FlowRate{day % 7 < 5 ? 100 : 700})
        << day;
  }
}

TEST(BasalAt, a_segment_ends_where_the_clock_changes) {
  const WallClock clock{ClockOffset{kMidnight}, Zone{0, 60, kMidnight / 1'000 + 2 * 3'600}};
  Basal basal;
  every_day(basal, {{0, FlowRate{100}}, {4 * 60, FlowRate{200}}});
  EXPECT_EQ(basal_at(basal, clock, kMinimum, at(hours(1))).until, at(hours(2)));
  EXPECT_EQ(basal_at(basal, clock, kMinimum, at(hours(2))).rate, FlowRate{100});
  EXPECT_EQ(basal_at(basal, clock, kMinimum, at(hours(2))).until, at(hours(3)));
}

TEST(BasalRange, is_the_lowest_and_highest_rate_of_all_days) {
  Basal basal;
  every_day(basal, {{0, FlowRate{300}}, {60, FlowRate{100}}, {120, FlowRate{200}}});
  EXPECT_EQ(basal_range(basal, kMinimum).lowest, FlowRate{100});
  EXPECT_EQ(basal_range(basal, kMinimum).highest, FlowRate{300});
  basal.mode = BasalMode::kMinimumRate;
  EXPECT_EQ(basal_range(basal, kMinimum).lowest, kMinimum);
  basal.mode = BasalMode::kStopped;
  EXPECT_EQ(basal_range(basal, kMinimum).highest, FlowRate{0});
  basal.mode = BasalMode::kSimpleContinuous;
  basal.rate = FlowRate{5};
  EXPECT_EQ(basal_range(basal, kMinimum).lowest, FlowRate{5});
}

// ---- scheduled boluses ------------------------------------------------------------------------------------

std::vector<Instant> first_boluses(const BolusSchedule& schedule, const WallClock& clock, Instant start,
                                   std::size_t n) {
  std::vector<Instant> times;
  std::int64_t after = kNoBolusYet;
  while (times.size() < n) {
    const auto due = next_scheduled_bolus(schedule, clock, start, after);
    if (!due) break;
    EXPECT_GT(due->identity, after);
    after = due->identity;
    times.push_back(due->at);
  }
  return times;
}

TEST(ScheduledBolus, by_interval_from_the_start) {
  const WallClock clock{kMonday8, Zone{}};
  const auto schedule = each(over(microlitres(1), minutes(1)), 7'200, 600);
  EXPECT_EQ(first_boluses(schedule, clock, at(hours(1)), 3),
            (std::vector{at(minutes(70)), at(minutes(190)), at(minutes(310))}));
}

TEST(ScheduledBolus, by_the_clock_from_the_first_one_not_before_the_start) {
  const WallClock clock{ClockOffset{kMidnight}, Zone{}};
  const auto schedule = at_minutes(over(microlitres(1), minutes(1)), {8 * 60, 20 * 60});
  EXPECT_EQ(first_boluses(schedule, clock, at(hours(8)), 3),
            (std::vector{at(hours(8)), at(hours(20)), at(hours(32))}));
  EXPECT_EQ(first_boluses(schedule, clock, at(hours(8) + milliseconds(1)), 2),
            (std::vector{at(hours(20)), at(hours(32))}));
}

TEST(ScheduledBolus, INV_7_one_in_a_skipped_hour_comes_at_its_end_and_once) {
  const WallClock clock{ClockOffset{kMidnight},
                        Zone{0, 60, kMidnight / 1'000 + 2 * 3'600}};  // 02:00 becomes 03:00
  const auto schedule = at_minutes(over(microlitres(1), minutes(1)), {60, 2 * 60 + 30, 4 * 60});
  EXPECT_EQ(first_boluses(schedule, clock, at(hours(0)), 4),
            (std::vector{at(hours(1)), at(hours(2)), at(hours(3)), at(hours(24))}));
}

TEST(ScheduledBolus, INV_7_one_in_a_repeated_hour_comes_the_first_time_only) {
  const WallClock clock{ClockOffset{kMidnight},
                        Zone{0, -60, kMidnight / 1'000 + 3 * 3'600}};  // 03:00 becomes 02:00
  const auto schedule = at_minutes(over(microlitres(1), minutes(1)), {60, 2 * 60 + 30, 4 * 60});
  EXPECT_EQ(first_boluses(schedule, clock, at(hours(0)), 4),
            (std::vector{at(hours(1)), at(hours(2) + minutes(30)), at(hours(5)), at(hours(26))}));
}

TEST(ScheduledBolus, none_without_dose_kind_interval_or_times) {
  const WallClock clock{kMonday8, Zone{}};
  BolusSchedule schedule;
  EXPECT_FALSE(next_scheduled_bolus(schedule, clock, Instant{0}, kNoBolusYet));
  schedule = each(BolusDose{}, 60, 0);
  EXPECT_FALSE(next_scheduled_bolus(schedule, clock, Instant{0}, kNoBolusYet));
  schedule = each(over(microlitres(1), minutes(1)), 0, 0);
  EXPECT_FALSE(next_scheduled_bolus(schedule, clock, Instant{0}, kNoBolusYet));
  schedule = at_minutes(over(microlitres(1), minutes(1)), {});
  EXPECT_FALSE(next_scheduled_bolus(schedule, clock, Instant{0}, kNoBolusYet));
}

TEST(BolusDue, comes_evenly_and_never_beyond_the_whole) {
  const BolusDose dose = over(microlitres(25), minutes(5));
  EXPECT_EQ(bolus_due(dose, milliseconds(-1)), Amount{});
  EXPECT_EQ(bolus_due(dose, milliseconds(0)), Amount{});
  EXPECT_EQ(bolus_due(dose, minutes(1)).floor(), microlitres(5));
  EXPECT_EQ(bolus_due(dose, minutes(5)).floor(), microlitres(25));
  EXPECT_EQ(bolus_due(dose, days(5)), Amount::of(microlitres(25)));
  EXPECT_EQ(bolus_duration(dose), minutes(5));
  EXPECT_EQ(bolus_duration({nanolitres(10), FlowRate{7'000'000}}), milliseconds(124));  // 123.4 ms
}

// ---- the integral
// -------------------------------------------------------------------------------------------

/// A valid small therapy: plain or flex basal, a schedule or none, a zone change near by or none, an expiry
/// or none.
Prescription any_therapy() {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{*within(0, 3'000'000)});
  p.basal.mode = *rc::gen::element(BasalMode::kSimpleContinuous, BasalMode::kFlex, BasalMode::kMinimumRate);
  if (p.basal.mode == BasalMode::kFlex) {
    p.basal.profile_count = static_cast<std::uint8_t>(*within(1, 3));
    for (auto& profile : p.basal.profile_of_weekday)
      profile = static_cast<std::uint8_t>(*within(0, p.basal.profile_count - 1));
    for (std::size_t i = 0; i < p.basal.profile_count; ++i) {
      DayProfile& day = p.basal.profiles[i];
      std::int64_t minute = 0;
      while (day.count < 5 && minute < 1'440) {
        day.steps[day.count++] = {static_cast<std::uint16_t>(minute), FlowRate{*within(0, 3'000'000)}};
        minute += *within(1, 600);
      }
    }
  }
  const BolusDose dose{nanolitres(10) * *within(1, 2'000), FlowRate{*within(5'000'000, 20'000'000)}};
  const auto kind =
      *rc::gen::element(ScheduleKind::kNone, ScheduleKind::kInterval, ScheduleKind::kTimesOfDay);
  if (kind == ScheduleKind::kInterval) {
    const auto shortest = divide_up(bolus_duration(dose).raw(), 1'000);
    p.schedule = each(dose, static_cast<std::uint32_t>(shortest + *within(0, 7'200)),
                      static_cast<std::uint32_t>(*within(0, 7'200)));
  }
  if (kind == ScheduleKind::kTimesOfDay) {
    p.schedule = at_minutes(dose, {});
    for (std::int64_t minute = *within(0, 300); minute < 1'440 && p.schedule.count < 6;
         minute += *within(30, 400)) {
      p.schedule.minutes[p.schedule.count++] = static_cast<std::uint16_t>(minute);
    }
    if (p.schedule.count == 0) p.schedule = BolusSchedule{};
  }
  p.zone.offset_minutes = static_cast<std::int16_t>(*within(-2, 2) * 60);
  p.zone.offset_after_minutes = p.zone.offset_minutes;
  if (*rc::gen::arbitrary<bool>()) {
    p.zone.offset_after_minutes =
        static_cast<std::int16_t>(p.zone.offset_minutes + *rc::gen::element(-60, 60));
    p.zone.change_utc_s = kMidnight / 1'000 + *within(0, 3 * 86'400);
  }
  return p;
}

/// What has come due by the end of each millisecond from `from` on, told one millisecond at a time.
std::int64_t units_by_the_millisecond(const Prescription& p, ClockOffset offset, Instant start, Instant from,
                                      Instant to) {
  const WallClock clock{offset, p.zone};
  const Instant expiry = expiry_of(p, offset);
  std::int64_t sum = 0;
  std::vector<Instant> boluses;
  if (p.schedule.kind != ScheduleKind::kNone) {
    std::int64_t after = kNoBolusYet;
    while (const auto due = next_scheduled_bolus(p.schedule, clock, start, after)) {
      if (due->at >= to) break;
      boluses.push_back(due->at);
      after = due->identity;
    }
  }
  const std::int64_t whole = p.schedule.dose.volume.raw() * Amount::kUnitsPerNanolitre,
                     rate = p.schedule.dose.rate.raw();
  const auto due_by = [&](Instant t, Instant bolus) {
    return t <= bolus ? 0 : std::min(whole, rate * (t - bolus).raw());
  };
  for (Instant t = std::max(from, start); t < to; t = t + milliseconds(1)) {
    if (t >= expiry) {
      sum += fallback_rate(p, kMinimum).raw();
      continue;
    }
    sum += basal_at(p.basal, clock, kMinimum, t).rate.raw();
    for (const Instant bolus : boluses) sum += due_by(t + milliseconds(1), bolus) - due_by(t, bolus);
  }
  return sum;
}

RC_GTEST_PROP(DeliveredVolume, is_the_sum_over_every_millisecond, ()) {
  Prescription p = any_therapy();
  const ClockOffset offset{kMidnight + *within(0, kMillisecondsPerDay)};
  const Instant start{*within(0, 3 * kMillisecondsPerDay)};
  Instant from{*within(0, 4 * kMillisecondsPerDay)};
  const auto near = *rc::gen::element(0, 1, 2);
  const WallClock clock{offset, p.zone};
  if (near == 1 && clock.change() != kNever && clock.change() > Instant{30'000})
    from = clock.change() - milliseconds(*within(0, 30'000));
  if (near == 2) {
    const auto due = next_scheduled_bolus(p.schedule, clock, start, kNoBolusYet);
    if (due) from = std::max(Instant{0}, due->at - milliseconds(*within(0, 30'000)));
  }
  const Instant to = from + milliseconds(*within(0, 60'000));
  if (*rc::gen::arbitrary<bool>()) {
    p.expires_utc_s = (offset.utc_ms_at_zero + from.raw()) / 1'000 + *within(-60, 60);
    p.fallback = *rc::gen::element(Fallback::kMinimumRate, Fallback::kStop, Fallback::kSafeState);
  }
  RC_ASSERT(units(delivered_volume(p, offset, kMinimum, start, from, to)) ==
            units_by_the_millisecond(p, offset, start, from, to));
}

RC_GTEST_PROP(DeliveredVolume, any_cut_of_a_window_gives_the_same_sum, ()) {
  const Prescription p = any_therapy();
  const ClockOffset offset{kMidnight};
  const Instant start{*within(0, 1'000'000)};
  const Instant to{*within(1, 40 * kMillisecondsPerDay)};
  const Instant middle{*within(0, to.raw())};
  const auto given = [&](Instant a, Instant b) { return delivered_volume(p, offset, kMinimum, start, a, b); };
  RC_ASSERT(given(Instant{0}, middle) + given(middle, to) == given(Instant{0}, to));
}

TEST(DeliveredVolume, ten_years_are_exact) {
  Prescription p = continuous(1, morphine(1, 20), microlitres_per_day(28'800));
  p.schedule = each(over(microlitres(10), minutes(10)), 6 * 3'600, 0);
  const Amount ten_years = delivered_volume(p, kMonday8, kMinimum, Instant{0}, Instant{0}, at(days(3'652)));
  EXPECT_EQ(ten_years, Amount::of((microlitres(28'800) + microlitres(40)) * 3'652));
}

TEST(DeliveredVolume, a_flex_week_with_the_clock_set_forward_is_an_hour_shorter) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{0});
  every_day(p.basal, {{0, FlowRate{240'000}}, {4 * 60, FlowRate{480'000}}});
  const auto week = [&] {
    return delivered_volume(p, {kMidnight}, kMinimum, Instant{0}, Instant{0}, at(days(7)));
  };
  EXPECT_EQ(week(), Amount::of(nanolitres(7 * (40'000 + 400'000))));
  p.zone = {0, 60, kMidnight / 1'000 + 2 * 3'600};  // 02:00 becomes 03:00: an hour at the low rate is missing
  EXPECT_EQ(week(), Amount::of(nanolitres(7 * 440'000 - 10'000 +
                                          10'000)));  // its seven days end at 01:00 of the next Monday
  EXPECT_EQ(delivered_volume(p, {kMidnight}, kMinimum, Instant{0}, Instant{0}, at(hours(23))),
            Amount::of(nanolitres(430'000)));
}

TEST(DeliveredVolume, nothing_before_the_start_and_the_fall_back_after_the_expiry) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{240'000});
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 10 * 3'600;
  EXPECT_EQ(delivered_volume(p, kMonday8, kMinimum, at(hours(4)), Instant{0}, at(hours(5))),
            Amount::of(nanolitres(10'000)));
  EXPECT_EQ(delivered_volume(p, kMonday8, kMinimum, Instant{0}, at(hours(9)), at(hours(11))),
            Amount::of(nanolitres(10'250)));
  p.fallback = Fallback::kStop;
  EXPECT_EQ(delivered_volume(p, kMonday8, kMinimum, Instant{0}, at(hours(9)), at(hours(11))),
            Amount::of(nanolitres(10'000)));
  p.fallback = Fallback::kSafeState;
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{24'000}};
  EXPECT_EQ(delivered_volume(p, kMonday8, kMinimum, Instant{0}, at(hours(9)), at(hours(11))),
            Amount::of(nanolitres(11'000)));
  EXPECT_EQ(expiry_of(p, kMonday8), at(hours(10)));
  p.expires_utc_s = 0;
  EXPECT_EQ(expiry_of(p, kMonday8), kNever);
}

// ---- the worst case
// -----------------------------------------------------------------------------------------

RC_GTEST_PROP(WorstCase, INV_4_is_never_less_than_any_window_really_brings, ()) {
  Prescription p = any_therapy();
  if (*rc::gen::arbitrary<bool>()) {
    p.expires_utc_s = kMidnight / 1'000 + *within(86'400, 20 * 86'400);
    p.fallback = *rc::gen::element(Fallback::kMinimumRate, Fallback::kStop);
  }
  const ClockOffset offset{kMidnight - *within(0, kMillisecondsPerDay)};
  const Duration window = *rc::gen::oneOf(
      rc::gen::element(hours(1) + minutes(5), days(1) + minutes(30), days(7)),
      rc::gen::map(within(1, 9 * kMillisecondsPerDay), [](std::int64_t ms) { return Duration{ms}; }));
  const Instant start{*within(0, 1'000'000)};
  const Volume most = worst_case_volume(p, kMinimum, window);
  const WallClock clock{offset, p.zone};
  for (int i = 0; i < 30; ++i) {
    Instant from{*within(0, 10 * kMillisecondsPerDay)};
    if (i % 3 == 1 && clock.change() != kNever)
      from = clock.change() - milliseconds(*within(0, window.raw()));
    if (i % 3 == 2) {
      const auto segment = basal_at(p.basal, clock, kMinimum, from);
      if (segment.until != kNever) from = segment.until - milliseconds(*within(0, 1) * window.raw());
    }
    from = std::max(from, start);
    RC_ASSERT(delivered_volume(p, offset, kMinimum, start, from, from + window) <= Amount::of(most));
  }
}

TEST(WorstCase, by_hand) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{240'000});
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(1)), nanolitres(10'000));
  EXPECT_EQ(worst_case_volume(p, kMinimum, milliseconds(1)), nanolitres(1));
  p.patient = quarter_millilitre_a_day();
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(1)), nanolitres(10'000 + 25'000));
  // Three hours hold parts of two boluses at the most, together one; a millisecond longer might hold more.
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(3)), nanolitres(30'000 + 25'000));
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(3) + milliseconds(1)), nanolitres(30'001 + 2 * 25'000));
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(20)),
            nanolitres(200'000 + 4 * 25'000));  // no more than allotted
  p.single = over(microlitres(7), minutes(7));
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(1)), nanolitres(10'000 + 25'000 + 7'000));
}

TEST(WorstCase, a_flex_window_lies_over_the_highest_hours_wherever_they_are) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{0});
  every_day(p.basal, {{0, FlowRate{480'000}}, {60, FlowRate{24'000}}, {23 * 60, FlowRate{240'000}}});
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(1)), nanolitres(20'000));
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(2)), nanolitres(30'000));  // 23:00 to 01:00
  EXPECT_EQ(worst_case_volume(p, kMinimum, days(1)), nanolitres(20'000 + 22'000 + 10'000));
  p.zone = {60, 0, kMidnight / 1'000};  // an hour is lived twice, at worst the highest
  EXPECT_EQ(worst_case_volume(p, kMinimum, hours(1)), nanolitres(40'000));
}

TEST(WorstCase, a_scheduled_bolus_that_waits_for_another_comes_nearer_to_the_next) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{0});
  p.schedule = each(over(microlitres(6), minutes(10)), 3'600, 0);
  EXPECT_EQ(worst_case_volume(p, kMinimum, minutes(45)), microlitres(6));
  p.patient = quarter_millilitre_a_day();
  p.patient.dose = over(microlitres(25), minutes(20));  // one that is due at its start is given 20 min late
  EXPECT_EQ(worst_case_volume(p, kMinimum, minutes(45)), microlitres(25 + 2 * 6));
}

TEST(WorstCase, a_skipped_hour_brings_two_times_of_day_nearer) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{0});
  p.schedule = at_minutes(over(microlitres(6), minutes(10)), {60, 180});
  EXPECT_EQ(worst_case_volume(p, kMinimum, minutes(90)), microlitres(6));
  p.zone = {0, 60, kMidnight / 1'000 + 2 * 3'600};
  EXPECT_EQ(worst_case_volume(p, kMinimum, minutes(90)), microlitres(12));
}

TEST(FallbackRate, each_fall_back_has_its_rate) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{240'000});
  p.safe_state = {SafeAction::kEmergencyRate, FlowRate{24'000}};
  p.fallback = Fallback::kStop;
  EXPECT_EQ(fallback_rate(p, kMinimum), FlowRate{0});
  p.fallback = Fallback::kMinimumRate;
  EXPECT_EQ(fallback_rate(p, kMinimum), kMinimum);
  p.fallback = Fallback::kSafeState;
  EXPECT_EQ(fallback_rate(p, kMinimum), FlowRate{24'000});
}

}  // namespace
}  // namespace theca
