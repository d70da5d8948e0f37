// A change of the dose, tried on many patients by the clinic's server while it is being written.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>

#include "cli/desk_testing.hpp"

namespace theca {
namespace {

using namespace example;

struct DryTrialDesk : DeskTest {
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(DeskTest::SetUp());
    sign_in(doctor);
    reading = read_pump().body["reading"];
  }
  std::string path() { return at("readings", reading, "trial"); }
  Got tried_as_it_comes(const json& change) { return ask(Method::kPut, path(), change); }
  /// In one who is used to opioids, whatever the pump has just begun.
  Got tried(json change) {
    if (!change.contains("opioid_naive")) change["opioid_naive"] = false;
    return tried_as_it_comes(change);
  }
  json reading;
};

/// Its catheter holds the pump's fluid to the tip.
struct TrialDesk : DryTrialDesk {
  void SetUp() override {
    fill_the_catheter();
    ASSERT_NO_FATAL_FAILURE(DryTrialDesk::SetUp());
  }
};

int of(const json& arm, const char* what, const char* quantile = "median") {
  return arm[what][quantile].get<int>();
}

TEST_F(TrialDesk, a_draft_is_tried_beside_what_runs_and_nothing_is_kept) {
  const std::uint32_t sequence = read().status.sequence;
  const Got less = tried({{"dose", "4.8 mg/day"}}), more = tried({{"dose", "7.2 mg/day"}});
  ASSERT_EQ(less.status, 200) << less.body;
  ASSERT_EQ(more.status, 200) << more.body;
  for (const json& one : {less.body, more.body}) {
    EXPECT_EQ(one["is"].get<std::string>(), "tried");
    EXPECT_EQ(one["patients"].get<int>(), 500);
    EXPECT_EQ(one["relieves"].get<std::string>(), "pain");
    EXPECT_TRUE(one["breathing"].get<bool>());
    EXPECT_TRUE(one["withdrawal"].get<bool>());
    EXPECT_EQ(one["hours"].back().get<int>(), 30 * 24);
    EXPECT_EQ(one["hours"].size(), one["draft"]["all"]["relief"]["p95"].size());
    EXPECT_TRUE(one.contains("steady_hours"));
    EXPECT_EQ(of(one["runs"]["nothing"], "lowest_of_before"), 1'000) << "what runs, beside itself";
    EXPECT_EQ(one["runs"], less.body["runs"]) << "the same, whatever is tried beside it";
    EXPECT_LE(of(one["draft"]["all"], "lowest_of_before"), of(one["draft"]["nothing"], "lowest_of_before"));
  }
  EXPECT_GT(of(less.body["draft"]["nothing"], "lowest_of_before"),
            of(more.body["draft"]["nothing"], "lowest_of_before"));
  EXPECT_LT(of(more.body["draft"]["nothing"], "lowest_of_before"), 1'000);
  EXPECT_LT(of(less.body["draft"]["nothing"], "relief_at_end"),
            of(more.body["draft"]["nothing"], "relief_at_end"));
  const Got again = tried({{"dose", "7.2 mg/day"}});
  EXPECT_EQ(again.body["draft"], more.body["draft"]) << "the same patients each time";
  EXPECT_EQ(again.body["of"], more.body["of"]);
  EXPECT_EQ(read().status.sequence, sequence);
  EXPECT_TRUE(must(records::sends_of(*database, ada, pump_id)).empty());
}

/// What could not be ordered is not tried either.
TEST_F(TrialDesk, what_could_not_be_ordered_is_not_tried_and_says_why) {
  const Got draft = ask(Method::kPost, at("readings", reading, "drafts"), {{"dose", "600 mg/day"}});
  const Got trial = tried({{"dose", "600 mg/day"}});
  EXPECT_EQ(draft.status, 422) << draft.body;
  EXPECT_EQ(trial.body.value("is", ""), "not tried") << trial.body;
  EXPECT_EQ(trial.body["why"], draft.body["errors"][0]["happened"]);
  ahead_ms += kReadingLastsMs + 1;
  EXPECT_EQ(tried({{"dose", "5.4 mg/day"}}).status, 409) << "an old reading";
}

/// The bridge gives the old fluid first, at the dose that runs; both are of one drug, or of two.
TEST_F(TrialDesk, another_fluid_is_tried_with_its_bridge) {
  const auto code = [](const char* drug) {
    return static_cast<int>(signer::example::library().find_drug(drug)->code);
  };
  const Got weaker = tried({{"fluid", {{"code", code("morphine")}, {"concentration", "10 mg/mL"}}},
                            {"dose", "6 mg/day"},
                            {"no_patient_bolus", true}});
  ASSERT_EQ(weaker.status, 200) << weaker.body;
  const json& same = weaker.body["draft"]["nothing"];
  EXPECT_NEAR(of(same, "lowest_of_before"), 1'000, 5) << "the same dose, whichever fluid it comes from";
  EXPECT_EQ(same["too_little"]["of"].get<int>(), 0);
  const Got other = tried({{"fluid", {{"code", code("hydromorphone")}, {"concentration", "2 mg/mL"}}},
                           {"dose", "2.4 mg/day"},
                           {"no_patient_bolus", true}});
  ASSERT_EQ(other.status, 200) << other.body;
  EXPECT_EQ(other.body["is"].get<std::string>(), "tried") << other.body;
}

TEST_F(TrialDesk, a_newer_one_ends_an_older_one_of_the_same_person) {
  auto older = std::async(std::launch::async, [&] {
    return asked_of(*router, cookie, Method::kPut, path(), {{"dose", "5.4 mg/day"}}, "");
  });
  std::this_thread::sleep_for(std::chrono::milliseconds{40});
  const Got newer = tried({{"dose", "5.5 mg/day"}});
  const Got first = older.get();
  EXPECT_EQ(first.body.value("is", ""), "over") << first.body;
  EXPECT_EQ(newer.body.value("is", ""), "tried") << newer.body;
}

/// What the pump gives now is what it is tried beside.
TEST_F(TrialDesk, a_pump_that_does_not_give_its_therapy_is_not_tried_on) {
  pump->signal(SIGKILL);  // its power fails, and it gives nothing for an hour
  (void)pump->end();
  start_pump();
  reading = read_pump().body["reading"];
  const Got told = tried({{"dose", "5.4 mg/day"}});
  EXPECT_EQ(told.body.value("is", ""), "not tried") << told.body;
  EXPECT_NE(told.body.value("why", "").find("does not give its therapy"), std::string::npos) << told.body;
}

TEST_F(TrialDesk, one_who_is_not_used_to_opioids_is_another_patient) {
  const Got used = tried({{"dose", "5.4 mg/day"}});
  const Got naive = tried({{"dose", "5.4 mg/day"}, {"opioid_naive", true}});
  ASSERT_EQ(naive.status, 200) << naive.body;
  EXPECT_FALSE(naive.body["used_to_it"].get<bool>());
  EXPECT_EQ(naive.body["tolerance_tenths"].get<int>(), 10);
  EXPECT_LT(of(naive.body["draft"]["nothing"], "lowest"), of(used.body["draft"]["nothing"], "lowest"));
  EXPECT_EQ(used.body["of"][0].get<std::string>().find("daily dose"), 0U) << used.body["of"];
}

/// A pump that has just begun, or whose catheter is dry: nobody has lived on what it gives.
TEST_F(TrialDesk, who_began_just_now_is_not_taken_for_one_who_has_lived_on_it) {
  const Got trial = tried_as_it_comes({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(trial.body["is"].get<std::string>(), "tried") << trial.body;
  EXPECT_TRUE(trial.body["begun"].get<bool>());
  EXPECT_FALSE(trial.body["used_to_it"].get<bool>());
  EXPECT_FALSE(trial.body["naive"].get<bool>()) << "it may be chosen otherwise";
  EXPECT_TRUE(tried({{"dose", "5.4 mg/day"}}).body["used_to_it"].get<bool>());
}

TEST_F(TrialDesk, a_dose_that_takes_a_reason_is_tried_before_there_is_one) {
  const auto code = static_cast<int>(signer::example::library().find_drug("morphine")->code);
  const json high{{"fluid", {{"code", code}, {"concentration", "25 mg/mL"}}},
                  {"dose", "18 mg/day"},
                  {"no_patient_bolus", true}};
  const Got draft = ask(Method::kPut, at("readings", reading, "preview"), high);
  ASSERT_EQ(draft.status, 422) << draft.body;
  ASSERT_EQ(draft.body["errors"][0]["field"].get<std::string>(), "reason") << draft.body;
  const Got trial = tried(high);
  ASSERT_EQ(trial.body["is"].get<std::string>(), "tried") << trial.body;
  EXPECT_GT(trial.body["draft"]["nothing"]["too_little"]["of"].get<int>(), 0) << "three times the dose";
}

TEST_F(TrialDesk, that_spasticity_is_not_drawn_is_said) {
  EXPECT_FALSE(tried({{"dose", "5.4 mg/day"}}).body["spasticity_too"].get<bool>());
  const auto code = static_cast<int>(signer::example::library().find_drug("baclofen")->code);
  const Got other = tried({{"fluid", {{"code", code}, {"concentration", "50 mcg/mL"}}},
                           {"dose", "90 mcg/day"},
                           {"no_patient_bolus", true},
                           {"reason", "As the test has it."}});
  ASSERT_EQ(other.body["is"].get<std::string>(), "tried") << other.body;
  EXPECT_TRUE(other.body["spasticity_too"].get<bool>());
}

TEST_F(TrialDesk, another_opioid_is_named) {
  const auto code = static_cast<int>(signer::example::library().find_drug("hydromorphone")->code);
  const Got other = tried({{"fluid", {{"code", code}, {"concentration", "2 mg/mL"}}},
                           {"dose", "2.4 mg/day"},
                           {"no_patient_bolus", true}});
  ASSERT_EQ(other.body["is"].get<std::string>(), "tried") << other.body;
  EXPECT_EQ(other.body["other_opioids"], json::array({"hydromorphone"}));
  EXPECT_TRUE(tried({{"dose", "5.4 mg/day"}}).body["other_opioids"].empty());
}

/// Whoever moves on and on gets the last of it, and others are answered meanwhile.
TEST_F(TrialDesk, moves_one_after_the_other_end_with_the_last) {
  std::vector<std::future<Got>> moves;
  for (int i = 0; i < 9; ++i) {
    moves.push_back(std::async(std::launch::async, [this, i] {
      return asked_of(*router, cookie, Method::kPut, path(), {{"dose", fmt::format("4.{} mg/day", i + 1)}},
                      "");
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds{60});
  }
  EXPECT_EQ(ask(Method::kGet, "/api/patients").status, 200);
  for (std::size_t i = 0; i + 1 < moves.size(); ++i) EXPECT_EQ(moves[i].get().status, 200);
  EXPECT_EQ(moves.back().get().body.value("is", ""), "tried");
}

/// 30 h until anything is at the tip, whatever is ordered meanwhile at this flow.
TEST_F(DryTrialDesk, out_of_a_dry_catheter_nothing_comes_first) {
  EXPECT_FALSE(tried_as_it_comes({{"dose", "5.4 mg/day"}}).body["used_to_it"].get<bool>());
  const Got trial = tried({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(trial.status, 200) << trial.body;
  ASSERT_EQ(trial.body["is"].get<std::string>(), "tried") << trial.body;
  EXPECT_GT(trial.body.value("dry_nl", 0), 0);
  const json& median = trial.body["draft"]["nothing"]["relief"]["median"];
  EXPECT_EQ(median[4].get<int>(), 0) << "24 h";
  EXPECT_GT(median[10].get<int>(), 0) << "60 h";
}

}  // namespace
}  // namespace theca
