#include "cohort/many_patients.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "cohort/draw.hpp"
#include "world/quick_patient.hpp"

namespace theca {
namespace {

constexpr std::size_t kMostTimes = 181;
constexpr double kPartsPerMillion = 1e6;
/// A catheter's tip stays inside the canal.
constexpr double kFromTheEnds = 0.5;  // cm

/// Every few of the middle patient's moments, the begin and the end included.
std::vector<Instant> thinned(const std::vector<Instant>& times) {
  if (times.size() <= kMostTimes) return times;
  std::vector<Instant> few;
  for (std::size_t i = 0; i < kMostTimes; ++i)
    few.push_back(times[i * (times.size() - 1) / (kMostTimes - 1)]);
  return few;
}

/// value at share `q` of sorted values, between two of them on a line.
template <class T>
double at_share(const std::vector<T>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  if (low + 1 >= sorted.size()) return static_cast<double>(sorted.back());
  const double beyond = place - static_cast<double>(low);
  return static_cast<double>(sorted[low]) * (1 - beyond) + static_cast<double>(sorted[low + 1]) * beyond;
}

/// One quantity of all patients: by moment, then by patient.
class Field {
 public:
  Field(std::size_t times, std::size_t patients) : patients_(patients), values_(times * patients) {}
  void set(std::size_t patient, const Course& course) {
    for (std::size_t t = 0; t < course.size(); ++t)
      values_[t * patients_ + patient] = static_cast<float>(course[t]);
  }
  [[nodiscard]] Band band() const {
    Band out;
    std::vector<float> row;
    for (std::size_t from = 0; from < values_.size(); from += patients_) {
      row.assign(values_.begin() + static_cast<std::ptrdiff_t>(from),
                 values_.begin() + static_cast<std::ptrdiff_t>(from + patients_));
      std::ranges::sort(row);
      for (const auto& [q, to] :
           {std::pair{0.05, &out.p5}, std::pair{0.25, &out.p25}, std::pair{0.5, &out.median},
            std::pair{0.75, &out.p75}, std::pair{0.95, &out.p95}})
        to->push_back(static_cast<float>(at_share(row, q)));
    }
    return out;
  }

 private:
  std::size_t patients_;
  std::vector<float> values_;
};

/// What is told of one patient beside the courses.
struct Told {
  double pain = 0, spasticity = 0, ventilation = 1, withdrawal = 0;
  std::optional<Instant> pain_halved, spasticity_halved;
  std::vector<std::optional<Instant>> fronts;
};

template <class Value>
Quantiles over(const std::vector<Told>& all, Value&& value) {
  std::vector<double> values;
  for (const Told& told : all) values.push_back(value(told));
  return quantiles_of(values);
}
template <class When>
WhenOverPatients when_over(const std::vector<Told>& all, When&& when) {
  std::vector<double> ms;
  for (const Told& told : all) {
    if (const std::optional<Instant> at = when(told)) ms.push_back(static_cast<double>(at->raw()));
  }
  WhenOverPatients out;
  out.share = static_cast<double>(ms.size()) / static_cast<double>(all.size());
  if (!ms.empty()) out.ms = quantiles_of(ms);
  return out;
}

Scenario with_flow_error(Scenario scenario, double error) {
  const auto ppm = static_cast<std::int32_t>(std::lround(error * kPartsPerMillion));
  scenario.flow_error_ppm += ppm;
  for (ScenarioFault& fault : scenario.faults) {
    if (fault.kind == FaultKind::kFlowError) fault.flow_error_ppm += ppm;
  }
  return scenario;
}

}  // namespace

Quantiles quantiles_of(std::vector<double>& values) {
  std::ranges::sort(values);
  return {at_share(values, 0.05), at_share(values, 0.25), at_share(values, 0.5), at_share(values, 0.75),
          at_share(values, 0.95)};
}

std::expected<PatientBands, PlayFailure> bands_of(const Scenario& scenario, const RunResult& run,
                                                  const Library& library, const BodyData& data,
                                                  const Variability& variability, const ManyPatients& request,
                                                  const std::function<void(std::int64_t)>& done) {
  const KnownDrugs known = known_drugs(run, data.substances);
  const Individual centre = middle_patient(scenario.body, data.anatomy, known);
  const double tip = data.anatomy.vertebra(scenario.body.tip).value();
  const Span pain = data.anatomy.cord_span(scenario.body.pain).value();
  const auto patients = static_cast<std::size_t>(request.patients);

  PatientBands out;
  out.patients = request.patients;
  out.seed = request.seed;
  out.times = thinned(run.patient->times);
  for_each_number(variability, [&](std::string_view key, const Number& number) {
    if (number.outside)
      out.unverified.push_back(std::string{key} + std::string{kOutside});
    else if (!number.verified)
      out.unverified.emplace_back(key);
  });
  const auto field = [&] { return Field{out.times.size(), patients}; };
  struct DrugFields {
    Field at_pain, cistern, plasma;
  };
  std::vector<DrugFields> drugs(known.drugs.size(), {field(), field(), field()});
  Field relief = field(), spasticity = field(), ventilation = field(), withdrawal = field();
  std::vector<Told> told(patients);

  std::atomic<std::size_t> next = 0;
  std::int64_t over_with = 0;
  std::mutex telling, failing;
  std::optional<PlayFailure> failure;
  std::size_t failed = patients;  // the first of those that could not be played
  const auto one = [&](std::size_t i) {
    const Deviation by = draw(request.seed, i);
    auto own = play(with_flow_error(scenario, pump_flow_error(variability, by)), library);
    if (!own) {
      const std::lock_guard lock{failing};
      if (i < failed) {
        failed = i;
        failure = std::move(own.error());
      }
      return;
    }
    const double reach =
        std::clamp(tip + tip_shift(variability, by), kFromTheEnds, data.anatomy.length.value - kFromTheEnds);
    const QuickCourses courses = quick_courses(*own, scenario.body, known, deviated(centre, variability, by),
                                               {reach, pain}, out.times);
    for (std::size_t d = 0; d < drugs.size(); ++d) {
      drugs[d].at_pain.set(i, courses.drugs[d].at_pain);
      drugs[d].cistern.set(i, courses.drugs[d].cistern);
      drugs[d].plasma.set(i, courses.drugs[d].plasma);
    }
    const EffectsInPatient& effects = courses.effects;
    relief.set(i, effects.pain);
    spasticity.set(i, effects.spasticity);
    ventilation.set(i, effects.ventilation);
    withdrawal.set(i, effects.withdrawal);
    Told& of = told[i];
    of = {effects.most_relief_of_pain.value,
          effects.most_relief_of_spasticity.value,
          effects.least_ventilation.value,
          effects.most_withdrawal.value,
          effects.pain_halved,
          effects.spasticity_halved,
          {}};
    for (const FrontArrival& front : own->fronts) of.fronts.push_back(front.truly);
  };
  const auto work = [&] {
    for (std::size_t i = next++; i < patients; i = next++) {
      one(i);
      const std::lock_guard lock{telling};
      if (done) done(++over_with);
    }
  };
  std::vector<std::thread> others;
  for (unsigned k = 1; k < request.threads; ++k) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  if (failure) return std::unexpected(std::move(*failure));

  for (std::size_t d = 0; d < drugs.size(); ++d)
    out.drugs.push_back(
        {known.drugs[d], drugs[d].at_pain.band(), drugs[d].cistern.band(), drugs[d].plasma.band()});
  out.pain = relief.band();
  out.spasticity = spasticity.band();
  out.ventilation = ventilation.band();
  out.withdrawal = withdrawal.band();
  out.most_relief_of_pain = over(told, [](const Told& t) { return t.pain; });
  out.most_relief_of_spasticity = over(told, [](const Told& t) { return t.spasticity; });
  out.least_ventilation = over(told, [](const Told& t) { return t.ventilation; });
  out.most_withdrawal = over(told, [](const Told& t) { return t.withdrawal; });
  out.pain_halved = when_over(told, [](const Told& t) { return t.pain_halved; });
  out.spasticity_halved = when_over(told, [](const Told& t) { return t.spasticity_halved; });
  const auto halved = std::ranges::count_if(told, [](const Told& t) { return t.ventilation < 0.5; });
  out.ventilation_halved = static_cast<double>(halved) / static_cast<double>(patients);
  for (std::size_t f = 0; f < run.fronts.size(); ++f)
    out.fronts.push_back(
        when_over(told, [f](const Told& t) { return f < t.fronts.size() ? t.fronts[f] : std::nullopt; }));
  return out;
}

}  // namespace theca
