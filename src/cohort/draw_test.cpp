// The n-th patient of a seed is always the same one, and a population spreads as its file says.
#include "cohort/draw.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "plan/library.hpp"

namespace theca {
namespace {

const Library& library() {
  static const Library kLibrary = load_library(THECA_DATA_DIR).value();
  return kLibrary;
}
const Variability& adults() {
  static const Variability kAdults = load_variability(THECA_DATA_DIR, library().sources).value();
  return kAdults;
}

std::vector<double> all_of(const Deviation& d) {
  std::vector<double> all{d.spinal_csf_volume, d.dispersion,      d.production,     d.dural_loss,
                          d.plasma_clearance,  d.ventilation_c50, d.tolerance_gain, d.tip,
                          d.pump_flow};
  all.insert(all.end(), d.relief_ec50.begin(), d.relief_ec50.end());
  return all;
}

TEST(Draw, the_same_patient_comes_on_every_machine) {
  // Pinned: a change here gives every stored seed other patients.
  const Deviation d = draw(7, 1'234'567'890'123);
  EXPECT_NEAR(d.spinal_csf_volume, 1.2081613614689151, 1e-12);
  EXPECT_NEAR(d.relief_ec50[1], 1.2270055976917369, 1e-12);
  EXPECT_EQ(all_of(d), all_of(draw(7, 1'234'567'890'123)));
  EXPECT_NE(all_of(d), all_of(draw(8, 1'234'567'890'123)));
  EXPECT_NE(all_of(d), all_of(draw(7, 1'234'567'890'124)));
}

TEST(Draw, every_quantity_is_standard_normal_and_none_follows_another) {
  constexpr std::uint64_t kPatients = 40'000;
  const std::size_t n = all_of(draw(1, 0)).size();
  std::vector<double> sum(n), squares(n), fourth(n);
  std::vector<std::vector<double>> products(n, std::vector<double>(n));
  for (std::uint64_t i = 0; i < kPatients; ++i) {
    const auto x = all_of(draw(1, i));
    for (std::size_t a = 0; a < n; ++a) {
      sum[a] += x[a];
      squares[a] += x[a] * x[a];
      fourth[a] += std::pow(x[a], 4);
      for (std::size_t b = 0; b < a; ++b) products[a][b] += x[a] * x[b];
    }
  }
  const double five_errors = 5 / std::sqrt(double{kPatients});
  for (std::size_t a = 0; a < n; ++a) {
    EXPECT_NEAR(sum[a] / kPatients, 0, five_errors) << a;
    EXPECT_NEAR(squares[a] / kPatients, 1, five_errors * std::sqrt(2)) << a;
    EXPECT_NEAR(fourth[a] / kPatients, 3, five_errors * std::sqrt(96)) << a;
    for (std::size_t b = 0; b < a; ++b)
      EXPECT_NEAR(products[a][b] / kPatients, 0, five_errors) << a << ' ' << b;
  }
}

TEST(Draw, a_population_spreads_as_its_file_says) {
  constexpr std::uint64_t kPatients = 20'000;
  Individual centre;
  centre.body.csf_area = {{0, 1}};
  centre.body.dispersion = {{0, 1}};
  centre.body.production = 1;
  centre.kinetics.resize(1);
  centre.kinetics[0].dural_loss = centre.kinetics[0].plasma_clearance = 1;
  centre.responses.resize(1);
  centre.responses[0].acts_on = Target::kOpioidReceptor;
  centre.responses[0].relief_ec50 = centre.responses[0].ventilation_c50 = 1;
  struct Row {
    const char* name;
    double (*of)(const Individual&);
    const Number* number;
    std::vector<double> logs;
  };
  std::vector<Row> rows{
      {"volume",
       [](const Individual& p) { return p.body.csf_area[0].value; },
       &adults().spinal_csf_volume,
       {}},
      {"dispersion",
       [](const Individual& p) { return p.body.dispersion[0].value; },
       &adults().dispersion,
       {}},
      {"production", [](const Individual& p) { return p.body.production; }, &adults().production, {}},
      {"loss", [](const Individual& p) { return p.kinetics[0].dural_loss; }, &adults().dural_loss, {}},
      {"clearance",
       [](const Individual& p) { return p.kinetics[0].plasma_clearance; },
       &adults().plasma_clearance,
       {}},
      {"ec50", [](const Individual& p) { return p.responses[0].relief_ec50; }, &adults().relief_ec50, {}},
      {"c50",
       [](const Individual& p) { return p.responses[0].ventilation_c50; },
       &adults().ventilation_c50,
       {}},
  };
  double flow = 0, flow_squares = 0, tip_squares = 0;
  for (std::uint64_t i = 0; i < kPatients; ++i) {
    const Deviation by = draw(3, i);
    const Individual p = deviated(centre, adults(), by);
    for (Row& row : rows) row.logs.push_back(std::log(row.of(p)));
    const double error = 100 * pump_flow_error(adults(), by), shift = tip_shift(adults(), by);
    EXPECT_LE(std::abs(error), adults().pump_flow_window.value);
    flow += error;
    flow_squares += error * error;
    tip_squares += shift * shift;
  }
  for (const Row& row : rows) {
    double mean = 0, squares = 0;
    for (const double x : row.logs) mean += x / kPatients;
    for (const double x : row.logs) squares += (x - mean) * (x - mean) / kPatients;
    const bool cv = row.number->unit == "CV";
    const double spread = cv ? std::sqrt(std::expm1(squares)) : std::sqrt(squares);
    EXPECT_NEAR(mean, 0, 5 * std::sqrt(squares / kPatients)) << row.name;
    EXPECT_NEAR(spread, row.number->value, 0.03 * row.number->value) << row.name;
  }
  flow /= kPatients;
  EXPECT_NEAR(flow, -adults().pump_flow_deficit.value, 0.1);
  EXPECT_NEAR(std::sqrt(flow_squares / kPatients - flow * flow), adults().pump_flow_error.value, 0.1);
  EXPECT_NEAR(std::sqrt(tip_squares / kPatients), adults().tip_error.value, 0.05);
}

TEST(Draw, nobody_deviated_is_the_centre) {
  Individual centre;
  centre.body.csf_area = {{0, 1.5}};
  centre.responses.resize(1);
  centre.responses[0].relief_ec50 = 0.2;
  const Individual same = deviated(centre, adults(), {});
  EXPECT_EQ(same.body.csf_area[0].value, 1.5);
  EXPECT_EQ(same.responses[0].relief_ec50, 0.2);
  EXPECT_EQ(tip_shift(adults(), {}), 0);
}

}  // namespace
}  // namespace theca
