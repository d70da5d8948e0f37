#include "body/variability.hpp"

#include <algorithm>
#include <cmath>

namespace theca {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr double kPercent = 100;

/// A factor with median 1 whose spread is told as CV or as SD of the logarithm.
double factor(const Number& spread, double deviation) {
  const double log_sd =
      spread.unit == "CV" ? std::sqrt(std::log1p(spread.value * spread.value)) : spread.value;
  return std::exp(log_sd * deviation);
}

}  // namespace

std::expected<Variability, std::vector<DataError>> load_variability(const std::filesystem::path& directory,
                                                                    const Sources& sources, Outside outside) {
  std::vector<DataError> all;
  Variability variability;
  variability.file = "population/adults.toml";
  FileErrors errors(variability.file, all);
  if (outside == Outside::kAllowed) errors.allow_outside();
  if (const auto table = parse_toml_file(directory / variability.file, errors)) {
    TableReader reader(*table, "", errors);
    reader.need_integer("schema", kSchema, kSchema);
    for (const auto& row : kVariabilityNumbers)
      variability.*row.number = need_number(reader, row.key, row.unit, sources, row.zero);
    reader.finish();
  }
  if (!all.empty()) return std::unexpected(std::move(all));
  return variability;
}

Individual deviated(const Individual& centre, const Variability& variability, const Deviation& by) {
  Individual out = centre;
  const double volume = factor(variability.spinal_csf_volume, by.spinal_csf_volume);
  for (Knot& knot : out.body.csf_area) knot.value *= volume;
  const double dispersion = factor(variability.dispersion, by.dispersion);
  for (Knot& knot : out.body.dispersion) knot.value *= dispersion;
  out.body.production *= factor(variability.production, by.production);
  for (Kinetics& kinetics : out.kinetics) {
    kinetics.dural_loss *= factor(variability.dural_loss, by.dural_loss);
    kinetics.plasma_clearance *= factor(variability.plasma_clearance, by.plasma_clearance);
    const auto share = [](double& of, double times) { of = std::min(1.0, of * times); };
    share(kinetics.oral_bioavailability, factor(variability.oral_bioavailability, by.oral_bioavailability));
    share(kinetics.epidural_csf_availability,
          factor(variability.epidural_csf_availability, by.epidural_csf_availability));
  }
  for (Response& response : out.responses) {
    const double ec50 =
        factor(variability.relief_ec50, by.relief_ec50[static_cast<std::size_t>(response.acts_on)]);
    response.relief_ec50 *= ec50;
    response.plasma_ec50 *= ec50;
    response.ventilation_c50 *= factor(variability.ventilation_c50, by.ventilation_c50);
    response.tolerance_gain *= factor(variability.tolerance_gain, by.tolerance_gain);
  }
  return out;
}

double tip_shift(const Variability& variability, const Deviation& by) {
  return variability.tip_error.value * by.tip;
}

double pump_flow_error(const Variability& variability, const Deviation& by) {
  const double window = variability.pump_flow_window.value;
  const double percent =
      -variability.pump_flow_deficit.value + variability.pump_flow_error.value * by.pump_flow;
  return std::clamp(percent, -window, window) / kPercent;
}

}  // namespace theca
