#pragma once
/// How patients differ: data/population/adults.toml. Each number is a spread around the centre that
/// data/body and data/substances give.

#include <array>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "body/individual.hpp"
#include "body/number.hpp"

namespace theca {

struct Variability {
  std::string file;
  // Log-normal around the centre as median: CV of the factor, or SD of its logarithm.
  Number spinal_csf_volume;          // CV
  Number dispersion;                 // log-SD, one factor along the whole canal
  Number production;                 // CV
  Number dural_loss;                 // CV, one factor for all substances
  Number plasma_clearance;           // CV, one factor for all substances
  Number relief_ec50;                // CV, one factor for each target, in cord and blood
  Number ventilation_c50;            // CV
  Number tolerance_gain;             // log-SD
  Number oral_bioavailability;       // CV; never more than the whole
  Number epidural_csf_availability;  // log-SD; the same
  // Normal.
  Number tip_error;          // SD in cm: the level it was meant for against the one it lies at
  Number pump_flow_deficit;  // mean in %: pumps give a little less than they count
  Number pump_flow_error;    // SD in %
  Number pump_flow_window;   // %: beyond it a pump is faulty and not in this population
};

inline constexpr std::array<NumberRow<Variability>, 14> kVariabilityNumbers{{
    {"spinal_csf_volume", "CV", &Variability::spinal_csf_volume},
    {"dispersion", "log-SD", &Variability::dispersion},
    {"production", "CV", &Variability::production},
    {"dural_loss", "CV", &Variability::dural_loss},
    {"plasma_clearance", "CV", &Variability::plasma_clearance},
    {"relief_ec50", "CV", &Variability::relief_ec50},
    {"ventilation_c50", "CV", &Variability::ventilation_c50},
    {"tolerance_gain", "log-SD", &Variability::tolerance_gain},
    {"oral_bioavailability", "CV", &Variability::oral_bioavailability},
    {"epidural_csf_availability", "log-SD", &Variability::epidural_csf_availability},
    {"tip_error", "cm", &Variability::tip_error},
    {"pump_flow_deficit", "%", &Variability::pump_flow_deficit, Zero::kAllowed},
    {"pump_flow_error", "%", &Variability::pump_flow_error},
    {"pump_flow_window", "%", &Variability::pump_flow_window},
}};

/// Calls f(key, number) for every number, in the file's order and words.
template <class F>
void for_each_number(const Variability& variability, F&& f) {
  for (const auto& row : kVariabilityNumbers) f(std::string_view{row.key}, variability.*row.number);
}

/// Reads `directory`/population/adults.toml. All errors at once.
std::expected<Variability, std::vector<DataError>> load_variability(const std::filesystem::path& directory,
                                                                    const Sources& sources,
                                                                    Outside outside = Outside::kRefused);

/// How one patient differs, in standard deviations; 0 everywhere is the centre.
struct Deviation {
  double spinal_csf_volume = 0, dispersion = 0, production = 0, dural_loss = 0, plasma_clearance = 0;
  std::array<double, kTargetCount> relief_ec50{};
  double ventilation_c50 = 0, tolerance_gain = 0;
  double oral_bioavailability = 0, epidural_csf_availability = 0;
  double tip = 0, pump_flow = 0;
  double proneness = 0;  // to side effects: below 0 before most others (has_side_effect)
};

/// The patient at `centre`, deviated.
Individual deviated(const Individual& centre, const Variability& variability, const Deviation& by);
/// cm, rostral positive.
double tip_shift(const Variability& variability, const Deviation& by);
/// Share of the counted flow that is missing (below 0) or too much.
double pump_flow_error(const Variability& variability, const Deviation& by);

}  // namespace theca
