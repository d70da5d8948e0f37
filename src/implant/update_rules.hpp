#pragma once
/// What an update of the firmware hangs on, as pure functions: whose signature, which counter, how long,
/// which program starts. Boot stage and implant ask the same ones.

#include <array>
#include <cstddef>
#include <cstdint>

#include "implant/firmware_record.hpp"
#include "implant/firmware_slots.hpp"

namespace theca {

/// A physician's word for a firmware holds so long, in powered time: time to bring all of it, with breaks.
inline constexpr Duration kAuthorisationLasts = hours(1);
/// A program on trial gets so many starts, and so long in each, for its self-test.
inline constexpr std::uint8_t kTrialStarts = 3;
inline constexpr Duration kTrialLasts = minutes(10);
/// From the order to restart until delivery goes on, at most: two signatures and 252 KiB to hash, for two
/// slots. An assumption for the board (64 MHz); no test of the host measures it.
inline constexpr Duration kLongestRestart = seconds(5);

/// What a look at a slot has found.
struct SlotSeen {
  bool whole = false;   // header, both signatures and every byte of the image are right
  link::Hash digest{};  // of its header
};
using SlotsSeen = std::array<SlotSeen, kFirmwareSlots>;

struct Start {
  link::Program program = link::Program::kMade;
  FirmwareRecord record;  // to be kept before the program starts
};

struct UpdateRules {
  /// Two different ones of the vendor's keys.
  template <link::Crypto C>
  static bool signed_by_vendor(const link::Vendor& vendor, const link::SignedFirmware& firmware) {
    return link::two_have_signed<C>(vendor, link::digest_of<C>(firmware.header), firmware.signatures);
  }
  /// Powered time that has gone back was lost: then it is over.
  static bool authorised(const FirmwareRecord& record, const link::Hash& digest, Instant now) {
    const bool at_work = record.stage >= FirmwareStage::kAuthorised && record.stage <= FirmwareStage::kTrial;
    return at_work && digest == record.digest && now >= record.authorised_at &&
           now - record.authorised_at <= kAuthorisationLasts;
  }
  static bool takes_blocks(FirmwareStage stage) { return stage == FirmwareStage::kReceiving; }
  /// Never below, and one counter is one image.
  static bool takes_counter(const FirmwareRecord& record, const link::FirmwareHeader& header) {
    return header.counter > record.counter ||
           (header.counter == record.counter && header.image == record.image);
  }
  static void confirm(FirmwareRecord& record, const link::FirmwareHeader& header) {
    record.stage = FirmwareStage::kConfirmed;
    record.runs = other_slot(record.runs);
    record.counter = header.counter;
    record.image = header.image;
  }
  /// Which program starts. Never one that is not whole: the one that the implant was made with is.
  static Start what_to_boot(const FirmwareRecord& record, const SlotsSeen& slots);
};

}  // namespace theca
