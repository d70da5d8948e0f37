#pragma once
/// The one door past digest and checks: puts a prescription into a pump's memory as rotted bits would
/// (INV-4).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "pump/pump.hpp"

namespace theca {

struct PumpTestAccess {
  /// The running prescription turns into these bits; the pump reads its schedule anew, as after a restart.
  static void rot_running(Pump& pump, const PrescriptionBytes& bytes, Effects& out) {
    pump.prescription_ = decode_unchecked(bytes);
    pump.ending_ = ending_of(pump.prescription_);
    pump.follow_clock();
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
  /// A bit turns in what is set and seldom changes; tells where. Nothing when no field is there, or when its
  /// value is the same.
  static std::optional<std::string> turn_a_bit(Pump& pump, std::size_t byte, int bit) {
    struct Part {
      const char* name;
      void* at;
      std::size_t size;
    };
    const std::array<Part, 8> parts{{{"prescription", &pump.prescription_, sizeof pump.prescription_},
                                     {"ceilings", &pump.ceilings_, sizeof pump.ceilings_},
                                     {"path", &pump.path_, sizeof pump.path_},
                                     {"low level", &pump.low_alarm_, sizeof pump.low_alarm_},
                                     {"safe state", &pump.safe_in_reservoir_, sizeof(SafeState)},
                                     {"safe state at the tip", &pump.safe_at_tip_, sizeof(SafeState)},
                                     {"ending", &pump.ending_, sizeof(Ending)},
                                     {"clock", &pump.clock_offset_, sizeof(ClockOffset)}}};
    const Part& part = parts[byte % parts.size()];
    const std::size_t offset = byte / parts.size() % part.size;
    const Pump before = pump;
    static_cast<std::uint8_t*>(part.at)[offset] ^= static_cast<std::uint8_t>(1U << bit);
    const bool same = before.prescription_ == pump.prescription_ && before.ceilings_ == pump.ceilings_ &&
                      before.path_ == pump.path_ && before.low_alarm_ == pump.low_alarm_ &&
                      before.safe_in_reservoir_ == pump.safe_in_reservoir_ &&
                      before.safe_at_tip_ == pump.safe_at_tip_ && before.ending_ == pump.ending_ &&
                      before.clock_offset_ == pump.clock_offset_;
    if (same) return std::nullopt;
    return std::string(part.name) + ", byte " + std::to_string(offset) + ", bit " + std::to_string(bit);
  }
  static DoseGate& gate(Pump& pump) { return pump.gate_; }
};

}  // namespace theca
