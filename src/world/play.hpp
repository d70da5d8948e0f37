#pragma once
/// Plays a scenario: people act, the pump delivers, everything is written down.

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plan/library.hpp"
#include "world/run_result.hpp"
#include "world/scenario.hpp"

namespace theca {

/// Told now and then how far the run is, 0 to 1.
using Progress = std::function<void(double)>;

/// Why a scenario could not be played. `refused`: by a check of the pump or the library, not by its spelling.
struct PlayFailure {
  bool refused = false;
  std::vector<DataError> errors;
};

/// A pump that is worse than this one, put in its place to show what a guard is worth.
enum class WorsePump : std::uint8_t {
  kNone,
  /// Telemetry that opens while an alarm stands holds the motor, until the next visit. Source: S16
  kTelemetryHoldsMotor,
  /// While an alarm of the memory stands no command is taken. Source: S101
  kMemoryErrorBlocksCommands,
};

struct PlayOptions {
  bool hold_against_library = true;  // orders against the drug library, a recorded tubing against the pump's
  WorsePump worse = WorsePump::kNone;
};

class PromiseWatch;
struct AttackKinds;

/// A life that is watched: an order that cannot be made into numbers is left out, and the run ends with the
/// first promise that is broken. Others are on the air, unless `attack` is null.
struct WatchedRun {
  std::optional<std::string> violation;
  Duration until;  // the run's time when it ended
  std::int64_t steps = 0;
  std::uint64_t motor = 0;  // digest of every order to the motor and of its moment
};
std::expected<WatchedRun, PlayFailure> play_watched(const Scenario& scenario, const Library& library,
                                                    PromiseWatch& watch, const AttackKinds* attack);

std::expected<RunResult, PlayFailure> play(const Scenario& scenario, const Library& library,
                                           const Progress& progress = {}, const PlayOptions& options = {});

}  // namespace theca
