// What a day asks for: never later than the pump's own alarm, whatever it holds and however old the reading
// is; the most urgent first.
#include "clinic/today.hpp"

#include <gtest/gtest.h>
// before rapidcheck
#include <rapidcheck/gtest.h>

#include "clinic/refilling.hpp"
#include "quantity/text.hpp"
#include "therapy/check.hpp"

namespace theca {
namespace {

constexpr std::int64_t kNow = 1'790'000'000'000;

const Library& library() {
  static const Library kLibrary = *load_library(THECA_DATA_DIR);
  return kLibrary;
}
const PumpModel& model() {
  static const PumpModel kModel = *pump_model(*library().find_pump("roller-40"));
  return kModel;
}
Running runs(Volume holds = millilitres(40)) {
  Running running;
  running.status.model = library().find_pump("roller-40")->code;
  running.status.state = DeviceState::kDelivering;
  running.status.reservoir_earliest = holds;
  running.status.low_alarm = millilitres(2);
  Prescription p;
  p.number = 2;
  p.formulation.count = 1;
  p.formulation.components[0].drug = library().find_drug("morphine")->code;
  p.formulation.components[0].concentration = parse_concentration("20 mg/mL").value();
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = microlitres_per_day(300);
  p.patient.dose = {microlitres(25), model().max_flow};
  p.patient.allotted = 4;
  p.patient.window_s = 86'400;
  running.prescription = p;
  return running;
}
records::DayEntry entry(std::int64_t read_ms = kNow) {
  records::DayEntry made;
  made.reading.emplace();
  made.reading->at_ms = read_ms;
  return made;
}
std::vector<Matter> matters(const records::DayEntry& of, const std::optional<Running>& running,
                            const RefillLeft& left = {}) {
  return matters_of(of, running, left, library(), kNow);
}
const Matter* find(const std::vector<Matter>& all, MatterKind kind) {
  const auto found = std::ranges::find(all, kind, &Matter::kind);
  return found == all.end() ? nullptr : &*found;
}

TEST(Today, INV_11_a_refill_is_due_before_the_pump_can_come_to_its_alarm) {
  // 38 mL / 0.4 mL/day / 1.145 = 82.9 days (docs/arithmetic.md#refill).
  const auto by = refill_by(runs(), kNow, std::nullopt, library());
  ASSERT_TRUE(by);
  EXPECT_EQ((*by - kNow) / kMillisecondsPerDay, 82);
  EXPECT_TRUE(rc::check([] {
    const Volume holds = microlitres(*rc::gen::inRange(2'001, 40'000));
    const std::int64_t age = *rc::gen::inRange<std::int64_t>(0, 400) * kMillisecondsPerDay;
    const Running running = runs(holds);
    const auto due = refill_by(running, kNow - age, std::nullopt, library());
    RC_ASSERT(due.has_value());
    // Whatever is given a day at the most, at the upper end of the accuracy, is not down to the alarm by
    // then.
    const double a_day = 0.4e6 * (1 + static_cast<double>(model().accuracy_ppm) / 1e6);
    const double given = static_cast<double>(*due - (kNow - age)) / kMillisecondsPerDay * a_day;
    RC_ASSERT(given <= static_cast<double>((holds - running.status.low_alarm).raw()) * 1.0001);
    const auto all = matters(entry(kNow - age), running);
    const Matter* refill = find(all, MatterKind::kRefill);
    RC_ASSERT(refill != nullptr);
    RC_ASSERT((refill->urgency == Urgency::kNow) == (*due <= kNow));
  }));
}

TEST(Today, a_refill_is_due_when_the_drug_keeps_no_longer) {
  const auto far = refill_by(runs(), kNow, kNow, library());
  const auto near = refill_by(runs(), kNow, kNow - days(60).raw(), library());
  ASSERT_TRUE(far && near);
  EXPECT_LE(*near, *far);
  Running slow = runs();
  slow.prescription->basal.rate = microlitres_per_day(60);
  slow.prescription->patient = {};
  const auto kept = refill_by(slow, kNow, kNow - days(30).raw(), library());
  const auto unknown = refill_by(slow, kNow, std::nullopt, library());
  ASSERT_TRUE(kept && unknown);
  EXPECT_LT(*kept, *unknown) << "filled a month ago, and the drug counts from there";
}

TEST(Today, INV_7_INV_13_what_cannot_wait_comes_first_and_nothing_hides_it) {
  records::DayEntry of = entry(kNow - hours(1).raw());
  of.unsettled = {{5}, records::SendState::kUnknown, kNow - hours(2).raw()};
  of.unsent = {{7}, kNow - hours(3).raw()};
  Running running = runs();
  AlarmSet alarms;
  alarms.raise(Alarm::kReplaceSoon);
  alarms.raise(Alarm::kMotorStall);
  running.status.alarms = alarms.bits();
  const RefillLeft left{.residual = "3.5 mL came out. pocket fill",
                        .residual_ms = kNow - days(2).raw(),
                        .never_told = "4 mL went in",
                        .filled_ms = {}};
  const auto all = matters(of, running, left);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Matter::urgency));
  for (const MatterKind now : {MatterKind::kNotKnown, MatterKind::kAlarm, MatterKind::kNeverTold}) {
    ASSERT_NE(find(all, now), nullptr) << static_cast<int>(now);
    EXPECT_EQ(find(all, now)->urgency, Urgency::kNow);
  }
  ASSERT_NE(find(all, MatterKind::kReplace), nullptr);
  EXPECT_EQ(find(all, MatterKind::kReplace)->urgency, Urgency::kSoon);
  EXPECT_NE(find(all, MatterKind::kDraft), nullptr);
  EXPECT_NE(find(all, MatterKind::kResidual), nullptr);
  RefillLeft old = left;
  old.residual_ms = kNow - days(31).raw();
  EXPECT_EQ(find(matters(of, running, old), MatterKind::kResidual), nullptr);
  of.refill = {{9}, /*over=*/false, kNow - days(2).raw()};
  EXPECT_EQ(find(matters(of, running), MatterKind::kOpenRefill)->urgency, Urgency::kNow);
}

/// What it said before is not what it runs: neither the date nor the window is reckoned from it.
TEST(Today, INV_4_INV_7_a_pump_that_took_something_behind_its_reading_is_told_to_be_read) {
  records::DayEntry of = entry(kNow - hours(3).raw());
  Running running = runs();
  running.order.emplace();
  running.status.now = Instant{0} + hours(100);
  running.status.supervised_until = running.status.now + hours(24);
  EXPECT_NE(find(matters(of, running), MatterKind::kRefill), nullptr);
  EXPECT_NE(find(matters(of, running), MatterKind::kSupervised), nullptr);
  of.confirmed_ms = kNow - hours(1).raw();
  const auto all = matters(of, running);
  ASSERT_NE(find(all, MatterKind::kChanged), nullptr);
  EXPECT_EQ(find(all, MatterKind::kChanged)->urgency, Urgency::kNow);
  EXPECT_EQ(find(all, MatterKind::kRefill), nullptr);
  EXPECT_EQ(find(all, MatterKind::kSupervised), nullptr);
  of.confirmed_ms = kNow - days(3).raw();
  of.reading->at_ms = kNow - days(4).raw();
  EXPECT_EQ(find(matters(of, running), MatterKind::kChanged)->urgency, Urgency::kSoon);
  of.reading->at_ms = kNow - days(2).raw();
  EXPECT_EQ(find(matters(of, running), MatterKind::kChanged), nullptr) << "it was read since";
}

TEST(Today, a_supervised_window_is_told_until_it_is_over) {
  Running running = runs();
  running.order.emplace();
  running.status.now = Instant{0} + hours(100);
  running.status.supervised_until = running.status.now + hours(5);
  const auto during = matters(entry(kNow - hours(1).raw()), running);
  ASSERT_NE(find(during, MatterKind::kSupervised), nullptr);
  EXPECT_EQ(find(during, MatterKind::kSupervised)->at_ms, kNow + hours(4).raw());
  EXPECT_EQ(find(matters(entry(kNow - hours(6).raw()), running), MatterKind::kSupervised), nullptr);
}

TEST(Today, a_pump_that_was_never_read_says_that_and_nothing_else) {
  const auto all = matters({}, std::nullopt);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.front().kind, MatterKind::kNotRead);
}

}  // namespace
}  // namespace theca
