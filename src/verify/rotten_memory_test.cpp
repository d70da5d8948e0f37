// INV-4: ceilings stand outside prescription memory. Whatever bits the engine is given, the steps stay under
// the patient's hour, day and 30-day ceilings, under the actuator's largest flow, and within single-use
// allowances.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "verify/played_life.hpp"
#include "verify/pump_test_access.hpp"

namespace theca::verify {
namespace {

constexpr std::int64_t kCases =
    7'500;  // a third random bytes, a third random with rates in range, a third turned bits
constexpr std::int64_t kPlayed = 48 * 3'600'000;

PrescriptionBytes random_bytes(Random& random) {
  PrescriptionBytes bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
  return bytes;
}

/// Random bits whose rates the actuator can make: most random rates are far above, and the actuator's own
/// ceiling stops them before the patient's are asked.
PrescriptionBytes within_flow(Random& random, const PumpModel& model) {
  Prescription p = decode_unchecked(random_bytes(random));
  const auto fold = [&](FlowRate& rate) {
    rate = FlowRate{random.spread(model.min_flow.raw(), model.max_flow.raw() / 2)};
  };
  fold(p.basal.rate);
  for (DayProfile& profile : p.basal.profiles) {
    for (std::size_t i = 0; i < profile.count; ++i) fold(profile.steps[i].rate);
  }
  for (BolusDose* dose : {&p.schedule.dose, &p.patient.dose, &p.prime, &p.single}) {
    fold(dose->rate);
    dose->volume = Volume{random.spread(model.step.raw(), 20'000'000)};
  }
  fold(p.bridge.rate);
  p.expires_utc_s = 0;
  return encode(p);
}

/// A legal one with 1 to 64 bits turned, half of them in bytes that mean something.
PrescriptionBytes with_bits_turned(Random& random, const Prescription& legal) {
  PrescriptionBytes bytes = encode(legal);
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != 0) used.push_back(i);
  }
  const std::int64_t flips = random.spread(1, 64);
  for (std::int64_t k = 0; k < flips; ++k) {
    const std::size_t byte =
        random.one_in(2)
            ? used[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(used.size()) - 1))]
            : static_cast<std::size_t>(random.between(0, kPrescriptionBytes - 1));
    bytes[byte] ^= static_cast<std::uint8_t>(1U << random.between(0, 7));
  }
  return bytes;
}

struct Case {
  PumpModel model;
  Implantation setup;
  Prescription legal;
  PrescriptionBytes rotten{};
  bool waiting = false;  // the rot sits in a prescription that waits for its start
};

std::optional<Case> make_case(Random& random, std::int64_t number) {
  Case c;
  c.model = random_model(random);
  Occasion on;
  on.model = c.model;
  on.life_ms = kPlayed;
  on.most_steps = 8'000;
  on.utc_ms_at_zero = 1'785'000'000'000 + random.between(0, 400 * kDayMs);
  c.setup.path = {Volume{random.spread(c.model.step.raw(), 40'000)},
                  Volume{random.spread(c.model.step.raw(), 60'000)}};
  c.setup.clock = ClockOffset{on.utc_ms_at_zero};
  c.setup.low_alarm = microlitres(500);
  c.setup.refill = {millilitres(39), Volume{0}, fluid(2, random)};
  on.path = c.setup.path;
  on.reservoir = c.setup.refill.formulation;
  on.may_expire = false;
  if (random.one_in(2)) {
    on.dry = c.setup.path.total();
  } else if (random.one_in(2)) {
    c.setup.path_contents = fluid(1, random);
    on.at_tip = 1;
    on.until_at_tip = c.setup.path.total();
    on.bridge = true;
  } else {
    c.setup.path_contents = c.setup.refill.formulation;
  }
  for (int i = 0; i < 40; ++i) {
    c.legal = random_prescription(random, on);
    const auto least = least_ceilings(c.legal, c.model, c.setup.path);
    const Ceilings most = widest_ceilings(c.model);
    if (!least || least->hour > most.hour || least->day > most.day) continue;
    c.setup.ceilings = loosened(random, *least);
    switch (number % 3) {
      case 0:
        c.rotten = random_bytes(random);
        break;
      case 1:
        c.rotten = within_flow(random, c.model);
        break;
      default:
        c.rotten = with_bits_turned(random, c.legal);
    }
    c.waiting = random.one_in(4);
    return c;
  }
  return std::nullopt;
}

struct Outcome {
  std::vector<std::int64_t> step_ms;
  std::vector<Event> events;
  std::int64_t rotted_ms = 0;
};

Outcome play(const Case& c, Random& random) {
  Pump pump{c.model};
  BenchActuator motor{pump};
  Outcome o;
  if (!pump.implant(motor.reading(), c.setup, encode(c.legal), motor.out)) return o;
  motor.obey();
  motor.run_to(random.spread(1, 6 * 3'600'000));
  o.rotted_ms = motor.now();
  pump.observe(motor.reading(), motor.out);
  motor.obey();
  if (c.waiting) {
    PumpTestAccess::rot_waiting(pump, c.rotten, motor.out);
  } else {
    PumpTestAccess::rot_running(pump, c.rotten, motor.out);
  }
  motor.obey();
  const std::int64_t end = o.rotted_ms + kPlayed;
  std::uint32_t request = 0;
  while (motor.now() < end) {
    motor.run_to(std::min(end, motor.now() + random.spread(1'000, 8 * 3'600'000)));
    pump.request_bolus(motor.reading(), ++request, motor.out);
    motor.obey();
  }
  o.step_ms = std::move(motor.step_ms);
  o.events = std::move(motor.events);
  return o;
}

/// Steps that primes and bridges made stand outside the ceilings: told by the pump's own events, held against
/// the allowances separately.
struct Phases {
  std::vector<std::int64_t> therapy_ms;
  std::int64_t prime_steps = 0;
  std::int64_t bridge_steps = 0;
};

Phases split(const Outcome& o) {
  Phases phases;
  std::size_t e = 0;
  EventCode phase = EventCode::kPrimeEnded;
  for (const std::int64_t t : o.step_ms) {
    // A step at the instant a phase ends still belongs to it; one at the instant it starts does not.
    for (; e < o.events.size() && o.events[e].at.raw() < t; ++e) {
      const EventCode code = o.events[e].code;
      if (code == EventCode::kPrimeStarted || code == EventCode::kBridgeStarted ||
          code == EventCode::kPrimeEnded || code == EventCode::kBridgeEnded) {
        phase = code;
      }
    }
    if (phase == EventCode::kPrimeStarted) {
      ++phases.prime_steps;
    } else if (phase == EventCode::kBridgeStarted) {
      ++phases.bridge_steps;
    } else {
      phases.therapy_ms.push_back(t);
    }
  }
  return phases;
}

TEST(DoseGate, INV_4_ceilings_hold_for_arbitrary_prescription_bits) {
  const Campaign campaign{kCases};
  std::int64_t delivered = 0, cut = 0, flow_cut = 0, by_time = 0, granted = 0, played = 0, alone = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    const auto c = make_case(random, i);
    if (!c) continue;
    ++played;
    const Outcome o = play(*c, random);
    const std::int64_t step = c->model.step.raw();
    const Phases phases = split(o);
    const Ceilings& ceilings = c->setup.ceilings;
    const auto hold = [&](const std::optional<std::string>& wrong) { EXPECT_FALSE(wrong) << *wrong; };
    hold(above_ceiling(phases.therapy_ms, step, 3'600'000, ceilings.hour.raw()));
    hold(above_ceiling(phases.therapy_ms, step, kDayMs, ceilings.day.raw()));
    hold(above_ceiling(phases.therapy_ms, step, 30 * kDayMs, ceilings.thirty_days.raw()));
    hold(above_flow(o.step_ms, step, c->model.max_flow.raw()));
    // One allowance each for the legal prescription, one for a rotten one that started.
    const std::int64_t path = c->setup.path.total().raw() * (c->waiting ? 2 : 1);
    EXPECT_LE(phases.prime_steps * step, path);
    EXPECT_LE(phases.bridge_steps * step, path);
    bool gate = false, time_gate = false, safe_alarm = false;
    for (const Event& e : o.events) {
      if (e.code != EventCode::kGateCut) continue;
      gate = true;
      const auto alarm = static_cast<Alarm>(e.detail);
      time_gate = time_gate || (alarm != Alarm::kActuatorCeiling && alarm != Alarm::kAllowanceUsed);
      safe_alarm = std::ranges::any_of(o.events, [&](const Event& other) {
        return other.code == EventCode::kAlarmRaised && other.detail == e.detail;
      });
    }
    EXPECT_TRUE(!gate || safe_alarm) << "the gate acted without an alarm";
    const auto after = o.step_ms.end() - std::ranges::upper_bound(o.step_ms, o.rotted_ms);
    delivered += after > 0 ? 1 : 0;
    cut += gate ? 1 : 0;
    by_time += time_gate ? 1 : 0;
    flow_cut += gate && !time_gate ? 1 : 0;
    alone += gate && after == 0 ? 1 : 0;
    granted += std::ranges::any_of(o.events,
                                   [&](const Event& e) {
                                     return e.at.raw() >= o.rotted_ms && e.code == EventCode::kBolusGranted;
                                   })
                   ? 1
                   : 0;
    if (HasFailure()) FAIL() << "replay with " << campaign.name(i);
  }
  std::printf(
      "INV_4 bits: %lld cases, %lld delivered, %lld cut by the gate (%lld by a ceiling in time, %lld by flow "
      "or "
      "allowance alone), %lld with a bolus\n",
      static_cast<long long>(played), static_cast<long long>(delivered), static_cast<long long>(cut),
      static_cast<long long>(by_time), static_cast<long long>(flow_cut), static_cast<long long>(granted));
  if (campaign.whole()) {
    EXPECT_GE(delivered, played / 3);
    EXPECT_GE(cut, played / 3);
    EXPECT_GE(by_time, played / 10);
    EXPECT_GE(granted, played / 20);
  }
}

/// The same checkers on the same lives with wide ceilings in the gate: they must cry out.
TEST(DoseGateBrokenTwin, INV_4_a_gate_without_its_limits_is_seen) {
  const Campaign campaign{300, 300};
  std::int64_t seen = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    auto c = make_case(random, i);
    if (!c) continue;
    const Ceilings patients = c->setup.ceilings;
    c->setup.ceilings = widest_ceilings(c->model);
    const Phases phases = split(play(*c, random));
    const std::int64_t step = c->model.step.raw();
    const bool above = above_ceiling(phases.therapy_ms, step, 3'600'000, patients.hour.raw()) ||
                       above_ceiling(phases.therapy_ms, step, kDayMs, patients.day.raw());
    seen += above ? 1 : 0;
  }
  std::printf("INV_4 broken twin: %lld violations seen\n", static_cast<long long>(seen));
  EXPECT_GE(seen, campaign.whole() ? (campaign.end - campaign.first) / 50 : 0);
}

/// One prescription to be told by hand: basal and a patient bolus on a roller pump.
struct Bench {
  explicit Bench(const Ceilings& ceilings, FlowRate basal, BolusDose dose, std::uint32_t lockout_s)
      : motor(pump) {
    Random random{1};
    setup.path = {microlitres(20), microlitres(20)};
    setup.refill = {millilitres(39), Volume{0}, fluid(1, random)};
    setup.path_contents = setup.refill.formulation;
    setup.ceilings = ceilings;
    setup.clock = ClockOffset{1'785'000'000'000};
    p.number = 1;
    p.formulation = setup.refill.formulation;
    p.basal.mode = BasalMode::kSimpleContinuous;
    p.basal.rate = basal;
    p.patient.dose = dose;
    p.patient.lockout_s = lockout_s;
    p.patient.window_s = 3'600;
    p.patient.allotted = 32;
  }
  PumpModel model = roller_model();
  Pump pump{model};
  BenchActuator motor;
  Implantation setup;
  Prescription p;
};

TEST(DoseGate, INV_4_basal_does_not_run_on_top_of_a_bolus_granted_in_a_full_window) {
  // Legal at first; then memory rots: basal doubles, so that the bolus just fits what is left of the hour,
  // and basal behind it would overrun the ceiling.
  const BolusDose dose{nanolitres(20'000), FlowRate{20'000LL * 144}};  // 10 min
  Bench bench{{nanolitres(62'000), nanolitres(1'488'000), nanolitres(44'640'000)},
              microlitres_per_day(240),
              dose,
              3'600};
  const auto taken = bench.pump.implant(bench.motor.reading(), bench.setup, encode(bench.p), bench.motor.out);
  ASSERT_TRUE(taken) << row_of(taken.error().refusal).name;
  bench.motor.obey();
  bench.motor.run_to(30 * 60'000);
  bench.p.basal.rate = microlitres_per_day(1'000);
  bench.p.patient.lockout_s = 0;
  PumpTestAccess::rot_running(bench.pump, encode(bench.p), bench.motor.out);
  bench.motor.obey();
  bool granted = false;
  for (std::int64_t t = 30 * 60'000; t < 3 * 3'600'000; t += 30'000) {
    bench.motor.run_to(t);
    granted = bench.pump.request_bolus(bench.motor.reading(), 1, bench.motor.out).refusal == Refusal::kNone ||
              granted;
    bench.motor.obey();
  }
  EXPECT_TRUE(granted);
  EXPECT_TRUE(
      std::ranges::any_of(bench.motor.events, [](const Event& e) { return e.code == EventCode::kGateCut; }));
  const auto wrong = above_ceiling(bench.motor.step_ms, 10, 3'600'000, 62'000);
  EXPECT_FALSE(wrong) << *wrong;
}

TEST(DoseGate, INV_4_stop_and_resume_is_no_way_out_of_the_safe_state) {
  Bench bench{
      {nanolitres(50'000), nanolitres(1'000'000), nanolitres(30'000'000)}, microlitres_per_day(240), {}, 0};
  ASSERT_TRUE(bench.pump.implant(bench.motor.reading(), bench.setup, encode(bench.p), bench.motor.out));
  bench.motor.obey();
  bench.p.basal.rate = microlitres_per_day(5'000);
  PumpTestAccess::rot_running(bench.pump, encode(bench.p), bench.motor.out);
  bench.motor.obey();
  bench.motor.run_to(2 * 3'600'000);
  ASSERT_EQ(bench.pump.mode(), Mode::kSafeState);
  ASSERT_TRUE(bench.pump.stop(bench.motor.reading(), bench.motor.out));
  bench.motor.obey();
  bench.motor.run_to(6 * 3'600'000);
  bench.p.basal.rate = microlitres_per_day(240);
  PumpTestAccess::rot_running(bench.pump, encode(bench.p), bench.motor.out);
  bench.motor.obey();
  ASSERT_TRUE(bench.pump.resume(bench.motor.reading(), bench.motor.out));
  bench.motor.obey();
  EXPECT_EQ(bench.pump.mode(), Mode::kSafeState);
}

}  // namespace
}  // namespace theca::verify
