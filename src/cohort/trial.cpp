#include "cohort/trial.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <thread>

#include "body/neuraxis.hpp"
#include "cohort/draw.hpp"
#include "cohort/many_patients.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

/// A catheter's tip stays inside the canal.
constexpr double kFromTheEnds = 0.5;  // cm
/// A level within this share of its change is where it will be. This and the next: Theca's own, not verified.
constexpr double kSteady = 0.05;
/// A change of less than this share is none.
constexpr double kNoChange = 0.005;
constexpr double kMicrogramsPerRaw = 1e-9;  // of a mass
/// Receptors of a patient who is used to a drug (body/pharmacodynamics.cpp): 75 % of them, so many times the
/// potency that occupies half.
constexpr double kUsedToPotency = 3;
constexpr double kMinutes = static_cast<double>(kTrialStep.raw()) / 60'000;  // of a step
constexpr std::size_t kStepsPerDay = static_cast<std::size_t>(days(1).raw() / kTrialStep.raw());
constexpr std::size_t kStepsPerMoment = static_cast<std::size_t>(kTrialMoment.raw() / kTrialStep.raw());

std::size_t steps_in(Duration lasts) { return static_cast<std::size_t>(lasts.raw() / kTrialStep.raw()); }
double ug(Volume volume, Concentration of) {
  return static_cast<double>(mass_in(volume, of).raw()) * kMicrogramsPerRaw;
}

/// `each(i)` for every patient; false: it was stopped.
template <class Each>
bool in_all(std::size_t patients, unsigned threads, const std::stop_token& stop, const Each& each) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < patients && !stop.stop_requested(); i = next++) each(i);
  };
  {
    std::vector<std::jthread> others;
    for (unsigned k = 1; k < threads; ++k) others.emplace_back(work);
    work();
  }
  return !stop.stop_requested();
}

/// What comes out of a prescription, in nanolitres of its own fluid and of the one before.
struct Volumes {
  std::vector<double> evenly, at_once, before;
};

/// Over a stretch of time from `from` on, as much as falls into each step.
void spread(std::vector<double>& steps, Duration from, Duration lasts, double nl) {
  if (nl <= 0) return;
  const double begin = static_cast<double>(from.raw()), end = begin + static_cast<double>(lasts.raw());
  const double h = static_cast<double>(kTrialStep.raw());
  for (auto i = static_cast<std::size_t>(begin / h); i < steps.size() && static_cast<double>(i) * h < end;
       ++i) {
    const double low = std::max(begin, static_cast<double>(i) * h);
    const double high = std::min(end, static_cast<double>(i + 1) * h);
    steps[i] += lasts.raw() > 0 ? nl * (high - low) / (end - begin) : nl;
    if (lasts.raw() == 0) break;
  }
}

/// Each dose as soon as lockout, window and time of day let it come. From `from` on.
void ask_for_all(const Prescription& prescription, const WallClock& clock, Duration from, Duration lasts,
                 std::vector<double>& at_once) {
  const PatientBolusPolicy& policy = prescription.patient;
  if (policy.dose.volume.raw() <= 0 || policy.allotted == 0) return;
  const Duration lockout = std::max(seconds(policy.lockout_s), bolus_duration(policy.dose));
  std::deque<Duration> granted;  // within the window
  for (Duration t = from; t < lasts;) {
    const Duration window = seconds(policy.window_s);
    while (!granted.empty() && granted.front() + window <= t) granted.pop_front();
    if (granted.size() >= policy.allotted) {
      t = granted.front() + window;
      continue;
    }
    const int minute = minute_of_day(clock.local_ms(Instant{} + t));
    const bool all_day = policy.from_minute == policy.to_minute;
    const bool allowed = all_day || (policy.from_minute < policy.to_minute
                                         ? minute >= policy.from_minute && minute < policy.to_minute
                                         : minute >= policy.from_minute || minute < policy.to_minute);
    if (!allowed) {
      t = t + minutes(1);
      continue;
    }
    at_once[static_cast<std::size_t>(t.raw() / kTrialStep.raw())] +=
        static_cast<double>(policy.dose.volume.raw());
    granted.push_back(t);
    t = t + std::max(lockout, minutes(1));
  }
}

Volumes volumes_of(const Prescription& prescription, ClockOffset offset, FlowRate minimum_rate,
                   Duration lasts, Asks asks) {
  const std::size_t steps = steps_in(lasts);
  Volumes out{std::vector<double>(steps), std::vector<double>(steps), std::vector<double>(steps)};
  // The bridge comes alone, and what is given then begins behind it.
  Duration bridge;
  if (prescription.bridge.volume.raw() > 0 && prescription.bridge.rate.raw() > 0) {
    bridge = bolus_duration({prescription.bridge.volume, prescription.bridge.rate});
    spread(out.before, {}, bridge, static_cast<double>(prescription.bridge.volume.raw()));
  }
  Prescription basal = prescription;
  basal.schedule = {};  // its boluses come at once
  Amount given;
  for (std::size_t i = 0; i < steps; ++i) {
    const Instant from = Instant{} + Duration{static_cast<std::int64_t>(i) * kTrialStep.raw()};
    const Instant to = from + kTrialStep;
    if (to <= Instant{} + bridge) continue;
    const Instant begin = std::max(from, Instant{} + bridge);
    const Volume before = given.floor();
    given += delivered_volume(basal, offset, minimum_rate, Instant{}, begin, to);
    out.evenly[i] += static_cast<double>((given.floor() - before).raw());
  }
  const WallClock clock{offset, prescription.zone};
  const Duration until = std::min(lasts, expiry_of(prescription, offset) - Instant{});
  if (prescription.single.volume.raw() > 0)
    spread(out.evenly, bridge, bolus_duration(prescription.single),
           static_cast<double>(prescription.single.volume.raw()));
  if (prescription.schedule.kind != ScheduleKind::kNone && prescription.schedule.dose.volume.raw() > 0) {
    std::int64_t last = kNoBolusYet;
    const Instant start = Instant{} + bridge;
    while (const auto due = next_scheduled_bolus(prescription.schedule, clock, start, last)) {
      if (due->at - Instant{} >= until) break;
      last = due->identity;
      if (due->at < start) continue;
      out.at_once[static_cast<std::size_t>((due->at - Instant{}).raw() / kTrialStep.raw())] +=
          static_cast<double>(prescription.schedule.dose.volume.raw());
    }
  }
  if (asks == Asks::kAllAllotted) ask_for_all(prescription, clock, bridge, until, out.at_once);
  return out;
}

TipDrug& drug_in(TipCourse& course, DrugCode code, std::size_t steps) {
  for (TipDrug& one : course)
    if (one.drug == code) return one;
  return course.emplace_back(TipDrug{code, std::vector<double>(steps), std::vector<double>(steps)});
}

}  // namespace

TipCourse tip_course(const Prescription& prescription, const Formulation& before, ClockOffset clock,
                     FlowRate minimum_rate, Duration lasts, Asks asks, Volume dry) {
  Volumes volumes = volumes_of(prescription, clock, minimum_rate, lasts, asks);
  const std::size_t steps = volumes.evenly.size();
  auto left = static_cast<double>(dry.raw());
  for (std::size_t i = 0; i < steps && left > 0; ++i)
    for (std::vector<double>* part : {&volumes.before, &volumes.at_once, &volumes.evenly}) {
      const double gone = std::min(left, (*part)[i]);
      (*part)[i] -= gone;
      left -= gone;
    }
  TipCourse course;
  for (const Component& part : prescription.formulation.parts()) {
    TipDrug& drug = drug_in(course, part.drug, steps);
    const double per_nl = ug(Volume{1'000'000}, part.concentration) / 1e6;
    for (std::size_t i = 0; i < steps; ++i) {
      drug.evenly[i] += volumes.evenly[i] * per_nl;
      drug.at_once[i] += volumes.at_once[i] * per_nl;
    }
  }
  for (const Component& part : before.parts()) {
    TipDrug& drug = drug_in(course, part.drug, steps);
    const double per_nl = ug(Volume{1'000'000}, part.concentration) / 1e6;
    for (std::size_t i = 0; i < steps; ++i) drug.evenly[i] += volumes.before[i] * per_nl;
  }
  return course;
}

SharePlus share_of(std::int64_t of, std::int64_t patients) {
  constexpr double kZ = 1.959963984540054;  // 97.5 % of the normal distribution
  const double n = static_cast<double>(patients), p = static_cast<double>(of) / n, z2 = kZ * kZ;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {of, patients, of == 0 ? 0 : std::max(0.0, middle - half),
          of == patients ? 1 : std::min(1.0, middle + half)};
}

// ---- the patients -----------------------------------------------------------------------------------------

TrialPatients::One TrialPatients::made(const BodyData& body, const PatientSetting& setting,
                                       const Individual& who, double tip_cm) {
  const Span pain = body.anatomy.cord_span(setting.pain).value();
  One one;
  one.responses = who.responses;
  for (Response& response : one.responses) response.sides.clear();  // nothing is told of them here
  for (const Kinetics& kinetics : who.kinetics) {
    const Neuraxis axis = make_neuraxis(who.body, kinetics);
    Way way;
    way.model = std::make_unique<ReducedModel>(
        axis, kinetics, source_in_volume(axis, tip_cm, who.bolus_mixing_volume), kReducedOrder);
    const std::vector<double> share = cells_in(axis, pain);
    way.pain = way.model->mean_fluid(share);
    way.cord = way.model->mean_tissue(share);
    way.cord_partition = kinetics.cord_partition;
    way.brain_partition = kinetics.brain_partition;
    one.ways.push_back(std::move(way));
  }
  return one;
}

std::optional<TrialPatients> TrialPatients::prepare(const BodyData& body, const Variability& variability,
                                                    const PatientSetting& setting,
                                                    std::vector<const Substance*> substances,
                                                    std::int64_t patients, std::uint64_t seed,
                                                    unsigned threads, const std::stop_token& stop) {
  TrialPatients out;
  out.substances_ = std::move(substances);
  out.setting_ = setting;
  out.cistern_ = kSpinalCells;
  KnownDrugs known;
  known.substances = out.substances_;
  const Individual centre = middle_patient(setting, body.anatomy, known);
  const double tip = body.anatomy.vertebra(setting.tip).value();
  out.middle_ = made(body, setting, centre, tip);
  out.all_.resize(static_cast<std::size_t>(patients));
  const bool done = in_all(out.all_.size(), threads, stop, [&](std::size_t i) {
    const Deviation by = draw(seed, i);
    const double reach =
        std::clamp(tip + tip_shift(variability, by), kFromTheEnds, body.anatomy.length.value - kFromTheEnds);
    out.all_[i] = made(body, setting, deviated(centre, variability, by), reach);
    out.all_[i].flow = 1 + pump_flow_error(variability, by);
  });
  if (!done) return std::nullopt;
  return out;
}

TriedDrugs tried_drugs(const Prescription& runs, const Prescription& draft, const Library& library,
                       const BodyData& body) {
  TriedDrugs out;
  for (const Prescription* one : {&runs, &draft}) {
    for (const Component& part : one->formulation.parts()) {
      if (std::ranges::count(out.drugs, part.drug) > 0) continue;
      const DrugEntry* entry = library.find_drug(part.drug);
      const std::string name = entry == nullptr ? "a drug that is not in the library" : entry->name;
      const auto found = std::ranges::find(body.substances, name, &Substance::name);
      if (found == body.substances.end()) {
        if (std::ranges::count(out.unknown, name) == 0) out.unknown.push_back(name);
        continue;
      }
      out.drugs.push_back(part.drug);
      out.substances.push_back(&*found);
    }
  }
  return out;
}

// ---- what happens in them ---------------------------------------------------------------------------------

/// One patient's way through a course; what is told of it.
class WhatRuns::Player {
 public:
  Player(const TrialPatients& patients, const TrialPatients::One& who, State& state)
      : patients_(patients), who_(who), state_(state), levels_(who.ways.size()) {}

  /// One step with these amounts, ug, by substance: of levels and effects.
  void step(std::span<const std::pair<double, double>> amounts) {
    level(amounts);
    state_.effects.step(kMinutes, levels_);
  }
  void level(std::span<const std::pair<double, double>> amounts) {
    for (std::size_t d = 0; d < who_.ways.size(); ++d) {
      const TrialPatients::Way& way = who_.ways[d];
      ReducedSolver& solver = state_.solvers[d];
      if (amounts[d].second > 0) solver.give(amounts[d].second * who_.flow);
      solver.set_rate(amounts[d].first * who_.flow / kMinutes);
      solver.advance(kMinutes);
      const auto level = [&](const std::vector<double>& row) { return above_zero(solver.at(row)); };
      levels_[d] = {
          level(way.pain), level(way.cord) / way.cord_partition, level(way.model->fluid(patients_.cistern())),
          level(way.model->tissue(patients_.cistern())) / way.brain_partition, above_zero(solver.plasma())};
    }
  }
  [[nodiscard]] const std::vector<SiteLevels>& levels() const { return levels_; }
  [[nodiscard]] double at_pain(std::size_t d) const { return levels_[d].fluid; }
  [[nodiscard]] const ClinicalEffects& effects() const { return state_.effects.effects(); }

 private:
  const TrialPatients& patients_;
  const TrialPatients::One& who_;
  State& state_;
  std::vector<SiteLevels> levels_;
};

namespace {

/// By substance, for a step; drugs that the course has not are not given.
class Amounts {
 public:
  Amounts(const TipCourse& course, std::span<const DrugCode> drugs) : of_(drugs.size()) {
    for (const DrugCode drug : drugs) {
      const auto found = std::ranges::find(course, drug, &TipDrug::drug);
      courses_.push_back(found == course.end() ? nullptr : &*found);
    }
  }
  std::span<const std::pair<double, double>> at(std::size_t step) {
    for (std::size_t d = 0; d < courses_.size(); ++d)
      of_[d] = courses_[d] == nullptr ? std::pair{0.0, 0.0}
                                      : std::pair{courses_[d]->evenly[step], courses_[d]->at_once[step]};
    return of_;
  }

 private:
  std::vector<const TipDrug*> courses_;
  std::vector<std::pair<double, double>> of_;
};

/// Values of all patients, moment by moment.
class Moments {
 public:
  Moments(std::size_t moments, std::size_t patients) : patients_(patients), values_(moments * patients) {}
  float& at(std::size_t moment, std::size_t patient) { return values_[moment * patients_ + patient]; }
  [[nodiscard]] Band band() const {
    Band out;
    std::vector<double> row;
    for (std::size_t from = 0; from < values_.size(); from += patients_) {
      row.assign(values_.begin() + static_cast<std::ptrdiff_t>(from),
                 values_.begin() + static_cast<std::ptrdiff_t>(from + patients_));
      const Quantiles q = quantiles_of(row);
      out.p5.push_back(static_cast<float>(q.p5));
      out.p25.push_back(static_cast<float>(q.p25));
      out.median.push_back(static_cast<float>(q.median));
      out.p75.push_back(static_cast<float>(q.p75));
      out.p95.push_back(static_cast<float>(q.p95));
    }
    return out;
  }

 private:
  std::size_t patients_;
  std::vector<float> values_;
};

/// Of a level over EC50, of cord and blood, in one who never had any.
double potency_of(const Response& response, const SiteLevels& levels) {
  double potency = 0;
  if (response.relief_ec50 > 0) potency += levels.cord / response.relief_ec50;
  if (response.plasma_ec50 > 0) potency += levels.plasma / response.plasma_ec50;
  return potency;
}

/// T at which tolerance neither rises nor fades at this potency: T ln T = gain / k_off potency.
double settled_tolerance(const Response& response, double potency) {
  if (response.tolerance_gain <= 0 || response.tolerance_k_off <= 0) return 1;
  const double goal = response.tolerance_gain / response.tolerance_k_off * potency;
  double t = 1 + goal;  // above it, and Newton's steps come down to it
  for (int i = 0; i < 50; ++i) t -= (t * std::log(t) - goal) / (std::log(t) + 1);
  return t;
}

/// One who has lived with the levels of this day for long: tolerance of opioids as told, of others where it
/// neither rises nor fades; receptors used to the day's mean.
Pharmacodynamics used_to(std::vector<Response> responses, std::span<const std::vector<SiteLevels>> day,
                         double opioids) {
  for (std::size_t d = 0; d < responses.size(); ++d) {
    Response& response = responses[d];
    if (response.acts_on == Target::kOpioidReceptor) {
      response.used_to = opioids;
      continue;
    }
    double potency = 0;
    for (const auto& levels : day)
      potency += potency_of(response, levels[d]) / static_cast<double>(day.size());
    response.used_to = settled_tolerance(response, potency);
  }
  Pharmacodynamics effects{std::move(responses)};
  // Where there was no drug nothing happens but that tolerance fades, and it is told.
  const auto none = [](const std::vector<SiteLevels>& levels) {
    return std::ranges::all_of(levels,
                               [](const SiteLevels& one) { return one.fluid <= 0 && one.plasma <= 0; });
  };
  if (std::ranges::all_of(day, none)) return effects;
  std::array<double, kTargetCount> occupied{};
  effects.step(0, day.front());
  for (const int round : {0, 1})  // the first brings the effects' own sites to where they are
    for (const auto& levels : day) {
      effects.step(kMinutes, levels);
      for (std::size_t t = 0; t < kTargetCount; ++t)
        occupied[t] +=
            round == 0 ? 0 : effects.occupied(static_cast<Target>(t)) / static_cast<double>(day.size());
    }
  for (std::size_t t = 0; t < kTargetCount; ++t) effects.be_used_to(static_cast<Target>(t), occupied[t]);
  return effects;
}

bool by_weekday(const Basal& basal) {
  return basal.mode == BasalMode::kFlex &&
         std::ranges::any_of(basal.profile_of_weekday,
                             [&](std::uint8_t one) { return one != basal.profile_of_weekday[0]; });
}

/// Hours until the levels of a drug, by step, are where they will be at the same moment of the last period;
/// nothing: they do not change. `before`: the mean of the day before.
std::optional<double> steady_from(const std::vector<double>& levels, double before, std::size_t period) {
  const std::size_t steps = levels.size();
  double end = 0;
  for (std::size_t k = steps - kStepsPerDay; k < steps; ++k)
    end += levels[k] / static_cast<double>(kStepsPerDay);
  const double change = std::abs(end - before);
  if (change <= kNoChange * std::max(before, end)) return std::nullopt;
  std::size_t settled = 0;
  for (std::size_t k = 0; k < steps; ++k) {
    const std::size_t last = k + period * ((steps - 1 - k) / period);
    if (std::abs(levels[k] - levels[last]) > kSteady * change) settled = k + 1;
  }
  return static_cast<double>(settled) * static_cast<double>(kTrialStep.raw()) /
         static_cast<double>(hours(1).raw());
}

Relieves what_is_relieved(const TrialPatients& patients) {
  Relieves any = Relieves::kNothing;
  for (const Response& response : patients.middle().responses) {
    if (response.relieves == Relieves::kPain) return Relieves::kPain;
    if (response.relieves == Relieves::kSpasticity) any = Relieves::kSpasticity;
  }
  return any;
}

}  // namespace

/// One arm, by patient.
struct WhatRuns::Told {
  Moments relief, ventilation;
  std::vector<double> at_end, lowest, withdrawal, steady_hours;  // the last: below 0 where nothing changes
};

/// Of opioids, in the middle patient, so that what runs keeps receptors occupied as in one who is used to it:
/// then neither need nor tolerance drifts.
double WhatRuns::tolerance_of(const Prescription& runs) const {
  const TrialPatients::One& who = patients_->middle();
  State state{{}, Pharmacodynamics{who.responses}, {}};
  for (const TrialPatients::Way& way : who.ways) state.solvers.emplace_back(*way.model);
  const TipCourse course = tip_course(runs, {}, clock_, minimum_rate_, kRunsBefore, Asks::kNothing);
  Amounts amounts{course, drugs_};
  Player player{*patients_, who, state};
  const std::size_t steps = steps_in(kRunsBefore);
  double potency = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    player.level(amounts.at(i));
    if (i + kStepsPerDay < steps) continue;
    for (std::size_t d = 0; d < who.ways.size(); ++d)
      if (who.responses[d].acts_on == Target::kOpioidReceptor)
        potency += potency_of(who.responses[d], player.levels()[d]);
  }
  return std::clamp(potency / kStepsPerDay / kUsedToPotency, 1.0, kMostOpioidTolerance);
}

std::optional<WhatRuns> WhatRuns::play(std::shared_ptr<const TrialPatients> patients,
                                       std::vector<DrugCode> drugs, const Prescription& runs,
                                       ClockOffset clock, FlowRate minimum_rate, unsigned threads,
                                       const std::stop_token& stop, const TrialPast& past) {
  WhatRuns out;
  out.patients_ = std::move(patients);
  out.drugs_ = std::move(drugs);
  out.runs_ = runs;
  out.runs_.bridge = {};  // what runs has run for long
  out.runs_.single = {};
  out.clock_ = clock;
  out.minimum_rate_ = minimum_rate;
  out.past_ = past;
  out.tolerance_ = past.used_to_it ? out.tolerance_of(out.runs_) : 1;
  const auto& all = out.patients_->all();
  // The days before end now, so that the hours of the day fit.
  const ClockOffset earlier{clock.utc_ms_at_zero - kRunsBefore.raw()};
  for (const Asks asks : {Asks::kNothing, Asks::kAllAllotted}) {
    const TipCourse before = past.had_nothing()
                                 ? TipCourse{}
                                 : tip_course(out.runs_, {}, earlier, minimum_rate, kRunsBefore, asks);
    States& states = out.states_[static_cast<std::size_t>(asks)];
    for (const TrialPatients::One& who : all) {
      State& state = states.emplace_back(State{{}, Pharmacodynamics{{}}, {}});
      for (const TrialPatients::Way& way : who.ways) state.solvers.emplace_back(*way.model);
      state.last_day.assign(who.ways.size(), 0);
    }
    const bool done = in_all(all.size(), threads, stop, [&](std::size_t i) {
      Amounts amounts{before, out.drugs_};
      Player player{*out.patients_, all[i], states[i]};
      const std::size_t steps = steps_in(kRunsBefore);
      std::vector<std::vector<SiteLevels>> last_day;
      for (std::size_t k = 0; k < steps; ++k) {
        player.level(amounts.at(k));
        if (k + kStepsPerDay >= steps) last_day.push_back(player.levels());
      }
      for (const auto& levels : last_day)
        for (std::size_t d = 0; d < levels.size(); ++d)
          states[i].last_day[d] += levels[d].fluid / static_cast<double>(kStepsPerDay);
      states[i].effects = used_to(all[i].responses, last_day, out.tolerance_);
    });
    if (!done) return std::nullopt;
    const TipCourse course = tip_course(out.runs_, {}, clock, minimum_rate, kTrialLasts, asks, past.dry);
    auto told = out.told_of(states, course, threads, stop, /*steady=*/false, /*weekly=*/false);
    if (!told) return std::nullopt;
    if (asks == Asks::kNothing) out.lowest_ = told->lowest;
    if (past.had_nothing()) out.lowest_.assign(all.size(), 1);
    out.arms_[static_cast<std::size_t>(asks)] = out.arm_of(std::move(*told));
  }
  return out;
}

std::optional<WhatRuns::Told> WhatRuns::told_of(const States& from, const TipCourse& course, unsigned threads,
                                                const std::stop_token& stop, bool steady, bool weekly) const {
  const auto& all = patients_->all();
  const std::size_t steps = steps_in(kTrialLasts), moments = steps / kStepsPerMoment + 1;
  const bool spasticity = what_is_relieved(*patients_) == Relieves::kSpasticity;
  const std::vector<double> none(all.size());
  const std::size_t period = kStepsPerDay * (weekly ? kDaysPerWeek : 1);
  Told told{{moments, all.size()}, {moments, all.size()}, none, none, none, none};
  const bool done = in_all(all.size(), threads, stop, [&](std::size_t i) {
    State state = from[i];
    Amounts amounts{course, drugs_};
    Player player{*patients_, all[i], state};
    const auto relieved = [&](const ClinicalEffects& now) {
      return spasticity ? now.relief_of_spasticity : now.relief_of_pain;
    };
    const ClinicalEffects& now = state.effects.effects();
    told.relief.at(0, i) = static_cast<float>(relieved(now));
    told.ventilation.at(0, i) = static_cast<float>(now.ventilation);
    told.lowest[i] = now.ventilation;
    std::vector<std::vector<double>> levels(steady ? all[i].ways.size() : 0);
    for (std::size_t k = 0; k < steps; ++k) {
      player.step(amounts.at(k));
      told.lowest[i] = std::min(told.lowest[i], now.ventilation);
      told.withdrawal[i] = std::max(told.withdrawal[i], now.withdrawal);
      if (steady)
        for (std::size_t d = 0; d < levels.size(); ++d) levels[d].push_back(player.at_pain(d));
      if (k + kStepsPerDay >= steps) told.at_end[i] += relieved(now) / static_cast<double>(kStepsPerDay);
      if ((k + 1) % kStepsPerMoment != 0) continue;
      told.relief.at((k + 1) / kStepsPerMoment, i) = static_cast<float>(relieved(now));
      told.ventilation.at((k + 1) / kStepsPerMoment, i) = static_cast<float>(now.ventilation);
    }
    if (!steady) return;
    told.steady_hours[i] = -1;
    for (std::size_t d = 0; d < levels.size(); ++d)
      if (const auto settled = steady_from(levels[d], state.last_day[d], period))
        told.steady_hours[i] = std::max(told.steady_hours[i], *settled);
  });
  if (!done) return std::nullopt;
  return told;
}

TrialArm WhatRuns::arm_of(Told&& told) const {
  TrialArm out;
  out.relief = told.relief.band();
  out.ventilation = told.ventilation.band();
  std::vector<double> of_before(told.lowest.size());
  for (std::size_t i = 0; i < of_before.size(); ++i)
    of_before[i] = lowest_[i] > 0 ? told.lowest[i] / lowest_[i] : 1;
  const double limit = past_.had_nothing() ? kBreathesTooLittle : kBreathesLess;
  const auto too_little = std::ranges::count_if(of_before, [&](double one) { return one < limit; });
  out.breathes_too_little = share_of(too_little, static_cast<std::int64_t>(of_before.size()));
  out.relief_at_end = quantiles_of(told.at_end);
  out.lowest_ventilation = quantiles_of(told.lowest);
  out.lowest_of_before = quantiles_of(of_before);
  out.most_withdrawal = quantiles_of(told.withdrawal);
  return out;
}

std::optional<Trial> WhatRuns::tried(const Prescription& draft, unsigned threads,
                                     const std::stop_token& stop) const {
  Trial out;
  out.patients = static_cast<std::int64_t>(patients_->all().size());
  for (std::size_t k = 0; k <= steps_in(kTrialLasts); k += kStepsPerMoment)
    out.days.push_back(static_cast<double>(k) / static_cast<double>(kStepsPerDay));
  out.tip = patients_->setting().tip;
  out.pain = patients_->setting().pain;
  out.relieves = what_is_relieved(*patients_);
  out.tolerance = tolerance_;
  for (std::size_t d = 0; d < patients_->substances().size(); ++d) {
    const Response& response = patients_->middle().responses[d];
    out.breathing = out.breathing || response.ventilation_c50 > 0;
    out.withdrawal = out.withdrawal || response.adaptation_rate > 0;
    const bool depresses = response.acts_on == Target::kGabaBReceptor ||
                           response.acts_on == Target::kAlpha2Receptor ||
                           response.acts_on == Target::kSodiumChannel;
    if (depresses && response.ventilation_c50 <= 0)
      out.breathing_unknown.push_back(patients_->substances()[d]->name);
  }
  out.runs = arms_;
  for (const Asks asks : {Asks::kNothing, Asks::kAllAllotted}) {
    const TipCourse course =
        tip_course(draft, runs_.formulation, clock_, minimum_rate_, kTrialLasts, asks, past_.dry);
    auto told = told_of(states_[static_cast<std::size_t>(asks)], course, threads, stop,
                        /*steady=*/asks == Asks::kNothing, by_weekday(draft.basal));
    if (!told) return std::nullopt;
    if (asks == Asks::kNothing) {
      std::vector<double>& steady = told->steady_hours;
      std::erase_if(steady, [](double one) { return one < 0; });
      if (!steady.empty()) out.steady_hours = quantiles_of(steady);
    }
    out.draft[static_cast<std::size_t>(asks)] = arm_of(std::move(*told));
  }
  return out;
}

std::optional<Lived> lived(const TrialPatients& patients, std::span<const DrugCode> drugs,
                           const TipCourse& course, unsigned threads, const std::stop_token& stop) {
  const auto& all = patients.all();
  const std::size_t steps = course.empty() ? 0 : course.front().evenly.size();
  const std::size_t whole_days = (steps + kStepsPerDay - 1) / kStepsPerDay;
  Lived out;
  out.patients = static_cast<std::int64_t>(all.size());
  out.relieves = what_is_relieved(patients);
  const bool spasticity = out.relieves == Relieves::kSpasticity;
  std::vector<std::vector<double>> relief(whole_days, std::vector<double>(all.size())),
      lowest(whole_days, std::vector<double>(all.size(), 1));
  const bool done = in_all(all.size(), threads, stop, [&](std::size_t i) {
    WhatRuns::State state{{}, Pharmacodynamics{{}}, {}};
    for (const TrialPatients::Way& way : all[i].ways) state.solvers.emplace_back(*way.model);
    state.effects = used_to(all[i].responses, {}, 1);
    Amounts amounts{course, drugs};
    WhatRuns::Player player{patients, all[i], state};
    const ClinicalEffects& now = state.effects.effects();
    for (std::size_t k = 0; k < steps; ++k) {
      player.step(amounts.at(k));
      const std::size_t day = k / kStepsPerDay;
      const std::size_t of_day = std::min(kStepsPerDay, steps - day * kStepsPerDay);
      relief[day][i] +=
          (spasticity ? now.relief_of_spasticity : now.relief_of_pain) / static_cast<double>(of_day);
      lowest[day][i] = std::min(lowest[day][i], now.ventilation);
    }
  });
  if (!done) return std::nullopt;
  for (std::size_t day = 0; day < whole_days; ++day) {
    out.relief.push_back(quantiles_of(relief[day]));
    out.lowest.push_back(quantiles_of(lowest[day]));
  }
  return out;
}

}  // namespace theca
