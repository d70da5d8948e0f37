// docs/model.md shows what the model does today. THECA_REWRITE_MODEL_FIGURES=1 draws its figures anew.
#include "cli/model_figures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "body/reduction_testing.hpp"

namespace theca {
namespace {

const std::string kDocs = std::string{THECA_SOURCE_DIR} + "/docs/";

std::string read(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

const BodyData& body() {
  static const BodyData kBody{example::adult(), example::substances()};
  return kBody;
}

void expect_figure(const std::string& name, const std::string& made) {
  EXPECT_EQ(made.find("nan"), std::string::npos) << name;
  if (std::getenv("THECA_REWRITE_MODEL_FIGURES") != nullptr) {
    std::ofstream{kDocs + name} << made;
    GTEST_SKIP() << "drawn anew";
  }
  EXPECT_TRUE(read(kDocs + name) == made) << name << " is not what the model does today";
  EXPECT_NE(read(kDocs + "model.md").find("](" + name + ")"), std::string::npos)
      << "the page does not show it";
}

/// Of morphine at the usual tip, from three hours after a bolus on.
std::vector<ReductionError> reduction_errors() {
  constexpr double kBolusUg = 300, kTolerance = 1e-11;  // far below what is measured
  const example::Case of{"morphine"};
  const example::WholeDecays whole{of};
  std::vector<ReductionError> errors;
  std::vector<ReducedModel> models;
  for (std::size_t decays = 6; decays <= 24; decays += 2) {
    errors.push_back({decays, 0, 0});
    models.push_back(of.reduced(decays));
  }
  std::vector<ReducedSolver> solvers(models.begin(), models.end());
  for (ReducedSolver& solver : solvers) solver.give(kBolusUg);
  ReferenceSolver full = of.reference();
  full.give(kBolusUg, of.source);
  double now = 0;
  for (const double t : {180.0, 360.0, 720.0, 1'440.0, 2'880.0, 4'320.0}) {
    full.advance(t - now, kTolerance);
    for (std::size_t i = 0; i < errors.size(); ++i) {
      solvers[i].advance(t - now);
      for (const std::size_t site : of.sites) {
        const double right = full.fluid(site);
        errors[i].reduced =
            std::max(errors[i].reduced, std::abs(solvers[i].at(models[i].fluid(site)) / right - 1));
        errors[i].slowest = std::max(errors[i].slowest,
                                     std::abs(kBolusUg * whole.fluid(site, t, errors[i].decays) / right - 1));
      }
    }
    now = t;
  }
  return errors;
}

TEST(ModelFigures, compartments) { expect_figure("model_map.svg", map_figure(body())); }
TEST(ModelFigures, the_canal) { expect_figure("model_canal.svg", canal_figure(body())); }
TEST(ModelFigures, a_bolus) { expect_figure("model_bolus.svg", bolus_figure(body())); }
TEST(ModelFigures, an_infusion) { expect_figure("model_infusion.svg", infusion_figure(body())); }
TEST(ModelFigures, effects) { expect_figure("model_effects.svg", effects_figure(body())); }
TEST(ModelFigures, the_reduced_model) {
  expect_figure("model_reduction.svg", reduction_figure(reduction_errors()));
}

}  // namespace
}  // namespace theca
