#include "plan/conversions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

namespace theca {
namespace {

namespace fs = std::filesystem;

const Library& library() {
  static const Library loaded = load_library(THECA_DATA_DIR).value();
  return loaded;
}

const Conversions& conversions() {
  static const Conversions loaded = [] {
    auto read = load_conversions(THECA_DATA_DIR, library());
    if (!read) {
      for (const DataError& error : read.error()) ADD_FAILURE() << to_string(error);
      return Conversions{};
    }
    return std::move(*read);
  }();
  return loaded;
}

const Conversion& way(std::string_view from, std::string_view to) {
  const auto one = [](std::string_view text) { return parse_routed_drug(text, library()).value(); };
  const Conversion* found = conversions().find(one(from), one(to));
  if (found == nullptr) throw std::runtime_error(std::string(from) + " to " + std::string(to));
  return *found;
}

Converted converted(DoseRate dose, const Conversion& conversion) { return convert(dose, conversion).value(); }

TEST(Conversion, a_dose_that_does_not_fit_is_told) {
  EXPECT_FALSE(convert(DoseRate{INT64_MAX}, way("intrathecal morphine", "oral morphine")).has_value());
}

TEST(Conversion, oral_to_intrathecal_is_a_spread_of_thirtyfold) {
  const Converted to_pump = converted(milligrams_per_day(300), way("oral morphine", "intrathecal morphine"));
  EXPECT_EQ(to_pump.rule->dose, milligrams_per_day(1));
  EXPECT_EQ(to_pump.low.dose, milligrams_per_day(1));
  EXPECT_EQ(to_pump.high.dose, milligrams_per_day(30));
  EXPECT_EQ(to_pump.high.figure->ratio.sources, std::vector<std::string>{"S57"});
}

TEST(Conversion, intrathecal_to_oral_never_uses_300_to_1) {
  const Conversion& back = way("intrathecal morphine", "oral morphine");
  const Converted oral = converted(milligrams_per_day(1), back);
  EXPECT_EQ(oral.rule, std::nullopt);
  EXPECT_EQ(oral.low.dose, milligrams_per_day(10));
  EXPECT_EQ(oral.high.dose, milligrams_per_day(125));
  bool reverse_case = false;
  for (const ConversionFigure& figure : back.figures) {
    EXPECT_NE(figure.ratio.text, "1:300");
    reverse_case = reverse_case || figure.ratio.text == "1:12";
  }
  EXPECT_TRUE(reverse_case);
}

TEST(Conversion, hydromorphone_six_to_one_and_back_with_less) {
  const Converted there =
      converted(milligrams_per_day(12), way("intrathecal morphine", "intrathecal hydromorphone"));
  EXPECT_EQ(there.rule->dose, milligrams_per_day(2));
  EXPECT_EQ(there.high.dose, micrograms_per_day(2'400));
  const Converted back =
      converted(there.rule->dose, way("intrathecal hydromorphone", "intrathecal morphine"));
  EXPECT_EQ(back.low.dose, milligrams_per_day(6));
  EXPECT_EQ(back.high.dose, milligrams_per_day(8));
}

TEST(Conversion, the_whole_ladder_is_there_both_ways) {
  const Converted iv =
      converted(milligrams_per_day(100), way("intravenous morphine", "intrathecal morphine"));
  EXPECT_EQ(iv.rule->dose, milligrams_per_day(1));
  EXPECT_EQ(converted(milligrams_per_day(10), way("epidural morphine", "intrathecal morphine")).rule->dose,
            milligrams_per_day(1));
  EXPECT_EQ(converted(milligrams_per_day(300), way("oral morphine", "intravenous morphine")).rule->dose,
            milligrams_per_day(100));
  EXPECT_EQ(conversions().all.size(), 14u);
  for (const Conversion& one : conversions().all) {
    EXPECT_NE(conversions().find(one.to, one.from), nullptr);
    for (const ConversionFigure& figure : one.figures) {
      EXPECT_FALSE(figure.ratio.sources.empty());
      EXPECT_TRUE(figure.kind != FigureKind::kAssumed || !figure.ratio.verified) << figure.ratio.text;
    }
  }
}

RC_GTEST_PROP(Conversion, there_and_back_never_returns_the_start, ()) {
  const DoseRate start{*rc::gen::inRange<std::int64_t>(1'000'000'000, 1'000'000'000'000'000)};
  const std::size_t which = *rc::gen::inRange<std::size_t>(0, conversions().all.size());
  const Conversion& there = conversions().all[which];
  const Conversion& back = *conversions().find(there.to, there.from);
  const Converted made = converted(start, there);
  RC_ASSERT(made.low.dose < made.high.dose);
  RC_ASSERT(converted(made.low.dose, back).low.dose != start);
  RC_ASSERT(converted(made.high.dose, back).high.dose != start);
  if (made.rule) {
    RC_ASSERT(made.low.dose <= made.rule->dose);
    RC_ASSERT(made.rule->dose <= made.high.dose);
    RC_ASSERT(converted(made.rule->dose, back).high.dose < start);
  } else {
    RC_ASSERT(converted(made.high.dose, back).rule->dose < start);
  }
}

TEST(RoutedDrug, needs_the_route_in_full) {
  const auto why = [](std::string_view text) {
    const auto read = parse_routed_drug(text, library());
    return read ? std::string("accepted") : read.error();
  };
  EXPECT_EQ(why("Intrathecal Morphine"), "accepted");
  EXPECT_NE(why("IT morphine").find("one letter"), std::string::npos);
  EXPECT_NE(why("iv morphine").find("one letter"), std::string::npos);
  EXPECT_NE(why("morphine").find("allowed: oral"), std::string::npos);
  EXPECT_NE(why("oral").find("allowed: oral"), std::string::npos);
  EXPECT_NE(why("oral morfine").find("did you mean morphine"), std::string::npos);
}

/// The file with one text replaced, read again.
class ConversionFile : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("theca_conversions_" + std::to_string(getpid()));
    fs::create_directories(directory_);
    std::ifstream in(THECA_DATA_DIR "/conversions.toml");
    text_.assign(std::istreambuf_iterator<char>(in), {});
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string error_after(std::string_view from, std::string_view to) {
    std::string changed = text_;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    std::ofstream(directory_ / "conversions.toml") << changed;
    const auto read = load_conversions(directory_, library());
    if (read) return "accepted";
    std::string all;
    for (const DataError& error : read.error()) all += to_string(error) + "\n";
    return all;
  }

 private:
  fs::path directory_;
  std::string text_;
};

TEST_F(ConversionFile, refuses_a_way_back_that_returns_the_start) {
  const std::string error = error_after("\"1:125\"", "\"1:300\"");
  EXPECT_NE(error.find("conversions.toml:"), std::string::npos);
  EXPECT_NE(error.find("\"1:300\": there by 300:1 and back would return the start or more"),
            std::string::npos)
      << error;
}

TEST_F(ConversionFile, refuses_what_a_strict_reader_refuses) {
  const auto expect = [&](std::string_view from, std::string_view to, std::string_view words) {
    const std::string error = error_after(from, to);
    EXPECT_NE(error.find(words), std::string::npos) << to << "\n" << error;
    EXPECT_TRUE(error.starts_with("conversions.toml:")) << error;
  };
  expect("\"300:1\"", "\"300.0:1\"", "does not read as a ratio");
  expect("\"300:1\"", "\"300\"", "conversion[1].figure[1].ratio");
  expect("\"300:1\"", "\"0:1\"", "does not read as a ratio");
  expect("\"S56\"", "\"S999\"", "allowed: an id of sources.toml");
  expect("[\"theca\"]\nverified = false", "[\"theca\"]\nverified = true",
         "none of its sources has been read");
  expect("kind = \"tool\"", "kind = \"guess\"", "allowed: rule, observed, tool, quoted, assumed");
  expect("kind = \"tool\"", "kind = \"rule\"", "a second rule of thumb");
  expect("from = \"oral morphine\"", "from = \"IV morphine\"", "one letter");
  expect("kind = \"tool\"", "kin = \"tool\"", "unknown key");
  expect("ratio = \"2:1\"", "ratio = \"3:1\"", "one bare number");
  expect("ratio = \"1:2.5\"\nsources = [\"COMMON", "ratio = \"1:2\"\nsources = [\"COMMON", "mirrors 2:1");
  expect("schema = 1", "schema = 2", "schema");
  expect("to = \"intrathecal hydromorphone\"", "to = \"epidural hydromorphone\"", "its way back is missing");
  EXPECT_EQ(error_after("schema = 1", "schema = 1"), "accepted");
}

}  // namespace
}  // namespace theca
