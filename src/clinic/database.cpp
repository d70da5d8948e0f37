#include "clinic/database.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "clinic/audit_heads.hpp"
#include "clinic/connection.hpp"
#include "clinic/encoding.hpp"
#include "quantity/quantity.hpp"

namespace theca::records {
namespace {

constexpr std::size_t kShortestRequest = 16, kLongestRequest = 64;
constexpr std::uint64_t kIdMask = (std::uint64_t{1} << 52U) - 1;

struct FaultWord {
  RecordFault fault;
  const char* word;
};
constexpr std::array kFaultWords{
    FaultWord{RecordFault::kAddress, "address"},
    FaultWord{RecordFault::kUnreachable, "unreachable"},
    FaultWord{RecordFault::kNewerSchema, "schema"},
    FaultWord{RecordFault::kOtherKind, "kind"},
    FaultWord{RecordFault::kKey, "key"},
    FaultWord{RecordFault::kMissing, "missing"},
    FaultWord{RecordFault::kConflict, "conflict"},
    FaultWord{RecordFault::kInvalid, "invalid"},
    FaultWord{RecordFault::kErased, "erased"},
    FaultWord{RecordFault::kSpoilt, "spoilt"},
    FaultWord{RecordFault::kAudit, "audit"},
    FaultWord{RecordFault::kUnknown, "unknown"},
    FaultWord{RecordFault::kEngine, "engine"},
};

std::optional<std::string> mark(soci::session& sql, const std::string& name) {
  std::string text;
  sql << "SELECT text FROM marks WHERE name = :name", soci::into(text), soci::use(name);
  if (!sql.got_data()) return std::nullopt;
  return text;
}

void set_mark(soci::session& sql, const std::string& name, const std::string& text) {
  sql << "INSERT INTO marks (name, text) VALUES (:name, :text)", soci::use(name), soci::use(text);
}

ClinicKeys keys_from(const SecretKey& key, ClinicId clinic) {
  return {key.derived("wrap", clinic.value), key.derived("tokens", clinic.value),
          key.derived("requests", clinic.value)};
}

bool well_formed(const RequestId& request) {
  return request.text.size() >= kShortestRequest && request.text.size() <= kLongestRequest &&
         request.text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string::npos;
}

std::unexpected<RecordError> engine_said(const soci::soci_error& error) {
  // Not what(): that holds the values that were bound.
  return failed(RecordFault::kEngine, "nothing was written; the database says: " + engine_words(error));
}

}  // namespace

const char* word_of(RecordFault fault) {
  const auto found = std::ranges::find(kFaultWords, fault, &FaultWord::fault);
  return found == kFaultWords.end() ? "" : found->word;
}

std::int64_t new_id() {
  std::uint64_t bits = 0;
  randombytes_buf(&bits, sizeof bits);
  return static_cast<std::int64_t>(bits & kIdMask) + 1;
}

std::int64_t Database::now_ms() const {
  if (opening_.now_ms) return opening_.now_ms();
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Recorded<std::unique_ptr<Database>> Database::open(Opening opening) {
  if (sodium_init() < 0) return failed(RecordFault::kEngine, "libsodium does not start");
  std::unique_ptr<Database> database{new Database(std::move(opening))};
  try {
    if (const auto done = database->connect(); !done) return std::unexpected(done.error());
    if (const auto done = migrate(database->sql_, database->engine_, schema_steps()); !done)
      return std::unexpected(done.error());
    if (const auto done = database->settle_kind(); !done) return std::unexpected(done.error());
    if (const auto done = database->hold_against_heads(); !done) return std::unexpected(done.error());
  } catch (const soci::soci_error& error) {
    return failed(RecordFault::kUnreachable, shown(database->opening_.address) + ": " + engine_words(error));
  }
  database->open_ = true;
  return database;
}

Recorded<void> Database::connect() {
  const auto engine = connect_to(sql_, opening_.address);
  if (!engine) return std::unexpected(engine.error());
  engine_ = *engine;
  return {};
}

Recorded<void> Database::settle_kind() {
  begin();
  const auto kind = mark(sql_, "kind");
  const auto id = mark(sql_, "id");
  const std::string asked = opening_.kind == DatabaseKind::kDemo ? "demo" : "real";
  if (!kind) {
    if (opening_.kind == DatabaseKind::kReal && opening_.institution.empty()) {
      roll_back();
      return failed(RecordFault::kInvalid,
                    "a new database of a real clinic needs the institution's name: say whose it is");
    }
    std::array<std::uint8_t, 32> random{};
    randombytes_buf(random.data(), random.size());
    id_ = hex(random);
    set_mark(sql_, "id", id_);
    set_mark(sql_, "kind", asked);
    set_mark(sql_, "institution", opening_.kind == DatabaseKind::kDemo ? "demo" : opening_.institution);
    return commit();
  }
  roll_back();
  id_ = id.value_or("");
  if (*kind == asked) return {};
  if (*kind == "demo")
    return failed(
        RecordFault::kOtherKind,
        shown(opening_.address) + ": this is a demo's database; a real clinic needs one of its own");
  return failed(
      RecordFault::kOtherKind,
      fmt::format("{}: this is the database of {}; a demo does not open it, give the demo another address",
                  shown(opening_.address), mark(sql_, "institution").value_or("a real clinic")));
}

Recorded<void> Database::hold_against_heads() {
  const auto newest = last_row(sql_);
  if (!std::filesystem::exists(opening_.heads)) {
    if (!newest) return write_head("made");
    return failed(
        RecordFault::kAudit,
        fmt::format("{}: the file of audit heads is missing, and the trail has {} rows; put it back, or "
                    "have the trail verified and begin another file with its last head",
                    opening_.heads.string(), newest->sequence));
  }
  const auto lines = read_heads(opening_.heads);
  if (!lines) return std::unexpected(lines.error());
  if (lines->empty() && !newest) return write_head("made");
  const auto wrong = [&](const std::string& why) {
    return failed(RecordFault::kAudit, fmt::format("{}: {}; run `theca verify` and look for what changed it",
                                                   opening_.heads.string(), why));
  };
  if (lines->empty()) return wrong("holds no head");
  const HeadLine& line = lines->back();
  if (!line.head) return wrong(fmt::format("line {} is no head", line.number));
  if (line.head->database != id_) return wrong(fmt::format("line {} is of another database", line.number));
  std::string hash = line.head->sequence == 0 ? id_ : std::string{};
  if (line.head->sequence > 0)
    sql_ << "SELECT hash FROM audit WHERE sequence = :sequence", soci::into(hash),
        soci::use(line.head->sequence);
  if (hash != line.head->hash)
    return wrong(
        fmt::format("the head at row {} is not in this database, whose trail ends at row {}: rows were "
                    "cut or changed, or an older copy was put in its place",
                    line.head->sequence, newest ? newest->sequence : 0));
  headed_day_ = line.head->at_ms / kMillisecondsPerDay;
  headed_ = line.head->sequence;
  return {};
}

Recorded<void> Database::write_head(const char* reason) {
  const auto newest = last_row(sql_);
  const AuditHead head{id_, newest ? newest->sequence : 0, now_ms(), newest ? newest->hash : id_, reason};
  if (const auto written = append_head(opening_.heads, head); !written) return written;
  headed_day_ = head.at_ms / kMillisecondsPerDay;
  headed_ = head.sequence;
  return {};
}

Database::~Database() {
  try {
    static_cast<void>(close());
  } catch (...) {  // nobody is left to tell
  }
}

Recorded<void> Database::close() {
  if (!open_) return {};
  open_ = false;
  Recorded<void> written;
  try {
    const auto newest = last_row(sql_);
    if (newest && newest->sequence != headed_) written = write_head("close");
    sql_.close();
  } catch (const soci::soci_error& error) {
    return failed(RecordFault::kEngine, "the trail's head was not written: " + engine_words(error));
  }
  return written;
}

void Database::begin() {
  if (engine_ == Engine::kSqlite) {
    sql_ << "BEGIN IMMEDIATE";
    return;
  }
  sql_ << "BEGIN";
  sql_ << "LOCK TABLE audit IN EXCLUSIVE MODE";  // one writer of the chain at a time; readers go on
}

void Database::roll_back() {
  try {
    sql_ << "ROLLBACK";
  } catch (const soci::soci_error&) {  // the engine rolled back by itself, or is gone with the transaction
  }
}

Recorded<void> Database::commit() {
  try {
    sql_ << "COMMIT";
  } catch (const soci::soci_error& error) {
    roll_back();
    return failed(
        RecordFault::kUnknown,
        "it is not known whether this was written; ask again with the same request id. The database "
        "says: " +
            engine_words(error));
  }
  return {};
}

Recorded<const ClinicKeys*> Database::keys_of(ClinicId clinic, const KeyId& key) {
  const auto known = keys_.find(clinic);
  if (known != keys_.end() && known->second.first == key) return &known->second.second;
  const auto read = read_clinic_key(opening_.keys, key);
  if (!read) return std::unexpected(read.error());
  return &keys_.insert_or_assign(clinic, std::pair{key, keys_from(*read, clinic)}).first->second.second;
}

Recorded<const ClinicKeys*> Database::keys_of(const Actor& actor) {
  KeyId key;
  sql_ << "SELECT c.key_id FROM people p JOIN clinics c ON c.id = p.clinic "
          "WHERE p.id = :person AND p.clinic = :clinic AND p.left_ms IS NULL",
      soci::into(key), soci::use(actor.person.value), soci::use(actor.clinic.value);
  if (!sql_.got_data())
    return failed(RecordFault::kMissing, fmt::format("person {} does not work at clinic {}",
                                                     actor.person.value, actor.clinic.value));
  return keys_of(actor.clinic, key);
}

void Database::append(const Actor& actor, const Deed& deed, const char* outcome, std::int64_t at_ms) {
  const auto before = last_row(sql_);
  AuditRow row;
  row.sequence = before ? before->sequence + 1 : 1;
  row.at_ms = at_ms;
  row.clinic = actor.clinic.value;
  row.person = actor.person.value;
  row.action = deed.action;
  row.object = deed.object;
  row.object_id = deed.object_id;
  row.patient = deed.patient;
  row.outcome = outcome;
  row.detail = deed.detail;
  row.previous = before ? before->hash : id_;
  row.hash = hash_of(row);
  insert(sql_, row);
}

Recorded<void> Database::start(std::int64_t at_ms) {
  const auto head_and_begin = [&]() -> Recorded<void> {
    // Before anything of a new day, the head of the days before: what cannot be sealed is not continued.
    if (at_ms / kMillisecondsPerDay != headed_day_) {
      if (const auto written = write_head("day"); !written) return written;
    }
    begin();
    return {};
  };
  try {
    return head_and_begin();
  } catch (const soci::soci_error& error) {
    roll_back();
    if (engine_ == Engine::kSqlite) return engine_said(error);
  }
  try {  // the server was started again
    if (const auto again = connect(); !again) return again;
    return head_and_begin();
  } catch (const soci::soci_error& error) {
    roll_back();
    return engine_said(error);
  }
}

Recorded<void> Database::run(const Actor& actor, const KeyId* founding, Deed deed,
                             const std::function<Recorded<void>(Work&)>& work) {
  if (!open_) return failed(RecordFault::kUnreachable, "this database was closed");
  const std::int64_t at_ms = now_ms();
  if (const auto started = start(at_ms); !started) return started;
  try {
    const auto keys = founding == nullptr ? keys_of(actor) : keys_of(actor.clinic, *founding);
    Recorded<void> done;
    if (keys) {
      Work at{sql_, actor, at_ms, **keys, deed};
      done = work(at);
    } else {
      done = std::unexpected(keys.error());
    }
    if (!done) {
      roll_back();
      begin();
    }
    append(actor, deed, done ? "done" : word_of(done.error().fault), at_ms);
    if (const auto written = commit(); !written) return written;
    return done;
  } catch (const soci::soci_error& error) {
    roll_back();
    return engine_said(error);
  } catch (...) {
    roll_back();
    throw;
  }
}

Recorded<std::int64_t> Database::change(const Actor& actor, const RequestId& request, Deed deed,
                                        std::string content,
                                        const std::function<Recorded<std::int64_t>(Work&)>& work) {
  const std::string action = deed.action;
  const bool names_its_own = !deed.object_id.has_value();
  return act<std::int64_t>(actor, std::move(deed), [&](Work& at) -> Recorded<std::int64_t> {
    if (!well_formed(request))
      return failed(RecordFault::kInvalid,
                    fmt::format("a request id is {} to {} letters, digits, \"-\" and \"_\"; this one has {}",
                                kShortestRequest, kLongestRequest, request.text.size()));
    const std::string token =
        token_of(at.keys.requests, action, joined({std::to_string(actor.person.value), content}));
    std::string first_action, first_content;
    std::int64_t answer = 0;
    at.sql << "SELECT action, content, answer FROM requests WHERE clinic = :clinic AND request = :request",
        soci::into(first_action), soci::into(first_content), soci::into(answer),
        soci::use(actor.clinic.value), soci::use(request.text);
    if (at.sql.got_data()) {
      if (first_action != action || first_content != token)
        return failed(RecordFault::kConflict,
                      fmt::format("request id {} was used for something else; make a new one for each wish",
                                  request.text));
      at.deed.detail = "asked again";
      if (names_its_own) at.deed.object_id = answer;
      return answer;
    }
    const auto done = work(at);
    if (!done) return done;
    answer = *done;
    if (names_its_own) at.deed.object_id = answer;
    at.sql << "INSERT INTO requests (clinic, request, action, content, answer, at_ms) "
              "VALUES (:clinic, :request, :action, :content, :answer, :at_ms)",
        soci::use(actor.clinic.value), soci::use(request.text), soci::use(action), soci::use(token),
        soci::use(answer), soci::use(at.now_ms);
    return answer;
  });
}

Recorded<void> Database::found(const Actor& founder, const KeyId& key, Deed deed,
                               const std::function<Recorded<void>(Work&)>& work) {
  return run(founder, &key, std::move(deed), work);
}

Recorded<void> Database::look(const std::function<void(soci::session&)>& question) {
  try {
    question(sql_);
    return {};
  } catch (const soci::soci_error& error) {
    if (engine_ == Engine::kSqlite) return engine_said(error);
  }
  try {
    if (const auto again = connect(); !again) return again;
    question(sql_);
    return {};
  } catch (const soci::soci_error& error) {
    return engine_said(error);
  }
}

Recorded<void> Database::scrub() {
  try {
    if (engine_ == Engine::kPostgres) {
      sql_ << "VACUUM FULL patient_keys";
      sql_ << "VACUUM FULL search_tokens";
      return {};
    }
    int busy = 0, pages = 0, moved = 0;
    sql_ << "PRAGMA wal_checkpoint(TRUNCATE)", soci::into(busy), soci::into(pages), soci::into(moved);
    if (busy == 0) return {};
    return failed(RecordFault::kEngine, "somebody reads the write-ahead log; it is emptied later");
  } catch (const soci::soci_error& error) {
    return failed(RecordFault::kEngine, engine_words(error));
  }
}

}  // namespace theca::records
