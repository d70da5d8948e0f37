#include "implant/firmware_slots.hpp"

#include <algorithm>

namespace theca {
namespace {

constexpr std::size_t kHeaderBytes = link::kWireBytes<link::SignedFirmware>;
constexpr std::uint32_t kHeaderWords = (kHeaderBytes + sizeof(Word) - 1) / sizeof(Word);
constexpr std::uint32_t kBlockWords = link::kFirmwareBlockBytes / sizeof(Word);

std::uint32_t page_of(link::Program slot) {
  return kFirmwareSlotPage + (slot == link::Program::kSlotB ? kFirmwareSlotPages : 0);
}
std::uint32_t word_of_block(link::Program slot, std::uint32_t index) {
  return word_of_page(page_of(slot) + 1) + index * kBlockWords;
}

template <std::size_t N>
bool program(Nvm& nvm, std::uint32_t at, const std::array<std::uint8_t, N>& bytes) {
  static_assert(N % sizeof(Word) == 0);
  bool ok = true;
  for (std::size_t i = 0; i < N; i += sizeof(Word)) {
    Word word = 0;
    for (std::size_t b = 0; b < sizeof(Word); ++b) word |= Word{bytes[i + b]} << (8 * b);
    ok = nvm.program(at++, word) && ok;
  }
  return ok;
}
template <std::size_t N>
void copy(const Nvm& nvm, std::uint32_t at, std::array<std::uint8_t, N>& out) {
  static_assert(N % sizeof(Word) == 0);
  for (std::size_t i = 0; i < N; i += sizeof(Word)) {
    const Word word = nvm.read(at++);
    for (std::size_t b = 0; b < sizeof(Word); ++b) out[i + b] = static_cast<std::uint8_t>(word >> (8 * b));
  }
}

}  // namespace

std::optional<link::SignedFirmware> FirmwareSlots::header(link::Program slot) const {
  std::array<std::uint8_t, kHeaderWords * sizeof(Word)> bytes{};
  copy(nvm_, word_of_page(page_of(slot)), bytes);
  return link::read<link::SignedFirmware>(std::span{bytes}.first<kHeaderBytes>());
}

bool FirmwareSlots::write_header(link::Program slot, const link::SignedFirmware& firmware) {
  std::array<std::uint8_t, kHeaderWords * sizeof(Word)> bytes{};
  link::write(firmware, std::span{bytes}.first<kHeaderBytes>());
  return nvm_.erase(page_of(slot)) && program(nvm_, word_of_page(page_of(slot)), bytes);
}

bool FirmwareSlots::write_block(link::Program slot, std::uint16_t index, const FirmwareBytes& bytes) {
  const std::uint32_t at = word_of_block(slot, index);
  if (index % kBlocksOfPage == 0 && !nvm_.erase(at / kPageWords)) return false;
  return program(nvm_, at, bytes);
}

Digest FirmwareSlots::image(link::Program slot, std::uint32_t size) const {
  Sha256 sum;
  FirmwareBytes bytes{};
  for (std::uint32_t done = 0; done < size; done += link::kFirmwareBlockBytes) {
    copy(nvm_, word_of_block(slot, done / std::uint32_t{link::kFirmwareBlockBytes}), bytes);
    sum.add(std::span{bytes}.first(std::min<std::size_t>(bytes.size(), size - done)));
  }
  return sum.finish();
}

}  // namespace theca
