#include "body/study.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr double kFemtogramsPerMicrogram = 1e9;
constexpr double kNanolitresPerMillilitre = 1e6;
constexpr double kPartsPerMillion = 1e6;
constexpr Duration kLongest = days(3'660), kShortestVisit = hours(1);

constexpr std::array<Choice<DoseRoute>, kDoseRouteCount> kRoutes{{
    {"intrathecal", DoseRoute::kIntrathecal},
    {"epidural", DoseRoute::kEpidural},
    {"intravenous", DoseRoute::kIntravenous},
    {"oral", DoseRoute::kOral},
    {"subcutaneous", DoseRoute::kSubcutaneous},
}};
constexpr std::array<Choice<ProbeSite>, 8> kSites{{
    {"fluid", ProbeSite::kFluid},
    {"cord", ProbeSite::kCord},
    {"cistern", ProbeSite::kCistern},
    {"brain", ProbeSite::kBrain},
    {"plasma", ProbeSite::kPlasma},
    {"ventilation", ProbeSite::kVentilation},
    {"relief", ProbeSite::kRelief},
    {"dose", ProbeSite::kDose},
}};
constexpr std::array<Choice<bool>, 2> kOverPatients{{{"median", false}, {"mean", true}}};
constexpr std::array<Choice<Split>, 4> kSplits{{
    {"none", Split::kNone},
    {"calibrate", Split::kCalibrate},
    {"test", Split::kTest},
    {"consistency", Split::kConsistency},
}};

struct Kind {
  QuantityKind kind;
  std::string_view word;
  Dimension dimension;  // kLevel: that of its probe; kFall: of what it is made of
  bool at, range;       // needs `at`; may have `from` and `to`
  bool needs_range = false;
};
constexpr std::array<Kind, 19> kKinds{{
    {QuantityKind::kLevel, "level", Dimension::kLevel, true, false},
    {QuantityKind::kPeak, "peak", Dimension::kLevel, false, true},
    {QuantityKind::kPeakTime, "peak time", Dimension::kTime, false, true},
    {QuantityKind::kHalfLife, "half-life", Dimension::kTime, false, true, true},
    {QuantityKind::kAuc, "auc", Dimension::kLevelTime, false, false},
    {QuantityKind::kClearance, "clearance", Dimension::kFlow, false, false},
    {QuantityKind::kMeanResidence, "mean residence time", Dimension::kTime, false, false},
    {QuantityKind::kSteadyVolume, "volume at steady state", Dimension::kVolume, false, false},
    {QuantityKind::kRatio, "ratio", Dimension::kShare, true, false},
    {QuantityKind::kShareLeft, "share left", Dimension::kShare, true, false},
    {QuantityKind::kShareAbsorbed, "share absorbed", Dimension::kShare, false, false},
    {QuantityKind::kGrowth, "growth", Dimension::kShare, false, true, true},
    {QuantityKind::kRise, "rise", Dimension::kLevel, false, true, true},
    {QuantityKind::kTotalEffect, "total effect", Dimension::kTime, false, true},
    {QuantityKind::kOver, "over", Dimension::kShare, false, false},
    {QuantityKind::kDoseGrowth, "dose growth", Dimension::kShare, false, true, true},
    {QuantityKind::kPumpFlow, "pump flow", Dimension::kShare, false, false},
    {QuantityKind::kShareAbove, "share above", Dimension::kShare, false, false},
    {QuantityKind::kFall, "fall", Dimension::kDose, false, false},
}};
const Kind& row_of(QuantityKind kind) { return *std::ranges::find(kKinds, kind, &Kind::kind); }

struct Unit {
  Dimension dimension;
  std::string_view name;
  double scale;  // of the dimension's own
};
constexpr std::array<Unit, 16> kUnits{{
    {Dimension::kLevel, "ug/mL", 1},
    {Dimension::kLevel, "ng/mL", 1e-3},
    {Dimension::kEffect, "1", 1},
    {Dimension::kEffect, "%", 0.01},
    {Dimension::kDose, "mg/day", 1'000},
    {Dimension::kDose, "mcg/day", 1},
    {Dimension::kTime, "min", 1},
    {Dimension::kTime, "h", 60},
    {Dimension::kTime, "day", 1'440},
    {Dimension::kLevelTime, "ug min/mL", 1},
    {Dimension::kLevelTime, "ug h/mL", 60},
    {Dimension::kVolume, "mL", 1},
    {Dimension::kFlow, "mL/min", 1},
    {Dimension::kFlow, "mL/h", 1.0 / 60},
    {Dimension::kShare, "1", 1},
    {Dimension::kShare, "%", 0.01},
}};

/// What a probe there sees.
Dimension dimension_of(ProbeSite site) {
  if (site == ProbeSite::kDose) return Dimension::kDose;
  return site == ProbeSite::kVentilation || site == ProbeSite::kRelief ? Dimension::kEffect
                                                                       : Dimension::kLevel;
}

class StudyReader {
 public:
  StudyReader(TableReader& top, const Anatomy& anatomy, const std::vector<Substance>& substances,
              const Sources& sources)
      : top_(top), anatomy_(anatomy), substances_(substances), sources_(sources) {}

  Study read() {
    top_.need_integer("schema", kSchema, kSchema);
    study_.title = top_.need_text("title").value_or("");
    study_.about = top_.text("about").value_or("");
    if (top_.present("sources")) study_.sources = read_sources();
    study_.substance = top_.need_text("substance").value_or("");
    substance_ = find_substance(substances_, study_.substance);
    if (substance_ == nullptr && !study_.substance.empty())
      top_.error("substance", in_quotes(study_.substance) + ": allowed: a file of data/substances");
    const auto lasts = top_.need_quantity<Duration>("lasts", parse_duration);
    study_.lasts = lasts.value_or(kLongest);
    if (study_.lasts <= Duration{} || study_.lasts > kLongest)
      top_.error("lasts", "allowed: above 0, up to 3660 days");
    if (const auto pain = top_.text("pain")) {
      study_.pain = *pain;
      if (!anatomy_.cord_segment(*pain))
        top_.error("pain", in_quotes(*pain) + ": allowed: a segment, C1 to S5");
    }
    study_.posture = top_.choice<Posture>("posture", kPostures).value_or(Posture::kFlat);
    if (top_.has("opioid_tolerance")) opioid_tolerance();
    doses();
    top_.present("probe");
    top_.each("probe", [&](TableReader& table) { probe(table); });
    top_.each("quantity", [&](TableReader& table) { quantity(table); });
    top_.finish();
    return std::move(study_);
  }

 private:
  std::vector<std::string> read_sources() {
    std::vector<std::string> ids = top_.texts("sources");
    for (const std::string& id : ids) {
      if (!sources_.empty() && !sources_.contains(id))
        top_.error("sources", in_quotes(id) + ": allowed: an id of sources.toml");
    }
    return ids;
  }

  void opioid_tolerance() {
    study_.opioid_tolerance = top_.need_decimal("opioid_tolerance").value_or(1);
    if (study_.opioid_tolerance < 1 || study_.opioid_tolerance > kMostOpioidTolerance)
      top_.error("opioid_tolerance", fmt::format("allowed: 1 to {}", kMostOpioidTolerance));
    if (substance_ != nullptr && substance_->acts_on != Target::kOpioidReceptor)
      top_.error("opioid_tolerance", study_.substance + " acts on no opioid receptor");
  }

  /// By hand, or titrated.
  void doses() {
    const bool titrated = top_.one("titrate", [&](TableReader& table) { titrate(table); });
    if (titrated) {
      if (top_.has("dose")) top_.error("dose", "the dose is titrated; allowed: [[dose]] or [titrate]");
      top_.each("dose", [](TableReader& table) { table.forgive_unknown_keys(); });
      return;
    }
    top_.present("dose");
    top_.each("dose", [&](TableReader& table) { dose(table); });
    if (top_.has("dose") && study_.doses.empty()) top_.error("dose", "allowed: at least one [[dose]]");
  }

  void titrate(TableReader& table) {
    Titration out;
    out.level = level(table, Column::kVertebrae);
    out.start = dose_rate(table, "start").value_or(0);
    out.visit_every = table.need_quantity<Duration>("visit_every", parse_duration).value_or(kShortestVisit);
    if (out.visit_every < kShortestVisit || out.visit_every >= study_.lasts)
      table.error("visit_every", "allowed: 1 h and more, less than the study lasts");
    out.wanted_relief = share(table, "wanted_relief", true).value_or(0);
    if (substance_ != nullptr && !substance_->relief_ec50)
      table.error("wanted_relief", study_.substance + " has no relief_ec50");
    out.step = step(table);
    out.highest = dose_rate(table, "highest").value_or(out.start);
    if (out.highest < out.start) table.error("highest", "allowed: `start` and more");
    out.least_ventilation = share(table, "least_ventilation", false).value_or(0);
    if (substance_ != nullptr && out.least_ventilation > 0 && !substance_->ventilation_c50)
      table.error("least_ventilation", study_.substance + " has no ventilation_c50");
    out.held_by = side_effects(table, "held_by");
    out.lowered_by = side_effects(table, "lowered_by");
    study_.titration = std::move(out);
  }
  /// ug/day, above 0.
  std::optional<double> dose_rate(TableReader& table, const char* key) {
    const auto read = table.need_quantity<DoseRate>(key, parse_dose_rate);
    if (!read) return std::nullopt;
    if (read->raw() <= 0) table.error(key, "allowed: above 0");
    return static_cast<double>(read->raw()) / kFemtogramsPerMicrogram;
  }
  std::optional<double> share(TableReader& table, const char* key, bool needed) {
    const auto read = needed ? table.need_quantity<std::int64_t>(key, parse_percent)
                             : table.quantity<std::int64_t>(key, parse_percent);
    if (!read) return std::nullopt;
    const double out = static_cast<double>(*read) / kPartsPerMillion;
    if (out <= 0 || out >= 1) table.error(key, "allowed: above 0 %, below 100 %");
    return out;
  }
  /// "20 %" of the dose, or "2.4 mcg/day".
  DoseStep step(TableReader& table) {
    const auto text = table.need_text("step");
    if (!text) return {};
    if (text->ends_with('%')) return {share(table, "step", true).value_or(0), 0};
    return {0, dose_rate(table, "step").value_or(0)};
  }
  std::vector<std::size_t> side_effects(TableReader& table, const char* key) {
    std::vector<std::size_t> out;
    for (const std::string& name : table.texts(key)) {
      if (substance_ == nullptr) continue;
      const auto& all = substance_->side_effects;
      const auto found = std::ranges::find(all, name, &SideEffect::name);
      if (found != all.end()) {
        out.push_back(static_cast<std::size_t>(found - all.begin()));
        continue;
      }
      std::vector<std::string_view> names;
      for (const SideEffect& side : all) names.push_back(side.name);
      table.error(key, in_quotes(name) + ": allowed: " + (names.empty() ? "none" : joined(names)));
    }
    return out;
  }

  void dose(TableReader& table) {
    StudyDose out;
    if (table.present("route"))
      out.route = table.choice<DoseRoute>("route", kRoutes).value_or(DoseRoute::kIntrathecal);
    if (const auto amount = table.need_quantity<Mass>("amount", parse_mass)) {
      out.ug = static_cast<double>(amount->raw()) / kFemtogramsPerMicrogram;
      if (out.ug <= 0) table.error("amount", "allowed: above 0");
    }
    out.at = time(table, "at").value_or(Duration{});
    out.over = time(table, "over").value_or(Duration{});
    if (out.at + out.over > study_.lasts) table.error("over", "ends after the study; allowed: up to its end");
    const bool needle = out.route == DoseRoute::kIntrathecal || out.route == DoseRoute::kEpidural;
    if (needle) {
      out.level = level(table, Column::kVertebrae);
      if (const auto volume = table.quantity<Volume>("mixes_in", parse_volume)) {
        out.mixes_in_ml = static_cast<double>(volume->raw()) / kNanolitresPerMillilitre;
        if (out.mixes_in_ml <= 0) table.error("mixes_in", "allowed: above 0");
      }
    }
    if (out.route == DoseRoute::kIntrathecal)
      out.baricity = table.choice<Baricity>("baricity", kBaricities).value_or(Baricity::kIsobaric);
    if (out.baricity != Baricity::kIsobaric && out.over > Duration{})
      table.error("baricity", "of a dose at once alone; allowed without `over`");
    if (substance_ != nullptr && out.route == DoseRoute::kOral && !substance_->oral_ka)
      table.error("route", study_.substance + " has no oral_bioavailability and oral_ka");
    if (substance_ != nullptr && out.route == DoseRoute::kEpidural && !substance_->epidural_csf_ka)
      table.error("route", study_.substance + " has no epidural_csf_availability and what belongs to it");
    study_.doses.push_back(std::move(out));
  }

  void probe(TableReader& table) {
    Probe out;
    out.name = table.need_text("name").value_or("");
    if (find_probe(out.name) != nullptr) table.error("name", in_quotes(out.name) + " twice");
    if (table.present("site")) out.site = table.choice<ProbeSite>("site", kSites).value_or(ProbeSite::kFluid);
    if (out.site == ProbeSite::kFluid) out.level = level(table, Column::kVertebrae);
    if (out.site == ProbeSite::kCord) out.level = level(table, Column::kCord);
    if (out.site == ProbeSite::kDose && !study_.titration)
      table.error("site", "\"dose\" is that of a titration; allowed with [titrate] alone");
    if (substance_ != nullptr && out.site == ProbeSite::kVentilation && !substance_->ventilation_c50)
      table.error("site", study_.substance + " has no ventilation_c50");
    if (substance_ != nullptr && out.site == ProbeSite::kRelief && !substance_->relief_ec50)
      table.error("site", study_.substance + " has no relief_ec50");
    Duration before{-1};
    for (const std::string& text : table.texts("times")) {
      const auto read = parse_duration(text);
      if (!read) {
        table.error("times", read.error().message);
        continue;
      }
      if (*read <= before || *read > study_.lasts)
        table.error("times", in_quotes(text) + ": allowed: after the one before, up to the end of the study");
      before = *read;
      out.times.push_back(*read);
    }
    study_.probes.push_back(std::move(out));
  }

  void quantity(TableReader& table) {
    StudyQuantity out;
    out.id = table.need_text("id").value_or("");
    if (std::ranges::find(study_.quantities, out.id, &StudyQuantity::id) != study_.quantities.end())
      table.error("id", in_quotes(out.id) + " twice");
    out.row = table.text("row").value_or("");
    out.says = table.need_text("says").value_or(out.id);
    const auto word = table.need_text("kind");
    const auto kind = word ? std::ranges::find(kKinds, *word, &Kind::word) : kKinds.end();
    if (kind == kKinds.end()) {
      std::vector<std::string_view> words;
      for (const Kind& row : kKinds) words.push_back(row.word);
      if (word) table.error("kind", in_quotes(*word) + ": allowed: " + joined(words));
      table.forgive_unknown_keys();
      return;
    }
    out.kind = kind->kind;
    probes_of(table, out);
    if (kind->at) out.at = need_time(table, "at");
    if (kind->range) {
      out.from = time(table, "from");
      out.to = time(table, "to");
      if (out.from && out.to && *out.from >= *out.to) table.error("to", "allowed: after `from`");
    }
    if (kind->needs_range && (!out.from || !out.to))
      table.error("from", fmt::format("a {} needs `from` and `to`", kind->word));
    if (out.kind == QuantityKind::kDoseGrowth) keep(table, out);
    if (out.kind == QuantityKind::kShareLeft) {
      if (const auto volume = table.need_quantity<Volume>("volume", parse_volume))
        out.volume_ml = static_cast<double>(volume->raw()) / kNanolitresPerMillilitre;
    }
    if (out.kind == QuantityKind::kShareAbove) {
      if (const auto above = table.need_decimal("above")) out.above = *above;
    }
    unit(table, out);
    if (!is_of_all(out.kind))
      out.by_mean = table.choice<bool>("over_patients", kOverPatients).value_or(false);
    out.split = table.choice<Split>("split", kSplits).value_or(Split::kNone);
    if (table.has("published"))
      out.published = need_number(table, "published", out.unit, sources_, Zero::kAllowed);
    out.diagnosis = table.text("diagnosis").value_or("");
    if (out.split == Split::kCalibrate && out.published &&
        (out.published->low <= 0 || out.published->low >= out.published->high))
      table.error("published", "to calibrate by it needs 0 < low < high");
    if (out.split != Split::kNone && !out.published)
      table.error("published", "missing: a split needs what to hold it against");
    study_.quantities.push_back(std::move(out));
  }

  /// What it is made of: probes, or quantities, which `unmet` looks for.
  void probes_of(TableReader& table, StudyQuantity& out) {
    out.dimension = row_of(out.kind).dimension;
    if (out.kind == QuantityKind::kShareAbsorbed || out.kind == QuantityKind::kDoseGrowth ||
        out.kind == QuantityKind::kPumpFlow)
      return;
    out.of = table.need_text("of").value_or("");
    const bool two = out.kind == QuantityKind::kRatio || out.kind == QuantityKind::kOver ||
                     out.kind == QuantityKind::kFall;
    if (two) out.over = table.need_text("over").value_or("");
    if (is_of_quantities(out.kind)) return;
    for (const auto& [key, name] : {std::pair{"of", &out.of}, std::pair{"over", &out.over}}) {
      if (!name->empty() && find_probe(*name) == nullptr)
        table.error(key, in_quotes(*name) + ": allowed: the name of a probe");
    }
    if (const Probe* probe = find_probe(out.of)) fits(table, out, *probe);
    const Probe* over = find_probe(out.over);
    if (over != nullptr && dimension_of(over->site) != Dimension::kLevel)
      table.error("over", in_quotes(out.over) + " is no concentration; allowed: a concentration");
  }

  void fits(TableReader& table, StudyQuantity& out, const Probe& probe) {
    const Dimension seen = dimension_of(probe.site);
    if (out.dimension == Dimension::kLevel) out.dimension = seen;
    const bool of_any = out.kind == QuantityKind::kLevel || out.kind == QuantityKind::kPeak ||
                        out.kind == QuantityKind::kPeakTime || out.kind == QuantityKind::kGrowth ||
                        out.kind == QuantityKind::kRise;
    const bool of_areas = row_of(out.kind).dimension == Dimension::kLevelTime ||
                          out.kind == QuantityKind::kClearance || out.kind == QuantityKind::kMeanResidence ||
                          out.kind == QuantityKind::kSteadyVolume;
    if (of_areas && !probe.times.empty() && probe.times.front() > Duration{})
      table.error("of", in_quotes(out.of) +
                            " is not looked at from the begin on; allowed: times from \"0 min\", or none");
    if (out.kind == QuantityKind::kTotalEffect) {
      if (seen != Dimension::kEffect)
        table.error("of", in_quotes(out.of) + " is no effect; allowed: ventilation, relief");
    } else if (seen == Dimension::kEffect && !of_any) {
      table.error("of", in_quotes(out.of) + " is an effect; allowed: a concentration");
    } else if (seen == Dimension::kDose && !of_any) {
      table.error("of", in_quotes(out.of) + " is a dose; allowed: a concentration");
    }
    if (study_.titration && (of_areas || out.kind == QuantityKind::kShareLeft))
      table.error("kind", "the dose is titrated; allowed: of [[dose]] alone");
  }

  void keep(TableReader& table, StudyQuantity& out) {
    if (const auto share = table.need_quantity<std::int64_t>("keep", parse_percent))
      out.keep = static_cast<double>(*share) / kPartsPerMillion;
    if (substance_ == nullptr) return;
    if (!substance_->tolerance_gain) return table.error("kind", study_.substance + " has no tolerance_gain");
    if (out.keep <= 0 || out.keep >= substance_->relief_emax->value)
      table.error("keep",
                  fmt::format("allowed: above 0, below relief_emax, {}", substance_->relief_emax->value));
  }

  void unit(TableReader& table, StudyQuantity& out) {
    out.unit = table.need_text("unit").value_or("");
    const bool any = out.kind == QuantityKind::kFall;  // held against what it is made of by `unmet`
    std::vector<std::string_view> allowed;
    for (const Unit& row : kUnits) {
      if (row.dimension != out.dimension && !any) continue;
      allowed.push_back(row.name);
      if (row.name != out.unit) continue;
      out.scale = row.scale;
      out.dimension = row.dimension;
      return;
    }
    if (!out.unit.empty()) table.error("unit", in_quotes(out.unit) + ": allowed: " + joined(allowed));
  }

  std::string level(TableReader& table, Column column) {
    const auto name = table.need_text("level");
    if (!name) return "";
    const bool sacral = column == Column::kVertebrae && (name->starts_with('S') || name->starts_with('s'));
    const auto z = column == Column::kCord ? anatomy_.cord_segment(*name) : anatomy_.vertebra(*name);
    if (!z || sacral)
      table.error("level", in_quotes(*name) + (column == Column::kCord ? ": allowed: a segment, C1 to S5"
                                                                       : ": allowed: a vertebra, C1 to L5"));
    return *name;
  }
  std::optional<Duration> time(TableReader& table, const char* key) {
    const auto read = table.quantity<Duration>(key, parse_duration);
    if (read && (*read < Duration{} || *read > study_.lasts))
      table.error(key, "allowed: 0 to the end of the study");
    return read;
  }
  std::optional<Duration> need_time(TableReader& table, const char* key) {
    return table.present(key) ? time(table, key) : std::nullopt;
  }
  const Probe* find_probe(std::string_view name) const {
    const auto found = std::ranges::find(study_.probes, name, &Probe::name);
    return found == study_.probes.end() ? nullptr : &*found;
  }

  TableReader& top_;
  const Anatomy& anatomy_;
  const std::vector<Substance>& substances_;
  const Sources& sources_;
  const Substance* substance_ = nullptr;
  Study study_;
};

std::optional<Study> read_file(const std::filesystem::path& path, const std::string& shown,
                               const Anatomy& anatomy, const std::vector<Substance>& substances,
                               const Sources& sources, std::vector<DataError>& all) {
  FileErrors errors(shown, all);
  const auto table = parse_toml_file(path, errors);
  if (!table) return std::nullopt;
  TableReader reader(*table, "", errors);
  Study study = StudyReader{reader, anatomy, substances, sources}.read();
  study.file = shown;
  study.id = path.stem().string();
  return study;
}

}  // namespace

std::string_view name_of(QuantityKind kind) { return row_of(kind).word; }
std::string_view name_of(Split split) {
  return std::ranges::find(kSplits, split, [](const auto& choice) { return choice.second; })->first;
}

std::expected<Study, std::vector<DataError>> load_study(const std::filesystem::path& file,
                                                        const Anatomy& anatomy,
                                                        const std::vector<Substance>& substances,
                                                        const Sources& sources) {
  std::vector<DataError> all;
  auto study = read_file(file, file.string(), anatomy, substances, sources, all);
  if (!all.empty()) return std::unexpected(std::move(all));
  return std::move(*study);
}

std::expected<std::vector<Study>, std::vector<DataError>> load_studies(
    const std::filesystem::path& directory, const Anatomy& anatomy, const std::vector<Substance>& substances,
    const Sources& sources) {
  std::vector<DataError> all;
  std::vector<Study> studies;
  for (const auto& path : files_of(directory, "studies", all)) {
    auto study = read_file(path, "studies/" + path.filename().string(), anatomy, substances, sources, all);
    if (study) studies.push_back(std::move(*study));
  }
  if (all.empty()) all = unmet(studies);
  if (!all.empty()) return std::unexpected(std::move(all));
  return studies;
}

std::vector<DataError> unmet(const std::vector<Study>& studies) {
  std::vector<DataError> all;
  const auto find = [&](const std::string& name) -> const StudyQuantity* {
    const std::size_t slash = name.find('/');
    const auto study = std::ranges::find(studies, name.substr(0, slash), &Study::id);
    if (slash == std::string::npos || study == studies.end()) return nullptr;
    const auto found = std::ranges::find(study->quantities, name.substr(slash + 1), &StudyQuantity::id);
    return found == study->quantities.end() || is_of_quantities(found->kind) ? nullptr : &*found;
  };
  for (const Study& study : studies) {
    for (const StudyQuantity& quantity : study.quantities) {
      if (!is_of_quantities(quantity.kind)) continue;
      const auto error = [&](const std::string& message) {
        all.push_back({study.file, 0, "quantity " + quantity.id, message});
      };
      const auto there = [&](const std::string& name) {
        const StudyQuantity* found = find(name);
        if (found == nullptr)
          error(in_quotes(name) + ": allowed: \"study/quantity\", neither of them made of others");
        return found;
      };
      const StudyQuantity* of = there(quantity.of);
      const StudyQuantity* over = quantity.over.empty() ? nullptr : there(quantity.over);
      if (of == nullptr) continue;
      if (quantity.kind == QuantityKind::kOver && over != nullptr && of->dimension != over->dimension)
        error(fmt::format("a {} over a {}; allowed: two of a kind", name_of(of->kind), name_of(over->kind)));
      if (quantity.kind == QuantityKind::kFall && quantity.unit != of->unit)
        error(fmt::format("unit {}: allowed: {}, that of {}", in_quotes(quantity.unit), of->unit,
                          in_quotes(quantity.of)));
    }
  }
  return all;
}

}  // namespace theca
