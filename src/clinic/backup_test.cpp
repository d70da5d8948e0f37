/// A backup gives back what stood there, from either engine into either; what was damaged, cut or changed is
/// refused, and leaves nothing.
#include "clinic/backup.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

#include "clinic/audit_heads.hpp"
#include "clinic/backup_file.hpp"
#include "clinic/connection.hpp"
#include "clinic/encoding.hpp"
#include "clinic/glass.hpp"
#include "clinic/records_testing.hpp"
#include "clinic/refills.hpp"
#include "clinic/traces.hpp"

namespace theca::records {
namespace {

constexpr std::uint32_t kSeed = 44;

/// Something in every table.
struct Clinic {
  Actor actor;
  PatientId patient, erased;
  PumpId pump;
  DraftId draft;
};
Clinic filled(const Records& records) {
  const auto database = records.open();
  Clinic clinic;
  const Actor actor = clinic.actor = must(found_clinic(*database, "Clinic of the hill", "Ada"));
  const PersonId nurse = must(add_person(*database, actor, new_request(), StaffRole::kNurse, "Bén \"B\""));
  must(add_passkey(*database, actor, new_request(),
                   {"credential-1", {actor.clinic, nurse}, StaffRole::kNurse, "a-key-00", 3}));
  clinic.patient = must(add_patient(*database, actor, new_request(), some_patient()));
  clinic.erased = must(add_patient(*database, actor, new_request(), some_patient("MRN-200")));
  must(join_care_team(*database, actor, new_request(), clinic.patient, nurse));
  clinic.pump = must(add_pump(*database, actor, new_request(), clinic.patient, some_pump()));
  const ReadingId reading =
      must(keep_reading(*database, actor, new_request(), clinic.pump, kNoon, {1, 2, 3}));
  clinic.draft = must(add_draft(*database, actor, new_request(), reading, R"({"rate":"2 mg"})"));
  const SendId send =
      must(begin_send(*database, actor, new_request(), {clinic.pump, clinic.draft, "change", {}}));
  must(settle_send(*database, actor, new_request(), send, SendState::kConfirmed));
  must(add_visit(*database, actor, new_request(), clinic.patient, {kNoon, VisitReason::kRefill, "18 mL"}));
  must(break_glass(*database, actor, new_request(), clinic.patient,
                   "Brought in after 18 mL, cannot be woken."));
  must(keep_trace(*database, actor, new_request(), clinic.pump, TraceKind::kDiary, kNoon, "[\"worse\"]"));
  const RefillId refill =
      must(begin_refill(*database, actor, new_request(), reading, "label", R"({"is":"begun"})"));
  must(add_refill_step(*database, actor, new_request(), refill, 1, kNoon, R"({"is":"port"})", "empty"));
  must(erase_patient(*database, actor, new_request(), clinic.erased));
  return clinic;
}

BackingUp from(const Records& records) {
  return {
      records.address, records.folder / "heads", records.folder / "keys", {{"clinic.json", "{}\n"}}, kNoon};
}
Restoring into(const Records& records, const Records& keys_of) {
  return {records.address, records.folder / "heads", keys_of.folder / "keys", records.folder / "keys", false};
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::istringstream in{bytes_in(file)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}
void write_lines(const std::filesystem::path& file, const std::vector<std::string>& lines) {
  std::ofstream out{file, std::ios::binary};
  for (const std::string& line : lines) out << line << '\n';
}

/// All of it but the last line, which no hash covers, with another hash in that: what whoever has no key can
/// do.
void rehash(std::vector<std::string>& lines) {
  BackupHash hash;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) hash.add(lines[i]);
  const std::string name = R"("sha256":")";
  lines.back().replace(lines.back().find(name) + name.size(), 64, hash.digits());
}

bool holds_nothing(const Records& records) {
  soci::session sql;
  records.raw(sql);
  const Engine engine = records.address.starts_with("postgresql") ? Engine::kPostgres : Engine::kSqlite;
  if (schema_version(sql, engine) == 0) return true;
  for (const char* table : kTables) {
    long long rows = 0;
    sql << std::string{"SELECT COUNT(*) FROM "} + table, soci::into(rows);
    if (rows != 0) return false;
  }
  std::string id;
  sql << "SELECT text FROM marks WHERE name = 'id'", soci::into(id);
  return !sql.got_data();
}

class Backup : public ::testing::TestWithParam<std::tuple<Engine, Engine>> {
 protected:
  Records old{std::get<0>(GetParam())};
  Records fresh{std::get<1>(GetParam())};
  std::filesystem::path file = old.folder / "monday.theca";
};
std::string names_of(const ::testing::TestParamInfo<std::tuple<Engine, Engine>>& info) {
  const auto name = [](Engine engine) { return engine == Engine::kSqlite ? "SQLite" : "PostgreSQL"; };
  return std::string{name(std::get<0>(info.param))} + "_to_" + name(std::get<1>(info.param));
}
INSTANTIATE_TEST_SUITE_P(, Backup,
                         ::testing::Combine(::testing::Values(Engine::kSqlite, Engine::kPostgres),
                                            ::testing::Values(Engine::kSqlite, Engine::kPostgres)),
                         names_of);

TEST_P(Backup, INV_16_every_row_comes_back_as_it_stood_and_opens) {
  const Clinic clinic = filled(old);
  const BackupFacts written = must(write_backup(from(old), file));
  EXPECT_TRUE(written.audit.wrong.empty());
  const BackupFacts restored = must(restore_backup(file, into(fresh, old)));
  EXPECT_EQ(restored.rows, written.rows);
  EXPECT_EQ(restored.files.at("clinic.json"), "{}\n");
  EXPECT_EQ(restored.institution, "Clinic of the tests");
  EXPECT_EQ(restored.kind, DatabaseKind::kReal);

  // Written again it is the same file, but for nothing: the same moment, the same hash, the same seals.
  must(write_backup(from(fresh), fresh.folder / "again.theca"));
  auto first = lines_of(file), second = lines_of(fresh.folder / "again.theca");
  std::ranges::sort(first);  // the engines sort texts in their own ways
  std::ranges::sort(second);
  ASSERT_EQ(first.size(), second.size());
  std::size_t other = 0;
  for (std::size_t i = 0; i < first.size(); ++i) other += first[i] == second[i] ? 0U : 1U;
  EXPECT_LE(other, std::get<0>(GetParam()) == std::get<1>(GetParam()) ? 0U : 1U) << "more than the last line";

  const auto database = fresh.open();
  EXPECT_EQ(must(patient(*database, clinic.actor, clinic.patient)).details.name, some_patient().name);
  EXPECT_EQ(must(draft(*database, clinic.actor, clinic.draft)).content, R"({"rate":"2 mg"})");
  EXPECT_TRUE(is_refused(patient(*database, clinic.actor, clinic.erased), RecordFault::kErased));
  EXPECT_EQ(must(sends_of(*database, clinic.actor, clinic.pump)).size(), 1U);
  must(add_visit(*database, clinic.actor, new_request(), clinic.patient, {kNoon, VisitReason::kRefill, ""}));
  const AuditCheck check = fresh.verified();
  EXPECT_TRUE(check.wrong.empty()) << check.wrong.front().message;
  EXPECT_GT(check.last, written.audit.last);
}

TEST_P(Backup, every_table_that_the_engine_knows_is_in_it_with_a_row) {
  static_cast<void>(filled(old));
  soci::session sql;
  old.raw(sql);
  std::vector<std::string> known{"marks"};
  known.insert(known.end(), kTables.begin(), kTables.end());
  std::vector<std::string> there;
  const soci::rowset<std::string> tables =
      sql.prepare << (std::get<0>(GetParam()) == Engine::kSqlite
                          ? "SELECT name FROM sqlite_master WHERE type = 'table'"
                          : "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables WHERE schemaname = "
                            "current_schema()");
  for (const std::string& table : tables) there.push_back(table);
  std::ranges::sort(known);
  std::ranges::sort(there);
  EXPECT_EQ(there, known) << "a step made a table that no backup has";
  must(write_backup(from(old), file));
  const std::string text = bytes_in(file);
  for (const char* table : kTables)
    EXPECT_NE(text.find(R"("table":")" + std::string{table} + '"'), std::string::npos) << table;
}

TEST_P(Backup, INV_12_nothing_of_a_patient_and_no_key_stands_in_it) {
  static_cast<void>(filled(old));
  const BackupFacts written = must(write_backup(from(old), file));
  const std::string text = bytes_in(file);
  for (const char* secret : {"degård", "Spasticity", "MRN-", "1956-03-09", "SN-4711", "18 mL", "2 mg"})
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  for (const auto& [clinic, id] : written.keys) {
    const std::string key = bytes_in(old.folder / "keys" / (id + ".key"));
    EXPECT_EQ(text.find(key.substr(key.size() - 65, 64)), std::string::npos);
  }
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_P(Backup, INV_16_what_was_damaged_cut_or_changed_is_refused_and_leaves_nothing) {
  static_cast<void>(filled(old));
  must(write_backup(from(old), file));
  const std::string whole = bytes_in(file);
  const std::vector<std::string> lines = lines_of(file);
  const std::filesystem::path bad = old.folder / "bad.theca";
  std::mt19937 random{kSeed};
  const auto some = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>{0, below - 1}(random);
  };
  const auto refused = [&](const std::string& what) {
    const auto restored = restore_backup(bad, into(fresh, old));
    EXPECT_FALSE(restored.has_value()) << what << ", seed " << kSeed;
    EXPECT_TRUE(holds_nothing(fresh)) << what;
    EXPECT_FALSE(std::filesystem::exists(fresh.folder / "heads")) << what;
  };
  for (int i = 0; i < 30; ++i) {  // a bit, a cut
    std::string text = whole;
    const std::size_t at = some(text.size());
    text[at] = static_cast<char>(text[at] ^ (1 << some(8)));
    std::ofstream{bad, std::ios::binary} << text;
    refused("a bit of byte " + std::to_string(at));
    const std::size_t cut = some(whole.size());
    std::ofstream{bad, std::ios::binary} << whole.substr(0, cut);
    refused("cut at " + std::to_string(cut));
  }
  for (int i = 0; i < 30; ++i) {  // lines, by somebody who reckons the hash anew and has no key
    std::vector<std::string> changed = lines;
    const std::size_t at = some(changed.size() - 1), other = some(changed.size() - 1);
    switch (i % 3) {
      case 0:
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(at), changed[other]);
        break;
      default:
        if (changed[at] == changed[other]) continue;
        std::swap(changed[at], changed[other]);
    }
    rehash(changed);
    write_lines(bad, changed);
    refused("line " + std::to_string(at) + " of kind " + std::to_string(i % 3));
  }
  std::vector<std::string> longer = lines;  // another's passkey, put in cleanly
  const auto passkey = std::ranges::find_if(longer, [](const std::string& line) {
    return line.find("credential-1") != std::string::npos && line.starts_with('[');
  });
  ASSERT_NE(passkey, longer.end());
  passkey->replace(passkey->find("a-key-00"), 8, "b-key-00");
  rehash(longer);
  write_lines(bad, longer);
  const auto changed = restore_backup(bad, into(fresh, old));
  ASSERT_TRUE(is_refused(changed, RecordFault::kInvalid));
  EXPECT_NE(changed.error().message.find("does not say yes"), std::string::npos) << changed.error().message;

  std::ofstream{bad, std::ios::binary} << whole;  // and what was not changed goes in, in the same place
  must(restore_backup(bad, into(fresh, old)));
}

TEST_P(Backup, INV_16_without_the_clinics_key_nothing_is_restored) {
  const Clinic clinic = filled(old);
  must(write_backup(from(old), file));
  Restoring to = into(fresh, old);
  to.keys = fresh.folder / "none";
  EXPECT_TRUE(is_refused(restore_backup(file, to), RecordFault::kKey));
  EXPECT_FALSE(std::filesystem::exists(to.keys)) << "a folder that was mistyped was made";
  must(make_clinic_key(fresh.folder / "others"));
  to.keys = fresh.folder / "others";
  EXPECT_TRUE(is_refused(restore_backup(file, to), RecordFault::kKey));
  EXPECT_TRUE(holds_nothing(fresh));
  EXPECT_FALSE(std::filesystem::exists(fresh.folder / "keys"));
  must(restore_backup(file, into(fresh, old)));
  EXPECT_EQ(must(patient(*fresh.open(), clinic.actor, clinic.patient)).details.name, some_patient().name);
}

TEST_P(Backup, neither_records_nor_a_file_are_written_over) {
  static_cast<void>(filled(old));
  must(write_backup(from(old), file));
  const std::string before = bytes_in(file);
  EXPECT_TRUE(is_refused(write_backup(from(old), file), RecordFault::kConflict));
  EXPECT_EQ(bytes_in(file), before);
  static_cast<void>(filled(fresh));
  const AuditCheck check = fresh.verified();
  const auto twice = restore_backup(file, into(fresh, old));
  EXPECT_TRUE(is_refused(twice, RecordFault::kConflict));
  EXPECT_NE(twice.error().message.find("Clinic of the tests"), std::string::npos) << twice.error().message;
  EXPECT_EQ(fresh.verified().last_hash, check.last_hash);
  for (const auto& entry : std::filesystem::directory_iterator(old.folder.path()))
    EXPECT_NE(entry.path().extension(), ".part") << "half of a file was left";
}

TEST_P(Backup, a_newer_form_or_schema_is_refused_and_an_older_schema_brought_forward) {
  static_cast<void>(filled(old));
  must(write_backup(from(old), file));
  const std::filesystem::path other = old.folder / "other.theca";
  std::vector<std::string> lines = lines_of(file);
  const auto change = [&](const std::string& text, const std::string& by) {
    std::vector<std::string> changed = lines;
    changed[0].replace(changed[0].find(text), text.size(), by);
    rehash(changed);
    write_lines(other, changed);
    return restore_backup(other, into(fresh, old));
  };
  EXPECT_TRUE(is_refused(change(R"(backup":1)", R"(backup":2)"), RecordFault::kNewerSchema));
  const std::string schema = R"("schema":)" + std::to_string(schema_steps().size());
  EXPECT_TRUE(is_refused(change(schema, R"("schema":99)"), RecordFault::kNewerSchema));
  EXPECT_TRUE(is_refused(change(schema, R"("schema":0)"), RecordFault::kInvalid));

  // As a Theca of before the refills wrote it, with the clinic's own key.
  std::erase_if(lines, [in = false](const std::string& line) mutable {
    if (line.starts_with(R"({"table")"))
      in = line.find("refill") != std::string::npos || line.find("glass") != std::string::npos ||
           line.find("traces") != std::string::npos;
    if (line.starts_with(R"({"head)") || line.starts_with(R"({"rows)")) in = false;
    return in;
  });
  lines[0].replace(lines[0].find(schema), schema.size(), R"("schema":2)");
  const std::int64_t rows =
      std::ranges::count_if(lines, [](const std::string& line) { return line.starts_with('['); });
  BackupHash hash;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) hash.add(lines[i]);
  const Clinic clinic = [&] {
    Clinic found;
    soci::session sql;
    old.raw(sql);
    sql << "SELECT id FROM clinics", soci::into(found.actor.clinic.value);
    return found;
  }();
  KeyId id;
  {
    soci::session sql;
    old.raw(sql);
    sql << "SELECT key_id FROM clinics", soci::into(id);
  }
  const SecretKey key = must(read_clinic_key(old.folder / "keys", id));
  const std::int64_t number = clinic.actor.clinic.value;
  lines.back() = R"({"rows":)" + std::to_string(rows) + R"(,"sha256":")" + hash.digits() + R"(","seals":{")" +
                 std::to_string(number) + R"(":")" +
                 token_of(key.derived("backup", number), "backup", hash.digits()) + R"("}})";
  write_lines(other, lines);
  must(restore_backup(other, into(fresh, old)));
  static_cast<void>(fresh.open());
  soci::session sql;
  fresh.raw(sql);
  EXPECT_EQ(schema_version(sql, std::get<1>(GetParam())), static_cast<std::int64_t>(schema_steps().size()));
}

TEST_P(Backup, INV_16_a_trail_that_is_not_whole_is_told_and_restored_only_when_asked) {
  static_cast<void>(filled(old));
  {
    soci::session sql;
    old.raw(sql);
    if (std::get<0>(GetParam()) == Engine::kSqlite) {
      sql << "DROP TRIGGER audit_no_update";
    } else {
      sql << "ALTER TABLE audit DISABLE TRIGGER audit_no_change";
    }
    sql << "UPDATE audit SET person = person + 1 WHERE sequence = 3";
  }
  const BackupFacts written = must(write_backup(from(old), file));
  ASSERT_FALSE(written.audit.wrong.empty());
  EXPECT_EQ(written.audit.wrong.front().sequence, 3);
  EXPECT_TRUE(is_refused(restore_backup(file, into(fresh, old)), RecordFault::kAudit));
  EXPECT_TRUE(holds_nothing(fresh));
  Restoring to = into(fresh, old);
  to.although_not_whole = true;
  EXPECT_EQ(must(restore_backup(file, to)).audit.wrong.front().sequence, 3);
}

TEST_P(Backup, INV_7_what_was_about_to_be_handed_over_is_not_known_in_what_is_restored) {
  const Clinic clinic = filled(old);
  SendId under_way, waits;
  {
    const auto database = old.open();
    under_way = must(
        begin_send(*database, clinic.actor, new_request(), {clinic.pump, clinic.draft, "prescribe", {}}));
    waits = must(begin_send(*database, clinic.actor, new_request(),
                            {clinic.pump, clinic.draft, "sign for refill", {}}));
  }
  must(write_backup(from(old), file));
  must(restore_backup(file, into(fresh, old)));
  const auto database = fresh.open();
  EXPECT_EQ(must(send(*database, clinic.actor, under_way)).state, SendState::kUnknown);
  EXPECT_EQ(must(send(*database, clinic.actor, waits)).state, SendState::kPending) << "nobody hands it over";
}

TEST_P(Backup, INV_16_a_head_that_was_written_over_is_told_by_backup_and_restore) {
  static_cast<void>(filled(old));
  std::vector<std::string> heads = lines_of(old.folder / "heads");
  ASSERT_GE(heads.size(), 2U);
  heads[0] = "nothing to see here";
  write_lines(old.folder / "heads", heads);
  const BackupFacts written = must(write_backup(from(old), file));
  EXPECT_FALSE(written.audit.wrong.empty());
  EXPECT_TRUE(is_refused(restore_backup(file, into(fresh, old)), RecordFault::kAudit));
  Restoring to = into(fresh, old);
  to.although_not_whole = true;
  EXPECT_FALSE(must(restore_backup(file, to)).audit.wrong.empty());
  EXPECT_EQ(lines_of(fresh.folder / "heads"), heads);
}

/// Each institution has its own key, and backs up what stands at their one database.
TEST_P(Backup, INV_16_another_institutions_clinic_is_in_it_and_opens_with_its_own_key_alone) {
  const Clinic clinic = filled(old);
  BackingUp own = from(old);
  own.keys = old.folder / "own";
  std::filesystem::copy(old.folder / "keys", own.keys);
  std::filesystem::permissions(own.keys, std::filesystem::perms::owner_all);
  Clinic other;
  {
    const auto database = old.open();
    other.actor = must(found_clinic(*database, "Clinic of the valley", "Eve"));
    other.patient = must(add_patient(*database, other.actor, new_request(), some_patient("MRN-300")));
  }
  EXPECT_EQ(must(write_backup(own, file)).keys.size(), 1U);
  Restoring to = into(fresh, old);
  to.keys = own.keys;
  must(restore_backup(file, to));
  {
    const auto database = fresh.open();
    EXPECT_EQ(must(patient(*database, clinic.actor, clinic.patient)).details.name, some_patient().name);
    EXPECT_TRUE(is_refused(patient(*database, other.actor, other.patient), RecordFault::kKey));
  }
  std::filesystem::copy(
      old.folder / "keys", fresh.folder / "keys",
      std::filesystem::copy_options::skip_existing | std::filesystem::copy_options::recursive);
  EXPECT_EQ(must(patient(*fresh.open(), other.actor, other.patient)).details.record_number, "MRN-300");
  own.keys = old.folder / "nobodys";
  EXPECT_TRUE(is_refused(write_backup(own, old.folder / "tuesday"), RecordFault::kKey));
}

TEST_P(Backup, one_that_was_broken_off_is_never_cut_under_another_name) {
  static_cast<void>(filled(old));
  must(write_backup(from(old), file));
  const std::string before = bytes_in(file);
  const std::filesystem::path archived = old.folder / "archived.theca";
  std::filesystem::create_hard_link(file, file.string() + ".part");  // killed between the two names
  std::filesystem::rename(file, archived);
  must(write_backup(from(old), file));
  EXPECT_EQ(bytes_in(archived), before);
  EXPECT_NE(bytes_in(file), "");
}

TEST_P(Backup, records_of_another_schema_are_left_to_the_theca_that_serves_them) {
  {
    soci::session sql;
    const Engine engine = must(connect_to(sql, old.address));
    must(migrate(sql, engine, schema_steps().first(2)));
  }
  EXPECT_TRUE(is_refused(of_this_schema(old.address), RecordFault::kNewerSchema));
  soci::session sql;
  old.raw(sql);
  EXPECT_EQ(schema_version(sql, std::get<0>(GetParam())), 2);
}

TEST_P(Backup, INV_16_one_that_is_made_while_others_write_is_of_one_moment) {
  const Clinic clinic = filled(old);
  std::atomic<std::int64_t> acknowledged = 0;
  const std::jthread writer{[&](const std::stop_token& stop) {
    const auto database = old.open();
    while (!stop.stop_requested()) {
      must(begin_send(*database, clinic.actor, new_request(), {clinic.pump, std::nullopt, "stop", {}}));
      ++acknowledged;
    }
  }};
  for (int i = 0; i < 5; ++i) {
    while (acknowledged < 3 * (i + 1)) std::this_thread::yield();
    const std::int64_t before = acknowledged;
    const std::filesystem::path one = old.folder / ("one-" + std::to_string(i));
    must(write_backup(from(old), one));
    Records place{std::get<1>(GetParam())};
    must(restore_backup(one, into(place, old)));
    soci::session sql;
    place.raw(sql);
    long long sends = 0, told = 0;
    sql << "SELECT COUNT(*) FROM sends", soci::into(sends);
    sql << "SELECT COUNT(*) FROM audit WHERE action = 'begin send' AND outcome = 'done'", soci::into(told);
    EXPECT_GE(sends, before);
    EXPECT_EQ(sends, told) << "the sends are of another moment than the trail";
    const AuditCheck check = place.verified();
    EXPECT_TRUE(check.wrong.empty()) << check.wrong.front().message;
  }
}

}  // namespace
}  // namespace theca::records
