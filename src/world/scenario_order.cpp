#include "world/scenario_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "quantity/text.hpp"
#include "world/scenario_time.hpp"

namespace theca {
namespace {

constexpr std::array<Choice<BasalMode>, 4> kBasalModes{{{"simple continuous", BasalMode::kSimpleContinuous},
                                                        {"flex", BasalMode::kFlex},
                                                        {"minimum rate", BasalMode::kMinimumRate},
                                                        {"stopped", BasalMode::kStopped}}};
constexpr std::array<Choice<Fallback>, 3> kFallbacks{{{"minimum rate", Fallback::kMinimumRate},
                                                      {"stop", Fallback::kStop},
                                                      {"safe state", Fallback::kSafeState}}};
constexpr std::array<Choice<SafeAction>, 3> kSafeActions{{{"stop", SafeAction::kStop},
                                                          {"minimum rate", SafeAction::kMinimumRate},
                                                          {"emergency rate", SafeAction::kEmergencyRate}}};

OrderedBolus read_bolus(TableReader& table) {
  const auto dose = table.need_quantity("dose", parse_dose_over_time);
  return dose ? OrderedBolus{dose->dose, dose->time} : OrderedBolus{};
}

OrderedDay read_flex_day(TableReader& table) {
  OrderedDay day;
  day.weekdays = table.need_quantity("days", parse_weekdays).value_or(std::uint8_t{0});
  table.each("steps", [&](TableReader& step) {
    OrderedStep made;
    made.from_minute = static_cast<std::uint16_t>(step.need_quantity("from", parse_clock_time).value_or(0));
    made.dose = step.need_quantity("dose", parse_dose_rate).value_or(DoseRate{});
    day.steps.push_back(made);
  });
  if (day.steps.empty())
    table.error("steps", "missing or empty; write steps = [{ from = \"00:00\", dose = \"3 mg/day\" }]");
  return day;
}

void read_mode(TableReader& table, Order& order) {
  const auto mode = table.present("mode")
                        ? table.choice("mode", std::span<const Choice<BasalMode>>{kBasalModes})
                        : std::nullopt;
  if (mode) order.mode = *mode;
  const bool continuous = mode == BasalMode::kSimpleContinuous;
  if (continuous) order.dose = table.need_quantity("dose", parse_dose_rate).value_or(DoseRate{});
  if (!continuous && table.quantity("dose", parse_dose_rate) && mode) {
    table.error("dose", "is for the mode \"simple continuous\" alone");
  }
  table.each("flex", [&](TableReader& day) { order.days.push_back(read_flex_day(day)); });
  if (mode == BasalMode::kFlex && order.days.empty())
    table.error("flex", "missing; write [[prescription.flex]] with days and steps");
  if (mode && mode != BasalMode::kFlex && !order.days.empty())
    table.error("flex", "is for the mode \"flex\" alone");
}

OrderedSchedule read_schedule(TableReader& table) {
  OrderedSchedule schedule;
  schedule.bolus = read_bolus(table);
  const auto every = table.quantity("every", parse_duration);
  const auto times = table.texts("at");
  if (every.has_value() == !times.empty())
    table.error("every", "give either every = \"6 h\" or at = [\"08:00\", \"20:00\"]");
  schedule.every = every.value_or(Duration{});
  schedule.first_after = table.quantity("first_after", parse_duration).value_or(schedule.every);
  for (const std::string& text : times) {
    const auto minute = parse_clock_time(text);
    if (minute) {
      schedule.minutes.push_back(static_cast<std::uint16_t>(*minute));
    } else {
      table.error("at", minute.error().message);
    }
  }
  return schedule;
}

OrderedPatientBolus read_patient_bolus(TableReader& table) {
  OrderedPatientBolus made;
  made.bolus = read_bolus(table);
  made.lockout = table.need_quantity("lockout", parse_duration).value_or(Duration{});
  if (const auto allotted = table.need_quantity("allotted", parse_count_per_window)) {
    if (allotted->count < 1 || allotted->count > static_cast<std::int64_t>(kMaxAllotted)) {
      table.error("allotted", fmt::format("{} boluses; a pump keeps 1 to {}", allotted->count, kMaxAllotted));
    }
    made.allotted = static_cast<std::uint8_t>(std::clamp<std::int64_t>(allotted->count, 0, UINT8_MAX));
    made.window = allotted->window;
  }
  if (const auto hours_allowed = table.quantity("hours", parse_day_hours)) {
    made.from_minute = hours_allowed->from_minute;
    made.to_minute = hours_allowed->to_minute;
  }
  made.during_bridge = table.boolean("during_bridge").value_or(false);
  return made;
}

OrderedSupervision read_supervision(TableReader& table) {
  OrderedSupervision made;
  made.lasts = table.need_quantity("lasts", parse_duration).value_or(Duration{});
  made.lockout = table.quantity("lockout", parse_duration);
  if (const auto allotted = table.integer("allotted", 0, kMaxAllotted))
    made.allotted = static_cast<std::uint8_t>(*allotted);
  return made;
}

/// UTC seconds of a local date and time; 0 when the key is absent.
std::int64_t read_utc_second(TableReader& table, std::string_view key, const Zone& zone) {
  const auto local = table.quantity(key, parse_local_datetime);
  return local ? WallClock{ClockOffset{0}, zone}.instant_of(*local).raw() / 1'000 : 0;
}

}  // namespace

std::string not_in_library(const std::string& name, const std::vector<std::string>& near) {
  std::string text = in_quotes(name) + ": not in the library";
  for (std::size_t i = 0; i < near.size(); ++i) text += (i == 0 ? "; did you mean " : " or ") + near[i];
  return text + (near.empty() ? "" : "?");
}

ScenarioOrder read_order(TableReader& table, const Library& library, const std::vector<ScenarioFluid>& fluids,
                         std::size_t fluid, const TimeLine& time) {
  ScenarioOrder made;
  made.fluid = fluid;
  made.line = table.line();
  Order& order = made.order;
  if (fluid < fluids.size()) {
    order.formulation = fluids[fluid].formulation;
    order.drug = order.formulation.components[0].drug;
  }
  if (const auto name = table.text("drug"); name && fluid < fluids.size()) {
    const DrugEntry* entry = library.find_drug(*name);
    if (entry == nullptr || concentration_of(order.formulation, entry->code).raw() == 0) {
      table.error("drug", in_quotes(*name) + ": not in the fluid " + in_quotes(fluids[fluid].name));
    } else {
      order.drug = entry->code;
    }
  }
  order.zone = time.zone;
  read_mode(table, order);
  table.one("periodic_bolus", [&](TableReader& child) { order.schedule = read_schedule(child); });
  table.one("patient_bolus", [&](TableReader& child) { order.patient = read_patient_bolus(child); });
  table.one("single_bolus", [&](TableReader& child) { order.single = read_bolus(child); });
  table.one("prime", [&](TableReader& child) {
    order.prime =
        OrderedPrime{child.quantity("volume", parse_volume), child.quantity("rate", parse_flow_rate)};
  });
  table.one("supervised", [&](TableReader& child) { order.supervised = read_supervision(child); });
  order.bridge = table.quantity("bridge", parse_dose_rate);
  order.without_bridge = table.boolean("without_bridge").value_or(false);
  order.safe_action = table.choice("safe_state", std::span<const Choice<SafeAction>>{kSafeActions});
  order.emergency_dose = table.quantity("emergency_dose", parse_dose_rate);
  order.starts_utc_s = read_utc_second(table, "starts", time.zone);
  order.expires_utc_s = read_utc_second(table, "expires", time.zone);
  if (const auto fallback = table.choice("fallback", std::span<const Choice<Fallback>>{kFallbacks}))
    order.fallback = *fallback;
  return made;
}

}  // namespace theca
