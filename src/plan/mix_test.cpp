#include "plan/mix.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "quantity/exact.hpp"

namespace theca {
namespace {

const Library& library() {
  static const Library loaded = load_library(THECA_DATA_DIR).value();
  return loaded;
}

Fluid fluid(std::string_view text) { return parse_fluid(text, library()).value(); }

/// 1.4 mL that stay, and the rest of a pump that then holds `total_ml`.
MixRequest residual_of(std::int64_t total_ml) {
  return {.residual = microlitres(1'400),
          .fill = millilitres(total_ml) - microlitres(1'400),
          .capacity = millilitres(total_ml),
          .rinse = std::nullopt};
}

Mix mix(std::string_view old_fluid, std::string_view new_fluid, const MixRequest& request) {
  return plan_mix(fluid(old_fluid), fluid(new_fluid), request).value();
}

TEST(Mix, worked_numbers) {
  struct Row {
    const char *from, *to;
    std::int64_t total_ml;
    Concentration mixed;
    std::int64_t off_ppm;
    bool within;
  };
  const Row kRows[] = {
      {"500 mcg/mL", "2000 mcg/mL", 20, micrograms_per_millilitre(1'895), -52'500, false},
      {"2000 mcg/mL", "500 mcg/mL", 20, micrograms_per_millilitre(605), 210'000, false},
      {"20 mg/mL", "10 mg/mL", 20, micrograms_per_millilitre(10'700), 70'000, false},
      {"2000 mcg/mL", "500 mcg/mL", 40, nanograms_per_millilitre(552'500), 105'000, false},
      {"20 mg/mL", "10 mg/mL", 40, micrograms_per_millilitre(10'350), 35'000, true},
  };
  for (const Row& row : kRows) {
    const Mix answer = mix(row.from, row.to, residual_of(row.total_ml));
    ASSERT_EQ(answer.parts.size(), 1u);
    EXPECT_EQ(answer.total, millilitres(row.total_ml));
    EXPECT_EQ(answer.parts[0].mixed, row.mixed);
    EXPECT_EQ(answer.parts[0].off_ppm, row.off_ppm);
    EXPECT_EQ(answer.within, row.within);
    EXPECT_EQ(answer.ways.empty(), row.within);
  }
}

TEST(Mix, rinses_that_bring_it_within_five_percent) {
  // 2000 -> 500: what stays is 1500 above; 1500 f x 1.4 / 20 <= 25 needs f <= 0.238: 1.4 / (1.4 + V) <=
  // 0.238, V >= 4.48 mL once; sqrt(0.238) = 0.488 gives 1.47 mL twice; cube root 0.62 gives 0.86 mL three
  // times.
  const Mix lowering = mix("2000 mcg/mL", "500 mcg/mL", residual_of(20));
  ASSERT_EQ(lowering.ways.size(), 3u);
  EXPECT_EQ(lowering.ways[0].each, microlitres(4'500));
  EXPECT_EQ(lowering.ways[1].each, microlitres(1'500));
  EXPECT_EQ(lowering.ways[2].each, microlitres(900));
  // 500 -> 2000: 1500 f x 0.07 <= 100 needs f <= 0.952: 0.07 mL once, 0.1 mL as the step.
  EXPECT_EQ(mix("500 mcg/mL", "2000 mcg/mL", residual_of(20)).ways[0].each, microlitres(100));

  MixRequest fixed = residual_of(20);
  fixed.rinse = millilitres(2);
  const Mix by_two = mix("2000 mcg/mL", "500 mcg/mL", fixed);
  ASSERT_EQ(by_two.ways.size(), 1u);
  EXPECT_EQ(by_two.ways[0].times, 2);  // 1.4 / 3.4 = 0.412, squared 0.17
  fixed.rinse = nanolitres(1);
  EXPECT_TRUE(mix("2000 mcg/mL", "500 mcg/mL", fixed).ways.empty());
}

TEST(Mix, a_drug_in_one_fluid_only) {
  const Mix answer = mix("morphine 20 mg/mL + bupivacaine 30 mg/mL",
                         "morphine 20 mg/mL + clonidine 100 mcg/mL", residual_of(20));
  ASSERT_EQ(answer.parts.size(), 3u);
  EXPECT_EQ(answer.parts[0].off_ppm, 0);
  EXPECT_TRUE(answer.parts[0].within);
  EXPECT_EQ(answer.parts[1].drug->name, "clonidine");
  EXPECT_EQ(answer.parts[1].mixed, micrograms_per_millilitre(93));  // 18.6 / 20
  EXPECT_EQ(answer.parts[1].off_ppm, -70'000);
  EXPECT_EQ(answer.parts[2].drug->name, "bupivacaine");
  EXPECT_EQ(answer.parts[2].mixed, micrograms_per_millilitre(2'100));  // 30 x 1.4 / 20
  EXPECT_EQ(answer.parts[2].off_ppm, std::nullopt);
  EXPECT_FALSE(answer.parts[2].within);  // 7 % of what it was
  EXPECT_EQ(mix("morphine 20 mg/mL", "saline", residual_of(20)).parts[0].mixed,
            micrograms_per_millilitre(1'400));
  EXPECT_TRUE(mix("saline", "saline", residual_of(20)).parts.empty());
}

TEST(Mix, refuses_what_does_not_fit) {
  MixRequest request = residual_of(20);
  request.fill = millilitres(21);
  request.rinse = millilitres(30);
  request.residual = millilitres(22);
  const auto refused = plan_mix(fluid("20 mg/mL"), fluid("10 mg/mL"), request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().size(), 3u);
  request = residual_of(20);
  request.fill = {};
  EXPECT_EQ(plan_mix(fluid("20 mg/mL"), fluid("10 mg/mL"), request).error()[0].fault, PlanFault::kZero);
}

TEST(Fluid, reads_names_and_concentrations_or_says_why_not) {
  const Fluid two = fluid("Infumorph 20 mg/mL + bupivacaine 30 mg/mL");
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].drug->name, "morphine");
  EXPECT_EQ(two[1].concentration, milligrams_per_millilitre(30));
  EXPECT_EQ(fluid("500 mcg/mL")[0].drug, nullptr);
  EXPECT_TRUE(fluid("saline").empty());
  const auto why = [](std::string_view text) {
    const auto read = parse_fluid(text, library());
    return read ? std::string("accepted") : read.error();
  };
  EXPECT_NE(why("morfine 20 mg/mL").find("did you mean morphine"), std::string::npos);
  EXPECT_NE(why("morphine 20.0 mg/mL").find("20.0"), std::string::npos);
  EXPECT_NE(why("morphine .5 mg/mL"), "accepted");
  EXPECT_NE(why("morphine 20 mg"), "accepted");
  EXPECT_NE(why("morphine"), "accepted");
  EXPECT_NE(why("20 mg/mL + 30 mg/mL").find("no drug's name"), std::string::npos);
  EXPECT_NE(why("morphine 1 mg/mL + Infumorph 2 mg/mL").find("twice"), std::string::npos);
  EXPECT_NE(why("morphine 0 mg/mL").find("zero"), std::string::npos);
  EXPECT_FALSE(parse_doses("6 mg/day", library()));
  EXPECT_EQ(parse_doses("morphine 6 mg/day + bupivacaine 9 mg/day", library()).value()[1].dose,
            milligrams_per_day(9));
}

TEST(ConcentrationFor, is_the_dose_divided_by_the_flow) {
  const FlowRate flow = microlitres_per_day(300);
  EXPECT_EQ(concentration_for("morphine", milligrams_per_day(6), flow), milligrams_per_millilitre(20));
  EXPECT_EQ(concentration_for("bupivacaine", milligrams_per_day(9), flow), milligrams_per_millilitre(30));
  EXPECT_EQ(concentration_for("x", DoseRate{1}, flow).error().fault, PlanFault::kZero);
  EXPECT_EQ(concentration_for("x", milligrams_per_day(400), flow).error().fault,
            PlanFault::kAboveConcentration);
}

struct Drawn {
  Concentration from, to;
  MixRequest request;
};
Drawn drawn() {
  const auto c = [] { return Concentration{*rc::gen::inRange<std::int64_t>(1, 100'000'000)}; };
  Drawn d{c(), c(), {}};
  d.request.residual = Volume{*rc::gen::inRange<std::int64_t>(0, 5'000'000)};
  d.request.capacity = millilitres(40);
  d.request.fill = Volume{*rc::gen::inRange<std::int64_t>(1'000'000, 40'000'001)};
  return d;
}

RC_GTEST_PROP(Mix, lies_between_old_and_new_and_conserves_mass, ()) {
  const Drawn d = drawn();
  const Mix answer = plan_mix({{nullptr, d.from}}, {{nullptr, d.to}}, d.request).value();
  const MixedPart& part = answer.parts.at(0);
  RC_ASSERT(part.mixed >= std::min(d.from, d.to));
  RC_ASSERT(part.mixed <= std::max(d.from, d.to));
  const Mass in = mass_in(d.request.residual, d.from) + mass_in(d.request.fill, d.to);
  const Mass out = mass_in(answer.total, part.mixed);
  RC_ASSERT(std::abs((in - out).raw()) <= answer.total.raw() / 2 + 1);  // half a ng/mL of the whole volume
  RC_ASSERT(*part.off_ppm == 0 || (*part.off_ppm > 0) == (d.from > d.to));
}

RC_GTEST_PROP(Mix, the_rinses_proposed_are_enough_and_fewer_are_not, ()) {
  Drawn d = drawn();
  const Mix answer = plan_mix({{nullptr, d.from}}, {{nullptr, d.to}}, d.request).value();
  for (const Rinses& way : answer.ways) {
    // Played: each rinse mixes, and all but the residual comes out again.
    const auto play = [&](const Rinses& rinses) {
      long double left = static_cast<long double>(d.from.raw() - d.to.raw());
      for (int i = 0; i < rinses.times; ++i)
        left *= static_cast<long double>(d.request.residual.raw()) /
                static_cast<long double>((d.request.residual + rinses.each).raw());
      const long double off = left * static_cast<long double>(d.request.residual.raw()) /
                              static_cast<long double>(answer.total.raw());
      return std::abs(off) / static_cast<long double>(d.to.raw());
    };
    RC_ASSERT(play(way) <= 0.05L);
    if (way.each > microlitres(100) && d.to.raw() > 100'000)
      RC_ASSERT(play({way.times, way.each - microlitres(100)}) > 0.0499L);
  }
  for (std::size_t i = 1; i < answer.ways.size(); ++i)
    RC_ASSERT(answer.ways[i].each <= answer.ways[i - 1].each);
}

}  // namespace
}  // namespace theca
