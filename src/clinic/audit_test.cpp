#include "clinic/audit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "clinic/audit_heads.hpp"
#include "clinic/encoding.hpp"
#include "clinic/records_testing.hpp"

namespace theca::records {
namespace {

using AuditTrail = RecordsTest;
THECA_ON_BOTH_ENGINES(AuditTrail);

/// A clinic with some life in it; the database is closed, so that a head stands at its end.
Actor lived(const Records& records) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  const PumpId pump = must(add_pump(*database, actor, new_request(), id, some_pump()));
  must(keep_reading(*database, actor, new_request(), pump, kNoon, {1, 2, 3}));
  for (int i = 0; i < 3; ++i) must(patient(*database, actor, id));
  static_cast<void>(patient(*database, actor, PatientId{12}));
  must(visits_of(*database, actor, id));
  must(database->close());
  return actor;
}

/// Past the triggers, as somebody with the file or the server's password.
void unguarded(soci::session& sql, const Records& records, Engine engine) {
  records.raw(sql);
  if (engine == Engine::kSqlite) {
    sql << "DROP TRIGGER audit_no_update";
    sql << "DROP TRIGGER audit_no_delete";
  } else {
    sql << "DROP TRIGGER audit_no_change ON audit";
  }
}

std::vector<AuditRow> all_rows(soci::session& sql) {
  std::vector<AuditRow> rows;
  soci::statement statement{sql};
  AuditRowInto into;
  into.bind(statement);
  statement.alloc();
  statement.prepare(std::string{"SELECT "} + kAuditColumns + " FROM audit ORDER BY sequence");
  statement.define_and_bind();
  for (statement.execute(); statement.fetch();) rows.push_back(into.row());
  return rows;
}

void put_back(soci::session& sql, const std::vector<AuditRow>& rows) {
  soci::transaction whole{sql};
  sql << "DELETE FROM audit";
  for (const AuditRow& row : rows) insert(sql, row);
  whole.commit();
}

TEST_P(AuditTrail, an_untouched_one_is_whole_and_vouched_for) {
  lived(records);
  const AuditCheck check = records.verified();
  EXPECT_TRUE(check.wrong.empty()) << check.wrong.front().message;
  EXPECT_EQ(check.rows, 9);
  EXPECT_EQ(check.last, 9);
  EXPECT_EQ(check.heads, 2);
  EXPECT_EQ(check.not_vouched, 0);
}

TEST_P(AuditTrail, says_who_did_what_to_whom_and_what_was_refused) {
  const Actor actor = lived(records);
  soci::session sql;
  records.raw(sql);
  std::vector<std::string> said;
  for (const AuditRow& row : all_rows(sql)) {
    said.push_back(row.action + ": " + row.outcome);
    EXPECT_EQ(row.person, actor.person.value);
    EXPECT_EQ(row.clinic, actor.clinic.value);
  }
  EXPECT_EQ(said,
            (std::vector<std::string>{"found clinic: done", "add patient: done", "add pump: done",
                                      "keep reading: done", "read patient: done", "read patient: done",
                                      "read patient: done", "read patient: missing", "list visits: done"}));
}

TEST_P(AuditTrail, is_only_appended_to) {
  lived(records);
  soci::session sql;
  records.raw(sql);
  EXPECT_THROW(sql << "UPDATE audit SET person = 1", soci::soci_error);
  EXPECT_THROW(sql << "DELETE FROM audit WHERE sequence = 9", soci::soci_error);
  EXPECT_TRUE(records.verified().wrong.empty());
}

TEST_P(AuditTrail, INV_16_any_change_of_any_column_is_found_at_its_row) {
  lived(records);
  soci::session sql;
  unguarded(sql, records, GetParam());
  const std::vector<AuditRow> rows = all_rows(sql);
  const auto text = [](std::string AuditRow::*column) {
    return [column](AuditRow& row) {
      std::string& value = row.*column;
      const auto at = *rc::gen::inRange<std::size_t>(0, value.size() + 1);
      if (at == value.size()) {
        value += 'x';
      } else {
        const char other = *rc::gen::inRange('!', '~');
        value[at] = other == value[at] ? '~' : other;
      }
    };
  };
  const auto number = [](std::int64_t AuditRow::*column) {
    return [column](AuditRow& row) { row.*column ^= std::int64_t{1} << *rc::gen::inRange(0, 60); };
  };
  const auto perhaps = [](std::optional<std::int64_t> AuditRow::*column) {
    return [column](AuditRow& row) {
      row.*column =
          row.*column && *rc::gen::arbitrary<bool>()
              ? std::nullopt
              : std::optional{(row.*column).value_or(0) ^ std::int64_t{1} << *rc::gen::inRange(0, 60)};
    };
  };
  const std::vector<std::pair<std::string, std::function<void(AuditRow&)>>> columns{
      {"at_ms", number(&AuditRow::at_ms)},      {"clinic", number(&AuditRow::clinic)},
      {"person", number(&AuditRow::person)},    {"action", text(&AuditRow::action)},
      {"object", text(&AuditRow::object)},      {"object_id", perhaps(&AuditRow::object_id)},
      {"patient", perhaps(&AuditRow::patient)}, {"outcome", text(&AuditRow::outcome)},
      {"detail", text(&AuditRow::detail)},      {"previous", text(&AuditRow::previous)},
      {"hash", text(&AuditRow::hash)}};
  for (const auto& [name, change] : columns) {
    EXPECT_TRUE(rc::check(name, [&] {
      auto tampered = rows;
      AuditRow& row = tampered[*rc::gen::inRange<std::size_t>(0, rows.size())];
      change(row);
      put_back(sql, tampered);
      const AuditCheck check = records.verified();
      RC_ASSERT(!check.wrong.empty());
      RC_ASSERT(check.wrong.front().sequence == row.sequence);
    }));
  }
  put_back(sql, rows);
  EXPECT_TRUE(records.verified().wrong.empty()) << "what put_back writes is found whatever it is";
}

TEST_P(AuditTrail, INV_16_rows_deleted_in_the_middle_reordered_or_added_are_found) {
  lived(records);
  soci::session sql;
  unguarded(sql, records, GetParam());
  const std::vector<AuditRow> rows = all_rows(sql);
  EXPECT_TRUE(rc::check([&] {
    auto tampered = rows;
    const auto at = *rc::gen::inRange<std::size_t>(0, rows.size() - 1);
    const int how = *rc::gen::inRange(0, 4);
    if (how == 0) {  // gone, and a gap
      tampered.erase(tampered.begin() + static_cast<std::ptrdiff_t>(at));
    } else if (how == 1) {  // gone, and those behind it numbered anew
      tampered.erase(tampered.begin() + static_cast<std::ptrdiff_t>(at));
      for (std::size_t i = at; i < tampered.size(); ++i) --tampered[i].sequence;
    } else if (how == 2) {  // changed places
      std::swap(tampered[at], tampered[at + 1]);
      std::swap(tampered[at].sequence, tampered[at + 1].sequence);
    } else {  // one more between them
      AuditRow more = tampered[at];
      more.action = "nothing";
      tampered.insert(tampered.begin() + static_cast<std::ptrdiff_t>(at), more);
      for (std::size_t i = at + 1; i < tampered.size(); ++i) ++tampered[i].sequence;
    }
    put_back(sql, tampered);
    const AuditCheck check = records.verified();
    RC_ASSERT(!check.wrong.empty());
    const auto found = check.wrong.front().sequence;
    RC_ASSERT(found >= rows[at].sequence && found <= rows[at].sequence + 1);
  }));
}

TEST_P(AuditTrail, INV_16_rows_cut_off_the_end_are_found_by_the_heads_alone) {
  lived(records);
  soci::session sql;
  unguarded(sql, records, GetParam());
  sql << "DELETE FROM audit WHERE sequence > 6";
  const AuditCheck check = records.verified();
  ASSERT_EQ(check.wrong.size(), 1U);
  EXPECT_EQ(check.wrong.front().sequence, 7);
  // The broken twin: without the head that was written at the close, the cut is not seen.
  const auto lines = must(read_heads(records.folder / "heads"));
  std::filesystem::remove(records.folder / "heads");
  must(append_head(records.folder / "heads", *lines.front().head));
  EXPECT_TRUE(records.verified().wrong.empty());
  EXPECT_EQ(records.verified().not_vouched, 6) << "what nothing vouches for is told";
}

TEST_P(AuditTrail, INV_16_a_chain_reckoned_anew_is_found_by_the_heads_alone) {
  lived(records);
  soci::session sql;
  unguarded(sql, records, GetParam());
  std::vector<AuditRow> rows = all_rows(sql);
  rows[3].person = 4;
  for (std::size_t i = 3; i < rows.size(); ++i) {
    if (i > 3) rows[i].previous = rows[i - 1].hash;
    rows[i].hash = hash_of(rows[i]);
  }
  put_back(sql, rows);
  const AuditCheck check = records.verified();
  ASSERT_EQ(check.wrong.size(), 1U);
  EXPECT_EQ(check.wrong.front().sequence, 9);  // where the head was taken
  const auto lines = must(read_heads(records.folder / "heads"));
  std::filesystem::remove(records.folder / "heads");
  must(append_head(records.folder / "heads", *lines.front().head));
  EXPECT_TRUE(records.verified().wrong.empty()) << "the twin without that head sees it too?";
}

TEST_P(AuditTrail, a_changed_head_is_found) {
  lived(records);
  const auto file = records.folder / "heads";
  const AuditHead close = *must(read_heads(file)).back().head;
  const auto with = [&](const AuditHead& changed) {
    std::filesystem::remove(file);
    must(append_head(file, changed));
    return records.verified().wrong;
  };
  EXPECT_TRUE(with(close).empty());
  AuditHead changed = close;
  changed.hash.front() = changed.hash.front() == '0' ? '1' : '0';
  EXPECT_FALSE(with(changed).empty());
  changed = close;
  --changed.sequence;
  EXPECT_FALSE(with(changed).empty());
  changed = close;
  ++changed.sequence;
  EXPECT_FALSE(with(changed).empty());
  changed = close;
  changed.database.front() = changed.database.front() == '0' ? '1' : '0';
  EXPECT_FALSE(with(changed).empty());
  std::ofstream{file, std::ios::trunc} << "theca audit head 2 and so on\n";
  EXPECT_FALSE(records.verified().wrong.empty());
  std::filesystem::remove(file);
  EXPECT_TRUE(is_refused(verify_audit(records.address, file), RecordFault::kAudit));
}

TEST(AuditHeads, a_last_line_that_was_not_finished_gives_way) {
  const TestFolder folder;
  const AuditHead head{std::string(64, 'a'), 3, kNoon, std::string(64, 'b'), "day"};
  must(append_head(folder / "heads", head));
  std::ofstream{folder / "heads", std::ios::app} << "theca audit head 1 aaaa";
  EXPECT_EQ(must(read_heads(folder / "heads")).size(), 1U);
  must(append_head(folder / "heads", head));
  const auto lines = must(read_heads(folder / "heads"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].head && lines[1].head);
}

TEST(AuditRow, what_is_hashed_is_what_the_page_says) {
  AuditRow row;
  row.sequence = 2;
  row.at_ms = 1'790'000'000'000;
  row.clinic = 11;
  row.person = 12;
  row.action = "read patient";
  row.object = "patients";
  row.object_id = 13;
  row.outcome = "done";
  row.previous = std::string(64, '0');
  EXPECT_EQ(hashed_text(row),
            "theca audit 1\nsequence=2\nat_ms=1790000000000\nclinic=11\nperson=12\naction=read patient\n"
            "object=patients\nobject_id=13\npatient=\noutcome=done\ndetail=\n"
            "previous=0000000000000000000000000000000000000000000000000000000000000000\n");
  EXPECT_EQ(hash_of(row), "b30037dd13a72c36c7c2d392571215e6b6beb3512a4ca028f97de1d70362355e");
}

}  // namespace
}  // namespace theca::records
