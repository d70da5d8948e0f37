#pragma once
/// What stands before every program, in memory that nothing writes: looks at both slots, decides which
/// program starts, and counts the start of one on trial before it runs.

#include "implant/update_rules.hpp"

namespace theca {

/// Verified where it stands and where it will run: nothing is copied between the look and the start.
template <link::Crypto C, class Rules = UpdateRules>
SlotSeen look_at(const FirmwareSlots& slots, link::Program slot, const link::Vendor& vendor) {
  const auto firmware = slots.header(slot);
  if (!firmware || firmware->header.device_class != vendor.device_class) return {};
  const bool whole = Rules::template signed_by_vendor<C>(vendor, *firmware) &&
                     slots.image(slot, firmware->header.size) == firmware->header.image;
  return {whole, link::digest_of<C>(firmware->header)};
}

/// The program to start. A trial that cannot be counted is none.
template <link::Crypto C, class Rules = UpdateRules>
link::Program boot_stage(Nvm& nvm, const link::Vendor& vendor) {
  FirmwareStore store{nvm};
  FirmwareRecord record;
  (void)store.load(record);
  const FirmwareSlots slots{nvm};
  const SlotsSeen seen{look_at<C, Rules>(slots, link::Program::kSlotA, vendor),
                       look_at<C, Rules>(slots, link::Program::kSlotB, vendor)};
  const Start start = Rules::what_to_boot(record, seen);
  if (start.record == record || store.keep(start.record)) return start.program;
  record.stage = FirmwareStage::kNone;
  return Rules::what_to_boot(record, seen).program;
}

}  // namespace theca
