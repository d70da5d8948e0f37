#include "body/study_courses.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "body/minutes.hpp"
#include "body/reduced_model.hpp"
#include "body/reference_solver.hpp"

namespace theca {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kTolerance = 1e-4;  // of each step, of the largest level

/// When somebody asks, and at the end.
std::vector<double> asked_of(const Study& study) {
  const double end = in_minutes(study.lasts);
  std::vector<double> asked{end};
  const auto add = [&](Duration d) { asked.push_back(std::min(end, in_minutes(d))); };
  for (const Probe& probe : study.probes) std::ranges::for_each(probe.times, add);
  for (const StudyQuantity& quantity : study.quantities) {
    for (const auto& d : {quantity.at, quantity.from, quantity.to}) {
      if (d) add(*d);
    }
  }
  return asked;
}

/// From each change on in steps that grow with the time since it, until the next; and all of `grid`.
template <class Step>
std::vector<double> grid_from(std::vector<double> grid, std::vector<double> changes, double end,
                              Step&& step) {
  std::ranges::sort(changes);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const double until = i + 1 < changes.size() ? changes[i + 1] : end;
    for (double t = changes[i]; t < until; t += step(t - changes[i])) grid.push_back(t);
  }
  std::ranges::sort(grid);
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

constexpr double kHour = 60, kDay = 24 * kHour;

/// From the begin and the end of each dose on every minute for two hours, every five for a day, then every
/// half hour.
std::vector<double> grid_of(const Study& study) {
  std::vector<double> changes{0};
  for (const StudyDose& dose : study.doses) {
    changes.push_back(in_minutes(dose.at));
    changes.push_back(in_minutes(dose.at + dose.over));
  }
  return grid_from(asked_of(study), std::move(changes), in_minutes(study.lasts), [](double since) {
    return since < 2 * kHour ? 1 : since < kDay ? 5 : 30;
  });
}

/// From each visit on every six hours for two days, then every day: levels follow a change within a day, and
/// effects follow them exactly between two looks.
std::vector<double> titration_grid_of(const Study& study) {
  std::vector<double> visits;
  for (Duration t; t < study.lasts; t = t + study.titration->visit_every) visits.push_back(in_minutes(t));
  return grid_from(asked_of(study), std::move(visits), in_minutes(study.lasts),
                   [](double since) { return since < 2 * kDay ? kDay / 4 : kDay; });
}

/// What cells each probe that looks at fluid or cord sees.
std::vector<std::vector<double>> cells_of_probes(const Study& study, const Neuraxis& axis,
                                                 const Anatomy& anatomy) {
  std::vector<std::vector<double>> shares;
  for (const Probe& probe : study.probes) {
    std::vector<double> share;
    if (probe.site == ProbeSite::kFluid) share = source_at(axis, *anatomy.vertebra(probe.level));
    if (probe.site == ProbeSite::kCord) share = cells_in(axis, *anatomy.cord_span(probe.level));
    shares.push_back(std::move(share));
  }
  return shares;
}

/// Levels in ug/mL where a study looks, by the reference solver.
class ReferencePlaces {
 public:
  ReferencePlaces(const Study& study, const Anatomy& anatomy, const ReferenceSolver& solver)
      : solver_(solver),
        pain_(cells_in(solver.axis(), *anatomy.cord_span(study.pain))),
        probes_(cells_of_probes(study, solver.axis(), anatomy)) {}

  [[nodiscard]] double fluid_at_pain() const { return fluid(pain_); }
  [[nodiscard]] double cord_at_pain() const { return cord(pain_); }
  [[nodiscard]] double fluid(std::size_t probe) const { return fluid(probes_[probe]); }
  [[nodiscard]] double cord(std::size_t probe) const { return cord(probes_[probe]); }
  [[nodiscard]] double cistern() const { return solver_.fluid(solver_.axis().cells()); }
  [[nodiscard]] double brain() const { return solver_.tissue(solver_.axis().cells()); }
  [[nodiscard]] double plasma() const { return solver_.plasma(); }

 private:
  template <class Level>
  [[nodiscard]] double mean(const std::vector<double>& share, Level&& level) const {
    double sum = 0;
    const std::size_t cells = std::min(share.size(), solver_.axis().cells());
    for (std::size_t i = 0; i < cells; ++i) sum += share[i] * level(i);
    return sum;
  }
  [[nodiscard]] double fluid(const std::vector<double>& share) const {
    return mean(share, [&](std::size_t i) { return solver_.fluid(i); });
  }
  [[nodiscard]] double cord(const std::vector<double>& share) const {
    return mean(share, [&](std::size_t i) { return solver_.tissue(i); });
  }

  const ReferenceSolver& solver_;
  std::vector<double> pain_;
  std::vector<std::vector<double>> probes_;
};

/// The same by the reduced model: a row of it for each probe.
class ReducedPlaces {
 public:
  ReducedPlaces(const Study& study, const Anatomy& anatomy, const Neuraxis& axis, const ReducedModel& model,
                const ReducedSolver& solver)
      : model_(model), solver_(solver), cistern_(axis.cells()) {
    const std::vector<double> pain = cells_in(axis, *anatomy.cord_span(study.pain));
    fluid_at_pain_ = model.mean_fluid(pain);
    cord_at_pain_ = model.mean_tissue(pain);
    const auto probes = cells_of_probes(study, axis, anatomy);
    for (std::size_t p = 0; p < probes.size(); ++p)
      probes_.push_back(study.probes[p].site == ProbeSite::kCord ? model.mean_tissue(probes[p])
                                                                 : model.mean_fluid(probes[p]));
  }

  [[nodiscard]] double fluid_at_pain() const { return above_zero(solver_.at(fluid_at_pain_)); }
  [[nodiscard]] double cord_at_pain() const { return above_zero(solver_.at(cord_at_pain_)); }
  [[nodiscard]] double fluid(std::size_t probe) const { return above_zero(solver_.at(probes_[probe])); }
  [[nodiscard]] double cord(std::size_t probe) const { return above_zero(solver_.at(probes_[probe])); }
  [[nodiscard]] double cistern() const { return above_zero(solver_.at(model_.fluid(cistern_))); }
  [[nodiscard]] double brain() const { return above_zero(solver_.at(model_.tissue(cistern_))); }
  [[nodiscard]] double plasma() const { return above_zero(solver_.plasma()); }

 private:
  const ReducedModel& model_;
  const ReducedSolver& solver_;
  std::size_t cistern_;
  std::vector<double> fluid_at_pain_, cord_at_pain_;
  std::vector<std::vector<double>> probes_;
};

/// What each probe sees, effects among it.
template <class Places>
class Looker {
 public:
  Looker(const Study& study, const Individual& who, Places places)
      : study_(study),
        kinetics_(who.kinetics.front()),
        places_(std::move(places)),
        effects_({who.responses.front()}),
        courses_(study.probes.size()) {}

  void step(double minutes) {
    const SiteLevels levels{places_.fluid_at_pain(), places_.cord_at_pain() / kinetics_.cord_partition,
                            places_.cistern(), places_.brain() / kinetics_.brain_partition, places_.plasma()};
    effects_.step(minutes, std::array{levels});
  }
  void record(double t, double dose_a_day) {
    minutes_.push_back(t);
    for (std::size_t p = 0; p < courses_.size(); ++p) courses_[p].push_back(at(p, dose_a_day));
  }
  [[nodiscard]] const Pharmacodynamics& effects() const { return effects_; }
  [[nodiscard]] double relief() const {
    return std::max(effects_.effects().relief_of_pain, effects_.effects().relief_of_spasticity);
  }
  StudyCourses finish(double dosed, double absorbed) {
    return {std::move(minutes_), std::move(courses_), dosed, absorbed};
  }

 private:
  [[nodiscard]] double at(std::size_t probe, double dose_a_day) const {
    switch (study_.probes[probe].site) {
      case ProbeSite::kFluid:
        return places_.fluid(probe);
      case ProbeSite::kCord:
        return places_.cord(probe);
      case ProbeSite::kCistern:
        return places_.cistern();
      case ProbeSite::kBrain:
        return places_.brain();
      case ProbeSite::kPlasma:
        return places_.plasma();
      case ProbeSite::kVentilation:
        return effects_.effects().ventilation;
      case ProbeSite::kRelief:
        return relief();
      case ProbeSite::kDose:
        return dose_a_day;
    }
    return kNone;
  }

  const Study& study_;
  Kinetics kinetics_;
  Places places_;
  Pharmacodynamics effects_;
  std::vector<double> minutes_;
  std::vector<std::vector<double>> courses_;
};

/// At a visit the dose is the one until then.
StudyCourses titrated_courses(const Study& study, const Individual& who, const Anatomy& anatomy,
                              const Implanted& implanted) {
  const Titration& policy = *study.titration;
  const Kinetics& kinetics = who.kinetics.front();
  const Neuraxis axis = make_neuraxis(who.body, kinetics);
  const double tip = *anatomy.vertebra(policy.level) + implanted.tip_shift;
  const ReducedModel model{axis, kinetics, source_in_volume(axis, tip, who.bolus_mixing_volume),
                           kReducedOrder};
  ReducedSolver solver{model};
  Looker looker{study, who, ReducedPlaces{study, anatomy, axis, model, solver}};
  const auto has = [&](const std::vector<std::size_t>& sides) {
    return std::ranges::any_of(sides, [&](std::size_t side) {
      return has_side_effect(looker.effects().side_effect(0, side), implanted.proneness);
    });
  };
  double dose = policy.start, now = 0;
  Duration next_visit = policy.visit_every;
  const auto deliver = [&] { solver.set_rate(dose * (1 + implanted.flow_error) / kDay); };
  deliver();
  for (const double t : titration_grid_of(study)) {
    if (t > now) {
      solver.advance(t - now);
      looker.step(t - now);
      now = t;
    }
    looker.record(t, dose);
    if (t < in_minutes(next_visit) || t >= in_minutes(study.lasts)) continue;
    next_visit = next_visit + policy.visit_every;
    dose = next_dose(policy, dose,
                     {looker.relief(), looker.effects().effects().ventilation, has(policy.held_by),
                      has(policy.lowered_by)});
    deliver();
  }
  return looker.finish(solver.dosed(), solver.absorbed());
}

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
        times.empty() || std::ranges::any_of(times, [&](Duration d) { return in_minutes(d) == t; });
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
    const double begin = in_minutes(dose.at), lasts = in_minutes(dose.over);
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

/// By trapezoids, from the first look to the last.
double area_of(const Looked& course) {
  double area = 0;
  for (std::size_t i = 1; i < course.t.size(); ++i)
    area += (course.t[i] - course.t[i - 1]) * (course.y[i] + course.y[i - 1]) / 2;
  return area;
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
  out.auc = area_of(course);
  for (std::size_t i = 1; i < course.t.size(); ++i) {
    const double h = course.t[i] - course.t[i - 1];
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

StudyCourses courses_of(const Study& study, const Individual& individual, const Anatomy& anatomy,
                        const Implanted& implanted) {
  Individual who = individual;
  set_opioid_tolerance(who, study.opioid_tolerance);
  set_posture(who.body, anatomy, study.posture);
  if (study.titration) return titrated_courses(study, who, anatomy, implanted);
  const Kinetics& kinetics = who.kinetics.front();
  const Neuraxis at_rest = make_neuraxis(who.body, kinetics);
  ReferenceSolver solver{at_rest, kinetics};
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
    given.push_back({std::move(*way), in_minutes(dose.at), in_minutes(dose.at + dose.over), dose.ug});
  }
  Looker looker{study, who, ReferencePlaces{study, anatomy, solver}};
  const bool drifts = std::ranges::any_of(
      study.doses, [](const StudyDose& dose) { return dose.baricity != Baricity::kIsobaric; });
  const auto drifting_now = [&](double t) {
    Neuraxis axis = at_rest;
    for (const StudyDose& dose : study.doses) {
      const double since = t - in_minutes(dose.at);
      if (since >= 0) axis = drifting(std::move(axis), anatomy, study.posture, dose.baricity, since);
    }
    return axis;
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
      if (drifts) solver.set_axis(drifting_now(now), kinetics);
      solver.advance(t - now, kTolerance);
      looker.step(t - now);
      now = t;
    }
    const auto gives_now = [&](const Given& dose) { return dose.end <= dose.begin && dose.begin == t; };
    if (std::ranges::any_of(given, gives_now)) {
      if (t > 0) looker.record(t, 0);  // before it
      for (const Given& dose : given) {
        if (gives_now(dose)) dose.way.give(solver, dose.ug);
      }
      looker.step(0);
    }
    looker.record(t, 0);
  }
  return looker.finish(solver.state().dosed.value(), solver.state().absorbed.value());
}

double value_of(const Study& study, const StudyQuantity& quantity, const StudyCourses& courses) {
  const auto probe_of = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(study.probes, name, &Probe::name) -
                                    study.probes.begin());
  };
  const double from = quantity.from ? in_minutes(*quantity.from) : 0;
  const double to = quantity.to ? in_minutes(*quantity.to) : courses.minutes.back();
  const double at = quantity.at ? in_minutes(*quantity.at) : 0;
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
    case QuantityKind::kGrowth:
      return told(level_at(courses, probe, to) / level_at(courses, probe, from));
    case QuantityKind::kRise:
      return told(level_at(courses, probe, to) - level_at(courses, probe, from));
    case QuantityKind::kTotalEffect: {
      const Looked course = looked(study, probe, courses, from, to);
      return course.t.size() < 2 ? kNone : told(area_of(course));
    }
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
        delay += dose.ug * (in_minutes(dose.at) + in_minutes(dose.over) / 2) / courses.dosed_ug;
        last_dose = std::max(last_dose, in_minutes(dose.at + dose.over));
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
    case QuantityKind::kShareAbove:
    case QuantityKind::kFall:
      break;
  }
  return kNone;
}

}  // namespace theca
