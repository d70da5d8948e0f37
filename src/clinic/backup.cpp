#include "clinic/backup.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "clinic/audit_heads.hpp"
#include "clinic/backup_file.hpp"
#include "clinic/connection.hpp"
#include "clinic/encoding.hpp"
#include "files/json_fields.hpp"
#include "files/strict_json.hpp"
#include "files/whole_file.hpp"
#include "quantity/quantity.hpp"

namespace theca::records {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kBegins = "theca clinic backup";
constexpr int kForm = 1;
constexpr JsonLimits kLine{.most_bytes = kLongestBackupLine, .most_depth = 3};
constexpr const char* kNumber = "number";
constexpr const char* kText = "text";
constexpr const char* kSealPurpose = "backup";

/// What the clinic's key says of a file's hash: nobody without the key makes another file that holds.
std::string seal_of(const SecretKey& key, ClinicId clinic, const std::string& hash) {
  return token_of(key.derived(kSealPurpose, clinic.value), kSealPurpose, hash);
}

std::string mark_of(soci::session& sql, const std::string& name) {
  std::string text;
  sql << "SELECT text FROM marks WHERE name = :name", soci::into(text), soci::use(name);
  return sql.got_data() ? text : std::string{};
}

std::map<ClinicId, KeyId> keys_in(soci::session& sql) {
  std::map<ClinicId, KeyId> keys;
  const soci::rowset<soci::row> rows = sql.prepare << "SELECT id, key_id FROM clinics ORDER BY id";
  for (const soci::row& row : rows) keys[{row.get<long long>(0)}] = row.get<std::string>(1);
  return keys;
}

std::string dumped(const Json& json) { return json.dump(); }

// ------------------------------------------------------------------------------------------- writing

/// One table's rows, in the order of its first columns.
class TableWriter {
 public:
  TableWriter(soci::session& sql, Engine engine, BackupWriter& file)
      : sql_(sql), engine_(engine), file_(file) {}

  Recorded<std::int64_t> write(const std::string& table) {
    const std::string query = fmt::format("SELECT * FROM {} ORDER BY 1, 2, 3", table);
    begun_ = false;
    rows_ = 0;
    if (engine_ == Engine::kSqlite) {
      if (const auto done = take(query, table); !done) return std::unexpected(done.error());
    } else {  // a whole table does not fit in memory: libpq would hold it at once
      sql_ << "DECLARE of_backup NO SCROLL CURSOR FOR " + query;
      for (std::int64_t before = -1; before != rows_;) {
        before = rows_;
        if (const auto done = take("FETCH 1000 FROM of_backup", table); !done)
          return std::unexpected(done.error());
      }
      sql_ << "CLOSE of_backup";
    }
    return rows_;
  }

 private:
  Recorded<void> take(const std::string& query, const std::string& table) {
    const soci::rowset<soci::row> rows = sql_.prepare << query;
    for (const soci::row& row : rows) {
      if (!begun_)
        if (const auto done = file_.line(dumped(head(row, table))); !done) return done;
      begun_ = true;
      Json values = Json::array();
      for (std::size_t i = 0; i < row.size(); ++i) values.push_back(value(row, i));
      if (const auto done = file_.line(dumped(values)); !done) return done;
      ++rows_;
    }
    return {};
  }
  static Json head(const soci::row& row, const std::string& table) {
    Json columns = Json::array();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const soci::column_properties& column = row.get_properties(i);
      columns.push_back({column.get_name(), column.get_data_type() == soci::dt_string ? kText : kNumber});
    }
    return {{"table", table}, {"columns", columns}};
  }
  static Json value(const soci::row& row, std::size_t i) {
    if (row.get_indicator(i) == soci::i_null) return nullptr;
    if (row.get_properties(i).get_data_type() == soci::dt_string) return row.get<std::string>(i);
    return row.get<long long>(i);
  }

  soci::session& sql_;
  Engine engine_;
  BackupWriter& file_;
  bool begun_ = false;
  std::int64_t rows_ = 0;
};

Recorded<BackupFacts> write_to(BackupWriter& file, soci::session& sql, Engine engine, const BackingUp& from) {
  BackupFacts facts;
  facts.files = from.files;
  facts.made_ms = from.made_ms;
  // Before the rows: what these heads tell of is in the snapshot, or was cut off.
  const auto heads = read_heads(from.heads);
  if (!heads) return std::unexpected(heads.error());
  sql << (engine == Engine::kSqlite ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const std::int64_t version = schema_version(sql, engine);
  const auto known = static_cast<std::int64_t>(schema_steps().size());
  if (version != known)
    return failed(
        version == 0 ? RecordFault::kAddress : RecordFault::kNewerSchema,
        fmt::format("{}: has schema {} and this Theca writes {}", shown(from.address), version, known));
  facts.database = mark_of(sql, "id");
  facts.institution = mark_of(sql, "institution");
  facts.kind = mark_of(sql, "kind") == "real" ? DatabaseKind::kReal : DatabaseKind::kDemo;
  std::map<ClinicId, SecretKey> keys;
  std::optional<RecordError> no_key;
  for (const auto& [clinic, id] : keys_in(sql)) {
    auto key = read_clinic_key(from.keys, id);
    if (key) {
      keys[clinic] = *key;
      facts.keys[clinic] = id;
    } else {  // of another institution's at the same database
      no_key = key.error();
    }
  }
  if (keys.empty())
    return std::unexpected(
        no_key.value_or(RecordError{RecordFault::kKey, "there is no clinic in these records"}));
  facts.audit = check_trail(sql, *heads);

  const auto begun = file.line(dumped({{kBegins, kForm},
                                       {"made_ms", facts.made_ms},
                                       {"schema", version},
                                       {"database", facts.database},
                                       {"kind", facts.kind == DatabaseKind::kReal ? "real" : "demo"},
                                       {"institution", facts.institution},
                                       {"files", facts.files}}));
  if (!begun) return std::unexpected(begun.error());
  TableWriter tables{sql, engine, file};
  for (const char* table : kTables) {
    const auto rows = tables.write(table);
    if (!rows) return std::unexpected(rows.error());
    facts.rows += *rows;
  }
  for (const HeadLine& head :
       *heads) {  // one that does not read, too: whoever restores is told of it as well
    if (const auto done = file.line(dumped({{"head", head.text}})); !done)
      return std::unexpected(done.error());
  }
  sql << "ROLLBACK";
  const std::string hash = file.hash();
  Json seals = Json::object();
  for (const auto& [clinic, key] : keys) seals[std::to_string(clinic.value)] = seal_of(key, clinic, hash);
  const auto ended = file.finish(dumped({{"rows", facts.rows}, {"sha256", hash}, {"seals", seals}}));
  if (!ended) return std::unexpected(ended.error());
  return facts;
}

// ----------------------------------------------------------------------------------------- restoring

struct Column {
  std::string name;
  bool number = false;
};

/// Rows of one table going in.
class TableReader {
 public:
  TableReader(soci::session& sql, const std::string& table, std::vector<Column> columns)
      : columns_(std::move(columns)),
        numbers_(columns_.size()),
        texts_(columns_.size()),
        there_(columns_.size()),
        statement_(sql) {
    std::string names, places;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      names += (i == 0 ? "" : ", ") + columns_[i].name;
      places += fmt::format("{}:v{}", i == 0 ? "" : ", ", i);
      if (columns_[i].number)
        statement_.exchange(soci::use(numbers_[i], there_[i]));
      else
        statement_.exchange(soci::use(texts_[i], there_[i]));
    }
    statement_.alloc();
    statement_.prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", table, names, places));
    statement_.define_and_bind();
  }

  /// Is it a row of this table?
  bool take(const nlohmann::json& row) {
    if (row.size() != columns_.size()) return false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const nlohmann::json& value = row[i];
      there_[i] = value.is_null() ? soci::i_null : soci::i_ok;
      if (value.is_null()) continue;
      if (columns_[i].number) {
        if (!value.is_number_integer()) return false;
        if (value.is_number_unsigned() &&
            value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
          return false;
        numbers_[i] = value.get<std::int64_t>();
      } else {
        if (!value.is_string()) return false;
        texts_[i] = value.get_ref<const std::string&>();
      }
    }
    statement_.execute(true);
    return true;
  }

 private:
  std::vector<Column> columns_;
  std::vector<long long> numbers_;
  std::vector<std::string> texts_;
  std::vector<soci::indicator> there_;
  soci::statement statement_;
};

std::optional<std::vector<Column>> columns_from(const nlohmann::json& json) {
  if (!json.is_array() || json.empty()) return std::nullopt;
  std::vector<Column> columns;
  for (const nlohmann::json& one : json) {
    if (!one.is_array() || one.size() != 2 || !one[0].is_string() || !one[1].is_string()) return std::nullopt;
    const auto name = one[0].get<std::string>(), kind = one[1].get<std::string>();
    if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos ||
        (kind != kNumber && kind != kText))
      return std::nullopt;
    columns.push_back({name, kind == kNumber});
  }
  return columns;
}

/// A file's lines on their way into a database, within one transaction.
class Restorer {
 public:
  Restorer(BackupReader& file, const Restoring& to) : file_(file), to_(to) {}

  Recorded<BackupFacts> run() {
    if (const auto done = read_first(); !done) return std::unexpected(done.error());
    const auto engine = connect_to(sql_, to_.address);
    if (!engine) return std::unexpected(engine.error());
    if (const auto done = make_tables(*engine); !done) return std::unexpected(done.error());
    sql_ << (*engine == Engine::kSqlite ? "BEGIN IMMEDIATE" : "BEGIN");
    // Whoever waits here while another restores looks again.
    if (*engine == Engine::kPostgres) sql_ << "LOCK TABLE marks IN EXCLUSIVE MODE";
    if (!mark_of(sql_, "id").empty()) return held();
    for (const auto& [name, text] :
         std::map<std::string, std::string>{{"id", facts_.database},
                                            {"kind", facts_.kind == DatabaseKind::kReal ? "real" : "demo"},
                                            {"institution", facts_.institution}})
      sql_ << "INSERT INTO marks (name, text) VALUES (:name, :text)", soci::use(name), soci::use(text);
    if (const auto done = read_rows(); !done) return std::unexpected(done.error());
    facts_.audit = check_trail(sql_, heads_);
    if (!facts_.audit.wrong.empty() && !to_.although_not_whole)
      return failed(RecordFault::kAudit,
                    "the audit trail in this backup is not whole: " + facts_.audit.wrong.front().message);
    std::string heads;
    for (const HeadLine& head : heads_) heads += head.text + "\n";
    if (const auto kept = write_whole(to_.heads, heads, S_IRUSR | S_IWUSR); !kept)
      return failed(RecordFault::kAudit, kept.error());
    // Perhaps the pump took it while the backup was written: only the pump can tell. What is signed for a
    // fill stays as it waits.
    sql_ << "UPDATE sends SET state = 'unknown' WHERE state = 'pending' AND intent <> 'sign for refill'";
    sql_ << "COMMIT";
    sql_.close();
    return std::move(facts_);
  }

 private:
  /// What the file says of itself.
  Recorded<void> read_first() {
    const auto line = file_.next();
    if (!line) return std::unexpected(line.error());
    if (!*line) return file_.wrong("there is none: the file is empty");
    const auto json = parse_strictly(**line, kLine);
    if (!json || !json->is_object() || !json->contains(kBegins))
      return file_.wrong("this is no backup of a clinic");
    if ((*json)[kBegins] != kForm)
      return failed(RecordFault::kNewerSchema,
                    file_.wrong("it was written in a form that this Theca does not know; use a newer one")
                        .error()
                        .message);
    if (!has_names(*json, {kBegins, "made_ms", "schema", "database", "kind", "institution", "files"}) ||
        !(*json)["made_ms"].is_number_integer() || !(*json)["schema"].is_number_integer() ||
        !(*json)["database"].is_string() || !(*json)["institution"].is_string() ||
        !(*json)["kind"].is_string() || !(*json)["files"].is_object())
      return file_.wrong("is not as it was written");
    facts_.made_ms = (*json)["made_ms"];
    schema_ = (*json)["schema"];
    facts_.database = (*json)["database"];
    facts_.institution = (*json)["institution"];
    const std::string kind = (*json)["kind"];
    facts_.kind = kind == "real" ? DatabaseKind::kReal : DatabaseKind::kDemo;
    for (const auto& [name, text] : (*json)["files"].items()) {
      if (!text.is_string()) return file_.wrong("is not as it was written");
      facts_.files[name] = text.get<std::string>();
    }
    const auto known = static_cast<std::int64_t>(schema_steps().size());
    if (schema_ > known)
      return failed(RecordFault::kNewerSchema,
                    fmt::format("the backup has schema {} and this Theca knows up to {}; use the Theca that "
                                "wrote it, or a newer one",
                                schema_, known));
    const auto id = from_hex(facts_.database);
    if (schema_ < 1 || !id || id->size() != crypto_hash_sha256_BYTES || (kind != "real" && kind != "demo"))
      return file_.wrong("is not as it was written");
    return {};
  }

  /// Empty tables as the backup's; those that a restore left empty will do.
  Recorded<void> make_tables(Engine engine) {
    const std::int64_t version = schema_version(sql_, engine);
    if (version != 0 && !mark_of(sql_, "id").empty()) return std::unexpected(held().error());
    if (version != 0 && version != schema_)
      return failed(
          RecordFault::kConflict,
          shown(to_.address) + ": there are tables of another version here; give an empty database");
    return migrate(sql_, engine, schema_steps().first(static_cast<std::size_t>(schema_)));
  }
  std::unexpected<RecordError> held() {
    return failed(RecordFault::kConflict,
                  fmt::format("{}: the records of {} stand here, and a backup is never written over them; "
                              "give an empty database",
                              shown(to_.address), mark_of(sql_, "institution")));
  }

  Recorded<void> read_rows() {
    for (;;) {
      const auto line = file_.next();
      if (!line) return std::unexpected(line.error());
      if (!*line) return file_.wrong("the last line is missing: the file was cut");
      const auto json = parse_strictly(**line, kLine);
      if (!json) return file_.wrong(json.error());
      if (json->is_array()) {
        if (!table_ || !table_->take(*json)) return file_.wrong("is no row of its table");
        ++facts_.rows;
      } else if (has_names(*json, {"table", "columns"})) {
        if (const auto done = begin_table(*json); !done) return done;
      } else if (has_names(*json, {"head"})) {
        table_.reset();
        if (!(*json)["head"].is_string()) return file_.wrong("is not as it was written");
        const auto text = (*json)["head"].get<std::string>();
        if (text.find('\n') != std::string::npos) return file_.wrong("is not as it was written");
        heads_.push_back({heads_.size() + 1, head_of(text), text});
      } else if (has_names(*json, {"rows", "sha256", "seals"})) {
        table_.reset();
        return end(*json);
      } else {
        return file_.wrong("is nothing that a backup has");
      }
    }
  }

  Recorded<void> begin_table(const nlohmann::json& json) {
    const auto columns = columns_from(json["columns"]);
    if (!json["table"].is_string() || !columns) return file_.wrong("is not as it was written");
    const auto place = std::ranges::find(kTables, json["table"].get<std::string>());
    if (place < next_table_ || place == kTables.end() || !heads_.empty())
      return file_.wrong("names a table that does not come here");
    table_.reset();
    table_.emplace(sql_, *place, *columns);
    next_table_ = place + 1;
    return {};
  }

  /// The last line: nothing is missing, nothing was changed, and the keys are the right ones.
  Recorded<void> end(const nlohmann::json& json) {
    if (json["sha256"] != file_.hash() || json["rows"] != facts_.rows || !json["seals"].is_object())
      return file_.wrong("the hash is not that of the lines before: the file was damaged or changed");
    const auto more = file_.next();
    if (!more) return std::unexpected(more.error());
    if (*more) return file_.wrong("stands behind the last");
    const nlohmann::json& seals = json["seals"];
    for (const auto& [clinic, id] : keys_in(sql_)) {
      const std::string name = std::to_string(clinic.value);
      if (!seals.contains(name)) continue;  // of another institution's, whose key whoever wrote it had not
      facts_.keys[clinic] = id;
      const auto key = read_clinic_key(to_.keys, id);
      if (!key) return std::unexpected(key.error());
      if (seals[name] != seal_of(*key, clinic, json["sha256"]))
        return file_.wrong(
            "the clinic's key does not say yes to this file: it was changed since it was written");
      if (to_.keys_to.empty()) continue;
      if (const auto kept = keep_clinic_key(to_.keys_to, *key); !kept) return std::unexpected(kept.error());
    }
    if (facts_.keys.empty() || facts_.keys.size() != seals.size())
      return file_.wrong("no clinic of it says yes to this file, or one that is not in it does");
    return {};
  }

  BackupReader& file_;
  const Restoring& to_;
  soci::session sql_;
  BackupFacts facts_;
  std::int64_t schema_ = 0;
  std::vector<HeadLine> heads_;
  std::optional<TableReader> table_;
  decltype(kTables)::const_iterator next_table_ = kTables.begin();
};

}  // namespace

Recorded<void> of_this_schema(const std::string& address) {
  try {
    soci::session sql;
    const auto engine = look_into(sql, address);
    if (!engine) return std::unexpected(engine.error());
    const std::int64_t version = schema_version(sql, *engine);
    const auto known = static_cast<std::int64_t>(schema_steps().size());
    if (version == known) return {};
    return failed(
        RecordFault::kNewerSchema,
        fmt::format("{}: has schema {} and this Theca writes {}; back up with the Theca that serves it",
                    shown(address), version, known));
  } catch (const soci::soci_error& error) {
    return failed(RecordFault::kUnreachable, shown(address) + ": " + engine_words(error));
  }
}

Recorded<BackupFacts> write_backup(const BackingUp& from, const std::filesystem::path& file) {
  auto writer = BackupWriter::make(file);
  if (!writer) return std::unexpected(writer.error());
  try {
    soci::session sql;
    const auto engine = look_into(sql, from.address);
    if (!engine) return std::unexpected(engine.error());
    return write_to(**writer, sql, *engine, from);
  } catch (const soci::soci_error& error) {
    return failed(RecordFault::kUnreachable, shown(from.address) + ": " + engine_words(error));
  } catch (const Json::exception&) {
    return failed(RecordFault::kSpoilt, shown(from.address) + ": a text in it is not UTF-8");
  }
}

Recorded<BackupFacts> restore_backup(const std::filesystem::path& file, const Restoring& to) {
  auto reader = BackupReader::open(file);
  if (!reader) return std::unexpected(reader.error());
  try {
    return Restorer{**reader, to}.run();  // what is not committed goes with the connection
  } catch (const soci::soci_error& error) {
    return failed(RecordFault::kEngine,
                  shown(to.address) + ": nothing was restored; the database says: " + engine_words(error));
  }
}

}  // namespace theca::records
