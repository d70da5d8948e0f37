#pragma once
/// A clinic's database: one connection, for one thread at a time, and never an I/O thread. Whatever is done
/// in it is one transaction with the row of the audit trail that says so, and is on the disk when the call
/// returns.

#include <soci/soci.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "clinic/audit_row.hpp"
#include "clinic/clinic_key.hpp"
#include "clinic/record_error.hpp"
#include "clinic/record_ids.hpp"
#include "clinic/schema.hpp"

namespace theca::records {

/// A database is one or the other for good, so that nobody tries things out on real patients.
enum class DatabaseKind : std::uint8_t { kDemo, kReal };

struct Opening {
  std::string address;          // path of an SQLite file, or "postgresql://..."
  std::filesystem::path keys;   // folder of the clinics' keys
  std::filesystem::path heads;  // file of the audit trail's heads
  DatabaseKind kind = DatabaseKind::kDemo;
  std::string institution;                 // whose a real database is; read when it is made
  std::function<std::int64_t()> now_ms{};  // UTC; empty: the system's clock
};

/// What the audit trail will say of a call.
struct Deed {
  std::string action;
  std::string object;  // the table
  std::optional<std::int64_t> object_id{};
  std::optional<std::int64_t> patient{};
  std::string detail{};  // printable ASCII in one line; never a patient's data
};

struct ClinicKeys {
  SecretKey wrap;      // wraps the patients' data keys
  SecretKey tokens;    // of the search
  SecretKey requests;  // of what was asked for under a request id
};

/// A transaction under way, of one person of one clinic. Every query of it names the clinic.
struct Work {
  soci::session& sql;
  Actor actor;
  std::int64_t now_ms;
  const ClinicKeys& keys;
  Deed& deed;
};

std::int64_t new_id();

/// A name for one wish, made by whoever asks: 16 to 64 letters, digits, "-" and "_". Asked again under the
/// same name, nothing is done twice and the first answer is given.
struct RequestId {
  std::string text;
};

class Database {
 public:
  /// Brings the schema forward, and holds the newest head of the audit trail against it.
  static Recorded<std::unique_ptr<Database>> open(Opening opening);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();
  /// Writes the trail's head outside. The destructor does so too, and can tell nobody when it fails.
  Recorded<void> close();

  /// `work(Work&)` returns Recorded<T>. Its error undoes all of it, and the trail says what was refused.
  template <class T, class F>
  Recorded<T> act(const Actor& actor, Deed deed, F&& work) {
    std::optional<T> answer;
    const auto done = run(actor, nullptr, std::move(deed), [&](Work& at) -> Recorded<void> {
      auto result = work(at);
      if (!result) return std::unexpected(result.error());
      answer = std::move(*result);
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return std::move(*answer);
  }

  /// The same once for each request: `work(Work&)` returns Recorded<std::int64_t>, which is kept as its
  /// answer. `content` is everything that was asked for; kConflict when it was something else the first time.
  Recorded<std::int64_t> change(const Actor& actor, const RequestId& request, Deed deed, std::string content,
                                const std::function<Recorded<std::int64_t>(Work&)>& work);

  /// The first act of a new clinic, whose key was just made: its people cannot be asked yet.
  Recorded<void> found(const Actor& founder, const KeyId& key, Deed deed,
                       const std::function<Recorded<void>(Work&)>& work);

  [[nodiscard]] const Opening& opening() const { return opening_; }
  [[nodiscard]] Engine engine() const { return engine_; }
  /// A question before anybody has signed in; asked again when the server was started anew meanwhile.
  Recorded<void> look(const std::function<void(soci::session&)>& question);
  /// The connection itself, for tests.
  soci::session& session() { return sql_; }
  /// What an erased key stood in is written over as far as the engine can (docs/records.md).
  Recorded<void> scrub();

 private:
  explicit Database(Opening opening) : opening_(std::move(opening)) {}

  Recorded<void> connect();
  Recorded<void> settle_kind();
  Recorded<void> hold_against_heads();
  Recorded<void> write_head(const char* reason);
  Recorded<void> start(std::int64_t at_ms);
  void begin();
  void roll_back();
  Recorded<void> commit();
  Recorded<const ClinicKeys*> keys_of(const Actor& actor);
  Recorded<const ClinicKeys*> keys_of(ClinicId clinic, const KeyId& key);
  void append(const Actor& actor, const Deed& deed, const char* outcome, std::int64_t at_ms);
  Recorded<void> run(const Actor& actor, const KeyId* founding, Deed deed,
                     const std::function<Recorded<void>(Work&)>& work);
  [[nodiscard]] std::int64_t now_ms() const;

  Opening opening_;
  Engine engine_ = Engine::kSqlite;
  soci::session sql_;
  std::string id_;                // 64 hexadecimal digits: what the chain of the trail begins with
  std::int64_t headed_day_ = -1;  // of the last head of this connection
  std::int64_t headed_ = -1;      // sequence of it
  std::map<ClinicId, std::pair<KeyId, ClinicKeys>> keys_;
  bool open_ = false;
};

/// "missing", "conflict", ...: what the audit trail calls a fault.
const char* word_of(RecordFault fault);

}  // namespace theca::records
