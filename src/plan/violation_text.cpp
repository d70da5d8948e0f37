#include "plan/violation_text.hpp"

#include <array>
#include <string_view>

#include "plan/programmable.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

std::string flow(std::int64_t nl_per_day) { return to_text(FlowRate{nl_per_day}); }
std::string volume(std::int64_t nl) { return to_text(Volume{nl}); }
std::string span(std::int64_t ms) {
  return ms == INT64_MAX ? "more than can be reckoned with" : to_text(Duration{ms});
}
std::string seconds_span(std::int64_t s) { return to_text(seconds(s)); }
std::string utc(std::int64_t s) {
  return s == 0 ? "the moment it is committed" : local_datetime_text(s * 1'000) + " UTC";
}

std::string_view bolus_name(std::uint16_t index) {
  switch (static_cast<BolusKind>(index)) {
    case BolusKind::kScheduled:
      return "scheduled bolus";
    case BolusKind::kPatient:
      return "patient's bolus";
    case BolusKind::kPrime:
      return "prime";
    case BolusKind::kBridge:
      return "bridge";
    case BolusKind::kSingle:
      return "single bolus";
    case BolusKind::kDuringBridge:
      return "patient's bolus during the bridge";
  }
  return "bolus";
}

std::string_view weekday_name(std::uint16_t index) {
  constexpr std::array<std::string_view, kDaysPerWeek> kNames = {
      "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  return index < kNames.size() ? kNames[index] : "an unknown weekday";
}

std::string profile_name(std::size_t index) { return "day profile " + std::to_string(index + 1); }

/// "the basal rate", or "the rate from 08:00 of day profile 2".
std::string basal_place(std::uint16_t index, const Prescription& p) {
  if (p.basal.mode != BasalMode::kFlex) return "the basal rate";
  const std::size_t profile = index / kMaxProfileSteps;
  const std::size_t step = index % kMaxProfileSteps;
  if (profile >= kMaxProfiles) return "a rate of the flex program";
  return "the rate from " + clock_time_text(p.basal.profiles[profile].steps[step].from_minute) + " of " +
         profile_name(profile);
}

std::string_view formulation_words(std::int64_t error) {
  switch (static_cast<FormulationError>(error)) {
    case FormulationError::kNone:
      return "nothing is wrong";
    case FormulationError::kNoComponent:
      return "it has no drug; give at least 1";
    case FormulationError::kTooManyComponents:
      return "it has more than 6 drugs; give 6 at most";
    case FormulationError::kDrugMissing:
      return "a component names no drug; name it";
    case FormulationError::kDrugTwice:
      return "a drug stands in it twice; give it once, at its whole concentration";
    case FormulationError::kConcentrationOutOfRange:
      return "a concentration is outside 1 ng/mL to 1000 mg/mL; look at its unit";
    case FormulationError::kNumberMissing:
      return "it has no number; the clinic gives each fill one";
  }
  return "its fault is not known";
}

/// Concentration that would bring a flow in, for the first component: C x value / limit.
std::string bring_in(std::int64_t value, std::int64_t limit, const Prescription& p, bool below) {
  if (p.formulation.count == 0 || limit <= 0 || value <= 0) return {};
  const DoseRate dose = dose_rate(FlowRate{value}, p.formulation.components[0].concentration);
  const Concentration c =
      below ? highest_concentration(dose, FlowRate{limit}) : lowest_concentration(dose, FlowRate{limit});
  if (c.raw() == 0 || c > kMaxConcentration) return {};
  return " The same dose needs " + to_text(c) + (below ? " or less." : " or more.");
}

std::string ceiling(std::string_view window, const Violation& v) {
  return "The worst " + std::string(window) + " of this prescription, " + volume(v.value) +
         ", is above the patient's ceiling of " + volume(v.limit) +
         ". Lower the rates or boluses, or have the ceiling signed anew.";
}

}  // namespace

std::string describe(const Violation& v, const Prescription& p, const PumpModel& model) {
  const std::string bolus{bolus_name(v.index)};
  switch (v.rule) {
    case Rule::kNumberNotGrowing:
      return "Prescription number " + std::to_string(v.value) + " is not new; this pump takes " +
             std::to_string(v.limit) + " or more. Read the pump again and number the draft after it.";
    case Rule::kFormulation:
      return "The formulation cannot be used: " + std::string(formulation_words(v.value)) + ".";
    case Rule::kFlowBelowRange:
      return flow(v.value) + ", " + basal_place(v.index, p) + ", is below " + flow(v.limit) +
             ", the smallest flow of this pump." + bring_in(v.value, v.limit, p, true);
    case Rule::kFlowAboveRange:
      return flow(v.value) + ", " + basal_place(v.index, p) + ", is above " + flow(v.limit) +
             ", the largest flow of this pump." + bring_in(v.value, v.limit, p, false);
    case Rule::kProfileMissing:
      return std::string(weekday_name(v.index)) + " asks for " +
             profile_name(static_cast<std::size_t>(v.value)) + ", and there are " + std::to_string(v.limit) +
             ". Give every weekday a profile that is there.";
    case Rule::kProfileNotFromMidnight:
      return "The first rate of " + profile_name(v.index) + " begins at " +
             clock_time_text(static_cast<int>(v.value)) + ". It must begin at 00:00.";
    case Rule::kProfileNotAscending:
      return clock_time_text(static_cast<int>(v.value)) + " follows " +
             clock_time_text(static_cast<int>(v.limit)) + " in " + profile_name(v.index / kMaxProfileSteps) +
             ". Put the times in ascending order, each once.";
    case Rule::kProfileEmpty:
      return "There is no rate in " + profile_name(v.index) + ". Give it at least 1, from 00:00.";
    case Rule::kBolusNotWholeSteps:
      return "The " + bolus + " of " + volume(v.value) + " is not a whole number of steps of " +
             volume(v.limit) + ". Use " + volume(v.limit > 0 ? v.value / v.limit * v.limit : 0) + ".";
    case Rule::kBolusWithoutFlow:
      return "The " + bolus + " has a volume and no rate. Give the time it is to take.";
    case Rule::kBolusFlowAboveRange:
      return "The " + bolus + " and the rate under it make " + flow(v.value) + ", above " + flow(v.limit) +
             ", the largest flow of this pump. Give the bolus more time.";
    case Rule::kBolusTooLong:
      return "The " + bolus + " would take " + span(v.value) + ", longer than " + span(v.limit) +
             ". Give it faster, or as a basal rate.";
    case Rule::kScheduleIncomplete:
      return "Scheduled boluses need a volume, and an interval or times of day: the volume is " +
             volume(v.value) + " and " + (v.limit != 0 ? "times are given" : "no times are given") +
             ". Give both, or neither.";
    case Rule::kScheduleNotAscending:
      return "Scheduled bolus " + std::to_string(v.index + 1) + " at " +
             clock_time_text(static_cast<int>(v.value)) + " does not come after " +
             clock_time_text(static_cast<int>(v.limit)) + ". Put the times in ascending order, each once.";
    case Rule::kSchedulesOverlap:
      return "Scheduled boluses are " + span(v.value) + " apart, and one takes " + span(v.limit) +
             ". Put them further apart, or give them faster.";
    case Rule::kLockoutShorterThanBolus:
      return "The lockout of " + span(v.value) + " is shorter than the patient's bolus, which takes " +
             span(v.limit) + ". Make it at least as long.";
    case Rule::kWindowOutOfRange:
      return "The window of " + seconds_span(v.value) + " in which the patient's boluses are counted is " +
             (v.value < v.limit ? "below " : "above ") + seconds_span(v.limit) + ". Use 1 h to 7 d.";
    case Rule::kAllottedOutOfRange:
      return std::to_string(v.value) + " boluses are allotted to the patient. Allot 1 to " +
             std::to_string(v.limit) + ", or give no bolus at all.";
    case Rule::kBolusNeedsBasalMode:
      return "Boluses are prescribed while the basal is stopped. Give a basal rate (at least the minimum "
             "rate, " +
             to_text(model.minimum_rate) + "), or take the boluses out.";
    case Rule::kSafeRateAboveLowestBasal:
      return "The emergency rate of " + flow(v.value) + " is above " + flow(v.limit) +
             ", the lowest basal of this prescription. Use that or less.";
    case Rule::kSafeRateMissing:
      return "The emergency rate is chosen and is 0 mL/day. Give a rate above 0, or choose stop or minimum "
             "rate.";
    case Rule::kPrimeAbovePath:
      return "The prime of " + volume(v.value) + " is above " + volume(v.limit) +
             ", all that the fluid path holds. The rest would go straight into the patient: prime no more "
             "than that.";
    case Rule::kBridgeAbovePath:
      return "The bridge of " + volume(v.value) + " is above " + volume(v.limit) +
             ", all that the fluid path holds. Bridge no more than that.";
    case Rule::kBridgeFlowOutOfRange:
      return "The bridge rate of " + flow(v.value) + " is " + (v.value < v.limit ? "below " : "above ") +
             flow(v.limit) + ", the pump's " + (v.value < v.limit ? "smallest" : "largest") +
             " flow. Keep another dose during the bridge.";
    case Rule::kBridgeWithoutFormulation:
      return "The bridge does not say which formulation it empties from the path. Name the fill that was in "
             "the "
             "reservoir before.";
    case Rule::kExpiryNotAfterStart:
      return "The prescription would expire at " + utc(v.value) + ", not after its start at " + utc(v.limit) +
             ". Give a later end, or none.";
    case Rule::kWorstHourAboveCeiling:
      return ceiling("hour", v);
    case Rule::kWorstDayAboveCeiling:
      return ceiling("day", v);
    case Rule::kWorstThirtyDaysAboveCeiling:
      return ceiling("30 days", v);
    case Rule::kTooManyBoluses:
      return std::to_string(v.value) + " boluses could begin in one day; the pump's journal keeps up with " +
             std::to_string(v.limit) + ". Lengthen the interval, the lockout or the window, or allot fewer.";
    case Rule::kSupervisedTooLong:
      return "A supervised window of " + seconds_span(v.value) + " is longer than " + seconds_span(v.limit) +
             ". Shorten it, or prescribe fewer boluses for good.";
    case Rule::kSupervisedMoreDoses:
      return std::to_string(v.value) + " boluses are allotted in the supervised window and " +
             std::to_string(v.limit) + " after it. Allot as many or fewer.";
    case Rule::kSupervisedShortLock:
      return "The lockout of " + seconds_span(v.value) + " in the supervised window is shorter than the " +
             seconds_span(v.limit) + " after it. Make it at least as long.";
  }
  return "Rule " + std::to_string(static_cast<unsigned>(v.rule)) + " is broken: " + std::to_string(v.value) +
         ", limit " + std::to_string(v.limit) + ".";
}

std::string describe(const DecodeFailure& failure) {
  const std::string at =
      "byte " + std::to_string(failure.offset) + " of " + std::to_string(kPrescriptionBytes);
  switch (failure.error) {
    case DecodeError::kLayoutVersion:
      return "No prescription: its layout version (" + at + ") is not one that this program reads.";
    case DecodeError::kValueOutOfRange:
      return "No prescription: the value at " + at + " is beyond its range.";
    case DecodeError::kUnusedNotZero:
      return "No prescription: the field at " + at + " is unused and not zero.";
  }
  return "No prescription: its bytes cannot be read, from " + at + ".";
}

}  // namespace theca
