#pragma once
/// A pump whose flow is fixed at manufacture: the dose is compounded, not programmed. What goes into the
/// syringe, how long it lasts, and what moves the flow of a pump that cannot be told anything.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "plan/programmable.hpp"
#include "quantity/quantity.hpp"

namespace theca {

struct ConstantFlowRequest {
  Volume capacity;
  FlowRate flow;
  DoseRate dose;
  Concentration stock;  // of the drug as it comes
  Volume extra;         // prepared beyond the capacity, to prime the refill set
};

/// Drug and diluent of one syringe.
struct Compound {
  Volume volume;
  Mass mass;       // dose x volume / flow, nearest
  Volume drug;     // mass / stock, nearest nL
  Volume diluent;  // volume less drug
};

struct ConstantFlowFill {
  Duration lasts;               // capacity / flow, rounded down to the ms
  Concentration concentration;  // dose / flow, nearest ng/mL
  Compound in_pump;             // of the capacity
  Compound to_prepare;          // of the capacity and the extra
};

/// run time = capacity / flow; mass = dose x run time; drug = mass / stock; diluent = capacity - drug.
/// Errors: kZero, kAboveConcentration (a stock too weak); all at once. Source:
/// docs/arithmetic.md#constant-flow
std::expected<ConstantFlowFill, PlanErrors> plan_constant_flow(const ConstantFlowRequest& request);

/// What moves the flow. `low` and `high` bound the change in ppm of the flow; both may be negative. No
/// maker's table was read, so every row is derived by Theca or commonly quoted, and none is verified.
struct FlowInfluence {
  std::string_view what;  // "1 °C warmer"
  std::int64_t low_ppm;
  std::int64_t high_ppm;
  std::string_view because;
  std::array<std::string_view, 2> sources;  // ids of data/sources.toml; the second may be empty
  bool verified;
};
/// Source: docs/arithmetic.md#constant-flow
inline constexpr std::array kFlowInfluences = {
    FlowInfluence{"1 °C warmer",
                  80'000,
                  130'000,
                  "propellant pressure rises, the drug runs thinner; 8 to 11 % derived, 10 to 13 % quoted",
                  {"theca", "CONSTANT-FLOW-SPEC"},
                  false},
    FlowInfluence{
        "2 °C warmer (fever)", 160'000, 260'000, "twice 1 °C", {"theca", "CONSTANT-FLOW-SPEC"}, false},
    FlowInfluence{"1 °C cooler",
                  -130'000,
                  -80'000,
                  "as 1 °C warmer, the other way",
                  {"theca", "CONSTANT-FLOW-SPEC"},
                  false},
    FlowInfluence{"1000 m higher",
                  110'000,
                  230'000,
                  "the air outside presses 11 to 12 kPa less; derived, cabins of aircraft too",
                  {"theca", ""},
                  false},
    FlowInfluence{"moved to high altitude",
                  100'000,
                  400'000,
                  "as quoted, without a height",
                  {"CONSTANT-FLOW-SPEC", ""},
                  false},
    FlowInfluence{"drug 10 % more viscous",
                  -90'909,
                  -90'909,
                  "flow goes as 1 / viscosity: 1 / 1.1",
                  {"theca", ""},
                  false},
    FlowInfluence{"reservoir nearly empty",
                  -150'000,
                  -100'000,
                  "the bellows press less",
                  {"CONSTANT-FLOW-SPEC", ""},
                  false},
    FlowInfluence{"20 mmHg more at the tip",
                  -50'000,
                  -30'000,
                  "2.7 kPa against the driving pressure; derived",
                  {"theca", ""},
                  false},
};

/// The row of `kFlowInfluences` with this name, which must be there.
constexpr const FlowInfluence& flow_influence(std::string_view what) {
  std::size_t i = 0;
  while (kFlowInfluences[i].what != what) ++i;
  return kFlowInfluences[i];
}

/// What a change does to the flow: somewhere between `low_ppm` and `high_ppm`; `row` says why and from where.
struct FlowBand {
  std::int64_t low_ppm = 0;
  std::int64_t high_ppm = 0;
  const FlowInfluence* row = nullptr;
  [[nodiscard]] constexpr std::int64_t middle_ppm() const { return (low_ppm + high_ppm) / 2; }
};
/// "1 °C warmer" in proportion, the other way when it is cooler. Source: docs/arithmetic.md#constant-flow
FlowBand flow_when_warmer(std::int64_t thousandths_of_celsius);
/// "1000 m higher" in proportion.
FlowBand flow_when_higher(std::int64_t metres);
/// 1 / (1 + ppm) - 1, nearest ppm; `ppm` > -1 000 000.
FlowBand flow_when_more_viscous(std::int64_t ppm);
/// "reservoir nearly empty".
FlowBand flow_when_nearly_empty();

/// Level from which on a reservoir is nearly empty: the last tenth of its capacity. Theca's assumption, in no
/// source and not verified: those that quote the fall do not say where it begins.
constexpr Volume nearly_empty_level(Volume capacity) {
  constexpr std::int64_t kNearlyEmptyShare = 10;
  return Volume{capacity.raw() / kNearlyEmptyShare};
}

/// `rate` and a change of it, nearest. `ppm` > -1 000 000.
DoseRate changed(DoseRate rate, std::int64_t ppm);
FlowRate changed(FlowRate rate, std::int64_t ppm);

}  // namespace theca
