// The hours after a change in which the pump is stricter: what begins them, how many doses they leave the
// patient, how loud its alarms are, and that nothing but powered time ends them.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <vector>

#include "pump/bench_testing.hpp"

namespace theca {
namespace {

using namespace example;

constexpr FlowRate kRate = nanolitres_per_day(300'000);
constexpr Duration kWindow = hours(24);
const Formulation kFirst = morphine(1, 20);
const Formulation kSecond = morphine(2, 40);

Instant at(Duration since) { return Instant{0} + since; }
rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

/// Four boluses a day, three hours apart; supervised, two a day and six hours apart.
Prescription supervised(std::uint32_t number, const Formulation& formulation = kFirst) {
  Prescription p = continuous(number, formulation, kRate);
  p.patient = quarter_millilitre_a_day();
  p.supervised = {86'400, 6 * 3'600, 2};
  return p;
}
RefillRecord of(const Formulation& formulation, Volume volume = millilitres(40)) {
  RefillRecord record;
  record.filled = volume;
  record.formulation = formulation;
  return record;
}
/// Its first window is over, and nothing has been asked for.
Bench settled(const Implantation& setup = setup_with(kFirst), const Prescription& p = supervised(1)) {
  Bench bench{setup, p};
  bench.run_for(days(2));
  bench.events.clear();
  return bench;
}

// ---- what begins it -------------------------------------------------------------------------------------

struct Cause {
  SupervisedFor why;
  const char* how;
  std::function<Bench()> begun;  // just now
};

const std::vector<Cause>& causes() {
  static const std::vector<Cause> all = {
      {SupervisedFor::kImplantation, "implanted",
       [] {
         return Bench{setup_with(kFirst), supervised(1)};
       }},
      {SupervisedFor::kPrime, "the path is primed after all",
       [] {
         Bench bench = settled(dry_setup_with(kFirst), [] {
           Prescription p = supervised(1);
           p.basal.rate = kRoller.min_flow;
           return p;
         }());
         Prescription p = supervised(2);
         p.prime = {microlitres(100), microlitres_per_day(2'400)};
         EXPECT_TRUE(bench.prescribe(p));
         return bench;
       }},
      {SupervisedFor::kRevision, "another catheter",
       [] {
         Bench bench = settled();
         EXPECT_TRUE(bench.revise({{microlitres(199), microlitres(100)}, Formulation{}}, supervised(2)));
         return bench;
       }},
      {SupervisedFor::kEmptyRefill, "filled when it had run dry",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.filled = microlitres(500);
         Bench bench = settled(setup);
         EXPECT_TRUE(bench.has_alarm(Alarm::kReservoirDry));
         EXPECT_TRUE(bench.refill(of(kFirst)));
         return bench;
       }},
      {SupervisedFor::kEmptyRefill, "filled when it may have run dry",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.filled = microlitres(620);
         Bench bench = settled(setup);
         EXPECT_TRUE(bench.has_alarm(Alarm::kEmptyReservoir));
         EXPECT_FALSE(bench.has_alarm(Alarm::kReservoirDry));
         EXPECT_TRUE(bench.refill(of(kFirst)));
         return bench;
       }},
      {SupervisedFor::kEmptyRefill, "nothing came out where nearly all should",
       [] {
         Bench bench = settled();
         RefillRecord record = of(kFirst);
         record.aspirated = microlitres(300);
         const Prescription p = supervised(2);
         EXPECT_TRUE(bench.refill(record, &p));
         return bench;
       }},
      {SupervisedFor::kEmptyRefill, "filled when empty, its new prescription begins tomorrow",
       [] {
         Implantation setup = setup_with(kFirst);
         setup.refill.filled = microlitres(620);
         Bench bench = settled(setup);
         Prescription p = supervised(2);
         p.starts_utc_s = kMonday8UtcMs / 1'000 + 4 * 86'400;
         EXPECT_TRUE(bench.refill(of(kFirst), &p));
         return bench;
       }},
      {SupervisedFor::kDrugChange, "another concentration",
       [] {
         Bench bench = settled();
         const Prescription p = supervised(2, kSecond);
         EXPECT_TRUE(bench.refill(of(kSecond), &p));
         return bench;
       }},
      {SupervisedFor::kRestart, "resumed",
       [] {
         Bench bench = settled();
         EXPECT_TRUE(bench.stop());
         bench.run_for(hours(1));
         EXPECT_TRUE(bench.resume());
         return bench;
       }},
      {SupervisedFor::kRestart, "prescribed anew while stopped",
       [] {
         Bench bench = settled();
         EXPECT_TRUE(bench.stop());
         EXPECT_TRUE(bench.prescribe(supervised(2)));
         return bench;
       }},
      {SupervisedFor::kRestart, "prescribed anew after three days without",
       [] {
         Bench bench = settled();
         bench.swallow = INT64_MAX;
         bench.run_for(hours(74));
         EXPECT_TRUE(bench.pump.status().naive);
         bench.swallow = 0;
         EXPECT_TRUE(bench.prescribe(supervised(2)));
         return bench;
       }},
      {SupervisedFor::kRestart, "prescribed anew out of the safe state",
       [] {
         Bench bench = settled();
         Effects out;
         bench.pump.mended(out);  // RAM was not what it was
         EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
         EXPECT_TRUE(bench.prescribe(supervised(2)));
         return bench;
       }},
  };
  return all;
}

TEST(PumpSupervised, INV_7_each_cause_begins_it_and_the_millisecond_ends_it) {
  for (const Cause& cause : causes()) {
    SCOPED_TRACE(cause.how);
    Bench bench = cause.begun();
    const Instant until = bench.now() + kWindow;
    ASSERT_EQ(bench.count(EventCode::kSupervisedStarted), 1U);
    const Event begun = bench.last(EventCode::kSupervisedStarted);
    EXPECT_EQ(begun.detail, static_cast<std::uint8_t>(cause.why));
    EXPECT_EQ(begun.value, until.raw());
    EXPECT_EQ(begun.value2, 2);
    EXPECT_EQ(bench.pump.status().supervised_until, until);
    bench.run_to(until - milliseconds(1));
    EXPECT_EQ(bench.pump.status().supervised_until, until);
    EXPECT_EQ(bench.count(EventCode::kSupervisedEnded), 0U);
    bench.run_to(until);
    EXPECT_EQ(bench.pump.status().supervised_until, Instant{});
    ASSERT_EQ(bench.count(EventCode::kSupervisedEnded), 1U);
    EXPECT_EQ(bench.last(EventCode::kSupervisedEnded).at, until);
  }
}

TEST(PumpSupervised, a_cause_within_it_lets_it_begin_again) {
  Bench bench{setup_with(kFirst), supervised(1)};
  bench.run_for(hours(20));
  bench.stop();
  bench.run_for(hours(1));
  ASSERT_TRUE(bench.resume());
  EXPECT_EQ(bench.pump.status().supervised_until, at(hours(45)));
  bench.run_to(at(hours(45)));
  EXPECT_EQ(bench.count(EventCode::kSupervisedEnded), 1U);
}

TEST(PumpSupervised, what_changes_nothing_for_the_patient_begins_none) {
  Bench bench = settled();
  ASSERT_TRUE(bench.refill(of(kFirst)));
  RefillRecord aspirated = of(kFirst);
  aspirated.aspirated = bench.pump.status().reservoir_nominal;
  ASSERT_TRUE(bench.refill(aspirated));
  const Formulation same = morphine(2, 20);
  const Prescription under_another_number = supervised(2, same);
  ASSERT_TRUE(bench.refill(of(same), &under_another_number));
  ASSERT_TRUE(bench.prescribe(supervised(3, same)));
  Prescription later = supervised(4, same);
  later.starts_utc_s = kMonday8UtcMs / 1'000 + 3 * 86'400;
  ASSERT_TRUE(bench.prescribe(later));
  bench.set_ceilings({microlitres(900), millilitres(20), millilitres(600)});
  bench.magnetic_field(true);
  bench.run_for(hours(1));
  bench.magnetic_field(false);
  bench.swallow = 1;
  bench.run_for(days(2));
  EXPECT_EQ(bench.pump.status().prescription, 4U);
  EXPECT_EQ(bench.count(EventCode::kSupervisedStarted), 0U);
}

TEST(PumpSupervised, a_prescription_without_one_begins_none_and_ends_what_runs) {
  Prescription p = supervised(1);
  p.supervised = {};
  Bench never{setup_with(kFirst), p};
  never.stop();
  ASSERT_TRUE(never.resume());
  never.run_for(hours(4));
  EXPECT_EQ(never.count(EventCode::kSupervisedStarted), 0U);
  EXPECT_EQ(never.pump.status().boluses_left, 4);

  Bench ended{setup_with(kFirst), supervised(1)};
  ended.run_for(hours(1));
  p.number = 2;
  ASSERT_TRUE(ended.prescribe(p));
  EXPECT_EQ(ended.pump.status().supervised_until, Instant{});
  EXPECT_EQ(ended.count(EventCode::kSupervisedEnded), 1U) << "the journal tells its end as well";
}

/// The old dose would run until then.
TEST(PumpSupervised, a_patient_who_may_be_naive_is_not_helped_by_a_prescription_that_begins_later) {
  Prescription later = supervised(2);
  later.starts_utc_s = kMonday8UtcMs / 1'000 + 30 * 86'400;
  Implantation setup = setup_with(kFirst);
  setup.refill.filled = microlitres(500);
  Bench dry = settled(setup);
  dry.run_for(days(4));
  ASSERT_TRUE(dry.pump.status().naive);
  const CommandResult refused = dry.refill(of(kFirst), &later);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().refusal, Refusal::kStartsLater);
  dry.run_for(days(1));
  EXPECT_EQ(dry.pump.status().flow, FlowRate{0});

  Bench empty = settled();
  RefillRecord record = of(kFirst);
  record.aspirated = Volume{};
  const CommandResult found = empty.refill(record, &later);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().refusal, Refusal::kStartsLater);
}

// ---- what the patient may have --------------------------------------------------------------------------

TEST(PumpSupervised, INV_7_the_stricter_limits_hold_inside_and_the_ordinary_ones_from_its_end_on) {
  Bench bench{setup_with(kFirst), supervised(1)};
  bench.run_to(at(hours(1)));
  EXPECT_EQ(bench.pump.status().boluses_left, 2);
  ASSERT_EQ(bench.press().refusal, Refusal::kNone);
  bench.run_to(at(hours(4)));
  EXPECT_EQ(bench.press().refusal, Refusal::kSupervised) << "its own lockout is over, the stricter one not";
  EXPECT_EQ(bench.pump.status().next_bolus_possible, at(hours(7)));
  bench.run_to(at(hours(7)) - milliseconds(1));
  const BolusAnswer early = bench.press();
  EXPECT_EQ(early.refusal, Refusal::kSupervised);
  EXPECT_EQ(early.next_possible, at(hours(7)));
  bench.run_to(at(hours(7)));
  ASSERT_EQ(bench.press().refusal, Refusal::kNone);
  EXPECT_EQ(bench.pump.status().boluses_left, 0);
  bench.run_to(at(hours(24)) - milliseconds(1));
  EXPECT_EQ(bench.press().refusal, Refusal::kSupervised);
  EXPECT_EQ(bench.pump.status().next_bolus_possible, at(hours(24)));
  bench.run_to(at(hours(24)));
  EXPECT_EQ(bench.pump.status().boluses_left, 2) << "of four, two were given in this day";
  EXPECT_EQ(bench.press().refusal, Refusal::kNone);
}

TEST(PumpSupervised, INV_7_none_allotted_is_no_bolus_until_its_end) {
  Prescription p = supervised(1);
  p.supervised.allotted = 0;
  Bench bench{setup_with(kFirst), p};
  EXPECT_EQ(bench.pump.status().boluses_left, 0);
  EXPECT_EQ(bench.press().refusal, Refusal::kSupervised);
  EXPECT_EQ(bench.pump.status().next_bolus_possible, at(hours(24)));
  bench.run_to(at(hours(24)) - milliseconds(1));
  EXPECT_EQ(bench.press().next_possible, at(hours(24)));
  bench.run_to(at(hours(24)));
  EXPECT_EQ(bench.press().refusal, Refusal::kNone);
}

TEST(PumpSupervised, INV_7_setting_the_clock_neither_ends_nor_lengthens_it) {
  for (const Duration shift : {days(-3), hours(-1), hours(1), days(3)}) {
    Bench bench{setup_with(kFirst), supervised(1)};
    bench.press();
    bench.run_to(at(hours(5)));
    bench.shift_clock(shift);
    EXPECT_EQ(bench.pump.status().supervised_until, at(hours(24)));
    EXPECT_EQ(bench.press().refusal, Refusal::kSupervised);
    bench.run_to(at(hours(24)));
    EXPECT_EQ(bench.last(EventCode::kSupervisedEnded).at, at(hours(24)));
  }
}

/// Policy and window as numbers.
struct Limits {
  std::int64_t lockout, window, allotted;
};
struct Model {
  Limits ordinary, strict;
  std::int64_t lasts = 0;
  std::int64_t until = 0;  // the supervised window's end
  std::vector<std::int64_t> grants;

  [[nodiscard]] static bool fits(const Limits& limits, const std::vector<std::int64_t>& grants,
                                 std::int64_t t) {
    std::int64_t inside = 0;
    for (const std::int64_t grant : grants) inside += grant + limits.window > t ? 1 : 0;
    return (grants.empty() || t >= grants.back() + limits.lockout) && inside < limits.allotted;
  }
  [[nodiscard]] bool may(std::int64_t t) const {
    return fits(ordinary, grants, t) && (t >= until || fits(strict, grants, t));
  }
  [[nodiscard]] std::int64_t left(std::int64_t t) const {
    const Limits& now = t < until ? strict : ordinary;
    std::int64_t inside = 0;
    for (const std::int64_t grant : grants) inside += grant + now.window > t ? 1 : 0;
    return std::max<std::int64_t>(0, now.allotted - inside);
  }
};

/// A policy with boluses of a minute and a stricter one for the first hours.
struct Policies {
  Prescription p;
  Model model;
};
Policies any_policies() {
  Policies made{continuous(1, kFirst, kRoller.min_flow), {}};
  PatientBolusPolicy& policy = made.p.patient;
  policy.dose = over(nanolitres(100), minutes(1));
  policy.window_s = static_cast<std::uint32_t>(*within(3'600, 2 * 86'400));
  policy.lockout_s = static_cast<std::uint32_t>(*within(900, 4 * 3'600));
  policy.allotted = static_cast<std::uint8_t>(*within(1, 6));
  SupervisedWindow& window = made.p.supervised;
  window.lasts_s = static_cast<std::uint32_t>(*within(1, 72 * 3'600));
  window.lockout_s = policy.lockout_s + static_cast<std::uint32_t>(*within(0, 6 * 3'600));
  window.allotted = static_cast<std::uint8_t>(*within(0, policy.allotted));
  made.model.ordinary = {policy.lockout_s * 1'000LL, policy.window_s * 1'000LL, policy.allotted};
  made.model.strict = {window.lockout_s * 1'000LL, policy.window_s * 1'000LL, window.allotted};
  made.model.lasts = window.lasts_s * 1'000LL;
  made.model.until = made.model.lasts;
  return made;
}

RC_GTEST_PROP(PumpSupervised, INV_7_grants_and_status_are_a_models_at_every_press, ()) {
  Policies made = any_policies();
  Model& model = made.model;
  Bench bench{setup_with(kFirst), made.p};
  const int deeds = static_cast<int>(*within(1, 60));
  for (int i = 0; i < deeds; ++i) {
    const std::int64_t next = bench.pump.status().next_bolus_possible.raw() - bench.now().raw();
    const bool to_the_millisecond = next > 1 && next < days(4).raw() && *within(0, 1) == 0;
    bench.run_for(milliseconds(to_the_millisecond ? next - *within(0, 1) : *within(0, hours(5).raw())));
    const std::int64_t kind = *within(0, 19);
    if (kind == 0) {
      bench.shift_clock(hours(*within(-40, 40)));
    } else if (kind == 1) {
      bench.stop();
      bench.run_for(minutes(*within(1, 90)));
      RC_ASSERT(bench.resume().has_value());
      model.until = std::max(model.until, bench.now().raw() + model.lasts);
    }
    if (bench.pump.mode() == Mode::kPatientBolus) bench.run_for(minutes(1));
    bench.observe();
    const std::int64_t now = bench.now().raw();
    const Status status = bench.pump.status();
    RC_ASSERT(status.supervised_until.raw() == (now < model.until ? model.until : 0));
    RC_ASSERT(status.boluses_left == model.left(now));
    const std::int64_t possible = status.next_bolus_possible.raw();
    RC_ASSERT(model.may(now) == (possible <= now));
    if (possible > now) RC_ASSERT(model.may(possible) && !model.may(possible - 1));
    const BolusAnswer answer = bench.press();
    RC_ASSERT((answer.refusal == Refusal::kNone) == model.may(now));
    if (answer.refusal == Refusal::kSupervised) RC_ASSERT(answer.next_possible.raw() > now);
    if (answer.refusal == Refusal::kNone) model.grants.push_back(now);
  }
}

RC_GTEST_PROP(PumpSupervised, INV_7_never_more_is_granted_with_it_than_without, ()) {
  const Policies made = any_policies();
  Prescription without = made.p;
  without.supervised = {};
  Bench strict{setup_with(kFirst), made.p}, ordinary{setup_with(kFirst), without};
  const int presses = static_cast<int>(*within(1, 80));
  for (int i = 0; i < presses; ++i) {
    const Duration gap{*within(0, hours(3).raw())};
    for (Bench* bench : {&strict, &ordinary}) {
      bench->run_for(gap);
      bench->press();
    }
    RC_ASSERT(strict.count(EventCode::kBolusGranted) <= ordinary.count(EventCode::kBolusGranted));
    RC_ASSERT(strict.steps.size() <= ordinary.steps.size());
  }
}

// ---- its alarms -----------------------------------------------------------------------------------------

TEST(PumpSupervised, every_alarm_sounds_as_a_critical_one_until_its_end) {
  Implantation setup = setup_with(kFirst);
  setup.low_alarm = setup.refill.filled;  // low from the first moment on
  Prescription p = supervised(1);
  Bench inside{setup, p};
  p.supervised = {};
  Bench outside{setup, p};
  for (Bench* bench : {&inside, &outside}) bench->run_for(hours(30));
  ASSERT_FALSE(inside.sounds.empty());
  ASSERT_FALSE(outside.sounds.empty());
  std::size_t critical = 0;
  for (const auto& [when, alarm_class] : inside.sounds) {
    EXPECT_EQ(alarm_class, when < at(kWindow) ? AlarmClass::kCritical : AlarmClass::kNonCritical)
        << when.raw();
    critical += alarm_class == AlarmClass::kCritical ? 1 : 0;
  }
  EXPECT_EQ(inside.sounds.front().first, at(Duration{0}));
  EXPECT_EQ(critical, 24U * 6U);
  EXPECT_EQ(outside.sounds.size(), 31U);
  for (const auto& sound : outside.sounds) EXPECT_EQ(sound.second, AlarmClass::kNonCritical);
}

TEST(PumpSupervised, an_alarm_that_somebody_has_seen_sounds_no_louder_for_it) {
  Implantation setup = setup_with(kFirst);
  setup.low_alarm = setup.refill.filled;
  Bench bench{setup, supervised(1)};
  bench.acknowledge();
  bench.sounds.clear();
  bench.run_for(hours(23));
  EXPECT_TRUE(bench.sounds.empty());
}

}  // namespace
}  // namespace theca
