#pragma once
/// The tables, as numbered steps forward. A step that was ever shipped is never changed; a change is a new
/// step.

#include <soci/soci.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "clinic/record_error.hpp"

namespace theca::records {

enum class Engine : std::uint8_t { kSqlite, kPostgres };

struct SchemaStep {
  std::vector<std::string_view> both, sqlite, postgres;  // statements; `both` first
};

/// Step n brings version n - 1 to n.
std::span<const SchemaStep> schema_steps();

/// All steps that are missing, in one transaction. kNewerSchema when the database knows more steps than
/// `steps`.
Recorded<void> migrate(soci::session& sql, Engine engine, std::span<const SchemaStep> steps);

/// The version the database has; 0: none of our tables; the largest number: its mark does not read.
std::int64_t schema_version(soci::session& sql, Engine engine);

}  // namespace theca::records
