// The reference against what has an answer on paper, and against what no mixing and no clearing may ever do:
// make drug or lose it.
#include "body/reference_solver.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <random>

#include "body/body_testing.hpp"

namespace theca {
namespace {

using example::inert;
using example::tube;

constexpr double kPi = std::numbers::pi;

ReferenceSolver solver_of(const Physiology& patient, const Kinetics& substance,
                          std::size_t cells = kSpinalCells, TimeScheme scheme = TimeScheme::kTrBdf2,
                          FaceFlow flow = FaceFlow::kCentral) {
  return {make_neuraxis(patient, substance, cells, flow), substance, scheme};
}

ReferenceSolver morphine(std::size_t cells = kSpinalCells) {
  return solver_of(centre_of(example::adult()), example::kinetics("morphine"), cells);
}

// ---- mass -----------------------------------------------------------------------------------------------

void every_microgram_is_somewhere(TimeScheme scheme) {
  const char* given = std::getenv("THECA_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::mt19937_64 random{seed};
  ReferenceSolver solver = solver_of(centre_of(example::adult()), example::kinetics("morphine"), 40, scheme);
  std::uniform_real_distribution<double> place(0, 60), dose(0, 10'000), minutes(1, 1'440);
  constexpr double kDays = 10'000;
  double now = 0, worst = 0;
  while (now < kDays * 1'440) {
    Inflow inflow{source_at(solver.axis(), place(random)), dose(random) / 10'000};
    for (double& part : inflow.fluid) part *= dose(random) / 1'440;
    solver.set_inflow(std::move(inflow));
    if (random() % 8 == 0) solver.give(dose(random), source_in_volume(solver.axis(), place(random), 2));
    const double h = minutes(random);
    for (int i = 0; i < 3; ++i) solver.step(h / 3);
    now += h;
    const double off = std::abs(solver.state().total() - solver.state().dosed.value());
    worst = std::max(worst, off / solver.state().dosed.value());
  }
  std::printf("mass balance: worst relative error %.1e over %.0f days, seed %llu\n", worst, kDays,
              static_cast<unsigned long long>(seed));
  EXPECT_LE(worst, 1e-13) << "THECA_SEED=" << seed;
}
TEST(MassBalance, every_microgram_is_somewhere_after_10000_days_of_random_doses) {
  every_microgram_is_somewhere(TimeScheme::kTrBdf2);
}
TEST(MassBalance, backward_euler_keeps_every_microgram_too) {
  every_microgram_is_somewhere(TimeScheme::kBackwardEuler);
}

/// Were its solute left behind by the fluid that is absorbed, the canal would grow stronger by a quarter
/// here.
TEST(Reference, absorbed_fluid_takes_its_solute_along) {
  Physiology sac = tube(60, 1.5, 0.5);
  sac.production = 0.35;
  sac.spinal_absorption = 1;
  sac.cistern_volume = 1e9;  // as strong as the canal, for ever
  ReferenceSolver solver = solver_of(sac, inert());
  solver.give(1, solver.axis().volume);  // 1 ug/mL everywhere
  solver.advance(60, 1e-9);
  for (std::size_t i = 0; i <= kSpinalCells; i += 20) EXPECT_NEAR(solver.fluid(i), 1, 1e-7);
  EXPECT_NEAR(solver.state().absorbed.value(), 0.35 * 60, 1e-6);
}

// ---- answers on paper -----------------------------------------------------------------------------------

/// Root of the mean square against the exact cloud, over its largest value.
double cloud_error(std::size_t cells, FaceFlow flow) {
  const double length = 60, area = 1.5, d = 0.4, k = 0.004, z0 = 30, t0 = 5, t1 = 25;
  Physiology p = tube(length, area, d);
  Kinetics s = inert();
  s.dural_loss = k;
  ReferenceSolver solver = solver_of(p, s, cells, TimeScheme::kTrBdf2, flow);
  const auto exact = [&](double z, double t) {
    return 100 / (area * std::sqrt(4 * kPi * d * t)) * std::exp(-(z - z0) * (z - z0) / (4 * d * t) - k * t);
  };
  std::vector<double> share(cells + 1);
  for (std::size_t i = 0; i < cells; ++i)
    share[i] = exact(solver.axis().middle(i), t0) * solver.axis().volume[i];
  solver.give(1, share);
  solver.advance(t1 - t0, 1e-9);
  double sum = 0;
  for (std::size_t i = 0; i < cells; ++i)
    sum += std::pow(solver.fluid(i) - exact(solver.axis().middle(i), t1), 2);
  return std::sqrt(sum / static_cast<double>(cells)) / exact(z0, t1);
}

TEST(Reference, a_cloud_spreads_and_fades_as_on_the_infinite_line_with_second_order) {
  const double coarse = cloud_error(60, FaceFlow::kCentral), fine = cloud_error(120, FaceFlow::kCentral),
               finest = cloud_error(240, FaceFlow::kCentral);
  const double order = std::log2(coarse / fine), order2 = std::log2(fine / finest);
  std::printf("cloud: errors %.2e %.2e %.2e, orders %.2f %.2f\n", coarse, fine, finest, order, order2);
  EXPECT_GT(order, 1.9);
  EXPECT_GT(order2, 1.9);
}

/// A cloud carried towards the closed end, where the flow falls to nothing.
double carried_error(std::size_t cells, FaceFlow flow) {
  Physiology p = tube(60, 1.0, 0.4);
  p.production = 3;
  p.spinal_absorption = 1;
  ReferenceSolver solver = solver_of(p, inert(), cells, TimeScheme::kTrBdf2, flow);
  // On paper c itself is only carried, for what is absorbed leaves it as it is: dc/dt = q z dc/dz + D
  // d2c/dz2. Places shrink as e^-qt, and so does the cloud, which spreads against it.
  const double q = 3.0 / 60, d = 0.4, z0 = 30, s0 = 4, t = 10;
  const auto exact = [&](double z, double time) {
    const double pull = std::exp(-q * time);
    const double variance = s0 * pull * pull + d / q * (1 - pull * pull);
    return std::sqrt(s0 / variance) * pull * std::exp(-(z - z0 * pull) * (z - z0 * pull) / (2 * variance));
  };
  std::vector<double> share(cells + 1);
  for (std::size_t i = 0; i < cells; ++i)
    share[i] = exact(solver.axis().middle(i), 0) * solver.axis().volume[i];
  solver.give(1, share);
  solver.advance(t, 1e-9);
  double sum = 0;
  for (std::size_t i = 0; i < cells; ++i)
    sum += std::pow(solver.fluid(i) - exact(solver.axis().middle(i), t), 2);
  return std::sqrt(sum / static_cast<double>(cells));
}

TEST(Reference, a_cloud_is_carried_by_the_absorbed_flow_with_second_order_and_with_first_upwind) {
  const double central =
      std::log2(carried_error(120, FaceFlow::kCentral) / carried_error(240, FaceFlow::kCentral));
  const double upwind =
      std::log2(carried_error(240, FaceFlow::kUpwind) / carried_error(480, FaceFlow::kUpwind));
  std::printf("carried cloud: order %.2f central, %.2f upwind\n", central, upwind);
  EXPECT_GT(central, 1.9);
  EXPECT_GT(upwind, 0.8);
  EXPECT_LT(upwind, 1.3);
}

TEST(Reference, a_steady_source_falls_off_as_between_a_closed_end_and_a_long_way) {
  const double d = 3, k = 0.02, z0 = 10, area = 1.2, rate = 5;
  Physiology p = tube(200, area, d);  // the junction is 40 decay lengths away
  Kinetics s = inert();
  s.dural_loss = k;
  ReferenceSolver solver = solver_of(p, s, 2'000);
  Inflow inflow{source_at(solver.axis(), z0), 0};
  for (double& part : inflow.fluid) part *= rate;
  solver.set_inflow(std::move(inflow));
  solver.advance(3'000);
  const double m = std::sqrt(k / d);
  for (const double z : {2.05, 5.05, 15.05, 25.05}) {
    const double wanted =
        rate / (2 * area * d * m) * (std::exp(-m * std::abs(z - z0)) + std::exp(-m * (z + z0)));
    const auto cell = static_cast<std::size_t>(z / solver.axis().cell_length);
    EXPECT_NEAR(solver.fluid(cell), wanted, 2e-4 * wanted) << "at " << z << " cm";
  }
}

TEST(Reference, very_strong_mixing_makes_one_pot_of_the_canal) {
  Physiology p = centre_of(example::adult());
  for (Knot& knot : p.dispersion) knot.value = 1e7;
  Kinetics s = inert();
  s.dural_loss = 0.004;
  p.production = 0.35;
  p.spinal_absorption = 0.25;
  ReferenceSolver solver = solver_of(p, s);
  solver.give(100, source_at(solver.axis(), 14));
  solver.advance(300, 1e-8);
  const double spine = integral(p.csf_area, 0, p.length), all = spine + p.cistern_volume;
  const double rate = (0.004 * spine + p.production) / all;
  EXPECT_NEAR(solver.fluid(20), 100 / all * std::exp(-rate * 300), 1e-3 * 100 / all);
}

TEST(Reference, instant_exchange_with_the_cord_is_retardation) {
  Physiology p = tube(60, 1.5, 2);
  Kinetics fast = inert(), none = inert();
  fast.cord_exchange = 1e5;
  fast.cord_partition = 3;
  fast.brain_exchange = 0;
  ReferenceSolver held = solver_of(p, fast), free = solver_of(p, none);
  held.give(100, source_at(held.axis(), 30));
  free.give(100, source_at(free.axis(), 30));
  const double retardation = 1 + 3 * 0.5 / 1.5;
  held.advance(20 * retardation, 1e-8);
  free.advance(20, 1e-8);
  EXPECT_NEAR(held.fluid(60) * retardation, free.fluid(60), 1e-3 * free.fluid(60));
}

TEST(Reference, a_closed_canal_loses_nothing_and_levels_out) {
  ReferenceSolver solver = solver_of(tube(60, 1.5, 30), inert());
  solver.give(120, source_at(solver.axis(), 10));
  solver.advance(40'000);
  EXPECT_NEAR(solver.fluid(0), 1.0, 1e-6);  // 90 mL and the cistern's 30
  EXPECT_NEAR(solver.fluid(120), 1.0, 1e-6);
  EXPECT_DOUBLE_EQ(solver.state().absorbed.value(), 0);
}

/// Two compartments have a closed form: two exponentials after a bolus, and their integrals during an
/// infusion.
TEST(Plasma, two_compartments_follow_their_closed_form) {
  Kinetics k = inert();
  k.plasma_volume = {12'000, 36'000, 0};
  k.plasma_clearance = 600;
  k.plasma_flow = {2'500, 0};
  const double k10 = 600.0 / 12'000, k12 = 2'500.0 / 12'000, k21 = 2'500.0 / 36'000;
  const double sum = k10 + k12 + k21, root = std::sqrt(sum * sum - 4 * k10 * k21);
  const double fast = (sum + root) / 2, slow = (sum - root) / 2;
  const double of_fast = (fast - k21) / (fast - slow), of_slow = (k21 - slow) / (fast - slow);
  ReferenceSolver bolus = solver_of(tube(60, 1.5, 1), k, 4), infusion = solver_of(tube(60, 1.5, 1), k, 4);
  bolus.give_to_plasma(1'000);
  infusion.set_inflow({{}, 10});
  double now = 0;
  for (const double t : {1.0, 10.0, 100.0, 600.0}) {
    for (; now < t - 1e-9; now += 1.0 / 256) {
      bolus.step(1.0 / 256);
      infusion.step(1.0 / 256);
    }
    const double after = 1'000 / 12'000.0 * (of_fast * std::exp(-fast * t) + of_slow * std::exp(-slow * t));
    const double during =
        10 / 12'000.0 *
        (of_fast * (1 - std::exp(-fast * t)) / fast + of_slow * (1 - std::exp(-slow * t)) / slow);
    EXPECT_NEAR(bolus.plasma() / after, 1, 1e-6) << t;
    EXPECT_NEAR(infusion.plasma() / during, 1, 1e-6) << t;
  }
}

// ---- manufactured solution ------------------------------------------------------------------------------

/// c = (2 + cos(pi z / L)) e^-at in a canal of varying area and dispersion with a cord; what must come in for
/// it to be so is put in. The slope is 0 at both ends, and the cistern has the last cell's concentration.
double manufactured_error(std::size_t cells, double h) {
  const double a = 0.01, length = 60, t1 = 60;
  Physiology p = tube(length, 1, 1);
  p.csf_area = {{0, 1.0}, {length, 2.0}};
  p.dispersion = {{0, 1.0}, {length, 3.0}};
  Kinetics s = inert();
  s.cord_exchange = 0.02;
  s.cord_partition = 2;
  s.dural_loss = 0.003;
  ReferenceSolver solver = solver_of(p, s, cells);
  const auto& axis = solver.axis();
  const auto shape = [&](double z) { return 2 + std::cos(kPi * z / length); };
  const auto area = [&](double z) { return 1 + z / length; };
  const auto dispersion = [&](double z) { return 1 + 2 * z / length; };
  // The cord follows: m' = kt A / At (c - m / Kp), so m = f(z) e^-at with f = kt A / At c / (kt A / (At Kp) -
  // a).
  const double at = 0.5;
  const auto cord = [&](double z) {
    return 0.02 * area(z) / at * shape(z) / (0.02 * area(z) / (at * 2) - a);
  };
  const auto source = [&](double z) {  // of A dc/dt per cm, without e^-at
    const double slope = -kPi / length * std::sin(kPi * z / length);
    const double bend = -kPi * kPi / length / length * std::cos(kPi * z / length);
    const double ad = area(z) * dispersion(z);
    const double dad = dispersion(z) / length + area(z) * 2 / length;
    return -a * area(z) * shape(z) - (dad * slope + ad * bend) + 0.003 * area(z) * shape(z) +
           0.02 * area(z) * (shape(z) - cord(z) / 2);
  };
  const auto inflow_at = [&](double t) {
    Inflow inflow;
    inflow.fluid.resize(axis.nodes());
    for (std::size_t i = 0; i < cells; ++i)
      inflow.fluid[i] = source(axis.middle(i)) * axis.cell_length * std::exp(-a * t);
    inflow.fluid[cells] = -a * shape(length) * p.cistern_volume * std::exp(-a * t);
    return inflow;
  };
  std::vector<double> share(axis.nodes());
  for (std::size_t i = 0; i < cells; ++i) share[i] = shape(axis.middle(i)) * axis.volume[i];
  share[cells] = shape(length) * p.cistern_volume;
  solver.give(1, share);
  // The cord's amounts cannot be given from outside but by fluid: start them by an exchange of their own.
  solver.give_to_tissue(
      [&](std::size_t i) { return i < cells ? cord(axis.middle(i)) * axis.leaf_volume[i] : 0; });
  const double gamma = 2 - std::sqrt(2.0);
  for (double t = 0; t < t1 - h / 2; t += h)
    solver.step(h, {inflow_at(t), inflow_at(t + gamma * h), inflow_at(t + h)});
  double sum = 0;
  for (std::size_t i = 0; i < cells; ++i)
    sum += std::pow(solver.fluid(i) - shape(axis.middle(i)) * std::exp(-a * t1), 2);
  return std::sqrt(sum / static_cast<double>(cells));
}

TEST(Reference, a_manufactured_solution_shows_second_order_in_space_and_time) {
  const double e1 = manufactured_error(30, 0.5), e2 = manufactured_error(60, 0.25),
               e3 = manufactured_error(120, 0.125);
  std::printf("manufactured: errors %.2e %.2e %.2e, orders %.2f %.2f\n", e1, e2, e3, std::log2(e1 / e2),
              std::log2(e2 / e3));
  EXPECT_GT(std::log2(e1 / e2), 1.9);
  EXPECT_GT(std::log2(e2 / e3), 1.9);
}

TEST(Reference, in_time_alone_tr_bdf2_is_of_second_order_and_backward_euler_of_first) {
  const auto error = [](TimeScheme scheme, double h) {
    ReferenceSolver solver =
        solver_of(centre_of(example::adult()), example::kinetics("morphine"), 40, scheme);
    ReferenceSolver exact = morphine(40);
    for (ReferenceSolver* one : {&solver, &exact}) one->give(300, source_in_volume(one->axis(), 14, 22));
    for (double t = 0; t < 64 - h / 2; t += h) solver.step(h);
    for (int i = 0; i < 64 * 64; ++i) exact.step(1.0 / 64);
    double worst = 0;
    for (std::size_t i = 0; i < 40; ++i) worst = std::max(worst, std::abs(solver.fluid(i) - exact.fluid(i)));
    return worst;
  };
  const double bdf = std::log2(error(TimeScheme::kTrBdf2, 2) / error(TimeScheme::kTrBdf2, 1));
  const double euler =
      std::log2(error(TimeScheme::kBackwardEuler, 1) / error(TimeScheme::kBackwardEuler, 0.5));
  std::printf("in time: order %.2f TR-BDF2, %.2f backward Euler\n", bdf, euler);
  EXPECT_GT(bdf, 1.85);
  EXPECT_NEAR(euler, 1, 0.1);
}

/// What has faded to nothing costs nothing: rounding would else be taken for an error for ever.
TEST(Reference, two_years_after_the_last_dose_it_takes_long_steps) {
  ReferenceSolver solver = morphine();
  solver.give(500, source_at(solver.axis(), 28));
  for (int day = 0; day < 730; ++day) solver.advance(1'440);
  EXPECT_LT(solver.steps(), 20'000);
  EXPECT_NEAR(solver.state().total(), 500, 1e-9);
}

TEST(Reference, a_dose_into_the_vein_alone_is_stepped_with_care_too) {
  ReferenceSolver quick = solver_of(centre_of(example::adult()), example::kinetics("fentanyl")), fine = quick;
  for (ReferenceSolver* one : {&quick, &fine}) one->give_to_plasma(100);
  quick.advance(600, 1e-6);
  fine.advance(600, 1e-10);
  EXPECT_NEAR(quick.plasma() / fine.plasma(), 1, 1e-4);
}

// ---- a linear thing ---------------------------------------------------------------------------------------

TEST(Reference, two_doses_together_are_the_sum_of_each_alone) {
  ReferenceSolver one = morphine(), other = morphine(), both = morphine();
  const auto share = source_at(one.axis(), 28), share2 = source_in_volume(one.axis(), 14, 5);
  one.give(100, share);
  other.give(40, share2);
  both.give(100, share);
  both.give(40, share2);
  for (int i = 0; i < 200; ++i) {
    for (ReferenceSolver* s : {&one, &other, &both}) s->step(1);
  }
  for (std::size_t i = 0; i <= kSpinalCells; ++i)
    EXPECT_NEAR(both.fluid(i), one.fluid(i) + other.fluid(i), 1e-14 * both.fluid(20));
}

TEST(Reference, a_million_times_the_dose_is_a_million_times_the_concentration) {
  for (const double scale : {1e6, 1e-6}) {
    ReferenceSolver one = morphine(), scaled = morphine();
    one.give(1, source_at(one.axis(), 28));
    scaled.give(scale, source_at(one.axis(), 28));
    for (int i = 0; i < 100; ++i) {
      one.step(2);
      scaled.step(2);
    }
    for (std::size_t i = 0; i <= kSpinalCells; i += 10)
      EXPECT_NEAR(scaled.fluid(i), scale * one.fluid(i), 1e-13 * scale * one.fluid(i));
  }
}

TEST(Reference, how_an_interval_is_cut_makes_no_difference_beyond_its_tolerance) {
  ReferenceSolver whole = morphine(), parts = morphine();
  for (ReferenceSolver* one : {&whole, &parts}) one->give(300, source_in_volume(one->axis(), 14, 22));
  whole.advance(600, 1e-9);
  for (int i = 0; i < 60; ++i) parts.advance(10, 1e-9);
  for (std::size_t i = 0; i <= kSpinalCells; i += 10)
    EXPECT_NEAR(parts.fluid(i), whole.fluid(i), 1e-6 * whole.fluid(28)) << "cell " << i;
}

RC_GTEST_PROP(Reference, backward_euler_upwind_is_never_below_zero, ()) {
  const auto cells = *rc::gen::inRange<std::size_t>(10, 60);
  ReferenceSolver solver = solver_of(centre_of(example::adult()), example::kinetics("morphine"), cells,
                                     TimeScheme::kBackwardEuler, FaceFlow::kUpwind);
  for (int i = 0; i < 20; ++i) {
    const double z = *rc::gen::inRange<int>(0, 60);
    if (*rc::gen::inRange<int>(0, 3) == 0)
      solver.give(*rc::gen::inRange<int>(0, 1'000), source_at(solver.axis(), z));
    solver.step(std::pow(10.0, *rc::gen::inRange<int>(-3, 4)));
    for (std::size_t k = 0; k <= cells; ++k) RC_ASSERT(solver.fluid(k) >= 0 && solver.tissue(k) >= 0);
  }
}

/// The default scheme can undershoot beside a jump; what is shown is never wrong by more than this.
TEST(Reference, a_bolus_undershoots_by_less_than_a_millionth_of_its_peak) {
  ReferenceSolver solver = morphine();
  solver.give(300, source_at(solver.axis(), 28));
  double lowest = 0, peak = 0;
  for (int i = 0; i < 300; ++i) {
    solver.advance(0.2, 1e-7);
    for (std::size_t k = 0; k <= kSpinalCells; ++k) {
      lowest = std::min(lowest, solver.fluid(k));
      peak = std::max(peak, solver.fluid(k));
    }
  }
  EXPECT_GT(lowest, -1e-6 * peak);
}

TEST(Reference, finer_cells_change_what_is_asked_of_it_by_less_than_a_hundredth) {
  const auto after = [](std::size_t cells) {
    ReferenceSolver solver = morphine(cells);
    solver.give(300, source_in_volume(solver.axis(), 14, 22));
    solver.advance(360);
    const std::size_t below = cells * 14 / 60;  // its upper face lies at 14 cm
    return std::array{(solver.fluid(below - 1) + solver.fluid(below)) / 2, solver.fluid(cells)};
  };
  const auto coarse = after(120), fine = after(240);
  std::printf("cells 120 and 240: lumbar %.5g %.5g, cistern %.5g %.5g ug/mL\n", coarse[0], fine[0], coarse[1],
              fine[1]);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(coarse[i], fine[i], 0.01 * fine[i]);
}

}  // namespace
}  // namespace theca
