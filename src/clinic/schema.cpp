#include "clinic/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "clinic/connection.hpp"

namespace theca::records {
namespace {

// Any number, the same for every Theca: two processes that migrate one PostgreSQL database wait for each
// other.
constexpr const char* kLockMigration = "SELECT pg_advisory_xact_lock(7445186207)";

/// Who works here, what was done, and what was asked for.
const SchemaStep kPeopleStep{
    .both =
        {
            "CREATE TABLE clinics (id BIGINT PRIMARY KEY, name TEXT NOT NULL, key_id TEXT NOT NULL, "
            "created_ms BIGINT NOT NULL)",
            "CREATE TABLE people (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL REFERENCES clinics (id), "
            "role TEXT NOT NULL, name TEXT NOT NULL, created_ms BIGINT NOT NULL, left_ms BIGINT, "
            "UNIQUE (id, clinic))",
            "CREATE INDEX people_of_clinic ON people (clinic)",
            "CREATE TABLE passkeys (credential TEXT PRIMARY KEY, clinic BIGINT NOT NULL, person BIGINT NOT "
            "NULL, "
            "public_key TEXT NOT NULL, counter BIGINT NOT NULL, created_ms BIGINT NOT NULL, "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE TABLE requests (clinic BIGINT NOT NULL, request TEXT NOT NULL, action TEXT NOT NULL, "
            "content TEXT NOT NULL, answer BIGINT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (clinic, "
            "request))",
            "CREATE TABLE audit (sequence BIGINT PRIMARY KEY, at_ms BIGINT NOT NULL, clinic BIGINT NOT NULL, "
            "person BIGINT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, object_id BIGINT, "
            "patient BIGINT, outcome TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, "
            "hash TEXT NOT NULL)",
            "CREATE INDEX audit_of_patient ON audit (clinic, patient)",
        },
    .sqlite =
        {
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN "
            "SELECT RAISE(ABORT, 'the audit trail is only appended to'); END",
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN "
            "SELECT RAISE(ABORT, 'the audit trail is only appended to'); END",
        },
    .postgres = {
        "CREATE FUNCTION audit_is_appended_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is only appended to'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_appended_to()",
    }};

/// Patients and what is theirs. The foreign keys carry clinic and patient: no row can point into another's.
const SchemaStep kPatientsStep{
    .both =
        {
            "CREATE TABLE patients (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL REFERENCES clinics (id), "
            "name TEXT NOT NULL, birth_date TEXT NOT NULL, record_number TEXT NOT NULL, sex TEXT NOT NULL, "
            "notes TEXT NOT NULL, version BIGINT NOT NULL, created_ms BIGINT NOT NULL, erased_ms BIGINT, "
            "UNIQUE (id, clinic))",
            "CREATE TABLE patient_keys (patient BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, "
            "wrapped TEXT NOT NULL, FOREIGN KEY (patient, clinic) REFERENCES patients (id, clinic))",
            "CREATE TABLE search_tokens (clinic BIGINT NOT NULL, token TEXT NOT NULL, patient BIGINT NOT "
            "NULL, "
            "PRIMARY KEY (clinic, token, patient), "
            "FOREIGN KEY (patient, clinic) REFERENCES patients (id, clinic))",
            "CREATE INDEX search_tokens_of_patient ON search_tokens (patient)",
            "CREATE TABLE care_teams (clinic BIGINT NOT NULL, patient BIGINT NOT NULL, person BIGINT NOT "
            "NULL, "
            "since_ms BIGINT NOT NULL, PRIMARY KEY (clinic, patient, person), "
            "FOREIGN KEY (patient, clinic) REFERENCES patients (id, clinic), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX care_teams_of_person ON care_teams (clinic, person)",
            "CREATE TABLE pumps (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "implant TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL, tubing_nl BIGINT NOT NULL, "
            "catheter_model TEXT, catheter_nl BIGINT, implanted_ms BIGINT NOT NULL, explanted_ms BIGINT, "
            "UNIQUE (id, clinic, patient), UNIQUE (clinic, implant), "
            "FOREIGN KEY (patient, clinic) REFERENCES patients (id, clinic))",
            "CREATE INDEX pumps_of_patient ON pumps (patient)",
            "CREATE TABLE readings (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "pump BIGINT NOT NULL, person BIGINT NOT NULL, at_ms BIGINT NOT NULL, said TEXT NOT NULL, "
            "digest TEXT NOT NULL, UNIQUE (id, clinic, patient, pump), "
            "FOREIGN KEY (pump, clinic, patient) REFERENCES pumps (id, clinic, patient), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX readings_of_pump ON readings (pump, at_ms)",
            "CREATE TABLE drafts (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "pump BIGINT NOT NULL, reading BIGINT NOT NULL, person BIGINT NOT NULL, version BIGINT NOT NULL, "
            "changed_ms BIGINT NOT NULL, content TEXT NOT NULL, UNIQUE (id, clinic, patient, pump), "
            "FOREIGN KEY (reading, clinic, patient, pump) REFERENCES readings (id, clinic, patient, pump), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX drafts_of_patient ON drafts (patient)",
            "CREATE TABLE sends (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "pump BIGINT NOT NULL, draft BIGINT, request TEXT NOT NULL, person BIGINT NOT NULL, "
            "intent TEXT NOT NULL, order_digest TEXT NOT NULL, state TEXT NOT NULL, begun_ms BIGINT NOT "
            "NULL, "
            "settled_ms BIGINT, UNIQUE (clinic, request), "
            "FOREIGN KEY (pump, clinic, patient) REFERENCES pumps (id, clinic, patient), "
            "FOREIGN KEY (draft, clinic, patient, pump) REFERENCES drafts (id, clinic, patient, pump), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX sends_of_pump ON sends (pump, begun_ms)",
            "CREATE TABLE visits (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "person BIGINT NOT NULL, at_ms BIGINT NOT NULL, reason TEXT NOT NULL, notes TEXT NOT NULL, "
            "FOREIGN KEY (patient, clinic) REFERENCES patients (id, clinic), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX visits_of_patient ON visits (patient, at_ms)",
        },
    .sqlite = {},
    .postgres = {}};

/// Refills, and what was done at each: rows that are appended to.
const SchemaStep kRefillsStep{
    .both =
        {
            "CREATE TABLE refills (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "pump BIGINT NOT NULL, reading BIGINT NOT NULL, person BIGINT NOT NULL, stage TEXT NOT NULL, "
            "begun_ms BIGINT NOT NULL, changed_ms BIGINT NOT NULL, UNIQUE (id, clinic, patient), "
            "FOREIGN KEY (reading, clinic, patient, pump) REFERENCES readings (id, clinic, patient, pump), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX refills_of_pump ON refills (pump, begun_ms)",
            "CREATE UNIQUE INDEX one_open_refill ON refills (pump) WHERE stage <> 'over'",
            "CREATE INDEX refills_at_stage ON refills (clinic, stage) WHERE stage <> 'over'",
            "CREATE TABLE refill_steps (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT "
            "NULL, "
            "refill BIGINT NOT NULL, place BIGINT NOT NULL, person BIGINT NOT NULL, at_ms BIGINT NOT NULL, "
            "content TEXT NOT NULL, UNIQUE (refill, place), "
            "FOREIGN KEY (refill, clinic, patient) REFERENCES refills (id, clinic, patient), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
        },
    .sqlite =
        {
            "CREATE TRIGGER refill_steps_no_update BEFORE UPDATE ON refill_steps BEGIN "
            "SELECT RAISE(ABORT, 'the steps of a refill are only appended to'); END",
            "CREATE TRIGGER refill_steps_no_delete BEFORE DELETE ON refill_steps BEGIN "
            "SELECT RAISE(ABORT, 'the steps of a refill are only appended to'); END",
        },
    .postgres = {
        "CREATE FUNCTION refill_steps_are_appended_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the steps of a refill are only appended to'; END $$",
        "CREATE TRIGGER refill_steps_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON refill_steps "
        "FOR EACH STATEMENT EXECUTE FUNCTION refill_steps_are_appended_to()",
    }};

/// Charts that somebody outside of the care team has opened, and why.
const SchemaStep kGlassStep{
    .both =
        {
            "CREATE TABLE glass (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "person BIGINT NOT NULL, at_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL, reason TEXT NOT NULL, "
            "reviewer BIGINT, reviewed_ms BIGINT, "
            "FOREIGN KEY (patient, clinic) REFERENCES patients (id, clinic), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic), "
            "FOREIGN KEY (reviewer, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX glass_of_person ON glass (person, patient, until_ms)",
            "CREATE INDEX glass_not_reviewed ON glass (clinic) WHERE reviewed_ms IS NULL",
        },
    .sqlite = {},
    .postgres = {}};

/// What pump and patient have written down themselves.
const SchemaStep kTraceStep{
    .both =
        {
            "CREATE TABLE traces (id BIGINT PRIMARY KEY, clinic BIGINT NOT NULL, patient BIGINT NOT NULL, "
            "pump BIGINT NOT NULL, person BIGINT NOT NULL, kind TEXT NOT NULL, at_ms BIGINT NOT NULL, "
            "said TEXT NOT NULL, "
            "FOREIGN KEY (pump, clinic, patient) REFERENCES pumps (id, clinic, patient), "
            "FOREIGN KEY (person, clinic) REFERENCES people (id, clinic))",
            "CREATE INDEX traces_of_pump ON traces (pump, kind, at_ms)",
        },
    .sqlite =
        {
            "CREATE TRIGGER traces_no_update BEFORE UPDATE ON traces BEGIN "
            "SELECT RAISE(ABORT, 'a trace is only appended to'); END",
            "CREATE TRIGGER traces_no_delete BEFORE DELETE ON traces BEGIN "
            "SELECT RAISE(ABORT, 'a trace is only appended to'); END",
        },
    .postgres = {
        "CREATE FUNCTION traces_are_appended_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a trace is only appended to'; END $$",
        "CREATE TRIGGER traces_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON traces "
        "FOR EACH STATEMENT EXECUTE FUNCTION traces_are_appended_to()",
    }};

bool has_marks(soci::session& sql, Engine engine) {
  long long count = 0;
  if (engine == Engine::kSqlite)
    sql << "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'marks'", soci::into(count);
  else
    sql << "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = "
           "'marks'",
        soci::into(count);
  return count > 0;
}

}  // namespace

std::span<const SchemaStep> schema_steps() {
  static const std::array<SchemaStep, 5> kSteps{kPeopleStep, kPatientsStep, kRefillsStep, kGlassStep,
                                                kTraceStep};
  return kSteps;
}

std::int64_t schema_version(soci::session& sql, Engine engine) {
  if (!has_marks(sql, engine)) return 0;
  std::string text;
  sql << "SELECT text FROM marks WHERE name = 'schema'", soci::into(text);
  if (!sql.got_data()) return 0;
  std::int64_t version = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool reads = wrong == std::errc{} && end == text.data() + text.size() && version > 0;
  return reads ? version : std::numeric_limits<std::int64_t>::max();
}

Recorded<void> migrate(soci::session& sql, Engine engine, std::span<const SchemaStep> steps) {
  const auto known = static_cast<std::int64_t>(steps.size());
  try {
    sql << (engine == Engine::kSqlite ? "BEGIN IMMEDIATE" : "BEGIN");
    if (engine == Engine::kPostgres) sql << kLockMigration;
    const bool fresh = !has_marks(sql, engine);
    if (fresh) sql << "CREATE TABLE marks (name TEXT PRIMARY KEY, text TEXT NOT NULL)";
    const std::int64_t version = schema_version(sql, engine);
    if (version > known) {
      sql << "ROLLBACK";
      return failed(
          RecordFault::kNewerSchema,
          fmt::format("this database has schema {} and this Theca knows up to {}; use the Theca that "
                      "wrote it, or a newer one. Nothing was changed",
                      version, known));
    }
    for (std::int64_t next = version; next < known; ++next) {
      const SchemaStep& step = steps[static_cast<std::size_t>(next)];
      for (const std::string_view statement : step.both) sql << std::string{statement};
      for (const std::string_view statement : engine == Engine::kSqlite ? step.sqlite : step.postgres)
        sql << std::string{statement};
    }
    const std::string text = std::to_string(known);
    if (version == 0) {
      sql << "DELETE FROM marks WHERE name = 'schema'";
      sql << "INSERT INTO marks (name, text) VALUES ('schema', :text)", soci::use(text);
    } else if (version < known) {
      sql << "UPDATE marks SET text = :text WHERE name = 'schema'", soci::use(text);
    }
    sql << "COMMIT";
  } catch (const soci::soci_error& error) {
    try {
      sql << "ROLLBACK";
    } catch (const soci::soci_error&) {  // the engine rolled back by itself
    }
    return failed(RecordFault::kEngine,
                  "the database was not brought to this Theca's schema: " + engine_words(error));
  }
  return {};
}

}  // namespace theca::records
