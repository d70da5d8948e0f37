#include "clinic/change_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "clinic/order_rows.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

/// A unit of mass, in femtograms.
struct Spoken {
  const char* name;
  std::int64_t fg;
  int decimals;  // of a femtogram in it
};
constexpr int kDecimalsOfNanogram = 6;
constexpr Spoken kMilligram{"mg", 1'000'000'000'000, 12}, kMicrogram{"mcg", 1'000'000'000, 9};

/// raw / 10^decimals without a zero at its end.
std::string decimal(std::int64_t raw, int decimals) {
  const std::string all = fmt::format("{:0{}}", raw, decimals + 1);
  const auto whole = static_cast<std::size_t>(std::ssize(all) - decimals);
  std::string digits = all.substr(0, whole);
  digits += '.';
  digits += all.substr(whole);
  while (digits.ends_with('0')) digits.pop_back();
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

/// The smallest power of ten that is no less than `fg`, but for at most 1 of the unit.
std::int64_t grid(std::int64_t fg, const Spoken& unit) {
  std::int64_t step = 1;
  while (step < fg && step < unit.fg) step *= 10;
  return step;
}

std::optional<FieldLimits> limits(const Spoken& unit, const char* per, std::int64_t fine, std::int64_t least,
                                  std::int64_t most) {
  const std::int64_t step = grid(fine, unit);
  const std::int64_t from = std::max(step, (least + step - 1) / step * step), to = most / step * step;
  if (to < from) return std::nullopt;
  FieldLimits out{std::string{unit.name} + per,
                  {1, unit.fg / step},
                  decimal(from, unit.decimals),
                  decimal(to, unit.decimals)};
  const auto field =
      clinic::EntryField::make(out.unit, out.step, out.least, out.most, clinic::TrailingZeros::kRefused);
  return field ? std::optional{std::move(out)} : std::nullopt;
}

}  // namespace

std::optional<ChangeFields> change_fields(const link::Order& order, const Prescription& prescription,
                                          const PumpModel& model, const Library& library) {
  const Component& first = prescription.formulation.components[0];
  const std::int64_t c = first.concentration.raw();  // fg in a nanolitre
  if (prescription.formulation.count == 0 || c == 0) return std::nullopt;
  const DrugEntry* drug = library.find_drug(first.drug);
  const DoseRate daily = daily_dose(prescription, model.minimum_rate);
  const Spoken unit = spoken_unit(drug) == MassUnit::kMilligram ? kMilligram : kMicrogram;
  const auto dose = limits(unit, "/day", c, model.minimum_rate.raw() * c, order.ceilings.day.raw() * c);
  const auto bolus = limits(unit, "", model.step.raw() * c, 0, order.ceilings.hour.raw() * c);
  constexpr std::int64_t kHours = 24;
  const std::int64_t fastest = std::min(order.ceilings.hour.raw() * kHours, model.max_flow.raw());
  const auto part = limits(unit, "/day", c, model.minimum_rate.raw() * c, fastest * c);
  if (!dose || !bolus || !part) return std::nullopt;

  ChangeFields out{
      .drug = drug == nullptr ? fmt::format("drug {}", static_cast<int>(first.drug)) : drug->name,
      .concentration = decimal(c, unit.decimals - kDecimalsOfNanogram),
      .mode = prescription.basal.mode,
      .daily_dose = decimal(daily.raw(), unit.decimals),
      .dose = *dose,
      .bolus = *bolus,
      .part_dose = *part,
      .patient = std::nullopt,
      .flex = {}};
  const Basal& basal = prescription.basal;
  for (std::uint8_t i = 0; basal.mode == BasalMode::kFlex && i < basal.profile_count; ++i) {
    FlexDayNow day;
    for (std::size_t weekday = 0; weekday < kDaysPerWeek; ++weekday)
      if (basal.profile_of_weekday[weekday] == i)
        day.weekdays = static_cast<std::uint8_t>(day.weekdays | 1U << weekday);
    for (const ProfileStep& step : basal.profiles[i].used())
      day.steps.push_back({step.from_minute, decimal(step.rate.raw() * c, unit.decimals)});
    if (day.weekdays != 0) out.flex.push_back(std::move(day));
  }
  const PatientBolusPolicy& policy = prescription.patient;
  if (policy.dose.volume.raw() > 0)
    out.patient = PatientBolusNow{decimal(policy.dose.volume.raw() * c, unit.decimals),
                                  bolus_duration(policy.dose).raw() / 1'000, policy.lockout_s,
                                  policy.window_s, policy.allotted};
  return out;
}

std::optional<ChangeFields> fields_of_fluid(const Formulation& fluid, const PumpModel& model,
                                            const Library& library) {
  constexpr std::int64_t kHours = 24;
  link::Order order;
  order.ceilings.hour = Volume{model.max_flow.raw() / kHours};
  order.ceilings.day = Volume{model.max_flow.raw()};
  Prescription prescription;
  prescription.formulation = fluid;
  prescription.basal.mode = BasalMode::kSimpleContinuous;
  return change_fields(order, prescription, model, library);
}

}  // namespace theca
