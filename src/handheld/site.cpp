#include "handheld/site.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "air/private_file.hpp"
#include "handheld/told.hpp"
#include "http/problem.hpp"
#include "http/schema.hpp"
#include "link/sodium.hpp"

namespace theca::handheld {
namespace {

using http::Method;
using http::refusal;
using http::Request;
using http::Response;
using http::Shape;
using nlohmann::json;
using Json = nlohmann::ordered_json;

constexpr std::string_view kBearer = "Bearer ";

Response told(const Json& body, int status = 200) { return {status, "application/json", body.dump(), {}}; }

Json json_of(const Known& known, const EmergencyCard& card) {
  Json deed = nullptr;
  if (known.deed) {
    deed = Json{{"what", kDeedNames[static_cast<std::size_t>(known.deed->kind)]},
                {"state", kDeedStateNames[static_cast<std::size_t>(known.deed->state)]},
                {"at_ms", known.deed->at_utc_ms},
                {"refusal", known.deed->refusal}};
  }
  return Json{{"now_ms", known.now_utc_ms},
              {"demo", card.demo},
              {"looking", known.looking},
              {"reach", kContactNames[static_cast<std::size_t>(known.contact)]},
              {"seen", known.seen ? handheld::json_of(*known.seen, known.age_ms, card) : Json(nullptr)},
              {"ask", known.ask ? handheld::json_of(*known.ask) : Json(nullptr)},
              {"deed", deed}};
}

Response of_pump(Handheld& handheld, int status = 200) {
  return told(json_of(handheld.known(), handheld.card()), status);
}

Response look(Handheld& handheld, const json&) {
  handheld.look();
  return of_pump(handheld, 202);
}

Response ask(Handheld& handheld, const json& body) {
  switch (handheld.ask(body["intent"].get<std::string>())) {
    case AskTaken::kTaken:
      break;
    case AskTaken::kBusy:
      return refusal(409, "Another dose was asked for, and what became of it is not known yet.",
                     "Hold this near the pump, and wait until it is known.");
    case AskTaken::kVoid:
      return refusal(409, "This wish was given up before it arrived: nothing was asked for.",
                     "Ask again if a dose is still wanted.");
  }
  return of_pump(handheld, 202);
}

Response settle(Handheld& handheld, const json& body) {
  return told(Json{{"known", handheld.settle(body["intent"].get<std::string>())}});
}

template <DeedKind kKind>
Response begin(Handheld& handheld, const json& body) {
  const std::uint32_t transfer = kKind == DeedKind::kRefuseTransfer ? body["number"].get<std::uint32_t>() : 0;
  if (!handheld.begin(kKind, transfer))
    return refusal(409, "Something else is being done with the pump at this moment.",
                   "Wait until it is done, then try again.");
  return of_pump(handheld, 202);
}

Response list_diary(Handheld& handheld, const json&) {
  constexpr std::size_t kShown = 200;
  const auto diary = handheld.diary();
  Json entries = Json::array();
  for (auto entry = diary.rbegin(); entry != diary.rend() && entries.size() < kShown; ++entry)
    entries.push_back(json_of(*entry));
  return told(Json{{"entries", entries}});
}

/// All of it, for a file that the patient takes to the clinic.
Response export_diary(Handheld& handheld, const json&) {
  Json entries = Json::array();
  for (const DiaryEntry& entry : handheld.diary()) {
    Json one{{"id", entry.id}, {"at_ms", entry.at_utc_ms}, {"effects", entry.effects}, {"note", entry.note}};
    if (entry.pain) one["pain"] = *entry.pain;
    entries.push_back(std::move(one));
  }
  Json diary;
  diary["is"] = "Theca diary";
  diary["version"] = 1;
  diary["implant"] = air::to_hex(handheld.implant());
  diary["entries"] = std::move(entries);
  return told(diary);
}

Response write_diary(Handheld& handheld, const json& body) {
  DiaryEntry entry;
  entry.intent = body["intent"].get<std::string>();
  entry.request = body.value("request", std::uint32_t{0});
  if (body.contains("pain")) entry.pain = body["pain"].get<std::uint8_t>();
  if (body.contains("effects")) entry.effects = body["effects"].get<std::vector<std::string>>();
  entry.note = body.value("note", std::string{});
  if (!entry.pain && entry.effects.empty() && entry.note.empty())
    return refusal(400, "The entry says nothing: no pain, no side effect, no note.", "Send one of them.");
  const auto written = handheld.write(std::move(entry));
  if (!written)
    return refusal(500, "The diary could not be written: " + written.error(), "Write it again later.");
  return told(json_of(*written), 201);
}

Response card(Handheld& handheld, const json&) {
  Json card = Json::parse(card_text(handheld.card()));
  card.erase("drugs");  // told with what the pump says
  return told(card);
}

Response pump(Handheld& handheld, const json&) { return of_pump(handheld); }

struct Row {
  Method method;
  std::string_view path;
  std::optional<Shape> request;  // of a POST
  Response (*handle)(Handheld&, const json&);
};

const std::array<Row, 12>& rows() {
  using namespace http;
  static const Shape nothing = object({});
  static const Shape intent = object({needed("intent", text(64, 16))});
  static const std::array<Row, 12> kRows{{
      {Method::kGet, "/api/pump", std::nullopt, pump},
      {Method::kGet, "/api/card", std::nullopt, card},
      {Method::kGet, "/api/diary", std::nullopt, list_diary},
      {Method::kGet, "/api/diary/export", std::nullopt, export_diary},
      {Method::kPost, "/api/diary",
       object({needed("intent", text(64, 16)), optional("request", integer(0, UINT32_MAX)),
               optional("pain", integer(0, kWorstPain)), optional("effects", list(text(64), kMostEffects)),
               optional("note", text(kMostNote))}),
       write_diary},
      {Method::kPost, "/api/looks", nothing, look},
      {Method::kPost, "/api/doses", intent, ask},
      {Method::kPost, "/api/doses/settlement", intent, settle},
      {Method::kPost, "/api/dose-ends", nothing, begin<DeedKind::kEndDose>},
      {Method::kPost, "/api/pauses", nothing, begin<DeedKind::kPause>},
      {Method::kPost, "/api/resumptions", nothing, begin<DeedKind::kResume>},
      {Method::kPost, "/api/transfer-refusals", object({needed("number", integer(1, UINT32_MAX))}),
       begin<DeedKind::kRefuseTransfer>},
  }};
  return kRows;
}

}  // namespace

bool Site::has_key(const Request& request) const {
  std::string_view said = request.header("authorization");
  if (!said.starts_with(kBearer)) return false;
  said.remove_prefix(kBearer.size());
  const auto bytes = [](std::string_view text) {
    return link::Bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  };
  return said.size() == key_.size() && link::Sodium::equal(bytes(said), bytes(key_));
}

Response Site::answer(const Request& request) {
  const std::string& own = front_.own().origins.front();
  if (front_.own().has_host(request.header("host")) &&
      !http::OwnOrigins{{own}}.has_host(request.header("host")))
    return {307, {}, {}, {{"Location", own + request.target.path}}};
  if (auto response = front_.answer(request)) return *std::move(response);
  if (!has_key(request))
    return refusal(401, "This browser does not have the key of this programmer's pages.",
                   "Open the link that the programmer has printed.");
  return of_interface(request);
}

Response Site::of_interface(const Request& request) {
  std::string allowed;
  for (const Row& row : rows()) {
    if (row.path != request.target.path) continue;
    if (row.method == request.method || (row.method == Method::kGet && request.method == Method::kHead)) {
      if (!row.request) return row.handle(handheld_, {});
      if (!request.header("content-type").starts_with("application/json"))
        return refusal(415, "The content is no JSON.", "Send it as application/json.");
      const auto body = http::parse_json(request.body);
      if (!body) return refusal(400, body.error(), "Send a JSON object.");
      if (auto errors = http::check(*body, *row.request); !errors.empty())
        return to_response(http::Problem{400, http::title_of(400), std::move(errors), {}});
      return row.handle(handheld_, *body);
    }
    allowed += std::string{allowed.empty() ? "" : ", "} + std::string{name_of(row.method)};
  }
  if (!allowed.empty()) return http::not_allowed(allowed);
  return refusal(404, "There is nothing of that name here.", "docs/handheld.md tells what there is.");
}

}  // namespace theca::handheld
