// History: each error that is on record is played as it was meant, as it happened, and as it would be without
// the guard that meets it; then the harm must show. docs/incidents.md has the figures of these runs.
//
// THECA_REWRITE_INCIDENTS=1 writes the page's table anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "quantity/text.hpp"
#include "verify/incidents.hpp"
#include "world/scenario_testing.hpp"

namespace theca::verify {
namespace {

namespace fs = std::filesystem;

const fs::path kScenarios = fs::path{THECA_SOURCE_DIR} / "scenarios" / "incidents";
const fs::path kPage = fs::path{THECA_SOURCE_DIR} / "docs" / "incidents.md";
constexpr std::string_view kHead =
    "| year | what happened | scenario | what stops or tells it first | minutes after the error | worst 24 h "
    "| worst 24 h without the guard |\n|---|---|---|---|---|---|---|\n";

const std::vector<Outcome>& outcomes() {
  static const std::vector<Outcome> kPlayed = [] {
    std::vector<Outcome> all;
    for (const Incident& incident : incidents())
      all.push_back(played(incident, example::library(), kScenarios));
    return all;
  }();
  return kPlayed;
}

std::int64_t harm_percent(const Incident& incident, const Worst& worst, const Outcome& outcome) {
  return percent_of_day(incident.harm == Harm::kExcess ? worst.excess : worst.shortfall, outcome);
}

/// "+4.02 mg (+134 %), -0.3 mg (-10 %)". Up to 2 % of a day is noise of the samples and of a front's moment.
std::string figures(const Worst& worst, const Outcome& outcome) {
  constexpr std::int64_t kNoisePercent = 2;
  std::string text;
  const auto add = [&](const char* sign, Mass mass) {
    const std::int64_t percent = percent_of_day(mass, outcome);
    if (percent <= kNoisePercent) return;
    text += fmt::format("{}{}{} ({}{} %)", text.empty() ? "" : ", ", sign,
                        to_text(mass, Rounding::significant(3)), sign, percent);
  };
  add("+", worst.excess);
  add("-", worst.shortfall);
  return text.empty() ? "none" : text;
}

std::string minutes_of(Duration after) {
  constexpr std::int64_t kMsPerMinute = 60'000;
  return std::to_string((after.raw() + kMsPerMinute - 1) / kMsPerMinute);
}

/// The last two columns.
std::string worst_cells(const Incident& incident, const Outcome& outcome) {
  const std::string with = figures(outcome.with, outcome), without = figures(outcome.without, outcome);
  const std::string later =
      outcome.first_without ? minutes_of(outcome.first_without->after) + " min later" : "by nothing";
  switch (incident.worth) {
    case Worth::kPrevents:
      return fmt::format("{} | {}. {}", with, without, incident.guard);
    case Worth::kTells:
      return fmt::format("{}: told, not prevented | {}, told {}. {}", with, without, later, incident.guard);
  }
  return {};
}

std::string line_of(const Incident& incident, const Outcome& outcome) {
  const std::string what = outcome.first ? outcome.first->what : "nothing";
  const std::string limit = outcome.limit_told ? "; a soft limit of the library told it before" : "";
  return fmt::format("| {} | {} | [{}](../scenarios/incidents/{}.toml) | {}{} | {} | {} |\n", incident.row,
                     incident.what, incident.file, incident.file, what, limit,
                     outcome.first ? minutes_of(outcome.first->after) : "", worst_cells(incident, outcome));
}

std::string table() {
  std::string text{kHead};
  const auto not_played_before = [&](std::string_view file) {
    for (const NotPlayed& row : not_played()) {
      if (row.before == file)
        text += fmt::format("| {} | {} | none | {} | | | |\n", row.row, row.what, row.why);
    }
  };
  for (std::size_t i = 0; i < incidents().size(); ++i) {
    not_played_before(incidents()[i].file);
    text += line_of(incidents()[i], outcomes()[i]);
  }
  not_played_before("");
  return text;
}

std::string read(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The page with this table in place of its own.
std::string with_table(const std::string& page, const std::string& table) {
  const std::size_t begin = page.find("| year |");
  if (begin == std::string::npos) return page + "\n" + table;
  std::size_t end = begin;
  while (end < page.size() && page[end] == '|') end = page.find('\n', end) + 1;
  return page.substr(0, begin) + table + page.substr(end);
}

TEST(Incidents, each_is_stopped_or_told_and_does_harm_without_its_guard) {
  for (std::size_t i = 0; i < incidents().size(); ++i) {
    const Incident& incident = incidents()[i];
    const Outcome& outcome = outcomes()[i];
    SCOPED_TRACE(line_of(incident, outcome));
    EXPECT_EQ(outcome.first ? outcome.first->what : "nothing", incident.first);
    const auto after = [](const std::optional<First>& first) { return first ? first->after.raw() : -1; };
    EXPECT_EQ(after(outcome.first), after(outcome.first_alone)) << "somebody comes before anything is told";
    EXPECT_GE(harm_percent(incident, outcome.without, outcome), incident.percent)
        << "no harm without the guard";
    const std::int64_t harm = harm_percent(incident, outcome.with, outcome);
    switch (incident.worth) {
      case Worth::kPrevents:
        EXPECT_LT(harm, incident.percent) << "harm with the guard";
        break;
      case Worth::kTells:
        EXPECT_TRUE(!outcome.first_without || outcome.first->after < outcome.first_without->after)
            << "told no sooner than without the guard";
        break;
    }
  }
}

TEST(Incidents, the_page_tells_what_the_runs_told) {
  const std::string right = with_table(read(kPage), table());
  if (std::getenv("THECA_REWRITE_INCIDENTS") != nullptr) std::ofstream{kPage} << right;
  EXPECT_TRUE(read(kPage) == right)
      << "run verify_test with THECA_REWRITE_INCIDENTS=1 and read what it changed";
}

TEST(Incidents, every_scenario_of_an_incident_is_played) {
  std::set<std::string> files, in_table;
  for (const auto& entry : fs::directory_iterator(kScenarios)) files.insert(entry.path().stem().string());
  for (const Incident& incident : incidents()) in_table.insert(std::string(incident.file));
  EXPECT_EQ(files, in_table);
}

}  // namespace
}  // namespace theca::verify
