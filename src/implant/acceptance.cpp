#include "implant/acceptance.hpp"

#include "quantity/exact.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

link::Outcome no(LinkAnswer answer) {
  link::Outcome outcome;
  outcome.answer = answer;
  return outcome;
}
link::Outcome refused(Refusal refusal, std::int64_t value = 0, std::int64_t limit = 0) {
  link::Outcome outcome = no(LinkAnswer::kRefusedByPump);
  outcome.refusal = refusal;
  outcome.value = value;
  outcome.limit = limit;
  return outcome;
}

/// What this kind of order leaves as it is must be the implant's own.
bool settings_fit(const link::Order& order, const Pump& pump) {
  using enum link::OrderKind;
  if (order.kind == kImplant) return true;
  const bool path = order.kind == kRevise || order.path == pump.path();
  const bool ceilings = order.kind != kRevise || order.ceilings == pump.ceilings();
  return path && ceilings && order.low_alarm == pump.low_alarm();
}

/// Is something allowed from now on, beyond a dose, that was not before: more in an hour, a day or 30 days, a
/// larger rise at the next visit, or another fluid?
bool loosens(const link::Order& order, const link::Order& before, const Prescription& to,
             const Prescription& from) {
  const Ceilings &now = order.ceilings, &then = before.ceilings;
  return now.hour > then.hour || now.day > then.day || now.thirty_days > then.thirty_days ||
         order.largest_rise_ppm > before.largest_rise_ppm || !same_contents(to.formulation, from.formulation);
}

Mass worst_day(const Prescription& p, DrugCode drug, FlowRate minimum_rate) {
  const Volume volume = worst_case_volume(p, minimum_rate, days(1));
  return Mass{volume.raw() * concentration_of(p.formulation, drug).raw()};
}

}  // namespace

bool rises_too_far(const Prescription& from, const Prescription& to, FlowRate minimum_rate,
                   std::uint32_t allowed_ppm) {
  Prescription goes_on = from;
  goes_on.single = {};
  for (const Component& part : to.formulation.parts()) {
    const Mass before = worst_day(goes_on, part.drug, minimum_rate);
    const Mass after = worst_day(to, part.drug, minimum_rate);
    const auto allowed =
        multiply_divide(before.raw(), kMillion + std::int64_t{allowed_ppm}, kMillion, Round::kDown);
    if (!allowed || after.raw() > *allowed) return true;
  }
  return false;
}

Judged judge(const link::Order& order, const OrderBackground& background) {
  const Pump& pump = background.pump;
  if (order.implant != background.implant) return {no(LinkAnswer::kOtherImplant), {}};
  if ((order.kind == link::OrderKind::kImplant) == pump.implanted())
    return {refused(pump.implanted() ? Refusal::kAlreadyImplanted : Refusal::kNotImplanted), {}};
  if (!link::follows(order.number, pump.newest_prescription())) return {no(LinkAnswer::kNumberNotNext), {}};
  if (order.parent != background.running) return {no(LinkAnswer::kParentDiffers), {}};
  const auto prescription = decode(order.prescription);
  if (!prescription) return {refused(Refusal::kPrescriptionMalformed, prescription.error().offset), {}};
  if (prescription->number != order.number) return {no(LinkAnswer::kNumberNotNext), {}};
  if (!settings_fit(order, pump)) return {no(LinkAnswer::kSettingsDiffer), {}};
  const Violations found =
      check(*prescription, pump.model(), order.path, order.ceilings, pump.newest_prescription() + 1);
  if (!found.empty()) {
    const Violation& first = found.all()[0];
    link::Outcome outcome = refused(Refusal::kPrescriptionRule, first.value, first.limit);
    outcome.rule = static_cast<std::uint8_t>(1 + static_cast<int>(first.rule));
    outcome.index = first.index;
    return {outcome, {}};
  }
  // Of a pump in a patient whose order is not known nobody knows what one signer may do.
  const bool in_patient = pump.implanted();
  const bool unknown = in_patient && !background.before;
  const bool same_visit = pump.now() - pump.prescription_started() < kVisit;
  const bool far = in_patient && background.before &&
                   rises_too_far(pump.prescription(), *prescription, pump.model().minimum_rate,
                                 same_visit ? 0 : background.before->largest_rise_ppm);
  const bool looser = in_patient && background.before &&
                      loosens(order, *background.before, *prescription, pump.prescription());
  if (background.signers < 2 && (unknown || far || looser)) return {no(LinkAnswer::kSecondSigner), {}};
  return {link::Outcome{}, *prescription};
}

}  // namespace theca
