/// A request that comes again: the first answer, and nothing done twice.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "clinic/records_testing.hpp"

namespace theca::records {
namespace {

using Requests = RecordsTest;
THECA_ON_BOTH_ENGINES(Requests);

struct Scene {
  Actor actor;
  PatientId patient;
  PumpId pump;
};
Scene new_scene(Database& database) {
  Scene scene;
  scene.actor = must(found_clinic(database, "North", "Ada"));
  scene.patient = must(add_patient(database, scene.actor, new_request(), some_patient()));
  scene.pump = must(add_pump(database, scene.actor, new_request(), scene.patient, some_pump()));
  return scene;
}

std::int64_t rows_of(Database& database, const char* table) {
  std::int64_t rows = 0;
  database.session() << "SELECT COUNT(*) FROM " << table, soci::into(rows);
  return rows;
}

TEST_P(Requests, INV_7_a_send_asked_again_is_the_first_one) {
  const auto database = records.open();
  const Scene scene = new_scene(*database);
  EXPECT_TRUE(rc::check([&] {
    const SendWish wish{scene.pump, std::nullopt, "prescription", {*rc::gen::arbitrary<std::uint8_t>()}};
    const RequestId request = new_request();
    const auto before = rows_of(*database, "sends");
    const SendId first = must(begin_send(*database, scene.actor, request, wish));
    const int again = *rc::gen::inRange(1, 4);
    const bool settled = *rc::gen::arbitrary<bool>();
    if (settled) must(settle_send(*database, scene.actor, new_request(), first, SendState::kConfirmed));
    for (int i = 0; i < again; ++i)
      RC_ASSERT(must(begin_send(*database, scene.actor, request, wish)) == first);
    RC_ASSERT(rows_of(*database, "sends") == before + 1);
    RC_ASSERT(must(send(*database, scene.actor, first)).state ==
              (settled ? SendState::kConfirmed : SendState::kPending));
    // The twin that makes up a new request id each time sends twice: what is counted here can go wrong.
    RC_ASSERT(must(begin_send(*database, scene.actor, new_request(), wish)) != first);
    RC_ASSERT(rows_of(*database, "sends") == before + 2);
  }));
}

TEST_P(Requests, INV_7_the_same_request_from_two_connections_at_once_is_done_once) {
  const auto database = records.open();
  const Scene scene = new_scene(*database);
  constexpr int kRounds = 10, kThreads = 4;
  for (int round = 0; round < kRounds; ++round) {
    const RequestId request = new_request();
    const SendWish wish{scene.pump, std::nullopt, "prescription", {}};
    const auto before = rows_of(*database, "sends");
    std::vector<std::unique_ptr<Database>> connections;
    for (int i = 0; i < kThreads; ++i) connections.push_back(records.open());
    std::vector<Recorded<SendId>> answers(kThreads, SendId{});
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] { answers[i] = begin_send(*connections[i], scene.actor, request, wish); });
    for (std::thread& thread : threads) thread.join();
    std::set<SendId> ids;
    for (const auto& answer : answers) ids.insert(must(answer));
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(rows_of(*database, "sends"), before + 1);
  }
  EXPECT_TRUE(records.verified().wrong.empty());
}

TEST_P(Requests, a_request_id_for_something_else_is_refused) {
  const auto database = records.open();
  const Scene scene = new_scene(*database);
  const RequestId request = new_request();
  const SendWish wish{scene.pump, std::nullopt, "prescription", {}};
  must(begin_send(*database, scene.actor, request, wish));
  SendWish other = wish;
  other.order_digest[31] = 1;
  EXPECT_TRUE(is_refused(begin_send(*database, scene.actor, request, other), RecordFault::kConflict));
  EXPECT_TRUE(
      is_refused(add_visit(*database, scene.actor, request, scene.patient, {kNoon, VisitReason::kRefill, ""}),
                 RecordFault::kConflict));
  const PersonId nurse = must(add_person(*database, scene.actor, new_request(), StaffRole::kNurse, "Ben"));
  EXPECT_TRUE(
      is_refused(begin_send(*database, {scene.actor.clinic, nurse}, request, wish), RecordFault::kConflict))
      << "somebody else's request";
  EXPECT_EQ(rows_of(*database, "sends"), 1);
}

TEST_P(Requests, another_clinic_may_use_the_same_request_id) {
  const auto database = records.open();
  const Scene north = new_scene(*database), south = new_scene(*database);
  const RequestId request = new_request();
  const SendId first =
      must(begin_send(*database, north.actor, request, {north.pump, std::nullopt, "stop", {}}));
  EXPECT_NE(must(begin_send(*database, south.actor, request, {south.pump, std::nullopt, "stop", {}})), first);
}

TEST_P(Requests, what_was_refused_may_be_asked_for_again) {
  const auto database = records.open();
  const Scene scene = new_scene(*database);
  const RequestId request = new_request();
  EXPECT_FALSE(add_patient(*database, scene.actor, request, some_patient()));  // the number is taken
  must(erase_patient(*database, scene.actor, new_request(), scene.patient));
  EXPECT_TRUE(add_patient(*database, scene.actor, request, some_patient()).has_value());
}

TEST_P(Requests, every_change_asked_again_changes_nothing) {
  const auto database = records.open();
  const Scene scene = new_scene(*database);
  Database& d = *database;
  const Actor& a = scene.actor;
  const auto twice = [](const auto& ask) {
    const RequestId request = new_request();
    const auto first = ask(request), second = ask(request);
    return first.has_value() && second.has_value();
  };
  const auto nurse = must(add_person(d, a, new_request(), StaffRole::kNurse, "Ben"));
  const auto reading = must(keep_reading(d, a, new_request(), scene.pump, kNoon, {7}));
  const auto draft_id = must(add_draft(d, a, new_request(), reading, "{}"));
  const auto send_id = must(begin_send(d, a, new_request(), {scene.pump, draft_id, "stop", {}}));
  const auto rows = [&] {
    std::vector<std::int64_t> all;
    for (const char* table :
         {"people", "passkeys", "patients", "care_teams", "pumps", "readings", "drafts", "visits"})
      all.push_back(rows_of(d, table));
    return all;
  };
  const auto before = rows();
  EXPECT_TRUE(twice([&](const RequestId& r) { return add_person(d, a, r, StaffRole::kPharmacist, "Cleo"); }));
  EXPECT_TRUE(twice([&](const RequestId& r) {
    return add_passkey(d, a, r, {"AQID", {a.clinic, nurse}, {}, "AQID", 0});
  }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return add_patient(d, a, r, some_patient("2")); }));
  EXPECT_TRUE(twice(
      [&](const RequestId& r) { return change_patient(d, a, r, scene.patient, 1, some_patient("3")); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return join_care_team(d, a, r, scene.patient, nurse); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return add_pump(d, a, r, scene.patient, some_pump(7)); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return keep_reading(d, a, r, scene.pump, kNoon, {8}); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return add_draft(d, a, r, reading, "[]"); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return save_draft(d, a, r, draft_id, 1, "[1]"); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return settle_send(d, a, r, send_id, SendState::kUnknown); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return explant_pump(d, a, r, scene.pump, kNoon + 1); }));
  EXPECT_TRUE(twice([&](const RequestId& r) {
    return add_visit(d, a, r, scene.patient, {kNoon, VisitReason::kRefill, "x"});
  }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return leave_care_team(d, a, r, scene.patient, nurse); }));
  EXPECT_TRUE(twice([&](const RequestId& r) { return let_go(d, a, r, nurse); }));
  auto expected = before;
  for (const std::size_t one_more : {0U, 1U, 2U, 4U, 5U, 6U, 7U}) ++expected[one_more];
  EXPECT_EQ(rows(), expected);
  EXPECT_EQ(must(draft(d, a, draft_id)).version, 2);
  EXPECT_EQ(must(patient(d, a, scene.patient)).version, 2);
}

TEST_P(Requests, what_is_no_request_id_is_refused) {
  const auto database = records.open();
  const Scene scene = new_scene(*database);
  for (const std::string& text :
       {std::string{"short"}, std::string(65, 'a'), std::string{"sixteen letters!"}})
    EXPECT_TRUE(is_refused(begin_send(*database, scene.actor, {text}, {scene.pump, std::nullopt, "stop", {}}),
                           RecordFault::kInvalid));
}

}  // namespace
}  // namespace theca::records
