// What became of a therapy: the pump's own journal, the patient's diary and the twin on one axis of time.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "catalogue/alarm.hpp"
#include "clinic/course.hpp"
#include "clinic/encoding.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/refills.hpp"
#include "clinic/traces.hpp"
#include "clinic/visiting.hpp"
#include "files/json_fields.hpp"
#include "files/strict_json.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

using records::TraceKind;

/// So many times the gateway is asked for pages within one request.
constexpr int kMostAsked = 8;
constexpr std::int64_t kRawPerNanogram = 1'000'000;  // fg
constexpr double kPerMille = 1'000;

std::int64_t nanograms(Mass mass) { return (mass.raw() + kRawPerNanogram / 2) / kRawPerNanogram; }
std::int64_t per_mille(double share) { return std::lround(share * kPerMille); }
Json json_of(const Quantiles& of) {
  return {{"p5", per_mille(of.p5)}, {"median", per_mille(of.median)}, {"p95", per_mille(of.p95)}};
}

std::expected<std::vector<JournalPageSaid>, Problem> pages_in(const std::vector<records::Trace>& traces) {
  std::vector<JournalPageSaid> pages;
  for (const records::Trace& one : traces) {
    auto some = parse_pages(one.said);
    if (!some)
      return No(problem(500, "The journal as it was kept cannot be read: " + some.error() + ".",
                        "Verify the records with theca verify."));
    for (JournalPageSaid& page : *some) pages.push_back(std::move(page));
  }
  return pages;
}

struct Ordered {
  link::Order order;
  Prescription prescription;
};
std::optional<Ordered> ordered(const link::OrderBytes& bytes) {
  const auto order = link::read<link::Order>(bytes);
  const auto prescription = order ? decode(order->prescription) : std::unexpected(DecodeFailure{});
  if (!order || !prescription) return std::nullopt;
  return Ordered{*order, *prescription};
}

/// What of an order is told in a line.
bool in_a_line(const std::string& what) {
  return what == "fluid" || what == "mode" || what.starts_with("daily dose") || what == "patient's bolus" ||
         what == "scheduled bolus";
}

/// A diary's lines by their numbers at the handheld.
std::map<std::int64_t, Json> diary_in(const std::vector<records::Trace>& traces) {
  std::map<std::int64_t, Json> lines;
  for (const records::Trace& one : traces) {
    const auto json = parse_strictly(one.said, {.most_bytes = records::kLongestTrace, .most_depth = 4});
    if (!json || !json->is_array()) continue;
    for (const Json& line : *json) lines.emplace(line["id"].get<std::int64_t>(), line);
  }
  return lines;
}

}  // namespace

/// What the records know of the orders of a pump, by number.
std::expected<std::map<std::uint32_t, link::OrderBytes>, Problem> Desk::orders_of(const records::Actor& actor,
                                                                                  records::PumpId pump) {
  std::map<std::uint32_t, link::OrderBytes> all;
  const auto sends = records::sends_of(parts_.database, actor, pump);
  if (!sends) return No(problem_for(sends.error()));
  for (const records::Send& send : *sends) {
    if (send.state != records::SendState::kConfirmed || !send.wish.draft) continue;
    const auto kept = records::draft(parts_.database, actor, *send.wish.draft);
    if (!kept) return No(problem_for(kept.error()));
    const link::OrderBytes bytes = order_in(*kept);
    if (const auto order = link::read<link::Order>(bytes)) all.emplace(order->number, bytes);
  }
  return all;
}

Desk::Answered Desk::read_journal(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const records::PumpId id{id_in(call, "pump")};
  std::unique_lock lock{mutex_};
  const auto pump = records::pump(parts_.database, actor, id);
  if (!pump) return No(problem_for(pump.error()));
  const PumpEntry* entry = parts_.library.find_pump(pump->details.model);
  if (entry != nullptr && entry->actuator == ActuatorKind::kConstantFlow)
    return No(problem(409, "A constant-flow pump has no radio and no journal.",
                      "Its dose is what was filled in: see the last refill."));
  const auto traces = records::traces_of(parts_.database, actor, id, TraceKind::kJournal);
  if (!traces) return No(problem_for(traces.error()));
  auto pages = pages_in(*traces);
  if (!pages) return No(pages.error());
  lock.unlock();

  // What it says now reaches further than its journal, which tells its steps every six hours.
  const auto said = ask_gateway(parts_.gateway, ReadImplant{pump->details.implant});
  if (!said) return No(out_of_reach(said.error() + "."));
  if (!*said) return No(out_of_reach("The pump was not read: " + said->error().why + "."));
  const KeptJournal before = kept_journal(*pages);
  std::vector<JournalPageSaid> fresh;
  std::uint32_t from = before.next_page, newest = from;
  for (int asked = 0; asked < kMostAsked; ++asked) {
    const auto told = ask_gateway(parts_.gateway, ReadPages{pump->details.implant, from});
    if (!told) return No(out_of_reach(told.error() + "."));
    if (!*told) return No(out_of_reach("The journal was not read: " + told->error().why + "."));
    const auto* some = std::get_if<PagesTold>(&**told);
    if (some == nullptr) return No(out_of_reach("The gateway did not tell of a journal."));
    newest = some->newest;
    if (some->pages.empty()) {
      from = newest + 1;
      break;
    }
    for (const JournalPageSaid& page : some->pages)
      if (std::ranges::find(*pages, page) == pages->end()) fresh.push_back(page);
    from = some->pages.back().number + 1;
    if (from > newest) break;
  }
  pages->insert(pages->end(), fresh.begin(), fresh.end());
  const KeptJournal after = kept_journal(*pages);
  if (after.wrong.size() > before.wrong.size())
    return No(
        problem(502, "The pump's journal does not continue what was read of it before: " + after.wrong.back(),
                "Nothing of it was kept. Read the pump again, near it; if this stands, have the pump and "
                "the gateway looked at."));

  lock.lock();
  const std::string line = text_of(*said);
  const auto reading = records::keep_reading(parts_.database, actor, step_of(call, "read"), id,
                                             parts_.utc_ms(), {line.begin(), line.end()});
  if (!reading) return No(problem_for(reading.error()));
  if (!fresh.empty()) {
    const auto kept = records::keep_trace(parts_.database, actor, step_of(call, "journal"), id,
                                          TraceKind::kJournal, parts_.utc_ms(), pages_text(fresh));
    if (!kept) return No(problem_for(kept.error()));
  }
  return Answer{{{"entries", after.entries.size() - before.entries.size()}, {"more", from <= newest}}, {}};
}

Desk::Answered Desk::bring_diary(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const records::PumpId id{id_in(call, "pump")};
  const std::scoped_lock lock{mutex_};
  const auto pump = records::pump(parts_.database, actor, id);
  if (!pump) return No(problem_for(pump.error()));
  if (call.body["implant"].get<std::string>() != records::hex(pump->details.implant))
    return No(Problem{422,
                      title_of(422),
                      {{"implant", "This diary was written beside another pump.",
                        "Check whose it is; bring the one of this patient's programmer.", std::nullopt}},
                      {}});
  const auto traces = records::traces_of(parts_.database, actor, id, TraceKind::kDiary);
  if (!traces) return No(problem_for(traces.error()));
  const std::map<std::int64_t, Json> known = diary_in(*traces);
  Json fresh = Json::array();
  std::set<std::int64_t> of_this;
  for (const Json& line : call.body["entries"]) {
    const auto number = line["id"].get<std::int64_t>();
    if (!known.contains(number) && of_this.insert(number).second) fresh.push_back(line);
  }
  if (!fresh.empty()) {
    const auto kept = records::keep_trace(parts_.database, actor, step_of(call, "diary"), id,
                                          TraceKind::kDiary, parts_.utc_ms(), fresh.dump());
    if (!kept) return No(problem_for(kept.error()));
  }
  return Answer{{{"kept", fresh.size()}}, {}};
}

Json Desk::twin_of(const TherapyCourse& course, const std::vector<Prescription>& orders) {
  const auto not_played = [](const std::string& why) { return Json{{"is", "not played"}, {"why", why}}; };
  if (!course.tip)
    return not_played(
        "The journal does not begin with the implantation, or the records do not have each order "
        "that ran: what the patient lived on before is not known.");
  if (course.tip->empty()) return not_played("No drug has left the tip yet.");
  TriedDrugs drugs;
  for (const Prescription& one : orders) {
    const TriedDrugs of_it = tried_drugs(one, one, parts_.library, parts_.body);
    if (!of_it.unknown.empty())
      return not_played("The model of the patient has no " + of_it.unknown.front() + ".");
    for (std::size_t i = 0; i < of_it.drugs.size(); ++i)
      if (std::ranges::find(drugs.drugs, of_it.drugs[i]) == drugs.drugs.end()) {
        drugs.drugs.push_back(of_it.drugs[i]);
        drugs.substances.push_back(of_it.substances[i]);
      }
  }
  const Alone alone{*this};
  const auto lives = lived(*trial_patients(drugs), drugs.drugs, *course.tip, trial_threads());
  if (!lives) return not_played("It was stopped.");
  Json days = Json::array();
  for (std::size_t i = 0; i < lives->relief.size(); ++i)
    days.push_back({{"relief", json_of(lives->relief[i])}, {"lowest", json_of(lives->lowest[i])}});
  return {{"is", "played"},
          {"patients", lives->patients},
          {"relieves", lives->relieves == Relieves::kPain         ? "pain"
                       : lives->relieves == Relieves::kSpasticity ? "spasticity"
                                                                  : "nothing"},
          {"days", std::move(days)}};
}

Desk::Answered Desk::course(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const records::PumpId id{id_in(call, "pump")};
  std::unique_lock lock{mutex_};
  const auto pump = records::pump(parts_.database, actor, id);
  if (!pump) return No(problem_for(pump.error()));
  const auto who = records::patient(parts_.database, actor, pump->patient);
  if (!who) return No(problem_for(who.error()));
  const auto traces = records::traces_of(parts_.database, actor, id, TraceKind::kJournal);
  if (!traces) return No(problem_for(traces.error()));
  const auto diaries = records::traces_of(parts_.database, actor, id, TraceKind::kDiary);
  if (!diaries) return No(problem_for(diaries.error()));
  const auto pages = pages_in(*traces);
  if (!pages) return No(pages.error());
  auto orders = orders_of(actor, id);
  if (!orders) return No(orders.error());
  std::optional<CourseQuestion::Said> said;
  std::optional<PumpModel> model;
  const auto readings = records::readings_of(parts_.database, actor, id);
  if (!readings) return No(problem_for(readings.error()));
  if (!readings->empty()) {
    const auto newest = records::reading(parts_.database, actor, readings->front().id);
    if (!newest) return No(problem_for(newest.error()));
    if (const auto running = running_in(newest->said)) {
      const link::StatusReply& status = running->status;
      said = CourseQuestion::Said{status.now, status.utc_ms, status.steps, status.at_tip};
      auto its_model = model_of(status.model, parts_.library);
      if (!its_model) return No(its_model.error());
      model = *its_model;
      // An order that was given before the pump came to this clinic.
      if (running->order) orders->emplace(running->order->number, link::written(*running->order));
    }
  }
  lock.unlock();

  Json json{{"now_ms", parts_.utc_ms()}, {"patient", pump->patient.value},
            {"name", who->details.name}, {"whole", false},
            {"days", Json::array()},     {"prescriptions", Json::array()},
            {"alarms", Json::array()},   {"marks", Json::array()},
            {"refills", Json::array()},  {"diary", Json::array()},
            {"cusum", Json::object()},   {"twin", Json::object()}};
  json["cusum"]["allowance_milli"] = per_mille(kCusumAllowance);
  json["cusum"]["limit_milli"] = per_mille(kCusumLimit);
  json["twin"]["is"] = "not played";
  json["twin"]["why"] = "The journal of this pump was never read.";
  for (const auto& [number, line] : diary_in(*diaries)) {
    Json one{{"at_ms", line["at_ms"]}, {"effects", line["effects"]}, {"note", line["note"]}};
    if (line.contains("pain")) one["pain"] = line["pain"];
    json["diary"].push_back(std::move(one));
  }
  if (!diaries->empty()) json["diary_ms"] = diaries->back().at_ms;
  // Whoever reads a journal keeps what the pump said as well.
  if (traces->empty() || !model) return Answer{std::move(json), {}};
  json["read_ms"] = traces->back().at_ms;

  std::map<std::uint32_t, Ordered> known;
  std::vector<Prescription> prescriptions;
  for (const auto& [number, bytes] : *orders)
    if (const auto one = ordered(bytes)) {
      known.emplace(number, *one);
      prescriptions.push_back(one->prescription);
    }
  const KeptJournal journal = kept_journal(*pages);
  const auto course = course_of({journal, prescriptions, *model, said});
  if (!course) {
    json["twin"]["why"] = course.error();
    return Answer{std::move(json), {}};
  }
  json["whole"] = journal.whole;
  if (const DrugEntry* drug = parts_.library.find_drug(course->drug)) {
    json["drug"] = drug->name;
    const bool milligrams = spoken_unit(drug) == MassUnit::kMilligram;
    json["unit"] = milligrams ? "mg" : "mcg";
    json["ng_per_unit"] = milligrams ? 1'000'000 : 1'000;
  }
  const Json twin = twin_of(*course, prescriptions);
  json["twin"] = twin;
  json["twin"].erase("days");
  for (std::size_t i = 0; i < course->days.size(); ++i) {
    const CourseDay& day = course->days[i];
    Json one{{"from_ms", day.from_ms},
             {"covered_min", day.known.raw() / 60'000},
             {"granted", day.granted},
             {"refused", day.refused}};
    if (day.given) {
      one["given_ng"] = nanograms(*day.given);
      one["bolus_ng"] = nanograms(day.by_patient);
    }
    // For 24 hours of what was ordered, though it ran in a part of them.
    if (day.prescribed && day.ordered.raw() > 0)
      one["prescribed_ng"] =
          std::llround(static_cast<double>(nanograms(*day.prescribed)) * static_cast<double>(days(1).raw()) /
                       static_cast<double>(day.ordered.raw()));
    if (twin.contains("days") && i < twin["days"].size()) {
      one["relief"] = twin["days"][i]["relief"];
      one["lowest"] = twin["days"][i]["lowest"];
    }
    json["days"].push_back(std::move(one));
  }
  for (const CoursePrescription& at : course->prescriptions) {
    Json one{{"at_ms", at.at_ms}, {"number", at.number}, {"words", ""}};
    if (const auto order = known.find(at.number); order != known.end()) {
      std::string words;
      for (const OrderRow& row :
           rows_of(order->second.order, order->second.prescription, model->minimum_rate, parts_.library))
        if (in_a_line(row.what)) words += (words.empty() ? "" : "; ") + row.what + ": " + row.value;
      one["words"] = words;
    }
    json["prescriptions"].push_back(std::move(one));
  }
  for (const CourseAlarm& alarm : course->alarms) {
    Json one{{"name", row_of(alarm.alarm).name}, {"raised_ms", alarm.raised_ms}};
    if (alarm.cleared_ms) one["cleared_ms"] = *alarm.cleared_ms;
    json["alarms"].push_back(std::move(one));
  }
  for (const CourseMark& mark : course->marks)
    json["marks"].push_back({{"at_ms", mark.at_ms}, {"what", mark.what}});
  for (const CourseRefill& refill : course->refills) {
    Json one{{"at_ms", refill.at_ms}, {"filled_nl", refill.filled.raw()}};
    if (refill.aspirated) one["aspirated_nl"] = refill.aspirated->raw();
    if (refill.expected) one["expected_nl"] = refill.expected->raw();
    if (refill.sums) {
      one["ratio_ppm"] = std::llround(refill.sums->ratio * 1e6);
      one["high_milli"] = per_mille(refill.sums->high);
      one["low_milli"] = per_mille(refill.sums->low);
      one["flagged"] = refill.sums->told();
    }
    json["refills"].push_back(std::move(one));
  }
  return Answer{std::move(json), {}};
}

}  // namespace theca::server
