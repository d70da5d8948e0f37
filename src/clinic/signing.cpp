#include "clinic/signing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "clinic/line_json.hpp"
#include "files/strict_json.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using Read = nlohmann::json;
using Wrong = std::unexpected<std::string>;

constexpr int kDepth = 4;

link::Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool assertion(const Read& json, PasskeyAssertion& out) {
  ByteString client;
  if (!has_names(json, {"credential", "authenticator_data", "client_data", "signature"}) ||
      !read_bytes(json["credential"], out.credential) ||
      !read_bytes(json["authenticator_data"], out.authenticator_data) ||
      !read_bytes(json["client_data"], client) || !read_bytes(json["signature"], out.signature))
    return false;
  out.client_data.assign(client.begin(), client.end());
  return true;
}

Json json_of(const PasskeyAssertion& one) {
  return {{"credential", to_base64url(one.credential)},
          {"authenticator_data", to_base64url(one.authenticator_data)},
          {"client_data", to_base64url(bytes_of(one.client_data))},
          {"signature", to_base64url(one.signature)}};
}

constexpr const char* kNoAssertion =
    "an assertion of the request has other fields than credential, authenticator_data, client_data, "
    "signature, each "
    "base64url";

Wrong no_bytes(const char* name, std::size_t count) {
  return Wrong(fmt::format("the request's \"{}\" is no base64url of {} bytes", name, count));
}
std::expected<std::uint16_t, std::string> read_model(const Read& model) {
  if (!model.is_number_unsigned() || model.get<std::uint64_t>() > UINT16_MAX)
    return Wrong(fmt::format("the request's \"model\" is no number from 0 to {}", UINT16_MAX));
  return model.get<std::uint16_t>();
}

std::expected<SigningRequest, std::string> read_order_request(const Read& json) {
  SigningRequest request;
  if (!read_bytes(json["sign"], request.order)) return no_bytes("sign", link::kOrderBytes);
  if (!read_bytes(json["parent"], request.parent))
    return Wrong(
        fmt::format("the request's \"parent\" is neither null nor base64url of {} bytes", link::kOrderBytes));
  const auto model = read_model(json["model"]);
  if (!model) return Wrong(model.error());
  request.model = *model;
  const Read& assertions = json["assertions"];
  if (!assertions.is_array() || assertions.empty() || assertions.size() > kMostSigners)
    return Wrong(fmt::format("the request has {} assertions, and 1 to {} are taken",
                             assertions.is_array() ? assertions.size() : 0, kMostSigners));
  for (const Read& one : assertions)
    if (!assertion(one, request.assertions.emplace_back())) return Wrong(kNoAssertion);
  return request;
}

}  // namespace

std::string text_of(const SignerRequest& request) {
  if (const auto* check = std::get_if<CheckRequest>(&request))
    return Json{{"check", to_base64url(check->check)}, {"assertion", json_of(check->assertion)}}.dump();
  if (const auto* fill = std::get_if<FillRequest>(&request))
    return Json{{"fill", to_base64url(fill->statement)},
                {"model", fill->model},
                {"assertion", json_of(fill->assertion)}}
        .dump();
  if (const auto* pair = std::get_if<PairRequest>(&request))
    return Json{{"pair", to_base64url(pair->statement)}, {"assertion", json_of(pair->assertion)}}.dump();
  const auto& order = std::get<SigningRequest>(request);
  Json assertions = Json::array();
  for (const PasskeyAssertion& one : order.assertions) assertions.push_back(json_of(one));
  return Json{{"sign", to_base64url(order.order)},
              {"parent", json_of(order.parent)},
              {"model", order.model},
              {"assertions", assertions}}
      .dump();
}

std::expected<SignerRequest, std::string> parse_signing_request(std::string_view line) {
  const auto json = parse_strictly(line, {.most_bytes = kMostSigningBytes, .most_depth = kDepth});
  if (!json) return Wrong("the request " + json.error());
  if (has_names(*json, {"sign", "parent", "model", "assertions"})) return read_order_request(*json);
  if (has_names(*json, {"check", "assertion"})) {
    CheckRequest request;
    if (!read_bytes((*json)["check"], request.check)) return no_bytes("check", request.check.size());
    if (!assertion((*json)["assertion"], request.assertion)) return Wrong(kNoAssertion);
    return request;
  }
  if (has_names(*json, {"fill", "model", "assertion"})) {
    FillRequest request;
    if (!read_bytes((*json)["fill"], request.statement)) return no_bytes("fill", request.statement.size());
    const auto model = read_model((*json)["model"]);
    if (!model) return Wrong(model.error());
    request.model = *model;
    if (!assertion((*json)["assertion"], request.assertion)) return Wrong(kNoAssertion);
    return request;
  }
  if (has_names(*json, {"pair", "assertion"})) {
    PairRequest request;
    if (!read_bytes((*json)["pair"], request.statement)) return no_bytes("pair", request.statement.size());
    if (!assertion((*json)["assertion"], request.assertion)) return Wrong(kNoAssertion);
    return request;
  }
  return Wrong(
      "the request has other fields than sign, parent, model, assertions; check, assertion; fill, model, "
      "assertion; or pair, assertion");
}

std::string text_of(const SigningAnswer& answer) {
  if (!answer)
    return Json{{"refused", row_of(answer.error().why).name}, {"message", answer.error().message}}.dump();
  Json list = Json::array();
  for (const link::SignedBy& one : answer->signatures) list.push_back(json_of(one));
  return Json{{"signatures", list},
              {"pass", json_of(answer->pass)},
              {"pairing", answer->pairing ? json_of(*answer->pairing) : Json()}}
      .dump();
}

std::expected<SigningAnswer, std::string> parse_signing_answer(std::string_view line) {
  const auto json = parse_strictly(line, {.most_bytes = kMostSigningBytes, .most_depth = kDepth});
  if (!json) return Wrong("the signer's answer " + json.error());
  if (has_names(*json, {"refused", "message"}) && (*json)["refused"].is_string() &&
      (*json)["message"].is_string()) {
    const std::string name = (*json)["refused"];
    const auto row =
        std::ranges::find_if(kSigningRefusals, [&](const auto& one) { return name == one.name; });
    if (row == kSigningRefusals.end())
      return Wrong("the signer refuses for no reason that is known: " + name);
    return SigningAnswer{std::unexpected(SigningRefused{row->refusal, (*json)["message"]})};
  }
  if (!has_names(*json, {"signatures", "pass", "pairing"}) || !(*json)["signatures"].is_array())
    return Wrong("the signer's answer holds neither signatures nor a refusal");
  SignedAnswer answer;
  for (const Read& one : (*json)["signatures"]) {
    if (!read_signed_by(one, answer.signatures.emplace_back()))
      return Wrong("the signer's answer holds a signature of another form");
  }
  if (!read_bytes((*json)["pass"], answer.pass))
    return Wrong("the signer's answer holds a pass of another form");
  const Read& pairing = (*json)["pairing"];
  if (!pairing.is_null() && !read_sealed_pair(pairing, answer.pairing.emplace()))
    return Wrong("the signer's answer holds a pairing of another form");
  return SigningAnswer{std::move(answer)};
}

}  // namespace theca
