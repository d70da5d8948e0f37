// A patient and a pump come into the records.
#include <fmt/format.h>

#include <algorithm>

#include "clinic/encoding.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/search_token.hpp"
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

/// The pump says itself which model it is; one that does not answer comes into nobody's record.
Desk::Answered Desk::add_pump(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  records::PumpDetails details;
  const auto id = records::from_hex(call.body["implant"].get<std::string>());
  if (!id || id->size() != details.implant.size())
    return No(wrong_field("implant", "An implant's id has 16 digits from 0 to 9 and a to f.",
                          "Write it as theca link pair has printed it."));
  std::ranges::copy(*id, details.implant.begin());
  const auto day = records::date_of(call.body["implanted_on"].get<std::string>());
  if (!day)
    return No(wrong_field("implanted_on", "This is no day of the calendar.",
                          "Write year, month and day: 2026-03-09."));
  details.implanted_ms = std::chrono::sys_days{*day}.time_since_epoch() / std::chrono::milliseconds{1};
  if (details.implanted_ms > parts_.utc_ms() + kMillisecondsPerDay)
    return No(
        wrong_field("implanted_on", "This day is still to come.", "Write the day of the implantation."));
  details.serial = call.body["serial"].get<std::string>();
  const auto answer = ask_gateway(parts_.gateway, ReadImplant{details.implant});
  if (!answer) return No(out_of_reach(answer.error() + "."));
  if (!*answer) return No(out_of_reach("The pump was not read: " + answer->error().why + "."));
  const auto running = running_of(std::get<ImplantSaid>(**answer));
  if (!running) return No(out_of_reach("What the pump says cannot be understood."));
  const PumpEntry* entry = parts_.library.find_pump(running->status.model);
  if (entry == nullptr)
    return No(problem(409, fmt::format("The library has no pump of model {}.", running->status.model),
                      "Nothing can be prescribed for it here."));
  details.model = entry->name;
  if (const auto constants = path_constants(*entry)) details.tubing = constants->tubing.value;
  const std::scoped_lock lock{mutex_};
  const auto added = records::add_pump(parts_.database, actor, step_of(call, "pump"),
                                       records::PatientId{id_in(call, "patient")}, details);
  if (!added) return No(problem_for(added.error()));
  return Answer{
      {{"pump", added->value}, {"model", details.model}, {"state", state_name(running->status.state)}}, {}};
}

}  // namespace theca::server
