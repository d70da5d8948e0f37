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
  if (power == Power::kGoes) {
    word = scramble(word, programmed);
    return false;
  }
  word = programmed;
  return word == value;
}

bool FlashModel::erase(std::uint32_t number) {
  const Power power = take();
  if (power == Power::kGone) return false;
  ++erases_[number];
  if (stuck_[number] != 0) return pages_[number] == nullptr;
  if (power == Power::kOn) {
    pages_[number].reset();
    return true;
  }
  if (pages_[number] == nullptr || torn_ == Torn::kNothing) return false;
  for (Word& word : *pages_[number]) word = scramble(word, kErased);
  return false;
}

void FlashModel::cut_after(std::int64_t writes, Torn torn, std::uint64_t seed) {
  writes_left_ = writes;
  torn_ = torn;
  random_ = seed;
}

void FlashModel::flip(std::uint32_t address, int bit) {
  page(address / kPageWords)[address % kPageWords] ^= Word{1} << bit;
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
