// One relief by every way: what is reckoned at once is what the solvers and the effects come to.
#include "body/same_relief.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "body/body_testing.hpp"
#include "body/reference_solver.hpp"

namespace theca {
namespace {

constexpr double kDay = 24 * 60;

Individual middle(const std::string& drug) {
  Individual who = centre_of(example::adult(), std::array{find_substance(example::substances(), drug)});
  who.responses.front().tolerance_gain = 0;  // held where the request has it
  return who;
}
SameReliefRequest wanted(double relief) {
  return {.relief = relief,
          .tip_cm = *example::adult().vertebra("T10"),
          .pain = *example::adult().cord_span("T12")};
}

/// The dose is given for so long that nothing rises any more, by the reference solver, and looked at over the
/// last interval.
struct Lived {
  double least_relief = 1, least_ventilation = 1, highest_plasma = 0;
  std::vector<double> sides;
  double cistern = 0, mean_plasma = 0;
};
Lived live(const Individual& who, DoseRoute route, double ug_per_day, const SameReliefRequest& request) {
  constexpr double kDays = 20, kLook = 2;
  const Kinetics& kinetics = who.kinetics.front();
  ReferenceSolver solver{make_neuraxis(who.body, kinetics), kinetics};
  const WayIn way = WayIn::make(solver, kinetics, route,
                                source_in_volume(solver.axis(), request.tip_cm, who.bolus_mixing_volume))
                        .value();
  const std::vector<double> pain = cells_in(solver.axis(), request.pain);
  Pharmacodynamics effects{{who.responses.front()}};
  const bool swallowed = route == DoseRoute::kOral;
  if (!swallowed) {
    Inflow inflow;
    way.add_to(inflow, ug_per_day / kDay);
    solver.set_inflow(std::move(inflow));
  }
  Lived out;
  out.sides.resize(who.responses.front().sides.size());
  double looks = 0;
  for (double t = 0; t < kDays * kDay; t += kLook) {
    if (swallowed && std::fmod(t, request.swallowed_every) == 0)
      way.give(solver, ug_per_day * request.swallowed_every / kDay);
    solver.advance(kLook, 1e-6);
    SiteLevels levels;
    for (std::size_t i = 0; i < solver.axis().cells(); ++i) {
      levels.fluid += pain[i] * solver.fluid(i);
      levels.cord += pain[i] * solver.tissue(i) / kinetics.cord_partition;
    }
    levels.cistern = solver.fluid(solver.axis().cells());
    levels.brain = solver.tissue(solver.axis().cells()) / kinetics.brain_partition;
    levels.plasma = solver.plasma();
    effects.step(kLook, std::array{levels});
    if (t < (kDays - 1) * kDay) continue;
    const ClinicalEffects& now = effects.effects();
    out.least_relief = std::min(out.least_relief, std::max(now.relief_of_pain, now.relief_of_spasticity));
    out.least_ventilation = std::min(out.least_ventilation, now.ventilation);
    out.highest_plasma = std::max(out.highest_plasma, levels.plasma);
    out.cistern = levels.cistern;
    out.mean_plasma += levels.plasma;
    ++looks;
    for (std::size_t k = 0; k < out.sides.size(); ++k)
      out.sides[k] = std::max(out.sides[k], effects.side_effect(0, k));
  }
  out.mean_plasma /= looks;
  return out;
}

struct Case {
  const char* drug;
  DoseRoute route;
  double relief;
};
class SameReliefByWay : public testing::TestWithParam<Case> {};

TEST_P(SameReliefByWay, lived_through_it_is_the_relief_that_was_wanted) {
  const auto& [drug, route, relief] = GetParam();
  const Individual who = middle(drug);
  const SameReliefRequest request = wanted(relief);
  const SameRelief reckoned = SteadyPatient{who, 0, request}.by(route).value();
  const Lived lived = live(who, route, reckoned.dose, request);
  EXPECT_NEAR(lived.least_relief, relief, 0.003);
  EXPECT_NEAR(lived.least_ventilation, reckoned.ventilation, 0.003);
  EXPECT_NEAR(lived.highest_plasma, reckoned.highest_plasma, 0.01 * reckoned.highest_plasma);
  EXPECT_NEAR(lived.mean_plasma, reckoned.levels.plasma, 0.01 * reckoned.levels.plasma);
  EXPECT_NEAR(lived.cistern, reckoned.levels.cistern, 0.005 * reckoned.levels.cistern);
  for (std::size_t k = 0; k < lived.sides.size(); ++k) {
    if (std::isnan(reckoned.side_effects[k])) {
      EXPECT_EQ(lived.sides[k], 0) << k;
    } else {
      EXPECT_NEAR(lived.sides[k], reckoned.side_effects[k], 0.003) << k;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(
    Ways, SameReliefByWay,
    testing::Values(Case{"morphine", DoseRoute::kOral, 0.5}, Case{"morphine", DoseRoute::kIntravenous, 0.5},
                    Case{"morphine", DoseRoute::kEpidural, 0.5},
                    Case{"morphine", DoseRoute::kIntrathecal, 0.3},
                    Case{"hydromorphone", DoseRoute::kOral, 0.6}, Case{"baclofen", DoseRoute::kOral, 0.4},
                    Case{"baclofen", DoseRoute::kIntrathecal, 0.7}),
    [](const auto& of) { return std::string{of.param.drug} + "_" + std::string{name_of(of.param.route)}; });

RC_GTEST_PROP(SameRelief, more_relief_asks_for_more_and_does_more_harm, ()) {
  const auto share = [](int low, int high) { return *rc::gen::inRange(low, high) / 1'000.0; };
  const double less = share(1, 780), more = less + share(1, 20);
  const Individual who = middle("morphine");
  const SteadyPatient a{who, 0, wanted(less)}, b{who, 0, wanted(more)};
  for (const DoseRoute route :
       {DoseRoute::kOral, DoseRoute::kIntravenous, DoseRoute::kEpidural, DoseRoute::kIntrathecal}) {
    const SameRelief little = a.by(route).value(), much = b.by(route).value();
    RC_ASSERT(little.dose < much.dose);
    RC_ASSERT(little.ventilation > much.ventilation);
    for (std::size_t k = 0; k < little.side_effects.size(); ++k) {
      if (!std::isnan(little.side_effects[k])) RC_ASSERT(little.side_effects[k] < much.side_effects[k]);
    }
  }
}

TEST(SameRelief, tolerance_asks_for_as_many_times_the_dose_by_every_way) {
  const Individual who = middle("morphine");
  SameReliefRequest used = wanted(0.5);
  used.tolerance = 20;
  const SteadyPatient naive{who, 0, wanted(0.5)}, tolerant{who, 0, used};
  for (const DoseRoute route : {DoseRoute::kOral, DoseRoute::kEpidural, DoseRoute::kIntrathecal}) {
    EXPECT_NEAR(tolerant.by(route)->dose, 20 * naive.by(route)->dose, 1e-9 * tolerant.by(route)->dose);
    EXPECT_LT(tolerant.by(route)->ventilation, naive.by(route)->ventilation)
        << "breathing is less used to it than pain";
  }
}

/// A delay shorter than any of the house's acts as if there were none.
TEST(SameRelief, however_short_a_delay_is_the_dose_by_mouth_has_its_limit) {
  const auto dose = [](double half_life) {
    Individual who = middle("morphine");
    who.responses.front().plasma_ke0 = std::log(2) / half_life;
    return SteadyPatient{who, 0, wanted(0.5)}.by(DoseRoute::kOral)->dose;
  };
  EXPECT_NEAR(dose(0.001), dose(0.01), 1e-3 * dose(0.01));
  EXPECT_NEAR(dose(0.01), dose(0.1), 1e-2 * dose(0.1));
}

TEST(SameRelief, a_patient_who_is_no_number_is_not_a_safe_one) {
  Individual who = middle("morphine");
  SameReliefRequest request = wanted(0.5);
  request.tolerance = std::nan("");
  const SameRelief none = SteadyPatient{who, 0, request}.by(DoseRoute::kIntrathecal).value();
  EXPECT_TRUE(std::isnan(none.ventilation));
  EXPECT_TRUE(std::isnan(none.side_effects.front()));
}

TEST(SameRelief, harm_is_used_to_the_drug_by_its_own_power) {
  Individual who = middle("morphine");
  SameReliefRequest used = wanted(0.5);
  used.tolerance = 20;
  const SameRelief reckoned = SteadyPatient{who, 0, used}.by(DoseRoute::kIntrathecal).value();
  who.responses.front().used_to = 20;
  who.responses.front().tolerance_k_off = 0;  // stays
  const Lived lived = live(who, DoseRoute::kIntrathecal, reckoned.dose, used);
  EXPECT_NEAR(lived.least_relief, 0.5, 0.003);
  EXPECT_NEAR(lived.least_ventilation, reckoned.ventilation, 0.003);
  for (std::size_t k = 0; k < lived.sides.size(); ++k)
    EXPECT_NEAR(lived.sides[k], reckoned.side_effects[k], 0.003) << k;
}

TEST(SameRelief, a_way_without_figures_says_so) {
  const SteadyPatient ziconotide{middle("ziconotide"), 0, wanted(0.1)};
  EXPECT_TRUE(ziconotide.by(DoseRoute::kIntrathecal));
  EXPECT_EQ(ziconotide.by(DoseRoute::kOral).error(), "no figure for what it does from the blood");
  const SteadyPatient morphine{middle("morphine"), 0, wanted(0.9)};
  EXPECT_EQ(morphine.by(DoseRoute::kIntrathecal).error(), "it relieves 80 % at most");
}

}  // namespace
}  // namespace theca
