#pragma once
/// What a physician orders, as the pump keeps it. Rates and volumes are the prescription; every dose shown is
/// computed back from them. docs/prescription.md tells the fields in clinical words.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "drug/formulation.hpp"
#include "drug/safe_state.hpp"
#include "quantity/quantity.hpp"
#include "therapy/modes.hpp"
#include "therapy/wall_clock.hpp"

namespace theca {

inline constexpr std::size_t kMaxProfiles = 7;
inline constexpr std::size_t kMaxProfileSteps = 24;
inline constexpr std::size_t kMaxDailyBoluses = 24;
inline constexpr std::size_t kMaxAllotted = 32;

/// A bolus is a whole number of actuator steps, given at a flow of its own on top of basal.
struct BolusDose {
  Volume volume;  // whole steps; zero: no such bolus
  FlowRate rate;
  friend bool operator==(const BolusDose&, const BolusDose&) = default;
};

struct ProfileStep {
  std::uint16_t from_minute = 0;  // minute of the local day; the first step of a profile starts at 0
  FlowRate rate;
  friend bool operator==(const ProfileStep&, const ProfileStep&) = default;
};

/// One day of a flex schedule.
struct DayProfile {
  std::uint8_t count = 0;
  std::array<ProfileStep, kMaxProfileSteps> steps{};
  [[nodiscard]] std::span<const ProfileStep> used() const { return {steps.data(), count}; }
  friend bool operator==(const DayProfile&, const DayProfile&) = default;
};

enum class BasalMode : std::uint8_t { kStopped = 0, kMinimumRate = 1, kSimpleContinuous = 2, kFlex = 3 };

struct Basal {
  BasalMode mode = BasalMode::kStopped;
  FlowRate rate;  // kSimpleContinuous
  std::uint8_t profile_count = 0;
  std::array<std::uint8_t, kDaysPerWeek> profile_of_weekday{};  // Monday first
  std::array<DayProfile, kMaxProfiles> profiles{};              // kFlex
  friend bool operator==(const Basal&, const Basal&) = default;
};

enum class ScheduleKind : std::uint8_t { kNone = 0, kInterval = 1, kTimesOfDay = 2 };

/// The periodic bolus. Every scheduled bolus has an identity (its number since the start, or day and index)
/// and is given exactly once.
struct BolusSchedule {
  ScheduleKind kind = ScheduleKind::kNone;
  BolusDose dose;
  std::uint32_t interval_s = 0;     // kInterval, elapsed time
  std::uint32_t first_after_s = 0;  // kInterval: from the start to the first bolus
  std::uint8_t count = 0;           // kTimesOfDay
  std::array<std::uint16_t, kMaxDailyBoluses> minutes{};
  friend bool operator==(const BolusSchedule&, const BolusSchedule&) = default;
};

/// What the patient may ask for. Lockout runs from the grant; `allotted` grants in any `window_s`.
struct PatientBolusPolicy {
  BolusDose dose;
  std::uint32_t lockout_s = 0;
  std::uint32_t window_s = 0;
  std::uint8_t allotted = 0;
  std::uint16_t from_minute = 0;  // allowed part of the local day, [from, to); from == to: all day
  std::uint16_t to_minute = 0;
  Volume during_bridge;  // volume of the old formulation given for a request while bridging; zero: refused
  friend bool operator==(const PatientBolusPolicy&, const PatientBolusPolicy&) = default;
};

/// The first hours after an implantation, a prime, a revision, a restart, a refill of an empty pump or a
/// change of drug, when most deaths happen (S108): fewer of the patient's boluses, and every alarm at once.
struct SupervisedWindow {
  std::uint32_t lasts_s = 0;    // zero: none
  std::uint32_t lockout_s = 0;  // at least the policy's own
  std::uint8_t allotted = 0;    // in the policy's window, at most its own; zero: no bolus meanwhile
  friend bool operator==(const SupervisedWindow&, const SupervisedWindow&) = default;
};

/// Delivers what is left of the old formulation at the dose to be kept. Ends by volume, not by time.
struct BridgePlan {
  Volume volume;  // whole steps; zero: no bridge
  FlowRate rate;
  std::uint32_t from_formulation = 0;
  friend bool operator==(const BridgePlan&, const BridgePlan&) = default;
};

enum class Fallback : std::uint8_t { kMinimumRate = 0, kStop = 1, kSafeState = 2 };

struct Prescription {
  std::uint32_t number = 0;  // grows with every prescription of this pump
  Formulation formulation;   // what must be in the reservoir for these rates to mean these doses
  SafeState safe_state;
  std::int64_t starts_utc_s = 0;   // 0: when it is committed
  std::int64_t expires_utc_s = 0;  // 0: never
  Fallback fallback = Fallback::kMinimumRate;
  Zone zone;
  Basal basal;
  BolusSchedule schedule;
  PatientBolusPolicy patient;
  BolusDose prime;    // given first, once
  BridgePlan bridge;  // then this, once
  BolusDose single;   // then this over the basal, once
  SupervisedWindow supervised;
  friend bool operator==(const Prescription&, const Prescription&) = default;
};

/// When a prescription ends, and what then: what a pump still has to know when it has lost the rest of it.
struct Ending {
  std::uint32_t prescription = 0;  // its number
  std::int64_t utc_s = 0;          // 0: never
  Fallback fallback = Fallback::kMinimumRate;
  friend bool operator==(const Ending&, const Ending&) = default;
};

/// Hour, day and 30-day ceilings of one patient: signed, kept apart from the prescription (INV-4).
struct Ceilings {
  Volume hour;
  Volume day;
  Volume thirty_days;
  friend bool operator==(const Ceilings&, const Ceilings&) = default;
};

// ---- canonical bytes ----------------------------------------------------------------------------------

/// Size of the one canonical, fixed-layout, little-endian form: stored twice, hashed, signed and sent.
inline constexpr std::size_t kPrescriptionBytes = 1'242;
using PrescriptionBytes = std::array<std::uint8_t, kPrescriptionBytes>;

enum class DecodeError : std::uint8_t {
  kLayoutVersion,    // byte 0
  kValueOutOfRange,  // an enumerator, count or index beyond its table
  kUnusedNotZero,    // a slot beyond its count must be zero: one prescription has one form
};
struct DecodeFailure {
  DecodeError error;
  std::uint16_t offset;  // of the offending field
};

PrescriptionBytes encode(const Prescription& prescription);

/// Every accepted byte string is the encoding of exactly one prescription.
std::expected<Prescription, DecodeFailure> decode(const PrescriptionBytes& bytes);

/// Takes any bits and makes a prescription of bounded shape from them, as a pump must whose memory has
/// rotted under a digest that still matches. Nothing about it is checked.
Prescription decode_unchecked(const PrescriptionBytes& bytes);

}  // namespace theca
