#include "clinic/database.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "clinic/audit_heads.hpp"
#include "clinic/connection.hpp"
#include "clinic/records_testing.hpp"

namespace theca::records {
namespace {

using DatabaseOn = RecordsTest;
THECA_ON_BOTH_ENGINES(DatabaseOn);

TEST_P(DatabaseOn, is_the_same_when_it_is_opened_again) {
  Actor actor;
  PatientId id;
  {
    const auto database = records.open();
    actor = must(found_clinic(*database, "North", "Ada"));
    id = must(add_patient(*database, actor, new_request(), some_patient()));
  }
  const auto database = records.open();
  EXPECT_EQ(must(patient(*database, actor, id)).details, some_patient());
}

TEST_P(DatabaseOn, a_demo_does_not_open_a_real_clinic_nor_the_other_way_round) {
  records.open();
  Opening demo = records.opening();
  demo.kind = DatabaseKind::kDemo;
  const auto refused = Database::open(demo);
  ASSERT_TRUE(is_refused(refused, RecordFault::kOtherKind));
  EXPECT_NE(refused.error().message.find("Clinic of the tests"), std::string::npos)
      << refused.error().message;

  const Records others{GetParam()};
  Opening fresh = others.opening();
  fresh.kind = DatabaseKind::kDemo;
  must(Database::open(fresh));
  EXPECT_TRUE(is_refused(Database::open(others.opening()), RecordFault::kOtherKind));
  EXPECT_TRUE(Database::open(fresh).has_value());
}

TEST_P(DatabaseOn, a_new_real_database_needs_a_name) {
  Opening nameless = records.opening();
  nameless.institution.clear();
  EXPECT_TRUE(is_refused(Database::open(nameless), RecordFault::kInvalid));
}

TEST_P(DatabaseOn, a_newer_schema_is_refused_and_left_alone) {
  records.open();
  soci::session sql;
  records.raw(sql);
  sql << "UPDATE marks SET text = '1000' WHERE name = 'schema'";
  const auto refused = Database::open(records.opening());
  ASSERT_TRUE(is_refused(refused, RecordFault::kNewerSchema));
  EXPECT_NE(refused.error().message.find("1000"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(is_refused(verify_audit(records.address, records.folder / "heads"), RecordFault::kNewerSchema));
  std::string version;
  sql << "SELECT text FROM marks WHERE name = 'schema'", soci::into(version);
  EXPECT_EQ(version, "1000");
  sql << "UPDATE marks SET text = '2; x' WHERE name = 'schema'";
  EXPECT_TRUE(is_refused(Database::open(records.opening()), RecordFault::kNewerSchema));
}

TEST_P(DatabaseOn, steps_go_forward_one_by_one_and_all_or_none) {
  const SchemaStep first{.both = {"CREATE TABLE one (a BIGINT)"}, .sqlite = {}, .postgres = {}};
  const SchemaStep second{.both = {"CREATE TABLE two (a BIGINT)", "INSERT INTO one (a) VALUES (2)"},
                          .sqlite = {},
                          .postgres = {}};
  const SchemaStep broken{.both = {"INSERT INTO one (a) VALUES (3)", "INSERT INTO nowhere (a) VALUES (3)"},
                          .sqlite = {},
                          .postgres = {}};
  soci::session sql;
  records.raw(sql);
  ASSERT_TRUE(migrate(sql, GetParam(), std::array{first}).has_value());
  EXPECT_EQ(schema_version(sql, GetParam()), 1);
  ASSERT_TRUE(is_refused(migrate(sql, GetParam(), std::array{first, second, broken}), RecordFault::kEngine));
  EXPECT_EQ(schema_version(sql, GetParam()), 1) << "half of the steps were kept";
  std::int64_t rows = -1;
  sql << "SELECT COUNT(*) FROM one", soci::into(rows);
  EXPECT_EQ(rows, 0);
  ASSERT_TRUE(migrate(sql, GetParam(), std::array{first, second}).has_value());
  ASSERT_TRUE(migrate(sql, GetParam(), std::array{first, second}).has_value());
  sql << "SELECT COUNT(*) FROM one", soci::into(rows);
  EXPECT_EQ(schema_version(sql, GetParam()), 2);
  EXPECT_EQ(rows, 1) << "a step was taken twice";
  EXPECT_TRUE(is_refused(migrate(sql, GetParam(), std::array{first}), RecordFault::kNewerSchema));
}

TEST_P(DatabaseOn, a_trail_that_was_cut_or_lost_its_heads_is_not_continued) {
  Actor actor;
  {
    const auto database = records.open();
    actor = must(found_clinic(*database, "North", "Ada"));
  }
  const auto heads = records.folder / "heads", elsewhere = records.folder / "elsewhere";
  std::filesystem::rename(heads, elsewhere);
  EXPECT_TRUE(is_refused(Database::open(records.opening()), RecordFault::kAudit));
  std::filesystem::rename(elsewhere, heads);
  ASSERT_TRUE(Database::open(records.opening()).has_value());

  soci::session sql;
  records.raw(sql);
  sql << (GetParam() == Engine::kSqlite ? "DROP TRIGGER audit_no_delete"
                                        : "DROP TRIGGER audit_no_change ON audit");
  sql << "DELETE FROM audit";
  EXPECT_TRUE(is_refused(Database::open(records.opening()), RecordFault::kAudit));
}

TEST_P(DatabaseOn, each_new_day_begins_with_the_head_of_the_days_before) {
  std::int64_t now = kNoon;
  Opening opening = records.opening();
  opening.now_ms = [&now] { return now; };
  const auto database = must(Database::open(opening));
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  for (int day = 0; day < 3; ++day, now += 86'400'000) {
    must(staff(*database, actor));
    must(staff(*database, actor));
  }
  const auto lines = must(read_heads(opening.heads));
  ASSERT_EQ(lines.size(), 3U);  // made on the first day, then the second and the third
  EXPECT_EQ(lines[1].head->reason, "day");
  EXPECT_EQ(lines[1].head->sequence, 3);
  EXPECT_EQ(lines[2].head->sequence, 5);
}

TEST_P(DatabaseOn, an_engine_that_ends_a_call_half_way_leaves_nothing) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const auto done = database->act<int>(actor, {"test", "people"}, [&](Work& work) -> Recorded<int> {
    work.sql << "UPDATE people SET name = 'Eve' WHERE clinic = :clinic", soci::use(actor.clinic.value);
    work.sql << "INSERT INTO nowhere (a) VALUES (1)";
    return 1;
  });
  EXPECT_TRUE(is_refused(done, RecordFault::kEngine));
  EXPECT_EQ(must(staff(*database, actor)).front().name, "Ada");
}

TEST(Database, what_is_no_address_is_refused) {
  for (const char* address : {"", "mysql://there", "a\"b.db"}) {
    Opening opening;
    opening.address = address;
    EXPECT_TRUE(is_refused(Database::open(opening), RecordFault::kAddress)) << address;
  }
  Opening nowhere;
  nowhere.address = "/nowhere/at/all.db";
  EXPECT_TRUE(is_refused(Database::open(nowhere), RecordFault::kUnreachable));
}

TEST(Database, a_password_is_not_shown) {
  EXPECT_EQ(shown("postgresql://ada:secret@host:5432/clinic?sslmode=require"),
            "postgresql://host:5432/clinic");
}

TEST(Database, its_files_are_its_owners_alone) {
  const Records records{Engine::kSqlite};
  const auto database = records.open();
  must(found_clinic(*database, "North", "Ada"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(records.folder.path())) {
    struct stat there {};
    ASSERT_EQ(::stat(entry.path().c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & (S_IRWXG | S_IRWXO), 0U) << entry.path();
  }
}

}  // namespace
}  // namespace theca::records
