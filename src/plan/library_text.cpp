#include "plan/library_text.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "plan/library_names.hpp"

namespace theca {
namespace {

using nlohmann::json;

constexpr std::size_t kLabelColumns = 22;  // where values start on a card
constexpr std::size_t kSourceIndent = 6;

// Lines

/// Characters, not bytes: "µ" is one column.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.append(width > columns(text) ? width - columns(text) : 1, ' ');
  return out;
}

/// `text` word by word after `head`; further lines are indented by `indent` columns.
std::string wrapped(std::string head, std::string_view text, std::size_t indent) {
  std::string out;
  std::string line = std::move(head);
  bool fresh = true;  // no word on this line yet
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!fresh && columns(line) + 1 + columns(word) > kCardColumns) {
      out += line + "\n";
      line.assign(indent, ' ');
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += word;
    fresh = false;
  }
  return out + line + "\n";
}

std::string row(std::string_view label, std::string_view text) {
  return wrapped(padded("  " + std::string(label), kLabelColumns), text, kLabelColumns);
}

template <class Range>
std::string listed(const Range& words) {
  std::string all;
  for (const auto& word : words) {
    if (!all.empty()) all += ", ";
    all += word;
  }
  return all;
}

// Cards

constexpr Choice<std::string_view> kLabels[] = {
    {"class", "Class"},
    {"on_label", "Label"},
    {"concentration", "Sold as"},
    {"max_concentration", "Max concentration"},
    {"start_per_day", "Start"},
    {"usual_per_day", "Usual"},
    {"max_per_day", "Max per day"},
    {"titration_step", "Dose step"},
    {"patient_bolus", "Patient bolus"},
    {"trial_bolus", "Trial bolus"},
    {"stability", "Keeps in the pump"},
    {"first_fill_rinse", "First fill"},
    {"capacity", "Reservoir"},
    {"residual", "Residual"},
    {"min_flow", "Smallest flow"},
    {"max_flow", "Largest flow"},
    {"minimum_rate", "Minimum rate"},
    {"largest_step", "Largest step"},
    {"fixed_flow", "Flow (fixed)"},
    {"accuracy", "Accuracy"},
    {"low_alarm", "Low alarm"},
    {"tubing", "Internal tubing"},
    {"catheter_per_cm", "Catheter"},
    {"refill_set_prime", "Refill set"},
    {"service_life", "Service life"},
    {"replacement_to_stop", "Notice to stop"},
};

std::string_view label_of(std::string_view key) {
  for (const auto& [name, label] : kLabels)
    if (name == key) return label;
  return key;
}

template <class T>
std::string label_of(std::string_view key, const Sourced<T>&) {
  return std::string(label_of(key));
}
std::string label_of(std::string_view, const Sourced<Fact>& fact) {
  std::string topic = fact.value.topic;
  if (topic.front() >= 'a' && topic.front() <= 'z')
    topic.front() = static_cast<char>(topic.front() - 'a' + 'A');
  return topic;
}

template <class T>
std::string value_text(const Sourced<T>& number) {
  return number.text;
}
std::string value_text(const Sourced<Stability>& number) {
  std::string out = number.text;
  if (number.value.use == StabilityUse::kNaivePump) out += ", first fill of a naive pump";
  if (number.value.use == StabilityUse::kUndiluted) out += " undiluted";
  if (number.value.use == StabilityUse::kDiluted) out += " diluted";
  if (!number.value.with.empty()) out += " with " + listed(number.value.with);
  return out;
}
std::string value_text(const Sourced<Ppm>& number) {
  // The accuracy is a percentage of both sides; the service life is the other number of this type.
  return number.text.ends_with('%') ? "+/-" + number.text : number.text;
}

/// "20 mg/day (unverified); soft limit; label; US; opioid-naive [S62]. Note."
template <class T>
std::string entry_text(const Sourced<T>& number) {
  std::string out = value_text(number);
  if (!number.verified) out += " (unverified)";
  if (number.soft()) out += "; soft limit";
  if (number.hard()) out += "; HARD limit";
  const std::string_view before = out.ends_with('.') ? " " : "; ";
  for (const std::string* scope : {&number.edition, &number.jurisdiction, &number.population}) {
    if (!scope->empty()) out += std::string(before) + *scope;
  }
  out += " [" + listed(number.sources) + "]";
  if (!number.note.empty()) out += " " + number.note;
  return out;
}

/// Rows of all numbers; a label stands once over its group.
template <class Entry>
std::string rows(const Entry& entry) {
  std::string out;
  std::string last;
  for_each_number(entry, [&](std::string_view key, const auto& number) {
    const std::string label = label_of(key, number);
    out += row(label == last ? "" : label, entry_text(number));
    last = label;
  });
  return out;
}

/// The sources an entry cites, in the order of its card.
template <class Entry>
std::vector<std::string> cited(const Entry& entry) {
  std::vector<std::string> ids;
  for_each_number(entry, [&](std::string_view, const auto& number) {
    for (const std::string& id : number.sources)
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  });
  return ids;
}

template <class Entry>
std::string source_list(const Entry& entry, const Library& library) {
  std::string out = "\nSources\n";
  for (const std::string& id : cited(entry)) {
    const auto source = library.sources.find(id);
    if (source == library.sources.end()) continue;
    std::string text = source->second.title;
    if (!source->second.address.empty()) text += "; " + source->second.address;
    if (!source->second.read && id != "theca") text += " (not opened)";
    out += wrapped("  [" + id + "] ", text, kSourceIndent);
  }
  return out;
}

template <class Entry>
std::string heading(const Entry& entry, std::uint32_t code) {
  std::string out = entry.name + " (code " + std::to_string(code) + ")\n";
  out += row("Kind", entry.kind);
  if (!entry.aliases.empty()) out += row("Also called", listed(entry.aliases));
  return out;
}

// JSON

json value_json(bool value) { return {{"value", value}}; }
json value_json(DrugClass value) { return {{"value", name_of(value)}}; }
json value_json(Concentration value) { return {{"ng_per_ml", value.raw()}}; }
json value_json(DoseRate value) { return {{"fg_per_day", value.raw()}}; }
json value_json(FlowRate value) { return {{"nl_per_day", value.raw()}}; }
json value_json(Volume value) { return {{"nl", value.raw()}}; }
json value_json(Duration value) { return {{"ms", value.raw()}}; }
json value_json(Mass value) { return {{"fg", value.raw()}}; }
json value_json(const Fact& fact) { return {{"topic", fact.topic}}; }

/// {"low_fg": 1, "high_fg": 2} from the JSON of either end.
json range_json(const json& low, const json& high) {
  json out = json::object();
  for (const auto& [unit, value] : low.items()) out["low_" + unit] = value;
  for (const auto& [unit, value] : high.items()) out["high_" + unit] = value;
  return out;
}
template <class T>
json value_json(const Range<T>& range) {
  return range_json(range.low ? value_json(*range.low) : json::object(), value_json(range.high));
}
json share_json(const Range<Ppm>& share) {
  const json low = share.low ? json{{"ppm", *share.low}} : json::object();
  return range_json(low, {{"ppm", share.high}});
}
json value_json(const TitrationStep& step) {
  json out = {{"direction", name_of(step.direction)}, {"phase", name_of(step.phase)}};
  if (step.max_dose) out["max_dose"] = value_json(*step.max_dose);
  if (step.share) out["share"] = share_json(*step.share);
  if (step.spacing) out["spacing"] = value_json(*step.spacing);
  if (step.max_per_week) out["max_per_week"] = *step.max_per_week;
  return out;
}
json value_json(const PatientBolus& bolus) {
  json out = {{"advised_against", bolus.advised_against}};
  if (bolus.share_of_day) out["share_of_day"] = share_json(*bolus.share_of_day);
  if (bolus.actuator) out["actuator"] = name_of(*bolus.actuator);
  return out;
}
json value_json(const Stability& stability) {
  json out = value_json(stability.period);
  out["use"] = name_of(stability.use);
  out["with"] = stability.with;
  return out;
}
json value_json(const Rinse& rinse) {
  return {{"times", rinse.times},
          {"volume", value_json(rinse.volume)},
          {"concentration", value_json(rinse.concentration)}};
}

template <class T>
json number_json(std::string_view key, const Sourced<T>& number) {
  json out;
  if constexpr (std::is_same_v<T, Ppm>) {
    out = {{key == "service_life" ? "years" : "ppm", number.value}};
  } else {
    out = value_json(number.value);
  }
  out["text"] = number.text;
  out["sources"] = number.sources;
  out["verified"] = number.verified;
  out["limit"] = name_of(number.limit);
  if (!number.edition.empty()) out["edition"] = number.edition;
  if (!number.jurisdiction.empty()) out["jurisdiction"] = number.jurisdiction;
  if (!number.population.empty()) out["population"] = number.population;
  if (!number.note.empty()) out["note"] = number.note;
  return out;
}

/// Keys of which an entry has exactly one or none; all others are lists.
constexpr std::string_view kSingleKeys[] = {
    "class",           "capacity",         "residual",     "min_flow",           "max_flow",
    "minimum_rate",    "largest_step",     "accuracy",     "low_alarm",          "tubing",
    "catheter_per_cm", "refill_set_prime", "service_life", "replacement_to_stop"};

template <class Entry>
json entry_json(const Entry& entry, std::uint32_t code) {
  json out = {{"code", code}, {"name", entry.name}, {"aliases", entry.aliases}, {"kind", entry.kind}};
  for_each_number(entry, [&](std::string_view key, const auto& number) {
    json one = number_json(key, number);
    if (std::ranges::find(kSingleKeys, key) != std::end(kSingleKeys)) {
      out[std::string(key)] = std::move(one);
    } else {
      out[std::string(key)].push_back(std::move(one));
    }
  });
  return out;
}

std::string marked(std::string_view text, bool verified) {
  return std::string(text) + (verified ? "" : " (unverified)");
}

}  // namespace

std::string describe(const DrugEntry& drug, const Library& library) {
  std::string out = heading(drug, static_cast<std::uint32_t>(drug.code));
  out += row("Proposed safe state", name_of(drug.safe_action()));
  return out + rows(drug) + source_list(drug, library);
}

std::string describe(const PumpEntry& pump, const Library& library) {
  return heading(pump, pump.code) + row("Actuator", name_of(pump.actuator)) + rows(pump) +
         source_list(pump, library);
}

std::string drug_table(std::span<const DrugEntry> drugs) {
  constexpr std::size_t kCode = 6;
  constexpr std::size_t kName = 15;
  constexpr std::size_t kClass = 18;
  constexpr std::size_t kSafe = 16;
  std::string out = padded("code", kCode) + padded("name", kName) + padded("class", kClass) +
                    padded("safe state", kSafe) + "US label\n";
  for (const DrugEntry& drug : drugs) {
    const auto label = drug.on_label_in("US");
    out += padded(std::to_string(static_cast<std::uint32_t>(drug.code)), kCode) + padded(drug.name, kName) +
           padded(name_of(drug.drug_class()), kClass) + padded(name_of(drug.safe_action()), kSafe) +
           (!label   ? "not stated"
            : *label ? "on-label"
                     : "off-label") +
           "\n";
  }
  return out;
}

std::string pump_table(std::span<const PumpEntry> pumps) {
  constexpr std::size_t kCode = 6;
  constexpr std::size_t kName = 15;
  constexpr std::size_t kActuator = 15;
  constexpr std::size_t kCapacity = 11;
  std::string out = padded("code", kCode) + padded("name", kName) + padded("actuator", kActuator) +
                    padded("reservoir", kCapacity) + "largest flow\n";
  for (const PumpEntry& pump : pumps) {
    out += padded(std::to_string(pump.code), kCode) + padded(pump.name, kName) +
           padded(name_of(pump.actuator), kActuator) + padded(pump.capacity.text, kCapacity);
    out += (pump.max_flow ? marked(pump.max_flow->text, pump.max_flow->verified) : "fixed at manufacture") +
           "\n";
  }
  return out;
}

json to_json(const DrugEntry& drug) {
  json out = entry_json(drug, static_cast<std::uint32_t>(drug.code));
  out["safe_action"] = name_of(drug.safe_action());
  return out;
}

json to_json(const PumpEntry& pump) {
  json out = entry_json(pump, pump.code);
  out["actuator"] = name_of(pump.actuator);
  return out;
}

json to_json(const Source& source) {
  json out = {{"id", source.id}, {"title", source.title}, {"read", source.read}};
  if (!source.address.empty()) out["address"] = source.address;
  return out;
}

json to_json(const Library& library) {
  json out = {{"drugs", json::array()}, {"pumps", json::array()}, {"sources", json::array()}};
  for (const DrugEntry& drug : library.drugs) out["drugs"].push_back(to_json(drug));
  for (const PumpEntry& pump : library.pumps) out["pumps"].push_back(to_json(pump));
  for (const auto& [id, source] : library.sources) out["sources"].push_back(to_json(source));
  return out;
}

}  // namespace theca
