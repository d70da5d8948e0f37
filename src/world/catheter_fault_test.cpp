// Faults between pump and cord: where the drug went, that none of it is lost, and what the patient sees of
// it.
#include "world/catheter_fault.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "world/patient_twin.hpp"
#include "world/quick_patient.hpp"
#include "world/scenario_testing.hpp"

namespace theca {
namespace {

using example::body;
using example::library;

constexpr double kDayMs = 86'400'000;

std::array<double, kDestinations> by_destination(const std::vector<TipPiece>& pieces) {
  std::array<double, kDestinations> sum{};
  for (const TipPiece& piece : pieces) {
    for (std::size_t i = 0; i < kDestinations; ++i) sum[i] += piece.ug * piece.ways[i];
  }
  return sum;
}

/// A millilitre with a milligram every day, and a bolus of 10 uL at each noon.
std::vector<TipPiece> week() {
  std::vector<TipPiece> pieces;
  for (int half = 0; half < 14; ++half) {
    pieces.push_back({Instant{} + hours(12) * half, hours(12), 500, 500'000});
    if (half % 2 == 0) pieces.push_back({Instant{} + hours(12) * (half + 1), Duration{}, 10, 10'000});
  }
  return pieces;
}
CatheterFault fault(CatheterFaultKind kind, Duration from, Duration until) {
  return {kind, Instant{} + from, Instant{} + until, 1, kHeldBack};
}

RC_GTEST_PROP(CatheterFaults, none_of_it_is_lost_and_pieces_follow_each_other, ()) {
  std::vector<CatheterFault> faults;
  Instant from;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    CatheterFault one;
    one.kind = static_cast<CatheterFaultKind>(*rc::gen::inRange(0, 4));
    one.from = from + minutes(*rc::gen::inRange(0, 3'000));
    one.until = from = one.from + minutes(*rc::gen::inRange(1, 3'000));
    one.share = *rc::gen::inRange(1, 101) / 100.0;
    one.holds = microlitres(*rc::gen::inRange(0, 500));
    faults.push_back(one);
  }
  const Way way = through(week(), faults, Instant{} + days(7));
  const auto& out = way.pieces;
  const auto sum = by_destination(out);
  RC_ASSERT(std::abs(std::accumulate(sum.begin(), sum.end(), 0.0) + way.held_ug - 7'070) < 1e-6);
  for (std::size_t i = 0; i < out.size(); ++i) {
    RC_ASSERT(std::abs(std::accumulate(out[i].ways.begin(), out[i].ways.end(), 0.0) - 1) < 1e-12);
    if (i > 0) RC_ASSERT(out[i].begin >= out[i - 1].begin + out[i - 1].lasts);
  }
}

TEST(CatheterFaults, a_leak_takes_its_share_as_long_as_it_lasts) {
  CatheterFault leak = fault(CatheterFaultKind::kLeak, days(2), days(4));
  leak.share = 0.4;
  const auto sum = by_destination(through(week(), {leak}, Instant{} + days(7)).pieces);
  EXPECT_NEAR(sum[to_index(Destination::kUnderSkin)], 0.4 * 2'020, 1e-6);
  EXPECT_NEAR(sum[to_index(Destination::kFluid)], 7'070 - 0.4 * 2'020, 1e-6);
}

TEST(CatheterFaults, an_occlusion_gives_at_once_what_it_held_and_no_more_than_it_can_hold) {
  const auto out = through(week(), {fault(CatheterFaultKind::kOcclusion, days(2), days(2) + hours(4))},
                           Instant{} + days(7))
                       .pieces;
  const auto burst = std::ranges::find_if(out, [](const TipPiece& piece) {
    return piece.begin == Instant{} + days(2) + hours(4) && piece.lasts == Duration{};
  });
  ASSERT_NE(burst, out.end());
  EXPECT_NEAR(burst->ug, 500.0 / 3, 1e-6) << "four hours of it";
  EXPECT_NEAR(by_destination(out)[to_index(Destination::kUnderSkin)], 0, 1e-9);
  const auto longer =
      through(week(), {fault(CatheterFaultKind::kOcclusion, days(2), days(4))}, Instant{} + days(7)).pieces;
  EXPECT_NEAR(by_destination(longer)[to_index(Destination::kUnderSkin)], 2'020 - 250, 1e-6)
      << "a quarter of a millilitre is held back, then a connection gives way";
}

TEST(CatheterFaults, a_catheter_that_is_shut_at_the_end_keeps_what_it_holds) {
  for (const Duration until : {days(7), days(9)}) {
    const Way way = through(week(), {fault(CatheterFaultKind::kOcclusion, days(7) - hours(6), until)},
                            Instant{} + days(7));
    EXPECT_NEAR(way.held_ug, 250, 1e-6);
    EXPECT_NEAR(by_destination(way.pieces)[to_index(Destination::kFluid)], 7'070 - 250, 1e-6);
    for (const TipPiece& piece : way.pieces) EXPECT_LT(piece.ug, 501);
  }
}

TEST(CatheterFaults, what_opens_as_the_next_fault_begins_goes_its_way) {
  const CatheterFault shut = fault(CatheterFaultKind::kOcclusion, days(2), days(2) + hours(4));
  const auto then = [&](CatheterFaultKind kind) {
    return through(week(), {shut, fault(kind, days(2) + hours(4), days(3))}, Instant{} + days(7));
  };
  const double held = 500.0 / 3, rest_of_day = 2.0 / 3 * 500 + 10 + 500;
  EXPECT_NEAR(
      by_destination(then(CatheterFaultKind::kDisconnection).pieces)[to_index(Destination::kUnderSkin)],
      held + rest_of_day, 1e-6);
  EXPECT_NEAR(by_destination(then(CatheterFaultKind::kMigration).pieces)[to_index(Destination::kEpidural)],
              held + rest_of_day, 1e-6);
  const Way never_open = then(CatheterFaultKind::kOcclusion);
  EXPECT_EQ(std::ranges::count_if(never_open.pieces,
                                  [&](const TipPiece& piece) {
                                    return piece.begin == shut.until && piece.lasts == Duration{} &&
                                           piece.ug > 0;
                                  }),
            0)
      << "it did not open in between";
}

/// What fills the room is fluid, whoever's drug is in it.
TEST(CatheterFaults, fluid_without_the_drug_takes_its_room_too) {
  std::vector<TipPiece> pieces{{Instant{}, hours(12), 0, 500'000},
                               {Instant{} + hours(12), hours(12), 500, 500'000}};
  const Way way = through(pieces, {fault(CatheterFaultKind::kOcclusion, Duration{}, days(1) - hours(1))},
                          Instant{} + days(2));
  EXPECT_NEAR(by_destination(way.pieces)[to_index(Destination::kUnderSkin)], 500.0 * 11 / 12, 1e-6)
      << "the quarter of a millilitre was full before the drug came";
}

/// 0.3 mL a day of 1 mg/mL into the patient for so long, with nothing else in the run.
RunResult steady(Duration lasts) {
  RunResult run;
  run.lasts = lasts;
  run.drugs = {{DrugCode{1}, "morphine"}};
  FluidName fluid;
  fluid.number = 1;
  fluid.name = "first";
  fluid.formulation.number = 1;
  fluid.formulation.count = 1;
  fluid.formulation.components[0] = {DrugCode{1}, DrugClass::kOpioid, milligrams_per_millilitre(1)};
  run.fluids = {fluid};
  for (Instant t; t <= Instant{} + lasts; t = t + hours(1)) {
    Sample sample;
    sample.at = t;
    const double days_over = static_cast<double>(t.raw()) / kDayMs;
    sample.truly_delivered = Volume{std::llround(300'000 * days_over)};
    sample.tip_mass = {Mass{std::llround(300'000 * days_over) * 1'000'000}};
    run.samples.push_back(std::move(sample));
  }
  return run;
}
PatientRun with(std::vector<CatheterFault> faults, std::vector<PocketFill> pockets = {},
                Duration lasts = days(10)) {
  PatientSetting setting;
  setting.opioid_tolerance = 2;
  setting.catheter_faults = std::move(faults);
  setting.pocket_fills = std::move(pockets);
  return patient_of(steady(lasts), setting, body());
}

TEST(CatheterFaults, a_disconnected_catheter_takes_relief_away_and_brings_withdrawal) {
  const PatientRun well = with({}), off = with({fault(CatheterFaultKind::kDisconnection, days(6), days(10))});
  EXPECT_GT(well.effects.pain.back(), 0.5);
  EXPECT_LT(off.effects.pain.back(), 0.05);
  EXPECT_GT(off.effects.most_withdrawal.value, well.effects.most_withdrawal.value + 0.1);
  EXPECT_LT(off.drugs[0].at_pain.back(), 0.01 * well.drugs[0].at_pain.back());
  EXPECT_NEAR(off.drugs[0].plasma.back(), well.drugs[0].plasma.back(), 0.05 * well.drugs[0].plasma.back())
      << "the blood hardly sees a difference";
  EXPECT_GT(off.drugs[0].beside_ug, 0);
  const DrugInPatient& drug = off.drugs[0];
  EXPECT_NEAR(drug.in_fluid_ug + drug.in_tissue_ug + drug.in_plasma_ug + drug.beside_ug + drug.eliminated_ug,
              drug.dosed_ug, 1e-9 * drug.dosed_ug);
}

TEST(CatheterFaults, a_tip_in_the_epidural_space_leaves_a_few_percent_to_the_fluid) {
  const PatientRun well = with({}), out = with({fault(CatheterFaultKind::kMigration, Duration{}, days(10))});
  const double share = out.drugs[0].at_pain.back() / well.drugs[0].at_pain.back();
  const double availability = find_substance(body().substances, "morphine")->epidural_csf_availability->value;
  EXPECT_NEAR(share, availability, 0.002) << "the drug's epidural availability";
}

TEST(CatheterFaults, an_occlusion_that_opens_is_a_bolus) {
  const PatientRun well = with({}),
                   shut = with({fault(CatheterFaultKind::kOcclusion, days(6), days(6) + hours(18))});
  EXPECT_GT(shut.drugs[0].highest_at_pain.value, 3 * well.drugs[0].highest_at_pain.value);
  EXPECT_NEAR(static_cast<double>(shut.drugs[0].highest_at_pain.at.raw()) / kDayMs, 6.75, 0.01);
  EXPECT_LT(shut.effects.least_ventilation.value, well.effects.least_ventilation.value);
  EXPECT_NEAR(shut.drugs[0].dosed_ug, well.drugs[0].dosed_ug, 1e-6);
}

TEST(CatheterFaults, a_pocket_fill_is_an_overdose_by_the_blood) {
  const PatientRun well = with({}), pocket = with({}, {{Instant{} + days(6), "first", millilitres(20)}});
  EXPECT_GT(pocket.drugs[0].highest_in_plasma.value, 50 * well.drugs[0].highest_in_plasma.value);
  EXPECT_LT(pocket.effects.least_ventilation.value, 0.8 * well.effects.least_ventilation.value);
  EXPECT_NEAR(pocket.drugs[0].dosed_ug - well.drugs[0].dosed_ug, 20'000, 1e-3);
}

TEST(CatheterFaults, the_twenty_decays_see_the_same) {
  PatientSetting setting;
  setting.opioid_tolerance = 5;
  CatheterFault leak = fault(CatheterFaultKind::kLeak, days(2), days(4));
  leak.share = 0.5;
  setting.catheter_faults = {leak, fault(CatheterFaultKind::kOcclusion, days(5), days(5) + hours(6)),
                             fault(CatheterFaultKind::kMigration, days(7), days(9))};
  setting.pocket_fills = {{Instant{} + days(9) + hours(12), "first", millilitres(2)}};
  const RunResult run = steady(days(10));
  const PatientRun patient = patient_of(run, setting, body());
  const KnownDrugs known = known_drugs(run, body().substances);
  const QuickCourses quick =
      quick_courses(run, setting, known, middle_patient(setting, body().anatomy, known),
                    {patient.tip_cm, body().anatomy.cord_span(patient.pain).value()}, patient.times);
  const DrugInPatient& drug = patient.drugs[0];
  double worst_fluid = 0, worst_plasma = 0;
  const Instant opens = Instant{} + days(5) + hours(6);
  for (std::size_t i = 0; i < patient.times.size(); ++i) {
    // What came at this very moment lies as a box that decays do not draw.
    if (patient.times[i] >= opens && patient.times[i] < opens + minutes(30)) continue;
    worst_fluid = std::max(
        worst_fluid, std::abs(quick.drugs[0].at_pain[i] - drug.at_pain[i]) / drug.highest_at_pain.value);
    worst_plasma = std::max(
        worst_plasma, std::abs(quick.drugs[0].plasma[i] - drug.plasma[i]) / drug.highest_in_plasma.value);
  }
  EXPECT_LT(worst_fluid, 0.005);
  EXPECT_LT(worst_plasma, 0.02) << "what lies beside goes over step by step";
}

TEST(CatheterFaults, are_read_from_a_scenario_and_refused_with_what_is_allowed) {
  const auto read = [](const std::string& lines) {
    return example::load_text(example::kWalkingExample + "\n[body]\ntip = \"T10\"\n" + lines);
  };
  const auto good = read(
      "[[body.catheter_fault]]\nat = \"day 2 10:00\"\nkind = \"leak\"\nshare = \"40 %\"\nlasts = \"6 h\"\n"
      "[[body.catheter_fault]]\nat = \"day 2 16:00\"\nkind = \"occlusion\"\nlasts = \"1 h\"\nholds = \"0.1 "
      "mL\"\n"
      "[[body.pocket_fill]]\nat = \"day 2 12:00\"\nfluid = \"first\"\nvolume = \"5 mL\"\n");
  ASSERT_TRUE(good) << to_string(good.error().front());
  EXPECT_EQ(good->body.catheter_faults.size(), 2U);
  EXPECT_DOUBLE_EQ(good->body.catheter_faults[0].share, 0.4);
  EXPECT_EQ(good->body.catheter_faults[1].holds, microlitres(100));
  for (const auto& [lines, words] :
       {std::pair{"[[body.catheter_fault]]\nat = \"day 2 10:00\"\nkind = \"tear\"\n",
                  "\"tear\": allowed: leak, disconnection"},
        std::pair{"[[body.catheter_fault]]\nat = \"day 2 10:00\"\nkind = \"leak\"\n", "share: missing"},
        std::pair{"[[body.catheter_fault]]\nat = \"day 2 10:00\"\nkind = \"leak\"\nshare = \"0 %\"\n",
                  "above 0 %"},
        std::pair{"[[body.catheter_fault]]\nat = \"day 2 10:00\"\nkind = \"migration\"\n"
                  "[[body.catheter_fault]]\nat = \"day 2 12:00\"\nkind = \"disconnection\"\n",
                  "one at a time"},
        std::pair{"[[body.catheter_fault]]\nat = \"day 1000 10:00\"\nkind = \"migration\"\n", "at"},
        std::pair{"[[body.pocket_fill]]\nat = \"day 2 12:00\"\nfluid = \"first\"\nvolume = \"0 mL\"\n",
                  "volume"},
        std::pair{"[[body.pocket_fill]]\nat = \"day 2 12:00\"\nfluid = \"wine\"\nvolume = \"5 mL\"\n",
                  "\"wine\": allowed: a name of [fluids]"}}) {
    const auto wrong = read(lines);
    ASSERT_FALSE(wrong) << lines;
    EXPECT_NE(to_string(wrong.error().front()).find(words), std::string::npos)
        << to_string(wrong.error().front());
  }
}

}  // namespace
}  // namespace theca
