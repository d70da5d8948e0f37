#include <algorithm>

#include "plan/library.hpp"
#include "plan/library_names.hpp"
#include "quantity/text.hpp"
#include "source/table_reader.hpp"

namespace theca {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSchema = 1;
constexpr std::int64_t kMaxCode = 65'535;
constexpr std::int64_t kMaxStepsPerWeek = 100;
constexpr std::int64_t kMaxRinses = 10;
constexpr std::int64_t kMaxServiceLifeYears = 50;
constexpr std::int64_t kMillion = 1'000'000;

constexpr auto kPopulationNames = [] {
  std::array<std::string_view, kPopulations.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kPopulations[i].name;
  return names;
}();

// Pedigree: what stands beside every number

enum class MayLimit : bool { kNo, kYes };

/// Everything of `out` but value and text.
template <class T>
void read_pedigree(TableReader& reader, const Sources& known, MayLimit may_limit, Sourced<T>& out) {
  Pedigree common = read_pedigree(reader, known);
  out.sources = std::move(common.sources);
  out.verified = common.verified;
  if (may_limit == MayLimit::kYes) {
    out.limit = reader.choice<LimitKind>("limit", kLimitNames).value_or(LimitKind::kInformation);
    if (out.hard() && !out.verified) {
      reader.error("limit", "\"hard\" on a number that is not verified; allowed: \"soft\", \"information\"");
    }
  }
  out.edition = reader.text("edition").value_or("");
  out.jurisdiction = reader.word("jurisdiction", kJurisdictions).value_or("");
  out.population = reader.word("population", kPopulationNames).value_or("");
  out.note = reader.text("note").value_or("");
}

// Values

bool refuse_zero(TableReader& reader, std::string_view key, std::int64_t raw) {
  if (raw > 0) return false;
  reader.error(key, "zero; allowed: a value above zero");
  return true;
}

/// The key `value`, above zero.
template <class T>
bool read_value(TableReader& reader, Parsed<T> (*parse)(std::string_view), Sourced<T>& out) {
  const auto value = reader.need_quantity("value", parse, &out.text);
  if (!value || refuse_zero(reader, "value", value->raw())) return false;
  out.value = *value;
  return true;
}

/// "0.1 mg/day" and "0.5 mg/day": "0.1 to 0.5 mg/day".
std::string range_text(std::string_view low, std::string_view high) {
  if (low.empty()) return "up to " + std::string(high);
  const auto unit = [](std::string_view text) { return text.substr(std::min(text.find(' '), text.size())); };
  if (unit(low) == unit(high)) low.remove_suffix(unit(low).size());
  return std::string(low) + " to " + std::string(high);
}

template <class T>
std::int64_t raw_of(const T& value) {
  if constexpr (std::is_integral_v<T>) {
    return value;
  } else {
    return value.raw();
  }
}

/// The keys `low` (may be absent) and `high`.
template <class T>
std::optional<Range<T>> read_range(TableReader& reader, std::string_view low_key, std::string_view high_key,
                                   Parsed<T> (*parse)(std::string_view), std::string& text) {
  std::string low_text;
  std::string high_text;
  const auto low = reader.quantity(low_key, parse, &low_text);
  const auto high = reader.need_quantity(high_key, parse, &high_text);
  if (!high || refuse_zero(reader, high_key, raw_of(*high))) return std::nullopt;
  if (low && raw_of(*low) > raw_of(*high)) {
    reader.error(low_key,
                 in_quotes(low_text) + ": allowed: up to " + std::string(high_key) + ", " + high_text);
    return std::nullopt;
  }
  text = range_text(low_text, high_text);
  return Range<T>{low, *high};
}

template <class T>
bool read_range_value(TableReader& reader, Parsed<T> (*parse)(std::string_view), Sourced<Range<T>>& out) {
  const auto range = read_range(reader, "low", "high", parse, out.text);
  if (range) out.value = *range;
  return range.has_value();
}

/// The keys `share_low` and `share_high`; nothing when neither is there.
std::optional<Range<Ppm>> read_share(TableReader& reader, std::string& text) {
  if (!reader.has("share_low") && !reader.has("share_high")) return std::nullopt;
  const auto wide = read_range(reader, "share_low", "share_high", parse_percent, text);
  if (!wide) return std::nullopt;
  Range<Ppm> share{std::nullopt, static_cast<Ppm>(wide->high)};  // parse_percent keeps within int32
  if (wide->low) share.low = static_cast<Ppm>(*wide->low);
  return share;
}

bool read_titration_step(TableReader& reader, Sourced<TitrationStep>& out) {
  TitrationStep& step = out.value;
  std::string dose;
  std::string share;
  std::string spacing;
  step.direction =
      reader.present("direction")
          ? reader.choice<StepDirection>("direction", kDirectionNames).value_or(StepDirection::kIncrease)
          : StepDirection::kIncrease;
  step.phase = reader.choice<StepPhase>("phase", kPhaseNames).value_or(StepPhase::kTitration);
  step.max_dose = reader.quantity("max_dose", parse_dose_rate, &dose);
  step.share = read_share(reader, share);
  step.spacing = reader.quantity("spacing", parse_duration, &spacing);
  if (const auto n = reader.integer("max_per_week", 1, kMaxStepsPerWeek)) {
    step.max_per_week = static_cast<std::int32_t>(*n);
  }
  if (!reader.has("max_dose") && !reader.has("share_high")) {
    reader.error("", "says no size; allowed: max_dose, share_high, or both");
    return false;
  }
  if (step.max_dose && refuse_zero(reader, "max_dose", step.max_dose->raw())) return false;
  if (step.spacing && refuse_zero(reader, "spacing", step.spacing->raw())) return false;
  if (step.phase == StepPhase::kMaintenance) out.text = "maintenance, ";
  out.text += step.direction == StepDirection::kIncrease ? "increase by " : "decrease by ";
  if (step.max_dose) out.text += "up to " + dose;
  if (step.max_dose && step.share) out.text += " and ";
  out.text += share;
  if (step.spacing) out.text += ", at least " + spacing + " apart";
  if (step.max_per_week) out.text += ", at most " + std::to_string(*step.max_per_week) + " a week";
  return true;
}

bool read_patient_bolus(TableReader& reader, Sourced<PatientBolus>& out) {
  PatientBolus& bolus = out.value;
  std::string share;
  bolus.share_of_day = read_share(reader, share);
  bolus.advised_against = reader.boolean("advised_against").value_or(false);
  bolus.actuator = reader.choice<ActuatorKind>("actuator", kActuatorNames);
  if (!bolus.share_of_day && !bolus.advised_against) {
    reader.error("", "says nothing; allowed: share_high, or advised_against = true");
    return false;
  }
  if (bolus.share_of_day) out.text = share + " of the daily dose";
  if (bolus.advised_against) out.text += std::string(out.text.empty() ? "" : "; ") + "advised against";
  if (bolus.actuator) out.text += ", " + std::string(name_of(*bolus.actuator)) + " pumps";
  return true;
}

bool read_stability(TableReader& reader, const std::vector<std::string>& drugs, Sourced<Stability>& out) {
  const auto period = reader.need_quantity("value", parse_duration, &out.text);
  out.value.use = reader.choice<StabilityUse>("use", kStabilityUseNames).value_or(StabilityUse::kAny);
  out.value.with = reader.texts("with");
  for (const std::string& other : out.value.with) {
    if (std::ranges::find(drugs, other) == drugs.end()) {
      reader.error("with", in_quotes(other) + ": allowed: the name of a drug of the library");
    }
  }
  if (!period || refuse_zero(reader, "value", period->raw())) return false;
  out.value.period = *period;
  return true;
}

bool read_rinse(TableReader& reader, Sourced<Rinse>& out) {
  std::string volume;
  std::string concentration;
  const auto times = reader.need_integer("times", 1, kMaxRinses);
  const auto v = reader.need_quantity("volume", parse_volume, &volume);
  const auto c = reader.need_quantity("concentration", parse_concentration, &concentration);
  if (!times || !v || !c) return false;
  if (refuse_zero(reader, "volume", v->raw())) return false;
  if (refuse_zero(reader, "concentration", c->raw())) return false;
  out.value = {static_cast<std::int32_t>(*times), *v, *c};
  out.text = std::to_string(*times) + " rinses of " + volume + " with " + concentration;
  return true;
}

bool read_fact(TableReader& reader, Sourced<Fact>& out) {
  auto topic = reader.need_text("topic");
  auto text = reader.need_text("text");
  if (!topic || !text) return false;
  out.text = *text;
  out.value = {std::move(*topic), std::move(*text)};
  return true;
}

/// `[[key]]`: value by `read_one`, pedigree by the common rules. An entry whose value is wrong is left out;
/// its error stops the library anyway.
template <class T, class F>
std::vector<Sourced<T>> read_list(TableReader& reader, std::string_view key, const Sources& sources,
                                  MayLimit may_limit, F&& read_one) {
  std::vector<Sourced<T>> all;
  reader.each(key, [&](TableReader& entry) {
    Sourced<T> one;
    const bool good = read_one(entry, one);
    read_pedigree(entry, sources, may_limit, one);
    if (good) all.push_back(std::move(one));
  });
  return all;
}

template <class T>
std::vector<Sourced<T>> read_values(TableReader& reader, std::string_view key, const Sources& sources,
                                    MayLimit may_limit, Parsed<T> (*parse)(std::string_view)) {
  return read_list<T>(reader, key, sources, may_limit,
                      [&](TableReader& entry, Sourced<T>& out) { return read_value(entry, parse, out); });
}

template <class T>
std::vector<Sourced<Range<T>>> read_ranges(TableReader& reader, std::string_view key, const Sources& sources,
                                           MayLimit may_limit, Parsed<T> (*parse)(std::string_view)) {
  return read_list<Range<T>>(
      reader, key, sources, may_limit,
      [&](TableReader& entry, Sourced<Range<T>>& out) { return read_range_value(entry, parse, out); });
}

// Files

/// What the files of one folder share while they are read.
struct Folder {
  const Sources& sources;
  std::vector<std::string> stems;                            // every name the folder will have
  std::map<std::int64_t, std::string> codes;                 // code -> file
  std::vector<std::pair<std::string, std::string>> names{};  // name or alias, file
};

void claim_code(TableReader& reader, std::int64_t code, const std::string& file, Folder& folder) {
  const auto [other, is_new] = folder.codes.emplace(code, file);
  if (is_new) return;
  reader.error("code", std::to_string(code) + ": taken by " + other->second +
                           "; allowed: a number that no other file of the folder has");
}

void claim_name(TableReader& reader, std::string_view key, const std::string& name, const std::string& file,
                Folder& folder) {
  const auto other =
      std::ranges::find_if(folder.names, [&](const auto& n) { return same_name(n.first, name); });
  if (other != folder.names.end()) {
    reader.error(key, in_quotes(name) + ": taken by " + other->second +
                          "; allowed: a name or alias that no other entry of the folder has");
    return;
  }
  folder.names.emplace_back(name, file);
}

/// schema, code, name, aliases, kind: the head that drugs and pumps share.
template <class Entry>
void read_head(TableReader& reader, const std::string& stem, Folder& folder, Entry& out) {
  reader.need_integer("schema", kSchema, kSchema);
  if (const auto code = reader.need_integer("code", 1, kMaxCode)) {
    out.code = static_cast<decltype(out.code)>(*code);
    claim_code(reader, *code, out.file, folder);
  }
  out.name = reader.need_text("name").value_or("");
  if (!out.name.empty() && out.name != stem) {
    reader.error("name", in_quotes(out.name) + ": allowed: the file's name, " + in_quotes(stem));
  }
  out.aliases = reader.texts("aliases");
  if (!out.name.empty()) claim_name(reader, "name", out.name, out.file, folder);
  for (const std::string& alias : out.aliases) claim_name(reader, "aliases", alias, out.file, folder);
  out.kind = reader.need_text("kind").value_or("");
}

bool read_label(TableReader& reader, Sourced<bool>& out) {
  reader.present("jurisdiction");
  const auto value = reader.need_boolean("value");
  if (!value) return false;
  out.value = *value;
  out.text = *value ? "on-label" : "off-label";
  return true;
}

DrugEntry read_drug(TableReader& reader, const std::string& stem, const std::string& file, Folder& folder) {
  constexpr auto kLimit = MayLimit::kYes;
  constexpr auto kNoLimit = MayLimit::kNo;
  const Sources& sources = folder.sources;
  DrugEntry drug;
  drug.file = file;
  read_head(reader, stem, folder, drug);
  if (reader.present("class")) {
    reader.one("class", [&](TableReader& entry) {
      drug.safety_class.text = entry.need_text("value").value_or("");
      drug.safety_class.value = entry.choice<DrugClass>("value", kClassNames).value_or(DrugClass::kUnknown);
      read_pedigree(entry, sources, kNoLimit, drug.safety_class);
    });
  }
  reader.present("on_label");
  drug.on_label = read_list<bool>(reader, "on_label", sources, kNoLimit, read_label);
  drug.concentration = read_values(reader, "concentration", sources, kNoLimit, parse_concentration);
  drug.max_concentration = read_values(reader, "max_concentration", sources, kLimit, parse_concentration);
  drug.start_per_day = read_ranges(reader, "start_per_day", sources, kLimit, parse_dose_rate);
  drug.usual_per_day = read_ranges(reader, "usual_per_day", sources, kNoLimit, parse_dose_rate);
  drug.max_per_day = read_values(reader, "max_per_day", sources, kLimit, parse_dose_rate);
  drug.trial_bolus = read_ranges(reader, "trial_bolus", sources, kLimit, parse_mass);
  drug.titration_step =
      read_list<TitrationStep>(reader, "titration_step", sources, kLimit, read_titration_step);
  drug.patient_bolus = read_list<PatientBolus>(reader, "patient_bolus", sources, kLimit, read_patient_bolus);
  drug.stability = read_list<Stability>(
      reader, "stability", sources, kLimit,
      [&](TableReader& entry, Sourced<Stability>& out) { return read_stability(entry, folder.stems, out); });
  drug.first_fill_rinse = read_list<Rinse>(reader, "first_fill_rinse", sources, kNoLimit, read_rinse);
  drug.note = read_list<Fact>(reader, "note", sources, kNoLimit, read_fact);
  reader.finish();
  return drug;
}

/// Zero allowed or not, and up to which value.
template <class T>
struct Bounds {
  T low;
  T high;
};

template <class T>
std::optional<Sourced<T>> read_constant(TableReader& reader, std::string_view key, const Sources& sources,
                                        Parsed<T> (*parse)(std::string_view), Bounds<T> bounds) {
  Sourced<T> out;
  bool good = false;
  const bool there = reader.one(key, [&](TableReader& entry) {
    const auto value = entry.need_quantity("value", parse, &out.text);
    read_pedigree(entry, sources, MayLimit::kNo, out);
    if (!value) return;
    if (*value < bounds.low || *value > bounds.high) {
      entry.error("value", in_quotes(out.text) + ": out of the range that pumps of this library may have");
      return;
    }
    out.value = *value;
    good = true;
  });
  if (!there || !good) return std::nullopt;
  return out;
}

std::optional<Sourced<Ppm>> read_accuracy(TableReader& reader, const Sources& sources) {
  Sourced<Ppm> out;
  bool good = false;
  reader.one("accuracy", [&](TableReader& entry) {
    const auto value = entry.need_quantity("value", parse_percent, &out.text);
    read_pedigree(entry, sources, MayLimit::kNo, out);
    if (!value) return;
    if (*value >= kMillion) {
      entry.error("value", in_quotes(out.text) + ": allowed: below 100 %");
      return;
    }
    out.value = static_cast<Ppm>(*value);
    good = true;
  });
  if (!good) return std::nullopt;
  return out;
}

std::optional<Sourced<std::int32_t>> read_service_life(TableReader& reader, const Sources& sources) {
  Sourced<std::int32_t> out;
  std::optional<std::int64_t> years;
  reader.one("service_life", [&](TableReader& entry) {
    years = entry.need_integer("years", 1, kMaxServiceLifeYears);
    read_pedigree(entry, sources, MayLimit::kNo, out);
  });
  if (!years) return std::nullopt;
  out.value = static_cast<std::int32_t>(*years);
  out.text = std::to_string(*years) + " years";
  return out;
}

constexpr std::string_view kProgrammableKeys[] = {"residual",     "min_flow",  "max_flow", "minimum_rate",
                                                  "largest_step", "low_alarm", "tubing",   "catheter_per_cm"};
constexpr std::string_view kConstantFlowKeys[] = {"fixed_flow", "refill_set_prime"};

/// Which constants a pump must and must not state follows from its actuator.
void check_keys_of_actuator(TableReader& reader, ActuatorKind actuator) {
  reader.present("capacity");
  reader.present("accuracy");
  if (actuator == ActuatorKind::kConstantFlow) {
    reader.present("fixed_flow");
    for (const std::string_view key : {"min_flow", "max_flow", "minimum_rate", "largest_step", "low_alarm"}) {
      if (reader.has(key))
        reader.error(key, "a constant-flow pump has no such constant; allowed: fixed_flow");
    }
    return;
  }
  for (const std::string_view key : kProgrammableKeys) reader.present(key);
  for (const std::string_view key : kConstantFlowKeys) {
    if (reader.has(key)) reader.error(key, "for constant-flow pumps alone");
  }
}

void check_order(TableReader& reader, const PumpEntry& pump) {
  if (pump.min_flow && pump.max_flow && pump.min_flow->value > pump.max_flow->value) {
    reader.error("min_flow",
                 in_quotes(pump.min_flow->text) + ": allowed: up to max_flow, " + pump.max_flow->text);
  }
  if (pump.minimum_rate && pump.max_flow && pump.minimum_rate->value > pump.max_flow->value) {
    reader.error("minimum_rate",
                 in_quotes(pump.minimum_rate->text) + ": allowed: up to max_flow, " + pump.max_flow->text);
  }
  if (pump.low_alarm && pump.capacity.value <= pump.low_alarm->value) {
    reader.error("low_alarm",
                 in_quotes(pump.low_alarm->text) + ": allowed: below capacity, " + pump.capacity.text);
  }
}

PumpEntry read_pump(TableReader& reader, const std::string& stem, const std::string& file, Folder& folder) {
  const Sources& sources = folder.sources;
  PumpEntry pump;
  pump.file = file;
  read_head(reader, stem, folder, pump);
  reader.present("actuator");
  const auto actuator = reader.choice<ActuatorKind>("actuator", kActuatorNames);
  if (actuator) check_keys_of_actuator(reader, *actuator);
  pump.actuator = actuator.value_or(ActuatorKind::kRoller);
  const Bounds<Volume> any_volume{nanolitres(1), kMaxReservoir};
  const Bounds<FlowRate> from_zero{nanolitres_per_day(0), kMaxFlowRate};
  const Bounds<FlowRate> above_zero{nanolitres_per_day(1), kMaxFlowRate};
  const auto capacity = read_constant(reader, "capacity", sources, parse_volume, any_volume);
  const auto accuracy = read_accuracy(reader, sources);
  if (capacity) pump.capacity = *capacity;
  if (accuracy) pump.accuracy = *accuracy;
  pump.residual = read_constant(reader, "residual", sources, parse_volume, {nanolitres(0), kMaxReservoir});
  pump.min_flow = read_constant(reader, "min_flow", sources, parse_flow_rate, from_zero);
  pump.max_flow = read_constant(reader, "max_flow", sources, parse_flow_rate, above_zero);
  pump.minimum_rate = read_constant(reader, "minimum_rate", sources, parse_flow_rate, from_zero);
  pump.largest_step = read_constant(reader, "largest_step", sources, parse_volume, {nanolitres(1), kMaxStep});
  pump.low_alarm = read_constant(reader, "low_alarm", sources, parse_volume, any_volume);
  pump.tubing = read_constant(reader, "tubing", sources, parse_volume, {nanolitres(0), kMaxReservoir});
  pump.catheter_per_cm = read_constant(reader, "catheter_per_cm", sources, parse_volume_per_length,
                                       {nanolitres(1), kMaxReservoir});
  pump.fixed_flow = read_values(reader, "fixed_flow", sources, MayLimit::kNo, parse_flow_rate);
  pump.refill_set_prime = read_constant(reader, "refill_set_prime", sources, parse_volume, any_volume);
  pump.service_life_years = read_service_life(reader, sources);
  pump.replacement_to_stop =
      read_constant(reader, "replacement_to_stop", sources, parse_duration, {days(1), kMaxTypedDuration});
  pump.note = read_list<Fact>(reader, "note", sources, MayLimit::kNo, read_fact);
  if (capacity) check_order(reader, pump);
  reader.finish();
  return pump;
}

/// One entry per file of the folder, by code.
template <class Entry, class F>
std::vector<Entry> read_folder(const fs::path& directory, std::string_view name, const Sources& sources,
                               std::vector<DataError>& all, F&& read_entry) {
  const std::vector<fs::path> files = files_of(directory, name, all);
  Folder folder{sources, {}, {}, {}};
  for (const fs::path& path : files) folder.stems.push_back(path.stem().string());
  std::vector<Entry> entries;
  for (const fs::path& path : files) {
    FileErrors errors(std::string(name) + "/" + path.filename().string(), all);
    const auto table = parse_toml_file(path, errors);
    if (!table) continue;
    TableReader reader(*table, "", errors);
    entries.push_back(read_entry(reader, path.stem().string(), errors.file(), folder));
  }
  std::ranges::sort(entries, {}, &Entry::code);
  return entries;
}

}  // namespace

std::expected<Library, std::vector<DataError>> load_library(const fs::path& directory) {
  std::vector<DataError> errors;
  Library library;
  library.sources = load_sources(directory, errors);
  library.drugs = read_folder<DrugEntry>(directory, "drugs", library.sources, errors, read_drug);
  library.pumps = read_folder<PumpEntry>(directory, "pumps", library.sources, errors, read_pump);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return library;
}

}  // namespace theca
