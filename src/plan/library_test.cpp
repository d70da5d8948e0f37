#include "plan/library.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "plan/library_text.hpp"

namespace theca {
namespace {

namespace fs = std::filesystem;

const Library& library() {
  static const Library loaded = [] {
    auto read = load_library(THECA_SOURCE_DIR "/data");
    if (!read) {
      for (const DataError& error : read.error()) ADD_FAILURE() << to_string(error);
      return Library{};
    }
    return std::move(*read);
  }();
  return loaded;
}

const DrugEntry& drug(std::string_view name) {
  const DrugEntry* found = library().find_drug(name);
  if (found == nullptr) throw std::runtime_error("no drug " + std::string(name));
  return *found;
}
const PumpEntry& pump(std::string_view name) {
  const PumpEntry* found = library().find_pump(name);
  if (found == nullptr) throw std::runtime_error("no pump " + std::string(name));
  return *found;
}

constexpr DoseRate tenth_micrograms_per_day(std::int64_t n) { return DoseRate{n * 100'000'000}; }

// The data

TEST(Library, loads_eight_drugs_and_five_pumps) {
  ASSERT_EQ(library().drugs.size(), 8U);
  ASSERT_EQ(library().pumps.size(), 5U);
}

TEST(Library, names_every_drug_and_its_class) {
  const std::vector<std::pair<std::string, DrugClass>> expected = {
      {"morphine", DrugClass::kOpioid},     {"hydromorphone", DrugClass::kOpioid},
      {"fentanyl", DrugClass::kOpioid},     {"sufentanil", DrugClass::kOpioid},
      {"bupivacaine", DrugClass::kNeither}, {"clonidine", DrugClass::kWithdrawalProne},
      {"ziconotide", DrugClass::kNeither},  {"baclofen", DrugClass::kWithdrawalProne}};
  for (const auto& [name, drug_class] : expected) EXPECT_EQ(drug(name).drug_class(), drug_class) << name;
  EXPECT_EQ(drug("baclofen").safe_action(), SafeAction::kEmergencyRate);
  EXPECT_EQ(drug("morphine").safe_action(), SafeAction::kMinimumRate);
}

TEST(Library, every_number_has_a_source_of_the_register) {
  const auto check = [](std::string_view key, const auto& number) {
    ASSERT_FALSE(number.sources.empty()) << key;
    ASSERT_FALSE(number.text.empty()) << key;
    bool read = false;
    for (const std::string& id : number.sources) {
      const auto source = library().sources.find(id);
      ASSERT_NE(source, library().sources.end()) << key << " " << id;
      read = read || source->second.read;
    }
    if (number.verified) {
      EXPECT_TRUE(read) << key;
    }
    if (number.hard()) {
      EXPECT_TRUE(number.verified) << key;
    }
  };
  for (const DrugEntry& one : library().drugs) for_each_number(one, check);
  for (const PumpEntry& one : library().pumps) for_each_number(one, check);
}

TEST(Library, consensus_tables_that_nobody_opened_are_never_verified) {
  const auto check = [](std::string_view key, const auto& number) {
    const bool only_table = std::ranges::all_of(
        number.sources, [](const std::string& id) { return id.starts_with("PACC-") || id == "S138"; });
    if (only_table) {
      EXPECT_FALSE(number.verified) << key << " " << number.text;
    }
  };
  for (const DrugEntry& one : library().drugs) for_each_number(one, check);
}

TEST(Library, codes_are_unique_and_not_zero) {
  std::set<DrugCode> drugs{DrugCode::kNone};
  for (const DrugEntry& one : library().drugs) EXPECT_TRUE(drugs.insert(one.code).second) << one.name;
  std::set<std::uint16_t> pumps{0};
  for (const PumpEntry& one : library().pumps) EXPECT_TRUE(pumps.insert(one.code).second) << one.name;
}

TEST(Library, ziconotide_is_a_calcium_channel_blocker_and_no_anti_inflammatory) {
  const DrugEntry& ziconotide = drug("Prialt");
  EXPECT_TRUE(ziconotide.kind.starts_with("N-type calcium-channel blocker")) << ziconotide.kind;
  EXPECT_NE(ziconotide.kind.find("not a non-steroidal anti-inflammatory drug"), std::string::npos);
  EXPECT_EQ(describe(ziconotide, library()).find("NSAID"), std::string::npos);
}

TEST(Library, ziconotide_maximum_is_hard_and_differs_between_us_and_eu) {
  const auto& max = drug("ziconotide").max_per_day;
  const auto* us = strictest(max, {"US", {}}, LimitKind::kHard);
  const auto* eu = strictest(max, {"EU", {}}, LimitKind::kHard);
  ASSERT_NE(us, nullptr);
  ASSERT_NE(eu, nullptr);
  EXPECT_EQ(us->value, tenth_micrograms_per_day(192));
  EXPECT_TRUE(us->verified);
  EXPECT_EQ(us->sources, (std::vector<std::string>{"S74", "S75"}));
  EXPECT_EQ(eu->value, tenth_micrograms_per_day(216));
  EXPECT_TRUE(eu->verified);
  EXPECT_EQ(strictest(max, {}, LimitKind::kHard), us) << "an unknown place counts as the strictest";
}

TEST(Library, ziconotide_keeps_14_84_and_40_days_and_asks_for_three_rinses) {
  const DrugEntry& ziconotide = drug("ziconotide");
  std::vector<std::pair<StabilityUse, Duration>> found;
  for (const auto& one : ziconotide.stability) found.emplace_back(one.value.use, one.value.period);
  EXPECT_EQ(found, (std::vector<std::pair<StabilityUse, Duration>>{{StabilityUse::kNaivePump, days(14)},
                                                                   {StabilityUse::kUndiluted, days(84)},
                                                                   {StabilityUse::kDiluted, days(40)}}));
  ASSERT_EQ(ziconotide.first_fill_rinse.size(), 1U);
  const Rinse& rinse = ziconotide.first_fill_rinse[0].value;
  EXPECT_EQ(rinse.times, 3);
  EXPECT_EQ(rinse.volume, millilitres(2));
  EXPECT_EQ(rinse.concentration, micrograms_per_millilitre(25));
}

TEST(Library, ziconotide_steps_have_their_spacing) {
  const auto& steps = drug("ziconotide").titration_step;
  const auto us = applicable(steps, {"US", {}});
  const auto eu = applicable(steps, {"EU", {}});
  ASSERT_FALSE(us.empty());
  ASSERT_FALSE(eu.empty());
  EXPECT_EQ(us[0]->value.max_dose, tenth_micrograms_per_day(24));
  EXPECT_EQ(us[0]->value.max_per_week, 3);
  EXPECT_EQ(eu[0]->value.spacing, hours(24));
}

TEST(Library, morphine_limits_tell_label_and_consensus_apart) {
  const DrugEntry& morphine = drug("morphine");
  const auto* concentration = strictest(morphine.max_concentration, {}, LimitKind::kSoft);
  ASSERT_NE(concentration, nullptr);
  EXPECT_EQ(concentration->value, milligrams_per_millilitre(20));
  EXPECT_FALSE(concentration->verified);
  EXPECT_EQ(strictest(morphine.max_concentration, {}, LimitKind::kHard), nullptr);
  const auto* max = strictest(morphine.max_per_day, {}, LimitKind::kSoft);
  ASSERT_NE(max, nullptr);
  EXPECT_EQ(max->value, milligrams_per_day(15));
  EXPECT_FALSE(max->verified);
  ASSERT_EQ(morphine.concentration.size(), 2U);
  EXPECT_EQ(morphine.concentration[1].value, milligrams_per_millilitre(25));
  EXPECT_TRUE(morphine.concentration[1].verified);
}

TEST(Library, bupivacaine_maximum_depends_on_the_edition) {
  const auto& max = drug("bupivacaine").max_per_day;
  ASSERT_EQ(max.size(), 2U);
  EXPECT_EQ(max[0].edition, "PACC 2012");
  EXPECT_EQ(max[0].value, milligrams_per_day(10));
  EXPECT_EQ(max[1].edition, "PACC 2017");
  EXPECT_EQ(max[1].value, milligrams_per_day(15));
}

TEST(Library, baclofen_differs_between_spinal_and_cerebral) {
  const DrugEntry& baclofen = drug("Lioresal");
  const auto spinal = applicable(baclofen.titration_step, {"", {"spinal spasticity", "adult"}});
  const auto cerebral = applicable(baclofen.titration_step, {"", {"cerebral spasticity", "adult"}});
  ASSERT_FALSE(spinal.empty());
  ASSERT_FALSE(cerebral.empty());
  EXPECT_EQ(spinal[0]->value.share->high, 300'000);
  EXPECT_EQ(cerebral[0]->value.share->high, 150'000);
  EXPECT_EQ(spinal[0]->value.spacing, hours(24));
  const auto bolus = std::ranges::find_if(baclofen.patient_bolus, [](const auto& one) {
    return one.value.advised_against && one.value.actuator == ActuatorKind::kValve;
  });
  ASSERT_NE(bolus, baclofen.patient_bolus.end());
  EXPECT_EQ(bolus->sources, std::vector<std::string>{"S35"});
}

TEST(Library, labels_of_implantable_pumps_in_the_us) {
  for (const char* name : {"morphine", "baclofen", "ziconotide"}) {
    EXPECT_EQ(drug(name).on_label_in("US"), true) << name;
  }
  for (const char* name : {"hydromorphone", "fentanyl", "sufentanil", "bupivacaine", "clonidine"}) {
    EXPECT_EQ(drug(name).on_label_in("US"), false) << name;
  }
  EXPECT_EQ(drug("morphine").on_label_in("EU"), std::nullopt);
}

TEST(Library, roller_model) {
  const auto model = pump_model(pump("roller-40"));
  ASSERT_TRUE(model) << model.error();
  EXPECT_EQ(model->code, 2);
  EXPECT_EQ(model->actuator, ActuatorKind::kRoller);
  EXPECT_EQ(model->step, nanolitres(10));
  EXPECT_EQ(model->min_flow, microlitres_per_day(48));
  EXPECT_EQ(model->max_flow, microlitres_per_day(24'000));
  EXPECT_EQ(model->minimum_rate, microlitres_per_day(6));
  EXPECT_EQ(model->capacity, millilitres(40));
  EXPECT_EQ(model->residual, microlitres(1'400));
  EXPECT_EQ(model->low_alarm, millilitres(2));
  EXPECT_EQ(model->accuracy_ppm, 145'000);
  EXPECT_EQ(model->tubing, microlitres(199));
  EXPECT_EQ(model->catheter_per_cm, nanolitres(2'200));
  EXPECT_FALSE(pump("roller-40").tubing->verified);
  EXPECT_FALSE(pump("roller-40").catheter_per_cm->verified);
  EXPECT_TRUE(pump("roller-40").accuracy.verified);
}

TEST(Library, valve_model) {
  const auto model = pump_model(pump("valve-20"));
  ASSERT_TRUE(model) << model.error();
  EXPECT_EQ(model->actuator, ActuatorKind::kValve);
  EXPECT_EQ(model->step, nanolitres(2'500));
  EXPECT_EQ(model->max_flow, microlitres_per_day(28'800));
  EXPECT_EQ(model->minimum_rate, nanolitres_per_day(0));
  EXPECT_EQ(model->catheter_per_cm, nanolitres(2'600));
  EXPECT_EQ(model->accuracy_ppm, 150'000);
  EXPECT_TRUE(pump("valve-20").catheter_per_cm->verified);
}

TEST(Library, what_no_maker_publishes_is_an_assumption_and_says_so) {
  for (const char* name : {"roller-20", "roller-40", "valve-20", "valve-40"}) {
    const auto& step = *pump(name).largest_step;
    EXPECT_FALSE(step.verified) << name;
    EXPECT_EQ(step.sources, std::vector<std::string>{"theca"}) << name;
    EXPECT_TRUE(step.note.starts_with("Assumption")) << name;
  }
  EXPECT_TRUE(pump("valve-40").tubing->note.starts_with("Assumption"));
}

TEST(Library, a_constant_flow_pump_has_no_programmable_actuator) {
  const PumpEntry& constant = pump("constant-flow");
  EXPECT_EQ(constant.fixed_flow.size(), 4U);
  const auto model = pump_model(constant);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error(), "no programmable actuator");
}

TEST(Library, finds_names_whatever_the_case_and_suggests_for_a_misspelt_one) {
  EXPECT_EQ(library().find_drug("Morphine"), library().find_drug(DrugCode{1}));
  EXPECT_EQ(library().find_drug("INFUMORPH"), library().find_drug("morphine"));
  EXPECT_EQ(library().find_drug("morphin"), nullptr);
  EXPECT_EQ(library().find_drug(""), nullptr);
  EXPECT_EQ(library().find_drug(DrugCode::kNone), nullptr);
  ASSERT_FALSE(library().suggest_drugs("morphin").empty());
  EXPECT_EQ(library().suggest_drugs("morphin")[0], "morphine");
  EXPECT_EQ(library().suggest_pumps("roler-40")[0], "roller-40");
  EXPECT_TRUE(library().suggest_drugs("xyzzy").empty());
  EXPECT_TRUE(library().suggest_drugs(std::string(100'000, 'm')).empty());
  EXPECT_EQ(library().find_pump(std::uint16_t{5}), library().find_pump("constant-flow"));
}

TEST(Scope, an_unknown_population_rules_nothing_out) {
  EXPECT_TRUE(applies("US", "opioid-naive", {}));
  EXPECT_TRUE(applies("", "", {"US", {"cancer"}}));
  EXPECT_FALSE(applies("EU", "", {"US", {}}));
  EXPECT_TRUE(applies("", "non-cancer", {"US", {"opioid-naive"}}));
  EXPECT_FALSE(applies("", "non-cancer", {"US", {"opioid-naive", "cancer"}}));
  EXPECT_TRUE(applies("", "cancer", {"US", {"cancer"}}));
}

// The loader, on copies of the data with something wrong

class Data {
 public:
  Data() {
    static std::atomic<int> number = 0;
    directory_ = fs::temp_directory_path() /
                 ("theca-library-" + std::to_string(getpid()) + "-" + std::to_string(number++));
    fs::create_directories(directory_);
    fs::copy(THECA_SOURCE_DIR "/data/drugs", directory_ / "drugs", fs::copy_options::recursive);
    fs::copy(THECA_SOURCE_DIR "/data/pumps", directory_ / "pumps", fs::copy_options::recursive);
    fs::copy(THECA_SOURCE_DIR "/data/sources.toml", directory_ / "sources.toml");
  }
  ~Data() { fs::remove_all(directory_); }
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;

  void write(const std::string& file, const std::string& text) const {
    std::ofstream(directory_ / file, std::ios::binary) << text;
  }
  /// Replaces the first `from`.
  void change(const std::string& file, const std::string& from, const std::string& to) const {
    std::stringstream read;
    read << std::ifstream(directory_ / file).rdbuf();
    std::string text = read.str();
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write(file, text.replace(at, from.size(), to));
  }
  [[nodiscard]] const fs::path& directory() const { return directory_; }
  [[nodiscard]] std::vector<DataError> errors() const {
    auto read = load_library(directory_);
    return read ? std::vector<DataError>{} : std::move(read.error());
  }
  /// The only error there is.
  [[nodiscard]] std::string error() const {
    const auto all = errors();
    std::string text;
    for (const DataError& one : all) text += (text.empty() ? "" : "\n") + to_string(one);
    return text;
  }

 private:
  fs::path directory_;
};

const std::string kNewDrug = R"(schema = 1
code = 900
name = "newdrug"
kind = "opioid"

[class]
value = "opioid"
sources = ["S62"]
verified = true

[[on_label]]
value = false
jurisdiction = "US"
sources = ["S23"]
verified = true
)";

TEST(Loader, a_new_drug_is_one_file) {
  const Data data;
  data.write("drugs/newdrug.toml", kNewDrug);
  const auto read = load_library(data.directory());
  ASSERT_TRUE(read) << data.error();
  ASSERT_NE(read->find_drug("newdrug"), nullptr);
  EXPECT_EQ(read->drugs.back().code, DrugCode{900});
}

TEST(Loader, a_hard_limit_needs_a_verified_source) {
  const Data data;
  data.write("drugs/newdrug.toml", kNewDrug + R"(
[[max_per_day]]
value = "5 mg/day"
limit = "hard"
sources = ["PACC-2017"]
verified = false
)");
  EXPECT_EQ(
      data.error(),
      "drugs/newdrug.toml:19: max_per_day[1].limit: \"hard\" on a number that is not verified; allowed: "
      "\"soft\", \"information\"");
}

TEST(Loader, a_source_nobody_read_verifies_nothing) {
  const Data data;
  data.write("drugs/newdrug.toml", kNewDrug + R"(
[[max_per_day]]
value = "5 mg/day"
limit = "hard"
sources = ["theca", "PACC-2017"]
verified = true
)");
  const auto errors = data.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].key, "max_per_day[1].verified");
  EXPECT_EQ(errors[0].line, 21U);
}

TEST(Loader, says_file_line_key_value_and_what_is_allowed) {
  const Data data;
  data.change("drugs/morphine.toml", "value = \"20 mg/mL\"", "value = \"20.0 mg/mL\"");
  const auto errors = data.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].file, "drugs/morphine.toml");
  EXPECT_GT(errors[0].line, 1U);
  EXPECT_EQ(errors[0].key, "max_concentration[1].value");
  EXPECT_NE(errors[0].message.find("20.0 mg/mL"), std::string::npos) << errors[0].message;
}

struct Fault {
  std::string file;
  std::string from;
  std::string to;
  std::string expected;  // part of "key: message"
};

TEST(Loader, refuses_what_is_wrong_and_says_what_is_allowed) {
  const std::vector<Fault> faults = {
      {"drugs/baclofen.toml", "code = 7", "code = 0", "code: 0: allowed: a whole number from 1 to 65535"},
      {"drugs/baclofen.toml", "code = 7", "code = 65536", "code: 65536: allowed: a whole number from 1"},
      {"drugs/morphine.toml", "code = 1", "code = 7", "code: 7: taken by drugs/baclofen.toml"},
      {"drugs/baclofen.toml", "schema = 1", "schema = 2", "schema: 2: allowed: a whole number from 1 to 1"},
      {"drugs/baclofen.toml", "code = 7", "cod = 7", "cod: unknown key; allowed: aliases, class, code"},
      {"drugs/baclofen.toml", "code = 7\n", "", "code: missing"},
      {"drugs/baclofen.toml", "name = \"baclofen\"", "name = \"bacloven\"",
       "name: \"bacloven\": allowed: the file's name"},
      {"drugs/morphine.toml", "[\"Infumorph\"]", "[\"prialt\"]", "taken by drugs/morphine.toml"},
      {"drugs/morphine.toml", "[\"Infumorph\"]", "\"Infumorph\"",
       "aliases: \"Infumorph\": allowed: a list of texts"},
      {"drugs/morphine.toml", "verified = true", "verified = \"yes\"",
       "verified: \"yes\": allowed: true, false"},
      {"drugs/morphine.toml", "verified = true", "", "verified: missing"},
      {"drugs/morphine.toml", "sources = [\"S62\", \"S72\"]", "sources = [\"S999\"]",
       "sources: \"S999\": allowed: an id of"},
      {"drugs/morphine.toml", "sources = [\"S62\", \"S72\"]", "sources = []",
       "sources: empty; allowed: at least one"},
      {"drugs/morphine.toml", "limit = \"soft\"", "limit = \"warn\"",
       "limit: \"warn\": allowed: information, soft, hard"},
      {"drugs/morphine.toml", "population = \"opioid-naive\"", "population = \"naive\"",
       "population: \"naive\": allowed: opioid-naive"},
      {"drugs/morphine.toml", "jurisdiction = \"US\"", "jurisdiction = \"USA\"",
       "jurisdiction: \"USA\": allowed: US, EU"},
      {"drugs/morphine.toml", "low = \"0.2 mg/day\"", "low = \"2 mg/day\"",
       "low: \"2 mg/day\": allowed: up to high, 1 mg/day"},
      {"drugs/morphine.toml", "low = \"0.2 mg/day\"", "low = 0.2",
       "low: the decimal number 0.2: allowed: text in quotes"},
      {"drugs/morphine.toml", "value = \"15 mg/day\"", "value = \"0 mg/day\"",
       "zero; allowed: a value above zero"},
      {"drugs/morphine.toml", "value = \"15 mg/day\"", "value = \"15 mg\"", "max_per_day[2].value: "},
      {"drugs/morphine.toml", "with = [\"baclofen\"]", "with = [\"Lioresal\"]",
       "with: \"Lioresal\": allowed: the name of a drug"},
      {"drugs/morphine.toml", "share_high = \"30 %\"\n", "", "titration_step[1]: says no size"},
      {"drugs/morphine.toml", "[class]", "[[class]]", "class: not a table; allowed: [class]"},
      {"drugs/morphine.toml", "[class]", "[klass]", "class: missing"},
      {"drugs/morphine.toml", "value = \"opioid\"", "value = \"unknown\"",
       "class.value: \"unknown\": allowed: neither, opioid"},
      {"pumps/valve-20.toml", "value = \"2.5 µL\"", "value = \"25 µL\"",
       "largest_step.value: \"25 µL\": out of the range"},
      {"pumps/valve-20.toml", "[tubing]", "[tube]", "tubing: missing"},
      {"pumps/valve-20.toml", "actuator = \"valve\"", "actuator = \"pump\"",
       "actuator: \"pump\": allowed: roller, valve, constant-flow"},
      {"pumps/roller-20.toml", "value = \"0.048 mL/day\"", "value = \"48 mL/day\"",
       "min_flow: \"48 mL/day\": allowed: up to max_flow, 24 mL/day"},
      {"pumps/roller-20.toml", "value = \"14.5 %\"", "value = \"145 %\"",
       "accuracy.value: \"145 %\": allowed: below 100 %"},
      {"pumps/roller-20.toml", "value = \"2 mL\"", "value = \"20 mL\"",
       "low_alarm: \"20 mL\": allowed: below capacity, 20 mL"},
      {"pumps/constant-flow.toml", "[refill_set_prime]", "[largest_step]",
       "a constant-flow pump has no such constant"},
      {"pumps/constant-flow.toml", "code = 5", "code = 5.5",
       "code: the decimal number 5.5: allowed: a whole number"},
      {"sources.toml", "id = \"S2\"\n", "id = \"S1\"\n", "source["},
      {"sources.toml", "read = true\n", "read = 1\n", "read: 1: allowed: true, false"},
  };
  for (const Fault& fault : faults) {
    const Data data;
    data.change(fault.file, fault.from, fault.to);
    const std::string errors = data.error();
    EXPECT_NE(errors.find(fault.expected), std::string::npos)
        << fault.file << ": " << fault.to << "\nexpected: " << fault.expected << "\n"
        << errors;
    EXPECT_NE(errors.find(".toml:"), std::string::npos) << errors;
  }
}

TEST(Loader, reports_all_errors_of_all_files_at_once) {
  const Data data;
  data.change("drugs/morphine.toml", "code = 1", "code = \"1\"");
  data.change("drugs/ziconotide.toml", "verified = true", "verified = true\nnonsense = 3");
  data.write("drugs/broken.toml", "code = = 1\n");
  data.change("pumps/roller-20.toml", "[tubing]", "[tube]");
  const auto errors = data.errors();
  std::set<std::string> files;
  for (const DataError& error : errors) files.insert(error.file);
  EXPECT_EQ(files, (std::set<std::string>{"drugs/broken.toml", "drugs/morphine.toml", "drugs/ziconotide.toml",
                                          "pumps/roller-20.toml"}));
}

TEST(Loader, a_file_that_is_not_toml_gets_its_line) {
  const Data data;
  data.write("drugs/broken.toml", "schema = 1\ncode = = 1\n");
  const auto errors = data.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].file, "drugs/broken.toml");
  EXPECT_EQ(errors[0].line, 2U);
}

TEST(Loader, a_folder_without_data_is_an_error_for_each_part) {
  const auto read = load_library("/nonexistent-theca-data");
  ASSERT_FALSE(read);
  ASSERT_EQ(read.error().size(), 3U);
  EXPECT_EQ(read.error()[0].file, "sources.toml");
}

// Cards

std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TEST(Cards, fit_the_terminal_and_mark_what_is_not_verified) {
  std::string all = drug_table(library().drugs) + pump_table(library().pumps);
  for (const DrugEntry& one : library().drugs) all += describe(one, library());
  for (const PumpEntry& one : library().pumps) all += describe(one, library());
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) {
    const bool one_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
    EXPECT_TRUE(columns(line) <= kCardColumns || one_word) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
  const std::string card = describe(drug("morphine"), library());
  EXPECT_NE(card.find("15 mg/day (unverified); soft limit"), std::string::npos) << card;
  EXPECT_NE(card.find("[S62] Infumorph label text"), std::string::npos) << card;
  EXPECT_NE(describe(drug("ziconotide"), library()).find("19.2 mcg/day; HARD limit; label; US"),
            std::string::npos);
}

TEST(Cards, no_number_starts_or_ends_with_a_point_or_ends_in_a_zero_fraction) {
  std::string all;
  for (const DrugEntry& one : library().drugs) {
    for_each_number(one, [&](std::string_view, const auto& number) { all += number.text + " ; "; });
  }
  for (const PumpEntry& one : library().pumps) {
    for_each_number(one, [&](std::string_view, const auto& number) { all += number.text + " ; "; });
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 1; i + 1 < all.size(); ++i) {
    if (all[i] != '.') continue;
    if (is_digit(all[i + 1])) {
      EXPECT_TRUE(is_digit(all[i - 1])) << all.substr(i - 1, 20);
      std::size_t end = i + 1;
      while (is_digit(all[end])) ++end;
      EXPECT_NE(all[end - 1], '0') << all.substr(i - 1, 20);
    }
  }
}

TEST(Json, carries_value_and_pedigree) {
  const nlohmann::json ziconotide = to_json(drug("ziconotide"));
  const nlohmann::json& max = ziconotide.at("max_per_day").at(0);
  EXPECT_EQ(max.at("text"), "19.2 mcg/day");
  EXPECT_EQ(max.at("fg_per_day"), 19'200'000'000);
  EXPECT_EQ(max.at("limit"), "hard");
  EXPECT_EQ(max.at("verified"), true);
  EXPECT_EQ(max.at("jurisdiction"), "US");
  EXPECT_EQ(ziconotide.at("class").at("value"), "neither");
  const nlohmann::json roller = to_json(pump("roller-20"));
  EXPECT_EQ(roller.at("tubing").at("nl"), 199'000);
  EXPECT_EQ(roller.at("accuracy").at("ppm"), 145'000);
  EXPECT_EQ(roller.at("service_life").at("years"), 7);
  EXPECT_EQ(to_json(library()).at("drugs").size(), 8U);
}

}  // namespace
}  // namespace theca
