#include "cohort/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "body/minutes.hpp"
#include "body/same_relief.hpp"
#include "cohort/draw.hpp"
#include "cohort/many_patients.hpp"

namespace theca {
namespace {

constexpr double kHardly = 0.05;     // relief, below which there is nothing to compare
constexpr double kNearlyAll = 0.95;  // of Emax, above which doses cannot be told apart
constexpr std::array kWays{DoseRoute::kOral, DoseRoute::kIntravenous, DoseRoute::kEpidural,
                           DoseRoute::kIntrathecal};

/// What a way did in each patient.
struct Gathered {
  std::vector<SameRelief> all;
  std::vector<double> over_intrathecal;

  template <class Value>
  [[nodiscard]] Quantiles over(Value&& value) const {
    std::vector<double> values;
    for (const SameRelief& one : all) values.push_back(value(one));
    // Whether a way is reckoned hangs on the drug, not on the patient.
    if (std::isnan(values.front()))
      return {values.front(), values.front(), values.front(), values.front(), values.front()};
    return quantiles_of(values);
  }
};

WayCompared summed_up(DoseRoute route, Gathered gathered, std::size_t sides) {
  WayCompared way;
  way.route = route;
  way.dose = gathered.over([](const SameRelief& one) { return one.dose; });
  way.over_intrathecal = quantiles_of(gathered.over_intrathecal);
  way.plasma = gathered.over([](const SameRelief& one) { return one.levels.plasma; });
  way.at_pain = gathered.over([](const SameRelief& one) { return one.levels.fluid; });
  way.cistern = gathered.over([](const SameRelief& one) { return one.levels.cistern; });
  way.ventilation = gathered.over([](const SameRelief& one) { return one.ventilation; });
  for (std::size_t k = 0; k < sides; ++k)
    way.sides.push_back(gathered.over([k](const SameRelief& one) { return one.side_effects[k]; }));
  return way;
}

/// By straight lines between the moments.
double mean_of_last_day(const std::vector<Instant>& times, const Course& course) {
  if (course.empty()) return 0;
  const Instant from = std::max(times.front(), times.back() - days(1));
  double sum = 0, minutes = 0;
  for (std::size_t i = 1; i < course.size(); ++i) {
    if (times[i - 1] < from) continue;
    const double h = in_minutes(times[i] - times[i - 1]);
    sum += h * (course[i] + course[i - 1]) / 2;
    minutes += h;
  }
  return minutes > 0 ? sum / minutes : course.back();
}

}  // namespace

std::expected<Comparison, std::string> compare(const CompareRequest& request, const BodyData& data,
                                               const Variability& variability) {
  const Substance* drug = find_substance(data.substances, request.drug);
  if (drug == nullptr) return std::unexpected(fmt::format("\"{}\" is not in data/substances", request.drug));
  if (!drug->relief_ec50)
    return std::unexpected(fmt::format("{} relieves nothing that is reckoned", request.drug));
  const double most = kNearlyAll * drug->relief_emax->value;
  if (!(request.relief > 0) || request.relief > most)
    return std::unexpected(fmt::format(
        "relief of {:g} %: allowed: above 0, up to {:g} %; {} gives {:g} % at most, and near that doses "
        "cannot be told apart",
        100 * request.relief, 100 * most, request.drug, 100 * drug->relief_emax->value));
  if (!(request.tolerance >= 1))
    return std::unexpected(fmt::format("tolerance of {:g}: allowed: 1 and more", request.tolerance));

  Comparison out;
  out.drug = request.drug;
  out.relief = request.relief;
  out.on_spasticity = drug->relieves == Relieves::kSpasticity;
  out.on_ventilation = drug->ventilation_c50.has_value();
  out.tip = request.tip;
  out.pain = request.pain;
  out.is_opioid = drug->acts_on == Target::kOpioidReceptor;
  out.tolerance = request.tolerance;
  out.swallowed_every = request.swallowed_every;
  out.patients = request.patients;
  out.seed = request.seed;
  for (const SideEffect& side : drug->side_effects) out.sides.push_back(side.name);
  const auto stands_on = [&](const std::string& of) {
    return [&, of](std::string_view key, const Number& number) {
      if (number.outside)
        out.unverified.push_back(of + std::string{key} + std::string{kOutside});
      else if (!number.verified)
        out.unverified.push_back(of + std::string{key});
    };
  };
  for_each_number(*drug, stands_on(""));
  for_each_number(data.anatomy, stands_on("body's "));
  for_each_number(variability, stands_on("spread of "));

  Individual centre = centre_of(data.anatomy, std::array{drug});
  set_posture(centre.body, data.anatomy, request.posture);
  SameReliefRequest wanted{.relief = request.relief,
                           .tip_cm = 0,
                           .pain = data.anatomy.cord_span(request.pain).value(),
                           .tolerance = out.tolerance,
                           .swallowed_every = in_minutes(request.swallowed_every)};
  const double tip = data.anatomy.vertebra(request.tip).value();
  std::array<Gathered, kWays.size()> gathered;
  std::array<std::string, kWays.size()> why_not;
  for (std::int64_t i = 0; i < request.patients; ++i) {
    const Deviation by = draw(request.seed, static_cast<std::uint64_t>(i));
    wanted.tip_cm = tip + tip_shift(variability, by);
    const SteadyPatient patient{deviated(centre, variability, by), 0, wanted};
    const auto into_fluid = patient.by(DoseRoute::kIntrathecal);
    for (std::size_t w = 0; w < kWays.size(); ++w) {
      auto one = patient.by(kWays[w]);
      if (!one) {
        why_not[w] = std::move(one.error());
        continue;
      }
      gathered[w].over_intrathecal.push_back(one->dose / into_fluid->dose);
      gathered[w].all.push_back(std::move(*one));
    }
  }
  for (std::size_t w = 0; w < kWays.size(); ++w) {
    if (why_not[w].empty()) {
      out.ways.push_back(summed_up(kWays[w], std::move(gathered[w]), out.sides.size()));
    } else {
      out.ways.push_back({.route = kWays[w], .why_not = std::move(why_not[w])});
    }
  }
  return out;
}

std::optional<Comparison> compare_run(const RunResult& run, const PatientSetting& setting,
                                      const BodyData& data, const Variability& variability,
                                      std::uint64_t seed) {
  const PatientRun& patient = *run.patient;
  const KnownDrugs known = known_drugs(run, data.substances);
  // What several drugs relieve together no single one of them is known to.
  std::optional<std::size_t> alone;
  for (std::size_t i = 0; i < known.substances.size(); ++i) {
    if (!known.substances[i]->relief_ec50) continue;
    if (alone) return std::nullopt;
    alone = i;
  }
  if (!alone) return std::nullopt;
  const Substance& drug = *known.substances[*alone];
  const bool spasticity = drug.relieves == Relieves::kSpasticity;
  CompareRequest request;
  request.drug = drug.name;
  request.relief =
      mean_of_last_day(patient.times, spasticity ? patient.effects.spasticity : patient.effects.pain);
  if (request.relief < kHardly) return std::nullopt;
  request.tip = setting.tip;
  request.pain = setting.pain;
  request.posture = setting.posture;
  request.seed = seed;
  // As used to it as the therapy has made the patient by then.
  request.tolerance = std::max(1.0, mean_of_last_day(patient.times, patient.effects.tolerance[*alone]));
  auto comparison = compare(request, data, variability);
  if (!comparison) return std::nullopt;
  return std::move(*comparison);
}

}  // namespace theca
