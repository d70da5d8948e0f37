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
  if (!(request.relief > 0) || request.relief >= drug->relief_emax->value)
    return std::unexpected(
        fmt::format("relief of {:g} %: allowed: above 0, below {:g} %, which is the most that {} gives",
                    100 * request.relief, 100 * drug->relief_emax->value, request.drug));

  Comparison out;
  out.drug = request.drug;
  out.relief = request.relief;
  out.on_spasticity = drug->relieves == Relieves::kSpasticity;
  out.on_ventilation = drug->ventilation_c50.has_value();
  out.tip = request.tip;
  out.pain = request.pain;
  out.is_opioid = drug->acts_on == Target::kOpioidReceptor;
  out.opioid_tolerance = out.is_opioid ? request.opioid_tolerance : 1;
  out.swallowed_every = request.swallowed_every;
  out.patients = request.patients;
  out.seed = request.seed;
  for (const SideEffect& side : drug->side_effects) out.sides.push_back(side.name);
  for_each_number(*drug, [&](std::string_view key, const Number& number) {
    if (!number.verified) out.unverified.emplace_back(key);
  });

  Individual centre = centre_of(data.anatomy, std::array{drug});
  set_posture(centre.body, data.anatomy, request.posture);
  SameReliefRequest wanted{.relief = request.relief,
                           .tip_cm = 0,
                           .pain = data.anatomy.cord_span(request.pain).value(),
                           .tolerance = out.opioid_tolerance,
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
                                      const BodyData& data, const Variability& variability) {
  constexpr double kHardly = 0.05, kNearlyAll = 0.95;
  const PatientRun& patient = *run.patient;
  const KnownDrugs known = known_drugs(run, data.substances);
  for (const Substance* drug : known.substances) {
    if (!drug->relief_ec50) continue;
    const bool spasticity = drug->relieves == Relieves::kSpasticity;
    const double relief =
        mean_of_last_day(patient.times, spasticity ? patient.effects.spasticity : patient.effects.pain);
    if (relief < kHardly) continue;
    CompareRequest request;
    request.drug = drug->name;
    request.relief = std::min(relief, kNearlyAll * drug->relief_emax->value);
    request.tip = setting.tip;
    request.pain = setting.pain;
    request.posture = setting.posture;
    request.opioid_tolerance = setting.opioid_tolerance;
    auto comparison = compare(request, data, variability);
    if (comparison) return std::move(*comparison);
  }
  return std::nullopt;
}

}  // namespace theca
