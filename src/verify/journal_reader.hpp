#pragma once
/// The journal as a reader without the pump's help takes it: straight from the memory, each page held against
/// the digest in the page behind it.

#include <optional>
#include <string>
#include <vector>

#include "pump/journal.hpp"

namespace theca::verify {

inline std::vector<JournalEntry> read_journal(const Journal& journal) {
  std::vector<JournalEntry> entries;
  if (!journal.any()) return entries;
  for (std::uint32_t page = journal.oldest_page(); page <= journal.newest_page(); ++page) {
    for (std::uint32_t place = 0; place < kEntriesPerPage; ++place) {
      if (const auto entry = journal.read(page, place)) entries.push_back(*entry);
    }
  }
  return entries;
}

/// The first thing that is wrong with order or chain, if anything is.
inline std::optional<std::string> chain_wrong(const Journal& journal) {
  if (!journal.any()) return std::nullopt;
  std::optional<std::uint32_t> before;
  std::uint32_t next = 0;
  for (std::uint32_t number = journal.oldest_page(); number <= journal.newest_page(); ++number) {
    const auto page = journal.head_of(number);
    if (!page) continue;
    if (before && page->before != journal.digest_of(*before))
      return "page " + std::to_string(*before) + " is not the one that page " + std::to_string(number) +
             " follows";
    if (before && page->first_sequence < next)
      return "page " + std::to_string(number) + " begins before its time";
    before = number;
    for (std::uint32_t place = 0; place < kEntriesPerPage; ++place) {
      const auto entry = journal.read(number, place);
      if (!entry) continue;
      if (entry->sequence < next) return "sequence " + std::to_string(entry->sequence) + " stands twice";
      next = entry->sequence + 1;
    }
  }
  return std::nullopt;
}

}  // namespace theca::verify
