#pragma once
/// A run as the player would leave it, made up for tests of its files: two fluids, a bridge, boluses granted,
/// cut and refused, a stall, a low reservoir, summer time. The sums in it are in keeping with each other.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "quantity/exact.hpp"
#include "world/run_result.hpp"

namespace theca::testing_sample {

inline constexpr DrugCode kMorphine{1};
inline constexpr DrugCode kClonidine{6};

inline Formulation fluid(std::uint32_t number, Concentration morphine, Concentration clonidine) {
  Formulation f;
  f.number = number;
  f.count = 2;
  f.components[0] = {kMorphine, DrugClass::kOpioid, morphine};
  f.components[1] = {kClonidine, DrugClass::kWithdrawalProne, clonidine};
  return f;
}

class Maker {
 public:
  Maker(Duration lasts, Duration every) : every_(every) {
    describe(lasts);
    make();
    sum_up();
  }
  RunResult take() { return std::move(run_); }

 private:
  static constexpr FlowRate kBasal = microlitres_per_day(300);
  static constexpr FlowRate kBolusFlow = microlitres_per_day(7'200);
  static constexpr Volume kBolus = microlitres(25);
  static constexpr Duration kBolusTakes = minutes(5);

  void describe(Duration lasts) {
    run_.title = "Morphine with clonidine and extra doses";
    run_.about =
        "Made up for tests: a fluid of half the strength is replaced on day 4, the motor stalls on day 6.";
    run_.scenario_file = "scenarios/made_up.toml";
    run_.seed = 7;
    run_.pump_name = "roller-20";
    run_.model.step = nanolitres(300);
    run_.model.max_flow = microlitres_per_day(24'000);
    run_.model.capacity = millilitres(20);
    run_.model.low_alarm = millilitres(2);
    run_.model.accuracy_ppm = 145'000;
    run_.path = {microlitres(100), microlitres(176)};
    run_.true_path = {microlitres(100), microlitres(198)};
    run_.flow_error_ppm = 30'000;
    run_.local_ms_at_start = 20'538 * kMillisecondsPerDay + hours(8).raw();  // 2026-03-26 08:00
    run_.local_clock = {{Instant{} + hours(66), run_.local_ms_at_start + hours(67).raw()}};
    run_.lasts = lasts;
    run_.drugs = {{kMorphine, "morphine"}, {kClonidine, "clonidine"}};
    run_.fluids = {{1, "first", "morphine 10 mg/mL + clonidine 80 mcg/mL",
                    fluid(1, milligrams_per_millilitre(10), micrograms_per_millilitre(80))},
                   {2, "second", "morphine 20 mg/mL + clonidine 160 mcg/mL",
                    fluid(2, milligrams_per_millilitre(20), micrograms_per_millilitre(160))}};
    run_.prescriptions = {
        "morphine 3 mg/day, simple continuous; patient bolus 0.25 mg over 5 min, lockout 4 h",
        "morphine 6 mg/day, simple continuous; patient bolus 0.5 mg over 5 min, lockout 4 h"};
    run_.ceilings = {microlitres(60), millilitres(1), millilitres(20)};
    run_.notes = {"clonidine is off the label of this pump in the US"};
  }

  void event(EventCode code, const std::string& text, std::uint8_t detail = 0, std::int64_t value = 0,
             std::int64_t value2 = 0) {
    run_.events.push_back({now_, code, detail, value, value2});
    run_.marks.push_back({now_, code, text});
  }
  void sample() {
    Sample s;
    s.at = now_;
    s.prescribed = prescribed_.floor();
    s.delivered = run_.model.step * (made_.floor().raw() / run_.model.step.raw());
    s.flow_error_ppm = run_.flow_error_ppm;
    s.truly_delivered = Volume{s.delivered.raw() * 103 / 100};
    s.flow = stalled_ ? FlowRate{} : flow_;
    s.reservoir_nominal = filled_ - (s.delivered - delivered_at_fill_);
    s.reservoir_earliest = filled_ - Volume{(s.delivered - delivered_at_fill_).raw() * 1'145 / 1'000};
    s.reservoir_true = filled_ - Volume{(s.delivered - delivered_at_fill_).raw() * 103 / 100};
    s.fluid_in_reservoir = reservoir_;
    s.fluid_at_tip = tip_;
    s.fluid_truly_at_tip = true_tip_;
    const auto mass = [](Amount a, std::int64_t mg_per_ml) {
      return Mass{a.floor().raw() * mg_per_ml * 1'000'000};
    };
    s.prescribed_mass = {mass(prescribed_, 10), Mass{mass(prescribed_, 8).raw() / 100}};
    s.tip_mass = {mass(made_, 10), Mass{mass(made_, 8).raw() / 100}};
    run_.samples.push_back(std::move(s));
  }
  void pass(Instant to) {
    while (now_ < to) {
      const Instant next = std::min(to, now_ + every_);
      prescribed_ += Amount::over(flow_, next - now_);
      if (!stalled_) made_ += Amount::over(flow_, next - now_);
      now_ = next;
      sample();
    }
  }
  void bolus(bool cut) {
    BolusRecord b;
    b.at = now_;
    b.request = ++request_;
    b.prescribed = kBolus;
    b.takes = kBolusTakes;
    b.given = cut ? microlitres(10) : kBolus;
    b.cut = cut;
    b.ended = now_ + (cut ? minutes(2) : kBolusTakes);
    b.mass_given = {mass_in(b.given, milligrams_per_millilitre(10)),
                    mass_in(b.given, micrograms_per_millilitre(80))};
    event(EventCode::kBolusGranted, "A patient bolus is granted.", 1, kBolus.raw(), kBolusTakes.raw());
    flow_ = kBolusFlow;
    sample();
    pass(b.ended);
    flow_ = kBasal;
    event(cut ? EventCode::kBolusCut : EventCode::kBolusCompleted, "A patient bolus is over.", 1,
          b.given.raw(), kBolus.raw());
    sample();
    run_.boluses.push_back(std::move(b));
  }
  void refuse(Refusal refusal, Instant next) {
    BolusRecord b;
    b.at = now_;
    b.request = ++request_;
    b.refusal = refusal;
    b.next_possible = next;
    b.mass_given.resize(2);
    event(EventCode::kBolusRefused, std::string{"Refused: "} + row_of(refusal).text,
          static_cast<std::uint8_t>(refusal), b.request, next.raw());
    run_.boluses.push_back(std::move(b));
  }

  void make() {
    event(EventCode::kImplanted, "The pump is implanted.", 0, run_.path.total().raw(), 1);
    event(EventCode::kRefilled, "Filled with 8 mL of \"first\".", 0, filled_.raw(), 1);
    event(EventCode::kPrescriptionStarted, "Prescription 1 starts.",
          static_cast<std::uint8_t>(Mode::kSimpleContinuous), 1);
    sample();
    const auto end = Instant{} + run_.lasts;
    for (int hour = 1; now_ < end; ++hour) {
      pass(std::min(end, Instant{} + hours(hour)));
      if (now_ >= end) break;
      if (hour % 24 == 3 || hour % 24 == 11) bolus(hour == 59);
      if (hour % 24 == 12) refuse(Refusal::kLockout, now_ + hours(3));
      if (hour % 72 == 37) refuse(Refusal::kAllottedUsed, now_ + hours(13));
      if (hour == 76) change_fluid();
      if (hour == 94) arrive(true);
      if (hour == 97) arrive(false);
      if (hour == 130) stall(true);
      if (hour == 132) stall(false);
      if (hour == 250) low();
    }
  }
  void change_fluid() {
    reservoir_ = 2;
    event(EventCode::kRefilled, "Filled with 6 mL of \"second\".", 0, millilitres(6).raw(), 2);
    event(EventCode::kBridgeStarted, "A bridge of 0.276 mL starts.", 0, 276'000, 300'000);
    filled_ = millilitres(6);
    delivered_at_fill_ = run_.samples.back().delivered;
    event(EventCode::kPrescriptionStarted, "Prescription 2 starts.", static_cast<std::uint8_t>(Mode::kBridge),
          2);
    sample();
  }
  void arrive(bool reckoned) {
    if (reckoned) {
      tip_ = 2;
      event(EventCode::kBridgeEnded, "The bridge is over.", 0, 276'000);
      event(EventCode::kFrontAtTip, "\"second\" stands at the tip.", 0, 2, 1);
      run_.fronts.push_back({2, 1, now_, std::nullopt, Duration{}, Duration{}});
    } else {
      true_tip_ = 2;
      run_.fronts.back().truly = now_;
      run_.fronts.back().early = hours(2) + minutes(10);
      run_.fronts.back().late = hours(4);
    }
    sample();
  }
  void stall(bool begins) {
    stalled_ = begins;
    const auto detail = static_cast<std::uint8_t>(Alarm::kMotorStall);
    if (begins) {
      event(EventCode::kAlarmRaised, "Alarm: motor stall.", detail);
      event(EventCode::kMotorHeld, "The motor is held.", 0, 12'345, 12'341);
      run_.alarms.push_back({Alarm::kMotorStall, now_, std::nullopt});
    } else {
      event(EventCode::kMotorRetried, "The motor is tried again.");
      event(EventCode::kAlarmCleared, "Alarm over: motor stall.", detail);
      run_.alarms.back().cleared = now_;
    }
    sample();
  }
  void low() {
    event(EventCode::kAlarmRaised, "Alarm: low reservoir.", static_cast<std::uint8_t>(Alarm::kLowReservoir));
    run_.alarms.push_back({Alarm::kLowReservoir, now_, std::nullopt});
  }
  void sum_up() {
    const Sample& last = run_.samples.back();
    run_.steps_commanded = last.delivered.raw() / run_.model.step.raw() + 4;
    run_.steps_reported = run_.steps_commanded - 4;
    run_.steps_missed = 4;
    run_.largest_deviation_steps = 1;
    run_.largest_lag_steps = 0.9966;
    run_.refill_by = "2026-04-19 05:40";
    run_.refill_reason = "every allotted bolus taken, down to the low alarm";
  }

  RunResult run_;
  Duration every_;
  Instant now_;
  FlowRate flow_ = kBasal;
  Amount prescribed_, made_;
  Volume filled_ = millilitres(8);
  Volume delivered_at_fill_;
  std::uint32_t reservoir_ = 1, tip_ = 1, true_tip_ = 1, request_ = 0;
  bool stalled_ = false;
};

inline RunResult sample_run(Duration lasts = days(14), Duration every = minutes(10)) {
  return Maker{lasts, every}.take();
}

}  // namespace theca::testing_sample
