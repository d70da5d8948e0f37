#include "pump/dose_gate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using example::kRoller;
using example::kValve;
using example::kWidest;

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

Train train_of(const PumpModel& model, Instant start, std::int64_t count, FlowRate rate,
               std::int64_t phase = 0) {
  return {start, count, rate.raw(), model.step.raw() * Amount::kUnitsPerNanolitre, phase};
}
/// `count` roller steps one second apart.
Train one_a_second(Instant start, std::int64_t count) {
  return train_of(kRoller, start, count, FlowRate{kRoller.step.raw() * 86'400});
}
Ceilings steps_of(const PumpModel& model, std::int64_t hour, std::int64_t day, std::int64_t month) {
  return {model.step * hour, model.step * day, model.step * month};
}
DoseGate gate_with(std::int64_t hour, std::int64_t day = 10'000'000, std::int64_t month = 100'000'000) {
  DoseGate gate{kRoller};
  gate.set_ceilings(steps_of(kRoller, hour, day, month));
  return gate;
}

Instant at(Duration since) { return Instant{0} + since; }

// ---- windows --------------------------------------------------------------------------------------------

TEST(DoseGate, INV_4_cuts_a_train_at_the_step_that_would_pass_the_ceiling) {
  DoseGate gate = gate_with(100);
  const auto first = gate.admit(one_a_second(at(minutes(1)), 60), TrainPurpose::kTherapy);
  EXPECT_EQ(first.allowed, 60);
  EXPECT_FALSE(first.limit);
  const auto second = gate.admit(one_a_second(at(minutes(5)), 60), TrainPurpose::kTherapy);
  EXPECT_EQ(second.allowed, 40);
  EXPECT_EQ(second.limit, Alarm::kHourCeiling);
  const auto third = gate.admit(one_a_second(at(minutes(60)), 1), TrainPurpose::kTherapy);
  EXPECT_EQ(third.allowed, 0);
  EXPECT_EQ(third.limit, Alarm::kHourCeiling);
}

TEST(DoseGate, INV_4_room_comes_back_when_window_and_bucket_are_over) {
  DoseGate gate = gate_with(100);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);  // all in the bucket 00:00 to 00:05
  EXPECT_EQ(
      gate.admit(one_a_second(at(minutes(65)) - milliseconds(1'001), 1), TrainPurpose::kTherapy).allowed, 0);
  EXPECT_EQ(gate.admit(one_a_second(at(minutes(65)), 100), TrainPurpose::kTherapy).allowed, 100);
}

TEST(DoseGate, INV_4_each_window_has_its_own_alarm) {
  DoseGate day = gate_with(100, 150);
  day.admit(one_a_second(at(hours(1)), 100), TrainPurpose::kTherapy);
  const auto cut = day.admit(one_a_second(at(hours(5)), 100), TrainPurpose::kTherapy);
  EXPECT_EQ(cut.allowed, 50);
  EXPECT_EQ(cut.limit, Alarm::kDayCeiling);
  DoseGate month = gate_with(100, 100, 150);
  month.admit(one_a_second(at(days(1)), 100), TrainPurpose::kTherapy);
  const auto cut_again = month.admit(one_a_second(at(days(20)), 100), TrainPurpose::kTherapy);
  EXPECT_EQ(cut_again.allowed, 50);
  EXPECT_EQ(cut_again.limit, Alarm::kThirtyDayCeiling);
}

TEST(DoseGate, INV_4_without_a_record_of_ceilings_nothing_passes) {
  DoseGate gate{kRoller};
  EXPECT_EQ(gate.admit(one_a_second(at(hours(1)), 10), TrainPurpose::kTherapy).allowed, 0);
}

TEST(DoseGate, INV_4_the_committed_future_of_a_train_counts) {
  DoseGate gate = gate_with(100);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);
  EXPECT_FALSE(gate.bolus_fits(at(minutes(2) + seconds(40)), 1));
  EXPECT_EQ(gate.expected_by(at(minutes(1) + seconds(10))), 10);
}

TEST(DoseGate, a_cut_gives_back_what_was_not_made) {
  DoseGate gate = gate_with(100);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);
  gate.cut(at(minutes(1) + seconds(30)));
  EXPECT_EQ(gate.expected_by(at(hours(2))), 30);
  EXPECT_TRUE(gate.bolus_fits(at(minutes(2)), 70));
  EXPECT_FALSE(gate.bolus_fits(at(minutes(2)), 71));
  EXPECT_EQ(gate.admit(one_a_second(at(minutes(2)), 100), TrainPurpose::kTherapy).allowed, 70);
}

TEST(DoseGate, a_train_that_follows_cuts_the_one_that_runs) {
  DoseGate gate = gate_with(1'000);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);
  gate.admit(one_a_second(at(minutes(1) + seconds(30)), 100), TrainPurpose::kTherapy);
  EXPECT_EQ(gate.expected_by(at(hours(1))), 130);
}

TEST(DoseGate, INV_4_a_lower_ceiling_counts_what_was_given) {
  DoseGate gate = gate_with(1'000);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);
  gate.cut(at(minutes(10)));
  gate.set_ceilings(steps_of(kRoller, 120, 1'000, 1'000));
  EXPECT_EQ(gate.admit(one_a_second(at(minutes(10)), 100), TrainPurpose::kTherapy).allowed, 20);
}

/// Everything that the gate let through and that was made, step by step, and the windows recounted from it.
class Recount {
 public:
  explicit Recount(std::vector<std::int64_t> steps) : steps_(std::move(steps)) {}
  void take(const Train& train, std::int64_t made) {
    for (std::int64_t k = 1; k <= made; ++k) steps_.push_back(train.step_at(k).raw());
  }
  /// Steps in [end - length, end].
  [[nodiscard]] std::int64_t in_window(std::int64_t end, Duration length) const {
    return std::upper_bound(steps_.begin(), steps_.end(), end) -
           std::lower_bound(steps_.begin(), steps_.end(), end - length.raw());
  }
  [[nodiscard]] std::int64_t most_in_any(Duration length) const {
    std::int64_t most = 0;
    for (const std::int64_t step : steps_) most = std::max(most, in_window(step, length));
    return most;
  }

 private:
  std::vector<std::int64_t> steps_;
};

struct WindowCase {
  Duration window;
  Duration bucket;
  Alarm alarm;
  std::int64_t ceiling;
};

/// Random trains, some cut short, on a valve pump whose steps are few enough to recount.
RC_GTEST_PROP(DoseGate, INV_4_no_exact_window_passes_its_ceiling_and_no_step_is_refused_below_it, ()) {
  const std::vector<WindowCase> windows = {
      {hours(1), kHourBucket, Alarm::kHourCeiling, *within(1, 60)},
      {days(1), kDayBucket, Alarm::kDayCeiling, *within(20, 300)},
      {days(30), kThirtyDayBucket, Alarm::kThirtyDayCeiling, *within(50, 1'500)},
  };
  DoseGate gate{kValve};
  gate.set_ceilings(steps_of(kValve, windows[0].ceiling, windows[1].ceiling, windows[2].ceiling));
  Recount given{{}};
  Instant now{*within(0, 100'000'000)};
  const std::int64_t trains = *within(1, 120);
  std::int64_t expected = 0;
  for (std::int64_t i = 0; i < trains; ++i) {
    const auto scale = *rc::gen::element<std::int64_t>(1, 60'000, 3'600'000, 86'400'000);
    now = now + milliseconds(*within(0, 3) * scale + *within(0, 60'000));
    const FlowRate rate{*within(1, kValve.max_flow.raw())};
    const std::int64_t phase = *within(0, kValve.step.raw() * Amount::kUnitsPerNanolitre - 1);
    Train train = train_of(kValve, now, 1, rate, phase);
    const std::int64_t longest = (phase + rate.raw() * kLongestTrain.raw()) / train.units_per_step;
    if (longest < 1) continue;
    train.count = *within(1, std::min<std::int64_t>(longest, 80));

    const DoseGate::Verdict verdict = gate.admit(train, TrainPurpose::kTherapy);
    RC_ASSERT((verdict.allowed < train.count) == verdict.limit.has_value());
    if (verdict.limit) {
      Recount with_one_more = given;
      with_one_more.take(train, verdict.allowed + 1);
      const auto limit = std::find_if(windows.begin(), windows.end(),
                                      [&](const WindowCase& w) { return w.alarm == *verdict.limit; });
      RC_ASSERT(limit != windows.end());
      RC_ASSERT(with_one_more.in_window(train.step_at(verdict.allowed + 1).raw(),
                                        limit->window + limit->bucket) > limit->ceiling);
    }
    if (verdict.allowed == 0) continue;
    train.count = verdict.allowed;
    std::int64_t made = train.count;
    if (*rc::gen::arbitrary<bool>()) {
      now = now + milliseconds(*within(0, kLongestTrain.raw()));
      made = train.made_by(now);
      gate.cut(now);
    } else {
      now = train.end();
    }
    given.take(train, made);
    expected += made;
    RC_ASSERT(gate.expected_by(now) == expected);
  }
  for (const WindowCase& w : windows) RC_ASSERT(given.most_in_any(w.window) <= w.ceiling);
}

RC_GTEST_PROP(DoseGate, INV_4_a_bolus_that_fits_is_let_through_and_one_that_does_not_would_pass, ()) {
  DoseGate gate{kValve};
  const std::int64_t ceiling = *within(5, 50);
  gate.set_ceilings(steps_of(kValve, ceiling, 10'000, 100'000));
  Recount given{{}};
  Instant now{0};
  for (int i = 0; i < 20; ++i) {
    now = now + milliseconds(*within(1, 2'000'000));
    const std::int64_t steps = *within(1, 20);
    const Train train = train_of(kValve, now, steps, kValve.max_flow);
    const bool fits = gate.bolus_fits(now, steps);
    if (fits) {
      RC_ASSERT(gate.admit(train, TrainPurpose::kTherapy).allowed == steps);
      now = train.end();
      gate.cut(now);
      given.take(train, steps);
    } else {
      RC_ASSERT(given.in_window(now.raw(), hours(1) + kHourBucket) + steps > ceiling);
    }
  }
}

TEST(DoseGate, a_new_one_has_seen_nothing) {
  const DoseGate gate{kRoller};
  EXPECT_EQ(gate.expected_by(at(days(1))), 0);
  EXPECT_EQ(gate.deviation(), 0);
  EXPECT_EQ(gate.largest_deviation(), 0);
  EXPECT_EQ(gate.made_of_train(100), 0);
}

TEST(DoseGate, its_ceilings_are_told_in_whole_steps) {
  DoseGate gate{kRoller};
  gate.set_ceilings({kRoller.step * 7 + nanolitres(9), kRoller.step * 8, kRoller.step * 9 + nanolitres(1)});
  EXPECT_EQ(gate.ceilings(), steps_of(kRoller, 7, 8, 9));
}

TEST(DoseGate, INV_4_a_bolus_has_to_fit_into_each_window_to_the_step) {
  for (int tight = 0; tight < 3; ++tight) {
    SCOPED_TRACE(tight);
    const auto steps = [&](int window) { return window == tight ? 100 : 1'000; };
    DoseGate gate = gate_with(steps(0), steps(1), steps(2));
    gate.admit(one_a_second(at(minutes(1)), 60), TrainPurpose::kTherapy);
    EXPECT_TRUE(gate.bolus_fits(at(minutes(20)), 40));
    EXPECT_FALSE(gate.bolus_fits(at(minutes(20)), 41));
  }
}

TEST(DoseGate, INV_4_what_was_given_is_rescaled_and_what_nobody_ordered_counted_in_each_window) {
  for (int tight = 0; tight < 3; ++tight) {
    SCOPED_TRACE(tight);
    const auto steps = [&](int window) { return window == tight ? 100 : 1'000; };
    DoseGate gate = gate_with(steps(0), steps(1), steps(2));
    gate.admit(one_a_second(at(minutes(1)), 20), TrainPurpose::kTherapy);
    gate.cut(at(minutes(3)));
    gate.rescale_past(2, 1);
    EXPECT_TRUE(gate.bolus_fits(at(minutes(4)), 60));
    EXPECT_FALSE(gate.bolus_fits(at(minutes(4)), 61));
    EXPECT_EQ(gate.observe({at(minutes(4)), 25}), DoseGate::Finding::kMore);
    EXPECT_TRUE(gate.bolus_fits(at(minutes(4)), 55));
    EXPECT_FALSE(gate.bolus_fits(at(minutes(4)), 56));
  }
}

TEST(DoseGate, INV_4_a_past_too_large_to_count_in_the_new_steps_counts_as_the_most_there_is) {
  DoseGate gate = gate_with(10'000'000'000, 10'000'000'000, 10'000'000'000);
  gate.admit(one_a_second(at(minutes(1)), 2), TrainPurpose::kTherapy);
  gate.cut(at(minutes(2)));
  gate.rescale_past(UINT32_MAX / 2, 1);
  EXPECT_TRUE(gate.bolus_fits(at(minutes(3)), 10'000'000'000 - (UINT32_MAX - 1)));
  EXPECT_FALSE(gate.bolus_fits(at(minutes(3)), 10'000'000'000 - (UINT32_MAX - 1) + 1));
  gate.rescale_past(2, 1);  // beyond 32 bits
  EXPECT_TRUE(gate.bolus_fits(at(minutes(3)), 10'000'000'000 - UINT32_MAX));
  EXPECT_FALSE(gate.bolus_fits(at(minutes(3)), 10'000'000'000 - UINT32_MAX + 1));
  gate.rescale_past(INT64_MAX, 1);  // beyond 64
  EXPECT_FALSE(gate.bolus_fits(at(minutes(3)), 10'000'000'000 - UINT32_MAX + 1));
}

TEST(DoseGate, lets_the_smallest_and_the_fullest_train_of_its_actuator_through) {
  DoseGate gate = gate_with(100'000'000);
  Train slow =
      train_of(kRoller, at(hours(1)), 1, FlowRate{1}, kRoller.step.raw() * Amount::kUnitsPerNanolitre - 1);
  EXPECT_EQ(gate.admit(slow, TrainPurpose::kTherapy).allowed, 1);
  // An hour at the largest flow, from a step that is all but earned; a flow that makes whole steps in it or
  // not.
  const std::int64_t units = kRoller.step.raw() * Amount::kUnitsPerNanolitre;
  for (const std::int64_t more : {0, 1}) {
    PumpModel model = kRoller;
    model.max_flow = FlowRate{model.max_flow.raw() + more};
    DoseGate wide{model};
    wide.set_ceilings(kWidest);
    wide.allow(TrainPurpose::kPrime, 1'000'000);
    const std::int64_t most = (units - 1 + model.max_flow.raw() * kLongestTrain.raw()) / units;
    const Train full = train_of(model, at(hours(3)), most, model.max_flow, units - 1);
    EXPECT_EQ(wide.admit(full, TrainPurpose::kPrime).allowed, most);
  }
}

TEST(DoseGate, INV_8_of_a_train_that_power_left_unknown_all_counts_as_made) {
  DoseGate gate = gate_with(1'000);
  EXPECT_EQ(gate.made_of_train(5), 0);  // none runs
  gate.admit(one_a_second(at(minutes(1)), 30), TrainPurpose::kTherapy);
  gate.cut(at(minutes(2)));
  EXPECT_EQ(gate.observe({at(minutes(2)), 28}), DoseGate::Finding::kFewer);
  gate.forgive();  // the sensor counts two less from now on
  EXPECT_EQ(gate.deviation(), 0);
  gate.admit(one_a_second(at(minutes(3)), 50), TrainPurpose::kTherapy);
  EXPECT_EQ(gate.made_of_train(28), 0);
  EXPECT_EQ(gate.made_of_train(27), 0);
  EXPECT_EQ(gate.made_of_train(40), 12);
  EXPECT_EQ(gate.made_of_train(78), 50);
  EXPECT_EQ(gate.made_of_train(99), 50);
  EXPECT_EQ(gate.settle_unknown(), 78);
  EXPECT_EQ(gate.made_of_train(78), 0);
  EXPECT_EQ(gate.expected_by(at(hours(2))), 80);
  EXPECT_EQ(gate.observe({at(hours(2)), 78}), DoseGate::Finding::kAgrees);
  EXPECT_EQ(gate.settle_unknown(), 78);  // no train: nothing is unknown
}

TEST(DoseGate, INV_8_what_was_made_beyond_the_order_stays_counted_when_power_was_gone) {
  DoseGate gate = gate_with(1'000);
  gate.admit(one_a_second(at(minutes(1)), 30), TrainPurpose::kTherapy);
  EXPECT_EQ(gate.observe({at(minutes(1) + seconds(10)), 15}), DoseGate::Finding::kMore);
  EXPECT_EQ(gate.observe({at(minutes(1) + seconds(12)), 15}), DoseGate::Finding::kMore);
  EXPECT_EQ(gate.settle_unknown(), 35);
  EXPECT_EQ(gate.deviation(), 5);
  EXPECT_EQ(gate.observe({at(hours(1)), 35}), DoseGate::Finding::kMore);
  EXPECT_TRUE(gate.bolus_fits(at(hours(1)), 1'000 - 35));
  EXPECT_FALSE(gate.bolus_fits(at(hours(1)), 1'000 - 34));
  gate.forgive();
  EXPECT_EQ(gate.deviation(), 0);
  EXPECT_EQ(gate.observe({at(hours(1)), 36}), DoseGate::Finding::kMore);  // counted from nothing again
  EXPECT_TRUE(gate.bolus_fits(at(hours(1)), 1'000 - 36));
  EXPECT_FALSE(gate.bolus_fits(at(hours(1)), 1'000 - 35));
}

// ---- a window, recounted --------------------------------------------------------------------------------

/// What a window counts, told from its steps one by one: a bucket that is partly over counts whole.
class Buckets {
 public:
  static constexpr std::int64_t kLength = kHourBucket.raw();
  static constexpr std::int64_t kInASum = 13;

  std::map<std::int64_t, std::int64_t> steps;

  void take(const Train& train, std::int64_t made) {
    for (std::int64_t k = 1; k <= made; ++k) ++steps[train.step_at(k).raw() / kLength];
  }
  [[nodiscard]] std::int64_t between(std::int64_t first, std::int64_t last) const {
    std::int64_t sum = 0;
    for (const auto& [bucket, count] : steps) sum += bucket >= first && bucket <= last ? count : 0;
    return sum;
  }
  [[nodiscard]] std::int64_t sum_to(std::int64_t bucket) const {
    return between(bucket - kInASum + 1, bucket);
  }
  [[nodiscard]] std::int64_t room_for(const Train& train, std::int64_t ceiling) const {
    if (sum_to(train.start.raw() / kLength) + train.count <= ceiling) return train.count;
    Buckets with = *this;
    std::int64_t made = 0;
    for (std::int64_t bucket = train.start.raw() / kLength; made < train.count; ++bucket) {
      if (with.sum_to(bucket) > ceiling) return made;
      while (made < train.count && train.step_at(made + 1).raw() / kLength == bucket) {
        if (with.sum_to(bucket) == ceiling) return made;
        ++with.steps[bucket];
        ++made;
      }
    }
    return made;
  }
  /// The most that a window which reaches past `now` may come to hold.
  template <class Worst>
  [[nodiscard]] std::int64_t worst_from(Instant now, Worst&& worst) const {
    const std::int64_t present = now.raw() / kLength;
    std::int64_t most = 0;
    for (std::int64_t last = present; last < present + kInASum; ++last) {
      const Duration future{(last + 1) * kLength - now.raw()};
      most = std::max(most, between(last - kInASum + 1, present) + worst(future));
    }
    return most;
  }
};

RC_GTEST_PROP(StepWindow, INV_4_counts_lets_through_and_foresees_what_a_recount_says, ()) {
  HourWindow window;
  Buckets recount;
  Instant now{*within(0, 3 * Buckets::kLength)};
  const int deeds = static_cast<int>(*within(2, 25));
  for (int deed = 0; deed < deeds; ++deed) {
    // To a bucket's edges more often than chance would, and as far as the ring is long.
    now = now + Duration{*rc::gen::oneOf(within(0, Buckets::kLength), within(0, 4 * Buckets::kLength),
                                         within(30 * Buckets::kLength, 34 * Buckets::kLength))};
    if (*within(0, 2) == 0) {
      const std::int64_t edge = now.raw() / Buckets::kLength * Buckets::kLength;
      now = Instant{edge + *rc::gen::element<std::int64_t>(0, Buckets::kLength - 1, Buckets::kLength)};
    }
    const Train train =
        train_of(kRoller, now, *within(1, 40), FlowRate{kRoller.step.raw() * *within(300, 9'000)},
                 *within(0, kRoller.step.raw() * Amount::kUnitsPerNanolitre - 1));
    if (train.all_by(now + kLongestTrain)) {
      const std::int64_t ceiling = std::max<std::int64_t>(
          0, recount.sum_to(now.raw() / Buckets::kLength) + *within(-3, train.count + 2));
      window.set_ceiling(ceiling);
      const std::int64_t room = window.room_for(train);
      RC_ASSERT(room == recount.room_for(train, ceiling));
      Train through = train;
      through.count = room;
      if (room > 0) {
        window.book(through);
        recount.take(through, room);
        now = through.end();
        if (*within(0, 1) == 0) {
          const Instant cut{*within(through.start.raw(), now.raw())};
          Buckets before = recount;
          for (auto& [bucket, count] : before.steps) count = 0;
          before.take(through, room);
          for (const auto& [bucket, count] : before.steps) recount.steps[bucket] -= count;
          window.unbook(through, cut);
          recount.take(through, through.made_by(cut));
          now = cut;
        }
      }
    }
    if (*within(0, 3) == 0) {
      const std::int64_t more = *within(0, 20);
      window.add(now, more);
      recount.steps[now.raw() / Buckets::kLength] += more;
    }
    if (*within(0, 5) == 0) {
      const std::int64_t up = *within(1, 5), down = *within(1, 5);
      window.rescale(up, down);
      for (auto& [bucket, count] : recount.steps) count = (count * up + down - 1) / down;
    }
    RC_ASSERT(window.count_at(now) == recount.sum_to(now.raw() / Buckets::kLength));
    const Instant later = now + Duration{*within(0, 40 * Buckets::kLength)};
    RC_ASSERT(window.count_at(later) == recount.sum_to(later.raw() / Buckets::kLength));

    // A therapy that gives `low` at first and `high` from some time on.
    const std::int64_t low = *within(0, 20), high = low + *within(0, 60);
    const Duration from{
        *rc::gen::oneOf(within(1, 14 * Buckets::kLength),
                        rc::gen::map(within(1, 14), [](std::int64_t n) { return n * Buckets::kLength; }))};
    const Instant start = *within(0, 1) == 0 ? now : later;
    const Duration to_edge{Buckets::kLength - start.raw() % Buckets::kLength};
    const Duration after =
        *within(0, 1) == 0
            ? from
            : Duration{to_edge.raw() + from.raw() / Buckets::kLength * Buckets::kLength + *within(-1, 1)};
    const auto worst = [&](Duration d) { return d >= after ? high : low; };
    const std::int64_t most = recount.worst_from(start, worst);
    window.set_ceiling(most);
    RC_ASSERT(window.fits(start, worst));
    window.set_ceiling(most - 1);
    RC_ASSERT(!window.fits(start, worst));
  }
}

TEST(StepWindow, INV_4_a_step_in_the_last_millisecond_of_a_bucket_is_counted_in_it) {
  // 100 steps a minute from minute 1, a step in the last millisecond of each bucket. A unit a millisecond
  // more, and it is the remainder of two buckets that makes this step whole.
  struct Row {
    std::int64_t rate, phase, by_first;
  };
  for (const Row& row : {Row{1'440'000, 1'440'000, 400}, Row{1'440'001, 900'001, 399}}) {
    HourWindow window;
    window.set_ceiling(1'000'000);
    window.book(train_of(kRoller, at(minutes(1)), 3'000, FlowRate{row.rate}, row.phase));
    EXPECT_EQ(window.count_at(at(minutes(4))), row.by_first);
    EXPECT_EQ(window.count_at(at(minutes(9))), 900);
  }
}

TEST(StepWindow, INV_4_a_train_that_outlives_the_past_has_room_for_all_its_steps) {
  HourWindow window;
  window.set_ceiling(100);
  window.book(one_a_second(at(minutes(1)), 60));
  const Train train =
      train_of(kRoller, at(minutes(64)), 60, FlowRate{kRoller.step.raw() * 43'200});  // two minutes
  EXPECT_EQ(window.room_for(train), 60);
}

TEST(StepWindow, INV_4_what_fell_a_whole_ring_ago_is_no_past) {
  HourWindow window;
  window.set_ceiling(100);
  window.book(one_a_second(at(minutes(1)), 80));
  window.book(one_a_second(at(minutes(31 * 5 + 1)), 1));
  const auto worst = [](Duration d) { return d >= minutes(65) ? 100 : 30; };
  EXPECT_TRUE(window.fits(at(minutes(32 * 5 + 1)), worst));
}

TEST(StepWindow, INV_4_a_flow_that_changes_is_counted_anew) {
  // The same rate of a pump with another step: what a bucket holds is not what it held for the first.
  HourWindow window;
  window.set_ceiling(1'000'000);
  const Train fine = train_of(kRoller, at(minutes(1)), 2'000, microlitres_per_day(1'440));
  Train coarse = fine;
  coarse.start = at(hours(3));
  coarse.units_per_step *= 2;
  coarse.count = 2'000;
  window.book(fine);
  EXPECT_EQ(window.count_at(at(minutes(4))), 399);
  window.book(coarse);
  EXPECT_EQ(window.count_at(at(hours(3) + minutes(9))), 499);
}

// ---- what was given, in the new fluid's steps
// --------------------------------------------------------------

TEST(DoseGate, rescale_past_counts_in_the_new_fluids_steps_rounded_up) {
  DoseGate gate = gate_with(100);
  gate.admit(one_a_second(at(minutes(1)), 40), TrainPurpose::kTherapy);
  gate.cut(at(minutes(3)));
  gate.rescale_past(2, 1);
  EXPECT_EQ(gate.admit(one_a_second(at(minutes(10)), 100), TrainPurpose::kTherapy).allowed, 20);

  DoseGate thinner = gate_with(100);
  thinner.admit(one_a_second(at(minutes(1)), 3), TrainPurpose::kTherapy);
  thinner.admit(one_a_second(at(minutes(6)), 3), TrainPurpose::kTherapy);
  thinner.cut(at(minutes(7)));
  thinner.rescale_past(1, 2);  // a step and a half in each of two buckets: two and two
  EXPECT_EQ(thinner.admit(one_a_second(at(minutes(10)), 200), TrainPurpose::kTherapy).allowed, 96);
}

TEST(DoseGate, fits_after_past_weighs_past_and_future_in_every_window) {
  DoseGate gate = gate_with(100, 200, 1'000);
  gate.admit(one_a_second(at(minutes(1)), 60), TrainPurpose::kTherapy);
  gate.cut(at(minutes(3)));
  const auto at_once = [](std::int64_t steps) { return [steps](Duration) { return kRoller.step * steps; }; };
  EXPECT_TRUE(gate.fits_after_past(at(minutes(10)), at_once(40)));
  EXPECT_FALSE(gate.fits_after_past(at(minutes(10)), at_once(41)));
  EXPECT_TRUE(gate.fits_after_past(at(minutes(65)), at_once(100)));
  // A therapy that gives its most only after hour and bucket are over meets nothing of the past.
  const auto late = [](Duration d) {
    return d > hours(1) + kHourBucket ? kRoller.step * 100 : kRoller.step * 0;
  };
  EXPECT_TRUE(gate.fits_after_past(at(minutes(4)), late));
  const auto early = [](Duration d) { return d >= minutes(30) ? kRoller.step * 100 : kRoller.step * 0; };
  EXPECT_FALSE(gate.fits_after_past(at(minutes(4)), early));
}

/// A future that holds to `worst` never meets the gate when it was told that it fits.
RC_GTEST_PROP(DoseGate, INV_4_what_fits_after_the_past_meets_no_ceiling, ()) {
  DoseGate gate{kValve};
  gate.set_ceilings(steps_of(kValve, *within(10, 60), *within(60, 200), *within(200, 2'000)));
  Instant now{*within(0, 10'000'000)};
  for (int i = 0; i < 30; ++i) {
    now = now + milliseconds(*within(0, 4 * 3'600'000));
    const Train train = train_of(kValve, now, *within(1, 30), kValve.max_flow);
    gate.admit(train, TrainPurpose::kTherapy);
    now = train.end();
  }
  gate.cut(now);
  const std::int64_t dose = *within(1, 20);
  const Duration apart = milliseconds(*within(600'000, 6 * 3'600'000));
  const auto worst = [&](Duration d) { return kValve.step * dose * (d.raw() / apart.raw() + 1); };
  if (!gate.fits_after_past(now, worst)) return;
  for (int i = 0; i < 60; ++i) {
    const Train train = train_of(kValve, now, dose, kValve.max_flow);
    RC_ASSERT(gate.admit(train, TrainPurpose::kTherapy).allowed == dose);
    now = now + apart;
  }
}

// ---- allowances -----------------------------------------------------------------------------------------

TEST(DoseGate, INV_4_an_allowance_is_used_up_by_steps_and_counts_against_no_ceiling) {
  for (const TrainPurpose purpose : {TrainPurpose::kPrime, TrainPurpose::kBridge}) {
    DoseGate gate = gate_with(10);
    EXPECT_EQ(gate.admit(one_a_second(at(minutes(1)), 1), purpose).limit, Alarm::kAllowanceUsed);
    gate.allow(purpose, 150);
    EXPECT_EQ(gate.admit(one_a_second(at(minutes(1)), 100), purpose).allowed, 100);
    EXPECT_EQ(gate.allowance_left(purpose), 50);
    const auto rest = gate.admit(one_a_second(at(minutes(5)), 100), purpose);
    EXPECT_EQ(rest.allowed, 50);
    EXPECT_EQ(rest.limit, Alarm::kAllowanceUsed);
    EXPECT_EQ(gate.allowance_left(purpose), 0);
    EXPECT_EQ(gate.admit(one_a_second(at(minutes(10)), 10), TrainPurpose::kTherapy).allowed, 10);
  }
}

TEST(DoseGate, INV_4_a_cut_gives_an_allowance_back_to_the_step) {
  DoseGate gate = gate_with(10);
  gate.allow(TrainPurpose::kBridge, 100);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kBridge);
  gate.cut(at(minutes(1) + milliseconds(30'999)));
  EXPECT_EQ(gate.allowance_left(TrainPurpose::kBridge), 70);
  EXPECT_EQ(gate.allowance_left(TrainPurpose::kPrime), 0);
  gate.allow(TrainPurpose::kBridge, 20);  // replaces what is left
  EXPECT_EQ(gate.allowance_left(TrainPurpose::kBridge), 20);
}

// ---- the sensor -----------------------------------------------------------------------------------------

TEST(DoseGate, INV_2_agrees_while_the_sensor_counts_what_was_let_through) {
  DoseGate gate = gate_with(1'000);
  EXPECT_EQ(gate.observe({at(seconds(1)), 0}), DoseGate::Finding::kAgrees);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);
  EXPECT_EQ(gate.observe({at(minutes(1) + milliseconds(10'999)), 10}), DoseGate::Finding::kAgrees);
  EXPECT_EQ(gate.observe({at(hours(1)), 100}), DoseGate::Finding::kAgrees);
  EXPECT_EQ(gate.largest_deviation(), 0);
}

TEST(DoseGate, INV_2_more_is_found_at_once_counted_and_never_forgotten) {
  DoseGate gate = gate_with(200);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);
  EXPECT_EQ(gate.observe({at(minutes(1) + seconds(50)), 51}), DoseGate::Finding::kMore);
  EXPECT_EQ(gate.deviation(), 1);
  EXPECT_EQ(gate.observe({at(hours(1)), 130}), DoseGate::Finding::kMore);
  EXPECT_EQ(gate.observe({at(hours(1)), 130}), DoseGate::Finding::kMore);
  EXPECT_EQ(gate.largest_deviation(), 30);
  gate.cut(at(hours(1)));
  EXPECT_TRUE(gate.bolus_fits(at(hours(1)), 70));  // 130 stand in the hour, each extra step once
  EXPECT_FALSE(gate.bolus_fits(at(hours(1)), 71));
}

TEST(DoseGate, INV_2_fewer_is_found_and_forgiven_only_when_told_the_steps_stay_counted) {
  DoseGate gate = gate_with(200);
  gate.admit(one_a_second(at(minutes(1)), 100), TrainPurpose::kTherapy);
  EXPECT_EQ(gate.observe({at(minutes(1) + seconds(50)), 48}), DoseGate::Finding::kFewer);
  EXPECT_EQ(gate.deviation(), -2);
  EXPECT_EQ(gate.observe({at(minutes(1) + seconds(60)), 58}), DoseGate::Finding::kFewer);
  gate.forgive();
  EXPECT_EQ(gate.observe({at(minutes(1) + seconds(60)), 58}), DoseGate::Finding::kAgrees);
  EXPECT_EQ(gate.observe({at(hours(1)), 98}), DoseGate::Finding::kAgrees);
  EXPECT_EQ(gate.observe({at(hours(1)), 99}), DoseGate::Finding::kMore);
  EXPECT_EQ(gate.largest_deviation(), 2);
  EXPECT_EQ(gate.expected_by(at(hours(1))), 100);
}

TEST(DoseGate, INV_2_a_motor_that_runs_on_its_own_is_found_without_a_train) {
  DoseGate gate = gate_with(10);
  EXPECT_EQ(gate.observe({at(hours(1)), 7}), DoseGate::Finding::kMore);
  EXPECT_FALSE(gate.bolus_fits(at(hours(1)), 4));
}

// ---- trains that no actuator makes
// --------------------------------------------------------------------------

TEST(DoseGate, INV_4_lets_no_implausible_train_through) {
  const Train good = one_a_second(at(hours(1)), 100);
  const auto with = [&](auto&& change) {
    Train bad = good;
    change(bad);
    return bad;
  };
  const std::vector<Train> all = {
      with([](Train& t) { t.count = 0; }),
      with([](Train& t) { t.count = -1; }),
      with([](Train& t) { t.rate = 0; }),
      with([](Train& t) { t.rate = -1; }),
      with([](Train& t) { t.rate += INT64_MIN; }),          // times an hour it is a good rate in 64 bits
      with([](Train& t) { t.rate = -2'562'047'788'016; }),  // the first that wraps
      with([](Train& t) { t.rate = kRoller.max_flow.raw() + 1; }),
      with([](Train& t) { t.units_per_step /= 2; }),
      with([](Train& t) { t.units_per_step += 1; }),
      with([](Train& t) { t.phase = -1; }),
      with([](Train& t) { t.phase = t.units_per_step; }),
      with([](Train& t) { t.count = 3'601; }),
      with(
          [](Train& t) { t.count = std::int64_t{1} << 53; }),  // times the units of a step it is 0 in 64 bits
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const TrainPurpose purpose : {TrainPurpose::kTherapy, TrainPurpose::kPrime, TrainPurpose::kBridge}) {
      DoseGate gate{kRoller};
      gate.set_ceilings(kWidest);
      gate.allow(TrainPurpose::kPrime, 1'000'000);
      gate.allow(TrainPurpose::kBridge, 1'000'000);
      const auto verdict = gate.admit(all[i], purpose);
      EXPECT_EQ(verdict.allowed, 0) << i;
      EXPECT_EQ(verdict.limit, Alarm::kActuatorCeiling) << i;
      EXPECT_EQ(gate.expected_by(at(days(1))), 0) << i;
    }
  }
  DoseGate gate{kRoller};
  gate.set_ceilings(kWidest);
  EXPECT_EQ(gate.admit(with([](Train& t) { t.count = 3'600; }), TrainPurpose::kTherapy).allowed, 3'600);
  EXPECT_EQ(
      gate.admit(with([](Train& t) { t.rate = kRoller.max_flow.raw(); }), TrainPurpose::kTherapy).allowed,
      100);
}

RC_GTEST_PROP(DoseGate, INV_4_trains_of_any_bits_never_bring_more_than_the_ceiling, ()) {
  DoseGate gate = gate_with(50, 60, 70);
  const auto any = [] { return *rc::gen::arbitrary<std::int64_t>(); };
  for (int i = 0; i < 20; ++i) {
    Train train{Instant{i}, any(), any(), any(), any()};
    if (*rc::gen::arbitrary<bool>())
      train = train_of(kRoller, Instant{i}, any() % 100, FlowRate{any() % 30'000'000});
    gate.admit(train, TrainPurpose::kTherapy);
  }
  RC_ASSERT(gate.expected_by(at(hours(2))) <= 50);
}

TEST(DoseGate, INV_4_the_next_patient_has_every_window_free_and_no_allowance) {
  DoseGate gate{kRoller};
  const Ceilings hundred{kRoller.step * 100, kRoller.step * 100, kRoller.step * 100};
  gate.set_ceilings(hundred);
  gate.allow(TrainPurpose::kPrime, 7);
  ASSERT_EQ(gate.admit(one_a_second(at(hours(1)), 120), TrainPurpose::kTherapy).allowed, 100);
  gate.observe({at(hours(1) + minutes(3)), 100});
  gate.cut(at(hours(1) + minutes(3)));
  gate.forget_past();
  gate.set_ceilings(hundred);
  EXPECT_EQ(gate.allowance_left(TrainPurpose::kPrime), 0);
  EXPECT_EQ(gate.admit(one_a_second(at(hours(1) + minutes(3)), 120), TrainPurpose::kTherapy).allowed, 100);
}

}  // namespace
}  // namespace theca
