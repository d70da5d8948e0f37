// The first therapy of a pump that was implanted, and the hours that follow it.
#include <fmt/format.h>

#include <algorithm>

#include "clinic/implanting.hpp"
#include "clinic/staff.hpp"
#include "clinic/visits.hpp"
#include "files/strict_json.hpp"
#include "quantity/text.hpp"
#include "server/desk_implant_words.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

constexpr int kDigits = 3;
constexpr std::size_t kMostShown = 200;
constexpr const char* kSeen = "seen";

Json constant_json(const PathConstant& constant) {
  return {{"nl", constant.value.raw()}, {"verified", constant.verified}, {"sources", constant.sources}};
}

/// A visit's note that is one of ours; nothing for one that somebody wrote freely.
std::optional<Json> seen_in(const records::Visit& visit) {
  if (visit.details.reason != records::VisitReason::kImplantation) return std::nullopt;
  const auto json = parse_strictly(visit.details.notes, {.most_bytes = 8'192, .most_depth = 3});
  if (!json || !json->is_object() || json->value("is", std::string{}) != kSeen) return std::nullopt;
  return *json;
}

}  // namespace

std::expected<ImplantWords, Problem> implant_in(const Json& body) {
  const Json& said = body["implant"];
  std::vector<FieldError> errors;
  const auto wrong = [&](const char* field, const std::string& why) {
    errors.push_back({field, why + ".", "Write a number and its unit.", std::nullopt});
  };
  const auto catheter = parse_length(said["catheter"].get<std::string>());
  const auto cut_off = parse_length(said["cut_off"].get<std::string>());
  const auto filled = parse_volume(said["filled"].get<std::string>());
  if (!catheter) wrong("implant.catheter", catheter.error().message);
  if (!cut_off) wrong("implant.cut_off", cut_off.error().message);
  if (!filled) wrong("implant.filled", filled.error().message);
  if (!errors.empty()) return No(Problem{422, title_of(422), std::move(errors), {}});
  const Json& zone = said["zone"];
  return ImplantWords{
      .catheter = *catheter,
      .cut_off = *cut_off,
      .filled = *filled,
      .prime = said["prime"].get<bool>(),
      .zone = {zone["offset_minutes"].get<std::int16_t>(), zone["offset_after_minutes"].get<std::int16_t>(),
               zone["change_utc_s"].get<std::int64_t>()}};
}

Json hours_json(const FirstHours& hours) {
  return {{"filled_nl", hours.filled.raw()},
          {"lies_um", hours.lies.raw()},
          {"path_nl", hours.path.total().raw()},
          {"tubing", constant_json(hours.constants.tubing)},
          {"per_cm", constant_json(hours.constants.per_cm)},
          {"given_nl", hours.given.raw()},
          {"rate_nl_per_day", hours.rate.raw()},
          {"in_motion", to_text(hours.in_motion, Rounding::significant(kDigits))},
          {"prime_ms", hours.prime_lasts.raw()},
          {"spread_nl", hours.spread.raw()},
          {"front_holds", hours.front.developed},
          {"first_drug_ms", hours.first_drug.raw()},
          {"whole_ms", hours.whole.raw()},
          {"shorter", to_text(hours.shorter.mass, Rounding::significant(kDigits))},
          {"supervised_ms", hours.supervised.raw()}};
}

ImplantDraft implant_of(const records::KeptDraft& kept) {
  const auto json = parse_strictly(kept.content, {.most_bytes = records::kLongestDraft, .most_depth = 8});
  ImplantDraft out;
  if (!json || !json->contains("filled_nl")) return out;
  out.filled = Volume{(*json)["filled_nl"].get<std::int64_t>()};
  out.hours = (*json)["first_hours"];
  return out;
}

/// The first therapy that the pump has taken, and when; nothing before.
std::expected<std::optional<Desk::Begun>, Problem> Desk::begun(const records::Actor& actor,
                                                               records::PumpId pump) {
  const auto sends = records::sends_of(parts_.database, actor, pump);
  if (!sends) return No(problem_for(sends.error()));
  for (const records::Send& send : *sends) {
    if (send.state != records::SendState::kConfirmed || !send.wish.draft) continue;
    const auto kept = records::draft(parts_.database, actor, *send.wish.draft);
    if (!kept) return No(problem_for(kept.error()));
    const ImplantDraft draft = implant_of(*kept);
    if (!draft.hours.is_null())
      return Begun{send.settled_ms.value_or(send.begun_ms), kept->patient, draft.hours};
  }
  return std::optional<Begun>{};
}

Desk::Answered Desk::first_hours(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const std::scoped_lock lock{mutex_};
  const auto at = begun(actor, records::PumpId{id_in(call, "pump")});
  if (!at) return No(at.error());
  if (!*at) return Answer{{{"is", "none"}, {"now_ms", parts_.utc_ms()}}, {}};
  return Answer{*seen_json(actor, **at), {}};
}

std::expected<Json, Problem> Desk::seen_json(const records::Actor& actor, const Begun& at) {
  const auto visits = records::visits_of(parts_.database, actor, at.patient);
  if (!visits) return No(problem_for(visits.error()));
  const auto staff = records::staff(parts_.database, actor);
  if (!staff) return No(problem_for(staff.error()));
  Json seen = Json::array();
  for (const records::Visit& visit : *visits) {
    if (visit.details.at_ms < at.at_ms || seen.size() >= kMostShown) break;
    auto one = seen_in(visit);
    if (!one) continue;
    const auto who = std::ranges::find(*staff, visit.by, &records::Staff::id);
    one->erase("is");
    (*one)["at_ms"] = visit.details.at_ms;
    (*one)["by"] = who == staff->end() ? std::string{"somebody who has left"} : who->name;
    seen.push_back(*std::move(one));
  }
  return Json{{"is", "begun"},
              {"begun_ms", at.at_ms},
              {"now_ms", parts_.utc_ms()},
              {"hours", at.hours},
              {"seen", std::move(seen)}};
}

Desk::Answered Desk::note_seen(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const std::scoped_lock lock{mutex_};
  const auto at = begun(actor, records::PumpId{id_in(call, "pump")});
  if (!at) return No(at.error());
  if (!*at)
    return No(problem(409, "No first therapy of this pump is known here.",
                      "Write it down as a visit, and read the pump."));
  Json note{{"is", kSeen}};
  for (const char* name : {"breaths", "awake", "signs", "note"})
    if (call.body.contains(name)) note[name] = call.body[name];
  if (note.size() == 1)
    return No(Problem{
        422, title_of(422), {{"", "Nothing was noted.", "Write at least one thing that was seen.", {}}}, {}});
  const auto kept = records::add_visit(
      parts_.database, actor, step_of(call, "seen"), (*at)->patient,
      {std::max(parts_.utc_ms(), (*at)->at_ms), records::VisitReason::kImplantation, note.dump()});
  if (!kept) return No(problem_for(kept.error()));
  auto json = seen_json(actor, **at);
  if (!json) return No(json.error());
  return Answer{*std::move(json), {}};
}

}  // namespace theca::server
