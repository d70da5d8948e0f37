#include "clinic/course.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr std::int64_t kEpoch = 1'792'800'000'000;  // 2026-10-24 00:00 UTC, at Instant 0
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::uint8_t kOfPatient = static_cast<std::uint8_t>(BolusKind::kPatient);

/// A pump's journal as it would stand; steps of kRoller.
class Written {
 public:
  Written() { tell(Duration{}, EventCode::kImplanted); }
  Written& tell(Duration at, EventCode code, std::int64_t value = 0, std::int64_t value2 = 0,
                std::uint8_t detail = 0) {
    journal_.entries.push_back(
        {static_cast<std::uint32_t>(journal_.entries.size()), {Instant{} + at, code, detail, value, value2}});
    journal_.whole = true;
    return *this;
  }
  /// By the rate of `order` as it runs from `from` to `to`, told every six hours.
  Written& gives(const Prescription& order, Duration from, Duration to) {
    for (Duration at = from; at < to;) {
      const Duration until = std::min(to, at + hours(6));
      nl_ += static_cast<double>(order.basal.rate.raw()) * static_cast<double>((until - at).raw()) / kDayMs;
      at = until;
      const auto steps = std::llround(nl_ / static_cast<double>(kRoller.step.raw()));
      tell(at, EventCode::kDelivered, steps, steps);
    }
    return *this;
  }
  [[nodiscard]] TherapyCourse course(std::vector<Prescription> orders) const {
    const auto made = course_of(
        {journal_, std::move(orders), kRoller,
         CourseQuestion::Said{journal_.entries.back().event.at,
                              kEpoch + (journal_.entries.back().event.at - Instant{}).raw(),
                              std::llround(nl_ / static_cast<double>(kRoller.step.raw())), at_tip_}});
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error());
    return *made;
  }
  KeptJournal journal_;
  std::uint32_t at_tip_ = 0;

 private:
  double nl_ = 0;
};

Prescription morphine_at(std::uint32_t number, std::int64_t microlitres_a_day, std::uint32_t fluid = 1) {
  Prescription made;
  made.number = number;
  made.formulation = morphine(fluid, 20);
  made.basal.mode = BasalMode::kSimpleContinuous;
  made.basal.rate = microlitres_per_day(microlitres_a_day);
  return made;
}
double mg(Mass mass) { return static_cast<double>(mass.raw()) / 1e12; }

/// 0.3 mL a day of 20 mg/mL is 6 mg a day.
TEST(TherapyCourse, INV_16_a_day_has_what_the_pump_gave_and_what_it_was_ordered_to) {
  const Prescription order = morphine_at(1, 300);
  Written written;
  written.tell(Duration{}, EventCode::kPrescriptionStarted, 1)
      .tell(Duration{}, EventCode::kFrontAtTip, 1)
      .gives(order, {}, days(10));
  const TherapyCourse course = written.course({order});
  ASSERT_EQ(course.days.size(), 11U);  // it ends at a midnight
  EXPECT_EQ(course.days.front().from_ms, kEpoch);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(course.days[i].known, days(1)) << i;
    EXPECT_NEAR(mg(course.days[i].given.value()), 6, 0.01) << i;
    EXPECT_NEAR(mg(course.days[i].prescribed.value()), 6, 1e-6) << i;
  }
  EXPECT_EQ(course.days.back().known, Duration{});
  ASSERT_EQ(course.prescriptions.size(), 1U);
  ASSERT_TRUE(course.tip.has_value());
  EXPECT_NEAR(std::accumulate(course.tip->front().evenly.begin(), course.tip->front().evenly.end(), 0.0),
              60'000, 100);
}

/// What is given is what left the tip, whatever is where in the catheter.
RC_GTEST_PROP(TherapyCourse, INV_16_nothing_is_lost_or_doubled_wherever_days_and_fronts_fall, ()) {
  const Prescription order = morphine_at(1, 300);
  const Duration front = minutes(*rc::gen::inRange<std::int64_t>(0, 3 * 1'440));
  const Duration end = minutes(*rc::gen::inRange<std::int64_t>(4 * 1'440, 20 * 1'440));
  const Duration change = minutes(*rc::gen::inRange<std::int64_t>(0, 1'440)) + days(3);
  Prescription next = morphine_at(2, 150);
  next.zone.offset_minutes = *rc::gen::element<std::int16_t>(0, 60, -300, 330);
  Written written;
  written.tell(Duration{}, EventCode::kPrescriptionStarted, 1).gives(order, {}, front);
  written.tell(front, EventCode::kFrontAtTip, 1).gives(order, front, change);
  written.tell(change, EventCode::kPrescriptionStarted, 2).gives(next, change, end);
  const TherapyCourse course = written.course({order, next});
  double given = 0, prescribed = 0;
  Duration known;
  for (const CourseDay& day : course.days) {
    given += mg(day.given.value());
    prescribed += mg(day.prescribed.value_or(Mass{}));
    known = known + day.known;
    RC_ASSERT(day.known <= days(1));
  }
  const auto in_days = [](Duration d) { return static_cast<double>(d.raw()) / kDayMs; };
  const double first = in_days(change) * 6, then = in_days(end - change) * 3;
  RC_ASSERT(std::abs(given - (first - in_days(front) * 6 + then)) < 0.02);
  RC_ASSERT(std::abs(prescribed - (first + then)) < 1e-3);
  RC_ASSERT(std::abs((known - end).raw()) < 1'000);
}

/// No front comes, for there was none.
TEST(TherapyCourse, a_catheter_that_was_filled_before_gives_from_the_first_moment_on) {
  const Prescription order = morphine_at(1, 300);
  Written written;
  written.at_tip_ = 1;
  written.tell(Duration{}, EventCode::kPrescriptionStarted, 1).gives(order, {}, days(2));
  EXPECT_NEAR(mg(written.course({order}).days[0].given.value()), 6, 0.01);
  Written changed;
  changed.at_tip_ = 2;
  changed.tell(Duration{}, EventCode::kPrescriptionStarted, 1).gives(order, {}, days(1));
  changed.tell(days(1), EventCode::kFrontAtTip, 2, 1).gives(order, days(1), days(2));
  EXPECT_NEAR(mg(changed.course({order}).days[0].given.value()), 6, 0.01)
      << "the first front tells what was before it";
}

/// Each day's part is its own, also of a stretch that reaches back behind the first day that is told.
TEST(TherapyCourse, no_more_days_are_told_than_can_be_and_each_has_its_own) {
  const Prescription order = morphine_at(1, 300);
  Written written;
  written.at_tip_ = 1;
  written.tell(Duration{}, EventCode::kPrescriptionStarted, 1);
  written.gives(order, {}, hours(3)).gives(order, hours(3), days(kMostCourseDays + 10));
  const TherapyCourse course = written.course({order});
  ASSERT_EQ(course.days.size(), static_cast<std::size_t>(kMostCourseDays));
  for (std::size_t i = 0; i + 1 < course.days.size(); ++i) {
    EXPECT_EQ(course.days[i].known, days(1)) << i;
    EXPECT_NEAR(mg(course.days[i].given.value()), 6, 0.01) << i;
  }
  EXPECT_FALSE(course.tip.has_value()) << "what came before is not within these days";
}

TEST(TherapyCourse, boluses_that_were_asked_for_are_counted_on_their_day) {
  const Prescription order = morphine_at(1, 300);
  Written written;
  written.tell(Duration{}, EventCode::kPrescriptionStarted, 1).tell(Duration{}, EventCode::kFrontAtTip, 1);
  written.gives(order, {}, days(1))
      .tell(days(1) + hours(1), EventCode::kBolusGranted, 10'000, 0, kOfPatient)
      .tell(days(1) + hours(1) + minutes(5), EventCode::kBolusCompleted, 10'000, 10'000, kOfPatient)
      .tell(days(1) + hours(2), EventCode::kBolusRefused, 7, 0, 1)
      .tell(days(1) + hours(3), EventCode::kBolusGranted, 10'000, 0, 0)  // by the clock
      .gives(order, days(1), days(3));
  const TherapyCourse course = written.course({order});
  EXPECT_EQ(course.days[1].granted, 1);
  EXPECT_EQ(course.days[1].refused, 1);
  EXPECT_NEAR(mg(course.days[1].by_patient), 0.2, 1e-9);
  EXPECT_EQ(course.days[0].granted + course.days[2].granted, 0);
}

TEST(TherapyCourse, an_order_that_the_records_do_not_have_is_no_dose_and_no_zero) {
  const Prescription order = morphine_at(1, 300), other = morphine_at(2, 300, 2);
  Written written;
  written.tell(Duration{}, EventCode::kPrescriptionStarted, 1).tell(Duration{}, EventCode::kFrontAtTip, 1);
  written.gives(order, {}, days(2))
      .tell(days(2), EventCode::kPrescriptionStarted, 2)
      .tell(days(2), EventCode::kFrontAtTip, 2)
      .gives(other, days(2), days(4));
  const TherapyCourse course = written.course({order});
  EXPECT_TRUE(course.days[1].given.has_value());
  EXPECT_FALSE(course.days[3].given.has_value());
  EXPECT_FALSE(course.days[3].prescribed.has_value());
  EXPECT_FALSE(course.tip.has_value()) << "what it does in the patient is not known";
  EXPECT_FALSE(course.prescriptions.back().order.has_value());
}

TEST(TherapyCourse, alarms_last_until_they_are_cleared) {
  const Prescription order = morphine_at(1, 300);
  Written written;
  const auto low = static_cast<std::uint8_t>(Alarm::kLowReservoir);
  written.gives(order, {}, days(1))
      .tell(days(1), EventCode::kAlarmRaised, 0, 0, low)
      .gives(order, days(1), days(2))
      .tell(days(2), EventCode::kAlarmCleared, 0, 0, low)
      .tell(days(2), EventCode::kAlarmRaised, 0, 0, low)
      .gives(order, days(2), days(3));
  const auto alarms = written.course({order}).alarms;
  ASSERT_EQ(alarms.size(), 2U);
  EXPECT_EQ(alarms[0].cleared_ms, kEpoch + 2 * kDayMs);
  EXPECT_FALSE(alarms[1].cleared_ms.has_value());
}

/// 18 mL were in it, 9 mL should be left, 8.1 mL came out: 9.9 of 9 mL were given.
TEST(TherapyCourse, INV_4_refills_are_held_against_what_the_pump_had_counted) {
  const Prescription order = morphine_at(1, 300);
  Written written;
  written.tell(Duration{}, EventCode::kRefilled, 18'000'000, 1);
  for (int i = 1; i <= 6; ++i)
    written.tell(days(30 * i), EventCode::kAspirated, 8'100'000, 9'000'000)
        .tell(days(30 * i), EventCode::kRefilled, 18'000'000, 1);
  written.gives(order, days(180), days(181));
  const auto refills = written.course({order}).refills;
  ASSERT_EQ(refills.size(), 7U);
  EXPECT_FALSE(refills[0].sums.has_value());
  EXPECT_NEAR(refills[1].sums->ratio, 1.1, 1e-9);
  EXPECT_FALSE(refills[1].sums->told());
  EXPECT_EQ(refills[6].sums->low, 0);
  EXPECT_GT(refills[6].sums->high, refills[5].sums->high) << "small, and each time the same way";
}

/// Powered time stands still without power; the clock that is set afterwards tells it.
TEST(TherapyCourse, a_clock_that_was_set_moves_what_comes_behind_it) {
  const Prescription order = morphine_at(1, 300);
  Written written;
  written.tell(Duration{}, EventCode::kPrescriptionStarted, 1).tell(Duration{}, EventCode::kFrontAtTip, 1);
  written.gives(order, {}, days(2))
      .tell(days(2), EventCode::kClockSet, kEpoch + 3 * kDayMs, 3 * kDayMs)
      .gives(order, days(2), days(4));
  const TherapyCourse course = written.course({order});
  ASSERT_EQ(course.days.size(), 8U);
  EXPECT_NEAR(mg(course.days[1].given.value()), 6, 0.01);
  EXPECT_NEAR(mg(course.days[6].given.value()), 6, 0.01);
}

TEST(TherapyCourse, what_cannot_be_told_is_told_so) {
  const KeptJournal none;
  EXPECT_FALSE(course_of({none, {}, kRoller, {}}).has_value());
  KeptJournal no_clock;
  no_clock.entries.push_back({0, {Instant{}, EventCode::kImplanted, 0, 0, 0}});
  EXPECT_FALSE(course_of({no_clock, {}, kRoller, {}}).has_value());
}

}  // namespace
}  // namespace theca
