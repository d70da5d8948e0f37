#include "clinic/visiting.hpp"

#include <fmt/format.h>

#include "clinic/line_json.hpp"
#include "files/strict_json.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using Read = nlohmann::json;
using Wrong = std::unexpected<std::string>;

constexpr int kDepth = 4;
constexpr std::array<const char*, 3> kDeliveryNames{"confirmed", "failed", "unknown"};

bool read_volume(const Read& json, Volume& out) {
  std::uint32_t raw = 0;
  if (!read_number(json, raw) || Volume{raw} > kMaxReservoir) return false;
  out = Volume{raw};
  return true;
}
bool read_change(const Read& json, std::uint32_t& sequence, std::uint32_t& intent) {
  return read_number(json["sequence"], sequence) && read_number(json["intent"], intent) && intent != 0;
}

bool read_bedside(const Read& json, link::Bedside& out) {
  const Read& aspirated = json["aspirated_nl"];
  out.aspirated_told = !aspirated.is_null();
  return read_volume(json["filled_nl"], out.filled) && read_volume(json["left_in_nl"], out.left_in) &&
         (!out.aspirated_told || read_volume(aspirated, out.aspirated));
}

std::expected<SendOrder, std::string> read_send(const Read& json) {
  SendOrder send;
  if (!read_bytes(json["send"], send.order))
    return Wrong(fmt::format("the request's \"send\" is no base64url of {} bytes", link::kOrderBytes));
  const Read& signatures = json["signatures"];
  if (!signatures.is_array() || signatures.empty() || signatures.size() > kMostSigners)
    return Wrong(fmt::format("the request has {} signatures, and 1 to {} are taken",
                             signatures.is_array() ? signatures.size() : 0, kMostSigners));
  for (const Read& one : signatures) {
    if (!read_signed_by(one, send.signatures.emplace_back()))
      return Wrong(
          "a signature of the request has other fields than certificate, key, signature, each base64url");
  }
  if (!read_bytes(json["pass"], send.pass))
    return Wrong(fmt::format("the request's \"pass\" is no base64url of {} bytes", link::kCertificateBytes));
  if (!read_change(json, send.sequence, send.intent) || !read_bedside(json, send.bedside))
    return Wrong(
        fmt::format("the request's sequence, intent (not 0), filled_nl, left_in_nl or aspirated_nl (at most "
                    "{}) is none",
                    kMaxReservoir.raw()));
  return send;
}

std::expected<FillImplant, std::string> read_fill(const Read& json) {
  FillImplant fill;
  if (!read_bytes(json["fill"], fill.implant))
    return Wrong(fmt::format("the request names no implant: base64url of {} bytes", sizeof(link::ShortId)));
  if (!read_bytes(json["pass"], fill.pass))
    return Wrong(fmt::format("the request's \"pass\" is no base64url of {} bytes", link::kCertificateBytes));
  if (!read_change(json, fill.sequence, fill.intent) || !read_number(json["fluid"], fill.fluid) ||
      !read_bedside(json, fill.bedside))
    return Wrong(
        fmt::format("the request's sequence, intent (not 0), fluid, filled_nl, left_in_nl or aspirated_nl "
                    "(at most {}) is none",
                    kMaxReservoir.raw()));
  return fill;
}

void write_bedside(Json& json, const link::Bedside& bedside) {
  json["filled_nl"] = bedside.filled.raw();
  json["left_in_nl"] = bedside.left_in.raw();
  json["aspirated_nl"] = bedside.aspirated_told ? Json(bedside.aspirated.raw()) : Json();
}

}  // namespace

const char* name_of(link::Delivery delivery) { return kDeliveryNames.at(static_cast<std::size_t>(delivery)); }

std::optional<Running> running_of(const ImplantSaid& said) {
  const auto status = link::read<link::StatusReply>(said.status);
  if (!status) return std::nullopt;
  Running running{*status, std::nullopt, std::nullopt};
  if (!said.order) return running;
  running.order = link::read<link::Order>(*said.order);
  if (!running.order) return std::nullopt;
  if (const auto prescription = decode(running.order->prescription)) running.prescription = *prescription;
  return running;
}

std::string text_of(const VisitRequest& request) {
  if (const auto* read = std::get_if<ReadImplant>(&request))
    return Json{{"read", to_base64url(read->implant)}}.dump();
  if (const auto* settle = std::get_if<SettleSend>(&request))
    return Json{{"settle", to_base64url(settle->implant)},
                {"digest", to_base64url(settle->digest)},
                {"sequence", settle->sequence},
                {"intent", settle->intent}}
        .dump();
  if (const auto* fill = std::get_if<FillImplant>(&request)) {
    Json json{{"fill", to_base64url(fill->implant)},
              {"pass", to_base64url(fill->pass)},
              {"sequence", fill->sequence},
              {"intent", fill->intent},
              {"fluid", fill->fluid}};
    write_bedside(json, fill->bedside);
    return json.dump();
  }
  if (const auto* settle = std::get_if<SettleFill>(&request))
    return Json{{"settle_fill", to_base64url(settle->implant)},
                {"sequence", settle->sequence},
                {"intent", settle->intent}}
        .dump();
  if (const auto* back = std::get_if<LookBack>(&request))
    return Json{{"look_back", to_base64url(back->implant)}}.dump();
  if (const auto* pages = std::get_if<ReadPages>(&request))
    return Json{{"journal", to_base64url(pages->implant)}, {"from", pages->from}}.dump();
  if (const auto* lower = std::get_if<LowerImplant>(&request))
    return Json{{"lower", to_base64url(lower->implant)}}.dump();
  if (const auto* begin = std::get_if<BeginPairing>(&request))
    return Json{{"begin_pairing", to_base64url(begin->implant)},
                {"public_key", to_base64url(begin->public_key)},
                {"secret", to_base64url(begin->secret)}}
        .dump();
  if (const auto* pair = std::get_if<PairImplant>(&request))
    return Json{{"pair", to_base64url(pair->implant)},
                {"pairing", json_of(pair->pairing)},
                {"pass", to_base64url(pair->pass)}}
        .dump();
  const auto& send = std::get<SendOrder>(request);
  Json signatures = Json::array();
  for (const link::SignedBy& one : send.signatures) signatures.push_back(json_of(one));
  Json json{{"send", to_base64url(send.order)},
            {"signatures", signatures},
            {"pass", to_base64url(send.pass)},
            {"sequence", send.sequence},
            {"intent", send.intent}};
  write_bedside(json, send.bedside);
  return json.dump();
}

std::expected<VisitRequest, std::string> parse_visit_request(std::string_view line) {
  const auto json = parse_strictly(line, {.most_bytes = kMostVisitBytes, .most_depth = kDepth});
  if (!json) return Wrong("the request " + json.error());
  const auto no_implant = [&] {
    return Wrong(fmt::format("the request names no implant: base64url of {} bytes", sizeof(link::ShortId)));
  };
  if (has_names(*json, {"read"})) {
    ReadImplant read;
    if (!read_bytes((*json)["read"], read.implant)) return no_implant();
    return read;
  }
  if (has_names(*json, {"settle", "digest", "sequence", "intent"})) {
    SettleSend settle;
    if (!read_bytes((*json)["settle"], settle.implant)) return no_implant();
    if (!read_bytes((*json)["digest"], settle.digest))
      return Wrong("the request's \"digest\" is no base64url of 32 bytes");
    if (!read_number((*json)["sequence"], settle.sequence) ||
        !read_number((*json)["intent"], settle.intent) || settle.intent == 0)
      return Wrong("the request's sequence or intent (not 0) is no number of 32 bits");
    return settle;
  }
  if (has_names(*json, {"send", "signatures", "pass", "sequence", "intent", "filled_nl", "left_in_nl",
                        "aspirated_nl"}))
    return read_send(*json);
  if (has_names(*json,
                {"fill", "pass", "sequence", "intent", "fluid", "filled_nl", "left_in_nl", "aspirated_nl"}))
    return read_fill(*json);
  if (has_names(*json, {"settle_fill", "sequence", "intent"})) {
    SettleFill settle;
    if (!read_bytes((*json)["settle_fill"], settle.implant)) return no_implant();
    if (!read_change(*json, settle.sequence, settle.intent))
      return Wrong("the request's sequence or intent (not 0) is no number of 32 bits");
    return settle;
  }
  if (has_names(*json, {"look_back"})) {
    LookBack back;
    if (!read_bytes((*json)["look_back"], back.implant)) return no_implant();
    return back;
  }
  if (has_names(*json, {"journal", "from"})) {
    ReadPages pages;
    if (!read_bytes((*json)["journal"], pages.implant)) return no_implant();
    if (!read_number((*json)["from"], pages.from))
      return Wrong("the request's \"from\" is no number of 32 bits");
    return pages;
  }
  if (has_names(*json, {"lower"})) {
    LowerImplant lower;
    if (!read_bytes((*json)["lower"], lower.implant)) return no_implant();
    return lower;
  }
  if (has_names(*json, {"begin_pairing", "public_key", "secret"})) {
    BeginPairing begin;
    if (!read_bytes((*json)["begin_pairing"], begin.implant)) return no_implant();
    if (!read_bytes((*json)["public_key"], begin.public_key) || !read_bytes((*json)["secret"], begin.secret))
      return Wrong("the request's \"public_key\" or \"secret\" is no base64url of 32 bytes");
    return begin;
  }
  if (has_names(*json, {"pair", "pairing", "pass"})) {
    PairImplant pair;
    if (!read_bytes((*json)["pair"], pair.implant)) return no_implant();
    if (!read_sealed_pair((*json)["pairing"], pair.pairing))
      return Wrong(
          "the request's \"pairing\" has other fields than clinic, share, signature, each base64url");
    if (!read_bytes((*json)["pass"], pair.pass))
      return Wrong(
          fmt::format("the request's \"pass\" is no base64url of {} bytes", link::kCertificateBytes));
    return pair;
  }
  return Wrong(
      "the request is none: read; settle, digest, sequence, intent; send, signatures, pass, sequence, "
      "intent, "
      "filled_nl; fill, pass, sequence, intent, fluid, filled_nl, left_in_nl, aspirated_nl; settle_fill, "
      "sequence, "
      "intent; look_back; journal, from; lower; begin_pairing, public_key, secret; or pair, pairing, pass");
}

std::string text_of(const VisitAnswer& answer) {
  if (!answer) return Json{{"no_visit", answer.error().why}}.dump();
  if (const auto* said = std::get_if<ImplantSaid>(&*answer))
    return Json{{"status", to_base64url(said->status)}, {"order", json_of(said->order)}}.dump();
  if (const auto* told = std::get_if<FillsTold>(&*answer))
    return Json{{"holds_nl", told->last ? Json(told->last->holds.raw()) : Json()},
                {"ago_ms", told->last ? Json(told->last->ago.raw()) : Json()},
                {"sensed_nl", told->sensed ? Json(told->sensed->raw()) : Json()}}
        .dump();
  if (const auto* told = std::get_if<PagesTold>(&*answer))
    return Json{{"oldest", told->oldest}, {"newest", told->newest}, {"pages", pages_text(told->pages)}}
        .dump();
  if (const auto* begun = std::get_if<PairingBegun>(&*answer))
    return Json{{"status", to_base64url(begun->status)}, {"number", to_base64url(begun->number)}}.dump();
  const auto& outcome = std::get<SendOutcome>(*answer);
  return Json{
      {"delivery", name_of(outcome.delivery)}, {"message", outcome.message}, {"runs", json_of(outcome.runs)}}
      .dump();
}

std::expected<VisitAnswer, std::string> parse_visit_answer(std::string_view line) {
  const auto json = parse_strictly(line, {.most_bytes = kMostVisitBytes, .most_depth = kDepth});
  if (!json) return Wrong("the gateway's answer " + json.error());
  if (has_names(*json, {"no_visit"}) && (*json)["no_visit"].is_string())
    return VisitAnswer{std::unexpected(NoVisit{(*json)["no_visit"].get<std::string>()})};
  if (has_names(*json, {"status", "order"})) {
    ImplantSaid said;
    if (!read_bytes((*json)["status"], said.status) || !read_bytes((*json)["order"], said.order))
      return Wrong("the gateway's answer holds a status or an order of another length");
    return VisitAnswer{said};
  }
  if (has_names(*json, {"oldest", "newest", "pages"}) && (*json)["pages"].is_string()) {
    PagesTold told;
    auto pages = parse_pages((*json)["pages"].get<std::string>());
    if (!pages) return Wrong(pages.error());
    if (!read_number((*json)["oldest"], told.oldest) || !read_number((*json)["newest"], told.newest) ||
        pages->size() > PagesTold::kMost)
      return Wrong("the gateway's answer holds a page's number that is none, or too many pages");
    told.pages = std::move(*pages);
    return VisitAnswer{std::move(told)};
  }
  if (has_names(*json, {"status", "number"})) {
    PairingBegun begun;
    if (!read_bytes((*json)["status"], begun.status) || !read_bytes((*json)["number"], begun.number))
      return Wrong("the gateway's answer holds a status or a number of another length");
    return VisitAnswer{begun};
  }
  if (has_names(*json, {"delivery", "message", "runs"}) && (*json)["delivery"].is_string() &&
      (*json)["message"].is_string()) {
    SendOutcome outcome;
    const auto name = (*json)["delivery"].get<std::string>();
    const auto* const known =
        std::ranges::find_if(kDeliveryNames, [&](const char* one) { return name == one; });
    if (known == kDeliveryNames.end() || !read_bytes((*json)["runs"], outcome.runs))
      return Wrong("the gateway's answer holds a delivery or an order that is none");
    outcome.delivery = static_cast<link::Delivery>(known - kDeliveryNames.begin());
    outcome.message = (*json)["message"].get<std::string>();
    return VisitAnswer{outcome};
  }
  if (has_names(*json, {"holds_nl", "ago_ms", "sensed_nl"})) {
    FillsTold told;
    const Read& holds = (*json)["holds_nl"];
    const Read& ago = (*json)["ago_ms"];
    const Read& sensed = (*json)["sensed_nl"];
    if (holds.is_null() != ago.is_null()) return Wrong("the gateway's answer tells half a fill");
    if (!holds.is_null()) {
      told.last.emplace();
      if (!read_volume(holds, told.last->holds) || !ago.is_number_unsigned() ||
          ago.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxTypedDuration.raw()))
        return Wrong("the gateway's answer holds a fill that is none");
      told.last->ago = Duration{ago.get<std::int64_t>()};
    }
    if (!sensed.is_null() && !read_volume(sensed, told.sensed.emplace()))
      return Wrong("the gateway's answer holds a volume that is none");
    return VisitAnswer{told};
  }
  return Wrong(
      "the gateway's answer is none: no_visit; status, order; status, number; oldest, newest, pages; "
      "delivery, message, runs; or holds_nl, ago_ms, sensed_nl");
}

}  // namespace theca
