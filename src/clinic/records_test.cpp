/// Staff, pumps, readings, drafts, sends and visits: what is kept comes back, what may not be is refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "clinic/encoding.hpp"
#include "clinic/records_testing.hpp"

namespace theca::records {
namespace {

using RecordsOn = RecordsTest;
THECA_ON_BOTH_ENGINES(RecordsOn);

TEST_P(RecordsOn, readings_are_kept_byte_for_byte) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  const PumpId pump = must(add_pump(*database, actor, new_request(), id, some_pump()));
  EXPECT_TRUE(rc::check([&] {
    const auto said = *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<std::uint8_t>>());
    const ReadingId kept = must(keep_reading(*database, actor, new_request(), pump, kNoon, said));
    const Reading back = must(reading(*database, actor, kept));
    RC_ASSERT(back.said == said);
    RC_ASSERT(back.patient == id);
    RC_ASSERT(back.pump == pump);
    RC_ASSERT(back.by == actor.person);
    RC_ASSERT(back.digest == sha256_hex({reinterpret_cast<const char*>(said.data()), said.size()}));
  }));
  EXPECT_TRUE(
      is_refused(keep_reading(*database, actor, new_request(), pump, kNoon, {}), RecordFault::kInvalid));
  EXPECT_TRUE(
      is_refused(keep_reading(*database, actor, new_request(), pump, 12, {1}), RecordFault::kInvalid));
}

TEST_P(RecordsOn, a_pump_comes_back_as_it_was_implanted) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  PumpDetails bare = some_pump(2);
  bare.catheter.reset();
  const PumpId with = must(add_pump(*database, actor, new_request(), id, some_pump(1)));
  const PumpId without = must(add_pump(*database, actor, new_request(), id, bare));
  const auto pumps = must(pumps_of(*database, actor, id));
  ASSERT_EQ(pumps.size(), 2U);
  const PumpRecord one = must(pump(*database, actor, with));
  EXPECT_EQ(one.details.implant, some_pump(1).implant);
  EXPECT_EQ(one.details.serial, "SN-4711-0815");
  EXPECT_EQ(one.details.tubing, nanolitres(260'000));
  ASSERT_TRUE(one.details.catheter.has_value());
  EXPECT_EQ(one.details.catheter->volume, nanolitres(220'000));
  EXPECT_FALSE(one.explanted_ms.has_value());
  EXPECT_FALSE(must(pump(*database, actor, without)).details.catheter.has_value());

  EXPECT_TRUE(
      is_refused(add_pump(*database, actor, new_request(), id, some_pump(1)), RecordFault::kConflict));
  PumpDetails huge = some_pump(3);
  huge.tubing = kLargestPathPart + nanolitres(1);
  EXPECT_TRUE(is_refused(add_pump(*database, actor, new_request(), id, huge), RecordFault::kInvalid));
  huge.tubing = nanolitres(-1);
  EXPECT_TRUE(is_refused(add_pump(*database, actor, new_request(), id, huge), RecordFault::kInvalid));

  must(explant_pump(*database, actor, new_request(), with, kNoon + 5));
  EXPECT_EQ(must(pump(*database, actor, with)).explanted_ms, kNoon + 5);
  EXPECT_TRUE(
      is_refused(explant_pump(*database, actor, new_request(), with, kNoon + 6), RecordFault::kConflict));
}

TEST_P(RecordsOn, of_two_who_change_a_draft_the_second_is_told) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  const PumpId pump = must(add_pump(*database, actor, new_request(), id, some_pump()));
  const ReadingId reading = must(keep_reading(*database, actor, new_request(), pump, kNoon, {1}));
  const DraftId kept = must(add_draft(*database, actor, new_request(), reading, R"({"a":1})"));
  EXPECT_EQ(must(save_draft(*database, actor, new_request(), kept, 1, R"({"a":2})")), 2);
  EXPECT_TRUE(
      is_refused(save_draft(*database, actor, new_request(), kept, 1, R"({"a":3})"), RecordFault::kConflict));
  const KeptDraft now = must(draft(*database, actor, kept));
  EXPECT_EQ(now.content, R"({"a":2})");
  EXPECT_EQ(now.version, 2);
  EXPECT_EQ(now.reading, reading);
  EXPECT_EQ(must(drafts_of(*database, actor, id)).size(), 1U);
  EXPECT_TRUE(is_refused(add_draft(*database, actor, new_request(), reading, "{"), RecordFault::kInvalid));
  EXPECT_TRUE(
      is_refused(add_draft(*database, actor, new_request(), reading, std::string(kLongestDraft + 1, ' ')),
                 RecordFault::kInvalid));
}

TEST_P(RecordsOn, what_is_certain_about_a_send_stays) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  const PumpId pump = must(add_pump(*database, actor, new_request(), id, some_pump()));
  constexpr std::array kStates{SendState::kPending, SendState::kConfirmed, SendState::kFailed,
                               SendState::kUnknown, SendState::kRefused};
  EXPECT_TRUE(rc::check([&] {
    const SendId one = must(begin_send(*database, actor, new_request(), {pump, std::nullopt, "stop", {}}));
    SendState state = SendState::kPending;
    for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
      const SendState next = *rc::gen::elementOf(kStates);
      const bool settled = state == SendState::kConfirmed || state == SendState::kFailed ||
                           (state == SendState::kRefused && next != SendState::kFailed);
      const bool signed_already = state == SendState::kUnknown && next == SendState::kRefused;
      const bool may = !settled && next != SendState::kPending && next != state && !signed_already;
      const auto done = settle_send(*database, actor, new_request(), one, next);
      RC_ASSERT(done.has_value() == may);
      if (may) state = next;
      RC_ASSERT(must(send(*database, actor, one)).state == state);
    }
  }));
  EXPECT_TRUE(
      is_refused(begin_send(*database, actor, new_request(), {pump, std::nullopt, "For Mrs Quist", {}}),
                 RecordFault::kInvalid));
  EXPECT_TRUE(is_refused(begin_send(*database, actor, new_request(), {pump, DraftId{5}, "stop", {}}),
                         RecordFault::kMissing));
}

TEST_P(RecordsOn, visits_and_care_teams) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  const PersonId nurse = must(add_person(*database, actor, new_request(), StaffRole::kNurse, "Ben"));
  must(add_visit(*database, actor, new_request(), id, {kNoon, VisitReason::kRefill, "18 mL\nno redness"}));
  must(add_visit(*database, {actor.clinic, nurse}, new_request(), id,
                 {kNoon + 1, VisitReason::kTitration, ""}));
  const auto visits = must(visits_of(*database, actor, id));
  ASSERT_EQ(visits.size(), 2U);
  EXPECT_EQ(visits[0].by, nurse);
  EXPECT_EQ(visits[1].details.notes, "18 mL\nno redness");
  EXPECT_EQ(visits[1].details.reason, VisitReason::kRefill);

  must(join_care_team(*database, actor, new_request(), id, nurse));
  EXPECT_EQ(must(care_team(*database, actor, id)), std::vector{nurse});
  EXPECT_EQ(must(patients_in_care(*database, {actor.clinic, nurse})).patients.size(), 1U);
  EXPECT_TRUE(must(patients_in_care(*database, actor)).patients.empty());
  must(leave_care_team(*database, actor, new_request(), id, nurse));
  EXPECT_TRUE(must(care_team(*database, actor, id)).empty());
}

TEST_P(RecordsOn, a_passkey_that_counts_backwards_was_copied) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  must(add_passkey(*database, actor, new_request(), {"AQID", actor, StaffRole::kAdministrator, "BAUG", 0}));
  must(add_passkey(*database, actor, new_request(), {"BwgJ", actor, StaffRole::kAdministrator, "BAUG", 5}));
  const Passkey found = must(find_passkey(*database, "AQID"));
  EXPECT_EQ(found.owner.person, actor.person);
  EXPECT_EQ(found.role, StaffRole::kAdministrator);
  EXPECT_EQ(found.public_key, "BAUG");
  must(use_passkey(*database, actor, "AQID", 0));  // an authenticator without a counter
  must(use_passkey(*database, actor, "BwgJ", 6));
  EXPECT_TRUE(is_refused(use_passkey(*database, actor, "BwgJ", 6), RecordFault::kConflict));
  EXPECT_TRUE(is_refused(use_passkey(*database, actor, "BwgJ", 0), RecordFault::kConflict));
  EXPECT_EQ(must(find_passkey(*database, "BwgJ")).counter, 6);
  EXPECT_TRUE(is_refused(find_passkey(*database, "nobodys"), RecordFault::kMissing));
  EXPECT_TRUE(is_refused(add_passkey(*database, actor, new_request(), {"AQID", actor, {}, "BAUG", 0}),
                         RecordFault::kConflict));
  EXPECT_EQ(must(passkeys(*database, actor, actor.person)).size(), 2U);
}

}  // namespace
}  // namespace theca::records
