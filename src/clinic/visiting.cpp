#include "clinic/visiting.hpp"

#include <fmt/format.h>

#include "clinic/line_json.hpp"
#include "files/strict_json.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using Read = nlohmann::json;
using Wrong = std::unexpected<std::string>;

constexpr int kDepth = 4;
constexpr std::array<const char*, 3> kDeliveryNames{"confirmed", "failed", "unknown"};

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
  std::uint32_t filled = 0;
  if (!read_number(json["sequence"], send.sequence) || !read_number(json["intent"], send.intent) ||
      send.intent == 0 || !read_number(json["filled_nl"], filled) || Volume{filled} > kMaxReservoir)
    return Wrong(fmt::format("the request's sequence, intent (not 0) or filled_nl (at most {}) is none",
                             kMaxReservoir.raw()));
  send.filled = Volume{filled};
  return send;
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
  const auto& send = std::get<SendOrder>(request);
  Json signatures = Json::array();
  for (const link::SignedBy& one : send.signatures) signatures.push_back(json_of(one));
  return Json{
      {"send", to_base64url(send.order)}, {"signatures", signatures}, {"pass", to_base64url(send.pass)},
      {"sequence", send.sequence},        {"intent", send.intent},    {"filled_nl", send.filled.raw()}}
      .dump();
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
  if (has_names(*json, {"send", "signatures", "pass", "sequence", "intent", "filled_nl"}))
    return read_send(*json);
  return Wrong(
      "the request is none: read; settle, digest, sequence, intent; or send, signatures, pass, sequence, "
      "intent, "
      "filled_nl");
}

std::string text_of(const VisitAnswer& answer) {
  if (!answer) return Json{{"no_visit", answer.error().why}}.dump();
  if (const auto* said = std::get_if<ImplantSaid>(&*answer))
    return Json{{"status", to_base64url(said->status)}, {"order", json_of(said->order)}}.dump();
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
  return Wrong("the gateway's answer is none: no_visit; status, order; or delivery, message, runs");
}

}  // namespace theca
