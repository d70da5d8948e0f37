#pragma once
/// What the `theca plan` commands share: the pump, the path, the drug's limits and how they are told.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/page.hpp"
#include "plan/fluid_path.hpp"
#include "plan/library.hpp"
#include "plan/limits.hpp"
#include "plan/one_drug.hpp"
#include "plan/programmable.hpp"

namespace theca {

/// Taken when no --pump is given.
inline constexpr std::string_view kAssumedPump = "roller-40";

struct ChosenPump {
  const PumpEntry* entry;
  PumpModel model;
  bool assumed;
};

struct ChosenPath {
  PathConstants constants;
  Length catheter;
  FluidPath path;
};

void pump_option(Arguments& arguments);
/// Any pump of the library, `otherwise` when no --pump is given; null when the library does not hold it.
const PumpEntry* read_pump_entry(Arguments& arguments, const Library& library, std::string_view otherwise);
/// A programmable pump, kAssumedPump when no --pump is given.
std::optional<ChosenPump> read_pump(Arguments& arguments, const Library& library);

/// --catheter, --tubing, --per-cm
void path_options(Arguments& arguments);
std::optional<ChosenPath> read_path(Arguments& arguments, const std::optional<ChosenPump>& pump);

/// --drug, --jurisdiction
void drug_options(Arguments& arguments);
void jurisdiction_option(Arguments& arguments);
/// Null when no drug is named.
const DrugEntry* read_drug(Arguments& arguments, const Library& library);
/// --max, which needs --bolus: within what a pump counts.
std::optional<CountPerWindow> read_most_boluses(Arguments& arguments);
Scope read_scope(Arguments& arguments);

/// An exact decimal as a JSON number: an integer when it is whole.
nlohmann::ordered_json number(const std::string& decimal);
nlohmann::ordered_json json_of(const ChosenPump& pump);
nlohmann::ordered_json json_of(const ChosenPath& path);
nlohmann::ordered_json json_of(const std::vector<Finding>& findings);

/// Masses, doses and concentrations in the one unit that the dose was typed in, so that formulas read.
class InTypedUnit {
 public:
  InTypedUnit() = default;
  explicit InTypedUnit(std::string_view typed);
  [[nodiscard]] std::string operator()(Mass mass) const;
  [[nodiscard]] std::string operator()(DoseRate dose, Rounding rounding = Rounding::exact()) const;
  [[nodiscard]] std::string operator()(Concentration c) const;

 private:
  MassUnit unit_ = MassUnit::kMilligram;
};

/// "0.199 mL + 80 cm x 0.0022 mL/cm = 0.375 mL"
std::string path_formula(const ChosenPath& path);
/// Where tubing and catheter constants come from and whether they were verified.
std::string path_pedigree(const ChosenPath& path, const ChosenPump& pump);
/// "roller-40 (assumed, no --pump given): 0.048 mL/day to 24 mL/day, not verified"
std::string pump_pedigree(const ChosenPump& pump);
/// "S10, verified"
std::string pedigree_words(const std::vector<std::string>& sources, bool verified);
/// "gives 3.000004 mg/day, less than 0.0002 % above 3 mg/day", empty when the rate gives the dose exactly.
std::string rounding_words(DoseRate given, DoseRate wanted, const InTypedUnit& in_unit);

/// Findings about doses; those about the safe state belong to a prescription, not to a plan.
std::vector<Finding> dose_findings(const Prescription& prescription, const LimitQuestion& question);
/// Adds findings that are not there yet.
void merge(std::vector<Finding>& into, const std::vector<Finding>& more);
void write_findings(Page& page, const std::vector<Finding>& findings);

/// Sentences on stderr, and as JSON on stdout when `json`. kExitUsage when a value was zero, else
/// kExitRefused.
int tell_plan_errors(std::string_view command, const PlanErrors& errors, bool json);
/// Prints the page or the JSON; kExitRefused when a finding is hard.
int finish(const Page& page, nlohmann::ordered_json json, const std::vector<Finding>& findings, bool as_json);

}  // namespace theca
