#include "pump/journal.hpp"

#include <array>

#include "pump/checksum.hpp"

namespace theca {
namespace {

constexpr std::uint32_t kMostBadPages = 4;  // in a row
constexpr unsigned kTimeBits = 48;          // milliseconds: 8,900 years

}  // namespace

/// Sequence (32) and sum (32); time (48), code (8), detail (8); the two values. The first is programmed last.
std::array<Word, kEntryWords> words_of(const JournalEntry& entry) {
  const Event& event = entry.event;
  std::array<Word, kEntryWords> words{Word{entry.sequence},
                                      (static_cast<Word>(event.at.raw()) & ((Word{1} << kTimeBits) - 1)) |
                                          Word{static_cast<std::uint8_t>(event.code)} << kTimeBits |
                                          Word{event.detail} << (kTimeBits + 8),
                                      static_cast<Word>(event.value), static_cast<Word>(event.value2)};
  Crc32c sum;
  for (const Word word : words) sum.add(word);
  words[0] |= Word{sum.value()} << 32;
  return words;
}

std::optional<JournalEntry> entry_of(const std::array<Word, kEntryWords>& words) {
  if (words[0] == kErased) return std::nullopt;  // never counted, whatever the sum of the others says
  JournalEntry entry;
  entry.sequence = static_cast<std::uint32_t>(words[0]);
  entry.event.at = Instant{static_cast<std::int64_t>(words[1] & ((Word{1} << kTimeBits) - 1))};
  const auto code = static_cast<std::uint8_t>(words[1] >> kTimeBits);
  if (code >= kEventCodeCount) return std::nullopt;
  entry.event.code = static_cast<EventCode>(code);
  entry.event.detail = static_cast<std::uint8_t>(words[1] >> (kTimeBits + 8));
  entry.event.value = static_cast<std::int64_t>(words[2]);
  entry.event.value2 = static_cast<std::int64_t>(words[3]);
  if (words_of(entry) != words) return std::nullopt;
  return entry;
}

/// Number (32) and sum (32); first sequence (32) of format 1; the digest; an unused word.
std::array<Word, kPageHeadWords> words_of(const JournalPage& page) {
  constexpr Word kFormat = 1;
  std::array<Word, kPageHeadWords> words{};
  words[0] = page.number;
  words[1] = Word{page.first_sequence} | kFormat << 32;
  for (std::size_t i = 0; i < page.before.size(); ++i)
    words[2 + i / 8] |= Word{page.before[i]} << (8 * (i % 8));
  words[7] = kErased;
  Crc32c sum;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) sum.add(words[i]);
  words[0] |= Word{sum.value()} << 32;
  return words;
}

std::optional<JournalPage> page_of(const std::array<Word, kPageHeadWords>& words) {
  JournalPage page;
  page.number = static_cast<std::uint32_t>(words[0]);
  page.first_sequence = static_cast<std::uint32_t>(words[1]);
  for (std::size_t i = 0; i < page.before.size(); ++i)
    page.before[i] = static_cast<std::uint8_t>(words[2 + i / 8] >> (8 * (i % 8)));
  if (words_of(page) != words) return std::nullopt;
  return page;
}

/// A head in which one bit has turned is told by its sum, for no two flips of one bit give the same.
std::optional<JournalPage> Journal::head_at(std::uint32_t slot) const {
  std::array<Word, kPageHeadWords> words{};
  for (std::uint32_t i = 0; i < kPageHeadWords; ++i) words[i] = nvm_.read(address_of(slot) + i);
  if (words[0] == kErased) return std::nullopt;
  if (const auto page = page_of(words)) return page;
  for (Word& word : words) {
    for (int bit = 0; bit < 64; ++bit) {
      word ^= Word{1} << bit;
      if (const auto page = page_of(words)) return page;
      word ^= Word{1} << bit;
    }
  }
  return std::nullopt;
}

std::optional<JournalPage> Journal::head_of(std::uint32_t number) const {
  const auto page = head_at(number);
  return page && page->number == number ? page : std::nullopt;
}

std::array<Word, kEntryWords> Journal::words_at(std::uint32_t number, std::uint32_t place) const {
  std::array<Word, kEntryWords> words{};
  for (std::uint32_t i = 0; i < kEntryWords; ++i) words[i] = nvm_.read(address_of(number, place) + i);
  return words;
}

std::optional<JournalEntry> Journal::read(std::uint32_t number, std::uint32_t place) const {
  return entry_of(words_at(number, place));
}

std::uint32_t Journal::oldest_page() const {
  std::uint32_t oldest = number_;
  for (std::uint32_t gap = 1; gap <= oldest;) {
    const std::uint32_t before = oldest - gap;
    if (number_ - before >= kJournalPages) break;
    if (head_of(before)) {
      oldest = before;
      gap = 1;
    } else {
      ++gap;  // a page that took nothing was passed over, or its head has turned
    }
  }
  return oldest;
}

Digest Journal::digest_of(std::uint32_t number) const {
  constexpr std::size_t kWords = 8;  // a block of the sum
  Sha256 sum;
  for (std::uint32_t i = 0; i < kPageWords; i += kWords) {
    std::array<std::uint8_t, kWords * 8> bytes{};
    for (std::size_t k = 0; k < kWords; ++k) {
      const Word word = nvm_.read(address_of(number) + i + static_cast<std::uint32_t>(k));
      for (std::size_t b = 0; b < 8; ++b) bytes[8 * k + b] = static_cast<std::uint8_t>(word >> (8 * b));
    }
    sum.add(bytes);
  }
  return sum.finish();
}

void Journal::open() {
  open_ = false;
  for (std::uint32_t slot = 0; slot < kJournalPages; ++slot) {
    const auto page = head_at(slot);
    if (!page || page->number % kJournalPages != slot) continue;
    if (!open_ || page->number > number_) number_ = page->number;
    open_ = true;
  }
  place_ = 0;
  next_sequence_ = 0;
  if (!open_) return;
  next_sequence_ = head_of(number_)->first_sequence;
  for (std::uint32_t place = 0; place < kEntriesPerPage; ++place) {
    for (std::uint32_t i = 0; i < kEntryWords; ++i) {
      if (nvm_.read(address_of(number_, place) + i) != kErased) place_ = place + 1;
    }
    if (const auto entry = read(number_, place)) next_sequence_ = entry->sequence + 1;
  }
}

/// The first sequence behind a page that stood: what the next page that stands begins with.
std::uint32_t Journal::end_of(std::uint32_t number) const {
  for (std::uint32_t page = number + 1; page <= number_; ++page) {
    if (const auto head = head_of(page)) return head->first_sequence;
  }
  return next_sequence_;
}

bool Journal::turn_page(std::uint32_t first_sequence, std::uint32_t acknowledged) {
  const Digest before = open_ ? digest_of(number_) : Digest{};
  std::uint32_t next = open_ ? number_ + 1 : 0;
  for (std::uint32_t tries = 0; tries <= kMostBadPages; ++tries, ++next) {
    if (next >= kJournalPages) {
      if (end_of(next - kJournalPages) > acknowledged) return false;
    }
    if (!begin_page({next, first_sequence, before})) continue;
    open_ = true;
    number_ = next;
    place_ = 0;
    return true;
  }
  return false;
}

bool Journal::begin_page(const JournalPage& page) {
  if (!nvm_.erase(kJournalPage + page.number % kJournalPages)) return false;
  const auto words = words_of(page);
  for (std::uint32_t i = 1; i + 1 < kPageHeadWords; ++i) {
    if (!nvm_.program(address_of(page.number) + i, words[i])) return false;
  }
  return nvm_.program(address_of(page.number), words[0]);
}

void Journal::wipe() {
  for (std::uint32_t page = kJournalPage; page < kJournalPage + kJournalPages; ++page) {
    bool blank = true;
    for (std::uint32_t i = 0; i < kPageWords && blank; ++i)
      blank = nvm_.read(word_of_page(page) + i) == kErased;
    if (!blank) nvm_.erase(page);
  }
  open();
}

bool Journal::append(const JournalEntry& entry, std::uint32_t acknowledged) {
  const auto words = words_of(entry);
  for (std::uint32_t tries = 0; tries <= kEntriesPerPage; ++tries) {
    if ((!open_ || place_ == kEntriesPerPage) && !turn_page(entry.sequence, acknowledged)) return false;
    const std::uint32_t address = address_of(number_, place_++);
    bool good = true;  // a bit of a blank place may have turned: it is not programmed
    for (std::uint32_t i = 0; i < kEntryWords; ++i) good = good && nvm_.read(address + i) == kErased;
    for (std::uint32_t i = 1; i < kEntryWords; ++i) good = good && nvm_.program(address + i, words[i]);
    if (!good || !nvm_.program(address, words[0])) continue;  // this place is bad: the next
    next_sequence_ = entry.sequence + 1;
    return true;
  }
  return false;
}

}  // namespace theca
