// Lives in which power goes again and again: at any time, and in the middle of any write (INV-3, INV-4,
// INV-7, INV-8, INV-9).
#include <gtest/gtest.h>

#include <string>

#include "verify/journal_reader.hpp"
#include "verify/power_bench.hpp"
#include "verify/random_life.hpp"

namespace theca::verify {
namespace {

constexpr std::int64_t kDay = 86'400'000;

class PoweredLife {
 public:
  explicit PoweredLife(std::uint64_t seed) : random_(seed), bench_(kModel) {}

  struct Counts {
    std::int64_t kept = 0, lost = 0, in_write = 0, granted = 0, refused = 0, uncertain = 0,
                 uncertain_granted = 0;
    std::int64_t unknown_steps = 0, boluses_cut = 0, schedules_skipped = 0;
  };
  Counts counts;

  /// The first promise that is broken, if one is. Nothing is played when no legal prescription was found.
  std::optional<std::string> play() {
    if (!begin()) return std::nullopt;
    played = true;
    const std::int64_t deeds = random_.between(5, 40);
    for (std::int64_t i = 0; i < deeds; ++i) {
      bench_.run_for(Duration{random_.spread(1, kDay)});
      if (bench_.flash->cut()) recover();
      switch (random_.between(0, 5)) {
        case 0:
          lose(random_.one_in(2));
          break;
        case 1:
          bench_.flash->cut_after(random_.spread(1, 4'000),
                                  static_cast<FlashModel::Torn>(random_.between(0, 2)),
                                  static_cast<std::uint64_t>(random_.between(1, 1'000'000)));
          break;
        case 2:
          bench_.give([](StoredPump& pump, MotorReading r, Effects& out) {
            return pump.acknowledge_alarms(r, out), 0;
          });
          break;
        case 3:
          top_up();
          break;
        default:
          press();
      }
      if (bench_.flash->cut()) recover();
      if (auto wrong = wrong_now()) return wrong;
    }
    bench_.flash->power_on();  // a cut that was set and not met
    bench_.run_for(hours(30));
    return wrong_at_end();
  }

  bool played = false;

 private:
  static inline const PumpModel kModel = roller_model();
  struct Grant {
    std::int64_t at;
    std::int64_t volume;
  };

  bool begin() {
    Occasion on;
    on.model = kModel;
    on.path = {microlitres(199), microlitres(176)};
    on.reservoir = fluid(1, random_);
    on.life_ms = 20 * kDay;
    on.may_expire = false;
    on.at_tip = 1;
    for (int i = 0; i < 60; ++i) {
      p_ = random_prescription(random_, on);
      p_.single = {};
      if (p_.basal.mode != BasalMode::kSimpleContinuous) continue;
      const auto least = least_ceilings(p_, kModel, on.path);
      if (!least) continue;
      Implantation setup;
      setup.path = on.path;
      setup.path_contents = on.reservoir;
      setup.ceilings = *least;
      setup.low_alarm = kModel.low_alarm;
      setup.refill = {kModel.capacity, Volume{}, on.reservoir};
      return bench_
          .give([&](StoredPump& pump, MotorReading r, Effects& out) {
            return pump.implant(r, setup, encode(p_), out);
          })
          .has_value();
    }
    return false;
  }

  void top_up() {
    if (bench_.pump().status().reservoir_nominal > millilitres(20)) return;
    bench_.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.refill(r, {kModel.capacity, Volume{}, p_.formulation}, nullptr, out);
    });
  }

  void press() {
    const std::int64_t at = bench_.clocked_now();
    const BolusAnswer answer = bench_.give([&](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.request_bolus(r, ++requests_, out);
    });
    if (!bench_.flash->cut()) {
      if (answer.refusal == Refusal::kNone) {
        grants_.push_back({at, answer.volume.raw()});
        ++counts.granted;
      } else {
        ++counts.refused;
      }
      return;
    }
    ++counts.uncertain;
    const auto before = granted_in_journal();
    recover();
    if (granted_in_journal() > before) {  // it counted, and power went before anybody was told
      grants_.push_back({at, 0});
      ++counts.uncertain_granted;
    }
  }

  [[nodiscard]] std::int64_t granted_in_journal() const {
    std::int64_t granted = 0;
    for (const JournalEntry& entry : read_journal(bench_.pump().journal())) {
      if (entry.event.code == EventCode::kBolusGranted &&
          entry.event.detail == static_cast<std::uint8_t>(BolusKind::kPatient))
        ++granted;
    }
    return granted;
  }

  void recover() {
    ++counts.in_write;
    lose(random_.one_in(2));
  }

  void lose(bool kept) {
    ++(kept ? counts.kept : counts.lost);
    bench_.lose_power(kept, Duration{random_.spread(1, 3 * kDay)});
  }

  std::optional<std::string> wrong_now() {
    const Status status = bench_.pump().status();
    if (status.steps_commanded < commanded_) return "INV-8: the count of steps went back";
    commanded_ = status.steps_commanded;
    if (status.alarms.has(Alarm::kMemoryFault)) return "INV-6: a power cut lost a record";
    return std::nullopt;
  }

  std::optional<std::string> wrong_at_end() {
    bench_.wake();
    if (bench_.made() > bench_.pump().status().steps_commanded) return "INV-8: made more than is counted";
    const std::int64_t step = kModel.step.raw();
    for (const Event& event : bench_.events) {
      if (event.code == EventCode::kGateCut) return "INV-4: a legal therapy met the gate";
      if (event.code == EventCode::kMotorPowerOff || event.code == EventCode::kMotorHeld)
        return "INV-2: motor and pump disagree";
    }
    if (auto wrong = chain_wrong(bench_.pump().journal())) return "INV-9: " + *wrong;
    std::int64_t granted = 0, cut_short = 0, restarts = 0, paused = 0, expected = 0, unknown = 0;
    for (const JournalEntry& entry : read_journal(bench_.pump().journal())) {
      if (entry.sequence != expected++) return "INV-9: entry " + std::to_string(expected - 1) + " is missing";
      const Event& e = entry.event;
      if (e.code == EventCode::kBolusGranted) granted += e.value;
      if (e.code == EventCode::kBolusCut) cut_short += e.value2 - e.value, ++counts.boluses_cut;
      if (e.code == EventCode::kScheduledBolusSkipped) ++counts.schedules_skipped;
      if (e.code == EventCode::kPowerReturned) {
        unknown += e.value;
        paused += Amount::over(p_.basal.rate, Duration{e.value2 - e.at.raw()}).floor().raw();
        ++restarts;
      }
    }
    counts.unknown_steps = unknown;
    const std::int64_t made = bench_.made() * step;
    const Amount basal = Amount::over(p_.basal.rate, Duration{bench_.powered_now()});
    const std::int64_t prescribed = basal.floor().raw() + granted;
    if (made > prescribed + step)
      return "INV-1: " + std::to_string(made) + " nL made, " + std::to_string(prescribed) + " prescribed";
    std::int64_t in_hand = 0;  // of a bolus that has not ended
    if (bench_.pump().status().mode == Mode::kPeriodicBolus) in_hand = p_.schedule.dose.volume.raw();
    if (bench_.pump().status().mode == Mode::kPatientBolus) in_hand = p_.patient.dose.volume.raw();
    const std::int64_t told = in_hand + cut_short + paused + (2 * restarts + 2) * step;
    // Three days without power are three days without a dose: then the safe state runs, with an alarm.
    const bool naive = bench_.count(EventCode::kPatientNaive) > 0;
    if (!naive && !bench_.has_alarm(Alarm::kReservoirDry) &&
        bench_.count(EventCode::kAlarmRaised, static_cast<int>(Alarm::kReservoirDry)) == 0 &&
        made < prescribed - told) {
      return "INV-3: " + std::to_string(prescribed - made) + " nL missing, " + std::to_string(told) +
             " told: " + std::to_string(cut_short) + " nL of boluses cut, " + std::to_string(paused) +
             " nL in pauses, " + std::to_string(restarts) + " restarts";
    }
    if (bench_.pump().status().steps_commanded - bench_.made() > unknown)
      return "INV-8: more unknown than was told";
    // Lockout and window by a clock that stands still without power (INV-7).
    for (std::size_t i = 1; i < grants_.size(); ++i) {
      if (grants_[i].at - grants_[i - 1].at < std::int64_t{p_.patient.lockout_s} * 1'000)
        return "INV-7: two boluses within the lockout";
      if (i >= p_.patient.allotted &&
          grants_[i].at - grants_[i - p_.patient.allotted].at < std::int64_t{p_.patient.window_s} * 1'000)
        return "INV-7: more boluses in a window than allotted";
    }
    return std::nullopt;
  }

  Random random_;
  PowerBench bench_;
  Prescription p_;
  std::vector<Grant> grants_;
  std::int64_t commanded_ = 0;
  std::uint32_t requests_ = 0;
};

TEST(PowerLives, INV_3_INV_4_INV_7_INV_8_INV_9_hold_however_often_power_goes) {
  const Campaign campaign{2'000};
  PoweredLife::Counts sum;
  std::int64_t played = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    PoweredLife life{campaign.seed_of(i)};
    const auto wrong = life.play();
    ASSERT_FALSE(wrong) << *wrong << "; replay with " << campaign.name(i);
    played += life.played ? 1 : 0;
    sum.kept += life.counts.kept;
    sum.lost += life.counts.lost;
    sum.in_write += life.counts.in_write;
    sum.granted += life.counts.granted;
    sum.refused += life.counts.refused;
    sum.uncertain += life.counts.uncertain;
    sum.uncertain_granted += life.counts.uncertain_granted;
    sum.unknown_steps += life.counts.unknown_steps;
    sum.boluses_cut += life.counts.boluses_cut;
    sum.schedules_skipped += life.counts.schedules_skipped;
  }
  const auto n = [](std::int64_t x) { return static_cast<long long>(x); };
  std::printf(
      "power lives: %lld; %lld cuts with clock kept, %lld lost, %lld in a write; %lld boluses granted, %lld "
      "refused, "
      "%lld uncertain of which %lld counted; %lld steps unknown; %lld boluses cut, %lld skipped\n",
      n(played), n(sum.kept), n(sum.lost), n(sum.in_write), n(sum.granted), n(sum.refused), n(sum.uncertain),
      n(sum.uncertain_granted), n(sum.unknown_steps), n(sum.boluses_cut), n(sum.schedules_skipped));
  if (!campaign.whole()) return;
  EXPECT_GE(played * 10, campaign.end * 6);
  for (const std::int64_t met : {sum.kept, sum.lost, sum.in_write, sum.granted, sum.refused})
    EXPECT_GE(met, played);
  EXPECT_GE(sum.uncertain, played / 50);
  EXPECT_GE(sum.boluses_cut, played / 20);
}

}  // namespace
}  // namespace theca::verify
