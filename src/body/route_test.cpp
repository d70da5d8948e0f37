// The ways in: what is given arrives, as fast as its depot lets it, and none of it is lost.
#include "body/route.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "body/body_testing.hpp"

namespace theca {
namespace {

using example::inert;
using example::tube;

struct Patient {
  Kinetics kinetics;
  ReferenceSolver solver;
  WayIn way;
  Patient(Kinetics k, DoseRoute route)
      : kinetics(k),
        solver(make_neuraxis(centre_of(example::adult()), k), k),
        way(WayIn::make(solver, k, route, source_in_volume(solver.axis(), 20, 2)).value()) {}
  void flow(double rate) {
    Inflow inflow;
    way.add_to(inflow, rate);
    solver.set_inflow(std::move(inflow));
  }
};

TEST(WayIn, a_swallowed_dose_is_batemans_curve_in_the_blood) {
  Kinetics k = inert();
  k.oral_bioavailability = 0.4;
  k.oral_ka = 0.02;
  k.plasma_clearance = 50;  // of 5000 mL: 0.01/min
  Patient it{k, DoseRoute::kOral};
  it.way.give(it.solver, 1'000);
  for (const double t : {5.0, 60.0, 240.0, 1'000.0}) {
    Patient now{k, DoseRoute::kOral};
    now.way.give(now.solver, 1'000);
    now.solver.advance(t, 1e-10);
    const double ka = 0.02, ke = 0.01;
    const double on_paper = 400 / 5'000.0 * ka / (ka - ke) * (std::exp(-ke * t) - std::exp(-ka * t));
    EXPECT_NEAR(now.solver.plasma(), on_paper, 1e-5 * on_paper) << t;
  }
}

TEST(WayIn, an_epidural_dose_comes_to_the_fluid_by_its_share) {
  Kinetics k = inert();  // a canal that loses nothing
  k.epidural_csf_availability = 0.02;
  k.epidural_csf_ka = 0.02;
  k.epidural_plasma_ka = 0.1;
  Physiology closed = tube(60, 1.5, 0.1);
  ReferenceSolver solver{make_neuraxis(closed, k), k};
  const auto way = WayIn::make(solver, k, DoseRoute::kEpidural, source_at(solver.axis(), 20));
  ASSERT_TRUE(way);
  way->give(solver, 6'000);
  solver.advance(100, 1e-8);
  double fluid = 0;
  for (const double amount : solver.state().fluid) fluid += amount;
  EXPECT_NEAR(fluid, 120 * (1 - std::exp(-2)), 1e-4);
  EXPECT_NEAR(solver.state().plasma[0], 5'880 * (1 - std::exp(-10)), 1e-2);
}

RC_GTEST_PROP(WayIn, every_microgram_is_somewhere_whatever_the_way, ()) {
  const auto route = static_cast<DoseRoute>(*rc::gen::inRange(0, static_cast<int>(kDoseRouteCount)));
  Patient it{example::kinetics("morphine"), route};
  for (int i = *rc::gen::inRange(1, 12); i > 0; --i) {
    if (*rc::gen::arbitrary<bool>())
      it.way.give(it.solver, *rc::gen::inRange(1, 100'000));
    else
      it.flow(*rc::gen::inRange(0, 100));
    it.solver.advance(*rc::gen::inRange(1, 3'000), 1e-4);
  }
  const double dosed = it.solver.state().dosed.value();
  RC_ASSERT(std::abs(it.solver.state().total() - dosed) <= 1e-12 * dosed);
  RC_ASSERT(std::ranges::all_of(it.solver.state().depots, [](double amount) { return amount >= -1e-9; }));
}

TEST(WayIn, two_ways_at_once_are_the_sum_of_each_alone) {
  const Kinetics k = example::kinetics("morphine");
  const auto plasma = [&](double epidural, double oral) {
    ReferenceSolver solver{make_neuraxis(centre_of(example::adult()), k), k};
    const auto share = source_in_volume(solver.axis(), 20, 2);
    const WayIn first = WayIn::make(solver, k, DoseRoute::kEpidural, share).value();
    const WayIn second = WayIn::make(solver, k, DoseRoute::kOral, {}).value();
    Inflow only_first;  // shorter than there are depots
    first.add_to(only_first, epidural);
    solver.set_inflow(only_first);
    solver.step(1);
    Inflow both;
    first.add_to(both, epidural);
    second.add_to(both, oral);
    solver.set_inflow(both);
    solver.step(1);
    solver.step(1, std::array{both, both, both});
    EXPECT_NEAR(solver.state().total(), solver.state().dosed.value(), 1e-12 * solver.state().dosed.value());
    return solver.plasma();
  };
  EXPECT_NEAR(plasma(10, 30), plasma(10, 0) + plasma(0, 30), 1e-12 * plasma(10, 30));
  EXPECT_GT(plasma(10, 30), plasma(10, 0));
}

TEST(WayIn, an_epidural_dose_arrives_where_the_needle_is) {
  for (const double z : {14.0, 28.0, 44.0}) {
    const Kinetics k = example::kinetics("morphine");
    ReferenceSolver solver{make_neuraxis(centre_of(example::adult()), k), k};
    const auto way = WayIn::make(solver, k, DoseRoute::kEpidural, source_in_volume(solver.axis(), z, 2));
    way->give(solver, 5'000);
    solver.advance(5, 1e-6);
    double middle = 0, all = 0;
    for (std::size_t i = 0; i < solver.axis().cells(); ++i) {
      middle += solver.axis().middle(i) * solver.state().fluid[i];
      all += solver.state().fluid[i];
    }
    EXPECT_NEAR(middle / all, z, 1.5);
  }
}

TEST(WayIn, an_infusion_comes_to_the_dose_rate_over_the_clearance) {
  for (const DoseRoute route : {DoseRoute::kIntravenous, DoseRoute::kOral, DoseRoute::kEpidural,
                                DoseRoute::kIntrathecal, DoseRoute::kSubcutaneous}) {
    const Kinetics k = example::kinetics("morphine");
    Patient it{k, route};
    it.flow(10);
    it.solver.advance(60 * 24 * 60, 1e-6);
    const double share = route == DoseRoute::kOral ? k.oral_bioavailability : 1;
    EXPECT_NEAR(it.solver.plasma(), share * 10 / k.plasma_clearance, 1e-4 * it.solver.plasma())
        << name_of(route) << ": at rest the blood does not know by which way it came";
  }
}

TEST(WayIn, without_its_numbers_is_refused_with_their_names) {
  Kinetics k = inert();
  ReferenceSolver solver{make_neuraxis(centre_of(example::adult()), k), k};
  for (const auto& [route, words] : {std::pair{DoseRoute::kOral, "oral_bioavailability and oral_ka"},
                                     std::pair{DoseRoute::kEpidural, "epidural_csf_ka"},
                                     std::pair{DoseRoute::kSubcutaneous, "subcutaneous_ka"}}) {
    const auto way = WayIn::make(solver, k, route, source_at(solver.axis(), 20));
    ASSERT_FALSE(way);
    EXPECT_NE(way.error().find(words), std::string::npos) << way.error();
  }
  EXPECT_FALSE(WayIn::make(solver, k, DoseRoute::kIntrathecal, {})) << "into which fluid?";
  EXPECT_TRUE(solver.state().depots.empty()) << "nothing half done";
}

}  // namespace
}  // namespace theca
