#include "clinic/patients.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "clinic/encoding.hpp"
#include "clinic/records_testing.hpp"
#include "clinic/search_token.hpp"

namespace theca::records {
namespace {

using namespace std::chrono_literals;

TEST(SearchToken, folds_case_accents_and_what_stands_between_words) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(folded_words("Ødegård-Müller, ZOË"), (Words{"odegard", "muller", "zoe"}));
  EXPECT_EQ(folded_words("Groß O'Brien"), (Words{"gross", "obrien"}));
  EXPECT_EQ(folded_words("Łukasz Æble"), (Words{"lukasz", "aeble"}));
  EXPECT_EQ(folded_words("  -- "), Words{});
  EXPECT_EQ(folded_words("E\xcc\x81va"), folded_words("Éva")) << "composed or not is one";
}

/// A name from letters of several scripts, with and without accents.
rc::Gen<std::string> any_name() {
  static const std::vector<std::string> kLetters{"a", "B", "é", "Ø", "ü", "ß",  "n",
                                                 "Ç", "o", "Š", "д", "Ю", "李", "r"};
  return rc::gen::map(
      rc::gen::resize(
          18, rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kLetters)))),
      [](const std::vector<std::string>& letters) {
        std::string name;
        for (const std::string& letter : letters) name += letter;
        return name;
      });
}

RC_GTEST_PROP(SearchToken, every_prefix_from_three_letters_is_kept_and_no_other_word_is, ()) {
  const SecretKey key = SecretKey::random();
  const std::string name = *any_name();
  const auto kept = name_tokens(key, name);
  const auto words = folded_words(name);
  RC_PRE(!words.empty());
  for (const std::string& word : words) {
    for (std::size_t length = 1; length <= word.size(); ++length) {
      const std::string prefix = word.substr(0, length);
      if (folded_words(prefix) != std::vector{prefix} || !plain_text(prefix, false))
        continue;  // cut inside a letter
      const auto asked = asked_name_tokens(key, prefix);
      const bool found = std::ranges::includes(kept, asked);
      RC_ASSERT(!found || begins_words_of(prefix, name));
      if (length >= 3 || length == word.size()) RC_ASSERT(found);
    }
  }
  RC_ASSERT(!std::ranges::includes(name_tokens(SecretKey::random(), name), kept));
}

using PatientsOn = RecordsTest;
THECA_ON_BOTH_ENGINES(PatientsOn);

TEST_P(PatientsOn, are_found_by_prefix_birth_date_and_record_number) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId zoe = must(add_patient(*database, actor, new_request(), some_patient("12-34 A")));
  PatientDetails li = some_patient("77");
  li.name = "Li Odenwald";
  li.birth_date = 1990y / 2 / 28;
  const PatientId other = must(add_patient(*database, actor, new_request(), li));

  const auto found = [&](const PatientSearch& search) {
    std::set<PatientId> ids;
    for (const auto& one : must(find_patients(*database, actor, search)).patients) ids.insert(one.id);
    return ids;
  };
  const std::set<PatientId> both{zoe, other}, none{};
  EXPECT_EQ(found({"ode"}), both);
  EXPECT_EQ(found({"ODEGÅRD"}), std::set{zoe});
  EXPECT_EQ(found({"quis zoe"}), std::set{zoe});
  EXPECT_EQ(found({"li"}), std::set{other});
  EXPECT_EQ(found({"od"}), none) << "two letters would find half a clinic";
  EXPECT_EQ(found({"degard"}), none);
  EXPECT_EQ(found({"odegardxxxxxxx"}), none) << "more letters than the tokens hold";
  EXPECT_EQ(found({"", 1990y / 2 / 28}), std::set{other});
  EXPECT_EQ(found({"ode", 1956y / 3 / 9}), std::set{zoe});
  EXPECT_EQ(found({"", std::nullopt, "1234a"}), std::set{zoe});
  EXPECT_TRUE(is_refused(find_patients(*database, actor, {" - "}), RecordFault::kInvalid));

  PatientDetails married = li;
  married.name = "Li Quist";
  EXPECT_EQ(must(change_patient(*database, actor, new_request(), other, 1, married)), 2);
  EXPECT_EQ(found({"odenwald"}), none);
  EXPECT_EQ(found({"quist"}), both);
}

TEST_P(PatientsOn, a_change_of_a_version_that_is_over_is_refused) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  PatientDetails first = some_patient(), second = some_patient();
  first.notes = "first";
  second.notes = "second";
  EXPECT_EQ(must(change_patient(*database, actor, new_request(), id, 1, first)), 2);
  EXPECT_TRUE(
      is_refused(change_patient(*database, actor, new_request(), id, 1, second), RecordFault::kConflict));
  const Patient now = must(patient(*database, actor, id));
  EXPECT_EQ(now.version, 2);
  EXPECT_EQ(now.details.notes, "first");
}

TEST_P(PatientsOn, one_record_number_is_one_patient) {
  const auto database = records.open();
  const Actor north = must(found_clinic(*database, "North", "Ada"));
  const Actor south = must(found_clinic(*database, "South", "Ben"));
  must(add_patient(*database, north, new_request(), some_patient("MRN 1")));
  EXPECT_TRUE(is_refused(add_patient(*database, north, new_request(), some_patient("mrn-1")),
                         RecordFault::kConflict));
  EXPECT_TRUE(add_patient(*database, south, new_request(), some_patient("MRN 1")).has_value());
  const PatientId two = must(add_patient(*database, north, new_request(), some_patient("MRN 2")));
  EXPECT_TRUE(is_refused(change_patient(*database, north, new_request(), two, 1, some_patient("MRN 1")),
                         RecordFault::kConflict));
}

TEST_P(PatientsOn, what_is_outside_its_limits_is_refused_and_nothing_is_written) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  std::vector<PatientDetails> wrong(9, some_patient());
  wrong[0].name.clear();
  wrong[1].name = std::string(201, 'a');
  wrong[2].name = "a\nb";
  wrong[3].name = "\xff\xfe";
  wrong[4].name = "--";
  wrong[5].birth_date = 2023y / 2 / 29;
  wrong[6].birth_date = 2999y / 1 / 1;
  wrong[7].record_number.clear();
  wrong[8].notes = std::string(65'537, 'a');
  for (const PatientDetails& details : wrong)
    EXPECT_TRUE(is_refused(add_patient(*database, actor, new_request(), details), RecordFault::kInvalid));
  std::int64_t rows = -1;
  database->session() << "SELECT COUNT(*) FROM patients", soci::into(rows);
  EXPECT_EQ(rows, 0);
}

TEST_P(PatientsOn, a_name_that_is_a_piece_of_sql_is_a_name) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North'; DROP TABLE people; --", "Ada :x"));
  PatientDetails details = some_patient("'); DELETE FROM audit; --1");
  details.name = "Robert'); DROP TABLE patients;--";
  const PatientId id = must(add_patient(*database, actor, new_request(), details));
  EXPECT_EQ(must(patient(*database, actor, id)).details, details);
  EXPECT_EQ(must(find_patients(*database, actor, {"robert'); drop"})).patients.size(), 1U);
}

/// What the engine says it would do for a search of two tokens.
std::string plan_of_search(soci::session& sql, Engine engine) {
  const std::int64_t clinic = 1;
  const std::string token = "x";
  if (engine == Engine::kPostgres) sql << "SET enable_seqscan = off";  // few rows are read through else
  soci::rowset<soci::row> rows =
      (sql.prepare << (engine == Engine::kSqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + search_query(2),
       soci::use(clinic), soci::use(token), soci::use(token));
  std::string plan;
  for (const soci::row& row : rows) plan += row.get<std::string>(row.size() - 1) + "\n";
  return plan;
}

bool reads_through(const std::string& plan) {
  return plan.find("SCAN") != std::string::npos || plan.find("Seq Scan") != std::string::npos;
}

TEST_P(PatientsOn, a_search_goes_by_an_index) {
  const auto database = records.open();
  const std::string plan = plan_of_search(database->session(), GetParam());
  EXPECT_FALSE(reads_through(plan)) << plan;
  EXPECT_TRUE(plan.find("INDEX") != std::string::npos || plan.find("Index") != std::string::npos) << plan;
}

TEST_P(PatientsOn, a_search_without_its_index_is_seen) {
  const auto database = records.open();
  auto& sql = database->session();
  sql << "ALTER TABLE search_tokens RENAME TO kept";
  sql << "CREATE TABLE search_tokens (clinic BIGINT, token TEXT, patient BIGINT)";
  const std::string plan = plan_of_search(sql, GetParam());
  EXPECT_TRUE(reads_through(plan)) << plan;
}

}  // namespace
}  // namespace theca::records
