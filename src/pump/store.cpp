#include "pump/store.hpp"

namespace theca {
namespace {

using CallWords = std::array<Word, 4>;

constexpr Word kCallHead = 0xFFFF'FFFF;  // kind (8), generation (8), number (16); above it the sum

/// The whole number of the generation is in the sum, as the head has room for the last of it only.
std::uint32_t sum_of(const CallWords& words, std::uint32_t generation) {
  Crc32c sum;
  sum.add(generation);
  sum.add(words[0] & kCallHead);
  for (std::size_t i = 1; i < words.size(); ++i) sum.add(words[i]);
  return sum.value();
}

bool whole(const CallWords& words, std::uint32_t generation) {
  return words[0] >> 32 == sum_of(words, generation);
}

/// A call in which one bit has turned is told by its sum, for no two flips of one bit give the same.
bool mend(CallWords& words, std::uint32_t generation) {
  for (Word& word : words) {
    for (int bit = 0; bit < 64; ++bit) {
      word ^= Word{1} << bit;
      if (whole(words, generation)) return true;
      word ^= Word{1} << bit;
    }
  }
  return false;
}

}  // namespace

// ---- generations ----------------------------------------------------------------------------------------

Store::Found Store::find() {
  bool any = false;
  for (const std::uint32_t parity : {0U, 1U}) {
    for (std::size_t which = 0; which < kCopies; ++which) {
      const Word word = nvm_.read(commit_address(parity, which));
      const auto generation = static_cast<std::uint32_t>(word);
      if (word != commit_word(generation) || generation % 2 != parity) continue;
      if (!any || generation > generation_) generation_ = generation;
      any = true;
    }
  }
  if (any) {
    look_at_copies();
    return Found::kState;
  }
  // What a cut left of the first generation stands in its own slots; the others were never written.
  const std::uint32_t second = slot_page(2, 0);
  for (std::uint32_t page = second; page < second + kCopies * kSlotPages; ++page) {
    if (!blank(page)) return Found::kNothing;
  }
  return Found::kBlank;
}

void Store::look_at_copies() {
  for (std::size_t which = 0; which < kCopies; ++which) {
    stands_[which] = nvm_.read(commit_address(generation_, which)) == commit_word(generation_);
    places_[which] = stands_[which]
                         ? find_records(nvm_, word_of_page(slot_page(generation_, which)), kSlotWords - 1)
                         : RecordPlaces{};
  }
}

bool Store::blank(std::uint32_t page) const {
  for (std::uint32_t i = 0; i < kPageWords; ++i) {
    if (nvm_.read(word_of_page(page) + i) != kErased) return false;
  }
  return true;
}

bool Store::clear_pages(std::uint32_t first, std::uint32_t count) {
  bool clear = true;
  for (std::uint32_t page = first; page < first + count; ++page)
    clear = (blank(page) || nvm_.erase(page)) && clear;
  return clear;
}

std::size_t Store::commit(std::uint32_t next,
                          const std::array<std::optional<RecordPlaces>, kCopies>& written) {
  if (!written[0] && !written[1]) return 0;
  // The new generation's calls stand in the other area; those of the old one stay until it counts no more.
  clear_pages(kLogPage + next % kLogAreas * kLogPages, kLogPages);
  std::array<bool, kCopies> stands{};
  for (std::size_t which = 0; which < kCopies; ++which)
    stands[which] = written[which] && nvm_.program(commit_address(next, which), commit_word(next));
  if (!stands[0] && !stands[1]) return 0;
  generation_ = next;
  stands_ = stands;
  for (std::size_t which = 0; which < kCopies; ++which)
    places_[which] = stands[which] ? *written[which] : RecordPlaces{};
  log_next_ = 0;
  log_index_ = 0;
  call_stands_ = {};
  begin_scrub();
  return copies();
}

// ---- calls ----------------------------------------------------------------------------------------------

bool Store::log(const LoggedCall& call) {
  CallWords words{
      Word{static_cast<std::uint8_t>(call.kind)} | Word{generation_ & 0xFFU} << 8 | Word{log_index_} << 16,
      static_cast<Word>(call.now.raw()), static_cast<Word>(call.reported), static_cast<Word>(call.argument)};
  words[0] |= Word{sum_of(words, generation_)} << 32;
  while (log_next_ < kLogPlaces) {
    const std::uint32_t place = log_next_++;
    const std::uint32_t address = log_address(place);
    bool good = true;  // a bit of a blank place may have turned: it is not programmed
    for (std::uint32_t i = 0; i < kCallWords; ++i) good = good && nvm_.read(address + i) == kErased;
    for (std::uint32_t i = 1; i < kCallWords; ++i) good = good && nvm_.program(address + i, words[i]);
    if (!good || !nvm_.program(address, words[0])) continue;  // this place is bad: the next
    call_stands_[place / 8] = static_cast<std::uint8_t>(call_stands_[place / 8] | 1U << (place % 8));
    ++log_index_;
    return true;
  }
  return false;
}

Store::ReadCall Store::read_call(std::uint32_t place, std::uint16_t index) {
  CallWords words{};
  bool erased = true;
  for (std::uint32_t i = 0; i < kCallWords; ++i) {
    words[i] = nvm_.read(log_address(place) + i);
    erased = erased && words[i] == kErased;
  }
  if (erased) return {};
  log_next_ = place + 1;
  if (!whole(words, generation_)) {
    if (!mend(words, generation_)) return {};  // torn before it counted, or beyond reading
    ++mended_;
  }
  const auto kind = static_cast<std::uint8_t>(words[0]);
  const auto generation = static_cast<std::uint8_t>(words[0] >> 8);
  const auto number = static_cast<std::uint16_t>(words[0] >> 16);
  if (kind == 0 || kind > kLastCallKind || generation != static_cast<std::uint8_t>(generation_)) return {};
  if (number != index) return {std::nullopt, number > index};
  return {LoggedCall{static_cast<CallKind>(kind), Instant{static_cast<std::int64_t>(words[1])},
                     static_cast<std::int64_t>(words[2]), static_cast<std::int64_t>(words[3])},
          false};
}

// ---- scrub ----------------------------------------------------------------------------------------------

void Store::begin_scrub() {
  scrub_copy_ = 0;
  scrub_record_ = 0;
  scrub_word_ = 0;
  scrub_sum_ = Crc32c{};
  scrub_place_ = 0;
}

bool Store::scrub() {
  if (scrub_copy_ < kCopies) {
    const auto& place = places_[scrub_copy_][scrub_record_];
    if (place) {
      if (scrub_word_ == 0) scrub_sum_ = Crc32c{};
      for (std::uint32_t i = 0; i < kScrubWords && scrub_word_ < place->words; ++i)
        scrub_sum_.add(nvm_.read(place->first + scrub_word_++));
      if (scrub_word_ < place->words) return false;
      const Word head = RecordHead::make(static_cast<RecordId>(scrub_record_), place->words, scrub_sum_);
      if (nvm_.read(place->first - 1) != head) return true;
    }
    scrub_word_ = 0;
    if (++scrub_record_ < kRecordCount) return false;
    const bool counts = nvm_.read(commit_address(generation_, scrub_copy_)) == commit_word(generation_);
    if (counts != stands_[scrub_copy_]) return true;
    scrub_record_ = 0;
    ++scrub_copy_;
    scrub_place_ = 0;
    return false;
  }
  if (scrub_place_ >= log_next_) {
    scrub_copy_ = 0;
    return false;
  }
  const std::uint32_t place = scrub_place_++;
  const unsigned stands = call_stands_[place / 8];
  if ((stands >> (place % 8) & 1U) == 0) return false;
  CallWords words{};
  for (std::uint32_t i = 0; i < kCallWords; ++i) words[i] = nvm_.read(log_address(place) + i);
  return !whole(words, generation_);
}

}  // namespace theca
