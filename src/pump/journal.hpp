#pragma once
/// The journal: what was delivered, changed and refused, in order, for the clinic to read. Entries are only
/// ever appended; each page begins with the digest of the page before, so that none can be changed, left out
/// or put in unseen (INV-9). docs/journal.md has the layout.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "catalogue/event.hpp"
#include "pump/nvm.hpp"
#include "pump/sha256.hpp"
#include "therapy/check.hpp"

namespace theca {

struct JournalEntry {
  std::uint32_t sequence = 0;
  Event event;
};

/// One page as it stands: its number since manufacture, its first entry, the digest of the page before.
struct JournalPage {
  std::uint32_t number = 0;
  std::uint32_t first_sequence = 0;
  Digest before{};
};

inline constexpr std::uint32_t kEntryWords = 4;
inline constexpr std::uint32_t kPageHeadWords = 8;
inline constexpr std::uint32_t kEntriesPerPage = (kPageWords - kPageHeadWords) / kEntryWords;
/// Entries the clinic has not read that the ring is sure to hold; four pages are spare for places that a
/// power cut spoilt and for the page in hand.
inline constexpr std::uint32_t kJournalCapacity = (kJournalPages - 4) * kEntriesPerPage;

/// The busiest day of an allowed therapy: each bolus tells its grant and its end, what was delivered stands
/// every six hours, refusals and accesses are told twice an hour each and otherwise counted (a count is an
/// entry of its own), and a clinic and its alarms have a dozen.
inline constexpr std::uint32_t kRepeatsAnHour = 2;
inline constexpr std::uint32_t kBusiestDay = 2 * kMostBolusesADay + 4 + 2 * 2 * 24 * kRepeatsAnHour + 12;
static_assert(kJournalCapacity >= kBusiestDay * 548, "INV-9: 18 months");

class Journal {
 public:
  explicit Journal(Nvm& nvm) : nvm_(nvm) {}

  /// Finds the end after power came back.
  void open();
  /// Sequence of the entry that comes next, as far as the memory tells; 0 for an empty one.
  [[nodiscard]] std::uint32_t next_sequence() const { return next_sequence_; }
  /// Appends an entry; pages whose entries are all below `acknowledged` may be written over. False: no room,
  /// or the memory takes nothing.
  bool append(const JournalEntry& entry, std::uint32_t acknowledged);
  /// Erases every page. Sequences go on, pages are numbered anew.
  void wipe();
  /// The newest entry that `wanted` says yes to.
  template <class Wanted>
  [[nodiscard]] std::optional<JournalEntry> newest(Wanted&& wanted) const {
    const std::uint32_t oldest = oldest_page();
    for (std::uint32_t page = number_ + 1; open_ && page-- > oldest;) {
      if (!head_of(page)) continue;  // was passed over
      for (std::uint32_t place = kEntriesPerPage; place-- > 0;) {
        const auto entry = read(page, place);
        if (entry && wanted(*entry)) return entry;
      }
    }
    return std::nullopt;
  }

  /// The pages that stand are numbered [oldest_page(), newest_page()]; none when any() is false.
  [[nodiscard]] bool any() const { return open_; }
  [[nodiscard]] std::uint32_t newest_page() const { return number_; }
  [[nodiscard]] std::uint32_t oldest_page() const;
  [[nodiscard]] std::optional<JournalPage> head_of(std::uint32_t number) const;
  /// The entry at a place of a page, if one stands there whole.
  [[nodiscard]] std::optional<JournalEntry> read(std::uint32_t number, std::uint32_t place) const;
  [[nodiscard]] std::array<Word, kEntryWords> words_at(std::uint32_t number, std::uint32_t place) const;
  [[nodiscard]] Digest digest_of(std::uint32_t number) const;

  static constexpr std::uint32_t address_of(std::uint32_t number) {
    return word_of_page(kJournalPage + number % kJournalPages);
  }
  static constexpr std::uint32_t address_of(std::uint32_t number, std::uint32_t place) {
    return address_of(number) + kPageHeadWords + place * kEntryWords;
  }

 private:
  friend struct StoredPumpTestAccess;
  [[nodiscard]] std::optional<JournalPage> head_at(std::uint32_t slot) const;
  [[nodiscard]] std::uint32_t end_of(std::uint32_t number) const;
  bool turn_page(std::uint32_t first_sequence, std::uint32_t acknowledged);
  bool begin_page(const JournalPage& page);

  Nvm& nvm_;
  bool open_ = false;
  std::uint32_t number_ = 0;  // of the page in hand
  std::uint32_t place_ = 0;   // next in it
  std::uint32_t next_sequence_ = 0;
};

/// The four words of an entry, and back; nothing when their sum is wrong.
std::array<Word, kEntryWords> words_of(const JournalEntry& entry);
std::optional<JournalEntry> entry_of(const std::array<Word, kEntryWords>& words);
std::array<Word, kPageHeadWords> words_of(const JournalPage& page);
std::optional<JournalPage> page_of(const std::array<Word, kPageHeadWords>& words);

}  // namespace theca
