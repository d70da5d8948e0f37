// The signer as a process: made, with people enrolled, answering at its socket until it is told to stop.
#include "cli/signer_command.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/process_testing.hpp"
#include "clinic/folder_testing.hpp"
#include "clinic/passkey_json.hpp"
#include "clinic/signer_client.hpp"
#include "signer/signer_testing.hpp"

namespace theca {
namespace {

using example::Process;

std::pair<int, std::string> ran(std::vector<std::string> words) {
  words.insert(words.begin(), "signer");
  return Process{words}.end();
}

struct SignerCommand : testing::Test {
  records::TestFolder folder;
  std::string own = (folder / "signer").string();
  std::string socket = (folder / "socket").string();
  const PasskeySite site{"clinic.example", "https://clinic.example"};

  void make() {
    const auto [code, said] = ran({"make", own, "--site", site.id, "--origin", site.origin});
    ASSERT_EQ(code, kExitOk) << said;
  }
  /// With the challenge that it printed, unless another is given.
  std::pair<int, std::string> enrol(const std::string& serial, SoftwareKey& key,
                                    const std::string& role = "physician",
                                    const std::optional<ByteString>& other = std::nullopt) {
    Process running{{"signer", "enrol", own, "--serial", serial, "--name", "Ada Okafor", "--role", role}};
    const std::string line = running.line();
    if (!line.starts_with("challenge ")) {
      auto [code, said] = running.end();
      return {code, line + said};
    }
    const auto challenge = from_base64url(line.substr(10));
    running.say(text_of(key.registration(site, other.value_or(*challenge)), key.id()));
    return running.end();
  }
  nlohmann::json shown() {
    const auto [code, said] = ran({"show", own, "--json"});
    EXPECT_EQ(code, kExitOk) << said;
    return nlohmann::json::parse(said);
  }
};

TEST_F(SignerCommand, RT_30_who_is_enrolled_signs_at_its_socket_until_it_is_stopped) {
  make();
  SoftwareKey key{PasskeyAlgorithm::kEs256, signer::example::filled(1)};
  const auto [code, said] = enrol("10", key);
  ASSERT_EQ(code, kExitOk) << said;
  const nlohmann::json before = shown();
  ASSERT_EQ(before["people"].size(), 1U);
  EXPECT_EQ(before["people"][0]["serial"], 10);

  Process serving{{"signer", "serve", own, "--socket", socket}};
  const std::string first = serving.line();
  ASSERT_TRUE(first.starts_with("Signs for clinic " + before["clinic_key"].get<std::string>())) << first;
  const auto second = ran({"serve", own, "--socket", socket + "2"});
  EXPECT_EQ(second.first, kExitUsage);
  EXPECT_NE(second.second.find("another process signs already"), std::string::npos) << second.second;

  signer::example::Desk desk;
  desk.now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  const link::Order order = desk.order(signer::example::Desk::therapy(1));
  SigningRequest request = signer::example::Desk::request(link::written(order), std::nullopt, {});
  request.assertions.push_back(key.assertion(site, link::digest_of<link::Sodium>(request.order)));
  const auto answer = ask_signer(socket, request, seconds(5));
  ASSERT_TRUE(answer) << answer.error().why;
  ASSERT_TRUE(*answer) << answer->error().message;
  EXPECT_EQ((*answer)->signatures.size(), 1U);

  serving.signal(SIGINT);
  const auto [ended, rest] = serving.end();
  EXPECT_EQ(ended, kExitOk) << rest;
  EXPECT_NE(rest.find("signed by 1"), std::string::npos) << rest;
  EXPECT_FALSE(std::filesystem::exists(socket));
}

TEST_F(SignerCommand, RT_30_nobody_is_enrolled_with_another_challenge_than_its_own) {
  make();
  SoftwareKey key{PasskeyAlgorithm::kEdDsa, signer::example::filled(2)};
  const auto [code, said] = enrol("10", key, "physician", ByteString(32, 7));
  EXPECT_EQ(code, kExitUsage);
  EXPECT_NE(said.find("challenge"), std::string::npos) << said;
  EXPECT_TRUE(shown()["people"].empty());
  EXPECT_EQ(enrol("10", key, "cardinal").first, kExitUsage);
  EXPECT_TRUE(shown()["people"].empty());
}

TEST_F(SignerCommand, says_that_it_signs_only_where_a_client_can_come) {
  make();
  const auto [code, said] = ran({"serve", own, "--socket", (folder / "nowhere" / "socket").string()});
  EXPECT_EQ(code, kExitUsage);
  EXPECT_EQ(said.find("Signs for"), std::string::npos) << said;
  EXPECT_NE(said.find("No such file or directory"), std::string::npos) << said;
}

TEST_F(SignerCommand, makes_nothing_where_nothing_was_asked_for) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"show", own}, {"serve", own, "--socket", socket}, {"epoch", own, "3"}}) {
    const auto [code, said] = ran(words);
    EXPECT_EQ(code, kExitUsage);
    EXPECT_NE(said.find("there is no such folder"), std::string::npos) << said;
  }
  EXPECT_EQ(ran({"make", own, "--site", "", "--origin", ""}).first, kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(own));
}

TEST_F(SignerCommand, is_made_once_and_its_epoch_only_grows) {
  make();
  const auto key = shown()["clinic_key"];
  EXPECT_EQ(ran({"make", own, "--site", site.id, "--origin", site.origin}).first, kExitUsage);
  EXPECT_EQ(shown()["clinic_key"], key);
  EXPECT_EQ(ran({"epoch", own, "3"}).first, kExitOk);
  EXPECT_EQ(ran({"epoch", own, "3"}).first, kExitUsage);
  EXPECT_EQ(ran({"epoch", own, "-1"}).first, kExitUsage);
  EXPECT_EQ(shown()["epoch"], 3);
}

}  // namespace
}  // namespace theca
