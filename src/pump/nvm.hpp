#pragma once
/// The pump's lasting memory as the pump sees it, and where in it everything stands.
///
/// Pages of words. An erased word is all ones; a word is programmed once between two erases of its page. A
/// power cut leaves the word in hand with any of its bits. So behave flash in a controller and NOR flash
/// beside one; sizes and endurance are assumptions of this design, not those of any real pump.

#include <cstdint>

namespace theca {

using Word = std::uint64_t;
inline constexpr Word kErased = ~Word{0};

inline constexpr std::uint32_t kPageWords = 512;       // 4 KiB
inline constexpr std::uint32_t kEraseCycles = 10'000;  // assumed endurance of a page

/// Addresses are in words from the beginning.
class Nvm {
 public:
  Nvm(const Nvm&) = delete;
  Nvm& operator=(const Nvm&) = delete;

  [[nodiscard]] virtual Word read(std::uint32_t address) const = 0;
  /// True when the word reads back as programmed.
  virtual bool program(std::uint32_t address, Word value) = 0;
  /// True when the whole page reads as erased.
  virtual bool erase(std::uint32_t page) = 0;

 protected:
  Nvm() = default;
  ~Nvm() = default;
};

// ---- the map --------------------------------------------------------------------------------------------

/// State: two generations, two copies of each.
inline constexpr std::uint32_t kSlotPages = 2;
inline constexpr std::uint32_t kSlotWords = kSlotPages * kPageWords;
inline constexpr std::uint32_t kSlots = 4;
/// Calls since a generation, one area for each of the two.
inline constexpr std::uint32_t kLogPage = kSlots * kSlotPages;
inline constexpr std::uint32_t kLogPages = 4;
inline constexpr std::uint32_t kLogAreas = 2;
/// The journal, a ring.
inline constexpr std::uint32_t kJournalPage = kLogPage + kLogAreas * kLogPages;
inline constexpr std::uint32_t kJournalPages =
    2'048;  // 8 MiB: 18 months of the busiest therapy (journal.hpp)
/// What the implant keeps beside its pump: keys, and the order that runs. Two generations, two copies of
/// each.
inline constexpr std::uint32_t kKeyringPage = kJournalPage + kJournalPages;
inline constexpr std::uint32_t kOrderPage = kKeyringPage + 4;
/// Firmware: how far an update is, two generations, two copies of each; and two slots for programs. What the
/// implant was made with stands elsewhere. Assumed: 256 KiB for a program, its header on a page before it.
inline constexpr std::uint32_t kFirmwareRecordPage = kOrderPage + 4;
inline constexpr std::uint32_t kFirmwareSlotPage = kFirmwareRecordPage + 4;
inline constexpr std::uint32_t kFirmwareSlotPages = 64;
inline constexpr std::uint32_t kFirmwareSlots = 2;
inline constexpr std::uint32_t kNvmPages = kFirmwareSlotPage + kFirmwareSlots * kFirmwareSlotPages;

constexpr std::uint32_t word_of_page(std::uint32_t page) { return page * kPageWords; }

}  // namespace theca
