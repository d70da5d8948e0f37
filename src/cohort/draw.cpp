#include "cohort/draw.hpp"

#include <Random123/philox.h>

#include <Random123/boxmuller.hpp>

namespace theca {
namespace {

/// Numbers of quantities: they stay as they are, or the same seed gives other patients.
enum class Stream : std::uint32_t {
  kSpinalCsfVolume = 0,
  kDispersion = 1,
  kProduction = 2,
  kDuralLoss = 3,
  kPlasmaClearance = 4,
  kVentilationC50 = 5,
  kToleranceGain = 6,
  kTip = 7,
  kPumpFlow = 8,
  kProneness = 9,
  kOralBioavailability = 10,
  kEpiduralCsfAvailability = 11,
  kReliefEc50 = 16,  // and one for each target after it
};

double normal(std::uint64_t seed, std::uint64_t n, std::uint32_t stream) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
  const r123::Philox4x32 philox;
  const r123::Philox4x32::ctr_type words = philox({{low(n), high(n), stream, 0}}, {{low(seed), high(seed)}});
  const auto pair = [&](std::size_t i) { return static_cast<std::uint64_t>(words[i + 1]) << 32U | words[i]; };
  return r123::boxmuller(pair(0), pair(2)).x;
}

}  // namespace

Deviation draw(std::uint64_t seed, std::uint64_t n) {
  const auto of = [&](Stream stream, std::uint32_t after = 0) {
    return normal(seed, n, static_cast<std::uint32_t>(stream) + after);
  };
  Deviation d;
  d.spinal_csf_volume = of(Stream::kSpinalCsfVolume);
  d.dispersion = of(Stream::kDispersion);
  d.production = of(Stream::kProduction);
  d.dural_loss = of(Stream::kDuralLoss);
  d.plasma_clearance = of(Stream::kPlasmaClearance);
  d.ventilation_c50 = of(Stream::kVentilationC50);
  d.tolerance_gain = of(Stream::kToleranceGain);
  d.tip = of(Stream::kTip);
  d.pump_flow = of(Stream::kPumpFlow);
  d.proneness = of(Stream::kProneness);
  d.oral_bioavailability = of(Stream::kOralBioavailability);
  d.epidural_csf_availability = of(Stream::kEpiduralCsfAvailability);
  for (std::uint32_t t = 0; t < kTargetCount; ++t) d.relief_ec50[t] = of(Stream::kReliefEc50, t);
  return d;
}

}  // namespace theca
