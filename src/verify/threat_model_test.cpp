// docs/threat-model.md names nothing that does not exist: tests, attacks, controls, models, promises, files;
// and every attack that waits stands there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "verify/red_team.hpp"

namespace theca::verify {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{THECA_SOURCE_DIR};
constexpr int kPromises = 16;

std::string read(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::set<std::string> all_of(const std::string& text, const std::string& pattern) {
  std::set<std::string> out;
  const std::regex regex{pattern};
  for (std::sregex_iterator match{text.begin(), text.end(), regex}, end; match != end; ++match)
    out.insert((*match)[1]);
  return out;
}

/// What there is to be named.
struct Known {
  std::set<std::string> tests, attacks, waiting, controls, models;
};
Known known() {
  Known out;
  std::string attacks_in_names;
  const std::regex test{
      R"(\b(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\s*\(\s*(\w+)\s*,\s*(\w+))"};
  for (const auto& entry : fs::recursive_directory_iterator{kRoot / "src"}) {
    if (!entry.path().filename().string().ends_with("_test.cpp")) continue;
    const std::string text = read(entry.path());
    for (std::sregex_iterator match{text.begin(), text.end(), test}, end; match != end; ++match) {
      out.tests.insert((*match)[1].str() + "." + (*match)[2].str());
      attacks_in_names += (*match)[2].str() + "\n";
    }
  }
  out.tests.merge(all_of(read(kRoot / "CMakeLists.txt"), R"(add_test\(NAME ([a-z_]+)[\s\n])"));
  for (const std::string& number : all_of(attacks_in_names, R"(RT_(\d\d))"))
    out.attacks.insert("RT-" + number);
  for (const Attack& attack : attacks()) {
    out.attacks.emplace(attack.id);
    if (attack.play == nullptr) out.waiting.emplace(attack.id);
  }
  const auto controls = nlohmann::json::parse(read(kRoot / "src/verify/weak/controls.json"));
  for (const auto& [name, what] : controls["defences"].items()) out.controls.insert(name);
  for (const auto& entry : fs::directory_iterator{kRoot / "src/verify/spin"}) {
    if (entry.path().extension() == ".pml")
      out.models.merge(all_of(read(entry.path()), R"(\b([A-Z][A-Z_]{4,})\b)"));
  }
  return out;
}

/// What the page names that is not there, and what waits and is not in it.
std::set<std::string> missing(const std::string& page, const Known& known) {
  std::set<std::string> out;
  const auto look = [&](const std::set<std::string>& named, const std::set<std::string>& there) {
    for (const std::string& name : named) {
      if (!there.contains(name)) out.insert(name);
    }
  };
  look(all_of(page, R"(`([A-Z]\w+\.\w+|[a-z]+_[a-z]+)`)"), [&] {
    auto there = known.tests;
    there.insert("largest_rise");  // a field
    return there;
  }());
  look(all_of(page, R"(\b(RT-\d+)\b)"), known.attacks);
  look(all_of(page, R"(\(control: ([^)]*)\))"), known.controls);
  look(all_of(page, R"(`([A-Z][A-Z_]{4,})`)"), known.models);
  std::set<std::string> promises;
  for (int id = 1; id <= kPromises; ++id) promises.insert("INV-" + std::to_string(id));
  look(all_of(page, R"(\b(INV-\d+)\b)"), promises);
  for (const std::string& link : all_of(page, R"(\]\(([^)#]+)\))")) {
    if (!fs::exists(kRoot / "docs" / link)) out.insert(link);
  }
  const std::size_t list = page.find("## Attacks that are not played yet");
  const auto told = all_of(list == std::string::npos ? "" : page.substr(list), R"(\n\| (RT-\d+) \|)");
  look(known.waiting, told);
  look(told, known.waiting);
  return out;
}

TEST(ThreatModel, names_nothing_that_does_not_exist_and_every_attack_that_waits) {
  const std::string page = read(kRoot / "docs/threat-model.md");
  EXPECT_EQ(missing(page, known()), std::set<std::string>{});
  EXPECT_GT(all_of(page, R"(`([A-Z]\w+\.\w+)`)").size(), 80U);
}

TEST(ThreatModel, every_threat_of_a_flow_has_a_letter_a_promise_and_something_that_shows_it) {
  const std::string page = read(kRoot / "docs/threat-model.md");
  const std::string flows =
      page.substr(page.find("### 1."), page.find("## What is not stopped") - page.find("### 1."));
  const std::regex row{R"(\n\| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|)"};
  const std::regex letter{"[STRIDE]"}, promise{R"(INV-\d+(, INV-\d+)*)"};
  const std::regex shown{R"(`\w+|RT-\d+|\]\()"};
  std::size_t rows = 0;
  for (std::sregex_iterator match{flows.begin(), flows.end(), row}, end; match != end; ++match) {
    const std::string first = (*match)[1];
    if (first.empty()) continue;  // the heading
    ++rows;
    SCOPED_TRACE((*match)[2].str());
    EXPECT_TRUE(std::regex_match(first, letter));
    EXPECT_FALSE((*match)[3].str().empty());
    EXPECT_TRUE(std::regex_match((*match)[4].str(), promise));
    EXPECT_TRUE(std::regex_search((*match)[5].str(), shown));
  }
  EXPECT_GT(rows, 50U);
}

TEST(ThreatModelBrokenTwin, whatever_is_named_wrongly_is_seen) {
  const std::string page = read(kRoot / "docs/threat-model.md");
  const Known there = known();
  const struct {
    const char *text, *instead, *seen;
  } twins[] = {
      {"`WakeGate.opens_once_for_one_number`", "`WakeGate.opens_twice`", "WakeGate.opens_twice"},
      {"`constant_time`", "`constant_space`", "constant_space"},
      {"RT-36 (", "RT-99 (", "RT-99"},
      {"(control: floor)", "(control: ceiling)", "ceiling"},
      {"`NO_PARENT_RULE`", "`NO_PARENT_RULES`", "NO_PARENT_RULES"},
      {"INV-14", "INV-17", "INV-17"},
      {"(journal.md)", "(journals.md)", "journals.md"},
      {"\n| RT-21 |", "\n| RT-01 |", "RT-21"},
  };
  for (const auto& twin : twins) {
    std::string wrong = page;
    const std::size_t at = wrong.find(twin.text);
    ASSERT_NE(at, std::string::npos) << twin.text;
    wrong.replace(at, std::string{twin.text}.size(), twin.instead);
    EXPECT_TRUE(missing(wrong, there).contains(twin.seen)) << twin.seen;
  }
}

}  // namespace
}  // namespace theca::verify
