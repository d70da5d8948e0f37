#include "plan/order.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr int kDosePrintDigits = 6;

class Composer {
 public:
  Composer(const Order& order, const PumpModel& model, const PathContents& path)
      : order_(order),
        model_(model),
        path_(path),
        concentration_(concentration_of(order.formulation, order.drug)) {}

  std::expected<Composed, std::vector<OrderError>> run() {
    if (concentration_.raw() == 0) {
      fail("drug", "the formulation does not hold this drug");
      return std::unexpected(errors_);
    }
    Prescription& p = out_.prescription;
    p.number = order_.number;
    p.formulation = order_.formulation;
    p.starts_utc_s = order_.starts_utc_s;
    p.expires_utc_s = order_.expires_utc_s;
    p.fallback = order_.fallback;
    p.zone = order_.zone;
    basal(p.basal);
    if (order_.schedule) schedule(p.schedule);
    if (order_.prime) prime(p.prime);
    if (order_.bridge) bridge(p.bridge);
    if (!order_.bridge) no_bridge();
    if (order_.patient) patient(p.patient);
    if (order_.single) p.single = bolus("single_bolus.dose", *order_.single, concentration_);
    supervised(p);
    safe_state(p);
    if (!errors_.empty()) return std::unexpected(errors_);
    return out_;
  }

 private:
  void fail(std::string key, std::string message) { errors_.push_back({std::move(key), std::move(message)}); }

  FlowRate flow(const std::string& key, DoseRate dose, Concentration concentration) {
    const FlowRate rate = flow_for(dose, concentration);
    const DoseRate back = dose_rate(rate, concentration);
    if (back != dose) {
      out_.roundings.push_back(
          fmt::format("{}: {} is given as {} ({}), the nearest the pump keeps", key, to_text(dose),
                      to_text(back, Rounding::significant(kDosePrintDigits)), to_text(rate)));
    }
    return rate;
  }

  void basal(Basal& basal) {
    basal.mode = order_.mode;
    if (order_.mode == BasalMode::kSimpleContinuous) basal.rate = flow("dose", order_.dose, concentration_);
    if (order_.mode != BasalMode::kFlex) return;
    if (order_.days.size() > kMaxProfiles) {
      return fail("flex", fmt::format("{} day profiles; a pump keeps {}", order_.days.size(), kMaxProfiles));
    }
    std::uint8_t covered = 0;
    for (std::size_t i = 0; i < order_.days.size(); ++i) {
      const OrderedDay& day = order_.days[i];
      if (covered & day.weekdays) {
        fail("flex", fmt::format("{} has two profiles", weekdays_text(covered & day.weekdays)));
      }
      covered = static_cast<std::uint8_t>(covered | day.weekdays);
      if (day.steps.size() > kMaxProfileSteps) {
        fail("flex", fmt::format("{} steps in one day; a pump keeps {}", day.steps.size(), kMaxProfileSteps));
        continue;
      }
      DayProfile& profile = basal.profiles[i];
      profile.count = static_cast<std::uint8_t>(day.steps.size());
      for (std::size_t k = 0; k < day.steps.size(); ++k) {
        profile.steps[k] = {day.steps[k].from_minute, flow("flex", day.steps[k].dose, concentration_)};
      }
      for (std::size_t weekday = 0; weekday < kDaysPerWeek; ++weekday) {
        if (day.weekdays & (1U << weekday)) basal.profile_of_weekday[weekday] = static_cast<std::uint8_t>(i);
      }
    }
    basal.profile_count = static_cast<std::uint8_t>(order_.days.size());
    const auto missing = static_cast<std::uint8_t>(0x7F & ~covered);
    if (missing != 0) fail("flex", fmt::format("no profile for {}", weekdays_text(missing)));
  }

  BolusDose bolus(const std::string& key, const OrderedBolus& ordered, Concentration concentration) {
    const Volume exact = volume_for(ordered.dose, concentration);
    const Volume volume = model_.step * whole_steps(exact, model_.step);
    if (volume.raw() == 0) {
      fail(key, fmt::format("{} is {} of this fluid, less than one step of this pump ({})",
                            to_text(ordered.dose), to_text(exact), to_text(model_.step)));
      return {};
    }
    if (ordered.over.raw() <= 0) {
      fail(key, "needs a time to be given over");
      return {};
    }
    const auto rate = multiply_divide(volume.raw(), kMillisecondsPerDay, ordered.over.raw(), Round::kNearest);
    if (!rate || *rate > kMaxFlowRate.raw() || *rate == 0) {
      fail(key,
           fmt::format("{} over {} is no flow a pump can be told", to_text(volume), to_text(ordered.over)));
      return {};
    }
    const Mass back = mass_in(volume, concentration);
    if (back != ordered.dose) {
      out_.roundings.push_back(fmt::format(
          "{}: {} is given as {} ({}), whole steps of {}", key, to_text(ordered.dose),
          to_text(back, Rounding::significant(kDosePrintDigits)), to_text(volume), to_text(model_.step)));
    }
    return {volume, FlowRate{*rate}};
  }

  /// The pump keeps whole seconds; a part of one would be cut, and a lockout shortened.
  std::uint32_t whole_seconds(const std::string& key, Duration time) {
    const std::int64_t s = time.raw() / 1'000;
    if (time.raw() % 1'000 != 0 || s > UINT32_MAX) {
      fail(key, fmt::format("{} is not a whole number of seconds that a pump keeps", to_text(time)));
      return 0;
    }
    return static_cast<std::uint32_t>(s);
  }

  void schedule(BolusSchedule& schedule) {
    const OrderedSchedule& ordered = *order_.schedule;
    schedule.dose = bolus("periodic_bolus.dose", ordered.bolus, concentration_);
    if (ordered.minutes.empty()) {
      schedule.kind = ScheduleKind::kInterval;
      schedule.interval_s = whole_seconds("periodic_bolus.every", ordered.every);
      schedule.first_after_s = whole_seconds("periodic_bolus.first_after", ordered.first_after);
      return;
    }
    if (ordered.minutes.size() > kMaxDailyBoluses) {
      return fail("periodic_bolus.at",
                  fmt::format("{} times of day; a pump keeps {}", ordered.minutes.size(), kMaxDailyBoluses));
    }
    schedule.kind = ScheduleKind::kTimesOfDay;
    schedule.count = static_cast<std::uint8_t>(ordered.minutes.size());
    std::copy(ordered.minutes.begin(), ordered.minutes.end(), schedule.minutes.begin());
  }

  void patient(PatientBolusPolicy& policy) {
    const OrderedPatientBolus& ordered = *order_.patient;
    policy.dose = bolus("patient_bolus.dose", ordered.bolus, concentration_);
    policy.lockout_s = whole_seconds("patient_bolus.lockout", ordered.lockout);
    policy.window_s = whole_seconds("patient_bolus.allotted", ordered.window);
    policy.allotted = ordered.allotted;
    policy.from_minute = ordered.from_minute;
    policy.to_minute = ordered.to_minute;
    if (!ordered.during_bridge || !order_.bridge) return;
    const Concentration old = concentration_of(path_.at_tip, order_.drug);
    if (old.raw() == 0) {
      return fail("patient_bolus.during_bridge", "the old formulation does not hold this drug; leave it out");
    }
    policy.during_bridge = bolus("patient_bolus.during_bridge", ordered.bolus, old).volume;
  }

  void supervised(Prescription& p) {
    const OrderedSupervision ordered = order_.supervised.value_or(
        OrderedSupervision{.lasts = kProposedSupervision, .lockout = {}, .allotted = {}});
    SupervisedWindow& window = p.supervised;
    window.lasts_s = whole_seconds("supervised.lasts", ordered.lasts);
    if (window.lasts_s == 0) return;
    window.lockout_s =
        ordered.lockout ? whole_seconds("supervised.lockout", *ordered.lockout) : p.patient.lockout_s;
    window.allotted = ordered.allotted.value_or(static_cast<std::uint8_t>((p.patient.allotted + 1) / 2));
  }

  void prime(BolusDose& prime) {
    if (path_.at_tip.number != 0)
      return fail("prime", "the path holds drug already; a prime is for a dry path");
    const Volume wanted = order_.prime->volume.value_or(path_.until_at_tip);
    prime = {model_.step * whole_steps(wanted, model_.step), order_.prime->rate.value_or(model_.max_flow)};
  }

  void bridge(BridgePlan& bridge) {
    if (order_.without_bridge) return fail("without_bridge", "the order has a bridge");
    if (path_.at_tip.number == 0 || path_.at_tip.number == order_.formulation.number) {
      return fail("bridge", "the path holds no other formulation to bridge from");
    }
    const Concentration same = concentration_of(path_.at_tip, order_.drug);
    const Concentration old = same.raw() > 0 ? same : path_.at_tip.components[0].concentration;
    bridge.from_formulation = path_.at_tip.number;
    bridge.volume = model_.step * whole_steps(path_.until_at_tip, model_.step);
    bridge.rate = flow("bridge", *order_.bridge, old);
  }

  /// What is left of another formulation would leave at a flow made for this one: not by forgetting.
  void no_bridge() {
    const bool another = path_.at_tip.number != 0 && path_.until_at_tip.raw() > 0 &&
                         !same_contents(path_.at_tip, order_.formulation);
    if (!another || order_.without_bridge || order_.mode == BasalMode::kStopped) return;
    fail("bridge", fmt::format("{} of another formulation would leave the tip first, at the flow of the new "
                               "one; write the dose to keep meanwhile, or without_bridge = true",
                               to_text(path_.until_at_tip)));
  }

  void safe_state(Prescription& p) {
    const bool stopped =
        order_.mode == BasalMode::kStopped;  // a safe state gives no more than the lowest basal
    const SafeAction proposed = stopped ? SafeAction::kStop : proposed_safe_action(class_of(p.formulation));
    p.safe_state.action = order_.safe_action.value_or(proposed);
    if (p.safe_state.action != SafeAction::kEmergencyRate) return;
    p.safe_state.emergency_rate =
        order_.emergency_dose ? flow("safe_state.emergency_rate", *order_.emergency_dose, concentration_)
                              : basal_range(p.basal, model_.minimum_rate).lowest;
  }

  const Order& order_;
  const PumpModel& model_;
  const PathContents& path_;
  Concentration concentration_;
  Composed out_;
  std::vector<OrderError> errors_;
};

std::string dose_text(FlowRate rate, Concentration concentration) {
  return to_text(dose_rate(rate, concentration), Rounding::significant(kDosePrintDigits));
}
std::string dose_text(Volume volume, Concentration concentration) {
  return to_text(mass_in(volume, concentration), Rounding::significant(kDosePrintDigits));
}

std::string basal_text(const Prescription& p, Concentration c) {
  switch (p.basal.mode) {
    case BasalMode::kStopped:
      return "stopped";
    case BasalMode::kMinimumRate:
      return "minimum rate";
    case BasalMode::kSimpleContinuous:
      return fmt::format("{} simple continuous ({})", dose_text(p.basal.rate, c), to_text(p.basal.rate));
    case BasalMode::kFlex:
      break;
  }
  const RateRange range = basal_range(p.basal, FlowRate{0});
  return fmt::format("flex between {} and {}, {} day profile{}", dose_text(range.lowest, c),
                     dose_text(range.highest, c), p.basal.profile_count,
                     p.basal.profile_count == 1 ? "" : "s");
}

}  // namespace

std::expected<Composed, std::vector<OrderError>> compose(const Order& order, const PumpModel& model,
                                                         const PathContents& path) {
  return Composer{order, model, path}.run();
}

std::string sentence(const Prescription& p, DrugCode drug, const std::string& contents) {
  const Concentration c = concentration_of(p.formulation, drug);
  const auto over = [](const BolusDose& dose) { return to_text(bolus_duration(dose), seconds(1)); };
  std::string text = fmt::format("prescription {}: {}, {}", p.number, contents, basal_text(p, c));
  if (p.prime.volume.raw() > 0)
    text += fmt::format("; prime {} at {}", to_text(p.prime.volume), to_text(p.prime.rate));
  if (p.bridge.volume.raw() > 0) {
    text +=
        fmt::format("; bridge {} of the old fluid at {}", to_text(p.bridge.volume), to_text(p.bridge.rate));
  }
  if (p.single.volume.raw() > 0)
    text += fmt::format("; single bolus {} over {}", dose_text(p.single.volume, c), over(p.single));
  if (p.schedule.kind == ScheduleKind::kInterval) {
    text += fmt::format("; periodic bolus {} over {} every {}", dose_text(p.schedule.dose.volume, c),
                        over(p.schedule.dose), to_text(seconds(p.schedule.interval_s)));
  } else if (p.schedule.kind == ScheduleKind::kTimesOfDay) {
    text += fmt::format("; {} scheduled boluses a day of {} over {}", p.schedule.count,
                        dose_text(p.schedule.dose.volume, c), over(p.schedule.dose));
  }
  if (p.patient.dose.volume.raw() > 0) {
    text +=
        fmt::format("; patient bolus {} over {}, lockout {}, {} per {}", dose_text(p.patient.dose.volume, c),
                    over(p.patient.dose), to_text(seconds(p.patient.lockout_s)), p.patient.allotted,
                    to_text(seconds(p.patient.window_s)));
  }
  return text;
}

}  // namespace theca
