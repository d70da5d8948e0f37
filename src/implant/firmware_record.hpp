#pragma once
/// How far an update of the firmware is, and which program has stood its trial. It outlives power; all old or
/// all new (INV-6).

#include <cstdint>

#include "catalogue/detail.hpp"
#include "implant/twin_record.hpp"
#include "link/firmware.hpp"

namespace theca {

struct FirmwareRecord {
  FirmwareStage stage = FirmwareStage::kNone;
  link::Program runs = link::Program::kMade;  // confirmed
  // Security counter that was reached, and by which image: neither goes back (INV-8).
  std::uint16_t counter = 0;
  link::Hash image{};
  link::Hash digest{};       // of the header that was authorised last
  Instant authorised_at;     // powered time
  std::uint16_t blocks = 0;  // that stand in the other slot: whole pages, or all
  std::uint8_t boots = 0;    // of the program on trial
  // The therapy when the trial began.
  std::uint32_t prescription = 0;
  link::Hash therapy{};
  // What the journal was not told yet; kNone: nothing. Whose doing it is: 0, the implant's own.
  FirmwareStage untold = FirmwareStage::kNone;
  std::uint32_t by = 0;

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("stage", "", m.stage, FirmwareStage::kReverted);
    io.upto("runs", "", m.runs, link::Program::kSlotB);
    io.number("counter", "", m.counter);
    io.bytes("image", "", m.image);
    io.bytes("digest", "", m.digest);
    io.number("authorised_at", "", m.authorised_at);
    io.upto("blocks", "", m.blocks, link::kMostFirmwareBlocks);
    io.number("boots", "", m.boots);
    io.number("prescription", "", m.prescription);
    io.bytes("therapy", "", m.therapy);
    io.upto("untold", "", m.untold, FirmwareStage::kReverted);
    io.number("by", "", m.by);
  }
  friend bool operator==(const FirmwareRecord&, const FirmwareRecord&) = default;
};

/// Of a record that is lost what stands of an older one tells only which program ran.
class FirmwareStore : public TwinRecord<FirmwareRecord, kFirmwareRecordPage> {
 public:
  using TwinRecord::TwinRecord;

  Found load(FirmwareRecord& out) {
    const Found found = TwinRecord::load(out);
    if (found == Found::kLost) out.stage = FirmwareStage::kNone;
    return found;
  }
};

}  // namespace theca
