// docs/slips.md says what data/slips.toml says; no slip is called caught by a test that does not exist.
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "source/source.hpp"

namespace theca {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{THECA_SOURCE_DIR};
constexpr std::size_t kLeastSlips = 40;
constexpr std::array<std::pair<const char*, const char*>, 6> kGroups{{
    {"number", "Numbers"},
    {"unit", "Units, rates and times"},
    {"patient", "Patient and pump"},
    {"refill", "Refill"},
    {"send", "Sign and send"},
    {"handheld", "In the patient's hand"},
}};

struct Slip {
  std::string id, group, slip, example, harm;
  std::vector<std::string> sources, caught_by;
};

std::string read(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> strings(const toml::node_view<toml::node>& list) {
  std::vector<std::string> out;
  if (const auto* array = list.as_array())
    for (const auto& one : *array) out.push_back(one.value_or(std::string{}));
  return out;
}
std::vector<Slip> slips() {
  std::vector<Slip> out;
  auto table = toml::parse_file((kRoot / "data/slips.toml").string());
  for (auto& node : *table["slip"].as_array()) {
    auto& one = *node.as_table();
    const auto text = [&](const char* key) { return one[key].value_or(std::string{}); };
    out.push_back({text("id"), text("group"), text("slip"), text("example"), text("harm"),
                   strings(one["sources"]), strings(one["caught_by"])});
  }
  return out;
}

/// Tests by "Suite.name", and those of web/ by "file: title".
std::set<std::string> known_tests() {
  std::set<std::string> out;
  const std::regex test{R"(\b(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\s*\(\s*(\w+)\s*,\s*(\w+))"};
  for (const auto& entry : fs::recursive_directory_iterator{kRoot / "src"}) {
    if (!entry.path().filename().string().ends_with("_test.cpp")) continue;
    const std::string text = read(entry.path());
    for (std::sregex_iterator match{text.begin(), text.end(), test}, end; match != end; ++match)
      out.insert((*match)[1].str() + "." + (*match)[2].str());
  }
  if (!fs::exists(kRoot / "web")) return out;
  const std::regex titled{R"re(\btest\(\s*"([^"]+)")re"};
  for (const auto& entry : fs::recursive_directory_iterator{kRoot / "web"}) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("_test.ts") && !name.ends_with("_test.tsx")) continue;
    const std::string text = read(entry.path());
    for (std::sregex_iterator match{text.begin(), text.end(), titled}, end; match != end; ++match)
      out.insert(name + ": " + (*match)[1].str());
  }
  return out;
}

std::string listed(const std::vector<std::string>& words, const char* mark) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + (mark + word + mark);
  return out;
}

std::string page(const std::vector<Slip>& all) {
  const auto caught = std::ranges::count_if(all, [](const Slip& slip) { return !slip.caught_by.empty(); });
  std::string out =
      "# Slips\n\nWhat people slip on at the clinic and with the patient's programmer, and what it would do: "
      "of " +
      std::to_string(all.size()) + " slips " + std::to_string(caught) +
      " are caught by a test that plays them, the others are not caught yet. The list was written before the "
      "guards; "
      "it is made of [data/slips.toml](../data/slips.toml), and its sources stand in "
      "[data/sources.toml](../data/sources.toml).\n";
  for (const auto& [group, heading] : kGroups) {
    out += std::string{"\n## "} + heading +
           "\n\n| id | slip | for example | harm | sources | caught by |\n|---|---|---|---|---|---|\n";
    for (const Slip& slip : all) {
      if (slip.group != group) continue;
      out += "| " + slip.id + " | " + slip.slip + " | " + slip.example + " | " + slip.harm + " | " +
             listed(slip.sources, "") + " | " + listed(slip.caught_by, "`") + " |\n";
    }
  }
  return out;
}

TEST(Slips, each_has_a_harm_a_group_and_sources_that_exist) {
  std::vector<DataError> errors;
  const Sources sources = load_sources(THECA_DATA_DIR, errors);
  const auto all = slips();
  EXPECT_GE(all.size(), kLeastSlips);
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i].id);
    const std::string number = std::to_string(i + 1);
    EXPECT_EQ(all[i].id, "SLIP-" + std::string(number.size() < 2 ? "0" : "") + number)
        << "ids run on, none is left out";
    EXPECT_TRUE(std::ranges::any_of(kGroups, [&](const auto& group) { return all[i].group == group.first; }));
    for (const std::string* text : {&all[i].slip, &all[i].example, &all[i].harm}) {
      EXPECT_FALSE(text->empty());
      EXPECT_EQ(text->find_first_of("|\n"), std::string::npos);
    }
    for (const std::string& source : all[i].sources) EXPECT_TRUE(sources.contains(source)) << source;
  }
}

TEST(Slips, what_is_called_caught_has_a_test_that_plays_it) {
  const auto tests = known_tests();
  for (const Slip& slip : slips()) {
    for (const std::string& test : slip.caught_by) {
      EXPECT_TRUE(tests.contains(test)) << slip.id << ": " << test;
    }
  }
  // The other way round: a test that says which slip it plays stands in the list.
  const std::regex said{R"(SLIP[_-](\d\d))"};
  for (const std::string& test : tests) {
    for (std::sregex_iterator match{test.begin(), test.end(), said}, end; match != end; ++match) {
      const std::string id = "SLIP-" + (*match)[1].str();
      const auto all = slips();
      const auto slip = std::ranges::find(all, id, &Slip::id);
      ASSERT_NE(slip, all.end()) << test << " plays " << id << ", which is not in data/slips.toml";
      EXPECT_TRUE(std::ranges::find(slip->caught_by, test) != slip->caught_by.end())
          << id << " does not know that it is caught by " << test;
    }
  }
}

TEST(SlipsPage, says_what_the_data_says) {
  const fs::path file = kRoot / "docs/slips.md";
  const std::string wanted = page(slips());
  if (std::getenv("THECA_REWRITE_SLIPS") != nullptr) std::ofstream{file} << wanted;
  EXPECT_TRUE(read(file) == wanted) << "docs/slips.md is old: THECA_REWRITE_SLIPS=1 verify_test "
                                       "--gtest_filter='SlipsPage*' writes it anew";
}

}  // namespace
}  // namespace theca
