// What leaves the tip: all of it, in its order, and a front that is spread by what the catheter did to it.
#include "world/tip_flow.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace theca {
namespace {

constexpr double kMicrolitre = 1'000;  // nL

/// 300 uL/day of a fluid of 10 mg/mL, and from 0.2 mL on one of 20 mg/mL; samples each so many minutes.
RunResult two_fluids(double sigma_nl, int every_minutes, std::uint32_t old_mg = 10,
                     std::uint32_t new_mg = 20) {
  RunResult run;
  run.lasts = days(2);
  run.drugs = {{DrugCode{1}, "morphine"}};
  const auto fluid = [](std::uint32_t number, std::uint32_t mg) {
    FluidName named;
    named.number = number;
    named.formulation.number = number;
    named.formulation.count = 1;
    named.formulation.components[0] = {DrugCode{1}, DrugClass::kOpioid, milligrams_per_millilitre(mg)};
    return named;
  };
  run.fluids = {fluid(1, old_mg), fluid(2, new_mg)};
  const double per_minute = 300 * kMicrolitre / 1'440, at = 200 * kMicrolitre;
  double before = 0, mass = 0;
  for (int minute = 0; minute <= 2 * 1'440; minute += every_minutes) {
    const double volume = per_minute * minute;
    mass += 1e6 * old_mg * (std::min(volume, at) - std::min(before, at)) +
            1e6 * new_mg * (std::max(volume, at) - std::max(before, at));
    before = volume;
    Sample sample;
    sample.at = Instant{} + minutes(minute);
    sample.truly_delivered = Volume{std::llround(volume)};
    sample.tip_mass = {Mass{std::llround(mass)}};
    run.samples.push_back(std::move(sample));
  }
  FrontArrival front;
  front.fluid = 2;
  front.fluid_before = 1;
  front.truly = Instant{} + minutes(960);
  front.sigma_nl = sigma_nl;
  run.fronts = {front};
  return run;
}

double all_of(const std::vector<TipPiece>& pieces) {
  double sum = 0;
  for (const TipPiece& piece : pieces) sum += piece.ug;
  return sum;
}
/// ug/min at a minute.
double rate_at(const std::vector<TipPiece>& pieces, double minute) {
  for (const TipPiece& piece : pieces) {
    const double begin = in_minutes(piece.begin - Instant{}), lasts = in_minutes(piece.lasts);
    if (minute >= begin && minute < begin + lasts) return piece.ug / lasts;
  }
  return 0;
}

RC_GTEST_PROP(TipFlow, nothing_is_lost_and_pieces_follow_each_other, ()) {
  const RunResult run =
      two_fluids(*rc::gen::inRange(0, 20'000), *rc::gen::element(5, 15, 60, 240),
                 *rc::gen::inRange<std::uint32_t>(1, 40), *rc::gen::inRange<std::uint32_t>(1, 40));
  const auto pieces = tip_flow(run, 0);
  const double left = static_cast<double>(run.samples.back().tip_mass[0].raw()) / 1e9;
  RC_ASSERT(std::abs(all_of(pieces) - left) < 1e-9 * left);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    RC_ASSERT(pieces[i].ug >= 0);
    RC_ASSERT(pieces[i].nl > 0);
    if (i > 0) RC_ASSERT(pieces[i].begin >= pieces[i - 1].begin + pieces[i - 1].lasts);
  }
}

TEST(TipFlow, a_front_is_five_percent_there_as_long_before_as_it_is_short_of_five_after) {
  const double sigma = 4 * kMicrolitre, per_minute = 300 * kMicrolitre / 1'440;
  for (const int every : {5, 60}) {
    const auto pieces = tip_flow(two_fluids(sigma, every), 0);
    const double old_rate = 10 * per_minute / 1'000, step = 10 * per_minute / 1'000;  // ug/min
    const auto share = [&](double sigmas) {
      return (rate_at(pieces, 960 + sigmas * sigma / per_minute) - old_rate) / step;
    };
    EXPECT_NEAR(share(-4.5), 0, 1e-3);
    EXPECT_NEAR(share(-1.645), 0.05, 0.04);
    EXPECT_NEAR(share(0.1), 0.5, 0.12);
    EXPECT_NEAR(share(1.645), 0.95, 0.04);
    EXPECT_NEAR(share(4.5), 1, 1e-3);
  }
}

TEST(TipFlow, a_sharp_front_is_a_step) {
  const auto pieces = tip_flow(two_fluids(0, 5), 0);
  EXPECT_NEAR(rate_at(pieces, 1'000) / rate_at(pieces, 900), 2, 1e-6);
  EXPECT_NEAR(rate_at(pieces, 958) / rate_at(pieces, 900), 1, 1e-6);
}

/// A solver that only counts.
struct Bucket {
  double* all;
  double rate = 0;
  void give(double ug, const std::array<double, kDestinations>&) { *all += ug; }
  void set_rate(double r, const std::array<double, kDestinations>&) { rate = r; }
  template <class Each>
  void advance(double minutes, Each&& each) {
    *all += rate * minutes;
    each(minutes);
  }
};

TEST(TipFlow, a_follower_gives_all_of_it_whatever_it_is_asked_for) {
  const RunResult run = two_fluids(4 * kMicrolitre, 15);
  for (const Duration step : {minutes(1), minutes(7), hours(13)}) {
    double all = 0;
    TipFollower follower{tip_flow(run, 0), Bucket{&all}, [](Instant) {}};
    for (Instant t; t < Instant{} + run.lasts;) follower.to(t = std::min(t + step, Instant{} + run.lasts));
    EXPECT_NEAR(all, static_cast<double>(run.samples.back().tip_mass[0].raw()) / 1e9, 1e-6);
  }
}

}  // namespace
}  // namespace theca
