// Refills on both engines: one open for a pump, steps that are appended to and never changed, nothing in
// clear.
#include "clinic/refills.hpp"

#include "clinic/records_testing.hpp"

namespace theca::records {
namespace {

class RefillsOn : public RecordsTest {
 protected:
  std::unique_ptr<Database> database = records.open();
  Actor actor = must(found_clinic(*database, "North", "Ada"));
  PatientId patient = must(add_patient(*database, actor, new_request(), some_patient()));
  PumpId pump = must(add_pump(*database, actor, new_request(), patient, some_pump()));
  ReadingId reading = must(keep_reading(*database, actor, new_request(), pump, kNoon, {1, 2, 3}));

  RefillId begun() {
    return must(begin_refill(*database, actor, new_request(), reading, "label", R"({"is":"begun"})"));
  }
  Recorded<std::int64_t> add(RefillId id, std::size_t place, const std::string& stage = "port",
                             const std::string& content = R"({"is":"label","lot":"SECRET-LOT"})") {
    return add_refill_step(*database, actor, new_request(), id, place, kNoon, content, stage);
  }
};

TEST_P(RefillsOn, INV_16_steps_are_kept_in_their_order_and_read_back) {
  const RefillId id = begun();
  must(add(id, 1));
  must(add(id, 2, "empty", R"({"is":"port"})"));
  const Refill kept = must(refill(*database, actor, id));
  EXPECT_EQ(kept.pump, pump);
  EXPECT_EQ(kept.patient, patient);
  EXPECT_EQ(kept.reading, reading);
  EXPECT_EQ(kept.stage, "empty");
  ASSERT_EQ(kept.steps.size(), 3U);
  EXPECT_EQ(kept.steps[0].content, R"({"is":"begun"})");
  EXPECT_EQ(kept.steps[2].content, R"({"is":"port"})");
  EXPECT_EQ(kept.steps[2].by, actor.person);
  EXPECT_EQ(kept.steps[2].at_ms, kNoon);
}

TEST_P(RefillsOn, of_two_who_add_one_step_the_second_is_told) {
  const RefillId id = begun();
  must(add(id, 1));
  EXPECT_TRUE(is_refused(add(id, 1), RecordFault::kConflict));
  EXPECT_TRUE(is_refused(add(id, 3), RecordFault::kConflict));
  EXPECT_TRUE(is_refused(add(id, 2, "Port!"), RecordFault::kInvalid));
  EXPECT_TRUE(is_refused(add(id, 2, "port", std::string(kLongestStep + 1, 'x')), RecordFault::kInvalid));
  EXPECT_EQ(must(refill(*database, actor, id)).steps.size(), 2U) << "half of a step was kept";
}

TEST_P(RefillsOn, a_pump_has_one_open_refill_and_an_ended_one_takes_no_step) {
  const RefillId id = begun();
  EXPECT_TRUE(is_refused(begin_refill(*database, actor, new_request(), reading, "label", "{}"),
                         RecordFault::kConflict));
  must(add(id, 1, kRefillOver));
  EXPECT_TRUE(is_refused(add(id, 2), RecordFault::kConflict));
  const RefillId second = begun();
  EXPECT_NE(second, id);
  EXPECT_EQ(must(refills_of(*database, actor, pump)).size(), 2U);
  EXPECT_EQ(must(refills_at(*database, actor, "label")).size(), 1U);
  EXPECT_EQ(must(refills_at(*database, actor, kRefillOver)).front().id, id);
}

TEST_P(RefillsOn, INV_7_the_same_request_is_one_step) {
  const RefillId id = begun();
  const RequestId once = new_request();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(must(add_refill_step(*database, actor, once, id, 1, kNoon, R"({"is":"port"})", "empty")), 1);
  EXPECT_EQ(must(refill(*database, actor, id)).steps.size(), 2U);
}

TEST_P(RefillsOn, INV_12_what_was_done_is_sealed_and_cannot_be_changed) {
  const RefillId id = begun();
  must(add(id, 1));
  std::string content;
  database->session() << "SELECT content FROM refill_steps WHERE place = 1", soci::into(content);
  EXPECT_EQ(content.find("SECRET-LOT"), std::string::npos);
  EXPECT_THROW(database->session() << "UPDATE refill_steps SET at_ms = 1", soci::soci_error);
  EXPECT_THROW(database->session() << "DELETE FROM refill_steps", soci::soci_error);
}

TEST_P(RefillsOn, what_was_done_goes_with_an_erased_patient) {
  const RefillId id = begun();
  must(erase_patient(*database, actor, new_request(), patient));
  EXPECT_TRUE(is_refused(refill(*database, actor, id), RecordFault::kErased));
  EXPECT_TRUE(is_refused(add(id, 1), RecordFault::kErased));
}

THECA_ON_BOTH_ENGINES(RefillsOn);

}  // namespace
}  // namespace theca::records
