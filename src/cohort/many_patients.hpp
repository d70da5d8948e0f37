#pragma once
/// One therapy in many patients like this one, each with a pump of its own that runs a little off its label,
/// and what of it most of them see.

#include <cstdint>
#include <expected>
#include <functional>

#include "body/variability.hpp"
#include "plan/library.hpp"
#include "world/patient_twin.hpp"
#include "world/play.hpp"
#include "world/scenario.hpp"

namespace theca {

struct ManyPatients {
  std::int64_t patients = 500;
  std::uint64_t seed = 1;
  unsigned threads = 1;
};
inline constexpr std::int64_t kMostPatients = 20'000;

/// `run` is the scenario as it was played in the middle, its patient reckoned (run.patient). The same for the
/// same seed, whatever the threads. `done` is told how many patients are over, one at a time.
std::expected<PatientBands, PlayFailure> bands_of(const Scenario& scenario, const RunResult& run,
                                                  const Library& library, const BodyData& data,
                                                  const Variability& variability, const ManyPatients& request,
                                                  const std::function<void(std::int64_t)>& done = {});

/// Of at least one value; sorts them.
Quantiles quantiles_of(std::vector<double>& values);

}  // namespace theca
