// The signer as a process: made, with people enrolled, answering at its socket until it is told to stop.
#include "cli/signer_command.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "clinic/folder_testing.hpp"
#include "clinic/passkey_json.hpp"
#include "clinic/signer_client.hpp"
#include "signer/signer_testing.hpp"

namespace theca {
namespace {

/// `theca signer ...` in a process of its own.
class Running {
 public:
  explicit Running(const std::vector<std::string>& words) {
    std::array<int, 2> in{}, out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(out[1], STDERR_FILENO);
      for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      std::_Exit(command(words));
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = ::fdopen(out[0], "r");
  }
  Running(const Running&) = delete;
  ~Running() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::fclose(from_);
    ::close(to_);
  }
  std::string line() {
    std::string text;
    for (int c = std::fgetc(from_); c != EOF && c != '\n'; c = std::fgetc(from_))
      text += static_cast<char>(c);
    return text;
  }
  void say(const std::string& text) {
    const std::string all = text + "\n";
    ASSERT_EQ(::write(to_, all.data(), all.size()), static_cast<ssize_t>(all.size()));
  }
  void signal(int number) const { ::kill(pid_, number); }
  /// Its exit code, and what it still said.
  std::pair<int, std::string> end() {
    std::string rest;
    for (int c = std::fgetc(from_); c != EOF; c = std::fgetc(from_)) rest += static_cast<char>(c);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), rest};
  }

 private:
  static int command(const std::vector<std::string>& words) {
    CLI::App app;
    int exit_code = -1;
    add_signer_command(app, exit_code);
    std::vector<std::string> reversed{words.rbegin(), words.rend()};
    reversed.emplace_back("signer");
    try {
      app.parse(std::move(reversed));
    } catch (const CLI::ParseError&) {
      exit_code = kExitUsage;
    }
    std::fflush(nullptr);
    return exit_code;
  }

  pid_t pid_ = -1;
  int to_ = -1;
  std::FILE* from_ = nullptr;
};

std::pair<int, std::string> ran(const std::vector<std::string>& words) { return Running{words}.end(); }

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
    Running running{{"enrol", own, "--serial", serial, "--name", "Ada Okafor", "--role", role}};
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

  Running serving{{"serve", own, "--socket", socket}};
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
  ASSERT_TRUE(answer) << answer.error();
  ASSERT_TRUE(*answer) << answer->error().message;
  EXPECT_EQ((*answer)->size(), 1U);

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
