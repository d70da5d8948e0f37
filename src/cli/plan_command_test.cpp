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

// Residual

std::vector<std::string> residual(const std::string& aspirated, const std::vector<std::string>& more = {}) {
  return with({"residual", "--fill", "20 mL", "--expected", "4 mL", "--aspirated", aspirated}, more);
}

TEST(PlanResidual, worked_numbers_and_flags_without_refusal) {
  struct Row {
    const char *aspirated, *figures;
    std::size_t flags;
  };
  const Row rows[] = {{"2 mL", "[112.5,-2,false]", 0},
                      {"1.5 mL", "[115.625,-2.5,true]", 2},
                      {"6.2 mL", "[86.25,2.2,true]", 1},
                      {"7 mL", "[81.25,3,true]", 2}};
  for (const Row& row : rows) {
    const Said said = plan(residual(row.aspirated, {"--json"}));
    ASSERT_EQ(said.exit_code, kExitOk) << said.err;
    const auto json = said.json();
    EXPECT_EQ((nlohmann::json{json["ratio_percent"], json["difference_ml"], json["flagged"]}).dump(),
              row.figures);
    EXPECT_EQ(json["flags"].size(), row.flags);
  }
  EXPECT_EQ(plan(residual("6.2 mL", {"--json"})).json()["flags"][0]["flag"], "difference_ml");
}

TEST(PlanResidual, much_missing_soon_after_a_fill_puts_diversion_first) {
  const std::vector<std::string> words = {"residual",    "--fill", "20 mL",   "--expected", "17 mL",
                                          "--aspirated", "8 mL",   "--since", "4 days"};
  EXPECT_EQ(plan(with(words, {"--json"})).json()["causes"][0]["cause"], "diversion");
  const Said page = plan(words);
  expect_readable(page.out);
  EXPECT_NE(page.out.find("diversion stands first"), std::string::npos) << page.out;
  EXPECT_NE(page.out.find("8 mL - 17 mL = -9 mL"), std::string::npos);
  EXPECT_EQ(plan(residual("7 mL", {"--json"})).json()["causes"][0]["cause"], "stall");
}

TEST(PlanResidual, the_fill_check_needs_the_size_of_the_pump) {
  const std::vector<std::string> words = {"residual", "--injected", "18 mL", "--sensed", "16.5 mL"};
  EXPECT_EQ(plan(words).exit_code, kExitUsage);
  const auto pocket = [&](const char* pump) {
    return plan(with(words, {"--pump", pump, "--json"}))
        .json()["fill_check"]["possible_pocket_fill"]
        .get<bool>();
  };
  EXPECT_TRUE(pocket("roller-20"));
  EXPECT_FALSE(pocket("roller-40"));
  expect_readable(plan(with(words, {"--pump", "roller-20"})).out);
  EXPECT_EQ(plan(residual("21 mL")).exit_code, kExitRefused);
  EXPECT_EQ(plan(residual("1.5 mL", {"--pump", "constant-flow", "--json"})).json()["accuracy_percent"], 15);
}

// Mix

const std::vector<std::string> kMixture = {"mix", "--mixture", "morphine 20 mg/mL + bupivacaine 30 mg/mL",
                                           "--dose", "6 mg/day"};

TEST(PlanMix, what_stays_at_a_refill) {
  struct Row {
    const char *from, *to, *figures;
  };
  const Row rows[] = {{"500 mcg/mL", "2000 mcg/mL", "[1.895,-5.25]"},
                      {"2000 mcg/mL", "500 mcg/mL", "[0.605,21]"},
                      {"20 mg/mL", "10 mg/mL", "[10.7,7]"}};
  for (const Row& row : rows) {
    const std::vector<std::string> words = {"mix",    "--old",    row.from,   "--new",
                                            row.to,   "--volume", "18.6 mL",  "--residual",
                                            "1.4 mL", "--pump",   "roller-20"};
    const Said said = plan(with(words, {"--json"}));
    ASSERT_EQ(said.exit_code, kExitOk) << said.err;
    const auto json = said.json();
    const auto& part = json["components"][0];
    EXPECT_EQ((nlohmann::json{part["mixed_mg_per_ml"], part["off_percent"]}).dump(), row.figures);
    EXPECT_FALSE(json["within_tolerance"].get<bool>());
    EXPECT_EQ(json["rinses"][0]["times"], 1);
    expect_readable(plan(words).out);
  }
  const Said page = plan({"mix", "--old", "2000 mcg/mL", "--new", "500 mcg/mL", "--volume", "18.6 mL",
                          "--pump", "roller-20", "--rinse", "2 mL"});
  EXPECT_NE(page.out.find("(1.4 mL x 2000 mcg/mL + 18.6 mL x 500 mcg/mL) / 20 mL ="), std::string::npos)
      << page.out;
  EXPECT_NE(page.out.find("2 times"), std::string::npos);
  EXPECT_NE(page.out.find("SYNCHROMED-SPEC, not verified"), std::string::npos);
  EXPECT_NE(page.out.find("concentration is lowered"), std::string::npos);
}

TEST(PlanMix, one_flow_carries_every_drug_and_its_limits) {
  const auto more = with(kMixture, {"--new-dose", "7.2 mg/day", "--bolus", "0.5 mg"});
  const auto json = plan(with(more, {"--json"})).json();
  const auto& bupivacaine = json["components"][1];
  EXPECT_EQ(bupivacaine["dose_mg_per_day"], 9);
  EXPECT_EQ(bupivacaine["new_dose_mg_per_day"], 10.8);
  EXPECT_EQ(bupivacaine["bolus_mg"], 0.75);
  EXPECT_EQ(json["findings"][0]["limit"], "10 mg/day");
  EXPECT_EQ(json["findings"][0]["severity"], "soft");
  const Said page = plan(more);
  EXPECT_EQ(page.exit_code, kExitOk);
  expect_readable(page.out);
  EXPECT_NE(page.out.find("9 mg/day -> 10.8 mg/day"), std::string::npos) << page.out;
  EXPECT_EQ(plan(with(kMixture, {"--by", "bupivacaine", "--json"})).json()["rate_ml_per_day"], 0.2);
}

TEST(PlanMix, concentrations_from_doses_and_a_flow) {
  const Said said =
      plan({"mix", "--doses", "morphine 6 mg/day + bupivacaine 9 mg/day", "--rate", "0.3 mL/day", "--json"});
  ASSERT_EQ(said.exit_code, kExitOk) << said.err;
  EXPECT_EQ(said.json()["components"][0]["concentration_mg_per_ml"], 20);
  EXPECT_EQ(said.json()["components"][1]["concentration_mg_per_ml"], 30);
}

TEST(PlanMix, says_what_does_not_go_together) {
  const Said said = plan(with(kMixture, {"--old", "20 mg/mL", "--max", "4 per 24 h"}));
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("--old: is about a refill"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("--bolus: is missing"), std::string::npos);
  EXPECT_EQ(plan({"mix", "--old", "20 mg/mL", "--new", "morphine 5 mg/mL", "--volume", "18 mL"}).exit_code,
            kExitUsage);
  EXPECT_EQ(plan({"mix", "--old", "20 mg/mL", "--new", "5.0 mg/mL", "--volume", "18 mL"}).exit_code,
            kExitUsage);
  EXPECT_EQ(plan({"mix", "--old", "20 mg/mL", "--new", "5 mg/mL", "--volume", "41 mL"}).exit_code,
            kExitRefused);
  EXPECT_EQ(plan({"mix", "--mixture", "20 mg/mL", "--dose", "3 mg/day"}).exit_code, kExitUsage);
}

// Constant flow

const std::vector<std::string> kConstantFlow = {"constant-flow", "--dose",  "2 mg/day", "--flow",
                                                "0.5 mL/day",    "--stock", "25 mg/mL"};

TEST(PlanConstantFlow, worked_numbers_and_what_moves_them) {
  const auto json = plan(with(kConstantFlow, {"--json"})).json();
  EXPECT_EQ(json["run_d"], 40);
  EXPECT_EQ(json["in_pump"].dump(), R"({"diluent_ml":16.8,"drug_mg":80,"drug_ml":3.2,"volume_ml":20})");
  EXPECT_EQ(json["to_prepare"]["drug_ml"], 3.68);
  EXPECT_EQ(json["influences"][1]["what"], "1 \u00B0C warmer");
  EXPECT_EQ(json["influences"][1]["dose_mg_per_day"].dump(), "[2.16,2.26]");
  for (const auto& row : json["influences"]) EXPECT_FALSE(row["verified"].get<bool>());
  const Said page = plan(with(kConstantFlow, {"--drug", "morphine"}));
  EXPECT_EQ(page.exit_code, kExitOk);
  expect_readable(page.out);
  EXPECT_NE(page.out.find("2 mg/day x 20 mL / 0.5 mL/day = 80 mg"), std::string::npos) << page.out;
  expect_readable(
      plan({"constant-flow", "--dose", "137 mcg/day", "--flow", "0.3 mL/day", "--stock", "7 mg/mL"}).out);
}

TEST(PlanConstantFlow, refuses_what_cannot_be_compounded) {
  EXPECT_EQ(
      plan({"constant-flow", "--dose", "20 mg/day", "--flow", "0.5 mL/day", "--stock", "25 mg/mL"}).exit_code,
      kExitRefused);
  const Said said = plan({"constant-flow", "--dose", "2 mg/day", "--stock", "25 mg/mL"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("0.3 mL/day, 0.5 mL/day"), std::string::npos) << said.err;
  EXPECT_EQ(plan(with(kConstantFlow, {"--pump", "roller-20"})).exit_code, kExitUsage);
  EXPECT_EQ(plan(with(kConstantFlow, {"--extra", "3.0 mL", "--flow", "0.5 mL/day"})).exit_code, kExitUsage);
}

// Convert

std::vector<std::string> convert(const std::string& dose, const std::string& from, const std::string& to,
                                 const std::vector<std::string>& more = {}) {
  return with({"convert", "--dose", dose, "--from", from, "--to", to}, more);
}

/// Every key of the JSON, at any depth.
void expect_no_single_dose(const nlohmann::json& json) {
  for (const auto& [key, value] : json.items()) {
    EXPECT_NE(key, "dose");
    if (value.is_structured()) expect_no_single_dose(value);
  }
}

TEST(PlanConvert, a_spread_with_sources_and_never_one_dose) {
  const auto json = plan(convert("300 mg/day", "oral morphine", "intrathecal morphine", {"--json"})).json();
  EXPECT_EQ(json["low"]["mg_per_day"], 1);
  EXPECT_EQ(json["rule"]["mg_per_day"], 1);
  EXPECT_EQ(json["high"]["mg_per_day"], 30);
  EXPECT_EQ(json["there_and_back"]["returned"]["high"]["mg_per_day"], 125);
  for (const char* end : {"low", "rule", "high"}) EXPECT_FALSE(json[end]["sources"].empty()) << end;
  expect_no_single_dose(json);
}

TEST(PlanConvert, the_way_back_has_no_rule_and_says_why) {
  const Said json = plan(convert("1 mg/day", "intrathecal morphine", "oral morphine", {"--json"}));
  EXPECT_TRUE(json.json()["rule"].is_null());
  EXPECT_EQ(json.json()["low"]["mg_per_day"], 10);
  EXPECT_EQ(json.json()["high"]["mg_per_day"], 125);
  const Said page = plan(convert("1 mg/day", "intrathecal morphine", "oral morphine"));
  for (const char* words : {"none may be used this way", "must not be used this way", "12:1", "not 1 mg/day"})
    EXPECT_NE(page.out.find(words), std::string::npos) << words << "\n" << page.out;
  EXPECT_EQ(page.out.find("300 mg"), std::string::npos);
}

TEST(PlanConvert, every_way_reads) {
  const std::vector<std::string> ends = {"oral morphine", "intravenous morphine", "epidural morphine",
                                         "intrathecal morphine"};
  for (const std::string& from : ends) {
    for (const std::string& to : ends) {
      const Said said = plan(convert("70 mg/day", from, to));
      EXPECT_EQ(said.exit_code, from == to ? kExitUsage : kExitOk);
      expect_readable(said.out);
    }
  }
  expect_readable(plan(convert("7 mg/day", "intrathecal hydromorphone", "intrathecal morphine")).out);
  EXPECT_NE(plan(convert("7 mg/day", "IT morphine", "oral morphine")).err.find("one letter"),
            std::string::npos);
  EXPECT_EQ(plan(convert("7 mg/day", "oral morphine", "oral hydromorphone")).exit_code, kExitUsage);
  EXPECT_EQ(plan(convert("0 mg/day", "oral morphine", "intrathecal morphine")).exit_code, kExitUsage);
}

TEST(PlanHelp, fits_and_shows_an_example) {
  for (const char* command : {"bridge", "prime", "refill", "residual", "mix", "constant-flow", "convert"}) {
    const Said said = plan({command, "--help"});
    EXPECT_EQ(said.exit_code, kExitOk);
    EXPECT_NE(said.out.find("Example"), std::string::npos);
    std::istringstream lines(said.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
}

}  // namespace
}  // namespace theca
