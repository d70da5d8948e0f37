// Broken glass on both engines: open for the one who broke it, for hours, with a reason that is nowhere in
// clear; reviewed once, by another person.
#include "clinic/glass.hpp"

#include "clinic/records_testing.hpp"
#include "clinic/standing.hpp"

namespace theca::records {
namespace {

constexpr const char* kReason = "Brought in by ambulance and cannot be woken.";

class GlassOn : public RecordsTest {
 protected:
  std::unique_ptr<Database> database = records.open();
  Actor admin = must(found_clinic(*database, "North", "Ada"));
  Actor nurse{admin.clinic, must(add_person(*database, admin, new_request(), StaffRole::kNurse, "Mia"))};
  PatientId zoe = must(add_patient(*database, admin, new_request(), some_patient()));
  PatientId tom = must(add_patient(*database, admin, new_request(), some_patient("MRN-200")));

  bool open_to(const Actor& actor, PatientId patient, std::int64_t now_ms) {
    return must(standing(*database, actor, PatientsThing::kPatient, patient.value, now_ms)).glass_broken;
  }
};

TEST_P(GlassOn, INV_10_a_chart_is_open_to_who_broke_the_glass_and_until_it_is_over) {
  const std::int64_t until = must(break_glass(*database, nurse, new_request(), zoe, kReason));
  const std::int64_t from = until - kGlassLasts.raw();
  EXPECT_TRUE(open_to(nurse, zoe, from));
  EXPECT_TRUE(open_to(nurse, zoe, until - 1));
  EXPECT_FALSE(open_to(nurse, zoe, until));
  EXPECT_FALSE(open_to(nurse, tom, from)) << "another patient's";
  EXPECT_FALSE(open_to(admin, zoe, from)) << "another person";
}

TEST_P(GlassOn, INV_16_every_one_is_reviewed_once_and_by_another_person) {
  const RequestId wish = new_request();
  const std::int64_t until = must(break_glass(*database, nurse, wish, zoe, kReason));
  EXPECT_EQ(must(break_glass(*database, nurse, wish, zoe, kReason)), until) << "asked twice it is one";
  auto open = must(glass_to_review(*database, admin));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open.front().by, nurse.person);
  EXPECT_EQ(open.front().reason, kReason);
  EXPECT_TRUE(
      is_refused(review_glass(*database, nurse, new_request(), open.front().id), RecordFault::kConflict));
  must(review_glass(*database, admin, new_request(), open.front().id));
  EXPECT_TRUE(
      is_refused(review_glass(*database, admin, new_request(), open.front().id), RecordFault::kConflict));
  EXPECT_TRUE(must(glass_to_review(*database, admin)).empty());
  std::int64_t rows = 0;
  database->session() << "SELECT COUNT(*) FROM glass", soci::into(rows);
  EXPECT_EQ(rows, 1) << "a row of it went";
}

TEST_P(GlassOn, INV_12_the_reason_is_sealed_and_goes_with_the_patient) {
  must(break_glass(*database, nurse, new_request(), zoe, kReason));
  std::string kept;
  database->session() << "SELECT reason FROM glass", soci::into(kept);
  EXPECT_EQ(kept.find("ambulance"), std::string::npos);
  must(erase_patient(*database, admin, new_request(), zoe));
  const auto open = must(glass_to_review(*database, admin));
  ASSERT_EQ(open.size(), 1U) << "that it was done stays";
  EXPECT_EQ(open.front().reason, "");
}

TEST_P(GlassOn, a_reason_that_says_nothing_and_an_open_chart_are_refused) {
  for (const std::string& reason : {std::string{}, std::string{"x"}, std::string(kMostReasonBytes + 1, 'x'),
                                    std::string{"Brought\x01 in, cannot be woken"}})
    EXPECT_TRUE(is_refused(break_glass(*database, nurse, new_request(), zoe, reason), RecordFault::kInvalid));
  must(join_care_team(*database, admin, new_request(), zoe, nurse.person));
  EXPECT_TRUE(is_refused(break_glass(*database, nurse, new_request(), zoe, kReason), RecordFault::kConflict));
}

TEST_P(GlassOn, INV_16_the_clinics_trail_is_read_page_by_page_and_says_who_opened_what) {
  must(break_glass(*database, nurse, new_request(), zoe, kReason));
  const auto newest = must(audit_of_clinic(*database, admin, 0, 3));
  ASSERT_EQ(newest.size(), 3U);
  EXPECT_EQ(newest.front().action, "break glass");
  EXPECT_EQ(newest.front().person, nurse.person.value);
  EXPECT_EQ(newest.front().patient, zoe.value);
  const auto older = must(audit_of_clinic(*database, admin, newest.back().sequence, 3));
  ASSERT_FALSE(older.empty());
  EXPECT_EQ(older.front().sequence, newest.back().sequence - 1);
  const Actor other = must(found_clinic(*database, "South", "Eve"));
  for (const AuditRow& row : must(audit_of_clinic(*database, other, 0, 100)))
    EXPECT_EQ(row.clinic, other.clinic.value);
}

THECA_ON_BOTH_ENGINES(GlassOn);

}  // namespace
}  // namespace theca::records
