#include "plan/library.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "plan/battery.hpp"

namespace theca {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Insertions, deletions and replacements that make `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string_view question_of(std::string_view population) {
  const auto found = std::ranges::find(kPopulations, population, &Population::name);
  return found == kPopulations.end() ? "" : found->question;
}

template <class Entry>
const Entry* find_named(const std::vector<Entry>& all, std::string_view name) {
  const auto wanted = [&](const std::string& known) { return same_name(known, name); };
  for (const Entry& entry : all)
    if (wanted(entry.name) || std::ranges::any_of(entry.aliases, wanted)) return &entry;
  return nullptr;
}

template <class Entry>
std::vector<std::string> suggest(const std::vector<Entry>& all, std::string_view name) {
  constexpr std::size_t kMostSuggestions = 3;
  constexpr std::size_t kLongestName = 64;  // longer input is no name, and the distance grows with its length
  if (name.size() > kLongestName) return {};
  const std::string wanted = lower(name);
  std::vector<std::pair<std::size_t, std::string>> near;
  const auto consider = [&](const std::string& candidate) {
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    const std::size_t allowed = std::max<std::size_t>(2, candidate.size() / 3);
    if (distance <= allowed && distance < candidate.size()) near.emplace_back(distance, candidate);
  };
  for (const Entry& entry : all) {
    consider(entry.name);
    for (const std::string& alias : entry.aliases) consider(alias);
  }
  std::ranges::stable_sort(near, {}, [](const auto& pair) { return pair.first; });
  std::vector<std::string> names;
  for (auto& [distance, candidate] : near)
    if (names.size() < kMostSuggestions) names.push_back(std::move(candidate));
  return names;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

bool applies(std::string_view jurisdiction, std::string_view population, const Scope& scope) {
  if (!jurisdiction.empty() && !scope.jurisdiction.empty() && jurisdiction != scope.jurisdiction)
    return false;
  if (population.empty() || std::ranges::find(scope.populations, population) != scope.populations.end())
    return true;
  const std::string_view question = question_of(population);
  return std::ranges::none_of(scope.populations,
                              [&](const std::string& known) { return question_of(known) == question; });
}

std::optional<bool> DrugEntry::on_label_in(std::string_view jurisdiction) const {
  for (const auto& label : on_label)
    if (label.jurisdiction == jurisdiction) return label.value;
  return std::nullopt;
}

std::expected<PumpModel, std::string> pump_model(const PumpEntry& pump) {
  if (pump.actuator == ActuatorKind::kConstantFlow) return std::unexpected("no programmable actuator");
  if (!pump.residual || !pump.min_flow || !pump.max_flow || !pump.minimum_rate || !pump.largest_step ||
      !pump.low_alarm || !pump.tubing || !pump.catheter_per_cm) {
    return std::unexpected("a constant of the pump is missing");
  }
  return PumpModel{.code = pump.code,
                   .actuator = pump.actuator,
                   .step = pump.largest_step->value,
                   .min_flow = pump.min_flow->value,
                   .max_flow = pump.max_flow->value,
                   .minimum_rate = pump.minimum_rate->value,
                   .capacity = pump.capacity.value,
                   .residual = pump.residual->value,
                   .low_alarm = pump.low_alarm->value,
                   .accuracy_ppm = pump.accuracy.value,
                   .tubing = pump.tubing->value,
                   .catheter_per_cm = pump.catheter_per_cm->value,
                   .battery = pump.service_life_years
                                  ? battery_for(pump.largest_step->value, pump.service_life_years->value)
                                  : BatteryModel{}};
}

const DrugEntry* Library::find_drug(std::string_view name) const { return find_named(drugs, name); }

const DrugEntry* Library::find_drug(DrugCode code) const {
  const auto found = std::ranges::find(drugs, code, &DrugEntry::code);
  return found == drugs.end() ? nullptr : &*found;
}

const PumpEntry* Library::find_pump(std::string_view name) const { return find_named(pumps, name); }

const PumpEntry* Library::find_pump(std::uint16_t code) const {
  const auto found = std::ranges::find(pumps, code, &PumpEntry::code);
  return found == pumps.end() ? nullptr : &*found;
}

std::vector<std::string> Library::suggest_drugs(std::string_view name) const { return suggest(drugs, name); }
std::vector<std::string> Library::suggest_pumps(std::string_view name) const { return suggest(pumps, name); }

}  // namespace theca
