#include "plan/ceilings.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/limits.hpp"
#include "quantity/exact.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr Duration kDay = days(1) + kDayBucket;

const Library& library() {
  static const Library loaded = load_library(THECA_DATA_DIR).value();
  return loaded;
}

PumpModel roller() { return pump_model(*library().find_pump("roller-40")).value(); }

Prescription order(const char* drug, Concentration c, DoseRate dose) {
  const DrugEntry* entry = library().find_drug(drug);
  Prescription p;
  p.number = 1;
  p.formulation = {.number = 1, .count = 1};
  p.formulation.components[0] = {entry->code, entry->drug_class(), c};
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = flow_for(dose, c);
  p.safe_state = proposed_safe_state(p, roller());
  return p;
}

bool legal(const Prescription& p, const Ceilings& ceilings) {
  const FluidPath path{microlitres(199), microlitres(176)};
  return check(p, roller(), path, ceilings, 1).empty();
}

RC_GTEST_PROP(ProposedCeilings, INV_4_fit_every_dose_up_to_the_librarys_highest_and_none_above, ()) {
  const auto c = Concentration{*rc::gen::inRange<std::int64_t>(5'000'000, 40'000'000)};
  const auto dose =
      DoseRate{milligrams_per_day(40).raw() / 10'000 * *rc::gen::inRange<std::int64_t>(500, 10'000)};
  const Prescription p = order("morphine", c, dose);
  const ProposedCeilings proposed = propose_ceilings(p, roller(), &library());
  const DoseRate highest = milligrams_per_day(20);  // data/drugs/morphine.toml
  const DoseRate rounding{c.raw()};                 // a nanolitre a day
  if (dose <= highest) RC_ASSERT(legal(p, proposed.ceilings) && proposed.held_low.empty());
  // A step and its rounding are what the ceiling has above the highest dose.
  const DoseRate two_steps{c.raw() * roller().step.raw() * 2};
  if (dose > highest + two_steps + rounding)
    RC_ASSERT(!legal(p, proposed.ceilings) && proposed.held_low == "20 mg/day of morphine");
  RC_ASSERT(legal(p, propose_ceilings(p, roller(), nullptr).ceilings));  // without the guard it fits itself
}

TEST(ProposedCeilings, INV_4_leave_a_quarter_above_the_worst_case) {
  const Prescription p = order("morphine", milligrams_per_millilitre(20), milligrams_per_day(6));
  const Ceilings c = propose_ceilings(p, roller(), &library()).ceilings;
  const Volume worst = worst_case_volume(p, roller().minimum_rate, kDay);
  EXPECT_GE(c.day.raw(), worst.raw() * 125 / 100);
  EXPECT_LE(c.day.raw(), worst.raw() * 125 / 100 + roller().step.raw());
}

TEST(ProposedCeilings, INV_4_a_bolus_is_held_by_the_day) {
  Prescription p = order("morphine", milligrams_per_millilitre(10), milligrams_per_day(1));
  p.schedule.kind = ScheduleKind::kInterval;
  p.schedule.dose = {microlitres(50), microlitres_per_day(14'400)};
  p.schedule.interval_s = 12 * 60;
  const ProposedCeilings proposed = propose_ceilings(p, roller(), &library());
  EXPECT_FALSE(proposed.held_low.empty());
  EXPECT_FALSE(legal(p, proposed.ceilings));
  p.schedule.interval_s = 12 * 3600;
  EXPECT_TRUE(legal(p, propose_ceilings(p, roller(), &library()).ceilings));
}

TEST(ProposedCeilings, INV_4_the_strictest_component_of_a_mixture_holds) {
  Prescription p = order("morphine", milligrams_per_millilitre(5), milligrams_per_day(4));
  const DrugEntry* bupivacaine = library().find_drug("bupivacaine");
  p.formulation.components[p.formulation.count++] = {bupivacaine->code, bupivacaine->drug_class(),
                                                     milligrams_per_millilitre(30)};
  EXPECT_EQ(propose_ceilings(p, roller(), &library()).held_low, "15 mg/day of bupivacaine");
}

TEST(ProposedCeilings, a_drug_without_a_highest_dose_holds_nothing_low) {
  Library bare = library();
  for (DrugEntry& drug : bare.drugs) drug.max_per_day.clear();
  const Prescription p = order("morphine", milligrams_per_millilitre(10), milligrams_per_day(60));
  EXPECT_TRUE(propose_ceilings(p, roller(), &bare).held_low.empty());
}

}  // namespace
}  // namespace theca
