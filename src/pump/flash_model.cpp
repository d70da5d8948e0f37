#include "pump/flash_model.hpp"

namespace theca {
namespace {
constexpr Word kLowHalf = 0xFFFF'FFFF;
}

FlashModel::FlashModel() : pages_(kNvmPages), erases_(kNvmPages), stuck_(kNvmPages) {}

FlashModel::Page& FlashModel::page(std::uint32_t number) {
  std::unique_ptr<Page>& page = pages_[number];
  if (page == nullptr) [[unlikely]] {
    page = std::make_unique<Page>();
    page->fill(kErased);
  }
  return *page;
}

/// Some of the bits that were on their way from one value to the other.
Word FlashModel::scramble(Word from, Word to) {
  switch (torn_) {
    case Torn::kNothing:
      return from;
    case Torn::kHalf:
      return (from & ~kLowHalf) | (to & kLowHalf);
    case Torn::kRandom:
      break;
  }
  random_ += 0x9E37'79B9'7F4A'7C15ULL;
  Word mask = random_;
  mask = (mask ^ (mask >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
  mask = (mask ^ (mask >> 27)) * 0x94D0'49BB'1331'11EBULL;
  mask ^= mask >> 31;
  return (from & ~mask) | (to & mask);
}

bool FlashModel::program(std::uint32_t address, Word value) {
  const Power power = take();
  if (power == Power::kGone) return false;
  if (stuck_[address / kPageWords] != 0) return read(address) == value;
  Word& word = page(address / kPageWords)[address % kPageWords];
  if (word != kErased) ++broken_rules_;
  const Word programmed = word & value;  // a program only ever clears bits
  word = power == Power::kGoes ? scramble(word, programmed) : programmed;
  if (mirror_) mirror_(address, word);
  return power != Power::kGoes && word == value;
}

bool FlashModel::erase(std::uint32_t number) {
  const Power power = take();
  if (power == Power::kGone) return false;
  ++erases_[number];
  if (stuck_[number] != 0) return pages_[number] == nullptr;
  if (pages_[number] == nullptr) return power == Power::kOn;
  for (std::uint32_t i = 0; i < kPageWords; ++i) {
    Word& word = (*pages_[number])[i];
    const Word before = word;
    word = power == Power::kOn ? kErased : scramble(word, kErased);
    if (mirror_ && word != before) mirror_(word_of_page(number) + i, word);
  }
  if (power == Power::kOn) pages_[number].reset();
  return power == Power::kOn;
}

void FlashModel::cut_after(std::int64_t writes, Torn torn, std::uint64_t seed) {
  writes_left_ = writes;
  torn_ = torn;
  random_ = seed;
}

void FlashModel::flip(std::uint32_t address, int bit) {
  Word& word = page(address / kPageWords)[address % kPageWords];
  word ^= Word{1} << bit;
  if (mirror_) mirror_(address, word);
}

std::unique_ptr<FlashModel> FlashModel::clone() const {
  auto copy = std::make_unique<FlashModel>();
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    if (pages_[i] != nullptr) copy->pages_[i] = std::make_unique<Page>(*pages_[i]);
  }
  copy->erases_ = erases_;
  copy->stuck_ = stuck_;
  return copy;
}

}  // namespace theca
