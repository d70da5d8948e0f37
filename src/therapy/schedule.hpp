#pragma once
/// What a prescription gives and when, as exact integers. The engine, the checks, the planner and every
/// preview read the same functions.

#include <cstdint>
#include <optional>

#include "quantity/exact.hpp"
#include "therapy/prescription.hpp"

namespace theca {

/// A stretch of constant basal: `rate` holds from the asked instant until just before `until`.
struct BasalSegment {
  FlowRate rate;
  Instant until;
};

/// Basal rate at `at`. `minimum_rate` is the pump model's, used by that mode. Looks at the basal program
/// alone: not at start, expiry, prime or bridge.
BasalSegment basal_at(const Basal& basal, const WallClock& clock, FlowRate minimum_rate, Instant at);

/// The identity of a scheduled bolus: grows with time; by one clock, never used twice.
struct ScheduledBolusDue {
  std::int64_t identity;
  Instant at;
};

/// First scheduled bolus whose identity is larger than `after`. `start` is when the prescription began; a
/// bolus at a time of day counts from the first one not before `start`.
std::optional<ScheduledBolusDue> next_scheduled_bolus(const BolusSchedule& schedule, const WallClock& clock,
                                                      Instant start, std::int64_t after);
inline constexpr std::int64_t kNoBolusYet = INT64_MIN;

/// A bolus at a time of day that was given.
struct BolusAtTimeOfDay {
  std::uint16_t minute;  // of its day
  Instant at;
};
BolusAtTimeOfDay given_at(const BolusSchedule& schedule, const ScheduledBolusDue& bolus, Instant at);

/// First bolus at a time of day not before `now`, by a clock that has just been set. However often that
/// happens boluses come at most twice as fast as they are prescribed: none before half the time has passed
/// that its time of day lies behind the one of `last`. The same one: 12 h.
std::optional<ScheduledBolusDue> next_by_new_clock(const BolusSchedule& schedule, const WallClock& clock,
                                                   Instant now, const std::optional<BolusAtTimeOfDay>& last);

/// Part of a bolus that has come due `since` its start: never more than the whole.
Amount bolus_due(const BolusDose& dose, Duration since);

/// When the whole bolus has come due, rounded up to the millisecond. `rate` > 0.
Duration bolus_duration(const BolusDose& dose);

/// Exactly what basal and scheduled boluses prescribe between `from` and `to` for a prescription that began
/// at `start`: floor() of the sum is whole nanolitres, nothing is rounded before. Boluses count by the part
/// that comes due in the window. Past expiry the fall-back's rate counts: zero for stop, else `minimum_rate`
/// or the safe state's. Prime, bridge, single and patient boluses depend on what was delivered and stand in
/// the pump, not here.
Amount delivered_volume(const Prescription& prescription, ClockOffset offset, FlowRate minimum_rate,
                        Instant start, Instant from, Instant to);

/// Smallest and largest basal rate a program ever gives.
struct RateRange {
  FlowRate lowest;
  FlowRate highest;
};
RateRange basal_range(const Basal& basal, FlowRate minimum_rate);

/// Most volume that basal, the scheduled, the patient's and the single bolus can bring into any window of
/// this length, every allotted bolus taken, the window placed anywhere, a repeated hour at the highest rate
/// included. An upper bound, tight to one bolus and one nanolitre.
Volume worst_case_volume(const Prescription& prescription, FlowRate minimum_rate, Duration window);

/// A prescription that keeps the pump stopped keeps it stopped when it expires.
Ending ending_of(const Prescription& prescription);
/// Instant at which the prescription expires, kNever if it does not.
Instant expiry_of(const Prescription& prescription, ClockOffset offset);
Instant expiry_of(const Ending& ending, ClockOffset offset);
/// Rate that the fall-back of an expired prescription gives; one that kept the pump stopped keeps it stopped.
FlowRate fallback_rate(const Prescription& prescription, FlowRate minimum_rate);

}  // namespace theca
