// What became of a therapy, from a virtual pump whose hours pass in seconds. The gateway's pass to read lasts
// a day of the pump's clock: no test lives as long.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "cli/desk_testing.hpp"
#include "clinic/kept_journal.hpp"
#include "clinic/traces.hpp"

namespace theca {
namespace {

using namespace example;

struct CourseDesk : DeskTest {
  [[nodiscard]] std::string pump_speed() const override { return "3600"; }
  void SetUp() override {
    fill_the_catheter();
    ASSERT_NO_FATAL_FAILURE(DeskTest::SetUp());
    sign_in(doctor);
  }
  std::string of_pump(const char* what) { return at("pumps", pump_id.value, what); }
  Got journal() {
    for (;;) {
      const Got got = ask(Method::kPost, of_pump("journal"));
      EXPECT_EQ(got.status, 201) << got.body;
      if (got.status != 201 || !got.body["more"].get<bool>()) return got;
    }
  }
  json course() {
    const Got got = ask(Method::kGet, of_pump("course"));
    EXPECT_EQ(got.status, 200) << got.body;
    return got.body;
  }
  /// Until so much of the pump's own time has gone by.
  void live(Duration lasts) {
    const Instant until = read().status.now + lasts;
    while (read().status.now < until) std::this_thread::sleep_for(std::chrono::milliseconds{500});
  }
  json diary(int first, int lines) const {
    json entries = json::array();
    for (int i = 0; i < lines; ++i)
      entries.push_back({{"id", first + i},
                         {"at_ms", now_ms() + i},
                         {"pain", (first + i) % 11},
                         {"effects", json::array({"nausea"})},
                         {"note", ""}});
    return {{"implant", air::to_hex(implant)}, {"entries", entries}};
  }
};

TEST_F(CourseDesk, INV_4_INV_16_what_the_page_says_was_given_is_what_the_pump_has_counted) {
  EXPECT_FALSE(course().contains("read_ms"));
  EXPECT_EQ(course()["twin"]["is"].get<std::string>(), "not played");
  const std::int64_t at_first = read().status.steps;
  live(hours(7));
  const Got told = journal();
  EXPECT_GT(told.body["entries"].get<int>(), 5);
  const json seen = course();
  ASSERT_TRUE(seen.contains("read_ms"));
  EXPECT_TRUE(seen["whole"].get<bool>());
  EXPECT_EQ(seen["drug"].get<std::string>(), "morphine");
  EXPECT_EQ(seen["unit"].get<std::string>(), "mg");
  std::int64_t given_ng = 0, minutes_known = 0;
  for (const json& day : seen["days"]) {
    const auto given = day["given_ng"].get<std::int64_t>(), known = day["covered_min"].get<std::int64_t>();
    given_ng += given;
    minutes_known += known;
    if (known < 60) continue;
    EXPECT_NEAR(static_cast<double>(given) * 1'440 / static_cast<double>(known),
                static_cast<double>(day["prescribed_ng"].get<std::int64_t>()), 2e5)
        << day;
  }
  EXPECT_GE(minutes_known, 7 * 60);
  // What the pump itself said when its journal was read, step by step.
  const auto readings = must(records::readings_of(*database, ada, pump_id));
  const auto kept = must(records::reading(*database, ada, readings.front().id));
  const auto answer = parse_visit_answer(std::string{kept.said.begin(), kept.said.end()});
  ASSERT_TRUE(answer && *answer);
  const auto running = running_of(std::get<ImplantSaid>(**answer));
  ASSERT_TRUE(running.has_value());
  const PumpModel model = pump_model(*signer::example::library().find_pump(running->status.model)).value();
  const Concentration strength = running->prescription->formulation.components[0].concentration;
  const Volume carried{(running->status.steps - at_first) * model.step.raw()};
  EXPECT_NEAR(static_cast<double>(given_ng), static_cast<double>(mass_in(carried, strength).raw()) / 1e6, 5e4)
      << "of some " << given_ng << " ng";
  ASSERT_EQ(seen["prescriptions"].size(), 1U);
  EXPECT_NE(seen["prescriptions"][0]["words"].get<std::string>().find("mg/day"), std::string::npos);
  EXPECT_EQ(seen["twin"]["is"].get<std::string>(), "played") << seen["twin"];
  EXPECT_GT(seen["days"].back()["relief"]["median"].get<int>(), 0);
}

TEST_F(CourseDesk, INV_9_a_journal_is_gone_on_with_and_kept_once) {
  journal();
  const auto first = must(records::traces_of(*database, ada, pump_id, records::TraceKind::kJournal));
  ASSERT_EQ(first.size(), 1U);
  live(hours(2));
  const std::string wish = request().text;
  const Got told = ask(Method::kPost, of_pump("journal"), nullptr, wish);
  ASSERT_EQ(told.status, 201) << told.body;
  EXPECT_GT(told.body["entries"].get<int>(), 0);
  EXPECT_EQ(ask(Method::kPost, of_pump("journal"), nullptr, wish).body, told.body)
      << "asked again it is one wish";
  const auto second = must(records::traces_of(*database, ada, pump_id, records::TraceKind::kJournal));
  EXPECT_EQ(second.size(), 2U);
  EXPECT_TRUE(course()["whole"].get<bool>());
}

/// A gateway that makes pages up, or another pump behind it: what was read before stands against it.
TEST_F(CourseDesk, INV_9_RT_30_a_journal_that_does_not_go_on_from_what_was_read_is_not_kept) {
  const VisitAnswer told = asked(ReadPages{implant, 0});
  ASSERT_TRUE(told.has_value());
  auto pages = std::get<PagesTold>(*told).pages;
  ASSERT_FALSE(pages.empty());
  pages.front().words[(kPageHeadWords + kEntryWords + 2) * sizeof(Word)] ^= 1U;
  must(records::keep_trace(*database, ada, request(), pump_id, records::TraceKind::kJournal, now_ms(),
                           pages_text(pages)));
  const Got no = ask(Method::kPost, of_pump("journal"));
  EXPECT_EQ(no.status, 502) << no.body;
  EXPECT_NE(no.body.dump().find("something else than when it was read before"), std::string::npos) << no.body;
  EXPECT_EQ(must(records::traces_of(*database, ada, pump_id, records::TraceKind::kJournal)).size(), 1U);
}

TEST_F(CourseDesk, INV_16_a_diary_is_brought_once_and_only_beside_its_own_pump) {
  const Got brought = ask(Method::kPost, of_pump("diary"), diary(1, 5));
  ASSERT_EQ(brought.status, 201) << brought.body;
  EXPECT_EQ(brought.body["kept"].get<int>(), 5);
  EXPECT_EQ(ask(Method::kPost, of_pump("diary"), diary(1, 5)).body["kept"].get<int>(), 0);
  EXPECT_EQ(ask(Method::kPost, of_pump("diary"), diary(3, 6)).body["kept"].get<int>(), 3);
  EXPECT_EQ(course()["diary"].size(), 8U);
  json another = diary(20, 1);
  another["implant"] = "00112233445566aa";
  const Got no = ask(Method::kPost, of_pump("diary"), another);
  EXPECT_EQ(no.status, 422) << no.body;
  EXPECT_EQ(no.body["errors"][0]["field"].get<std::string>(), "implant");
  json worse = diary(20, 1);
  worse["entries"][0]["pain"] = 11;
  EXPECT_EQ(ask(Method::kPost, of_pump("diary"), worse).status, 422);
  EXPECT_EQ(ask(Method::kPost, of_pump("diary"), diary(20, 101)).status, 422)
      << "one request takes a hundred";
  EXPECT_EQ(course()["diary"].size(), 8U);
  sign_in(nurse);  // in no care team
  EXPECT_EQ(ask(Method::kGet, of_pump("course")).status, 403);
  EXPECT_EQ(ask(Method::kPost, of_pump("diary"), diary(30, 1)).status, 403);
  EXPECT_EQ(ask(Method::kPost, of_pump("journal")).status, 403);
}

TEST_F(CourseDesk, INV_7_a_pump_out_of_reach_keeps_nothing_and_says_so) {
  pump->signal(SIGTERM);
  (void)pump->end();
  const Got no = ask(Method::kPost, of_pump("journal"));
  EXPECT_EQ(no.status, 502) << no.body;
  EXPECT_TRUE(must(records::traces_of(*database, ada, pump_id, records::TraceKind::kJournal)).empty());
  EXPECT_FALSE(course().contains("read_ms"));
  start_pump();
}

}  // namespace
}  // namespace theca
