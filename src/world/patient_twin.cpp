#include "world/patient_twin.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "body/reference_solver.hpp"

namespace theca {
namespace {

constexpr double kFemtogramsPerMicrogram = 1e9;
constexpr double kMsPerMinute = 60'000;
constexpr std::int64_t kMostTimes = 720;
constexpr Duration kShortestSpacing = minutes(1);
/// Of the largest concentration, in each step. What is drawn and told needs no more.
constexpr double kTolerance = 1e-6;

/// Of a mass in double precision, after many steps.
constexpr double kRounding = 1e-9;

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

/// Steps from one sample of a run to the next with the flow of drug between them; `each` is told every
/// moment.
class Follower {
 public:
  Follower(const RunResult& run, std::size_t drug, ReferenceSolver& solver, std::vector<double> share,
           std::function<void(Instant)> each)
      : run_(run), drug_(drug), solver_(solver), share_(std::move(share)), each_(std::move(each)) {}

  void to(Instant t) {
    for (;;) {
      take_what_is_at_once();
      if (now_ >= t) return;
      const bool known = next_ < run_.samples.size();
      const Instant until = known ? std::min(t, run_.samples[next_].at) : t;
      const double left = known ? minutes_between(now_, run_.samples[next_].at) : 1;
      const double rate = known ? std::max(0.0, mass(next_) - given_) / left : 0;
      const double time = minutes_between(now_, until);
      if (rate != rate_) {
        rate_ = rate;
        Inflow inflow;
        inflow.fluid = share_;
        for (double& part : inflow.fluid) part *= rate;
        solver_.set_inflow(std::move(inflow));
      }
      solver_.advance(time, kTolerance, [&](double over) {
        each_(std::min(until, now_ + Duration{std::llround(over * kMsPerMinute)}));
      });
      given_ += rate * time;
      now_ = until;
    }
  }

 private:
  /// Samples of this very instant: what lies between them left the tip at once.
  void take_what_is_at_once() {
    while (next_ < run_.samples.size() && run_.samples[next_].at <= now_) {
      const double more = mass(next_) - given_;
      if (more > kRounding * mass(next_)) {
        solver_.give(more, share_);
        each_(now_);
      }
      given_ = std::max(given_, mass(next_));
      ++next_;
    }
  }
  [[nodiscard]] double mass(std::size_t sample) const {
    const auto& all = run_.samples[sample].tip_mass;
    return drug_ < all.size() ? static_cast<double>(all[drug_].raw()) / kFemtogramsPerMicrogram : 0;
  }
  static double minutes_between(Instant a, Instant b) {
    return static_cast<double>((b - a).raw()) / kMsPerMinute;
  }

  const RunResult& run_;
  std::size_t drug_;
  ReferenceSolver& solver_;
  std::vector<double> share_;
  std::function<void(Instant)> each_;
  Instant now_;
  std::size_t next_ = 0;
  double given_ = 0, rate_ = -1;
};

DrugInPatient course_of(const RunResult& run, std::size_t drug, const Substance& substance,
                        const PatientRun& patient, const BodyData& data) {
  const Physiology body = centre_of(data.anatomy);
  const Kinetics kinetics = centre_of(substance);
  ReferenceSolver solver{make_neuraxis(body, kinetics), kinetics};
  DrugInPatient out;
  out.drug = drug;
  if (substance.effective_csf) {
    out.effective = substance.effective_csf->value;
    out.effective_verified = substance.effective_csf->verified;
  }
  const auto pain = std::min(static_cast<std::size_t>(patient.pain_cm / solver.axis().cell_length),
                             solver.axis().cells() - 1);
  const auto raise = [](Peak& peak, double value, Instant t) {
    if (value > peak.value) peak = {value, t};
  };
  const auto look = [&](Instant t) {
    const double at_pain = fluid_at(solver, patient.pain_cm);
    raise(out.highest_at_tip, fluid_at(solver, patient.tip_cm), t);
    raise(out.highest_at_pain, at_pain, t);
    raise(out.highest_in_cord, solver.tissue(pain), t);
    raise(out.highest_in_cistern, solver.fluid(solver.axis().cells()), t);
    raise(out.highest_in_plasma, solver.plasma(), t);
    if (out.effective && !out.effective_from && at_pain >= *out.effective) out.effective_from = t;
  };
  Follower follower{run, drug, solver,
                    source_in_volume(solver.axis(), patient.tip_cm, data.anatomy.bolus_mixing_volume.value),
                    look};
  const auto centimetres = static_cast<std::size_t>(patient.length_cm);
  for (const Instant t : patient.times) {
    follower.to(t);
    std::vector<float> row(centimetres);
    for (std::size_t k = 0; k < centimetres; ++k)
      row[k] = static_cast<float>(fluid_at(solver, static_cast<double>(k) + 0.5));
    out.fluid.push_back(std::move(row));
    out.at_tip.push_back(fluid_at(solver, patient.tip_cm));
    out.at_pain.push_back(fluid_at(solver, patient.pain_cm));
    out.cord_at_pain.push_back(std::max(0.0, solver.tissue(pain)));
    out.cistern.push_back(std::max(0.0, solver.fluid(solver.axis().cells())));
    out.plasma.push_back(std::max(0.0, solver.plasma()));
  }
  const BodyState& state = solver.state();
  out.dosed_ug = state.dosed.value();
  for (const double amount : state.fluid) out.in_fluid_ug += amount;
  for (const double amount : state.tissue) out.in_tissue_ug += amount;
  for (const double amount : state.plasma) out.in_plasma_ug += amount;
  out.eliminated_ug = state.eliminated.value();
  return out;
}

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

PatientRun patient_of(const RunResult& run, const BodyPlaces& places, const BodyData& data) {
  PatientRun patient;
  patient.tip = places.tip;
  patient.pain = places.pain;
  patient.tip_cm = data.anatomy.vertebra(places.tip).value();
  patient.pain_cm = data.anatomy.cord_segment(places.pain).value();
  patient.length_cm = data.anatomy.length.value;
  for (const NamedLevel& level : data.anatomy.vertebrae) patient.vertebrae.push_back({level.name, level.z});
  patient.times = times_of(run);
  for_each_number(data.anatomy, [&](std::string_view key, const Number& number) {
    note_unverified("", key, number, patient.unverified);
  });
  if (!data.anatomy.shape_verified) patient.unverified.emplace_back("shape");
  if (!data.anatomy.levels_verified) patient.unverified.emplace_back("levels");
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    const Substance* substance = find_substance(data.substances, run.drugs[i].name);
    if (substance == nullptr) {
      patient.unknown.push_back(run.drugs[i].name);
      continue;
    }
    for_each_number(*substance, [&](std::string_view key, const Number& number) {
      note_unverified(substance->name + " ", key, number, patient.unverified);
    });
    patient.drugs.push_back(course_of(run, i, *substance, patient, data));
  }
  return patient;
}

}  // namespace theca
