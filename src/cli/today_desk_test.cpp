// The day's list and the search at the desk, over a real pump: what stands there is what the pump said, what
// was written and what was sent.
#include <gtest/gtest.h>

#include "cli/desk_testing.hpp"

namespace theca {
namespace {

using namespace example;

struct TodayDesk : DeskTest {
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(DeskTest::SetUp());
    sign_in(doctor);
  }
  json entry() {
    const Got got = ask(Method::kGet, "/api/today");
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.body["pumps"].size(), 1U) << got.body;
    return got.body["pumps"].at(0);
  }
  static json matter(const json& pump, const char* kind) {
    for (const json& one : pump["matters"])
      if (one["kind"].get<std::string>() == kind) return one;
    return nullptr;
  }
  Got find(const std::string& typed) { return ask(Method::kPut, "/api/search", {{"typed", typed}}); }
};

TEST_F(TodayDesk, INV_16_the_day_has_what_the_pump_said_last_and_what_was_written_and_not_sent) {
  const json before = entry();
  EXPECT_EQ(before["name"].get<std::string>(), "Zoe Quist");
  EXPECT_FALSE(before.contains("read_ms"));
  EXPECT_FALSE(matter(before, "not read").is_null()) << before;

  ASSERT_EQ(read_pump().status, 201);
  const json seen = entry();
  const json refill = matter(seen, "refill");
  ASSERT_FALSE(refill.is_null()) << seen;
  EXPECT_GT(refill["at_ms"].get<std::int64_t>(), now_ms());
  EXPECT_EQ(refill["urgency"].get<std::string>(), "later");
  EXPECT_FALSE(matter(seen, "supervised").is_null()) << "its first therapy has begun just now" << seen;

  const Got draft = drafted({{"dose", "1.05 mg/day"}, {"reason", "As the test has it."}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  EXPECT_FALSE(matter(entry(), "draft").is_null());
  ASSERT_EQ(send(draft, "1.05 mg/day").body["state"].get<std::string>(), "confirmed");
  EXPECT_TRUE(matter(entry(), "draft").is_null()) << "it was sent";
}

TEST_F(TodayDesk, INV_13_an_alarm_that_the_pump_told_stands_first) {
  ASSERT_EQ(read_pump().status, 201);
  pump->signal(SIGKILL);  // its power fails
  (void)pump->end();
  ahead_ms += 1'000;  // the test's clock goes by seconds
  start_pump();
  ASSERT_EQ(read_pump().status, 201);
  const json now = entry();
  ASSERT_FALSE(now["matters"].empty());
  EXPECT_EQ(now["matters"][0]["kind"].get<std::string>(), "alarm") << now;
  EXPECT_EQ(now["matters"][0]["urgency"].get<std::string>(), "now");
  EXPECT_NE(now["matters"][0]["words"].get<std::string>().find("lost power"), std::string::npos) << now;
}

TEST_F(TodayDesk, somebody_is_found_by_three_letters_a_birth_date_or_a_record_number) {
  for (const char* typed : {"zoe", "ZOË", "qui", "quist zoe", "1956-03-09", "MRN-1", "mrn 1"}) {
    const Got got = find(typed);
    ASSERT_EQ(got.status, 200) << typed << got.body;
    ASSERT_EQ(got.body["patients"].size(), 1U) << typed << got.body;
    EXPECT_EQ(got.body["patients"][0]["name"].get<std::string>(), "Zoe Quist");
    EXPECT_TRUE(got.body["patients"][0]["in_care"].get<bool>());
  }
  for (const char* typed : {"ivers", "1956-03-08", "MRN-2", "zzz"}) {
    const Got got = find(typed);
    ASSERT_EQ(got.status, 200) << typed << got.body;
    EXPECT_TRUE(got.body["patients"].empty()) << typed;
  }
  for (const char* typed : {"-", "09.03.1956", "1956/03/09"}) {
    const Got got = find(typed);
    EXPECT_EQ(got.status, 422) << typed << got.body;
    EXPECT_EQ(got.body["errors"][0]["field"].get<std::string>(), "typed");
  }
  sign_in(nurse);
  EXPECT_FALSE(find("zoe").body["patients"][0]["in_care"].get<bool>());
  EXPECT_TRUE(ask(Method::kGet, "/api/today").body["pumps"].empty()) << "she is in nobody's care team";
}

TEST_F(TodayDesk,
       INV_10_a_chart_is_opened_with_a_reason_to_read_and_to_lower_for_hours_and_for_nothing_else) {
  sign_in(nurse);  // of no care team
  const std::string chart = "/api/patients/" + std::to_string(patient.value);
  EXPECT_EQ(ask(Method::kGet, chart).status, 403);
  EXPECT_EQ(read_pump().status, 403);
  EXPECT_EQ(ask(Method::kPost, chart + "/glass", {{"reason", "quick"}}).status, 422);
  EXPECT_EQ(ask(Method::kGet, chart).status, 403) << "opened without a reason";
  const std::string wish = request().text;
  const json reason{{"reason", "Brought in by ambulance and cannot be woken."}};
  const Got opened = ask(Method::kPost, chart + "/glass", reason, wish);
  ASSERT_EQ(opened.status, 201) << opened.body;
  EXPECT_EQ(ask(Method::kPost, chart + "/glass", reason, wish).body, opened.body);
  EXPECT_EQ(ask(Method::kGet, chart).status, 200);
  const Got reading = read_pump();
  ASSERT_EQ(reading.status, 201) << reading.body;
  EXPECT_EQ(
      ask(Method::kPost, at("readings", reading.body["reading"], "drafts"), {{"dose", "1 mg/day"}}).status,
      403)
      << "a therapy is changed by the care team";
  EXPECT_EQ(ask(Method::kPost, at("pumps", pump_id.value, "lowerings")).status, 201);
  EXPECT_TRUE(ask(Method::kGet, "/api/today").body["pumps"].empty());
  EXPECT_EQ(ask(Method::kGet, "/api/glass").status, 403) << "whoever opens charts does not review them";
  EXPECT_EQ(ask(Method::kGet, "/api/audit/0").status, 403);
  ahead_ms += hours(4).raw() + 2'000;
  EXPECT_EQ(ask(Method::kGet, chart).status, 403) << "it is over";
  sign_in(doctor);  // of the care team
  EXPECT_EQ(ask(Method::kPost, chart + "/glass", reason).status, 409);
}

TEST_F(TodayDesk, INV_10_a_care_team_is_changed_by_who_is_in_it_and_keeps_a_physician) {
  const std::string team = "/api/patients/" + std::to_string(patient.value) + "/team";
  const auto change = [&](records::PersonId person, bool joins) {
    return ask(Method::kPost, team, {{"person", person.value}, {"joins", joins}});
  };
  const Got before = ask(Method::kGet, team);
  ASSERT_EQ(before.body["members"].size(), 1U) << before.body;
  EXPECT_EQ(before.body["members"][0]["name"].get<std::string>(), "Ada Okafor");
  ASSERT_EQ(before.body["others"].size(), 1U) << "an administrator treats nobody" << before.body;
  EXPECT_EQ(change(ada.person, false).status, 409) << "no physician would be left";
  EXPECT_EQ(change(records::PersonId{99}, true).status, 409);
  ASSERT_EQ(change(mia.person, true).status, 204);
  sign_in(nurse);
  EXPECT_EQ(ask(Method::kGet, "/api/patients/" + std::to_string(patient.value)).status, 200);
  EXPECT_EQ(change(ada.person, false).status, 409) << "no physician would be left";
  sign_in(doctor);
  ASSERT_EQ(change(mia.person, false).status, 204);
  EXPECT_EQ(ask(Method::kGet, team).body["members"].size(), 1U);
  sign_in(nurse);
  EXPECT_EQ(ask(Method::kGet, "/api/patients/" + std::to_string(patient.value)).status, 403);
  EXPECT_EQ(change(mia.person, true).status, 403) << "nobody adds himself";
}

}  // namespace
}  // namespace theca
