#pragma once
/// The pump's state in lasting memory: generations of records, each in two copies, and the calls made since
/// the newest of them. A generation counts from the moment the last word of a copy is programmed, a call from
/// the moment its first word is: before that word everything is old, after it everything is new (INV-6).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pump/nvm.hpp"
#include "pump/record.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// A call that can be made again from what stands here: the pump is deterministic.
enum class CallKind : std::uint8_t {
  kWake = 1,
  kObserve,
  kRequest,  // argument: the request's number
  kStop,
  kResume,
  kSetClock,     // argument: UTC ms at the pump's zero
  kAcknowledge,  // of alarms
  kJournalRead,  // argument: entries the clinic has
  kField,        // argument: 1 there, 0 left
  kTelemetry,    // argument: what
  kSense,        // argument: nL
  kAccess,       // argument: role, and its certificate's number above
  kLower,        // argument: for how long, ms
  kKeysChanged,  // argument: what, the certificate's number above, the change's above that
  kKeysUnsafe,
  kFirmware,  // argument: stage, certificate's number, version
  kCutBolus,
};
inline constexpr std::uint8_t kLastCallKind = 17;

struct LoggedCall {
  CallKind kind = CallKind::kWake;
  Instant now;
  std::int64_t reported = 0;
  std::int64_t argument = 0;
};

inline constexpr std::size_t kCopies = 2;

class Store {
 public:
  explicit Store(Nvm& nvm) : nvm_(nvm) {}

  // ---- boot ---------------------------------------------------------------------------------------------
  enum class Found : std::uint8_t {
    kBlank,    // never written
    kState,    // a generation
    kNothing,  // written, and no generation can be told
  };
  Found find();
  /// Records of the newest generation, copy by copy.
  [[nodiscard]] const RecordPlaces& copy(std::size_t which) const { return places_[which]; }
  /// Gives each call since that generation, in order, to `make`. False when one is missing that others
  /// follow.
  template <class Make>
  bool replay(Make&& make) {
    log_next_ = 0;
    log_index_ = 0;
    call_stands_ = {};
    for (std::uint32_t place = 0; place < kLogPlaces; ++place) {
      const auto read = read_call(place, log_index_);
      if (read.missing) return false;
      if (!read.call) continue;
      call_stands_[place / 8] = static_cast<std::uint8_t>(call_stands_[place / 8] | 1U << (place % 8));
      ++log_index_;
      make(*read.call);
    }
    return true;
  }

  /// Calls in which one bit had turned.
  [[nodiscard]] int mended() const { return mended_; }

  // ---- at work ------------------------------------------------------------------------------------------
  /// Writes the next generation: `write` puts its records, once for each copy. Returns how many copies stand;
  /// with none the old generation counts on.
  template <class Write>
  std::size_t keep(Write&& write) {
    const std::uint32_t next = generation_ + 1;
    std::array<std::optional<RecordPlaces>, kCopies> written{};
    for (std::size_t which = 0; which < kCopies; ++which) {
      if (!clear_pages(slot_page(next, which), kSlotPages)) continue;
      RecordWriter writer{nvm_, word_of_page(slot_page(next, which)), kSlotWords - 1};
      write(writer);
      if (writer.ok()) written[which] = writer.places();
    }
    return commit(next, written);
  }
  /// Remembers a call. False when there is no more room: a new generation makes room.
  bool log(const LoggedCall& call);
  /// Room for this many calls more, at least.
  [[nodiscard]] std::uint32_t log_room() const { return kLogPlaces - log_next_; }

  /// Looks at the next few words of what is kept. True when it finds any of them changed.
  bool scrub();

  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  /// Copies of it that stand.
  [[nodiscard]] std::size_t copies() const { return std::size_t{stands_[0]} + std::size_t{stands_[1]}; }
  [[nodiscard]] const Nvm& memory() const { return nvm_; }

 private:
  friend struct StoredPumpTestAccess;
  static constexpr std::uint32_t kCallWords = 4;
  static constexpr std::uint32_t kLogPlaces = kLogPages * kPageWords / kCallWords;
  static constexpr std::uint32_t kMark = 0x5448'4543;  // no page of flash holds it by chance
  static constexpr std::uint32_t kScrubWords = 4;

  static constexpr std::uint32_t slot_page(std::uint32_t generation, std::size_t copy) {
    return (generation % 2 * 2 + static_cast<std::uint32_t>(copy)) * kSlotPages;
  }
  static constexpr std::uint32_t commit_address(std::uint32_t generation, std::size_t copy) {
    return word_of_page(slot_page(generation, copy)) + kSlotWords - 1;
  }
  [[nodiscard]] std::uint32_t log_address(std::uint32_t place) const {
    return word_of_page(kLogPage + generation_ % kLogAreas * kLogPages) + place * kCallWords;
  }
  /// Makes a copy of this generation count.
  static constexpr Word commit_word(std::uint32_t generation) {
    return Word{generation} | Word{kMark ^ (generation * 0x9E37'79B1U)} << 32;
  }
  bool clear_pages(std::uint32_t first, std::uint32_t count);
  [[nodiscard]] bool blank(std::uint32_t page) const;
  std::size_t commit(std::uint32_t next, const std::array<std::optional<RecordPlaces>, kCopies>& written);
  void look_at_copies();

  struct ReadCall {
    std::optional<LoggedCall> call;
    bool missing = false;  // a later call stands here
  };
  ReadCall read_call(std::uint32_t place, std::uint16_t index);

  void begin_scrub();

  Nvm& nvm_;
  std::uint32_t generation_ = 0;
  std::array<RecordPlaces, kCopies> places_{};
  std::array<bool, kCopies> stands_{};
  int mended_ = 0;
  std::uint32_t log_next_ = 0;   // place of the next call
  std::uint16_t log_index_ = 0;  // its number

  // What the scrub has in hand: a record of a copy, then the calls.
  std::size_t scrub_copy_ = 0;
  std::size_t scrub_record_ = 0;
  std::uint32_t scrub_word_ = 0;
  Crc32c scrub_sum_;
  std::uint32_t scrub_place_ = 0;
  std::array<std::uint8_t, kLogPlaces / 8> call_stands_{};  // one bit for each place that holds a call
};

}  // namespace theca
