// The files of a run with a pump that counts and tells nothing: what stands in them, and what must not.
#include "cli/run_files_constant_flow.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/report_html.hpp"
#include "cli/run_files.hpp"
#include "cli/run_text.hpp"
#include "world/constant_flow_testing.hpp"
#include "world/play.hpp"

namespace theca {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

RunResult played() {
  const auto scenario = example::load_text(example::kConstantFlowExample + R"(
[intended]
dose = "2.1 mg/day"
[[influence]]
at = "day 3 08:00"
lasts = "2 days"
temperature = "+2 °C"
[[visit]]
at = "day 5 08:00"
do = "refill"
fluid = "strong"
volume = "20 mL"
)");
  if (!scenario) throw std::runtime_error(to_string(scenario.error().front()));
  auto run = play(*scenario, example::library());
  if (!run) throw std::runtime_error(to_string(run.error().errors.front()));
  return std::move(*run);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(RunFilesConstantFlow, the_summary_tells_intended_expected_and_true_with_both_ends_of_every_band) {
  const RunResult run = played();
  const json s = json::parse(summary_json(run).dump());
  EXPECT_EQ(s["pump"]["labelled_flow_ml_per_day"], 0.5);
  ASSERT_EQ(s["influences"].size(), 1U);
  EXPECT_EQ(s["influences"][0]["what"], "temperature +2 °C");
  EXPECT_EQ(s["influences"][0]["flow_change_percent"], 21);
  EXPECT_EQ(s["influences"][0]["low_percent"], 16);
  EXPECT_EQ(s["influences"][0]["high_percent"], 26);
  EXPECT_EQ(s["influences"][0]["verified"], false);
  EXPECT_EQ(s["nearly_empty"]["below_ml"], 2);
  EXPECT_EQ(s["nearly_empty"]["verified"], false);
  ASSERT_EQ(s["fills"].size(), 2U);
  EXPECT_TRUE(s["fills"][0]["found_ml"].is_null());
  EXPECT_EQ(s["fills"][0]["intended_mg_per_day"]["morphine"], 2.1);
  EXPECT_EQ(s["fills"][0]["at_labelled_flow_mg_per_day"]["morphine"], 2);
  EXPECT_EQ(s["fills"][1]["found_ml"], 17.79);  // 20 less 2 d of 0.5 and 2 d of 0.605 mL/day
  EXPECT_EQ(s["fills"][1]["expected_ml"], 18);
  const json& drug = s["delivery"]["drugs"][0];
  EXPECT_LT(drug["at_tip_low_mg"], drug["at_tip_mg"]);
  EXPECT_GT(drug["at_tip_high_mg"], drug["at_tip_mg"]);
  ASSERT_EQ(s["ran_dry"]["played"].size(), 1U);
}

TEST(RunFilesConstantFlow, nothing_is_told_that_such_a_pump_cannot_know) {
  const RunResult run = played();
  const json s = json::parse(summary_json(run).dump());
  for (const char* key : {"alarms", "boluses", "ceilings", "prescriptions"})
    EXPECT_FALSE(s.contains(key)) << key;
  for (const char* key : {"steps_commanded", "delivered_ml", "prescribed_ml"})
    EXPECT_FALSE(s["delivery"].contains(key)) << key;
  const std::string header = lines_of(delivery_csv(run)).front();
  for (const char* word : {"reckoned", "nominal", ",delivered", "prescribed", "fluid_at_tip"})
    EXPECT_EQ(header.find(word), std::string::npos) << word;
  const std::string html = report_html(run);
  for (const char* chart :
       {"data-chart=\"difference\"", "data-chart=\"boluses\"", "journal.jsonl", "Ceilings"})
    EXPECT_EQ(html.find(chart), std::string::npos) << chart;
  EXPECT_NE(html.find("no electronics"), std::string::npos);
}

TEST(RunFilesConstantFlow, every_row_has_a_cell_for_every_column_and_every_event_is_told_in_words) {
  const RunResult run = played();
  const auto rows = lines_of(delivery_csv(run));
  ASSERT_EQ(rows.size(), run.samples.size() + 1);
  for (const std::string& row : rows) EXPECT_EQ(std::ranges::count(row, ','), 13) << row;
  const auto events = lines_of(constant_flow_events(run));
  ASSERT_EQ(events.size(), run.constant_flow->events.size());
  std::vector<std::string> names;
  for (const std::string& line : events) {
    const json event = json::parse(line);
    EXPECT_FALSE(event["text"].get<std::string>().empty());
    names.push_back(event["name"]);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"filled", "fluid at tip", "influence begins", "influence ends",
                                             "refilled", "fluid at tip", "nearly empty", "ran dry"}));
}

TEST(RunFilesConstantFlow, the_report_says_when_it_ran_dry_and_that_nobody_was_told) {
  const std::string html = report_html(played());
  for (const char* words : {"ran dry on", "nobody was told", "between the ends of the bands", "was intended",
                            "not verified", "CONSTANT-FLOW-SPEC"})
    EXPECT_NE(html.find(words), std::string::npos) << words;
  const std::string open = R"(<script type="application/json" id="run-data">)";
  const std::size_t from = html.find(open) + open.size();
  const json data = json::parse(html.substr(from, html.find("</script>", from) - from));
  EXPECT_EQ(data["constantFlow"]["influences"].size(), 1U);
  EXPECT_EQ(data["constantFlow"]["intended"].size(), 2U);
  EXPECT_EQ(data["marks"].size(), 8U);
  EXPECT_NE(run_text(played(), "out/x").find("No alarm: the pump has none."), std::string::npos);
}

TEST(RunFilesConstantFlow, a_journal_of_an_older_run_does_not_stay_beside_a_pump_that_keeps_none) {
  const fs::path dir = fs::temp_directory_path() / ("theca-constant-flow-" + std::to_string(::getpid()));
  fs::remove_all(dir);
  fs::create_directories(dir);
  std::ofstream{dir / "journal.jsonl"} << "old\n";
  std::ofstream{dir / "notes.txt"} << "mine\n";
  ASSERT_TRUE(write_run_files(played(), dir));
  EXPECT_FALSE(fs::exists(dir / "journal.jsonl"));
  EXPECT_TRUE(fs::exists(dir / "notes.txt"));
  for (const char* file : {"report.html", "summary.json", "delivery.csv", "events.jsonl"})
    EXPECT_TRUE(fs::exists(dir / file)) << file;
  fs::remove_all(dir);
}

}  // namespace
}  // namespace theca
