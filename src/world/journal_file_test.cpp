// The journal as a file: whole when nobody touched it, and not otherwise (INV-9).
#include "world/journal_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "pump/flash_model.hpp"

namespace theca {
namespace {

/// A journal of three pages and a bit, with a place that a power cut spoilt.
std::string journal_of(std::uint32_t entries) {
  FlashModel memory;
  Journal journal{memory};
  for (std::uint32_t i = 0; i < entries; ++i) {
    Event event;
    event.at = Instant{std::int64_t{i} * 1'000};
    event.code = static_cast<EventCode>(i % kEventCodeCount);
    event.detail = static_cast<std::uint8_t>(i);
    event.value = std::int64_t{i} * 7;
    event.value2 = -std::int64_t{i};
    if (i == 200) {
      memory.cut_after(3, FlashModel::Torn::kHalf);
      journal.append({i, event}, 0);
      memory.power_on();
      journal.open();
    }
    EXPECT_TRUE(journal.append({i, event}, 0));
  }
  return journal_jsonl(journal);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  lines.pop_back();
  return lines;
}
std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}
bool found_wrong(const std::vector<std::string>& lines) {
  const auto check = check_journal(text_of(lines));
  return !check || !check->wrong.empty();
}

TEST(JournalFile, INV_9_what_the_pump_wrote_is_whole) {
  const auto check = check_journal(journal_of(400));
  ASSERT_TRUE(check) << check.error();
  EXPECT_TRUE(check->wrong.empty()) << check->wrong.front();
  EXPECT_EQ(check->entries, 400U);
  EXPECT_EQ(check->pages, 4U);
  EXPECT_EQ(check->spoilt, 1U);
  EXPECT_EQ(check->digest.size(), 64U);
}

TEST(JournalFile, INV_9_an_entry_changed_left_out_doubled_or_moved_is_found_with_its_line) {
  const auto lines = lines_of(journal_of(400));
  const auto vouched = static_cast<std::size_t>(
      std::ranges::find_if(lines, [](const std::string& line) { return line.starts_with("{\"page\":3"); }) -
      lines.begin());
  ASSERT_LT(vouched, lines.size());
  std::mt19937_64 random{7};
  for (std::size_t i = 1; i < vouched; ++i) {
    if (lines[i].find("sequence\":") == std::string::npos || lines[i].starts_with("{\"page")) continue;
    auto changed = lines;  // one digit of it
    std::size_t at = changed[i].find("detail\":") + 8;
    changed[i][at] = changed[i][at] == '1' ? '2' : '1';
    EXPECT_TRUE(found_wrong(changed)) << "changed, line " << i + 1;
    auto left_out = lines;
    left_out.erase(left_out.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(found_wrong(left_out)) << "left out, line " << i + 1;
    auto doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_TRUE(found_wrong(doubled)) << "doubled, line " << i + 1;
    const std::size_t other = 1 + random() % (vouched - 1);
    if (other == i) continue;
    auto moved = lines;
    std::swap(moved[i], moved[other]);
    EXPECT_TRUE(found_wrong(moved)) << "swapped, lines " << i + 1 << " and " << other + 1;
  }
}

TEST(JournalFile, INV_9_a_page_left_out_is_found) {
  const auto lines = lines_of(journal_of(400));
  std::vector<std::string> without;
  bool on_second = false;
  for (const std::string& line : lines) {
    if (line.starts_with("{\"page\":")) on_second = line.starts_with("{\"page\":1");
    if (!on_second) without.push_back(line);
  }
  const auto check = check_journal(text_of(without));
  ASSERT_TRUE(check);
  ASSERT_FALSE(check->wrong.empty());
  EXPECT_NE(check->wrong.front().find("page 2 does not follow the page 0"), std::string::npos)
      << check->wrong.front();
}

TEST(JournalFile, what_is_no_journal_is_told_with_its_line) {
  for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
           {"", "no page"},
           {"hello\n", "line 1: no JSON object"},
           {"{\"place\":0}\n", "before the first page"},
           {"{\"page\":0,\"first_sequence\":0,\"page_before_sha256\":\"xyz\"}\n", "64 hex digits"},
           {"{\"page\":0}\n", "line 1"}}) {
    const auto check = check_journal(text);
    ASSERT_FALSE(check) << text;
    EXPECT_NE(check.error().find(says), std::string::npos) << check.error();
  }
}

TEST(JournalFile, INV_9_a_number_beyond_its_range_is_no_entry) {
  const std::string text = journal_of(3);
  for (const char* by : {"4294967297", "1e300", "1.0", "-4294967295", "true", "\"1\""}) {
    std::string changed = text;
    const std::string number = "\"sequence\":1,";
    changed.replace(changed.find(number), number.size(), "\"sequence\":" + std::string{by} + ",");
    EXPECT_FALSE(check_journal(changed)) << by;
  }
  const std::string head = text.substr(0, text.find('\n') + 1);
  EXPECT_TRUE(check_journal(head + R"({"place":0,"spoilt":[1,2,3,18446744073709551615]})" + "\n"));
  for (const char* words : {"[1,2,3,1e30]", "[1,2,3,-1]", "{}", "[1,2,3]"})
    EXPECT_FALSE(check_journal(head + R"({"place":0,"spoilt":)" + words + "}\n")) << words;
}

}  // namespace
}  // namespace theca
