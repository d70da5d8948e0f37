#include "implant/update_rules.hpp"

namespace theca {

Start UpdateRules::what_to_boot(const FirmwareRecord& record, const SlotsSeen& slots) {
  const auto seen = [&](link::Program slot) { return slots[slot == link::Program::kSlotB ? 1 : 0]; };
  Start start{record.runs, record};
  if (record.stage == FirmwareStage::kTrial) {
    const link::Program on_trial = other_slot(record.runs);
    const SlotSeen found = seen(on_trial);
    if (found.whole && found.digest == record.digest && record.boots < kTrialStarts) {
      ++start.record.boots;
      start.program = on_trial;
      return start;
    }
    start.record.stage = FirmwareStage::kReverted;
    start.record.untold = FirmwareStage::kReverted;
    start.record.by = 0;
  }
  if (record.runs != link::Program::kMade && !seen(record.runs).whole) start.program = link::Program::kMade;
  return start;
}

}  // namespace theca
