#include "clinic/audit.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>

#include "clinic/connection.hpp"
#include "clinic/patients.hpp"

namespace theca::records {
namespace {

/// Rows in their order, each handed on as it is read; a whole trail does not fit in memory.
template <class Take>
void each_row(soci::session& sql, const Take& take) {
  constexpr int kAtOnce = 5'000;
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  for (int count = kAtOnce; count == kAtOnce;) {
    count = 0;
    const std::int64_t behind = last;
    soci::statement statement{sql};
    AuditRowInto into;
    into.bind(statement);
    statement.exchange(soci::use(behind));
    statement.alloc();
    statement.prepare(fmt::format("SELECT {} FROM audit WHERE sequence > :behind ORDER BY sequence LIMIT {}",
                                  kAuditColumns, kAtOnce));
    statement.define_and_bind();
    for (statement.execute(); statement.fetch(); ++count) {
      const AuditRow row = into.row();
      last = row.sequence;
      take(row);
    }
  }
}

class Verifier {
 public:
  Verifier(std::string database, const std::vector<HeadLine>& lines) : hash_(std::move(database)) {
    for (const HeadLine& line : lines) {
      if (!line.head) {
        wrong(0, fmt::format("line {} of the heads is no head", line.number));
      } else if (line.head->database != hash_) {
        wrong(0, fmt::format("line {} of the heads is of another database", line.number));
      } else {
        ++check_.heads;
        newest_head_ = std::max(newest_head_, line.head->sequence);
        if (line.head->sequence == 0 && line.head->hash != hash_)
          wrong(0, fmt::format("line {} of the heads begins with another chain", line.number));
        heads_.emplace(line.head->sequence, line);
      }
    }
  }

  void take(const AuditRow& row) {
    ++check_.rows;
    if (row.sequence != check_.last + 1)
      wrong(row.sequence, fmt::format("row {} follows row {}: {} between them are missing", row.sequence,
                                      check_.last, row.sequence - check_.last - 1));
    if (row.previous != hash_)
      wrong(row.sequence, fmt::format("row {} was not written behind the row before it", row.sequence));
    if (hash_of(row) != row.hash)
      wrong(row.sequence,
            fmt::format("row {} was changed: its hash is not that of what it says", row.sequence));
    const auto [from, to] = heads_.equal_range(row.sequence);
    for (auto head = from; head != to; ++head) {
      if (head->second.head->hash != row.hash)
        wrong(row.sequence, fmt::format("row {} is not the one that line {} of the heads tells", row.sequence,
                                        head->second.number));
    }
    check_.last = row.sequence;
    hash_ = row.hash;
  }

  AuditCheck finish() {
    if (newest_head_ > check_.last)
      wrong(check_.last + 1, fmt::format("rows {} to {} were cut off the end: the heads tell of row {}",
                                         check_.last + 1, newest_head_, newest_head_));
    if (check_.heads == 0) wrong(0, "the file of heads holds none: nothing vouches for the end of the trail");
    check_.last_hash = hash_;
    check_.not_vouched = std::max<std::int64_t>(check_.last - newest_head_, 0);
    return std::move(check_);
  }

 private:
  void wrong(std::int64_t sequence, std::string message) {
    if (check_.wrong.size() < kMostWrong) check_.wrong.push_back({sequence, std::move(message)});
  }

  AuditCheck check_;
  std::multimap<std::int64_t, HeadLine> heads_;
  std::int64_t newest_head_ = 0;
  std::string hash_;  // that the next row must have been written behind
};

}  // namespace

Recorded<std::vector<AuditRow>> audit_of_patient(Database& database, const Actor& actor, PatientId patient,
                                                 std::size_t most) {
  return database.act<std::vector<AuditRow>>(
      actor, {"read audit trail", "audit", std::nullopt, patient.value},
      [&](Work& work) -> Recorded<std::vector<AuditRow>> {
        const auto key = data_key(work, patient);
        if (!key && key.error().fault != RecordFault::kErased) return std::unexpected(key.error());
        std::vector<AuditRow> rows;
        soci::statement statement{work.sql};
        AuditRowInto into;
        into.bind(statement);
        statement.exchange(soci::use(patient.value));
        statement.exchange(soci::use(actor.clinic.value));
        statement.alloc();
        statement.prepare(std::string{"SELECT "} + kAuditColumns +
                          " FROM audit WHERE patient = :patient AND clinic = :clinic ORDER BY sequence DESC");
        statement.define_and_bind();
        for (statement.execute(); rows.size() < most && statement.fetch();) rows.push_back(into.row());
        return rows;
      });
}

Recorded<std::vector<AuditRow>> audit_of_clinic(Database& database, const Actor& actor, std::int64_t before,
                                                std::size_t most) {
  return database.act<std::vector<AuditRow>>(
      actor, {"read audit trail", "audit"}, [&](Work& work) -> Recorded<std::vector<AuditRow>> {
        std::vector<AuditRow> rows;
        const std::int64_t below = before > 0 ? before : std::numeric_limits<std::int64_t>::max();
        const auto limit = static_cast<std::int64_t>(most);
        soci::statement statement{work.sql};
        AuditRowInto into;
        into.bind(statement);
        statement.exchange(soci::use(actor.clinic.value));
        statement.exchange(soci::use(below));
        statement.exchange(soci::use(limit));
        statement.alloc();
        statement.prepare(
            std::string{"SELECT "} + kAuditColumns +
            " FROM audit WHERE clinic = :clinic AND sequence < :below ORDER BY sequence DESC LIMIT :most");
        statement.define_and_bind();
        for (statement.execute(); statement.fetch();) rows.push_back(into.row());
        return rows;
      });
}

AuditCheck check_trail(soci::session& sql, const std::vector<HeadLine>& heads) {
  std::string id;
  sql << "SELECT text FROM marks WHERE name = 'id'", soci::into(id);
  Verifier verifier{id, heads};
  each_row(sql, [&](const AuditRow& row) { verifier.take(row); });
  return verifier.finish();
}

Recorded<AuditCheck> verify_audit(const std::string& address, const std::filesystem::path& heads) {
  try {
    soci::session sql;
    const auto engine = look_into(sql, address);
    if (!engine) return std::unexpected(engine.error());
    const std::int64_t version = schema_version(sql, *engine);
    const auto known = static_cast<std::int64_t>(schema_steps().size());
    if (version == 0) return failed(RecordFault::kAddress, shown(address) + ": is no clinic's database");
    if (version > known)
      return failed(RecordFault::kNewerSchema,
                    fmt::format("{}: has schema {} and this Theca knows up to {}; use a newer one",
                                shown(address), version, known));
    const auto lines = read_heads(heads);
    if (!lines) return std::unexpected(lines.error());
    return check_trail(sql, *lines);
  } catch (const soci::soci_error& error) {
    return failed(RecordFault::kUnreachable, shown(address) + ": " + engine_words(error));
  }
}

}  // namespace theca::records
