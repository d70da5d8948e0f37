#pragma once
/// What can go wrong between the pump and the fluid around the cord. The pump does not feel it: its own books
/// and the run's say what was pushed; here is where it went.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "quantity/quantity.hpp"
#include "world/tip_flow.hpp"

namespace theca {

enum class CatheterFaultKind : std::uint8_t {
  kLeak,           // a share goes under the skin
  kDisconnection,  // all of it does
  kMigration,      // the tip lies in the epidural space
  kOcclusion,      // nothing comes out; what is pushed is held back, and comes at once when it opens
};

struct CatheterFault {
  CatheterFaultKind kind = CatheterFaultKind::kLeak;
  Instant from, until;  // until the end of the run when nobody mends it
  double share = 1;     // of a leak
  /// What tube and pump hold back under pressure before a connection gives way and the rest goes under the
  /// skin.
  Volume holds;
};
/// Assumed: 0.5 uL/mmHg of silicone (0.1 to 1) at 500 mmHg. Not verified.
inline constexpr Volume kHeldBack = microlitres(250);

/// Drug that was injected beside the pump at a refill.
struct PocketFill {
  Instant at;
  std::string fluid;  // the scenario's name of it
  Volume volume;
};

/// The same in words, begin and end, in order.
std::vector<PatientEvent> events_of(const std::vector<CatheterFault>& faults,
                                    const std::vector<PocketFill>& pockets, Instant end);

/// A drug's pieces, and what a catheter that is still shut holds of it at the end.
struct Way {
  std::vector<TipPiece> pieces;
  double held_ug = 0;
};

/// All of one drug that went anywhere: what left the catheter through its faults, and what was injected
/// beside the pump.
Way way_of(const RunResult& run, std::size_t drug, const std::vector<CatheterFault>& faults,
           const std::vector<PocketFill>& pockets);

/// The same drug with its way, in a run until `end`; one fault at a time, in the order of their times. What
/// opens as the next fault begins goes the way of that one.
Way through(const std::vector<TipPiece>& pieces, const std::vector<CatheterFault>& faults, Instant end);

}  // namespace theca
