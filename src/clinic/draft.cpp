#include "clinic/draft.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/ceilings.hpp"
#include "plan/violation_text.hpp"
#include "quantity/text.hpp"
#include "therapy/check.hpp"

namespace theca {

std::expected<Draft, std::vector<DraftError>> draft(const Wanted& wanted, const Running& running,
                                                    const Library& library) {
  const link::StatusReply& status = running.status;
  std::vector<DraftError> errors;
  const bool first = status.state == DeviceState::kShelf;
  if (status.model != wanted.model.code) {
    errors.push_back({"", fmt::format("the order is for a pump of model {}, and this implant is of model {}",
                                      wanted.model.code, status.model)});
  }
  Draft made;
  Order therapy = wanted.therapy;
  PathContents path = wanted.contents;
  made.order.kind = link::OrderKind::kImplant;
  if (!first) {
    if (!running.prescription) {
      errors.push_back({"", "the implant runs no signed order that this programmer could build on"});
      return std::unexpected(errors);
    }
    const Formulation& holds = running.prescription->formulation;
    const bool same = same_contents(therapy.formulation, holds);
    made.order.kind = same ? link::OrderKind::kPrescribe : link::OrderKind::kRefill;
    if (!same) therapy.formulation.number = holds.number + 1;
    if (same) therapy.formulation = holds;
    const bool settled = status.in_reservoir == status.at_tip;
    path = same && settled ? PathContents{holds, Volume{}}
                           : PathContents{holds, same ? status.until_at_tip : status.path.total()};
  }
  therapy.number = std::max(status.newest, wanted.signed_up_to) + 1;
  const auto composed = compose(therapy, wanted.model, path);
  if (!composed) {
    for (const OrderError& error : composed.error()) errors.push_back({error.key, error.message});
    return std::unexpected(errors);
  }
  made.prescription = composed->prescription;
  wanted.kept(made.prescription);
  made.notes = composed->roundings;
  LimitQuestion question{.library = library, .model = wanted.model, .scope = {}};
  if (running.prescription) question.previous = &*running.prescription;
  made.findings = check_limits(made.prescription, question);
  for (const Finding& finding : made.findings) {
    if (finding.severity == Severity::kHard) errors.push_back({"", finding.message});
    if (finding.severity == Severity::kSoft) {
      made.notes.push_back(finding.message);
      if (wanted.reason.empty()) errors.push_back({"reason", finding.message + " To go on, give a reason."});
    }
  }

  link::Order& out = made.order;
  out.implant = wanted.implant;
  out.number = made.prescription.number;
  out.parent = status.order;
  out.author = wanted.author;
  out.issued_utc_s = wanted.issued_utc_s;
  out.path = first ? wanted.path : status.path;
  const bool keeps_ceilings = out.kind == link::OrderKind::kPrescribe && running.order && !wanted.ceilings;
  out.ceilings =
      keeps_ceilings
          ? running.order->ceilings
          : wanted.ceilings.value_or(propose_ceilings(made.prescription, wanted.model, &library).ceilings);
  out.low_alarm = first ? wanted.low_alarm : status.low_alarm;
  if (running.order && running.order->low_alarm != out.low_alarm) {
    made.notes.push_back(
        fmt::format("The pump has lost its limits: its low alarm is at {}, its model's, and no longer at {}.",
                    to_text(out.low_alarm), to_text(running.order->low_alarm)));
  }
  out.largest_rise_ppm = wanted.largest_rise_ppm;
  out.emergency_hold_s = kUsualHoldS;
  out.patient_may_pause = wanted.patient_may_pause;
  if (first) out.path_contents = path.at_tip;
  out.prescription = encode(made.prescription);
  if (out.kind != link::OrderKind::kPrescribe) made.filled = wanted.filled;
  const Violations rules = check(made.prescription, wanted.model, out.path, out.ceilings, out.number);
  for (const Violation& broken : rules.all())
    errors.push_back({"", describe(broken, made.prescription, wanted.model)});
  if (!errors.empty()) return std::unexpected(errors);
  return made;
}

}  // namespace theca
