// How far an update is outlives power and a memory that wears out, as the keyring does.
#include "implant/firmware_record.hpp"

#include <gtest/gtest.h>

#include "pump/flash_model.hpp"

namespace theca {
namespace {

FirmwareRecord record(std::uint16_t counter) {
  FirmwareRecord made;
  made.counter = counter;
  return made;
}

/// One page never takes anything, and what stands beside it rots: no older counter comes back.
TEST(FirmwareStore, INV_8_RT_42_a_page_that_sticks_and_one_that_rots_do_not_bring_an_older_counter_back) {
  for (std::uint32_t stuck = 0; stuck < 4; ++stuck) {
    for (std::uint32_t rotten = 0; rotten < 4; ++rotten) {
      for (std::uint16_t count = 3; count <= 5; ++count) {
        FlashModel flash;
        FirmwareStore store{flash};
        for (std::uint16_t i = 1; i <= count; ++i) {
          if (i == 3) flash.stick(kFirmwareRecordPage + stuck);
          ASSERT_TRUE(store.keep(record(i)));
        }
        flash.flip(word_of_page(kFirmwareRecordPage + rotten) + 3, 7);
        FirmwareStore again{flash};
        FirmwareRecord found;
        const auto how = again.load(found);
        EXPECT_TRUE(how == FirmwareStore::Found::kLost || found.counter == count)
            << "stuck " << stuck << ", rotten " << rotten << ": " << found.counter << " of " << count;
      }
    }
  }
}

}  // namespace
}  // namespace theca
