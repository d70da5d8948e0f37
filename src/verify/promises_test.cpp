/// docs/promises.md against the code: every test that carries a promise's id stands there, nothing else does,
/// and a promise without a test may wait only for what does not exist yet.
///
/// THECA_REWRITE_PROMISES=1 writes the counts and the list of tests anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace theca::verify {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{THECA_SOURCE_DIR};
constexpr int kPromises = 16;
/// Promises that are held by tests. An id is added here and never taken away.
const std::set<int> kHeld{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
/// What a row may wait for, and the path that ends the waiting.
const std::map<std::string, std::string> kWaitsFor{{"the pump's store", "src/pump/store.hpp"},
                                                   {"the pump's journal", "src/pump/journal.hpp"},
                                                   {"the pump's power supply", "src/pump/power.hpp"},
                                                   {"link", "src/link"},
                                                   {"implant", "src/implant"},
                                                   {"clinic", "src/clinic"},
                                                   {"server", "src/server"}};
constexpr const char* kListHeading = "## The tests\n";

using Tests = std::map<int, std::map<std::string, std::vector<std::string>>>;  // id -> file -> names

std::string read(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void find_tests(const std::string& file, const std::string& text, Tests& tests) {
  static const std::regex kTest{
      R"(\b(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\s*\(\s*(\w+)\s*,\s*(\w*INV_\d\w*))"};
  static const std::regex kId{R"(INV_(\d+)(?=_|$))"};
  for (std::sregex_iterator match{text.begin(), text.end(), kTest}, end; match != end; ++match) {
    const std::string name = (*match)[2];
    std::set<int> ids;
    for (std::sregex_iterator id{name.begin(), name.end(), kId}; id != end; ++id)
      ids.insert(std::stoi((*id)[1]));
    for (const int id : ids) tests[id][file].push_back((*match)[1].str() + "." + name);
  }
}

Tests tests_in_code() {
  Tests tests;
  for (const auto& entry : fs::recursive_directory_iterator{kRoot / "src"}) {
    if (!entry.path().filename().string().ends_with("_test.cpp")) continue;
    find_tests(fs::relative(entry.path(), kRoot / "src").string(), read(entry.path()), tests);
  }
  return tests;
}

std::string list_of(const Tests& tests) {
  std::ostringstream out;
  out << kListHeading << "\nThe names as they stand in the code. A name with two ids stands under both.\n";
  for (const auto& [id, files] : tests) {
    out << "\n### INV-" << id << "\n";
    for (const auto& [file, names] : files) {
      out << "\n[`" << file << "`](../src/" << file << ")\n\n";
      for (const std::string& name : names) out << "- `" << name << "`\n";
    }
  }
  return out.str();
}

std::size_t count_of(const Tests& tests, int id) {
  const auto found = tests.find(id);
  if (found == tests.end()) return 0;
  std::size_t count = 0;
  for (const auto& [file, names] : found->second) count += names.size();
  return count;
}

/// The cells of the row of a promise; empty when there is none.
std::vector<std::string> row_of_promise(const std::string& page, int id) {
  const std::regex line{R"(\n\| \[?INV-)" + std::to_string(id) +
                        R"(\]?[^|]*\|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|)"};
  std::smatch match;
  if (!std::regex_search(page, match, line)) return {};
  return {match[1], match[2], match[3]};
}

std::string with_counts(std::string page, const Tests& tests) {
  for (int id = 1; id <= kPromises; ++id) {
    const std::size_t count = count_of(tests, id);
    const std::regex line{R"(\n\| \[?INV-)" + std::to_string(id) +
                          R"(\]?(?:\(#inv-\d+\))? \|([^|\n]*)\|[^|\n]*\|)"};
    const std::string name = "INV-" + std::to_string(id);
    const std::string link = count == 0 ? name : "[" + name + "](#inv-" + std::to_string(id) + ")";
    page = std::regex_replace(
        page, line, "\n| " + link + " |$1| " + (count == 0 ? "" : std::to_string(count) + " ") + "|");
  }
  return page.substr(0, page.find(kListHeading)) + list_of(tests);
}

TEST(Promises, the_page_and_the_code_name_the_same_tests) {
  const fs::path file = kRoot / "docs" / "promises.md";
  const Tests tests = tests_in_code();
  const std::string page = read(file);
  const std::string right = with_counts(page, tests);
  if (std::getenv("THECA_REWRITE_PROMISES") != nullptr) std::ofstream{file} << right;
  EXPECT_EQ(read(file), right) << "run verify_test with THECA_REWRITE_PROMISES=1 and read what it changed";
}

TEST(Promises, every_id_is_held_by_a_test_or_waits_for_what_does_not_exist) {
  const Tests tests = tests_in_code();
  const std::string page = read(kRoot / "docs" / "promises.md");
  for (int id = 1; id <= kPromises; ++id) {
    SCOPED_TRACE("INV-" + std::to_string(id));
    const auto row = row_of_promise(page, id);
    ASSERT_EQ(row.size(), 3U) << "has no row";
    if (kHeld.contains(id)) {
      EXPECT_GT(count_of(tests, id), 0U) << "may not go back to waiting";
      continue;
    }
    EXPECT_EQ(count_of(tests, id), 0U) << "has a test now: add it to the ids that are held";
    std::size_t reasons = 0;
    for (const auto& [what, path] : kWaitsFor) {
      if (row[2].find(what) == std::string::npos) continue;
      ++reasons;
      EXPECT_FALSE(fs::exists(kRoot / path)) << "waits for " << what << ", which exists";
    }
    EXPECT_GT(reasons, 0U) << "waits for nothing that is known: " << row[2];
  }
}

TEST(Promises, the_search_sees_every_kind_of_test_and_both_ids_of_a_name) {
  Tests tests;
  find_tests("x_test.cpp",
             "TEST(A, INV_1_INV_3_b) {}\nRC_GTEST_PROP(C,\n  d_INV_12, (int x)) {}\nTEST(E, f) {}", tests);
  EXPECT_EQ(count_of(tests, 1), 1U);
  EXPECT_EQ(count_of(tests, 3), 1U);
  EXPECT_EQ(count_of(tests, 12), 1U);
  EXPECT_EQ(tests.size(), 3U);
}

}  // namespace
}  // namespace theca::verify
