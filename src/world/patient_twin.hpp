#pragma once
/// The patient behind the tip of the catheter: takes what left it, as the samples of a run say, through
/// spinal fluid, cord, cistern and blood.

#include <expected>
#include <filesystem>
#include <vector>

#include "body/anatomy.hpp"
#include "body/individual.hpp"
#include "body/posture.hpp"
#include "body/substance.hpp"
#include "world/catheter_fault.hpp"
#include "world/run_result.hpp"

namespace theca {

/// What a scenario says of the patient.
struct PatientSetting {
  std::string tip = "T10";                          // vertebra of the catheter's tip
  std::string pain = "T12";                         // cord segment of the pain, or of the spasticity
  std::vector<CatheterFault> catheter_faults = {};  // in order, one at a time
  std::vector<PocketFill> pocket_fills = {};
  Posture posture = Posture::kFlat;  // all the time
  double opioid_tolerance = 1;       // EC50 of opioids over that of a patient who never had any
};

struct BodyData {
  Anatomy anatomy;
  std::vector<Substance> substances;
};
/// Reads `directory`/body and `directory`/substances.
std::expected<BodyData, std::vector<DataError>> load_body_data(const std::filesystem::path& directory,
                                                               const Sources& sources,
                                                               Outside outside = Outside::kRefused);

/// The drugs of a run that the library of substances has.
struct KnownDrugs {
  std::vector<const Substance*> substances;
  std::vector<std::size_t> drugs;    // of RunResult::drugs, by substance
  std::vector<std::string> unknown;  // names of the others
};
KnownDrugs known_drugs(const RunResult& run, const std::vector<Substance>& substances);

/// In the middle of what was published, and what the scenario says.
Individual middle_patient(const PatientSetting& setting, const Anatomy& anatomy, const KnownDrugs& known);

/// The patient in the middle of what was published. A place that does not lie in the canal has been refused
/// by the scenario's reader.
PatientRun patient_of(const RunResult& run, const PatientSetting& setting, const BodyData& data);

}  // namespace theca
