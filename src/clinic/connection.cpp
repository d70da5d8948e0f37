#include "clinic/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "files/whole_file.hpp"

namespace theca::records {
namespace {

constexpr int kBusySeconds = 20;  // how long a writer waits for the ones before it
constexpr std::string_view kPostgres = "postgresql://";

bool is_postgres(const std::string& address) { return address.starts_with(kPostgres); }

Recorded<Engine> connect_sqlite(soci::session& sql, const std::string& path) {
  {  // made here, so that it is nobody else's; SQLite gives its log the same mode
    const OpenFile file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (!file.is_open())
      return failed(RecordFault::kUnreachable, fmt::format("{}: {}", path, std::strerror(errno)));
  }
  sql.close();
  sql.open(*soci::factory_sqlite3(), fmt::format("dbname=\"{}\" timeout={}", path, kBusySeconds));
  std::string journal;
  int synchronous = 0, foreign_keys = 0;
  sql << "PRAGMA journal_mode = WAL", soci::into(journal);
  sql << "PRAGMA synchronous = FULL";
  sql << "PRAGMA foreign_keys = ON";
  sql << "PRAGMA secure_delete = ON";
  sql << "PRAGMA synchronous", soci::into(synchronous);
  sql << "PRAGMA foreign_keys", soci::into(foreign_keys);
  constexpr int kFull = 2;
  if (journal != "wal" || synchronous != kFull || foreign_keys != 1)
    return failed(
        RecordFault::kUnreachable,
        fmt::format("{}: this SQLite keeps journal \"{}\", synchronous {}, foreign keys {}; needed are wal, "
                    "2 and 1. Is it on a network drive?",
                    path, journal, synchronous, foreign_keys));
  return Engine::kSqlite;
}

std::unexpected<RecordError> no_address(const std::string& path) {
  return failed(
      RecordFault::kAddress,
      fmt::format("\"{}\" is no address of a database: a file's path without \", or postgresql://...", path));
}

bool is_path(const std::string& address) {
  return !address.empty() && !address.contains('"') && !address.contains("://");
}

Recorded<Engine> connect_postgres(soci::session& sql, const std::string& address) {
  sql.close();
  sql.open(*soci::factory_postgresql(), address);
  std::string fsync;
  sql << "SET client_min_messages = warning";
  sql << "SET synchronous_commit = on";
  sql << fmt::format("SET lock_timeout = '{}s'", kBusySeconds);
  sql << "SHOW fsync", soci::into(fsync);
  if (fsync != "on")
    return failed(RecordFault::kUnreachable,
                  fmt::format("{}: its fsync is {}, so a power cut takes what it acknowledged; set it on",
                              shown(address), fsync));
  return Engine::kPostgres;
}

}  // namespace

std::string engine_words(const soci::soci_error& error) {
  const std::string words = error.get_error_message();
  const std::size_t end = words.find(": ");  // "sqlite3_statement_backend::prepare: file is not a database"
  const bool names_a_place = end != std::string::npos && words.find("::") < end && words.find(' ') > end;
  return names_a_place ? words.substr(end + 2) : words;
}

std::string shown(const std::string& address) {
  if (!is_postgres(address)) return address;
  const auto at = address.rfind('@');
  const std::string behind =
      at == std::string::npos ? address.substr(kPostgres.size()) : address.substr(at + 1);
  return fmt::format("{}{}", kPostgres, behind.substr(0, behind.find('?')));
}

Recorded<Engine> connect_to(soci::session& sql, const std::string& address) {
  if (is_postgres(address)) return connect_postgres(sql, address);
  return is_path(address) ? connect_sqlite(sql, address) : no_address(address);
}

Recorded<Engine> look_into(soci::session& sql, const std::string& address) {
  if (is_postgres(address)) {
    sql.open(*soci::factory_postgresql(), address);
    sql << "SET default_transaction_read_only = on";
    return Engine::kPostgres;
  }
  if (!is_path(address)) return no_address(address);
  if (!std::filesystem::is_regular_file(address))
    return failed(RecordFault::kAddress, address + ": there is no such file");
  sql.open(*soci::factory_sqlite3(), fmt::format("dbname=\"{}\" timeout={}", address, kBusySeconds));
  sql << "PRAGMA query_only = ON";
  return Engine::kSqlite;
}

}  // namespace theca::records
