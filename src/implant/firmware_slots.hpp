#pragma once
/// Two places for programs. A slot's first page holds the signed header, the image stands behind it as it
/// will run. Whether any of it is right, others judge.

#include <array>
#include <cstdint>
#include <optional>

#include "link/firmware.hpp"
#include "pump/nvm.hpp"
#include "pump/sha256.hpp"

namespace theca {

using FirmwareBytes = std::array<std::uint8_t, link::kFirmwareBlockBytes>;

/// The slot that does not hold the program which runs.
constexpr link::Program other_slot(link::Program runs) {
  return runs == link::Program::kSlotA ? link::Program::kSlotB : link::Program::kSlotA;
}

class FirmwareSlots {
 public:
  static constexpr std::uint16_t kBlocksOfPage = kPageWords * sizeof(Word) / link::kFirmwareBlockBytes;

  explicit FirmwareSlots(Nvm& nvm) : nvm_(nvm) {}

  // `slot` is A or B.
  [[nodiscard]] std::optional<link::SignedFirmware> header(link::Program slot) const;
  bool write_header(link::Program slot, const link::SignedFirmware& firmware);
  /// In their order: the first block of a page erases it.
  bool write_block(link::Program slot, std::uint16_t index, const FirmwareBytes& bytes);
  /// SHA-256 of the first `size` bytes, at most link::kMostFirmwareBytes.
  [[nodiscard]] Digest image(link::Program slot, std::uint32_t size) const;

 private:
  Nvm& nvm_;
};
static_assert(link::kMostFirmwareBytes == (kFirmwareSlotPages - 1) * kPageWords * sizeof(Word));

}  // namespace theca
