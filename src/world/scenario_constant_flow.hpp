#pragma once
/// What a scenario says about a pump whose flow is fixed at manufacture. docs/scenarios.md#constant-flow

#include <cstdint>
#include <optional>
#include <vector>

#include "plan/constant_flow.hpp"
#include "plan/library.hpp"
#include "quantity/quantity.hpp"

namespace theca {

class TableReader;
struct Scenario;

enum class InfluenceKind : std::uint8_t { kTemperature, kAltitude, kViscosity };

/// A fever, a journey, a thicker drug: what moves the flow for a time. Those of one kind add up.
struct Influence {
  InfluenceKind kind = InfluenceKind::kTemperature;
  std::int64_t amount = 0;  // thousandths of a degree, metres, or ppm of the viscosity
  Instant begins;
  std::optional<Instant> ends;  // none: it lasts to the end of the run and beyond
};

/// Of all that is typed for one kind at one moment.
FlowBand flow_band(InfluenceKind kind, std::int64_t amount);

/// A fill after the first one: the only moment at which the dose can be changed.
struct ConstantFlowRefill {
  Instant at;
  std::size_t fluid = 0;
  Volume volume;
  std::optional<DoseRate> intended;
  std::uint32_t line = 0;
};

struct ConstantFlowScenario {
  FlowRate labelled;
  std::optional<DoseRate> intended;  // with the first fill, of its first drug
  std::vector<ConstantFlowRefill> refills;
  std::vector<Influence> influences;
};

/// The rest of [pump]: makes `scenario` one of a constant-flow pump.
void read_constant_flow_pump(TableReader& table, const PumpEntry& pump, Scenario& scenario);
/// Volumes of the path, which the library does not state for such a pump. Reads what [catheter] needs beside
/// its lengths and contents.
void read_constant_flow_path(TableReader& table, Scenario& scenario);
/// All tables below the first fill, refusing those that are for pumps with electronics.
void read_constant_flow_life(TableReader& top, Scenario& scenario);

}  // namespace theca
