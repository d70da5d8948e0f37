// The reduced model against the reference and against an independent solver (CVODE, tight) of the same
// equations; and against what it must never do.
#include "body/reduced_model.hpp"

#include <cvode/cvode.h>
#include <gtest/gtest.h>
#include <nvector/nvector_serial.h>
#include <rapidcheck/gtest.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "body/reduction_testing.hpp"

namespace theca {
namespace {

using example::Case;

// ---- the oracle -------------------------------------------------------------------------------------------

/// CVODE's BDF with a dense Jacobian of its own making, relative tolerance 1e-11.
class Oracle {
 public:
  Oracle(const Case& of, double rate) : of_(of), n_(2 * of.axis.nodes() + 3), rate_(rate) {
    SUNContext_Create(nullptr, &context_);
    x_ = N_VNew_Serial(static_cast<sunindextype>(n_), context_);
    N_VConst(0, x_);
  }
  ~Oracle() {
    if (memory_ != nullptr) CVodeFree(&memory_);
    if (solver_ != nullptr) SUNLinSolFree(solver_);
    if (matrix_ != nullptr) SUNMatDestroy(matrix_);
    N_VDestroy(x_);
    SUNContext_Free(&context_);
  }
  Oracle(const Oracle&) = delete;

  void give(double amount) {
    for (std::size_t i = 0; i < of_.axis.nodes(); ++i) NV_DATA_S(x_)[i] += amount * of_.source[i];
  }
  void to(double t) {
    if (memory_ == nullptr) {
      memory_ = CVodeCreate(CV_BDF, context_);
      CVodeInit(memory_, &Oracle::rates, 0, x_);
      CVodeSStolerances(memory_, 1e-11, 1e-14);
      CVodeSetUserData(memory_, this);
      CVodeSetMaxNumSteps(memory_, 1'000'000);
      matrix_ = SUNDenseMatrix(static_cast<sunindextype>(n_), static_cast<sunindextype>(n_), context_);
      solver_ = SUNLinSol_Dense(x_, matrix_, context_);
      CVodeSetLinearSolver(memory_, solver_, matrix_);
    }
    CVodeSetStopTime(memory_, t);
    ASSERT_GE(CVode(memory_, t, x_, &now_, CV_NORMAL), 0);
  }
  [[nodiscard]] double fluid(std::size_t node) const { return NV_DATA_S(x_)[node] / of_.axis.volume[node]; }
  [[nodiscard]] double plasma() const {
    return NV_DATA_S(x_)[2 * of_.axis.nodes()] / of_.substance.plasma_volume[0];
  }

 private:
  /// The compartments' equations once more, not the solvers'; the rates themselves are the Neuraxis's.
  static int rates(realtype, N_Vector now, N_Vector change, void* self) {
    const Oracle& o = *static_cast<Oracle*>(self);
    const Neuraxis& a = o.of_.axis;
    const std::size_t n = a.nodes();
    const double* x = NV_DATA_S(now);
    double* d = NV_DATA_S(change);
    double into_blood = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double in = a.into_leaf[i] * x[i], out = a.from_leaf[i] * x[n + i];
      d[i] = o.rate_ * o.of_.source[i] - in + out - a.lost[i] * x[i];
      if (i > 0) d[i] += a.rostral[i - 1] * x[i - 1] - a.caudal[i - 1] * x[i];
      if (i + 1 < n) d[i] += a.caudal[i] * x[i + 1] - a.rostral[i] * x[i];
      d[n + i] = in - out - a.leaf_lost[i] * x[n + i];
      into_blood += a.lost[i] * x[i] + a.leaf_lost[i] * x[n + i];
    }
    const Kinetics& k = o.of_.substance;
    const double* p = x + 2 * n;
    double* dp = d + 2 * n;
    dp[0] = into_blood - k.plasma_clearance * p[0] / k.plasma_volume[0];
    dp[1] = dp[2] = 0;
    for (int j = 1; j < 3; ++j) {
      if (k.plasma_volume[static_cast<std::size_t>(j)] <= 0) continue;
      const double flow = k.plasma_flow[static_cast<std::size_t>(j - 1)] *
                          (p[0] / k.plasma_volume[0] - p[j] / k.plasma_volume[static_cast<std::size_t>(j)]);
      dp[0] -= flow;
      dp[j] += flow;
    }
    return 0;
  }

  const Case& of_;
  std::size_t n_;
  double rate_;
  realtype now_ = 0;
  SUNContext context_ = nullptr;
  N_Vector x_ = nullptr;
  void* memory_ = nullptr;
  SUNMatrix matrix_ = nullptr;
  SUNLinearSolver solver_ = nullptr;
};

// ---- three solvers of one model ---------------------------------------------------------------------------

/// Largest relative difference at the sites and in the blood between two hours, after a bolus and during an
/// infusion.
double reduced_against_reference(const Case& of, const ReducedModel& model, double from_h, double to_h) {
  double worst = 0;
  for (const double bolus : {300.0, 0.0}) {
    ReferenceSolver full = of.reference();
    ReducedSolver small{model};
    if (bolus > 0) {
      full.give(bolus, of.source);
      small.give(bolus);
    } else {
      Inflow inflow{of.source, 0};
      full.set_inflow(inflow);
      small.set_rate(1);
    }
    double now = 0;
    for (double t = from_h * 60; t <= to_h * 60; t += std::max(10.0, (to_h - from_h) * 60 / 24)) {
      full.advance(t - now, 1e-8);
      small.advance(t - now);
      now = t;
      for (const std::size_t site : of.sites)
        worst = std::max(worst, std::abs(small.at(model.fluid(site)) / full.fluid(site) - 1));
      worst = std::max(worst, std::abs(small.plasma() / full.plasma() - 1));
    }
  }
  return worst;
}

TEST(Solvers, reference_and_oracle_agree) {
  for (const char* drug : {"morphine", "baclofen", "fentanyl"}) {
    Case of{drug};
    of.substance.cord_to_plasma = 0.002;  // no file says so, and its sign must be right all the same
    of.axis = make_neuraxis(of.patient, of.substance);
    for (const double bolus : {300.0, 0.0}) {
      ReferenceSolver full = of.reference();
      Oracle oracle{of, bolus > 0 ? 0.0 : 1.0};
      if (bolus > 0) {
        full.give(bolus, of.source);
        oracle.give(bolus);
      } else {
        full.set_inflow({of.source, 0});
      }
      double now = 0, worst = 0;
      for (const double t : {5.0, 30.0, 180.0, 720.0, 2'880.0}) {
        full.advance(t - now, 1e-10);
        oracle.to(t);
        now = t;
        for (const std::size_t site : of.sites)
          worst = std::max(worst, std::abs(full.fluid(site) - oracle.fluid(site)) / oracle.fluid(56));
        worst = std::max(worst, std::abs(full.plasma() / oracle.plasma() - 1));
      }
      std::printf("reference against CVODE, %s, %s: %.1e\n", drug, bolus > 0 ? "bolus" : "infusion", worst);
      EXPECT_LE(worst, 2e-6) << drug;
    }
  }
}

TEST(Solvers, the_reduced_model_is_within_a_ten_thousandth_from_three_hours_on) {
  for (const Substance& substance : example::substances()) {
    double worst = 0, at12 = 0;
    for (const double z : {14.0, 28.0, 44.0}) {
      const Case of{substance.name.c_str(), z};
      worst = std::max(worst, reduced_against_reference(of, of.reduced(kReducedOrder), 3, 72));
      at12 = std::max(at12, reduced_against_reference(of, of.reduced(12), 3, 72));
    }
    std::printf("reduced against reference, %s: %zu decays %.1e (12 decays %.1e)\n", substance.name.c_str(),
                kReducedOrder, worst, at12);
    EXPECT_LE(worst, 1e-4) << substance.name;
    EXPECT_GT(at12, worst) << "fewer decays are as good: the order is too high";
  }
}

/// At the ends of what was published the same number of decays does less well.
TEST(Solvers, at_the_ends_of_the_ranges_the_reduced_model_is_within_a_thousandth) {
  double worst = 0;
  const auto look = [&](const Physiology& patient, const Kinetics& substance, double z) {
    Case of{"morphine", z};
    of.patient = patient;
    of.substance = substance;
    of.axis = make_neuraxis(patient, substance);
    of.source = source_in_volume(of.axis, z, 1.5);
    worst = std::max(worst, reduced_against_reference(of, of.reduced(kReducedOrder), 3, 72));
  };
  for (const double z : {14.0, 28.0, 44.0}) {
    Kinetics slow = example::kinetics("morphine");
    slow.cord_exchange = find_substance(example::substances(), "morphine")->cord_exchange.low;
    look(centre_of(example::adult()), slow, z);
    Anatomy still = example::adult();
    still.dispersion_caudal.value = still.dispersion_caudal.low;
    still.dispersion_rostral.value = still.dispersion_rostral.low;
    look(centre_of(still), example::kinetics("morphine"), z);
  }
  std::printf("reduced against reference at the ends of the ranges, morphine: %.1e\n", worst);
  EXPECT_LE(worst, 1e-3);
}

/// What is stated of the first three hours: at the tip, and at the cistern, that the breathing hangs on.
TEST(Solvers, in_the_first_three_hours_the_reduced_models_error_is_what_the_page_says) {
  const Case of{"morphine"};
  const ReducedModel model = of.reduced(kReducedOrder);
  ReferenceSolver full = of.reference();
  ReducedSolver small{model};
  full.give(300, of.source);
  small.give(300);
  double now = 0, highest = 0;
  std::array<double, 3> worst{};
  for (double t = 5; t <= 180; t += 5) {
    full.advance(t - now, 1e-8);
    small.advance(t - now);
    now = t;
    highest = std::max(highest, full.fluid(of.axis.cells()));
    worst[0] = std::max(worst[0], std::abs(small.at(model.fluid(56)) / full.fluid(56) - 1));
    worst[1] =
        std::max(worst[1], std::abs(small.at(model.fluid(of.axis.cells())) - full.fluid(of.axis.cells())));
    worst[2] = std::max(worst[2], std::abs(small.plasma() / full.plasma() - 1));
  }
  std::printf("first three hours after a bolus: tip %.1e, cistern %.1e of its highest, blood %.1e\n",
              worst[0], worst[1] / highest, worst[2]);
  EXPECT_LE(worst[0], 0.005);
  EXPECT_LE(worst[1], 0.003 * highest);
  EXPECT_LE(worst[2], 0.001);
}

/// A negative control: the twelve slowest decays of the whole comb, which one might think of first.
TEST(Solvers, the_slowest_decays_of_the_whole_comb_do_not_do) {
  const Case of{"morphine"};
  const example::WholeDecays whole{of};
  EXPECT_GT(whole.slowest(), 0);
  ReferenceSolver full = of.reference();
  full.give(300, of.source);
  full.advance(180, 1e-8);
  const auto worst = [&](std::size_t kept) {
    double off = 0;
    for (const std::size_t site : of.sites)
      off = std::max(off, std::abs(300 * whole.fluid(site, 180, kept) / full.fluid(site) - 1));
    return off;
  };
  std::printf("slowest decays of the whole: 12 %.1e, 24 %.1e, all %.1e\n", worst(12), worst(24),
              worst(whole.count()));
  EXPECT_GT(worst(12), 1e-3) << "the rational Krylov space is not needed";
  EXPECT_LT(worst(whole.count()), 1e-5) << "all of them are the whole";
}

// ---- what the reduced model must never do -----------------------------------------------------------------

TEST(Reduced, its_decays_are_real_and_every_one_fades) {
  for (const Substance& substance : example::substances()) {
    const Case of{substance.name.c_str()};
    const ReducedModel model = of.reduced(12);
    for (const double rate : model.rates()) EXPECT_GT(rate, 0) << substance.name;
  }
}

TEST(Reduced, a_steady_infusion_comes_to_what_the_whole_comes_to) {
  const Case of{"morphine"};
  const ReducedModel model = of.reduced(12);
  ReducedSolver small{model};
  small.set_rate(1);
  small.advance(1e7);
  std::vector<double> fluid(of.source), tissue(of.source.size());
  CombFactor{of.axis, 0, 1}.solve(fluid, tissue);
  for (std::size_t node = 0; node <= of.axis.cells(); node += 8)
    EXPECT_NEAR(small.at(model.fluid(node)) * of.axis.volume[node] / fluid[node], 1, 1e-9) << "node " << node;
}

TEST(Reduced, every_microgram_is_somewhere_after_10000_days_of_random_doses) {
  const char* given = std::getenv("THECA_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> dose(0, 10'000), minutes(1, 1'440);
  const Case of{"morphine"};
  const ReducedModel model = of.reduced(12);
  ReducedSolver solver{model};
  double now = 0, worst = 0;
  while (now < 10'000.0 * 1'440) {
    solver.set_rate(dose(random) / 1'440);
    if (random() % 8 == 0) solver.give(dose(random));
    const double h = minutes(random);
    solver.advance(h);
    now += h;
    const double total = solver.in_body() + solver.in_plasma() + solver.eliminated();
    worst = std::max(worst, std::abs(total - solver.dosed()) / solver.dosed());
  }
  std::printf("mass balance of the reduced model: %.1e over 10000 days, seed %llu\n", worst,
              static_cast<unsigned long long>(seed));
  EXPECT_LE(worst, 1e-13) << "THECA_SEED=" << seed;
}

RC_GTEST_PROP(Reduced, how_a_time_is_cut_makes_no_difference, ()) {
  static const Case of{"morphine"};
  static const ReducedModel model = of.reduced(12);
  const double first = *rc::gen::inRange(1, 5'000), second = *rc::gen::inRange(1, 5'000);
  const double rate = *rc::gen::inRange(0, 100);
  ReducedSolver whole{model}, parts{model};
  for (ReducedSolver* one : {&whole, &parts}) {
    one->give(500);
    one->set_rate(rate);
  }
  whole.advance(first + second);
  parts.advance(first);
  parts.advance(second);
  const auto same = [](double a, double b, double of_what) { return std::abs(a - b) <= 1e-12 * of_what; };
  RC_ASSERT(same(whole.in_body(), parts.in_body(), whole.dosed()));
  RC_ASSERT(same(whole.in_plasma(), parts.in_plasma(), whole.dosed()));
  RC_ASSERT(same(whole.eliminated(), parts.eliminated(), whole.dosed()));
  const double at_tip = whole.at(model.fluid(56)), again = parts.at(model.fluid(56));
  RC_ASSERT(std::abs(at_tip - again) <= 1e-12 * (1 + std::abs(at_tip)));
}

TEST(Reduced, equal_rates_of_cord_and_plasma_lose_no_digits) {
  Case of{"ziconotide"};
  const ReducedModel slow = of.reduced(12);
  const double slowest = slow.rates()[0];
  for (const double apart : {0.0, 1e-12, 1e-9, 1e-6}) {
    Case near = of;
    near.substance.plasma_volume = {30'000, 0, 0};
    near.substance.plasma_clearance = 30'000 * slowest * (1 + apart);
    ReferenceSolver full = near.reference();
    const ReducedModel model = near.reduced(12);
    ReducedSolver small{model};
    full.give(10, near.source);
    small.give(10);
    full.advance(1'440, 1e-9);
    small.advance(1'440);
    EXPECT_NEAR(small.plasma() / full.plasma(), 1, 1e-5) << apart;
  }
}

/// Brief pulses or their mean: the ripple of a pump that steps every few minutes is nothing that the body
/// sees.
TEST(Reduced, a_train_of_pulses_is_its_mean_rate_to_within_the_ripple) {
  const Case of{"morphine"};
  const ReducedModel model = of.reduced(12);
  ReducedSolver pulses{model}, mean{model};
  const double period = 5, dose = 1;
  mean.set_rate(dose / period);
  for (int i = 0; i < 600; ++i) {
    pulses.give(dose);
    pulses.advance(period);
    mean.advance(period);
  }
  for (const std::size_t site : {28U, 80U, 110U, 120U}) {
    const double a = pulses.at(model.fluid(site)), b = mean.at(model.fluid(site));
    EXPECT_NEAR(a / b, 1, 0.02) << site;
  }
  EXPECT_NEAR(pulses.plasma() / mean.plasma(), 1, 0.02);
}

}  // namespace
}  // namespace theca
