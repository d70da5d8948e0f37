#include "clinic/order_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "plan/library_names.hpp"
#include "quantity/print.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

std::string drug_name(DrugCode code, const Library& library) {
  const DrugEntry* entry = library.find_drug(code);
  return entry == nullptr ? fmt::format("drug {}", static_cast<int>(code)) : entry->name;
}
/// As the implant is told: its answers to faults go by it.
std::string_view class_name(DrugClass drug_class) {
  return drug_class == DrugClass::kUnknown ? "class unknown" : name_of(drug_class);
}
using Buffer = std::array<char, kPrintBytes>;
std::string fluid_text(const Formulation& fluid, const Library& library) {
  std::string text;
  for (const Component& part : fluid.parts()) {
    Buffer buffer;
    const MassUnit unit = spoken_unit(library.find_drug(part.drug));
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : " + ", drug_name(part.drug, library),
                        print_concentration(part.concentration, buffer, unit), class_name(part.drug_class));
  }
  return text.empty() ? "none" : text;
}

constexpr int kDoseDigits = 4;
/// A drug as it is in the fluid, and the unit that its doses are spoken in: one for all of them, so that
/// none is taken for a thousand of another.
struct Spoken {
  Concentration concentration;
  MassUnit unit;
};
std::string dose_text(DoseRate dose, MassUnit unit) {
  Buffer buffer;
  return std::string{print_dose_rate(dose, buffer, unit, Per::kDay, Rounding::significant(kDoseDigits))};
}
std::string mass_text(Volume volume, const Spoken& c) {
  Buffer buffer;
  return std::string{
      print_mass(mass_in(volume, c.concentration), buffer, c.unit, Rounding::significant(kDoseDigits))};
}
std::string bolus_text(const BolusDose& dose, const Spoken& c) {
  if (dose.volume.raw() == 0) return "none";
  return fmt::format("{} ({}) over {}, at {}", mass_text(dose.volume, c), to_text(dose.volume),
                     to_text(bolus_duration(dose), seconds(1)), to_text(dose.rate));
}
std::string hex(std::span<const std::uint8_t> bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }
constexpr std::int64_t kYear10000 = 253'402'300'800;  // in UTC seconds: no date can be written from here on
std::string utc_text(std::int64_t utc_s) {
  return utc_s < 0 || utc_s >= kYear10000 ? fmt::format("{} s after 1970", utc_s)
                                          : local_datetime_text(utc_s * 1'000) + " UTC";
}
std::string offset_text(std::int16_t minutes) {
  const int size = std::abs(int{minutes});
  return fmt::format("UTC{}{:02}:{:02}", minutes < 0 ? "-" : "+", size / 60, size % 60);
}
std::string zone_text(const Zone& zone) {
  if (zone.change_utc_s == 0 && zone.offset_after_minutes == 0) return offset_text(zone.offset_minutes);
  return fmt::format("{}, {} from {} on", offset_text(zone.offset_minutes),
                     offset_text(zone.offset_after_minutes), utc_text(zone.change_utc_s));
}
std::string hours_text(std::uint16_t from, std::uint16_t to) {
  return from == to ? fmt::format("all day ({})", clock_time_text(from))
                    : fmt::format("{} to {}", clock_time_text(from), clock_time_text(to));
}
/// Every step with its flow and the dose per day that it would be.
std::string steps_text(const DayProfile& profile, const Spoken& c) {
  std::string text;
  for (const ProfileStep& step : profile.used()) {
    text += fmt::format("{}from {} {} ({})", text.empty() ? "" : ", ", clock_time_text(step.from_minute),
                        to_text(step.rate), dose_text(dose_rate(step.rate, c.concentration), c.unit));
  }
  return text;
}
std::string schedule_text(const BolusSchedule& schedule, const Spoken& c) {
  switch (schedule.kind) {
    case ScheduleKind::kNone:
      return "none";
    case ScheduleKind::kInterval:
      return fmt::format("{}; every {}, first after {}", bolus_text(schedule.dose, c),
                         to_text(seconds(schedule.interval_s)), to_text(seconds(schedule.first_after_s)));
    case ScheduleKind::kTimesOfDay:
      break;
  }
  std::string text = bolus_text(schedule.dose, c) + "; at";
  for (std::size_t i = 0; i < schedule.count; ++i)
    text += fmt::format("{} {}", i == 0 ? "" : ",", clock_time_text(schedule.minutes[i]));
  return text;
}
const char* fallback_name(Fallback fallback) {
  switch (fallback) {
    case Fallback::kMinimumRate:
      return "minimum rate";
    case Fallback::kStop:
      return "stop";
    case Fallback::kSafeState:
      return "safe state";
  }
  return "";
}
const char* safe_name(SafeAction action) {
  switch (action) {
    case SafeAction::kStop:
      return "stop";
    case SafeAction::kMinimumRate:
      return "minimum rate";
    case SafeAction::kEmergencyRate:
      return "emergency rate";
  }
  return "";
}

void only_where_given(BolusDose& dose) {
  if (dose.volume.raw() == 0) dose = {};
}
/// The prescription without what stands in it and means nothing there.
Prescription effective(Prescription p) {
  if (p.safe_state.action != SafeAction::kEmergencyRate) p.safe_state.emergency_rate = {};
  if (p.basal.mode != BasalMode::kSimpleContinuous) p.basal.rate = {};
  for (std::uint8_t& profile : p.basal.profile_of_weekday) {
    if (profile >= p.basal.profile_count) profile = 0;
  }
  if (p.schedule.kind == ScheduleKind::kNone) p.schedule = {};
  if (p.schedule.kind != ScheduleKind::kInterval) p.schedule.interval_s = p.schedule.first_after_s = 0;
  if (p.schedule.kind != ScheduleKind::kTimesOfDay) {
    p.schedule.count = 0;
    p.schedule.minutes = {};
  }
  only_where_given(p.schedule.dose);
  if (p.patient.dose.volume.raw() == 0) p.patient = {};
  only_where_given(p.prime);
  if (p.bridge.volume.raw() == 0) p.bridge = {};
  only_where_given(p.single);
  if (p.supervised.lasts_s == 0) p.supervised = {};
  return p;
}
std::string without_effect(const Prescription& p) {
  const PrescriptionBytes all = encode(p), meant = encode(effective(p));
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] != meant[i]) text += fmt::format("{}byte {}: {}", text.empty() ? "" : ", ", i, all[i]);
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

const char* basal_name(BasalMode mode) {
  switch (mode) {
    case BasalMode::kStopped:
      return "stopped";
    case BasalMode::kMinimumRate:
      return "minimum rate";
    case BasalMode::kSimpleContinuous:
      return "simple continuous";
    case BasalMode::kFlex:
      return "flex";
  }
  return "";
}

MassUnit spoken_unit(const DrugEntry* drug) {
  if (drug == nullptr) return MassUnit::kMilligram;
  DoseRate most{};
  for (const auto& limit : drug->max_per_day) most = std::max(most, limit.value);
  if (drug->max_per_day.empty())
    for (const auto& usual : drug->usual_per_day) most = std::max(most, usual.value.high);
  return most > kMostInMicrograms ? MassUnit::kMilligram : MassUnit::kMicrogram;
}

DoseRate daily_dose(const Prescription& prescription, FlowRate minimum_rate) {
  const Concentration c = prescription.formulation.components[0].concentration;
  if (prescription.basal.mode != BasalMode::kFlex)
    return DoseRate{mass_in(Volume{basal_range(prescription.basal, minimum_rate).highest.raw()}, c).raw()};
  // By the calendar's days, as a clinician reckons: not the worst 24 hours, which run from day to day.
  std::int64_t most = 0;  // nL
  for (const std::uint8_t profile : prescription.basal.profile_of_weekday) {
    const auto steps = prescription.basal.profiles[profile].used();
    std::int64_t day = 0;  // nL/day x min
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::int64_t until = i + 1 < steps.size() ? steps[i + 1].from_minute : kMinutesPerDay;
      day += steps[i].rate.raw() * (until - steps[i].from_minute);
    }
    most = std::max(most, (day + kMinutesPerDay / 2) / kMinutesPerDay);
  }
  return DoseRate{mass_in(Volume{most}, c).raw()};
}

std::optional<std::string> not_confirmed(const std::string& typed, const Prescription& prescription,
                                         FlowRate minimum_rate) {
  const auto parsed = parse_dose_rate(typed);
  if (!parsed) return "the dose typed to confirm: " + parsed.error().message;
  const DoseRate daily = daily_dose(prescription, minimum_rate);
  const std::int64_t off = std::abs(parsed->raw() - daily.raw());
  constexpr std::int64_t kOf = 2'000;  // half a thousandth: no slip of a finger is so small
  const std::int64_t rounding = 2 * prescription.formulation.components[0].concentration.raw();
  if (off <= std::max(rounding, daily.raw() / kOf)) return std::nullopt;
  return fmt::format("the dose typed to confirm is {}, and the order gives {}", to_text(*parsed),
                     to_text(daily, Rounding::significant(6)));
}

std::vector<OrderRow> rows_of(const link::Order& order, const Prescription& p, FlowRate minimum_rate,
                              const Library& library) {
  const Component& first = p.formulation.components[0];
  const Spoken c{first.concentration, spoken_unit(library.find_drug(first.drug))};
  std::vector<OrderRow> rows;
  const auto row = [&](std::string what, std::string value) {
    rows.push_back({std::move(what), std::move(value)});
  };
  row("order", link::kOrderKindNames.at(static_cast<std::size_t>(order.kind)));
  row("implant", hex(order.implant));
  row("prescription", order.number == p.number ? std::to_string(p.number)
                                               : fmt::format("{}, ordered as {}", p.number, order.number));
  row("fluid", fmt::format("{}: {}", p.formulation.number, fluid_text(p.formulation, library)));
  for (const Component& part : p.formulation.parts()) {
    Prescription one = p;
    one.formulation.components[0].concentration = part.concentration;
    row("daily dose, " + drug_name(part.drug, library),
        dose_text(daily_dose(one, minimum_rate), spoken_unit(library.find_drug(part.drug))));
  }
  row("mode", basal_name(p.basal.mode));
  const RateRange flow = basal_range(p.basal, minimum_rate);
  row("flow", flow.lowest == flow.highest
                  ? to_text(flow.lowest)
                  : fmt::format("{} to {}", to_text(flow.lowest), to_text(flow.highest)));
  for (std::uint8_t i = 0; i < p.basal.profile_count; ++i) {
    std::uint8_t weekdays = 0;
    for (std::size_t day = 0; day < kDaysPerWeek; ++day) {
      if (p.basal.profile_of_weekday[day] == i) weekdays = static_cast<std::uint8_t>(weekdays | 1U << day);
    }
    row(fmt::format("  profile {}", i + 1),
        fmt::format("{}: {}", weekdays == 0 ? "no day" : weekdays_text(weekdays),
                    steps_text(p.basal.profiles[i], c)));
  }
  row("scheduled bolus", schedule_text(p.schedule, c));
  row("patient's bolus", bolus_text(p.patient.dose, c));
  if (p.patient.dose.volume.raw() > 0) {
    row("  lockout", to_text(seconds(p.patient.lockout_s)));
    row("  allotted", fmt::format("{} in {}", p.patient.allotted, to_text(seconds(p.patient.window_s))));
    row("  hours", hours_text(p.patient.from_minute, p.patient.to_minute));
    row("  during a bridge",
        p.patient.during_bridge.raw() == 0 ? "none" : to_text(p.patient.during_bridge) + " of the old fluid");
  }
  row("most in any hour", mass_text(worst_case_volume(p, minimum_rate, hours(1)), c));
  row("most in any day", mass_text(worst_case_volume(p, minimum_rate, days(1)), c));
  row("prime", p.prime.volume.raw() == 0
                   ? "none"
                   : fmt::format("{} at {}", to_text(p.prime.volume), to_text(p.prime.rate)));
  row("bridge", p.bridge.volume.raw() == 0 ? "none"
                                           : fmt::format("{} of fluid {} at {}", to_text(p.bridge.volume),
                                                         p.bridge.from_formulation, to_text(p.bridge.rate)));
  row("single bolus", bolus_text(p.single, c));
  row("supervised", p.supervised.lasts_s == 0
                        ? "no"
                        : fmt::format("{}; lockout {}, {} allotted", to_text(seconds(p.supervised.lasts_s)),
                                      to_text(seconds(p.supervised.lockout_s)), p.supervised.allotted));
  row("begins", p.starts_utc_s == 0 ? "at once" : utc_text(p.starts_utc_s));
  row("ends", p.expires_utc_s == 0
                  ? fmt::format("never ({})", fallback_name(p.fallback))
                  : fmt::format("{}, then {}", utc_text(p.expires_utc_s), fallback_name(p.fallback)));
  row("local time", zone_text(p.zone));
  row("when in doubt",
      fmt::format("{}, {}", safe_name(p.safe_state.action), to_text(safe_rate(p.safe_state, minimum_rate))));
  row("tubing, catheter", fmt::format("{}, {}", to_text(order.path.tubing), to_text(order.path.catheter)));
  if (order.path_contents.number != 0)
    row("in them",
        fmt::format("{}: {}", order.path_contents.number, fluid_text(order.path_contents, library)));
  row("ceilings", fmt::format("{} an hour, {} a day, {} in 30 days", to_text(order.ceilings.hour),
                              to_text(order.ceilings.day), to_text(order.ceilings.thirty_days)));
  row("largest rise, next visit", percent_text(order.largest_rise_ppm) + " by one signer");
  row("low alarm", to_text(order.low_alarm));
  row("break-glass holds for", to_text(seconds(order.emergency_hold_s)));
  row("patient may pause", order.patient_may_pause ? "yes" : "no");
  row("says without effect", without_effect(p));
  row("instead of", order.parent == link::Hash{} ? "nothing" : "order " + hex(order.parent));
  row("written", fmt::format("{} by {}", utc_text(order.issued_utc_s), order.author));
  return rows;
}

std::vector<ComparedRow> compare(const std::vector<OrderRow>& before, const std::vector<OrderRow>& now) {
  std::vector<ComparedRow> rows;
  for (const OrderRow& row : now) rows.push_back({row.what, "-", row.value});
  for (const OrderRow& row : before) {
    const auto same = std::ranges::find(rows, row.what, &ComparedRow::what);
    if (same == rows.end()) {
      rows.push_back({row.what, row.value, "-"});
    } else {
      same->before = row.value;
    }
  }
  return rows;
}

}  // namespace theca
