// A patient and a pump come into the records.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "clinic/encoding.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/search_token.hpp"
#include "clinic/signer_client.hpp"
#include "files/base64url.hpp"
#include "plan/fluid_path.hpp"
#include "quantity/quantity.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

Problem wrong_field(const char* field, const std::string& what, const char* remedy) {
  return Problem{422, title_of(422), {{field, what, remedy, std::nullopt}}, {}};
}

records::Sex sex_of(const std::string& word) {
  if (word == "female") return records::Sex::kFemale;
  if (word == "male") return records::Sex::kMale;
  return word == "other" ? records::Sex::kOther : records::Sex::kUnknown;
}

}  // namespace

/// Whoever enrols a patient is the first of the care team.
Desk::Answered Desk::enrol_patient(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const auto born = records::date_of(call.body["birth_date"].get<std::string>());
  if (!born)
    return No(wrong_field("birth_date", "This is no day of the calendar.",
                          "Write year, month and day: 1956-03-09."));
  records::PatientDetails details;
  details.name = call.body["name"].get<std::string>();
  details.birth_date = *born;
  details.record_number = call.body["record_number"].get<std::string>();
  details.sex = sex_of(call.body["sex"].get<std::string>());
  const std::scoped_lock lock{mutex_};
  const auto added = records::add_patient(parts_.database, actor, step_of(call, "enrol"), details);
  if (!added) return No(problem_for(added.error()));
  const auto joined =
      records::join_care_team(parts_.database, actor, step_of(call, "join"), *added, actor.person);
  if (!joined) return No(problem_for(joined.error()));
  return Answer{{{"patient", added->value}}, {}};
}

namespace {

/// What somebody writes down of a pump; which implant and model it is, it says itself.
std::expected<records::PumpDetails, Problem> written_of(const Call& call, std::int64_t now_ms) {
  records::PumpDetails details;
  const auto day = records::date_of(call.body["implanted_on"].get<std::string>());
  if (!day)
    return No(wrong_field("implanted_on", "This is no day of the calendar.",
                          "Write year, month and day: 2026-03-09."));
  details.implanted_ms = std::chrono::sys_days{*day}.time_since_epoch() / std::chrono::milliseconds{1};
  if (details.implanted_ms > now_ms + kMillisecondsPerDay)
    return No(
        wrong_field("implanted_on", "This day is still to come.", "Write the day of the implantation."));
  details.serial = call.body["serial"].get<std::string>();
  return details;
}

std::expected<const PumpEntry*, Problem> entry_of(std::uint16_t model, const Library& library) {
  const PumpEntry* entry = library.find_pump(model);
  if (entry == nullptr)
    return No(problem(409, fmt::format("The library has no pump of model {}.", model),
                      "Nothing can be prescribed for it here."));
  return entry;
}

void set_model(records::PumpDetails& details, const PumpEntry& entry) {
  details.model = entry.name;
  if (const auto constants = path_constants(entry)) details.tubing = constants->tubing.value;
}

std::optional<link::ShortId> implant_in(const std::string& hex) {
  const auto id = records::from_hex(hex);
  link::ShortId implant{};
  if (!id || id->size() != implant.size()) return std::nullopt;
  std::ranges::copy(*id, implant.begin());
  return implant;
}

std::optional<link::Key> key_in(const Json& hex) {
  const auto bytes = records::from_hex(hex.get<std::string>());
  link::Key key{};
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::ranges::copy(*bytes, key.begin());
  return key;
}

Problem not_paired(const std::string& why, const char* remedy) {
  return problem(409, "The pump was not paired: " + why, remedy);
}

}  // namespace

/// One that does not answer comes into nobody's record.
Desk::Answered Desk::add_pump(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const auto implant = implant_in(call.body["implant"].get<std::string>());
  if (!implant)
    return No(wrong_field("implant", "An implant's id has 16 digits from 0 to 9 and a to f.",
                          "Write it as it was said when the pump was paired."));
  auto details = written_of(call, parts_.utc_ms());
  if (!details) return No(details.error());
  details->implant = *implant;
  const auto answer = ask_gateway(parts_.gateway, ReadImplant{*implant});
  if (!answer) return No(out_of_reach(answer.error() + "."));
  if (!*answer) return No(out_of_reach("The pump was not read: " + answer->error().why + "."));
  const auto running = running_of(std::get<ImplantSaid>(**answer));
  if (!running) return No(out_of_reach("What the pump says cannot be understood."));
  const auto entry = entry_of(running->status.model, parts_.library);
  if (!entry) return No(entry.error());
  set_model(*details, **entry);
  const std::scoped_lock lock{mutex_};
  const auto added = records::add_pump(parts_.database, actor, step_of(call, "pump"),
                                       records::PatientId{id_in(call, "patient")}, *details);
  if (!added) return No(problem_for(added.error()));
  return Answer{
      {{"pump", added->value}, {"model", details->model}, {"state", state_name(running->status.state)}}, {}};
}

// ---- a pump out of its pack -----------------------------------------------------------------------------

std::expected<void, Problem> Desk::note(const Call& call, const link::ShortId& implant,
                                        const std::string& word) {
  const std::scoped_lock lock{mutex_};
  const auto noted = records::note_implant(parts_.database, at_records(call.actor),
                                           records::PatientId{id_in(call, "patient")}, implant, word);
  if (!noted) return No(problem_for(noted.error()));
  return {};
}

/// The card goes through here to the gateway, and is kept nowhere: once the pump is paired it opens nothing.
Desk::Answered Desk::begin_pairing(const Call& call) {
  const Json& card = call.body["card"];
  const auto implant = implant_in(card["implant"].get<std::string>());
  const auto shown = key_in(card["public_key"]), secret = key_in(card["secret"]);
  if (!implant || !shown || !secret)
    return No(wrong_field("card", "This is no card of a pump's pack.",
                          "Take the file that came with the pump, as it is."));
  if (const auto noted = note(call, *implant, "meet implant"); !noted) return No(noted.error());
  const auto answer = ask_gateway(parts_.gateway, BeginPairing{*implant, *shown, *secret});
  if (!answer) return No(out_of_reach(answer.error() + "."));
  if (!*answer) return No(out_of_reach("The pump was not met: " + answer->error().why + "."));
  const auto& begun = std::get<PairingBegun>(**answer);
  const auto status = link::read<link::StatusReply>(begun.status);
  if (!status) return No(out_of_reach("What the pump says cannot be understood."));
  const auto entry = entry_of(status->model, parts_.library);
  if (!entry) return No(entry.error());
  const PairingBytes statement = link::written(PairingStatement{.implant = *implant,
                                                                .model = status->model,
                                                                .number = begun.number,
                                                                .written_utc_s = parts_.utc_ms() / 1'000});
  return Answer{{{"implant", records::hex(*implant)},
                 {"model", (*entry)->name},
                 {"state", state_name(status->state)},
                 {"statement", to_base64url(statement)},
                 {"challenge", to_base64url(digest_of(statement))}},
                {}};
}

Desk::Answered Desk::pair_pump(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  PairRequest request;
  if (!from_base64url(call.body["statement"].get<std::string>(), request.statement) ||
      !link::read<PairingStatement>(request.statement))
    return No(problem(422, "This is no statement of a pairing.", "Read the pump's card again."));
  const auto statement = *link::read<PairingStatement>(request.statement);
  auto assertion = assertion_in(call.body["assertion"], "assertion");
  if (!assertion) return No(assertion.error());
  request.assertion = std::move(*assertion);
  auto details = written_of(call, parts_.utc_ms());
  if (!details) return No(details.error());
  details->implant = statement.implant;
  const auto entry = entry_of(statement.model, parts_.library);
  if (!entry) return No(entry.error());
  set_model(*details, **entry);
  {
    const std::scoped_lock lock{mutex_};
    if (const auto own = own_key(actor, request.assertion); !own) return No(own.error());
  }
  if (const auto noted = note(call, statement.implant, "pair implant"); !noted) return No(noted.error());
  const auto answer = ask_signer(parts_.signer, request);
  if (!answer) return No(not_paired(answer.error().why + ".", "Read the pump's card again."));
  if (!*answer)
    return No(not_paired(fmt::format("the signer refuses ({}): {}.", row_of(answer->error().why).name,
                                     answer->error().message),
                         "Read the pump's card again."));
  const SignedAnswer& given = **answer;
  if (!given.pairing || !given.pass)
    return No(
        not_paired("the signer gave nothing to pair it with.", "Tell whoever looks after this server."));
  // Signed for a session that is over it is worth nothing: the card is read again.
  const auto visit = ask_gateway(parts_.gateway, PairImplant{statement.implant, *given.pairing, *given.pass});
  if (visit && !*visit) return No(not_paired(visit->error().why + ".", "Read the pump's card again."));
  SendOutcome outcome;
  if (visit) outcome = std::get<SendOutcome>(**visit);
  if (!visit) outcome.message = "It is not known whether the pump was paired: " + visit.error() + ".";
  Json told{{"state", theca::name_of(outcome.delivery)},
            {"message", outcome.message},
            {"implant", records::hex(statement.implant)},
            {"model", details->model}};
  // What became of it stands there even where the pump does not come into the record.
  if (const auto noted =
          note(call, statement.implant, fmt::format("pair implant {}", theca::name_of(outcome.delivery)));
      !noted)
    told["message"] = outcome.message + " That could not be written into the audit trail.";
  if (outcome.delivery == link::Delivery::kConfirmed) {
    const std::scoped_lock lock{mutex_};
    const auto added = records::add_pump(parts_.database, actor, step_of(call, "pair"),
                                         records::PatientId{id_in(call, "patient")}, *details);
    if (added) told["pump"] = added->value;
    if (!added)
      told["message"] = fmt::format("{} But it did not come into the record: {} Write it in with its id, {}.",
                                    outcome.message, problem_for(added.error()).errors.front().happened,
                                    records::hex(statement.implant));
  }
  return Answer{std::move(told), {}};
}

}  // namespace theca::server
