// What the day asks for, and whom somebody looks for.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "clinic/day_list.hpp"
#include "clinic/search_token.hpp"
#include "clinic/standing.hpp"
#include "clinic/today.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

Json json_of(const records::FoundPatient& one) {
  return {{"patient", one.id.value},
          {"name", one.name},
          {"birth_date", date_text(one.birth_date)},
          {"record_number", one.record_number}};
}

Json json_of(const Matter& matter) {
  Json json{{"kind", kMatterNames.at(static_cast<std::size_t>(matter.kind))},
            {"urgency", kUrgencyNames.at(static_cast<std::size_t>(matter.urgency))},
            {"words", matter.words}};
  if (matter.at_ms) json["at_ms"] = *matter.at_ms;
  return json;
}

/// A birth date, a record number or the beginnings of a name, whichever it looks like.
std::expected<records::PatientSearch, Problem> search_of(const std::string& typed) {
  records::PatientSearch search;
  if (const auto day = records::date_of(typed)) {
    search.birth_date = *day;
    return search;
  }
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  if (std::ranges::any_of(typed, is_digit)) {
    const bool day_like =
        std::ranges::count_if(typed, is_digit) == 8 &&
        std::ranges::count_if(typed, [](char c) { return c == '.' || c == '/' || c == '-'; }) == 2;
    if (day_like)
      return No(Problem{422,
                        title_of(422),
                        {{"typed", fmt::format("\"{}\" looks like a date, and is none as it stands.", typed),
                          "Write a birth date as year, month and day: 1956-03-09.", std::nullopt}},
                        {}});
    search.record_number = typed;
    return search;
  }
  search.words = typed;
  return search;
}

}  // namespace

Desk::Answered Desk::find(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const auto search = search_of(call.body["typed"].get<std::string>());
  if (!search) return No(search.error());
  const std::scoped_lock lock{mutex_};
  const auto found = records::find_patients(parts_.database, actor, *search);
  if (!found && found.error().fault == records::RecordFault::kInvalid)
    return No(
        Problem{422,
                title_of(422),
                {{"typed", "This is too little to look for.",
                  "Write three letters or more of a name, a birth date as 1956-03-09, or a record number.",
                  std::nullopt}},
                {}});
  if (!found) return No(problem_for(found.error()));
  Json all = Json::array();
  std::vector<records::PatientId> ids;
  for (const records::FoundPatient& one : found->patients) ids.push_back(one.id);
  const auto in_care = records::in_care_of(parts_.database, actor, ids);
  if (!in_care) return No(problem_for(in_care.error()));
  for (const records::FoundPatient& one : found->patients) {
    Json json = json_of(one);
    json["in_care"] = in_care->contains(one.id);
    all.push_back(std::move(json));
  }
  return Answer{{{"patients", all}, {"more", found->more}}, {}};
}

Desk::Answered Desk::today(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const std::int64_t now_ms = parts_.utc_ms();
  const std::scoped_lock lock{mutex_};
  const auto list = records::day_list(parts_.database, actor);
  if (!list) return No(problem_for(list.error()));
  std::vector<std::pair<Urgency, Json>> found;
  std::size_t unopened = list->unopened.size();
  for (const records::DayEntry& entry : list->entries) {
    const auto running = entry.reading ? [&]() -> std::optional<Running> {
      const auto read = running_in(entry.reading->said);
      return read ? std::optional{*read} : std::nullopt;
    }()
        : std::nullopt;
    if (entry.reading && !running) ++unopened;
    RefillLeft left;
    if (entry.refill) {
      // Refills that cannot be opened hide nothing else of their pump.
      const auto behind = left_behind(actor, entry.pump);
      if (behind) left = *behind;
      if (!behind) ++unopened;
    }
    Json matters = Json::array();
    const std::vector<Matter> told = matters_of(entry, running, left, parts_.library, now_ms);
    for (const Matter& one : told) matters.push_back(json_of(one));
    Json json = json_of(entry.patient);
    json["pump"] = entry.pump.value;
    json["model"] = entry.model;
    json["matters"] = std::move(matters);
    if (entry.reading) json["read_ms"] = entry.reading->at_ms;
    const PumpEntry* model = parts_.library.find_pump(entry.model);
    json["radio"] = model == nullptr || model->actuator != ActuatorKind::kConstantFlow;
    found.emplace_back(told.empty() ? Urgency::kLater : told.front().urgency, std::move(json));
  }
  // Whoever has more than a page of them sees what cannot wait, whosever number comes first.
  std::ranges::stable_sort(found, {}, [](const auto& one) { return one.first; });
  Json all = Json::array();
  for (auto& [urgency, json] : found)
    if (all.size() < kMostToday) all.push_back(std::move(json));
  const bool more = list->more || found.size() > kMostToday;
  return Answer{{{"now_ms", now_ms}, {"pumps", std::move(all)}, {"unopened", unopened}, {"more", more}}, {}};
}

}  // namespace theca::server
