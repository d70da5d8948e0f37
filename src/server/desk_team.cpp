// Who cares for a patient.
#include <algorithm>

#include "clinic/staff.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

Json json_of(const records::Staff& one) {
  return {{"person", one.id.value}, {"name", one.name}, {"role", records::word_of(one.role)}};
}

struct Team {
  std::vector<records::Staff> members, others;  // others: who works here, and may care for somebody
};

std::expected<Team, Problem> team_of(records::Database& database, const records::Actor& actor,
                                     records::PatientId patient) {
  const auto people = records::care_team(database, actor, patient);
  if (!people) return No(problem_for(people.error()));
  const auto staff = records::staff(database, actor);
  if (!staff) return No(problem_for(staff.error()));
  Team team;
  for (const records::Staff& one : *staff) {
    if (one.left_ms) continue;
    if (std::ranges::find(*people, one.id) != people->end())
      team.members.push_back(one);
    else if (one.role != records::StaffRole::kAdministrator)
      team.others.push_back(one);
  }
  return team;
}

}  // namespace

Desk::Answered Desk::team(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto team =
      team_of(parts_.database, at_records(call.actor), records::PatientId{id_in(call, "patient")});
  if (!team) return No(team.error());
  Json members = Json::array(), others = Json::array();
  for (const records::Staff& one : team->members) members.push_back(json_of(one));
  for (const records::Staff& one : team->others) others.push_back(json_of(one));
  return Answer{{{"members", members}, {"others", others}}, {}};
}

Desk::Answered Desk::change_team(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const records::Actor actor = at_records(call.actor);
  const records::PatientId patient{id_in(call, "patient")};
  const records::PersonId person{call.body["person"].get<std::int64_t>()};
  const auto team = team_of(parts_.database, actor, patient);
  if (!team) return No(team.error());
  if (call.body["joins"].get<bool>()) {
    const bool fits = std::ranges::any_of(team->others, [&](const auto& one) { return one.id == person; }) ||
                      std::ranges::any_of(team->members, [&](const auto& one) { return one.id == person; });
    if (!fits)
      return No(problem(409, "This person treats nobody in this clinic.",
                        "Choose a physician, a nurse or a pharmacist who works here."));
    const auto joined =
        records::join_care_team(parts_.database, actor, step_of(call, "join"), patient, person);
    if (!joined) return No(problem_for(joined.error()));
    return Answer{nullptr, {}};
  }
  const auto is_physician = [](const records::Staff& one) {
    return one.role == records::StaffRole::kPhysician;
  };
  const auto others = [&](const auto& fits) {
    return std::ranges::any_of(team->members,
                               [&](const records::Staff& one) { return one.id != person && fits(one); });
  };
  // A nurse may have enrolled somebody: then there is no physician yet, and somebody stays who can add one.
  const auto may_change = [](const records::Staff& one) {
    return one.role == records::StaffRole::kPhysician || one.role == records::StaffRole::kNurse;
  };
  const bool has_physician = std::ranges::any_of(team->members, is_physician);
  if (has_physician ? !others(is_physician) : !others(may_change))
    return No(problem(409, "Nobody would be left in this care team who answers for it.",
                      has_physician ? "Add another physician first." : "Add a physician first."));
  const auto left = records::leave_care_team(parts_.database, actor, step_of(call, "leave"), patient, person);
  if (!left) return No(problem_for(left.error()));
  return Answer{nullptr, {}};
}

}  // namespace theca::server
