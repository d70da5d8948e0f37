#pragma once
/// The records on both engines: a fresh database, a clinic in it, and what stands in them.

#include <gtest/gtest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "clinic/audit.hpp"
#include "clinic/database.hpp"
#include "clinic/folder_testing.hpp"
#include "clinic/kept_drafts.hpp"
#include "clinic/patients.hpp"
#include "clinic/postgres_testing.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/readings.hpp"
#include "clinic/sends.hpp"
#include "clinic/staff.hpp"
#include "clinic/visits.hpp"

namespace theca::records {

inline constexpr std::int64_t kNoon = 1'790'000'000'000;  // a day in 2026

/// Started by the first test that needs it.
inline PostgresServer& postgres_server() {
  static PostgresServer server;
  return server;
}

inline RequestId new_request() {
  static std::atomic<int> count = 0;
  return {"request-" + std::to_string(1'000'000'000 + ++count)};
}

inline PatientDetails some_patient(const std::string& record_number = "MRN-100") {
  using namespace std::chrono_literals;
  return {"Zoë Ødegård-Quist", 1956y / 3 / 9, record_number, Sex::kFemale, "Spasticity since 2011.\nFalls."};
}

inline PumpDetails some_pump(std::uint8_t number = 1) {
  PumpDetails details;
  details.implant = {number, 2, 3, 4, 5, 6, 7, 8};
  details.model = "theca-40";
  details.serial = "SN-4711-0815";
  details.tubing = nanolitres(260'000);
  details.catheter = ImplantedCatheter{"theca-catheter", nanolitres(220'000)};
  details.implanted_ms = kNoon;
  return details;
}

template <class T>
T must(Recorded<T> result, const char* what = "") {
  if (!result) throw std::runtime_error(std::string{what} + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// What a test fails with when it does not get the fault that it is about.
template <class T>
::testing::AssertionResult is_refused(const Recorded<T>& result, RecordFault fault) {
  if (result) return ::testing::AssertionFailure() << "was not refused";
  if (result.error().fault != fault)
    return ::testing::AssertionFailure()
           << "was refused as " << word_of(result.error().fault) << ": " << result.error().message;
  return ::testing::AssertionSuccess() << result.error().message;
}

/// One database for a test, and whatever connections it opens to it.
class Records {
 public:
  explicit Records(Engine engine)
      : address(engine == Engine::kSqlite ? (folder / "clinic.db").string()
                                          : postgres_server().new_database()) {}

  [[nodiscard]] Opening opening() const {
    Opening opening;
    opening.address = address;
    opening.keys = folder / "keys";
    opening.heads = folder / "heads";
    opening.kind = DatabaseKind::kReal;
    opening.institution = "Clinic of the tests";
    return opening;
  }
  std::unique_ptr<Database> open() const { return must(Database::open(opening())); }
  /// The engine itself, past everything that guards the records.
  void raw(soci::session& sql) const {
    if (address.starts_with("postgresql"))
      sql.open(*soci::factory_postgresql(), address);
    else
      sql.open(*soci::factory_sqlite3(), "dbname=\"" + address + "\" timeout=20");
  }
  [[nodiscard]] AuditCheck verified() const { return must(verify_audit(address, folder / "heads")); }

  TestFolder folder;
  std::filesystem::file_time_type made = std::filesystem::last_write_time(folder.path());
  std::string address;
};

class RecordsTest : public ::testing::TestWithParam<Engine> {
 protected:
  Records records{GetParam()};
};

inline std::string name_of(const ::testing::TestParamInfo<Engine>& info) {
  return info.param == Engine::kSqlite ? "SQLite" : "PostgreSQL";
}
#define THECA_ON_BOTH_ENGINES(suite) \
  INSTANTIATE_TEST_SUITE_P(, suite, ::testing::Values(Engine::kSqlite, Engine::kPostgres), name_of)

inline std::string bytes_in(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace theca::records
