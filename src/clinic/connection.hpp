#pragma once
/// A connection that keeps what it acknowledges, to whichever engine an address names.

#include <soci/soci.h>

#include <string>

#include "clinic/record_error.hpp"
#include "clinic/schema.hpp"

namespace theca::records {

/// SQLite: write-ahead log, synchronous FULL, foreign keys, deleted bytes written over; the file is made
/// (0600). PostgreSQL: refused when its fsync is off. Throws soci::soci_error when it cannot be opened.
Recorded<Engine> connect_to(soci::session& sql, const std::string& address);

/// Only to read: no file is made, nothing is changed. kAddress when there is no such file.
Recorded<Engine> look_into(soci::session& sql, const std::string& address);

/// What the engine said of a fault, without the library's name for the place: no value that was bound, as
/// what() has them.
std::string engine_words(const soci::soci_error& error);

/// An address without its password.
std::string shown(const std::string& address);

}  // namespace theca::records
