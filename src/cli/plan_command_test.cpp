// `theca plan` as it is called: keys and figures of the JSON, the page, the exit codes.
#include "cli/plan_command.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"

namespace theca {
namespace {

struct Said {
  int exit_code = 0;
  std::string out;
  std::string err;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

Said plan(std::vector<std::string> words) {
  CLI::App app{"", "theca"};
  Said said;
  add_plan_command(app, said.exit_code);
  std::vector<std::string> reversed{words.rbegin(), words.rend()};
  reversed.emplace_back("plan");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    said.exit_code = app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

std::vector<std::string> bridge(const std::string& from, const std::string& to, const std::string& dose,
                                std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"bridge", "--from", from,         "--to", to,
                                    "--dose", dose,     "--catheter", "80 cm"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const std::vector<std::string> kRefill = {"refill",   "--volume", "40 mL",     "--concentration",
                                          "20 mg/mL", "--dose",   "6 mg/day",  "--bolus",
                                          "0.5 mg",   "--max",    "4 per 24 h"};

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// No line over 80 columns, no number that a missed point would make tenfold.
void expect_readable(const std::string& page) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_FALSE(std::regex_search(line, std::regex(R"((^|[^0-9])\.[0-9])"))) << line;
    EXPECT_FALSE(std::regex_search(line, std::regex(R"(\.[0-9]*0([^0-9]|$))"))) << line;
  }
}

TEST(PlanBridge, json_has_the_worked_figures_in_milligrams_whatever_was_typed) {
  struct Row {
    const char *from, *to, *dose, *figures;
  };
  const Row rows[] = {
      {"10 mg/mL", "20 mg/mL", "3 mg/day", "[0.375,0.3,30,3.75,0.15,50,60]"},
      {"20 mg/mL", "10 mg/mL", "3 mg/day", "[0.375,0.15,60,7.5,0.3,200,30]"},
      {"500 mcg/mL", "2000 mcg/mL", "300 mcg/day", "[0.375,0.6,15,0.1875,0.15,25,60]"},
      {"2000 mcg/mL", "500 mcg/mL", "300 mcg/day", "[0.375,0.15,60,0.75,0.6,400,15]"},
  };
  for (const Row& row : rows) {
    const Said said = plan(bridge(row.from, row.to, row.dose, {"--json"}));
    ASSERT_EQ(said.exit_code, kExitOk) << said.err;
    const auto json = said.json();
    const auto& forgotten = json["if_forgotten"];
    const nlohmann::json figures = {json["path_volume_ml"],      json["bridge_rate_ml_per_day"],
                                    json["bridge_duration_h"],   json["bridge_mass_mg"],
                                    json["new_rate_ml_per_day"], forgotten["dose_percent"],
                                    forgotten["duration_h"]};
    EXPECT_EQ(figures.dump(), row.figures);
    EXPECT_FALSE(json["path"]["per_cm"]["verified"].get<bool>());
  }
}

TEST(PlanBridge, page_shows_formulas_and_reads) {
  const Said said =
      plan(bridge("10 mg/mL", "20 mg/mL", "3 mg/day", {"--patient-bolus", "0.5 mg", "--drug", "morphine"}));
  EXPECT_EQ(said.exit_code, kExitOk);
  expect_readable(said.out);
  EXPECT_NE(said.out.find("3 mg/day / 10 mg/mL = 0.3 mL/day"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("during: 0.5 mg / 10 mg/mL = 0.05 mL (5000 steps)"), std::string::npos);
  EXPECT_NE(said.out.find("not verified"), std::string::npos);
  EXPECT_NE(said.out.find("bridge = \"3 mg/day\""), std::string::npos);
  expect_readable(plan(bridge("7 mg/mL", "2000 mcg/mL", "3.1 mg/day")).out);
}

TEST(PlanBridge, constants_can_be_typed_or_come_from_a_pump) {
  const auto typed = plan(bridge("10 mg/mL", "20 mg/mL", "3 mg/day",
                                 {"--tubing", "0.2 mL", "--per-cm", "0.0026 mL/cm", "--json"}));
  EXPECT_EQ(typed.json()["path_volume_ml"], 0.408);
  EXPECT_EQ(typed.json()["path"]["tubing"]["from"], "typed");
  const auto valve = plan(bridge("10 mg/mL", "20 mg/mL", "3 mg/day", {"--pump", "valve-40", "--json"}));
  EXPECT_EQ(valve.json()["pump"]["model"], "valve-40");
  EXPECT_FALSE(valve.json()["pump"]["assumed"].get<bool>());
}

TEST(PlanBridge, a_rate_outside_the_pump_is_refused_with_what_brings_it_in) {
  const Said said = plan(bridge("25 mcg/mL", "10 mcg/mL", "0.5 mcg/day"));
  EXPECT_EQ(said.exit_code, kExitRefused);
  EXPECT_TRUE(said.out.empty());
  EXPECT_NE(said.err.find("10.4 mcg/mL"), std::string::npos) << said.err;
  EXPECT_EQ(plan(bridge("25 mcg/mL", "10 mcg/mL", "0.5 mcg/day", {"--json"})).json()["refused"][0]["limit"],
            "0.048 mL/day");
}

TEST(PlanBridge, a_hard_limit_is_refused) {
  const Said said = plan(bridge("25 mcg/mL", "100 mcg/mL", "20 mcg/day", {"--drug", "Prialt", "--json"}));
  EXPECT_EQ(said.exit_code, kExitRefused);
  EXPECT_TRUE(said.json()["refused_by_limit"].get<bool>());
  EXPECT_EQ(said.json()["findings"][0]["severity"], "hard");
}

TEST(PlanArguments, all_errors_at_once) {
  const Said said = plan({"bridge", "--to", "20", "--dos", "3 mg/day", "--dose", "--catheter", "80 cm",
                          "--catheter", "70 cm", "--pump", "roler-40", "--drug", "morfine"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_TRUE(said.out.empty());
  for (const char* word :
       {"--from: is missing", "--to: \"20\"", "--dose: has no value", "--catheter: is given 2 times",
        "did you mean roller-40", "did you mean morphine", "\"--dos\" is no option"}) {
    EXPECT_NE(said.err.find(word), std::string::npos) << word << "\n" << said.err;
  }
  const auto json = plan({"refill", "--json"}).json();
  EXPECT_EQ(json["errors"].size(), 3u);
}

TEST(PlanArguments, dangerous_spellings_and_zero_are_refused) {
  EXPECT_EQ(plan(bridge("10 mg/mL", "20 mg/mL", "3.0 mg/day")).exit_code, kExitUsage);
  EXPECT_EQ(plan(bridge("10 mg/mL", "20 mg/mL", ".3 mg/day")).exit_code, kExitUsage);
  EXPECT_EQ(plan(bridge("10 mg/mL", "20 mg/mL", "0 mg/day")).exit_code, kExitUsage);
  EXPECT_EQ(plan(bridge("10 mg/mL", "20 mg/mL", "-3 mg/day")).exit_code, kExitUsage);
  EXPECT_EQ(plan({}).exit_code, kExitUsage);
}

TEST(PlanRefill, worked_numbers_and_dates) {
  const Said said = plan(with(kRefill, {"--filled", "2026-03-02", "--drug", "morphine", "--json"}));
  ASSERT_EQ(said.exit_code, kExitOk) << said.err;
  const auto json = said.json();
  EXPECT_EQ(json["max_rate_ml_per_day"].dump(), "0.4");
  EXPECT_EQ(json["basal_only"]["interval_d"], 126.66);
  EXPECT_EQ(json["every_bolus"]["interval_d"].dump(), "95");
  EXPECT_EQ(json["upper_accuracy"]["whole_days"], 82);
  EXPECT_EQ(json["every_bolus"]["date"], "2026-06-05");
  EXPECT_EQ(json["stability"]["date"], "2026-05-31");
  EXPECT_EQ(json["refill"]["date"], "2026-05-23");
  EXPECT_EQ(json["refill"]["because"], "reservoir");
}

TEST(PlanRefill, the_earliest_wins_and_says_which) {
  const auto because = [](const std::vector<std::string>& more) {
    return plan(with(kRefill, with({"--json", "--filled", "2026-03-02"}, more)))
        .json()["refill"]["because"]
        .get<std::string>();
  };
  EXPECT_EQ(because({}), "reservoir");
  EXPECT_EQ(because({"--stability", "60 days"}), "stability");
  EXPECT_EQ(because({"--stability", "60 days", "--replace-by", "2026-04-01"}), "replacement");
  const Said page =
      plan(with(kRefill, {"--filled", "2026-03-02", "--replace-by", "2026-04-01", "--drug", "morphine"}));
  expect_readable(page.out);
  EXPECT_NE(page.out.find("30 days, by 2026-04-01: the pump is due for replacement"), std::string::npos)
      << page.out;
}

TEST(PlanRefill, arguments_that_need_each_other) {
  const Said said = plan({"refill", "--volume", "40 mL", "--concentration", "20 mg/mL", "--dose", "6 mg/day",
                          "--bolus", "0.5 mg", "--replace-by", "2026-04-01", "--filled", "02.03.2026"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("--max: is missing"), std::string::npos);
  EXPECT_NE(said.err.find("such as 2026-03-02"), std::string::npos);
  EXPECT_EQ(
      plan({"refill", "--volume", "2 mL", "--concentration", "20 mg/mL", "--dose", "6 mg/day"}).exit_code,
      kExitRefused);
  EXPECT_EQ(plan({"refill", "--volume", "40 mL", "--concentration", "20 mg/mL", "--dose", "6 mg/day",
                  "--filled", "2026-02-30"})
                .exit_code,
            kExitUsage);
}

TEST(PlanPrime, worked_numbers) {
  const Said said = plan(
      {"prime", "--concentration", "20 mg/mL", "--catheter", "80 cm", "--wrong-by", "0.05 mL", "--json"});
  ASSERT_EQ(said.exit_code, kExitOk) << said.err;
  const auto json = said.json();
  EXPECT_EQ(json["with_tubing"]["mass_mg"], 7.5);
  EXPECT_EQ(json["catheter_only"]["volume_ml"], 0.176);
  EXPECT_EQ(json["wrong_by"]["mass_mg"].dump(), "1");
  EXPECT_NEAR(json["front"]["at_therapy_rate"]["sigma_cm"].get<double>(), 1.1, 0.05);
  EXPECT_NEAR(json["front"]["at_prime_rate"]["sigma_percent"].get<double>(), 8.8, 0.05);
  EXPECT_FALSE(json["front"]["diffusion_verified"].get<bool>());
}

TEST(PlanPrime, page_reads_and_says_what_is_assumed) {
  const Said said =
      plan({"prime", "--concentration", "2000 mcg/mL", "--catheter", "80 cm", "--assumed-catheter", "70 cm"});
  expect_readable(said.out);
  EXPECT_NE(said.out.find("short of"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("(assumed, not"), std::string::npos);
  EXPECT_EQ(
      plan({"prime", "--concentration", "20 mg/mL", "--catheter", "80 cm", "--rate", "30 mL/day"}).exit_code,
      kExitRefused);
}

TEST(PlanHelp, fits_and_shows_an_example) {
  for (const char* command : {"bridge", "prime", "refill"}) {
    const Said said = plan({command, "--help"});
    EXPECT_EQ(said.exit_code, kExitOk);
    EXPECT_NE(said.out.find("Example:"), std::string::npos);
    std::istringstream lines(said.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
}

}  // namespace
}  // namespace theca
