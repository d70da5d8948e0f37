// A draft is signed, handed over and settled.
#include <fmt/format.h>

#include <utility>

#include "clinic/gateway_client.hpp"
#include "clinic/signer_client.hpp"
#include "clinic/staff.hpp"
#include "link/sodium.hpp"
#include "server/desk_implant_words.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

using records::RecordFault;

/// Names the change at the implant; made of the send's own id, so that it is known whatever was lost.
std::uint32_t intent_of(records::SendId send) {
  const auto low = static_cast<std::uint32_t>(send.value);
  return low == 0 ? 1 : low;
}

}  // namespace

Desk::Answered Desk::send(const Call& call) {
  std::vector<PasskeyAssertion> assertions;
  for (const Json& one : call.body["assertions"]) {
    auto assertion = assertion_in(one, "assertions");
    if (!assertion) return No(assertion.error());
    assertions.push_back(std::move(*assertion));
  }
  {
    const std::scoped_lock lock{mutex_};
    if (const auto own = own_key(at_records(call.actor), assertions.front()); !own) return No(own.error());
  }
  return hand_over(call, call.body["daily_dose"].get<std::string>(), std::move(assertions));
}

std::expected<void, Problem> Desk::own_key(const records::Actor& actor, const PasskeyAssertion& assertion) {
  const auto kept = records::find_passkey(parts_.database, to_base64url(assertion.credential));
  if (kept && kept->owner.clinic == actor.clinic && kept->owner.person == actor.person) return {};
  if (!kept && kept.error().fault != RecordFault::kMissing) return No(problem_for(kept.error()));
  return No(Problem{409,
                    title_of(409),
                    {{"assertion", "This passkey is not that of the person who is signed in.",
                      "Reload the page, and look at whose name stands above it.",
                      "The pump runs as before; nothing was sent."}},
                    {}});
}

Desk::Answered Desk::hand_over(const Call& call, const std::string& daily_dose,
                               std::vector<PasskeyAssertion> assertions) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto kept = records::draft(parts_.database, actor, records::DraftId{id_in(call, "draft")});
  if (!kept) return No(problem_for(kept.error()));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  const DraftedOrder drafted = drafted_order(*kept);
  const link::OrderBytes& bytes = drafted.bytes;
  // Whoever asks again, after a server that was stopped, is told what is kept.
  if (drafted.order.kind == link::OrderKind::kRefill) {
    const auto already = signed_for_refill(actor, kept->pump, kept->id);
    if (!already) return No(already.error());
    if (!already->is_null()) return Answer{*already, {}};
  }
  lock.unlock();

  SigningRequest signing;
  signing.order = bytes;
  if (found->running.order) signing.parent = link::written(*found->running.order);
  signing.model = found->running.status.model;
  signing.assertions = std::move(assertions);
  return run(
      call,
      {.wish = {.pump = kept->pump,
                .draft = kept->id,
                .intent = drafted.order.kind == link::OrderKind::kRefill ? kSignIntent : "prescribe",
                .order_digest = link::digest_of<link::Sodium>(bytes)},
       .signing = std::move(signing),
       .slip = [&]() -> std::optional<Problem> {
         if (auto open = refill_in_the_way(actor, kept->pump, drafted.order.kind)) return open;
         if (auto old = too_old(found->reading, parts_.utc_ms())) return old;
         if (const auto slip = not_confirmed(daily_dose, drafted.prescription, found->model.minimum_rate))
           return slip_of(*slip);
         return std::nullopt;
       },
       .visit = [&](const SignedAnswer& answer, records::SendId id) -> VisitRequest {
         return SendOrder{.order = bytes,
                          .signatures = answer.signatures,
                          .pass = *answer.pass,
                          .sequence = found->running.status.sequence,
                          .intent = intent_of(id),
                          .bedside = {.filled = implant_of(*kept).filled, .left_in = {}, .aspirated = {}}};
       },
       .keep = drafted.order.kind != link::OrderKind::kRefill
                   ? std::function<Answered(const SignedAnswer&)>{}
                   : [&](const SignedAnswer& answer) { return begin_ordered(call, *kept, *found, answer); }});
}

Desk::Answered Desk::run(const Call& call, Errand errand) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const records::RequestId request_id = step_of(call, "send");
  const auto sends = records::sends_of(parts_.database, actor, errand.wish.pump);
  if (!sends) return No(problem_for(sends.error()));
  // Begun before, and broken off: the signer may have signed it already.
  const bool again = std::ranges::any_of(
      *sends, [&](const records::Send& one) { return one.request.text == request_id.text; });
  const auto id = records::begin_send(parts_.database, actor, request_id, errand.wish);
  if (!id) return No(problem_for(id.error()));
  const auto before = records::send(parts_.database, actor, *id);
  if (!before) return No(problem_for(before.error()));
  if (const auto said = refused_.find(id->value); said != refused_.end()) return No(said->second);
  if (before->state != records::SendState::kPending)
    return Answer{sent_json(*id, before->state, words_of_before(before->state)), {}};
  // From here on nobody takes it for one that was broken off.
  handing_over_.insert(id->value);
  struct OnItsWay {
    std::set<std::int64_t>& sends;
    std::int64_t id;
    std::unique_lock<std::mutex>& lock;
    ~OnItsWay() {
      if (!lock.owns_lock()) lock.lock();
      sends.erase(id);
    }
  } const on_its_way{handing_over_, id->value, lock};
  // Pending: it was never handed over, for that is said before it is done. Another server at the same records
  // may be at it as well: whoever takes it out of a state goes on, and the other one tells what it found.
  const auto over = [&](records::SendState from, records::SendState to) {
    const records::RequestId own{fmt::format("send-{}-by-{}", id->value, records::new_id())};
    return records::settle_send(parts_.database, actor, own, *id, to, from);
  };
  const auto elsewhere = [&](const records::RecordError& error) -> Answered {
    if (error.fault != RecordFault::kConflict) return No(problem_for(error));
    const auto now = records::send(parts_.database, actor, *id);
    if (!now) return No(problem_for(now.error()));
    return Answer{sent_json(*id, now->state, words_of_before(now->state)), {}};
  };
  const auto not_sent = [&](records::SendState from, records::SendState to, Problem why) -> Answered {
    if (const auto settled = over(from, to); !settled) return elsewhere(settled.error());
    constexpr std::size_t kMostRefused = 1'000;
    if (refused_.size() >= kMostRefused) refused_.erase(refused_.begin());
    refused_.insert_or_assign(id->value, why);
    return No(std::move(why));
  };
  using enum records::SendState;
  const records::SendState no_signature = again ? kFailed : kRefused;
  if (auto slip = errand.slip()) return not_sent(kPending, no_signature, *std::move(slip));
  lock.unlock();  // for as long as others speak

  const auto signed_answer = ask_signer(parts_.signer, errand.signing);
  const auto refused = [](const std::string& what, const char* field = "") {
    return Problem{409, title_of(409), {{field, what, "Nothing was sent.", "The pump runs as before."}}, {}};
  };
  if (!signed_answer || !*signed_answer || !(*signed_answer)->pass) {
    lock.lock();
    // Whoever was asked and has not answered may have signed.
    if (!signed_answer)
      return not_sent(kPending, signed_answer.error().asked ? kFailed : no_signature,
                      refused("It was not signed: " + signed_answer.error().why + "."));
    // Of a number that was signed before, for an order of which these records know nothing, the next one is
    // taken: the records hold what has failed, and not what was refused.
    if (!*signed_answer)
      return not_sent(
          kPending, signed_answer->error().why == SigningRefusal::kNumber ? kFailed : no_signature,
          refused(fmt::format("The signer refuses ({}): {}.", row_of(signed_answer->error().why).name,
                              signed_answer->error().message),
                  signed_answer->error().why == SigningRefusal::kSecondClinician ? kSecondField : ""));
    return not_sent(kPending, kFailed, refused("The signer knows no gateway: theca signer gateway."));
  }
  // The send stays pending, for nobody hands it over: its order's number is taken.
  if (errand.keep) return errand.keep(**signed_answer);
  // From here on only the pump can tell, whatever happens to this process.
  lock.lock();
  if (const auto handed = over(kPending, kUnknown); !handed) {
    (void)over(kRefused, kFailed);  // refused to another server, for it was signed for this one
    return elsewhere(handed.error());
  }
  lock.unlock();
  const auto answer = ask_gateway(parts_.gateway, errand.visit(**signed_answer, *id));
  lock.lock();
  if (answer && !*answer)
    return not_sent(kUnknown, kFailed,
                    problem(409, "Nothing was sent: " + answer->error().why + ".",
                            "Hold the coil to the skin over the pump, and read it again."));
  SendOutcome outcome{link::Delivery::kUncertain, "", std::nullopt};
  if (answer) outcome = std::get<SendOutcome>(**answer);
  if (!answer) outcome.message = "It is not known whether the pump has taken it: " + answer.error() + ".";
  const records::SendState state = state_of(outcome.delivery);
  if (state != kUnknown) {
    // Whatever somebody else has made of it meanwhile: what the pump itself has just confirmed, it runs.
    if (const auto settled = over(kUnknown, state); !settled && state != kConfirmed)
      return elsewhere(settled.error());
  }
  return Answer{sent_json(*id, state, outcome.message, outcome.runs), {}};
}

Desk::Answered Desk::settle(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto sent = records::send(parts_.database, actor, records::SendId{id_in(call, "send")});
  if (!sent) return No(problem_for(sent.error()));
  if (handing_over_.contains(sent->id.value))
    return No(problem(409, "It is being handed over.", "Wait for its answer."));
  if (sent->state == records::SendState::kPending)
    return Answer{sent_json(sent->id, sent->state, "It was never handed over; send it again."), {}};
  if (sent->wish.intent == kFillIntent)
    return No(problem(409, "This is a fill, and no order.", "Ask the pump from the page of its refill."));
  if (sent->state != records::SendState::kUnknown || !sent->wish.draft)
    return Answer{sent_json(sent->id, sent->state, "It was known before."), {}};
  const auto kept = records::draft(parts_.database, actor, *sent->wish.draft);
  if (!kept) return No(problem_for(kept.error()));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  lock.unlock();
  const auto answer = ask_gateway(parts_.gateway, SettleSend{.implant = found->pump.details.implant,
                                                             .digest = sent->wish.order_digest,
                                                             .sequence = found->running.status.sequence,
                                                             .intent = intent_of(sent->id)});
  if (!answer) return No(out_of_reach("It is not known yet: " + answer.error() + "."));
  if (!*answer) return No(out_of_reach("It is not known yet: " + answer->error().why + "."));
  const SendOutcome outcome = std::get<SendOutcome>(**answer);
  const records::SendState state = state_of(outcome.delivery);
  lock.lock();
  if (state != sent->state) {
    const auto settled =
        records::settle_send(parts_.database, actor, step_of(call, "settle"), sent->id, state);
    if (!settled) return No(problem_for(settled.error()));
  }
  return Answer{sent_json(sent->id, state, outcome.message), {}};
}

}  // namespace theca::server
