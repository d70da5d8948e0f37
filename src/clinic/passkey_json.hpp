#pragma once
/// What a page hands over of a passkey: the JSON of `PublicKeyCredential.toJSON()` (WebAuthn level 3, §5.1),
/// of which the fields named here are read and others let stand.

#include <expected>
#include <string>
#include <string_view>

#include "clinic/passkey.hpp"

namespace theca {

inline constexpr std::size_t kMostPasskeyJson = 16'384;

/// `response.clientDataJSON` and `response.attestationObject`. Errors are sentences.
std::expected<PasskeyRegistration, std::string> parse_registration(std::string_view json);
/// `id`, and `response.clientDataJSON`, `.authenticatorData`, `.signature`.
std::expected<PasskeyAssertion, std::string> parse_assertion(std::string_view json);

/// As a page would write them.
std::string text_of(const PasskeyRegistration& registration, const ByteString& id);
std::string text_of(const PasskeyAssertion& assertion);

}  // namespace theca
