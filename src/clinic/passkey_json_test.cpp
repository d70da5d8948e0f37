// A passkey as a page writes it down.
#include "clinic/passkey_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "clinic/software_key.hpp"

namespace theca {
namespace {

const PasskeySite kSite{"clinic.example", "https://clinic.example"};

struct AsJson : testing::Test {
  link::Key secret{};
  link::Key challenge{};
  SoftwareKey key{PasskeyAlgorithm::kEs256, secret};
};

TEST_F(AsJson, what_is_written_is_read_again_and_holds) {
  const auto registration = parse_registration(text_of(key.registration(kSite, challenge), key.id()));
  ASSERT_TRUE(registration) << registration.error();
  const auto passkey = check_registration(*registration, kSite, challenge);
  ASSERT_TRUE(passkey) << passkey.error().message;
  EXPECT_EQ(passkey->id, key.id());
  const auto assertion = parse_assertion(text_of(key.assertion(kSite, challenge)));
  ASSERT_TRUE(assertion) << assertion.error();
  EXPECT_TRUE(check_assertion(*assertion, *passkey, kSite, challenge));
}

TEST_F(AsJson, what_a_browser_says_besides_is_let_stand) {
  auto json = nlohmann::json::parse(text_of(key.registration(kSite, challenge), key.id()));
  json["authenticatorAttachment"] = "platform";
  json["clientExtensionResults"] = {{"credProps", {{"rk", true}}}};
  json["response"]["transports"] = {"internal", "hybrid"};
  EXPECT_TRUE(parse_registration(json.dump()));
}

TEST_F(AsJson, what_is_missing_or_no_base64url_is_named) {
  const auto whole = nlohmann::json::parse(text_of(key.assertion(kSite, challenge)));
  for (const char* name : {"clientDataJSON", "authenticatorData", "signature"}) {
    auto json = whole;
    json["response"].erase(name);
    auto read = parse_assertion(json.dump());
    ASSERT_FALSE(read) << name;
    EXPECT_NE(read.error().find(std::string{"has no \"response."} + name), std::string::npos) << read.error();
    for (const nlohmann::json& wrong : {nlohmann::json{"a="}, nlohmann::json{""}, nlohmann::json{5}}) {
      json["response"][name] = wrong;
      read = parse_assertion(json.dump());
      ASSERT_FALSE(read) << name << " " << wrong;
      EXPECT_NE(read.error().find(name), std::string::npos) << read.error();
    }
  }
  EXPECT_FALSE(parse_assertion("[]"));
  EXPECT_FALSE(parse_assertion(std::string(kMostPasskeyJson + 1, ' ')));
}

RC_GTEST_PROP(PasskeyJson, any_text_is_read_or_refused, (const std::string& text)) {
  for (const std::string& one :
       {text, "{\"id\":" + text + "}", "{\"response\":{\"signature\":\"" + text + "\"}}"}) {
    RC_ASSERT(!parse_assertion(one));
    RC_ASSERT(!parse_registration(one));
  }
}

}  // namespace
}  // namespace theca
