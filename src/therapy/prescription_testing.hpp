#pragma once
/// Pumps, fluids and prescriptions that tests speak of: the worked example of docs/arithmetic.md and its kin.

#include <array>
#include <cstdint>
#include <initializer_list>

#include "drug/formulation.hpp"
#include "quantity/quantity.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca::example {

inline constexpr PumpModel kRoller{.code = 2,
                                   .actuator = ActuatorKind::kRoller,
                                   .step = nanolitres(10),
                                   .min_flow = microlitres_per_day(48),
                                   .max_flow = microlitres_per_day(24'000),
                                   .minimum_rate = microlitres_per_day(6),
                                   .capacity = millilitres(40),
                                   .residual = microlitres(1'400),
                                   .low_alarm = millilitres(2),
                                   .accuracy_ppm = 145'000,
                                   .tubing = microlitres(199),
                                   .catheter_per_cm = nanolitres(2'200)};

inline constexpr PumpModel kValve{.code = 4,
                                  .actuator = ActuatorKind::kValve,
                                  .step = nanolitres(2'500),
                                  .min_flow = nanolitres_per_day(0),
                                  .max_flow = microlitres_per_day(28'800),
                                  .minimum_rate = nanolitres_per_day(0),
                                  .capacity = millilitres(40),
                                  .residual = millilitres(2),
                                  .low_alarm = millilitres(3),
                                  .accuracy_ppm = 150'000,
                                  .tubing = microlitres(200),
                                  .catheter_per_cm = nanolitres(2'600)};

/// Tubing and 80 cm of catheter: 0.375 mL.
inline constexpr FluidPath kPath{microlitres(199), microlitres(176)};

/// As much as the roller can give at all: nothing that is tested meets them by accident.
inline constexpr Ceilings kWidest{millilitres(1), millilitres(24), millilitres(720)};

inline constexpr DrugCode kMorphine{1};
inline constexpr DrugCode kBaclofen{2};
inline constexpr DrugCode kBupivacaine{3};

inline constexpr std::int64_t kMonday8UtcMs = 20'514LL * 86'400'000 + 8 * 3'600'000;  // 2026-03-02T08:00Z
inline constexpr ClockOffset kMonday8{kMonday8UtcMs};

inline Formulation fluid(std::uint32_t number, std::initializer_list<Component> parts) {
  Formulation made;
  made.number = number;
  for (const Component& part : parts) made.components[made.count++] = part;
  return made;
}
inline Formulation morphine(std::uint32_t number, std::int64_t mg_per_ml) {
  return fluid(number, {{kMorphine, DrugClass::kOpioid, milligrams_per_millilitre(mg_per_ml)}});
}
inline Formulation baclofen(std::uint32_t number, std::int64_t mcg_per_ml) {
  return fluid(number, {{kBaclofen, DrugClass::kWithdrawalProne, micrograms_per_millilitre(mcg_per_ml)}});
}

/// One constant flow, safe state: minimum rate.
inline Prescription continuous(std::uint32_t number, const Formulation& formulation, FlowRate rate) {
  Prescription p;
  p.number = number;
  p.formulation = formulation;
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = rate;
  return p;
}

/// A volume over a time that fits a whole number of nL/day.
inline BolusDose over(Volume volume, Duration time) {
  return {volume, FlowRate{volume.raw() * kMillisecondsPerDay / time.raw()}};
}

/// 25 µL over 5 min, lockout 3 h, 4 in 24 h.
inline PatientBolusPolicy quarter_millilitre_a_day() {
  PatientBolusPolicy policy;
  policy.dose = over(microlitres(25), minutes(5));
  policy.lockout_s = 3 * 3'600;
  policy.window_s = 24 * 3'600;
  policy.allotted = 4;
  return policy;
}

/// The same day on every day of the week.
inline void every_day(Basal& basal, std::initializer_list<ProfileStep> steps) {
  basal.mode = BasalMode::kFlex;
  basal.rate = FlowRate{0};
  basal.profile_count = 1;
  basal.profile_of_weekday = {};
  DayProfile& day = basal.profiles[0];
  day = {};
  for (const ProfileStep& step : steps) day.steps[day.count++] = step;
}

inline BolusSchedule at_minutes(BolusDose dose, std::initializer_list<std::uint16_t> minutes_of_day) {
  BolusSchedule schedule;
  schedule.kind = ScheduleKind::kTimesOfDay;
  schedule.dose = dose;
  for (const std::uint16_t minute : minutes_of_day) schedule.minutes[schedule.count++] = minute;
  return schedule;
}
inline BolusSchedule each(BolusDose dose, std::uint32_t interval_s, std::uint32_t first_after_s) {
  BolusSchedule schedule;
  schedule.kind = ScheduleKind::kInterval;
  schedule.dose = dose;
  schedule.interval_s = interval_s;
  schedule.first_after_s = first_after_s;
  return schedule;
}

}  // namespace theca::example
