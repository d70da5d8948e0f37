/// How fast the pump's own code is played, everything on: engine, gate, reservoir, front, alarms, boluses,
/// store and journal.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "plan/battery.hpp"
#include "pump/flash_model.hpp"
#include "pump/pump.hpp"
#include "pump/stored_pump.hpp"
#include "world/device.hpp"

namespace theca {
namespace {

constexpr double kDaysPerYear = 365.25;

PumpModel roller() {
  PumpModel model;
  model.code = 1;
  model.step = nanolitres(10);
  model.min_flow = microlitres_per_day(48);
  model.max_flow = microlitres_per_day(24'000);
  model.minimum_rate = microlitres_per_day(6);
  model.capacity = millilitres(40);
  model.low_alarm = millilitres(2);
  model.accuracy_ppm = 145'000;
  model.tubing = microlitres(199);
  model.catheter_per_cm = nanolitres(2'200);
  model.sensor_error = microlitres(500);
  model.battery = battery_for(model.step, 7);
  model.battery.capacity = model.battery.capacity * 100;  // nobody replaces it in a hundred years
  return model;
}

Formulation morphine() {
  Formulation fluid{.number = 1, .count = 1};
  fluid.components[0] = {DrugCode{1}, DrugClass::kOpioid, milligrams_per_millilitre(20)};
  return fluid;
}

Prescription continuous() {
  Prescription p;
  p.number = 1;
  p.formulation = morphine();
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = microlitres_per_day(300);
  return p;
}

/// Four rates a day, and six scheduled boluses of 0.5 mg.
Prescription flex_with_boluses() {
  Prescription p = continuous();
  p.basal.mode = BasalMode::kFlex;
  p.basal.profile_count = 1;
  DayProfile& day = p.basal.profiles[0];
  day.count = 4;
  for (std::uint16_t i = 0; i < 4; ++i)
    day.steps[i] = {static_cast<std::uint16_t>(i * 360), microlitres_per_day(200 + 50 * i)};
  p.schedule.kind = ScheduleKind::kTimesOfDay;
  p.schedule.dose = {microlitres(25), microlitres_per_day(7'200)};
  p.schedule.count = 6;
  for (std::uint16_t i = 0; i < 6; ++i) p.schedule.minutes[i] = static_cast<std::uint16_t>(60 + i * 240);
  return p;
}

Device implanted(const Prescription& prescription) {
  const PumpModel model = roller();
  Implantation setup;
  setup.path = {microlitres(199), microlitres(176)};
  setup.ceilings = {millilitres(1), millilitres(4), millilitres(60)};
  setup.low_alarm = model.low_alarm;
  setup.refill = {model.capacity, Volume{}, prescription.formulation};
  Device device{model, {setup.path, Formulation{}, 0}, {DrugCode{1}}};
  const PrescriptionBytes bytes = encode(prescription);
  device.fill(model.capacity, prescription.formulation);
  const bool ok = device.command([&](StoredPump& pump, MotorReading reading, Effects& out) {
    return pump.implant(reading, setup, bytes, out).has_value();
  });
  if (!ok) std::abort();
  return device;
}

/// Plays `years`, refilled every 60 days; the refill is part of a pump's life and of the time.
void play_years(benchmark::State& state, const Prescription& prescription) {
  const auto years = static_cast<double>(state.range(0));
  const Instant end{static_cast<std::int64_t>(years * kDaysPerYear) * kMillisecondsPerDay};
  std::int64_t wakes = 0, entries = 0, writes = 0;
  for (auto _ : state) {
    Device device = implanted(prescription);
    device.listen([&](const Device&, const Effects&) { ++wakes; });
    for (Instant t = Instant{} + days(60); t < end; t = t + days(60)) {
      device.run_until(t);
      device.fill(device.pump().model().capacity, prescription.formulation);
      device.command([&](StoredPump& pump, MotorReading reading, Effects& out) {
        return pump.refill(reading, {device.pump().model().capacity, Volume{}, prescription.formulation},
                           nullptr, out);
      });
      device.command([&](StoredPump& pump, MotorReading reading, Effects& out) {
        return pump.acknowledge_journal(reading, pump.entries_told(), out), 0;
      });
    }
    device.run_until(end);
    benchmark::DoNotOptimize(device.steps());
    entries += device.stored().entries_told();
    writes += device.memory().writes();
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["pump_years_per_s"] = benchmark::Counter(years * runs, benchmark::Counter::kIsRate);
  state.counters["journal_entries_per_year"] = static_cast<double>(entries) / (years * runs);
  state.counters["memory_writes_per_year"] = static_cast<double>(writes) / (years * runs);
  state.counters["wakes_per_year"] = static_cast<double>(wakes) / (years * runs);
  state.counters["wake_cost"] = benchmark::Counter(static_cast<double>(wakes),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void simple_continuous(benchmark::State& state) { play_years(state, continuous()); }
void flex_and_6_boluses_a_day(benchmark::State& state) { play_years(state, flex_with_boluses()); }

/// The same wakes with and without lasting memory, by one driver that knows nothing of fluid: seconds for
/// `end`. `P` is Pump, in RAM alone, or StoredPump.
template <class P>
double seconds_bare(P& pump, const Prescription& prescription, Instant end) {
  const PumpModel model = roller();
  const auto began = std::chrono::steady_clock::now();
  Motor motor;
  Effects out;
  Instant now;
  std::int64_t filled_at_step = 0;
  const auto call = [&](auto&& what) {
    out.clear();
    what(MotorReading{now, motor.made_by(now)});
    motor.obey(out, now);
  };
  Implantation setup;
  setup.path = {microlitres(199), microlitres(176)};
  setup.ceilings = {millilitres(1), millilitres(4), millilitres(60)};
  setup.low_alarm = model.low_alarm;
  setup.refill = {model.capacity, Volume{}, prescription.formulation};
  const PrescriptionBytes bytes = encode(prescription);
  call([&](MotorReading reading) {
    if (!pump.implant(reading, setup, bytes, out)) std::abort();
  });
  for (Instant day = now + days(1); day <= end; day = day + days(1)) {
    while (pump.next_wake() < day) {
      now = std::max(now, pump.next_wake());
      call([&](MotorReading reading) { pump.wake(reading, out); });
    }
    now = day;
    if (day.raw() / days(1).raw() % 60 == 0) {
      filled_at_step = motor.made_by(now);
      call([&](MotorReading reading) { (void)pump.refill(reading, setup.refill, nullptr, out); });
      if constexpr (requires { pump.entries_told(); }) {
        call([&](MotorReading reading) { pump.acknowledge_journal(reading, pump.entries_told(), out); });
      }
    }
    const Volume left = model.capacity - model.step * (motor.made_by(now) - filled_at_step);
    call([&](MotorReading reading) { pump.sense_volume(reading, left, out); });
  }
  benchmark::DoNotOptimize(motor.made_by(end));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// What part of the pump's own time hashing and storing take.
void share_of_memory(benchmark::State& state, const Prescription& prescription) {
  const Instant end = Instant{} + days(10 * 365);
  double in_ram = 0, stored = 0;
  for (auto _ : state) {
    Pump ram{roller()};
    in_ram += seconds_bare(ram, prescription, end);
    FlashModel flash;
    StoredPump pump{roller(), flash};
    Effects out;
    pump.boot({}, out);
    stored += seconds_bare(pump, prescription, end);
  }
  state.counters["hashing_and_storing_percent"] = 100 * (1 - in_ram / stored);
}

/// The limit of any engine that wakes once an hour: the bare loop of a train, its count and its sum.
void roofline_hourly_count(benchmark::State& state) {
  const auto years = static_cast<double>(state.range(0));
  const auto hours_played = static_cast<std::int64_t>(years * kDaysPerYear * 24);
  for (auto _ : state) {
    std::int64_t steps = 0, phase = 0;
    constexpr std::int64_t kUnitsPerStep = 10 * Amount::kUnitsPerNanolitre;
    for (std::int64_t hour = 0; hour < hours_played; ++hour) {
      phase += 300'000 * hours(1).raw();
      benchmark::DoNotOptimize(phase);
      steps += phase / kUnitsPerStep;
      phase %= kUnitsPerStep;
    }
    benchmark::DoNotOptimize(steps);
  }
  state.counters["pump_years_per_s"] =
      benchmark::Counter(years * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void bytes_of_pump(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(sizeof(Pump));
  state.counters["pump_bytes"] = sizeof(Pump);
  state.counters["gate_bytes"] = sizeof(DoseGate);
  state.counters["prescription_bytes"] = kPrescriptionBytes;
}

BENCHMARK(simple_continuous)
    ->Name("pump/simple_continuous")
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(flex_and_6_boluses_a_day)
    ->Name("pump/flex_and_6_boluses_a_day")
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(share_of_memory, simple_continuous, continuous())
    ->Name("pump/share_of_memory/simple_continuous")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(share_of_memory, flex_and_6_boluses_a_day, flex_with_boluses())
    ->Name("pump/share_of_memory/flex_and_6_boluses_a_day")
    ->Unit(benchmark::kMillisecond);
BENCHMARK(roofline_hourly_count)->Name("pump/roofline_hourly_count")->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK(bytes_of_pump)->Name("pump/bytes_of_pump");

}  // namespace
}  // namespace theca
