// Charts that are opened with a reason, and who looks at it afterwards; the audit trail.
#include <algorithm>

#include "clinic/audit.hpp"
#include "clinic/glass.hpp"
#include "clinic/staff.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

std::string name_of(const std::vector<records::Staff>& staff, std::int64_t person) {
  const auto found = std::ranges::find(staff, records::PersonId{person}, &records::Staff::id);
  return found == staff.end() ? std::string{} : found->name;
}

/// Rows have bytes that a page shows and a reply takes.
std::string shown(const std::string& text) {
  return text.size() <= 1'900 ? text : text.substr(0, 1'900) + " ...";
}

}  // namespace

Desk::Answered Desk::break_glass(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto until = records::break_glass(parts_.database, at_records(call.actor), step_of(call, "glass"),
                                          records::PatientId{id_in(call, "patient")},
                                          call.body["reason"].get<std::string>());
  if (!until && until.error().fault == records::RecordFault::kInvalid)
    return No(Problem{422,
                      title_of(422),
                      {{"reason", "This says too little.",
                        "Say in a sentence why this chart has to be opened now.", std::nullopt}},
                      {}});
  if (!until) return No(problem_for(until.error()));
  return Answer{{{"until_ms", *until}}, {}};
}

Desk::Answered Desk::broken_glass(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const records::Actor actor = at_records(call.actor);
  const auto opened = records::glass_to_review(parts_.database, actor);
  if (!opened) return No(problem_for(opened.error()));
  const auto staff = records::staff(parts_.database, actor);
  if (!staff) return No(problem_for(staff.error()));
  Json all = Json::array();
  for (const records::BrokenGlass& one : *opened)
    all.push_back({{"glass", one.id.value},
                   {"patient", one.patient.value},
                   {"by", name_of(*staff, one.by.value)},
                   {"at_ms", one.at_ms},
                   {"until_ms", one.until_ms},
                   {"reason", one.reason}});
  return Answer{{{"opened", all}}, {}};
}

Desk::Answered Desk::review_glass(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto done = records::review_glass(parts_.database, at_records(call.actor), step_of(call, "review"),
                                          records::GlassId{id_in(call, "glass")});
  if (!done) return No(problem_for(done.error()));
  return Answer{nullptr, {}};
}

Desk::Answered Desk::audit(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const records::Actor actor = at_records(call.actor);
  const auto staff = records::staff(parts_.database, actor);
  if (!staff) return No(problem_for(staff.error()));
  const auto rows = records::audit_of_clinic(parts_.database, actor, id_in(call, "before"),
                                             static_cast<std::size_t>(kAuditRows));
  if (!rows) return No(problem_for(rows.error()));
  Json all = Json::array();
  for (const records::AuditRow& row : *rows) {
    Json json{{"sequence", row.sequence},   {"at_ms", row.at_ms},   {"by", name_of(*staff, row.person)},
              {"action", row.action},       {"object", row.object}, {"outcome", row.outcome},
              {"detail", shown(row.detail)}};
    if (row.patient) json["patient"] = *row.patient;
    all.push_back(std::move(json));
  }
  return Answer{{{"rows", all}}, {}};
}

}  // namespace theca::server
