#pragma once
/// The delivery engine turns flows into step trains. It adds up what basal and at most one bolus prescribe,
/// to the unit, and is always behind that sum by less than one step, never ahead (INV-1, INV-3).

#include <optional>

#include "pump/train.hpp"
#include "quantity/exact.hpp"
#include "therapy/prescription.hpp"

namespace theca {

class Engine {
 public:
  explicit Engine(Volume step) : units_per_step_(step.raw() * Amount::kUnitsPerNanolitre) {}

  /// Brings the sum to `now`; steps of the running train that fell due count as commanded.
  void advance(Instant now);

  void set_basal(FlowRate rate) { basal_ = rate; }
  [[nodiscard]] FlowRate basal() const { return basal_; }

  /// The whole of `dose` comes due from now at its own flow, on top of basal.
  void start_bolus(const BolusDose& dose);
  [[nodiscard]] bool bolus_running() const { return bolus_left_ > 0; }
  /// Drops what is left of the bolus; returns it, rounded up to the nanolitre.
  Volume drop_bolus();
  /// When the whole of the running bolus has come due; kNever without one.
  [[nodiscard]] Instant bolus_end() const;
  /// Of the running bolus, rounded up.
  [[nodiscard]] Volume bolus_left() const;

  /// The next train from `now`, with steps falling no later than `until` and at most `most` of them.
  /// Nothing when no step falls in that time.
  [[nodiscard]] std::optional<Train> plan(Instant until, std::int64_t most) const;

  /// From now on this train runs.
  void run(const Train& train);
  /// From now on nothing runs. What was earned towards the next step stays earned, unless `forget`.
  /// Counts time again from now on.
  void resume() { halted_ = false; }
  void halt(bool forget);
  /// Power was gone: of the running train `made` steps were made, or count as made. Nothing runs from now on.
  void settle(std::int64_t made);
  /// Counts time and steps on from here: the count is known, nothing else is.
  void count_on(Instant now, std::int64_t commanded) {
    now_ = now;
    commanded_ = commanded;
  }
  /// The train that runs, if one does.
  [[nodiscard]] const Train* running() const { return running_ ? &train_ : nullptr; }

  [[nodiscard]] std::int64_t commanded() const { return commanded_; }
  /// Steps that came due while no train ran for them. They are never made up for.
  [[nodiscard]] std::int64_t missed() const { return missed_; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] FlowRate flow() const { return bolus_running() ? basal_ + bolus_rate_ : basal_; }
  [[nodiscard]] bool halted() const { return halted_; }

 private:
  friend struct Image;
  [[nodiscard]] std::int64_t due_within(Duration time) const;

  std::int64_t units_per_step_;
  Instant now_;
  std::int64_t earned_ = 0;  // units prescribed and not yet commanded: less than a step
  std::int64_t missed_ = 0;
  std::int64_t commanded_ = 0;  // steps since manufacture
  std::int64_t train_made_ = 0;
  FlowRate basal_;
  std::int64_t bolus_left_ = 0;  // units
  FlowRate bolus_rate_;
  bool running_ = false;
  bool halted_ = true;
  Train train_;
};

}  // namespace theca
