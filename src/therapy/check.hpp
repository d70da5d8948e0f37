#pragma once
/// Is this prescription one that this pump, in this patient, may run? The same answer on the host before it
/// is sent and in the implant before it is taken. Drug limits with their sources stand in `plan`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

enum class Rule : std::uint8_t {
  kNumberNotGrowing,         // value: number, limit: smallest allowed
  kFormulation,              // value: FormulationError
  kFlowBelowRange,           // value, limit: nL/day; index: profile * 24 + step
  kFlowAboveRange,           // same
  kProfileMissing,           // index: weekday (0 Monday); value: profile asked for; limit: profiles there are
  kProfileNotFromMidnight,   // index: profile
  kProfileNotAscending,      // index: profile * 24 + step
  kProfileEmpty,             // index: profile
  kBolusNotWholeSteps,       // value: nL, limit: step in nL; index: BolusKind
  kBolusWithoutFlow,         // index: BolusKind
  kBolusFlowAboveRange,      // value: basal + bolus nL/day, limit; index: BolusKind
  kBolusTooLong,             // value, limit: ms; index: BolusKind
  kScheduleIncomplete,       // no interval, no times, or boluses without a schedule
  kScheduleNotAscending,     // index: bolus of the day
  kSchedulesOverlap,         // value: ms between two, limit: ms one takes
  kLockoutShorterThanBolus,  // value, limit: ms
  kWindowOutOfRange,         // value: s, limit: s (1 h ..= 7 d)
  kAllottedOutOfRange,       // value, limit
  kBolusNeedsBasalMode,      // patient or scheduled boluses while the basal is "stopped"
  kSafeRateAboveLowestBasal,  // value, limit: nL/day (INV-5)
  kSafeRateMissing,           // emergency rate chosen and zero
  kPrimeAbovePath,            // value, limit: nL (INV-4)
  kBridgeAbovePath,           // value, limit: nL
  kBridgeFlowOutOfRange,      // value: nL/day, limit: the bound it broke
  kBridgeWithoutFormulation,  // the bridge does not say which formulation it empties
  kExpiryNotAfterStart,       // value, limit: UTC s
  kWorstHourAboveCeiling,     // value, limit: nL (INV-4)
  kWorstDayAboveCeiling,
  kWorstThirtyDaysAboveCeiling,
  kTooManyBoluses,       // value: in the busiest day, limit: kMostBolusesADay
  kSupervisedTooLong,    // value, limit: s
  kSupervisedMoreDoses,  // value, limit: boluses in the policy's window
  kSupervisedShortLock,  // value, limit: s
};
inline constexpr std::size_t kRuleCount = 33;

enum class BolusKind : std::uint8_t {
  kScheduled = 0,
  kPatient = 1,
  kPrime = 2,
  kBridge = 3,
  kSingle = 4,
  kDuringBridge = 5
};

struct Violation {
  Rule rule;
  std::uint16_t index;
  std::int64_t value;
  std::int64_t limit;
};

/// All that is wrong, up to a fixed number; `overflowed` says that there was more.
class Violations {
 public:
  static constexpr std::size_t kCapacity = 24;
  void add(Rule rule, std::int64_t value, std::int64_t limit, std::size_t index = 0);
  [[nodiscard]] std::span<const Violation> all() const& { return {list_.data(), count_}; }
  std::span<const Violation> all() && = delete;  // the list dies with the temporary
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  std::array<Violation, kCapacity> list_{};
  std::size_t count_ = 0;
  bool overflowed_ = false;
};

/// The gate counts in buckets and counts one that is partly over as whole; a prescription must fit the
/// ceilings with that bucket added, so that a legal therapy never meets the gate.
inline constexpr Duration kHourBucket = minutes(5);
inline constexpr Duration kDayBucket = minutes(30);
inline constexpr Duration kThirtyDayBucket = hours(6);

/// Longest supervised window.
inline constexpr Duration kLongestSupervised = days(7);
/// Longest that break-glass holds delivery low.
inline constexpr Duration kLongestLowered = hours(72);
/// Longest bolus. Longer ones are a basal rate.
inline constexpr Duration kLongestBolus = hours(24);
/// Scheduled and patient-activated together: what the pump's journal holds 18 months of (INV-9).
inline constexpr std::int64_t kMostBolusesADay = 120;
/// The most that can begin in any 24 hours.
std::int64_t most_boluses_a_day(const Prescription& p);

Violations check(const Prescription& prescription, const PumpModel& model, const FluidPath& path,
                 const Ceilings& ceilings, std::uint32_t smallest_number);

}  // namespace theca
