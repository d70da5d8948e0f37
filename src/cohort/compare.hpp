#pragma once
/// The dose by mouth, by vein, epidurally and into the fluid that gives the same relief to each of many
/// patients, and what else it does to them.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "body/variability.hpp"
#include "world/comparison.hpp"
#include "world/patient_twin.hpp"

namespace theca {

struct CompareRequest {
  std::string drug;   // of data/substances
  double relief = 0;  // share, all the time
  std::string tip = "T10", pain = "T12";
  Posture posture = Posture::kFlat;
  double tolerance = 1;  // EC50 over that of one who never had the drug
  Duration swallowed_every = hours(4);
  std::int64_t patients = 500;
  std::uint64_t seed = 1;
};

/// The same for the same seed. An error says what of the request is wrong, and what is allowed.
std::expected<Comparison, std::string> compare(const CompareRequest& request, const BodyData& data,
                                               const Variability& variability);

/// The relief that a run comes to, the mean over its last day, by other ways of the same drug, in patients as
/// used to it as it has made them by then. None when hardly anything is relieved or nearly all that the drug
/// can, and of a mixture of drugs that relieve.
std::optional<Comparison> compare_run(const RunResult& run, const PatientSetting& setting,
                                      const BodyData& data, const Variability& variability,
                                      std::uint64_t seed = 1);

}  // namespace theca
