// A draft tried on many patients beside what runs.
#include "cohort/trial.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "cohort/cohort_testing.hpp"
#include "cohort/many_patients.hpp"
#include "therapy/prescription_testing.hpp"
#include "therapy/schedule.hpp"
#include "world/play.hpp"

namespace theca {
namespace {

using namespace example;

constexpr std::int64_t kFew = 24;

Prescription morphine_at(std::int64_t microlitres_a_day) {
  Prescription made;
  made.number = 1;
  made.formulation = morphine(1, 20);
  made.basal.mode = BasalMode::kSimpleContinuous;
  made.basal.rate = microlitres_per_day(microlitres_a_day);
  return made;
}
Prescription with_boluses(Prescription made, std::int64_t microlitres_each, std::uint8_t allotted) {
  made.patient.dose = {microlitres(microlitres_each), microlitres_per_day(7'200)};
  made.patient.lockout_s = 3 * 3'600;
  made.patient.window_s = 24 * 3'600;
  made.patient.allotted = allotted;
  return made;
}

std::shared_ptr<const TrialPatients> few_patients(const Prescription& runs, const Prescription& draft,
                                                  std::vector<DrugCode>& drugs) {
  const TriedDrugs tried = tried_drugs(runs, draft, library(), body());
  EXPECT_TRUE(tried.unknown.empty());
  drugs = tried.drugs;
  return std::make_shared<TrialPatients>(
      *TrialPatients::prepare(body(), adults(), {}, tried.substances, kFew, 7, 2));
}
Trial tried(const Prescription& runs, const Prescription& draft, unsigned threads = 2) {
  std::vector<DrugCode> drugs;
  const auto patients = few_patients(runs, draft, drugs);
  const auto before = WhatRuns::play(patients, drugs, runs, kMonday8, kRoller.minimum_rate, threads).value();
  return before.tried(draft, threads).value();
}

void same(const TrialArm& a, const TrialArm& b) {
  EXPECT_EQ(a.relief.median, b.relief.median);
  EXPECT_EQ(a.relief.p5, b.relief.p5);
  EXPECT_EQ(a.ventilation.p95, b.ventilation.p95);
  EXPECT_EQ(a.lowest_ventilation.p5, b.lowest_ventilation.p5);
  EXPECT_EQ(a.most_withdrawal.p95, b.most_withdrawal.p95);
  EXPECT_EQ(a.breathes_too_little.of, b.breathes_too_little.of);
}

/// ug of a drug in all.
double total(const TipCourse& course, DrugCode drug) {
  double sum = 0;
  for (const TipDrug& one : course)
    if (one.drug == drug)
      sum += std::accumulate(one.evenly.begin(), one.evenly.end(), 0.0) +
             std::accumulate(one.at_once.begin(), one.at_once.end(), 0.0);
  return sum;
}

TEST(TipCourseOf, what_is_prescribed_leaves_the_tip) {
  const TipCourse course =
      tip_course(morphine_at(300), {}, kMonday8, kRoller.minimum_rate, days(30), Asks::kAllAllotted);
  ASSERT_EQ(course.size(), 1U);
  EXPECT_NEAR(total(course, kMorphine), 30 * 6'000, 1);
  // Four boluses of 0.5 mg a day, each hour at most one.
  const TipCourse asked = tip_course(with_boluses(morphine_at(300), 25, 4), {}, kMonday8,
                                     kRoller.minimum_rate, days(30), Asks::kAllAllotted);
  EXPECT_NEAR(total(asked, kMorphine), 30 * (6'000 + 4 * 500), 1);
  for (const double once : asked[0].at_once) EXPECT_TRUE(once == 0 || std::abs(once - 500) < 1e-6) << once;
  const TipCourse none = tip_course(with_boluses(morphine_at(300), 25, 4), {}, kMonday8, kRoller.minimum_rate,
                                    days(30), Asks::kNothing);
  EXPECT_NEAR(total(none, kMorphine), 30 * 6'000, 1);
}

/// Whatever is prescribed: basal and schedule by the functions of the pump, and the patient's doses within
/// what he is allowed.
RC_GTEST_PROP(TipCourseOf, the_doses_are_those_of_the_prescription, ()) {
  Prescription made = morphine_at(*rc::gen::inRange(50, 900));
  if (*rc::gen::arbitrary<bool>()) {
    made.basal.mode = BasalMode::kFlex;
    made.basal.profile_count = 2;
    for (std::size_t day = 0; day < made.basal.profile_of_weekday.size(); ++day)
      made.basal.profile_of_weekday[day] = static_cast<std::uint8_t>(*rc::gen::inRange(0, 2));
    for (std::size_t k = 0; k < 2; ++k) {
      DayProfile& profile = made.basal.profiles[k];
      profile.count = 3;
      for (std::size_t i = 0; i < 3; ++i)
        profile.steps[i] = {static_cast<std::uint16_t>(i * 480),
                            microlitres_per_day(*rc::gen::inRange(50, 900))};
    }
  }
  if (*rc::gen::arbitrary<bool>()) {
    made.schedule.kind = ScheduleKind::kInterval;
    made.schedule.dose = {microlitres(20), microlitres_per_day(7'200)};
    made.schedule.interval_s = static_cast<std::uint32_t>(*rc::gen::inRange(3'600, 90'000));
  }
  const Duration lasts = days(*rc::gen::inRange(1, 31));
  const TipCourse course = tip_course(made, {}, kMonday8, kRoller.minimum_rate, lasts, Asks::kAllAllotted);
  const Amount due =
      delivered_volume(made, kMonday8, kRoller.minimum_rate, Instant{}, Instant{}, Instant{} + lasts);
  // A bolus that comes due in the last step is counted whole.
  const double most = static_cast<double>(made.schedule.dose.volume.raw()) * 20e-3;
  const double by_pump = static_cast<double>(due.floor().raw()) * 20e-3;
  RC_ASSERT(std::abs(total(course, kMorphine) - by_pump) <= most + 0.1);

  Prescription asking = with_boluses(made, 10, static_cast<std::uint8_t>(*rc::gen::inRange(1, 32)));
  asking.patient.lockout_s = static_cast<std::uint32_t>(*rc::gen::inRange(600, 40'000));
  asking.patient.from_minute = static_cast<std::uint16_t>(*rc::gen::inRange(0, 1'440));
  asking.patient.to_minute = static_cast<std::uint16_t>(*rc::gen::inRange(0, 1'440));
  const double more =
      total(tip_course(asking, {}, kMonday8, kRoller.minimum_rate, lasts, Asks::kAllAllotted), kMorphine) -
      total(course, kMorphine);
  const double each = 200;  // ug
  const double windows = std::ceil(static_cast<double>(lasts.raw()) / static_cast<double>(days(1).raw()));
  RC_ASSERT(more >= -0.01);
  RC_ASSERT(more <= windows * asking.patient.allotted * each + 0.1);
  const double lockouts = std::ceil(static_cast<double>(lasts.raw()) / (1'000.0 * asking.patient.lockout_s));
  RC_ASSERT(more <= lockouts * each + 0.1);
}

/// Nothing comes until the front has crossed the path: 0.375 mL at 0.3 mL/day, 30 h.
TEST(TipCourseOf, out_of_a_dry_catheter_comes_nothing_first) {
  const TipCourse course = tip_course(morphine_at(300), {}, kMonday8, kRoller.minimum_rate, days(30),
                                      Asks::kNothing, microlitres(375));
  EXPECT_EQ(course[0].evenly[29], 0);
  EXPECT_NEAR(course[0].evenly[31], 250, 0.01);
  EXPECT_NEAR(total(course, kMorphine), 30 * 6'000 - 7'500, 1);
}

TEST(TipCourseOf, a_bridge_gives_the_old_fluid_first) {
  Prescription weaker = morphine_at(600);
  weaker.formulation = morphine(2, 10);
  weaker.bridge = {microlitres(375), microlitres_per_day(300), 1};  // 30 h
  const TipCourse course =
      tip_course(weaker, morphine(1, 20), kMonday8, kRoller.minimum_rate, days(30), Asks::kNothing);
  EXPECT_NEAR(total(course, kMorphine), 30 * 6'000, 1) << "the dose stays, whichever fluid it comes from";
  const double hour = 6'000.0 / 24;
  for (const std::size_t i : {0U, 29U, 30U, 700U}) EXPECT_NEAR(course[0].evenly[i], hour, 0.01) << i;
}

TEST(Trial, a_draft_that_changes_nothing_changes_nothing) {
  const Prescription runs = with_boluses(morphine_at(300), 25, 4);
  const Trial trial = tried(runs, runs);
  same(trial.draft[0], trial.runs[0]);
  same(trial.draft[1], trial.runs[1]);
  EXPECT_FALSE(trial.steady_hours);
  EXPECT_EQ(trial.patients, kFew);
  EXPECT_EQ(trial.days.front(), 0);
  EXPECT_EQ(trial.days.back(), 30);
  EXPECT_EQ(trial.days.size(), trial.draft[0].relief.median.size());
  EXPECT_GT(trial.tolerance, 1);
}

TEST(Trial, it_is_the_same_on_any_number_of_threads) {
  const Prescription runs = morphine_at(300), draft = morphine_at(360);
  const Trial one = tried(runs, draft, 1), two = tried(runs, draft, 3);
  same(one.draft[0], two.draft[0]);
  same(one.runs[1], two.runs[1]);
}

/// More of it relieves more and leaves less of the breath, and so does a patient who asks for all he may
/// have.
TEST(Trial, more_drug_leaves_no_more_breath_and_no_less_relief) {
  const Prescription runs = with_boluses(morphine_at(300), 25, 4);
  std::vector<DrugCode> drugs;
  const auto patients = few_patients(runs, runs, drugs);
  const auto before = WhatRuns::play(patients, drugs, runs, kMonday8, kRoller.minimum_rate, 2).value();
  std::optional<Trial> last;
  for (const std::int64_t flow : {150, 300, 450, 900, 3'000}) {
    Prescription draft = runs;
    draft.basal.rate = microlitres_per_day(flow);
    const Trial now = before.tried(draft, 2).value();
    const TrialArm &none = now.draft[0], &all = now.draft[1];
    // Whoever asked for all before is more used to it.
    EXPECT_LE(all.lowest_ventilation.median, none.lowest_ventilation.median + 0.001);
    EXPECT_GE(all.breathes_too_little.of, none.breathes_too_little.of);
    if (flow < 300) {
      EXPECT_GT(none.most_withdrawal.median, now.runs[0].most_withdrawal.median);
    }
    if (flow != 300) {
      ASSERT_TRUE(now.steady_hours);
      EXPECT_GT(now.steady_hours->median, 3);
      EXPECT_LT(now.steady_hours->median, 48);
    }
    if (last) {
      for (const std::size_t asks : {0U, 1U}) {
        EXPECT_LE(now.draft[asks].lowest_ventilation.p5, last->draft[asks].lowest_ventilation.p5);
        EXPECT_LE(now.draft[asks].lowest_ventilation.median, last->draft[asks].lowest_ventilation.median);
        EXPECT_GE(now.draft[asks].relief_at_end.median, last->draft[asks].relief_at_end.median);
      }
    }
    last = now;
  }
  EXPECT_GT(last->draft[0].breathes_too_little.of, last->runs[0].breathes_too_little.of)
      << "ten times the dose";
}

/// A count that no doubling could ever reach would reassure of every slip below a trebling.
TEST(Trial, twice_the_dose_is_counted_and_what_runs_is_not) {
  const Trial trial = tried(morphine_at(300), morphine_at(600));
  EXPECT_EQ(trial.runs[0].breathes_too_little.of, 0);
  EXPECT_GT(trial.draft[0].breathes_too_little.of, 0);
  EXPECT_GT(trial.draft[0].breathes_too_little.low, 0);
}

TEST(Trial, behind_a_dry_catheter_relief_begins_when_the_front_is_there) {
  std::vector<DrugCode> drugs;
  const Prescription runs = morphine_at(300), draft = morphine_at(600);
  const auto patients = few_patients(runs, draft, drugs);
  const Trial trial = WhatRuns::play(patients, drugs, runs, kMonday8, kRoller.minimum_rate, 2, {},
                                     {.dry = microlitres(375), .used_to_it = true})
                          ->tried(draft, 2)
                          .value();
  const auto at_day = [](const TrialArm& arm, double day) {
    return arm.relief.median[static_cast<std::size_t>(day * 4)];
  };
  EXPECT_EQ(at_day(trial.runs[0], 1), 0) << "30 h";
  EXPECT_EQ(at_day(trial.draft[0], 0.5), 0) << "15 h";
  EXPECT_GT(at_day(trial.draft[0], 1.25), 0.1);
  EXPECT_GT(at_day(trial.runs[0], 2), 0.1);
}

/// Whoever is not used to it breathes less, and is not taken for one who is.
TEST(Trial, one_who_never_had_an_opioid_is_held_against_breathing_without) {
  std::vector<DrugCode> drugs;
  const Prescription runs = morphine_at(300);
  const auto patients = few_patients(runs, runs, drugs);
  const auto played = [&](const TrialPast& past) {
    return WhatRuns::play(patients, drugs, runs, kMonday8, kRoller.minimum_rate, 2, {}, past)
        ->tried(runs, 2)
        .value();
  };
  const Trial used = played({.dry = microlitres(375), .used_to_it = true});
  const Trial naive = played({.dry = microlitres(375), .used_to_it = false});
  EXPECT_EQ(naive.tolerance, 1);
  EXPECT_LT(naive.draft[0].lowest_ventilation.median, used.draft[0].lowest_ventilation.median / 2);
  EXPECT_EQ(naive.draft[0].lowest_of_before.median, naive.draft[0].lowest_ventilation.median);
  EXPECT_EQ(naive.draft[0].breathes_too_little.of, kFew) << "6 mg a day";
  // Nor where the fluid is at the tip already, as of a pump that gave nothing for long.
  const Trial anew = played({.dry = {}, .used_to_it = false});
  EXPECT_EQ(anew.runs[0].relief.median.front(), 0);
  EXPECT_EQ(anew.draft[0].lowest_of_before.median, anew.draft[0].lowest_ventilation.median);
  EXPECT_EQ(anew.draft[0].breathes_too_little.of, kFew);
}

/// Of a drug that tolerance rises to by itself as well: what runs goes on as it was.
TEST(Trial, what_has_run_for_long_does_not_drift) {
  Prescription baclofen = morphine_at(150);
  baclofen.formulation = fluid(1, {{library().find_drug("baclofen")->code, DrugClass::kWithdrawalProne,
                                    milligrams_per_millilitre(2)}});
  const Trial trial = tried(baclofen, baclofen);
  const Band& relief = trial.runs[0].relief;
  EXPECT_NEAR(relief.median.front(), relief.median.back(), 0.01);
  EXPECT_NEAR(trial.runs[0].most_withdrawal.median, 0, 0.01);
  EXPECT_EQ(trial.relieves, Relieves::kSpasticity);
  EXPECT_FALSE(trial.breathing);
  EXPECT_EQ(trial.breathing_unknown, std::vector<std::string>{"baclofen"});
}

TEST(TipCourseOf, behind_its_expiry_comes_what_it_falls_back_to_alone) {
  Prescription ends = with_boluses(morphine_at(300), 25, 4);
  ends.schedule.kind = ScheduleKind::kInterval;
  ends.schedule.dose = {microlitres(20), microlitres_per_day(7'200)};
  ends.schedule.interval_s = 6 * 3'600;
  ends.fallback = Fallback::kStop;
  ends.expires_utc_s = kMonday8UtcMs / 1'000 + 5 * 86'400;
  const TipCourse course = tip_course(ends, {}, kMonday8, kRoller.minimum_rate, days(30), Asks::kAllAllotted);
  for (std::size_t k = 5 * 24; k < course[0].evenly.size(); ++k)
    EXPECT_EQ(course[0].evenly[k] + course[0].at_once[k], 0) << k;
  EXPECT_GT(course[0].at_once[0], 0);
}

TEST(Trial, one_that_is_stopped_says_nothing) {
  const Prescription runs = morphine_at(300);
  std::vector<DrugCode> drugs;
  const auto patients = few_patients(runs, runs, drugs);
  std::stop_source source;
  source.request_stop();
  EXPECT_FALSE(WhatRuns::play(patients, drugs, runs, kMonday8, kRoller.minimum_rate, 2, source.get_token()));
  const auto before = WhatRuns::play(patients, drugs, runs, kMonday8, kRoller.minimum_rate, 2).value();
  EXPECT_FALSE(before.tried(runs, 2, source.get_token()));
  EXPECT_FALSE(
      TrialPatients::prepare(body(), adults(), {}, patients->substances(), kFew, 7, 2, source.get_token()));
}

/// A drug that is not in the library of substances is named, and never left out in silence.
TEST(Trial, what_is_not_known_is_named) {
  Prescription runs = morphine_at(300);
  runs.formulation.components[0].drug = DrugCode{999};
  const TriedDrugs tried = tried_drugs(runs, morphine_at(300), library(), body());
  EXPECT_EQ(tried.unknown.size(), 1U);
  EXPECT_EQ(tried.drugs, std::vector{kMorphine});
}

/// The whole pump, its firmware played for each patient, and effects looked at every quarter of an hour: from
/// a dry catheter on.
TEST(Trial, it_is_what_the_whole_pump_and_its_patients_do) {
  std::vector<DrugCode> drugs;
  const Prescription runs = morphine_at(300);
  const auto patients = few_patients(runs, runs, drugs);
  const Trial trial = WhatRuns::play(patients, drugs, runs, kMonday8, kRoller.minimum_rate, 2, {},
                                     {.dry = microlitres(375), .used_to_it = true})
                          ->tried(runs, 2)
                          .value();
  std::string text{kWalkingExample};
  text = with(text, "lasts = \"3 days\"", "lasts = \"30 days\"");
  text = with(text, "sample_every = \"1 h\"", "sample_every = \"6 h\"");
  text += "\n[body]\nopioid_tolerance = " + std::to_string(trial.tolerance) + "\n";
  const auto scenario = read_scenario(text, "a test", library());
  ASSERT_TRUE(scenario) << to_string(scenario.error().front());
  auto run = play(*scenario, library());
  ASSERT_TRUE(run);
  run->patient = patient_of(*run, scenario->body, body());
  const auto bands =
      bands_of(*scenario, *run, library(), body(), adults(), {.patients = kFew, .seed = 7, .threads = 2});
  ASSERT_TRUE(bands);
  double worst = 0;
  int compared = 0;
  for (std::size_t i = 0; i < bands->times.size(); ++i) {
    const double day = static_cast<double>(bands->times[i].raw()) / static_cast<double>(days(1).raw());
    const auto k = static_cast<std::size_t>(std::lround(day * 4));
    // Around the front's arrival its spread is what differs.
    if (day < 3 || std::abs(trial.days[k] - day) > 0.01) continue;
    ++compared;
    for (const auto q : {&Band::p5, &Band::median, &Band::p95}) {
      worst =
          std::max(worst, std::abs(static_cast<double>((bands->pain.*q)[i] - (trial.draft[0].relief.*q)[k])));
      worst = std::max(worst, std::abs(static_cast<double>((bands->ventilation.*q)[i] -
                                                           (trial.draft[0].ventilation.*q)[k])));
    }
  }
  EXPECT_LT(worst, 0.002);
  EXPECT_GT(compared, 10);
}

TEST(SharePlusOf, is_wilsons) {
  const SharePlus some = share_of(12, 500);
  EXPECT_NEAR(some.low, 0.0137813, 1e-6);
  EXPECT_NEAR(some.high, 0.0414771, 1e-6);
  EXPECT_EQ(share_of(0, 500).low, 0);
  EXPECT_NEAR(share_of(0, 500).high, 0.00762, 1e-5);
  EXPECT_EQ(share_of(500, 500).high, 1);
}

/// What is told afterwards of a course that was given is what was told before of the order that gives it.
TEST(Trial, what_was_lived_through_is_what_was_foretold) {
  const Prescription order = morphine_at(300);
  Prescription nothing = order;
  nothing.basal = {};
  std::vector<DrugCode> drugs;
  const auto patients = few_patients(order, order, drugs);
  const auto before = WhatRuns::play(patients, drugs, nothing, kMonday8, kRoller.minimum_rate, 2, {},
                                     TrialPast{.dry = {}, .used_to_it = false})
                          .value();
  const TrialArm foretold = before.tried(order, 2)->draft[static_cast<std::size_t>(Asks::kNothing)];
  const TipCourse course =
      tip_course(order, {}, kMonday8, kRoller.minimum_rate, kTrialLasts, Asks::kNothing);
  const auto one = lived(*patients, drugs, course, 2), other = lived(*patients, drugs, course, 1);
  ASSERT_TRUE(one && other);
  ASSERT_EQ(one->relief.size(), 30U);
  EXPECT_GT(one->relief.back().median, 0);
  EXPECT_DOUBLE_EQ(one->relief.back().median, foretold.relief_at_end.median);
  EXPECT_DOUBLE_EQ(one->relief.back().p5, foretold.relief_at_end.p5);
  EXPECT_EQ(one->relief.back().p95, other->relief.back().p95) << "on any number of threads";
  double lowest = 1;
  for (const Quantiles& day : one->lowest) lowest = std::min(lowest, day.median);
  EXPECT_NEAR(lowest, foretold.lowest_ventilation.median, 0.01);
}

}  // namespace
}  // namespace theca
