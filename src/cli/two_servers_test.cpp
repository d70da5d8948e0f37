// Two servers on one PostgreSQL, each with its own memory, before one signer, one gateway and one pump: what
// one has written the other one goes on with, and nothing is done twice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "cli/desk_testing.hpp"
#include "clinic/audit.hpp"
#include "clinic/postgres_testing.hpp"
#include "clinic/refills.hpp"

namespace theca {
namespace {

using namespace example;

struct TwoServers : DeskTest {
  records::PostgresServer postgres;
  const std::string address = postgres.new_database();
  std::unique_ptr<records::Database> second_database;
  Sessions second_sessions;
  MemoryReplies second_replies;
  std::optional<Desk> second_desk;
  std::optional<Router> second_router;
  std::string second_cookie;

  std::string records_at() override { return address; }
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(DeskTest::SetUp());
    records::Opening there = opening();
    there.heads = folder / "second-heads";  // of a machine of its own, which began with a copy of the folder
    std::filesystem::copy_file(folder / "heads", there.heads);
    second_database = must(records::Database::open(there));
    serve(*second_database, second_sessions, second_replies, second_desk, second_router);
    sign_in(doctor);
    at_second([&] { sign_in(doctor); });
  }
  /// What is asked meanwhile is asked of the second one.
  template <class Do>
  void at_second(Do&& what) {
    elsewhere = &*second_router;
    std::swap(cookie, second_cookie);
    what();
    std::swap(cookie, second_cookie);
    elsewhere = nullptr;
  }
  std::future<Got> of_second(Method method, const std::string& path, const json& body,
                             const std::string& key) {
    return std::async(std::launch::async,
                      [=, this] { return asked_of(*second_router, second_cookie, method, path, body, key); });
  }
};

TEST_F(TwoServers, INV_7_INV_16_what_one_has_drafted_the_other_one_sends_and_both_know_of_it) {
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  at_second([&] {
    const Got there = send(draft, "5.4 mg/day");
    ASSERT_EQ(there.status, 201) << there.body;
    EXPECT_EQ(there.body["state"].get<std::string>(), "confirmed") << there.body;
  });
  EXPECT_EQ(read_pump().body["record"]["is"].get<std::string>(), "same");
  EXPECT_EQ(last_state(), records::SendState::kConfirmed);
}

/// A page that was told to ask another server while the first one was at it: whatever comes of it, it is done
/// once or not at all, and the records say which.
TEST_F(TwoServers, INV_7_INV_16_the_same_wish_at_both_at_once_is_known_for_what_it_is) {
  int done = 0;
  for (int round = 0; round < 6; ++round) {
    const std::uint32_t before = read().status.sequence;
    const std::string dose = fmt::format("5.{} mg/day", 9 - round);
    const Got draft = drafted({{"dose", dose}});
    ASSERT_EQ(draft.status, 201) << draft.body;
    const json body = sending(draft, dose);
    const std::string path = at("drafts", draft.body["draft"], "sends"), wish = request().text;
    // Both wait for the signer, so that both are at it; the gateway holds whoever comes first.
    signing->signal(SIGSTOP);
    reaching->signal(SIGSTOP);
    auto there = of_second(Method::kPost, path, body, wish);
    auto here = std::async(std::launch::async,
                           [&] { return asked_of(*router, cookie, Method::kPost, path, body, wish); });
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    signing->signal(SIGCONT);
    std::this_thread::sleep_for(std::chrono::milliseconds{100 + 50 * round});
    reaching->signal(SIGCONT);
    const Got mine = here.get(), other = there.get();
    const std::uint32_t taken = read().status.sequence - before;
    ASSERT_LE(taken, 1U) << "it was done twice";
    const records::SendState state_of_it = last_state();
    EXPECT_EQ(state_of_it, taken == 1 ? records::SendState::kConfirmed : records::SendState::kFailed)
        << mine.body << other.body;
    for (const Got& one : {mine, other}) {
      if (taken == 1 || one.status != 201) continue;
      EXPECT_NE(one.body["state"].get<std::string>(), "confirmed") << one.body;
    }
    done += static_cast<int>(taken);
  }
  EXPECT_GT(done, 0) << "they only ever stood in each other's way";
}

TEST_F(TwoServers, INV_16_of_two_at_one_step_of_a_refill_one_is_taken) {
  const auto library = signer::example::library();
  const Got reading = read_pump();
  const Got begun = ask(Method::kPost, at("readings", reading.body["reading"], "refills"));
  ASSERT_EQ(begun.status, 201) << begun.body;
  const std::string steps = at("refills", begun.body["refill"], "steps");
  const json morphine = static_cast<int>(library.find_drug("morphine")->code);
  const json label{{"place", begun.body["place"]},
                   {"is", "label"},
                   {"drugs", {{{"code", morphine}, {"concentration", "20 mg/mL"}}}},
                   {"lot", "A-1"},
                   {"expires", "2027-05-31"}};
  auto there = of_second(Method::kPost, steps, label, request().text);
  const Got here = ask(Method::kPost, steps, label), other = there.get();
  EXPECT_EQ(std::multiset<int>({here.status, other.status}), std::multiset<int>({201, 409}))
      << here.body << other.body;
  // Begun at one, and seen at the other; there is one for the pump.
  at_second([&] {
    const Got all = ask(Method::kGet, at("pumps", pump_id.value, "refills"));
    EXPECT_EQ(all.body["refills"].size(), 1U) << all.body;
    EXPECT_EQ(all.body["refills"][0]["stage"].get<std::string>(), "confirm");
    const Got second = read_pump();
    EXPECT_EQ(ask(Method::kPost, at("readings", second.body["reading"], "refills")).status, 409);
  });
}

/// The trail is one, whoever writes it, and each server's own heads vouch for it.
TEST_F(TwoServers, INV_16_both_write_one_audit_trail) {
  std::vector<std::future<Got>> there;
  for (int i = 0; i < 12; ++i) {
    there.push_back(of_second(Method::kGet, "/api/patients", nullptr, ""));
    EXPECT_EQ(ask(Method::kGet, at("pumps", pump_id.value, "refills")).status, 200);
  }
  for (auto& one : there) EXPECT_EQ(one.get().status, 200);
  desk.reset();
  second_desk.reset();
  must(database->close());
  must(second_database->close());
  for (const char* heads : {"heads", "second-heads"}) {
    const auto check = records::verify_audit(address, folder / heads);
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE(check->wrong.empty()) << check->wrong.front().message;
    EXPECT_GT(check->heads, 0);
  }
}

/// As long as it is away nobody is told that there is no such thing.
TEST_F(TwoServers, INV_16_a_database_that_is_away_is_told_as_that) {
  const std::string path = at("pumps", pump_id.value, "refills");
  postgres.kill_all();
  for (int i = 0; i < 3; ++i) {
    const Got away = ask(Method::kGet, path);
    EXPECT_EQ(away.status, 503) << away.body;
  }
  EXPECT_EQ(read_pump().status, 503);
  postgres.start();
  EXPECT_EQ(ask(Method::kGet, path).status, 200);
}

}  // namespace
}  // namespace theca
