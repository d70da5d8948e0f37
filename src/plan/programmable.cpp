#include "plan/programmable.hpp"

#include <algorithm>

#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

PlanError zero(std::string what) { return {PlanFault::kZero, std::move(what), "0", "more than 0", {}}; }

/// A power of ten that leaves three digits of `n`.
std::int64_t third_digit(std::int64_t n) {
  constexpr std::int64_t kThreeDigits = 1'000;
  std::int64_t power = 1;
  while (n / power >= kThreeDigits) power *= 10;
  return power;
}

std::string remedy_below(DoseRate dose, Concentration c, FlowRate limit) {
  const Concentration highest = highest_concentration(dose, limit);
  const std::string by_dose = "a dose of " + to_text(dose_rate(limit, c)) + " or more";
  if (highest.raw() == 0) return by_dose + " would bring it in";
  return "a concentration of " + to_text(highest) + " or less, or " + by_dose + ", would bring it in";
}

std::string remedy_above(DoseRate dose, Concentration c, FlowRate limit) {
  const Concentration lowest = lowest_concentration(dose, limit);
  const std::string by_dose = "a dose of " + to_text(dose_rate(limit, c)) + " or less";
  if (lowest > kMaxConcentration) return by_dose + " would bring it in";
  return "a concentration of " + to_text(lowest) + " or more, or " + by_dose + ", would bring it in";
}

}  // namespace

std::string describe(const PlanError& error) {
  std::string sentence = error.what + ": ";
  switch (error.fault) {
    case PlanFault::kZero:
      sentence += "0 was given, and it must be more than 0";
      break;
    case PlanFault::kFlowBelowRange:
      sentence += error.value + " is below " + error.limit + ", the smallest flow of this pump";
      break;
    case PlanFault::kFlowAboveRange:
      sentence += error.value + " is above " + error.limit + ", the largest flow of this pump";
      break;
    case PlanFault::kBolusBelowStep:
      sentence += error.value + " is less than one step of this pump, which carries " + error.limit;
      break;
    case PlanFault::kPathAboveRange:
      sentence += error.value + " is above " + error.limit + ", more than any fluid path holds";
      break;
    case PlanFault::kAboveCapacity:
      sentence += error.value + " is above " + error.limit + ", the capacity of this pump";
      break;
    case PlanFault::kNothingUsable:
      sentence +=
          error.value + " is not above the alarm level of " + error.limit + ": nothing is left to give";
      break;
    case PlanFault::kTooLong:
      sentence += "at " + error.value + " it takes longer than can be reckoned with (" + error.limit + ")";
      break;
    case PlanFault::kAboveFill:
      sentence += error.value + " is above " + error.limit + ", the fill it should be left of";
      break;
    case PlanFault::kAboveConcentration:
      sentence += error.value + " is above " + error.limit + ", the highest it can be";
      break;
    case PlanFault::kNothingGiven:
      sentence += error.value + " is the whole fill of " + error.limit + ": there is nothing to compare yet";
      break;
  }
  if (!error.remedy.empty()) sentence += "; " + error.remedy;
  return sentence + ".";
}

FlowRate smallest_flow(const PumpModel& model) { return std::max(model.min_flow, nanolitres_per_day(1)); }

Concentration highest_concentration(DoseRate dose, FlowRate flow) {
  const std::int64_t exact = dose.raw() / flow.raw();
  const std::int64_t digit = third_digit(exact);
  return Concentration{exact / digit * digit};
}

Concentration lowest_concentration(DoseRate dose, FlowRate flow) {
  const std::int64_t exact = divide_up(dose.raw(), flow.raw());
  const std::int64_t digit = third_digit(exact);
  return Concentration{divide_up(exact, digit) * digit};
}

std::expected<FlowRate, PlanError> plan_flow(std::string_view what, DoseRate dose, Concentration c,
                                             const PumpModel& model) {
  const std::string name{what};
  if (c.raw() <= 0) return std::unexpected(zero("concentration (" + name + ")"));
  if (dose.raw() <= 0) return std::unexpected(zero("dose (" + name + ")"));
  const FlowRate rate = flow_for(dose, c);
  const FlowRate lowest = smallest_flow(model);
  if (rate < lowest) {
    const std::string value = rate.raw() == 0 ? "less than " + to_text(nanolitres_per_day(1)) : to_text(rate);
    return std::unexpected(
        PlanError{PlanFault::kFlowBelowRange, name, value, to_text(lowest), remedy_below(dose, c, lowest)});
  }
  if (rate > model.max_flow) {
    return std::unexpected(PlanError{PlanFault::kFlowAboveRange, name, to_text(rate), to_text(model.max_flow),
                                     remedy_above(dose, c, model.max_flow)});
  }
  return rate;
}

std::expected<ProgrammedBolus, PlanError> plan_bolus(std::string_view what, Mass dose, Concentration c,
                                                     const PumpModel& model) {
  const std::string name{what};
  if (c.raw() <= 0) return std::unexpected(zero("concentration (" + name + ")"));
  if (dose.raw() <= 0) return std::unexpected(zero("dose (" + name + ")"));
  const Volume exact = volume_for(dose, c);
  if (exact > model.capacity) {
    return std::unexpected(
        PlanError{PlanFault::kAboveCapacity, name, to_text(exact), to_text(model.capacity), {}});
  }
  ProgrammedBolus bolus;
  bolus.steps = whole_steps(exact, model.step);
  bolus.volume = model.step * bolus.steps;
  bolus.given = mass_in(bolus.volume, c);
  if (bolus.steps == 0) {
    const Mass one_step = mass_in(model.step, c);
    return std::unexpected(PlanError{PlanFault::kBolusBelowStep, name, to_text(dose), to_text(one_step),
                                     "give " + to_text(one_step) + " or more, or use a lower concentration"});
  }
  return bolus;
}

}  // namespace theca
