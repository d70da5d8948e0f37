#pragma once
/// The pump's journal as a file, and the check that nobody has changed it. One line for each page with the
/// digest of the page before it, one for each entry, one for each place that a power cut spoilt; together
/// they give the page's bytes back. docs/journal.md

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "pump/journal.hpp"

namespace theca {

std::string journal_jsonl(const Journal& journal);

/// What a check found. The newest page has no page behind it that could vouch for it: its digest is told.
struct JournalCheck {
  std::uint32_t pages = 0;
  std::uint32_t entries = 0;
  std::uint32_t first_sequence = 0;
  std::uint32_t spoilt = 0;        // places that a power cut left unreadable
  std::uint32_t not_vouched = 0;   // entries of the newest page
  std::string digest;              // of the newest page, in hex
  std::vector<std::string> wrong;  // with line numbers; empty: order and chain are whole
};

/// The error says which line cannot be read, and why.
std::expected<JournalCheck, std::string> check_journal(std::string_view jsonl);

}  // namespace theca
