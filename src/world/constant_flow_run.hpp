#pragma once
/// What a run with a constant-flow pump leaves behind beside the samples: the pump itself records nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/constant_flow.hpp"
#include "quantity/quantity.hpp"

namespace theca {

enum class ConstantFlowEventKind : std::uint8_t {
  kFilled,
  kRefilled,
  kInfluenceBegins,
  kInfluenceEnds,
  kNearlyEmpty,
  kRanDry,
  kFluidAtTip
};

struct ConstantFlowEventRow {
  ConstantFlowEventKind kind;
  const char* name;
  bool moves_flow;  // else it is about fluids and people
};
inline constexpr std::array kConstantFlowEvents{
    ConstantFlowEventRow{ConstantFlowEventKind::kFilled, "filled", false},
    ConstantFlowEventRow{ConstantFlowEventKind::kRefilled, "refilled", false},
    ConstantFlowEventRow{ConstantFlowEventKind::kInfluenceBegins, "influence begins", true},
    ConstantFlowEventRow{ConstantFlowEventKind::kInfluenceEnds, "influence ends", true},
    ConstantFlowEventRow{ConstantFlowEventKind::kNearlyEmpty, "nearly empty", true},
    ConstantFlowEventRow{ConstantFlowEventKind::kRanDry, "ran dry", true},
    ConstantFlowEventRow{ConstantFlowEventKind::kFluidAtTip, "fluid at tip", false},
};
constexpr const ConstantFlowEventRow& row_of(ConstantFlowEventKind kind) {
  return kConstantFlowEvents[static_cast<std::size_t>(kind)];
}
static_assert([] {
  for (std::size_t i = 0; i < kConstantFlowEvents.size(); ++i) {
    if (static_cast<std::size_t>(kConstantFlowEvents[i].kind) != i) return false;
  }
  return true;
}());

/// Something that happened to the pump or its fluids; only the simulation and the people saw it.
struct ConstantFlowEvent {
  Instant at;
  ConstantFlowEventKind kind = ConstantFlowEventKind::kFilled;
  FlowRate flow;     // in truth, from then on
  Volume reservoir;  // in truth, from then on
  std::string text;  // one sentence
};

/// A fill. What is found in the reservoir before it is all that anybody ever learns of the true flow.
struct ConstantFlowFillRecord {
  Instant at;
  std::uint32_t fluid = 0;
  Volume volume;
  std::optional<Volume> found;     // in truth; nothing at the first fill
  std::optional<Volume> expected;  // at the labelled flow
  std::vector<DoseRate> intended;  // per DrugColumn
  std::vector<DoseRate> at_label;  // per DrugColumn: concentration x labelled flow
  bool intended_typed = false;     // for the first drug of the fluid; else it is what the label gives
};

struct PlayedInfluence {
  std::string what;  // "temperature +2 °C"
  Instant begins;
  std::optional<Instant> ends;  // within the run
  FlowBand band;
};

/// The sums if every influence had stood at one end of its band.
struct BandEnd {
  Volume delivered;
  std::vector<Mass> tip_mass;  // per DrugColumn
  std::vector<Instant> ran_dry;
};

struct ConstantFlowRun {
  FlowRate labelled;
  bool flow_in_library = false;
  std::vector<std::string> flow_sources;  // of the library's variant
  Volume nearly_empty;
  FlowBand when_nearly_empty;
  std::vector<ConstantFlowEvent> events;
  std::vector<ConstantFlowFillRecord> fills;
  std::vector<PlayedInfluence> influences;
  std::vector<Instant> ran_dry;
  BandEnd low, high;
};

}  // namespace theca
