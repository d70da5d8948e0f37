#pragma once
/// The dose gate stands between engine and motor and only ever says no. It counts steps, knows no programs,
/// and takes its limits from the pump model and the patient's own record, never from a prescription (INV-4).
///
/// Each window (hour, day, 30 days) is a ring of buckets. A bucket that is partly over counts whole, so the
/// gate may be early by a bucket and is never late. Steps of a train count from the moment it is let through:
/// the committed future is in every sum.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "catalogue/alarm.hpp"
#include "pump/train.hpp"
#include "quantity/exact.hpp"
#include "quantity/quantity.hpp"
#include "therapy/check.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// Steps in a sliding window. `kBuckets` of `kBucketMs` make the window; one more is the partly expired one.
/// `kRing` holds that and the longest train ahead of it, and is a power of two.
template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
class StepWindow {
  static_assert((kRing & (kRing - 1)) == 0 && kRing >= kBuckets + 2 + kLongestTrain.raw() / kBucketMs);

 public:
  void set_ceiling(std::int64_t steps) { ceiling_ = steps; }
  [[nodiscard]] std::int64_t ceiling() const { return ceiling_; }

  /// Steps counted in the window that ends at `now`.
  [[nodiscard]] std::int64_t count_at(Instant now) const { return sum_ending_at(bucket_of(now)); }
  /// How many steps of a train, from its first on, keep every window it crosses at or under the ceiling.
  [[nodiscard]] std::int64_t room_for(const Train& train);
  /// Counts the train's steps where they will fall.
  void book(const Train& train);
  /// Forgets booked steps that fall after `now`: the train was cut.
  void unbook(const Train& train, Instant now);
  /// Counts steps at `now` that nobody booked.
  void add(Instant now, std::int64_t steps);
  /// Counts the past in another fluid's steps: `numerator` new ones for `denominator` old ones, rounded up.
  void rescale(std::int64_t numerator, std::int64_t denominator);

  /// Would every window that reaches from the past up to `now` into the future stay under the ceiling if at
  /// most `worst(d)` steps fall in the next d?
  template <class Worst>
  [[nodiscard]] bool fits(Instant now, Worst&& worst) const {
    const std::int64_t present = bucket_of(now);
    if (sum_ending_at(present) + worst(kBucket * kSpan) <= ceiling_) return true;
    for (std::int64_t ahead = 0; ahead < kSpan; ++ahead) {
      std::int64_t past = 0;
      for (std::int64_t b = std::max<std::int64_t>(0, present + ahead + 1 - kSpan);
           b <= std::min(present, head_); ++b) {
        past += slot(b);
      }
      const Duration future = end_of(present + ahead) - now + milliseconds(1);
      if (past + worst(future) > ceiling_) return false;
    }
    return true;
  }

 private:
  friend struct Image;
  static constexpr Duration kBucket{kBucketMs};
  static constexpr std::int64_t kSpan = kBuckets + 1;  // buckets in a sum
  static constexpr std::int64_t bucket_of(Instant t) { return t.raw() / kBucketMs; }
  static constexpr Instant end_of(std::int64_t bucket) { return Instant{(bucket + 1) * kBucketMs - 1}; }
  [[nodiscard]] std::uint32_t& slot(std::int64_t bucket) {
    return ring_[static_cast<std::size_t>(bucket) % kRing];
  }
  [[nodiscard]] std::uint32_t slot(std::int64_t bucket) const {
    return ring_[static_cast<std::size_t>(bucket) % kRing];
  }
  [[nodiscard]] std::int64_t sum_ending_at(std::int64_t bucket) const;
  void roll_to(std::int64_t bucket);

  /// Steps that a flow makes in a whole bucket; kept, for flows last.
  struct Pace {
    std::int64_t rate = 0, units_per_step = 1;
    std::int64_t steps = 0, rest = 0;  // of kBucketMs
  };
  class Slices;

  Pace pace_;
  std::int64_t ceiling_ = 0;
  std::int64_t head_ = 0;  // newest bucket with a count
  std::int64_t sum_ = 0;   // steps in the kSpan buckets up to head
  std::array<std::uint32_t, kRing> ring_{};
};

using HourWindow = StepWindow<kHourBucket.raw(), 12, 32>;
using DayWindow = StepWindow<kDayBucket.raw(), 48, 64>;
using ThirtyDayWindow = StepWindow<kThirtyDayBucket.raw(), 120, 128>;

enum class TrainPurpose : std::uint8_t { kTherapy = 0, kPrime = 1, kBridge = 2 };

class DoseGate {
 public:
  explicit DoseGate(const PumpModel& model);

  void set_ceilings(const Ceilings& ceilings);
  /// The same in whole steps.
  [[nodiscard]] Ceilings ceilings() const {
    return {step_ * hour_.ceiling(), step_ * day_.ceiling(), step_ * thirty_days_.ceiling()};
  }
  /// The reservoir's fluid changed: `numerator` steps of the new one carry what `denominator` of the old did.
  void rescale_past(std::int64_t numerator, std::int64_t denominator);
  /// Would the ceilings hold for what was given and a therapy that gives at most `worst(d)` volume in any
  /// time d?
  template <class Worst>
  [[nodiscard]] bool fits_after_past(Instant now, Worst&& worst) const {
    const auto steps = [&](Duration d) { return divide_up(worst(d).raw(), step_.raw()); };
    return hour_.fits(now, steps) && day_.fits(now, steps) && thirty_days_.fits(now, steps);
  }
  /// A single-use allowance; steps given under it do not count against the patient's ceilings. Used up by
  /// steps. A second one replaces what is left of the first.
  void allow(TrainPurpose purpose, std::int64_t steps);
  [[nodiscard]] std::int64_t allowance_left(TrainPurpose purpose) const;

  struct Verdict {
    std::int64_t allowed;        // steps of the train, from its first on
    std::optional<Alarm> limit;  // which limit cut it
  };
  /// Lets through all, part or nothing of a train, and counts what it lets through.
  Verdict admit(const Train& train, TrainPurpose purpose);
  /// The running train ends at `now`; steps it has not made are no longer counted.
  void cut(Instant now);

  /// The counts go on; what fell when is forgotten, and with it whose it was.
  void forget_past();
  /// Counts on from here: the count is known, what fell when is not.
  void count_on(std::int64_t made) { passed_before_ = made; }
  /// Steps of the running train that the sensor counted by `reported`, as far as the train goes.
  [[nodiscard]] std::int64_t made_of_train(std::int64_t reported) const;
  /// Power was gone and the sensor's count with it: all of the running train counts as made (INV-8). Returns
  /// what the sensor counts on from.
  std::int64_t settle_unknown();

  enum class Finding : std::uint8_t { kAgrees, kMore, kFewer };
  /// Holds the actuator's report against what was let through. A report that is fewer becomes the new
  /// baseline when `forgive` is called; one that is more is counted in every window and stays a finding.
  Finding observe(MotorReading reading);
  /// Accepts the steps that never came as given: they stay counted everywhere (INV-8).
  void forgive();
  /// Steps let through that have fallen by `now`.
  [[nodiscard]] std::int64_t expected_by(Instant now) const {
    return passed_before_ + (running_ ? train_.made_by(now) : 0);
  }
  /// Reported minus expected at the last observation, and its largest size ever.
  [[nodiscard]] std::int64_t deviation() const { return deviation_; }
  [[nodiscard]] std::int64_t largest_deviation() const { return largest_deviation_; }

  /// Would a bolus of `steps` that ends at `end` stay under every ceiling together with what will be counted
  /// then?
  [[nodiscard]] bool bolus_fits(Instant end, std::int64_t steps) const;

 private:
  friend struct Image;
  [[nodiscard]] std::int64_t& allowance(TrainPurpose purpose) {
    return allowances_[static_cast<std::size_t>(purpose)];
  }

  Volume step_;
  FlowRate max_flow_;        // the actuator's own ceiling, a constant of the pump model
  std::int64_t most_steps_;  // that it makes in the longest train
  HourWindow hour_;
  DayWindow day_;
  ThirtyDayWindow thirty_days_;
  std::array<std::int64_t, 3> allowances_{};

  bool running_ = false;
  Train train_;
  TrainPurpose train_purpose_ = TrainPurpose::kTherapy;
  std::int64_t passed_before_ = 0;    // let through by trains that are over
  std::int64_t reported_offset_ = 0;  // reported minus let through, forgiven
  std::int64_t deviation_ = 0;
  std::int64_t largest_deviation_ = 0;
  std::int64_t counted_more_ = 0;
};

}  // namespace theca
