#pragma once
/// The drug and pump library: data/drugs/*.toml, data/pumps/*.toml, data/sources.toml. Schema:
/// docs/library.md
///
/// Every number carries where it comes from and whether it was read there. A figure that was not may only
/// be a soft limit: the loader refuses a hard one.

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drug/formulation.hpp"
#include "drug/safe_state.hpp"
#include "quantity/quantity.hpp"
#include "source/source.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// What a check does with a number: shows it, asks for a confirmed reason, or refuses.
enum class LimitKind : std::uint8_t { kInformation = 0, kSoft = 1, kHard = 2 };

/// A value of the library with its pedigree.
template <class T>
struct Sourced {
  T value{};
  std::string text;                  // as the file writes it: "0.1 to 0.5 mg/day"
  std::vector<std::string> sources;  // ids of data/sources.toml, never empty
  bool verified = false;             // read in at least one of the sources
  LimitKind limit = LimitKind::kInformation;
  std::string edition;       // "PACC 2012", "SmPC 2012"; empty: not an edition's
  std::string jurisdiction;  // "US", "EU"; empty: everywhere
  std::string population;    // a name of kPopulations; empty: everyone
  std::string note;

  [[nodiscard]] bool hard() const { return limit == LimitKind::kHard; }
  [[nodiscard]] bool soft() const { return limit == LimitKind::kSoft; }
};

/// From `low` (absent: no lower end is stated) to `high`, both included.
template <class T>
struct Range {
  std::optional<T> low;
  T high{};
};

/// Parts per million of something: 30 % is 300 000.
using Ppm = std::int32_t;

/// For whom a number holds. What is not known (an empty jurisdiction, no population of a question) rules
/// no number out.
struct Scope {
  std::string jurisdiction;
  std::vector<std::string> populations;
};

/// Populations, each an answer to one question; answers to the same question exclude each other.
struct Population {
  std::string_view name;
  std::string_view question;
};
inline constexpr std::array<Population, 8> kPopulations = {{
    {"opioid-naive", "opioids"},
    {"opioid-tolerant", "opioids"},
    {"cancer", "pain"},
    {"non-cancer", "pain"},
    {"spinal spasticity", "spasticity"},
    {"cerebral spasticity", "spasticity"},
    {"adult", "age"},
    {"child", "age"},
}};
inline constexpr std::array<std::string_view, 2> kJurisdictions = {"US", "EU"};

/// Does a number said for `jurisdiction` and `population` hold in `scope`?
bool applies(std::string_view jurisdiction, std::string_view population, const Scope& scope);

/// The numbers of a list that hold in `scope`, in file order.
template <class T>
std::vector<const Sourced<T>*> applicable(const std::vector<Sourced<T>>& all, const Scope& scope) {
  std::vector<const Sourced<T>*> kept;
  for (const auto& one : all)
    if (applies(one.jurisdiction, one.population, scope)) kept.push_back(&one);
  return kept;
}

/// The lowest number of a list that holds in `scope` and is a limit of kind `kind`; null when there is none.
template <class T>
const Sourced<T>* strictest(const std::vector<Sourced<T>>& all, const Scope& scope, LimitKind kind) {
  const Sourced<T>* lowest = nullptr;
  for (const auto* one : applicable(all, scope))
    if (one->limit == kind && (lowest == nullptr || one->value < lowest->value)) lowest = one;
  return lowest;
}

// Drugs

enum class StepDirection : std::uint8_t { kIncrease = 0, kDecrease = 1 };
enum class StepPhase : std::uint8_t { kTitration = 0, kMaintenance = 1 };

/// One change of the daily dose: by how much at most (absolute, or a share of the present dose, or both)
/// and how far apart. What is absent is not stated by the source.
struct TitrationStep {
  StepDirection direction = StepDirection::kIncrease;
  StepPhase phase = StepPhase::kTitration;
  std::optional<DoseRate> max_dose;
  std::optional<Range<Ppm>> share;
  std::optional<Duration> spacing;           // shortest time between two steps
  std::optional<std::int32_t> max_per_week;  // most steps in seven days
};

/// A dose the patient may ask for.
struct PatientBolus {
  std::optional<Range<Ppm>> share_of_day;  // of the daily dose, for one bolus
  bool advised_against = false;
  std::optional<ActuatorKind> actuator;  // only on this kind of pump; absent: on every pump
};

enum class StabilityUse : std::uint8_t { kAny = 0, kNaivePump = 1, kUndiluted = 2, kDiluted = 3 };

/// How long a fill keeps in the pump at body temperature.
struct Stability {
  Duration period;
  StabilityUse use = StabilityUse::kAny;
  std::vector<std::string> with;  // other drugs of the mixture it was measured in; empty: the drug alone
};

/// Rinses of a pump that has never held the drug, before its first fill.
struct Rinse {
  std::int32_t times = 0;
  Volume volume;
  Concentration concentration;
};

/// A statement in words; `topic` groups it: "start", "stopping", "mri", ...
struct Fact {
  std::string topic;
  std::string text;
};

struct DrugEntry {
  std::string file;  // where it was read, for messages
  DrugCode code = DrugCode::kNone;
  std::string name;
  std::vector<std::string> aliases;
  std::string kind;  // "opioid", "local anaesthetic", ...
  Sourced<DrugClass> safety_class;
  std::vector<Sourced<bool>> on_label;  // in implantable pumps, per jurisdiction

  std::vector<Sourced<Concentration>> concentration;  // sold for intrathecal use
  std::vector<Sourced<Concentration>> max_concentration;
  std::vector<Sourced<Range<DoseRate>>> start_per_day;
  std::vector<Sourced<Range<DoseRate>>> usual_per_day;
  std::vector<Sourced<DoseRate>> max_per_day;
  std::vector<Sourced<Range<Mass>>> trial_bolus;
  std::vector<Sourced<TitrationStep>> titration_step;
  std::vector<Sourced<PatientBolus>> patient_bolus;
  std::vector<Sourced<Stability>> stability;
  std::vector<Sourced<Rinse>> first_fill_rinse;
  std::vector<Sourced<Fact>> note;

  [[nodiscard]] DrugClass drug_class() const { return safety_class.value; }
  [[nodiscard]] SafeAction safe_action() const { return proposed_safe_action(drug_class()); }
  /// On the label in `jurisdiction` ("US", "EU"); nothing when the library does not say.
  [[nodiscard]] std::optional<bool> on_label_in(std::string_view jurisdiction) const;
};

/// Calls f(key, number) for every number and statement of the drug, in the order of a card. `key` is the
/// file's.
template <class F>
void for_each_number(const DrugEntry& drug, F&& f) {
  const auto each = [&](std::string_view key, const auto& list) {
    for (const auto& one : list) f(key, one);
  };
  f(std::string_view("class"), drug.safety_class);
  each("on_label", drug.on_label);
  each("concentration", drug.concentration);
  each("max_concentration", drug.max_concentration);
  each("start_per_day", drug.start_per_day);
  each("usual_per_day", drug.usual_per_day);
  each("max_per_day", drug.max_per_day);
  each("titration_step", drug.titration_step);
  each("patient_bolus", drug.patient_bolus);
  each("trial_bolus", drug.trial_bolus);
  each("stability", drug.stability);
  each("first_fill_rinse", drug.first_fill_rinse);
  each("note", drug.note);
}

// Pumps

struct PumpEntry {
  std::string file;
  std::uint16_t code = 0;
  std::string name;
  std::vector<std::string> aliases;
  std::string kind;  // one line in words
  ActuatorKind actuator = ActuatorKind::kRoller;

  Sourced<Volume> capacity;
  Sourced<Ppm> accuracy;  // labelled, one-sided
  // Stated for every pump with a programmable actuator; a constant-flow pump may leave them out.
  std::optional<Sourced<Volume>> residual;
  std::optional<Sourced<FlowRate>> min_flow;
  std::optional<Sourced<FlowRate>> max_flow;
  std::optional<Sourced<FlowRate>> minimum_rate;
  std::optional<Sourced<Volume>> largest_step;
  std::optional<Sourced<Volume>> low_alarm;
  std::optional<Sourced<Volume>> tubing;
  std::optional<Sourced<Volume>> catheter_per_cm;
  // Constant-flow pumps only.
  std::vector<Sourced<FlowRate>> fixed_flow;
  std::optional<Sourced<Volume>> refill_set_prime;
  // Battery.
  std::optional<Sourced<std::int32_t>> service_life_years;
  std::optional<Sourced<Duration>> replacement_to_stop;  // from the replacement notice to the stop
  std::vector<Sourced<Fact>> note;  // topics "mri", "battery", "alarm", "accuracy", "drugs", ...
};

/// Calls f(key, number) for every number and statement of the pump, as for a drug.
template <class F>
void for_each_number(const PumpEntry& pump, F&& f) {
  const auto maybe = [&](std::string_view key, const auto& one) {
    if (one) f(key, *one);
  };
  f(std::string_view("capacity"), pump.capacity);
  maybe("residual", pump.residual);
  maybe("min_flow", pump.min_flow);
  maybe("max_flow", pump.max_flow);
  maybe("minimum_rate", pump.minimum_rate);
  maybe("largest_step", pump.largest_step);
  for (const auto& one : pump.fixed_flow) f(std::string_view("fixed_flow"), one);
  f(std::string_view("accuracy"), pump.accuracy);
  maybe("low_alarm", pump.low_alarm);
  maybe("tubing", pump.tubing);
  maybe("catheter_per_cm", pump.catheter_per_cm);
  maybe("refill_set_prime", pump.refill_set_prime);
  maybe("service_life", pump.service_life_years);
  maybe("replacement_to_stop", pump.replacement_to_stop);
  for (const auto& one : pump.note) f(std::string_view("note"), one);
}

/// The constants an implant of this kind is made with. A constant-flow pump has none: "no programmable
/// actuator".
std::expected<PumpModel, std::string> pump_model(const PumpEntry& pump);

// Library

/// Names are the same whatever the letter case (ASCII).
bool same_name(std::string_view a, std::string_view b);

struct Library {
  std::vector<DrugEntry> drugs;  // by code
  std::vector<PumpEntry> pumps;  // by code
  Sources sources;

  /// By name or alias (same_name); null when there is none.
  [[nodiscard]] const DrugEntry* find_drug(std::string_view name) const;
  [[nodiscard]] const DrugEntry* find_drug(DrugCode code) const;
  [[nodiscard]] const PumpEntry* find_pump(std::string_view name) const;
  [[nodiscard]] const PumpEntry* find_pump(std::uint16_t code) const;

  /// Names near a misspelt one, nearest first, at most three; for messages.
  [[nodiscard]] std::vector<std::string> suggest_drugs(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> suggest_pumps(std::string_view name) const;
};

/// Reads `directory`/sources.toml, drugs/*.toml and pumps/*.toml (in name order). All errors at once, in
/// file order, with paths relative to `directory`.
std::expected<Library, std::vector<DataError>> load_library(const std::filesystem::path& directory);

}  // namespace theca
