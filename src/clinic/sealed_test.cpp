#include "clinic/sealed.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "clinic/clinic_key.hpp"
#include "clinic/encoding.hpp"
#include "clinic/records_testing.hpp"

namespace theca::records {
namespace {

const SealedPlace kPlace{{1}, {2}, "patients", "name", 2};

/// Under the sanitizers it is seen when the library is given a null for it.
TEST(Encoding, the_empty_text_is_no_bytes) {
  EXPECT_EQ(from_base64(""), std::vector<std::uint8_t>{});
  EXPECT_EQ(from_hex({}), std::vector<std::uint8_t>{});
}

RC_GTEST_PROP(Sealed, opens_in_its_own_place_alone, (const std::string& plain)) {
  const SecretKey key = SecretKey::random();
  const std::string sealed = seal(key, kPlace, plain);
  RC_ASSERT(must(open_sealed(key, kPlace, sealed)) == plain);
  const std::vector<SealedPlace> others{{{9}, {2}, "patients", "name", 2}, {{1}, {9}, "patients", "name", 2},
                                        {{1}, {2}, "visits", "name", 2},   {{1}, {2}, "patients", "notes", 2},
                                        {{1}, {2}, "patients", "name", 9}, {{1}, {2}, "patient", "sname", 2}};
  for (const SealedPlace& other : others) {
    const auto opened = open_sealed(key, other, sealed);
    RC_ASSERT(!opened);
    RC_ASSERT(opened.error().fault == RecordFault::kSpoilt);
  }
  RC_ASSERT(!open_sealed(SecretKey::random(), kPlace, sealed));
}

RC_GTEST_PROP(Sealed, a_changed_byte_does_not_open, (const std::string& plain)) {
  const SecretKey key = SecretKey::random();
  auto bytes = from_base64(seal(key, kPlace, plain)).value();
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ *rc::gen::inRange(1, 256));
  RC_ASSERT(!open_sealed(key, kPlace, base64(bytes)));
  bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
  RC_ASSERT(!open_sealed(key, kPlace, base64(bytes)));
}

RC_GTEST_PROP(Sealed, what_is_no_sealed_value_is_refused, (const std::string& text)) {
  RC_ASSERT(!open_sealed(SecretKey::random(), kPlace, text));
}

TEST(Sealed, the_length_tells_no_more_than_blocks_of_32) {
  const SecretKey key = SecretKey::random();
  EXPECT_EQ(seal(key, kPlace, "Li").size(), seal(key, kPlace, "Maximiliane Habsburg").size());
  EXPECT_NE(seal(key, kPlace, "Li"), seal(key, kPlace, "Li")) << "equal names can be told";
}

TEST(ClinicKey, is_read_back_and_refused_when_it_is_not_private_or_not_itself) {
  const TestFolder folder;
  const auto keys = folder / "keys";
  const KeyId id = must(make_clinic_key(keys));
  const KeyId other = must(make_clinic_key(keys));
  const auto file = keys / (id + ".key");
  EXPECT_EQ(must(read_clinic_key(keys, id)).bytes, must(read_clinic_key(keys, id)).bytes);
  EXPECT_NE(must(read_clinic_key(keys, id)).bytes, must(read_clinic_key(keys, other)).bytes);

  ::chmod(file.c_str(), 0640);
  EXPECT_TRUE(is_refused(read_clinic_key(keys, id), RecordFault::kKey));
  ::chmod(file.c_str(), 0600);
  ::chmod(keys.c_str(), 0750);
  EXPECT_TRUE(is_refused(read_clinic_key(keys, id), RecordFault::kKey));
  ::chmod(keys.c_str(), 0700);
  EXPECT_TRUE(read_clinic_key(keys, id).has_value());

  std::filesystem::copy_file(keys / (other + ".key"), file,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(is_refused(read_clinic_key(keys, id), RecordFault::kKey));
  std::ofstream{file} << "theca clinic key 1 short\n";
  EXPECT_TRUE(is_refused(read_clinic_key(keys, id), RecordFault::kKey));
  std::filesystem::remove(file);
  EXPECT_TRUE(is_refused(read_clinic_key(keys, id), RecordFault::kKey));
}

TEST(ClinicKey, another_clinic_or_purpose_has_another) {
  const SecretKey key = SecretKey::random();
  EXPECT_NE(key.derived("wrap", 1).bytes, key.derived("wrap", 2).bytes);
  EXPECT_NE(key.derived("wrap", 1).bytes, key.derived("tokens", 1).bytes);
  EXPECT_NE(token_of(key, "name", "ada"), token_of(SecretKey::random(), "name", "ada"));
  EXPECT_NE(token_of(key, "name", "ada"), token_of(key, "record number", "ada"));
}

using AtRest = RecordsTest;
THECA_ON_BOTH_ENGINES(AtRest);

/// Everything the engine has written since the test began: files of SQLite, or of the server's folder with
/// its log.
std::string all_bytes(const Records& records, Engine engine) {
  namespace fs = std::filesystem;
  const auto folder = engine == Engine::kSqlite ? records.folder.path() : postgres_server().folder();
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    // The server removes files of its own meanwhile: one that is gone holds nothing any more, and a walk that
    // was broken off is begun anew.
    std::string all;
    std::error_code broken;
    for (fs::recursive_directory_iterator at{folder, broken}, end; !broken && at != end;
         at.increment(broken)) {
      std::error_code gone;
      if (at->is_regular_file(gone) && !gone && at->path().extension() != ".key" &&
          at->last_write_time(gone) >= records.made && !gone)
        all += bytes_in(at->path());
    }
    if (!broken) return all;
  }
  throw std::runtime_error("the files under " + folder.string() + " could not be read in one walk");
}

const std::vector<std::string> kClear{"Zoë",        "Ødegård", "degaard",    "odegard",  "ODEGARD",
                                      "Quist",      "quist",   "1956-03-09", "19560309", "MRN-100",
                                      "mrn100",     "Falls",   "Spasticity", "SN-4711",  "pump talks",
                                      "0.5 mg/day", "refused", "female"};

TEST_P(AtRest, INV_12_no_name_birth_date_number_or_note_stands_in_the_files) {
  std::string while_open, after;
  {
    const auto database = records.open();
    const Actor actor = must(found_clinic(*database, "North", "Ada"));
    const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
    const PumpId pump = must(add_pump(*database, actor, new_request(), id, some_pump()));
    const std::string said = "the pump talks";
    const auto reading =
        must(keep_reading(*database, actor, new_request(), pump, kNoon, {said.begin(), said.end()}));
    must(add_draft(*database, actor, new_request(), reading, R"({"dose": "0.5 mg/day"})"));
    must(add_visit(*database, actor, new_request(), id,
                   {kNoon, VisitReason::kRefill, "refused the test dose"}));
    must(find_patients(*database, actor, {"odegard"}));
    must(patient(*database, actor, id));
    while_open = all_bytes(records, GetParam());
  }
  after = all_bytes(records, GetParam());
  ASSERT_TRUE(while_open.contains("add draft")) << "the files that were searched are not the database's";
  for (const std::string& clear : kClear) {
    EXPECT_FALSE(while_open.contains(clear)) << clear;
    EXPECT_FALSE(after.contains(clear)) << clear;
  }
}

TEST_P(AtRest, a_column_that_is_not_sealed_is_found) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  const std::string name = some_patient().name;
  database->session() << "UPDATE patients SET name = :name WHERE id = :id", soci::use(name),
      soci::use(id.value);
  EXPECT_NE(all_bytes(records, GetParam()).find("Quist"), std::string::npos);
}

TEST_P(AtRest, an_erased_patient_opens_no_more) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, actor, new_request(), some_patient()));
  const PumpId pump_id = must(add_pump(*database, actor, new_request(), id, some_pump()));
  must(add_visit(*database, actor, new_request(), id, {kNoon, VisitReason::kRefill, "note"}));
  std::string wrapped;
  database->session() << "SELECT wrapped FROM patient_keys", soci::into(wrapped);
  const RequestId request = new_request();
  EXPECT_TRUE(must(erase_patient(*database, actor, request, id)).scrubbed);
  must(erase_patient(*database, actor, request, id));  // asked again

  EXPECT_TRUE(is_refused(patient(*database, actor, id), RecordFault::kErased));
  EXPECT_TRUE(is_refused(pump(*database, actor, pump_id), RecordFault::kErased));
  EXPECT_TRUE(is_refused(visits_of(*database, actor, id), RecordFault::kErased));
  EXPECT_TRUE(is_refused(erase_patient(*database, actor, new_request(), id), RecordFault::kErased));
  EXPECT_TRUE(must(find_patients(*database, actor, {"odegard"})).patients.empty());
  EXPECT_FALSE(must(audit_of_patient(*database, actor, id, 100)).empty());
  // The number is free again for another person.
  must(add_patient(*database, actor, new_request(), some_patient()));
  std::int64_t tokens = -1;
  database->session() << "SELECT COUNT(*) FROM search_tokens WHERE patient = :id", soci::into(tokens),
      soci::use(id.value);
  EXPECT_EQ(tokens, 0);
  if (GetParam() == Engine::kSqlite) {
    EXPECT_EQ(all_bytes(records, GetParam()).find(wrapped), std::string::npos)
        << "the wrapped key still stands in the files";
  }
}

TEST_P(AtRest, a_value_moved_to_another_row_or_column_is_seen) {
  const auto database = records.open();
  const Actor actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId one = must(add_patient(*database, actor, new_request(), some_patient("1")));
  const PatientId two = must(add_patient(*database, actor, new_request(), some_patient("2")));
  auto& sql = database->session();
  sql << "UPDATE patients SET notes = record_number WHERE id = :id", soci::use(one.value);
  EXPECT_TRUE(is_refused(patient(*database, actor, one), RecordFault::kSpoilt));
  sql << "UPDATE patients SET record_number = (SELECT record_number FROM patients WHERE id = :one) WHERE id "
         "= :two",
      soci::use(one.value), soci::use(two.value);
  EXPECT_TRUE(is_refused(patient(*database, actor, two), RecordFault::kSpoilt));
  // With the key of another patient as well, moved with its value.
  sql << "UPDATE patient_keys SET wrapped = (SELECT wrapped FROM patient_keys WHERE patient = :one) "
         "WHERE patient = :two",
      soci::use(one.value), soci::use(two.value);
  EXPECT_TRUE(is_refused(patient(*database, actor, two), RecordFault::kSpoilt));
}

TEST_P(AtRest, without_the_clinics_key_nothing_opens) {
  Actor actor;
  {
    const auto database = records.open();
    actor = must(found_clinic(*database, "North", "Ada"));
    must(add_patient(*database, actor, new_request(), some_patient()));
  }
  std::filesystem::rename(records.folder / "keys", records.folder / "taken");
  const auto database = records.open();
  EXPECT_TRUE(is_refused(find_patients(*database, actor, {"odegard"}), RecordFault::kKey));
}

}  // namespace
}  // namespace theca::records
