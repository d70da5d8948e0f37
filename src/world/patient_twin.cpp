#include "world/patient_twin.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "body/individual.hpp"
#include "body/reference_solver.hpp"
#include "world/tip_flow.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMostTimes = 720;
constexpr Duration kShortestSpacing = minutes(1);
/// Of the largest concentration, in each step. What is drawn and told needs no more.
constexpr double kTolerance = 1e-6;

/// Effects are reckoned in steps of this, or of a 64th of the spacing of times in a very long run.
constexpr Duration kEffectStep = minutes(15);
constexpr std::int64_t kEffectStepsPerTime = 64;
/// "Relieved": what the field calls a responder.
constexpr double kHalved = 0.5;

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
  return std::max(0.0, solver.fluid(cell) * (1 - beyond) + solver.fluid(cell + 1) * beyond);
}

/// The reference, fed at the tip.
struct AtTip {
  ReferenceSolver* solver;
  std::vector<double> share;

  void give(double ug) { solver->give(ug, share); }
  void set_rate(double rate) {
    Inflow inflow;
    inflow.fluid = share;
    for (double& part : inflow.fluid) part *= rate;
    solver->set_inflow(std::move(inflow));
  }
  template <class Each>
  void advance(double minutes, Each&& each) {
    solver->advance(minutes, kTolerance, each);
  }
};

void raise(Peak& peak, double value, Instant t) {
  if (value > peak.value) peak = {value, t};
}

/// The level in the fluid at which the drug depresses breathing by half, or does other grave harm to half of
/// those who feel it; the lowest of them.
std::optional<FluidLevel> risky_level(const Substance& substance, const Response& response) {
  const double used_to = std::pow(response.used_to, response.tolerance_ventilation);
  std::optional<FluidLevel> lowest;
  const auto offer = [&](double value, std::string means, bool verified) {
    if (!lowest || value < lowest->value) lowest = {value, std::move(means), verified};
  };
  if (substance.ventilation_c50 && substance.ventilation_csf_weight->value > 0)
    offer(used_to * response.ventilation_c50 / response.ventilation_csf_weight,
          "in the cistern: half of the breathing",
          substance.ventilation_c50->verified && substance.ventilation_csf_weight->verified);
  for (const SideEffect& side : substance.side_effects) {
    if (side.grave && side.site != Site::kPlasma)
      offer(used_to * side.ec50.value, side.name + " in half of those who are prone to it",
            side.ec50.verified);
  }
  return lowest;
}

/// One drug on its way through the patient.
class DrugOnItsWay {
 public:
  DrugOnItsWay(const RunResult& run, std::size_t drug, const Substance& substance, const Kinetics& kinetics,
               const Response& response, const Individual& who, const PatientRun& patient, Span pain)
      : patient_(patient),
        kinetics_(kinetics),
        solver_(make_neuraxis(who.body, kinetics), kinetics),
        segment_(share_of_cells(solver_.axis(), pain)),
        follower_(tip_flow(run, drug),
                  AtTip{&solver_, source_in_volume(solver_.axis(), patient.tip_cm, who.bolus_mixing_volume)},
                  [this](Instant t) { look(t); }) {
    out_.drug = drug;
    if (substance.relief_ec50)
      out_.effective = FluidLevel{response.relief_ec50 * response.used_to, "half of the highest relief",
                                  substance.relief_ec50->verified};
    out_.risky = risky_level(substance, response);
  }
  DrugOnItsWay(const DrugOnItsWay&) = delete;
  DrugOnItsWay& operator=(const DrugOnItsWay&) = delete;

  void to(Instant t) { follower_.to(t); }

  [[nodiscard]] SiteLevels levels() const {
    const auto above_zero = [](double level) { return std::max(0.0, level); };
    return {above_zero(cord_at_pain() / kinetics_.cord_partition), above_zero(cistern()),
            above_zero(solver_.tissue(solver_.axis().cells()) / kinetics_.brain_partition),
            above_zero(solver_.plasma())};
  }

  void record() {
    std::vector<float> row(static_cast<std::size_t>(patient_.length_cm));
    for (std::size_t k = 0; k < row.size(); ++k)
      row[k] = static_cast<float>(fluid_at(solver_, static_cast<double>(k) + 0.5));
    out_.fluid.push_back(std::move(row));
    out_.at_tip.push_back(fluid_at(solver_, patient_.tip_cm));
    out_.at_pain.push_back(std::max(0.0, at_pain()));
    out_.cord_at_pain.push_back(std::max(0.0, cord_at_pain()));
    out_.cistern.push_back(std::max(0.0, cistern()));
    out_.plasma.push_back(std::max(0.0, solver_.plasma()));
  }

  DrugInPatient finish() {
    const BodyState& state = solver_.state();
    out_.dosed_ug = state.dosed.value();
    for (const double amount : state.fluid) out_.in_fluid_ug += amount;
    for (const double amount : state.tissue) out_.in_tissue_ug += amount;
    for (const double amount : state.plasma) out_.in_plasma_ug += amount;
    out_.eliminated_ug = state.eliminated.value();
    return std::move(out_);
  }

 private:
  static std::vector<double> share_of_cells(const Neuraxis& axis, Span span) {
    std::vector<double> share(axis.cells());
    for (std::size_t i = 0; i < axis.cells(); ++i) {
      const double low = static_cast<double>(i) * axis.cell_length, high = low + axis.cell_length;
      share[i] = std::max(0.0, std::min(high, span.high) - std::max(low, span.low)) / (span.high - span.low);
    }
    return share;
  }
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

/// The effects of all drugs, beside their levels.
class EffectRecorder {
 public:
  EffectRecorder(const Individual& who, const std::vector<const Substance*>& substances,
                 const std::vector<std::size_t>& drugs)
      : effects_(who.responses) {
    for (std::size_t i = 0; i < substances.size(); ++i) {
      const Substance& s = *substances[i];
      out_.on_pain |= s.relieves == Relieves::kPain;
      out_.on_spasticity |= s.relieves == Relieves::kSpasticity;
      out_.on_ventilation |= s.ventilation_c50.has_value();
      out_.on_withdrawal |= s.adaptation_time.has_value();
      for (std::size_t k = 0; k < s.side_effects.size(); ++k) {
        out_.sides.push_back({drugs[i], s.side_effects[k].name, s.side_effects[k].grave, {}, {}});
        of_.emplace_back(i, k);
      }
    }
    out_.least_ventilation.value = 1;
  }

  void step(Instant t, Duration by, std::span<const SiteLevels> levels) {
    effects_.step(in_minutes(by), levels);
    const Effects& now = effects_.effects();
    raise(out_.most_relief_of_pain, now.relief_of_pain, t);
    raise(out_.most_relief_of_spasticity, now.relief_of_spasticity, t);
    raise(out_.most_withdrawal, now.withdrawal, t);
    if (now.ventilation < out_.least_ventilation.value) out_.least_ventilation = {now.ventilation, t};
    if (!out_.pain_halved && now.relief_of_pain >= kHalved) out_.pain_halved = t;
    if (!out_.spasticity_halved && now.relief_of_spasticity >= kHalved) out_.spasticity_halved = t;
    for (std::size_t k = 0; k < of_.size(); ++k) raise(out_.sides[k].highest, side(k), t);
  }
  void record() {
    const Effects& now = effects_.effects();
    out_.pain.push_back(now.relief_of_pain);
    out_.spasticity.push_back(now.relief_of_spasticity);
    out_.ventilation.push_back(now.ventilation);
    out_.withdrawal.push_back(now.withdrawal);
    for (std::size_t k = 0; k < of_.size(); ++k) out_.sides[k].share.push_back(side(k));
  }
  EffectsInPatient finish() { return std::move(out_); }

 private:
  [[nodiscard]] double side(std::size_t k) const { return effects_.side_effect(of_[k].first, of_[k].second); }

  Pharmacodynamics effects_;
  EffectsInPatient out_;
  std::vector<std::pair<std::size_t, std::size_t>> of_;
};

void note_unverified(const std::string& of, std::string_view key, const Number& number,
                     std::vector<std::string>& out) {
  if (!number.verified) out.push_back(of + std::string{key});
}

}  // namespace

std::expected<BodyData, std::vector<DataError>> load_body_data(const std::filesystem::path& directory,
                                                               const Sources& sources) {
  auto anatomy = load_anatomy(directory, sources);
  auto substances = load_substances(directory, sources);
  std::vector<DataError> errors;
  if (!anatomy) errors = std::move(anatomy.error());
  if (!substances) errors.insert(errors.end(), substances.error().begin(), substances.error().end());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return BodyData{std::move(*anatomy), std::move(*substances)};
}

PatientRun patient_of(const RunResult& run, const PatientSetting& setting, const BodyData& data) {
  PatientRun patient;
  patient.tip = setting.tip;
  patient.pain = setting.pain;
  patient.opioid_tolerance = setting.opioid_tolerance;
  patient.tip_cm = data.anatomy.vertebra(setting.tip).value();
  patient.pain_cm = data.anatomy.cord_segment(setting.pain).value();
  patient.length_cm = data.anatomy.length.value;
  for (const NamedLevel& level : data.anatomy.vertebrae) patient.vertebrae.push_back({level.name, level.z});
  patient.times = times_of(run);
  for_each_number(data.anatomy, [&](std::string_view key, const Number& number) {
    note_unverified("", key, number, patient.unverified);
  });
  if (!data.anatomy.shape_verified) patient.unverified.emplace_back("shape");
  if (!data.anatomy.levels_verified) patient.unverified.emplace_back("levels");
  std::vector<const Substance*> substances;
  std::vector<std::size_t> drugs;
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    const Substance* substance = find_substance(data.substances, run.drugs[i].name);
    if (substance == nullptr) {
      patient.unknown.push_back(run.drugs[i].name);
      continue;
    }
    for_each_number(*substance, [&](std::string_view key, const Number& number) {
      note_unverified(substance->name + " ", key, number, patient.unverified);
    });
    substances.push_back(substance);
    drugs.push_back(i);
  }
  Individual who = centre_of(data.anatomy, substances);
  for (Response& response : who.responses) {
    if (response.acts_on == Target::kOpioidReceptor) response.used_to = setting.opioid_tolerance;
  }
  const Span pain = data.anatomy.cord_span(setting.pain).value();
  std::vector<std::unique_ptr<DrugOnItsWay>> ways;
  for (std::size_t i = 0; i < drugs.size(); ++i)
    ways.push_back(std::make_unique<DrugOnItsWay>(run, drugs[i], *substances[i], who.kinetics[i],
                                                  who.responses[i], who, patient, pain));
  EffectRecorder effects{who, substances, drugs};
  std::vector<SiteLevels> levels(drugs.size());
  Instant now;
  for (const Instant t : patient.times) {
    const Duration step = std::max(kEffectStep, Duration{(t - now).raw() / kEffectStepsPerTime});
    do {
      const Instant next = std::min(t, now + step);
      for (std::size_t i = 0; i < ways.size(); ++i) {
        ways[i]->to(next);
        levels[i] = ways[i]->levels();
      }
      effects.step(next, next - now, levels);
      now = next;
    } while (now < t);
    for (const auto& way : ways) way->record();
    effects.record();
  }
  for (const auto& way : ways) patient.drugs.push_back(way->finish());
  patient.effects = effects.finish();
  return patient;
}

}  // namespace theca
