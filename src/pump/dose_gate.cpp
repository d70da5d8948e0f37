#include "pump/dose_gate.hpp"

#include <algorithm>

namespace theca {

/// Steps of a train, counted boundary by boundary of equal buckets with one division.
template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
class StepWindow<kBucketMs, kBuckets, kRing>::Slices {
 public:
  Slices(const Train& train, Instant first_boundary, Pace& pace)
      : pace_(pace), count_(train.count), per_step_(train.units_per_step) {
    if (pace.rate != train.rate || pace.units_per_step != train.units_per_step) {
      const std::int64_t units = train.rate * kBucketMs;
      pace = {train.rate, train.units_per_step, units / per_step_, units % per_step_};
    }
    const std::int64_t first_units = train.phase + train.rate * (first_boundary - train.start).raw();
    made_ = first_units / per_step_;
    rest_ = first_units % per_step_;
  }
  /// Steps made by the present boundary.
  [[nodiscard]] std::int64_t made() const { return std::min(made_, count_); }
  void next() {
    made_ += pace_.steps;
    rest_ += pace_.rest;
    if (rest_ >= per_step_) {
      rest_ -= per_step_;
      ++made_;
    }
  }

 private:
  const Pace& pace_;
  std::int64_t count_, per_step_;
  std::int64_t made_, rest_;
};

template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
std::int64_t StepWindow<kBucketMs, kBuckets, kRing>::sum_ending_at(std::int64_t bucket) const {
  std::int64_t sum = 0;
  for (std::int64_t b = std::max<std::int64_t>(0, bucket - kSpan + 1); b <= std::min(bucket, head_); ++b)
    sum += slot(b);
  return sum;
}

template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
void StepWindow<kBucketMs, kBuckets, kRing>::roll_to(std::int64_t bucket) {
  if (bucket - head_ >= static_cast<std::int64_t>(kRing)) {
    ring_.fill(0);
    head_ = bucket;
    sum_ = 0;
    return;
  }
  while (head_ < bucket) {
    ++head_;
    sum_ -= slot(head_ - kSpan);  // before the first window is full that slot is zero
    slot(head_) = 0;
  }
}

template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
std::int64_t StepWindow<kBucketMs, kBuckets, kRing>::room_for(const Train& train) {
  std::int64_t bucket = bucket_of(train.start);
  roll_to(bucket);
  std::int64_t sum = sum_;
  if (sum + train.count <= ceiling_) return train.count;  // no window it crosses can hold more than this
  Slices slices{train, end_of(bucket), pace_};
  std::int64_t made = 0;
  for (;;) {
    const std::int64_t slice = slices.made() - made;
    if (sum + slice > ceiling_) return made + std::max<std::int64_t>(0, ceiling_ - sum);
    made += slice;
    sum += slice;
    if (made == train.count) return made;
    slices.next();
    ++bucket;
    sum -= slot(bucket - kSpan);  // counted before this train: a window is longer than a train
  }
}

template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
void StepWindow<kBucketMs, kBuckets, kRing>::book(const Train& train) {
  std::int64_t bucket = bucket_of(train.start);
  roll_to(bucket);
  if (train.all_by(end_of(bucket))) {
    slot(bucket) += static_cast<std::uint32_t>(train.count);
    sum_ += train.count;
    return;
  }
  Slices slices{train, end_of(bucket), pace_};
  std::int64_t made = slices.made();
  slot(bucket) += static_cast<std::uint32_t>(made);
  std::int64_t sum = sum_ + made;
  while (made < train.count) {
    ++bucket;
    slices.next();
    const std::int64_t slice = slices.made() - made;
    sum += slice - slot(bucket - kSpan);  // before the first window is full that slot is zero
    slot(bucket) = static_cast<std::uint32_t>(slice);
    made += slice;
  }
  head_ = bucket;
  sum_ = sum;
}

template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
void StepWindow<kBucketMs, kBuckets, kRing>::unbook(const Train& train, Instant now) {
  const std::int64_t present = bucket_of(now);
  std::int64_t kept = train.made_by(now);
  for (std::int64_t bucket = present; bucket <= head_; ++bucket) {
    const std::int64_t by_end = train.made_by(end_of(bucket));
    slot(bucket) -= static_cast<std::uint32_t>(by_end - kept);
    kept = by_end;
  }
  head_ = std::min(head_, present);
  sum_ = sum_ending_at(head_);
}

template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
void StepWindow<kBucketMs, kBuckets, kRing>::add(Instant now, std::int64_t steps) {
  const std::int64_t bucket = bucket_of(now);
  if (bucket > head_) roll_to(bucket);
  slot(bucket) += static_cast<std::uint32_t>(steps);
  sum_ = sum_ending_at(head_);
}

template <std::int64_t kBucketMs, std::size_t kBuckets, std::size_t kRing>
void StepWindow<kBucketMs, kBuckets, kRing>::rescale(std::int64_t numerator, std::int64_t denominator) {
  for (std::uint32_t& count : ring_) {
    const auto scaled = multiply_divide(count, numerator, denominator, Round::kUp);
    count = scaled && *scaled < UINT32_MAX ? static_cast<std::uint32_t>(*scaled) : UINT32_MAX;
  }
  sum_ = sum_ending_at(head_);
}

DoseGate::DoseGate(const PumpModel& model)
    : step_(model.step),
      max_flow_(model.max_flow),
      most_steps_(
          model.max_flow.raw() * kLongestTrain.raw() / (model.step.raw() * Amount::kUnitsPerNanolitre) + 1) {}

void DoseGate::set_ceilings(const Ceilings& ceilings) {
  hour_.set_ceiling(whole_steps(ceilings.hour, step_));
  day_.set_ceiling(whole_steps(ceilings.day, step_));
  thirty_days_.set_ceiling(whole_steps(ceilings.thirty_days, step_));
}

void DoseGate::rescale_past(std::int64_t numerator, std::int64_t denominator) {
  hour_.rescale(numerator, denominator);
  day_.rescale(numerator, denominator);
  thirty_days_.rescale(numerator, denominator);
}

void DoseGate::allow(TrainPurpose purpose, std::int64_t steps) { allowance(purpose) = steps; }

std::int64_t DoseGate::allowance_left(TrainPurpose purpose) const {
  return allowances_[static_cast<std::size_t>(purpose)];
}

DoseGate::Verdict DoseGate::admit(const Train& train, TrainPurpose purpose) {
  cut(train.start);
  const bool plausible = train.count > 0 && train.rate > 0 && train.rate <= max_flow_.raw() &&
                         train.units_per_step == step_.raw() * Amount::kUnitsPerNanolitre &&
                         train.phase >= 0 && train.phase < train.units_per_step &&
                         train.count <= most_steps_ && train.all_by(train.start + kLongestTrain);
  if (!plausible) return {0, Alarm::kActuatorCeiling};

  Verdict verdict{train.count, std::nullopt};
  const auto limit = [&](std::int64_t room, Alarm alarm) {
    if (room < verdict.allowed) verdict = {room, alarm};
  };
  const bool counts = purpose == TrainPurpose::kTherapy;
  if (counts) {
    limit(hour_.room_for(train), Alarm::kHourCeiling);
    limit(day_.room_for(train), Alarm::kDayCeiling);
    limit(thirty_days_.room_for(train), Alarm::kThirtyDayCeiling);
  } else {
    limit(allowance(purpose), Alarm::kAllowanceUsed);
  }
  if (verdict.allowed <= 0) return {0, verdict.limit};

  train_ = train;
  train_.count = verdict.allowed;
  train_purpose_ = purpose;
  running_ = true;
  if (counts) {
    hour_.book(train_);
    day_.book(train_);
    thirty_days_.book(train_);
  } else {
    allowance(purpose) -= verdict.allowed;
  }
  return verdict;
}

void DoseGate::cut(Instant now) {
  if (!running_) return;
  const std::int64_t made = train_.made_by(now);
  if (made < train_.count) {
    if (train_purpose_ == TrainPurpose::kTherapy) {
      hour_.unbook(train_, now);
      day_.unbook(train_, now);
      thirty_days_.unbook(train_, now);
    } else {
      allowance(train_purpose_) += train_.count - made;
    }
  }
  passed_before_ += made;
  running_ = false;
}

DoseGate::Finding DoseGate::observe(MotorReading reading) {
  deviation_ = reading.reported - reported_offset_ - expected_by(reading.now);
  largest_deviation_ = std::max(largest_deviation_, deviation_ < 0 ? -deviation_ : deviation_);
  if (deviation_ > counted_more_) {
    const std::int64_t more = deviation_ - counted_more_;
    hour_.add(reading.now, more);
    day_.add(reading.now, more);
    thirty_days_.add(reading.now, more);
    counted_more_ = deviation_;
  }
  if (deviation_ > 0) return Finding::kMore;
  return deviation_ < 0 ? Finding::kFewer : Finding::kAgrees;
}

std::int64_t DoseGate::made_of_train(std::int64_t reported) const {
  if (!running_) return 0;
  return std::clamp<std::int64_t>(reported - reported_offset_ - passed_before_, 0, train_.count);
}

std::int64_t DoseGate::settle_unknown() {
  if (running_) passed_before_ += train_.count;
  running_ = false;
  deviation_ = counted_more_;
  return passed_before_ + reported_offset_ + deviation_;
}

void DoseGate::forgive() {
  reported_offset_ += deviation_;
  deviation_ = 0;
  counted_more_ = 0;
}

bool DoseGate::bolus_fits(Instant end, std::int64_t steps) const {
  return hour_.count_at(end) + steps <= hour_.ceiling() && day_.count_at(end) + steps <= day_.ceiling() &&
         thirty_days_.count_at(end) + steps <= thirty_days_.ceiling();
}

template class StepWindow<kHourBucket.raw(), 12, 32>;
template class StepWindow<kDayBucket.raw(), 48, 64>;
template class StepWindow<kThirtyDayBucket.raw(), 120, 128>;

void DoseGate::forget_past() {
  hour_ = {};
  day_ = {};
  thirty_days_ = {};
  allowances_ = {};
  train_ = {};
}

}  // namespace theca
