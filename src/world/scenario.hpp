#pragma once
/// A scenario file: one pump, one patient, the people around them, over virtual time. docs/scenarios.md

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "plan/library.hpp"
#include "plan/order.hpp"
#include "pump/pump.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"
#include "world/patient_twin.hpp"
#include "world/scenario_constant_flow.hpp"
#include "world/scenario_time.hpp"

namespace theca {

struct ScenarioFluid {
  std::string name;
  std::string contents;
  Formulation formulation;
};

enum class VisitAct : std::uint8_t {
  kRefill,
  kPrescribe,
  kStop,
  kResume,
  kSetClock,
  kAcknowledge,
  kRevise,
  kExplant
};

/// What an order of a visit that the planner does not make does to the run.
enum class RefusedOrder : std::uint8_t { kEndsTheRun, kIsLeftOut };

/// An order as it stands in the file; the drug that its doses are of.
struct ScenarioOrder {
  Order order;
  std::size_t fluid = 0;
  std::uint32_t line = 0;
};

struct Visit {
  Instant at;
  VisitAct act = VisitAct::kRefill;
  std::size_t fluid = 0;
  Volume volume;
  Volume left_in;
  std::optional<Volume> truly;      // refill: what really went in, when that is not what was typed
  std::optional<Volume> aspirated;  // refill: what was typed, when that is not the truth
  bool aspirated_told = true;
  FluidPath path;  // revise: as recorded
  bool tubing_measured = false;
  FluidPath true_path;
  std::optional<std::size_t> path_fluid;
  Duration clock_shift;
  std::optional<ScenarioOrder> order;
  std::optional<Ceilings> ceilings;  // a refill's
  std::uint32_t line = 0;
};

enum class FaultKind : std::uint8_t {
  kPowerLoss,
  kStall,
  kStallEnds,
  kMri,
  kMriEnds,
  kExtraSteps,
  kBitRot,
  kStuckPage,
  kBrownOut,
  kLostSteps,
  kDoubledSteps,
  kHang,
  kClockLeap,
  kFlowError,
  kDrawnOff,
  kSensorBias,
  kJammed,
  kJamEnds,
  kSelfTest
};

/// Something that breaks. One that lasts begins and ends as two.
struct ScenarioFault {
  Instant at;
  FaultKind kind = FaultKind::kPowerLoss;
  Duration lasts;           // power loss
  bool clock_kept = false;  // power loss: the board's clock and step count go on
  std::int64_t count = 0;   // steps, bits, or the page
  Duration shift;           // clock leap
  std::int32_t flow_error_ppm = 0;
  Volume volume;  // drawn off; sensor bias
};

/// A press of the patient's button.
struct Press {
  Instant at;
};

struct Scenario {
  std::string file;
  std::string title;
  std::string about;
  TimeLine time;
  std::uint64_t seed = 1;
  Duration sample_every;

  std::string pump_name;
  PumpModel model;
  std::int32_t flow_error_ppm = 0;
  Volume sensor_bias;
  std::int32_t battery_error_ppm = 0;
  FluidPath path;
  bool tubing_measured = false;  // its tubing need not be the model's
  FluidPath true_path;
  Length true_length;                     // of the catheter
  std::optional<std::size_t> path_fluid;  // none: dry
  PatientSetting body;
  Volume low_alarm;
  std::optional<Ceilings> ceilings;

  std::vector<ScenarioFluid> fluids;
  std::size_t first_fluid = 0;
  Volume first_volume;
  ScenarioOrder first;
  std::vector<Visit> visits;
  std::vector<Press> presses;
  std::vector<ScenarioFault> faults;
  RefusedOrder refused_order = RefusedOrder::kEndsTheRun;

  /// Instead of prescriptions, visits, presses and faults, when the pump is one without electronics.
  std::optional<ConstantFlowScenario> constant_flow;
};

/// The same from a text; `name` stands for the file in errors.
std::expected<Scenario, std::vector<DataError>> read_scenario(const std::string& text,
                                                              const std::string& name,
                                                              const Library& library);

/// Reads and checks all of it; every error at once.
std::expected<Scenario, std::vector<DataError>> load_scenario(const std::filesystem::path& file,
                                                              const Library& library);

}  // namespace theca
