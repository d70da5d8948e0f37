// Random lives of a pump, held against what was prescribed: INV-1, INV-3, INV-4 (a legal therapy never meets
// the gate), INV-7, INV-15. One seed replays one life; see Campaign for the environment.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "verify/played_life.hpp"

namespace theca::verify {
namespace {

constexpr std::int64_t kLives = 2'000;

/// In how many lives each class of happening was met.
class Coverage {
 public:
  void add(const char* what, bool met) { lives_[what] += met ? 1 : 0; }
  void life() { ++all_; }
  [[nodiscard]] std::int64_t all() const { return all_; }
  /// Prints one line, and fails when a class was met in fewer lives than one in `shares[what]`.
  void close(const char* test, const Campaign& campaign,
             const std::map<std::string, std::int64_t>& shares) const {
    std::string line = std::string(test) + ": " + std::to_string(all_) + " lives";
    for (const auto& [what, count] : lives_) line += ", " + std::to_string(count) + " " + what;
    std::printf("%s\n", line.c_str());
    if (!campaign.whole()) return;
    for (const auto& [what, one_in] : shares) {
      ASSERT_TRUE(lives_.contains(what)) << what;
      EXPECT_GE(lives_.at(what), all_ / one_in) << what << " is met too seldom to be tested";
    }
  }

 private:
  std::map<std::string, std::int64_t> lives_;
  std::int64_t all_ = 0;
};

void note_classes(const Life& life, Coverage& coverage) {
  coverage.life();
  coverage.add("bolus granted",
               count_of(life, EventCode::kBolusGranted, static_cast<int>(BolusKind::kPatient)) > 0);
  coverage.add("bolus refused", count_of(life, EventCode::kBolusRefused) > 0);
  coverage.add("lockout", count_of(life, Refusal::kLockout) > 0);
  coverage.add("window full", count_of(life, Refusal::kAllottedUsed) > 0);
  coverage.add("bolus cut", count_of(life, EventCode::kBolusCut) > 0);
  coverage.add("scheduled bolus",
               count_of(life, EventCode::kBolusGranted, static_cast<int>(BolusKind::kScheduled)) > 0);
  coverage.add("mode change", count_of(life, EventCode::kPrescriptionStarted) > 1 ||
                                  count_of(life, EventCode::kExpired) > 0);
  coverage.add("stop", count_of(life, EventCode::kStopped) > 0);
  coverage.add("bridge", count_of(life, EventCode::kBridgeStarted) > 0);
  coverage.add("prime", count_of(life, EventCode::kPrimeStarted) > 0);
  coverage.add("daylight saving", life.daylight_saving);
  coverage.add("dry", count_of(life, EventCode::kAlarmRaised, static_cast<int>(Alarm::kReservoirDry)) > 0);
  coverage.add("expiry", count_of(life, EventCode::kExpired) > 0);
  coverage.add("clock set", count_of(life, EventCode::kClockSet) > 0);
  coverage.add("front in path", count_of(life, EventCode::kFrontAtTip) > 0);
  coverage.add("gate cut", count_of(life, EventCode::kGateCut) > 0);
}

const std::map<std::string, std::int64_t> kShares = {
    {"bolus granted", 4}, {"bolus refused", 3},   {"lockout", 10}, {"window full", 40},    {"bolus cut", 20},
    {"stop", 4},          {"scheduled bolus", 4}, {"prime", 12},   {"daylight saving", 5}, {"dry", 40},
    {"expiry", 20},       {"front in path", 8},   {"bridge", 20},  {"mode change", 10}};

template <class Check>
void every_life(const char* test, std::int64_t lives, Check&& check) {
  const Campaign campaign{lives};
  Coverage coverage;
  std::int64_t unwritten = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    const Kind kind = i % 2 == 0 ? Kind::kOneTherapy : Kind::kChanges;
    const Life life = play_life(campaign.seed_of(i), kind);
    if (!life.legal) {
      ++unwritten;
      continue;
    }
    note_classes(life, coverage);
    check(life, kind);
    if (testing::Test::HasFailure()) {
      FAIL() << "replay with " << campaign.name(i);
    }
  }
  EXPECT_LE(unwritten, campaign.end / 20);
  coverage.close(test, campaign, kShares);
}

TEST(PromiseLives, INV_1_no_window_holds_more_steps_than_prescribed) {
  every_life("INV_1 volume", kLives, [](const Life& life, Kind) {
    const Retold told = retell(life);
    const auto wrong = more_than_prescribed(life.step_ms, life.model.step.raw(),
                                            [&](std::int64_t t) { return told.model.prescribed(t); });
    EXPECT_FALSE(wrong) << *wrong;
  });
}

TEST(PromiseLives, INV_1_no_window_holds_more_mass_of_a_component) {
  std::int64_t with_front = 0;
  every_life("INV_1 mass", kLives, [&](const Life& life, Kind) {
    ASSERT_FALSE(life.front_differs) << *life.front_differs;
    const Retold told = retell(life);
    PlugFlow path{life.setup.path.total().raw(), life.setup.path_contents};
    std::set<DrugCode> drugs;
    for (const LogEntry& entry : life.log) {
      if (entry.deed != Deed::kImplant && entry.deed != Deed::kRefill) continue;
      const auto made =
          std::upper_bound(life.step_ms.begin(), life.step_ms.end(), entry.t) - life.step_ms.begin();
      path.draw(made * life.model.step.raw(), entry.refill.formulation);
      for (const Component& part : entry.refill.formulation.parts()) drugs.insert(part.drug);
    }
    if (path.fluids() == 1) return;
    ++with_front;
    for (const Component& part : life.setup.path_contents.parts()) drugs.insert(part.drug);
    for (const DrugCode drug : drugs) {
      const auto wrong = more_mass_than_prescribed(life.step_ms, life.model.step.raw(), path, drug,
                                                   [&](std::int64_t t) { return told.model.owed(t); });
      EXPECT_FALSE(wrong) << *wrong;
    }
  });
  std::printf("INV_1 mass: %lld lives with another fluid in the path\n", static_cast<long long>(with_front));
}

TEST(PromiseLives, INV_3_what_runs_is_never_a_step_behind) {
  every_life("INV_3", kLives, [](const Life& life, Kind) {
    const Retold told = retell(life);
    const auto wrong = less_than_prescribed(
        life.step_ms, life.model.step.raw(), [&](std::int64_t t) { return told.model.owed(t); }, life.end_ms);
    EXPECT_FALSE(wrong) << *wrong;
    EXPECT_EQ(count_of(life, EventCode::kStepsMissed), 0);
    EXPECT_EQ(count_of(life, EventCode::kMotorHeld), 0);
    EXPECT_EQ(count_of(life, EventCode::kMotorPowerOff), 0);
    EXPECT_EQ(count_of(life, EventCode::kScheduledBolusSkipped), told.model.scheduled_skipped());
    EXPECT_EQ(count_of(life, EventCode::kBolusGranted, static_cast<int>(BolusKind::kScheduled)),
              told.model.scheduled_started());
  });
}

TEST(PromiseLives, INV_4_a_legal_therapy_never_meets_the_gate) {
  const Campaign campaign{kLives * 2};
  Coverage coverage;
  std::int64_t waited = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    const Life life = play_life(campaign.seed_of(i + 1'000'000), Kind::kOneTherapy);
    if (!life.legal) continue;
    note_classes(life, coverage);
    waited += retell(life).model.scheduled_waited() > 0 ? 1 : 0;
    EXPECT_EQ(count_of(life, EventCode::kGateCut), 0);
    EXPECT_EQ(count_of(life, Refusal::kCeiling), 0);
    // The same for the bound itself, without the gate: steps that primes and bridges made stand apart.
    if (count_of(life, EventCode::kPrimeStarted) == 0 && count_of(life, EventCode::kBridgeStarted) == 0) {
      const Prescription& p = *life.log.front().prescription;
      for (const Duration window : {minutes(1), hours(1), days(1), days(7)}) {
        const Volume worst = worst_case_volume(p, life.model.minimum_rate, window) + life.model.step;
        const auto wrong = above_ceiling(life.step_ms, life.model.step.raw(), window.raw(), worst.raw());
        EXPECT_FALSE(wrong) << *wrong;
      }
    }
    if (HasFailure()) FAIL() << "replay with THECA_SEED=" << campaign.seed << " THECA_LIFE=" << i;
  }
  std::printf("INV_4 legal: %lld lives in which a scheduled bolus waited for another\n",
              static_cast<long long>(waited));
  EXPECT_GE(coverage.all() * 20, (campaign.end - campaign.first) * 19)
      << "what check() finds legal, the pump takes";
  coverage.close("INV_4 legal", campaign,
                 {{"bolus granted", 4}, {"window full", 40}, {"scheduled bolus", 4}, {"prime", 12}});
}

TEST(PromiseLives, INV_4_a_change_of_legal_therapies_never_meets_the_gate) {
  const Campaign campaign{kLives * 2};
  Coverage coverage;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    const Life life = play_life(campaign.seed_of(i + 2'000'000), Kind::kTightChanges);
    if (!life.legal) continue;
    note_classes(life, coverage);
    coverage.add("refused for the past", count_of(life, EventCode::kCommandRefused,
                                                  static_cast<int>(Refusal::kCeilingAfterPast)) > 0);
    EXPECT_EQ(count_of(life, EventCode::kGateCut), 0);
    if (HasFailure()) FAIL() << "replay with THECA_SEED=" << campaign.seed << " THECA_LIFE=" << i;
  }
  EXPECT_GE(coverage.all() * 20, (campaign.end - campaign.first) * 19)
      << "what check() finds legal, the pump takes";
  coverage.close(
      "INV_4 changes", campaign,
      {{"bolus granted", 4}, {"scheduled bolus", 4}, {"mode change", 5}, {"refused for the past", 50}});
}

TEST(PromiseLives, INV_7_a_request_delivers_one_dose_or_none) {
  std::int64_t grants = 0, refused = 0;
  every_life("INV_7", kLives, [&](const Life& life, Kind) {
    const Retold told = retell(life);
    EXPECT_FALSE(told.differs) << *told.differs;
    std::int64_t granted = 0;
    for (const LogEntry& entry : life.log)
      granted += entry.deed == Deed::kRequest && entry.answer.refusal == Refusal::kNone ? 1 : 0;
    const auto patient = static_cast<int>(BolusKind::kPatient);
    EXPECT_EQ(granted, count_of(life, EventCode::kBolusGranted, patient));
    const std::int64_t ended =
        count_of(life, EventCode::kBolusCompleted, patient) + count_of(life, EventCode::kBolusCut, patient);
    EXPECT_GE(granted, ended);
    EXPECT_LE(granted, ended + 1);  // the last may still run
    grants += granted;
    refused += count_of(life, EventCode::kBolusRefused);
  });
  std::printf("INV_7: %lld requests granted, %lld refused\n", static_cast<long long>(grants),
              static_cast<long long>(refused));
}

TEST(PromiseLives, INV_15_low_and_empty_alarms_come_before_dry) {
  std::int64_t dry = 0;
  const Campaign campaign{kLives};
  Random random{campaign.seed};
  every_life("INV_15", kLives, [&](const Life& life, Kind) {
    const std::int64_t error_ppm = random.one_in(4)
                                       ? life.model.accuracy_ppm
                                       : random.between(-life.model.accuracy_ppm, life.model.accuracy_ppm);
    for (std::size_t i = 0; i < life.log.size(); ++i) {
      const LogEntry& fill = life.log[i];
      if (fill.deed != Deed::kRefill && fill.deed != Deed::kImplant) continue;
      std::int64_t until = life.end_ms;
      for (std::size_t j = i + 1; j < life.log.size() && until == life.end_ms; ++j) {
        if (life.log[j].deed == Deed::kRefill) until = life.log[j].t;
      }
      const auto first =
          std::upper_bound(life.step_ms.begin(), life.step_ms.end(), fill.t) - life.step_ms.begin();
      const Wide holds = Wide{(fill.refill.filled + fill.refill.left_in).raw()} * 1'000'000;
      // Whole steps that the true volume holds; the next one is short.
      const auto steps =
          static_cast<std::int64_t>(holds / (Wide{life.model.step.raw()} * (1'000'000 + error_ppm)));
      const std::int64_t at = first + steps;
      if (at >= static_cast<std::int64_t>(life.step_ms.size())) continue;
      const std::int64_t dry_ms = life.step_ms[static_cast<std::size_t>(at)];
      if (dry_ms > until) continue;
      ++dry;
      for (const Alarm alarm : {Alarm::kLowReservoir, Alarm::kEmptyReservoir}) {
        bool stands = false;
        for (const Event& e : life.events) {
          if (e.at.raw() > dry_ms) break;
          if (e.detail != static_cast<std::uint8_t>(alarm)) continue;
          if (e.code == EventCode::kAlarmRaised) stands = true;
          if (e.code == EventCode::kAlarmCleared && e.at.raw() < dry_ms) stands = false;
        }
        EXPECT_TRUE(stands) << row_of(alarm).name << " does not stand when the reservoir runs dry at "
                            << dry_ms << " ms with an error of " << error_ppm << " ppm";
      }
    }
  });
  std::printf("INV_15: %lld reservoirs truly ran dry\n", static_cast<long long>(dry));
  if (campaign.whole()) {
    EXPECT_GE(dry, (campaign.end - campaign.first) / 20);
  }
}

TEST(PromiseLives, INV_2_watching_each_step_changes_nothing) {
  const Campaign campaign{kLives / 4, 10'000};  // each life twice, step by step
  std::int64_t steps = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    const Kind kind = i % 2 == 0 ? Kind::kChanges : Kind::kOneTherapy;
    const Life asleep = play_life(campaign.seed_of(i), kind);
    const Life awake = play_life(campaign.seed_of(i), kind, BenchActuator::Watch::kEveryStep);
    ASSERT_EQ(asleep.step_ms, awake.step_ms) << campaign.name(i);
    ASSERT_EQ(asleep.events.size(), awake.events.size()) << campaign.name(i);
    for (std::size_t k = 0; k < asleep.events.size(); ++k) {
      const Event &a = asleep.events[k], &b = awake.events[k];
      ASSERT_TRUE(a.at == b.at && a.code == b.code && a.detail == b.detail && a.value == b.value &&
                  a.value2 == b.value2)
          << campaign.name(i) << ": event " << k << ", " << row_of(a.code).name << " and "
          << row_of(b.code).name;
    }
    steps += static_cast<std::int64_t>(asleep.step_ms.size());
  }
  std::printf("INV_2 watching: %lld lives, %lld steps alike\n",
              static_cast<long long>(campaign.end - campaign.first), static_cast<long long>(steps));
}

// ---- the checkers see what is broken --------------------------------------------------------------------

/// An honest life that keeps all promises, to be broken by hand.
class BrokenTwin : public testing::Test {
 protected:
  BrokenTwin() {
    std::uint64_t seed = 1;
    do {
      life_ = play_life(seed++, Kind::kOneTherapy);
    } while (life_.step_ms.size() < 500 || count_of(life_, EventCode::kStopped) > 0);
  }
  [[nodiscard]] auto too_many(const std::vector<std::int64_t>& steps) const {
    const Retold told = retell(life_);
    return more_than_prescribed(steps, life_.model.step.raw(),
                                [&](std::int64_t t) { return told.model.prescribed(t); });
  }
  [[nodiscard]] auto too_few(const std::vector<std::int64_t>& steps) const {
    const Retold told = retell(life_);
    return less_than_prescribed(
        steps, life_.model.step.raw(), [&](std::int64_t t) { return told.model.owed(t); }, life_.end_ms);
  }
  Life life_;
};

TEST_F(BrokenTwin, INV_1_INV_3_an_honest_list_passes) {
  EXPECT_FALSE(too_many(life_.step_ms));
  EXPECT_FALSE(too_few(life_.step_ms));
}

TEST_F(BrokenTwin, INV_1_two_steps_added_are_seen) {
  auto steps = life_.step_ms;
  const std::int64_t at = steps[steps.size() / 2];
  steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), 2, at);
  EXPECT_TRUE(too_many(steps));
}

TEST_F(BrokenTwin, INV_1_a_step_moved_forward_by_two_places_is_seen) {
  auto steps = life_.step_ms;
  const std::size_t k = steps.size() / 2;
  steps[k] = steps[k + 1] = steps[k + 2] = steps[k - 1];
  EXPECT_TRUE(too_many(steps));
}

TEST_F(BrokenTwin, INV_3_one_step_taken_away_is_seen) {
  auto steps = life_.step_ms;
  steps.erase(steps.begin() + 100);
  EXPECT_TRUE(too_few(steps));
}

TEST_F(BrokenTwin, INV_3_one_step_a_millisecond_early_is_seen) {
  auto steps = life_.step_ms;
  --steps[100];
  EXPECT_TRUE(too_few(steps));
  steps[100] += 2;
  EXPECT_TRUE(too_few(steps));
}

TEST_F(BrokenTwin, INV_4_a_step_above_the_ceiling_is_seen) {
  const std::int64_t step = life_.model.step.raw();
  const std::vector<std::int64_t> steps{0, 10, 20, 30, 1'020};
  EXPECT_FALSE(above_ceiling(steps, step, 1'000, 4 * step));
  EXPECT_TRUE(above_ceiling(steps, step, 1'000, 3 * step));
  EXPECT_TRUE(above_ceiling(steps, step, 1'021, 4 * step));
}

TEST_F(BrokenTwin, INV_1_mass_of_a_front_that_comes_too_late_is_seen) {
  Formulation weak, strong;
  weak.number = 1, weak.count = 1,
  weak.components[0] = {DrugCode{1}, DrugClass::kOpioid, Concentration{1'000}};
  strong.number = 2, strong.count = 1,
  strong.components[0] = {DrugCode{1}, DrugClass::kOpioid, Concentration{1'000'000}};
  const std::int64_t step = life_.model.step.raw();
  PlugFlow path{100 * step, strong};
  path.draw(0, weak);
  const Retold told = retell(life_);
  const auto owed = [&](std::int64_t t) { return told.model.owed(t); };
  EXPECT_FALSE(more_mass_than_prescribed(life_.step_ms, step, path, DrugCode{1}, owed));
  auto steps = life_.step_ms;
  steps[50] = steps[51] = steps[52] = steps[48];
  EXPECT_TRUE(more_mass_than_prescribed(steps, step, path, DrugCode{1}, owed));
}

}  // namespace
}  // namespace theca::verify
