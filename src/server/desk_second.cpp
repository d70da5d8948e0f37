// A draft that one physician has asserted waits for another one, on a device of his own.
#include <algorithm>

#include "link/sodium.hpp"
#include "server/desk_words.hpp"

namespace theca::server {

/// What waits ends with its reading; what became of one that was answered is told for a day.
void Desk::forget_asked() {
  constexpr std::int64_t kToldMs = 24 * 3'600'000;
  const std::int64_t now_ms = parts_.utc_ms();
  std::erase_if(asked_, [&](const auto& one) {
    const Asked& asked = one.second;
    return !asked.signing && asked.until_ms + (asked.sent.is_null() ? 0 : kToldMs) < now_ms;
  });
}

std::expected<Json, Problem> Desk::became_of(const records::Actor& actor, std::int64_t draft) {
  const auto kept = records::draft(parts_.database, actor, records::DraftId{draft});
  if (!kept) return No(problem_for(kept.error()));
  const auto sends = records::sends_of(parts_.database, actor, kept->pump);
  if (!sends) return No(problem_for(sends.error()));
  for (const records::Send& send : *sends) {
    using enum records::SendState;
    if (!send.wish.draft || send.wish.draft->value != draft) continue;
    if (send.state == kPending || send.state == kRefused) continue;  // nobody has handed it over
    return sent_json(send.id, send.state, words_of_before(send.state));
  }
  return signed_for_refill(actor, kept->pump, kept->id);
}

/// One has asserted the draft; it waits for another one, who must type the dose as well.
Desk::Answered Desk::ask_second(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  auto assertion = assertion_in(call.body["assertion"], "assertion");
  if (!assertion) return No(assertion.error());
  const std::scoped_lock lock{mutex_};
  const auto kept = records::draft(parts_.database, actor, records::DraftId{id_in(call, "draft")});
  if (!kept) return No(problem_for(kept.error()));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  if (auto old = too_old(found->reading, parts_.utc_ms())) return No(*std::move(old));
  const DraftedOrder drafted = drafted_order(*kept);
  if (const auto slip = not_confirmed(call.body["daily_dose"].get<std::string>(), drafted.prescription,
                                      found->model.minimum_rate))
    return No(slip_of(*slip));
  if (const auto own = own_key(actor, *assertion); !own) return No(own.error());
  const auto patient = records::patient(parts_.database, actor, kept->patient);
  if (!patient) return No(problem_for(patient.error()));
  const auto by = person_json(actor);
  if (!by) return No(by.error());
  forget_asked();
  if (const auto there = asked_.find(kept->id.value); there != asked_.end() && !there->second.open())
    return No(problem(409, "This order was answered before.", "Read the pump to see what it runs."));
  const std::int64_t until_ms = found->reading.at_ms + kReadingLastsMs;
  asked_.insert_or_assign(kept->id.value, Asked{.clinic = call.actor.clinic,
                                                .first = call.actor.person,
                                                .assertion = std::move(*assertion),
                                                .until_ms = until_ms,
                                                .patient = patient->details.name,
                                                .by = (*by)["name"].get<std::string>(),
                                                .signing = false,
                                                .sent = nullptr});
  return Answer{{{"until_ms", until_ms}, {"now_ms", parts_.utc_ms()}}, {}};
}

Desk::Answered Desk::waiting(const Call& call) {
  const std::scoped_lock lock{mutex_};
  forget_asked();
  Json all = Json::array();
  for (const auto& [draft, asked] : asked_) {
    const Object object{.clinic = asked.clinic, .first_signer = asked.first};
    if (permit(call.actor, Action::kSecondSign, object) != Verdict::kYes) continue;
    if (!asked.open() || std::ssize(all) == kMostPeople) continue;
    all.push_back({{"draft", draft}, {"patient_name", asked.patient}, {"by", asked.by}});
  }
  Json syringes = Json::array();
  std::erase_if(syringes_, [&](const auto& one) { return one.second.until_ms < parts_.utc_ms(); });
  for (const auto& [refill, one] : syringes_) {
    const Object object{.clinic = one.clinic, .first_signer = one.first};
    if (permit(call.actor, Action::kConfirmSyringe, object) != Verdict::kYes) continue;
    if (std::ssize(syringes) == kMostPeople) continue;
    syringes.push_back({{"refill", refill}, {"patient_name", one.patient}, {"by", one.by}});
  }
  return Answer{{{"waiting", all}, {"syringes", syringes}}, {}};
}

Desk::Answered Desk::look_as_second(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const std::scoped_lock lock{mutex_};
  const auto kept = records::draft(parts_.database, actor, records::DraftId{id_in(call, "draft")});
  if (!kept) return No(problem_for(kept.error()));
  const auto asked = asked_.find(kept->id.value);
  if (asked == asked_.end()) return No(problem_of(Verdict::kNotFound));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  const auto patient = records::patient(parts_.database, actor, kept->patient);
  if (!patient) return No(problem_for(patient.error()));
  const auto by = person_json({actor.clinic, records::PersonId{asked->second.first}});
  if (!by) return No(by.error());
  const DraftedOrder drafted = drafted_order(*kept);
  // Of another fluid the dose is typed in that one's unit, and its name stands above.
  const auto fields =
      drafted.order.kind == link::OrderKind::kRefill || !found->running.order
          ? theca::fields_of_fluid(drafted.prescription.formulation, found->model, parts_.library)
          : change_fields(*found->running.order, *found->running.prescription, found->model, parts_.library);
  if (!fields) return No(problem(409, "No field can be made for this dose.", "Sign it elsewhere."));
  const FlowRate minimum = found->model.minimum_rate;
  const std::string& serial = found->pump.details.serial;
  return Answer{
      {{"patient",
        {{"name", patient->details.name},
         {"birth_date", date_text(patient->details.birth_date)},
         {"model", found->pump.details.model},
         {"serial_ends", serial.substr(serial.size() < 4 ? 0 : serial.size() - 4)}}},
       {"by", (*by)["name"]},
       {"read_at_ms", found->reading.at_ms},
       {"lasts_ms", asked->second.until_ms - parts_.utc_ms()},
       {"therapy", fields_json(*fields)},
       {"notes", notes_in(*kept)},
       {"challenge", to_base64url(link::digest_of<link::Sodium>(drafted.bytes))},
       {"order", to_base64url(drafted.bytes)},
       {"rows", rows_json(compare(rows_before(found->running, minimum, parts_.library),
                                  rows_of(drafted.order, drafted.prescription, minimum, parts_.library)))}},
      {}};
}

Desk::Answered Desk::sign_as_second(const Call& call) {
  auto assertion = assertion_in(call.body["assertion"], "assertion");
  if (!assertion) return No(assertion.error());
  const records::Actor actor = at_records(call.actor);
  std::vector<PasskeyAssertion> both;
  const std::int64_t draft = id_in(call, "draft");
  {
    const std::scoped_lock lock{mutex_};
    forget_asked();
    const auto asked = asked_.find(draft);
    if (asked == asked_.end()) return No(problem_of(Verdict::kNotFound));
    if (!asked->second.open())
      return No(problem(409, "This order was answered before.", "Read the pump to see what it runs."));
    if (const auto own = own_key(actor, *assertion); !own) return No(own.error());
    asked->second.signing = true;
    both = {asked->second.assertion, std::move(*assertion)};
  }
  std::optional<Answered> answer;
  try {
    answer = hand_over(call, call.body["daily_dose"].get<std::string>(), std::move(both));
  } catch (...) {  // a bug; whether it was handed over the records and the pump know
    const std::scoped_lock lock{mutex_};
    asked_.erase(draft);
    throw;
  }
  const std::scoped_lock lock{mutex_};
  Asked& asked = asked_.at(draft);
  asked.signing = false;
  if (*answer) {
    asked.sent = (*answer)->body;
  } else if (const auto became = became_of(actor, draft)) {
    asked.sent = *became;  // null: a slip, or the signer said no; it waits on
  }
  return *std::move(answer);
}

/// The first one has gone on to something else.
Desk::Answered Desk::withdraw(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto asked = asked_.find(id_in(call, "draft"));
  if (asked != asked_.end() && asked->second.first == call.actor.person && asked->second.open())
    asked_.erase(asked);
  return Answer{nullptr, {}};
}

/// For the first one's page: what has become of it.
Desk::Answered Desk::asked_of_second(const Call& call) {
  const std::scoped_lock lock{mutex_};
  forget_asked();
  const std::int64_t draft = id_in(call, "draft");
  const auto told = [](const Json& sent) { return Answer{{{"is", "sent"}, {"sent", sent}}, {}}; };
  if (const auto asked = asked_.find(draft); asked != asked_.end())
    return asked->second.sent.is_null() ? Answer{{{"is", "waiting"}}, {}} : told(asked->second.sent);
  // Before this process began somebody may have signed it.
  const auto became = became_of(at_records(call.actor), draft);
  if (!became) return No(became.error());
  return became->is_null() ? Answer{{{"is", "over"}}, {}} : told(*became);
}

}  // namespace theca::server
