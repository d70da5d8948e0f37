#include "world/run_described.hpp"

#include <algorithm>

namespace theca {

std::vector<DrugCode> drugs_of(const Scenario& scenario) {
  std::vector<DrugCode> codes;
  for (const ScenarioFluid& fluid : scenario.fluids) {
    for (const Component& part : fluid.formulation.parts()) {
      if (std::find(codes.begin(), codes.end(), part.drug) == codes.end()) codes.push_back(part.drug);
    }
  }
  return codes;
}

RunResult described(const Scenario& scenario, const Library& library) {
  RunResult result;
  result.title = scenario.title;
  result.about = scenario.about;
  result.scenario_file = scenario.file;
  result.seed = scenario.seed;
  result.pump_name = scenario.pump_name;
  result.model = scenario.model;
  result.model.low_alarm = scenario.low_alarm;
  result.path = scenario.path;
  result.true_path = scenario.true_path;
  result.flow_error_ppm = scenario.flow_error_ppm;
  result.local_ms_at_start = scenario.time.starts_local_ms;
  result.lasts = scenario.time.lasts;
  for (const DrugCode code : drugs_of(scenario)) {
    const DrugEntry* entry = library.find_drug(code);
    result.drugs.push_back({code, entry == nullptr ? "?" : entry->name});
  }
  for (const ScenarioFluid& fluid : scenario.fluids) {
    result.fluids.push_back({fluid.formulation.number, fluid.name, fluid.contents, fluid.formulation});
  }
  return result;
}

Formulation path_contents(const Scenario& scenario) {
  return scenario.path_fluid ? scenario.fluids[*scenario.path_fluid].formulation : Formulation{};
}

}  // namespace theca
