/// How long a draft takes to be tried: patients prepared once for a drug, what runs played once for a reading,
/// and then each draft, by the same calls as the clinic's server. Two threads, as on the smallest machine.

#include <benchmark/benchmark.h>

#include <stdexcept>

#include "cohort/trial.hpp"
#include "plan/library.hpp"

namespace theca {
namespace {

constexpr unsigned kThreads = 2;
constexpr FlowRate kMinimum = microlitres_per_day(6);
constexpr ClockOffset kMonday{20'514LL * 86'400'000 + 8 * 3'600'000};

template <class T>
T loaded(std::expected<T, std::vector<DataError>> read) {
  if (!read) throw std::runtime_error(to_string(read.error().front()));
  return std::move(*read);
}

struct Data {
  Library library = loaded(load_library(THECA_DATA_DIR));
  BodyData body = loaded(load_body_data(THECA_DATA_DIR, library.sources));
  Variability adults = loaded(load_variability(THECA_DATA_DIR, library.sources));
};
const Data& data() {
  static const Data kData;
  return kData;
}

Prescription morphine_at(std::int64_t microlitres_a_day) {
  Prescription made;
  made.formulation = {.number = 1, .count = 1};
  made.formulation.components[0] = {DrugCode{1}, DrugClass::kOpioid, milligrams_per_millilitre(20)};
  made.basal.mode = BasalMode::kSimpleContinuous;
  made.basal.rate = microlitres_per_day(microlitres_a_day);
  made.patient.dose = {microlitres(25), microlitres_per_day(7'200)};
  made.patient.lockout_s = 3 * 3'600;
  made.patient.window_s = 24 * 3'600;
  made.patient.allotted = 4;
  return made;
}

std::shared_ptr<const TrialPatients> patients(std::int64_t many) {
  const TriedDrugs drugs = tried_drugs(morphine_at(300), morphine_at(300), data().library, data().body);
  return std::make_shared<TrialPatients>(
      *TrialPatients::prepare(data().body, data().adults, {}, drugs.substances, many, 1, kThreads));
}

void prepare(benchmark::State& state) {
  (void)data();
  for (auto _ : state) benchmark::DoNotOptimize(patients(state.range(0)));
}
BENCHMARK(prepare)->Name("Trial/patients")->Arg(500)->Unit(benchmark::kMillisecond)->UseRealTime();

void what_runs(benchmark::State& state) {
  const auto all = patients(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        WhatRuns::play(all, {DrugCode{1}}, morphine_at(300), kMonday, kMinimum, kThreads));
}
BENCHMARK(what_runs)->Name("Trial/what_runs")->Arg(500)->Unit(benchmark::kMillisecond)->UseRealTime();

void draft(benchmark::State& state) {
  const auto before = WhatRuns::play(patients(state.range(0)), {DrugCode{1}}, morphine_at(300), kMonday,
                                     kMinimum, kThreads);
  for (auto _ : state) benchmark::DoNotOptimize(before->tried(morphine_at(360), kThreads));
}
BENCHMARK(draft)->Name("Trial/draft")->Arg(500)->Arg(2'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace theca
