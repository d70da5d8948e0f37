// What a comparison says and shows.
#include "cli/comparison_page.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "cohort/cohort_testing.hpp"
#include "cohort/compare.hpp"

namespace theca {
namespace {

Comparison compared(const std::string& drug, double relief) {
  CompareRequest request;
  request.drug = drug;
  request.relief = relief;
  request.patients = 100;
  return compare(request, example::body(), example::adults()).value();
}
std::size_t count(const std::string& text, const std::string& of) {
  std::size_t n = 0;
  for (std::size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++n;
  return n;
}

TEST(ComparisonPage, factors_between_ways_are_ranges_and_never_one_number) {
  for (const char* drug : {"morphine", "hydromorphone", "fentanyl", "baclofen"}) {
    const Comparison comparison = compared(drug, 0.4);
    for (const std::string& text : {comparison_sentence(comparison), comparison_text(comparison)}) {
      static const std::regex factor(R"((\S+) times)"), range(R"([\d.]+ to [\d.]+\s+times)");
      const auto all =
          std::distance(std::sregex_iterator(text.begin(), text.end(), factor), std::sregex_iterator());
      const auto ranges =
          std::distance(std::sregex_iterator(text.begin(), text.end(), range), std::sregex_iterator());
      EXPECT_GT(ranges, 0) << text;
      EXPECT_EQ(all, ranges) << text;
    }
  }
}

TEST(ComparisonPage, a_line_for_each_way_in_each_panel_and_nothing_that_is_no_number) {
  const Comparison comparison = compared("morphine", 0.5);
  const std::string html = comparison_html(comparison);
  const std::size_t panels = 5 + comparison.sides.size();
  EXPECT_EQ(count(html, "<svg"), panels);
  EXPECT_EQ(count(html, "class=\"way\""), 4 * panels);
  // By mouth and by vein nothing is in the fluid and itching is not reckoned: 3 panels of two ways without a
  // dot.
  EXPECT_EQ(count(html, "class=\"middle\""), 4 * panels - 6);
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_EQ(html.find("inf"), std::string::npos);
  EXPECT_EQ(html.find("http"), html.find("http-equiv")) << "nothing is fetched";
}

TEST(ComparisonPage, a_way_without_figures_stands_in_every_panel_as_such) {
  const Comparison comparison = compared("ziconotide", 0.1);
  const std::string html = comparison_html(comparison);
  EXPECT_EQ(count(html, "no figures</text>"), 3 * count(html, "<svg"));
  EXPECT_NE(comparison_sentence(comparison).find("by mouth: no figure for what it does from the blood"),
            std::string::npos);
}

TEST(ComparisonPage, the_terminals_text_fits_and_the_csv_has_every_way) {
  const Comparison comparison = compared("morphine", 0.5);
  std::istringstream lines{comparison_text(comparison)};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  const std::string csv = comparison_csv(comparison);
  for (const char* route : {"oral", "intravenous", "epidural", "intrathecal"})
    EXPECT_EQ(count(csv, std::string{"\n"} + route + ",\"dose a day\""), 1U);
  EXPECT_EQ(csv.find("nan"), std::string::npos);
  const auto json = comparison_json(comparison);
  EXPECT_TRUE(json["ways"][0]["side_effects"]["pruritus"]["median"].is_null());
  EXPECT_GT(json["ways"][0]["dose_mcg_per_day"]["median"], json["ways"][3]["dose_mcg_per_day"]["median"]);
}

TEST(ComparisonPage, nothing_is_written_as_a_power_of_ten) {
  for (const char* drug : {"morphine", "sufentanil", "baclofen", "meperidine", "ziconotide"}) {
    const Comparison comparison = compared(drug, 0.125);
    for (const std::string& text :
         {comparison_text(comparison), comparison_csv(comparison), comparison_html(comparison)}) {
      static const std::regex power(R"(\d[eE][+-]\d)");
      std::smatch found;
      EXPECT_FALSE(std::regex_search(text, found, power)) << drug << ' ' << found.str();
    }
    EXPECT_NE(comparison_text(comparison).find("12.5 % less"), std::string::npos);
  }
}

}  // namespace
}  // namespace theca
