#pragma once
/// Holds what a device does against what the house promises, after every call of the pump: from what was told
/// and what the motor really made, without asking the pump how it came to it. docs/promises.md

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "catalogue/alarm.hpp"
#include "catalogue/fault.hpp"
#include "catalogue/refusal.hpp"
#include "therapy/modes.hpp"
#include "world/device.hpp"
#include "world/link_watch.hpp"
#include "world/scenario.hpp"

namespace theca {

/// How often each thing was met in the lives that were watched.
struct Tally {
  std::array<std::int64_t, kAlarmCount> alarms{};
  std::array<std::array<std::int64_t, kDrugClassCount>, kFaultCount> cells{};  // fault table
  std::array<std::int64_t, kRefusalCount> refusals{};
  std::array<std::int64_t, kModeCount> modes{};
  std::array<std::int64_t, kEventCodeCount> events{};
  std::int64_t calls = 0;
  LinkTally link;
  void add(const Tally& other);
};

class PromiseWatch {
 public:
  explicit PromiseWatch(const Scenario& scenario);

  /// After every call. The first promise that is broken, with its id.
  std::optional<std::string> look(const Device& device, const Effects& effects);
  /// The link has said no before the pump was asked.
  void refused(Refusal refusal) { ++tally_.refusals[static_cast<std::size_t>(refusal)]; }
  /// When all is over.
  std::optional<std::string> finish(const Device& device);

  [[nodiscard]] Tally tally() const {
    Tally all = tally_;
    all.link = link_.tally;
    return all;
  }
  /// What it holds of the link.
  [[nodiscard]] LinkWatch& link() { return link_; }

  /// A broken twin: what the watch sees is not what the device did.
  struct Lie {
    std::int64_t more_steps = 0;           // made, beyond what the motor made
    std::int64_t more_once_explanted = 0;  // the same, after an explantation
    std::int64_t loses_one_in = 0;         // so many steps; 0: none is lost
    std::int64_t missed_times = 1;         // what is told as missed
    std::int64_t ceilings_divided_by = 1;  // the gate's
    AlarmSet hidden{};                     // alarms that stand and are not seen
    AlarmSet shown{};                      // that are seen and do not stand
    bool silent_safe_state = false;        // in the safe state no alarm is seen
    bool forgets_lockout = false;          // a second grant for each
    std::int64_t counter_back = 0;         // steps commanded are told lower by this
    LinkWatch::Lie link{};
  };
  void lie(const Lie& lie) {
    lie_ = lie;
    link_.lie(lie.link);
  }

 private:
  std::optional<std::string> follow(const Event& event, const Device& device, const Status& status);
  void count(Fault fault, const Pump& pump);
  [[nodiscard]] std::int64_t made_by(const Device& device) const;
  [[nodiscard]] Status seen(const Device& device) const;
  void prescribe_until(Instant now);
  std::optional<std::string> never_more(const Device& device, std::int64_t made);
  std::optional<std::string> never_silently_less(const Device& device, const Status& status,
                                                 std::int64_t made);
  std::optional<std::string> counters(const Device& device, const Status& status);
  void forget_windows(const Device& device);
  std::optional<std::string> windows(const Device& device, std::int64_t made);

  PumpModel model_;
  bool honest_ = true;  // the device keeps to its label and people to the truth
  bool sound_memory_ = true;
  LinkWatch link_;
  Lie lie_;
  Tally tally_;

  // what was prescribed, in the pump's own time
  Prescription running_;  // without boluses: those are told one by one
  ClockOffset clock_;
  Instant started_, now_;
  bool stopped_ = true;
  enum class Phase : std::uint8_t { kTherapy, kPrime, kBridge } phase_ = Phase::kTherapy;
  std::optional<BolusDose> bolus_;
  Instant bolus_began_;
  std::optional<FlowRate> lowered_;  // break-glass: no more than this
  std::int64_t ends_by_clock_ = 0;   // when, by a clock that is lost and was not set since; UTC s
  Amount prescribed_;

  Volume smallest_ahead_;  // made less prescribed, at its lowest so far
  Volume behind_;          // prescribed less made, when it was last allowed to be
  Volume told_;            // of what is missing, since then
  bool quiet_ = false;     // no alarm stood after the last call, and the pump ran
  Instant pause_until_;
  bool time_is_lost_ = false;  // with the records; windows begin anew

  std::vector<Instant> grants_;
  std::int64_t wild_ = 0;
  std::int64_t commanded_ = 0;
  std::uint32_t entries_ = 0;
  bool explanted_ = false;
  bool beyond_telling_ = false;  // nothing is left that could say what the pump should do
  std::int64_t explanted_at_steps_ = 0;
  struct Batch {
    Instant from, to;
    std::int64_t steps;
  };
  std::deque<Batch> batches_;
  std::int64_t batched_ = 0;
  Instant batched_at_;
  std::int64_t uncounted_ = 0;  // steps of primes and bridges, and those that fell while time stood still
};

}  // namespace theca
