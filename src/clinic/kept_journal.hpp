#pragma once
/// The implant's journal as it was brought to the clinic: page by page, some of them more than once, put
/// together and held against itself (docs/journal.md).

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pump/journal.hpp"

namespace theca {

struct JournalPageSaid {
  std::uint32_t number = 0;         // since manufacture
  std::vector<std::uint8_t> words;  // up to the last that is written, 8 bytes each, little endian
  friend bool operator==(const JournalPageSaid&, const JournalPageSaid&) = default;
};
inline constexpr std::size_t kMostPageBytes = kPageWords * sizeof(Word);

struct KeptJournal {
  std::vector<JournalEntry> entries;  // in their order; places that a power cut spoilt are left out
  bool whole = false;                 // from the implant's first page on
  std::uint32_t next_page = 0;        // to go on from: the newest one, which may have grown
  std::vector<std::string> wrong;  // sentences: pages that do not continue each other, or that have changed
};
/// `pages`: in the order in which they were brought; a page may come again once it has grown. What a page
/// changed into is not believed.
KeptJournal kept_journal(std::span<const JournalPageSaid> pages);

/// For the records. The error is a sentence.
std::string pages_text(std::span<const JournalPageSaid> pages);
std::expected<std::vector<JournalPageSaid>, std::string> parse_pages(std::string_view text);

}  // namespace theca
