#include "clinic/passkey_json.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <stdexcept>

#include "files/strict_json.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kType = "public-key";

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// What stands at this place, as bytes; throws a sentence.
ByteString bytes_at(const nlohmann::json& json, std::initializer_list<const char*> path) {
  const nlohmann::json* at = &json;
  std::string so_far;
  for (const char* name : path) {
    so_far += (so_far.empty() ? "" : ".") + std::string{name};
    if (!at->is_object() || !at->contains(name))
      throw std::invalid_argument(fmt::format("has no \"{}\"", so_far));
    at = &(*at)[name];
  }
  if (!at->is_string()) throw std::invalid_argument(fmt::format("\"{}\" is no text", so_far));
  auto bytes = from_base64url(at->get_ref<const std::string&>());
  if (!bytes || bytes->empty())
    throw std::invalid_argument(fmt::format("\"{}\" is no base64url without padding", so_far));
  return std::move(*bytes);
}

std::string text_at(const nlohmann::json& json, std::initializer_list<const char*> path) {
  const ByteString bytes = bytes_at(json, path);
  return {bytes.begin(), bytes.end()};
}

template <class F>
auto read(std::string_view text, F&& made) -> std::expected<decltype(made(nlohmann::json{})), std::string> {
  const auto json = parse_strictly(text, {.most_bytes = kMostPasskeyJson, .most_depth = 8});
  if (!json) return std::unexpected("the passkey's JSON " + json.error());
  try {
    return made(*json);
  } catch (const std::invalid_argument& wrong) {
    return std::unexpected(std::string{"the passkey's JSON "} + wrong.what());
  }
}

}  // namespace

std::expected<PasskeyRegistration, std::string> parse_registration(std::string_view text) {
  return read(text, [](const nlohmann::json& json) {
    PasskeyRegistration registration;
    registration.client_data = text_at(json, {"response", "clientDataJSON"});
    registration.attestation = bytes_at(json, {"response", "attestationObject"});
    return registration;
  });
}

std::expected<PasskeyAssertion, std::string> parse_assertion(std::string_view text) {
  return read(text, [](const nlohmann::json& json) {
    PasskeyAssertion assertion;
    assertion.credential = bytes_at(json, {"id"});
    assertion.client_data = text_at(json, {"response", "clientDataJSON"});
    assertion.authenticator_data = bytes_at(json, {"response", "authenticatorData"});
    assertion.signature = bytes_at(json, {"response", "signature"});
    return assertion;
  });
}

std::string text_of(const PasskeyRegistration& registration, const ByteString& id) {
  return Json{{"id", to_base64url(id)},
              {"rawId", to_base64url(id)},
              {"type", kType},
              {"response",
               {{"clientDataJSON", to_base64url(bytes_of(registration.client_data))},
                {"attestationObject", to_base64url(registration.attestation)}}}}
      .dump();
}

std::string text_of(const PasskeyAssertion& assertion) {
  return Json{{"id", to_base64url(assertion.credential)},
              {"rawId", to_base64url(assertion.credential)},
              {"type", kType},
              {"response",
               {{"clientDataJSON", to_base64url(bytes_of(assertion.client_data))},
                {"authenticatorData", to_base64url(assertion.authenticator_data)},
                {"signature", to_base64url(assertion.signature)}}}}
      .dump();
}

}  // namespace theca
