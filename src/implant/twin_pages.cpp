#include "implant/twin_pages.hpp"

#include "pump/checksum.hpp"

namespace theca {
namespace {

constexpr std::uint32_t kMark = 0x4B45'5953;
constexpr std::uint32_t kLastWord = kPageWords - 1;

std::uint32_t words_for(std::size_t bytes) { return static_cast<std::uint32_t>((bytes + 7) / 8); }

/// The word that makes a page count: its generation, and the sum over all before it and the generation.
Word commit_word(std::uint32_t generation, Crc32c sum) {
  sum.add(generation);
  return Word{generation} | Word{sum.value()} << 32;
}

}  // namespace

TwinPages::Page TwinPages::look(std::uint32_t page) const {
  const std::uint32_t at = word_of_page(page);
  const Word last = nvm_.read(at + kLastWord);
  if (last == kErased) return {};
  Page found{.written = true, .generation = static_cast<std::uint32_t>(last)};
  const Word head = nvm_.read(at);
  const std::size_t size = static_cast<std::size_t>(head >> 32);
  if (static_cast<std::uint32_t>(head) != kMark || size > kMostBytes) return found;
  Crc32c sum;
  for (std::uint32_t i = 0; i <= words_for(size); ++i) sum.add(nvm_.read(at + i));
  found.whole = commit_word(found.generation, sum) == last;
  found.size = size;
  return found;
}

void TwinPages::copy(std::uint32_t page, std::size_t size, std::span<std::uint8_t> out) const {
  for (std::size_t i = 0; i < size; ++i) {
    const Word word = nvm_.read(word_of_page(page) + 1 + static_cast<std::uint32_t>(i / 8));
    out[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
  }
}

TwinPages::Found TwinPages::read(std::uint32_t place, std::span<std::uint8_t> out) const {
  const Page a = look(page_of(place, 0)), b = look(page_of(place, 1));
  Found found{.spoilt = a.written && b.written && !a.whole && !b.whole};
  if (!a.whole && !b.whole) return found;
  const bool first = a.whole && (!b.whole || a.generation >= b.generation);
  const Page& page = first ? a : b;
  copy(page_of(place, first ? 0 : 1), page.size, out);
  found.whole = true;
  found.both = a.whole && b.whole && a.generation == b.generation;
  found.generation = page.generation;
  found.size = page.size;
  return found;
}

int TwinPages::write(std::uint32_t place, std::uint32_t generation, std::span<const std::uint8_t> bytes) {
  // The page that a power cut has left torn comes first: until it is whole again the other one stays.
  const Page a = look(page_of(place, 0)), b = look(page_of(place, 1));
  const std::uint32_t torn = a.whole && (!b.whole || b.generation < a.generation) ? 1 : 0;
  int stand = 0;
  for (std::uint32_t i = 0; i < kPagesOfPlace; ++i) {
    const std::uint32_t page = page_of(place, torn ^ i), at = word_of_page(page);
    if (!nvm_.erase(page)) continue;
    Crc32c sum;
    bool ok = true;
    const auto put = [&](std::uint32_t address, Word word) {
      sum.add(word);
      ok = nvm_.program(address, word) && ok;
    };
    put(at, Word{kMark} | Word{bytes.size()} << 32);
    for (std::uint32_t w = 0; w < words_for(bytes.size()); ++w) {
      Word word = 0;
      for (std::size_t at_byte = 0; at_byte < 8 && w * 8 + at_byte < bytes.size(); ++at_byte)
        word |= Word{bytes[w * 8 + at_byte]} << (8 * at_byte);
      put(at + 1 + w, word);
    }
    ok = ok && nvm_.program(at + kLastWord, commit_word(generation, sum));
    stand += ok ? 1 : 0;
  }
  return stand;
}

bool TwinPages::erase(std::uint32_t place) {
  bool ok = true;
  for (std::uint32_t which = 0; which < kPagesOfPlace; ++which) ok = nvm_.erase(page_of(place, which)) && ok;
  return ok;
}

}  // namespace theca
