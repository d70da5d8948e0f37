#include "cli/run_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/report_html.hpp"
#include "cli/report_patient.hpp"
#include "cli/run_sample_testing.hpp"
#include "world/patient_twin.hpp"

namespace theca {
namespace {

namespace fs = std::filesystem;
using testing_sample::sample_run;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> split(const std::string& text, char between) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, between);) parts.push_back(part);
  return parts;
}

/// A folder of this test's own that goes with it.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("theca-run-files-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Numbers that a missed point would make tenfold: "3.0", "0.50", ".5".
std::vector<std::string> feared_numbers(const std::string& text) {
  static const std::regex feared(R"((^|[^\d.\w])(\d+\.\d*0(?![\d.\w])|\.\d))");
  std::vector<std::string> found;
  for (std::sregex_iterator i(text.begin(), text.end(), feared), end; i != end; ++i)
    found.push_back(i->str());
  return found;
}

/// The page without its style and scripts, as a reader sees it.
std::string seen(const std::string& html) {
  std::string text = html;
  for (const std::string tag : {"style", "script"}) {
    for (std::size_t open; (open = text.find('<' + tag)) != std::string::npos;) {
      const std::string close = "</" + tag + '>';
      text.erase(open, text.find(close, open) + close.size() - open);
    }
  }
  text = std::regex_replace(text, std::regex("</?(span|strong)[^>]*>"), "");
  return std::regex_replace(text, std::regex("<[^>]*>"), " ");
}

std::string data_of(const std::string& html) {
  const std::string open = R"(<script type="application/json" id="run-data">)";
  const std::size_t from = html.find(open) + open.size();
  return html.substr(from, html.find("</script>", from) - from);
}

RunResult run_with_patient(Duration lasts = days(3)) {
  std::vector<DataError> errors;
  const auto body = load_body_data(THECA_DATA_DIR, load_sources(THECA_DATA_DIR, errors));
  RunResult run = sample_run(lasts);
  run.patient = patient_of(run, {}, body.value());
  return run;
}

TEST(RunFiles, all_five_stand_in_a_folder_that_did_not_exist) {
  const Folder folder;
  const fs::path out = folder.path() / "out" / "made_up";
  const auto written = write_run_files(sample_run(), out);
  ASSERT_TRUE(written) << written.error();
  for (const char* name : {"summary.json", "delivery.csv", "events.jsonl", "report.html"}) {
    EXPECT_GT(fs::file_size(out / name), 100U) << name;
  }
  EXPECT_TRUE(fs::exists(out / "journal.jsonl"));
  EXPECT_EQ(std::distance(fs::directory_iterator(out.parent_path()), fs::directory_iterator()), 1)
      << "something was left beside it";
}

TEST(RunFiles, a_second_run_replaces_the_first_and_nothing_else) {
  const Folder folder;
  RunResult run = sample_run(days(1));
  ASSERT_TRUE(write_run_files(run, folder.path() / "out/"));
  std::ofstream(folder.path() / "out" / "note.txt") << "mine";
  run.title = "Another";
  ASSERT_TRUE(write_run_files(run, folder.path() / "out"));
  EXPECT_EQ(nlohmann::json::parse(read(folder.path() / "out" / "summary.json"))["title"], "Another");
  EXPECT_EQ(read(folder.path() / "out" / "note.txt"), "mine");
}

TEST(RunFiles, a_file_in_the_folders_place_is_told_and_kept) {
  const Folder folder;
  std::ofstream(folder.path() / "out") << "mine";
  const auto written = write_run_files(sample_run(days(1)), folder.path() / "out");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("is a file"), std::string::npos) << written.error();
  EXPECT_EQ(read(folder.path() / "out"), "mine");
}

TEST(RunFiles, the_same_run_gives_the_same_bytes) {
  EXPECT_EQ(report_html(sample_run(days(3))), report_html(sample_run(days(3))));
  EXPECT_EQ(summary_json(sample_run(days(3))), summary_json(sample_run(days(3))));
}

TEST(RunFiles, a_run_of_nothing_still_makes_every_file) {
  const RunResult nothing;
  EXPECT_TRUE(nlohmann::json::accept(summary_json(nothing).dump()));
  EXPECT_EQ(split(delivery_csv(nothing), '\n').size(), 1U);
  EXPECT_EQ(events_jsonl(nothing), "");
  EXPECT_TRUE(nlohmann::json::accept(data_of(report_html(nothing))));
}

TEST(DeliveryCsv, every_column_of_numbers_has_its_unit) {
  const auto rows = split(delivery_csv(sample_run(days(1))), '\n');
  const std::regex unit("_(h|ml|mg|ml_per_day|mg_per_ml)$");
  const std::set<std::string> words = {"local_time", "fluid_in_reservoir", "fluid_at_tip",
                                       "fluid_truly_at_tip"};
  const auto head = split(rows[0], ',');
  for (const std::string& name : head) {
    EXPECT_TRUE(words.contains(name) || std::regex_search(name, unit)) << name;
  }
  for (const std::string name :
       {"morphine_prescribed_mg", "morphine_at_tip_mg", "clonidine_at_tip_mg",
        "morphine_concentration_reservoir_mg_per_ml", "morphine_concentration_tip_mg_per_ml"}) {
    EXPECT_EQ(std::ranges::count(head, name), 1) << name;
  }
  for (const std::string& row : rows) EXPECT_EQ(split(row, ',').size(), head.size()) << row;
}

TEST(DeliveryCsv, one_exact_row_per_sample) {
  const RunResult run = sample_run(days(1));
  const auto rows = split(delivery_csv(run), '\n');
  ASSERT_EQ(rows.size(), run.samples.size() + 1);
  EXPECT_TRUE(rows[2].starts_with("0.166667,2026-03-26 08:10,0.002083,0.0018,")) << rows[2];
}

TEST(DeliveryCsv, local_times_follow_summer_time) {
  const auto rows = split(delivery_csv(sample_run(days(3), hours(1))), '\n');
  const auto at = [&](const std::string& hour) {
    const auto row =
        std::ranges::find_if(rows, [&](const std::string& r) { return r.starts_with(hour + ','); });
    return row == rows.end() ? "none" : split(*row, ',')[1];
  };
  EXPECT_EQ(at("65"), "2026-03-29 01:00");
  EXPECT_EQ(at("66"), "2026-03-29 03:00");
}

TEST(DeliveryCsv, a_fluid_with_a_comma_in_its_name_stays_one_cell) {
  RunResult run = sample_run(hours(1));
  run.fluids[0].name = "first, \"strong\"";
  EXPECT_NE(delivery_csv(run).find(",\"first, \"\"strong\"\"\","), std::string::npos);
}

TEST(SummaryJson, tells_what_was_prescribed_delivered_and_refused) {
  const RunResult run = sample_run();
  const auto json = summary_json(run);
  EXPECT_EQ(json["delivery"]["steps_commanded"], run.steps_commanded);
  EXPECT_EQ(json["delivery"]["largest_lag_steps"].dump(), "0.997");
  EXPECT_EQ(json["delivery"]["drugs"][0]["drug"], "morphine");
  const auto& boluses = json["boluses"];
  EXPECT_EQ(boluses["requested"], run.boluses.size());
  EXPECT_EQ(boluses["granted"].get<int>() + boluses["refused"].get<int>(), boluses["requested"].get<int>());
  EXPECT_EQ(boluses["refused_by_reason"]["lockout"], 14);
  EXPECT_EQ(boluses["cut"], 1);
  EXPECT_EQ(boluses["list"][0]["local"], "2026-03-26 11:00");
  EXPECT_EQ(json["alarms"][0]["name"], "motor stall");
  EXPECT_EQ(json["alarms"][1]["cleared"], nullptr);
  EXPECT_EQ(json["fronts"][0]["fluid"], "second");
  EXPECT_EQ(json["fronts"][0]["true_5_percent"]["t_h"].dump(), "94.833333");
  EXPECT_EQ(json["refill"]["by_local"], *run.refill_by);
}

TEST(EventsJsonl, one_object_per_event_with_the_catalogues_names) {
  const RunResult run = sample_run();
  const auto lines = split(events_jsonl(run), '\n');
  ASSERT_EQ(lines.size(), run.events.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto json = nlohmann::json::parse(lines[i]);
    EXPECT_EQ(json["t_ms"], run.events[i].at.raw());
    EXPECT_EQ(json["text"], run.marks[i].text);
    EXPECT_EQ(json.contains("refusal"), run.events[i].code == EventCode::kBolusRefused) << lines[i];
  }
  EXPECT_EQ(nlohmann::json::parse(lines[1])["formulation_name"], "first");
}

TEST(EventsJsonl, what_befell_the_pump_is_not_taken_for_its_own_words) {
  RunResult run = sample_run();
  const auto alarm = std::ranges::find(run.events, EventCode::kAlarmRaised, &Event::code);
  ASSERT_NE(alarm, run.events.end());
  const std::string before = events_jsonl(run);
  run.marks.insert(run.marks.begin(), {alarm->at, EventCode::kAlarmRaised, "The rotor is stuck.", false});
  EXPECT_EQ(events_jsonl(run), before);
}

TEST(EventsJsonl, an_event_without_a_mark_speaks_in_the_catalogues_words) {
  RunResult run = sample_run();
  run.marks.clear();
  EXPECT_NE(events_jsonl(run).find("\"text\":\"bolus refused: lockout\""), std::string::npos);
}

TEST(Report, needs_no_network) {
  const std::string html = report_html(sample_run());
  for (const char* outside : {"http://", "https://", "//cdn", "@import", "eval(", "Function(", "fetch("}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  EXPECT_FALSE(std::regex_search(html, std::regex(R"(url\([^#]|\ssrc=|\shref=)")));
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(html.find("{{"), std::string::npos) << "a place was left open";
}

TEST(Report, says_in_words_what_happened) {
  const std::string text = seen(report_html(sample_run()));
  for (const char* part : {"Research software", "was prescribed", "14 lockout", "motor stall",
                           "Refill by 2026-04-19 05:40", "day 5 10:00 (2026-03-30)", "5 % of it from"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(Report, has_a_figure_and_a_sentence_for_every_chart) {
  const std::string html = report_html(sample_run());
  for (const std::string id : {"cumulative", "difference", "flow", "dose-0", "dose-1", "concentration-0",
                               "concentration-1", "reservoir", "boluses", "lane"}) {
    EXPECT_NE(html.find("id=\"" + id + '"'), std::string::npos) << id;
  }
  EXPECT_EQ(html.find("<p class=\"sentence\"></p>"), std::string::npos);
}

TEST(Report, keeps_every_sample_and_bolus) {
  const RunResult run = sample_run();
  const auto data = nlohmann::json::parse(data_of(report_html(run)));
  EXPECT_EQ(data["columns"]["t"].size(), run.samples.size());
  EXPECT_EQ(data["boluses"].size(), run.boluses.size());
  std::int64_t delivered = 0;
  for (const auto& difference : data["columns"]["delivered"]) delivered += difference.get<std::int64_t>();
  EXPECT_EQ(delivered, run.samples.back().delivered.raw());
}

TEST(Report, a_title_that_closes_the_script_is_only_a_title) {
  RunResult run = sample_run(days(1));
  const auto elements = [](const std::string& html) {
    const std::regex open("<script");
    return std::distance(std::sregex_iterator(html.begin(), html.end(), open), std::sregex_iterator());
  };
  const auto before = elements(report_html(run));
  const std::string attack = "</script><script>alert(1)</script><!-- \" onload=x {{data}}";
  run.title = run.about = run.fluids[0].name = run.drugs[0].name = run.notes[0] = run.marks[0].text = attack;
  const std::string html = report_html(run);
  EXPECT_EQ(elements(html), before);
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find("<!-- "), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(data_of(html)));
}

// ---- the patient ------------------------------------------------------------------------------------------

TEST(RunPatient, stands_in_every_file_and_in_none_when_nobody_asked) {
  const Folder folder;
  const RunResult run = run_with_patient();
  ASSERT_TRUE(write_run_files(run, folder.path() / "with"));
  const auto rows = split(read(folder.path() / "with" / "patient.csv"), '\n');
  EXPECT_EQ(rows.size(), 1 + run.patient->times.size() * run.patient->drugs.size());
  const auto map = split(read(folder.path() / "with" / "csf.csv"), '\n');
  EXPECT_EQ(split(map[0], ',').size(), 2 + 60U);
  EXPECT_EQ(split(map[1], ',').size(), 2 + 60U);
  const auto summary = nlohmann::json::parse(read(folder.path() / "with" / "summary.json"));
  EXPECT_EQ(summary["patient"]["drugs"].size(), run.patient->drugs.size());
  const std::string html = read(folder.path() / "with" / "report.html");
  EXPECT_NE(html.find("data-chart=\"spine\""), std::string::npos);
  EXPECT_NE(html.find("In the spinal fluid: morphine"), std::string::npos);

  ASSERT_TRUE(write_run_files(sample_run(days(1)), folder.path() / "without"));
  EXPECT_FALSE(fs::exists(folder.path() / "without" / "patient.csv"));
  EXPECT_EQ(read(folder.path() / "without" / "report.html").find("data-chart=\"spine\""), std::string::npos);
}

/// Bands as a cohort would give them: one drug, three moments.
RunResult run_with_bands() {
  RunResult run = run_with_patient();
  PatientBands bands;
  bands.patients = 500;
  bands.seed = 7;
  bands.times = {Instant{}, Instant{} + days(1), Instant{} + days(3)};
  const Band band{{0, 0.1F, 0.2F}, {0, 0.2F, 0.3F}, {0, 0.3F, 0.4F}, {0, 0.4F, 0.5F}, {0, 0.5F, 0.6F}};
  bands.pain = bands.spasticity = bands.ventilation = bands.withdrawal = band;
  bands.drugs = {{0, band, band, band}};
  bands.least_ventilation = {0.2, 0.3, 0.4, 0.5, 0.6};
  bands.most_relief_of_pain = {0.1, 0.3, 0.6, 0.7, 0.8};
  bands.pain_halved = {0.64, {3'600'000, 3'600'000, 36'000'000, 72'000'000, 90'000'000}};
  bands.ventilation_halved = 0.72;
  run.fronts.resize(1);
  run.fronts[0].fluid = 1;
  bands.fronts = {{1, {1'000'000, 2'000'000, 3'000'000, 4'000'000, 5'000'000}}};
  run.patient->bands = bands;
  return run;
}

TEST(RunPatient, many_patients_stand_in_every_file_and_an_older_runs_go) {
  const Folder folder;
  ASSERT_TRUE(write_run_files(run_with_bands(), folder.path() / "many"));
  const auto rows = split(read(folder.path() / "many" / "bands.csv"), '\n');
  EXPECT_EQ(rows.size(), 1 + 3U * (3 + 3)) << "pain, ventilation, withdrawal and three levels";
  EXPECT_NE(rows[2].find(",,pain relieved (share),0.1,0.2,0.3,0.4,0.5"), std::string::npos) << rows[2];
  const auto many = nlohmann::json::parse(read(folder.path() / "many" / "summary.json"))["patient"]["many"];
  EXPECT_EQ(many["patients"], 500);
  EXPECT_EQ(many["pain_halved"]["share"], 0.64);
  EXPECT_EQ(many["pain_halved"]["t_h"]["median"], 10);
  const std::string html = read(folder.path() / "many" / "report.html");
  EXPECT_NE(html.find("data-chart=\"bandEffects\""), std::string::npos);
  EXPECT_NE(html.find("data-chart=\"bands\""), std::string::npos);
  EXPECT_EQ(html.find("data-chart=\"effects\""), std::string::npos) << "bands instead of one curve";

  ASSERT_TRUE(write_run_files(run_with_patient(), folder.path() / "many"));
  EXPECT_FALSE(fs::exists(folder.path() / "many" / "bands.csv")) << "of an older run";
  EXPECT_TRUE(fs::exists(folder.path() / "many" / "effects.csv"));
}

TEST(RunPatient, many_patients_are_told_with_median_and_spread) {
  const std::string said = bands_sentence(run_with_bands());
  for (const char* part :
       {"500 patients like this one (seed 7)", "at most 60 % (10 % to 80 %) is relieved",
        "halved in 64 % of them", "falls to 0.40 (0.20 to 0.60), to less than half in 72 %"})
    EXPECT_NE(said.find(part), std::string::npos) << said;
}

TEST(RunPatient, the_reports_map_gives_the_levels_back_to_a_hundredth) {
  const RunResult run = run_with_patient();
  const auto data = nlohmann::json::parse(data_of(report_html(run)))["patient"];
  const DrugInPatient& drug = run.patient->drugs[0];
  ASSERT_EQ(data["drugs"][0]["map"].size(), 60U);
  for (const std::size_t k : {0U, 14U, 28U, 59U}) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < run.patient->times.size(); ++i) {
      value += data["drugs"][0]["map"][k][i].get<std::int64_t>();
      const double shown = value > 0 ? 1e-6 * std::pow(10, static_cast<double>(value) / 400) : 0;
      EXPECT_NEAR(shown, drug.fluid[i][k], 0.01 * drug.fluid[i][k] + 1.1e-6) << k << " cm, time " << i;
    }
  }
}

TEST(RunPatient, says_when_the_effective_level_is_reached_and_that_it_is_not_verified) {
  RunResult run = run_with_patient();
  const std::string said = patient_sentence(run, run.patient->drugs[0]);
  EXPECT_NE(said.find("a figure that is not verified) is reached on day"), std::string::npos) << said;
  run.patient->drugs[0].effective_from.reset();
  EXPECT_NE(patient_sentence(run, run.patient->drugs[0]).find("is not reached"), std::string::npos);
  run.patient->drugs[0].dosed_ug = 0;
  EXPECT_EQ(patient_sentence(run, run.patient->drugs[0]), "None of it left the tip in this run.");
}

TEST(RunPatient, a_level_is_written_with_three_digits_in_its_own_unit) {
  EXPECT_EQ(level_text(12.345), "12.3 mcg/mL");
  EXPECT_EQ(level_text(0.1), "0.1 mcg/mL");
  EXPECT_EQ(level_text(0.0123), "12.3 ng/mL");
  EXPECT_EQ(level_text(0), "0 ng/mL");
  EXPECT_EQ(level_text(3'333), "3333 mcg/mL");
  EXPECT_EQ(level_text(5e-11), "less than 0.001 ng/mL");
}

TEST(RunNumbers, the_search_for_feared_numbers_finds_them) {
  for (const char* bad : {"3.0 mg", "0.50,", "x .5", ">.5<", "1.10"})
    EXPECT_FALSE(feared_numbers(bad).empty()) << bad;
  for (const char* good : {"3 mg.", "0.5,", "2026-03-02 08:00", "10", "100 mL. Next", "0.1.0"}) {
    EXPECT_TRUE(feared_numbers(good).empty()) << good << ": " << feared_numbers(good).front();
  }
}

TEST(RunNumbers, none_ends_in_a_zero_after_its_point_or_begins_with_the_point) {
  const RunResult run = run_with_patient();
  const std::string html = report_html(run);
  for (const std::string& text : {summary_json(run).dump(2), delivery_csv(run), events_jsonl(run), seen(html),
                                  data_of(html), patient_csv(run), csf_csv(run)}) {
    for (const std::string& bad : feared_numbers(text)) ADD_FAILURE() << '"' << bad << '"';
  }
}

}  // namespace
}  // namespace theca
