#pragma once
/// Every alarm the pump can raise, one row each; the enumerators' order is their precedence, most urgent
/// first. Two classes as in the field: critical (two tones) and non-critical (one tone).

#include <array>
#include <cstddef>
#include <cstdint>

#include "quantity/quantity.hpp"

namespace theca {

enum class Alarm : std::uint8_t {
  kOverDelivery = 0,
  kReservoirDry,
  kMotorStall,
  kNothingGiven,
  kEndOfService,
  kSelfTestFailed,
  kMemoryFault,
  kLowBatteryReset,
  kPowerLost,
  kHourCeiling,
  kDayCeiling,
  kThirtyDayCeiling,
  kActuatorCeiling,
  kAllowanceUsed,
  kEmptyReservoir,
  kVolumeDisagrees,
  kLowered,
  kPrescriptionExpired,
  kLowReservoir,
  kReplaceSoon,
  kClockUncertain,
  kJournalFilling,
  kMemoryRepaired,
  kRestarted,
  kMagneticField,
  kKeysUnsafe,
};
inline constexpr std::size_t kAlarmCount = 26;

enum class AlarmClass : std::uint8_t { kCritical, kNonCritical };
enum class AlarmClears : std::uint8_t {
  kOnReplacement,
  kOnNewPrescription,
  kOnRefill,
  kWhenStepsReturn,        // by itself
  kWhenStepsReturnInTime,  // by itself within 72 h; then with a new prescription
  kWhenFieldIsLeft,        // by itself
  kWhenHoldIsOver,         // by itself
  kOnAcknowledge,          // by the clinic
  kOnTimeSet,
  kOnJournalAcknowledged,
};

struct AlarmRow {
  Alarm alarm;
  AlarmClass alarm_class;
  AlarmClears clears;
  const char* name;
  const char* text;
};

inline constexpr std::array<AlarmRow, kAlarmCount> kAlarms{{
    {Alarm::kOverDelivery, AlarmClass::kCritical, AlarmClears::kOnReplacement, "over-delivery",
     "The motor made more steps than it was told to. Motor power is off until the pump is replaced."},
    {Alarm::kReservoirDry, AlarmClass::kCritical, AlarmClears::kOnRefill, "reservoir dry",
     "By the pump's own count the reservoir holds nothing more. The motor is off."},
    {Alarm::kMotorStall, AlarmClass::kCritical, AlarmClears::kWhenStepsReturn, "motor stall",
     "The motor made fewer steps than it was told to. Delivery is held and tried again each minute."},
    {Alarm::kNothingGiven, AlarmClass::kCritical, AlarmClears::kWhenStepsReturnInTime,
     "nothing given for 48 h",
     "The motor has made no step for 48 hours, whatever the reason. After 72 hours the old dose does not "
     "come "
     "back by itself."},
    {Alarm::kEndOfService, AlarmClass::kCritical, AlarmClears::kOnReplacement, "end of service",
     "The battery is at its end. The pump is in its safe state and may stop at any time."},
    {Alarm::kSelfTestFailed, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "self-test failed",
     "The pump found itself not as it should be. It is in its safe state."},
    {Alarm::kMemoryFault, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "memory fault",
     "Records of the pump were lost in both copies. The pump is in its safe state."},
    {Alarm::kLowBatteryReset, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "low-battery reset",
     "The battery could not hold its voltage and the pump started again. It is in its safe state."},
    {Alarm::kPowerLost, AlarmClass::kCritical, AlarmClears::kOnAcknowledge, "power lost",
     "The pump lost power, its clock and the count of its last steps. Delivery goes on; extra doses are "
     "off."},
    {Alarm::kHourCeiling, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "hour ceiling",
     "The dose gate cut delivery at the patient's hour ceiling. The pump is in its safe state."},
    {Alarm::kDayCeiling, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "day ceiling",
     "The dose gate cut delivery at the patient's day ceiling. The pump is in its safe state."},
    {Alarm::kThirtyDayCeiling, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "30-day ceiling",
     "The dose gate cut delivery at the patient's 30-day ceiling. The pump is in its safe state."},
    {Alarm::kActuatorCeiling, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "actuator ceiling",
     "A flow above what this pump model may give was asked for and not given. The pump is in its safe "
     "state."},
    {Alarm::kAllowanceUsed, AlarmClass::kCritical, AlarmClears::kOnNewPrescription, "allowance used up",
     "A prime or bridge asked for more than its single-use allowance. The pump is in its safe state."},
    {Alarm::kEmptyReservoir, AlarmClass::kCritical, AlarmClears::kOnRefill, "empty reservoir",
     "A pump at the upper end of its accuracy would be empty now. Extra doses are off; basal runs."},
    {Alarm::kVolumeDisagrees, AlarmClass::kCritical, AlarmClears::kOnAcknowledge, "volumes disagree",
     "The volume sensed or aspirated and the volume counted differ by more than both can err. Extra doses "
     "are "
     "off."},
    {Alarm::kLowered, AlarmClass::kCritical, AlarmClears::kWhenHoldIsOver, "delivery lowered",
     "Somebody near the patient has lowered delivery in an emergency. It comes back by itself."},
    {Alarm::kPrescriptionExpired, AlarmClass::kNonCritical, AlarmClears::kOnNewPrescription,
     "prescription expired", "The prescription has run out. Its fall-back is running."},
    {Alarm::kLowReservoir, AlarmClass::kNonCritical, AlarmClears::kOnRefill, "low reservoir",
     "A pump at the upper end of its accuracy would be at the low level now."},
    {Alarm::kReplaceSoon, AlarmClass::kNonCritical, AlarmClears::kOnReplacement, "replace soon",
     "The battery will last 90 days more, perhaps not longer. The pump has to be replaced."},
    {Alarm::kClockUncertain, AlarmClass::kNonCritical, AlarmClears::kOnTimeSet, "clock uncertain",
     "The pump's clock stood still for an unknown time. Times of day are late until the time is set."},
    {Alarm::kJournalFilling, AlarmClass::kNonCritical, AlarmClears::kOnJournalAcknowledged, "journal filling",
     "The journal holds so much that the clinic has not read that room for more runs out."},
    {Alarm::kMemoryRepaired, AlarmClass::kNonCritical, AlarmClears::kOnAcknowledge, "memory repaired",
     "A record was damaged in one place and written anew. Nothing was lost."},
    {Alarm::kRestarted, AlarmClass::kNonCritical, AlarmClears::kOnAcknowledge, "restarted",
     "The pump started again; its clock and its count went on. A dose in hand was cut short."},
    {Alarm::kMagneticField, AlarmClass::kNonCritical, AlarmClears::kWhenFieldIsLeft, "magnetic field",
     "A strong magnetic field holds the rotor. Delivery goes on by itself when the field is left."},
    {Alarm::kKeysUnsafe, AlarmClass::kNonCritical, AlarmClears::kOnReplacement, "keys unsafe",
     "The memory has lost the keys by which programmers open the pump, or does not take new ones. Delivery "
     "goes on. The pump has to be replaced."},
}};

/// How an alarm sounds: tones one after the other, and how long in all. Two tones over 3 s and one over 1 s
/// are the field's, S32 of data/sources.toml; verified there.
struct AlarmSound {
  std::uint8_t tones;
  std::uint16_t lasts_ms;
};
constexpr AlarmSound sound_of(AlarmClass alarm_class) {
  return alarm_class == AlarmClass::kCritical ? AlarmSound{2, 3'000} : AlarmSound{1, 1'000};
}

/// How often an alarm sounds while it stands. Hourly for the lesser class is the field's (S37); 10 minutes is
/// said to be the fastest interval of the market leader and could not be verified. The rest is ours.
inline constexpr Duration kCriticalRepeat = minutes(10);
inline constexpr Duration kNonCriticalRepeat = hours(1);
inline constexpr Duration kCriticalRepeatAcknowledged = hours(1);
inline constexpr Duration kNonCriticalRepeatAcknowledged = hours(24);
/// An alarm that nobody has acknowledged for so long sounds as a critical one.
inline constexpr Duration kEscalates = days(7);

constexpr const AlarmRow& row_of(Alarm alarm) { return kAlarms[static_cast<std::size_t>(alarm)]; }

static_assert([] {
  for (std::size_t i = 0; i < kAlarmCount; ++i) {
    if (static_cast<std::size_t>(kAlarms[i].alarm) != i) return false;
  }
  return true;
}());

/// The alarms that stand, as a set.
class AlarmSet {
 public:
  [[nodiscard]] constexpr bool has(Alarm alarm) const { return (bits_ & bit(alarm)) != 0; }
  [[nodiscard]] constexpr bool any() const { return bits_ != 0; }
  [[nodiscard]] constexpr bool any_critical() const {
    for (const AlarmRow& row : kAlarms) {
      if (row.alarm_class == AlarmClass::kCritical && has(row.alarm)) return true;
    }
    return false;
  }
  /// The first of them in the order of the table; `any()` is true.
  [[nodiscard]] constexpr Alarm most_urgent() const {
    std::size_t i = 0;
    while (i + 1 < kAlarmCount && !has(static_cast<Alarm>(i))) ++i;
    return static_cast<Alarm>(i);
  }
  [[nodiscard]] constexpr AlarmSet without(AlarmSet others) const { return of_bits(bits_ & ~others.bits_); }
  constexpr void raise(Alarm alarm) { bits_ |= bit(alarm); }
  constexpr void clear(Alarm alarm) { bits_ &= ~bit(alarm); }
  /// One bit for each row of the table, as it is stored.
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  static constexpr AlarmSet of_bits(std::uint32_t bits) {
    AlarmSet set;
    set.bits_ = bits & ((std::uint32_t{1} << kAlarmCount) - 1);
    return set;
  }

 private:
  static_assert(kAlarmCount < 32);
  static constexpr std::uint32_t bit(Alarm alarm) { return std::uint32_t{1} << static_cast<unsigned>(alarm); }
  std::uint32_t bits_ = 0;
};

}  // namespace theca
