// The list of attacks itself: every one that is played has a control that exists, and is a test of its own.
#include "verify/red_team.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

namespace theca::verify {
namespace {

std::string text_of(const std::string& file) {
  std::ifstream in{std::string{THECA_SOURCE_DIR "/"} + file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(RedTeam, every_attack_that_is_played_has_a_control_and_every_other_says_what_it_waits_for) {
  const auto controls = nlohmann::json::parse(text_of("src/verify/weak/controls.json"))["defences"];
  std::set<std::string> used;
  for (const Attack& attack : attacks()) {
    SCOPED_TRACE(attack.id);
    EXPECT_EQ(attack.play == nullptr, !attack.pending.empty());
    EXPECT_FALSE(attack.title.empty());
    EXPECT_FALSE(attack.source.empty());
    if (attack.play == nullptr) continue;
    EXPECT_FALSE(attack.tried.empty());
    std::istringstream names{std::string{attack.without}};
    for (std::string one; std::getline(names, one, ',');) {
      EXPECT_TRUE(controls.contains(one)) << one;
      used.insert(one);
    }
  }
  EXPECT_EQ(used.size(), controls.size()) << "a defence that no attack asks for";
}

TEST(RedTeam, every_attack_that_is_played_is_a_test_of_its_own) {
  const std::string cmake = text_of("CMakeLists.txt");
  const std::size_t list = cmake.find("foreach(id IN ITEMS RT-");
  ASSERT_NE(list, std::string::npos);
  const std::string ids = cmake.substr(list, cmake.find(')', list) - list) + " ";
  for (const Attack& attack : attacks()) {
    EXPECT_EQ(ids.find(" " + std::string{attack.id} + " ") != std::string::npos, attack.play != nullptr)
        << attack.id;
  }
}

TEST(RedTeam, one_that_cannot_be_played_is_pending_and_says_why) {
  const Attack& attack = attacks()[0];
  const RedTeam team{.program = "/no/such/program",
                     .weak = {},
                     .scenarios = THECA_SOURCE_DIR "/scenarios",
                     .data = THECA_SOURCE_DIR "/data"};
  const AttackResult result = play(attack, team);
  EXPECT_EQ(result.outcome, AttackOutcome::kPending);
  EXPECT_NE(result.trouble.find("/no/such/program"), std::string::npos) << result.trouble;
}

}  // namespace
}  // namespace theca::verify
