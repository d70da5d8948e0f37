// What a slot's memory does not take is told: of a header and of a block, whichever word it is.
#include "implant/firmware_slots.hpp"

#include <gtest/gtest.h>

#include "implant/bad_word_testing.hpp"

namespace theca {
namespace {

using link::Program;

TEST(FirmwareSlots, RT_24_a_word_that_takes_nothing_is_told) {
  constexpr std::uint32_t kHeaderWords = (link::kWireBytes<link::SignedFirmware> + 7) / 8;
  constexpr std::uint32_t kBlockWords = link::kFirmwareBlockBytes / 8;
  FirmwareBytes bytes{};
  for (const Program slot : {Program::kSlotA, Program::kSlotB}) {
    const std::uint32_t page = kFirmwareSlotPage + (slot == Program::kSlotB ? kFirmwareSlotPages : 0);
    for (std::uint32_t word = 0; word < kHeaderWords; ++word) {
      FlashModel flash;
      example::BadWord bad{flash, word_of_page(page) + word};
      EXPECT_FALSE(FirmwareSlots{bad}.write_header(slot, {})) << word;
    }
    for (const std::uint16_t index : {std::uint16_t{0}, std::uint16_t{1}, FirmwareSlots::kBlocksOfPage}) {
      for (std::uint32_t word = 0; word < kBlockWords; ++word) {
        FlashModel flash;
        example::BadWord bad{flash, word_of_page(page + 1) + index * kBlockWords + word};
        EXPECT_FALSE(FirmwareSlots{bad}.write_block(slot, index, bytes)) << index << ' ' << word;
        FlashModel whole;
        EXPECT_TRUE(FirmwareSlots{whole}.write_block(slot, index, bytes));
      }
    }
  }
}

/// What stood there stands there still, and may even be the same.
TEST(FirmwareSlots, RT_24_a_page_that_cannot_be_erased_is_told) {
  const FirmwareBytes bytes{};
  FlashModel flash;
  FirmwareSlots slots{flash};
  ASSERT_TRUE(slots.write_block(Program::kSlotA, 0, bytes));
  ASSERT_TRUE(slots.write_header(Program::kSlotA, {}));
  for (const std::uint32_t page : {0U, 1U}) flash.stick(kFirmwareSlotPage + page);
  EXPECT_FALSE(slots.write_block(Program::kSlotA, 0, bytes));
  EXPECT_FALSE(slots.write_header(Program::kSlotA, {}));
}

}  // namespace
}  // namespace theca
