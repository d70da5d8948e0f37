#include "clinic/adjusting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "clinic/order_rows.hpp"
#include "plan/one_drug.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

OrderedBolus bolus_of(const BolusDose& dose, Concentration c) {
  return {mass_in(dose.volume, c), bolus_duration(dose)};
}

std::vector<OrderedDay> days_of(const Basal& basal, Concentration c) {
  std::vector<OrderedDay> days(basal.profile_count);
  for (std::size_t weekday = 0; weekday < kDaysPerWeek; ++weekday) {
    OrderedDay& day = days.at(basal.profile_of_weekday[weekday]);
    day.weekdays = static_cast<std::uint8_t>(day.weekdays | 1U << weekday);
  }
  for (std::size_t i = 0; i < days.size(); ++i) {
    for (const ProfileStep& step : basal.profiles[i].used())
      days[i].steps.push_back({step.from_minute, dose_rate(step.rate, c)});
  }
  return days;
}

OrderedSchedule schedule_of(const BolusSchedule& schedule, Concentration c) {
  OrderedSchedule ordered{.bolus = bolus_of(schedule.dose, c),
                          .every = seconds(schedule.interval_s),
                          .first_after = seconds(schedule.first_after_s),
                          .minutes = {}};
  ordered.minutes.assign(schedule.minutes.begin(), schedule.minutes.begin() + schedule.count);
  return ordered;
}

OrderedPatientBolus patient_of(const PatientBolusPolicy& policy, Concentration c) {
  return {.bolus = bolus_of(policy.dose, c),
          .lockout = seconds(policy.lockout_s),
          .allotted = policy.allotted,
          .window = seconds(policy.window_s),
          .from_minute = policy.from_minute,
          .to_minute = policy.to_minute,
          .during_bridge = false};
}

/// The rate that a pump in doubt goes down to was proposed, and not chosen.
bool follows_basal(const Prescription& p, FlowRate minimum_rate) {
  return p.safe_state.action == SafeAction::kEmergencyRate &&
         p.safe_state.emergency_rate == basal_range(p.basal, minimum_rate).lowest;
}

}  // namespace

Order order_of(const Prescription& p) {
  const Component& drug = p.formulation.components[0];
  const Concentration c = drug.concentration;
  Order order;
  order.number = p.number;
  order.formulation = p.formulation;
  order.drug = drug.drug;
  order.mode = p.basal.mode;
  order.dose = dose_rate(p.basal.rate, c);
  if (p.basal.mode == BasalMode::kFlex) order.days = days_of(p.basal, c);
  if (p.schedule.kind != ScheduleKind::kNone) order.schedule = schedule_of(p.schedule, c);
  if (p.patient.dose.volume.raw() > 0) order.patient = patient_of(p.patient, c);
  order.supervised =
      OrderedSupervision{.lasts = seconds(p.supervised.lasts_s), .lockout = {}, .allotted = {}};
  order.safe_action = p.safe_state.action;
  order.expires_utc_s = p.expires_utc_s;
  order.fallback = p.fallback;
  order.zone = p.zone;
  return order;
}

namespace {

/// So many of the patient's boluses the lockout lets into any window.
std::int64_t lets_in(const OrderedPatientBolus& bolus) {
  if (bolus.lockout.raw() <= 0) return bolus.allotted;
  return (bolus.window.raw() - 1) / bolus.lockout.raw() + 1;
}

/// What of a fluid that comes to the pump is missing, or stands against it.
std::vector<DraftError> against(const Adjustment& change, const Running& running, const Library& library) {
  std::vector<DraftError> errors;
  const DrugEntry* drug = library.find_drug(change.fluid->drug);
  if (drug == nullptr) errors.push_back({"fluid", "the drug library has no such drug"});
  if (!change.basal) errors.push_back({"dose", "the dose of another fluid is written anew"});
  if (!change.patient)
    errors.push_back(
        {"patient_bolus", "with another fluid the patient's bolus is written anew, or there is none"});
  const link::StatusReply& status = running.status;
  const Prescription& runs = *running.prescription;
  constexpr const char* kElsewhere = "; it is ordered with theca link";
  if (status.naive)
    errors.push_back(
        {"fluid", "nothing was given for so long that a bridge at the old dose may be an overdose"});
  if (runs.formulation.count > 1)
    errors.push_back({"fluid", std::string{"a mixture runs, whose bridge is not planned here"} + kElsewhere});
  if (runs.schedule.kind != ScheduleKind::kNone)
    errors.push_back(
        {"fluid", std::string{"boluses by the clock run, which a bridge leaves out"} + kElsewhere});
  if (runs.basal.mode == BasalMode::kStopped)
    errors.push_back(
        {"fluid", std::string{"the basal is stopped, and there is no dose to bridge at"} + kElsewhere});
  if (status.in_reservoir != status.at_tip)
    errors.push_back(
        {"fluid",
         fmt::format("the fluid that is in the reservoir has not reached the tip yet: {} have to leave "
                     "before it; another one waits until then",
                     to_text(status.until_at_tip))});
  if (drug != nullptr &&
      same_contents(formulation_of(*drug, change.fluid->concentration, 1), running.prescription->formulation))
    errors.push_back({"fluid", "the pump holds this fluid: a refill of the same fluid takes no order"});
  return errors;
}

/// What no needle reaches mixes with what comes; the patient's boluses wait for the front.
void note_fluid(Draft& made, const Prescription& runs, const PumpModel& model) {
  const Component &then = runs.formulation.components[0], &now = made.prescription.formulation.components[0];
  if (then.drug == now.drug && model.residual.raw() > 0) {
    const Volume full = model.capacity + model.residual;
    const auto mixed =
        multiply_divide(model.residual.raw(), then.concentration.raw() - now.concentration.raw(), full.raw(),
                        Round::kNearest);
    constexpr int kDigits = 3;
    if (mixed)
      made.notes.push_back(fmt::format(
          "{} that no needle reaches stay in the pump: in a full one the mixture begins at {}.",
          to_text(model.residual),
          to_text(Concentration{now.concentration.raw() + *mixed}, Rounding::significant(kDigits))));
  }
  if (made.prescription.bridge.volume.raw() > 0)
    made.notes.push_back(fmt::format(
        "A bridge gives the {} of the old fluid that are in tubing and catheter at the dose that runs; until "
        "they have left, the patient's boluses are refused.",
        to_text(made.prescription.bridge.volume)));
}

/// The pump holds what it gave in 30 days against the new ceilings as well, in the new fluid's volume: they
/// are no lower than the old ones were in drug. Of another drug it counts the volume, and that has to fit as
/// it is.
std::expected<Ceilings, std::string> ceilings_for(const Ceilings& proposed, const Ceilings& now,
                                                  const Component& old, const Component& next) {
  const bool same = old.drug == next.drug;
  const auto then = [&](Volume volume) {
    if (!same) return volume;
    return Volume{multiply_divide(volume.raw(), old.concentration.raw(), next.concentration.raw(), Round::kUp)
                      .value_or(INT64_MAX)};
  };
  const Ceilings past{then(now.hour), then(now.day), then(now.thirty_days)};
  const bool fits =
      past.hour <= proposed.hour && past.day <= proposed.day && past.thirty_days <= proposed.thirty_days;
  if (!same && !fits)
    return std::unexpected(
        "the pump counts the volume of the last 30 days against the ceilings of the other drug, and might "
        "refuse the "
        "order when the fluid is in it already; take a lower concentration, so that the flow is no lower "
        "than now");
  return Ceilings{std::max(past.hour, proposed.hour), std::max(past.day, proposed.day),
                  std::max(past.thirty_days, proposed.thirty_days)};
}

/// The therapy of another fluid: of what runs only what is no dose stays, and its dose as long as it leaves
/// the path.
void with_fluid(Order& therapy, const AdjustedFluid& fluid, const Prescription& runs, const PumpModel& model,
                const Library& library) {
  therapy.formulation = formulation_of(*library.find_drug(fluid.drug), fluid.concentration, 1);
  therapy.drug = fluid.drug;
  therapy.schedule.reset();
  therapy.safe_action.reset();
  if (runs.basal.mode != BasalMode::kStopped) therapy.bridge = daily_dose(runs, model.minimum_rate);
}

}  // namespace

std::expected<Draft, std::vector<DraftError>> adjust(const Adjusting& adjusting, const Running& running,
                                                     const Library& library) {
  if (!running.order || !running.prescription)
    return std::unexpected(
        std::vector{DraftError{"", "the implant runs no signed order that this programmer could build on"}});
  const Prescription& runs = *running.prescription;
  const Adjustment& change = adjusting.change;
  const OrderedPatientBolus* asked = change.patient && *change.patient ? &**change.patient : nullptr;
  if (asked != nullptr && asked->allotted > 1 && lets_in(*asked) <= 1)
    return std::unexpected(std::vector{DraftError{
        "patient_bolus.lockout",
        fmt::format(
            "with {} between two of them no window of {} ever holds a second one, and {} are allotted: "
            "lockout and window may be exchanged",
            to_text(asked->lockout), to_text(asked->window), asked->allotted)}});
  Wanted wanted{.therapy = order_of(runs),
                .implant = adjusting.implant,
                .model = adjusting.model,
                .ceilings = std::nullopt,
                .largest_rise_ppm = running.order->largest_rise_ppm,
                .patient_may_pause = running.order->patient_may_pause,
                .reason = adjusting.reason,
                .author = adjusting.author,
                .issued_utc_s = adjusting.issued_utc_s,
                .signed_up_to = adjusting.signed_up_to,
                .filled = {},
                .path = {},
                .contents = {},
                .low_alarm = {}};
  Order& therapy = wanted.therapy;
  if (change.fluid) {
    if (auto wrong = against(change, running, library); !wrong.empty())
      return std::unexpected(std::move(wrong));
    with_fluid(therapy, *change.fluid, runs, adjusting.model, library);
  }
  if (change.basal) {
    therapy.mode = change.basal->mode;
    therapy.dose = change.basal->dose;
    therapy.days = change.basal->days;
    if (therapy.mode == BasalMode::kStopped) therapy.safe_action = SafeAction::kStop;
  }
  if (change.schedule) therapy.schedule = *change.schedule;
  if (change.patient) therapy.patient = *change.patient;

  if (!change.fluid)
    wanted.kept = [&](Prescription& made) {
      if (!change.basal) made.basal = runs.basal;
      if (!change.schedule) made.schedule = runs.schedule;
      if (!change.patient) {
        made.patient = runs.patient;
        made.patient.during_bridge = {};
        made.supervised = runs.supervised;
      }
      if (!change.basal || (made.safe_state.action == SafeAction::kEmergencyRate &&
                            !follows_basal(runs, adjusting.model.minimum_rate)))
        made.safe_state = runs.safe_state;
    };
  auto made = draft(wanted, running, library);
  if (made && change.fluid) {
    const auto ceilings =
        ceilings_for(made->order.ceilings, running.order->ceilings, runs.formulation.components[0],
                     made->prescription.formulation.components[0]);
    if (!ceilings) return std::unexpected(std::vector{DraftError{"fluid", ceilings.error()}});
    wanted.ceilings = *ceilings;
    made = draft(wanted, running, library);
  }
  if (made && change.fluid) note_fluid(*made, runs, adjusting.model);
  if (made && asked != nullptr && asked->allotted > lets_in(*asked))
    made->notes.push_back(
        fmt::format("Of the {} boluses allotted in {} the lockout of {} lets in {} at most.", asked->allotted,
                    to_text(asked->window), to_text(asked->lockout), lets_in(*asked)));
  return made;
}

}  // namespace theca
