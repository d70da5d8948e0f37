#include "body/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kFemtogramsPerMicrogram = 1e9;
constexpr double kNanolitresPerMillilitre = 1e6;
constexpr double kTolerance = 1e-4;  // of each step, of the largest level
constexpr Duration kLongest = days(3'660);

constexpr std::array<Choice<DoseRoute>, kDoseRouteCount> kRoutes{{
    {"intrathecal", DoseRoute::kIntrathecal},
    {"epidural", DoseRoute::kEpidural},
    {"intravenous", DoseRoute::kIntravenous},
    {"oral", DoseRoute::kOral},
    {"subcutaneous", DoseRoute::kSubcutaneous},
}};
constexpr std::array<Choice<ProbeSite>, 7> kSites{{
    {"fluid", ProbeSite::kFluid},
    {"cord", ProbeSite::kCord},
    {"cistern", ProbeSite::kCistern},
    {"brain", ProbeSite::kBrain},
    {"plasma", ProbeSite::kPlasma},
    {"ventilation", ProbeSite::kVentilation},
    {"relief", ProbeSite::kRelief},
}};
constexpr std::array<Choice<Split>, 4> kSplits{{
    {"none", Split::kNone},
    {"calibrate", Split::kCalibrate},
    {"test", Split::kTest},
    {"consistency", Split::kConsistency},
}};

enum class Dimension : std::uint8_t { kLevel, kTime, kLevelTime, kVolume, kFlow, kShare };
struct Kind {
  QuantityKind kind;
  std::string_view word;
  Dimension dimension;
  bool at, range;  // needs `at`; may have `from` and `to`
};
constexpr std::array<Kind, 14> kKinds{{
    {QuantityKind::kLevel, "level", Dimension::kLevel, true, false},
    {QuantityKind::kPeak, "peak", Dimension::kLevel, false, true},
    {QuantityKind::kPeakTime, "peak time", Dimension::kTime, false, true},
    {QuantityKind::kHalfLife, "half-life", Dimension::kTime, false, true},
    {QuantityKind::kAuc, "auc", Dimension::kLevelTime, false, false},
    {QuantityKind::kClearance, "clearance", Dimension::kFlow, false, false},
    {QuantityKind::kMeanResidence, "mean residence time", Dimension::kTime, false, false},
    {QuantityKind::kSteadyVolume, "volume at steady state", Dimension::kVolume, false, false},
    {QuantityKind::kRatio, "ratio", Dimension::kShare, true, false},
    {QuantityKind::kShareLeft, "share left", Dimension::kShare, true, false},
    {QuantityKind::kShareAbsorbed, "share absorbed", Dimension::kShare, false, false},
    {QuantityKind::kOver, "over", Dimension::kShare, false, false},
    {QuantityKind::kDoseGrowth, "dose growth", Dimension::kShare, false, true},
    {QuantityKind::kPumpFlow, "pump flow", Dimension::kShare, false, false},
}};
const Kind& row_of(QuantityKind kind) { return *std::ranges::find(kKinds, kind, &Kind::kind); }

struct Unit {
  Dimension dimension;
  std::string_view name;
  double scale;  // of ug/mL, min, ug min/mL, mL, mL/min, 1
};
constexpr std::array<Unit, 13> kUnits{{
    {Dimension::kLevel, "ug/mL", 1},
    {Dimension::kLevel, "ng/mL", 1e-3},
    {Dimension::kLevel, "1", 1},  // of ventilation and relief
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

double minutes_of(Duration d) { return static_cast<double>(d.raw()) / 60'000; }

bool is_effect(ProbeSite site) { return site == ProbeSite::kVentilation || site == ProbeSite::kRelief; }

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
    top_.present("dose");
    top_.each("dose", [&](TableReader& table) { dose(table); });
    if (top_.has("dose") && study_.doses.empty()) top_.error("dose", "allowed: at least one [[dose]]");
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
    const bool needs_range = out.kind == QuantityKind::kHalfLife || out.kind == QuantityKind::kDoseGrowth;
    if (needs_range && (!out.from || !out.to))
      table.error("from", fmt::format("a {} needs `from` and `to`", kind->word));
    if (out.kind == QuantityKind::kDoseGrowth) keep(table, out);
    if (out.kind == QuantityKind::kShareLeft) {
      if (const auto volume = table.need_quantity<Volume>("volume", parse_volume))
        out.volume_ml = static_cast<double>(volume->raw()) / kNanolitresPerMillilitre;
    }
    unit(table, out, kind->dimension);
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

  void probes_of(TableReader& table, StudyQuantity& out) {
    if (out.kind == QuantityKind::kShareAbsorbed || out.kind == QuantityKind::kDoseGrowth ||
        out.kind == QuantityKind::kPumpFlow)
      return;
    out.of = table.need_text("of").value_or("");
    const bool two = out.kind == QuantityKind::kRatio || out.kind == QuantityKind::kOver;
    if (two) out.over = table.need_text("over").value_or("");
    if (out.kind == QuantityKind::kOver) return;  // held by load_studies
    for (const auto& [key, name] : {std::pair{"of", &out.of}, std::pair{"over", &out.over}}) {
      if (!name->empty() && find_probe(*name) == nullptr)
        table.error(key, in_quotes(*name) + ": allowed: the name of a probe");
    }
    const Probe* probe = find_probe(out.of);
    const bool of_levels = out.kind != QuantityKind::kLevel && out.kind != QuantityKind::kPeak &&
                           out.kind != QuantityKind::kPeakTime;
    const bool of_areas = row_of(out.kind).dimension == Dimension::kLevelTime ||
                          out.kind == QuantityKind::kClearance || out.kind == QuantityKind::kMeanResidence ||
                          out.kind == QuantityKind::kSteadyVolume;
    if (probe != nullptr && of_areas && !probe->times.empty() && probe->times.front() > Duration{})
      table.error("of", in_quotes(out.of) +
                            " is not looked at from the begin on; allowed: times from \"0 min\", or none");
    if (probe != nullptr && is_effect(probe->site) && of_levels)
      table.error("of", in_quotes(out.of) + " is an effect; allowed: a concentration");
  }

  void keep(TableReader& table, StudyQuantity& out) {
    constexpr double kPartsPerMillion = 1e6;
    if (const auto share = table.need_quantity<std::int64_t>("keep", parse_percent))
      out.keep = static_cast<double>(*share) / kPartsPerMillion;
    if (substance_ == nullptr) return;
    if (!substance_->tolerance_gain) return table.error("kind", study_.substance + " has no tolerance_gain");
    if (out.keep <= 0 || out.keep >= substance_->relief_emax->value)
      table.error("keep",
                  fmt::format("allowed: above 0, below relief_emax, {}", substance_->relief_emax->value));
  }

  void unit(TableReader& table, StudyQuantity& out, Dimension dimension) {
    out.unit = table.need_text("unit").value_or("");
    const Probe* probe = find_probe(out.of);
    const bool share = dimension == Dimension::kLevel && probe != nullptr && is_effect(probe->site);
    std::vector<std::string_view> allowed;
    for (const Unit& row : kUnits) {
      if (row.dimension != dimension || (dimension == Dimension::kLevel && (row.name == "1") != share))
        continue;
      allowed.push_back(row.name);
      if (row.name != out.unit) continue;
      out.scale = row.scale;
      return;
    }
    if (!out.unit.empty()) table.error("unit", in_quotes(out.unit) + ": allowed: " + joined(allowed));
  }

  std::string level(TableReader& table, Column column) {
    const auto name = table.need_text("level");
    if (!name) return "";
    const auto z = column == Column::kCord ? anatomy_.cord_segment(*name) : anatomy_.vertebra(*name);
    if (!z)
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

/// From the begin and the end of each dose on every minute for two hours, every five for a day, then every
/// half hour; and when somebody asks.
std::vector<double> grid_of(const Study& study) {
  constexpr double kTwoHours = 120, kDay = 1'440;
  const double end = minutes_of(study.lasts);
  std::vector<double> changes{0}, grid{end};
  const auto add = [&](Duration d) { grid.push_back(std::min(end, minutes_of(d))); };
  for (const Probe& probe : study.probes) std::ranges::for_each(probe.times, add);
  for (const StudyDose& dose : study.doses) {
    changes.push_back(minutes_of(dose.at));
    changes.push_back(minutes_of(dose.at + dose.over));
  }
  for (const StudyQuantity& quantity : study.quantities) {
    for (const auto& d : {quantity.at, quantity.from, quantity.to}) {
      if (d) add(*d);
    }
  }
  std::ranges::sort(changes);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const double until = i + 1 < changes.size() ? changes[i + 1] : end;
    for (double t = changes[i]; t < until;) {
      grid.push_back(t);
      const double since = t - changes[i];
      t += since < kTwoHours ? 1 : since < kDay ? 5 : 30;
    }
  }
  std::ranges::sort(grid);
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

class Looker {
 public:
  Looker(const Study& study, const Individual& who, const Anatomy& anatomy, const ReferenceSolver& solver)
      : study_(study),
        kinetics_(who.kinetics.front()),
        solver_(solver),
        effects_({who.responses.front()}),
        pain_(cells_in(solver.axis(), *anatomy.cord_span(study.pain))) {
    for (const Probe& probe : study.probes) {
      std::vector<double> share;
      if (probe.site == ProbeSite::kFluid) share = source_at(solver.axis(), *anatomy.vertebra(probe.level));
      if (probe.site == ProbeSite::kCord) share = cells_in(solver.axis(), *anatomy.cord_span(probe.level));
      shares_.push_back(std::move(share));
    }
  }

  void step(double minutes) {
    SiteLevels levels;
    levels.fluid = mean(pain_, [&](std::size_t i) { return solver_.fluid(i); });
    levels.cord = mean(pain_, [&](std::size_t i) { return solver_.tissue(i); }) / kinetics_.cord_partition;
    levels.cistern = cistern();
    levels.brain = brain() / kinetics_.brain_partition;
    levels.plasma = solver_.plasma();
    effects_.step(minutes, std::array{levels});
  }
  [[nodiscard]] double at(std::size_t probe) const {
    switch (study_.probes[probe].site) {
      case ProbeSite::kFluid:
        return mean(shares_[probe], [&](std::size_t i) { return solver_.fluid(i); });
      case ProbeSite::kCord:
        return mean(shares_[probe], [&](std::size_t i) { return solver_.tissue(i); });
      case ProbeSite::kCistern:
        return cistern();
      case ProbeSite::kBrain:
        return brain();
      case ProbeSite::kPlasma:
        return solver_.plasma();
      case ProbeSite::kVentilation:
        return effects_.effects().ventilation;
      case ProbeSite::kRelief:
        return std::max(effects_.effects().relief_of_pain, effects_.effects().relief_of_spasticity);
    }
    return kNone;
  }

 private:
  template <class Level>
  [[nodiscard]] double mean(const std::vector<double>& share, Level&& level) const {
    double sum = 0;
    const std::size_t cells = std::min(share.size(), solver_.axis().cells());
    for (std::size_t i = 0; i < cells; ++i) sum += share[i] * level(i);
    return sum;
  }
  [[nodiscard]] double cistern() const { return solver_.fluid(solver_.axis().cells()); }
  [[nodiscard]] double brain() const { return solver_.tissue(solver_.axis().cells()); }

  const Study& study_;
  Kinetics kinetics_;
  const ReferenceSolver& solver_;
  Pharmacodynamics effects_;
  std::vector<double> pain_;
  std::vector<std::vector<double>> shares_;
};

/// A course as it was looked at: at the probe's times, or all the time; between two minutes.
struct Looked {
  std::vector<double> t, y;
};
Looked looked(const Study& study, std::size_t probe, const StudyCourses& courses, double from, double to) {
  Looked out;
  const auto& times = study.probes[probe].times;
  for (std::size_t i = 0; i < courses.minutes.size(); ++i) {
    const double t = courses.minutes[i];
    if (t < from || t > to) continue;
    const bool wanted =
        times.empty() || std::ranges::any_of(times, [&](Duration d) { return minutes_of(d) == t; });
    if (!wanted) continue;
    out.t.push_back(t);
    out.y.push_back(courses.courses[probe][i]);
  }
  return out;
}

/// ug, what flows in at that minute up to then.
double dosed_until(const Study& study, double t) {
  double dosed = 0;
  for (const StudyDose& dose : study.doses) {
    const double begin = minutes_of(dose.at), lasts = minutes_of(dose.over);
    if (t < begin) continue;
    dosed += lasts > 0 ? dose.ug * std::min(1.0, (t - begin) / lasts) : dose.ug;
  }
  return dosed;
}

/// At a bolus: after it.
double level_at(const StudyCourses& courses, std::size_t probe, double t) {
  const auto after = std::ranges::upper_bound(courses.minutes, t);
  if (after == courses.minutes.begin() || *(after - 1) != t) return kNone;
  return courses.courses[probe][static_cast<std::size_t>(after - courses.minutes.begin() - 1)];
}

/// Slope of the logarithms, 1/min, falling above 0. Times weigh alike, however close they were looked at.
double fall_of(const Looked& course) {
  double n = 0, st = 0, sy = 0, stt = 0, sty = 0;
  const std::size_t last = course.t.size() - 1;
  for (std::size_t i = 0; i < course.t.size(); ++i) {
    if (!(course.y[i] > 0)) continue;
    const double weight = (course.t[std::min(i + 1, last)] - course.t[i == 0 ? 0 : i - 1]) / 2;
    const double y = std::log(course.y[i]), t = course.t[i] - course.t.front();
    n += weight;
    st += weight * t;
    sy += weight * y;
    stt += weight * t * t;
    sty += weight * t * y;
  }
  const double spread = n * stt - st * st;
  return n > 0 && spread > 0 ? -(n * sty - st * sy) / spread : kNone;
}

/// AUC and AUMC by trapezoids, and on beyond the end by the fall over its last quarter, after the last dose.
/// Not numbers when there is no fall to go on by, or when more than kMostBeyond of the area would be made up.
struct Areas {
  double auc = 0, aumc = 0;
};
constexpr double kMostBeyond = 0.3, kLeastFall = 0.01;
Areas areas_of(const Looked& course, double last_dose) {
  Areas out;
  if (course.t.size() < 3) return {kNone, kNone};
  for (std::size_t i = 1; i < course.t.size(); ++i) {
    const double h = course.t[i] - course.t[i - 1];
    out.auc += h * (course.y[i] + course.y[i - 1]) / 2;
    out.aumc += h * (course.y[i] * course.t[i] + course.y[i - 1] * course.t[i - 1]) / 2;
  }
  const double end = course.t.back(), last = course.y.back(), from = std::max(0.75 * end, last_dose);
  Looked tail;
  for (std::size_t i = 0; i < course.t.size(); ++i) {
    if (course.t[i] < from) continue;
    tail.t.push_back(course.t[i]);
    tail.y.push_back(course.y[i]);
  }
  if (tail.t.size() < 3) return {kNone, kNone};
  const double fall = fall_of(tail);
  if (!(fall * (end - from) > kLeastFall) || last / fall > kMostBeyond * (out.auc + last / fall))
    return {kNone, kNone};
  out.auc += last / fall;
  out.aumc += last * end / fall + last / (fall * fall);
  return out;
}

}  // namespace

std::string_view name_of(QuantityKind kind) { return row_of(kind).word; }
bool same_dimension(QuantityKind a, QuantityKind b) { return row_of(a).dimension == row_of(b).dimension; }
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
    return found == study->quantities.end() || found->kind == QuantityKind::kOver ? nullptr : &*found;
  };
  for (const Study& study : studies) {
    for (const StudyQuantity& quantity : study.quantities) {
      if (quantity.kind != QuantityKind::kOver) continue;
      const auto error = [&](const std::string& message) {
        all.push_back({study.file, 0, "quantity " + quantity.id, message});
      };
      const StudyQuantity *of = find(quantity.of), *over = find(quantity.over);
      for (const auto& [name, found] : {std::pair{quantity.of, of}, std::pair{quantity.over, over}}) {
        if (found == nullptr)
          error(in_quotes(name) + ": allowed: \"study/quantity\", neither of them made of others");
      }
      if (of != nullptr && over != nullptr && !same_dimension(of->kind, over->kind))
        error(fmt::format("a {} over a {}; allowed: two of a kind", name_of(of->kind), name_of(over->kind)));
    }
  }
  return all;
}

StudyCourses courses_of(const Study& study, const Individual& who, const Anatomy& anatomy) {
  const Kinetics& kinetics = who.kinetics.front();
  ReferenceSolver solver{make_neuraxis(who.body, kinetics), kinetics};
  struct Given {
    WayIn way;
    double begin, end, ug;
  };
  std::vector<Given> given;
  for (const StudyDose& dose : study.doses) {
    std::vector<double> share;
    if (!dose.level.empty())
      share = source_in_volume(solver.axis(), *anatomy.vertebra(dose.level),
                               dose.mixes_in_ml > 0 ? dose.mixes_in_ml : who.bolus_mixing_volume);
    auto way = WayIn::make(solver, kinetics, dose.route, std::move(share));
    assert(way.has_value());  // load_study has held it
    given.push_back({std::move(*way), minutes_of(dose.at), minutes_of(dose.at + dose.over), dose.ug});
  }
  Looker looker{study, who, anatomy, solver};
  StudyCourses out;
  out.courses.resize(study.probes.size());
  const auto record = [&](double t) {
    out.minutes.push_back(t);
    for (std::size_t p = 0; p < study.probes.size(); ++p) out.courses[p].push_back(looker.at(p));
  };
  double now = 0;
  for (const double t : grid_of(study)) {
    if (t > now) {
      Inflow inflow;
      for (const Given& dose : given) {
        if (dose.end > dose.begin && now >= dose.begin && now < dose.end)
          dose.way.add_to(inflow, dose.ug / (dose.end - dose.begin));
      }
      solver.set_inflow(std::move(inflow));
      solver.advance(t - now, kTolerance);
      looker.step(t - now);
      now = t;
    }
    const auto gives_now = [&](const Given& dose) { return dose.end <= dose.begin && dose.begin == t; };
    if (std::ranges::any_of(given, gives_now)) {
      if (t > 0) record(t);  // before it
      for (const Given& dose : given) {
        if (gives_now(dose)) dose.way.give(solver, dose.ug);
      }
      looker.step(0);
    }
    record(t);
  }
  out.dosed_ug = solver.state().dosed.value();
  out.absorbed_ug = solver.state().absorbed.value();
  return out;
}

double value_of(const Study& study, const StudyQuantity& quantity, const StudyCourses& courses) {
  const auto probe_of = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(study.probes, name, &Probe::name) -
                                    study.probes.begin());
  };
  const double from = quantity.from ? minutes_of(*quantity.from) : 0;
  const double to = quantity.to ? minutes_of(*quantity.to) : courses.minutes.back();
  const double at = quantity.at ? minutes_of(*quantity.at) : 0;
  const std::size_t probe = quantity.of.empty() ? 0 : probe_of(quantity.of);
  const auto told = [&](double value) { return value / quantity.scale; };
  switch (quantity.kind) {
    case QuantityKind::kLevel:
      return told(level_at(courses, probe, at));
    case QuantityKind::kRatio:
      return told(level_at(courses, probe, at) / level_at(courses, probe_of(quantity.over), at));
    case QuantityKind::kShareLeft:
      return told(level_at(courses, probe, at) * quantity.volume_ml / dosed_until(study, at));
    case QuantityKind::kShareAbsorbed:
      return told(courses.absorbed_ug / courses.dosed_ug);
    case QuantityKind::kHalfLife: {
      const Looked course = looked(study, probe, courses, from, to);
      const double fall = course.t.size() < 2 ? kNone : fall_of(course);
      return fall > 0 ? told(std::log(2) / fall) : kNone;
    }
    case QuantityKind::kPeak:
    case QuantityKind::kPeakTime: {
      const Looked course = looked(study, probe, courses, from, to);
      if (course.y.empty()) return kNone;
      const bool lowest = study.probes[probe].site == ProbeSite::kVentilation;
      const auto peak = lowest ? std::ranges::min_element(course.y) : std::ranges::max_element(course.y);
      return told(quantity.kind == QuantityKind::kPeak
                      ? *peak
                      : course.t[static_cast<std::size_t>(peak - course.y.begin())]);
    }
    case QuantityKind::kAuc:
    case QuantityKind::kClearance:
    case QuantityKind::kMeanResidence:
    case QuantityKind::kSteadyVolume: {
      double delay = 0, last_dose = 0;  // of the mean microgram, until it is given; when the last one is
      for (const StudyDose& dose : study.doses) {
        delay += dose.ug * (minutes_of(dose.at) + minutes_of(dose.over) / 2) / courses.dosed_ug;
        last_dose = std::max(last_dose, minutes_of(dose.at + dose.over));
      }
      const Areas areas = areas_of(looked(study, probe, courses, 0, courses.minutes.back()), last_dose);
      const double clearance = courses.dosed_ug / areas.auc, residence = areas.aumc / areas.auc - delay;
      if (quantity.kind == QuantityKind::kAuc) return told(areas.auc);
      if (quantity.kind == QuantityKind::kClearance) return told(clearance);
      if (quantity.kind == QuantityKind::kMeanResidence) return told(residence);
      return told(clearance * residence);
    }
    case QuantityKind::kOver:
    case QuantityKind::kDoseGrowth:
    case QuantityKind::kPumpFlow:
      break;
  }
  return kNone;
}

}  // namespace theca
