// A passkey says yes to one challenge, on one site, by a person it has verified, once.
#include <gtest/gtest.h>
// before rapidcheck
#include <rapidcheck/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "clinic/passkey.hpp"
#include "clinic/software_key.hpp"
#include "files/strict_json.hpp"
#include "link/sodium.hpp"

namespace theca {
namespace {

using enum PasskeyError;
using Algorithm = PasskeyAlgorithm;

const PasskeySite kSite{"clinic.example", "https://clinic.example"};
constexpr Algorithm kAlgorithms[] = {Algorithm::kEs256, Algorithm::kEdDsa};

link::Key key_of(std::uint8_t fill) {
  link::Key key;
  key.fill(fill);
  return key;
}
const link::Hash kAsked = key_of(0xC1);

Passkey registered(SoftwareKey& key) {
  auto passkey = check_registration(key.registration(kSite, kAsked), kSite, kAsked);
  if (!passkey) throw std::runtime_error(passkey.error().message);
  return *passkey;
}

template <class T>
std::string told(const std::expected<T, PasskeyFault>& result) {
  return result ? "taken" : result.error().message;
}
template <class T>
void refused(const std::expected<T, PasskeyFault>& result, PasskeyError why, const char* what) {
  ASSERT_FALSE(result) << what;
  EXPECT_EQ(result.error().error, why) << what << ": " << result.error().message;
  EXPECT_FALSE(result.error().message.empty());
}

struct Passkeys : testing::TestWithParam<Algorithm> {
  SoftwareKey key{GetParam(), key_of(7)};
  Passkey passkey = registered(key);

  std::expected<std::uint32_t, PasskeyFault> check(const PasskeyAssertion& assertion) const {
    return check_assertion(assertion, passkey, kSite, kAsked);
  }
  /// Whatever is said is signed in good order: only the check that is meant can refuse it.
  template <class F>
  std::expected<std::uint32_t, PasskeyFault> saying(F&& change) {
    key.set_counter(key.counter() + 1);
    SoftwareKey::Said said = key.said("webauthn.get", kSite, kAsked);
    change(said);
    return check(key.assertion(said));
  }
  template <class F>
  std::expected<Passkey, PasskeyFault> registering(F&& change) {
    SoftwareKey::Said said = key.said("webauthn.create", kSite, kAsked);
    said.flags |= kAttestedCredential;
    change(said);
    return check_registration(key.registration(said), kSite, kAsked);
  }
  static void replace(std::string& in, const std::string& from, const std::string& to) {
    in.replace(in.find(from), from.size(), to);
  }
};
INSTANTIATE_TEST_SUITE_P(, Passkeys, testing::ValuesIn(kAlgorithms),
                         [](const auto& one) { return std::string{name_of(one.param)}; });

TEST_P(Passkeys, are_registered_and_say_yes) {
  EXPECT_EQ(passkey.algorithm, GetParam());
  EXPECT_EQ(passkey.id, key.id());
  EXPECT_EQ(passkey.counter, 1U);
  for (std::uint32_t counter = 2; counter < 5; ++counter) {
    const auto yes = check(key.assertion(kSite, kAsked));
    ASSERT_TRUE(yes) << told(yes);
    EXPECT_EQ(*yes, counter);
    passkey.counter = *yes;
  }
}

TEST_P(Passkeys, say_yes_to_this_alone) {
  using Said = SoftwareKey::Said;
  EXPECT_TRUE(saying([](Said&) {}));
  refused(saying([&](Said& s) { s.client_data = key.said("webauthn.create", kSite, kAsked).client_data; }),
          kType, "a registration");
  refused(saying([&](Said& s) { s.client_data = key.said("webauthn.get", kSite, key_of(0xC2)).client_data; }),
          kChallenge, "another challenge");
  refused(saying([&](Said& s) {
            s.client_data = key.said("webauthn.get", {kSite.id, "https://evil.example"}, kAsked).client_data;
          }),
          kOrigin, "another origin");
  refused(saying([](Said& s) {
            replace(s.client_data, "https://clinic.example", "https://clinic.example:8443");
          }),
          kOrigin, "another port");
  refused(saying([](Said& s) { replace(s.client_data, "https://", "http://"); }), kOrigin, "another scheme");
  refused(saying([](Said& s) { replace(s.client_data, "\"crossOrigin\":false", "\"crossOrigin\":true"); }),
          kCrossOrigin, "inside another page");
  refused(saying([](Said& s) { replace(s.client_data, "\"crossOrigin\":false", "\"crossOrigin\":\"no\""); }),
          kCrossOrigin, "neither true nor false");
  refused(
      saying([](Said& s) { replace(s.client_data, "false}", "false,\"topOrigin\":\"https://a.example\"}"); }),
      kCrossOrigin, "with another page around it");
  refused(saying([](Said& s) { s.site = "evil.example"; }), kOtherSite, "another site");
  refused(saying([](Said& s) { s.flags = kUserVerified; }), kNotPresent, "nobody there");
  refused(saying([](Said& s) { s.flags = kUserPresent; }), kNotVerified, "nobody verified");
  refused(saying([](Said& s) { s.flags |= kExtensions; }), kAuthenticatorData, "extensions");
  refused(saying([](Said& s) { s.flags |= kAttestedCredential; }), kAuthenticatorData, "a credential");
  SoftwareKey other{GetParam(), key_of(8)};
  refused(check(other.assertion(kSite, kAsked)), kOtherCredential, "another credential");
  PasskeyAssertion renamed = other.assertion(kSite, kAsked);
  renamed.credential = key.id();
  refused(check(renamed), kSignature, "another key under this name");
}

TEST_P(Passkeys, take_a_browser_s_own_additions) {
  EXPECT_TRUE(
      saying([](SoftwareKey::Said& s) { replace(s.client_data, "false}", "false,\"other\":\"keys\"}"); }));
  EXPECT_TRUE(saying([](SoftwareKey::Said& s) { replace(s.client_data, ",\"crossOrigin\":false", ""); }));
}

TEST_P(Passkeys, never_count_back) {
  const PasskeyAssertion once = key.assertion(kSite, kAsked);
  const auto yes = check(once);
  ASSERT_TRUE(yes);
  passkey.counter = *yes;
  refused(check(once), kCounterBack, "the same again");
  key.set_counter(0);
  refused(check(key.assertion(key.said("webauthn.get", kSite, kAsked))), kCounterBack,
          "one that counts no more");
  refused(check(key.assertion(kSite, kAsked)), kCounterBack, "a copy that has counted less");
  SoftwareKey plain{GetParam(), key_of(9), false};
  passkey = registered(plain);
  EXPECT_EQ(passkey.counter, 0U);
  EXPECT_EQ(check(plain.assertion(kSite, kAsked)), 0U);
  EXPECT_EQ(check(plain.assertion(kSite, kAsked)), 0U);
}

TEST_P(Passkeys, are_registered_here_by_somebody_verified) {
  using Said = SoftwareKey::Said;
  EXPECT_TRUE(registering([](Said&) {}));
  refused(registering([&](Said& s) { s.client_data = key.said("webauthn.get", kSite, kAsked).client_data; }),
          kType, "an assertion");
  refused(registering(
              [&](Said& s) { s.client_data = key.said("webauthn.create", kSite, key_of(1)).client_data; }),
          kChallenge, "another challenge");
  refused(registering([](Said& s) { replace(s.client_data, "https://", "http://"); }), kOrigin,
          "another origin");
  refused(registering([](Said& s) { s.site = "evil.example"; }), kOtherSite, "another site");
  refused(registering([](Said& s) { s.flags = kUserVerified | kAttestedCredential; }), kNotPresent, "nobody");
  refused(registering([](Said& s) { s.flags = kUserPresent | kAttestedCredential; }), kNotVerified,
          "not verified");
  refused(registering([](Said& s) { s.flags = kUserPresent | kUserVerified; }), kAuthenticatorData,
          "no credential");
}

TEST_P(Passkeys, come_with_an_attestation_of_one_form) {
  const PasskeyRegistration good = key.registration(kSite, kAsked);
  const auto cbor = nlohmann::json::from_cbor(good.attestation);
  const auto with = [&](auto&& change) {
    PasskeyRegistration changed = good;
    auto json = cbor;
    change(json);
    changed.attestation = nlohmann::json::to_cbor(json);
    return check_registration(changed, kSite, kAsked);
  };
  using Json = nlohmann::json;
  EXPECT_TRUE(with([](Json&) {}));
  refused(with([](Json& j) { j["fmt"] = "packed"; }), kAttestation, "another format");
  refused(with([](Json& j) { j["attStmt"]["alg"] = -7; }), kAttestation, "a statement");
  refused(with([](Json& j) { j["more"] = 1; }), kAttestation, "a fourth field");
  refused(with([](Json& j) { j.erase("authData"); }), kAttestation, "no data");
  refused(with([](Json& j) { j["authData"] = "text"; }), kAttestation, "text");
  refused(with([](Json& j) { j["authData"].get_binary().push_back(0); }), kKey, "a byte behind the key");
  refused(with([](Json& j) { j["authData"].get_binary().pop_back(); }), kKey, "a byte less");
  refused(with([](Json& j) { j["authData"].get_binary().resize(20); }), kAuthenticatorData, "cut off");
  PasskeyRegistration large = good;
  large.attestation.resize(kMostAttestation + 1);
  refused(check_registration(large, kSite, kAsked), kTooLarge, "too large");
  if (GetParam() == Algorithm::kEs256)
    refused(with([](Json& j) { j["authData"].get_binary().back() ^= 1; }), kKey, "no point of the curve");
}

TEST_P(Passkeys, refuse_what_is_too_large) {
  PasskeyAssertion large = key.assertion(kSite, kAsked);
  large.signature.resize(kMostPasskeySignature + 1);
  refused(check(large), kTooLarge, "a signature");
  refused(saying([](SoftwareKey::Said& s) { s.client_data.insert(1, kMostClientData, ' '); }), kClientData,
          "client data");
}

RC_GTEST_PROP(Passkey, holds_no_bit_that_may_be_turned, ()) {
  const auto algorithm = *rc::gen::elementOf(std::vector{Algorithm::kEs256, Algorithm::kEdDsa});
  SoftwareKey key{algorithm, key_of(*rc::gen::inRange<std::uint8_t>(1, 255))};
  Passkey passkey = registered(key);
  PasskeyAssertion said = key.assertion(kSite, kAsked);
  RC_ASSERT(check_assertion(said, passkey, kSite, kAsked).has_value());
  const auto flip = [](auto& bytes) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size() * 8);
    bytes[at / 8] = static_cast<std::remove_reference_t<decltype(bytes[0])>>(bytes[at / 8] ^ (1 << (at % 8)));
  };
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      flip(said.authenticator_data);
      break;
    case 1:
      flip(said.client_data);
      break;
    case 2:
      flip(said.signature);
      break;
    case 3:
      flip(passkey.key);
      break;
    default:
      flip(said.credential);
  }
  RC_ASSERT(!check_assertion(said, passkey, kSite, kAsked).has_value());
}

RC_GTEST_PROP(Passkey, reads_any_bytes, (std::string client, std::vector<std::uint8_t> bytes)) {
  const Passkey none{{1}, Algorithm::kEs256, ByteString(64, 1), 0, 0};
  const auto said = SoftwareKey{Algorithm::kEs256, key_of(7)}.said("webauthn.get", kSite, kAsked);
  RC_ASSERT(!check_registration({client, bytes}, kSite, kAsked).has_value());
  RC_ASSERT(!check_assertion({{1}, bytes, said.client_data, bytes}, none, kSite, kAsked).has_value());
  RC_ASSERT(!check_assertion({{1}, bytes, client, bytes}, none, kSite, kAsked).has_value());
}

// ---- what a browser has made ----------------------------------------------------------------------------

nlohmann::json recorded() {
  std::ifstream in{std::string{THECA_DATA_DIR} + "/vectors/passkey.json"};
  return nlohmann::json::parse(in);
}
ByteString bytes_of(const nlohmann::json& json) {
  const auto bytes = from_base64url(json.get<std::string>());
  if (!bytes) throw std::runtime_error("no base64url");
  return *bytes;
}
std::string text_of(const nlohmann::json& json) {
  const ByteString bytes = bytes_of(json);
  return {bytes.begin(), bytes.end()};
}

TEST(Passkey, is_what_Chromium_makes) {
  const auto vectors = recorded();
  const PasskeySite site{vectors["rp_id"], vectors["origin"]};
  int assertions = 0;
  for (const auto& one : vectors["keys"]) {
    const auto& made = one["registration"];
    auto passkey = check_registration({text_of(made["client_data"]), bytes_of(made["attestation"])}, site,
                                      bytes_of(made["challenge"]));
    ASSERT_TRUE(passkey) << told(passkey);
    EXPECT_EQ(name_of(passkey->algorithm), one["algorithm"].get<std::string>());
    EXPECT_EQ(passkey->id, bytes_of(made["id"]));
    for (const auto& said : one["assertions"]) {
      PasskeyAssertion assertion{bytes_of(said["credential"]), bytes_of(said["authenticator_data"]),
                                 text_of(said["client_data"]), bytes_of(said["signature"])};
      const auto counter = check_assertion(assertion, *passkey, site, bytes_of(said["challenge"]));
      ASSERT_TRUE(counter) << told(counter);
      EXPECT_GT(*counter, passkey->counter);
      passkey->counter = *counter;
      refused(check_assertion(assertion, *passkey, site, bytes_of(said["challenge"])), kCounterBack, "again");
      ++assertions;
    }
  }
  EXPECT_EQ(assertions, 4);
}

TEST(Passkey, software_keys_say_what_Chromium_says) {
  const auto vectors = recorded();
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& made = vectors["keys"][i]["registration"];
    const auto theirs = nlohmann::json::from_cbor(bytes_of(made["attestation"]));
    SoftwareKey key{kAlgorithms[i], key_of(3)};
    const auto ours = nlohmann::json::from_cbor(key.registration(kSite, kAsked).attestation);
    const ByteString a = theirs["authData"].get_binary(), b = ours["authData"].get_binary();
    ASSERT_EQ(a.size(), b.size());
    // Flags, counter, model, length of the id; then the form of the key behind a hash and an id of 32 bytes.
    EXPECT_TRUE(std::equal(a.begin() + 32, a.begin() + 55, b.begin() + 32));
    EXPECT_TRUE(std::equal(a.begin() + 87, a.begin() + 97, b.begin() + 87));
  }
}

// ---- the parts ------------------------------------------------------------------------------------------

RC_GTEST_PROP(Base64url, there_and_back, (std::vector<std::uint8_t> bytes)) {
  RC_ASSERT(from_base64url(to_base64url(bytes)) == bytes);
}
RC_GTEST_PROP(Base64url, has_one_form_for_all_that_is_read, (std::string text)) {
  const auto bytes = from_base64url(text);
  RC_ASSERT((!bytes || to_base64url(*bytes) == text));  // a bare || is taken apart
}
TEST(Base64url, refuses_other_forms) {
  for (const char* text : {"AA==", "AB", "A", "A+/A", "AA AA", "AAA\n", "aaa\xDD"})
    EXPECT_FALSE(from_base64url(text)) << text;
  EXPECT_EQ(from_base64url("_-8"), (ByteString{0xFF, 0xEF}));
}

TEST(StrictJson, has_limits) {
  const JsonLimits limits{.most_bytes = 20, .most_depth = 2};
  EXPECT_TRUE(parse_strictly(R"({"a":[1],"b":[2]})", limits));
  EXPECT_EQ(parse_strictly(R"({"a":1,"a":2})", limits).error(), "has the name \"a\" twice");
  EXPECT_EQ(parse_strictly("[[[]]]", limits).error(), "is nested deeper than 2 levels");
  EXPECT_EQ(parse_strictly(std::string(21, ' '), limits).error(), "has 21 bytes, and 20 are allowed");
  for (const char* text : {"", "{", "{}{}", "{\"a\":\"\xFF\"}"})
    EXPECT_EQ(parse_strictly(text, limits).error(), "is no JSON");
}

}  // namespace
}  // namespace theca
