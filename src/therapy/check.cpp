#include "therapy/check.hpp"

#include <algorithm>

#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr std::int64_t kShortestWindowS = 3'600;
constexpr std::int64_t kLongestWindowS = 7 * 86'400;

struct Checker {
  const Prescription& p;
  const PumpModel& model;
  Violations found;

  void flow(FlowRate rate, std::size_t index) {
    if (rate < model.min_flow) found.add(Rule::kFlowBelowRange, rate.raw(), model.min_flow.raw(), index);
    if (rate > model.max_flow) found.add(Rule::kFlowAboveRange, rate.raw(), model.max_flow.raw(), index);
  }

  void basal() {
    if (p.basal.mode == BasalMode::kSimpleContinuous) flow(p.basal.rate, 0);
    if (p.basal.mode != BasalMode::kFlex) return;
    for (std::size_t weekday = 0; weekday < kDaysPerWeek; ++weekday) {
      const std::uint8_t wanted = p.basal.profile_of_weekday[weekday];
      if (wanted >= p.basal.profile_count)
        found.add(Rule::kProfileMissing, wanted, p.basal.profile_count, weekday);
    }
    for (std::size_t i = 0; i < p.basal.profile_count; ++i) profile(p.basal.profiles[i], i);
  }

  void profile(const DayProfile& day, std::size_t index) {
    const auto steps = day.used();
    if (steps.empty()) {
      found.add(Rule::kProfileEmpty, 0, 1, index);
      return;
    }
    if (steps[0].from_minute != 0) found.add(Rule::kProfileNotFromMidnight, steps[0].from_minute, 0, index);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      flow(steps[i].rate, index * kMaxProfileSteps + i);
      if (i > 0 && steps[i].from_minute <= steps[i - 1].from_minute) {
        found.add(Rule::kProfileNotAscending, steps[i].from_minute, steps[i - 1].from_minute,
                  index * kMaxProfileSteps + i);
      }
    }
  }

  void bolus(const BolusDose& dose, FlowRate under_it, BolusKind kind) {
    const auto index = static_cast<std::size_t>(kind);
    if (dose.volume.raw() == 0) return;
    if (dose.volume.raw() % model.step.raw() != 0) {
      found.add(Rule::kBolusNotWholeSteps, dose.volume.raw(), model.step.raw(), index);
    }
    if (dose.rate.raw() == 0) {
      found.add(Rule::kBolusWithoutFlow, 0, 1, index);
      return;
    }
    if (dose.rate + under_it > model.max_flow) {
      found.add(Rule::kBolusFlowAboveRange, (dose.rate + under_it).raw(), model.max_flow.raw(), index);
    }
    const auto longest = kind == BolusKind::kBridge ? days(60) : kLongestBolus;
    const auto takes = time_for(dose.volume, dose.rate);
    if (!takes || *takes > longest) {
      found.add(Rule::kBolusTooLong, takes.value_or(Duration{INT64_MAX}).raw(), longest.raw(), index);
    }
  }

  void schedule() {
    const BolusSchedule& s = p.schedule;
    const bool doses = s.dose.volume.raw() > 0;
    const bool times = s.kind == ScheduleKind::kInterval ? s.interval_s > 0
                                                         : s.kind == ScheduleKind::kTimesOfDay && s.count > 0;
    if (doses != times || doses != (s.kind != ScheduleKind::kNone)) {
      found.add(Rule::kScheduleIncomplete, s.dose.volume.raw(), times ? 1 : 0);
      return;
    }
    if (!doses || s.dose.rate.raw() == 0) return;
    const std::int64_t takes = bolus_duration(s.dose).raw();
    if (s.kind == ScheduleKind::kInterval) {
      if (s.interval_s * 1'000LL < takes) found.add(Rule::kSchedulesOverlap, s.interval_s * 1'000LL, takes);
      return;
    }
    for (std::size_t i = 0; i < s.count; ++i) {
      const bool last = i + 1 == s.count;
      if (!last && s.minutes[i + 1] <= s.minutes[i]) {
        found.add(Rule::kScheduleNotAscending, s.minutes[i + 1], s.minutes[i], i + 1);
        continue;
      }
      const std::int64_t next = last ? s.minutes[0] + kMinutesPerDay : s.minutes[i + 1];
      const std::int64_t gap = (next - s.minutes[i]) * 60'000LL;
      if (gap < takes) found.add(Rule::kSchedulesOverlap, gap, takes, i);
    }
  }

  void patient() {
    const PatientBolusPolicy& policy = p.patient;
    if (policy.dose.volume.raw() == 0) return;
    if (policy.allotted == 0)
      found.add(Rule::kAllottedOutOfRange, 0, static_cast<std::int64_t>(kMaxAllotted));
    if (policy.window_s < kShortestWindowS)
      found.add(Rule::kWindowOutOfRange, policy.window_s, kShortestWindowS);
    if (policy.window_s > kLongestWindowS)
      found.add(Rule::kWindowOutOfRange, policy.window_s, kLongestWindowS);
    if (policy.dose.rate.raw() == 0) return;
    const std::int64_t takes = bolus_duration(policy.dose).raw();
    if (policy.lockout_s * 1'000LL < takes) {
      found.add(Rule::kLockoutShorterThanBolus, policy.lockout_s * 1'000LL, takes);
    }
  }

  void supervised() {
    const SupervisedWindow& window = p.supervised;
    constexpr std::int64_t kLongest = kLongestSupervised.raw() / 1'000;
    if (window.lasts_s > kLongest) found.add(Rule::kSupervisedTooLong, window.lasts_s, kLongest);
    if (window.lasts_s == 0 || p.patient.dose.volume.raw() == 0) return;
    if (window.allotted > p.patient.allotted)
      found.add(Rule::kSupervisedMoreDoses, window.allotted, p.patient.allotted);
    if (window.lockout_s < p.patient.lockout_s)
      found.add(Rule::kSupervisedShortLock, window.lockout_s, p.patient.lockout_s);
  }

  void how_many() {
    const std::int64_t most = most_boluses_a_day(p);
    if (most > kMostBolusesADay) found.add(Rule::kTooManyBoluses, most, kMostBolusesADay);
  }

  void safe_state() {
    const FlowRate lowest = basal_range(p.basal, model.minimum_rate).lowest;
    const FlowRate rate = safe_rate(p.safe_state, model.minimum_rate);
    if (p.safe_state.action == SafeAction::kEmergencyRate && rate.raw() == 0)
      found.add(Rule::kSafeRateMissing, 0, 1);
    if (rate > lowest) found.add(Rule::kSafeRateAboveLowestBasal, rate.raw(), lowest.raw());
  }

  void once(const FluidPath& path) {
    if (p.prime.volume > path.total())
      found.add(Rule::kPrimeAbovePath, p.prime.volume.raw(), path.total().raw());
    if (p.bridge.volume > path.total())
      found.add(Rule::kBridgeAbovePath, p.bridge.volume.raw(), path.total().raw());
    if (p.bridge.volume.raw() == 0) return;
    if (p.bridge.from_formulation == 0) found.add(Rule::kBridgeWithoutFormulation, 0, 1);
    const FlowRate rate = p.bridge.rate;
    if (rate < model.min_flow) found.add(Rule::kBridgeFlowOutOfRange, rate.raw(), model.min_flow.raw());
    if (rate > model.max_flow) found.add(Rule::kBridgeFlowOutOfRange, rate.raw(), model.max_flow.raw());
  }

  void ceilings(const Ceilings& limits) {
    const auto worst = [&](Rule rule, Duration window, Volume limit) {
      // In whole steps, rounded up: one that was all but earned before the window falls in it.
      const Volume worst_case = worst_case_volume(p, model.minimum_rate, window);
      const Volume most = model.step * divide_up(worst_case.raw(), model.step.raw());
      if (most > limit) found.add(rule, most.raw(), limit.raw());
    };
    worst(Rule::kWorstHourAboveCeiling, hours(1) + kHourBucket, limits.hour);
    worst(Rule::kWorstDayAboveCeiling, days(1) + kDayBucket, limits.day);
    worst(Rule::kWorstThirtyDaysAboveCeiling, days(30) + kThirtyDayBucket, limits.thirty_days);
  }
};

}  // namespace

void Violations::add(Rule rule, std::int64_t value, std::int64_t limit, std::size_t index) {
  if (count_ == kCapacity) {
    overflowed_ = true;
    return;
  }
  list_[count_++] = Violation{rule, static_cast<std::uint16_t>(index), value, limit};
}

std::int64_t most_boluses_a_day(const Prescription& p) {
  constexpr std::int64_t kDayS = 86'400;
  std::int64_t most = 0;
  if (p.schedule.kind == ScheduleKind::kInterval && p.schedule.interval_s > 0)
    most += divide_up(kDayS, p.schedule.interval_s);
  if (p.schedule.kind == ScheduleKind::kTimesOfDay) most += p.schedule.count;
  if (p.patient.dose.volume.raw() > 0) {
    std::int64_t granted = kDayS;
    if (p.patient.window_s > 0) granted = divide_up(kDayS, p.patient.window_s) * p.patient.allotted;
    if (p.patient.lockout_s > 0) granted = std::min(granted, divide_up(kDayS, p.patient.lockout_s));
    most += granted;
  }
  return most;
}

Violations check(const Prescription& prescription, const PumpModel& model, const FluidPath& path,
                 const Ceilings& ceilings, std::uint32_t smallest_number) {
  Checker checker{prescription, model, {}};
  if (prescription.number < smallest_number) {
    checker.found.add(Rule::kNumberNotGrowing, prescription.number, smallest_number);
  }
  const FormulationError formulation = check(prescription.formulation);
  if (formulation != FormulationError::kNone) {
    checker.found.add(Rule::kFormulation, static_cast<std::int64_t>(formulation), 0);
  }
  checker.basal();
  const FlowRate highest = basal_range(prescription.basal, model.minimum_rate).highest;
  checker.bolus(prescription.schedule.dose, highest, BolusKind::kScheduled);
  checker.bolus(prescription.patient.dose, highest, BolusKind::kPatient);
  checker.bolus(prescription.single, highest, BolusKind::kSingle);
  checker.bolus(prescription.prime, FlowRate{0}, BolusKind::kPrime);
  checker.bolus({prescription.bridge.volume, prescription.bridge.rate}, FlowRate{0}, BolusKind::kBridge);
  checker.bolus({prescription.patient.during_bridge, prescription.patient.dose.rate},
                prescription.bridge.rate, BolusKind::kDuringBridge);
  const bool stopped = prescription.basal.mode == BasalMode::kStopped;
  if (stopped &&
      (prescription.patient.dose.volume.raw() > 0 || prescription.schedule.dose.volume.raw() > 0)) {
    checker.found.add(Rule::kBolusNeedsBasalMode, 0, 1);
  }
  checker.schedule();
  checker.patient();
  checker.supervised();
  checker.how_many();
  checker.safe_state();
  checker.once(path);
  if (prescription.expires_utc_s != 0 && prescription.expires_utc_s <= prescription.starts_utc_s) {
    checker.found.add(Rule::kExpiryNotAfterStart, prescription.expires_utc_s, prescription.starts_utc_s);
  }
  if (checker.found.empty())
    checker.ceilings(ceilings);  // the worst case of a malformed program means nothing
  return checker.found;
}

}  // namespace theca
