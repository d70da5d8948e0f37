#include "clinic/passkey.hpp"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "files/strict_json.hpp"
#include "link/sodium.hpp"

namespace theca {
namespace {

// Authenticator data: hash of the site, flags, counter; then, in a registration, the authenticator's model,
// length of the id, id, key in COSE, whose canonical form has one length for each algorithm.
constexpr std::size_t kHash = 32, kFlagsAt = kHash, kCounterAt = kFlagsAt + 1, kHead = kCounterAt + 4;
constexpr std::size_t kModel = 16, kIdLength = 2;
constexpr std::size_t kCoseEs256 = 77, kCoseEdDsa = 42;

std::unexpected<PasskeyFault> fault(PasskeyError error, std::string message) {
  return std::unexpected(PasskeyFault{error, std::move(message)});
}
using Fine = std::expected<void, PasskeyFault>;

template <class T, void (*kFree)(T**)>
struct Freed {
  void operator()(T* one) const { kFree(&one); }
};
using Credential = std::unique_ptr<fido_cred_t, Freed<fido_cred_t, fido_cred_free>>;
using Assertion = std::unique_ptr<fido_assert_t, Freed<fido_assert_t, fido_assert_free>>;
using Es256 = std::unique_ptr<es256_pk_t, Freed<es256_pk_t, es256_pk_free>>;
using EdDsa = std::unique_ptr<eddsa_pk_t, Freed<eddsa_pk_t, eddsa_pk_free>>;

Fine check_client_data(const std::string& text, const char* type, const PasskeySite& site,
                       link::Bytes challenge) {
  const auto json = parse_strictly(text, {.most_bytes = kMostClientData, .most_depth = 3});
  if (!json) return fault(PasskeyError::kClientData, "the browser's client data " + json.error());
  const auto text_of = [&](const char* name) -> std::optional<std::string> {
    if (!json->is_object() || !json->contains(name) || !(*json)[name].is_string()) return std::nullopt;
    return (*json)[name].get<std::string>();
  };
  const auto said_type = text_of("type"), said_challenge = text_of("challenge"),
             said_origin = text_of("origin");
  if (!said_type || !said_challenge || !said_origin)
    return fault(PasskeyError::kClientData, "the browser's client data lacks type, challenge or origin");
  if (*said_type != type)
    return fault(PasskeyError::kType,
                 fmt::format("is of type \"{}\", and \"{}\" was asked for", *said_type, type));
  if (*said_challenge != to_base64url(challenge))
    return fault(PasskeyError::kChallenge, fmt::format("answers challenge {}, and {} was asked",
                                                       *said_challenge, to_base64url(challenge)));
  if (*said_origin != site.origin)
    return fault(PasskeyError::kOrigin,
                 fmt::format("was made on {}, and only {} is taken", *said_origin, site.origin));
  const auto cross = json->find("crossOrigin");
  if ((cross != json->end() && *cross != false) || json->contains("topOrigin"))
    return fault(PasskeyError::kCrossOrigin, "was made inside a page of another origin");
  return {};
}

/// What registration and assertion have in common; the length is at least kHead.
Fine check_head(const ByteString& data, const PasskeySite& site) {
  const link::Bytes name{reinterpret_cast<const std::uint8_t*>(site.id.data()), site.id.size()};
  const std::array<link::Bytes, 1> parts{name};
  if (!std::ranges::equal(link::Sodium::sha256(parts), link::Bytes{data}.first(kHash)))
    return fault(PasskeyError::kOtherSite, "the authenticator was asked by another site than " + site.id);
  const std::uint8_t flags = data[kFlagsAt];
  if ((flags & kUserPresent) == 0)
    return fault(PasskeyError::kNotPresent, "nobody touched the authenticator");
  if ((flags & kUserVerified) == 0)
    return fault(PasskeyError::kNotVerified, "the authenticator did not verify its user by PIN or finger");
  if ((flags & kExtensions) != 0)
    return fault(PasskeyError::kAuthenticatorData, "the authenticator adds extensions that nobody asked for");
  return {};
}

std::uint32_t counter_of(const ByteString& data) {
  std::uint32_t counter = 0;
  for (std::size_t i = 0; i < 4; ++i) counter = counter << 8 | data[kCounterAt + i];
  return counter;
}

/// The attested credential, where its key is of this algorithm.
std::optional<Passkey> attested(const ByteString& data, PasskeyAlgorithm algorithm) {
  const bool ec = algorithm == PasskeyAlgorithm::kEs256;
  const Credential credential{fido_cred_new()};
  if (!credential || fido_cred_set_type(credential.get(), static_cast<int>(algorithm)) != FIDO_OK ||
      fido_cred_set_authdata_raw(credential.get(), data.data(), data.size()) != FIDO_OK)
    return std::nullopt;
  Passkey passkey;
  passkey.algorithm = algorithm;
  const auto* id = fido_cred_id_ptr(credential.get());
  const auto* key = fido_cred_pubkey_ptr(credential.get());
  const std::size_t id_size = fido_cred_id_len(credential.get());
  if (id == nullptr || key == nullptr || fido_cred_pubkey_len(credential.get()) != key_bytes(algorithm) ||
      data.size() != kHead + kModel + kIdLength + id_size + (ec ? kCoseEs256 : kCoseEdDsa))
    return std::nullopt;
  passkey.id.assign(id, id + id_size);
  passkey.key.assign(key, key + key_bytes(algorithm));
  passkey.counter = counter_of(data);
  return passkey;
}

/// A point of the curve, not just as many bytes.
bool is_key(const Passkey& passkey) {
  if (passkey.key.size() != key_bytes(passkey.algorithm)) return false;
  if (passkey.algorithm == PasskeyAlgorithm::kEdDsa) return true;
  const Es256 key{es256_pk_new()};
  return key && es256_pk_from_ptr(key.get(), passkey.key.data(), passkey.key.size()) == FIDO_OK;
}

bool verified(const PasskeyAssertion& said, const Passkey& passkey, const PasskeySite& site) {
  const Assertion assertion{fido_assert_new()};
  fido_assert_t* const a = assertion.get();
  const auto* client = reinterpret_cast<const unsigned char*>(said.client_data.data());
  const bool told =
      a != nullptr && fido_assert_set_count(a, 1) == FIDO_OK &&
      fido_assert_set_rp(a, site.id.c_str()) == FIDO_OK && fido_assert_set_up(a, FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_uv(a, FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_clientdata(a, client, said.client_data.size()) == FIDO_OK &&
      fido_assert_set_authdata_raw(a, 0, said.authenticator_data.data(), said.authenticator_data.size()) ==
          FIDO_OK &&
      fido_assert_set_sig(a, 0, said.signature.data(), said.signature.size()) == FIDO_OK;
  if (!told) return false;
  if (passkey.algorithm == PasskeyAlgorithm::kEs256) {
    const Es256 key{es256_pk_new()};
    return key && es256_pk_from_ptr(key.get(), passkey.key.data(), passkey.key.size()) == FIDO_OK &&
           fido_assert_verify(a, 0, COSE_ES256, key.get()) == FIDO_OK;
  }
  const EdDsa key{eddsa_pk_new()};
  return key && eddsa_pk_from_ptr(key.get(), passkey.key.data(), passkey.key.size()) == FIDO_OK &&
         fido_assert_verify(a, 0, COSE_EDDSA, key.get()) == FIDO_OK;
}

Fine no_larger(std::size_t size, std::size_t most, const char* what) {
  if (size <= most) return {};
  return fault(PasskeyError::kTooLarge, fmt::format("{} has {} bytes, and {} are allowed", what, size, most));
}

}  // namespace

std::string_view name_of(PasskeyAlgorithm algorithm) {
  return algorithm == PasskeyAlgorithm::kEs256 ? "ES256" : "EdDSA";
}
std::size_t key_bytes(PasskeyAlgorithm algorithm) { return algorithm == PasskeyAlgorithm::kEs256 ? 64 : 32; }

std::string key_text(PasskeyAlgorithm algorithm, const ByteString& key) {
  ByteString bytes{static_cast<std::uint8_t>(-static_cast<std::int32_t>(algorithm))};
  bytes.insert(bytes.end(), key.begin(), key.end());
  return to_base64url(bytes);
}

std::optional<PasskeyKey> parse_key_text(std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->empty()) return std::nullopt;
  for (const PasskeyAlgorithm algorithm : {PasskeyAlgorithm::kEs256, PasskeyAlgorithm::kEdDsa}) {
    if (bytes->front() != -static_cast<std::int32_t>(algorithm) || bytes->size() != 1 + key_bytes(algorithm))
      continue;
    return PasskeyKey{algorithm, {bytes->begin() + 1, bytes->end()}};
  }
  return std::nullopt;
}

std::expected<Passkey, PasskeyFault> check_registration(const PasskeyRegistration& registration,
                                                        const PasskeySite& site, link::Bytes challenge) {
  if (const auto fits = no_larger(registration.attestation.size(), kMostAttestation, "the attestation");
      !fits)
    return std::unexpected(fits.error());
  if (const auto fine = check_client_data(registration.client_data, "webauthn.create", site, challenge);
      !fine)
    return std::unexpected(fine.error());
  const auto cbor = nlohmann::json::from_cbor(registration.attestation, true, false);
  if (!cbor.is_object() || cbor.size() != 3 || cbor.value("fmt", nlohmann::json{}) != "none" ||
      cbor.value("attStmt", nlohmann::json{}) != nlohmann::json::object() || !cbor.contains("authData") ||
      !cbor["authData"].is_binary())
    return fault(PasskeyError::kAttestation, "is no attestation of format \"none\"");
  const ByteString& data = cbor["authData"].get_binary();
  if (data.size() < kHead)
    return fault(PasskeyError::kAuthenticatorData,
                 fmt::format("the authenticator's data has {} bytes, and no less than {} make sense",
                             data.size(), kHead));
  if (const auto fine = check_head(data, site); !fine) return std::unexpected(fine.error());
  if ((data[kFlagsAt] & kAttestedCredential) == 0)
    return fault(PasskeyError::kAuthenticatorData, "the authenticator tells no credential");
  for (const auto algorithm : {PasskeyAlgorithm::kEs256, PasskeyAlgorithm::kEdDsa}) {
    const auto passkey = attested(data, algorithm);
    if (!passkey) continue;
    if (passkey->id.empty() || passkey->id.size() > kMostCredentialId)
      return fault(PasskeyError::kTooLarge,
                   fmt::format("the credential's id has {} bytes, and 1 to {} are allowed",
                               passkey->id.size(), kMostCredentialId));
    if (is_key(*passkey)) return *passkey;
  }
  return fault(PasskeyError::kKey, "holds no key of ES256 or EdDSA in its one form");
}

std::expected<std::uint32_t, PasskeyFault> check_assertion(const PasskeyAssertion& assertion,
                                                           const Passkey& passkey, const PasskeySite& site,
                                                           link::Bytes challenge) {
  if (assertion.credential != passkey.id)
    return fault(PasskeyError::kOtherCredential,
                 fmt::format("is by credential {}, and {} was asked for", to_base64url(assertion.credential),
                             to_base64url(passkey.id)));
  if (const auto fits = no_larger(assertion.signature.size(), kMostPasskeySignature, "the signature"); !fits)
    return std::unexpected(fits.error());
  if (const auto fine = check_client_data(assertion.client_data, "webauthn.get", site, challenge); !fine)
    return std::unexpected(fine.error());
  const ByteString& data = assertion.authenticator_data;
  if (data.size() != kHead || (data[kFlagsAt] & kAttestedCredential) != 0)
    return fault(
        PasskeyError::kAuthenticatorData,
        fmt::format("the authenticator's data has {} bytes, and {} were asked for", data.size(), kHead));
  if (const auto fine = check_head(data, site); !fine) return std::unexpected(fine.error());
  if (!is_key(passkey)) return fault(PasskeyError::kKey, "the key that is on file is none");
  if (!verified(assertion, passkey, site))
    return fault(PasskeyError::kSignature, "the authenticator's signature does not hold");
  // §7.2, step 21.
  const std::uint32_t counter = counter_of(data);
  const bool counts = counter != 0 || passkey.counter != 0;
  if (counts && counter <= passkey.counter)
    return fault(
        PasskeyError::kCounterBack,
        fmt::format("the authenticator counts {}, and must be above {}: this was used before, or there is "
                    "a copy of it",
                    counter, passkey.counter));
  return counter;
}

}  // namespace theca
