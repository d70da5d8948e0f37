#include "signer/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "implant/acceptance.hpp"
#include "link/sodium.hpp"
#include "plan/limits.hpp"
#include "plan/violation_text.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/check.hpp"

namespace theca::signer {
namespace {

using enum SigningRefusal;

std::unexpected<SigningRefused> refuse(SigningRefusal why, std::string message) {
  return std::unexpected(SigningRefused{why, std::move(message)});
}

std::string start_of(const link::Hash& digest) { return to_base64url(link::Bytes{digest}.first(9)); }

struct Parent {
  link::Order order;
  Prescription prescription;
};

std::expected<std::optional<Parent>, SigningRefused> parent_of(const SigningRequest& request,
                                                               const link::Order& order) {
  const bool first = order.kind == link::OrderKind::kImplant;
  if (first != (order.parent == link::Hash{}) || first == request.parent.has_value())
    return refuse(
        kParent,
        fmt::format("a first order, of kind \"implant\", has no parent and every other has one; this "
                    "is of kind \"{}\", names {} and comes with {}",
                    link::kOrderKindNames.at(static_cast<std::size_t>(order.kind)),
                    order.parent == link::Hash{} ? "no parent" : start_of(order.parent) + "…",
                    request.parent ? "one" : "none"));
  if (first) return std::optional<Parent>{};
  const link::Hash digest = link::digest_of<link::Sodium>(*request.parent);
  if (digest != order.parent)
    return refuse(kParent, fmt::format("the parent's digest is {}…, and the order names {}…",
                                       start_of(digest), start_of(order.parent)));
  const auto parent = decode_order(*request.parent);
  if (!parent) return refuse(kParent, "the parent: " + parent.error().message);
  if (parent->implant != order.implant) return refuse(kParent, "the parent is another implant's order");
  if (!link::follows(order.number, parent->number))
    return refuse(kNumber,
                  fmt::format("the order has number {}, and its parent {}: it must be above by 1 to {}",
                              order.number, parent->number, link::kLongestLeap));
  return Parent{*parent, *decode(parent->prescription)};
}

/// One number of an implant names one order, and the numbers grow by little.
std::optional<SigningRefused> taken(const link::Order& order, const link::Hash& digest, std::uint32_t parent,
                                    const ImplantBook& book) {
  const std::uint32_t last = std::max(parent, book.newest());
  if (book.find(digest) != nullptr || (order.number > last && order.number - last <= kLargestGap))
    return std::nullopt;
  return SigningRefused{
      kNumber, fmt::format("the order has number {}, and for this implant {} was the last: take {} to {}",
                           order.number, last, last + 1, last + kLargestGap)};
}

/// What any day, and a day of basal alone, can bring of a drug. A day brings the single bolus as well.
struct Daily {
  DoseRate worst, basal;
};
Daily daily(const Prescription& p, const PumpModel& model, DrugCode drug) {
  for (const ComponentDoses& doses : component_doses(p, model))
    if (doses.drug == drug) return {doses.worst_day, doses.basal_day};
  return {};
}
bool rises(DoseRate from, DoseRate to, std::uint32_t allowed_ppm) {
  constexpr std::int64_t kMillion = 1'000'000;
  const auto most = multiply_divide(from.raw(), kMillion + std::int64_t{allowed_ppm}, kMillion, Round::kDown);
  return !most || to > DoseRate{*most};
}

std::string drug_name(const Library& library, DrugCode drug) {
  const DrugEntry* entry = library.find_drug(drug);
  return entry == nullptr ? fmt::format("drug {}", static_cast<unsigned>(drug)) : entry->name;
}

/// Why an order behind this parent takes two clinicians.
std::vector<std::string> second_for(const link::Order& order, const Prescription& to, const Parent& parent,
                                    const PumpModel& model, const Library& library,
                                    const SignedOrder* signed_parent, std::int64_t now_utc_s) {
  std::vector<std::string> why;
  if (signed_parent == nullptr) why.emplace_back("the order that runs was not signed here");
  if (!same_contents(to.formulation, parent.prescription.formulation))
    why.emplace_back("the fluid is another than the one that runs");

  // Within a visit the implant gives one signer no rise at all.
  const std::int64_t began = std::max(parent.order.issued_utc_s, signed_parent ? signed_parent->at_utc_s : 0);
  const bool same_visit = now_utc_s - began < kVisit.raw() / 1'000;
  const std::uint32_t allowed = same_visit ? 0 : std::min(kLargestRisePpm, parent.order.largest_rise_ppm);
  Prescription from = parent.prescription;
  from.single = {};  // given once: it makes no room for what lasts
  const std::size_t before = why.size();
  constexpr int kDigits = 4;
  for (const Component& part : to.formulation.parts()) {
    const Daily now = daily(to, model, part.drug), then = daily(from, model, part.drug);
    const auto tell = [&](const char* what, DoseRate low, DoseRate high) {
      if (rises(low, high, allowed))
        why.push_back(fmt::format("{}: {} goes from {} to {}, and one clinician may raise it by {}{}",
                                  drug_name(library, part.drug), what,
                                  to_text(low, Rounding::significant(kDigits)),
                                  to_text(high, Rounding::significant(kDigits)), percent_text(allowed),
                                  same_visit ? fmt::format(" within {} h", kVisit.raw() / 3'600'000) : ""));
    };
    tell("the most in a day", then.worst, now.worst);
    tell("the basal of a day", then.basal, now.basal);
  }
  if (why.size() == before && rises_too_far(parent.prescription, to, model.minimum_rate, allowed))
    why.emplace_back("the implant's own rule finds that a daily dose rises too far");

  const auto changed = [&](const char* what, Volume then, Volume now) {
    if (then != now)
      why.push_back(fmt::format("{} changes from {} to {}", what, to_text(then), to_text(now)));
  };
  changed("the ceiling of an hour", parent.order.ceilings.hour, order.ceilings.hour);
  changed("the ceiling of a day", parent.order.ceilings.day, order.ceilings.day);
  changed("the ceiling of 30 days", parent.order.ceilings.thirty_days, order.ceilings.thirty_days);
  changed("the low-reservoir alarm", parent.order.low_alarm, order.low_alarm);
  if (order.largest_rise_ppm != parent.order.largest_rise_ppm)
    why.push_back(fmt::format("the largest rise by one clinician changes from {} to {}",
                              percent_text(parent.order.largest_rise_ppm),
                              percent_text(order.largest_rise_ppm)));
  return why;
}

}  // namespace

std::expected<link::Order, SigningRefused> decode_order(const link::OrderBytes& bytes) {
  const auto order = link::read<link::Order>(bytes);
  if (!order)
    return refuse(kOrder,
                  "the bytes are no order: a value lies outside its range, or fields contradict each other");
  const auto prescription = decode(order->prescription);
  if (!prescription) return refuse(kOrder, describe(prescription.error()));
  if (link::written(*order) != bytes || encode(*prescription) != order->prescription)
    return refuse(kOrder, "the bytes are not the one form of what they say");
  if (prescription->number != order->number)
    return refuse(kOrder, fmt::format("the order has number {}, and its prescription {}", order->number,
                                      prescription->number));
  return *order;
}

std::expected<Judgement, SigningRefused> judge(const SigningRequest& request, const ImplantBook& book,
                                               const Library& library, std::int64_t now_utc_s) {
  const auto order = decode_order(request.order);
  if (!order) return std::unexpected(order.error());
  const Prescription prescription = *decode(order->prescription);
  const link::Hash digest = link::digest_of<link::Sodium>(request.order);
  const auto parent = parent_of(request, *order);
  if (!parent) return std::unexpected(parent.error());
  if (const auto wrong = taken(*order, digest, *parent ? (*parent)->order.number : 0, book))
    return std::unexpected(*wrong);
  const std::int64_t age = now_utc_s - order->issued_utc_s;
  if (age > kOldestOrderS || age < -kClocksDifferS)
    return refuse(kTime,
                  fmt::format("the order was written {} s {}, and {} s before to {} s after now is taken",
                              std::abs(age), age < 0 ? "ahead" : "ago", kOldestOrderS, kClocksDifferS));

  const PumpEntry* pump = library.find_pump(request.model);
  if (pump == nullptr)
    return refuse(kPump, fmt::format("the library has no pump of model {}", request.model));
  const auto model = pump_model(*pump);
  if (!model) return refuse(kPump, fmt::format("{}: {}", pump->name, model.error()));
  if (book.model != 0 && book.model != request.model)
    return refuse(
        kPump, fmt::format("the implant is of model {}, and the request says {}", book.model, request.model));

  const std::uint32_t smallest = *parent ? (*parent)->order.number + 1 : 1;
  const Violations found = check(prescription, *model, order->path, order->ceilings, smallest);
  if (!found.empty()) return refuse(kRule, describe(found.all()[0], prescription, *model));
  LimitQuestion question{.library = library, .model = *model, .scope = {}};
  if (*parent) {
    const auto& [before, then] = **parent;
    const Violations in_parent = check(then, *model, before.path, before.ceilings, before.number);
    if (!in_parent.empty())
      return refuse(kParent,
                    "the parent never ran in this pump: " + describe(in_parent.all()[0], then, *model));
    question.previous = &(*parent)->prescription;
    question.bridged = &(*parent)->prescription.formulation;
  }
  for (const Finding& finding : check_limits(prescription, question))
    if (finding.severity == Severity::kHard) return refuse(kLimit, finding.message);

  Judgement judgement{*order, {}};
  if (*parent)
    judgement.second =
        second_for(*order, prescription, **parent, *model, library, book.find(order->parent), now_utc_s);
  return judgement;
}

}  // namespace theca::signer
