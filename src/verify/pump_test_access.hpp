#pragma once
/// The one door past digest and checks: puts a prescription into a pump's memory as rotted bits would
/// (INV-4).

#include "pump/pump.hpp"

namespace theca {

struct PumpTestAccess {
  /// The running prescription turns into these bits; the pump reads its schedule anew, as after a restart.
  static void rot_running(Pump& pump, const PrescriptionBytes& bytes, Effects& out) {
    pump.prescription_ = decode_unchecked(bytes);
    pump.clock_ = WallClock{pump.clock_offset_, pump.prescription_.zone};
    pump.expiry_ = expiry_of(pump.prescription_, pump.clock_offset_);
    pump.due_ = next_scheduled_bolus(pump.prescription_.schedule, pump.clock_, pump.now(), kNoBolusYet);
    pump.started_ = pump.now();
    pump.decide(out);
  }
  /// A prescription that waits for its start turns into these bits, and starts.
  static void rot_waiting(Pump& pump, const PrescriptionBytes& bytes, Effects& out) {
    pump.next_ = decode_unchecked(bytes);
    pump.next_starts_ = pump.now();
    pump.decide(out);
  }
  static DoseGate& gate(Pump& pump) { return pump.gate_; }
};

}  // namespace theca
