#include "world/patient_twin.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "body/individual.hpp"
#include "body/reference_solver.hpp"
#include "body/route.hpp"
#include "world/catheter_fault.hpp"
#include "world/effect_recorder.hpp"
#include "world/tip_flow.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMostTimes = 720;
constexpr Duration kShortestSpacing = minutes(1);
/// Of the largest concentration, in each step. What is drawn and told needs no more.
constexpr double kTolerance = 1e-6;

constexpr std::int64_t kEffectStepsPerTime = 64;

/// Evenly over the run, its begin and its end included.
std::vector<Instant> times_of(const RunResult& run) {
  const std::int64_t spacing =
      std::max(kShortestSpacing.raw(), (run.lasts.raw() + kMostTimes - 1) / kMostTimes);
  std::vector<Instant> times;
  for (std::int64_t t = 0; t < run.lasts.raw(); t += spacing) times.push_back(Instant{t});
  times.push_back(Instant{} + run.lasts);
  return times;
}

/// Concentration at z, on the line between the middles of two cells.
double fluid_at(const ReferenceSolver& solver, double z) {
  const double last = static_cast<double>(solver.axis().cells() - 1);
  const double place = std::clamp(z / solver.axis().cell_length - 0.5, 0.0, last);
  const auto cell = std::min(static_cast<std::size_t>(place), solver.axis().cells() - 2);
  const double beyond = place - static_cast<double>(cell);
  return above_zero(solver.fluid(cell) * (1 - beyond) + solver.fluid(cell + 1) * beyond);
}

/// The reference, fed at the tip, beside it, and under the skin. A drug without epidural numbers of its own
/// comes to the blood alone from there, as from under the skin.
class AtTip {
 public:
  AtTip(ReferenceSolver& solver, const Kinetics& kinetics, const std::vector<double>& share)
      : solver_(&solver),
        ways_{WayIn::make(solver, kinetics, DoseRoute::kIntrathecal, share).value(),
              WayIn::make(solver, kinetics, epidural_route(kinetics), share).value(),
              WayIn::make(solver, kinetics, DoseRoute::kSubcutaneous, {}).value()} {}

  void give(double ug, const std::array<double, kDestinations>& ways) {
    for (std::size_t i = 0; i < kDestinations; ++i) {
      if (ways[i] > 0) ways_[i].give(*solver_, ug * ways[i]);
    }
  }
  void set_rate(double rate, const std::array<double, kDestinations>& ways) {
    Inflow inflow;
    for (std::size_t i = 0; i < kDestinations; ++i) {
      if (ways[i] > 0) ways_[i].add_to(inflow, rate * ways[i]);
    }
    solver_->set_inflow(std::move(inflow));
  }
  template <class Each>
  void advance(double minutes, Each&& each) {
    solver_->advance(minutes, kTolerance, each);
  }

 private:
  static DoseRoute epidural_route(const Kinetics& kinetics) {
    return kinetics.epidural_csf_ka > 0 ? DoseRoute::kEpidural : DoseRoute::kSubcutaneous;
  }
  ReferenceSolver* solver_;
  std::array<WayIn, kDestinations> ways_;  // by Destination
};

/// The lowest level at the painful segment, or in the cistern, with which half of those who are prone to a
/// grave harm have it.
std::optional<FluidLevel> risky_level(const Substance& substance, const Response& response, bool in_cistern) {
  const double used_to = std::pow(response.used_to, response.tolerance_side_effects);
  std::optional<FluidLevel> lowest;
  const auto offer = [&](double value, std::string means, bool verified) {
    if (!lowest || value < lowest->value) lowest = {value, std::move(means), verified};
  };
  if (in_cistern && substance.ventilation_c50 && response.ventilation_csf_weight > 0)
    offer(used_to * response.ventilation_c50 / response.ventilation_csf_weight,
          "halves ventilation at a fixed CO2 tension",
          substance.ventilation_c50->verified && substance.ventilation_csf_weight->verified);
  for (const SideEffect& side : substance.side_effects) {
    if (!side.grave || side.site == Site::kPlasma) continue;
    const bool there = side.site == Site::kCistern || side.site == Site::kBrain;
    if (there == in_cistern)
      offer(used_to * side.ec50.value, side.name + " in half of those who are prone to it",
            side.ec50.verified);
  }
  return lowest;
}

/// One drug on its way through the patient.
class DrugOnItsWay {
 public:
  DrugOnItsWay(std::size_t drug, const Substance& substance, const Kinetics& kinetics,
               const Response& response, const Individual& who, const PatientRun& patient, Span pain, Way way)
      : patient_(patient),
        kinetics_(kinetics),
        solver_(make_neuraxis(who.body, kinetics), kinetics),
        segment_(cells_in(solver_.axis(), pain)),
        follower_(std::move(way.pieces),
                  AtTip{solver_, kinetics,
                        source_in_volume(solver_.axis(), patient.tip_cm, who.bolus_mixing_volume)},
                  [this](Instant t) { look(t); }) {
    out_.drug = drug;
    out_.held_ug = way.held_ug;
    if (substance.relief_ec50)
      out_.effective = FluidLevel{response.relief_ec50 * response.used_to, "half of the highest relief",
                                  substance.relief_ec50->verified};
    out_.risky_at_pain = risky_level(substance, response, false);
    out_.risky_in_cistern = risky_level(substance, response, true);
    out_.cord_partition = kinetics.cord_partition;
  }
  DrugOnItsWay(const DrugOnItsWay&) = delete;
  DrugOnItsWay& operator=(const DrugOnItsWay&) = delete;

  void to(Instant t) { follower_.to(t); }

  [[nodiscard]] SiteLevels levels() const {
    return {above_zero(at_pain()), above_zero(cord_at_pain() / kinetics_.cord_partition),
            above_zero(cistern()),
            above_zero(solver_.tissue(solver_.axis().cells()) / kinetics_.brain_partition),
            above_zero(solver_.plasma())};
  }

  void record() {
    std::vector<float> row(static_cast<std::size_t>(patient_.length_cm));
    for (std::size_t k = 0; k < row.size(); ++k)
      row[k] = static_cast<float>(fluid_at(solver_, static_cast<double>(k) + 0.5));
    out_.fluid.push_back(std::move(row));
    out_.at_tip.push_back(fluid_at(solver_, patient_.tip_cm));
    out_.at_pain.push_back(above_zero(at_pain()));
    out_.cord_at_pain.push_back(above_zero(cord_at_pain()));
    out_.cistern.push_back(above_zero(cistern()));
    out_.plasma.push_back(above_zero(solver_.plasma()));
  }

  DrugInPatient finish() {
    const BodyState& state = solver_.state();
    out_.dosed_ug = state.dosed.value();
    for (const double amount : state.fluid) out_.in_fluid_ug += amount;
    for (const double amount : state.tissue) out_.in_tissue_ug += amount;
    for (const double amount : state.plasma) out_.in_plasma_ug += amount;
    for (const double amount : state.depots) out_.beside_ug += amount;
    out_.eliminated_ug = state.eliminated.value();
    return std::move(out_);
  }

 private:
  [[nodiscard]] double at_pain() const {
    double mean = 0;
    for (std::size_t i = 0; i < segment_.size(); ++i) mean += segment_[i] * solver_.fluid(i);
    return mean;
  }
  [[nodiscard]] double cord_at_pain() const {
    double mean = 0;
    for (std::size_t i = 0; i < segment_.size(); ++i) mean += segment_[i] * solver_.tissue(i);
    return mean;
  }
  [[nodiscard]] double cistern() const { return solver_.fluid(solver_.axis().cells()); }

  void look(Instant t) {
    const double pain = at_pain();
    raise(out_.highest_at_tip, fluid_at(solver_, patient_.tip_cm), t);
    raise(out_.highest_at_pain, pain, t);
    raise(out_.highest_in_cord, cord_at_pain(), t);
    raise(out_.highest_in_cistern, cistern(), t);
    raise(out_.highest_in_plasma, solver_.plasma(), t);
    if (out_.effective && !out_.effective_from && pain >= out_.effective->value) out_.effective_from = t;
  }

  const PatientRun& patient_;
  Kinetics kinetics_;
  ReferenceSolver solver_;
  std::vector<double> segment_;  // shares of cells
  DrugInPatient out_;
  TipFollower<AtTip, std::function<void(Instant)>> follower_;
};

void note_unverified(const std::string& of, std::string_view key, const Number& number,
                     std::vector<std::string>& out) {
  if (number.outside)
    out.push_back(of + std::string{key} + " (outside of its published range)");
  else if (!number.verified)
    out.push_back(of + std::string{key});
}

}  // namespace

std::expected<BodyData, std::vector<DataError>> load_body_data(const std::filesystem::path& directory,
                                                               const Sources& sources, Outside outside) {
  auto anatomy = load_anatomy(directory, sources, outside);
  auto substances = load_substances(directory, sources, outside);
  std::vector<DataError> errors;
  if (!anatomy) errors = std::move(anatomy.error());
  if (!substances) errors.insert(errors.end(), substances.error().begin(), substances.error().end());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return BodyData{std::move(*anatomy), std::move(*substances)};
}

KnownDrugs known_drugs(const RunResult& run, const std::vector<Substance>& substances) {
  KnownDrugs known;
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    const Substance* substance = find_substance(substances, run.drugs[i].name);
    if (substance == nullptr) {
      known.unknown.push_back(run.drugs[i].name);
      continue;
    }
    known.substances.push_back(substance);
    known.drugs.push_back(i);
  }
  return known;
}

Individual middle_patient(const PatientSetting& setting, const Anatomy& anatomy, const KnownDrugs& known) {
  Individual who = centre_of(anatomy, known.substances);
  set_opioid_tolerance(who, setting.opioid_tolerance);
  set_posture(who.body, anatomy, setting.posture);
  return who;
}

PatientRun patient_of(const RunResult& run, const PatientSetting& setting, const BodyData& data) {
  PatientRun patient;
  patient.tip = setting.tip;
  patient.pain = setting.pain;
  patient.posture = name_of(setting.posture);
  patient.opioid_tolerance = setting.opioid_tolerance;
  patient.tip_cm = data.anatomy.vertebra(setting.tip).value();
  patient.pain_cm = data.anatomy.cord_segment(setting.pain).value();
  patient.length_cm = data.anatomy.length.value;
  for (const NamedLevel& level : data.anatomy.vertebrae) patient.vertebrae.push_back({level.name, level.z});
  patient.times = times_of(run);
  patient.events = events_of(setting.catheter_faults, setting.pocket_fills, Instant{} + run.lasts);
  for_each_number(data.anatomy, [&](std::string_view key, const Number& number) {
    note_unverified("", key, number, patient.unverified);
  });
  if (!data.anatomy.shape_verified) patient.unverified.emplace_back("shape");
  if (!data.anatomy.levels_verified) patient.unverified.emplace_back("levels");
  const KnownDrugs known = known_drugs(run, data.substances);
  for (const Substance* substance : known.substances) {
    for_each_number(*substance, [&](std::string_view key, const Number& number) {
      note_unverified(substance->name + " ", key, number, patient.unverified);
    });
  }
  patient.unknown = known.unknown;
  for (const CatheterFault& fault : setting.catheter_faults) {
    if (fault.kind != CatheterFaultKind::kMigration) continue;
    for (const Substance* substance : known.substances) {
      if (!substance->epidural_csf_ka)
        patient.events.push_back(
            {fault.from, "what of " + substance->name +
                             " passes the dura from there is not known: all of it is reckoned to "
                             "the blood"});
    }
  }
  std::ranges::stable_sort(patient.events, {}, &PatientEvent::at);
  const Individual who = middle_patient(setting, data.anatomy, known);
  const Span pain = data.anatomy.cord_span(setting.pain).value();
  std::vector<std::unique_ptr<DrugOnItsWay>> ways;
  for (std::size_t i = 0; i < known.drugs.size(); ++i)
    ways.push_back(std::make_unique<DrugOnItsWay>(
        known.drugs[i], *known.substances[i], who.kinetics[i], who.responses[i], who, patient, pain,
        way_of(run, known.drugs[i], setting.catheter_faults, setting.pocket_fills)));
  EffectRecorder effects{who, known};
  step_together(ways, effects, patient.times, kEffectStepsPerTime);
  for (const auto& way : ways) patient.drugs.push_back(way->finish());
  patient.effects = effects.finish();
  return patient;
}

}  // namespace theca
