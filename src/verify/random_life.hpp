#pragma once
/// Random lives of a pump: a model, a patient, legal prescriptions, and what people do over days. One seed
/// gives one life, bit for bit.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "pump/pump.hpp"
#include "therapy/check.hpp"
#include "therapy/schedule.hpp"

namespace theca::verify {

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same stream everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// Evenly from low to high, both possible.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    if (high <= low) return low;
    return low + static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// Each order of magnitude alike.
  std::int64_t spread(std::int64_t low, std::int64_t high) {
    std::int64_t top = low;
    int doublings = 0;
    while (top < high / 2) {
      top *= 2;
      ++doublings;
    }
    const std::int64_t from = low << between(0, doublings);
    return std::min(high, between(from, from * 2));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }

 private:
  std::uint64_t state_;
};

/// How many lives, and from which seed. THECA_LONG plays a campaign, ten times as many unless said otherwise
/// (an hour of all tests on two cores), THECA_LIVES no more than so many, THECA_SEED another stream;
/// THECA_LIFE replays one life of it.
struct Campaign {
  std::uint64_t seed = 20'260'801;
  std::int64_t first = 0;
  std::int64_t end = 0;
  bool few = false;

  explicit Campaign(std::int64_t in_ci) : Campaign(in_ci, 10 * in_ci) {}
  Campaign(std::int64_t in_ci, std::int64_t when_long) {
#ifdef THECA_SANITIZED
    in_ci = std::max<std::int64_t>(1, in_ci / 10);
#endif
    end = std::getenv("THECA_LONG") != nullptr ? when_long : in_ci;
    if (const char* text = std::getenv("THECA_LIVES")) {
      few = true;
      end = std::min<std::int64_t>(end, std::strtoll(text, nullptr, 0));
    }
    if (const char* text = std::getenv("THECA_SEED")) seed = std::strtoull(text, nullptr, 0);
    if (const char* text = std::getenv("THECA_LIFE")) {
      first = std::strtoll(text, nullptr, 0);
      end = first + 1;
    }
  }
  [[nodiscard]] std::uint64_t seed_of(std::int64_t life) const {
    return Random{seed + 0x632BE59BD9B4E019ULL * static_cast<std::uint64_t>(life)}.bits();
  }
  [[nodiscard]] std::string name(std::int64_t life) const {
    return "THECA_SEED=" + std::to_string(seed) + " THECA_LIFE=" + std::to_string(life);
  }
  [[nodiscard]] bool whole() const { return !few && end - first > 1; }
};

/// Constants of the two kinds of actuator; sources stand in data/pumps/.
inline PumpModel roller_model() {
  PumpModel m;
  m.code = 1;
  m.actuator = ActuatorKind::kRoller;
  m.step = nanolitres(10);
  m.min_flow = microlitres_per_day(48);
  m.max_flow = microlitres_per_day(28'800);
  m.minimum_rate = microlitres_per_day(6);
  m.capacity = millilitres(40);
  m.residual = microlitres(500);
  m.low_alarm = millilitres(2);
  m.accuracy_ppm = 145'000;
  m.tubing = microlitres(199);
  m.catheter_per_cm = nanolitres(2'200);
  return m;
}
inline PumpModel valve_model() {
  PumpModel m = roller_model();
  m.code = 2;
  m.actuator = ActuatorKind::kValve;
  m.step = nanolitres(2'500);
  m.minimum_rate = nanolitres_per_day(0);
  m.accuracy_ppm = 100'000;
  return m;
}
inline PumpModel random_model(Random& random) { return random.one_in(3) ? valve_model() : roller_model(); }

inline Formulation fluid(std::uint32_t number, Random& random) {
  Formulation f;
  f.number = number;
  f.count = static_cast<std::uint8_t>(random.between(1, 3));
  for (std::size_t i = 0; i < f.count; ++i) {
    f.components[i].drug = DrugCode{static_cast<std::uint16_t>(1 + i + (random.one_in(3) ? 3U : 0U))};
    f.components[i].drug_class = static_cast<DrugClass>(random.between(0, 4));
    f.components[i].concentration = Concentration{random.spread(1'000, kMaxConcentration.raw())};
  }
  return f;
}

/// What a prescription is written for.
struct Occasion {
  PumpModel model;
  FluidPath path;
  std::uint32_t number = 1;
  Formulation reservoir;
  std::uint32_t at_tip = 0;
  Volume until_at_tip;  // of the reservoir's fluid
  Volume dry;           // of the path, at the tip's end
  std::int64_t now_ms = 0;
  std::int64_t utc_ms_at_zero = 0;
  std::int64_t life_ms = 0;
  std::int64_t most_steps = 30'000;  // of basal, in the life
  bool may_expire = true;
  bool may_start_later = false;
  bool bridge = false;  // when another fluid stands at the tip
  bool daylight_saving = false;
};

inline std::int64_t whole(std::int64_t volume, const PumpModel& model) {
  return volume / model.step.raw() * model.step.raw();
}

/// A bolus of whole steps whose flow, over `under`, the actuator makes.
inline BolusDose random_bolus(Random& random, const PumpModel& model, FlowRate under, std::int64_t longest_ms,
                              std::int64_t most_steps) {
  const std::int64_t steps = random.spread(1, most_steps);
  const std::int64_t room = std::max<std::int64_t>(1, model.max_flow.raw() - under.raw());
  const std::int64_t volume = steps * model.step.raw();
  const std::int64_t length = random.spread(60'000, longest_ms);
  const std::int64_t rate = volume * kMillisecondsPerDay / length + 1;
  return {Volume{volume}, FlowRate{std::min(room, rate)}};
}

inline FlowRate random_rate(Random& random, const Occasion& on) {
  const std::int64_t by_steps =
      on.most_steps * on.model.step.raw() * kMillisecondsPerDay / std::max<std::int64_t>(1, on.life_ms);
  const std::int64_t high =
      std::clamp(by_steps, on.model.min_flow.raw() + 1, on.model.max_flow.raw() * 9 / 10);
  return FlowRate{random.spread(on.model.min_flow.raw(), high)};
}

inline Basal random_basal(Random& random, const Occasion& on) {
  Basal basal;
  const std::int64_t kind = random.between(0, 19);
  if (kind == 0) return basal;
  if (kind == 1) {
    basal.mode = BasalMode::kMinimumRate;
    return basal;
  }
  if (kind < 9) {
    basal.mode = BasalMode::kSimpleContinuous;
    basal.rate = random_rate(random, on);
    return basal;
  }
  basal.mode = BasalMode::kFlex;
  basal.profile_count = static_cast<std::uint8_t>(random.between(1, 3));
  for (auto& profile : basal.profile_of_weekday)
    profile = static_cast<std::uint8_t>(random.between(0, basal.profile_count - 1));
  for (std::size_t i = 0; i < basal.profile_count; ++i) {
    DayProfile& day = basal.profiles[i];
    std::int64_t minute = 0;
    const std::int64_t most = random.between(1, 6);
    while (day.count < most && minute < kMinutesPerDay) {
      day.steps[day.count++] = {static_cast<std::uint16_t>(minute), random_rate(random, on)};
      minute += random.one_in(4) ? random.between(1, 60) : random.between(30, 500);
    }
  }
  return basal;
}

inline void add_schedule(Random& random, const Occasion& on, FlowRate highest, Prescription& p) {
  BolusSchedule& s = p.schedule;
  if (random.one_in(2)) {
    s.kind = ScheduleKind::kInterval;
    s.interval_s = static_cast<std::uint32_t>(random.between(1'200, 14 * 3'600));
    s.first_after_s = static_cast<std::uint32_t>(random.between(0, 3 * 3'600));
    s.dose =
        random_bolus(random, on.model, highest, std::min<std::int64_t>(s.interval_s, 7'200) * 1'000, 600);
    return;
  }
  s.kind = ScheduleKind::kTimesOfDay;
  std::int64_t minute =
      random.one_in(2) ? random.between(60, 200) : random.between(0, 600);  // changes fall at 1 to 3
  const std::int64_t most = random.between(1, 8);
  while (s.count < most && minute < kMinutesPerDay) {
    s.minutes[s.count++] = static_cast<std::uint16_t>(minute);
    minute += random.one_in(2) ? random.between(10, 60) : random.between(30, 400);
  }
  s.dose = random_bolus(random, on.model, highest, 600'000, 300);
}

inline void add_patient(Random& random, const Occasion& on, FlowRate highest, Prescription& p) {
  PatientBolusPolicy& policy = p.patient;
  policy.dose = random_bolus(random, on.model, highest, random.one_in(6) ? 8 * 3'600'000 : 1'800'000, 600);
  const std::int64_t takes = bolus_duration(policy.dose).raw() / 1'000 + 1;
  policy.lockout_s =
      static_cast<std::uint32_t>(takes + (random.one_in(3) ? 0 : random.spread(60, 4 * 3'600)));
  policy.window_s = static_cast<std::uint32_t>(random.spread(3'600, 2 * 86'400));
  policy.allotted = static_cast<std::uint8_t>(random.between(1, 8));
  if (random.one_in(4)) {
    policy.from_minute = static_cast<std::uint16_t>(random.between(0, kMinutesPerDay - 1));
    policy.to_minute = static_cast<std::uint16_t>(random.between(0, kMinutesPerDay - 1));
  }
  if (random.one_in(2))
    policy.during_bridge = Volume{whole(policy.dose.volume.raw() / random.between(1, 4), on.model)};
}

inline Prescription random_prescription(Random& random, const Occasion& on) {
  Prescription p;
  p.number = on.number;
  p.formulation = on.reservoir;
  p.fallback = random.one_in(3) ? Fallback::kStop : Fallback::kMinimumRate;
  const std::int64_t offset =
      std::array<std::int64_t, 3>{-300, 60, 330}[static_cast<std::size_t>(random.between(0, 2))];
  p.zone.offset_minutes = static_cast<std::int16_t>(offset);
  p.zone.offset_after_minutes = p.zone.offset_minutes;
  p.basal = random_basal(random, on);
  const RateRange basal = basal_range(p.basal, on.model.minimum_rate);
  if (p.basal.mode != BasalMode::kStopped) {
    if (random.one_in(2)) add_schedule(random, on, basal.highest, p);
    if (!random.one_in(4)) add_patient(random, on, basal.highest, p);
    if (basal.lowest.raw() > 0 && random.one_in(2)) {
      p.safe_state = {SafeAction::kEmergencyRate, FlowRate{random.between(1, basal.lowest.raw())}};
    }
    if (random.one_in(6)) p.single = random_bolus(random, on.model, basal.highest, 3'600'000, 300);
  }
  if (on.daylight_saving &&
      (p.basal.mode == BasalMode::kFlex || p.schedule.kind == ScheduleKind::kTimesOfDay)) {
    // Local midnight of a day of the life, then the hour at which zones change.
    const std::int64_t utc_now = on.utc_ms_at_zero + on.now_ms;
    const std::int64_t day =
        floor_divide(utc_now + offset * 60'000, kMillisecondsPerDay) + random.between(0, 1);
    const std::int64_t change =
        day * kMillisecondsPerDay - offset * 60'000 + random.between(1, 3) * 3'600'000;
    p.zone.change_utc_s = change / 1'000;
    p.zone.offset_after_minutes = static_cast<std::int16_t>(offset + (random.one_in(2) ? 60 : -60));
  }
  const std::int64_t step = on.model.step.raw();
  if (on.dry.raw() >= step && random.one_in(2)) {
    p.prime = {Volume{whole(random.between(step, on.dry.raw()), on.model)},
               FlowRate{random.spread(on.model.min_flow.raw() * 4, on.model.max_flow.raw())}};
  }
  if (on.bridge && on.until_at_tip.raw() >= step && on.at_tip != 0) {
    const std::int64_t quick =
        on.until_at_tip.raw() * kMillisecondsPerDay / std::max<std::int64_t>(3'600'000, on.life_ms / 3);
    p.bridge = {Volume{whole(on.until_at_tip.raw(), on.model)},
                FlowRate{std::clamp(quick, on.model.min_flow.raw(), on.model.max_flow.raw() / 2)}, on.at_tip};
  }
  const std::int64_t utc_now_s = (on.utc_ms_at_zero + on.now_ms) / 1'000;
  if (on.may_start_later && p.bridge.volume.raw() == 0 && p.prime.volume.raw() == 0 && random.one_in(2)) {
    p.starts_utc_s = utc_now_s + random.between(60, 20'000);
  }
  if (on.may_expire && random.one_in(4)) {
    p.expires_utc_s = std::max(p.starts_utc_s, utc_now_s) + random.between(3'600, on.life_ms / 1'000 + 7'200);
  }
  return p;
}

/// The smallest ceilings this prescription is legal under; nothing when it breaks another rule.
inline std::optional<Ceilings> least_ceilings(const Prescription& p, const PumpModel& model,
                                              const FluidPath& path) {
  Ceilings least{Volume{1}, Volume{1}, Volume{1}};
  const Violations found = check(p, model, path, Ceilings{Volume{-1}, Volume{-1}, Volume{-1}}, p.number);
  for (const Violation& v : found.all()) {
    const Volume needed{std::max<std::int64_t>(1, v.value)};
    if (v.rule == Rule::kWorstHourAboveCeiling)
      least.hour = needed;
    else if (v.rule == Rule::kWorstDayAboveCeiling)
      least.day = needed;
    else if (v.rule == Rule::kWorstThirtyDaysAboveCeiling)
      least.thirty_days = needed;
    else
      return std::nullopt;
  }
  least.day = std::max(least.day, least.hour);
  least.thirty_days = std::max(least.thirty_days, least.day);
  return least;
}

/// The largest ceilings a pump takes.
inline Ceilings widest_ceilings(const PumpModel& model) {
  const auto most = [&](Duration window) {
    return Amount::over(model.max_flow, window).floor() + model.step * 2;
  };
  return {most(hours(1) + kHourBucket), most(days(1) + kDayBucket), most(days(30) + kThirtyDayBucket)};
}

inline Ceilings loosened(Random& random, Ceilings c) {
  const auto margin = [&](Volume v) {
    return random.one_in(2) ? v : v + Volume{random.between(0, v.raw() / 20)};
  };
  c.hour = margin(c.hour);
  c.day = std::max(c.hour, margin(c.day));
  c.thirty_days = std::max(c.day, margin(c.thirty_days));
  return c;
}

}  // namespace theca::verify
