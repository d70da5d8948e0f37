#pragma once
/// The patient behind the tip of the catheter: takes what left it, as the samples of a run say, through
/// spinal fluid, cord, cistern and blood.

#include <expected>
#include <filesystem>
#include <vector>

#include "body/anatomy.hpp"
#include "body/substance.hpp"
#include "world/run_result.hpp"

namespace theca {

/// Where in the patient: vertebra of the catheter's tip, cord segment of the pain ("T10", "L1").
struct BodyPlaces {
  std::string tip = "T10";
  std::string pain = "T12";
};

struct BodyData {
  Anatomy anatomy;
  std::vector<Substance> substances;
};
/// Reads `directory`/body and `directory`/substances.
std::expected<BodyData, std::vector<DataError>> load_body_data(const std::filesystem::path& directory,
                                                               const Sources& sources);

/// The patient in the middle of what was published. A place that does not lie in the canal has been refused
/// by the scenario's reader.
PatientRun patient_of(const RunResult& run, const BodyPlaces& places, const BodyData& data);

}  // namespace theca
