// Posture and baricity: more or less lumbar fluid, and a bolus that sinks, rises or stays.
#include "body/posture.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "body/body_testing.hpp"
#include "body/reference_solver.hpp"

namespace theca {
namespace {

/// Of a bolus at a vertebra, after so many minutes of a posture.
struct Cloud {
  double middle = 0;  // cm, of what is in the canal
  double lowest = 0;  // ug/mL
  double off = 0;     // of the mass, lost or made
  std::vector<double> fluid;
  [[nodiscard]] double at(const char* vertebra) const {
    return fluid[static_cast<std::size_t>(*example::adult().vertebra(vertebra) / (60.0 / kSpinalCells))];
  }
};
Cloud cloud(const char* vertebra, Posture posture, Baricity baricity, double minutes, double mixing = 1) {
  const Anatomy& anatomy = example::adult();
  const Kinetics kinetics = centre_of(example::substance("morphine"));
  Physiology patient = centre_of(anatomy);
  for (Knot& knot : patient.dispersion) knot.value *= mixing;
  const Neuraxis at_rest = make_neuraxis(patient, kinetics);
  ReferenceSolver solver{at_rest, kinetics};
  solver.give(1'000, source_in_volume(at_rest, *anatomy.vertebra(vertebra), 2));
  for (double t = 0; t < minutes; ++t) {
    solver.set_axis(drifting(at_rest, anatomy, posture, baricity, t + 0.5), kinetics);
    solver.advance(1, 1e-6);
  }
  Cloud out;
  double all = 0;
  for (std::size_t i = 0; i < at_rest.cells(); ++i) {
    out.middle += solver.state().fluid[i] * at_rest.middle(i);
    all += solver.state().fluid[i];
    out.fluid.push_back(solver.fluid(i));
    out.lowest = std::min(out.lowest, solver.fluid(i));
  }
  out.middle /= all;
  out.off = solver.state().total() / 1'000 - 1;
  return out;
}

/// Straight down the canal the middle of a cloud falls by the integral of its speed, as long as no end is
/// near.
TEST(Posture, a_heavy_bolus_sinks_by_the_integral_of_its_speed_and_a_light_one_rises) {
  const Anatomy& anatomy = example::adult();
  constexpr double kMinutes = 5, kHardlyMixed = 0.01;
  const double half_life = anatomy.baricity_half_life.value;
  const double fall =
      anatomy.baricity_drift.value * half_life / std::log(2) * (1 - std::exp2(-kMinutes / half_life));
  const double still = cloud("T6", Posture::kHeadUp, Baricity::kIsobaric, kMinutes, kHardlyMixed).middle;
  const double heavy = cloud("T6", Posture::kHeadUp, Baricity::kHyperbaric, kMinutes, kHardlyMixed).middle;
  const double light = cloud("T6", Posture::kHeadUp, Baricity::kHypobaric, kMinutes, kHardlyMixed).middle;
  EXPECT_NEAR(still - heavy, fall, 0.02 * fall);
  EXPECT_NEAR(light - still, fall, 0.02 * fall);
}

TEST(Posture, a_heavy_bolus_given_at_the_height_of_the_lumbar_curve_parts_to_both_sides) {
  const Cloud still = cloud("L3", Posture::kFlat, Baricity::kIsobaric, 20, 0.1),
              heavy = cloud("L3", Posture::kFlat, Baricity::kHyperbaric, 20, 0.1);
  EXPECT_LT(heavy.at("L3"), 0.8 * still.at("L3"));
  EXPECT_GT(heavy.at("T12"), 1.5 * still.at("T12"));
  EXPECT_GT(heavy.at("L5"), 1.5 * still.at("L5"));
}

TEST(Posture, nothing_is_made_lost_or_below_nothing_and_nothing_drifts_for_ever) {
  for (const Posture posture : {Posture::kFlat, Posture::kHeadUp, Posture::kLegsUp}) {
    for (const Baricity baricity : {Baricity::kIsobaric, Baricity::kHyperbaric, Baricity::kHypobaric}) {
      const Cloud after = cloud("T10", posture, baricity, 60);
      EXPECT_LT(std::abs(after.off), 1e-12);
      EXPECT_GT(after.lowest, -1e-4);
    }
  }
  const Neuraxis axis = make_neuraxis(centre_of(example::adult()), centre_of(example::substance("morphine")));
  const Neuraxis later = drifting(axis, example::adult(), Posture::kHeadUp, Baricity::kHyperbaric,
                                  drift_lasts(example::adult()));
  EXPECT_EQ(later.rostral, axis.rostral);
  EXPECT_EQ(later.caudal, axis.caudal);
}

TEST(Posture, the_lumbar_fluid_is_more_with_the_head_up_and_less_with_the_legs_up) {
  const auto lumbar = [](Posture posture) {
    Physiology patient = centre_of(example::adult());
    set_posture(patient, example::adult(), posture);
    EXPECT_DOUBLE_EQ(at(patient.csf_area, 40), at(centre_of(example::adult()).csf_area, 40)) << "thoracic";
    return integral(patient.csf_area, 0, *example::adult().vertebra("L1"));
  };
  EXPECT_NEAR(lumbar(Posture::kHeadUp) / lumbar(Posture::kFlat), 1.11, 2e-3);
  EXPECT_NEAR(lumbar(Posture::kLegsUp) / lumbar(Posture::kFlat), 0.83, 2e-3);
}

}  // namespace
}  // namespace theca
