// Studies: what is on paper comes out, whenever it is given and however it is looked at; what is wrong is
// told.
#include "body/study.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "body/body_testing.hpp"
#include "body/study_courses.hpp"

namespace theca {
namespace {

namespace fs = std::filesystem;

/// A study of a text, in a file that goes with it.
std::expected<Study, std::vector<DataError>> read(const std::string& text) {
  static int count = 0;
  const fs::path path =
      fs::temp_directory_path() / fmt::format("theca-study-{}-{}.toml", ::getpid(), count++);
  std::ofstream{path} << text;
  auto study = load_study(path, example::adult(), example::substances(), example::sources());
  fs::remove(path);
  return study;
}
std::string first_error(const std::string& text) {
  const auto study = read(text);
  return study ? "none" : to_string(study.error().front());
}
Individual middle(const std::string& drug) {
  return centre_of(example::adult(), std::array{find_substance(example::substances(), drug)});
}

std::string head(const std::string& drug, const std::string& lasts) {
  return fmt::format("schema = 1\ntitle = \"t\"\nsources = [\"theca\"]\nsubstance = \"{}\"\nlasts = \"{}\"\n",
                     drug, lasts);
}
std::string quantity(const std::string& id, const std::string& kind, const std::string& unit,
                     const std::string& more) {
  return fmt::format("[[quantity]]\nid = \"{}\"\nsays = \"s\"\nkind = \"{}\"\nunit = \"{}\"\n{}\n", id, kind,
                     unit, more);
}
constexpr const char* kPlasma = "[[probe]]\nname = \"plasma\"\nsite = \"plasma\"\n";

double value(const Study& study, const std::string& drug, std::size_t which = 0) {
  return value_of(study, study.quantities[which], courses_of(study, middle(drug), example::adult()));
}

/// Clearance and volume of an intravenous dose are those of the file, whenever and however fast it is given.
TEST(Study, clearance_and_volume_by_vein_are_the_substances_own) {
  const Substance& morphine = example::substance("morphine");
  const double clearance = 1'000 * morphine.plasma_clearance.value;
  const double volume =
      1'000 * (morphine.plasma_v1.value + morphine.plasma_v2->value + morphine.plasma_v3->value);
  for (const char* when : {"", "at = \"5 min\"\n", "at = \"3 h\"\n", "at = \"25 h\"\n", "over = \"30 min\"\n",
                           "at = \"2 h\"\nover = \"6 h\"\n"}) {
    const auto study =
        read(head("morphine", "20 days") + "[[dose]]\nroute = \"intravenous\"\namount = \"10 mg\"\n" + when +
             kPlasma + quantity("cl", "clearance", "mL/min", "of = \"plasma\"") +
             quantity("v", "volume at steady state", "mL", "of = \"plasma\"") +
             quantity("mrt", "mean residence time", "h", "of = \"plasma\""));
    ASSERT_TRUE(study) << to_string(study.error().front());
    EXPECT_NEAR(value(*study, "morphine", 0), clearance, 0.01 * clearance) << when;
    EXPECT_NEAR(value(*study, "morphine", 1), volume, 0.02 * volume) << when;
    EXPECT_NEAR(value(*study, "morphine", 2), volume / clearance / 60, 0.02 * volume / clearance / 60)
        << when;
  }
}

TEST(Study, a_half_life_is_that_of_the_fall_however_densely_it_is_looked_at) {
  // One compartment: baclofen in the blood.
  const Substance& baclofen = example::substance("baclofen");
  const double half_life = std::log(2) * baclofen.plasma_v1.value / baclofen.plasma_clearance.value;
  for (const char* times : {"", "times = [\"1 h\", \"1 h 10 min\", \"1 h 20 min\", \"6 h\", \"10 h\"]\n"}) {
    const auto study =
        read(head("baclofen", "12 h") + "[[dose]]\nroute = \"intravenous\"\namount = \"1 mg\"\n" + kPlasma +
             times + quantity("t", "half-life", "min", "of = \"plasma\"\nfrom = \"1 h\"\nto = \"10 h\"") +
             quantity("auc", "auc", "ug min/mL", "of = \"plasma\""));
    if (!study) {
      EXPECT_NE(to_string(study.error().front()).find("not looked at from the begin on"), std::string::npos);
      continue;
    }
    EXPECT_NEAR(value(*study, "baclofen"), half_life, 1e-3 * half_life);
  }
}

TEST(Study, a_level_at_a_bolus_is_that_after_it_and_a_peak_is_found_between_samples) {
  const auto study = read(head("baclofen", "6 h") +
                          "[[dose]]\nroute = \"intravenous\"\namount = \"60.1 mg\"\nat = \"1 h\"\n" +
                          kPlasma + quantity("at", "level", "ng/mL", "of = \"plasma\"\nat = \"1 h\"") +
                          quantity("peak", "peak", "ug/mL", "of = \"plasma\"") +
                          quantity("when", "peak time", "min", "of = \"plasma\"") +
                          quantity("before", "level", "ug/mL", "of = \"plasma\"\nat = \"59 min\"") +
                          quantity("all", "share absorbed", "%", ""));
  ASSERT_TRUE(study) << to_string(study.error().front());
  const double at_once = 60.1 / example::substance("baclofen").plasma_v1.value;  // ug/mL
  EXPECT_NEAR(value(*study, "baclofen", 0), 1'000 * at_once, 1e-6 * 1'000 * at_once);
  EXPECT_NEAR(value(*study, "baclofen", 1), at_once, 1e-9);
  EXPECT_NEAR(value(*study, "baclofen", 2), 60, 1e-9);
  EXPECT_EQ(value(*study, "baclofen", 3), 0);
  EXPECT_EQ(value(*study, "baclofen", 4), 0) << "nothing came from the fluid";
}

TEST(Study, what_the_courses_do_not_have_is_no_number) {
  const auto study = read(
      head("morphine", "6 h") + "[[dose]]\nroute = \"intravenous\"\namount = \"10 mg\"\nover = \"6 h\"\n" +
      kPlasma + quantity("rising", "half-life", "h", "of = \"plasma\"\nfrom = \"1 h\"\nto = \"5 h\"") +
      quantity("cl", "clearance", "mL/min", "of = \"plasma\""));
  ASSERT_TRUE(study) << to_string(study.error().front());
  EXPECT_TRUE(std::isnan(value(*study, "morphine", 0))) << "it rises";
  EXPECT_TRUE(std::isnan(value(*study, "morphine", 1))) << "the infusion still runs: there is no tail";
}

TEST(Study, relief_is_reckoned_at_the_pain_whoever_else_looks) {
  const auto relief = [&](const std::string& more) {
    const auto study = read("pain = \"L4\"\n" + head("morphine", "8 h") +
                            "[[dose]]\nroute = \"intrathecal\"\namount = \"0.1 mg\"\nlevel = \"L3\"\n" +
                            "[[probe]]\nname = \"relief\"\nsite = \"relief\"\n" + more +
                            quantity("best", "peak", "1", "of = \"relief\""));
    return value(study.value(), "morphine");
  };
  const double alone = relief("");
  EXPECT_GT(alone, 0.3);
  EXPECT_EQ(relief("[[probe]]\nname = \"cord\"\nsite = \"cord\"\nlevel = \"C3\"\n"), alone);
}

TEST(Study, a_heavy_bolus_of_one_who_sits_stays_below) {
  const auto level = [&](const char* posture, const char* baricity) {
    const auto study = read(fmt::format("posture = \"{}\"\n", posture) + head("morphine", "2 h") +
                            "[[dose]]\nroute = \"intrathecal\"\namount = \"1 mg\"\nlevel = \"L3\"\n" +
                            fmt::format("baricity = \"{}\"\n", baricity) +
                            "[[probe]]\nname = \"chest\"\nsite = \"fluid\"\nlevel = \"T6\"\n" +
                            quantity("at", "level", "ug/mL", "of = \"chest\"\nat = \"1 h\""));
    return value(study.value(), "morphine");
  };
  EXPECT_LT(level("head up", "hyperbaric"), 0.5 * level("head up", "isobaric"));
  EXPECT_GT(level("head up", "hypobaric"), 1.5 * level("head up", "isobaric"));
  EXPECT_NE(level("flat", "isobaric"), level("head up", "isobaric")) << "more fluid to mix with";
}

TEST(Study, a_wrong_study_is_told_with_key_and_what_is_allowed) {
  const std::string dose = "[[dose]]\nroute = \"intrathecal\"\namount = \"1 mg\"\nlevel = \"L3\"\n";
  const auto said = [](const std::string& text, const char* words) {
    const std::string error = first_error(text);
    EXPECT_NE(error.find(words), std::string::npos) << error;
  };
  said(head("heroin", "1 h") + dose + kPlasma, "substance: \"heroin\": allowed: a file of data/substances");
  said(head("morphine", "0 h") + dose + kPlasma, "lasts: allowed: above 0, up to 3660 days");
  said(head("morphine", "1 h") + kPlasma, "dose: missing");
  said(head("morphine", "1 h") + "dose = []\n" + kPlasma, "dose: allowed: at least one [[dose]]");
  said(head("morphine", "1 h") + dose + "over = \"2 h\"\n" + kPlasma,
       "over: allowed: 0 to the end of the study");
  said(head("morphine", "1 h") + dose + "at = \"40 min\"\nover = \"40 min\"\n" + kPlasma,
       "ends after the study");
  said(head("gadobutrol", "1 h") + "[[dose]]\nroute = \"oral\"\namount = \"1 mg\"\n" + kPlasma,
       "gadobutrol has no oral_bioavailability");
  said(head("morphine", "1 h") + "[[dose]]\nroute = \"intrathecal\"\namount = \"1 mg\"\nlevel = \"T13\"\n" +
           kPlasma,
       "\"T13\": allowed: a vertebra, C1 to L5");
  said(head("morphine", "1 h") + dose + kPlasma + "times = [\"10 min\", \"5 min\"]\n",
       "\"5 min\": allowed: after the one before");
  said(head("gadobutrol", "1 h") + "[[dose]]\nroute = \"intravenous\"\namount = \"1 mg\"\n" +
           "[[probe]]\nname = \"r\"\nsite = \"relief\"\n",
       "gadobutrol has no relief_ec50");
  said(head("morphine", "1 h") + dose + "baricity = \"heavy\"\n" + kPlasma,
       "\"heavy\": allowed: isobaric, hyperbaric, hypobaric");
  said(head("morphine", "1 h") + dose + "baricity = \"hyperbaric\"\nover = \"10 min\"\n" + kPlasma,
       "baricity: of a dose at once alone");
  said("posture = \"standing\"\n" + head("morphine", "1 h") + dose + kPlasma,
       "\"standing\": allowed: flat, head up, legs up");
  const std::string good = head("morphine", "1 h") + dose + kPlasma;
  said(good + quantity("x", "speed", "1", "of = \"plasma\""), "\"speed\": allowed: level, peak, peak time");
  said(good + quantity("x", "level", "ug/mL", "of = \"blood\"\nat = \"1 min\""),
       "\"blood\": allowed: the name of a probe");
  said(good + quantity("x", "level", "min", "of = \"plasma\"\nat = \"1 min\""),
       "\"min\": allowed: ug/mL, ng/mL");
  said(good + quantity("x", "level", "ug/mL", "of = \"plasma\"\nat = \"2 h\""),
       "at: allowed: 0 to the end of the study");
  said(good + quantity("x", "half-life", "h", "of = \"plasma\""), "a half-life needs `from` and `to`");
  said(good + quantity("x", "peak", "ug/mL", "of = \"plasma\"\nsplit = \"test\""), "published: missing");
  said(good + quantity("x", "dose growth", "1", "from = \"0 min\"\nto = \"1 h\"\nkeep = \"95 %\""),
       "keep: allowed: above 0, below relief_emax");
}

TEST(Study, a_wrong_titration_is_told_with_key_and_what_is_allowed) {
  const auto text = [](const std::string& drug, const std::string& more) {
    return head(drug, "90 days") + "[titrate]\nlevel = \"T10\"\nstart = \"1 mg/day\"\n" + more;
  };
  const auto said = [](const std::string& written, const char* words) {
    const std::string error = first_error(written);
    EXPECT_NE(error.find(words), std::string::npos) << error;
  };
  const std::string steps = "step = \"20 %\"\n", visits = "visit_every = \"14 days\"\n",
                    wanted = "wanted_relief = \"60 %\"\n", most = "highest = \"20 mg/day\"\n";
  EXPECT_EQ(first_error(text("morphine", steps + visits + wanted + most) + kPlasma), "none");
  said(text("morphine", visits + wanted + most), "step: missing");
  said(text("morphine", "step = \"150 %\"\n" + visits + wanted + most),
       "step: allowed: above 0 %, below 100 %");
  said(text("morphine", "step = \"0 mg/day\"\n" + visits + wanted + most), "step: allowed: above 0");
  said(text("morphine", steps + "visit_every = \"0 h\"\n" + wanted + most),
       "visit_every: allowed: 1 h and more, less than the study lasts");
  said(text("morphine", steps + visits + wanted + "highest = \"0.5 mg/day\"\n"),
       "highest: allowed: `start` and more");
  said(text("morphine", steps + visits + wanted + most + "held_by = [\"gout\"]\n"),
       "held_by: \"gout\": allowed: pruritus, nausea, sedation");
  said(text("baclofen", steps + visits + wanted + most + "least_ventilation = \"50 %\"\n"),
       "baclofen has no ventilation_c50");
  said(text("gadobutrol", steps + visits + wanted + most), "gadobutrol has no relief_ec50");
  said(text("morphine", steps + visits + wanted + most) +
           "[[dose]]\nroute = \"intravenous\"\namount = \"1 mg\"\n",
       "dose: the dose is titrated; allowed: [[dose]] or [titrate]");
  said(text("morphine", steps + visits + wanted + most) + kPlasma +
           quantity("x", "clearance", "mL/min", "of = \"plasma\""),
       "the dose is titrated; allowed: of [[dose]] alone");
  const std::string by_hand =
      head("morphine", "1 h") + "[[dose]]\nroute = \"intravenous\"\namount = \"1 mg\"\n";
  said(by_hand + "[[probe]]\nname = \"d\"\nsite = \"dose\"\n", "allowed with [titrate] alone");
  said(text("morphine", steps + visits + wanted + most) + kPlasma +
           "[[probe]]\nname = \"d\"\nsite = \"dose\"\n" +
           quantity("x", "ratio", "1", "of = \"plasma\"\nover = \"d\"\nat = \"1 h\""),
       "over: \"d\" is no concentration");
  said(by_hand + kPlasma + quantity("x", "total effect", "h", "of = \"plasma\""),
       "\"plasma\" is no effect; allowed: ventilation, relief");
}

TEST(Study, quantities_over_others_must_be_there_and_alike) {
  const std::string good = head("morphine", "1 h") +
                           "[[dose]]\nroute = \"intravenous\"\namount = \"1 mg\"\n" + kPlasma +
                           quantity("peak", "peak", "ng/mL", "of = \"plasma\"") +
                           quantity("when", "peak time", "h", "of = \"plasma\"");
  const auto errors = [&](const std::string& of, const std::string& over) {
    auto study =
        read(good + quantity("x", "over", "1", fmt::format("of = \"{}\"\nover = \"{}\"", of, over))).value();
    study.id = "mine";
    const auto all = unmet({study});
    return all.empty() ? std::string{"none"} : to_string(all.front());
  };
  EXPECT_EQ(errors("mine/peak", "mine/peak"), "none");
  EXPECT_NE(errors("mine/peak", "other/peak").find("\"other/peak\": allowed: \"study/quantity\""),
            std::string::npos);
  EXPECT_NE(errors("mine/peak", "mine/x").find("neither of them made of others"), std::string::npos);
  EXPECT_NE(errors("mine/peak", "mine/when").find("a peak over a peak time; allowed: two of a kind"),
            std::string::npos);
}

TEST(Study, every_study_of_the_house_loads) {
  const auto all = load_studies(THECA_DATA_DIR, example::adult(), example::substances(), example::sources());
  ASSERT_TRUE(all) << to_string(all.error().front());
  EXPECT_GE(all->size(), 10U);
  for (const Study& study : *all) {
    const Individual who = middle(study.substance);
    for (const StudyQuantity& quantity : study.quantities) {
      if (!is_of_courses(quantity.kind)) continue;
      EXPECT_TRUE(std::isfinite(value_of(study, quantity, courses_of(study, who, example::adult()))))
          << study.id << ' ' << quantity.id;
    }
  }
}

}  // namespace
}  // namespace theca
