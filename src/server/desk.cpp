#include "server/desk.hpp"

#include <chrono>

#include "clinic/passkey_json.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/staff.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

using records::RecordFault;

StaffRole role_of(records::StaffRole role) {
  return static_cast<StaffRole>(static_cast<std::uint8_t>(role) + 1);  // none stands before them
}
static_assert(static_cast<int>(records::StaffRole::kPhysician) + 1 ==
              static_cast<int>(StaffRole::kPhysician));
static_assert(static_cast<int>(records::StaffRole::kAdministrator) + 1 ==
              static_cast<int>(StaffRole::kAdministrator));

}  // namespace

// ---- signing in -----------------------------------------------------------------------------------------

Desk::Answered Desk::challenge(const Call& call) {
  return Answer{{{"challenge", challenges_.ask(call.now)}, {"site", parts_.site.id}}, {}};
}

Desk::Answered Desk::sign_in(const Call& call) {
  const auto refused = [](const std::string& why) {
    return No(problem(401, "Nobody was signed in: " + why + ".",
                      "Ask for a new challenge and use your passkey again."));
  };
  const auto assertion = parse_assertion(call.body["credential"].get<std::string>());
  if (!assertion) return refused(assertion.error());
  const std::string credential = to_base64url(assertion->credential);
  const auto attempt = attempts_.begin(credential, call.request.peer.address, call.now);
  if (!attempt) {
    Problem wait = problem(429, "There were too many attempts.", "Wait, then try again.");
    const auto seconds_left = std::chrono::ceil<std::chrono::seconds>(attempt.error().wait).count();
    wait.headers.push_back({"Retry-After", std::to_string(seconds_left)});
    return No(std::move(wait));
  }
  const auto challenge = from_base64url(call.body["challenge"].get<std::string>());
  if (!challenge || !challenges_.take(*challenge, call.now))
    return refused("the challenge is over, or was answered before");

  const std::scoped_lock lock{mutex_};
  const auto kept = records::find_passkey(parts_.database, credential);
  if (!kept && kept.error().fault != RecordFault::kMissing) return No(problem_for(kept.error()));
  if (!kept) return refused("this passkey is nobody's here");
  const auto key = parse_key_text(kept->public_key);
  if (!key) return refused("this passkey cannot be read");
  const Passkey passkey{.id = assertion->credential,
                        .algorithm = key->algorithm,
                        .key = key->key,
                        .counter = static_cast<std::uint32_t>(kept->counter),
                        .person = 0};
  const auto counter = check_assertion(*assertion, passkey, parts_.site, *challenge);
  if (!counter) return refused("the assertion " + counter.error().message);
  if (const auto used = records::use_passkey(parts_.database, kept->owner, credential, *counter); !used)
    return No(problem_for(used.error()));
  attempts_.succeeded(*attempt);
  const Actor actor{role_of(kept->role), kept->owner.clinic.value, kept->owner.person.value};
  auto person = person_json(kept->owner);
  if (!person) return No(std::move(person.error()));
  const std::string cookie = parts_.sessions.sign_in(actor, call.cookie, call.now);
  return Answer{*std::move(person), {set_cookie(cookie)}};
}

std::expected<Json, Problem> Desk::person_json(const records::Actor& who) {
  const auto staff = records::staff(parts_.database, who);
  if (!staff) return No(problem_for(staff.error()));
  for (const records::Staff& one : *staff) {
    if (one.id == who.person)
      return Json{{"person", one.id.value}, {"role", records::word_of(one.role)}, {"name", one.name}};
  }
  return No(problem_of(Verdict::kNotSignedIn));
}

Desk::Answered Desk::who(const Call& call) {
  const std::scoped_lock lock{mutex_};
  auto person = person_json(at_records(call.actor));
  if (!person) return No(std::move(person.error()));
  return Answer{*std::move(person), {}};
}

/// What waits for a second clinician does not wait for somebody who has gone.
Desk::Answered Desk::sign_out(const Call& call) {
  parts_.sessions.sign_out(call.cookie);
  const std::scoped_lock lock{mutex_};
  std::erase_if(asked_,
                [&](const auto& one) { return one.second.first == call.actor.person && one.second.open(); });
  return Answer{nullptr, {drop_cookie()}};
}

Desk::Answered Desk::about(const Call&) {
  const records::Opening& opening = parts_.database.opening();
  return Answer{{{"demo", opening.kind == records::DatabaseKind::kDemo},
                 {"institution", opening.institution},
                 {"version", THECA_VERSION}},
                {}};
}

// ---- looking --------------------------------------------------------------------------------------------

Desk::Answered Desk::patients(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto found = records::patients_in_care(parts_.database, at_records(call.actor));
  if (!found) return No(problem_for(found.error()));
  Json all = Json::array();
  for (const records::FoundPatient& one : found->patients)
    all.push_back({{"patient", one.id.value},
                   {"name", one.name},
                   {"birth_date", date_text(one.birth_date)},
                   {"record_number", one.record_number}});
  return Answer{{{"patients", all}, {"more", found->more}}, {}};
}

Desk::Answered Desk::patient(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const records::Actor actor = at_records(call.actor);
  const records::PatientId id{id_in(call, "patient")};
  const auto found = records::patient(parts_.database, actor, id);
  if (!found) return No(problem_for(found.error()));
  const auto pumps = records::pumps_of(parts_.database, actor, id);
  if (!pumps) return No(problem_for(pumps.error()));
  Json all = Json::array();
  for (const records::PumpRecord& one : *pumps) {
    const std::string& serial = one.details.serial;
    all.push_back({{"pump", one.id.value},
                   {"model", one.details.model},
                   {"serial_ends", serial.substr(serial.size() < 4 ? 0 : serial.size() - 4)},
                   {"implanted", !one.explanted_ms.has_value()}});
  }
  return Answer{{{"patient", id.value},
                 {"name", found->details.name},
                 {"birth_date", date_text(found->details.birth_date)},
                 {"record_number", found->details.record_number},
                 {"pumps", all}},
                {}};
}

}  // namespace theca::server
